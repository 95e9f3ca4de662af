/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Jobs that copy disks while guests write to them.
 *
 *   mirror   to becomes and stays what from is; the user may then take it in its place (sys_block_job_finish)
 *   backup   to becomes what from was when the job began: what a guest is about to write is copied before
 *   commit   as mirror, into an image below from
 *   stream   from needs no images below it any more; there is no to
 *
 * A job is carried out in the main loop, a chunk at a time, so that no request of a guest meets half a chunk.
 *
 * Threads: the device lock.
 */
#ifndef SYSTEM_BACK_BLOCK_JOB_H
#define SYSTEM_BACK_BLOCK_JOB_H

#include "back/block/block.h"

typedef enum SysBlockJobKind {
    SYS_BLOCK_MIRROR, SYS_BLOCK_BACKUP, SYS_BLOCK_COMMIT, SYS_BLOCK_STREAM,
} SysBlockJobKind;

typedef struct SysBlockJob {
    SysBlockJobKind kind;
    SysBlock *from, *to;        /* references */
    guint64 chunks, left;       /* in all; not copied, or written since */
    guint8 *todo;               /* a bit for each; whole words of 64 */
    guint64 next;               /* where the search for one begins */
    guint8 *data, *other;       /* of a chunk */
    guint64 speed;              /* bytes in a second; 0: as fast as it goes */
    gboolean paused, ready;     /* ready: a mirror or commit has nothing left, for the first time */
    guint source;               /* of the main loop */
    int error;                  /* -errno of the request that failed */
    gboolean over;              /* fn was called for the last time; only free remains */
    /* It is ready, or (over) it has done what it should or failed (error). Not from within a call of the owner's. */
    void (*fn)(struct SysBlockJob *j, void *opaque);
    void *opaque;
} SysBlockJob;

enum { SYS_BLOCK_CHUNK = 256 << 10 };

/* Begins one.  to is attached (sys_block_attach) as long as the job lives.  Errors: from or to is busy, to is from, is
 * used, cannot be written or is smaller. */
SysBlockJob *sys_block_job_new(SysBlockJobKind kind, SysBlock *from, SysBlock *to, guint64 speed, GError **err);
/* Leaves to as it is. NULL is allowed. */
void sys_block_job_free(SysBlockJob *j);

/* Goes on, or waits; takes on a new speed. */
void sys_block_job_go(SysBlockJob *j);
/* Makes to the same as from, now, and flushes it. 0 or -errno. */
int sys_block_job_finish(SysBlockJob *j);
guint64 sys_block_job_bytes(const SysBlockJob *j);      /* of all chunks */

/* --- for block.c ----------------------------------------------------------------------------- */
/* A guest is about to write; has written. */
void sys_block_job_before(SysBlockJob *j, guint64 offset, guint64 bytes);
void sys_block_job_after(SysBlockJob *j, guint64 offset, guint64 bytes);
/* from is being closed: the job has failed. */
void sys_block_job_abandon(SysBlockJob *j);

#endif
