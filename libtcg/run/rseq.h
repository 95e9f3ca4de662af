/* SPDX-License-Identifier: BSD-2-Clause */
/* What the run loop and the builder ask of rseq.c. */
#ifndef TCG_RUN_RSEQ_H
#define TCG_RUN_RSEQ_H

#include "run/thread.h"
#include "tcg/rseq.h"

/* A thread has an area: nothing below is called before. */
extern bool tcg_rseq_on;

/* What the builder needs, or NULL. Under the lock. */
const TcgRseqBuild *tcg_rseq_build(void);

/* Between two blocks: notes a section that the thread has entered; drops translations of what was found to be a
 * section. True: the instruction at env->pc belongs to one. */
bool tcg_rseq_between(TcgEnv *env);

/* Runs block, the single instruction at env->pc, which belongs to a section: a TcgExit or TCG_EXIT_NEXT. */
int tcg_rseq_run(TcgEnv *env, const TcgBlock *block);

/* tcg_run was left (longjmp) with this reason. True: the section was aborted, go on at env->pc. */
bool tcg_rseq_left(TcgEnv *env, int reason);

/* A store of a section, between begin and end of a guest access; does not return if the section is aborted. False:
 * not a guarded one, store it in the ordinary way. */
bool tcg_rseq_store(TcgEnv *env, uint64_t addr, const void *from, unsigned size);

/* The host's part: a page of code, to be filled at page, for sections with this signature. It consists of four
 * TcgRseqStore (1, 2, 4, 8 bytes) and what they point to. */
typedef struct TcgRseqStore {
    uint32_t version, flags;
    uint64_t start, length, abort;      /* struct rseq_cs of the store */
    /* If *cs holds expect, stores value at to and returns 0. Else, or if the thread was preempted before: 1. */
    long (*run)(uint64_t *cs, uint64_t expect, void *to, uint64_t value, const struct TcgRseqStore *self);
    uint64_t unused[3];
} TcgRseqStore;
void tcg_host_rseq(void *page, uint32_t signature);

#endif
