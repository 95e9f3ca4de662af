/* SPDX-License-Identifier: BSD-2-Clause */
/* Soft-float binary128 against the compiler's run-time library, and against f64: an operation that
 * is rounded to odd in binary128 and then narrowed must equal the f64 operation. */
#include "fp-host.h"

enum { OP_ADD, OP_SUB, OP_MUL, OP_DIV, OP_SQRT, OP_FMA, OP_COUNT };

static const char *const op_names[] = { "add", "sub", "mul", "div", "sqrt", "fma" };

#define SIGN ((FpU128)1 << 127)
#define INF ((FpU128)0x7fff << 112)
#define QUIET ((FpU128)1 << 111)

static FpU128 run(unsigned op, FpEnv *env, const FpU128 v[3])
{
    switch (op) {
    case OP_ADD:
        return fp_f128_add(env, v[0], v[1]);
    case OP_SUB:
        return fp_f128_sub(env, v[0], v[1]);
    case OP_MUL:
        return fp_f128_mul(env, v[0], v[1]);
    case OP_DIV:
        return fp_f128_div(env, v[0], v[1]);
    case OP_SQRT:
        return fp_f128_sqrt(env, v[0]);
    default:
        return fp_f128_fma(env, v[0], v[1], v[2], 0);
    }
}

static uint64_t run_f64(unsigned op, FpEnv *env, const uint64_t v[3])
{
    switch (op) {
    case OP_ADD:
        return fp_f64_add(env, v[0], v[1]);
    case OP_SUB:
        return fp_f64_sub(env, v[0], v[1]);
    case OP_MUL:
        return fp_f64_mul(env, v[0], v[1]);
    case OP_DIV:
        return fp_f64_div(env, v[0], v[1]);
    case OP_SQRT:
        return fp_f64_sqrt(env, v[0]);
    default:
        return fp_f64_fma(env, v[0], v[1], v[2], 0);
    }
}

static __float128 quad_value(FpU128 bits)
{
    __float128 q;

    memcpy(&q, &bits, sizeof q);
    return q;
}

static FpU128 quad_bits(__float128 q)
{
    FpU128 bits;

    memcpy(&bits, &q, sizeof bits);
    return bits;
}

static bool is_nan(FpU128 bits)
{
    return (bits & ~SIGN) > INF;
}

/* The library computes in integers and raises some of the flags in the x87 unit. */
static void library_begin(unsigned round)
{
    __asm__ volatile("fnclex");
    host_begin(round);
}

static unsigned library_end(void)
{
    unsigned flags = host_end();
    uint16_t status;

    __asm__ volatile("fnstsw %0" : "=am"(status));
    return flags | (status & 8 ? FP_OF : 0) | (status & 16 ? FP_UF : 0) |
           (status & 32 ? FP_NX : 0);
}

static void complain(const char *what, const FpEnv *env, FpU128 a, FpU128 b, FpU128 got,
                     FpU128 want, unsigned flags)
{
    const FpU128 v[] = { a, b, got, want };

    printf("# %s round %u mode %#x flags %#x, want %#x:", what, env->round, env->mode, env->flags,
           flags);
    for (unsigned i = 0; i < 4; i++) {
        printf(" %016llx.%016llx", (unsigned long long)(v[i] >> 64), (unsigned long long)v[i]);
    }
    printf("\n");
}

static FpU128 random_quad(FpU128 near)
{
    uint64_t r = random_u64();
    FpU128 frac = ((FpU128)random_u64() << 64 | random_u64()) & (((FpU128)1 << 112) - 1);
    unsigned e = random_u64() & 0x7fff;

    switch (r & 7) {
    case 0:
        frac = (((FpU128)1 << 112) - 1) >> (r >> 8) % 112;
        break;
    case 1:
        frac = (FpU128)1 << (r >> 8) % 112;
        break;
    case 2:
        frac = frac >> (r >> 8) % 112 << (r >> 8) % 112;
        break;
    default:
        break;
    }
    switch (r >> 3 & 7) {
    case 0:
    case 1:
        e = (unsigned)(near >> 112) + (r >> 16 & 7) - 4;
        break;
    case 2:
        e = (unsigned)(near >> 112) + (r >> 16) % 240 - 120;
        break;
    case 3:
        e = r >> 16 & 3;
        break;
    case 4:
        e = 16383 * 3 - (unsigned)(near >> 112) + (r >> 16 & 3);
        break;
    case 5:
        e = 16383 + (r >> 16 & 63) - 32;
        break;
    default:
        break;
    }
    return (FpU128)(r >> 63) << 127 | (FpU128)(e & 0x7fff) << 112 | frac;
}

static unsigned get_corners(FpU128 *out)
{
    const FpU128 one = (FpU128)16383 << 112, min = (FpU128)1 << 112;
    const FpU128 positive[] = {
        0, 1, 2, QUIET, min - 1, min, min + 1, 2 * min, one - 1, one, one + 1, one + QUIET,
        one + min - 1, one + min, one - 113 * min, one - 113 * min + 1, one - 114 * min,
        one + 112 * min, one + 113 * min, one / 2, INF - min, INF - 1, INF, INF + QUIET,
        INF + QUIET + 7,
    };
    unsigned n = sizeof positive / sizeof *positive;

    for (unsigned i = 0; i < n; i++) {
        out[2 * i] = positive[i];
        out[2 * i + 1] = positive[i] | SIGN;
    }
    return 2 * n;
}

static void check_library(Tally *t, unsigned op, unsigned round, FpU128 a, FpU128 b)
{
    volatile __float128 x = quad_value(a), y = quad_value(b), r;
    FpEnv env = { .round = round, .mode = FP_DEFAULT_NAN };
    const FpU128 v[3] = { a, b, 0 };
    unsigned flags;
    FpU128 got, want;

    library_begin(round);
    switch (op) {
    case OP_ADD:
        r = x + y;
        break;
    case OP_SUB:
        r = x - y;
        break;
    case OP_MUL:
        r = x * y;
        break;
    default:
        r = x / y;
        break;
    }
    flags = library_end();
    want = quad_bits(r);
    if (is_nan(want)) {
        want = INF | QUIET;
    }
    got = run(op, &env, v);
    if (!tally(t, got == want && env.flags == flags)) {
        complain(op_names[op], &env, a, b, got, want, flags);
    }
}

static void test_library(unsigned op)
{
    FpU128 corners[64];
    unsigned n = get_corners(corners);
    char name[64];
    Tally t = { name, 0, 0 };

    snprintf(name, sizeof name, "f128 %s equals the compiler library's", op_names[op]);
    for (unsigned round = 0; round < 4; round++) {
        for (unsigned i = 0; i < n * n; i++) {
            check_library(&t, op, round, corners[i % n], corners[i / n]);
        }
        for (unsigned i = 0; i < 100000; i++) {
            FpU128 a = random_quad((FpU128)random_u64() << 64);

            check_library(&t, op, round, a, random_quad(a));
        }
    }
    tap_done(&t);
}

static void check_f64(Tally *t, unsigned op, unsigned round, unsigned mode, const uint64_t v[3])
{
    FpEnv env = { .round = round, .mode = mode }, odd = { .round = FP_RODD, .mode = mode };
    uint64_t got = run_f64(op, &env, v), want;
    FpU128 q[3], r;

    for (unsigned i = 0; i < 3; i++) {
        bool used = i == 0 || (i == 1 && op != OP_SQRT) || op == OP_FMA;

        if (used && fp_f64_class(v[i]) == FP_CLASS_SNAN) {
            return;                 /* widening would have quieted it */
        }
        q[i] = fp_f64_to_f128(&(FpEnv) { 0 }, v[i]);
    }
    r = run(op, &odd, q);
    if ((r & ~SIGN) == 0) {
        FpEnv again = { .round = round };

        r = run(op, &again, q);     /* the sign of zero depends on the direction */
    }
    odd.round = round;
    odd.flags &= FP_NV | FP_DZ;
    want = fp_f128_to_f64(&odd, r);
    if (!tally(t, got == want && env.flags == odd.flags)) {
        complain(op_names[op], &env, v[0], v[1], got, want, odd.flags);
    }
}

static void test_f64(unsigned op)
{
    uint64_t corners[MAX_CORNERS];
    unsigned n = layout_corners(&layout_f64, corners);
    char name[64];
    Tally t = { name, 0, 0 };

    snprintf(name, sizeof name, "f128 %s narrowed equals f64's in every direction", op_names[op]);
    for (unsigned config = 0; config < 12; config++) {
        unsigned round = config % 6, mode = config / 6 ? FP_TINY_BEFORE : FP_DEFAULT_NAN;

        for (unsigned i = 0; i < n * n; i++) {
            uint64_t v[3] = { corners[i % n], corners[i / n], corners[random_u64() % n] };

            check_f64(&t, op, round, mode, v);
        }
        for (unsigned i = 0; i < 10000; i++) {
            uint64_t v[3];

            v[0] = layout_random(&layout_f64, random_u64());
            v[1] = layout_random(&layout_f64, v[0]);
            v[2] = layout_random(&layout_f64, v[i & 1]);
            check_f64(&t, op, round, mode, v);
        }
    }
    tap_done(&t);
}

static bool is_ordinary(FpU128 bits)
{
    unsigned e = (unsigned)(bits >> 112) & 0x7fff;

    return e > 300 && e < 0x7fff - 300;
}

/* fma gives the exact error of a product and of a truncated quotient; a truncated root's square is
 * not above the operand, that of its successor is. */
static void test_errors(void)
{
    Tally t = { "f128 mul, div and sqrt err as fma says", 0, 0 };

    for (unsigned i = 0; i < 200000; i++) {
        FpEnv env = { .round = FP_RNE }, exact = { .round = FP_RNE };
        FpU128 a = random_quad((FpU128)16383 << 112), b = random_quad(a), r, e, back;

        r = fp_f128_mul(&env, a, b);
        if (!is_ordinary(a) || !is_ordinary(b) || !is_ordinary(r)) {
            continue;
        }
        e = fp_f128_fma(&exact, a, b, r, FP_NEG_ADDEND);
        back = fp_f128_add(&(FpEnv) { .round = FP_RNE }, r, e);
        tally(&t, exact.flags == 0 && back == r && ((e & ~SIGN) != 0) == (env.flags == FP_NX));
        tally(&t, fp_f128_fma(&env, a, b, 0, 0) == r);
        r = fp_f128_div(&(FpEnv) { .round = FP_RTZ }, a, b);
        if (is_ordinary(r)) {
            e = fp_f128_fma(&exact, r, b, a, FP_NEG_PRODUCT);
            tally(&t, exact.flags == 0 && ((e & ~SIGN) == 0 || (e & SIGN) == (a & SIGN)));
        }
        a &= ~SIGN;
        r = fp_f128_sqrt(&(FpEnv) { .round = FP_RTZ }, a);
        e = fp_f128_fma(&exact, r, r, a, FP_NEG_PRODUCT);
        back = fp_f128_fma(&exact, r + 1, r + 1, a, FP_NEG_PRODUCT);
        tally(&t, !(e & SIGN) && (back & SIGN));
    }
    tap_done(&t);
}

/* Widening is exact and narrowing undoes it; quads between two doubles round as in the library. */
static void test_convert(void)
{
    Tally t = { "f128 <-> f16, f32, f64, integers", 0, 0 };

    for (unsigned i = 0; i < 200000; i++) {
        unsigned round = i % 4, flags;
        FpEnv env = { .round = round };
        uint64_t d = layout_random(&layout_f64, (uint64_t)(1023 + i % 140 - 70) << 52);
        FpU128 q = fp_f64_to_f128(&env, d) + (random_u64() >> (random_u64() & 63));
        volatile __float128 x;
        volatile double r;
        volatile int64_t n;
        uint64_t got;

        q &= ~(FpU128)0 << (random_u64() & 63);
        if (is_nan(q)) {
            continue;
        }
        x = quad_value(q);
        env.flags = 0;
        library_begin(round);
        r = (double)x;
        flags = library_end();
        got = fp_f128_to_f64(&env, q);
        tally(&t, got == f64_bits(r) && env.flags == flags);
        env.flags = 0;
        library_begin(round);
        n = (int64_t)x;
        flags = library_end();
        got = fp_f128_to_i64(&env, q, FP_RTZ, 0);
        if (!tally(&t, ((flags & FP_NV) || got == (uint64_t)n) && env.flags == flags)) {
            complain("to i64", &env, q, 0, got, n, flags);
        }
        tally(&t, fp_f128_from_i64(&env, d, 0) == quad_bits((__float128)(int64_t)d));
        tally(&t, fp_f128_from_u64(&env, d, 0) == quad_bits((__float128)d));
        tally(&t, fp_f128_compare(&env, q, quad_bits(r), false) ==
                  (x < (__float128)r ? FP_LT : x == (__float128)r ? FP_EQ : FP_GT));
    }
    for (uint64_t a = 0; a < 0x10000; a++) {
        FpEnv env = { 0 };
        FpU128 q = fp_f16_to_f128(&env, a);
        uint16_t want = fp_f16_class(a) == FP_CLASS_SNAN ? a | 0x200 : a;

        tally(&t, env.flags == (want == a ? 0 : FP_NV) && fp_f128_to_f16(&env, q) == want);
        tally(&t, fp_f32_to_f128(&env, fp_f16_to_f32(&env, a)) == q);
        tally(&t, fp_f64_to_f128(&env, fp_f16_to_f64(&env, a)) == q);
        tally(&t, fp_f128_to_f32(&env, q) == fp_f16_to_f32(&env, want));
    }
    tap_done(&t);
}

/* f64's answers for operands that f64 can hold; and large integers, where f64 cannot follow. */
static void test_rest(void)
{
    Tally t = { "f128 rint, min, max, class, to integers equal f64's", 0, 0 };

    for (unsigned i = 0; i < 200000; i++) {
        FpEnv e = { .mode = i & 8 ? FP_DEFAULT_NAN : 0 }, w = e, none = { 0 };
        unsigned round = i % 6;
        uint64_t a = layout_random(&layout_f64, (uint64_t)(1023 + i % 70) << 52);
        uint64_t b = layout_random(&layout_f64, a);
        FpU128 qa, qb;

        if ((fp_f64_class(a) | fp_f64_class(b)) & FP_CLASS_SNAN) {
            continue;
        }
        qa = fp_f64_to_f128(&none, a);
        qb = fp_f64_to_f128(&none, b);
        tally(&t, fp_f128_rint(&e, qa, round, true) ==
                  fp_f64_to_f128(&w, fp_f64_rint(&w, a, round, true)) && e.flags == w.flags);
        tally(&t, fp_f128_to_u64(&e, qa, round, i % 5) == fp_f64_to_u64(&w, a, round, i % 5));
        tally(&t, fp_f128_to_i32(&e, qa, round, 0) == fp_f64_to_i32(&w, a, round, 0));
        tally(&t, fp_f128_to_i64(&e, qa, round, 0) == fp_f64_to_i64(&w, a, round, 0));
        tally(&t, fp_f128_min(&e, qa, qb) == fp_f64_to_f128(&w, fp_f64_min(&w, a, b)));
        tally(&t, fp_f128_maxnum(&e, qa, qb) == fp_f64_to_f128(&w, fp_f64_maxnum(&w, a, b)));
        tally(&t, fp_f128_minimum_number(&e, qa, qb) ==
                  fp_f64_to_f128(&w, fp_f64_minimum_number(&w, a, b)));
        tally(&t, e.flags == w.flags);
        tally(&t, fp_f128_class(qa) == fp_f64_class(a) ||
                  fp_f64_class(a) & (FP_CLASS_POS_SUBNORMAL | FP_CLASS_NEG_SUBNORMAL));
        /* 2^111 + k + 1/2 */
        qa = (FpU128)(16383 + 111) << 112 | (FpU128)a << 1 | 1;
        tally(&t, fp_f128_rint(&e, qa, FP_RNE, false) == (a & 1 ? qa + 1 : qa - 1));
        tally(&t, fp_f128_rint(&e, qa, FP_RTZ, false) == qa - 1);
    }
    tap_done(&t);
}

int main(void)
{
    for (unsigned op = OP_ADD; op <= OP_DIV; op++) {
        test_library(op);
    }
    for (unsigned op = 0; op < OP_COUNT; op++) {
        test_f64(op);
    }
    test_errors();
    test_convert();
    test_rest();
    return tap_end();
}
