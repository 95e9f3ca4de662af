/* SPDX-License-Identifier: BSD-2-Clause */
/* /proc/cpuinfo of AArch64. */
#ifndef LU_A64_CPUINFO_H
#define LU_A64_CPUINFO_H

#include "tcg/cpu-aarch64.h"

void lu_a64_cpuinfo(const A64Model *model, int fd);

#endif
