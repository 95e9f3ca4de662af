/* SPDX-License-Identifier: BSD-2-Clause */
/* A64 exclusives, ordered accesses and atomic memory operations [ArmARM B2.9, B2.3, C6.2].
 *
 * All of them fault when misaligned, but with FEAT_LSE2 the ordered and the atomic ones (not the exclusives) do not
 * inside 16 aligned bytes. */
#include "guest/aarch64/insn.h"

static TcgType value_type(int size)
{
    return size == 3 ? TCG_I64 : TCG_I32;
}

static unsigned align_rule(const TcgBuild *b)
{
    return a64_has(b, A64_EXT_lse2) ? TCG_MO_WITHIN16 : TCG_MO_ALIGN;
}

static unsigned order(int acq, int rel)
{
    return (acq ? TCG_MO_ACQ : 0) | (rel ? TCG_MO_REL : 0);
}

/* Two 64-bit values as one of 128, the first in the low half, and back. */

static TcgRef join(TcgBuild *b, TcgRef lo, TcgRef hi)
{
    TcgRef v = tcg_op(b, TCG_OP_vdup, TCG_V128, 3, lo, 0, 0);

    return tcg_op(b, TCG_OP_vins, TCG_V128, 3, v, hi, 1);
}

static TcgRef half(TcgBuild *b, TcgRef v, unsigned lane)
{
    return tcg_op(b, TCG_OP_vext, TCG_I64, 3, v, lane, 0);
}

/* Two 32-bit values as one of 64. */
static TcgRef join_words(TcgBuild *b, TcgRef lo, TcgRef hi)
{
    return tcg_dep(b, TCG_I64, lo, hi, 32, 32);
}

/* Exclusives */

void a64_tr_ldxr(TcgBuild *b, const A64Args *a)
{
    const unsigned memop = a->size | TCG_MO_ALIGN | order(a->acq, 0);

    a64_put_x(b, a->rt, tcg_op(b, TCG_OP_ll, value_type(a->size), memop, a64_x_sp(b, a->rn), 0, 0));
}

void a64_tr_stxr(TcgBuild *b, const A64Args *a)
{
    const unsigned memop = a->size | TCG_MO_ALIGN | order(0, a->rel);
    TcgRef addr = a64_x_sp(b, a->rn), v = a64_x(b, a->rt);

    a64_put_x(b, a->rs, tcg_op(b, TCG_OP_sc, TCG_I32, memop, addr, v, 0));
}

void a64_tr_ldxp(TcgBuild *b, const A64Args *a)
{
    const unsigned memop = TCG_MO_ALIGN | order(a->acq, 0);
    TcgRef addr = a64_x_sp(b, a->rn), v;

    if (a->sz) {
        v = tcg_op(b, TCG_OP_ll, TCG_V128, memop | TCG_MO_128 | TCG_MO_ATOM, addr, 0, 0);
        a64_put_x(b, a->rt, half(b, v, 0));
        a64_put_x(b, a->rt2, half(b, v, 1));
    } else {
        v = tcg_op(b, TCG_OP_ll, TCG_I64, memop | TCG_MO_64, addr, 0, 0);
        a64_put_x(b, a->rt, tcg_op1(b, TCG_OP_ext32u, TCG_I64, v));
        a64_put_x(b, a->rt2, tcg_shr(b, TCG_I64, v, tcg_const(b, 32)));
    }
}

void a64_tr_stxp(TcgBuild *b, const A64Args *a)
{
    const unsigned memop = TCG_MO_ALIGN | order(0, a->rel);
    TcgRef addr = a64_x_sp(b, a->rn), lo = a64_x(b, a->rt), hi = a64_x(b, a->rt2), r;

    if (a->sz) {
        r = tcg_op(b, TCG_OP_sc, TCG_I32, memop | TCG_MO_128 | TCG_MO_ATOM, addr, join(b, lo, hi), 0);
    } else {
        r = tcg_op(b, TCG_OP_sc, TCG_I32, memop | TCG_MO_64, addr, join_words(b, lo, hi), 0);
    }
    a64_put_x(b, a->rs, r);
}

void a64_tr_clrex(TcgBuild *b, const A64Args *a)
{
    tcg_op(b, TCG_OP_clrex, TCG_NONE, 0, 0, 0, 0);
}

/* Ordered accesses. A load-acquire and a store-release that precedes it stay in order (but not LDAPR). */

static void load_ordered(TcgBuild *b, const A64Args *a, TcgType t, unsigned memop, int64_t imm)
{
    a64_put_x(b, a->rt, tcg_ld(b, t, memop | align_rule(b), a64_x_sp(b, a->rn), imm));
}

static void store_release(TcgBuild *b, const A64Args *a, int64_t imm)
{
    tcg_st(b, value_type(a->size), a->size | TCG_MO_SC | align_rule(b), a64_x_sp(b, a->rn), imm,
           a64_x(b, a->rt));
}

void a64_tr_ldar(TcgBuild *b, const A64Args *a)
{
    load_ordered(b, a, value_type(a->size), a->size | TCG_MO_SC, 0);
}

void a64_tr_stlr(TcgBuild *b, const A64Args *a)
{
    store_release(b, a, 0);
}

void a64_tr_ldapr(TcgBuild *b, const A64Args *a)
{
    load_ordered(b, a, value_type(a->size), a->size | TCG_MO_ACQ, 0);
}

void a64_tr_ldapur(TcgBuild *b, const A64Args *a)
{
    load_ordered(b, a, value_type(a->size), a->size | TCG_MO_ACQ, a->imm);
}

void a64_tr_ldapurs(TcgBuild *b, const A64Args *a)
{
    load_ordered(b, a, a->w ? TCG_I32 : TCG_I64, a->size | TCG_MO_SIGN | TCG_MO_ACQ, a->imm);
}

void a64_tr_stlur(TcgBuild *b, const A64Args *a)
{
    store_release(b, a, a->imm);
}

/* Read-modify-write */

static void rmw(TcgBuild *b, const A64Args *a, TcgOp op, TcgRef v)
{
    const unsigned memop = a->size | order(a->acq, a->rel) | align_rule(b);

    a64_put_x(b, a->rt, tcg_op(b, op, value_type(a->size), memop, a64_x_sp(b, a->rn), v, 0));
}

#define RMW(name, op) \
    void a64_tr_##name(TcgBuild *b, const A64Args *a) \
    { \
        rmw(b, a, op, a64_x(b, a->rs)); \
    }
RMW(ldadd, TCG_OP_xadd)
RMW(ldeor, TCG_OP_xxor)
RMW(ldset, TCG_OP_xor_)
RMW(ldsmax, TCG_OP_xsmax)
RMW(ldsmin, TCG_OP_xsmin)
RMW(ldumax, TCG_OP_xumax)
RMW(ldumin, TCG_OP_xumin)
RMW(swp, TCG_OP_xchg)

void a64_tr_ldclr(TcgBuild *b, const A64Args *a)
{
    rmw(b, a, TCG_OP_xand, tcg_op1(b, TCG_OP_not, TCG_I64, a64_x(b, a->rs)));
}

/* Only the low bytes of the expected value are compared. */
static TcgRef expected(TcgBuild *b, const A64Args *a)
{
    TcgRef v = a64_x(b, a->rs);

    return a->size < 2 ? tcg_extu(b, TCG_I64, v, 0, 8 << a->size) : v;
}

void a64_tr_cas(TcgBuild *b, const A64Args *a)
{
    const unsigned memop = a->size | order(a->acq, a->rel) | align_rule(b);
    TcgRef addr = a64_x_sp(b, a->rn), e = expected(b, a), v = a64_x(b, a->rt);

    a64_put_x(b, a->rs, tcg_op(b, TCG_OP_cas, value_type(a->size), memop, addr, e, v));
}

void a64_tr_casp(TcgBuild *b, const A64Args *a)
{
    const unsigned memop = order(a->acq, a->rel) | align_rule(b);
    const int rs = a->rs_even, rt = a->rt_even;
    TcgRef addr = a64_x_sp(b, a->rn), old;
    TcgRef e = a64_x(b, rs), e2 = a64_x(b, rs + 1), v = a64_x(b, rt), v2 = a64_x(b, rt + 1);

    if (a->sz) {
        old = tcg_op(b, TCG_OP_cas, TCG_V128, memop | TCG_MO_128 | TCG_MO_ATOM, addr, join(b, e, e2),
                     join(b, v, v2));
        a64_put_x(b, rs, half(b, old, 0));
        a64_put_x(b, rs + 1, half(b, old, 1));
    } else {
        old = tcg_op(b, TCG_OP_cas, TCG_I64, memop | TCG_MO_64, addr, join_words(b, e, e2),
                     join_words(b, v, v2));
        a64_put_x(b, rs, tcg_op1(b, TCG_OP_ext32u, TCG_I64, old));
        a64_put_x(b, rs + 1, tcg_shr(b, TCG_I64, old, tcg_const(b, 32)));
    }
}
