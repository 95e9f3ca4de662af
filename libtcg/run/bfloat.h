/* SPDX-License-Identifier: BSD-2-Clause */
/* BFloat16, the upper half of a single, for operations and for helpers of guests. [ArmARM A1.4.5] */
#ifndef TCG_RUN_BFLOAT_H
#define TCG_RUN_BFLOAT_H

#include "base/fp.h"

/* acc, a single, plus the sum of two products of BFloat16: products and both sums rounded to odd, subnormal numbers
 * flushed everywhere, infinity for what overflows, the default NaN; nothing is raised. [ArmARM J1.3 BFDotAdd] */
uint32_t tcg_bf_dot(uint32_t acc, const uint16_t *n, const uint16_t *m);

/* A single as BFloat16, by e's rounding and mode; raises flags there. [ArmARM J1.3 FPConvertBF] */
uint16_t tcg_bf_from_f32(FpEnv *e, uint32_t x);

#endif
