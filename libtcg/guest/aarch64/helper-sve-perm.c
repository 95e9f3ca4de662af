/* SPDX-License-Identifier: BSD-2-Clause */
/* SVE kernels: permutation, and what moves elements to and from other registers. [ArmARM C8.2] */
#include "guest/aarch64/sve-kernels.h"

#include <string.h>

#pragma GCC optimize ("O3")

#define EACH A64_SVE_EACH
#define BODY A64_SVE_BODY
#define ALLQ(M, name, ...) A64_ALL(M, name, __VA_ARGS__) M(name, 128, __VA_ARGS__)
/* Elements of 128 bits have none of twice the width. */
#define A64_TWICE_128 128

#define TWO(name, bits, even, odd) \
    BODY(name, bits, \
        for (unsigned i = 0; i < count / 2; i++) { \
            d[2 * i] = even; \
            d[2 * i + 1] = odd; \
        } \
        if (count % 2) { \
            d[0] = 0; \
        })
ALLQ(TWO, zip1, n[i], m[i])
ALLQ(TWO, zip2, n[count / 2 + i], m[count / 2 + i])
ALLQ(TWO, trn1, n[2 * i], m[2 * i])
ALLQ(TWO, trn2, n[2 * i + 1], m[2 * i + 1])
#define UNZIP(name, bits, odd) \
    BODY(name, bits, \
        for (unsigned i = 0; i < count / 2; i++) { \
            d[i] = n[2 * i + odd]; \
            d[count / 2 + i] = m[2 * i + odd]; \
        } \
        if (count % 2) { \
            d[0] = 0; \
        })
ALLQ(UNZIP, uzp1, 0)
ALLQ(UNZIP, uzp2, 1)

ALLQ(EACH, dup_e, (unsigned)v->imm < count ? n[v->imm] : (U)0)
A64_ALL(EACH, rev, n[count - 1 - i])
A64_ALL(EACH, insr, i ? n[i - 1] : (U)v->x)
A64_ALL(EACH, tbl, y < count ? n[y] : 0)
A64_ALL(EACH, tbl2, y < count ? n[y] : y < 2 * count ? a[y - count] : 0)
A64_ALL(EACH, tbx, y < count ? n[y] : z)

/* Elements of half the width from the lower or upper half of the vector. */
#define UNPACK(name, bits, P, high) \
    BODY(name, bits, \
        const A64_PASTE(P, bits) *p = v->n; \
        for (unsigned i = 0; i < count; i++) { \
            d[i] = (U)(S)p[i + (high ? count : 0)]; \
        })
#define U_16 A64U8
#define U_32 A64U16
#define U_64 A64U32
#define S_16 A64S8
#define S_32 A64S16
#define S_64 A64S32
A64_HSD(UNPACK, sunpklo, S_, false)
A64_HSD(UNPACK, sunpkhi, S_, true)
A64_HSD(UNPACK, uunpklo, U_, false)
A64_HSD(UNPACK, uunpkhi, U_, true)

/* Parts of elements reversed; bits as well. */
static inline uint64_t reverse(uint64_t x, unsigned part, unsigned bits)
{
    if (part <= 1) {
        x = (x & 0x5555555555555555) << 1 | (x >> 1 & 0x5555555555555555);
        x = (x & 0x3333333333333333) << 2 | (x >> 2 & 0x3333333333333333);
        x = (x & 0x0f0f0f0f0f0f0f0f) << 4 | (x >> 4 & 0x0f0f0f0f0f0f0f0f);
    }
    if (part <= 8) {
        x = (x & 0x00ff00ff00ff00ff) << 8 | (x >> 8 & 0x00ff00ff00ff00ff);
    }
    if (part <= 16) {
        x = (x & 0x0000ffff0000ffff) << 16 | (x >> 16 & 0x0000ffff0000ffff);
    }
    return (x << 32 | x >> 32) >> (64 - bits);
}
A64_HSD(EACH, revb, reverse(x, 8, BITS))
A64_SD(EACH, revh, reverse(x, 16, BITS))
EACH(revw, 64, reverse(x, 32, BITS))
A64_ALL(EACH, rbit, reverse(x, 1, BITS))

/* Bytes from the immediate on; all of n if that is past the end. */
void a64_sve_ext(A64Sve *v)
{
    const unsigned from = (unsigned)v->imm < v->bytes ? (unsigned)v->imm : 0;

    memcpy(v->d, (const char *)v->n + from, v->bytes - from);
    memcpy((char *)v->d + v->bytes - from, v->m, from);
}

#define COMPACT(name, bits, unused) \
    BODY(name, bits, \
        unsigned k = 0; \
        for (unsigned i = 0; i < count; i++) { \
            if (a64_sve_active(v, i, sizeof(U))) { \
                d[k++] = n[i]; \
            } \
        } \
        while (k < count) { \
            d[k++] = 0; \
        })
A64_SD(COMPACT, compact, 0)

/* n from the first to the last active element, then m. */
#define SPLICE(name, bits, unused) \
    BODY(name, bits, \
        const unsigned first = v->pg ? (unsigned)__builtin_ctzll(v->pg) / sizeof(U) : 0; \
        const unsigned end = v->pg ? (unsigned)(63 - __builtin_clzll(v->pg)) / sizeof(U) + 1 : 0; \
        unsigned k = 0; \
        for (unsigned i = first; i < end; i++) { \
            d[k++] = n[i]; \
        } \
        for (unsigned i = 0; k < count; i++) { \
            d[k++] = m[i]; \
        })
A64_ALL(SPLICE, splice, 0)

/* The last active element, or the one after it, around the end. Without any: the last of all, or the first. */
static inline unsigned last_active(const A64Sve *v, unsigned size, unsigned count)
{
    return v->pg ? (unsigned)(63 - __builtin_clzll(v->pg)) / size : count - 1;
}
#define LAST(name, bits, after) \
    BODY(name, bits, v->result = n[(last_active(v, sizeof(U), count) + (after)) % count];)
A64_ALL(LAST, lasta, 1)
A64_ALL(LAST, lastb, 0)
/* Where there is none, the value before. */
#define IF_LAST(name, bits, after) \
    BODY(name, bits, v->result = v->pg ? n[(last_active(v, sizeof(U), count) + (after)) % count] : (U)v->x;)
A64_ALL(IF_LAST, clasta, 1)
A64_ALL(IF_LAST, clastb, 0)
#define IF_LAST_Z(name, bits, after) \
    BODY(name, bits, \
        for (unsigned i = 0; i < count; i++) { \
            d[i] = v->pg ? n[(last_active(v, sizeof(U), count) + (after)) % count] : a[i]; \
        })
A64_ALL(IF_LAST_Z, clasta_z, 1)
A64_ALL(IF_LAST_Z, clastb_z, 0)
