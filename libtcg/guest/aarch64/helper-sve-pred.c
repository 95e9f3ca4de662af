/* SPDX-License-Identifier: BSD-2-Clause */
/* Helpers of SVE instructions on predicates; none looks at the CPU. [ArmARM C8.2] */
#include "guest/aarch64/insn-sve.h"

uint64_t a64_h_pred_next(TcgEnv *env, uint64_t g, uint64_t from, uint64_t size)
{
    const uint64_t done = from ? ~(uint64_t)0 >> __builtin_clzll(from) : 0;     /* up to the last of them */
    const uint64_t rest = g & ~done;

    return rest & -rest;
}

/* The low or high n elements. */
static uint64_t some(uint64_t how, unsigned __int128 n, bool low)
{
    const unsigned size = how & 7, vq = how >> 4 & 15, count = vq * 16 >> size;
    const uint64_t all = a64_pred_all(vq) & a64_pred_elements(size);
    const unsigned bits = (n > count ? count : (unsigned)n) << size;
    const uint64_t below = ((uint64_t)1 << bits) - 1;

    return low ? all & below : all & ~(((uint64_t)1 << (vq * 16 - bits)) - 1);
}

/* The count of steps for which the comparison holds: one operand goes up (or down) by one each; where equality counts
 * and the other operand is the last number of its type, it holds for ever. */
uint64_t a64_h_pred_while(TcgEnv *env, uint64_t x, uint64_t y, uint64_t how)
{
    const bool wide = how & A64_WHILE_64, is_signed = how & A64_WHILE_SIGNED, less = how & A64_WHILE_LESS;
    const bool equal = how & A64_WHILE_EQUAL;
    const unsigned bits = wide ? 64 : 32;
    __int128 p, q, max = ((__int128)1 << (is_signed ? bits - 1 : bits)) - 1, min = is_signed ? -max - 1 : 0;

    if (is_signed) {
        p = wide ? (int64_t)x : (int32_t)x;
        q = wide ? (int64_t)y : (int32_t)y;
    } else {
        p = wide ? x : (uint32_t)x;
        q = wide ? y : (uint32_t)y;
    }
    if (equal && q == (less ? max : min)) {
        return some(how, ~(unsigned __int128)0, less);
    }
    const __int128 n = (less ? q - p : p - q) + equal;
    return n <= 0 ? 0 : some(how, (unsigned __int128)n, less);
}

/* Elements that a loop may work on at once though addresses x and y overlap. */
uint64_t a64_h_pred_hazard(TcgEnv *env, uint64_t x, uint64_t y, uint64_t how)
{
    __int128 n = (__int128)y - x;

    if (how & A64_WHILE_RW && n < 0) {
        n = -n;
    }
    n /= 1 << (how & 7);
    return some(how, n <= 0 ? ~(unsigned __int128)0 : (unsigned __int128)n, true);
}

/* The bits of element i, as the low ones; and back. */
static uint64_t element(uint64_t p, unsigned size, unsigned i)
{
    return p >> (i << size) & ((1u << (1u << size)) - 1);
}

uint64_t a64_h_pred_permute(TcgEnv *env, uint64_t n, uint64_t m, uint64_t how)
{
    const unsigned size = how & 7, vq = how >> 4 & 15, count = vq * 16 >> size;
    uint64_t r = 0;

    if ((how & 0xf00) == A64_PRED_UNPACK) {
        for (unsigned i = 0; i < vq * 8; i++) {
            r |= (n >> (how & A64_PRED_UPPER ? vq * 8 + i : i) & 1) << 2 * i;
        }
        return r;
    }
    for (unsigned i = 0; i < count; i++) {
        const unsigned k = i / 2, h = count / 2;
        uint64_t e = 0;
        switch (how & 0xf00) {
        case A64_PRED_ZIP1: e = element(i % 2 ? m : n, size, k); break;
        case A64_PRED_ZIP2: e = element(i % 2 ? m : n, size, h + k); break;
        case A64_PRED_UZP1: e = element(i < h ? n : m, size, 2 * (i % h)); break;
        case A64_PRED_UZP2: e = element(i < h ? n : m, size, 2 * (i % h) + 1); break;
        case A64_PRED_TRN1: e = element(i % 2 ? m : n, size, 2 * k); break;
        case A64_PRED_TRN2: e = element(i % 2 ? m : n, size, 2 * k + 1); break;
        case A64_PRED_REV:  e = element(n, size, count - 1 - i); break;
        default:            break;
        }
        r |= e << (i << size);
    }
    return r;
}

/* x + k or x - k in the range of its type; 32 bits are extended. */
uint64_t a64_h_saturate(TcgEnv *env, uint64_t x, uint64_t k, uint64_t how)
{
    const unsigned bits = how & A64_SAT_64 ? 64 : 32;
    const bool is_signed = how & A64_SAT_SIGNED;
    const __int128 max = ((__int128)1 << (is_signed ? bits - 1 : bits)) - 1, min = is_signed ? -max - 1 : 0;
    __int128 v = is_signed ? bits == 64 ? (int64_t)x : (int32_t)x : bits == 64 ? (__int128)x : (uint32_t)x;

    v += how & A64_SAT_SUB ? -(__int128)k : (__int128)k;
    return (uint64_t)(v > max ? max : v < min ? min : v);
}
