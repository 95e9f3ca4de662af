/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Block back ends: where a disk's bytes are.  A back end (SysBlock) is an object with a size; requests are
 * carried out by worker threads, so that no access of a guest waits for the host's disk.
 *
 * Threads: everything under the device lock, but SysBlockType.run, which workers call without it.
 */
#ifndef SYSTEM_BACK_BLOCK_H
#define SYSTEM_BACK_BLOCK_H

#include "back/done.h"
#include "obj/prop.h"

#include <json-glib/json-glib.h>

typedef struct SysBlock SysBlock;
typedef struct SysBlockReq SysBlockReq;

typedef enum SysBlockOp {
    SYS_BLOCK_READ,
    SYS_BLOCK_WRITE,
    SYS_BLOCK_FLUSH,            /* what was written and done is on the disk */
    SYS_BLOCK_DISCARD,          /* the bytes are not needed any more */
} SysBlockOp;

struct SysBlockReq {            /* the caller's until done is called */
    SysBlockOp op;
    guint64 offset, bytes;      /* inside the back end */
    guint8 *data;               /* for reading and writing */
    void (*done)(SysBlockReq *r);       /* under the device lock */
    void *opaque;
    int result;                 /* 0 or -errno */
    gint64 began_us;
    SysBlock *block;
};

typedef enum SysBlockCache {    /* when a write is on the disk */
    SYS_BLOCK_WRITEBACK,        /* after the next flush */
    SYS_BLOCK_WRITETHROUGH,     /* when it is done */
    SYS_BLOCK_UNSAFE,           /* when the host likes */
    SYS_BLOCK_NONE,             /* as WRITEBACK; the host keeps no copy in memory after that */
    SYS_BLOCK_DIRECTSYNC,       /* as WRITETHROUGH; likewise */
} SysBlockCache;

typedef struct SysBlockSnap {   /* a snapshot in a back end */
    char *id, *name;
    guint64 state_bytes;        /* of a machine; 0: none */
    gint64 date_s;              /* since 1970 */
    guint64 clock_ns;           /* guest time */
} SysBlockSnap;

/* Snapshots. The machine stands, nothing is under way; device lock held. name is a name, or else an id. Errors: any. */
typedef struct SysBlockSnaps {
    GPtrArray *(*list)(SysBlock *b, GError **err);      /* of SysBlockSnap; to be unreffed */
    /* Of what the disk has now, with name, date and clock of info, and what there is to read from fd (-1: nothing)
     * as a machine's state. */
    gboolean (*create)(SysBlock *b, SysBlockSnap *info, int fd, GError **err);
    /* The disk is as it was; the machine's state is written to fd, if that is not -1. */
    gboolean (*apply)(SysBlock *b, const char *name, int fd, GError **err);
    gboolean (*remove)(SysBlock *b, const char *name, GError **err);
} SysBlockSnaps;

/* What is below an image. Device lock held, nothing is under way. */
typedef struct SysBlockChain {
    SysBlock *(*get)(const SysBlock *b);        /* NULL: nothing. Borrowed */
    /* Another one, or none (NULL), with which it reads the same: an object in the tree, which b keeps. */
    void (*set)(SysBlock *b, SysBlock *below);
    /* What is below is the caller's to put into the tree, and to be set again. */
    SysBlock *(*take)(SysBlock *b);
    /* These bytes need nothing from below any more. 0 or -errno. */
    int (*pull)(SysBlock *b, guint64 offset, guint64 bytes);
    /* The file does not name anything below it any more. */
    gboolean (*forget)(SysBlock *b, GError **err);
} SysBlockChain;

typedef struct SysBlockType {
    ObjType obj;
    gboolean (*open)(SysBlock *b, GError **err);        /* sets bytes */
    void (*close)(SysBlock *b);
    int (*run)(SysBlock *b, SysBlockReq *r);            /* a worker's; several at a time */
    const SysBlockSnaps *snaps;                         /* NULL: it has none */
    const SysBlockChain *chain;                         /* NULL: nothing can be below it */
    /* The host need not keep in memory what is on its disk. A worker's; may be NULL. */
    void (*uncache)(SysBlock *b);
    gboolean (*resize)(SysBlock *b, guint64 bytes, GError **err);       /* nothing is under way; may be NULL */
    int (*file)(const SysBlock *b);                     /* the descriptor of its file, while it is open. Borrowed */
    gboolean exclusive;         /* one machine at a time may have its file open for writing */
} SysBlockType;

struct SysBlock {
    Obj obj;
    guint64 bytes;
    gboolean read_only;
    gboolean is_temporary;      /* its file is nobody else's, and gone with it */
    gboolean is_broken;         /* it could not be opened again, or is away: every request fails */
    gboolean is_away;           /* another machine has its file (sys_block_leave); when opened so, it is only read */
    char *disk;                 /* by what name users know the disk that it is; NULL: its own; "": it was replaced */
    Obj *below;                 /* the node that its file's name is of; NULL: none */
    int cache;                  /* SysBlockCache */
    gboolean is_used;           /* by a device, or a job that writes to it */
    struct SysBlockJob *job;    /* that reads it; NULL: none */
    gboolean is_target;         /* a job writes to it */
    SysDone done;               /* of SysBlockReq */
    struct {
        guint64 requests, bytes, failed, us;    /* finished; how long they took in all */
    } stats[SYS_BLOCK_DISCARD + 1];
    void (*resized)(void *opaque);      /* who uses it hears of a new size; may be NULL */
    void *resized_opaque;
};

extern const ObjType sys_block_type;            /* abstract */
extern const SysBlockType sys_block_raw, sys_block_qcow2;
extern const SysBlockType *const sys_blocks[];  /* ended by NULL */

/* Creates one from words ("raw,id=x,path=y") below dir and opens it.  Borrowed.  Errors: any; nothing is left. */
SysBlock *sys_block_new(Obj *dir, const char *text, GError **err);

/* The same from words that were taken apart; text is for messages. */
SysBlock *sys_block_new_words(Obj *dir, const char *text, JsonObject *words, GError **err);

/* A device takes it for its own; it lets it go. Errors: OBJ_ERROR_IN_USE. */
gboolean sys_block_attach(SysBlock *b, GError **err);
void sys_block_detach(SysBlock *b);     /* finishes what is under way; b may be NULL */

/* A job reads it or writes to it, or it is away: nobody else may change what it is.  The first says why ("in use by
 * ..."), or NULL. */
const char *sys_block_busy(const SysBlock *b);
gboolean sys_block_is_busy(const SysBlock *b);

/* Makes it larger or smaller, and tells who uses it.  Errors: this kind cannot, it is busy, or the host's reason. */
gboolean sys_block_resize(SysBlock *b, guint64 bytes, GError **err);

/* Opens it again, for reading only or not.  Errors: it is as it was, or, if that cannot be, has an error for every
 * request. */
gboolean sys_block_reopen(SysBlock *b, gboolean read_only, GError **err);

/*
 * Machines that move.  Those whose file only one machine may have (but for temporary ones) are left before the machine
 * goes (all that was written is on the host's disk then), and taken back if it did not go, or is to run here again.
 * What is opened while a machine is awaited is as if it had been left.
 * Errors: the host's, or another program has the file; one of leave says that it was not left.
 */
gboolean sys_block_leave(SysBlock *b, GError **err);
gboolean sys_block_take_back(SysBlock *b, GError **err);
void sys_block_await(gboolean on);

/* Carries a request out at once, in this thread. 0 or -errno. */
int sys_block_run(SysBlock *b, SysBlockOp op, guint64 offset, guint64 bytes, guint8 *data);

/* Gives one that is in no tree (SysBlockChain.take) a name below dir.  Errors: the name is taken. */
gboolean sys_block_adopt(Obj *dir, const char *name, SysBlock *b, GError **err);

/* Starts a request, which must lie inside the back end; done comes later from the main loop or a drain. */
void sys_block_submit(SysBlock *b, SysBlockReq *r);

/* Waits until nothing is under way, calling done for each.  b may be NULL. */
void sys_block_drain(SysBlock *b);

#endif
