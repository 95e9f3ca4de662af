/* SPDX-License-Identifier: BSD-2-Clause */
/* The few routines that must be machine code of the host (host-x86_64.S), and raw system calls. */
#ifndef LU_HOST_H
#define LU_HOST_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

/* Results of lu_host_syscall beside the kernel's own. */
#define LU_ERESTARTSYS 512 /* a signal came; restart if its handler has SA_RESTART, else EINTR */
#define LU_ERESTARTNOINTR 513   /* a signal came before the call began: restart in any case */
#define LU_ENORESULT 514        /* the handler has set all registers itself */

/* System call nr of the host, unless *pending is not 0. There is no moment between the look at
 * *pending and the kernel's sleep at which a signal could be missed: lu_host_syscall_fixup is the
 * other half. */
long lu_host_syscall(const volatile uint32_t *pending, long nr, const uint64_t args[6]);

/* Called by signal handlers with the interrupted context (gregs of a ucontext_t). */
void lu_host_syscall_fixup(long long *gregs);

/* memcpy; not 0 if a byte was not accessible. */
int lu_host_copy(void *to, const void *from, size_t n);
/* strcpy with a limit: length, -1 if not accessible, -2 if there is no NUL in the first size bytes.
 */
long lu_host_copy_str(char *to, const char *from, size_t size);

/* For sa_restorer of the host. */
void lu_host_sigreturn(void);

/* One system call; returns -errno. For calls that must not touch errno or libc's state. */
long lu_raw(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f);

extern const char lu_host_copy_insn[], lu_host_copy_fault[], lu_host_copy_str_insn[],
    lu_host_copy_str_fault[], lu_host_syscall_begin[], lu_host_syscall_insn[],
    lu_host_syscall_early[], lu_host_syscall_again[];

#define LU_RAW1(nr, a) lu_raw(nr, (uint64_t)(a), 0, 0, 0, 0, 0)
#define LU_RAW2(nr, a, b) lu_raw(nr, (uint64_t)(a), (uint64_t)(b), 0, 0, 0, 0)
#define LU_RAW3(nr, a, b, c) lu_raw(nr, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), 0, 0, 0)
#define LU_RAW4(nr, a, b, c, d) \
    lu_raw(nr, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d), 0, 0)
#define LU_RAW5(nr, a, b, c, d, e) \
    lu_raw(nr, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d), (uint64_t)(e), 0)

#endif
