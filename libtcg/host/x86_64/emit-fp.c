/* SPDX-License-Identifier: BSD-2-Clause */
/* Floating point on the host's units (AVX, FMA). What is not here goes out of line to soft-float.
 *
 * MXCSR holds the guest's rounding direction and collects its sticky flags. The host's result and flags are the
 * guest's unless
 *   - the result is a NaN: which one differs between architectures;
 *   - the guest detects tininess before rounding (FP_TINY_BEFORE) and the result is the smallest normal number, which
 *     may have been rounded up to; not for sums, which are exact there;
 *   - inputs or results are flushed (FP_FLUSH), or the rounding is not the dynamic one.
 * The first two are checked after the operation and redone by the operation's function in cold code, from the operands,
 * which therefore stay in their registers; the last never comes inline. */
#include "host/x86_64/emit.h"

#include "base/fp.h"

static unsigned mode(const TcgIns *i)
{
    return i->aux >> TCG_FP_MODE_SHIFT;
}

static bool is_single(const TcgIns *i)
{
    return i->type == TCG_F32;
}

/* Can the host do arithmetic on this type in this mode? */
static bool usable(const TcgIns *i)
{
    return (hx86_features & HX_AVX) && (i->type == TCG_F32 || i->type == TCG_F64) && !(mode(i) & FP_FLUSH);
}

static bool dynamic(const TcgIns *i)
{
    return (i->aux & TCG_FP_ROUND) == TCG_FP_DYN;
}

/* Scratch registers that hold values wanted after the current operation, but for one. */
static uint32_t live_scratch(const Emit *E, int but)
{
    uint32_t live = 0;

    for (uint32_t s = SCRATCH_GPR | SCRATCH_XMM; s; s &= s - 1) {
        int reg = __builtin_ctz(s);
        if (reg != but && E->held[reg] && E->r[E->held[reg]].last > E->i) {
            live |= 1u << reg;
        }
    }
    return live;
}

/* The rare case: jumps there if cc, and comes back here (or where the caller says). */
static Cold *rare(Emit *E, const TcgIns *i, int cc, int result, int x, int y, int z)
{
    Cold *c = em_cold_add(E, COLD_FN, x_jcc(&E->e, cc));

    c->ins = i;
    c->reg = result;
    c->ops[0] = x;
    c->ops[1] = y;
    c->ops[2] = z;
    c->live = live_scratch(E, result);
    c->back = E->e.p;
    return c;
}

/* Scalar compare: sets ZF and PF if unordered. */
static void compare_self(Enc *e, bool single, int r)
{
    enc_vex_rr(e, OPC(single ? 0 : 1, 1, 0x2e), false, false, xr(r), 0, xr(r));
}

static void check_scalar(Emit *E, const TcgIns *i, bool tiny, int t, int x, int y, int z)
{
    bool single = is_single(i);

    if (tiny && (mode(i) & FP_TINY_BEFORE)) {
        int u = ra_scratch(E, true);
        enc_vex_rm(&E->e, O_0F(0x54), false, false, xr(u), xr(t), mem_fp_const(single ? K_ABS32 : K_ABS64), 0);
        enc_vex_rm(&E->e, OPC(single ? 0 : 1, 1, 0x2e), false, false, xr(u), 0,
                   mem_fp_const(single ? K_MIN32 : K_MIN64), 0);
        rare(E, i, X_E, t, x, y, z);                /* equal or unordered */
    } else {
        compare_self(&E->e, single, t);
        rare(E, i, X_P, t, x, y, z);
    }
}

static bool arithmetic(Emit *E, const TcgIns *i, unsigned op, bool tiny)
{
    if (!usable(i) || !dynamic(i)) {
        return false;
    }
    fl_clobber(E);
    int x = ra_use(E, i->a), y = i->b ? ra_use(E, i->b) : -1;
    int t = ra_scratch(E, true);
    enc_vex_rr(&E->e, OPC(is_single(i) ? 2 : 3, 1, op), false, false, xr(t), xr(x), xr(y >= 0 ? y : x));
    check_scalar(E, i, tiny, t, x, y, -1);
    ra_def_in(E, E->i, t);
    return true;
}

/* Opcode of the 231 form: addend in the destination. */
static unsigned fma_opcode(unsigned aux, bool vector)
{
    bool product = aux & TCG_FP_NEG_PRODUCT, addend = !vector && (aux & TCG_FP_NEG_ADDEND);
    unsigned op = product ? (addend ? 0xbe : 0xbc) : (addend ? 0xba : 0xb8);

    return O_66_38(op | !vector);
}

static bool fused(Emit *E, const TcgIns *i)
{
    if (!usable(i) || !dynamic(i) || !(hx86_features & HX_FMA)) {
        return false;
    }
    fl_clobber(E);
    int z = ra_use(E, i->c), t = ra_scratch(E, true);
    x_vmov(&E->e, t, z);
    int x = ra_use(E, i->a), y = ra_use(E, i->b);
    int busy = __builtin_popcount(E->lock & SCRATCH_XMM);
    if (busy == 4) {
        /* No register is left for the check: the operands wait in memory, where the cold code looks anyway. */
        E->held[t] = 0;
        return false;
    }
    enc_vex_rr(&E->e, fma_opcode(i->aux, false), i->type == TCG_F64, false, xr(t), xr(x), xr(y));
    check_scalar(E, i, true, t, x, y, z);
    ra_def_in(E, E->i, t);
    return true;
}

/* Equal or unordered operands go the long way; the rest is the host's. */
static bool min_max(Emit *E, const TcgIns *i)
{
    if (!usable(i)) {
        return false;
    }
    fl_clobber(E);
    int x = ra_use(E, i->a), y = ra_use(E, i->b), t = ra_scratch(E, true);
    /* The host's minimum calls a quiet NaN invalid, so the comparison comes first. */
    enc_vex_rr(&E->e, OPC(is_single(i) ? 0 : 1, 1, 0x2e), false, false, xr(x), 0, xr(y));
    Cold *c = rare(E, i, X_E, t, x, y, -1);
    enc_vex_rr(&E->e, OPC(is_single(i) ? 2 : 3, 1, i->op == TCG_OP_fmin ? 0x5d : 0x5f), false, false,
               xr(t), xr(x), xr(y));
    c->back = E->e.p;
    ra_def_in(E, E->i, t);
    return true;
}

static bool sign_op(Emit *E, const TcgIns *i)
{
    bool single = is_single(i);

    if (!(hx86_features & HX_AVX) || i->type == TCG_F16) {
        return false;
    }
    int x = ra_use(E, i->a);
    if (i->op == TCG_OP_fabs || i->op == TCG_OP_fneg) {
        bool abs = i->op == TCG_OP_fabs;
        int d = ra_def(E, E->i, 0);
        enc_vex_rm(&E->e, abs ? O_0F(0x54) : O_0F(0x57), false, false, xr(d), xr(x),
                   mem_fp_const((abs ? K_ABS32 : K_SIGN32) + !single), 0);
        return true;
    }
    int y = ra_use(E, i->b), t = ra_scratch(E, true), u = ra_scratch(E, true);
    enc_vex_rm(&E->e, O_0F(0x54), false, false, xr(t), xr(x), mem_fp_const(K_ABS32 + !single), 0);
    enc_vex_rm(&E->e, O_0F(0x54), false, false, xr(u), xr(y), mem_fp_const(K_SIGN32 + !single), 0);
    enc_vex_rr(&E->e, O_0F(0x56), false, false, xr(t), xr(t), xr(u));
    ra_def_in(E, E->i, t);
    return true;
}

/* Flags of a comparison by a table of what LAHF gives: ZF 40, PF 04, CF 01. */
static bool compare(Emit *E, const TcgIns *i)
{
    if (!usable(i)) {
        return false;
    }
    fl_clobber(E);
    ra_take(E, RAX);
    int x = ra_use(E, i->a), y = ra_use(E, i->b);
    enc_vex_rr(&E->e, OPC(is_single(i) ? 0 : 1, 1, i->aux & TCG_FP_SIGNALING ? 0x2f : 0x2e), false, false,
               xr(x), 0, xr(y));
    /* unordered: C V; less: N; equal: Z C; greater: C. In the host's terms C is !CF. */
    uint8_t *ordered = x_jcc(&E->e, X_NP);
    x_mov_ri(&E->e, RAX, tcg_flags_host(0x30000000));
    uint8_t *have = x_jmp(&E->e);
    x_here(&E->e, ordered);
    enc8(&E->e, 0x9f);                              /* lahf: ZF and CF are right, N is CF */
    enc_rr(&E->e, O_0F(0xb6), false, RAX, 4, false);    /* movzx eax, ah */
    int t = ra_scratch(E, false);
    x_mov_rr(&E->e, false, t, RAX);
    x_shift_i(&E->e, X_SHL, false, t, 7);           /* CF to bit 7: SF */
    x_alu_rr(&E->e, X_OR, false, RAX, t);
    x_shift_i(&E->e, X_SHL, false, RAX, 8);         /* back into AH; AL, which holds V, is 0 */
    x_here(&E->e, have);
    enc8(&E->e, 0x04);
    enc8(&E->e, 127);
    enc8(&E->e, 0x9e);
    fl_set(E, E->i, TCG_FF_HOST_SUB);
    return true;
}

static bool convert_format(Emit *E, const TcgIns *i)
{
    TcgType from = (TcgType)(i->aux >> TCG_FP_TYPE_SHIFT & 7);

    if (!usable(i) || from == TCG_F16 || !dynamic(i)) {
        return false;
    }
    fl_clobber(E);
    int x = ra_use(E, i->a), t = ra_scratch(E, true);
    enc_vex_rr(&E->e, OPC(from == TCG_F32 ? 2 : 3, 1, 0x5a), false, false, xr(t), xr(x), xr(x));
    check_scalar(E, i, i->type == TCG_F32, t, x, -1, -1);
    ra_def_in(E, E->i, t);
    return true;
}

/* The host answers the smallest integer for all it cannot represent, and raises invalid only. */
static bool to_signed(Emit *E, const TcgIns *i)
{
    TcgType from = (TcgType)(i->aux >> TCG_FP_TYPE_SHIFT & 7);
    unsigned round = i->aux & TCG_FP_ROUND;
    bool w = i->type == TCG_I64;

    if (!(hx86_features & HX_AVX) || from == TCG_F16 || (mode(i) & FP_FLUSH)
        || (round != FP_RTZ && round != TCG_FP_DYN)) {
        return false;
    }
    fl_clobber(E);
    int x = ra_use(E, i->a), t = ra_scratch(E, false);
    enc_vex_rr(&E->e, OPC(from == TCG_F32 ? 2 : 3, 1, round == FP_RTZ ? 0x2c : 0x2d), w, false, t, 0, xr(x));
    x_alu_ri(&E->e, X_CMP, w, t, 1);
    rare(E, i, X_O, t, x, -1, -1);
    ra_def_in(E, E->i, t);
    return true;
}

static bool from_integer(Emit *E, const TcgIns *i)
{
    bool sign = i->op == TCG_OP_fcvtsi, wide = i->aux & TCG_FP_SRC64;
    bool exact = i->type == TCG_F64 && !wide;

    if (!(hx86_features & HX_AVX) || i->type == TCG_F16 || (!dynamic(i) && !exact) || (!sign && wide)) {
        return false;
    }
    int x = ra_use(E, i->a);
    if (!sign) {
        int u = ra_scratch(E, false);
        x_mov_rr(&E->e, false, u, x);
        x = u;
    }
    int d = ra_def(E, E->i, 0);
    enc_vex_rr(&E->e, O_0F(0x57), false, false, xr(d), xr(d), xr(d));
    enc_vex_rr(&E->e, OPC(i->type == TCG_F32 ? 2 : 3, 1, 0x2a), wide || !sign, false, xr(d), xr(d), x);
    return true;
}

static bool round_integral(Emit *E, const TcgIns *i)
{
    static const uint8_t control[8] = { [FP_RNE] = 0, [FP_RTZ] = 3, [FP_RDN] = 1, [FP_RUP] = 2, [TCG_FP_DYN] = 4 };
    unsigned round = i->aux & TCG_FP_ROUND;

    if (!usable(i) || (round > FP_RUP && round != TCG_FP_DYN)) {
        return false;
    }
    fl_clobber(E);
    int x = ra_use(E, i->a), t = ra_scratch(E, true);
    enc_vex_rr(&E->e, O_66_3A(is_single(i) ? 0x0a : 0x0b), false, false, xr(t), xr(x), xr(x));
    enc8(&E->e, control[round] | (i->aux & TCG_FP_EXACT ? 0u : 8u));
    check_scalar(E, i, false, t, x, -1, -1);
    ra_def_in(E, E->i, t);
    return true;
}

/* Vectors: the same checks on every lane. */

static bool vector_usable(const TcgIns *i)
{
    unsigned lane = i->aux >> TCG_FP_LANE_SHIFT & 3;

    return (hx86_features & HX_AVX) && lane >= 2 && !(mode(i) & FP_FLUSH) && dynamic(i);
}

static void check_vector(Emit *E, const TcgIns *i, bool tiny, int t, int x, int y, int z)
{
    bool wide = (i->aux >> TCG_FP_LANE_SHIFT & 3) == 3;
    unsigned cmp = OPC(wide, 1, 0xc2);
    int u = ra_scratch(E, true);

    if (tiny && (mode(i) & FP_TINY_BEFORE)) {
        enc_vex_rm(&E->e, O_0F(0x54), false, false, xr(u), xr(t), mem_fp_const(wide ? K_ABS64 : K_ABS32), 0);
        enc_vex_rm(&E->e, cmp, false, false, xr(u), xr(u), mem_fp_const(wide ? K_MIN64 : K_MIN32), 1);
        enc8(&E->e, 8);                             /* equal or unordered, quiet */
    } else {
        enc_vex_rr(&E->e, cmp, false, false, xr(u), xr(t), xr(t));
        enc8(&E->e, 3);                             /* unordered */
    }
    enc_vex_rr(&E->e, O_66_38(0x17), false, false, xr(u), 0, xr(u));   /* vptest */
    rare(E, i, X_NE, t, x, y, z);
}

static bool vector_arithmetic(Emit *E, const TcgIns *i, unsigned op, bool tiny)
{
    if (!vector_usable(i)) {
        return false;
    }
    bool wide = (i->aux >> TCG_FP_LANE_SHIFT & 3) == 3;
    fl_clobber(E);
    int x = ra_use(E, i->a), y = i->b ? ra_use(E, i->b) : -1, t = ra_scratch(E, true);
    enc_vex_rr(&E->e, OPC(wide, 1, op), false, false, xr(t), y >= 0 ? xr(x) : 0, xr(y >= 0 ? y : x));
    check_vector(E, i, tiny, t, x, y, -1);
    ra_def_in(E, E->i, t);
    return true;
}

static bool vector_fused(Emit *E, const TcgIns *i)
{
    if (!vector_usable(i) || !(hx86_features & HX_FMA)) {
        return false;
    }
    bool wide = (i->aux >> TCG_FP_LANE_SHIFT & 3) == 3;
    fl_clobber(E);
    int z = ra_use(E, i->c), x = ra_use(E, i->a), y = ra_use(E, i->b);
    if (__builtin_popcount(E->lock & SCRATCH_XMM) > 2) {
        return false;
    }
    int t = ra_scratch(E, true);
    x_vmov(&E->e, t, z);
    enc_vex_rr(&E->e, fma_opcode(i->aux, true), wide, false, xr(t), xr(x), xr(y));
    check_vector(E, i, true, t, x, y, z);
    ra_def_in(E, E->i, t);
    return true;
}

static bool vector_compare(Emit *E, const TcgIns *i)
{
    if (!(hx86_features & HX_AVX) || (mode(i) & FP_FLUSH) || (i->aux >> TCG_FP_LANE_SHIFT & 3) < 2) {
        return false;
    }
    bool wide = (i->aux >> TCG_FP_LANE_SHIFT & 3) == 3;
    int x = ra_use(E, i->a), y = ra_use(E, i->b);
    int d = ra_def(E, E->i, 0);
    enc_vex_rr(&E->e, OPC(wide, 1, 0xc2), false, false, xr(d), xr(x), xr(y));
    enc8(&E->e, i->op == TCG_OP_vfcmpeq ? 0 : i->op == TCG_OP_vfcmpge ? 13 : 14);
    return true;
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
    int d = ra_def(E, E->i, 0);

    enc_rr(&E->e, O_66(0x6e), i->type == TCG_F64, xr(d), x, false);
}

/* V128 with only the low lane of x. */
static void widen(Emit *E, const TcgIns *i)
{
    TcgType from = (TcgType)i->aux;
    int x = ra_use(E, i->a);
    int d = ra_def(E, E->i, 0);

    if (from == TCG_F64) {
        enc_rr(&E->e, O_F3(0x7e), false, xr(d), xr(x), false);
        return;
    }
    int g = ra_scratch(E, false);
    enc_rr(&E->e, O_66(0x7e), false, xr(x), g, false);
    if (from == TCG_F16) {
        enc_rr(&E->e, O_0F(0xb7), false, g, g, false);
    }
    enc_rr(&E->e, O_66(0x6e), false, xr(d), g, false);
}

static bool box(Emit *E, const TcgIns *i)
{
    if (!(hx86_features & HX_AVX) || i->aux != TCG_F32) {
        return false;
    }
    int x = ra_use(E, i->a), u = ra_scratch(E, true);
    enc_vex_rr(&E->e, O_66(0x76), false, false, xr(u), xr(u), xr(u));
    int d = ra_def(E, E->i, 1u << u);
    enc_vex_rr(&E->e, O_0F(0x14), false, false, xr(d), xr(x), xr(u));  /* vunpcklps */
    return true;
}

static bool unbox(Emit *E, const TcgIns *i)
{
    if (!(hx86_features & HX_AVX) || i->type != TCG_F32) {
        return false;
    }
    fl_clobber(E);
    int x = ra_use(E, i->a), g = ra_scratch(E, false), t = ra_scratch(E, true);
    x_vmov(&E->e, t, x);
    enc_rr(&E->e, O_66_3A(0x16), false, xr(x), g, false);      /* pextrd */
    enc8(&E->e, 1);
    x_alu_ri(&E->e, X_CMP, false, g, -1);
    rare(E, i, X_NE, t, x, -1, -1);
    ra_def_in(E, E->i, t);
    return true;
}

static bool vectors(Emit *E, const TcgIns *i)
{
    switch (i->op) {
    case TCG_OP_vfadd:  return vector_arithmetic(E, i, 0x58, false);
    case TCG_OP_vfsub:  return vector_arithmetic(E, i, 0x5c, false);
    case TCG_OP_vfmul:  return vector_arithmetic(E, i, 0x59, true);
    case TCG_OP_vfdiv:  return vector_arithmetic(E, i, 0x5e, true);
    case TCG_OP_vfsqrt: return vector_arithmetic(E, i, 0x51, false);
    case TCG_OP_vfma:   return vector_fused(E, i);
    case TCG_OP_vfcmpeq: case TCG_OP_vfcmpge: case TCG_OP_vfcmpgt: return vector_compare(E, i);
    default:            return false;
    }
}

bool em_fp(Emit *E, const TcgIns *i)
{
    switch (i->op) {
    case TCG_OP_ftoi:   to_int(E, i); return true;
    case TCG_OP_itof:   from_int(E, i); return true;
    case TCG_OP_vzext:  widen(E, i); return true;
    case TCG_OP_nanbox: return box(E, i);
    case TCG_OP_unbox:  return unbox(E, i);
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
    case TCG_OP_fcvtis: return to_signed(E, i);
    case TCG_OP_fcvtsi: case TCG_OP_fcvtui: return from_integer(E, i);
    case TCG_OP_frint:  return round_integral(E, i);
    default:            return vectors(E, i);
    }
}
