/* SPDX-License-Identifier: BSD-2-Clause */
/* Running guest code: what the owner of a CPU (linux-user, bsd-user, system) calls. */
#ifndef TCG_EXEC_H
#define TCG_EXEC_H

#include "tcg/env.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct TcgGuest;

/* Why tcg_run returned. env->pc and all guest registers are exact. */
typedef enum TcgExit {
    TCG_EXIT_POLL,          /* exit_request was seen (and cleared): deliver what is pending, run again */
    TCG_EXIT_SYSCALL,       /* system call instruction; pc is the instruction after it */
    TCG_EXIT_BREAK,         /* breakpoint instruction; pc is that instruction */
    TCG_EXIT_UNDEF,         /* undefined or not implemented instruction; pc is that instruction */
    TCG_EXIT_FAULT,         /* memory access or fetch failed: tcg_fault(env); pc is the faulting instruction */
    TCG_EXIT_HALT,          /* machines: the CPU waits for an interrupt; pc is the instruction after that */
    TCG_EXIT_GUEST,         /* first code of the guest's own; see its cpu.h */
} TcgExit;

/* A memory fault in Linux terms: what siginfo would say natively. */
typedef struct TcgFault {
    int sig;                /* SIGSEGV or SIGBUS */
    int code;               /* SEGV_MAPERR, BUS_ADRALN, ... */
    uint64_t addr;          /* guest address, as the guest formed it */
    bool write, exec;       /* kind of access */
} TcgFault;

/* What libtcg asks of its owner. All functions may be called on any guest thread, some under libtcg's
 * translation lock: they must not call back into libtcg. */
typedef struct TcgOwner {
    /* PROT_* bits of the guest page that holds addr, or -1 if nothing is mapped there. */
    int (*page_prot)(uint64_t addr);
    /* Copies n bytes of the guest's memory; false if there is a byte that cannot be read, as behind the end of a mapped
     * file. */
    bool (*read)(void *to, uint64_t addr, size_t n);
    /* Counts up before an answer of page_prot changes, so that answers can be kept; NULL: they cannot. */
    const uint32_t *changes;
    /* Shall tcg_run return TCG_EXIT_BREAK before the instruction at pc? Who changes the answer drops the translation
     * at pc. NULL: never. */
    bool (*breakpoint)(uint64_t pc);
} TcgOwner;

typedef struct TcgConfig {
    const struct TcgGuest *guest;
    const TcgOwner *owner;
    unsigned tier;              /* 0: interpret IR; 1: generate host code */
    bool lazy;                  /* tier 1: interpret what runs for the first time (programs: twice), then make code */
    bool one_insn_per_block;    /* -one-insn-per-tb */
    bool count_insns;           /* machines: instructions are counted, see tcg_count in mem.h */
    unsigned code_mib;          /* machines, tier 1: host code kept before all is dropped, in MiB; 0: 128 */
    uint64_t host_mask;         /* host features not to use, as tcg_host_features gives them; 0: use all there are */
} TcgConfig;

/* For tests: the mask that leaves only the named extensions of the host (comma-separated, x86-64: avx, avx2, fma,
 * f16c, bmi1, bmi2, lzcnt, popcnt, aes, pclmul, avx512, vnni; "base": none). What the machine lacks stays unused.
 * False: *bad points at a name that is not one. */
bool tcg_host_features(const char *list, uint64_t *mask, const char **bad);

/* Once per process, before any other function here. Does no work that can wait. */
void tcg_init(const TcgConfig *config);

/* A CPU with all registers 0, to be freed with tcg_env_free. The guest's struct starts at the result. */
TcgEnv *tcg_env_new(void);

/* A copy of the guest-visible state, for a new thread. */
TcgEnv *tcg_env_clone(const TcgEnv *env);
void tcg_env_free(TcgEnv *env);

/* Copies guest-visible state between two CPUs of the same guest (a vfork child works on a clone). */
void tcg_env_copy(TcgEnv *to, const TcgEnv *from);

/* Runs guest code at env->pc until something is for the owner. Never returns because of a plain jump.
 * Faults of guest accesses reach it through tcg_signal_fault. On return MXCSR stays the guest's: host code
 * outside libtcg must not use floating point between runs (or must save and restore MXCSR). */
TcgExit tcg_run(TcgEnv *env);

/* Runs one instruction, whatever breakpoints say. TCG_EXIT_POLL: it was an ordinary one. */
TcgExit tcg_step(TcgEnv *env);

/* After TCG_EXIT_UNDEF, for -d unimp: logs which instruction it was. */
void tcg_undef_log(TcgEnv *env);

/* The fault behind the last TCG_EXIT_FAULT. */
const TcgFault *tcg_fault(const TcgEnv *env);

/* To be called first by the owner's handler of SIGSEGV and SIGBUS (SA_SIGINFO, SA_ONSTACK, on the
 * thread's own env). True: the fault is the guest's (or was mended); return from the handler, the guest state
 * is exact, and tcg_run will return TCG_EXIT_FAULT if it has to. False: not a guest access.
 * info is a siginfo_t, uc a ucontext_t; both of the host. */
bool tcg_signal_fault(TcgEnv *env, void *info, void *uc);

/* Asks env's thread to leave tcg_run at its next poll. Async-signal-safe; from any thread. */
void tcg_kick(TcgEnv *env);

/* Guest memory [start, start+len) was unmapped, mapped over, changed protection, became executable (a jump there
 * before is kept as a fault), or the guest asked for instruction cache maintenance: drop translations. Any thread,
 * not from a signal handler. */
void tcg_invalidate(uint64_t start, uint64_t len);

/* After fork, in the child: only the calling thread exists, code pages are shared with the parent. */
void tcg_fork_child(TcgEnv *env);

/* Around fork in the parent, whose thread is env's (and in the child, which calls tcg_fork_child as well): no other
 * thread holds a libtcg lock while the process is copied. */
void tcg_fork_lock(TcgEnv *env);
void tcg_fork_unlock(void);

/* Condition flags as the A64 layout: N Z C V in bits 31..28. */
uint32_t tcg_flags_get(const TcgEnv *env);
void tcg_flags_set(TcgEnv *env, uint32_t nzcv);

/* Floating point state of the calling thread's guest. Rounding and flags are those of base/fp.h. The sticky
 * flags are kept in the host's MXCSR and in env->fp; these functions see both. Only on env's own thread. */
unsigned tcg_fp_flags_get(TcgEnv *env);
void tcg_fp_flags_set(TcgEnv *env, unsigned flags);
void tcg_fp_round_set(TcgEnv *env, unsigned round);
/* A new thread's first call: loads MXCSR from what the clone copied. */
void tcg_fp_thread_start(TcgEnv *env);

/* Host code that may use floating point runs in between: the guest's state goes into env, MXCSR is the host's
 * default; and back. In machines tcg_run does so itself. */
void tcg_fp_suspend(TcgEnv *env);
void tcg_fp_resume(TcgEnv *env);

/* The guest's mode word changed (guest.h): forget what was predicted with the old one. Only on env's thread. An
 * instruction that changes it, or invalidates code, ends its block with TCG_EXIT_POLL, which makes that effective. */
void tcg_mode_changed(TcgEnv *env);

/* Host address ranges that belong to libtcg, for hiding from the guest: calls fn(arg, start, end) for each. */
void tcg_ranges(void (*fn)(void *arg, uint64_t start, uint64_t end), void *arg);

/* Counters since tcg_init; a machine's code that was interpreted once and not kept is not in them. */
typedef struct TcgStats {
    uint64_t blocks, guest_insns, ir_ops, host_bytes, invalidations;
} TcgStats;
void tcg_stats(TcgStats *out);

#endif
