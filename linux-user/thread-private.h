/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of threads, for thread.c and clone.c only. */
#ifndef LU_THREAD_PRIVATE_H
#define LU_THREAD_PRIVATE_H

#include "thread.h"

void lu_list_add(LuThread *t);
void lu_list_fork_begin(void);
void lu_list_fork_end(LuThread *t, bool child);

#endif
