/* SPDX-License-Identifier: BSD-2-Clause */
/* Integer arithmetic of vectors on SSE4.2 and up. What is not here goes out of line.
 *
 * Where the host has no instruction for a lane size the recipes are short sequences without branches. They write the
 * destination before the operands are all read, so it is never an operand's register. At most six registers are in
 * use: two operands and four others. */
#include "host/x86_64/emit-vec.h"

#define SIGNS 0x8000000080000000u
static const uint8_t padd[4] = { 0xfc, 0xfd, 0xfe, 0xd4 }, psub[4] = { 0xf8, 0xf9, 0xfa, 0xfb };
static const unsigned pcmpeq[4] = { O_66(0x74), O_66(0x75), O_66(0x76), O_66_38(0x29) };
static const unsigned pcmpgt[4] = { O_66(0x64), O_66(0x65), O_66(0x66), O_66_38(0x37) };

static bool is_signed(const TcgIns *i)
{
    return i->aux & TCG_V_SIGNED;
}

static int temporary(Emit *E)
{
    return ra_scratch(E, true);
}

static void release(Emit *E, int reg)
{
    E->lock &= ~(1u << reg);
}

/* The result's register, other than x and y. */
static int define(Emit *E, int x, int y)
{
    return ra_def(E, E->i, 1u << x | 1u << y);
}

static uint64_t sign_of(unsigned lane)
{
    return vec_fill(lane, (uint64_t)1 << ((8u << lane) - 1));
}

/* d := lanes of then where mask is all ones, others of otherwise. d may be then. Uses only d. */
static void choose(Emit *E, int d, int mask, int then, int otherwise)
{
    if (hx86_features & HX_AVX) {
        enc_vex_rr(&E->e, O_66_3A(0x4c), false, false, xr(d), xr(otherwise), xr(then));
        enc8(&E->e, (unsigned)xr(mask) << 4);
        return;
    }
    x_vop(&E->e, O_66(0xef), d, then, otherwise);
    x_vop(&E->e, O_66(0xdb), d, d, mask);
    x_vop(&E->e, O_66(0xef), d, d, otherwise);
}

/* d := all ones where the lane of x (4 or 8 bytes) is negative. */
static void all_signs(Emit *E, unsigned lane, int d, int x)
{
    x_vshift_i(&E->e, 2, 4, d, x, 31);
    if (lane == 3) {
        x_vshuffle(&E->e, O_66(0x70), d, d, 0xf5);
    }
}

/* The low halves' product, and 2^32 times those of a low and a high one. */
static void multiply_64(Emit *E, const TcgIns *i)
{
    Enc *e = &E->e;
    int x = ra_use(E, i->a), y = ra_use(E, i->b);

    if (hx86_features & HX_AVX512) {
        enc_evex_rr(e, O_66_38(0x40), true, xr(ra_def(E, E->i, 0)), xr(x), xr(y), 0);      /* vpmullq */
        return;
    }
    int t = temporary(E), d = define(E, x, y);
    x_vshift_i(e, 3, 2, t, x, 32);
    x_vshift_i(e, 3, 2, d, y, 32);
    x_vop(e, O_66(0xf4), t, t, y);                  /* pmuludq */
    x_vop(e, O_66(0xf4), d, d, x);
    x_vop(e, O_66(padd[3]), t, t, d);
    x_vshift_i(e, 3, 6, t, t, 32);
    x_vop(e, O_66(0xf4), d, x, y);
    x_vop(e, O_66(padd[3]), d, d, t);
}

/* Bytes: the odd ones in place, the even ones apart. */
static void multiply(Emit *E, const TcgIns *i)
{
    unsigned lane = TCG_LANE(i->aux);

    if (lane == 3) {
        multiply_64(E, i);
        return;
    }
    if (lane) {
        em_vec_two(E, lane == 1 ? O_66(0xd5) : O_66_38(0x40), i->a, i->b, true);
        return;
    }
    int x = ra_use(E, i->a), y = ra_use(E, i->b), t = temporary(E), d = define(E, x, y);
    x_vshift_i(&E->e, 1, 2, t, x, 8);
    x_vop_k(E, O_66(0xdb), d, y, 0xff00ff00ff00ff00);
    x_vop(&E->e, O_66(0xd5), t, t, d);
    x_vop(&E->e, O_66(0xd5), d, x, y);
    x_vop_k(E, O_66(0xdb), d, d, 0x00ff00ff00ff00ff);
    x_vop(&E->e, O_66(0xeb), d, d, t);
}

/* Sums and differences that saturate */

/* The sum overflowed if its sign is neither operand's; the difference, if the operands' signs differ and its own is not
 * the first one's. What is right then has the other sign. */
static void saturating_signed(Emit *E, unsigned lane, bool sub, int d, int x, int y)
{
    Enc *e = &E->e;
    int t = temporary(E), u = temporary(E);

    x_vop(e, O_66(sub ? psub[lane] : padd[lane]), d, x, y);
    x_vop(e, O_66(0xef), t, x, d);
    x_vop(e, O_66(0xef), u, y, sub ? x : d);
    x_vop(e, O_66(0xdb), t, t, u);
    all_signs(E, lane, t, t);
    all_signs(E, lane, u, x);
    x_vop_k(E, O_66(0xef), u, u, ~sign_of(lane));
    choose(E, u, t, u, d);
    x_vmov(e, d, u);
}

static void saturating_unsigned(Emit *E, unsigned lane, bool sub, int d, int x, int y)
{
    Enc *e = &E->e;
    int t = temporary(E);

    if (lane == 2) {
        if (sub) {
            x_vop(e, O_66_38(0x3f), d, x, y);       /* pmaxud */
            x_vop(e, O_66(0xfa), d, d, y);
        } else {
            x_vop_k(E, O_66(0xef), t, x, ~(uint64_t)0);
            x_vop(e, O_66_38(0x3b), t, t, y);       /* pminud */
            x_vop(e, O_66(0xfe), d, x, t);
        }
        return;
    }
    int u = temporary(E);
    x_vop(e, O_66(sub ? 0xfb : 0xd4), d, x, y);
    x_vop_k(E, O_66(0xef), t, sub ? y : x, (uint64_t)1 << 63);
    x_vop_k(E, O_66(0xef), u, sub ? x : d, (uint64_t)1 << 63);
    x_vop(e, pcmpgt[3], t, t, u);                   /* y > x, or x > sum */
    if (sub) {
        x_vop(e, O_66(0xdf), t, t, d);
        x_vmov(e, d, t);
    } else {
        x_vop(e, O_66(0xeb), d, d, t);
    }
}

static void saturating(Emit *E, const TcgIns *i)
{
    static const uint8_t opc[2][2][2] = { { { 0xdc, 0xdd }, { 0xec, 0xed } }, { { 0xd8, 0xd9 }, { 0xe8, 0xe9 } } };
    unsigned lane = TCG_LANE(i->aux);
    bool sub = i->op == TCG_OP_vsubs;

    if (lane < 2) {
        em_vec_two(E, O_66(opc[sub][is_signed(i)][lane]), i->a, i->b, !sub);
        return;
    }
    int x = ra_use(E, i->a), y = ra_use(E, i->b), d = define(E, x, y);
    (is_signed(i) ? saturating_signed : saturating_unsigned)(E, lane, sub, d, x, y);
}

/* Shifts by an immediate */

/* Bytes are shifted as words, without what comes over from the neighbour. An arithmetic shift is a logical one with
 * the sign bit's new place made to borrow. */
static void shift(Emit *E, const TcgIns *i)
{
    unsigned lane = TCG_LANE(i->aux), width = 8u << lane, n = i->b;
    bool left = i->op == TCG_OP_vshl, arithmetic = i->op == TCG_OP_vsar;
    int x = ra_use(E, i->a);

    ra_drop(E, i->a);
    int d = ra_def(E, E->i, 0);
    n = arithmetic && n == width ? width - 1 : n;
    if (lane != 0 && !(lane == 3 && arithmetic)) {
        x_vshift_i(&E->e, lane, left ? 6 : arithmetic ? 4 : 2, d, x, n);
        return;
    }
    if (lane == 3 && (hx86_features & HX_AVX512)) {
        enc_evex_rr(&E->e, O_66(0x72), true, 4, xr(d), xr(x), 0);          /* vpsraq */
        enc8(&E->e, n);
        return;
    }
    x_vshift_i(&E->e, lane ? 3 : 1, left ? 6 : 2, d, x, n);
    if (lane == 0) {
        x_vop_k(E, O_66(0xdb), d, d, vec_fill(0, left ? 0xffu << n : 0xffu >> n));
    }
    if (arithmetic) {
        uint64_t sign = lane ? ((uint64_t)1 << 63) >> n : vec_fill(0, 0x80u >> n);
        x_vop_k(E, O_66(0xef), d, d, sign);
        x_vop_k(E, O_66(psub[lane]), d, d, sign);
    }
}

/* Shifts by a register: the signed low byte of each lane, to the right if negative. Counts of the width and more give
 * zeroes, or signs. */

/* Lanes of 4 or 8 bytes; counts are in the low bytes, what is above does not matter. */
static void shift_by_lanes(Emit *E, unsigned lane, bool sign, int d, int x, int y, int t, int u)
{
    Enc *e = &E->e;
    bool w = lane == 3;

    x_vop_k(E, O_66(0xdb), t, y, vec_fill(lane, 0xff));
    x_vload_k(E, u, 0, 0);
    x_vop(e, O_66(psub[lane]), u, u, y);
    x_vop_k(E, O_66(0xdb), u, u, vec_fill(lane, 0xff));
    enc_vex_rr(e, O_66_38(0x47), w, false, xr(t), xr(x), xr(t));           /* vpsllv */
    if (!sign) {
        enc_vex_rr(e, O_66_38(0x45), w, false, xr(u), xr(x), xr(u));       /* vpsrlv */
        x_vop(e, O_66(0xeb), d, t, u);
        return;
    }
    if (!w) {
        enc_vex_rr(e, O_66_38(0x46), false, false, xr(u), xr(x), xr(u));   /* vpsravd */
    } else if (hx86_features & HX_AVX512) {
        enc_evex_rr(e, O_66_38(0x46), true, xr(u), xr(x), xr(u), 0);       /* vpsravq */
    } else {
        /* x ^ s, s being its signs, is not negative and shifts zeroes in */
        int v = temporary(E);
        x_vload_k(E, d, 0, 0);
        x_vop(e, pcmpgt[3], d, d, x);
        x_vop(e, O_66(0xef), v, x, d);
        enc_vex_rr(e, O_66_38(0x45), true, false, xr(v), xr(v), xr(u));
        x_vop(e, O_66(0xef), u, v, d);
        release(E, v);
    }
    x_vshift_i(e, lane, 6, d, y, (8u << lane) - 8);
    enc_vex_rr(e, O_66_3A(0x4a + w), false, false, xr(d), xr(t), xr(u));   /* vblendvps: the byte's sign takes u */
    enc8(e, (unsigned)xr(d) << 4);
}

static void shift_by_words(Emit *E, bool sign, int d, int x, int y, int t, int u)
{
    Enc *e = &E->e;

    x_vop_k(E, O_66(0xdb), t, y, 0x00ff00ff00ff00ff);
    x_vload_k(E, u, 0, 0);
    x_vop(e, O_66(psub[1]), u, u, y);
    x_vop_k(E, O_66(0xdb), u, u, 0x00ff00ff00ff00ff);
    enc_evex_rr(e, O_66_38(0x12), true, xr(t), xr(x), xr(t), 0);           /* vpsllvw */
    enc_evex_rr(e, O_66_38(sign ? 0x11 : 0x10), true, xr(u), xr(x), xr(u), 0);     /* vpsravw, vpsrlvw */
    if (!sign) {
        x_vop(e, O_66(0xeb), d, t, u);
        return;
    }
    x_vshift_i(e, 1, 6, d, y, 8);
    x_vshift_i(e, 1, 4, d, d, 15);
    choose(E, d, d, u, t);
}

/* Even words, then odd ones, as lanes of 4 bytes. If both operands take scratch registers, there is none for the odd
 * words' counts: they are where y is, which comes back from memory. */
static void shift_by_halves(Emit *E, bool sign, int d, int x, int y, int t, int u)
{
    Enc *e = &E->e;
    Mem even = mem_thread(args[0]), kept = mem_thread(args[1]);
    const bool in_place = x < XMM0 + SCRATCH_XMMS && y < XMM0 + SCRATCH_XMMS && x != y;
    int v = temporary(E), n = in_place ? y : temporary(E);

    x_vshift_i(e, 2, 6, v, x, 16);
    x_vshift_i(e, 2, sign ? 4 : 2, v, v, 16);
    shift_by_lanes(E, 2, sign, d, v, y, t, u);
    x_vstore(e, TCG_V128, d, even);
    if (in_place) {
        x_vstore(e, TCG_V128, y, kept);
    }
    x_vshift_i(e, 2, sign ? 4 : 2, v, x, 16);
    x_vshift_i(e, 2, 2, n, y, 16);
    shift_by_lanes(E, 2, sign, d, v, n, t, u);
    if (in_place) {
        x_vload(e, TCG_V128, y, kept);
    }
    x_vshift_i(e, 2, 6, d, d, 16);
    x_vop_m(e, O_66_3A(0x0e), d, d, even, 1);       /* pblendw */
    enc8(e, 0x55);
}

/* Bytes: a shift by k, -8 to 8, is a multiplication by 2^(8 + k) as words, of which the second byte is the result. */
static void shift_by_bytes(Emit *E, bool sign, int d, int x, int y, int t, int u)
{
    Enc *e = &E->e;
    int v = temporary(E);

    x_vop_k(E, O_66_38(0x3c), d, y, 0xf8f8f8f8f8f8f8f8);                   /* pmaxsb */
    x_vop_k(E, O_66_38(0x38), d, d, 0x0808080808080808);                   /* pminsb */
    x_vop_k(E, O_66(0xfc), d, d, 0x0808080808080808);
    x_vop_k(E, O_66(0xdc), d, d, 0x7070707070707070);                      /* 16: bit 7, the power is 0 */
    x_vload_k(E, t, 0x8040201008040201, 0);
    x_vop(e, O_66_38(0x00), t, t, d);               /* low bytes of the powers */
    x_vload_k(E, u, 0, 0x8040201008040201);
    x_vop(e, O_66_38(0x00), u, u, d);               /* high bytes */
    x_vop_k(E, O_66(0xdb), v, t, 0x00ff00ff00ff00ff);
    x_vshift_i(e, 1, 6, d, u, 8);
    x_vop(e, O_66(0xeb), v, v, d);                  /* powers for the even bytes */
    x_vshift_i(e, 1, 6, d, x, 8);
    x_vshift_i(e, 1, sign ? 4 : 2, d, d, 8);
    x_vop(e, O_66(0xd5), v, v, d);
    x_vshift_i(e, 1, 2, v, v, 8);
    x_vshift_i(e, 1, 2, t, t, 8);
    x_vop_k(E, O_66(0xdb), u, u, 0xff00ff00ff00ff00);
    x_vop(e, O_66(0xeb), t, t, u);                  /* and for the odd ones */
    x_vshift_i(e, 1, sign ? 4 : 2, d, x, 8);
    x_vop(e, O_66(0xd5), d, d, t);
    x_vop_k(E, O_66(0xdb), d, d, 0xff00ff00ff00ff00);
    x_vop(e, O_66(0xeb), d, d, v);
}

static bool shift_by(Emit *E, const TcgIns *i)
{
    unsigned lane = TCG_LANE(i->aux);
    bool halves = lane == 1 && !(hx86_features & HX_AVX512);

    if (lane && !(hx86_features & HX_AVX2)) {
        return false;
    }
    int x = ra_use(E, i->a), y = ra_use(E, i->b);
    int t = temporary(E), u = temporary(E), d = define(E, x, y);
    if (lane >= 2) {
        shift_by_lanes(E, lane, is_signed(i), d, x, y, t, u);
    } else {
        (lane == 0 ? shift_by_bytes : halves ? shift_by_halves : shift_by_words)(E, is_signed(i), d, x, y, t, u);
    }
    return true;
}

/* Comparison */

/* Unsigned numbers compare as signed ones with the sign bit flipped; a >= b is max(a, b) == a, or not b > a. */
static void compare(Emit *E, const TcgIns *i)
{
    static const unsigned max[2][3] = { { O_66(0xde), O_66_38(0x3e), O_66_38(0x3f) },
                                        { O_66_38(0x3c), O_66(0xee), O_66_38(0x3d) } };
    unsigned lane = TCG_LANE(i->aux);
    bool sign = is_signed(i), ge = i->op == TCG_OP_vcmpge;
    Enc *e = &E->e;

    if (sign && !ge) {
        em_vec_two(E, pcmpgt[lane], i->a, i->b, false);
        return;
    }
    int x = ra_use(E, i->a), y = ra_use(E, i->b);
    if (ge && lane < 3) {
        int d = define(E, x, y);
        x_vop(e, max[sign][lane], d, x, y);
        x_vop(e, pcmpeq[lane], d, d, x);
        return;
    }
    int t = temporary(E), d = define(E, x, y);
    int first = ge ? y : x, second = ge ? x : y;
    if (sign) {
        x_vop(e, pcmpgt[lane], d, first, second);
    } else {
        x_vop_k(E, O_66(0xef), t, second, sign_of(lane));
        x_vop_k(E, O_66(0xef), d, first, sign_of(lane));
        x_vop(e, pcmpgt[lane], d, d, t);
    }
    if (ge) {
        x_vop_k(E, O_66(0xef), d, d, ~(uint64_t)0);
    }
}

static void test_bits(Emit *E, const TcgIns *i)
{
    int x = ra_use(E, i->a), y = ra_use(E, i->b), t = temporary(E), d = define(E, x, y);

    x_vop(&E->e, O_66(0xdb), d, x, y);
    x_vload_k(E, t, 0, 0);
    x_vop(&E->e, pcmpeq[TCG_LANE(i->aux)], d, d, t);
    x_vop_k(E, O_66(0xef), d, d, ~(uint64_t)0);
}

/* Lanes of 8 bytes, which only AVX-512 has: chosen by a comparison. */
static void min_max_64(Emit *E, const TcgIns *i)
{
    static const uint8_t opc[2][2] = { { 0x3b, 0x39 }, { 0x3f, 0x3d } };    /* vpminuq, vpminsq, vpmaxuq, vpmaxsq */
    const bool max = i->op == TCG_OP_vmax, sign = is_signed(i);
    int x = ra_use(E, i->a), y = ra_use(E, i->b);
    Enc *e = &E->e;

    if (hx86_features & HX_AVX512) {
        enc_evex_rr(e, O_66_38(opc[max][sign]), true, xr(ra_def(E, E->i, 0)), xr(x), xr(y), 0);
        return;
    }
    int t = temporary(E), d = define(E, x, y);
    if (sign) {
        x_vop(e, pcmpgt[3], t, x, y);
    } else {
        x_vop_k(E, O_66(0xef), d, y, sign_of(3));
        x_vop_k(E, O_66(0xef), t, x, sign_of(3));
        x_vop(e, pcmpgt[3], t, t, d);
    }
    choose(E, d, t, max ? x : y, max ? y : x);
}

static void min_max(Emit *E, const TcgIns *i)
{
    static const unsigned opc[2][2][3] = {
        { { O_66(0xda), O_66_38(0x3a), O_66_38(0x3b) }, { O_66_38(0x38), O_66(0xea), O_66_38(0x39) } },
        { { O_66(0xde), O_66_38(0x3e), O_66_38(0x3f) }, { O_66_38(0x3c), O_66(0xee), O_66_38(0x3d) } },
    };
    unsigned lane = TCG_LANE(i->aux);

    if (lane == 3) {
        min_max_64(E, i);
        return;
    }
    em_vec_two(E, opc[i->op == TCG_OP_vmax][is_signed(i)][lane], i->a, i->b, true);
}

/* One operand */

static void negate(Emit *E, const TcgIns *i)
{
    int x = ra_use(E, i->a), d = define(E, x, x);

    x_vload_k(E, d, 0, 0);
    x_vop(&E->e, O_66(psub[TCG_LANE(i->aux)]), d, d, x);
}

static void absolute(Emit *E, const TcgIns *i)
{
    unsigned lane = TCG_LANE(i->aux);
    int x = ra_use(E, i->a);

    if (lane < 3) {
        int d = ra_def(E, E->i, 0);
        enc_rr(&E->e, O_66_38(0x1c + lane), false, xr(d), xr(x), false);   /* pabsb, pabsw, pabsd */
        return;
    }
    int t = temporary(E), d = define(E, x, x);
    x_vload_k(E, t, 0, 0);
    x_vop(&E->e, pcmpgt[3], t, t, x);
    x_vop(&E->e, O_66(0xef), d, x, t);
    x_vop(&E->e, O_66(0xfb), d, d, t);
}

/* Each byte's halves look up two tables of 16 bytes; op joins what they give. */
static void by_nibbles(Emit *E, unsigned op, int d, int x, const uint64_t low[2], const uint64_t high[2])
{
    Enc *e = &E->e;
    int t = temporary(E), u = temporary(E);

    x_vload_k(E, t, low[0], low[1]);
    x_vop_k(E, O_66(0xdb), d, x, 0x0f0f0f0f0f0f0f0f);
    x_vop(e, O_66_38(0x00), t, t, d);
    x_vshift_i(e, 1, 2, d, x, 4);
    x_vop_k(E, O_66(0xdb), d, d, 0x0f0f0f0f0f0f0f0f);
    x_vload_k(E, u, high[0], high[1]);
    x_vop(e, O_66_38(0x00), u, u, d);
    x_vop(e, O_66(op), d, t, u);
    release(E, t);
    release(E, u);
}

static void count_bits(Emit *E, const TcgIns *i)
{
    static const uint64_t table[2] = { 0x0302020102010100, 0x0403030203020201 };
    int x = ra_use(E, i->a);

    by_nibbles(E, 0xfc, define(E, x, x), x, table, table);
}

static void reverse_bits(Emit *E, const TcgIns *i)
{
    static const uint64_t low[2] = { 0xe060a020c0408000, 0xf070b030d0509010 };
    static const uint64_t high[2] = { 0x0e060a020c040800, 0x0f070b030d050901 };
    int x = ra_use(E, i->a);

    by_nibbles(E, 0xeb, define(E, x, x), x, low, high);
}

/* Of bytes: the smaller of what the lower half says if the upper one is zero, and of what the upper one says. Of wider
 * lanes: the upper half's, plus the lower half's if the upper one is all zeroes. */
static void leading_zeroes(Emit *E, const TcgIns *i)
{
    static const uint64_t low[2] = { 0x0505050506060708, 0x0404040404040404 };
    static const uint64_t high[2] = { 0x01010101020203ff, 0 };
    unsigned lane = TCG_LANE(i->aux);
    int x = ra_use(E, i->a);

    if (lane >= 2 && (hx86_features & HX_AVX512)) {
        enc_evex_rr(&E->e, O_66_38(0x44), lane == 3, xr(ra_def(E, E->i, 0)), 0, xr(x), 0);     /* vplzcnt */
        return;
    }
    int d = define(E, x, x);
    by_nibbles(E, 0xda, d, x, low, high);           /* pminub */
    if (lane) {
        int t = temporary(E);
        for (unsigned k = 0; k < lane; k++) {
            unsigned w = 8u << k;
            x_vop_k(E, pcmpeq[k], t, d, vec_fill(k, w));
            x_vshift_i(&E->e, k + 1, 2, t, t, w);
            x_vop(&E->e, O_66(0xdb), t, t, d);
            x_vshift_i(&E->e, k + 1, 2, d, d, w);
            x_vop(&E->e, O_66(padd[k + 1]), d, d, t);
        }
    }
}

/* Saturating narrowing: the host's instructions take signed lanes, so unsigned ones are limited first. */
static void narrow_words(Emit *E, const TcgIns *i, unsigned lane)
{
    static const unsigned pack[2][2] = { { O_66(0x67), O_66(0x63) }, { O_66_38(0x2b), O_66(0x6b) } };
    bool to_signed = is_signed(i) && !(i->aux & TCG_V_TO_UNSIGNED);
    int x = ra_use(E, i->a), t = temporary(E), d = ra_def(E, E->i, 1u << t);

    if (!is_signed(i)) {
        x_vop_k(E, lane ? O_66_38(0x3b) : O_66_38(0x3a), d, x, vec_fill(lane + 1, lane ? 0xffff : 0xff));
        x = d;
    }
    x_vload_k(E, t, 0, 0);
    x_vop(&E->e, pack[lane][to_signed], d, x, t);
}

/* From 64 to 32 bits: what is above the maximum, then what is below the minimum. */
static void narrow_longs(Emit *E, const TcgIns *i)
{
    Enc *e = &E->e;
    bool to_signed = is_signed(i) && !(i->aux & TCG_V_TO_UNSIGNED);
    uint64_t max = to_signed ? 0x7fffffff : 0xffffffff;
    int x = ra_use(E, i->a), t = temporary(E), u = temporary(E), d = define(E, x, x);

    if (!is_signed(i)) {
        x_vshift_i(e, 3, 2, t, x, 32);
        x_vload_k(E, u, 0, 0);
        x_vop(e, O_66(0x76), t, t, u);
        x_vop_k(E, O_66(0xef), t, t, ~(uint64_t)0);
        x_vop(e, O_66(0xeb), d, x, t);
    } else {
        x_vload_k(E, t, max, max);
        x_vop(e, O_66(0xef), u, x, t);
        x_vmov(e, d, x);
        x_vop_k(E, pcmpgt[3], d, d, max);
        x_vop(e, O_66(0xdb), u, u, d);
        x_vop(e, O_66(0xef), d, x, u);
        if (to_signed) {
            x_vload_k(E, t, 0xffffffff80000000, 0xffffffff80000000);
            x_vop(e, O_66(0xef), u, d, t);
            x_vop(e, pcmpgt[3], t, t, d);
            x_vop(e, O_66(0xdb), u, u, t);
            x_vop(e, O_66(0xef), d, d, u);
        } else {
            all_signs(E, 3, t, d);
            x_vop(e, O_66(0xdf), t, t, d);
            x_vmov(e, d, t);
        }
    }
    x_vshuffle(e, O_66(0x70), d, d, 0x08);
    enc_rr(e, O_F3(0x7e), false, xr(d), xr(d), false);
}

/* Products */

/* Low or high halves of the lanes as products of twice the size. */
static void multiply_long(Emit *E, const TcgIns *i)
{
    unsigned lane = TCG_LANE(i->aux);
    bool sign = is_signed(i), high = i->aux & TCG_V_HIGH;
    Enc *e = &E->e;
    int x = ra_use(E, i->a), y = ra_use(E, i->b), t = temporary(E), d = define(E, x, y);

    if (lane == 1) {
        x_vop(e, O_66(sign ? 0xe5 : 0xe4), t, x, y);                       /* pmulhw, pmulhuw */
        x_vop(e, O_66(0xd5), d, x, y);
        x_vop(e, O_66(high ? 0x69 : 0x61), d, d, t);
        return;
    }
    if (lane == 2) {
        x_vshuffle(e, O_66(0x70), t, x, high ? 0xfa : 0x50);
        x_vshuffle(e, O_66(0x70), d, y, high ? 0xfa : 0x50);
        x_vop(e, sign ? O_66_38(0x28) : O_66(0xf4), d, d, t);
        return;
    }
    const int from[2] = { x, y }, to[2] = { t, d };
    for (unsigned k = 0; k < 2; k++) {
        int r = from[k];
        if (high) {
            x_vshuffle(e, O_66(0x70), to[k], r, 0xee);
            r = to[k];
        }
        enc_rr(e, O_66_38(sign ? 0x20 : 0x30), false, xr(to[k]), xr(r), false);
    }
    x_vop(e, O_66(0xd5), d, d, t);
}

/* Twice the product, high half; with rounding, half a unit is added first. */
static void multiply_high(Emit *E, const TcgIns *i)
{
    bool round = i->aux & TCG_V_ROUND;
    Enc *e = &E->e;

    if (TCG_LANE(i->aux) == 1 && round) {
        em_vec_two(E, O_66_38(0x0b), i->a, i->b, true);                    /* pmulhrsw */
        return;
    }
    int x = ra_use(E, i->a), y = ra_use(E, i->b), t = temporary(E), d = define(E, x, y);
    if (TCG_LANE(i->aux) == 1) {
        x_vop(e, O_66(0xd5), t, x, y);
        x_vop(e, O_66(0xe5), d, x, y);
        x_vshift_i(e, 1, 2, t, t, 15);
        x_vop(e, O_66(padd[1]), d, d, d);
        x_vop(e, O_66(0xeb), d, d, t);
        return;
    }
    int u = temporary(E);
    x_vshift_i(e, 3, 2, t, x, 32);
    x_vshift_i(e, 3, 2, d, y, 32);
    x_vop(e, O_66_38(0x28), t, t, d);               /* odd lanes */
    x_vop(e, O_66_38(0x28), u, x, y);
    x_vop(e, O_66(padd[3]), t, t, t);
    x_vop(e, O_66(padd[3]), u, u, u);
    if (round) {
        x_vop_k(E, O_66(padd[3]), t, t, 0x80000000);
        x_vop_k(E, O_66(padd[3]), u, u, 0x80000000);
    }
    x_vshift_i(e, 3, 2, u, u, 32);
    x_vop(e, O_66_3A(0x0e), d, u, t);
    enc8(e, 0xcc);
}

/* Even bytes and odd ones apart, as words, so that PMADDWD adds the four products of a lane in two. */
static void dot_product(Emit *E, const TcgIns *i)
{
    const bool sign[2] = { is_signed(i), is_signed(i) || (i->aux & TCG_V_MIXED) };
    Enc *e = &E->e;
    int r[2] = { ra_use(E, i->a), ra_use(E, i->b) }, half[2];
    Opnd c = ra_opnd(E, i->c, true, false);
    int t = temporary(E), u = temporary(E);
    int d = ra_def(E, E->i, 1u << r[0] | 1u << r[1] | (c.kind == OP_REG ? 1u << c.reg : 0));

    half[0] = t;
    half[1] = u;
    for (unsigned k = 0; k < 2; k++) {
        x_vshift_i(e, 1, sign[k] ? 4 : 2, half[k], r[k], 8);
    }
    x_vop(e, O_66(0xf5), d, t, u);                  /* pmaddwd */
    for (unsigned k = 0; k < 2; k++) {
        if (sign[k]) {
            x_vshift_i(e, 1, 6, half[k], r[k], 8);
            x_vshift_i(e, 1, 4, half[k], half[k], 8);
        } else {
            x_vop_k(E, O_66(0xdb), half[k], r[k], 0x00ff00ff00ff00ff);
        }
    }
    x_vop(e, O_66(0xf5), t, t, u);
    x_vop(e, O_66(0xfe), d, d, t);
    x_vop_o(e, O_66(0xfe), d, d, &c, 0);
}

/* Neighbours, and all lanes */

static void average(Emit *E, const TcgIns *i)
{
    unsigned lane = TCG_LANE(i->aux);

    if (lane < 2) {
        em_vec_two(E, O_66(lane ? 0xe3 : 0xe0), i->a, i->b, true);
        return;
    }
    int x = ra_use(E, i->a), y = ra_use(E, i->b), t = temporary(E), d = define(E, x, y);
    x_vop(&E->e, O_66(0xef), t, x, y);
    x_vop(&E->e, O_66(0xeb), d, x, y);
    x_vshift_i(&E->e, lane, 2, t, t, 1);
    x_vop(&E->e, O_66(psub[lane]), d, d, t);
}

static void pairs(Emit *E, const TcgIns *i)
{
    unsigned lane = TCG_LANE(i->aux);
    Enc *e = &E->e;

    if (lane == 1 || lane == 2) {
        em_vec_two(E, O_66_38(lane), i->a, i->b, false);                   /* phaddw, phaddd */
        return;
    }
    int x = ra_use(E, i->a), y = ra_use(E, i->b), t = temporary(E), d = define(E, x, y);
    if (lane == 3) {
        x_vop(e, O_66(0x6c), t, x, y);
        x_vop(e, O_66(0x6d), d, x, y);
        x_vop(e, O_66(padd[3]), d, d, t);
        return;
    }
    const int from[2] = { x, y }, to[2] = { d, t };
    for (unsigned k = 0; k < 2; k++) {
        x_vshift_i(e, 1, 2, to[k], from[k], 8);
        x_vop(e, O_66(padd[0]), to[k], to[k], from[k]);
        x_vop_k(E, O_66(0xdb), to[k], to[k], 0x00ff00ff00ff00ff);
    }
    x_vop(e, O_66(0x67), d, d, t);
}

/* Sums of neighbours. Signed words of 4 bytes are made unsigned, which adds 2^32 to a sum. */
static void pair_sums(Emit *E, const TcgIns *i)
{
    unsigned lane = TCG_LANE(i->aux);
    bool sign = is_signed(i);
    Enc *e = &E->e;
    int x = ra_use(E, i->a), t = temporary(E), d = define(E, x, x);

    if (lane == 0 && sign) {
        x_vload_k(E, d, 0x0101010101010101, 0x0101010101010101);
        x_vop(e, O_66_38(0x04), d, d, x);           /* pmaddubsw: unsigned times signed */
    } else if (lane == 0) {
        x_vop_k(E, O_66_38(0x04), d, x, 0x0101010101010101);
    } else if (lane == 1 && sign) {
        x_vop_k(E, O_66(0xf5), d, x, 0x0001000100010001);
    } else {
        if (sign) {
            x_vop_k(E, O_66(0xef), d, x, sign_of(2));
            x = d;
        }
        x_vshift_i(e, lane + 1, 2, t, x, 8u << lane);
        x_vop_k(E, O_66(0xdb), d, x, lane == 1 ? 0x0000ffff0000ffff : 0xffffffff);
        x_vop(e, O_66(padd[lane + 1]), d, d, t);
        if (sign) {
            x_vop_k(E, O_66(psub[3]), d, d, (uint64_t)1 << 32);
        }
    }
}

/* The lanes' sign bits to an integer. */
static void sign_bits(Emit *E, const TcgIns *i)
{
    static const unsigned opc[4] = { O_66(0xd7), O_66(0xd7), O_0F(0x50), O_66(0x50) };
    const unsigned lane = TCG_LANE(i->aux);
    int x = ra_use(E, i->a);

    if (lane == 1) {
        int t = temporary(E);
        x_vop(&E->e, O_66(0x63), t, x, x);          /* packsswb: 16 bits, twice the eight */
        x = t;
    }
    int d = ra_def(E, E->i, 0);
    enc_rr(&E->e, opc[lane], false, d, xr(x), false);
    if (lane == 1) {
        enc_rr(&E->e, O_0F(0xb6), false, d, d, true);
    }
}

static void sum(Emit *E, const TcgIns *i)
{
    unsigned lane = TCG_LANE(i->aux);
    Enc *e = &E->e;
    int x = ra_use(E, i->a), t = temporary(E), d = define(E, x, x);

    switch (lane) {
    case 0:
        x_vload_k(E, t, 0, 0);
        x_vop(e, O_66(0xf6), d, x, t);              /* psadbw: two sums */
        break;
    case 1:
        x_vop_k(E, O_66(0xf5), d, x, 0x0001000100010001);
        break;
    default:
        x_vmov(e, d, x);
        break;
    }
    x_vshuffle(e, O_66(0x70), t, d, 0x4e);
    x_vop(e, O_66(padd[lane == 3 ? 3 : 2]), d, d, t);
    if (lane == 1 || lane == 2) {
        x_vshuffle(e, O_66(0x70), t, d, 0xb1);
        x_vop(e, O_66(padd[2]), d, d, t);
    }
    x_vop_kk(E, O_66(0xdb), d, d, lane == 3 ? ~(uint64_t)0 : ((uint64_t)1 << (8u << lane)) - 1, 0);
}

bool em_vec_int(Emit *E, const TcgIns *i)
{
    unsigned lane = TCG_LANE(i->aux);

    switch (i->op) {
    case TCG_OP_vadd:   em_vec_two(E, O_66(padd[lane]), i->a, i->b, true); return true;
    case TCG_OP_vsub:   em_vec_two(E, O_66(psub[lane]), i->a, i->b, false); return true;
    case TCG_OP_vmul:   multiply(E, i); return true;
    case TCG_OP_vadds: case TCG_OP_vsubs: saturating(E, i); return true;
    case TCG_OP_vneg:   negate(E, i); return true;
    case TCG_OP_vabs:   absolute(E, i); return true;
    case TCG_OP_vshl: case TCG_OP_vshr: case TCG_OP_vsar: shift(E, i); return true;
    case TCG_OP_vshlv:  return shift_by(E, i);
    case TCG_OP_vcmpeq: em_vec_two(E, pcmpeq[lane], i->a, i->b, true); return true;
    case TCG_OP_vcmpgt: case TCG_OP_vcmpge: compare(E, i); return true;
    case TCG_OP_vtst:   test_bits(E, i); return true;
    case TCG_OP_vmin: case TCG_OP_vmax: min_max(E, i); return true;
    case TCG_OP_vxtns:
        if (lane < 2) {
            narrow_words(E, i, lane);
        } else {
            narrow_longs(E, i);
        }
        return true;
    case TCG_OP_vpopcnt: count_bits(E, i); return true;
    case TCG_OP_vclz:   leading_zeroes(E, i); return true;
    case TCG_OP_vrbit:  reverse_bits(E, i); return true;
    case TCG_OP_vmull:  multiply_long(E, i); return true;
    case TCG_OP_vmulhd: multiply_high(E, i); return true;
    case TCG_OP_vdot:   dot_product(E, i); return true;
    case TCG_OP_vavg:   average(E, i); return true;
    case TCG_OP_vpadd:  pairs(E, i); return true;
    case TCG_OP_vpairl: pair_sums(E, i); return true;
    case TCG_OP_vaddv:  sum(E, i); return true;
    case TCG_OP_vmsk:   sign_bits(E, i); return true;
    default:            return false;
    }
}
