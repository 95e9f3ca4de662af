/* SPDX-License-Identifier: BSD-2-Clause */
/* Out-of-line integer vector arithmetic. d may be an operand's place, so each lane is read before it is
 * written, and operations across lanes work on copies. */
#include "run/bfloat.h"
#include "run/op-fn.h"

typedef unsigned __int128 U128;

#define FN(name) \
    void tcg_fn_##name(TcgEnv *env, TcgVal *d, const TcgVal *a, const TcgVal *b, const TcgVal *c, uint32_t imm)

/* body is an expression over x, y (unsigned lanes), sx, sy (the same, signed), w (width), n (number). */
#define LANES(count, T, S, u, body) \
    for (unsigned i = 0; i < (count); i++) { \
        const unsigned w = sizeof(T) * 8; \
        const T x = a->u[i], y = b ? b->u[i] : 0; \
        const S sx = (S)x, sy = (S)y; \
        (void)w, (void)y, (void)sx, (void)sy; \
        d->u[i] = (T)(body); \
    }

#define BY_LANE(name, body) \
    FN(name) \
    { \
        const unsigned n = tcg_fn_number(imm); \
        const bool sign = imm & TCG_V_SIGNED; \
        (void)n, (void)sign; \
        switch (TCG_LANE(imm)) { \
        case 0:  LANES(16, uint8_t, int8_t, u8, body) break; \
        case 1:  LANES(8, uint16_t, int16_t, u16, body) break; \
        case 2:  LANES(4, uint32_t, int32_t, u32, body) break; \
        default: LANES(2, uint64_t, int64_t, u64, body) break; \
        } \
    }

/* Whole registers */

#define BITS(name, expr) \
    FN(name) \
    { \
        for (unsigned i = 0; i < 2; i++) { \
            const uint64_t x = a->u64[i], y = b ? b->u64[i] : 0, z = c ? c->u64[i] : 0; \
            (void)y, (void)z; \
            d->u64[i] = (expr); \
        } \
    }
BITS(vand, x & y)
BITS(vor, x | y)
BITS(vxor, x ^ y)
BITS(vandn, x & ~y)
BITS(vorn, x | ~y)
BITS(vnot, ~x)
BITS(vbsl, (x & y) | (~x & z))

/* Lane by lane */

BY_LANE(vadd, x + y)
BY_LANE(vsub, x - y)
BY_LANE(vmul, (uint64_t)x * y)
BY_LANE(vneg, 0 - (uint64_t)x)
BY_LANE(vabs, sx < 0 ? 0 - (uint64_t)x : x)
BY_LANE(vshl, (uint64_t)x << n)
BY_LANE(vshr, n >= w ? 0 : x >> n)
BY_LANE(vsar, sx >> (n >= w ? w - 1 : n))

#define ONES(cond) ((cond) ? ~(uint64_t)0 : 0)
BY_LANE(vcmpeq, ONES(x == y))
BY_LANE(vcmpgt, ONES(sign ? sx > sy : x > y))
BY_LANE(vcmpge, ONES(sign ? sx >= sy : x >= y))
BY_LANE(vtst, ONES(x & y))
BY_LANE(vmin, (sign ? sx < sy : x < y) ? x : y)
BY_LANE(vmax, (sign ? sx > sy : x > y) ? x : y)

static uint64_t shift_by(uint64_t x, int64_t sx, int by, unsigned w, bool sign)
{
    if (by >= 0) {
        return by >= (int)w ? 0 : x << by;
    }
    by = -by;
    if (sign) {
        return (uint64_t)(sx >> (by >= (int)w ? (int)w - 1 : by));
    }
    return by >= (int)w ? 0 : x >> by;
}

BY_LANE(vshlv, shift_by(x, sx, (int8_t)y, w, sign))

/* Sum or difference brought into the range of w bits. */
static uint64_t saturate(__int128 v, unsigned w, bool sign)
{
    const __int128 max = ((__int128)1 << (sign ? w - 1 : w)) - 1, min = sign ? -max - 1 : 0;

    return (uint64_t)(v > max ? max : v < min ? min : v);
}

BY_LANE(vadds, saturate(sign ? (__int128)sx + sy : (__int128)x + y, w, sign))
BY_LANE(vsubs, saturate(sign ? (__int128)sx - sy : (__int128)x - y, w, sign))

static unsigned leading_zeroes(uint64_t x, unsigned w)
{
    return x ? (unsigned)__builtin_clzll(x) - (64 - w) : w;
}

BY_LANE(vclz, leading_zeroes(x, w))

FN(vpopcnt)
{
    for (unsigned i = 0; i < 16; i++) {
        d->u8[i] = (uint8_t)__builtin_popcount(a->u8[i]);
    }
}

FN(vrbit)
{
    for (unsigned i = 0; i < 16; i++) {
        unsigned x = a->u8[i];
        x = (x >> 1 & 0x55) | (x & 0x55) << 1;
        x = (x >> 2 & 0x33) | (x & 0x33) << 2;
        d->u8[i] = (uint8_t)(x >> 4 | x << 4);
    }
}

/* Two lane sizes */

static uint64_t lane(const TcgVal *v, unsigned size, unsigned i, bool sign)
{
    switch (size) {
    case 0:  return sign ? (uint64_t)(int64_t)v->s8[i] : v->u8[i];
    case 1:  return sign ? (uint64_t)(int64_t)v->s16[i] : v->u16[i];
    case 2:  return sign ? (uint64_t)(int64_t)v->s32[i] : v->u32[i];
    default: return v->u64[i];
    }
}

static void set_lane(TcgVal *v, unsigned size, unsigned i, uint64_t x)
{
    switch (size) {
    case 0:  v->u8[i] = (uint8_t)x; break;
    case 1:  v->u16[i] = (uint16_t)x; break;
    case 2:  v->u32[i] = (uint32_t)x; break;
    default: v->u64[i] = x; break;
    }
}

static void widen(TcgVal *d, const TcgVal *a, uint32_t imm, bool sign)
{
    const TcgVal v = *a;
    const unsigned size = TCG_LANE(imm), n = 8u >> size, first = imm & TCG_V_HIGH ? n : 0;

    for (unsigned i = 0; i < n; i++) {
        set_lane(d, size + 1, i, lane(&v, size, first + i, sign));
    }
}

FN(vsxtl)
{
    widen(d, a, imm, true);
}

FN(vzxtl)
{
    widen(d, a, imm, false);
}

FN(vmull)
{
    const TcgVal va = *a, vb = *b;
    const unsigned size = TCG_LANE(imm), n = 8u >> size, first = imm & TCG_V_HIGH ? n : 0;
    const bool sign = imm & TCG_V_SIGNED;

    for (unsigned i = 0; i < n; i++) {
        set_lane(d, size + 1, i, lane(&va, size, first + i, sign) * lane(&vb, size, first + i, sign));
    }
}

FN(vxtn)
{
    const TcgVal v = *a;
    const unsigned size = TCG_LANE(imm);

    d->u64[1] = 0;
    for (unsigned i = 0; i < 8u >> size; i++) {
        set_lane(d, size, i, lane(&v, size + 1, i, false));
    }
}

FN(vxtns)
{
    const TcgVal v = *a;
    const unsigned size = TCG_LANE(imm);
    const bool sign = imm & TCG_V_SIGNED, to_sign = sign && !(imm & TCG_V_TO_UNSIGNED);

    d->u64[1] = 0;
    for (unsigned i = 0; i < 8u >> size; i++) {
        const uint64_t x = lane(&v, size + 1, i, sign);
        set_lane(d, size, i, saturate(sign ? (__int128)(int64_t)x : (__int128)x, 8u << size, to_sign));
    }
}

FN(vdot)
{
    const bool sign_a = imm & TCG_V_SIGNED, sign_b = sign_a || (imm & TCG_V_MIXED);

    for (unsigned i = 0; i < 4; i++) {
        uint32_t sum = c->u32[i];
        for (unsigned j = 4 * i; j < 4 * i + 4; j++) {
            sum += (uint32_t)(lane(a, 0, j, sign_a) * lane(b, 0, j, sign_b));
        }
        d->u32[i] = sum;
    }
}

FN(vbfdot)
{
    for (unsigned i = 0; i < 4; i++) {
        d->u32[i] = tcg_bf_dot(c->u32[i], a->u16 + 2 * i, b->u16 + 2 * i);
    }
}

/* High half of twice the product; its sign bit is right but for the smallest number squared. */
static uint64_t doubled_high(int64_t p, unsigned w, bool round)
{
    return (uint64_t)(((__int128)p * 2 + (round ? (__int128)1 << (w - 1) : 0)) >> w);
}

BY_LANE(vmulhd, doubled_high((int64_t)sx * sy, w, imm & TCG_V_ROUND))
BY_LANE(vavg, ((unsigned __int128)x + y + 1) >> 1)

FN(vpadd)
{
    const TcgVal v[2] = { *a, *b };
    const unsigned size = TCG_LANE(imm), n = 16u >> size;

    for (unsigned i = 0; i < n; i++) {
        const TcgVal *from = &v[2 * i / n];
        const unsigned j = 2 * i % n;
        set_lane(d, size, i, lane(from, size, j, false) + lane(from, size, j + 1, false));
    }
}

FN(vpairl)
{
    const TcgVal v = *a;
    const unsigned size = TCG_LANE(imm);
    const bool sign = imm & TCG_V_SIGNED;

    for (unsigned i = 0; i < 8u >> size; i++) {
        set_lane(d, size + 1, i, lane(&v, size, 2 * i, sign) + lane(&v, size, 2 * i + 1, sign));
    }
}

FN(vaddv)
{
    const unsigned size = TCG_LANE(imm);
    uint64_t sum = 0;

    for (unsigned i = 0; i < 16u >> size; i++) {
        sum += lane(a, size, i, false);
    }
    d->u64[0] = d->u64[1] = 0;
    set_lane(d, size, 0, sum);
}

FN(vmsk)
{
    const unsigned size = 1u << TCG_LANE(imm);
    uint64_t r = 0;

    for (unsigned k = 0; k < 16 / size; k++) {
        r |= (uint64_t)(a->u8[(k + 1) * size - 1] >> 7) << k;
    }
    d->u64[0] = r;
}
