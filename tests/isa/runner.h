/* SPDX-License-Identifier: BSD-2-Clause */
/* Instruction tests: what the case reader and the two ways to run a case share. */
#ifndef ISA_RUNNER_H
#define ISA_RUNNER_H

#include <stddef.h>
#include <stdint.h>

/* The same addresses in every process. Data accesses mostly land in the window; code is apart from it. */
#define RUN_MEM   0x20000000ull
#define RUN_MEM_BYTES 0x4000
#define RUN_STUBS 0x291ac000ull      /* within a branch of the code, off what masks make of addresses */
#define RUN_CODE  0x30800000ull
#define RUN_FILL  0x100000          /* mapped bytes before and after RUN_CODE, filled with RUN_FILLER */

enum { RUN_MAX_WORDS = 16, RUN_VR_WORDS = 128 };

typedef enum RunEnd { RUN_OK, RUN_ILL, RUN_SEGV, RUN_BUS, RUN_TRAP, RUN_FPE } RunEnd;

/* Everything an instruction can see. x[31] is the stack pointer on aarch64, x[0] is unused on riscv64. */
typedef struct RunState {
    uint64_t x[32];
    uint64_t v[32][2];
    uint64_t flags, fpcr, fpsr, pc;
    uint64_t fault_addr;
    uint64_t end;           /* RunEnd */
    uint64_t vlenb;         /* vectors: bytes of a register, or 0: none; set by the two ways before a case */
    uint64_t vl, vtype, vstart, vcsr;
    uint64_t vr[RUN_VR_WORDS];  /* vlenb bytes each; SVE: the low 16 bytes are those of v */
    uint64_t p[17];         /* SVE: predicates and FFR, vlenb / 8 bytes each */
} RunState;

/* Given by the two ways. run_vlenb: bytes of a vector register, or 0. */
uint64_t run_vlenb(void);
void run_words(RunState *s, const uint32_t *words, unsigned n, unsigned bytes);
long run_read(void *buf, size_t size);
void run_write(const void *buf, size_t size);

/* Reads cases until the end of input. RUN_MEM must be mapped. Returns the number of malformed lines. */
int run_cases(void);

#endif
