/* SPDX-License-Identifier: BSD-2-Clause */
/* The RISC-V CPU as its owner sees it. */
#ifndef TCG_CPU_RISCV_H
#define TCG_CPU_RISCV_H

#include "tcg/env.h"
#include "tcg/exec.h"
#include "tcg/guest.h"

typedef struct RvCpu {
    TcgEnv env;                 /* pc is in here */
    uint64_t x[32];             /* x[0] stays 0 */
    uint64_t f[32];             /* NaN-boxed */
    uint8_t frm;                /* as written to fcsr; use rv_fcsr_set */
    const struct RvModel *model;
} RvCpu;

/* Register ids in IR: x1..x31 are 1..31, f0..f31 are 32..63. */
enum { RV_X0 = 0, RV_RA = 1, RV_SP = 2, RV_GP = 3, RV_TP = 4, RV_A0 = 10, RV_A7 = 17, RV_F0 = 32 };

extern const TcgGuest rv_guest;

/* fcsr: frm in bits 7..5, fflags in bits 4..0. Only on the CPU's own thread. */
uint32_t rv_fcsr_get(RvCpu *cpu);
void rv_fcsr_set(RvCpu *cpu, uint32_t v);

/* CPU models: a row of ext.def's bits. */
typedef struct RvModel {
    const char *name, *text;
    uint64_t ext;                       /* bits of guest/riscv/ext.def */
    uint64_t machine;                   /* those that it has beside them in a machine */
} RvModel;

extern const RvModel rv_models[];       /* ends with a row whose name is NULL; the first is the default, max */
void rv_cpu_reset(RvCpu *cpu, const RvModel *model);

/* AT_HWCAP of Linux (bits 'a'..'z' of the single-letter extensions). */
uint64_t rv_hwcap(const RvModel *model);

/* The ISA string of /proc/cpuinfo, written into buf. */
void rv_isa_string(const RvModel *model, char *buf, size_t size);

/* The same for the device tree of a machine. */
void rv_machine_isa_string(const RvModel *model, char *buf, size_t size);

/* riscv_hwprobe(2): value for key, or -1 if the key is not known. */
int64_t rv_hwprobe(const RvModel *model, int64_t key);

#endif
