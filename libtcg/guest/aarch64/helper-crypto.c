/* SPDX-License-Identifier: BSD-2-Clause */
/* Helpers of the cryptographic instructions: SHA-512 [FIPS180], SM3 [GB/T 32905], SM4 [GB/T 32907]
 * [ArmARM C7.2 SHA512H ... SM4EKEY]. */
#include "guest/aarch64/insn-simd.h"

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

/* SM4. The S-box is A inv(A x + d3) + d3 over GF(2^8) modulo x^8 + x^7 + x^6 + x^5 + x^4 + x^2 + 1. */

static const uint8_t sm4_sbox[256] = {
    0xd6, 0x90, 0xe9, 0xfe, 0xcc, 0xe1, 0x3d, 0xb7, 0x16, 0xb6, 0x14, 0xc2, 0x28, 0xfb, 0x2c, 0x05,
    0x2b, 0x67, 0x9a, 0x76, 0x2a, 0xbe, 0x04, 0xc3, 0xaa, 0x44, 0x13, 0x26, 0x49, 0x86, 0x06, 0x99,
    0x9c, 0x42, 0x50, 0xf4, 0x91, 0xef, 0x98, 0x7a, 0x33, 0x54, 0x0b, 0x43, 0xed, 0xcf, 0xac, 0x62,
    0xe4, 0xb3, 0x1c, 0xa9, 0xc9, 0x08, 0xe8, 0x95, 0x80, 0xdf, 0x94, 0xfa, 0x75, 0x8f, 0x3f, 0xa6,
    0x47, 0x07, 0xa7, 0xfc, 0xf3, 0x73, 0x17, 0xba, 0x83, 0x59, 0x3c, 0x19, 0xe6, 0x85, 0x4f, 0xa8,
    0x68, 0x6b, 0x81, 0xb2, 0x71, 0x64, 0xda, 0x8b, 0xf8, 0xeb, 0x0f, 0x4b, 0x70, 0x56, 0x9d, 0x35,
    0x1e, 0x24, 0x0e, 0x5e, 0x63, 0x58, 0xd1, 0xa2, 0x25, 0x22, 0x7c, 0x3b, 0x01, 0x21, 0x78, 0x87,
    0xd4, 0x00, 0x46, 0x57, 0x9f, 0xd3, 0x27, 0x52, 0x4c, 0x36, 0x02, 0xe7, 0xa0, 0xc4, 0xc8, 0x9e,
    0xea, 0xbf, 0x8a, 0xd2, 0x40, 0xc7, 0x38, 0xb5, 0xa3, 0xf7, 0xf2, 0xce, 0xf9, 0x61, 0x15, 0xa1,
    0xe0, 0xae, 0x5d, 0xa4, 0x9b, 0x34, 0x1a, 0x55, 0xad, 0x93, 0x32, 0x30, 0xf5, 0x8c, 0xb1, 0xe3,
    0x1d, 0xf6, 0xe2, 0x2e, 0x82, 0x66, 0xca, 0x60, 0xc0, 0x29, 0x23, 0xab, 0x0d, 0x53, 0x4e, 0x6f,
    0xd5, 0xdb, 0x37, 0x45, 0xde, 0xfd, 0x8e, 0x2f, 0x03, 0xff, 0x6a, 0x72, 0x6d, 0x6c, 0x5b, 0x51,
    0x8d, 0x1b, 0xaf, 0x92, 0xbb, 0xdd, 0xbc, 0x7f, 0x11, 0xd9, 0x5c, 0x41, 0x1f, 0x10, 0x5a, 0xd8,
    0x0a, 0xc1, 0x31, 0x88, 0xa5, 0xcd, 0x7b, 0xbd, 0x2d, 0x74, 0xd0, 0x12, 0xb8, 0xe5, 0xb4, 0xb0,
    0x89, 0x69, 0x97, 0x4a, 0x0c, 0x96, 0x77, 0x7e, 0x65, 0xb9, 0xf1, 0x09, 0xc5, 0x6e, 0xc6, 0x84,
    0x18, 0xf0, 0x7d, 0xec, 0x3a, 0xdc, 0x4d, 0x20, 0x79, 0xee, 0x5f, 0x3e, 0xd7, 0xcb, 0x39, 0x48,
};

static uint32_t sm4_substitute(uint32_t x)
{
    return (uint32_t)sm4_sbox[x & 255] | (uint32_t)sm4_sbox[x >> 8 & 255] << 8
        | (uint32_t)sm4_sbox[x >> 16 & 255] << 16 | (uint32_t)sm4_sbox[x >> 24] << 24;
}

static uint32_t sm4_linear(uint32_t x)
{
    return x ^ rol(x, 2) ^ rol(x, 10) ^ rol(x, 18) ^ rol(x, 24);
}

static uint32_t sm4_key_linear(uint32_t x)
{
    return x ^ rol(x, 13) ^ rol(x, 23);
}

static void sm4_rounds(TcgVal *d, const TcgVal *state, const TcgVal *keys, uint32_t (*linear)(uint32_t))
{
    const TcgVal k = *keys;
    TcgVal x = *state;

    for (unsigned i = 0; i < 4; i++) {
        const uint32_t t = linear(sm4_substitute(x.u32[3] ^ x.u32[2] ^ x.u32[1] ^ k.u32[i])) ^ x.u32[0];
        x = (TcgVal){ .u32 = { x.u32[1], x.u32[2], x.u32[3], t } };
    }
    *d = x;
}

HELPER(sm4e)
{
    sm4_rounds(d, a, b, sm4_linear);
}

HELPER(sm4ekey)
{
    sm4_rounds(d, a, b, sm4_key_linear);
}
