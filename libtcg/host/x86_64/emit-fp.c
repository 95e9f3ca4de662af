/* SPDX-License-Identifier: BSD-2-Clause */
/* Scalar floating point on the host's units. What is not here goes out of line to soft-float.
 *
 * MXCSR holds the guest's rounding direction and collects its sticky flags. The host's result and flags are the
 * guest's unless
 *   - the result is a NaN: which one differs between architectures;
 *   - the guest detects tininess before rounding (FP_TINY_BEFORE) and the result is the smallest normal number, which
 *     may have been rounded up to; not for sums, which are exact there;
 *   - results are flushed (FP_FLUSH; operands are already, see ir/flush.c) and this one is tiny: the host raises
 *     inexact, the guest does not;
 *   - the rounding is not the dynamic one.
 * The first two are checked after the operation and redone by the operation's function in cold code, from the operands,
 * which therefore stay in their registers or in memory; so is the third, but only where inexact was raised before, as
 * it nearly always was: until then the function does it. The last never comes inline.
 *
 * A scalar's bits above are undefined. Where they are known to be zero, the vzext that a guest's write of the register
 * asks for costs nothing: the operation computes into the register (ra_widened). */
#include "host/x86_64/emit-fp.h"

static bool is_single(const TcgIns *i)
{
    return i->type == TCG_F32;
}

static TcgType source_type(const TcgIns *i)
{
    return (TcgType)(i->aux >> TCG_FP_TYPE_SHIFT & 7);
}

/* Can the host do arithmetic on this type in this mode? */
static bool usable(const TcgIns *i)
{
    return (i->type == TCG_F32 || i->type == TCG_F64) && !(fp_mode(i) & FP_FLUSH);
}

/* The opcode of a scalar form: F3 single, F2 double. */
static unsigned scalar(bool single, unsigned op)
{
    return OPC(single ? 2 : 3, 1, op);
}

/* Compare with the operand: sets ZF, PF and CF if unordered. */
static void ucomis(Emit *E, bool single, bool signaling, int x, const Opnd *y)
{
    unsigned opc = OPC(single ? 0 : 1, 1, signaling ? 0x2f : 0x2e);

    if (y->kind == OP_MEM) {
        enc_rm(&E->e, opc, false, xr(x), y->mem, false, 0);
    } else {
        enc_rr(&E->e, opc, false, xr(x), xr(y->reg), false);
    }
}

static void check_scalar(Emit *E, const TcgIns *i, bool single, bool tiny, int t, Opnd x, Opnd y, Opnd z)
{
    int cc = X_P;
    Opnd self = fp_reg(t);

    if (tiny && (fp_mode(i) & FP_TINY_BEFORE)) {
        int u = ra_scratch(E, true);
        x_vop_m(&E->e, O_0F(0x54), u, t, mem_fp_const(single ? K_ABS32 : K_ABS64), 0);
        self = (Opnd){ .kind = OP_MEM, .mem = mem_fp_const(single ? K_MIN32 : K_MIN64) };
        ucomis(E, single, false, u, &self);
        cc = X_E;                                   /* equal or unordered */
    } else {
        ucomis(E, single, false, t, &self);
    }
    em_cold_fn(E, i, x_jcc(&E->e, cc), t, x, y, z);
}

uint8_t *em_fp_not_inexact(Emit *E)
{
    enc_rm(&E->e, 0xf6, false, 0, mem_env(offsetof(TcgEnv, fp.flags)), false, 1);      /* test */
    enc8(&E->e, FP_NX);
    return x_jcc(&E->e, X_E);
}

/* Jumps if x is subnormal (normal: or the smallest normal number): the bits without the sign, less 1, are below a
 * limit. */
static uint8_t *if_subnormal(Emit *E, bool single, bool normal, int x)
{
    int g = ra_scratch(E, false);

    enc_rr(&E->e, O_66(0x7e), !single, xr(x), g, false);
    x_alu_rr(&E->e, X_ADD, !single, g, g);
    x_alu_ri(&E->e, X_SUB, !single, g, 1);
    if (single) {
        x_alu_ri(&E->e, X_CMP, false, g, normal ? 0x1000000 : 0xffffff);
    } else {
        x_alu_rm(&E->e, X_CMP, true, g, em_pool_mem());
        em_pool(E, normal ? 0x20000000000000 : 0x1fffffffffffff, 0, 0);
    }
    E->lock &= ~(1u << g);
    return x_jcc(&E->e, X_B);
}

static bool flush(Emit *E, const TcgIns *i)
{
    bool single = is_single(i), zero = ra_zero_above(E, i->a, (TcgType)i->type);

    fl_clobber(E);
    Opnd x = fp_register(E, i->a);
    int d = fp_define(E, zero, fp_bit(&x));
    x_vmov(&E->e, d, x.reg);
    em_cold_fn(E, i, if_subnormal(E, single, false, x.reg), d, x, fp_none, fp_none);
    return true;
}

/* What the result of an operation that flushes is to be checked for. first: a jump from before it */
static void check_flushed(Emit *E, const TcgIns *i, bool single, uint8_t *first, int t, Opnd x, Opnd y, Opnd z)
{
    uint8_t *tiny = if_subnormal(E, single, true, t);
    Opnd self = fp_reg(t);

    ucomis(E, single, false, t, &self);
    Cold *c = em_cold_fn(E, i, x_jcc(&E->e, X_P), t, x, y, z);
    c->jump2 = tiny;
    c->jump3 = first;
}

static bool arithmetic_flushing(Emit *E, const TcgIns *i, unsigned op)
{
    bool zero = ra_zero_above(E, i->a, (TcgType)i->type);

    fl_clobber(E);
    Opnd x = fp_register(E, i->a), y = fp_register(E, i->b);
    int d = fp_define(E, zero, fp_bit(&x) | fp_bit(&y));
    ra_room(E, 1, 0);
    uint8_t *first = em_fp_not_inexact(E);
    x_vop_o(&E->e, scalar(is_single(i), op), d, x.reg, &y, 0);
    check_flushed(E, i, is_single(i), first, d, x, y, fp_none);
    return true;
}

static bool arithmetic(Emit *E, const TcgIns *i, unsigned op, bool tiny)
{
    if (i->type != TCG_F16 && tiny && (fp_mode(i) & FP_FLUSH) && fp_dynamic(i)) {
        return arithmetic_flushing(E, i, op);
    }
    if (!usable(i) || !fp_dynamic(i)) {
        return false;
    }
    fl_clobber(E);
    bool commutes = op == 0x58 || op == 0x59, zero = ra_zero_above(E, i->a, (TcgType)i->type);
    bool other = commutes && ra_zero_above(E, i->b, (TcgType)i->type);
    Opnd x = fp_operand(E, i->a), y = i->b ? fp_operand(E, i->b) : x;
    if (commutes && y.kind == OP_REG && (x.kind == OP_MEM ? other || !ra_widens(E) : other && !zero)) {
        int d = fp_define(E, other, fp_bit(&x) | fp_bit(&y));
        x_vop_o(&E->e, scalar(is_single(i), op), d, y.reg, &x, 0);
        check_scalar(E, i, is_single(i), tiny, d, x, y, fp_none);
        return true;
    }
    int d = fp_define(E, zero || x.kind == OP_MEM, fp_bit(&x) | fp_bit(&y)), from = x.reg;
    if (x.kind == OP_MEM) {                         /* loaded alone, with zeroes above */
        fp_load(E, d, &x, (TcgType)i->type);
        from = d;
        y = i->b ? y : fp_reg(d);
    }
    x_vop_o(&E->e, scalar(is_single(i), op), d, from, &y, 0);
    check_scalar(E, i, is_single(i), tiny, d, x, i->b ? y : fp_none, fp_none);
    return true;
}

static bool fused(Emit *E, const TcgIns *i)
{
    const bool flushing = (fp_mode(i) & FP_FLUSH) != 0;
    uint8_t *first = NULL;

    if (i->type == TCG_F16 || !fp_dynamic(i) || !(hx86_features & HX_FMA)) {
        return false;
    }
    fl_clobber(E);
    const TcgType t = (TcgType)i->type;
    const bool x_zero = ra_zero_above(E, i->a, t), y_zero = ra_zero_above(E, i->b, t);
    Opnd x = fp_register(E, i->a), y = fp_operand(E, i->b), z = fp_operand(E, i->c);
    const bool z_zero = z.kind == OP_MEM || ra_zero_above(E, i->c, t);      /* loaded alone */
    const bool factor = !z_zero && (x_zero || y_zero) && (y.kind == OP_REG || (!x_zero && y_zero));
    int d = fp_define(E, z_zero || factor, fp_bit(&x) | fp_bit(&y) | fp_bit(&z));
    if (flushing) {
        ra_room(E, 1, 0);
        first = em_fp_not_inexact(E);
    }
    fp_load(E, d, factor ? x_zero ? &x : &y : &z, t);
    if (factor) {
        fp_fma_factor(E, i->aux, i->type == TCG_F64, d, x_zero ? y.reg : x.reg, &z);
    } else {
        fp_fma(E, i->aux, true, i->type == TCG_F64, d, x.reg, &y);
    }
    if (flushing) {
        check_flushed(E, i, is_single(i), first, d, x, y, z);
        return true;
    }
    check_scalar(E, i, is_single(i), true, d, x, y, z);
    return true;
}

/* Unordered operands go the long way. Of two zeroes the host gives the second one: both orders together have the
 * sign bits that the rule wants, or-ed for a minimum, and-ed for a maximum. */
static bool min_max(Emit *E, const TcgIns *i)
{
    if (!usable(i)) {
        return false;
    }
    fl_clobber(E);
    bool min = i->op == TCG_OP_fmin, zero = ra_zero_above(E, i->a, (TcgType)i->type);
    unsigned opc = scalar(is_single(i), min ? 0x5d : 0x5f);
    Opnd x = fp_register(E, i->a), y = fp_register(E, i->b);
    /* The host's minimum calls a quiet NaN invalid, so the comparison comes first. */
    ra_room(E, 0, 2);
    ucomis(E, is_single(i), false, x.reg, &y);
    uint8_t *unordered = x_jcc(&E->e, X_P);
    int u = ra_scratch(E, true);
    int d = fp_define(E, min ? zero && ra_zero_above(E, i->b, (TcgType)i->type) : zero, fp_bit(&x) | fp_bit(&y));
    Cold *c = em_cold_fn(E, i, unordered, d, x, y, fp_none);
    x_vop(&E->e, opc, u, y.reg, x.reg);
    x_vop(&E->e, opc, d, x.reg, y.reg);
    x_vop(&E->e, min ? O_0F(0x56) : O_0F(0x54), d, d, u);
    c->back = E->e.p;
    return true;
}

static bool sign_op(Emit *E, const TcgIns *i)
{
    static const uint8_t abs[3] = { K_ABS16, K_ABS32, K_ABS64 }, sign[3] = { K_SIGN16, K_SIGN32, K_SIGN64 };
    unsigned k = i->type - TCG_F16;
    int x = ra_use(E, i->a);
    bool zero = ra_zero_above(E, i->a, (TcgType)i->type);

    if (i->op == TCG_OP_fabs || i->op == TCG_OP_fneg) {
        bool negate = i->op == TCG_OP_fneg;
        int d = fp_define(E, zero, 0);
        x_vop_m(&E->e, negate ? O_0F(0x57) : O_0F(0x54), d, x, mem_fp_const(negate ? sign[k] : abs[k]), 0);
        return true;
    }
    int y = ra_use(E, i->b), u = ra_scratch(E, true);
    x_vop_m(&E->e, O_0F(0x54), u, y, mem_fp_const(sign[k]), 0);
    int d = fp_define(E, zero, 1u << u);
    x_vop_m(&E->e, O_0F(0x54), d, x, mem_fp_const(abs[k]), 0);
    x_vop(&E->e, O_0F(0x56), d, d, u);
    return true;
}

/* What the readers of a comparison ask: which of the two orders serves them, and if any asks for equality. */
static bool wants_swap(const Emit *E, bool *equality)
{
    int swap = -1;

    *equality = false;
    for (uint32_t k = E->i + 1; k < E->n && k <= E->r[E->i].last; k++) {
        const TcgIns *i = &E->ins[k];
        bool reads = ((i->op == TCG_OP_brcc || i->op == TCG_OP_setcc) && i->a == E->i)
            || ((i->op == TCG_OP_sel || i->op == TCG_OP_ccmp || i->op == TCG_OP_fccmp) && i->c == E->i);
        if (!reads || (E->r[k].mark & MARK_DEAD)) {
            continue;
        }
        TcgCond cc = i->op == TCG_OP_fccmp ? TCG_FP_COND(i->aux) : (TcgCond)(i->aux & 15);
        if (cc == TCG_EQ || cc == TCG_NE) {
            *equality = true;
        } else if (swap < 0 && cc != TCG_VS && cc != TCG_VC) {
            swap = fl_swapped(cc);
        }
    }
    return swap > 0;
}

static bool compare(Emit *E, const TcgIns *i)
{
    const bool half = tcg_ins_type(&E->ins[i->a]) == TCG_F16;

    if (half ? !em_half_usable(i) : !usable(i)) {
        return false;
    }
    bool equality, swap = wants_swap(E, &equality);
    TcgRef a = swap ? i->b : i->a, b = swap ? i->a : i->b;
    fl_clobber(E);
    Opnd x = fp_register(E, a), y = half ? fp_register(E, b) : fp_operand(E, b);
    if (half) {
        int u = ra_scratch(E, true), v = ra_scratch(E, true);
        em_half_to_single(E, u, a, x.reg);
        em_half_to_single(E, v, b, y.reg);
        x = fp_reg(u);
        y = fp_reg(v);
    }
    ucomis(E, half || is_single(i), i->aux & TCG_FP_SIGNALING, x.reg, &y);
    if (equality) {
        Cold *c = em_cold_add(E, COLD_UNORDERED, x_jcc(&E->e, X_P));
        c->back = E->e.p;
    }
    fl_set(E, E->i, swap ? TCG_FF_HOST_FPX : TCG_FF_HOST_FP);
    return true;
}

/* Half precision is converted four lanes at a time: the others must not raise anything. */
static int isolate(Emit *E, TcgRef v, TcgType t)
{
    int x = ra_use(E, v);

    if (ra_zero_above(E, v, t)) {
        return x;
    }
    int u = ra_scratch(E, true);
    em_low_scalar(E, u, x, t);
    return u;
}

static bool from_half(Emit *E, const TcgIns *i)
{
    Opnd x = fp_register(E, i->a);
    int u = isolate(E, i->a, TCG_F16), d = fp_define(E, true, fp_bit(&x) | 1u << u);

    enc_vex_rr(&E->e, O_66_38(0x13), false, false, xr(d), 0, xr(u));       /* vcvtph2ps */
    if (i->type == TCG_F64) {
        enc_vex_rr(&E->e, O_F3(0x5a), false, false, xr(d), xr(d), xr(d));
    }
    check_scalar(E, i, is_single(i), false, d, x, fp_none, fp_none);
    return true;
}

/* u := the double x as a single with zeroes above, rounded to odd: its last bit is set if one below is, which is exact
 * and raises nothing. A half made of that is the double's, and inexact with it. The jump: not from 2^-126 to 2^127.
 * Uses d, g and h. */
static uint8_t *single_to_odd(Emit *E, int u, int x, int d, int g, int h)
{
    const int32_t below = 0x1fffffff;
    Enc *e = &E->e;

    enc_rr(e, O_66(0x7e), true, xr(x), g, false);
    x_mov_rr(e, true, h, g);
    x_shift_i(e, X_SHL, true, h, 1);
    x_shift_i(e, X_SHR, true, h, 53);
    x_alu_ri(e, X_SUB, false, h, 1023 - 126);
    x_alu_ri(e, X_CMP, false, h, 126 + 126);
    uint8_t *out = x_jcc(e, X_A);
    x_mov_rr(e, false, h, g);
    x_alu_ri(e, X_AND, false, h, below);
    x_alu_ri(e, X_ADD, false, h, below);
    x_alu_rr(e, X_OR, true, g, h);
    x_alu_ri(e, X_AND, true, g, ~below);
    enc_rr(e, O_66(0x6e), true, xr(u), g, false);
    enc_vex_rr(e, O_0F(0x57), false, false, xr(d), xr(d), xr(d));
    enc_vex_rr(e, O_F2(0x5a), false, false, xr(u), xr(d), xr(u));          /* vcvtsd2ss */
    return out;
}

/* A result that is tiny, or may have been rounded up from there, or a NaN goes the long way. */
static bool to_half(Emit *E, const TcgIns *i)
{
    const bool wide = source_type(i) == TCG_F64;
    Opnd x = fp_register(E, i->a);
    int u = wide ? ra_scratch(E, true) : isolate(E, i->a, TCG_F32), g = ra_scratch(E, false);
    int h = wide ? ra_scratch(E, false) : g, d = fp_define(E, true, fp_bit(&x) | 1u << u);
    uint8_t *out = wide ? single_to_odd(E, u, x.reg, d, g, h) : NULL;

    enc_vex_rr(&E->e, O_66_3A(0x1d), false, false, xr(u), 0, xr(d));       /* vcvtps2ph d, u */
    enc8(&E->e, 4);
    enc_rr(&E->e, O_66(0x7e), false, xr(d), g, false);
    x_alu_ri(&E->e, X_AND, false, g, 0x7fff);
    x_alu_ri(&E->e, X_CMP, false, g, 0x400);
    uint8_t *tiny = x_jcc(&E->e, X_E);
    x_alu_ri(&E->e, X_CMP, false, g, 0x7c00);
    Cold *c = em_cold_fn(E, i, x_jcc(&E->e, X_A), d, x, fp_none, fp_none);
    c->jump2 = tiny;
    c->jump3 = out;
    return true;
}

static bool convert_format(Emit *E, const TcgIns *i)
{
    TcgType from = source_type(i);

    const bool flushing = (fp_mode(i) & FP_FLUSH) != 0;
    uint8_t *first = NULL;

    if (!fp_dynamic(i)) {
        return false;
    }
    if (from == TCG_F16 || i->type == TCG_F16) {
        if (!(hx86_features & HX_F16C) || (fp_mode(i) & FP_AHP) || (from == TCG_F64 && flushing)) {
            return false;
        }
        fl_clobber(E);
        return from == TCG_F16 ? from_half(E, i) : to_half(E, i);
    }
    fl_clobber(E);
    bool zero = ra_zero_above(E, i->a, TCG_F32);
    Opnd x = fp_register(E, i->a);
    int d = fp_define(E, zero && i->type == TCG_F64, fp_bit(&x));
    if (flushing) {
        ra_room(E, 1, 0);
        first = em_fp_not_inexact(E);
    }
    x_vop(&E->e, scalar(from == TCG_F32, 0x5a), d, x.reg, x.reg);
    if (flushing) {
        check_flushed(E, i, i->type == TCG_F32, first, d, x, fp_none, fp_none);
        return true;
    }
    check_scalar(E, i, i->type == TCG_F32, i->type == TCG_F32, d, x, fp_none, fp_none);
    return true;
}

/* Integers */

/* d := x to an integral value, ties away from zero; what is not below 2^52 (2^23), or a NaN, jumps with the two.
 * trunc(x) plus 1 with the sign of x where at least a half is missing: all exact. */
static void round_away(Emit *E, bool single, int d, int x, uint8_t *jump[2])
{
    Enc *e = &E->e;
    int u = ra_scratch(E, true), v = ra_scratch(E, true);
    Mem abs = mem_fp_const(single ? K_ABS32 : K_ABS64), sign = mem_fp_const(single ? K_SIGN32 : K_SIGN64);

    x_vop_m(e, O_0F(0x54), u, x, abs, 0);
    enc_rm(e, OPC(!single, 1, 0x2e), false, xr(u), em_pool_mem(), false, 0);
    em_pool(E, single ? 0x4b000000 : 0x4330000000000000, 0, 0);
    jump[0] = x_jcc(e, X_AE);
    jump[1] = x_jcc(e, X_P);
    x_vop(e, O_66_3A(single ? 0x0a : 0x0b), d, x, x);
    enc8(e, 11);
    x_vop(e, scalar(single, 0x5c), u, x, d);
    x_vop_m(e, O_0F(0x54), u, u, abs, 0);
    enc_rm(e, O_0F(0x28), false, xr(v), em_pool_mem(), false, 0);
    em_pool(E, single ? 0x3f000000 : 0x3fe0000000000000, 0, 0);
    x_vop(e, scalar(single, 0xc2), v, v, u);
    enc8(e, 2);                                     /* a half <= what is missing */
    x_vop_m(e, O_0F(0x54), v, v, em_pool_mem(), 0);
    em_pool(E, single ? 0x3f800000 : 0x3ff0000000000000, 0, 0);
    x_vop_m(e, O_0F(0x54), u, x, sign, 0);
    x_vop(e, O_0F(0x56), v, v, u);
    x_vop(e, scalar(single, 0x58), d, d, v);
}

static bool round_integral(Emit *E, const TcgIns *i)
{
    unsigned round = i->aux & TCG_FP_ROUND;
    int control = fp_rounding_control(round);
    bool single = is_single(i), zero = ra_zero_above(E, i->a, (TcgType)i->type);

    if (!usable(i) || (control < 0 && (round != FP_RMM || (i->aux & TCG_FP_EXACT)))) {
        return false;
    }
    fl_clobber(E);
    Opnd x = fp_register(E, i->a);
    int d = fp_define(E, zero, fp_bit(&x));
    if (control < 0) {
        uint8_t *jump[2];
        ra_room(E, 1, 2);
        round_away(E, single, d, x.reg, jump);
        em_cold_fn(E, i, jump[0], d, x, fp_none, fp_none)->jump2 = jump[1];
        return true;
    }
    x_vop(&E->e, O_66_3A(single ? 0x0a : 0x0b), d, x.reg, x.reg);
    enc8(&E->e, i->aux & TCG_FP_EXACT ? (unsigned)control & 7 : (unsigned)control);
    check_scalar(E, i, single, false, d, x, fp_none, fp_none);
    return true;
}

/* The bits of x in a general register, compared with those of 2^n: above or equal if x is too large, negative or a
 * NaN. */
static uint8_t *not_below_power(Emit *E, bool single, int x, unsigned n)
{
    int g = ra_scratch(E, false);

    enc_rr(&E->e, O_66(0x7e), !single, xr(x), g, false);
    if (single) {
        x_alu_ri(&E->e, X_CMP, false, g, (int32_t)((127 + n) << 23));
    } else {
        x_alu_rm(&E->e, X_CMP, true, g, em_pool_mem());
        em_pool(E, (uint64_t)(1023 + n) << 52, 0, 0);
    }
    E->lock &= ~(1u << g);
    return x_jcc(&E->e, X_AE);
}

/* Rounding by ROUNDSD raises nothing, as inexact must not be raised if the integer does not fit; the conversion raises
 * invalid. What fits is converted once more, to 64 bits, for inexact. */
static bool to_integer(Emit *E, const TcgIns *i)
{
    TcgType from = source_type(i);
    unsigned round = i->aux & TCG_FP_ROUND;
    const bool half = from == TCG_F16;
    bool sign = i->op == TCG_OP_fcvtis, w = i->type == TCG_I64, single = from != TCG_F64;
    bool direct = round == FP_RTZ || (round == TCG_FP_DYN && sign);
    int control = fp_rounding_control(round);

    if ((half ? !em_half_usable(i) : (fp_mode(i) & FP_FLUSH) != 0) || (control < 0 && round != FP_RMM)) {
        return false;
    }
    fl_clobber(E);
    Opnd x = fp_register(E, i->a);
    uint8_t *jump[3] = { NULL };
    int from_reg = x.reg;
    if (half) {
        from_reg = ra_scratch(E, true);
        em_half_to_single(E, from_reg, i->a, x.reg);
    }
    int u = from_reg;
    ra_room(E, 2, direct ? 0 : 3);
    if (!direct) {
        u = ra_scratch(E, true);
        if (control < 0) {
            round_away(E, single, u, from_reg, jump);
        } else {
            x_vop(&E->e, O_66_3A(single ? 0x0a : 0x0b), u, from_reg, from_reg);
            enc8(&E->e, (unsigned)control);
        }
    }
    if (!sign) {
        jump[2] = not_below_power(E, single, u, w ? 63 : 32);
    }
    int d = ra_def(E, E->i, 0);
    enc_rr(&E->e, scalar(single, direct && round != FP_RTZ ? 0x2d : 0x2c), w || !sign, d, xr(u), false);
    if (sign) {
        x_alu_ri(&E->e, X_CMP, w, d, 1);            /* overflows for the smallest integer only */
        jump[2] = x_jcc(&E->e, X_O);
    }
    Cold *c = em_cold_fn(E, i, jump[2], d, x, fp_none, fp_none);
    if (!direct) {
        int g = ra_scratch(E, false);
        enc_rr(&E->e, scalar(single, 0x2d), true, g, xr(from_reg), false);
    }
    c->back = E->e.p;
    if (jump[0]) {
        c = em_cold_fn(E, i, jump[0], d, x, fp_none, fp_none);
        c->jump2 = jump[1];
    }
    return true;
}

/* An unsigned number with its top bit set is halved, the lost bit kept for rounding, converted and doubled. */
static void from_unsigned_64(Emit *E, bool single, int d, int x)
{
    Enc *e = &E->e;
    int g = ra_scratch(E, false), h = ra_scratch(E, false);

    fl_clobber(E);
    enc_rr(e, 0x85, true, x, x, false);
    uint8_t *big = x_jcc(e, X_S);
    x_vop(e, O_0F(0x57), d, d, d);
    enc_rr(e, scalar(single, 0x2a), true, xr(d), x, false);
    uint8_t *end = x_jmp(e);
    x_here(e, big);
    x_mov_rr(e, true, g, x);
    x_mov_rr(e, true, h, x);
    x_shift_i(e, X_SHR, true, g, 1);
    x_alu_ri(e, X_AND, false, h, 1);
    x_alu_rr(e, X_OR, true, g, h);
    x_vop(e, O_0F(0x57), d, d, d);
    enc_rr(e, scalar(single, 0x2a), true, xr(d), g, false);
    x_vop(e, scalar(single, 0x58), d, d, d);
    x_here(e, end);
}

/* A number of so many bits is exact, whatever the rounding mode: others go the long way. */
static bool from_small_integer(Emit *E, const TcgIns *i)
{
    const bool sign = i->op == TCG_OP_fcvtsi, wide = i->aux & TCG_FP_SRC64, single = i->type != TCG_F64;
    Enc *e = &E->e;

    fl_clobber(E);
    const int x = ra_use(E, i->a), t = ra_scratch(E, false), d = ra_def(E, ra_widened(E), 0);
    x_mov_rr(e, wide, t, x);
    x_shift_i(e, sign ? X_SAR : X_SHR, wide, t, single ? 24 : 53);
    if (sign) {
        x_alu_ri(e, X_ADD, wide, t, 1);
        x_alu_ri(e, X_CMP, wide, t, 1);
    }
    uint8_t *large = x_jcc(e, sign ? X_A : X_NE);
    x_vop(e, O_0F(0x57), d, d, d);
    enc_rr(e, scalar(single, 0x2a), wide, xr(d), x, false);
    em_cold_fn(E, i, large, d, (Opnd){ .kind = OP_REG, .reg = x }, fp_none, fp_none);
    return true;
}

static bool from_integer(Emit *E, const TcgIns *i)
{
    const bool half = i->type == TCG_F16;
    bool sign = i->op == TCG_OP_fcvtsi, wide = i->aux & TCG_FP_SRC64, single = i->type != TCG_F64;
    bool exact = i->type == TCG_F64 && !wide;

    if (half && (!em_half_usable(i) || !fp_dynamic(i))) {
        return false;
    }
    if (!fp_dynamic(i) && !exact) {
        return from_small_integer(E, i);
    }
    if (!sign && wide && !(hx86_features & HX_AVX512)) {
        fl_clobber(E);
    }
    int x = ra_use(E, i->a);
    if (!sign && !wide) {
        int u = ra_scratch(E, false);
        x_mov_rr(&E->e, false, u, x);
        x = u;
    }
    int d = ra_def(E, ra_widened(E), 0);
    if (!sign && wide && !(hx86_features & HX_AVX512)) {
        from_unsigned_64(E, single, d, x);
        if (half) {
            em_half_from_single(E, d);
        }
        return true;
    }
    x_vop(&E->e, O_0F(0x57), d, d, d);
    if (!sign && wide) {
        enc_evex_rr(&E->e, scalar(single, 0x7b), true, xr(d), xr(d), x, 0);        /* vcvtusi2sd */
    } else {
        enc_rr(&E->e, scalar(single, 0x2a), wide || !sign, xr(d), x, false);
    }
    if (half) {
        em_half_from_single(E, d);
    }
    return true;
}

/* The host's sticky flags as the guest's in a register. */
static void host_flags(Emit *E, int d)
{
    Mem m = mem_env(offsetof(TcgEnv, mxcsr)), table = mem_thread(fp_flags);

    enc_rm(&E->e, O_0F(0xae), false, 3, m, false, 0);                      /* stmxcsr */
    x_load(&E->e, false, d, m);
    x_alu_ri(&E->e, X_AND, false, d, 0x3f);
    table.index = d;
    enc_rm(&E->e, O_0F(0xb6), false, d, table, false, 0);
}

static void flags_get(Emit *E, const TcgIns *i)
{
    fl_clobber(E);
    int d = ra_scratch(E, false), t = ra_scratch(E, false);
    host_flags(E, d);
    enc_rm(&E->e, O_0F(0xb6), false, t, mem_env(offsetof(TcgEnv, fp.flags)), false, 0);
    x_alu_rr(&E->e, X_OR, false, d, t);
    ra_def_in(E, E->i, d);
}

/* Flags of the host's that are to be set anyway may stay: writing MXCSR is slow. */
static void flags_set(Emit *E, const TcgIns *i)
{
    fl_clobber(E);
    int x = ra_use(E, i->a), v = ra_scratch(E, false), t = ra_scratch(E, false);
    x_mov_rr(&E->e, false, v, x);
    x_alu_ri(&E->e, X_AND, false, v, 63);
    host_flags(E, t);
    x_alu_rr(&E->e, X_OR, false, t, v);
    x_alu_rr(&E->e, X_CMP, false, t, v);
    Cold *c = em_cold_add(E, COLD_MXCSR, x_jcc(&E->e, X_NE));
    c->back = E->e.p;
    enc_rm(&E->e, 0x88, false, v, mem_env(offsetof(TcgEnv, fp.flags)), true, 0);
}

/* Bits between the register classes. */
static void to_int(Emit *E, const TcgIns *i)
{
    TcgType from = (TcgType)i->aux;
    int x = ra_use(E, i->a);
    int d = ra_def(E, E->i, 0);

    enc_rr(&E->e, O_66(0x7e), from == TCG_F64, xr(x), d, false);
    if (from == TCG_F16) {
        enc_rr(&E->e, O_0F(0xb7), false, d, d, false);
    }
}

static void from_int(Emit *E, const TcgIns *i)
{
    int x = ra_use(E, i->a);
    int d = ra_def(E, i->type == TCG_F16 ? E->i : ra_widened(E), 0);

    enc_rr(&E->e, O_66(0x6e), i->type == TCG_F64, xr(d), x, false);
}

void em_low_scalar(Emit *E, int d, int x, TcgType t)
{
    switch (t) {
    case TCG_F64:
        enc_rr(&E->e, O_F3(0x7e), false, xr(d), xr(x), false);             /* movq */
        break;
    case TCG_F32:
        x_vop(&E->e, O_66_3A(0x21), d, x, x);                              /* insertps, lanes 1 to 3 zero */
        enc8(&E->e, 0x0e);
        break;
    default:
        x_vop_m(&E->e, O_66(0xdb), d, x, em_pool_mem(), 0);
        em_pool(E, 0xffff, 0, 0);
        break;
    }
}

/* V128 with only the low lane of x. */
static void widen(Emit *E, const TcgIns *i)
{
    TcgType from = (TcgType)i->aux;
    int x = ra_use(E, i->a);
    int d = ra_def(E, E->i, 0);

    if (ra_zero_above(E, i->a, from)) {
        x_vmov(&E->e, d, x);
    } else {
        em_low_scalar(E, d, x, from);
    }
}

static void box(Emit *E, const TcgIns *i)
{
    int x = ra_use(E, i->a);
    int d = ra_def(E, E->i, 0);

    x_vop_m(&E->e, O_0F(0x56), d, x, em_pool_mem(), 0);
    em_pool(E, ~(uint64_t)0 << (i->aux == TCG_F16 ? 16 : 32), 0, 0);
}

static void unbox(Emit *E, const TcgIns *i)
{
    fl_clobber(E);
    int x = ra_use(E, i->a);
    int d = ra_def(E, E->i, 1u << x);
    enc_rm(&E->e, O_66_38(0x17), false, xr(x), em_pool_mem(), false, 0);   /* ptest: CF if all bits are set there */
    em_pool(E, ~(uint64_t)0 << (i->type == TCG_F16 ? 16 : 32), 0, 0);
    x_vmov(&E->e, d, x);
    em_cold_fn(E, i, x_jcc(&E->e, X_AE), d, fp_reg(x), fp_none, fp_none);
}

/* d := x, zeroes above the scalar. */
static void move_scalar(Emit *E, int d, int x, TcgType t, bool zero)
{
    if (zero) {
        x_vmov(&E->e, d, x);
    } else {
        em_low_scalar(E, d, x, t);
    }
}

/* If the bits above a scalar are to be zero, both that are moved get them so, rather than the result. None of the
 * moves changes the host's flags. */
void em_fp_select(Emit *E, const TcgIns *i, int x86)
{
    const TcgType t = (TcgType)i->type;
    int x = ra_use(E, i->a), y = ra_use(E, i->b), d;
    bool x_zero = ra_zero_above(E, i->a, t), y_zero = ra_zero_above(E, i->b, t);

    if (!ra_widens(E)) {
        d = ra_def_copy(E, E->i, i->b, 1u << x);
        x_zero = true;
    } else {
        ra_widened(E);
        d = ra_def(E, E->i, 0);
        if (d == x) {                               /* what is there already comes first */
            const bool zero = x_zero;
            x = y;
            x_zero = y_zero;
            y = d;
            y_zero = zero;
            x86 ^= 1;
        }
        move_scalar(E, d, y, t, y_zero);
    }
    uint8_t *over = x_jcc(&E->e, x86 ^ 1);
    move_scalar(E, d, x, t, x_zero);
    x_here(&E->e, over);
}

bool em_fp(Emit *E, const TcgIns *i)
{
    if (i->type == TCG_F16 && em_half(E, i)) {
        return true;
    }
    switch (i->op) {
    case TCG_OP_ftoi:   to_int(E, i); return true;
    case TCG_OP_itof:   from_int(E, i); return true;
    case TCG_OP_vzext:  widen(E, i); return true;
    case TCG_OP_nanbox: box(E, i); return true;
    case TCG_OP_unbox:  unbox(E, i); return true;
    case TCG_OP_fadd:   return arithmetic(E, i, 0x58, false);
    case TCG_OP_fsub:   return arithmetic(E, i, 0x5c, false);
    case TCG_OP_fmul:   return arithmetic(E, i, 0x59, true);
    case TCG_OP_fdiv:   return arithmetic(E, i, 0x5e, true);
    case TCG_OP_fsqrt:  return arithmetic(E, i, 0x51, false);
    case TCG_OP_fma:    return fused(E, i);
    case TCG_OP_fmin: case TCG_OP_fmax: return min_max(E, i);
    case TCG_OP_fabs: case TCG_OP_fneg: case TCG_OP_fsgnj: return sign_op(E, i);
    case TCG_OP_fcmp:   return compare(E, i);
    case TCG_OP_fcvt:   return convert_format(E, i);
    case TCG_OP_fcvtis: case TCG_OP_fcvtiu: return to_integer(E, i);
    case TCG_OP_fcvtsi: case TCG_OP_fcvtui: return from_integer(E, i);
    case TCG_OP_frint:  return round_integral(E, i);
    case TCG_OP_fdaz:   return flush(E, i);
    case TCG_OP_fflags: flags_get(E, i); return true;
    case TCG_OP_fflags_set: flags_set(E, i); return true;
    default:            return false;
    }
}
