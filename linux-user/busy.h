/* SPDX-License-Identifier: BSD-2-Clause */
/* ETXTBSY among guests: a program that runs is not written to, one that is written to does not run. [man 2 open]
 * [man 2 execve] */
#ifndef LU_BUSY_H
#define LU_BUSY_H

#include <stdbool.h>
#include <stdint.h>

/* The file of fd, open for reading, runs from now on, as long as a process has a part of it mapped from this open file
 * description; fd itself may be closed. Does nothing on file systems whose locks are not the kernel's own. */
void lu_busy_mark(int fd);

/* Whether a guest runs the file of fd, a descriptor of another open file description. */
bool lu_busy_running(int fd);

/* Whether the file at path may be marked: it is regular and executable. flags: of openat. DEVIATION: a program whose
 * execute permission was taken away while it runs may be written to. */
bool lu_busy_maybe(int dirfd, uint64_t path, uint64_t flags);

/* Whether somebody has the file of fd open for writing. */
bool lu_busy_written(int fd);

#endif
