/* SPDX-License-Identifier: BSD-2-Clause */
/* Restartable sequences of guest threads. [include/uapi/linux/rseq.h]
 *
 * The guest's area is registered with the host's kernel, which keeps its CPU numbers and sets rseq_cs to 0 whenever the
 * thread is preempted, moved or gets a signal. libtcg leaves the sections: their instructions are run one by one, and
 * each store of theirs only if rseq_cs is untouched until then, which a section of the host's guarantees. */
#ifndef TCG_RSEQ_H
#define TCG_RSEQ_H

#include "tcg/exec.h"

/* The guest thread's area is at addr, its sections have this signature before their abort handlers; addr 0: there is
 * no area any more. Only on env's thread, after the kernel has agreed. False: no memory, or too many signatures. */
bool tcg_rseq_set(TcgEnv *env, uint64_t addr, uint32_t signature);

/* Between two guest instructions, a signal is about to be delivered: if env->pc is in a section, it becomes that of the
 * section's abort handler. Only on env's thread. */
void tcg_rseq_signal(TcgEnv *env);

#endif
