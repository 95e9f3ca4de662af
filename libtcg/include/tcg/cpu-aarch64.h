/* SPDX-License-Identifier: BSD-2-Clause */
/* The AArch64 CPU as its owner sees it. */
#ifndef TCG_CPU_AARCH64_H
#define TCG_CPU_AARCH64_H

#include "tcg/env.h"
#include "tcg/exec.h"
#include "tcg/guest.h"

enum { A64_VQ_MAX = 2 };       /* SVE vectors are of at most that many times 16 bytes */

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

    /* SVE. Of what is not in v: 0 while sve_used is not set. */
    uint8_t vq;                 /* vector length in units of 16 bytes, 0 without SVE; use a64_vq_set */
    uint8_t sve_used;           /* an SVE instruction has run; changes the mode word */
    uint8_t sve_exec_vq;        /* Linux: vq after execve, 0: the model's default */
    bool sve_inherit;           /* and whether that stays so [Linux arm64 sve, PR_SVE_VL_INHERIT] */
    TcgVal zh[32];              /* bits 128 to 255 of z0..z31 */
    uint64_t p[16], ffr;        /* a bit for each byte of a vector, those above the length 0 */
} A64Cpu;

/* Register ids in IR. */
enum {
    A64_X0 = 0, A64_LR = 30, A64_SP = 31, A64_NZCV = 32, A64_V0 = 33, A64_QC = 65, A64_TPIDR = 66, A64_TPIDRRO = 67,
    A64_BTYPE = 68, A64_ZH0 = 69, A64_P0 = 101, A64_FFR = 117
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
    uint8_t sve_lengths;                /* bit n: vectors of 16 * (n + 1) bytes; 0 without SVE */
    uint8_t sve_default;                /* the length a program starts with, in units of 16 bytes */
} A64Model;

extern const A64Model a64_models[];     /* ends with a row whose name is NULL; the first is the default, max */
void a64_cpu_reset(A64Cpu *cpu, const A64Model *model);

/* The model that text describes: a name of a64_models, then ",sve=on|off", ",sve-hwcap=" (off: SVE works, but is told
 * neither by hwcap nor by id registers), ",sve128=", ",sve256=", ",sve-max-vq=N" and ",sve-default-vector-length=BYTES"
 * any number of times. NULL: *bad points at the part of text, of *length bytes, that is not possible, and *why (static)
 * says what is. Once per process: the result is static. */
const A64Model *a64_model_parse(const char *text, const char **bad, size_t *length, const char **why);

/* The longest vector length of the model that is not above vq, in units of 16 bytes; the shortest if all are. */
unsigned a64_vq_allowed(const A64Model *model, unsigned vq);

/* Sets the vector length (one that a64_vq_allowed gives). If that changes it, all that v does not hold becomes 0.
 * Only on the CPU's own thread. */
void a64_vq_set(A64Cpu *cpu, unsigned vq);

/* Whether what SVE has beyond v is 0 and may be left out of the code: set false, it is made 0. Only on the CPU's own
 * thread. */
void a64_sve_use(A64Cpu *cpu, bool used);

/* What Linux does to SVE state in a system call: bits above 128, predicates and FFR become 0. */
void a64_sve_syscall(A64Cpu *cpu);

#endif
