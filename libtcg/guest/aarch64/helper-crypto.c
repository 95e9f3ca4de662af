/* SPDX-License-Identifier: BSD-2-Clause */
/* Helpers of the cryptographic instructions: SM3 [GB/T 32905], SM4 [GB/T 32907] [ArmARM C7.2 SM3SS1 ... SM4EKEY]. */
#include "guest/aarch64/insn-simd.h"

#include "run/sm4.h"

#define HELPER(name) \
    void a64_h_##name(TcgEnv *env, TcgVal *d, const TcgVal *a, const TcgVal *b, const TcgVal *c, uint32_t imm)

static uint32_t rol(uint32_t x, unsigned n)
{
    return x << n | x >> (32 - n);
}

static uint32_t choose(uint32_t x, uint32_t y, uint32_t z)
{
    return (x & y) ^ (~x & z);
}

static uint32_t majority(uint32_t x, uint32_t y, uint32_t z)
{
    return (x & y) ^ (x & z) ^ (y & z);
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
    sm3_tt1(d, *a, majority(a->u32[3], a->u32[2], a->u32[1]), b, c);
}

HELPER(sm3tt2a)
{
    sm3_tt2(d, *a, sm3_parity(*a), b, c);
}

HELPER(sm3tt2b)
{
    sm3_tt2(d, *a, choose(a->u32[3], a->u32[2], a->u32[1]), b, c);
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
