/* SPDX-License-Identifier: BSD-2-Clause */
/* SVE2 kernels of integers. [ArmARM C8.2] */
#include "guest/aarch64/sve-kernels.h"

#include "base/fp.h"

#pragma GCC optimize ("O3")

#define EACH A64_SVE_EACH

A64_ALL(EACH, eor3, x ^ y ^ z)
A64_ALL(EACH, bcax, x ^ (y & ~z))
A64_ALL(EACH, bsl, (x & z) | (y & ~z))
A64_ALL(EACH, bsl1n, (~x & z) | (y & ~z))
A64_ALL(EACH, bsl2n, (x & z) | ~(y | z))
A64_ALL(EACH, nbsl, ~((x & z) | (y & ~z)))
A64_ALL(EACH, xar, ({ const UW w_ = (UW)(U)(x ^ y); (U)(w_ >> v->imm) | (U)(w_ << (BITS - v->imm)); }))
A64_ALL(EACH, saba, z + (U)((S)x > (S)y ? x - y : y - x))
A64_ALL(EACH, uaba, z + (U)(x > y ? x - y : y - x))
A64_HSD(EACH, sadalp, z + (U)((S)(U)((UW)x << HALF) >> HALF) + (U)((S)x >> HALF))
A64_HSD(EACH, uadalp, z + (x & ((U)-1 >> HALF)) + (x >> HALF))
EACH(urecpe, 32, fp_u32_recpe(x))
EACH(ursqrte, 32, fp_u32_rsqrte(x))
EACH(rax1, 64, x ^ (y << 1 | y >> 63))

/* Half the width: values in elements of the whole width. */
#define HALF_MAX ((S)((U)-1 >> HALF))       /* unsigned */
#define HALF_SMAX (HALF_MAX >> 1)
#define TO_SIGNED(e) ({ const SW w_ = (SW)(e); w_ > HALF_SMAX ? HALF_SMAX : w_ < -HALF_SMAX - 1 ? -HALF_SMAX - 1 : (S)w_; })
#define TO_UNSIGNED(e) ({ const SW w_ = (SW)(e); w_ > HALF_MAX ? HALF_MAX : w_ < 0 ? 0 : (S)w_; })
A64_HSD(EACH, sqxtn, TO_SIGNED((S)x))
A64_HSD(EACH, uqxtn, TO_UNSIGNED((SW)(UW)x))
A64_HSD(EACH, sqxtun, TO_UNSIGNED((S)x))
A64_HSD(EACH, shrn, x >> y)
A64_HSD(EACH, rshrn, ((UW)x + ((UW)1 << (y - 1))) >> y)
A64_HSD(EACH, sqshrn, TO_SIGNED((S)x >> y))
A64_HSD(EACH, sqrshrn, TO_SIGNED(((SW)(S)x + ((SW)1 << (y - 1))) >> y))
A64_HSD(EACH, sqshrun, TO_UNSIGNED((S)x >> y))
A64_HSD(EACH, sqrshrun, TO_UNSIGNED(((SW)(S)x + ((SW)1 << (y - 1))) >> y))
A64_HSD(EACH, uqshrn, TO_UNSIGNED((SW)(UW)(x >> y)))
A64_HSD(EACH, uqrshrn, TO_UNSIGNED((SW)(((UW)x + ((UW)1 << (y - 1))) >> y)))
A64_HSD(EACH, addhn, (U)(x + y) >> HALF)
A64_HSD(EACH, raddhn, (U)(x + y + ((U)1 << (HALF - 1))) >> HALF)
A64_HSD(EACH, subhn, (U)(x - y) >> HALF)
A64_HSD(EACH, rsubhn, (U)(x - y + ((U)1 << (HALF - 1))) >> HALF)

/* Bottom with top elements, the others as they were; and the other way round. */
#define BETWEEN(name, bits, to) \
    A64_SVE_BODY(name, bits, \
        for (unsigned i = 0; i < count; i++) { \
            d[i] = i % 2 == (to) ? n[i] ^ m[i ^ 1] : a[i]; \
        })
A64_ALL(BETWEEN, eorbt, 0)
A64_ALL(BETWEEN, eortb, 1)

/* Carry-less products. */
static uint64_t carryless(uint64_t x, uint64_t y, unsigned bits)
{
    uint64_t r = 0;

    for (unsigned i = 0; i < bits; i++) {
        r ^= y >> i & 1 ? x << i : 0;
    }
    return r;
}
EACH(pmul, 8, carryless(x, y, 8))
EACH(pmull, 16, carryless(x, y, 8))
EACH(pmull, 64, carryless(x, y, 32))

static void carryless_wide(A64Sve *v, unsigned top)
{
    const A64U64 *n = v->n, *m = v->m;

    for (unsigned i = 0; i < v->bytes / 8; i += 2) {
        unsigned __int128 r = 0;
        for (unsigned k = 0; k < 64; k++) {
            r ^= m[i + top] >> k & 1 ? (unsigned __int128)n[i + top] << k : 0;
        }
        ((A64U64 *)v->d)[i] = (uint64_t)r;
        ((A64U64 *)v->d)[i + 1] = (uint64_t)(r >> 64);
    }
}

void a64_sve_pmullb_q(A64Sve *v)
{
    carryless_wide(v, 0);
}

void a64_sve_pmullt_q(A64Sve *v)
{
    carryless_wide(v, 1);
}

/* Bits of x where the mask has ones to the low end; the low bits of x to where it has; both ends. */
static uint64_t extract_bits(uint64_t x, uint64_t mask)
{
    uint64_t r = 0;

    for (unsigned k = 0; mask; mask &= mask - 1, k++) {
        r |= (x >> __builtin_ctzll(mask) & 1) << k;
    }
    return r;
}

static uint64_t deposit_bits(uint64_t x, uint64_t mask)
{
    uint64_t r = 0;

    for (; mask; mask &= mask - 1, x >>= 1) {
        r |= (x & 1) << __builtin_ctzll(mask);
    }
    return r;
}
A64_ALL(EACH, bext, extract_bits(x, y))
A64_ALL(EACH, bdep, deposit_bits(x, y))
A64_ALL(EACH, bgrp, (UW)extract_bits(x, y) | (UW)extract_bits(x, (U)~y) << __builtin_popcountll(y))

/* Sums with carry in bit 0 of the odd elements of m: into even and odd elements. */
#define CARRY(name, bits, top, invert) \
    A64_SVE_BODY(name, bits, \
        for (unsigned i = 0; i < count; i += 2) { \
            const U y = invert ? ~n[i + top] : n[i + top]; \
            const UW sum = (UW)a[i] + y + (m[i + 1] & 1); \
            d[i] = (U)sum; \
            d[i + 1] = (U)(sum >> BITS); \
        })
A64_SD(CARRY, adclb, 0, false)
A64_SD(CARRY, adclt, 1, false)
A64_SD(CARRY, sbclb, 0, true)
A64_SD(CARRY, sbclt, 1, true)

/* Complex numbers: even elements are real. The immediate's low bits are quarter turns; CADD has one or three. */
#define S_MAX ((S)(((U)-1) >> 1))
#define SATS(v) ({ const SW w_ = (SW)(v); w_ > S_MAX ? (U)S_MAX : w_ < -S_MAX - 1 ? (U)(-S_MAX - 1) : (U)w_; })
#define CADD(name, bits, ADD, SUB) \
    A64_SVE_BODY(name, bits, \
        for (unsigned i = 0; i < count; i += 2) { \
            d[i] = (U)(v->imm & 1 ? ADD(n[i], m[i + 1]) : SUB(n[i], m[i + 1])); \
            d[i + 1] = (U)(v->imm & 1 ? SUB(n[i + 1], m[i]) : ADD(n[i + 1], m[i])); \
        })
#define PLUS(x, y) ((x) + (y))
#define MINUS(x, y) ((x) - (y))
#define SAT_PLUS(x, y) SATS((SW)(S)(x) + (S)(y))
#define SAT_MINUS(x, y) SATS((SW)(S)(x) - (S)(y))
A64_ALL(CADD, cadd, PLUS, MINUS)
A64_ALL(CADD, sqcadd, SAT_PLUS, SAT_MINUS)

/* acc + s * x * y, also as the rounded high half of twice that. */
#define TURN_SIGNS \
    const unsigned turn = (unsigned)v->imm & 3; \
    const int re = turn == 1 || turn == 2 ? -1 : 1, im = turn >= 2 ? -1 : 1
#define CMLA(name, bits, F) \
    A64_SVE_BODY(name, bits, \
        TURN_SIGNS; \
        for (unsigned i = 0; i < count; i += 2) { \
            const U part = n[i + (turn & 1)]; \
            d[i] = F(a[i], part, m[i + (turn & 1)], re); \
            d[i + 1] = F(a[i + 1], part, m[i + 1 - (turn & 1)], im); \
        })
#define MULTIPLY_ADD(acc, x, y, s) (U)((s) < 0 ? (acc) - (UW)(x) * (y) : (acc) + (UW)(x) * (y))
#define DOUBLING(acc, x, y, s) \
    SATS(((SW)(S)(acc) * ((SW)1 << (BITS - 1)) + (SW)(S)(x) * (S)(y) * (s) + ((SW)1 << (BITS - 2))) >> (BITS - 1))
A64_ALL(CMLA, cmla, MULTIPLY_ADD)
A64_ALL(CMLA, sqrdcmlah, DOUBLING)

/* Two complex products in each element: real parts for no turn and half a one, else imaginary ones. */
#define CDOT(name, bits, P) \
    A64_SVE_BODY(name, bits, \
        const P *p = v->n, *q = v->m; \
        const unsigned turn = (unsigned)v->imm & 3; \
        const S sign = turn == 0 || turn == 3 ? -1 : 1; \
        for (unsigned i = 0; i < count; i++) { \
            S r = (S)a[i]; \
            for (unsigned k = 4 * i; k < 4 * i + 4; k += 2) { \
                r = (S)((U)r + (U)((S)p[k] * (S)q[k + (turn & 1)])); \
                r = (S)((U)r + (U)(sign * ((S)p[k + 1] * (S)q[k + 1 - (turn & 1)]))); \
            } \
            d[i] = (U)r; \
        })
CDOT(cdot, 32, A64S8)
CDOT(cdot, 64, A64S16)

/* Is the element among those of m in the same 128 bits? */
#define MATCH(name, bits, want) \
    A64_SVE_BODY(name, bits, \
        for (unsigned i = 0; i < count; i++) { \
            const unsigned s = i - i % (128 / BITS); \
            unsigned found = 0; \
            for (unsigned k = 0; k < 128 / BITS; k++) { \
                found |= n[i] == m[s + k]; \
            } \
            d[i] = found == (want); \
        })
MATCH(match, 8, 1) MATCH(match, 16, 1) MATCH(nmatch, 8, 0) MATCH(nmatch, 16, 0)

/* How many active elements of m up to the same place are equal. */
#define HISTCNT(name, bits, unused) \
    A64_SVE_BODY(name, bits, \
        for (unsigned i = 0; i < count; i++) { \
            U r = 0; \
            for (unsigned k = 0; k <= i; k++) { \
                r += a64_sve_active(v, k, sizeof(U)) && n[i] == m[k]; \
            } \
            d[i] = r; \
        })
A64_SD(HISTCNT, histcnt, 0)

A64_SVE_BODY(histseg, 8,
    for (unsigned i = 0; i < count; i++) {
        unsigned r = 0;
        for (unsigned k = i - i % 16; k < i - i % 16 + 16; k++) {
            r += n[i] == m[k];
        }
        d[i] = (U)r;
    })
