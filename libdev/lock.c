/* SPDX-License-Identifier: BSD-2-Clause */
/* The device lock. */
#include "dev/lock.h"

static GMutex lock;
static __thread gboolean held;

void dev_lock_take(void)
{
    g_assert(!held);
    g_mutex_lock(&lock);
    held = TRUE;
}

void dev_lock_drop(void)
{
    g_assert(held);
    held = FALSE;
    g_mutex_unlock(&lock);
}

gboolean dev_lock_held(void)
{
    return held;
}
