/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A server of 9P2000.L: messages in, messages out.  [9P: Plan 9 from Bell Labs manual, section 5]  [9P2000.L: the
 * description of the protocol in the diod project, "protocol.md"]
 *
 * Messages are a stranger's: what is too short, too long or not known gets an error or breaks nothing but its own
 * connection.  Requests of locks are granted: the guest's kernel has looked at its own before it asks.
 *
 * Threads: one at a time.
 */
#ifndef SYSTEM_BACK_FS_P9_H
#define SYSTEM_BACK_FS_P9_H

#include "back/fs/host.h"

#define SYS_P9_HEADER 7u                /* size, type, tag */
#define SYS_P9_MOST (1u << 20)          /* bytes of a message */

typedef struct SysP9 SysP9;

/* For an exported directory that outlives it. */
SysP9 *sys_p9_new(const SysFsHost *h, gboolean read_only);
void sys_p9_free(SysP9 *s);

/* Lets go of all that the client holds: it begins anew. */
void sys_p9_reset(SysP9 *s);

/* Carries out one message of n bytes, whose size is n; the answer goes to out, which has room for some (at least 11
 * bytes).  Returns its length. */
gsize sys_p9_handle(SysP9 *s, const guint8 *in, gsize n, guint8 *out, gsize room);

/* For tests: how many fids the client holds. */
guint sys_p9_fids(const SysP9 *s);

#endif
