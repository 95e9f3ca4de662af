/* SPDX-License-Identifier: BSD-2-Clause */
/* SM4 for helpers of guests. [GB/T 32907] */
#ifndef TCG_RUN_SM4_H
#define TCG_RUN_SM4_H

#include "tcg/exec.h"
#include "tcg/guest.h"

#include <stdbool.h>

/* Four rounds of the cipher, with four round keys; or four steps of the key schedule, with four of its constants. The
 * words that come out are the newest four, the oldest first. d may be any of the operands. */
void tcg_sm4_rounds(TcgVal *d, const TcgVal *state, const TcgVal *keys, bool schedule);

#endif
