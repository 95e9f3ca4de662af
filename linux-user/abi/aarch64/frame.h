/* SPDX-License-Identifier: BSD-2-Clause */
/* Signal frames of AArch64. */
#ifndef LU_A64_FRAME_H
#define LU_A64_FRAME_H

#include "target.h"
#include "tcg/cpu-aarch64.h"

#define LU_A64_MINSIGSTKSZ 4720

bool lu_a64_frame_push(struct LuThread *t, uint64_t sp, int sig, const void *info,
                       const struct LuAction *act, uint64_t mask);
bool lu_a64_frame_pop(struct LuThread *t, uint64_t *mask);

/* PSTATE as SPSR_EL1 would hold it. */
uint64_t lu_a64_pstate_get(const A64Cpu *cpu);
void lu_a64_pstate_set(A64Cpu *cpu, uint64_t v);

/* Registers in the layouts of core files. */
void lu_a64_regs_get(TcgEnv *env, struct LuRegs *out);
void lu_a64_regs_set(TcgEnv *env, const struct LuRegs *in);
#define LU_A64_GREGS 272
#define LU_A64_FPREGS 528
const struct LuGdbAbi *lu_a64_gdb(const TcgEnv *env);

#endif
