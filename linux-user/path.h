/* SPDX-License-Identifier: BSD-2-Clause */
/* Paths that mean something else to the guest: files under -L, and those of /proc that describe the
 * process. */
#ifndef LU_PATH_H
#define LU_PATH_H

#include <stdbool.h>
#include <stdint.h>

typedef struct LuPath {
    char text[4096 + 256];
} LuPath;

/* For an absolute path that exists under the -L prefix: that path, in p. Else path itself. */
const char *lu_path_host(LuPath *p, const char *path);

/* The same for a path argument of a system call: the guest's pointer, or the address of p->text.
 * follow: the call follows a link at the end of the path; then the names of the guest's executable
 * in /proc are replaced too. */
uint64_t lu_path_arg(LuPath *p, uint64_t guest, bool follow);

/* Whether path, after "/proc/", names a file of this process: returns what follows ("exe", "maps"),
 * or NULL. */
const char *lu_path_proc_self(const char *path);

#endif
