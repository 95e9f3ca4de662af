/* SPDX-License-Identifier: BSD-2-Clause */
/* Soft-float core: taking encodings apart, rounding, NaN propagation. [IEEE754-2019 4, 6, 7] */
#include "fp-impl.h"

uint64_t fp_num_nan(FpEnv *env, const FpFormat *f, const FpNum *n)
{
    if (n->cls == FP_NUM_SNAN) {
        env->flags |= FP_NV;
    }
    return env->mode & FP_DEFAULT_NAN ? fp_default_nan(f) : n->bits | f->quiet;
}

uint64_t fp_num_nan2(FpEnv *env, const FpFormat *f, const FpNum *a, const FpNum *b)
{
    if (a->cls == FP_NUM_SNAN || (b->cls != FP_NUM_SNAN && a->cls == FP_NUM_QNAN)) {
        return fp_num_nan(env, f, a);
    }
    return fp_num_nan(env, f, b);
}

uint64_t fp_num_nan3(FpEnv *env, const FpFormat *f, const FpNum *a, const FpNum *b, const FpNum *c)
{
    if (a->cls == FP_NUM_SNAN ||
        (a->cls == FP_NUM_QNAN && b->cls != FP_NUM_SNAN && c->cls != FP_NUM_SNAN)) {
        return fp_num_nan(env, f, a);
    }
    return fp_num_nan2(env, f, b, c);
}

uint64_t fp_num_overflow(FpEnv *env, const FpFormat *f, unsigned round, bool sign)
{
    if (f->alt) {
        env->flags |= FP_NV;
        return fp_signed(f, sign, f->sign - 1);
    }
    env->flags |= FP_OF | FP_NX;
    return fp_signed(f, sign, fp_overflows_to_inf(round, sign) ? f->inf : f->inf - 1);
}

/* After-rounding tininess asks what rounding to full precision with an unbounded exponent would
 * have given. */
uint64_t fp_num_pack_tiny(FpEnv *env, const FpFormat *f, unsigned round, bool sign, int exp,
                          uint64_t sig)
{
    unsigned shift = 62 - f->frac_bits;
    uint64_t mask = (UINT64_C(1) << shift) - 1;
    unsigned down = 1 - f->bias - exp;
    bool tiny;

    if (env->mode & f->flush) {
        env->flags |= FP_UF;
        return fp_signed(f, sign, 0);
    }
    tiny = env->mode & FP_TINY_BEFORE || down > 1 ||
           !((sig + fp_increment(round, sign, sig, mask)) >> 63);
    sig = fp_shr_jam(sig, down);
    if (sig & mask) {
        env->flags |= tiny ? FP_NX | FP_UF : FP_NX;
        sig += fp_increment(round, sign, sig, mask);
    }
    return fp_signed(f, sign, sig >> shift);
}
