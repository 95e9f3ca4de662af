/* SPDX-License-Identifier: BSD-2-Clause */
/* Vector floating point on the host's units: the checks of emit-fp.c on every lane. */
#include "host/x86_64/emit-fp.h"
#include "host/x86_64/emit-vec.h"

static unsigned lane_of(const TcgIns *i)
{
    return i->aux >> TCG_FP_LANE_SHIFT & 3;
}

static bool is_wide(const TcgIns *i)
{
    return lane_of(i) == 3;
}

static bool usable(const TcgIns *i)
{
    return lane_of(i) >= 2 && !(fp_mode(i) & FP_FLUSH);
}

/* The rare case if a lane of u, all ones or zeroes, is set. */
static Cold *if_any(Emit *E, const TcgIns *i, int u, int d, Opnd x, Opnd y, Opnd z)
{
    enc_rr(&E->e, O_66_38(0x17), false, xr(u), xr(u), false);              /* ptest */
    return em_cold_fn(E, i, x_jcc(&E->e, X_NE), d, x, y, z);
}

/* u := lanes of t that are NaNs */
static void unordered(Emit *E, bool wide, int u, int a, int b)
{
    x_vop(&E->e, OPC(wide, 1, 0xc2), u, a, b);
    enc8(&E->e, 3);
}

static void check(Emit *E, const TcgIns *i, bool wide, bool tiny, int t, Opnd x, Opnd y, Opnd z)
{
    unsigned cmp = OPC(wide, 1, 0xc2);
    int u = ra_scratch(E, true);

    if (!tiny || !(fp_mode(i) & FP_TINY_BEFORE)) {
        unordered(E, wide, u, t, t);
    } else if (hx86_features & HX_AVX) {
        x_vop_m(&E->e, O_0F(0x54), u, t, mem_fp_const(wide ? K_ABS64 : K_ABS32), 0);
        x_vop_m(&E->e, cmp, u, u, mem_fp_const(wide ? K_MIN64 : K_MIN32), 1);
        enc8(&E->e, 8);                             /* equal or unordered, quiet */
    } else {
        int v = ra_scratch(E, true);
        unordered(E, wide, v, t, t);
        x_vop_m(&E->e, O_0F(0x54), u, t, mem_fp_const(wide ? K_ABS64 : K_ABS32), 0);
        x_vop_m(&E->e, cmp, u, u, mem_fp_const(wide ? K_MIN64 : K_MIN32), 1);
        enc8(&E->e, 0);
        x_vop(&E->e, O_0F(0x56), u, u, v);
    }
    if_any(E, i, u, t, x, y, z);
}

/* u := lanes of x that are subnormal (normal: or the smallest normal number). Uses v. */
static void subnormal(Emit *E, bool wide, bool normal, int u, int v, int x)
{
    x_vop_m(&E->e, O_0F(0x54), u, x, mem_fp_const(wide ? K_ABS64 : K_ABS32), 0);
    if (wide) {
        x_vload_k(E, v, 0x10000000000000 + normal, 0x10000000000000 + normal);
        x_vop(&E->e, O_66_38(0x37), v, v, u);                              /* pcmpgtq */
        x_vop_k(E, O_66_38(0x29), u, u, 0);                                /* pcmpeqq */
        x_vop(&E->e, O_66(0xdf), u, u, v);                                 /* pandn */
    } else {
        x_vop_k(E, O_66(0xfe), u, u, ~(uint64_t)0);                        /* less 1 */
        x_vop_k(E, O_66_38(0x3b), v, u, normal ? 0x7fffff007fffff : 0x7ffffe007ffffe);     /* pminud */
        x_vop(&E->e, O_66(0x76), u, u, v);
    }
}

static bool flush(Emit *E, const TcgIns *i)
{
    fl_clobber(E);
    Opnd x = fp_register(E, i->a);
    int u = ra_scratch(E, true), v = ra_scratch(E, true), d = ra_def(E, E->i, fp_bit(&x) | 1u << u | 1u << v);
    x_vmov(&E->e, d, x.reg);
    subnormal(E, is_wide(i), false, u, v, x.reg);
    if_any(E, i, u, d, x, fp_none, fp_none);
    return true;
}

/* first: a jump from before the operation that flushes. Registers have room. */
static void check_flushed(Emit *E, const TcgIns *i, bool wide, uint8_t *first, int t, Opnd x, Opnd y, Opnd z)
{
    int u = ra_scratch(E, true), v = ra_scratch(E, true);

    subnormal(E, wide, true, u, v, t);
    unordered(E, wide, v, t, t);
    x_vop(&E->e, O_0F(0x56), u, u, v);
    if_any(E, i, u, t, x, y, z)->jump2 = first;
}

static bool arithmetic_flushing(Emit *E, const TcgIns *i, unsigned op)
{
    fl_clobber(E);
    Opnd x = fp_register(E, i->a), y = fp_register(E, i->b);
    int d = ra_def(E, E->i, fp_bit(&x) | fp_bit(&y));
    ra_room(E, 0, 2);
    uint8_t *first = em_fp_not_inexact(E);
    x_vop_o(&E->e, OPC(is_wide(i), 1, op), d, x.reg, &y, 0);
    check_flushed(E, i, is_wide(i), first, d, x, y, fp_none);
    return true;
}

static bool arithmetic(Emit *E, const TcgIns *i, unsigned op, bool tiny)
{
    if (tiny && lane_of(i) >= 2 && (fp_mode(i) & FP_FLUSH) && fp_dynamic(i)) {
        return arithmetic_flushing(E, i, op);
    }
    if (!usable(i) || !fp_dynamic(i)) {
        return false;
    }
    unsigned opc = OPC(is_wide(i), 1, op);
    fl_clobber(E);
    Opnd x = fp_register(E, i->a), y = i->b ? fp_operand(E, i->b) : fp_none;
    int d = ra_def(E, E->i, fp_bit(&x) | fp_bit(&y));
    if (i->b) {
        x_vop_o(&E->e, opc, d, x.reg, &y, 0);
    } else {
        enc_rr(&E->e, opc, false, xr(d), xr(x.reg), false);
    }
    check(E, i, is_wide(i), tiny, d, x, y, fp_none);
    return true;
}

static bool fused(Emit *E, const TcgIns *i)
{
    const bool flushing = (fp_mode(i) & FP_FLUSH) != 0;
    uint8_t *first = NULL;

    if (lane_of(i) < 2 || !fp_dynamic(i) || !(hx86_features & HX_FMA)) {
        return false;
    }
    fl_clobber(E);
    Opnd x = fp_register(E, i->a), y = fp_operand(E, i->b), z = fp_operand(E, i->c);
    int d = ra_def(E, E->i, fp_bit(&x) | fp_bit(&y) | fp_bit(&z));
    if (flushing) {
        ra_room(E, 0, 2);
        first = em_fp_not_inexact(E);
    }
    fp_load(E, d, &z, TCG_V128);
    fp_fma(E, i->aux, false, is_wide(i), d, x.reg, &y);
    if (flushing) {
        check_flushed(E, i, is_wide(i), first, d, x, y, z);
        return true;
    }
    check(E, i, is_wide(i), true, d, x, y, z);
    return true;
}

/* Jumps if a lane of x or y is above last in magnitude, or a NaN: compares the bits, which raises nothing. */
static uint8_t *if_above(Emit *E, bool wide, int x, int y, uint64_t last)
{
    unsigned gt = wide ? O_66_38(0x37) : O_66(0x66);
    Mem abs = mem_fp_const(wide ? K_ABS64 : K_ABS32);
    int u = ra_scratch(E, true), v = ra_scratch(E, true);

    x_vop_m(&E->e, O_0F(0x54), u, x, abs, 0);
    x_vop_k(E, gt, u, u, last);
    x_vop_m(&E->e, O_0F(0x54), v, y, abs, 0);
    x_vop_k(E, gt, v, v, last);
    x_vop(&E->e, O_0F(0x56), u, u, v);
    E->lock &= ~(1u << u | 1u << v);
    enc_rr(&E->e, O_66_38(0x17), false, xr(u), xr(u), false);
    return x_jcc(&E->e, X_NE);
}

/* The host calls infinity times zero invalid: infinities go the long way before that. */
static bool multiply_extended(Emit *E, const TcgIns *i)
{
    const bool wide = is_wide(i), flushing = (fp_mode(i) & FP_FLUSH) != 0;

    if (lane_of(i) < 2 || !fp_dynamic(i)) {
        return false;
    }
    fl_clobber(E);
    Opnd x = fp_register(E, i->a), y = fp_register(E, i->b);
    ra_room(E, 0, 4);
    uint8_t *infinite = if_above(E, wide, x.reg, y.reg, wide ? 0x7fefffffffffffff : 0x7f7fffff7f7fffff);
    int d = ra_def(E, E->i, fp_bit(&x) | fp_bit(&y));
    Cold *c = em_cold_fn(E, i, infinite, d, x, y, fp_none);
    uint8_t *first = flushing ? em_fp_not_inexact(E) : NULL;
    x_vop(&E->e, OPC(wide, 1, 0x59), d, x.reg, y.reg);
    if (flushing) {
        check_flushed(E, i, wide, first, d, x, y, fp_none);
    } else {
        check(E, i, wide, true, d, x, y, fp_none);
    }
    c->back = E->e.p;
    return true;
}

/* Newton's steps: with factors that are not infinite (for the root: below 2^63 or 2^511, so that the sum, of which half
 * is taken, cannot overflow) the result is a number, and too far from the smallest ones to be tiny. */
static bool newton_step(Emit *E, const TcgIns *i)
{
    bool wide = is_wide(i), root = i->op == TCG_OP_vfrsqrts;

    if (!usable(i) || !fp_dynamic(i) || !(hx86_features & HX_FMA)) {
        return false;
    }
    uint64_t last = root ? wide ? 0x5fdfffffffffffff : 0x5effffff5effffff
                         : wide ? 0x7fefffffffffffff : 0x7f7fffff7f7fffff;
    uint64_t from = root ? wide ? 0x4008000000000000 : 0x4040000040400000
                         : wide ? 0x4000000000000000 : 0x4000000040000000;
    fl_clobber(E);
    Opnd x = fp_register(E, i->a), y = fp_register(E, i->b);
    ra_room(E, 0, 4);
    uint8_t *large = if_above(E, wide, x.reg, y.reg, last);
    int d = ra_def(E, E->i, fp_bit(&x) | fp_bit(&y));
    Cold *c = em_cold_fn(E, i, large, d, x, y, fp_none);
    x_vload_k(E, d, from, from);
    fp_fma(E, TCG_FP_NEG_PRODUCT, false, wide, d, x.reg, &y);
    if (root) {
        x_vop_k(E, OPC(wide, 1, 0x59), d, d, wide ? 0x3fe0000000000000 : 0x3f0000003f000000);
    }
    c->back = E->e.p;
    return true;
}

/* As for scalars: NaNs go the long way, and both orders together give zeroes their signs. */
static bool min_max(Emit *E, const TcgIns *i)
{
    if (!usable(i)) {
        return false;
    }
    bool min = i->op == TCG_OP_vfmin;
    unsigned opc = OPC(is_wide(i), 1, min ? 0x5d : 0x5f);
    fl_clobber(E);
    Opnd x = fp_register(E, i->a), y = fp_register(E, i->b);
    int u = ra_scratch(E, true), d = ra_def(E, E->i, fp_bit(&x) | fp_bit(&y));
    unordered(E, is_wide(i), u, x.reg, y.reg);
    Cold *c = if_any(E, i, u, d, x, y, fp_none);
    x_vop(&E->e, opc, u, y.reg, x.reg);
    x_vop(&E->e, opc, d, x.reg, y.reg);
    x_vop(&E->e, min ? O_0F(0x56) : O_0F(0x54), d, d, u);
    c->back = E->e.p;
    return true;
}

/* a > b is b < a, which SSE has too. */
static bool compare(Emit *E, const TcgIns *i)
{
    if (!usable(i)) {
        return false;
    }
    bool swap = i->op != TCG_OP_vfcmpeq;
    int x = ra_use(E, swap ? i->b : i->a), y = ra_use(E, swap ? i->a : i->b);
    int d = ra_def(E, E->i, hx86_features & HX_AVX || x == y ? 0 : 1u << y);
    x_vop(&E->e, OPC(is_wide(i), 1, 0xc2), d, x, y);
    enc8(&E->e, i->op == TCG_OP_vfcmpeq ? 0 : i->op == TCG_OP_vfcmpge ? 2 : 1);
    return true;
}

/* d := x rounded, ties away from zero, as for scalars; no lane is too large. Uses u. */
static void round_away(Emit *E, bool wide, int d, int x, int u)
{
    Enc *e = &E->e;
    const uint64_t two = 0x0000000100000001;
    uint64_t half = wide ? 0x3fe0000000000000 : 0x3f000000 * two;
    uint64_t one = wide ? 0x3ff0000000000000 : 0x3f800000 * two, sign = wide ? (uint64_t)1 << 63 : 0x80000000 * two;
    Mem abs = mem_fp_const(wide ? K_ABS64 : K_ABS32);
    int v = ra_scratch(E, true);

    enc_rr(e, O_66_3A(wide ? 0x09 : 0x08), false, xr(d), xr(x), false);
    enc8(e, 11);
    x_vop(e, OPC(wide, 1, 0x5c), u, x, d);
    x_vop_m(e, O_0F(0x54), u, u, abs, 0);
    enc_rm(e, O_0F(0x28), false, xr(v), em_pool_mem(), false, 0);
    em_pool(E, half, half, 0);
    x_vop(e, OPC(wide, 1, 0xc2), v, v, u);
    enc8(e, 2);
    x_vop_m(e, O_0F(0x54), v, v, em_pool_mem(), 0);
    em_pool(E, one, one, 0);
    x_vop_m(e, O_0F(0x54), u, x, em_pool_mem(), 0);
    em_pool(E, sign, sign, 0);
    x_vop(e, O_0F(0x56), v, v, u);
    x_vop(e, OPC(wide, 1, 0x58), d, d, v);
}

/* u := lanes of x that are not below 2^n in magnitude, or NaNs. Compares the bits, which raises nothing. */
static void too_large(Emit *E, bool wide, unsigned n, int u, int x)
{
    const uint64_t single = ((uint64_t)(127 + n) << 23) - 1;
    const uint64_t last = wide ? ((uint64_t)(1023 + n) << 52) - 1 : single << 32 | single;

    x_vop_m(&E->e, O_0F(0x54), u, x, mem_fp_const(wide ? K_ABS64 : K_ABS32), 0);
    x_vop_k(E, wide ? O_66_38(0x37) : O_66(0x66), u, u, last);
}

static bool round_integral(Emit *E, const TcgIns *i)
{
    unsigned round = i->aux & TCG_FP_ROUND;
    int control = fp_rounding_control(round);

    if (!usable(i) || (control < 0 && (round != FP_RMM || (i->aux & TCG_FP_EXACT)))) {
        return false;
    }
    fl_clobber(E);
    Opnd x = fp_register(E, i->a);
    int d = ra_def(E, E->i, fp_bit(&x));
    if (control < 0) {
        int u = ra_scratch(E, true);
        ra_room(E, 0, 1);
        too_large(E, is_wide(i), is_wide(i) ? 52 : 23, u, x.reg);
        Cold *c = if_any(E, i, u, d, x, fp_none, fp_none);
        round_away(E, is_wide(i), d, x.reg, u);
        c->back = E->e.p;
        return true;
    }
    enc_rr(&E->e, O_66_3A(is_wide(i) ? 0x09 : 0x08), false, xr(d), xr(x.reg), false);
    enc8(&E->e, i->aux & TCG_FP_EXACT ? (unsigned)control & 7 : (unsigned)control);
    check(E, i, is_wide(i), false, d, x, fp_none, fp_none);
    return true;
}

/* Two doubles to or from integers of 64 bits one by one, where the host has no instruction for both. */
static void each_to_64(Emit *E, int d, int x, int t, bool truncate)
{
    unsigned opc = O_F2(truncate ? 0x2c : 0x2d);
    int g = ra_scratch(E, false);

    enc_rr(&E->e, O_66(0x70), false, xr(t), xr(x), false);
    enc8(&E->e, 0xee);
    enc_rr(&E->e, opc, true, g, xr(x), false);
    enc_rr(&E->e, O_66(0x6e), true, xr(d), g, false);
    enc_rr(&E->e, opc, true, g, xr(t), false);
    enc_rr(&E->e, O_66_3A(0x22), true, xr(d), g, false);
    enc8(&E->e, 1);
    E->lock &= ~(1u << g);
}

static void each_from_64(Emit *E, int d, int x, int t)
{
    int g = ra_scratch(E, false), h = ra_scratch(E, false);

    enc_rr(&E->e, O_66(0x7e), true, xr(x), g, false);
    enc_rr(&E->e, O_66_3A(0x16), true, xr(x), h, false);
    enc8(&E->e, 1);
    x_vop(&E->e, O_0F(0x57), d, d, d);
    enc_rr(&E->e, O_F2(0x2a), true, xr(d), g, false);
    enc_rr(&E->e, O_F2(0x2a), true, xr(t), h, false);
    x_vop(&E->e, O_66(0x14), d, d, t);              /* unpcklpd */
}

/* The conversion; inexact is raised again by a second one of the operand if it was rounded before, into u. */
static void convert_signed(Emit *E, bool wide, int d, int x, bool truncate)
{
    if (!wide) {
        enc_rr(&E->e, truncate ? O_F3(0x5b) : O_66(0x5b), false, xr(d), xr(x), false);
    } else if (hx86_features & HX_AVX512) {
        enc_evex_rr(&E->e, O_66(truncate ? 0x7a : 0x7b), true, xr(d), 0, xr(x), 0);    /* vcvttpd2qq, vcvtpd2qq */
    } else {
        int t = ra_scratch(E, true);
        each_to_64(E, d, x, t, truncate);
        E->lock &= ~(1u << t);
    }
}

/* Ties away from zero: only what is below 2^31 (2^63), without a sign not negative. */
static bool to_integer_away(Emit *E, const TcgIns *i)
{
    const bool wide = is_wide(i), sign = i->op == TCG_OP_vfcvtis;

    fl_clobber(E);
    Opnd x = fp_register(E, i->a);
    const int u = ra_scratch(E, true), d = ra_def(E, E->i, fp_bit(&x));
    ra_room(E, 1, 2);
    too_large(E, wide, wide ? 63 : 31, u, x.reg);
    if (!sign) {
        const uint64_t signs = wide ? (uint64_t)1 << 63 : 0x8000000080000000;
        x_vop(&E->e, O_0F(0x56), u, u, x.reg);
        enc_rm(&E->e, O_66_38(0x17), false, xr(u), em_pool_mem(), false, 0);
        em_pool(E, signs, signs, 0);
    } else {
        enc_rr(&E->e, O_66_38(0x17), false, xr(u), xr(u), false);
    }
    Cold *c = em_cold_fn(E, i, x_jcc(&E->e, X_NE), d, x, fp_none, fp_none);
    round_away(E, wide, d, x.reg, u);
    convert_signed(E, wide, u, d, true);
    x_vmov(&E->e, d, u);
    convert_signed(E, wide, u, x.reg, false);       /* for inexact */
    c->back = E->e.p;
    return true;
}

/* What does not fit becomes the smallest integer, which sends all lanes the long way. */
static bool to_signed(Emit *E, const TcgIns *i)
{
    unsigned round = i->aux & TCG_FP_ROUND;
    int control = fp_rounding_control(round);
    bool wide = is_wide(i), direct = round == FP_RTZ || round == TCG_FP_DYN;

    if (usable(i) && round == FP_RMM) {
        return to_integer_away(E, i);
    }
    if (!usable(i) || control < 0) {
        return false;
    }
    fl_clobber(E);
    Opnd x = fp_register(E, i->a);
    int u = ra_scratch(E, true), d = ra_def(E, E->i, fp_bit(&x)), from = x.reg;
    if (!direct) {
        enc_rr(&E->e, O_66_3A(wide ? 0x09 : 0x08), false, xr(u), xr(x.reg), false);
        enc8(&E->e, (unsigned)control);
        from = u;
    }
    convert_signed(E, wide, d, from, round != TCG_FP_DYN);
    uint64_t least = wide ? (uint64_t)1 << 63 : 0x8000000080000000;
    x_vop_m(&E->e, wide ? O_66_38(0x29) : O_66(0x76), u, d, em_pool_mem(), 0);
    em_pool(E, least, least, 0);
    Cold *c = if_any(E, i, u, d, x, fp_none, fp_none);
    if (!direct) {
        convert_signed(E, wide, u, x.reg, false);
        c->back = E->e.p;
    }
    return true;
}

/* Only what is below 2^31 (2^63) and not negative, which is a comparison of the bits as unsigned integers. */
static bool to_unsigned(Emit *E, const TcgIns *i)
{
    bool wide = is_wide(i);
    int control = fp_rounding_control(i->aux & TCG_FP_ROUND);

    if (usable(i) && (i->aux & TCG_FP_ROUND) == FP_RMM) {
        return to_integer_away(E, i);
    }
    if (!usable(i) || control < 0) {
        return false;
    }
    fl_clobber(E);
    Opnd x = fp_register(E, i->a);
    int u = ra_scratch(E, true), v = ra_scratch(E, true), d = ra_def(E, E->i, fp_bit(&x)), from = x.reg;
    bool direct = control == 11;
    if (!direct) {
        enc_rr(&E->e, O_66_3A(wide ? 0x09 : 0x08), false, xr(v), xr(x.reg), false);
        enc8(&E->e, (unsigned)control);
        from = v;
    }
    /* bits >= limit, or the sign: limit - 1 < bits as signed numbers, or bits < 0 */
    uint64_t last = wide ? 0x43dfffffffffffff : 0x4effffff4effffff;
    x_vop_m(&E->e, wide ? O_66_38(0x37) : O_66(0x66), u, from, em_pool_mem(), 0);
    em_pool(E, last, last, 0);
    x_vop(&E->e, O_0F(0x56), u, u, from);
    uint64_t signs = wide ? (uint64_t)1 << 63 : 0x8000000080000000;
    ra_room(E, 1, 1);
    enc_rm(&E->e, O_66_38(0x17), false, xr(u), em_pool_mem(), false, 0);
    em_pool(E, signs, signs, 0);
    Cold *c = em_cold_fn(E, i, x_jcc(&E->e, X_NE), d, x, fp_none, fp_none);
    convert_signed(E, wide, d, from, true);
    if (!direct) {
        convert_signed(E, wide, u, x.reg, false);
    }
    c->back = E->e.p;
    return true;
}

/* Unsigned words: the halves are exact, and so is the upper one's scaling; one rounding remains. */
static void words_unsigned(Emit *E, int d, int x, int u)
{
    Enc *e = &E->e;

    x_vshift_i(e, 2, 2, d, x, 16);
    x_vop_m(e, O_66(0xdb), u, x, em_pool_mem(), 0);
    em_pool(E, 0x0000ffff0000ffff, 0x0000ffff0000ffff, 0);
    enc_rr(e, O_0F(0x5b), false, xr(d), xr(d), false);
    enc_rr(e, O_0F(0x5b), false, xr(u), xr(u), false);
    x_vop_m(e, O_0F(0x59), d, d, em_pool_mem(), 0);
    em_pool(E, 0x4780000047800000, 0x4780000047800000, 0);
    x_vop(e, O_0F(0x58), d, d, u);
}

/* Unsigned numbers of 64 bits: 2^84 plus the upper half's part and 2^52 plus the lower half are doubles by their bits.
 * Without 2^84 and 2^52 the first is exact as well; their sum is rounded once. Zero is one without a sign. */
static void longs_unsigned(Emit *E, int d, int x, int u)
{
    Enc *e = &E->e;

    x_vshift_i(e, 3, 2, d, x, 32);
    x_vop_k(E, O_66(0xeb), d, d, 0x4530000000000000);
    x_vload_k(E, u, 0x4330000000000000, 0x4330000000000000);
    x_vop(e, O_66_3A(0x0e), u, u, x);               /* pblendw: the lower halves */
    enc8(e, 0x33);
    x_vop_k(E, O_66(0x5c), d, d, 0x4530000000100000);
    x_vop(e, O_66(0x58), d, d, u);
    x_vop_m(e, O_0F(0x54), d, d, mem_fp_const(K_ABS64), 0);
}

static bool from_integer(Emit *E, const TcgIns *i)
{
    bool sign = i->op == TCG_OP_vfcvtsi, wide = is_wide(i), wider = hx86_features & HX_AVX512;

    if (lane_of(i) < 2 || !fp_dynamic(i)) {
        return false;
    }
    int x = ra_use(E, i->a);
    if (sign && !wide) {
        int d = ra_def(E, E->i, 0);
        enc_rr(&E->e, O_0F(0x5b), false, xr(d), xr(x), false);
    } else if (wider) {
        int d = ra_def(E, E->i, 0);
        unsigned opc = sign ? O_F3(0xe6) : wide ? O_F3(0x7a) : O_F2(0x7a);     /* vcvtqq2pd, uqq2pd, udq2ps */
        enc_evex_rr(&E->e, opc, wide, xr(d), 0, xr(x), 0);
    } else {
        int u = ra_scratch(E, true), d = ra_def(E, E->i, 1u << x);
        if (wide && !sign) {
            longs_unsigned(E, d, x, u);
        } else if (wide) {
            each_from_64(E, d, x, u);
        } else {
            words_unsigned(E, d, x, u);
        }
    }
    return true;
}

static bool lengthen(Emit *E, const TcgIns *i)
{
    bool half = lane_of(i) == 1;

    if ((fp_mode(i) & FP_FLUSH) || (half && (!(hx86_features & HX_F16C) || (fp_mode(i) & FP_AHP)))) {
        return false;
    }
    fl_clobber(E);
    Opnd x = fp_register(E, i->a);
    int d = ra_def(E, E->i, fp_bit(&x));
    if (half) {
        enc_vex_rr(&E->e, O_66_38(0x13), false, false, xr(d), 0, xr(x.reg));
    } else {
        enc_rr(&E->e, O_0F(0x5a), false, xr(d), xr(x.reg), false);
    }
    check(E, i, !half, false, d, x, fp_none, fp_none);
    return true;
}

/* u := halves of d that are NaNs, or the smallest normal number */
static void check_halves(Emit *E, const TcgIns *i, int d, Opnd x)
{
    int u = ra_scratch(E, true), v = ra_scratch(E, true);

    x_vop_m(&E->e, O_66(0xdb), u, d, mem_fp_const(K_ABS16), 0);
    x_vop_m(&E->e, O_66(0x75), v, u, em_pool_mem(), 0);
    em_pool(E, 0x0400040004000400, 0x0400040004000400, 0);
    x_vop_m(&E->e, O_66(0x65), u, u, em_pool_mem(), 0);
    em_pool(E, 0x7c007c007c007c00, 0x7c007c007c007c00, 0);
    x_vop(&E->e, O_0F(0x56), u, u, v);
    if_any(E, i, u, d, x, fp_none, fp_none);
}

/* Two doubles to singles, to odd: bit 29, the last that stays, is set if one below it is; that number is exact. What
 * is not zero, nor from 2^-126 to 2^127, goes the long way before anything is raised; for the others, the conversion
 * by any rounding raises inexact as it should be. */
static bool narrow_to_odd(Emit *E, const TcgIns *i)
{
    const uint64_t below = 0x1fffffff;
    Enc *e = &E->e;

    if ((fp_mode(i) & FP_FLUSH) || lane_of(i) != 2) {
        return false;
    }
    fl_clobber(E);
    Opnd x = fp_register(E, i->a);
    const int u = ra_scratch(E, true), v = ra_scratch(E, true), w = ra_scratch(E, true);
    const int d = ra_def(E, E->i, fp_bit(&x) | 1u << u | 1u << v | 1u << w);
    x_vop_m(e, O_0F(0x54), u, x.reg, mem_fp_const(K_ABS64), 0);
    x_vop_k(E, O_66_38(0x37), v, u, 0x380fffffffffffff);                   /* pcmpgtq */
    x_vop_k(E, O_66_38(0x37), w, u, 0x47dfffffffffffff);
    x_vop_k(E, O_66_38(0x29), u, u, 0);                                    /* pcmpeqq */
    x_vop(e, O_0F(0x56), v, v, u);
    x_vop(e, O_66(0xdf), w, w, v);                                         /* pandn */
    x_vop_k(E, O_66_38(0x29), w, w, 0);
    Cold *c = if_any(E, i, w, d, x, fp_none, fp_none);
    x_vop_k(E, O_66(0xdb), u, x.reg, below);
    x_vop_k(E, O_66(0xd4), u, u, below);                                   /* paddq */
    x_vop_k(E, O_66(0xdb), u, u, below + 1);
    x_vop_k(E, O_66(0xdb), v, x.reg, ~below);
    x_vop(e, O_0F(0x56), v, v, u);
    enc_rr(e, O_66(0x5a), false, xr(w), xr(x.reg), false);                 /* cvtpd2ps, for its flag */
    enc_rr(e, O_66(0x5a), false, xr(d), xr(v), false);
    c->back = e->p;
    return true;
}

static bool narrow(Emit *E, const TcgIns *i)
{
    bool half = lane_of(i) == 1;

    if ((i->aux & TCG_FP_ROUND) == FP_RODD) {
        return narrow_to_odd(E, i);
    }
    if ((fp_mode(i) & FP_FLUSH) || !fp_dynamic(i) || (half && (!(hx86_features & HX_F16C) || (fp_mode(i) & FP_AHP)))) {
        return false;
    }
    fl_clobber(E);
    Opnd x = fp_register(E, i->a);
    int d = ra_def(E, E->i, fp_bit(&x));
    if (half) {
        enc_vex_rr(&E->e, O_66_3A(0x1d), false, false, xr(x.reg), 0, xr(d));
        enc8(&E->e, 4);
        check_halves(E, i, d, x);
    } else {
        enc_rr(&E->e, O_66(0x5a), false, xr(d), xr(x.reg), false);
        check(E, i, false, true, d, x, fp_none, fp_none);
    }
    return true;
}

/* Singles to BFloat16. A number of the same exponent plus 16, added and taken away, leaves a single with the 8 bits
 * that stay, rounded by the guest's rounding; the difference is exact. Zero comes back with any sign. What is
 * subnormal, has no such number, or is a NaN, goes the long way before anything is raised. */
static bool to_bfloat(Emit *E, const TcgIns *i)
{
    const uint64_t two = 0x0000000100000001;
    Enc *e = &E->e;

    if (!fp_dynamic(i)) {
        return false;
    }
    fl_clobber(E);
    Opnd x = fp_register(E, i->a);
    const int u = ra_scratch(E, true), v = ra_scratch(E, true);
    const int d = ra_def(E, E->i, fp_bit(&x) | 1u << u | 1u << v);
    x_vop_m(e, O_66(0xdb), u, x.reg, mem_fp_const(K_ABS32), 0);
    x_vop_k(E, O_66(0x66), v, u, 0x777fffff * two);                        /* 2^112 and above */
    x_vop_k(E, O_66(0xfe), u, u, ~(uint64_t)0);                            /* less 1: zero becomes large */
    x_vop_k(E, O_66_38(0x3b), d, u, 0x007ffffe * two);                     /* pminud */
    x_vop(e, O_66(0x76), u, u, d);
    x_vop(e, O_66(0xeb), u, u, v);
    Cold *c = if_any(E, i, u, d, x, fp_none, fp_none);
    x_vop_k(E, O_66(0xdb), u, x.reg, 0xff800000 * two);
    x_vop_k(E, O_66(0xfe), u, u, 0x08000000 * two);
    x_vop(e, O_0F(0x58), d, x.reg, u);
    x_vop(e, O_0F(0x5c), d, d, u);
    x_vop_m(e, O_0F(0x54), d, d, mem_fp_const(K_ABS32), 0);
    x_vop_k(E, O_0F(0x54), v, x.reg, 0x80000000 * two);
    x_vop(e, O_0F(0x56), d, d, v);
    x_vshift_i(e, 2, 2, d, d, 16);
    x_vop(e, O_0F(0x57), u, u, u);
    x_vop(e, O_66_38(0x2b), d, d, u);                                      /* packusdw */
    c->back = e->p;
    return true;
}

bool em_vec_fp(Emit *E, const TcgIns *i)
{
    if (i->op >= TCG_OP_vfadd && lane_of(i) == 1 && i->op != TCG_OP_vfcvtl && i->op != TCG_OP_vfcvtn) {
        return em_vec_half(E, i);
    }
    switch (i->op) {
    case TCG_OP_vfadd:  return arithmetic(E, i, 0x58, false);
    case TCG_OP_vfsub:  return arithmetic(E, i, 0x5c, false);
    case TCG_OP_vfmul:  return arithmetic(E, i, 0x59, true);
    case TCG_OP_vfdiv:  return arithmetic(E, i, 0x5e, true);
    case TCG_OP_vfsqrt: return arithmetic(E, i, 0x51, false);
    case TCG_OP_vfma:   return fused(E, i);
    case TCG_OP_vfmulx: return multiply_extended(E, i);
    case TCG_OP_vfrecps: case TCG_OP_vfrsqrts: return newton_step(E, i);
    case TCG_OP_vfrecpe: case TCG_OP_vfrsqrte: return em_vec_estimate(E, i);
    case TCG_OP_vfmin: case TCG_OP_vfmax: return min_max(E, i);
    case TCG_OP_vfcmpeq: case TCG_OP_vfcmpge: case TCG_OP_vfcmpgt: return compare(E, i);
    case TCG_OP_vfrint: return round_integral(E, i);
    case TCG_OP_vfcvtis: return to_signed(E, i);
    case TCG_OP_vfcvtiu: return to_unsigned(E, i);
    case TCG_OP_vfcvtsi: case TCG_OP_vfcvtui: return from_integer(E, i);
    case TCG_OP_vfcvtl: return lengthen(E, i);
    case TCG_OP_vfcvtn: return narrow(E, i);
    case TCG_OP_vfcvtbf: return to_bfloat(E, i);
    case TCG_OP_vbfdot: return em_vec_bfloat_dot(E, i);
    case TCG_OP_vfdaz:  return flush(E, i);
    default:            return false;
    }
}
