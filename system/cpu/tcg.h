/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The translator and a machine: guest accesses go to the board's address space, changes of its memory map and
 * writes of devices go to the translator.  A process has one translator, and it runs one board at a time.
 */
#ifndef SYSTEM_CPU_TCG_H
#define SYSTEM_CPU_TCG_H

#include "dev/board.h"

#include "tcg/mem.h"

/* What a CPU architecture does for the translator beside libtcg; see TcgMachine. */
typedef struct SysTcgOps {
    void (*kicked)(Dev *board, TcgEnv *env);
    uint64_t (*time)(Dev *board);
    void (*timer)(Dev *board, TcgEnv *env, uint64_t when);
} SysTcgOps;

/* Once per process, before any CPU is realized.  config lives as long as the process. */
void sys_tcg_init(const TcgConfig *config, const SysTcgOps *ops);

/* The board that is run from now on; it is live.  NULL: none.  Device lock. */
void sys_tcg_use(DevBoard *b);

#endif
