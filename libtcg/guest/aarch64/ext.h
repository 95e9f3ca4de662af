/* SPDX-License-Identifier: BSD-2-Clause */
/* The extensions as numbers (for row tables) and as bits of A64Model.features. */
#ifndef GUEST_AARCH64_EXT_H
#define GUEST_AARCH64_EXT_H

#include "guest/aarch64/ext.def"

#include <stdint.h>

enum {
#define A64_EXT_NUMBER(x, name, reg, shift, add, hwcap, hwcap2, text) A64_EXT_##name,
    A64_EXTENSIONS(A64_EXT_NUMBER, )
#undef A64_EXT_NUMBER
    A64_EXT_COUNT
};

_Static_assert(A64_EXT_COUNT <= 64, "features are a 64-bit set");

#define A64_FEAT(name) (1ull << A64_EXT_##name)

#endif
