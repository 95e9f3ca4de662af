/* SPDX-License-Identifier: BSD-2-Clause */
/* The extensions as numbers (for row tables) and as bits of RvModel.ext. */
#ifndef GUEST_RISCV_EXT_H
#define GUEST_RISCV_EXT_H

#include "guest/riscv/ext.def"

#include <stdint.h>

enum {
#define RV_EXT_NUMBER(x, name, isa, probe, text) RV_EXT_##name,
    RV_EXTENSIONS(RV_EXT_NUMBER, )
#undef RV_EXT_NUMBER
    RV_EXT_COUNT
};

_Static_assert(RV_EXT_COUNT <= 64, "extensions are a 64-bit set");

#define RV_FEAT(name) (1ull << RV_EXT_##name)

/* Vectors that have others in them. */
#define RV_ZVE32F (RV_FEAT(zve32x) | RV_FEAT(zve32f))
#define RV_ZVE64D (RV_ZVE32F | RV_FEAT(zve64x) | RV_FEAT(zve64f) | RV_FEAT(zve64d))

#endif
