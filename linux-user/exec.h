/* SPDX-License-Identifier: BSD-2-Clause */
/* execve(2) of the guest. */
#ifndef LU_EXEC_H
#define LU_EXEC_H

#include "thread.h"

/* execveat: all but flags and dirfd are guest addresses. */
int64_t lu_exec(LuThread *t, int dirfd, uint64_t path, uint64_t argv, uint64_t envp, int flags);

/* Runs another rhea program of our directory, or a native one: at start, when the program named
 * turns out to be a script for it. argv and envp are the host's. Returns -errno. */
int64_t lu_exec_host(const char *path, char **argv, char **envp);

#endif
