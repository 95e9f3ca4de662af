/* SPDX-License-Identifier: BSD-2-Clause */
/* Signal frames of RISC-V. */
#ifndef LU_RV_FRAME_H
#define LU_RV_FRAME_H

#include "target.h"

bool lu_rv_frame_push(struct LuThread *t, uint64_t sp, int sig, const void *info,
                      const struct LuAction *act, uint64_t mask);
bool lu_rv_frame_pop(struct LuThread *t, uint64_t *mask);

#endif
