/* SPDX-License-Identifier: BSD-2-Clause */
/* Comparisons and masks as IR: masks are integers of 64 bits. [RVU 31.11.8, 31.13.13, 31.15] */
#include "guest/riscv/insn-v-full.h"

/* Masks as integers. */

/* The bits below vl of the word `at` of a mask, and with a mask those that it has: n bits of the group. */
static TcgRef active_bits(const RvVFull *f, unsigned n, unsigned at, bool masked)
{
    TcgBuild *b = f->b;
    const TcgRef all = tcg_const(b, ~(uint64_t)0);
    TcgRef a = n - 64 * at < 64 ? tcg_const(b, ((uint64_t)1 << (n - 64 * at)) - 1) : all;

    if (!f->all) {
        const TcgRef vl = tcg_get(b, RV_VL), from = tcg_const(b, 64 * at), size = tcg_const(b, 64);
        const TcgRef rest = at ? tcg_sub(b, TCG_I64, vl, from) : vl;
        const TcgRef below = tcg_op1(b, TCG_OP_not, TCG_I64, tcg_shl(b, TCG_I64, all, rest));
        const TcgRef whole = at ? tcg_sel(b, TCG_I64, TCG_GT, tcg_cmp(b, TCG_I64, vl, from), all, tcg_const(b, 0)) : all;
        a = tcg_sel(b, TCG_I64, TCG_LTU, tcg_cmp(b, TCG_I64, rest, size), below, whole);
    }
    if (masked) {
        a = tcg_and(b, TCG_I64, a, tcg_op(b, TCG_OP_vext, TCG_I64, 3, rv_vf_get(f, 0, at / 2), at % 2, 0));
    }
    return a;
}

static TcgRef mask_word(const RvVFull *f, unsigned reg, unsigned at)
{
    return tcg_op(f->b, TCG_OP_vext, TCG_I64, 3, rv_vf_get(f, reg, at / 2), at % 2, 0);
}

/* The active bits of word `at` of vd's mask become those of v. */
static void put_mask_word(const RvVFull *f, unsigned at, TcgRef a, TcgRef v)
{
    TcgBuild *b = f->b;
    uint64_t k;

    if (!tcg_is_const(b, a, &k) || ~k) {
        v = tcg_or(b, TCG_I64, tcg_andn(b, TCG_I64, mask_word(f, f->i->vd, at), a), tcg_and(b, TCG_I64, v, a));
    }
    rv_vf_put(f, at / 2, tcg_op(b, TCG_OP_vins, TCG_V128, 3, rv_vf_get(f, f->i->vd, at / 2), v, at % 2));
}

static TcgRef inverted(const RvVFull *f, TcgRef x)
{
    return tcg_op1(f->b, TCG_OP_vnot, TCG_V128, x);
}

/* The carry out of x + y + c, or the borrow out of x - y - c; c: lanes of ones where there is one, 0 if nowhere. The sum
 * is less than x if it wrapped; with a carry it may also be x itself. */
static TcgRef carry_out(const RvVFull *f, TcgRef x, TcgRef y, TcgRef c)
{
    const bool add = f->i->op == RV_V_vmadc;
    const TcgRef sum = add ? rv_vf_op2(f, TCG_OP_vadd, 0, x, y) : 0;
    TcgRef r;

    if (!c) {
        return add ? rv_vf_op2(f, TCG_OP_vcmpgt, 0, x, sum) : rv_vf_op2(f, TCG_OP_vcmpgt, 0, y, x);
    }
    const TcgRef with = add ? rv_vf_op2(f, TCG_OP_vsub, 0, sum, c) : y;
    r = add ? rv_vf_op2(f, TCG_OP_vcmpgt, 0, x, with) : rv_vf_op2(f, TCG_OP_vcmpgt, 0, y, x);
    return tcg_op2(f->b, TCG_OP_vor, TCG_V128, r,
                   tcg_op2(f->b, TCG_OP_vand, TCG_V128, c, rv_vf_op2(f, TCG_OP_vcmpeq, 0, x, with)));
}

/* Lanes of ones where it holds; 0: not here. carry: of vmadc, vmsbc. */
static TcgRef comparison(const RvVFull *f, TcgRef x, TcgRef y, TcgRef carry)
{
    const unsigned n = f->lane;

    switch ((RvVOp)f->i->op) {
    case RV_V_vmadc: case RV_V_vmsbc: return carry_out(f, x, y, carry);
    case RV_V_vmseq:  return rv_vf_op2(f, TCG_OP_vcmpeq, 0, x, y);
    case RV_V_vmsne:  return inverted(f, rv_vf_op2(f, TCG_OP_vcmpeq, 0, x, y));
    case RV_V_vmsltu: return rv_vf_op2(f, TCG_OP_vcmpgt, 0, y, x);
    case RV_V_vmslt:  return rv_vf_op2(f, TCG_OP_vcmpgt, TCG_V_SIGNED, y, x);
    case RV_V_vmsleu: return rv_vf_op2(f, TCG_OP_vcmpge, 0, y, x);
    case RV_V_vmsle:  return rv_vf_op2(f, TCG_OP_vcmpge, TCG_V_SIGNED, y, x);
    case RV_V_vmsgtu: return rv_vf_op2(f, TCG_OP_vcmpgt, 0, x, y);
    case RV_V_vmsgt:  return rv_vf_op2(f, TCG_OP_vcmpgt, TCG_V_SIGNED, x, y);
    case RV_V_vmfeq:  return rv_vf_fp(f, n, TCG_OP_vfcmpeq, 0, x, y, 0);
    case RV_V_vmfne:  return inverted(f, rv_vf_fp(f, n, TCG_OP_vfcmpeq, 0, x, y, 0));
    case RV_V_vmflt:  return rv_vf_fp(f, n, TCG_OP_vfcmpgt, 0, y, x, 0);
    case RV_V_vmfle:  return rv_vf_fp(f, n, TCG_OP_vfcmpge, 0, y, x, 0);
    case RV_V_vmfgt:  return rv_vf_fp(f, n, TCG_OP_vfcmpgt, 0, x, y, 0);
    case RV_V_vmfge:  return rv_vf_fp(f, n, TCG_OP_vfcmpge, 0, x, y, 0);
    default:          return 0;
    }
}

bool rv_vf_compare(const RvVFull *f)
{
    const RvVInsn *i = f->i;
    const unsigned lanes = 16u >> f->lane, n = f->vlmax;
    const bool carries = rv_v_shape((RvVOp)i->op) == RV_VS_CARRYOUT;
    const bool quiet = (!i->vm || f->partial) && (rv_v_flags((RvVOp)i->op) & RV_VF_FP);
    const TcgRef y0 = i->form != RV_V_VV ? rv_vf_scalar(f) : 0;
    TcgBuild *b = f->b;
    TcgRef word[4] = { 0, 0, 0, 0 };

    for (unsigned k = 0; k < f->pieces; k++) {
        TcgRef x = rv_vf_get(f, i->vs2, k), y = y0 ? y0 : rv_vf_get(f, i->vs1, k);
        if (quiet) {
            const TcgRef m = rv_vf_active(f, k), safe = rv_vf_one(f);
            x = rv_vf_choose(f, m, x, safe);
            y = rv_vf_choose(f, m, y, safe);
        }
        TcgRef r = comparison(f, x, y, carries && !i->vm ? rv_vf_mask(f, k) : 0);
        if (!r) {
            return false;
        }
        r = tcg_op(b, TCG_OP_vmsk, TCG_I64, f->lane, r, 0, 0);
        r = tcg_shl(b, TCG_I64, r, tcg_const(b, k * lanes % 64));
        TcgRef *w = &word[k * lanes / 64];
        *w = *w ? tcg_or(b, TCG_I64, *w, r) : r;
    }
    for (unsigned w = 0; w * 64 < n; w++) {
        put_mask_word(f, w, active_bits(f, n, w, !i->vm && !carries), word[w]);
    }
    return true;
}

static TcgRef mask_logic(const RvVFull *f, TcgRef x, TcgRef y)
{
    TcgBuild *b = f->b;

    switch ((RvVOp)f->i->op) {
    case RV_V_vmand:  return tcg_and(b, TCG_I64, x, y);
    case RV_V_vmandn: return tcg_andn(b, TCG_I64, x, y);
    case RV_V_vmor:   return tcg_or(b, TCG_I64, x, y);
    case RV_V_vmorn:  return tcg_orn(b, TCG_I64, x, y);
    case RV_V_vmxor:  return tcg_xor(b, TCG_I64, x, y);
    case RV_V_vmxnor: return tcg_xnor(b, TCG_I64, x, y);
    case RV_V_vmnand: return tcg_op1(b, TCG_OP_not, TCG_I64, tcg_and(b, TCG_I64, x, y));
    default:          return tcg_op1(b, TCG_OP_not, TCG_I64, tcg_or(b, TCG_I64, x, y));      /* vmnor */
    }
}

bool rv_vf_logic(const RvVFull *f)
{
    const unsigned n = f->vlmax;

    for (unsigned w = 0; w * 64 < n; w++) {
        const TcgRef v = mask_logic(f, mask_word(f, f->i->vs2, w), mask_word(f, f->i->vs1, w));
        put_mask_word(f, w, active_bits(f, n, w, false), v);
    }
    return true;
}

/* Word `at` of vs2, what is active of it. */
static TcgRef active_word(const RvVFull *f, unsigned at)
{
    return tcg_and(f->b, TCG_I64, mask_word(f, f->i->vs2, at), active_bits(f, f->vlmax, at, !f->i->vm));
}

static TcgRef is_zero(TcgBuild *b, TcgRef x)
{
    return tcg_cmp(b, TCG_I64, x, tcg_const(b, 0));
}

/* vcpop, vfirst. */
TcgRef rv_vf_count(const RvVFull *f)
{
    TcgBuild *b = f->b;
    const unsigned words = (f->vlmax + 63) / 64;
    const bool population = f->i->op == RV_V_vcpop;
    TcgRef r = population ? 0 : tcg_const(b, ~(uint64_t)0);

    for (unsigned w = words; w-- > 0; ) {
        const TcgRef v = active_word(f, w), n = tcg_op1(b, population ? TCG_OP_popcnt : TCG_OP_ctz, TCG_I64, v);
        if (population) {
            r = r ? tcg_add(b, TCG_I64, r, n) : n;
        } else {
            r = tcg_sel(b, TCG_I64, TCG_EQ, is_zero(b, v), r, tcg_add(b, TCG_I64, n, tcg_const(b, 64 * w)));
        }
    }
    return r;
}

/* vmsbf, vmsif, vmsof of a word w: below the lowest bit of w, up to it, that bit; without one, all, all and none. */
static TcgRef set_first(const RvVFull *f, TcgRef w)
{
    TcgBuild *b = f->b;
    const TcgRef less = tcg_sub(b, TCG_I64, w, tcg_const(b, 1));

    switch ((RvVOp)f->i->op) {
    case RV_V_vmsbf: return tcg_andn(b, TCG_I64, less, w);
    case RV_V_vmsif: return tcg_xor(b, TCG_I64, less, w);
    default:         return tcg_andn(b, TCG_I64, w, less);
    }
}

/* Of all words: nothing behind the first that has a bit. vd is neither vs2 nor the mask. */
bool rv_vf_set_first(const RvVFull *f)
{
    TcgBuild *b = f->b;
    TcgRef before = 0;

    for (unsigned w = 0; w * 64 < f->vlmax; w++) {
        const TcgRef v = active_word(f, w);
        TcgRef r = set_first(f, v);
        r = before ? tcg_sel(b, TCG_I64, TCG_EQ, is_zero(b, before), r, tcg_const(b, 0)) : r;
        put_mask_word(f, w, active_bits(f, f->vlmax, w, !f->i->vm), r);
        before = before ? tcg_or(b, TCG_I64, before, v) : v;
    }
    return true;
}

/* The lanes before each lane of x added to it. */
static TcgRef running_sum(const RvVFull *f, TcgRef x)
{
    const TcgRef none = tcg_vconst(f->b, 0, 0);

    for (unsigned bytes = 1u << f->lane; bytes < 16; bytes *= 2) {
        x = rv_vf_op2(f, TCG_OP_vadd, 0, x, tcg_op(f->b, TCG_OP_vextr, TCG_V128, 0, none, x, 16 - bytes));
    }
    return x;
}

/* viota: bits set before each element, which are -1 in lanes; of four pieces at most. */
bool rv_vf_iota(const RvVFull *f)
{
    enum { MAX_PIECES = 4 };
    TcgRef r[RV_VF_MAX_PIECES], m[RV_VF_MAX_PIECES], before = 0;
    TcgBuild *b = f->b;

    if (f->pieces > MAX_PIECES) {
        return false;
    }
    for (unsigned k = 0; k < f->pieces; k++) {
        const unsigned at = rv_vf_mask_piece(f, k);
        TcgRef bits = rv_vf_get(f, f->i->vs2, at);
        bits = f->i->vm ? bits : tcg_op2(b, TCG_OP_vand, TCG_V128, bits, rv_vf_get(f, 0, at));
        const TcgRef ones = rv_vf_lanes_of(f, bits, k), sum = running_sum(f, ones);
        r[k] = rv_vf_op2(f, TCG_OP_vsub, 0, ones, sum);
        r[k] = before ? rv_vf_op2(f, TCG_OP_vsub, 0, r[k], before) : r[k];
        if (k + 1 < f->pieces) {
            const TcgRef all = tcg_op(b, TCG_OP_vdupl, TCG_V128, f->lane, sum, (16u >> f->lane) - 1, 0);
            before = before ? rv_vf_op2(f, TCG_OP_vadd, 0, before, all) : all;
        }
        m[k] = rv_vf_active(f, k);
    }
    rv_vf_put_all(f, f->pieces, r, m);
    return true;
}
