/* SPDX-License-Identifier: BSD-2-Clause */
/* The RISC-V guest as libtcg sees it. */
#include "guest/riscv/insn.h"

#include <stdio.h>
#include <string.h>

#define X(n, name) [n] = { name, offsetof(RvCpu, x[n]), TCG_I64 }
#define F(n, name) [RV_F0 + n] = { name, offsetof(RvCpu, f[n]), TCG_F64 }

#define V1(n) [RV_V0 + (n)] = { "v." #n, offsetof(RvCpu, v) + 16 * (n), TCG_V128 }
#define V8(n) V1(n), V1(n + 1), V1(n + 2), V1(n + 3), V1(n + 4), V1(n + 5), V1(n + 6), V1(n + 7)

#define TAIL(n) [RV_VTAIL0 + (n)] = { "vtail." #n, offsetof(RvCpu, vtail) + 16 * (n), TCG_V128 }
#define TAIL4(n) TAIL(n), TAIL(n + 1), TAIL(n + 2), TAIL(n + 3)

const TcgRegInfo rv_regs[RV_REGS] = {
    X(0, "zero"), X(1, "ra"), X(2, "sp"), X(3, "gp"), X(4, "tp"), X(5, "t0"), X(6, "t1"), X(7, "t2"),
    X(8, "s0"), X(9, "s1"), X(10, "a0"), X(11, "a1"), X(12, "a2"), X(13, "a3"), X(14, "a4"), X(15, "a5"),
    X(16, "a6"), X(17, "a7"), X(18, "s2"), X(19, "s3"), X(20, "s4"), X(21, "s5"), X(22, "s6"), X(23, "s7"),
    X(24, "s8"), X(25, "s9"), X(26, "s10"), X(27, "s11"), X(28, "t3"), X(29, "t4"), X(30, "t5"), X(31, "t6"),
    F(0, "ft0"), F(1, "ft1"), F(2, "ft2"), F(3, "ft3"), F(4, "ft4"), F(5, "ft5"), F(6, "ft6"), F(7, "ft7"),
    F(8, "fs0"), F(9, "fs1"), F(10, "fa0"), F(11, "fa1"), F(12, "fa2"), F(13, "fa3"), F(14, "fa4"), F(15, "fa5"),
    F(16, "fa6"), F(17, "fa7"), F(18, "fs2"), F(19, "fs3"), F(20, "fs4"), F(21, "fs5"), F(22, "fs6"), F(23, "fs7"),
    F(24, "fs8"), F(25, "fs9"), F(26, "fs10"), F(27, "fs11"), F(28, "ft8"), F(29, "ft9"), F(30, "ft10"), F(31, "ft11"),
    V8(0), V8(8), V8(16), V8(24), V8(32), V8(40), V8(48), V8(56),
    TAIL4(0), TAIL4(4), TAIL4(8), TAIL4(12),
    [RV_VL] = { "vl", offsetof(RvCpu, vl), TCG_I64 },
    [RV_VTYPE] = { "vtype", offsetof(RvCpu, vtype), TCG_I64 },
    [RV_VSTART] = { "vstart", offsetof(RvCpu, vstart), TCG_I64 },
    [RV_VXSAT] = { "vxsat", offsetof(RvCpu, vxsat), TCG_I64 },
    [RV_VXRM] = { "vxrm", offsetof(RvCpu, vxrm), TCG_I64 },
    [RV_INSNS] = { "insns", offsetof(RvCpu, count.insns), TCG_I64 },
    [RV_UNTIL] = { "until", offsetof(RvCpu, count.until), TCG_I64 },
};

uint32_t rv_mode(const TcgEnv *env)
{
    const RvCpu *cpu = (const RvCpu *)env;

    return (cpu->frm == 4 ? RV_MODE_RMM : cpu->frm > 4 ? RV_MODE_BAD_FRM : 0)
        | (uint32_t)(cpu->vxrm & 3) << RV_MODE_VXRM_SHIFT | rv_model_index(cpu->model) << RV_MODE_MODEL_SHIFT;
}

static const RvModel *model_of(uint32_t mode)
{
    return rv_model_at(mode >> RV_MODE_MODEL_SHIFT & RV_MODE_MODEL_MASK);
}

const RvModel *rv_model(const TcgBuild *b)
{
    return model_of(tcg_build_mode(b));
}

uint64_t rv_known(uint32_t mode)
{
    const RvModel *m = model_of(mode);

    return mode & RV_MODE_MACHINE ? rv_machine_ext(m) : m->ext;
}

void rv_translate(TcgBuild *b)
{
    RvArgs args;
    uint32_t insn, mode = tcg_build_mode(b);
    unsigned length = tcg_build_insn16(b, &insn);

    if (!length) {
        return;
    }
    if (mode & RV_MODE_COUNT) {
        rv_machine_count(b);
    }
    int row = rv_decode(insn, &args);
    if (row < 0 || rv_row_lengths[row] != length || !rv_has(b, rv_row_exts[row])) {
        tcg_build_undef(b, NULL);
    } else if ((mode & RV_MODE_MACHINE) && !rv_machine_state(b, row, rv_row_exts[row])) {
        return;
    } else if (!rv_translators[row]) {
        tcg_build_undef(b, rv_row_name(row));
    } else {
        rv_translators[row](b, &args);
    }
}

unsigned rv_disas(const uint8_t *code, size_t avail, uint64_t pc, char *buf, size_t size)
{
    RvArgs args;

    if (avail < 2) {
        return 0;
    }
    uint32_t insn = code[0] | (uint32_t)code[1] << 8;
    unsigned length = (insn & 3) == 3 ? 4 : 2;
    if (avail < length) {
        return 0;
    }
    if (length == 4) {
        insn |= (uint32_t)code[2] << 16 | (uint32_t)code[3] << 24;
    }
    int row = rv_decode(insn, &args);
    if (row < 0 || rv_row_lengths[row] != length) {
        snprintf(buf, size, length == 4 ? ".word 0x%08x" : ".half 0x%04x", insn);
    } else {
        rv_format(row, &args, pc, buf, size);
    }
    return length;
}

const TcgGuest rv_guest = {
    .name = "riscv64",
    .word_bits = 64,
    .regs = rv_regs,
    .nregs = RV_REGS,
    .cpu_size = sizeof(RvCpu),
    .helpers = rv_helpers,
    .nhelpers = RV_H_USER_COUNT,
    .insn_align = 2,
    .target_ignores = 1,
    .mode = rv_mode,
    .known = rv_known,
    .translate = rv_translate,
    .disas = rv_disas,
    .redo = rv_redo,
};

void rv_cpu_reset(RvCpu *cpu, const RvModel *model)
{
    memset(cpu->x, 0, sizeof cpu->x);
    memset(cpu->f, 0, sizeof cpu->f);
    memset(cpu->v, 0, sizeof cpu->v);
    cpu->vl = cpu->vstart = cpu->vxrm = cpu->vxsat = cpu->v_used = 0;
    cpu->vtype = (uint64_t)1 << 63;         /* vill, as Linux leaves it */
    cpu->model = model;
    cpu->frm = 0;
    cpu->env.fp.mode = FP_DEFAULT_NAN | FP_NAN_TO_MAX;
    rv_fcsr_set(cpu, 0);
}

uint32_t rv_fcsr_get(RvCpu *cpu)
{
    return (uint32_t)cpu->frm << 5 | (tcg_fp_flags_get(&cpu->env) & 31);
}

void rv_fcsr_set(RvCpu *cpu, uint32_t v)
{
    const uint32_t mode = rv_mode(&cpu->env);
    uint8_t frm = v >> 5 & 7;

    cpu->frm = frm;
    if (rv_mode(&cpu->env) != mode) {
        tcg_mode_changed(&cpu->env);
    }
    tcg_fp_round_set(&cpu->env, frm <= FP_RMM ? frm : FP_RNE);
    tcg_fp_flags_set(&cpu->env, v & 31);
}
