/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * File system back ends: a directory of the host that a guest mounts.  A back end (SysFs) is an object, usually below
 * /objects; one device uses it at a time.  Messages of 9P are carried out by one thread of its own, in their order.
 *
 * Threads: the device lock.
 */
#ifndef SYSTEM_BACK_FS_FS_H
#define SYSTEM_BACK_FS_FS_H

#include "obj/prop.h"

typedef struct SysFs SysFs;

typedef struct SysFsReq {       /* the caller's until done is called */
    guint8 *in;                 /* one message */
    gsize n;
    guint8 *out;                /* the answer, at least 11 bytes */
    gsize room, written;
    void (*done)(struct SysFsReq *r);   /* under the device lock */
    void *opaque;
    SysFs *fs;
} SysFsReq;

extern const ObjType sys_fs_type;               /* "fsdev-local" */

/* Creates one from words ("local,id=x,path=y,security_model=none") below dir and opens it.  Borrowed.  Errors: any. */
SysFs *sys_fs_new(Obj *dir, const char *text, GError **err);

/* A device takes it for its own, and lets it go: what is under way is finished, what the client held is gone. */
gboolean sys_fs_attach(SysFs *fs, GError **err);
void sys_fs_detach(SysFs *fs);          /* fs may be NULL */

void sys_fs_submit(SysFs *fs, SysFsReq *r);
/* Waits until nothing is under way, calling done for each. fs may be NULL. */
void sys_fs_drain(SysFs *fs);
/* The client begins anew. Nothing is under way. */
void sys_fs_reset(SysFs *fs);
/* How many fids it holds; nothing is under way. */
guint sys_fs_held(SysFs *fs);

#endif
