/* SPDX-License-Identifier: BSD-2-Clause */
/* Signal frames of RISC-V. */
#ifndef LU_RV_FRAME_H
#define LU_RV_FRAME_H

#include "target.h"
#include "tcg/cpu-riscv.h"

bool lu_rv_frame_push(struct LuThread *t, uint64_t sp, int sig, const void *info,
                      const struct LuAction *act, uint64_t mask);
bool lu_rv_frame_pop(struct LuThread *t, uint64_t *mask);

/* The largest frame of a model. */
unsigned lu_rv_frame_bytes(const struct RvModel *model);

/* Registers in the layouts of core files. */
void lu_rv_regs_get(TcgEnv *env, struct LuRegs *out);
void lu_rv_regs_set(TcgEnv *env, const struct LuRegs *in);
#define LU_RV_GREGS 256
#define LU_RV_FPREGS 264
const struct LuGdbAbi *lu_rv_gdb(const TcgEnv *env);

#endif
