/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Qcow2 images, private to the qcow2-*.c files.  [QCOW2] is the format's specification, docs/interop/qcow2.txt
 * of QEMU; its numbers are big-endian.
 *
 * Terms: the guest's disk and the file are cut into clusters of one size.  L1 and L2 tables map the disk's
 * clusters to the file's; refcount table and blocks count the uses of each cluster of the file.
 *
 * What a crash of the host may leave are clusters counted but not used, never the contrary:
 *  1. Refcounts are written when they change; a cluster is counted before anything points to it.
 *  2. L2 tables are kept in memory until a flush (or for want of room), and written after the host has
 *     synced data and refcounts.  L1 is written after the L2 tables were synced.
 *  3. A cluster that is not needed any more is given back after the flush that made that durable.
 */
#ifndef SYSTEM_BACK_BLOCK_QCOW2_H
#define SYSTEM_BACK_BLOCK_QCOW2_H

#include "back/block/block.h"

#define QCOW2_L1_COPIED ((guint64)1 << 63)      /* of L1 and L2 entries: used once, may be written in place */
#define QCOW2_L2_COMPRESSED ((guint64)1 << 62)
#define QCOW2_L2_ZERO ((guint64)1)
#define QCOW2_OFFSET 0x00fffffffffffe00u        /* of L1 and L2 entries */

typedef struct Qcow2Table {     /* an L2 table or a refcount block */
    guint64 offset;             /* in the file; 0: the entry is free */
    guint64 last_used;
    gboolean dirty;             /* L2 tables only */
    guint8 *data;               /* one cluster; NULL until it is first needed */
} Qcow2Table;

typedef struct Qcow2Cache {
    Qcow2Table *tables;
    guint n;
    guint64 clock;
} Qcow2Cache;

typedef struct Qcow2 {
    SysBlock b;
    char *path;
    char *backing_path;         /* instead of the one in the image; "" none */
    int fd;
    SysBlock *backing;          /* open; a reference; NULL: zeros */
    gboolean backing_is_node;   /* it is in the tree, and not ours to close */

    guint version, cluster_bits, refcount_order;
    gboolean zstd;
    guint64 cluster;            /* bytes */
    guint64 *l1, l1_offset;
    guint32 l1_size;            /* entries */
    guint64 *refs, refs_offset; /* refcount table */
    guint32 refs_size;          /* entries */

    /* Readers and writers in place hold it for reading, who changes tables for writing. */
    GRWLock lock;
    gboolean l1_dirty;
    guint64 free_from;          /* no cluster below this number is free */
    guint64 file_end;           /* bytes */
    GArray *freed;              /* guint64: offsets of clusters to give back after the next flush */
    gboolean broken;            /* the tables contradict themselves: nothing is written any more */

    GMutex cache_lock;          /* guards the caches; taken inside lock */
    Qcow2Cache l2, blocks;
    guint8 *unpacked;           /* the compressed cluster last read */
    guint64 unpacked_entry;     /* its L2 entry; 0: none */
} Qcow2;

typedef enum Qcow2Kind { QCOW2_NOWHERE, QCOW2_ZEROES, QCOW2_DATA, QCOW2_PACKED } Qcow2Kind;

typedef struct Qcow2Map {       /* where a cluster of the disk is */
    Qcow2Kind kind;
    guint64 entry;              /* L2 */
    guint64 host;               /* DATA: offset in the file; PACKED: of the first byte */
    guint64 packed_bytes;       /* PACKED: at most so many */
    gboolean in_place;          /* DATA that may be written */
} Qcow2Map;

/* --- qcow2-open.c ---------------------------------------------------------------------------- */
/* Reads and checks everything but L2 tables and refcount blocks.  Errors: what is wrong with the image; then
 * sys_qcow2_forget releases what there is. */
gboolean sys_qcow2_load(Qcow2 *q, GError **err);
void sys_qcow2_forget(Qcow2 *q);

/* Writes an empty image of version 3 into fd, an empty file.  backing, if not NULL, is the name to put into it, and
 * format what that is ("raw", "qcow2").  Errors: of the host. */
gboolean sys_qcow2_create(int fd, guint64 bytes, const char *backing, const char *format, GError **err);

/* The header names no backing file any more.  Errors: of the host. */
gboolean sys_qcow2_forget_name(Qcow2 *q, GError **err);

/* --- qcow2.c --------------------------------------------------------------------------------- */
/* Lets go of what is below. */
void sys_qcow2_drop_backing(Qcow2 *q);

/* --- qcow2-snap.c ---------------------------------------------------------------------------- */
extern const SysBlockSnaps sys_qcow2_snaps;

/* --- qcow2-table.c: all but create and open return 0 or -errno -------------------------------- */
/* All of it or an error; what the file does not have is read as zeros. */
int sys_qcow2_pread(Qcow2 *q, void *data, guint64 bytes, guint64 offset);
int sys_qcow2_pwrite(Qcow2 *q, const void *data, guint64 bytes, guint64 offset);

/* Where the disk's cluster around offset is.  Lock held. */
int sys_qcow2_map(Qcow2 *q, guint64 offset, Qcow2Map *map);

/* Makes entry what the disk's cluster around offset is, with an L2 table of our own.  Lock held for writing. */
int sys_qcow2_set(Qcow2 *q, guint64 offset, guint64 entry);

/* A free cluster of the file, counted once from now on.  *fresh: it lies where the file has ended, and reads as
 * zeros.  Lock held for writing. */
int sys_qcow2_alloc(Qcow2 *q, guint64 *offset, gboolean *fresh);

/* Counts one use more (by 1) or less (-1), at once, or only says (*now, or NULL) how many
 * there are (0).  Lock held for writing. */
int sys_qcow2_ref(Qcow2 *q, guint64 offset, int by, guint64 *now);

/* The flag "copied" of all entries of L1 and its L2 tables is as their clusters are counted.  Lock held for writing. */
int sys_qcow2_flag_copied(Qcow2 *q);

/* What a map pointed to is not used there any more.  Lock held for writing. */
void sys_qcow2_free(Qcow2 *q, const Qcow2Map *map);

/* Everything is on the disk.  Lock held for writing. */
int sys_qcow2_sync(Qcow2 *q);

/* Notes that the image contradicts itself; -EIO. */
int sys_qcow2_broken(Qcow2 *q, const char *what, guint64 where);

#endif
