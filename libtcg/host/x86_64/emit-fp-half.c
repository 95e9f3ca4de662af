/* SPDX-License-Identifier: BSD-2-Clause */
/* Half precision by single precision, with the host's conversions (F16C).
 *
 * Halves are exact as singles, and no sum, product, quotient or root of them leaves the range of normal singles. A
 * single has 24 bits, two more than twice a half's 11: rounding to it first and to a half then is the same as rounding
 * once, to nearest as well as by direction, and inexact is raised by the first or the second as it would be by one. So
 * the flags are the two operations' together; what is left for cold code is as for singles: NaNs, and the smallest
 * normal number.
 *
 * A product plus a third number may come to lie in the middle of two halves by the first rounding only: that is seen in
 * the single, before the second rounding raises anything. Where it is tiny the second one has fewer bits, so that the
 * middle is elsewhere; but below the smallest half the single is exact, as all are multiples of 2^-48.
 *
 * Eight halves are eight singles of 256 bits. Nothing else here uses the upper halves of the host's registers, which
 * are cleared again at once, lest instructions of 128 bits wait for them. */
#include "host/x86_64/emit-fp.h"
#include "host/x86_64/emit-vec.h"

/* Operations of 256 bits on registers as the allocator numbers them. */
static void y_op(Enc *e, unsigned opc, int d, int a, int b)
{
    enc_vex_rr(e, opc, false, true, xr(d), xr(a), xr(b));
}

static void y_widen(Enc *e, int d, int x)
{
    enc_vex_rr(e, O_66_38(0x13), false, true, xr(d), 0, xr(x));            /* vcvtph2ps */
}

static void y_op_1(Enc *e, unsigned opc, int d, int x)
{
    enc_vex_rr(e, opc, false, true, xr(d), 0, xr(x));
}

static void y_end(Enc *e)
{
    enc8(e, 0xc5);                                                          /* vzeroupper */
    enc8(e, 0xf8);
    enc8(e, 0x77);
}

static bool usable(const TcgIns *i, unsigned features)
{
    return (hx86_features & (HX_F16C | features)) == (HX_F16C | features) && !(fp_mode(i) & FP_FLUSH16);
}

/* Results that are NaNs or, if tiny, perhaps the smallest normal number. */
static void check(Emit *E, const TcgIns *i, bool tiny, int d, Opnd x, Opnd y)
{
    const int u = ra_scratch(E, true);

    x_vop_m(&E->e, O_66(0xdb), u, d, mem_fp_const(K_ABS16), 0);
    if (tiny && (fp_mode(i) & FP_TINY_BEFORE)) {
        const int v = ra_scratch(E, true);
        x_vop_k(E, O_66(0x75), v, u, 0x0400040004000400);
        x_vop_k(E, O_66(0x65), u, u, 0x7c007c007c007c00);
        x_vop(&E->e, O_0F(0x56), u, u, v);
    } else {
        x_vop_k(E, O_66(0x65), u, u, 0x7c007c007c007c00);
    }
    enc_rr(&E->e, O_66_38(0x17), false, xr(u), xr(u), false);              /* ptest */
    em_cold_fn(E, i, x_jcc(&E->e, X_NE), d, x, y, fp_none);
}

/* What eight lanes and one have in common. d := halves x as singles; one of them (the value v) without others above. */
static void widen(Emit *E, bool scalar, int d, TcgRef v, int x)
{
    if (!scalar) {
        y_widen(&E->e, d, x);
        return;
    }
    if (!ra_zero_above(E, v, TCG_F16)) {
        em_low_scalar(E, d, x, TCG_F16);
        x = d;
    }
    enc_vex_rr(&E->e, O_66_38(0x13), false, false, xr(d), 0, xr(x));
}

static void narrow(Emit *E, bool all, int d, int x)
{
    enc_vex_rr(&E->e, O_66_3A(0x1d), false, all, xr(x), 0, xr(d));         /* vcvtps2ph, rounding by MXCSR */
    enc8(&E->e, 4);
}

static void end(Emit *E, bool all)
{
    if (all) {
        y_end(&E->e);
    }
}

static bool arithmetic(Emit *E, const TcgIns *i, unsigned op, bool tiny, bool scalar)
{
    const unsigned opc = scalar ? O_F3(op) : O_0F(op);
    const bool all = !scalar;
    Enc *e = &E->e;

    if (!usable(i, 0) || !fp_dynamic(i)) {
        return false;
    }
    fl_clobber(E);
    Opnd x = fp_register(E, i->a), y = i->b ? fp_register(E, i->b) : fp_none;
    const int u = ra_scratch(E, true), v = ra_scratch(E, true);
    widen(E, scalar, u, i->a, x.reg);
    if (i->b) {
        widen(E, scalar, v, i->b, y.reg);
        enc_vex_rr(e, opc, false, all, xr(u), xr(u), xr(v));
    } else {
        enc_vex_rr(e, opc, false, all, xr(u), scalar ? xr(u) : 0, xr(u));
    }
    E->lock &= ~(1u << v);
    const int d = fp_define(E, scalar, fp_bit(&x) | fp_bit(&y) | 1u << u);
    narrow(E, all, d, u);
    end(E, all);
    E->lock &= ~(1u << u);
    check(E, i, tiny, d, x, y);
    return true;
}

/* The current value := u, eight lanes of 32 bits, packed by opc. Uses v. */
static void pack(Emit *E, int u, int v, unsigned opc)
{
    Enc *e = &E->e;

    enc_vex_rr(e, O_66_3A(0x19), false, true, xr(u), 0, xr(v));            /* vextractf128 */
    enc8(e, 1);
    const int d = ra_def(E, E->i, 0);
    enc_vex_rr(e, opc, false, false, xr(d), xr(u), xr(v));
    y_end(e);
}

static void add_product(Enc *e, const TcgIns *i, bool all, bool scalar, int r, int x, int y)
{
    const bool product = i->aux & TCG_FP_NEG_PRODUCT, addend = scalar && (i->aux & TCG_FP_NEG_ADDEND);
    const unsigned op = product ? (addend ? 0xbe : 0xbc) : (addend ? 0xba : 0xb8);

    enc_vex_rr(e, O_66_38(op | scalar), false, all, xr(r), xr(x), xr(y));
}

/* Half the lanes as singles. NaNs go the long way, as the host makes them quiet. */
static bool unpack(Emit *E, const TcgIns *i)
{
    Enc *e = &E->e;

    if (!usable(i, 0)) {
        return false;
    }
    fl_clobber(E);
    Opnd x = fp_register(E, i->a);
    const int u = ra_scratch(E, true), d = ra_def(E, E->i, fp_bit(&x) | 1u << u);
    enc_vex_rr(e, O_66_38(0x13), false, false, xr(d), 0, xr(x.reg));
    x_vop(e, O_0F(0xc2), u, d, d);
    enc8(e, 3);                                                             /* unordered */
    enc_rr(e, O_66_38(0x17), false, xr(u), xr(u), false);
    em_cold_fn(E, i, x_jcc(e, X_NE), d, x, fp_none, fp_none);
    return true;
}

/* Jumps if a single of r is in the middle of two halves: its low 13 bits are 1000...0. Uses u. */
static uint8_t *if_middle(Emit *E, bool all, int r, int u)
{
    Enc *e = &E->e;
    const int g = ra_scratch(E, false);

    enc_vex_rr(e, O_66(0x72), false, all, 6, xr(u), xr(r));                /* vpslld: they go to the top */
    enc8(e, 32 - 13);
    enc_vex_rr(e, O_66_38(0x1e), false, all, xr(u), 0, xr(u));             /* vpabsd: only that stays negative */
    enc_vex_rr(e, O_0F(0x50), false, all, g, 0, xr(u));                    /* vmovmskps */
    enc_rr(e, 0x85, false, g, g, false);
    E->lock &= ~(1u << g);
    return x_jcc(e, X_NE);
}

/* u := lanes of the halves d that are NaNs, or not zero and not above the smallest normal number. Uses t. */
static void tiny_or_nan(Emit *E, int u, int t, int d)
{
    x_vop_m(&E->e, O_66(0xdb), u, d, mem_fp_const(K_ABS16), 0);
    x_vop_k(E, O_66(0x65), t, u, 0x7c007c007c007c00);
    x_vop_k(E, O_66(0xfd), u, u, ~(uint64_t)0);                            /* less 1 */
    x_vop_k(E, O_66(0xd9), u, u, 0x03ff03ff03ff03ff);                      /* psubusw */
    x_vop_k(E, O_66(0x75), u, u, 0);
    x_vop(&E->e, O_0F(0x56), u, u, t);
}

/* d := the singles r as halves, if none is in the middle of two, and the checks of the result. Uses u and r. */
static void narrow_fused(Emit *E, const TcgIns *i, bool all, int d, int r, int u, Opnd x, Opnd y, Opnd z)
{
    Enc *e = &E->e;
    uint8_t *middle = if_middle(E, all, r, u);
    Cold *c = em_cold_fn(E, i, middle, d, x, y, z);

    narrow(E, all, d, r);
    c->back = e->p;
    end(E, all);
    tiny_or_nan(E, u, r, d);
    enc_rr(e, O_66_38(0x17), false, xr(u), xr(u), false);
    em_cold_fn(E, i, x_jcc(e, X_NE), d, x, y, z);
}

static bool fused(Emit *E, const TcgIns *i, bool scalar)
{
    const bool all = !scalar;
    Enc *e = &E->e;

    if (!usable(i, HX_FMA | HX_AVX2) || !fp_dynamic(i)) {
        return false;
    }
    fl_clobber(E);
    Opnd x = fp_register(E, i->a), y = fp_register(E, i->b), z = fp_register(E, i->c);
    const int u = ra_scratch(E, true), v = ra_scratch(E, true), r = ra_scratch(E, true);
    widen(E, scalar, u, i->a, x.reg);
    widen(E, scalar, v, i->b, y.reg);
    widen(E, scalar, r, i->c, z.reg);
    add_product(e, i, all, scalar, r, u, v);
    E->lock &= ~(1u << v);
    const int d = fp_define(E, scalar, fp_bit(&x) | fp_bit(&y) | fp_bit(&z) | 1u << u | 1u << r);
    ra_room(E, 1, 0);
    narrow_fused(E, i, all, d, r, u, x, y, z);
    return true;
}

/* Jumps if a half of x or y is infinite or a NaN. Uses u and v. */
static uint8_t *if_infinite(Emit *E, int x, int y, int u, int v)
{
    x_vop_m(&E->e, O_66(0xdb), u, x, mem_fp_const(K_ABS16), 0);
    x_vop_m(&E->e, O_66(0xdb), v, y, mem_fp_const(K_ABS16), 0);
    x_vop(&E->e, O_66(0xee), u, u, v);                                      /* pmaxsw */
    x_vop_k(E, O_66(0x65), u, u, 0x7bff7bff7bff7bff);
    enc_rr(&E->e, O_66_38(0x17), false, xr(u), xr(u), false);
    return x_jcc(&E->e, X_NE);
}

/* As for singles: the host calls infinity times zero invalid, so infinities go the long way before that. */
static bool multiply_extended(Emit *E, const TcgIns *i)
{
    Enc *e = &E->e;

    if (!usable(i, 0) || !fp_dynamic(i)) {
        return false;
    }
    fl_clobber(E);
    Opnd x = fp_register(E, i->a), y = fp_register(E, i->b);
    const int u = ra_scratch(E, true), v = ra_scratch(E, true);
    const int d = ra_def(E, E->i, fp_bit(&x) | fp_bit(&y) | 1u << u | 1u << v);
    Cold *c = em_cold_fn(E, i, if_infinite(E, x.reg, y.reg, u, v), d, x, y, fp_none);
    y_widen(e, u, x.reg);
    y_widen(e, v, y.reg);
    y_op(e, O_0F(0x59), u, u, v);
    narrow(E, true, d, u);
    y_end(e);
    E->lock &= ~(1u << u | 1u << v);
    check(E, i, true, d, x, y);
    c->back = e->p;
    return true;
}

/* Newton's steps, with factors that are not infinite. */
static bool newton_step(Emit *E, const TcgIns *i)
{
    const bool root = i->op == TCG_OP_vfrsqrts;
    Enc *e = &E->e;

    if (!usable(i, HX_FMA | HX_AVX2) || !fp_dynamic(i)) {
        return false;
    }
    fl_clobber(E);
    Opnd x = fp_register(E, i->a), y = fp_register(E, i->b);
    const int u = ra_scratch(E, true), v = ra_scratch(E, true), r = ra_scratch(E, true);
    const int d = ra_def(E, E->i, fp_bit(&x) | fp_bit(&y) | 1u << u | 1u << v | 1u << r);
    ra_room(E, 1, 0);
    Cold *c = em_cold_fn(E, i, if_infinite(E, x.reg, y.reg, u, v), d, x, y, fp_none);
    y_widen(e, u, x.reg);
    y_widen(e, v, y.reg);
    enc_vex_rm(e, O_66_38(0x18), false, true, xr(r), 0, em_pool_mem(), 0);  /* vbroadcastss */
    em_pool(E, root ? 0x40400000 : 0x40000000, 0, 0);
    y_op(e, O_66_38(0xbc), r, u, v);                                        /* vfnmadd231ps */
    if (root) {
        enc_vex_rm(e, O_66_38(0x18), false, true, xr(u), 0, em_pool_mem(), 0);
        em_pool(E, 0x3f000000, 0, 0);
        y_op(e, O_0F(0x59), r, r, u);
    }
    narrow_fused(E, i, true, d, r, u, x, y, fp_none);
    c->back = e->p;
    return true;
}

/* NaNs go the long way; both orders together give zeroes their signs. All is exact. */
static bool min_max(Emit *E, const TcgIns *i, bool scalar)
{
    const bool all = !scalar, min = i->op == TCG_OP_vfmin || i->op == TCG_OP_fmin;
    const unsigned op = O_0F(min ? 0x5d : 0x5f);
    Enc *e = &E->e;

    if (!usable(i, 0)) {
        return false;
    }
    fl_clobber(E);
    Opnd x = fp_register(E, i->a), y = fp_register(E, i->b);
    const int u = ra_scratch(E, true), v = ra_scratch(E, true), w = ra_scratch(E, true);
    const int d = fp_define(E, scalar, fp_bit(&x) | fp_bit(&y) | 1u << u | 1u << v | 1u << w);
    widen(E, scalar, u, i->a, x.reg);
    widen(E, scalar, v, i->b, y.reg);
    enc_vex_rr(e, O_0F(0xc2), false, all, xr(w), xr(u), xr(v));
    enc8(e, 3);                                                             /* unordered */
    enc_vex_rr(e, O_66_38(0x17), false, all, xr(w), 0, xr(w));             /* vptest */
    Cold *c = em_cold_fn(E, i, x_jcc(e, X_NE), d, x, y, fp_none);
    enc_vex_rr(e, op, false, all, xr(w), xr(v), xr(u));
    enc_vex_rr(e, op, false, all, xr(u), xr(u), xr(v));
    enc_vex_rr(e, min ? O_0F(0x56) : O_0F(0x54), false, all, xr(u), xr(u), xr(w));
    narrow(E, all, d, u);
    c->back = e->p;
    end(E, all);
    return true;
}

/* Masks of singles are masks of halves when packed with saturation. */
static bool compare(Emit *E, const TcgIns *i)
{
    const bool swap = i->op != TCG_OP_vfcmpeq;
    Enc *e = &E->e;

    if (!usable(i, 0)) {
        return false;
    }
    const int x = ra_use(E, swap ? i->b : i->a), y = ra_use(E, swap ? i->a : i->b);
    const int u = ra_scratch(E, true), v = ra_scratch(E, true);
    y_widen(e, u, x);
    y_widen(e, v, y);
    y_op(e, O_0F(0xc2), u, u, v);
    enc8(e, i->op == TCG_OP_vfcmpeq ? 0 : i->op == TCG_OP_vfcmpge ? 2 : 1);
    pack(E, u, v, O_66(0x6b));
    return true;
}

/* d := what the singles x are with a half added with their sign, to be truncated then: they are rounded with ties away
 * from zero. For what was a half the sum is exact. Uses v. */
static void away_from_zero(Emit *E, bool all, int d, int x, int v)
{
    Enc *e = &E->e;

    enc_vex_rm(e, O_66_38(0x18), false, all, xr(v), 0, em_pool_mem(), 0);   /* vbroadcastss */
    em_pool(E, 0x80000000, 0, 0);
    enc_vex_rr(e, O_0F(0x54), false, all, xr(v), xr(v), xr(x));
    enc_vex_rm(e, O_66_38(0x18), false, all, xr(d), 0, em_pool_mem(), 0);
    em_pool(E, 0x3f000000, 0, 0);
    enc_vex_rr(e, O_0F(0x56), false, all, xr(d), xr(d), xr(v));
    enc_vex_rr(e, O_0F(0x58), false, all, xr(d), xr(d), xr(x));
}

static bool round_integral(Emit *E, const TcgIns *i, bool scalar)
{
    const unsigned round = i->aux & TCG_FP_ROUND;
    const bool all = !scalar, away = round == FP_RMM && !(i->aux & TCG_FP_EXACT);
    const int control = fp_rounding_control(away ? FP_RTZ : round);
    Enc *e = &E->e;

    if (!usable(i, 0) || control < 0) {
        return false;
    }
    fl_clobber(E);
    Opnd x = fp_register(E, i->a);
    int u = ra_scratch(E, true);
    const int v = away ? ra_scratch(E, true) : u, w = away ? ra_scratch(E, true) : u;
    const int d = fp_define(E, scalar, fp_bit(&x) | 1u << u | 1u << v | 1u << w);
    widen(E, scalar, u, i->a, x.reg);
    if (away) {
        away_from_zero(E, all, w, u, v);
        u = w;
    }
    enc_vex_rr(e, O_66_3A(0x08), false, all, xr(u), 0, xr(u));
    enc8(e, i->aux & TCG_FP_EXACT ? (unsigned)control & 7 : (unsigned)control);
    narrow(E, all, d, u);
    end(E, all);
    E->lock &= ~(1u << u | 1u << v | 1u << w);
    check(E, i, false, d, x, fp_none);
    return true;
}

/* Integers: all that do not fit 16 bits with a sign are whole numbers, so that the conversion to 32 raises nothing for
 * them. Without a sign, negative ones are not: rounding raises nothing there, nor with ties away, and a second
 * conversion does it. */
static bool to_integer(Emit *E, const TcgIns *i)
{
    const bool sign = i->op == TCG_OP_vfcvtis, away = (i->aux & TCG_FP_ROUND) == FP_RMM, direct = sign && !away;
    const int control = fp_rounding_control(away ? FP_RTZ : i->aux & TCG_FP_ROUND);
    Enc *e = &E->e;

    if (!usable(i, HX_AVX2) || control < 0) {
        return false;
    }
    fl_clobber(E);
    Opnd x = fp_register(E, i->a);
    const int u = ra_scratch(E, true), v = ra_scratch(E, true), w = ra_scratch(E, true);
    y_widen(e, w, x.reg);
    if (away) {
        away_from_zero(E, true, u, w, v);
    }
    y_op_1(e, O_66_3A(0x08), u, away ? u : w);                             /* vroundps */
    enc8(e, direct ? (unsigned)control & 7 : (unsigned)control);
    y_op_1(e, O_F3(0x5b), u, u);                                           /* vcvttps2dq */
    const int d = ra_def(E, E->i, fp_bit(&x) | 1u << u | 1u << v | 1u << w);
    enc_vex_rr(e, O_66_3A(0x39), false, true, xr(u), 0, xr(v));            /* vextracti128 */
    enc8(e, 1);
    enc_vex_rr(e, sign ? O_66(0x6b) : O_66_38(0x2b), false, false, xr(d), xr(u), xr(v));
    y_op_1(e, O_66_38(sign ? 0x23 : 0x33), v, d);                          /* vpmovsxwd, vpmovzxwd */
    y_op(e, O_66(0xef), v, v, u);
    enc_vex_rr(e, O_66_38(0x17), false, true, xr(v), 0, xr(v));            /* vptest */
    Cold *c = em_cold_fn(E, i, x_jcc(e, X_NE), d, x, fp_none, fp_none);
    if (!direct) {
        y_op_1(e, O_66(0x5b), w, w);                                       /* vcvtps2dq */
    }
    c->back = e->p;
    y_end(e);
    return true;
}

static bool from_integer(Emit *E, const TcgIns *i)
{
    Enc *e = &E->e;

    if (!usable(i, HX_AVX2) || !fp_dynamic(i)) {
        return false;
    }
    const int x = ra_use(E, i->a), u = ra_scratch(E, true), d = ra_def(E, E->i, 0);
    y_op_1(e, O_66_38(i->op == TCG_OP_vfcvtsi ? 0x23 : 0x33), u, x);
    y_op_1(e, O_0F(0x5b), u, u);                                           /* vcvtdq2ps */
    narrow(E, true, d, u);
    y_end(e);
    return true;
}

bool em_vec_half(Emit *E, const TcgIns *i)
{
    switch (i->op) {
    case TCG_OP_vfadd:  return arithmetic(E, i, 0x58, false, false);
    case TCG_OP_vfsub:  return arithmetic(E, i, 0x5c, false, false);
    case TCG_OP_vfmul:  return arithmetic(E, i, 0x59, true, false);
    case TCG_OP_vfdiv:  return arithmetic(E, i, 0x5e, true, false);
    case TCG_OP_vfsqrt: return arithmetic(E, i, 0x51, false, false);
    case TCG_OP_vfma:   return fused(E, i, false);
    case TCG_OP_vfmin: case TCG_OP_vfmax: return min_max(E, i, false);
    case TCG_OP_vfcmpeq: case TCG_OP_vfcmpge: case TCG_OP_vfcmpgt: return compare(E, i);
    case TCG_OP_vfrint: return round_integral(E, i, false);
    case TCG_OP_vfcvtis: case TCG_OP_vfcvtiu: return to_integer(E, i);
    case TCG_OP_vfcvtsi: case TCG_OP_vfcvtui: return from_integer(E, i);
    case TCG_OP_vfmulx: return multiply_extended(E, i);
    case TCG_OP_vfrecps: case TCG_OP_vfrsqrts: return newton_step(E, i);
    case TCG_OP_vfhalf: return unpack(E, i);
    default:            return false;
    }
}

/* One: operands come without what lies above them. */

void em_half_to_single(Emit *E, int d, TcgRef v, int x)
{
    widen(E, true, d, v, x);
}

bool em_half_usable(const TcgIns *i)
{
    return usable(i, 0);
}

/* An integer that was made a single: what that rounds is too large for a half in any case. */
void em_half_from_single(Emit *E, int d)
{
    narrow(E, false, d, d);
}

bool em_half(Emit *E, const TcgIns *i)
{
    switch (i->op) {
    case TCG_OP_fadd:   return arithmetic(E, i, 0x58, false, true);
    case TCG_OP_fsub:   return arithmetic(E, i, 0x5c, false, true);
    case TCG_OP_fmul:   return arithmetic(E, i, 0x59, true, true);
    case TCG_OP_fdiv:   return arithmetic(E, i, 0x5e, true, true);
    case TCG_OP_fsqrt:  return arithmetic(E, i, 0x51, false, true);
    case TCG_OP_fma:    return fused(E, i, true);
    case TCG_OP_fmin: case TCG_OP_fmax: return min_max(E, i, true);
    case TCG_OP_frint:  return round_integral(E, i, true);
    default:            return false;
    }
}
