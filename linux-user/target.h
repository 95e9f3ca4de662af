/* SPDX-License-Identifier: BSD-2-Clause */
/* What a user-mode program is made of: one constant LuTarget per executable, one LuAbi per guest
 * ABI. */
#ifndef LU_TARGET_H
#define LU_TARGET_H

#include "tcg/guest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct LuThread;
struct LuAction;
struct LuRegs;
struct LuGdbAbi;

/* One auxiliary vector entry of the ABI's own (AT_HWCAP, AT_HWCAP2, ...). */
typedef struct LuAux {
    uint64_t type, value;
} LuAux;

/* How Linux looks on one guest architecture. Everything here is for 64-bit little-endian guests
 * that use the asm-generic system call numbers; a guest that differs adds a field, not a macro. */
typedef struct LuAbi {
    const char *name;           /* "aarch64": as in rhea-<name> */
    const char *machine;        /* utsname.machine */
    const char *platform;       /* AT_PLATFORM, or NULL */
    const TcgGuest *guest;
    uint16_t elf_machine;
    uint16_t
        arg_off; /* in the CPU struct: six consecutive 64-bit argument registers; first = result */
    uint16_t nr_off;            /* system call number register */
    uint16_t sp_off;            /* stack pointer */
    uint8_t syscall_len;        /* bytes of the system call instruction */
    uint8_t prot_guard;         /* PROT_* that guards code against branches that do not land as they should, or 0 */
    uint32_t guard_note;        /* the bit 0 of this GNU property asks for it */
    bool action_restorer;       /* struct sigaction has sa_restorer */
    uint64_t pie_base; /* where a position-independent program goes (before randomisation) */
    const uint32_t *sigreturn;  /* code of the signal trampoline */
    size_t sigreturn_bytes;
    const void *models;         /* CPU models: rows that start with two strings, name and text */
    size_t model_size;
    /* A model with options behind its name, as in -cpu; NULL: *bad points at the *length bytes of text that are wrong,
     * and *why says what is.
     * NULL: models have no options. */
    const void *(*model_parse)(const char *text, const char **bad, size_t *length, const char **why);
    const char *default_model;  /* what a program has without -cpu; NULL: the first of models */
    const char *model_options;  /* what those are, for -cpu help; or NULL */

    void (*cpu_start)(TcgEnv *env, const void *model);
    bool (*guard)(void);        /* before pages are mapped with prot_guard; false: the CPU does not know it */
    void (*tls_set)(TcgEnv *env, uint64_t tls);
    unsigned (*auxv)(const void *model, LuAux *out); /* at most 8 entries; returns their number */
    void (*cpuinfo)(const void *model, int fd);         /* writes /proc/cpuinfo */
    bool (*elf_check)(uint32_t flags);                  /* e_flags acceptable? */

    /* Signal frames. push builds one at sp (already the right stack, not yet aligned) and makes the
     * handler run next; pop restores from the frame at the stack pointer. False: guest memory was
     * not accessible. */
    bool (*frame_push)(struct LuThread *t, uint64_t sp, int sig, const void *info,
                       const struct LuAction *act, uint64_t mask);
    bool (*frame_pop)(struct LuThread *t, uint64_t *mask);

    /* All registers, in Linux's layouts; only on the CPU's own thread. */
    void (*regs_get)(TcgEnv *env, struct LuRegs *out);
    void (*regs_set)(TcgEnv *env, const struct LuRegs *in);
    uint16_t gregs_bytes, fpregs_bytes;     /* of LuRegs.g and LuRegs.fp */
    const struct LuGdbAbi *(*gdb)(const TcgEnv *env);   /* as the CPU is now; static */

    /* Flags of open(2) between guest and host. */
    uint64_t (*open_to_host)(uint64_t flags);
    uint64_t (*open_to_guest)(uint64_t flags);
    /* System calls of this architecture only; false: not one of them. */
    bool (*syscall)(struct LuThread *t, unsigned nr, const uint64_t *a, int64_t *result);
    /* What the kernel does to registers in every system call, before it; NULL: nothing. */
    void (*syscall_enter)(TcgEnv *env);
    /* What a program executed by this one inherits of the CPU's state, as text for exec_set on its first thread; false:
     * nothing. exec_set: false if the text is not one. NULL: there is no such state. */
    bool (*exec_get)(const TcgEnv *env, char *text, size_t size);
    bool (*exec_set)(TcgEnv *env, const char *text);
    /* prctl(2) options of this architecture only. */
    bool (*prctl)(struct LuThread *t, const uint64_t *a, int64_t *result);
} LuAbi;

typedef struct LuTarget {
    const char *program;        /* "rhea-aarch64" */
    const LuAbi *abi;
} LuTarget;

extern const LuAbi lu_abi_aarch64, lu_abi_riscv64;

extern const LuTarget *lu_target;   /* of this process; set first thing in lu_main */
extern const void *lu_model;        /* the CPU model chosen */

/* The whole program. */
int lu_main(const LuTarget *target, int argc, char **argv, char **envp);

#endif
