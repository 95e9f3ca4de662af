/* SPDX-License-Identifier: BSD-2-Clause */
/* Helpers of the cryptographic instructions: SHA-512 [FIPS180], SM3 [GB/T 32905], SM4 [GB/T 32907]
 * [ArmARM C7.2 SHA512H ... SM4EKEY]. */
#include "guest/aarch64/insn-simd.h"

#include "run/sm4.h"

#define HELPER(name) \
    void a64_h_##name(TcgEnv *env, TcgVal *d, const TcgVal *a, const TcgVal *b, const TcgVal *c, uint32_t imm)

static uint64_t ror(uint64_t x, unsigned n)
{
    return x >> n | x << (64 - n);
}

static uint32_t rol(uint32_t x, unsigned n)
{
    return x << n | x >> (32 - n);
}

/* SHA-512 */

static uint64_t choose(uint64_t x, uint64_t y, uint64_t z)
{
    return (x & y) ^ (~x & z);
}

static uint64_t majority(uint64_t x, uint64_t y, uint64_t z)
{
    return (x & y) ^ (x & z) ^ (y & z);
}

static uint64_t big_sigma1(uint64_t x)
{
    return ror(x, 14) ^ ror(x, 18) ^ ror(x, 41);
}

static uint64_t big_sigma0(uint64_t x)
{
    return ror(x, 28) ^ ror(x, 34) ^ ror(x, 39);
}

HELPER(sha512h)
{
    const TcgVal w = *a, x = *b, y = *c;
    const uint64_t high = choose(y.u64[1], x.u64[0], x.u64[1]) + big_sigma1(y.u64[1]) + w.u64[1];
    const uint64_t t = high + y.u64[0];

    d->u64[0] = choose(t, y.u64[1], x.u64[0]) + big_sigma1(t) + w.u64[0];
    d->u64[1] = high;
}

HELPER(sha512h2)
{
    const TcgVal w = *a, x = *b, y = *c;
    const uint64_t high = majority(x.u64[0], y.u64[1], y.u64[0]) + big_sigma0(y.u64[0]) + w.u64[1];

    d->u64[0] = majority(high, y.u64[0], y.u64[1]) + big_sigma0(high) + w.u64[0];
    d->u64[1] = high;
}

/* SM3 */

HELPER(sm3ss1)
{
    const uint32_t r = rol(rol(a->u32[3], 12) + b->u32[3] + c->u32[3], 7);

    *d = (TcgVal){ .u32 = { 0, 0, 0, r } };
}

static uint32_t p1(uint32_t x)
{
    return x ^ rol(x, 15) ^ rol(x, 23);
}

HELPER(sm3partw1)
{
    const TcgVal x = *a, n = *b, m = *c;
    TcgVal r;

    for (unsigned i = 0; i < 4; i++) {
        r.u32[i] = p1(x.u32[i] ^ n.u32[i] ^ rol(i < 3 ? m.u32[i + 1] : r.u32[0], 15));
    }
    *d = r;
}

HELPER(sm3partw2)
{
    const TcgVal x = *a;
    TcgVal t;

    for (unsigned i = 0; i < 4; i++) {
        t.u32[i] = b->u32[i] ^ rol(c->u32[i], 7);
    }
    for (unsigned i = 0; i < 4; i++) {
        d->u32[i] = x.u32[i] ^ t.u32[i];
    }
    d->u32[3] ^= p1(rol(t.u32[0], 15));
}

/* The new state from x: t on top, the second word turned by k. */
static void sm3_step(TcgVal *d, TcgVal x, uint32_t t, unsigned k)
{
    *d = (TcgVal){ .u32 = { x.u32[1], rol(x.u32[2], k), x.u32[3], t } };
}

static uint32_t sm3_parity(TcgVal x)
{
    return x.u32[1] ^ x.u32[2] ^ x.u32[3];
}

static void sm3_tt1(TcgVal *d, TcgVal x, uint32_t f, const TcgVal *n, const TcgVal *w)
{
    const uint32_t ss2 = n->u32[3] ^ rol(x.u32[3], 12);

    sm3_step(d, x, f + x.u32[0] + ss2 + w->u32[0], 9);
}

static void sm3_tt2(TcgVal *d, TcgVal x, uint32_t g, const TcgVal *n, const TcgVal *w)
{
    const uint32_t t = g + x.u32[0] + n->u32[3] + w->u32[0];

    sm3_step(d, x, t ^ rol(t, 9) ^ rol(t, 17), 19);
}

HELPER(sm3tt1a)
{
    sm3_tt1(d, *a, sm3_parity(*a), b, c);
}

HELPER(sm3tt1b)
{
    sm3_tt1(d, *a, (uint32_t)majority(a->u32[3], a->u32[2], a->u32[1]), b, c);
}

HELPER(sm3tt2a)
{
    sm3_tt2(d, *a, sm3_parity(*a), b, c);
}

HELPER(sm3tt2b)
{
    sm3_tt2(d, *a, (uint32_t)choose(a->u32[3], a->u32[2], a->u32[1]), b, c);
}

/* SM4 */

HELPER(sm4e)
{
    tcg_sm4_rounds(d, a, b, false);
}

HELPER(sm4ekey)
{
    tcg_sm4_rounds(d, a, b, true);
}
