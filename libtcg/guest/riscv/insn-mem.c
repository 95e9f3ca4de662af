/* SPDX-License-Identifier: BSD-2-Clause */
/* Loads, stores, atomics. [RVU 2.6, 14, 20.5, 21.3] */
#include "guest/riscv/insn.h"

static void load(TcgBuild *b, int rd, int rs1, int64_t imm, unsigned memop)
{
    TcgRef v = tcg_ld(b, TCG_I64, memop, rv_x(b, rs1), imm);

    rv_put_x(b, rd, v);
}

static void store(TcgBuild *b, int rs2, int rs1, int64_t imm, unsigned memop)
{
    tcg_st(b, TCG_I64, memop, rv_x(b, rs1), imm, rv_x(b, rs2));
}

static void load_fp(TcgBuild *b, int rd, int rs1, int64_t imm, unsigned memop)
{
    TcgType t = memop == TCG_MO_16 ? TCG_F16 : memop == TCG_MO_32 ? TCG_F32 : TCG_F64;
    TcgRef v = tcg_ld(b, t, memop, rv_x(b, rs1), imm);

    if (t != TCG_F64) {
        v = tcg_op(b, TCG_OP_nanbox, TCG_F64, t, v, 0, 0);
    }
    tcg_put(b, (unsigned)(RV_F0 + rd), v);
}

static void store_fp(TcgBuild *b, int rs2, int rs1, int64_t imm, unsigned memop)
{
    TcgType t = memop == TCG_MO_16 ? TCG_F16 : memop == TCG_MO_32 ? TCG_F32 : TCG_F64;

    tcg_st(b, t, memop, rv_x(b, rs1), imm, tcg_get(b, (unsigned)(RV_F0 + rs2)));
}

#define RV_LOAD(name, fn, imm, memop) \
    void rv_tr_##name(TcgBuild *b, const RvArgs *a) \
    { \
        fn(b, a->rd, a->rs1, a->imm, memop); \
    }
#define RV_STORE(name, fn, imm, memop) \
    void rv_tr_##name(TcgBuild *b, const RvArgs *a) \
    { \
        fn(b, a->rs2, a->rs1, a->imm, memop); \
    }
RV_LOAD(lb, load, immI, TCG_MO_8 | TCG_MO_SIGN)
RV_LOAD(lh, load, immI, TCG_MO_16 | TCG_MO_SIGN)
RV_LOAD(lw, load, immI, TCG_MO_32 | TCG_MO_SIGN)
RV_LOAD(ld, load, immI, TCG_MO_64)
RV_LOAD(lbu, load, immI, TCG_MO_8)
RV_LOAD(lhu, load, immI, TCG_MO_16)
RV_LOAD(lwu, load, immI, TCG_MO_32)
RV_STORE(sb, store, immS, TCG_MO_8)
RV_STORE(sh, store, immS, TCG_MO_16)
RV_STORE(sw, store, immS, TCG_MO_32)
RV_STORE(sd, store, immS, TCG_MO_64)
RV_LOAD(flh, load_fp, immI, TCG_MO_16)
RV_LOAD(flw, load_fp, immI, TCG_MO_32)
RV_LOAD(fld, load_fp, immI, TCG_MO_64)
RV_STORE(fsh, store_fp, immS, TCG_MO_16)
RV_STORE(fsw, store_fp, immS, TCG_MO_32)
RV_STORE(fsd, store_fp, immS, TCG_MO_64)

/* Compressed: registers x8..x15, or the stack pointer as the base. */
#define RV_C_LOAD(name, fn, imm, memop) \
    void rv_tr_##name(TcgBuild *b, const RvArgs *a) \
    { \
        fn(b, a->rdp + 8, a->rs1p + 8, a->imm, memop); \
    }
#define RV_C_STORE(name, fn, imm, memop) \
    void rv_tr_##name(TcgBuild *b, const RvArgs *a) \
    { \
        fn(b, a->rs2p + 8, a->rs1p + 8, a->imm, memop); \
    }
#define RV_SP_LOAD(name, fn, imm, memop) \
    void rv_tr_##name(TcgBuild *b, const RvArgs *a) \
    { \
        fn(b, a->rd, RV_SP, a->imm, memop); \
    }
#define RV_SP_STORE(name, fn, imm, memop) \
    void rv_tr_##name(TcgBuild *b, const RvArgs *a) \
    { \
        fn(b, a->rs2, RV_SP, a->imm, memop); \
    }
RV_C_LOAD(c_lw, load, c_lw_imm, TCG_MO_32 | TCG_MO_SIGN)
RV_C_LOAD(c_ld, load, c_ld_imm, TCG_MO_64)
RV_C_LOAD(c_fld, load_fp, c_ld_imm, TCG_MO_64)
RV_C_STORE(c_sw, store, c_lw_imm, TCG_MO_32)
RV_C_STORE(c_sd, store, c_ld_imm, TCG_MO_64)
RV_C_STORE(c_fsd, store_fp, c_ld_imm, TCG_MO_64)
RV_SP_LOAD(c_lwsp, load, c_lwsp_imm, TCG_MO_32 | TCG_MO_SIGN)
RV_SP_LOAD(c_ldsp, load, c_ldsp_imm, TCG_MO_64)
RV_SP_LOAD(c_fldsp, load_fp, c_ldsp_imm, TCG_MO_64)
RV_SP_STORE(c_swsp, store, c_swsp_imm, TCG_MO_32)
RV_SP_STORE(c_sdsp, store, c_sdsp_imm, TCG_MO_64)
RV_SP_STORE(c_fsdsp, store_fp, c_sdsp_imm, TCG_MO_64)
RV_C_LOAD(c_lbu, load, c_lbu_imm, TCG_MO_8)
RV_C_LOAD(c_lhu, load, c_lh_imm, TCG_MO_16)
RV_C_LOAD(c_lh, load, c_lh_imm, TCG_MO_16 | TCG_MO_SIGN)
RV_C_STORE(c_sb, store, c_lbu_imm, TCG_MO_8)
RV_C_STORE(c_sh, store, c_lh_imm, TCG_MO_16)

/* Atomics. Misaligned ones raise an address-misaligned exception [RVU 14.4]. */
static unsigned atomic_memop(const RvArgs *a)
{
    return (a->wide ? TCG_MO_64 : TCG_MO_32 | TCG_MO_SIGN) | TCG_MO_ALIGN | TCG_MO_ATOM
        | (a->aq ? TCG_MO_ACQ : 0) | (a->rl ? TCG_MO_REL : 0);
}

void rv_tr_lr(TcgBuild *b, const RvArgs *a)
{
    rv_put_x(b, a->rd, tcg_op(b, TCG_OP_ll, TCG_I64, atomic_memop(a), rv_x(b, a->rs1), 0, 0));
}

void rv_tr_sc(TcgBuild *b, const RvArgs *a)
{
    rv_put_x(b, a->rd, tcg_op(b, TCG_OP_sc, TCG_I64, atomic_memop(a) & ~(unsigned)TCG_MO_SIGN, rv_x(b, a->rs1),
                              rv_x(b, a->rs2), 0));
}

#define RV_AMO(name, op) \
    void rv_tr_##name(TcgBuild *b, const RvArgs *a) \
    { \
        rv_put_x(b, a->rd, tcg_op(b, TCG_OP_##op, TCG_I64, atomic_memop(a), rv_x(b, a->rs1), rv_x(b, a->rs2), 0)); \
    }
RV_AMO(amoswap, xchg)
RV_AMO(amoadd, xadd)
RV_AMO(amoxor, xxor)
RV_AMO(amoand, xand)
RV_AMO(amoor, xor_)
RV_AMO(amomin, xsmin)
RV_AMO(amomax, xsmax)
RV_AMO(amominu, xumin)
RV_AMO(amomaxu, xumax)
