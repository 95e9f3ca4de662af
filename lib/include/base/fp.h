/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Software floating point: IEEE 754-2019 arithmetic on bit patterns, with the choices of the Arm
 * and RISC-V architectures as mode bits.  [IEEE754-2019] [ArmARM DDI 0487] [RVU 21-22, Zfa]
 *
 * Values are raw encodings: uint16_t binary16, uint32_t binary32, uint64_t binary64, FpU128
 * binary128.  Nothing here touches the host's floating-point unit, so the host's rounding mode and
 * sticky flags are neither used nor changed.  All functions are pure but for env->flags, which is
 * OR-ed into and never cleared; an FpEnv belongs to one thread at a time.
 */
#ifndef BASE_FP_H
#define BASE_FP_H

#include <stdbool.h>
#include <stdint.h>

/* Rounding directions, in RISC-V's encoding plus round to odd. */
enum {
    FP_RNE = 0,     /* to nearest, ties to even */
    FP_RTZ = 1,     /* towards zero */
    FP_RDN = 2,     /* towards minus infinity */
    FP_RUP = 3,     /* towards plus infinity */
    FP_RMM = 4,     /* to nearest, ties away from zero */
    FP_RODD = 5,    /* truncate, then set the last bit if inexact */
};

/* Sticky flags, RISC-V's bits; FP_ID is Arm's input denormal. */
enum {
    FP_NX = 1,
    FP_UF = 2,
    FP_OF = 4,
    FP_DZ = 8,
    FP_NV = 16,
    FP_ID = 32,
};

/* Mode bits; none set is plain IEEE 754 with tininess after rounding and Arm's NaN propagation. */
enum {
    FP_DEFAULT_NAN = 1 << 0,    /* every NaN result is the positive quiet NaN without payload */
    FP_TINY_BEFORE = 1 << 1,    /* underflow is detected before rounding */
    FP_FLUSH = 1 << 2,          /* f32, f64: subnormal inputs (FP_ID) and results (FP_UF) are 0 */
    FP_FLUSH16 = 1 << 3,        /* f16: the same, silent on inputs; conversions are exempt */
    FP_AHP = 1 << 4,            /* conversions see f16 as Arm's alternative half precision */
    FP_NAN_TO_MAX = 1 << 5,     /* NaN converts to the largest integer, else to 0 */
};

/* fp_*_fma: operand signs flipped before anything else, NaNs included. */
enum {
    FP_NEG_PRODUCT = 1,
    FP_NEG_ADDEND = 2,
};

/* Results of fp_*_compare. */
enum {
    FP_LT = -1,
    FP_EQ = 0,
    FP_GT = 1,
    FP_UN = 2,
};

/* Results of fp_*_class: RISC-V's fclass, one bit set. */
enum {
    FP_CLASS_NEG_INF = 1 << 0,
    FP_CLASS_NEG_NORMAL = 1 << 1,
    FP_CLASS_NEG_SUBNORMAL = 1 << 2,
    FP_CLASS_NEG_ZERO = 1 << 3,
    FP_CLASS_POS_ZERO = 1 << 4,
    FP_CLASS_POS_SUBNORMAL = 1 << 5,
    FP_CLASS_POS_NORMAL = 1 << 6,
    FP_CLASS_POS_INF = 1 << 7,
    FP_CLASS_SNAN = 1 << 8,
    FP_CLASS_QNAN = 1 << 9,
};

typedef struct FpEnv {
    uint8_t round;      /* FP_RNE.. , used wherever a function takes no direction of its own */
    uint8_t flags;      /* FP_NX.. , sticky */
    uint16_t mode;      /* FP_DEFAULT_NAN.. */
} FpEnv;

__extension__ typedef unsigned __int128 FpU128;

/*
 * For X in f16, f32, f64 and f128 with the encoding's type T:
 *
 *   fp_X_add sub mul div sqrt   one rounding, by env->round.
 *   fp_X_fma           a*b+c with one rounding; neg is a set of FP_NEG_*.  NaN priority is c, a, b;
 *                      infinity times zero plus a quiet NaN is invalid and gives the default NaN.
 *   fp_X_compare       FP_LT..FP_UN; a quiet NaN raises FP_NV only if signaling.
 *   fp_X_min max       IEEE minimum and maximum: a NaN operand wins, -0 < +0 (Arm FMIN, Zfa fminm).
 *   fp_X_minnum maxnum IEEE 754-2008 minNum: a quiet NaN loses to a number (Arm FMINNM).
 *   fp_X_minimum_number maximum_number  any NaN loses, a signalling one raises FP_NV; two NaNs give
 *                      the default NaN (RISC-V fmin).
 *   fp_X_class         one FP_CLASS_* bit; never flushes, raises nothing.
 *   fp_X_rint          to an integral value by `round`; raises FP_NX only if exact.
 *   fp_X_to_i64 ...    a*2^fbits as an integer by `round`, saturating; out of range and NaN raise
 *                      FP_NV alone.  Also to_u64, to_i32, to_u32, to_i16, to_u16.
 *   fp_X_from_i64 ...  v/2^fbits by env->round.  Also from_u64, from_i32, from_u32.
 */
#define FP_DECLARE(X, T) \
    T fp_##X##_add(FpEnv *env, T a, T b); \
    T fp_##X##_sub(FpEnv *env, T a, T b); \
    T fp_##X##_mul(FpEnv *env, T a, T b); \
    T fp_##X##_div(FpEnv *env, T a, T b); \
    T fp_##X##_sqrt(FpEnv *env, T a); \
    T fp_##X##_fma(FpEnv *env, T a, T b, T c, unsigned neg); \
    int fp_##X##_compare(FpEnv *env, T a, T b, bool signaling); \
    T fp_##X##_min(FpEnv *env, T a, T b); \
    T fp_##X##_max(FpEnv *env, T a, T b); \
    T fp_##X##_minnum(FpEnv *env, T a, T b); \
    T fp_##X##_maxnum(FpEnv *env, T a, T b); \
    T fp_##X##_minimum_number(FpEnv *env, T a, T b); \
    T fp_##X##_maximum_number(FpEnv *env, T a, T b); \
    unsigned fp_##X##_class(T a); \
    T fp_##X##_rint(FpEnv *env, T a, unsigned round, bool exact); \
    int64_t fp_##X##_to_i64(FpEnv *env, T a, unsigned round, unsigned fbits); \
    uint64_t fp_##X##_to_u64(FpEnv *env, T a, unsigned round, unsigned fbits); \
    int32_t fp_##X##_to_i32(FpEnv *env, T a, unsigned round, unsigned fbits); \
    uint32_t fp_##X##_to_u32(FpEnv *env, T a, unsigned round, unsigned fbits); \
    int16_t fp_##X##_to_i16(FpEnv *env, T a, unsigned round, unsigned fbits); \
    uint16_t fp_##X##_to_u16(FpEnv *env, T a, unsigned round, unsigned fbits); \
    T fp_##X##_from_i64(FpEnv *env, int64_t v, unsigned fbits); \
    T fp_##X##_from_u64(FpEnv *env, uint64_t v, unsigned fbits); \
    T fp_##X##_from_i32(FpEnv *env, int32_t v, unsigned fbits); \
    T fp_##X##_from_u32(FpEnv *env, uint32_t v, unsigned fbits)

FP_DECLARE(f16, uint16_t);
FP_DECLARE(f32, uint32_t);
FP_DECLARE(f64, uint64_t);
FP_DECLARE(f128, FpU128);

/*
 * Arm's own, for X in f16, f32, f64:
 *
 *   fp_X_mulx    a*b, but infinity times zero is 2 (FMULX).
 *   fp_X_recps   2-a*b fused (FRECPS).        fp_X_rsqrts  (3-a*b)/2 fused (FRSQRTS).
 *   fp_X_recpe   8-bit estimate of 1/a (FRECPE).   fp_X_rsqrte  of 1/sqrt(a) (FRSQRTE).
 *   fp_X_recpx   the exponent's reciprocal (FRECPX).
 */
#define FP_DECLARE_ARM(X, T) \
    T fp_##X##_mulx(FpEnv *env, T a, T b); \
    T fp_##X##_recps(FpEnv *env, T a, T b); \
    T fp_##X##_rsqrts(FpEnv *env, T a, T b); \
    T fp_##X##_recpe(FpEnv *env, T a); \
    T fp_##X##_rsqrte(FpEnv *env, T a); \
    T fp_##X##_recpx(FpEnv *env, T a)

FP_DECLARE_ARM(f16, uint16_t);
FP_DECLARE_ARM(f32, uint32_t);
FP_DECLARE_ARM(f64, uint64_t);

#undef FP_DECLARE
#undef FP_DECLARE_ARM

/* Fixed-point estimates of 1/a and 1/sqrt(a), a in 0.32 (URECPE, URSQRTE). */
uint32_t fp_u32_recpe(uint32_t a);
uint32_t fp_u32_rsqrte(uint32_t a);

/*
 * Truncate modulo 2^32 (FJCVTZS, RISC-V fcvtmod.w.d); NaN and infinity give 0.  Raises FP_NV when
 * the integer does not fit 32 signed bits, else FP_NX when inexact.  *z, if not NULL, is Arm's Z
 * flag: the conversion was exact and the input was not -0.
 */
int32_t fp_f64_to_i32_js(FpEnv *env, uint64_t a, bool *z);

/*
 * An IEEE half as a single of the same value, a NaN with its payload and kind: nothing is raised.  A
 * subnormal one is zero with FP_FLUSH16 in mode [ArmARM J1.3 FPMulAddH].
 */
uint32_t fp_f16_as_f32(unsigned mode, uint16_t a);

/* Conversions between formats, by env->round; payloads keep their most significant bits. */
uint16_t fp_f32_to_f16(FpEnv *env, uint32_t a);
uint16_t fp_f64_to_f16(FpEnv *env, uint64_t a);
uint16_t fp_f128_to_f16(FpEnv *env, FpU128 a);
uint32_t fp_f16_to_f32(FpEnv *env, uint16_t a);
uint32_t fp_f64_to_f32(FpEnv *env, uint64_t a);
uint32_t fp_f128_to_f32(FpEnv *env, FpU128 a);
uint64_t fp_f16_to_f64(FpEnv *env, uint16_t a);
uint64_t fp_f32_to_f64(FpEnv *env, uint32_t a);
uint64_t fp_f128_to_f64(FpEnv *env, FpU128 a);
FpU128 fp_f16_to_f128(FpEnv *env, uint16_t a);
FpU128 fp_f32_to_f128(FpEnv *env, uint32_t a);
FpU128 fp_f64_to_f128(FpEnv *env, uint64_t a);

#endif
