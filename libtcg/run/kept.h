/* SPDX-License-Identifier: BSD-2-Clause */
/* IR of blocks that ran once or twice: half the blocks of a short run never run again, so a block is interpreted the
 * first two times, and its IR kept for a while, to generate code from when it runs again. */
#ifndef TCG_RUN_KEPT_H
#define TCG_RUN_KEPT_H

#include "run/thread.h"

/* Keeps what b built for block. Under the lock. */
void tcg_kept_put(TcgBlock *block, const TcgBuild *b);

/* Lets ins, nins, marks and vpool of view point to what was kept for block, until the next put. False: as below. */
bool tcg_kept_view(const TcgBlock *block, TcgBlock *view);

/* Puts into b what was kept for block. Under the lock. False: newer blocks have taken its place. */
bool tcg_kept_get(const TcgBlock *block, TcgBuild *b);

/* In a fork's child: nothing is kept. */
void tcg_kept_fork_child(void);

#endif
