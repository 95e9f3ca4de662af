/* SPDX-License-Identifier: BSD-2-Clause */
/* A64 system instructions as EL0 under Linux sees them [ArmARM C5, C6.2] [Linux cpu-feature-registers]. */
#include "guest/aarch64/insn.h"

static uint64_t next_pc(const TcgBuild *b)
{
    return tcg_build_pc(b) + 4;
}

static const A64Model *model(const TcgBuild *b)
{
    return a64_model(tcg_build_mode(b) >> A64_MODE_MODEL_SHIFT & A64_MODE_MODEL);
}

bool a64_has(const TcgBuild *b, unsigned ext)
{
    return model(b)->features >> ext & 1;
}

/* Hints and barriers */

void a64_tr_hint(TcgBuild *b, const A64Args *a)
{
}

void a64_tr_wfxt(TcgBuild *b, const A64Args *a)
{
}

void a64_tr_sb(TcgBuild *b, const A64Args *a)
{
}

/* CRm<1:0>: 01 loads before loads and stores, 10 stores before stores, else everything. */
void a64_tr_fence(TcgBuild *b, const A64Args *a)
{
    static const unsigned kinds[] = {
        TCG_FENCE_ALL, TCG_FENCE_RR | TCG_FENCE_RW, TCG_FENCE_WW, TCG_FENCE_ALL
    };

    tcg_op(b, TCG_OP_fence, TCG_NONE, kinds[a->crm & 3], 0, 0, 0);
}

/* What follows may have been written by another CPU since this block was translated. */
void a64_tr_isb(TcgBuild *b, const A64Args *a)
{
    tcg_jmp(b, next_pc(b));
}

/* Cache maintenance: data and instructions share no cache here; translations are the instruction cache. */

void a64_tr_dc_clean(TcgBuild *b, const A64Args *a)
{
}

void a64_tr_dc_zva(TcgBuild *b, const A64Args *a)
{
    TcgRef addr = tcg_and(b, TCG_I64, a64_x(b, a->rt), tcg_const(b, ~63ull));
    TcgRef zero = tcg_vconst(b, 0, 0);

    for (int i = 0; i < 64; i += 16) {
        tcg_st(b, TCG_V128, TCG_MO_128, addr, i, zero);
    }
}

void a64_tr_ic_ivau(TcgBuild *b, const A64Args *a)
{
    tcg_hcall(b, A64_H_ic_ivau, TCG_NONE, a64_x(b, a->rt), 0, 0);
    tcg_jmp(b, next_pc(b));
}

/* PSTATE by immediate: the helper takes the register's 15 bits and the value. */

static void pstate_set(TcgBuild *b, int sysreg, TcgRef v)
{
    tcg_hcall(b, A64_H_pstate_set, TCG_NONE, tcg_const(b, sysreg), v, 0);
}

static TcgRef pstate_get(TcgBuild *b, int sysreg)
{
    return tcg_hcall(b, A64_H_pstate_get, TCG_I64, tcg_const(b, sysreg), 0, 0);
}

void a64_tr_msr_ssbs(TcgBuild *b, const A64Args *a)
{
    pstate_set(b, A64_SYS_SSBS, tcg_const(b, a->crm & 1 ? 1 << 12 : 0));
}

void a64_tr_msr_dit(TcgBuild *b, const A64Args *a)
{
    pstate_set(b, A64_SYS_DIT, tcg_const(b, a->crm & 1 ? 1 << 24 : 0));
}

/* Registers */

static bool present(const TcgBuild *b, int sysreg)
{
    switch (sysreg) {
    case A64_SYS_RNDR:
    case A64_SYS_RNDRRS: return a64_has(b, A64_EXT_rng);
    case A64_SYS_DIT:    return a64_has(b, A64_EXT_dit);
    case A64_SYS_SSBS:   return a64_has(b, A64_EXT_ssbs);
    default:             return true;
    }
}

void a64_tr_msr(TcgBuild *b, const A64Args *a)
{
    TcgRef v = a64_x(b, a->rt);

    if (!present(b, a->sysreg)) {
        a64_undefined(b);
        return;
    }
    switch (a->sysreg) {
    case A64_SYS_NZCV:
        a64_put_flags(b, tcg_op1(b, TCG_OP_flset, TCG_I64, v));
        break;
    case A64_SYS_FPCR:
        tcg_hcall(b, A64_H_fpcr_set, TCG_NONE, v, 0, 0);
        break;
    case A64_SYS_FPSR:
        tcg_hcall(b, A64_H_fpsr_set, TCG_NONE, v, 0, 0);
        break;
    case A64_SYS_TPIDR:
        tcg_put(b, A64_TPIDR, v);
        break;
    case A64_SYS_DIT:
    case A64_SYS_SSBS:
        pstate_set(b, a->sysreg, v);
        break;
    default:
        a64_undefined(b);
    }
}

/* The ID registers that Linux emulates at EL0: those it does not know read as 0. */
static bool id_register(const TcgBuild *b, int sysreg, uint64_t *v)
{
    const A64Model *m = model(b);
    const struct {
        int sysreg;
        uint64_t value;
    } table[] = {
        { A64_SYS_MIDR, m->midr },
        { A64_SYS_MPIDR, 0x80000000 },
        { A64_SYS_REVIDR, 0 },
        { A64_SYSREG(3, 0, 0, 4, 0), m->id_pfr0 },
        { A64_SYSREG(3, 0, 0, 4, 1), m->id_pfr1 },
        { A64_SYSREG(3, 0, 0, 4, 4), m->id_zfr0 },
        { A64_SYSREG(3, 0, 0, 5, 0), m->id_dfr0 },
        { A64_SYSREG(3, 0, 0, 6, 0), m->id_isar0 },
        { A64_SYSREG(3, 0, 0, 6, 1), m->id_isar1 },
        { A64_SYSREG(3, 0, 0, 6, 2), m->id_isar2 },
        { A64_SYSREG(3, 0, 0, 7, 0), m->id_mmfr0 },
        { A64_SYSREG(3, 0, 0, 7, 1), m->id_mmfr1 },
        { A64_SYSREG(3, 0, 0, 7, 2), m->id_mmfr2 },
        { A64_SYS_CTR, m->ctr },
        { A64_SYS_DCZID, m->dczid },
        { A64_SYS_CNTFRQ, 1000000000 },
    };
    const int crm = sysreg >> 3 & 15;

    for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (table[i].sysreg == sysreg) {
            *v = table[i].value;
            return true;
        }
    }
    *v = 0;
    return (sysreg & ~0x7f) == A64_SYSREG(3, 0, 0, 0, 0) && crm >= 2 && crm <= 7;
}

/* RNDR: C6.2 MRS; the flags say whether there was a number, there always is. */
static void random_number(TcgBuild *b, const A64Args *a)
{
    TcgRef v = tcg_hcall(b, A64_H_random, TCG_I64, 0, 0, 0);

    a64_put_x(b, a->rt, v);
    a64_put_flags(b, tcg_op1(b, TCG_OP_flset, TCG_I64, tcg_const(b, 0)));
}

void a64_tr_mrs(TcgBuild *b, const A64Args *a)
{
    uint64_t id;
    TcgRef v;

    if (!present(b, a->sysreg)) {
        a64_undefined(b);
        return;
    }
    switch (a->sysreg) {
    case A64_SYS_NZCV:
        v = tcg_op1(b, TCG_OP_flget, TCG_I64, a64_flags(b));
        break;
    case A64_SYS_FPCR:
        v = tcg_hcall(b, A64_H_fpcr_get, TCG_I64, 0, 0, 0);
        break;
    case A64_SYS_FPSR:
        v = tcg_hcall(b, A64_H_fpsr_get, TCG_I64, 0, 0, 0);
        break;
    case A64_SYS_TPIDR:
        v = tcg_get(b, A64_TPIDR);
        break;
    case A64_SYS_TPIDRRO:
        v = tcg_get(b, A64_TPIDRRO);
        break;
    case A64_SYS_DIT:
    case A64_SYS_SSBS:
        v = pstate_get(b, a->sysreg);
        break;
    case A64_SYS_CNTVCT:
        v = tcg_hcall(b, A64_H_counter, TCG_I64, 0, 0, 0);
        break;
    case A64_SYS_RNDR:
    case A64_SYS_RNDRRS:
        random_number(b, a);
        return;
    default:
        if (!id_register(b, a->sysreg, &id)) {
            a64_undefined(b);
            return;
        }
        v = tcg_const(b, id);
    }
    a64_put_x(b, a->rt, v);
}
