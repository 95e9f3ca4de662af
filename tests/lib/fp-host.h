/* SPDX-License-Identifier: BSD-2-Clause */
/* What the soft-float tests share: the host's SSE unit as the oracle, a reference rounder that
 * works in exact doubles, operands, TAP lines. */
#ifndef TESTS_FP_HOST_H
#define TESTS_FP_HOST_H

#include "base/fp.h"

#include <stdio.h>
#include <string.h>
#include <xmmintrin.h>
#include <emmintrin.h>

typedef struct Tally {
    const char *name;
    unsigned long cases;
    unsigned long bad;
} Tally;

static unsigned tap_lines;
static unsigned long tap_cases;

/* Closes a tally: one TAP line.  Returns whether all was well. */
static inline bool tap_done(Tally *t)
{
    printf("%sok %u - %s: %lu cases", t->bad ? "not " : "", ++tap_lines, t->name, t->cases);
    if (t->bad) {
        printf(", %lu wrong", t->bad);
    }
    printf("\n");
    tap_cases += t->cases;
    return t->bad == 0;
}

/* Counts one case; complains about the first few bad ones. */
static inline bool tally(Tally *t, bool good)
{
    t->cases++;
    return good || t->bad++ >= 5;
}

static inline int tap_end(void)
{
    printf("# %lu cases in all\n1..%u\n", tap_cases, tap_lines);
    return 0;
}

/* xorshift64*, fixed seed. */
static inline uint64_t random_u64(void)
{
    static uint64_t state = UINT64_C(0x9e3779b97f4a7c15);

    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * UINT64_C(0x2545f4914f6cdd1d);
}

static inline double f64_value(uint64_t bits)
{
    double d;

    memcpy(&d, &bits, sizeof d);
    return d;
}

static inline uint64_t f64_bits(double d)
{
    uint64_t bits;

    memcpy(&bits, &d, sizeof bits);
    return bits;
}

static inline float f32_value(uint32_t bits)
{
    float d;

    memcpy(&d, &bits, sizeof d);
    return d;
}

static inline uint32_t f32_bits(float d)
{
    uint32_t bits;

    memcpy(&bits, &d, sizeof bits);
    return bits;
}

/* The host computes between host_begin and host_end, on volatile operands so nothing moves out. */
static inline void host_begin(unsigned round)
{
    static const unsigned control[] = { 0, 3, 1, 2 };       /* FP_RNE, RTZ, RDN, RUP */

    _mm_setcsr(0x1f80 | control[round] << 13);
}

/* Returns the FP_* flags raised since host_begin. */
static inline unsigned host_end(void)
{
    unsigned csr = _mm_getcsr();

    _mm_setcsr(0x1f80);
    return (csr & 1 ? FP_NV : 0) | (csr & 4 ? FP_DZ : 0) | (csr & 8 ? FP_OF : 0) |
           (csr & 16 ? FP_UF : 0) | (csr & 32 ? FP_NX : 0);
}

typedef struct Layout {
    unsigned width, frac, exp;
} Layout;

static const Layout layout_f16 = { 16, 10, 5 };
static const Layout layout_f32 = { 32, 23, 8 };
static const Layout layout_f64 = { 64, 52, 11 };

static inline uint64_t layout_sign(const Layout *l)
{
    return UINT64_C(1) << (l->width - 1);
}

static inline uint64_t layout_inf(const Layout *l)
{
    return ((UINT64_C(1) << l->exp) - 1) << l->frac;
}

static inline int layout_bias(const Layout *l)
{
    return (1 << (l->exp - 1)) - 1;
}

static inline bool layout_is_nan(const Layout *l, uint64_t bits)
{
    return (bits & (layout_sign(l) - 1)) > layout_inf(l);
}

static inline uint64_t layout_nan(const Layout *l)
{
    return layout_inf(l) | UINT64_C(1) << (l->frac - 1);
}

/* About sixty operands that sit on borders; returns how many. */
static inline unsigned layout_corners(const Layout *l, uint64_t *out)
{
    uint64_t one = (uint64_t)layout_bias(l) << l->frac;
    uint64_t ulp2 = UINT64_C(1) << l->frac;
    uint64_t min = ulp2, inf = layout_inf(l), quiet = ulp2 >> 1;
    uint64_t half_ulp = one - (uint64_t)(l->frac + 1) * ulp2;
    const uint64_t positive[] = {
        0, 1, 2, 3, quiet - 1, quiet, quiet + 1, min - 2, min - 1, min, min + 1, min + ulp2 - 1,
        2 * ulp2, (uint64_t)l->frac * ulp2, one - ulp2, one - 2, one - 1, one, one + 1, one + 2,
        one + quiet, one + ulp2 - 1, one + ulp2, one + ulp2 + quiet, half_ulp, half_ulp + 1,
        half_ulp - 1, half_ulp + ulp2, one + (uint64_t)l->frac * ulp2,
        one + (uint64_t)(l->frac + 1) * ulp2, one / 2 / ulp2 * ulp2, one / 2 / ulp2 * ulp2 + quiet,
        inf - ulp2, inf - 2, inf - 1, inf, inf + 1, inf + quiet - 1, inf + quiet, inf + quiet + 5,
        inf + min - 1,
    };
    unsigned n = sizeof positive / sizeof *positive;

    for (unsigned i = 0; i < n; i++) {
        out[2 * i] = positive[i];
        out[2 * i + 1] = positive[i] | layout_sign(l);
    }
    return 2 * n;
}

enum { MAX_CORNERS = 96 };

/* An operand whose exponent and significand are where errors hide; near is an earlier operand. */
static inline uint64_t layout_random(const Layout *l, uint64_t near)
{
    uint64_t r = random_u64(), frac_mask = (UINT64_C(1) << l->frac) - 1;
    uint64_t frac = random_u64() & frac_mask;
    uint64_t e;
    uint64_t exp_mask = (UINT64_C(1) << l->exp) - 1;

    switch (r & 7) {
    case 0:
        frac &= frac << (r >> 8 & 31) % l->frac;
        break;
    case 1:
        frac = frac_mask << ((r >> 8 & 63) % l->frac) & frac_mask;
        break;
    case 2:
        frac = UINT64_C(1) << ((r >> 8 & 63) % l->frac);
        break;
    case 3:
        frac = frac_mask >> ((r >> 8 & 63) % l->frac);
        break;
    default:
        break;
    }
    switch (r >> 3 & 7) {
    case 0:
    case 1:
        e = (near >> l->frac) + (r >> 16 & 7) - 4;
        break;
    case 2:
        e = (near >> l->frac) + (r >> 16 & 127) % (2 * l->frac + 8) - l->frac - 4;
        break;
    case 3:
        e = r >> 16 & 3;
        break;
    case 4:
        e = layout_bias(l) + (r >> 16 & 31) - 16;
        break;
    case 5:
        e = layout_bias(l) * 3 - (near >> l->frac) - (r >> 16 & 3) + 1;
        break;
    default:
        e = r >> 16;
        break;
    }
    e &= exp_mask;
    if (e == exp_mask && (r >> 40 & 15)) {
        e -= 1 + (r >> 44 & 3);
    }
    return (r >> 63) << (l->width - 1) | e << l->frac | frac;
}

/* The value as a double's encoding, exactly, NaNs' quiet bits included; flushing as told. */
static inline uint64_t layout_to_f64(const Layout *l, uint64_t bits, bool flush, bool alt)
{
    uint64_t frac = bits & ((UINT64_C(1) << l->frac) - 1);
    uint64_t e = (bits & layout_inf(l)) >> l->frac;
    uint64_t sign = (uint64_t)((bits & layout_sign(l)) != 0) << 63;
    double scale;

    if (e == layout_inf(l) >> l->frac && !alt) {
        return sign | UINT64_C(0x7ff) << 52 | frac << (52 - l->frac);
    }
    if (e == 0 && (frac == 0 || flush)) {
        return sign;
    }
    scale = f64_value((uint64_t)(1023 + (e ? (int)e : 1) - layout_bias(l) - (int)l->frac) << 52);
    return sign | f64_bits((double)(frac | (uint64_t)(e != 0) << l->frac) * scale);
}

static inline bool ref_up(unsigned round, bool sign, uint64_t i, double rest)
{
    switch (round) {
    case FP_RNE:
        return rest > 0.5 || (rest == 0.5 && (i & 1));
    case FP_RMM:
        return rest >= 0.5;
    case FP_RDN:
        return sign && rest > 0;
    case FP_RUP:
        return !sign && rest > 0;
    case FP_RODD:
        return rest > 0 && !(i & 1);
    default:
        return false;
    }
}

/* v * 2^n for results that are exact. */
static inline double ref_scale(double v, int n)
{
    for (; n > 1000; n -= 1000) {
        v *= 0x1p1000;
    }
    for (; n < -1000; n += 1000) {
        v *= 0x1p-1000;
    }
    return v * f64_value((uint64_t)(1023 + n) << 52);
}

static inline uint64_t ref_integer(double v, int quantum, unsigned round, bool sign, double *rest)
{
    double t = ref_scale(v, -quantum);
    uint64_t i = (uint64_t)t;

    *rest = t - (double)i;
    return i + ref_up(round, sign, i, *rest);
}

/*
 * Rounds the finite normal double v to a narrower format by arithmetic on doubles that is all
 * exact: shares nothing with the code under test.  v may itself have been rounded to odd.
 */
static inline uint64_t ref_round(const Layout *l, double v, unsigned round, unsigned mode,
                                 bool flush, bool alt, unsigned *flags)
{
    uint64_t vbits = f64_bits(v), sign = vbits >> 63, s = sign ? layout_sign(l) : 0, i;
    int e = (int)(vbits >> 52 & 0x7ff) - 1023, emin = 1 - layout_bias(l);
    int emax = layout_bias(l) + alt, q = (e < emin ? emin : e) - (int)l->frac;
    double m = sign ? -v : v, rest, ignored;
    bool tiny = e < emin;

    if (v == 0) {
        return s;
    }
    if (tiny && flush) {
        *flags |= FP_UF;
        return s;
    }
    i = ref_integer(m, q, round, sign, &rest);
    if (tiny && !(mode & FP_TINY_BEFORE)) {
        int fine = e - (int)l->frac;

        tiny = ref_scale(ref_integer(m, fine, round, sign, &ignored), fine - emin) < 1;
    }
    if (ref_scale(i, q - emax) >= 2) {
        if (alt) {
            *flags |= FP_NV;
            return s | (layout_sign(l) - 1);
        }
        *flags |= FP_OF | FP_NX;
        return s | (layout_inf(l) - !(round == FP_RNE || round == FP_RMM ||
                                      round == (sign ? FP_RDN : FP_RUP)));
    }
    if (rest > 0) {
        *flags |= tiny ? FP_NX | FP_UF : FP_NX;
    }
    if (i < UINT64_C(1) << l->frac) {
        return s | i;
    }
    return s | (((uint64_t)(q + (int)l->frac + layout_bias(l)) << l->frac) +
                (i - (UINT64_C(1) << l->frac)));
}

#endif
