/* SPDX-License-Identifier: BSD-2-Clause */
/* Secure computing: the guest's own system calls are filtered, by the guest's numbers, before they
 * are performed. The host's kernel knows nothing of it. [man 2 seccomp] */
#ifndef LU_SECCOMP_H
#define LU_SECCOMP_H

#include <stdbool.h>
#include <stdint.h>

struct LuThread;
struct LuSecFilter;

/* Is part a chain that whole was built on, or the same? */
bool lu_seccomp_extends(const struct LuSecFilter *whole, const struct LuSecFilter *part);

/* seccomp(2) and prctl(PR_SET_SECCOMP): 0 or -errno, or for SECCOMP_FILTER_FLAG_TSYNC the number of
 * a thread that could not follow. */
int64_t lu_seccomp(struct LuThread *t, unsigned op, unsigned flags, uint64_t arg);

/* May t make system call nr with arguments a? If not, *result is what the call returns instead
 * (-LU_ENORESULT: a handler of SIGSYS runs next), or this does not return. */
bool lu_seccomp_allows(struct LuThread *t, unsigned nr, const uint64_t *a, int64_t *result);

/* For execve: a descriptor from which the next instance can load t's filters, -1 if there are none,
 * or -errno. And that instance's part: false if it is not such a descriptor. */
int lu_seccomp_save(const struct LuThread *t);
bool lu_seccomp_load(struct LuThread *t, int fd);

/* prctl(PR_SET_SYSCALL_USER_DISPATCH) of t; a: its arguments from the second on. */
int64_t lu_dispatch_set(struct LuThread *t, const uint64_t *a);

/* t has asked for that: false if the call is not to be made; then *result is what lu_syscall is to do. */
bool lu_dispatch_allows(struct LuThread *t, unsigned nr, int64_t *result);

#endif
