/* SPDX-License-Identifier: BSD-2-Clause */
/* Tier 1's entry points on x86-64. */
#include "run/host.h"

#include <stdlib.h>

void tcg_host_thread_init(TcgThread *t, void *low, void *high)
{
}

void tcg_host_compile(TcgBuild *b, TcgBlock *block)
{
    abort();
}

int tcg_host_enter(TcgEnv *env, const void *code)
{
    abort();
}

bool tcg_host_fault(TcgEnv *env, void *info, void *uc)
{
    return false;
}

void tcg_host_fork_child(void)
{
}

void tcg_host_ranges(void (*fn)(void *arg, uint64_t start, uint64_t end), void *arg)
{
}
