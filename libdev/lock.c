/* SPDX-License-Identifier: BSD-2-Clause */
/* The device lock. */
#include "dev/lock.h"

#include <pthread.h>

/* Of the C library, not of GLib: thread sanitizers know it. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static __thread gboolean held;

void dev_lock_take(void)
{
    g_assert(!held);
    pthread_mutex_lock(&lock);
    held = TRUE;
}

void dev_lock_drop(void)
{
    g_assert(held);
    held = FALSE;
    pthread_mutex_unlock(&lock);
}

gboolean dev_lock_held(void)
{
    return held;
}
