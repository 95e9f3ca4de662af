/* SPDX-License-Identifier: BSD-2-Clause */
/* RISC-V harts of a machine. */
#ifndef SYSTEM_CPU_RISCV_H
#define SYSTEM_CPU_RISCV_H

#include "cpu/cpu.h"
#include "cpu/tcg.h"

#include "dev/clock.h"

#include "tcg/hart-riscv.h"

typedef enum SysHsm {               /* [SBI 9.1]; the numbers are those of the call */
    SYS_HSM_STARTED,
    SYS_HSM_STOPPED,
    SYS_HSM_START_PENDING,
    SYS_HSM_STOP_PENDING,
    SYS_HSM_SUSPENDED,
} SysHsm;

enum { SYS_RISCV_CSRS = 26 };

typedef enum SysPmuEvent {          /* what the built-in firmware counts; the call's numbers [SBI 11.5] */
    SYS_PMU_SET_TIMER = 5,
    SYS_PMU_IPI_SENT, SYS_PMU_IPI_RECEIVED,
    SYS_PMU_FENCE_I_SENT, SYS_PMU_FENCE_I_RECEIVED,
    SYS_PMU_FENCE_VMA_SENT, SYS_PMU_FENCE_VMA_RECEIVED,
    SYS_PMU_FENCE_ASID_SENT, SYS_PMU_FENCE_ASID_RECEIVED,
    SYS_PMU_EVENTS = 22,            /* 0 to 4 are traps that the kernel takes itself, the last eight hypervisors' */
} SysPmuEvent;

enum { SYS_PMU_COUNTERS = 16 };     /* of the firmware's events */

typedef struct SysPmu {
    guint32 event[3 + SYS_PMU_COUNTERS];        /* of each counter; all ones: it is free */
    guint32 started;                            /* a bit each */
    uint64_t base[SYS_PMU_COUNTERS];            /* value, less count[] at the start while it runs */
    uint64_t count[SYS_PMU_EVENTS];             /* atomic: how often each event has happened */
} SysPmu;

/* What a saved machine has of a hart; made when it is saved, followed when it is loaded. */
typedef struct SysRiscvState {
    uint64_t x[32], f[32], pc, csr[SYS_RISCV_CSRS], pmpaddr[RV_PMPS];
    uint64_t vl, vtype, vstart, vcsr;
    uint8_t v[32 * RV_V_MAX_BYTES], pmpcfg[RV_PMPS], priv;
} SysRiscvState;

typedef struct SysRiscv {
    SysCpu c;
    SysRiscvState state;
    char *model;                    /* property */
    RvHart *hart;                   /* NULL unless live */
    Dev *mtimer;                    /* whose time it sees; borrowed */
    DevTimer stimer;                /* for stimecmp */
    uint64_t stimecmp;              /* what stimer waits for */
    DevGpa start, tree;             /* how it begins */
    /* With the firmware that is built in: */
    gboolean sbi;
    gint hsm;                       /* SysHsm; atomic, set by the hart itself but for STOPPED -> START_PENDING */
    gboolean is_fresh;              /* reset: the thread has to load the floating-point state */
    gint waits;                     /* atomic: it is in WFI */
    gint ipi;                       /* atomic: a software interrupt was sent */
    uint64_t resume, opaque;        /* where it starts or wakes, and its argument */
    SysPmu pmu;
} SysRiscv;

extern const SysCpuType sys_riscv_cpu;
extern const SysTcgOps sys_riscv_tcg;

/* For boards, before realize: the ACLINT MTIMER that counts for c. */
void sys_riscv_set_timer(SysCpu *c, Dev *mtimer);

/* For boards, before a reset: what it is to begin with.  At reset_pc in machine mode; or, the machine having no
 * firmware of its own, in supervisor mode at kernel with the device tree's address, hart 0 first. */
void sys_riscv_start_reset(SysCpu *c, DevGpa reset_pc);
void sys_riscv_start_sbi(SysCpu *c, DevGpa kernel, DevGpa tree);

typedef struct SysRiscvIsa {        /* what a device tree says of a hart */
    char *string;
    GPtrArray *extensions;          /* of char *, ended by NULL */
    const char *mmu_type;           /* NULL: no MMU */
    guint cbom_bytes, cboz_bytes;   /* 0: no such instructions */
} SysRiscvIsa;
void sys_riscv_isa(SysCpu *c, SysRiscvIsa *isa);
void sys_riscv_isa_clear(SysRiscvIsa *isa);

/* The model that -cpu describes so ("rv64,v=on"), or NULL with an error that says why or suggests the nearest. */
const RvModel *sys_riscv_model(const char *text, GError **err);

/* The floating-point control register, whatever mstatus.FS says.  Of a hart that stands. */
uint64_t sys_riscv_fcsr(const SysRiscv *s);
void sys_riscv_set_fcsr(SysRiscv *s, uint64_t v);

/* riscv-debug.c: the functions of SysCpuType of these names. */
enum { SYS_RISCV_GDB_GENERAL = 33 };
char *sys_riscv_text(SysCpu *c, gboolean vectors);
guint sys_riscv_gdb_get(SysCpu *c, guint n, guint8 *bytes);
gboolean sys_riscv_gdb_set(SysCpu *c, guint n, const guint8 *bytes, guint size);
char *sys_riscv_gdb_xml(SysCpu *c);

/* sbi.c: answers the hart's call to its firmware.  On its thread, without locks. FALSE: the hart waits. */
gboolean sys_sbi_call(SysRiscv *s);
/* sbi-pmu.c: a call of the PMU extension; returns the error, and *value. */
int64_t sys_sbi_pmu(SysRiscv *s, uint64_t fid, const uint64_t *arg, uint64_t *value);
/* Nothing is configured, nothing has happened. */
void sys_sbi_pmu_reset(SysRiscv *s);
/* Whether what was loaded makes sense. */
gboolean sys_sbi_pmu_check(const SysRiscv *s);
/* It has happened to s. Any thread. */
void sys_sbi_pmu_count(SysRiscv *s, SysPmuEvent e);
/* A hart begins as the firmware starts it. On its thread or while it stands. */
void sys_sbi_begin(SysRiscv *s, uint64_t pc, uint64_t argument);

#endif
