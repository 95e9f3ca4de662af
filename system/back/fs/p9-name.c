/* SPDX-License-Identifier: BSD-2-Clause */
/* 9P2000.L: names and attributes. */
#include "back/fs/p9-private.h"

#include <errno.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

enum { WALK_MOST = 16, XATTR_MOST = 65536 };
enum { SET_MODE = 1, SET_UID = 2, SET_GID = 4, SET_SIZE = 8, SET_ATIME = 16, SET_MTIME = 32, GIVEN_ATIME = 128,
       GIVEN_MTIME = 256 };                     /* [9P2000.L, setattr] */
enum { ATTR_BASIC = 0x7ff };                    /* [9P2000.L, getattr] */

/* A directory's fid and a name in it; FALSE with *e: it is none, or nothing may be changed here. */
static gboolean judge(SysP9 *s, const P9Fid *dir, const char *name, int *e)
{
    *e = !dir ? -EBADF : s->is_bad || !sys_fs_is_name(name) ? -EINVAL : s->read_only ? -EROFS : 0;
    return *e == 0;
}

/* --- walking --------------------------------------------------------------------------------- */
static SysFsNode *step(SysFsNode *n, const char *name)
{
    if (!strcmp(name, "..")) {
        return sys_fs_above(n);
    }
    return !strcmp(name, ".") ? sys_fs_ref(n) : sys_fs_is_name(name) ? sys_fs_child(n, name) : NULL;
}

/* Each step that is there gives a qid; the new fid comes only if all are. */
int sys_p9_walk(SysP9 *s)
{
    P9Fid *f = sys_p9_get_fid(s);
    guint32 number = sys_p9_get32(s);
    guint n = sys_p9_get16(s), done = 0;
    struct stat st[WALK_MOST];
    int e = 0;

    if (!f || f->kind == P9_XATTR_READ || f->kind == P9_XATTR_WRITE || n > WALK_MOST || s->is_bad) {
        return f && n > WALK_MOST ? -EINVAL : -EBADF;
    }
    SysFsNode *at = sys_fs_ref(f->node);
    for (; done < n && at; done++) {
        g_autofree char *name = sys_p9_get_text(s);
        SysFsNode *next = step(at, name);
        e = s->is_bad || !next ? -ENOENT : sys_fs_stat(s->h, next, -1, &st[done]);
        sys_fs_unref(at);
        at = next;
        if (e < 0) {
            break;
        }
    }
    if (done < n) {
        sys_fs_unref(at);
        if (!done || s->is_bad) {
            return e;
        }
    } else {
        if (g_hash_table_lookup(s->fids, GUINT_TO_POINTER(number)) == f && f->kind == P9_CLOSED) {
            sys_fs_unref(f->node);              /* the fid itself walks */
            f->node = at;
        } else if (!sys_p9_new_fid(s, number, at, f->uid, &e)) {
            return e;
        }
    }
    sys_p9_put16(s, (guint16)done);
    for (guint i = 0; i < done; i++) {
        sys_p9_put_qid(s, &st[i]);
    }
    return 0;
}

/* --- attributes ------------------------------------------------------------------------------ */
static void put_time(SysP9 *s, struct timespec t)
{
    sys_p9_put64(s, (guint64)t.tv_sec);
    sys_p9_put64(s, (guint64)t.tv_nsec);
}

int sys_p9_getattr(SysP9 *s)
{
    P9Fid *f = sys_p9_get_fid(s);
    struct stat st;
    int e = f ? sys_fs_stat(s->h, f->node, f->fd, &st) : -EBADF;

    if (e < 0) {
        return e;
    }
    sys_p9_put64(s, ATTR_BASIC);
    sys_p9_put_qid(s, &st);
    sys_p9_put32(s, st.st_mode);
    sys_p9_put32(s, st.st_uid);
    sys_p9_put32(s, st.st_gid);
    sys_p9_put64(s, st.st_nlink);
    sys_p9_put64(s, st.st_rdev);
    sys_p9_put64(s, (guint64)st.st_size);
    sys_p9_put64(s, (guint64)st.st_blksize);
    sys_p9_put64(s, (guint64)st.st_blocks);
    put_time(s, st.st_atim);
    put_time(s, st.st_mtim);
    put_time(s, st.st_ctim);
    put_time(s, (struct timespec){ 0 });
    sys_p9_put64(s, 0);
    sys_p9_put64(s, 0);
    return 0;
}

static struct timespec new_time(guint32 valid, guint32 set, guint32 given, guint64 sec, guint64 nsec)
{
    return !(valid & set) ? (struct timespec){ .tv_nsec = UTIME_OMIT } : valid & given
               ? (struct timespec){ (time_t)sec, (long)MIN(nsec, 999999999) }
                   : (struct timespec){ .tv_nsec = UTIME_NOW };
}

/* Size and owner before mode and times: they change those. */
int sys_p9_setattr(SysP9 *s)
{
    P9Fid *f = sys_p9_get_fid(s);
    guint32 valid = sys_p9_get32(s), mode = sys_p9_get32(s), uid = sys_p9_get32(s), gid = sys_p9_get32(s);
    guint64 size = sys_p9_get64(s), at_s = sys_p9_get64(s), at_ns = sys_p9_get64(s), mt_s = sys_p9_get64(s),
        mt_ns = sys_p9_get64(s);
    int e = !f ? -EBADF : s->is_bad ? -EINVAL : s->read_only ? -EROFS : 0;

    if (e == 0 && (valid & SET_SIZE)) {
        e = sys_fs_truncate(s->h, f->node, size);
    }
    if (e == 0 && (valid & (SET_UID | SET_GID))) {
        SysFsOwner who = { valid & SET_UID ? uid : G_MAXUINT32, valid & SET_GID ? gid : G_MAXUINT32 };
        e = sys_fs_chown(s->h, f->node, who);
    }
    if (e == 0 && (valid & SET_MODE)) {
        e = sys_fs_chmod(s->h, f->node, mode);
    }
    if (e == 0 && (valid & (SET_ATIME | SET_MTIME))) {
        struct timespec times[2] = { new_time(valid, SET_ATIME, GIVEN_ATIME, at_s, at_ns),
                                     new_time(valid, SET_MTIME, GIVEN_MTIME, mt_s, mt_ns) };
        e = sys_fs_utime(s->h, f->node, times);
    }
    return e;
}

int sys_p9_statfs(SysP9 *s)
{
    P9Fid *f = sys_p9_get_fid(s);
    int fd = f ? sys_fs_fd(f->node) : -EBADF;
    struct statfs st;

    if (fd < 0 || fstatfs(fd, &st) < 0) {
        return fd < 0 ? fd : -errno;
    }
    sys_p9_put32(s, 0x01021997);            /* V9FS_MAGIC [linux/magic.h] */
    sys_p9_put32(s, (guint32)st.f_bsize);
    sys_p9_put64(s, st.f_blocks);
    sys_p9_put64(s, st.f_bfree);
    sys_p9_put64(s, st.f_bavail);
    sys_p9_put64(s, st.f_files);
    sys_p9_put64(s, st.f_ffree);
    sys_p9_put64(s, (guint64)(guint32)st.f_fsid.__val[0] | (guint64)(guint32)st.f_fsid.__val[1] << 32);
    sys_p9_put32(s, 255);
    return 0;
}

int sys_p9_readlink(SysP9 *s)
{
    P9Fid *f = sys_p9_get_fid(s);
    int e = -EBADF;
    g_autofree char *text = f ? sys_fs_readlink(s->h, f->node, &e) : NULL;

    return !text ? e : sys_p9_put_text(s, text) ? 0 : -ENAMETOOLONG;
}

/* --- new files ------------------------------------------------------------------------------- */
static int make(SysP9 *s, P9Fid *dir, const char *name, guint mode, dev_t dev, const char *target, guint32 gid)
{
    struct stat st;
    int e;

    if (!judge(s, dir, name, &e)) {
        return e;
    }
    e = sys_fs_make(s->h, dir->node, name, mode, dev, target, (SysFsOwner){ dir->uid, gid });
    if (e == 0) {
        SysFsNode *n = sys_fs_child(dir->node, name);
        e = sys_fs_stat(s->h, n, -1, &st);
        sys_fs_unref(n);
    }
    if (e == 0) {
        sys_p9_put_qid(s, &st);
    }
    return e;
}

int sys_p9_mkdir(SysP9 *s)
{
    P9Fid *dir = sys_p9_get_fid(s);
    g_autofree char *name = sys_p9_get_text(s);
    guint32 mode = sys_p9_get32(s), gid = sys_p9_get32(s);

    return make(s, dir, name, S_IFDIR | (mode & 07777), 0, NULL, gid);
}

int sys_p9_symlink(SysP9 *s)
{
    P9Fid *dir = sys_p9_get_fid(s);
    g_autofree char *name = sys_p9_get_text(s), *target = sys_p9_get_text(s);
    guint32 gid = sys_p9_get32(s);

    return *target ? make(s, dir, name, S_IFLNK | 0777, 0, target, gid) : -ENOENT;
}

int sys_p9_mknod(SysP9 *s)
{
    P9Fid *dir = sys_p9_get_fid(s);
    g_autofree char *name = sys_p9_get_text(s);
    guint32 mode = sys_p9_get32(s), major = sys_p9_get32(s), minor = sys_p9_get32(s), gid = sys_p9_get32(s);

    if (S_ISDIR(mode) || S_ISLNK(mode)) {
        return -EINVAL;
    }
    mode = mode & S_IFMT ? mode : mode | S_IFREG;
    return make(s, dir, name, mode & (S_IFMT | 07777), makedev(major, minor), NULL, gid);
}

int sys_p9_link(SysP9 *s)
{
    P9Fid *dir = sys_p9_get_fid(s), *to = sys_p9_get_fid(s);
    g_autofree char *name = sys_p9_get_text(s);
    int e;

    return !judge(s, dir, name, &e) ? e : !to ? -EBADF : sys_fs_link(s->h, dir->node, name, to->node);
}

/* --- other names ----------------------------------------------------------------------------- */
int sys_p9_rename(SysP9 *s)
{
    P9Fid *f = sys_p9_get_fid(s), *dir = sys_p9_get_fid(s);
    g_autofree char *name = sys_p9_get_text(s);
    SysFsNode *above = f ? sys_fs_above(f->node) : NULL;
    int e;

    if (judge(s, dir, name, &e)) {
        g_autofree char *old = above ? g_strdup(sys_fs_name(f->node)) : NULL;
        e = old ? sys_fs_rename(s->h, above, old, dir->node, name) : f ? -ENOENT : -EBADF;
    }
    sys_fs_unref(above);
    return e;
}

int sys_p9_renameat(SysP9 *s)
{
    P9Fid *from = sys_p9_get_fid(s);
    g_autofree char *old = sys_p9_get_text(s);
    P9Fid *to = sys_p9_get_fid(s);
    g_autofree char *name = sys_p9_get_text(s);
    int e;

    return judge(s, from, old, &e) && judge(s, to, name, &e) ? sys_fs_rename(s->h, from->node, old, to->node, name) : e;
}

int sys_p9_unlinkat(SysP9 *s)
{
    P9Fid *dir = sys_p9_get_fid(s);
    g_autofree char *name = sys_p9_get_text(s);
    guint32 flags = sys_p9_get32(s);
    int e;

    return judge(s, dir, name, &e) ? sys_fs_remove(s->h, dir->node, name, (flags & 0x200) != 0) : e;
}

/* --- extended attributes --------------------------------------------------------------------- */
/* A fid that reads a value, or all names; its length is the answer. */
int sys_p9_xattrwalk(SysP9 *s)
{
    P9Fid *f = sys_p9_get_fid(s);
    guint32 number = sys_p9_get32(s);
    g_autofree char *name = sys_p9_get_text(s);
    int e = 0;

    if (!f || s->is_bad) {
        return -EBADF;
    }
    g_autofree guint8 *value = g_malloc(XATTR_MOST);
    gssize n = sys_fs_getxattr(s->h, f->node, *name ? name : NULL, value, XATTR_MOST);
    if (n < 0) {
        return (int)n;
    }
    P9Fid *x = sys_p9_new_fid(s, number, sys_fs_ref(f->node), f->uid, &e);
    if (!x) {
        return e;
    }
    x->kind = P9_XATTR_READ;
    x->value = g_byte_array_new();
    g_byte_array_append(x->value, value, (guint)n);
    sys_p9_put64(s, (guint64)n);
    return 0;
}

/* The fid takes the value; it is set when the fid goes. */
int sys_p9_xattrcreate(SysP9 *s)
{
    P9Fid *f = sys_p9_get_fid(s);
    g_autofree char *name = sys_p9_get_text(s);
    guint64 bytes = sys_p9_get64(s);
    guint32 flags = sys_p9_get32(s);

    if (!f || f->kind != P9_CLOSED || s->is_bad || !*name) {
        return !f || f->kind != P9_CLOSED ? -EBADF : -EINVAL;
    }
    if (s->read_only || bytes > XATTR_MOST) {
        return s->read_only ? -EROFS : -E2BIG;
    }
    f->kind = P9_XATTR_WRITE;
    f->name = g_steal_pointer(&name);
    f->value = g_byte_array_new();
    f->value_bytes = bytes;
    f->flags = flags;
    return 0;
}
