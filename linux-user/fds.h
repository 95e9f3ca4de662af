/* SPDX-License-Identifier: BSD-2-Clause */
/* The descriptors that rhea keeps: at the top of the table, and not there for the guest. */
#ifndef LU_FDS_H
#define LU_FDS_H

#include <stdbool.h>

#define LU_OWN_FDS 16

/* First of the numbers that rhea keeps for itself. */
int lu_fd_base(void);

static inline bool lu_fd_maybe_own(int fd)
{
    return fd >= 48;
}

/* Whether fd is rhea's. */
bool lu_fd_is_own(int fd);

/* Moves fd up there, close-on-exec. Returns the new number, or fd itself if that is not possible.
 */
int lu_fd_own(int fd);

/* The executable of this process, for running itself again where no path leads to it: opened once,
 * kept. -1: none. */
int lu_fd_self_exe(void);

/* Takes over lu_options.exec_fd, which our parent passed on. */
void lu_fd_adopt(void);

/* Whether anything is kept at all. */
bool lu_fd_any(void);

#endif
