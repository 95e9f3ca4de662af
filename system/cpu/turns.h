/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Deterministic time (-icount): guest time is the number of instructions that the CPUs have run, and CPUs run one at a
 * time, in turn, each for a number of instructions.  When none has work, time goes on to the next timer.  So a run that
 * hears nothing from outside is the same each time.  The board's clock is a DEV_CLOCK_INSNS.
 */
#ifndef SYSTEM_CPU_TURNS_H
#define SYSTEM_CPU_TURNS_H

#include "board/board.h"

#include "tcg/mem.h"

typedef struct SysTurnsConfig {
    gboolean on;
    guint ns_per_insn;
    gboolean sleep;             /* time that all CPUs wait for is waited for */
    gboolean align;             /* nor does time run ahead of the host's otherwise */
} SysTurnsConfig;

/* Guests see this date at first, and this seed gives what is random about a board. */
enum { SYS_TURNS_WALL_S = 1735689600 /* 2025-01-01 00:00:00 UTC */, SYS_TURNS_SEED = 1 };

/* "shift=3,sleep=off": the words of -icount. */
gboolean sys_turns_parse(const char *text, SysTurnsConfig *c, GError **err);

/* Before the CPUs start, and with b NULL when they have ended.  b's CPUs take turns. */
void sys_turns_use(SysBoard *b, const SysTurnsConfig *c);
gboolean sys_turns_on(void);

/* On a CPU's thread, no locks held: waits for its turn and runs timers that are due.  FALSE: the CPU is to stand. */
gboolean sys_turn_take(SysCpu *c, TcgEnv *env);
/* It is the next one's turn; waits for one that has work. */
void sys_turn_give(SysCpu *c);

/* In a turn: the clock is told of instructions that were run until now.  Any thread; nothing on others. */
void sys_turn_sync(void);
/* Likewise, and the turn ends soon: timers have changed. */
void sys_turn_cut(void);

/* Something happened for which a CPU may have to run. Any thread. */
void sys_turns_wake(void);

#endif
