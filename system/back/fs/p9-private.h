/* SPDX-License-Identifier: BSD-2-Clause */
/* Between p9.c (messages, fids, reading and writing) and p9-name.c (names and attributes). */
#ifndef SYSTEM_BACK_FS_P9_PRIVATE_H
#define SYSTEM_BACK_FS_P9_PRIVATE_H

#include "back/fs/p9.h"

typedef enum P9Kind { P9_CLOSED, P9_FILE, P9_DIR, P9_XATTR_READ, P9_XATTR_WRITE } P9Kind;

typedef struct P9Fid {
    SysFsNode *node;
    guint32 uid;                /* who attached */
    P9Kind kind;
    int fd;                     /* of a file, also of a directory's stream */
    DIR *dir;
    guint64 dir_at;             /* where the stream stands */
    char *name;                 /* of an attribute that is written; its value so far */
    GByteArray *value;
    gsize value_bytes;
    guint32 flags;
} P9Fid;

struct SysP9 {
    const SysFsHost *h;
    gboolean read_only;
    guint32 msize;
    GHashTable *fids;           /* guint32 -> P9Fid */
    GArray *devs;               /* dev_t: file systems met, whose numbers become part of paths */
    /* The message being carried out. */
    const guint8 *in;
    gsize in_left;
    gboolean is_bad;            /* it ended too early */
    guint8 *out;
    gsize out_at, out_room;
    gboolean is_full;           /* something did not fit */
};

/* Of the message, in order; 0 or "" and is_bad when it is at its end.  Text is the caller's. */
guint8 sys_p9_get8(SysP9 *s);
guint16 sys_p9_get16(SysP9 *s);
guint32 sys_p9_get32(SysP9 *s);
guint64 sys_p9_get64(SysP9 *s);
char *sys_p9_get_text(SysP9 *s);
P9Fid *sys_p9_get_fid(SysP9 *s);            /* NULL: there is none of that number */

/* To the answer. FALSE: there is no room. */
gboolean sys_p9_put(SysP9 *s, const void *data, gsize n);
void sys_p9_put8(SysP9 *s, guint8 v);
void sys_p9_put16(SysP9 *s, guint16 v);
void sys_p9_put32(SysP9 *s, guint32 v);
void sys_p9_put64(SysP9 *s, guint64 v);
gboolean sys_p9_put_text(SysP9 *s, const char *text);
void sys_p9_put_qid(SysP9 *s, const struct stat *st);

/* A new fid; NULL if the number is taken or there are too many, with *e. The node's reference is taken. */
P9Fid *sys_p9_new_fid(SysP9 *s, guint32 number, SysFsNode *node, guint32 uid, int *e);

/* A request: 0 or -errno. */
typedef int P9Fn(SysP9 *s);
P9Fn sys_p9_walk, sys_p9_getattr, sys_p9_setattr, sys_p9_statfs, sys_p9_readlink, sys_p9_symlink, sys_p9_mknod,
    sys_p9_mkdir, sys_p9_link, sys_p9_rename,
    sys_p9_renameat, sys_p9_unlinkat, sys_p9_xattrwalk, sys_p9_xattrcreate;

#endif
