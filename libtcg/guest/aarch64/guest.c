/* SPDX-License-Identifier: BSD-2-Clause */
/* The AArch64 guest as libtcg sees it. */
#include "guest/aarch64/insn.h"

#include <string.h>

#define X(n) [A64_X0 + n] = { "x" #n, offsetof(A64Cpu, x[n]), TCG_I64 }
#define V(n) [A64_V0 + n] = { "v" #n, offsetof(A64Cpu, v[n]), TCG_V128 }
#define ZH(n) [A64_ZH0 + n] = { "zh" #n, offsetof(A64Cpu, zh[n]), TCG_V128 }
#define P(n) [A64_P0 + n] = { "p" #n, offsetof(A64Cpu, p[n]), TCG_I64 }

static const TcgRegInfo regs[] = {
    X(0), X(1), X(2), X(3), X(4), X(5), X(6), X(7), X(8), X(9), X(10), X(11), X(12), X(13), X(14), X(15),
    X(16), X(17), X(18), X(19), X(20), X(21), X(22), X(23), X(24), X(25), X(26), X(27), X(28), X(29), X(30),
    [A64_SP] = { "sp", offsetof(A64Cpu, sp), TCG_I64 },
    [A64_NZCV] = { "nzcv", offsetof(A64Cpu, env.flags), TCG_FL },
    V(0), V(1), V(2), V(3), V(4), V(5), V(6), V(7), V(8), V(9), V(10), V(11), V(12), V(13), V(14), V(15),
    V(16), V(17), V(18), V(19), V(20), V(21), V(22), V(23), V(24), V(25), V(26), V(27), V(28), V(29), V(30),
    V(31),
    [A64_QC] = { "qc", offsetof(A64Cpu, qc), TCG_V128 },
    [A64_TPIDR] = { "tpidr", offsetof(A64Cpu, tpidr), TCG_I64 },
    [A64_TPIDRRO] = { "tpidrro", offsetof(A64Cpu, tpidrro), TCG_I64 },
    ZH(0), ZH(1), ZH(2), ZH(3), ZH(4), ZH(5), ZH(6), ZH(7), ZH(8), ZH(9), ZH(10), ZH(11), ZH(12), ZH(13), ZH(14),
    ZH(15), ZH(16), ZH(17), ZH(18), ZH(19), ZH(20), ZH(21), ZH(22), ZH(23), ZH(24), ZH(25), ZH(26), ZH(27), ZH(28),
    ZH(29), ZH(30), ZH(31),
    P(0), P(1), P(2), P(3), P(4), P(5), P(6), P(7), P(8), P(9), P(10), P(11), P(12), P(13), P(14), P(15),
    [A64_FFR] = { "ffr", offsetof(A64Cpu, ffr), TCG_I64 },
    [A64_BTYPE] = { "btype", offsetof(A64Cpu, btype), TCG_I64 },
};

static uint32_t mode(const TcgEnv *env)
{
    const A64Cpu *cpu = (const A64Cpu *)env;

    const bool chosen = cpu->model == a64_model(A64_MODEL_CHOSEN);
    const uint32_t index = chosen ? A64_MODEL_CHOSEN : (uint32_t)(cpu->model - a64_models);

    return (env->fp.mode & A64_MODE_FP) | index << A64_MODE_MODEL_SHIFT | (cpu->sve_used ? A64_MODE_SVE_USED : 0)
        | (uint32_t)cpu->vq << A64_MODE_VQ_SHIFT;
}

static bool hint_space(uint32_t insn)
{
    return (insn & 0xfffff01f) == 0xd503201f;
}

/* Code for a program that uses no SVE holds none: its first instruction of that kind changes the mode. */
static bool first_sve(TcgBuild *b, unsigned ext)
{
    if (ext < A64_EXT_sve || ext > A64_EXT_svebf16 || tcg_build_mode(b) & A64_MODE_SVE_USED) {
        return false;
    }
    tcg_hcall(b, A64_H_sve_first, TCG_NONE, 0, 0, 0);
    tcg_exit(b, TCG_EXIT_POLL, tcg_build_pc(b));
    return true;
}

static void translate(TcgBuild *b)
{
    A64Args args = { 0 };
    uint32_t insn;
    int row;

    if (!tcg_build_insn32(b, &insn) || !a64_landing(b, insn)) {
        return;
    }
    row = a64_decode(insn, &args);
    if (row < 0) {
        tcg_build_undef(b, NULL);
    } else if (a64_row_exts[row] != A64_EXT_base && !a64_has(b, a64_row_exts[row])) {
        if (!hint_space(insn)) {
            tcg_build_undef(b, NULL);
        }
    } else if (!a64_translators[row]) {
        tcg_build_undef(b, a64_row_name(row));
    } else if (!first_sve(b, a64_row_exts[row])) {
        a64_translators[row](b, &args);
    }
}

static unsigned disas(const uint8_t *code, size_t avail, uint64_t pc, char *buf, size_t size)
{
    A64Args args;
    uint32_t insn;
    int row;

    if (avail < 4) {
        return 0;
    }
    insn = code[0] | code[1] << 8 | code[2] << 16 | (uint32_t)code[3] << 24;
    row = a64_decode(insn, &args);
    if (row < 0) {
        static const char hex[] = "0123456789abcdef";
        char text[] = ".inst 0x00000000";

        for (int i = 0; i < 8; i++) {
            text[8 + i] = hex[insn >> (28 - 4 * i) & 15];
        }
        if (size) {
            strncpy(buf, text, size - 1);
            buf[size - 1] = 0;
        }
    } else {
        a64_format(row, &args, pc, buf, size);
    }
    return 4;
}

/* Loads and stores of SVE: with some elements inactive the host may not tell the first byte that faulted. */
static bool redo(const TcgEnv *env, uint32_t insn)
{
    return (insn & 0x9e000000) == 0x84000000;
}

const TcgGuest a64_guest = {
    .name = "aarch64",
    .word_bits = 64,
    .top_byte_ignored = true,
    .regs = regs,
    .nregs = sizeof(regs) / sizeof(regs[0]),
    .cpu_size = sizeof(A64Cpu),
    .helpers = a64_helpers,
    .nhelpers = A64_H_COUNT,
    .insn_align = 4,
    .mode = mode,
    .translate = translate,
    .redo = redo,
    .disas = disas,
    .flags_dead = a64_flags_dead,
};
