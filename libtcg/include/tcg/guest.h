/* SPDX-License-Identifier: BSD-2-Clause */
/* What a guest architecture gives to libtcg: one constant TcgGuest per instruction set. */
#ifndef TCG_GUEST_H
#define TCG_GUEST_H

#include "tcg/env.h"
#include "tcg/ir.h"

#include <stddef.h>

struct TcgBuild;

/* A guest register that IR addresses by id (its index in TcgGuest.regs). */
typedef struct TcgRegInfo {
    const char *name;
    uint16_t offset;            /* in the guest's CPU struct */
    uint8_t type;               /* I64, F64, V128; FL for the condition flags (offset of TcgEnv.flags) */
} TcgRegInfo;

/* Effects of a helper; what it does not declare it does not do. */
enum {
    TCG_H_READ = 1,             /* reads guest registers through env */
    TCG_H_WRITE = 2,            /* writes guest registers through env */
    TCG_H_FAULT = 4,            /* may access guest memory, or call tcg_helper_leave */
    TCG_H_PURE = 8,             /* result depends on the arguments only, may be removed */
    TCG_H_C_IMM = 16,           /* vector helper: IR operand c is an immediate, passed as imm */
};

/* Scalar helper: I64/I32 arguments and result. Vector helper: results and arguments of any type by pointer
 * (scalars in u64[0]); unused ones NULL. Neither may use host floating point. */
typedef uint64_t TcgScalarFn(TcgEnv *env, uint64_t a, uint64_t b, uint64_t c);
typedef void TcgVectorFn(TcgEnv *env, TcgVal *d, const TcgVal *a, const TcgVal *b, const TcgVal *c,
                         uint32_t imm);

typedef struct TcgHelper {
    const char *name;
    TcgScalarFn *scalar;        /* one of the two */
    TcgVectorFn *vector;
    unsigned flags;
} TcgHelper;

/* Machines: the guest's MMU, exceptions and interrupts. */

typedef enum TcgMmuFault { TCG_MMU_OK, TCG_MMU_PAGE, TCG_MMU_ACCESS, TCG_MMU_ALIGN } TcgMmuFault;

/* A translated page. */
typedef struct TcgMmuPage {
    uint64_t gpa;               /* of the 4096-byte page */
    uint64_t large;             /* bytes of the larger page that it is part of, or 0 */
    bool global;                /* the same in all address spaces */
    bool part;                  /* permitted for the bytes asked for, perhaps not for the whole page */
} TcgMmuPage;

/* Instructions that a CPU has begun, and how many there may be until tcg_run returns (TcgConfig.count_insns). Generated
 * code looks at the start of each block. */
typedef struct TcgCount {
    uint64_t insns, until;
} TcgCount;

typedef struct TcgGuestMachine {
    /* MMU index, below 4, of loads and stores in a mode (the word that TcgGuest.mode gives), and of fetches. */
    unsigned (*mmu)(uint32_t mode, bool fetch);

    /* Translates an access of size bytes within a page. access is a TcgAccess of mem.h. On env's thread. May have
     * the effects of a page walk (accessed and dirty bits), but raises nothing. */
    TcgMmuFault (*translate)(TcgEnv *env, uint64_t gva, unsigned size, int access, unsigned mmu, TcgMmuPage *page);

    /* Takes the exception for that; env->pc is the instruction. */
    void (*raise)(TcgEnv *env, TcgMmuFault fault, int access, uint64_t gva);

    /* A block left with a TcgExit, state exact: takes the exception it stands for. Returns what tcg_run is to
     * return, or a negative number to go on. */
    int (*leave)(TcgEnv *env, int reason);

    /* Takes an interrupt if one is pending and permitted. On env's thread. */
    void (*interrupt)(TcgEnv *env);

    /* Physical address of gva for a debugger: no effects, no permissions. */
    bool (*debug)(TcgEnv *env, uint64_t gva, uint64_t *gpa);

    /* Bytes of an instruction that starts with these two, if instructions may start 2 bytes before the end of a
     * page; else NULL. */
    unsigned (*insn_bytes)(uint16_t first);

    size_t count;               /* place of TcgCount in the CPU struct */
} TcgGuestMachine;

/* The bits of a block's mode word that hold its context (tcg_build_context). */
enum { TCG_MODE_CONTEXT_SHIFT = 24 };
#define TCG_MODE_CONTEXT (0xffu << TCG_MODE_CONTEXT_SHIFT)

typedef struct TcgGuest {
    const char *name;           /* "aarch64" */
    unsigned word_bits;
    bool big_endian;
    bool top_byte_ignored;      /* bits 63..56 of a data address are not part of it */
    const TcgRegInfo *regs;
    unsigned nregs;
    size_t cpu_size;            /* sizeof the guest's CPU struct, which starts with TcgEnv */
    const TcgHelper *helpers;   /* index is the helper id */
    unsigned nhelpers;
    unsigned insn_align;        /* bytes: 4, or 2 */
    unsigned target_ignores;    /* bits of an address that an indirect jump goes to which count as 0: 1, or 0 */

    /* Everything that translation depends on beside the bytes and the pc, below TCG_MODE_CONTEXT. Constant between
     * calls of tcg_mode_changed. */
    uint32_t (*mode)(const TcgEnv *env);

    /* What translation asks of the mode for every instruction, worked out once for a block: for tcg_build_known. NULL:
     * nothing. */
    uint64_t (*known)(uint32_t mode);

    /* Translates the instruction at tcg_build_pc(b): reads it with tcg_build_fetch* and calls tcg_build_insn, or does
     * both with tcg_build_insn32 or tcg_build_insn16, then emits IR. Ends the block by emitting jmp, call, jmpi, calli,
     * ret or exit. */
    void (*translate)(struct TcgBuild *b);

    /* Writes the text of the instruction at code (avail bytes readable) into buf; returns its length in
     * bytes (0: avail is too short). */
    unsigned (*disas)(const uint8_t *code, size_t avail, uint64_t pc, char *buf, size_t size);

    /* A memory access of the instruction faulted: shall it run again, by itself and without context, for the fault to
     * be exact? Asked once for each fault. NULL: never. In machines it is not asked: a load or store of 16 bytes that
     * is not plain memory has its instruction run again if this is there. */
    bool (*redo)(const TcgEnv *env, uint32_t insn);

    /* Answers whether the flags register is written before it is read, before any access that can fault and
     * before anything that is not plain code, on every path from pc on; looks at a bounded number of
     * instructions. NULL: the guest has no flags. */
    bool (*flags_dead)(struct TcgBuild *b, uint64_t pc);

    const TcgGuestMachine *machine;     /* NULL: a guest for user mode */
} TcgGuest;

/* For helpers that must end the current instruction (declared TCG_H_FAULT): does not return.
 * The instruction has had no effect. reason is a TcgExit. */
void tcg_helper_leave(TcgEnv *env, int reason) __attribute__((noreturn));

/* Raises a guest memory fault from a helper; does not return. */
void tcg_helper_fault(TcgEnv *env, int sig, int code, uint64_t addr, bool write) __attribute__((noreturn));

#endif
