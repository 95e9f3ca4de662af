/* SPDX-License-Identifier: BSD-2-Clause */
/* What the run time asks of the host's code generator (host/<arch>). */
#ifndef TCG_RUN_HOST_H
#define TCG_RUN_HOST_H

#include "run/thread.h"

/* Fills helpers and the return stack of a new thread; the stack lies in [low, high). */
void tcg_host_thread_init(TcgThread *t, void *low, void *high);

/* Generates code for b's IR into block. Under the lock. False: the block is too large, or has an operation that does
 * not fit the host's registers: take fewer instructions, or interpret the one. */
bool tcg_host_compile(TcgBuild *b, TcgBlock *block);

/* Prepares an empty return stack that ends at high; returns its top. After the first tcg_host_thread_init. */
void *tcg_host_return_stack(void *high);

/* The block whose code holds a host address, or NULL. */
TcgBlock *tcg_host_block(const void *code);

/* The exit whose slot is at that address, if there is one, or NULL. Under the lock. */
TcgSlot *tcg_host_slot(uintptr_t at);

/* Has the parent of this process, which a fork made, the slot too? */
bool tcg_host_slot_is_inherited(const TcgSlot *slot);

/* Runs generated code; the result is a TcgExit or TCG_EXIT_NEXT. */
int tcg_host_enter(TcgEnv *env, const void *code);

/* A fault at a host address in generated code: puts the exact guest state into env and points the host
 * context at the way out, or mends it. False: not in generated code. */
bool tcg_host_fault(TcgEnv *env, void *info, void *uc);

/* In a fork's child: code pages are shared with the parent from now on. */
void tcg_host_fork_child(void);

/* Bytes of host code memory in use. */
uint64_t tcg_host_code_bytes(void);

/* Forgets all blocks' code. Under the lock; no CPU may be in, or know of, a block. */
void tcg_host_reset(void);

/* Address ranges of generated code and slots. */
void tcg_host_ranges(void (*fn)(void *arg, uint64_t start, uint64_t end), void *arg);

#endif
