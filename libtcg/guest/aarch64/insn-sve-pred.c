/* SPDX-License-Identifier: BSD-2-Clause */
/* SVE instructions on predicates: integers with a bit for each byte of a vector. [ArmARM C8.2] */
#include "guest/aarch64/insn-sve.h"

static TcgRef and(TcgBuild *b, TcgRef x, TcgRef y)
{
    return tcg_and(b, TCG_I64, x, y);
}

static TcgRef xor(TcgBuild *b, TcgRef x, TcgRef y)
{
    return tcg_xor(b, TCG_I64, x, y);
}

static TcgRef or(TcgBuild *b, TcgRef x, TcgRef y)
{
    return tcg_or(b, TCG_I64, x, y);
}

static TcgRef all(TcgBuild *b)
{
    return tcg_const(b, a64_pred_all(a64_vq(b)));
}

static TcgRef elements(TcgBuild *b, int size)
{
    return tcg_const(b, a64_pred_all(a64_vq(b)) & a64_pred_elements((unsigned)size));
}

static TcgRef test(TcgBuild *b, TcgRef g, TcgRef r)
{
    return tcg_hcall(b, A64_H_pred_test, TCG_I64, g, r, 0);
}

static void set_flags(TcgBuild *b, TcgRef g, TcgRef r)
{
    a64_pred_flags(b, g, r);
}

static void finish(TcgBuild *b, const A64Args *a, TcgRef g, TcgRef r)
{
    if (a->setflags) {
        set_flags(b, g, and(b, g, r));
    }
    a64_put_p(b, a->pd, r);
}

/* Logical operations */
#define LOGICAL(name, r) \
    void a64_tr_sve_pred_##name(TcgBuild *b, const A64Args *a) \
    { \
        const TcgRef g = a64_p(b, a->pg), n = a64_p(b, a->pn), m = a64_p(b, a->pm); \
        finish(b, a, g, and(b, r, g)); \
    }
LOGICAL(and, and(b, n, m))
LOGICAL(bic, tcg_andn(b, TCG_I64, n, m))
LOGICAL(eor, xor(b, n, m))
LOGICAL(orr, or(b, n, m))
LOGICAL(orn, tcg_orn(b, TCG_I64, n, m))
LOGICAL(nor, tcg_op1(b, TCG_OP_not, TCG_I64, or(b, n, m)))
LOGICAL(nand, tcg_op1(b, TCG_OP_not, TCG_I64, and(b, n, m)))

void a64_tr_sve_pred_sel(TcgBuild *b, const A64Args *a)
{
    const TcgRef g = a64_p(b, a->pg), n = a64_p(b, a->pn), m = a64_p(b, a->pm);

    a64_put_p(b, a->pd, or(b, and(b, n, g), tcg_andn(b, TCG_I64, m, g)));
}

/* Breaks: elements of g up to the first of x, with or without that one. */
static TcgRef up_to_first(TcgBuild *b, TcgRef g, TcgRef x, bool before)
{
    const TcgRef t = and(b, x, g);
    const TcgRef first = and(b, t, tcg_op1(b, TCG_OP_neg, TCG_I64, t));
    const TcgRef below = tcg_sub(b, TCG_I64, first, tcg_const(b, 1));

    return and(b, g, before ? below : or(b, below, first));
}

/* r if the last element of g is active in x, else 0. */
static TcgRef if_last(TcgBuild *b, TcgRef g, TcgRef x, TcgRef r)
{
    const TcgRef f = tcg_tst(b, TCG_I64, test(b, g, x), tcg_const(b, 1u << 29));

    return tcg_sel(b, TCG_I64, TCG_EQ, f, r, tcg_const(b, 0));
}

void a64_tr_sve_brk(TcgBuild *b, const A64Args *a)
{
    const TcgRef g = a64_p(b, a->pg), n = a64_p(b, a->pn), d = a64_p(b, a->pd);
    const TcgRef r = up_to_first(b, g, n, a->before);

    finish(b, a, g, a->merge ? or(b, r, tcg_andn(b, TCG_I64, d, g)) : r);
}

void a64_tr_sve_brkp(TcgBuild *b, const A64Args *a)
{
    const TcgRef g = a64_p(b, a->pg), n = a64_p(b, a->pn), m = a64_p(b, a->pm);

    finish(b, a, g, if_last(b, g, n, up_to_first(b, g, m, a->before)));
}

void a64_tr_sve_brkn(TcgBuild *b, const A64Args *a)
{
    const TcgRef g = a64_p(b, a->pg), n = a64_p(b, a->pn), d = a64_p(b, a->pd);

    finish(b, a, all(b), if_last(b, g, n, d));
}

/* The first-fault register */

void a64_tr_sve_rdffr_p(TcgBuild *b, const A64Args *a)
{
    const TcgRef g = a64_p(b, a->pg);

    finish(b, a, g, and(b, tcg_get(b, A64_FFR), g));
}

void a64_tr_sve_rdffr(TcgBuild *b, const A64Args *a)
{
    a64_put_p(b, a->pd, tcg_get(b, A64_FFR));
}

void a64_tr_sve_wrffr(TcgBuild *b, const A64Args *a)
{
    tcg_put(b, A64_FFR, a64_p(b, a->pn));
}

void a64_tr_sve_setffr(TcgBuild *b, const A64Args *a)
{
    tcg_put(b, A64_FFR, all(b));
}

/* Initialization, tests, iteration. A predicate made anew may have all elements active again. */

static void make(TcgBuild *b, const A64Args *a, TcgRef r)
{
    if (tcg_build_context(b)) {
        tcg_build_context_set(b, 0);
    }
    a64_put_p(b, a->pd, r);
}

void a64_tr_sve_ptrue(TcgBuild *b, const A64Args *a)
{
    const unsigned n = a64_pattern_count((unsigned)a->pat, a64_vq(b) * 16 >> a->size) << a->size;
    const TcgRef r = tcg_const(b, (((uint64_t)1 << n) - 1) & a64_pred_elements((unsigned)a->size));

    if (a->setflags) {
        set_flags(b, r, r);
    }
    make(b, a, r);
}

void a64_tr_sve_pfalse(TcgBuild *b, const A64Args *a)
{
    a64_put_p(b, a->pd, tcg_const(b, 0));
}

void a64_tr_sve_ptest(TcgBuild *b, const A64Args *a)
{
    const TcgRef g = a64_p(b, a->pg);

    set_flags(b, g, and(b, g, a64_p(b, a->pn)));
}

void a64_tr_sve_pfirst(TcgBuild *b, const A64Args *a)
{
    const TcgRef g = a64_p(b, a->pg);
    const TcgRef r = or(b, a64_p(b, a->pd), and(b, g, tcg_op1(b, TCG_OP_neg, TCG_I64, g)));

    set_flags(b, g, and(b, g, r));
    a64_put_p(b, a->pd, r);
}

void a64_tr_sve_pnext(TcgBuild *b, const A64Args *a)
{
    const TcgRef g = and(b, a64_p(b, a->pg), elements(b, a->size));
    const TcgRef r = tcg_hcall(b, A64_H_pred_next, TCG_I64, g, and(b, a64_p(b, a->pd), elements(b, a->size)),
                               tcg_const(b, (unsigned)a->size));

    set_flags(b, g, r);
    a64_put_p(b, a->pd, r);
}

/* Loop control */

/* The usual ones, up while less: the elements that are left, without bound. */
static TcgRef while_left(TcgBuild *b, const A64Args *a)
{
    const TcgType t = a64_type(a->sf);
    const TcgRef x = a64_x(b, a->rn), y = a64_x(b, a->rm), zero = tcg_const(b, 0);
    uint64_t k;

    if (!a->is_signed && tcg_is_const(b, x, &k) && k == 0) {
        return a->sf ? y : tcg_op1(b, TCG_OP_ext32u, TCG_I64, y);
    }
    return tcg_sel(b, t, a->is_signed ? TCG_LT : TCG_LTU, tcg_cmp(b, t, x, y), tcg_sub(b, t, y, x), zero);
}

/* NZCV is 0110 for no element, 1010 for some, 1000 for all: that of 0 - 0, -1 - some and 0 - all. */
static void while_less(TcgBuild *b, const A64Args *a)
{
    const unsigned n = a64_vq(b) * 16u >> a->size;
    const TcgRef left = while_left(b, a), all = tcg_const(b, n), one = tcg_const(b, 1);
    const TcgRef some = tcg_sel(b, TCG_I64, TCG_LTU, tcg_cmp(b, TCG_I64, left, all), left, all);
    const TcgRef bits = tcg_shl(b, TCG_I64, some, tcg_const(b, (unsigned)a->size));
    const TcgRef below = tcg_sub(b, TCG_I64, tcg_shl(b, TCG_I64, one, bits), one);
    const TcgRef part = tcg_cmp(b, TCG_I64, tcg_sub(b, TCG_I64, some, one), tcg_const(b, n - 1));
    const TcgRef from = tcg_op1(b, TCG_OP_neg, TCG_I64, tcg_setcc(b, TCG_LTU, part));

    make(b, a, a->size ? and(b, below, elements(b, a->size)) : below);
    a64_put_flags(b, tcg_cmp(b, TCG_I64, from, some));
}

void a64_tr_sve_while(TcgBuild *b, const A64Args *a)
{
    if (a->less && !a->eq) {
        while_less(b, a);
        return;
    }
    const unsigned how = (unsigned)a->size | a64_vq(b) << 4 | (a->sf ? A64_WHILE_64 : 0)
        | (a->is_signed ? A64_WHILE_SIGNED : 0) | (a->less ? A64_WHILE_LESS : 0) | (a->eq ? A64_WHILE_EQUAL : 0);
    const TcgRef r = tcg_hcall(b, A64_H_pred_while, TCG_I64, a64_x(b, a->rn), a64_x(b, a->rm), tcg_const(b, how));

    set_flags(b, elements(b, a->size), r);
    a64_put_p(b, a->pd, r);
}

void a64_tr_sve_while_hazard(TcgBuild *b, const A64Args *a)
{
    const unsigned how = (unsigned)a->size | a64_vq(b) << 4 | (a->rw ? A64_WHILE_RW : 0);
    const TcgRef r = tcg_hcall(b, A64_H_pred_hazard, TCG_I64, a64_x(b, a->rn), a64_x(b, a->rm), tcg_const(b, how));

    set_flags(b, elements(b, a->size), r);
    a64_put_p(b, a->pd, r);
}

/* N = the comparison holds; V = it does not and C is clear. */
void a64_tr_sve_cterm(TcgBuild *b, const A64Args *a)
{
    const TcgRef old = tcg_op1(b, TCG_OP_flget, TCG_I64, a64_flags(b));
    const TcgRef kept = and(b, old, tcg_const(b, 3u << 29));
    const TcgRef v = and(b, tcg_shr(b, TCG_I64, tcg_op1(b, TCG_OP_not, TCG_I64, old), tcg_const(b, 1)),
                         tcg_const(b, 1u << 28));
    const TcgRef f = tcg_cmp(b, a64_type(a->sf), a64_x(b, a->rn), a64_x(b, a->rm));
    const TcgRef nv = tcg_sel(b, TCG_I64, a->ne ? TCG_NE : TCG_EQ, f, tcg_const(b, 1u << 31), v);

    a64_put_flags(b, tcg_op1(b, TCG_OP_flset, TCG_I64, or(b, kept, nv)));
}

/* Permutation */
#define PERMUTE(name, how) \
    void a64_tr_sve_##name(TcgBuild *b, const A64Args *a) \
    { \
        permute(b, a, how); \
    }

static void permute(TcgBuild *b, const A64Args *a, unsigned how)
{
    const bool one = how == A64_PRED_REV || how == A64_PRED_UNPACK;

    a64_put_p(b, a->pd, tcg_hcall(b, A64_H_pred_permute, TCG_I64, a64_p(b, a->pn), one ? 0 : a64_p(b, a->pm),
                                  tcg_const(b, (unsigned)(a->size | (a->upper ? 8 : 0)) | a64_vq(b) << 4 | how)));
}
PERMUTE(pred_zip1, A64_PRED_ZIP1)
PERMUTE(pred_zip2, A64_PRED_ZIP2)
PERMUTE(pred_uzp1, A64_PRED_UZP1)
PERMUTE(pred_uzp2, A64_PRED_UZP2)
PERMUTE(pred_trn1, A64_PRED_TRN1)
PERMUTE(pred_trn2, A64_PRED_TRN2)
PERMUTE(pred_rev, A64_PRED_REV)
PERMUTE(punpk, A64_PRED_UNPACK)
