/* SPDX-License-Identifier: BSD-2-Clause */
/* Signal frames of AArch64. */
#ifndef LU_A64_FRAME_H
#define LU_A64_FRAME_H

#include "target.h"

#define LU_A64_MINSIGSTKSZ 4720

bool lu_a64_frame_push(struct LuThread *t, uint64_t sp, int sig, const void *info,
                       const struct LuAction *act, uint64_t mask);
bool lu_a64_frame_pop(struct LuThread *t, uint64_t *mask);

#endif
