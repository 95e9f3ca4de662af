/* SPDX-License-Identifier: BSD-2-Clause */
/* SVE vector lengths as Linux has them. [Linux arm64 sve] */
#ifndef LU_A64_SVE_H
#define LU_A64_SVE_H

#include "tcg/cpu-aarch64.h"

#include <stdbool.h>
#include <stddef.h>

/* prctl(PR_SVE_SET_VL, arg) and PR_SVE_GET_VL: the result, or -errno. */
int64_t lu_a64_sve_set(A64Cpu *cpu, uint64_t arg);
int64_t lu_a64_sve_get(const A64Cpu *cpu);

/* The vector length over execve: LuAbi.exec_get and exec_set. */
bool lu_a64_sve_exec_get(const TcgEnv *env, char *text, size_t size);
bool lu_a64_sve_exec_set(TcgEnv *env, const char *text);

#endif
