/* SPDX-License-Identifier: BSD-2-Clause */
/* Soft-float arithmetic against the host's own (f32, f64) and against the reference rounder (f16,
 * f32, all rounding directions, both kinds of tininess, flushing). */
#include "fp-host.h"

#include <immintrin.h>

enum { OP_ADD, OP_SUB, OP_MUL, OP_DIV, OP_SQRT, OP_FMA, OP_COUNT };

static const char *const op_names[] = { "add", "sub", "mul", "div", "sqrt", "fma" };

static uint64_t run_f16(unsigned op, FpEnv *env, uint64_t a, uint64_t b, uint64_t c, unsigned neg)
{
    switch (op) {
    case OP_ADD:
        return fp_f16_add(env, a, b);
    case OP_SUB:
        return fp_f16_sub(env, a, b);
    case OP_MUL:
        return fp_f16_mul(env, a, b);
    case OP_DIV:
        return fp_f16_div(env, a, b);
    case OP_SQRT:
        return fp_f16_sqrt(env, a);
    default:
        return fp_f16_fma(env, a, b, c, neg);
    }
}

static uint64_t run_f32(unsigned op, FpEnv *env, uint64_t a, uint64_t b, uint64_t c, unsigned neg)
{
    switch (op) {
    case OP_ADD:
        return fp_f32_add(env, a, b);
    case OP_SUB:
        return fp_f32_sub(env, a, b);
    case OP_MUL:
        return fp_f32_mul(env, a, b);
    case OP_DIV:
        return fp_f32_div(env, a, b);
    case OP_SQRT:
        return fp_f32_sqrt(env, a);
    default:
        return fp_f32_fma(env, a, b, c, neg);
    }
}

static uint64_t run_f64(unsigned op, FpEnv *env, uint64_t a, uint64_t b, uint64_t c, unsigned neg)
{
    switch (op) {
    case OP_ADD:
        return fp_f64_add(env, a, b);
    case OP_SUB:
        return fp_f64_sub(env, a, b);
    case OP_MUL:
        return fp_f64_mul(env, a, b);
    case OP_DIV:
        return fp_f64_div(env, a, b);
    case OP_SQRT:
        return fp_f64_sqrt(env, a);
    default:
        return fp_f64_fma(env, a, b, c, neg);
    }
}

__attribute__((target("fma")))
static double fma_f64(volatile double *a, volatile double *b, volatile double *c)
{
    return _mm_cvtsd_f64(_mm_fmadd_sd(_mm_set_sd(*a), _mm_set_sd(*b), _mm_set_sd(*c)));
}

__attribute__((target("fma")))
static float fma_f32(volatile float *a, volatile float *b, volatile float *c)
{
    return _mm_cvtss_f32(_mm_fmadd_ss(_mm_set_ss(*a), _mm_set_ss(*b), _mm_set_ss(*c)));
}

static uint64_t host_f64(unsigned op, unsigned round, uint64_t abits, uint64_t bbits,
                         uint64_t cbits, unsigned *flags)
{
    volatile double a = f64_value(abits), b = f64_value(bbits), c = f64_value(cbits), r;

    host_begin(round);
    switch (op) {
    case OP_ADD:
        r = a + b;
        break;
    case OP_SUB:
        r = a - b;
        break;
    case OP_MUL:
        r = a * b;
        break;
    case OP_DIV:
        r = a / b;
        break;
    case OP_SQRT:
        r = _mm_cvtsd_f64(_mm_sqrt_pd(_mm_set1_pd(a)));
        break;
    default:
        r = fma_f64(&a, &b, &c);
        break;
    }
    *flags = host_end();
    return f64_bits(r);
}

static uint64_t host_f32(unsigned op, unsigned round, uint64_t abits, uint64_t bbits,
                         uint64_t cbits, unsigned *flags)
{
    volatile float a = f32_value(abits), b = f32_value(bbits), c = f32_value(cbits), r;

    host_begin(round);
    switch (op) {
    case OP_ADD:
        r = a + b;
        break;
    case OP_SUB:
        r = a - b;
        break;
    case OP_MUL:
        r = a * b;
        break;
    case OP_DIV:
        r = a / b;
        break;
    case OP_SQRT:
        r = _mm_cvtss_f32(_mm_sqrt_ps(_mm_set1_ps(a)));
        break;
    default:
        r = fma_f32(&a, &b, &c);
        break;
    }
    *flags = host_end();
    return f32_bits(r);
}

typedef uint64_t RunFunc(unsigned op, FpEnv *env, uint64_t a, uint64_t b, uint64_t c, unsigned neg);
typedef uint64_t HostFunc(unsigned op, unsigned round, uint64_t a, uint64_t b, uint64_t c,
                          unsigned *flags);

typedef struct Format {
    const char *name;
    const Layout *layout;
    RunFunc *run;
    HostFunc *host;
} Format;

static const Format formats[] = {
    { "f16", &layout_f16, run_f16, NULL },
    { "f32", &layout_f32, run_f32, host_f32 },
    { "f64", &layout_f64, run_f64, host_f64 },
};

static void complain(const Format *f, unsigned op, const FpEnv *env, const uint64_t v[3],
                     uint64_t got, uint64_t want, unsigned flags)
{
    printf("# %s %s round %u mode %#x: %#llx %#llx %#llx -> %#llx/%#x, want %#llx/%#x\n", f->name,
           op_names[op], env->round, env->mode, (unsigned long long)v[0], (unsigned long long)v[1],
           (unsigned long long)v[2], (unsigned long long)got, env->flags, (unsigned long long)want,
           flags);
}

static uint64_t quieted(const Layout *l, uint64_t bits)
{
    return bits | UINT64_C(1) << (l->frac - 1);
}

/* Arm's choice among NaN operands: the first signalling one, else the first; fma: c, a, b. */
static uint64_t ref_nan(const Layout *l, unsigned op, const uint64_t v[3])
{
    uint64_t order[3] = { v[0], v[1], v[2] };
    unsigned n = op == OP_SQRT ? 1 : op == OP_FMA ? 3 : 2;

    if (op == OP_FMA) {
        bool c_quiet = layout_is_nan(l, v[2]) && quieted(l, v[2]) == v[2];
        uint64_t a = v[0] & ~layout_sign(l), b = v[1] & ~layout_sign(l), inf = layout_inf(l);

        if (c_quiet && ((a == inf && b == 0) || (a == 0 && b == inf))) {
            return layout_nan(l);
        }
        order[0] = v[2];
        order[1] = v[0];
        order[2] = v[1];
    }
    for (unsigned i = 0; i < n; i++) {
        if (layout_is_nan(l, order[i]) && quieted(l, order[i]) != order[i]) {
            return quieted(l, order[i]);
        }
    }
    for (unsigned i = 0; i < n; i++) {
        if (layout_is_nan(l, order[i])) {
            return order[i];
        }
    }
    return layout_nan(l);
}

static void check_host(Tally *t, const Format *f, unsigned op, unsigned round, const uint64_t v[3])
{
    FpEnv env = { .round = round, .mode = random_u64() & 1 ? FP_DEFAULT_NAN : 0 };
    unsigned flags;
    uint64_t want = f->host(op, round, v[0], v[1], v[2], &flags);
    uint64_t got = f->run(op, &env, v[0], v[1], v[2], 0);

    if (layout_is_nan(f->layout, want)) {
        want = env.mode ? layout_nan(f->layout) : ref_nan(f->layout, op, v);
        if (op == OP_FMA && ref_nan(f->layout, op, v) == layout_nan(f->layout)) {
            flags |= env.flags & FP_NV;         /* the host is quiet about inf * 0 + NaN */
        }
    }
    if (!tally(t, got == want && env.flags == flags)) {
        complain(f, op, &env, v, got, want, flags);
    }
}

static void test_host(const Format *f, unsigned op, unsigned draws)
{
    uint64_t corners[MAX_CORNERS];
    unsigned n = layout_corners(f->layout, corners);
    unsigned nc = op == OP_FMA ? n : 1, nb = op == OP_SQRT ? 1 : n;
    char name[64];
    Tally t = { name, 0, 0 };

    snprintf(name, sizeof name, "%s %s equals the host's", f->name, op_names[op]);
    for (unsigned round = FP_RNE; round <= FP_RUP; round++) {
        for (unsigned i = 0; i < n * nb * nc; i++) {
            uint64_t v[3] = { corners[i % n], corners[i / n % nb], corners[i / n / nb] };

            if (op != OP_FMA || (i + round) % 4 == 0) {
                check_host(&t, f, op, round, v);
            }
        }
        for (unsigned i = 0; i < draws; i++) {
            uint64_t v[3];

            v[0] = layout_random(f->layout, random_u64());
            v[1] = layout_random(f->layout, v[0]);
            v[2] = layout_random(f->layout, v[i & 1]);
            if (op == OP_FMA && i % 3 == 0) {
                unsigned ignored;

                v[2] = f->host(OP_MUL, round, v[0], v[1], 0, &ignored) ^ layout_sign(f->layout);
            }
            check_host(&t, f, op, round, v);
        }
    }
    tap_done(&t);
}

/* The operation in double, rounded to odd, so that rounding again to f32 or f16 does no harm. */
static double odd_step(unsigned op, double a, double b, unsigned *flags)
{
    unsigned raised;
    uint64_t r = host_f64(op, FP_RTZ, f64_bits(a), f64_bits(b), 0, &raised);

    *flags |= raised & (FP_NV | FP_DZ);
    return f64_value(r | (raised & FP_NX ? 1 : 0));
}

static uint64_t ref_op(const Format *f, unsigned op, unsigned round, unsigned mode,
                       const uint64_t v[3], unsigned *flags)
{
    const Layout *l = f->layout;
    bool flush = mode & (l->width == 16 ? FP_FLUSH16 : FP_FLUSH);
    double d[3], r;

    for (unsigned i = 0; i < 3; i++) {
        bool used = i == 0 || (i == 1 && op != OP_SQRT) || op == OP_FMA;

        d[i] = f64_value(layout_to_f64(l, v[i], flush, false));
        if (used && flush && l->width == 32 && d[i] == 0 && (v[i] & (layout_sign(l) - 1))) {
            *flags |= FP_ID;
        }
    }
    if (op == OP_FMA) {
        r = odd_step(OP_MUL, d[0], d[1], flags);
        d[0] = r;
        d[1] = d[2];
    }
    r = odd_step(op == OP_FMA ? OP_ADD : op, d[0], d[1], flags);
    if (r == 0 && round == FP_RDN) {
        unsigned ignored;

        r = f64_value(host_f64(op == OP_FMA ? OP_ADD : op, FP_RDN, f64_bits(d[0]),
                               f64_bits(d[1]), 0, &ignored));
    }
    if (r != r) {
        return layout_nan(l);
    }
    if (r - r != 0) {
        return layout_inf(l) | (r < 0 ? layout_sign(l) : 0);
    }
    return ref_round(l, r, round, mode, flush, false, flags);
}

static void check_ref(Tally *t, const Format *f, unsigned op, unsigned round, unsigned mode,
                      const uint64_t v[3])
{
    FpEnv env = { .round = round, .mode = mode | FP_DEFAULT_NAN };
    unsigned flags = 0;
    uint64_t want = ref_op(f, op, round, mode, v, &flags);
    uint64_t got = f->run(op, &env, v[0], v[1], v[2], 0);

    if (!tally(t, got == want && env.flags == flags)) {
        complain(f, op, &env, v, got, want, flags);
    }
}

static void test_ref(const Format *f, unsigned op, unsigned draws)
{
    static const unsigned modes[] = { 0, FP_TINY_BEFORE, FP_TINY_BEFORE | FP_FLUSH | FP_FLUSH16 };
    uint64_t corners[MAX_CORNERS];
    unsigned n = layout_corners(f->layout, corners);
    char name[64];
    Tally t = { name, 0, 0 };

    snprintf(name, sizeof name, "%s %s in every direction and mode", f->name, op_names[op]);
    for (unsigned config = 0; config < 18; config++) {
        unsigned round = config % 6, mode = modes[config / 6];

        for (unsigned i = 0; i < n * n; i++) {
            uint64_t v[3] = { corners[i % n], corners[i / n], corners[random_u64() % n] };

            check_ref(&t, f, op, round, mode, v);
        }
        for (unsigned i = 0; i < draws; i++) {
            uint64_t v[3];

            v[0] = layout_random(f->layout, random_u64());
            v[1] = layout_random(f->layout, v[0]);
            v[2] = layout_random(f->layout, v[i & 1]);
            check_ref(&t, f, op, round, mode, v);
        }
        if (op == OP_SQRT && f->layout->width == 16) {
            for (uint64_t a = 0; a < 0x10000; a++) {
                check_ref(&t, f, op, round, mode, (uint64_t[3]) { a, 0, 0 });
            }
        }
    }
    tap_done(&t);
}

/* All pairs of two sets of f16 values spread over all exponents. */
static void test_f16_pairs(void)
{
    Tally t = { "f16 add, mul, div of many pairs, to nearest", 0, 0 };

    for (uint64_t a = 0; a < 0x10000; a += 37) {
        for (uint64_t b = 0; b < 0x10000; b += 211) {
            const uint64_t v[3] = { a, b, 0 };

            check_ref(&t, &formats[0], OP_ADD, FP_RNE, 0, v);
            check_ref(&t, &formats[0], OP_MUL, FP_RNE, 0, v);
            check_ref(&t, &formats[0], OP_DIV, FP_RNE, 0, v);
        }
    }
    tap_done(&t);
}

/* The neg argument is the same as flipping the operands' signs beforehand. */
static void test_fma_signs(void)
{
    Tally t = { "fma with negated product or addend", 0, 0 };

    for (unsigned i = 0; i < 200000; i++) {
        const Format *f = &formats[i % 3];
        uint64_t sign = layout_sign(f->layout), v[3], want, got;
        unsigned neg = i / 3 % 4;
        FpEnv e1 = { .round = i / 12 % 6 }, e2 = e1;

        v[0] = layout_random(f->layout, random_u64());
        v[1] = layout_random(f->layout, v[0]);
        v[2] = layout_random(f->layout, v[0]);
        want = f->run(OP_FMA, &e1, neg & FP_NEG_PRODUCT ? v[0] ^ sign : v[0], v[1],
                      neg & FP_NEG_ADDEND ? v[2] ^ sign : v[2], 0);
        got = f->run(OP_FMA, &e2, v[0], v[1], v[2], neg);
        if (!tally(&t, got == want && e1.flags == e2.flags)) {
            complain(f, OP_FMA, &e2, v, got, want, e1.flags);
        }
    }
    tap_done(&t);
}

int main(void)
{
    bool has_fma = __builtin_cpu_supports("fma");

    for (unsigned i = 1; i < 3; i++) {
        for (unsigned op = 0; op < OP_COUNT; op++) {
            if (op != OP_FMA || has_fma) {
                test_host(&formats[i], op, 150000);
            }
        }
    }
    for (unsigned i = 0; i < 2; i++) {
        for (unsigned op = 0; op < OP_COUNT; op++) {
            test_ref(&formats[i], op, 20000);
        }
    }
    test_f16_pairs();
    test_fma_signs();
    return tap_end();
}
