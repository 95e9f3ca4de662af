/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of threads, for thread.c and clone.c only. */
#ifndef LU_THREAD_PRIVATE_H
#define LU_THREAD_PRIVATE_H

#include "thread.h"

void lu_list_add(LuThread *t);
/* Calls fn for each thread but skip, which may be NULL; the list does not change meanwhile. */
void lu_list_each(LuThread *skip, void (*fn)(LuThread *t, void *arg), void *arg);
void lu_list_fork_begin(void);
void lu_list_fork_end(LuThread *t, bool child);

#endif
