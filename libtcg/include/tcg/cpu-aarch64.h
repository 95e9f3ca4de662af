/* SPDX-License-Identifier: BSD-2-Clause */
/* The AArch64 CPU as its owner sees it. */
#ifndef TCG_CPU_AARCH64_H
#define TCG_CPU_AARCH64_H

#include "tcg/env.h"
#include "tcg/exec.h"
#include "tcg/guest.h"

typedef struct A64Cpu {
    TcgEnv env;                 /* pc and NZCV (tcg_flags_get) are in here */
    uint64_t x[31];
    uint64_t sp;
    uint64_t tpidr;             /* TPIDR_EL0 */
    uint64_t tpidrro;           /* TPIDRRO_EL0: not written by Linux programs */
    uint32_t fpcr;              /* use a64_fpcr_set; rounding is mirrored in env.fp and MXCSR */
    uint32_t fpsr_qc;           /* QC of FPSR, bit 27; the other flags by tcg_fp_flags_get */
    uint64_t btype;             /* PSTATE.BTYPE: 0 but after an indirect branch of a process with guarded pages */
    uint8_t dit, ssbs;          /* PSTATE */
    const struct A64Model *model;
    uint64_t pac_key[5][2];     /* APIA, APIB, APDA, APDB, APGA: low, high */
    TcgVal v[32];
    TcgVal qc;                  /* not 0 anywhere: saturation happened; folded into QC on read */
} A64Cpu;

/* Register ids in IR. */
enum {
    A64_X0 = 0, A64_LR = 30, A64_SP = 31, A64_NZCV = 32, A64_V0 = 33, A64_QC = 65, A64_TPIDR = 66, A64_TPIDRRO = 67,
    A64_BTYPE = 68
};

extern const TcgGuest a64_guest;

/* FPSR and FPCR as MRS shows them. Only on the CPU's own thread. */
uint32_t a64_fpsr_get(A64Cpu *cpu);
void a64_fpsr_set(A64Cpu *cpu, uint32_t v);
void a64_fpcr_set(A64Cpu *cpu, uint32_t v);

/* A bit of the owner's page_prot: indirect branches into the page are checked (FEAT_BTI). The owner says so once,
 * before the first page has it; on any thread, not under libtcg's lock. */
#define A64_PROT_BTI 0x10
void a64_guard(void);
/* PSTATE.BTYPE after a call of a function that is checked, or 0 if nothing is: what a signal handler begins with. */
uint64_t a64_call_btype(void);

/* CPU models. */
typedef struct A64Model {
    const char *name, *text;
    uint64_t midr, ctr, dczid;
    uint64_t hwcap, hwcap2;             /* AT_HWCAP and AT_HWCAP2 of Linux */
    uint64_t id_isar0, id_isar1, id_isar2, id_pfr0, id_pfr1, id_mmfr0, id_mmfr1, id_mmfr2, id_dfr0, id_zfr0;
    uint64_t features;                  /* bits of guest/aarch64/ext.def */
} A64Model;

extern const A64Model a64_models[];     /* ends with a row whose name is NULL; the first is the default, max */
void a64_cpu_reset(A64Cpu *cpu, const A64Model *model);

#endif
