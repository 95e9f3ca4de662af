/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of /proc whose contents would show the emulator. */
#ifndef LU_PROCFS_H
#define LU_PROCFS_H

#include <stdbool.h>
#include <stdint.h>

/* Opens the guest's version of path, flags being the host's. False: not such a file, open it as
 * usual. */
bool lu_proc_open(const char *path, uint64_t flags, int64_t *result);

#endif
