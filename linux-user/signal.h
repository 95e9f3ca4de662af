/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals. The kernel's own queues hold what is blocked: the host's mask is the guest's mask, but
 * for SIGSEGV and SIGBUS, which the emulator needs. */
#ifndef LU_SIGNAL_H
#define LU_SIGNAL_H

#include <stdbool.h>
#include <stdint.h>

struct LuThread;
struct TcgFault;

#define LU_NSIG 64
#define LU_SIG_DFL 0
#define LU_SIG_IGN 1

static inline uint64_t lu_sigbit(int sig)
{
    return 1ull << (sig - 1);
}

/* A guest's sigaction. */
typedef struct LuAction {
    uint64_t handler, flags, restorer, mask;
} LuAction;

/* Dispositions: of a process, though a vfork child has its own. */
typedef struct LuActions {
    LuAction act[LU_NSIG + 1];
} LuActions;

extern LuActions lu_actions;

/* Installs what the emulator needs and reads the inherited mask into t->mask. */
void lu_signal_init(struct LuThread *t);

/* Gives the calling host thread its alternate stack. */
void lu_signal_stack(struct LuThread *t);

/* rt_sigaction: sets (if act) and returns in old the disposition of sig. */
int64_t lu_signal_action(struct LuThread *t, int sig, const LuAction *act, LuAction *old);

/* Delivers what is in t's queue: builds frames or performs default actions; then unblocks. */
void lu_signal_deliver(struct LuThread *t);

/* A synchronous signal: cannot be blocked or ignored. */
void lu_signal_force(struct LuThread *t, int sig, int code, uint64_t addr);
void lu_signal_force_info(struct LuThread *t, const void *siginfo);
void lu_signal_fault(struct LuThread *t, const struct TcgFault *fault);

/* Delivers a signal between two guest instructions, now; if it is blocked it is sent. */
void lu_signal_inject(struct LuThread *t, const void *siginfo);

/* Ends the process as that signal does natively. */
void lu_signal_die(int sig) __attribute__((noreturn));

/* After t->mask was changed: what was held back and is unblocked now becomes pending. */
void lu_signal_unhold(struct LuThread *t);

/* Takes back the signal for which libc's pthread_create installs a handler of its own. */
void lu_signal_reclaim(struct LuThread *t);

/* For the debugger: signals that would end the program come to us first. */
void lu_signal_watch_all(struct LuThread *t);

/* CLONE_CLEAR_SIGHAND: every handler becomes the default. */
void lu_signal_clear_handlers(struct LuThread *t);

/* The host's mask for a guest's. */
uint64_t lu_signal_host_mask(uint64_t mask);
/* Blocks everything; then t->mask again (or nothing if signals are waiting for delivery). */
void lu_signal_block(void);
void lu_signal_unblock(struct LuThread *t);

/* Top of the stack for a frame of a handler with these flags. */
uint64_t lu_signal_sp(struct LuThread *t, uint64_t flags);
/* Whether sp is on the alternate stack. */
bool lu_signal_on_alt(const struct LuThread *t, uint64_t sp);
/* The stack_t that a frame saves: sp, flags, size. */
void lu_signal_alt_save(const struct LuThread *t, uint64_t out[3]);
/* sigreturn: takes it back. */
void lu_signal_alt_restore(struct LuThread *t, const uint64_t in[3]);
/* Address of the trampoline; set by the loader. */
extern uint64_t lu_sigreturn_addr;

#endif
