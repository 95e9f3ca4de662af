/* SPDX-License-Identifier: BSD-2-Clause */
/* 9P2000.L: messages, fids, sessions, files and directories that are open. */
#include "back/fs/p9-private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

enum { RLERROR = 7, FIDS_MOST = 1 << 18, DEVS_MOST = 4096, NAME_MOST = 4096 };
/* Flags of Tlopen are Linux's; these are passed on. [9P2000.L, lopen] */
enum { OPEN_FLAGS = O_ACCMODE | O_TRUNC | O_DSYNC | O_SYNC | O_EXCL };

/* --- messages: little-endian ----------------------------------------------------------------- */
static guint64 get(SysP9 *s, guint bytes)
{
    guint64 v = 0;

    if (s->in_left < bytes) {
        s->is_bad = TRUE;
        s->in_left = 0;
        return 0;
    }
    memcpy(&v, s->in, bytes);
    s->in += bytes;
    s->in_left -= bytes;
    return GUINT64_FROM_LE(v);
}

guint8 sys_p9_get8(SysP9 *s)
{
    return (guint8)get(s, 1);
}

guint16 sys_p9_get16(SysP9 *s)
{
    return (guint16)get(s, 2);
}

guint32 sys_p9_get32(SysP9 *s)
{
    return (guint32)get(s, 4);
}

guint64 sys_p9_get64(SysP9 *s)
{
    return get(s, 8);
}

/* A text with a NUL in it is no name. */
char *sys_p9_get_text(SysP9 *s)
{
    gsize n = sys_p9_get16(s);

    if (n > s->in_left || memchr(s->in, 0, n)) {
        s->is_bad = TRUE;
        s->in_left = 0;
        return g_strdup("");
    }
    char *text = g_strndup((const char *)s->in, n);
    s->in += n;
    s->in_left -= n;
    return text;
}

gboolean sys_p9_put(SysP9 *s, const void *data, gsize n)
{
    if (n > s->out_room - s->out_at) {
        s->is_full = TRUE;
        return FALSE;
    }
    if (n) {
        memcpy(s->out + s->out_at, data, n);
    }
    s->out_at += n;
    return TRUE;
}

void sys_p9_put8(SysP9 *s, guint8 v)
{
    sys_p9_put(s, &v, 1);
}

void sys_p9_put16(SysP9 *s, guint16 v)
{
    v = GUINT16_TO_LE(v);
    sys_p9_put(s, &v, 2);
}

void sys_p9_put32(SysP9 *s, guint32 v)
{
    v = GUINT32_TO_LE(v);
    sys_p9_put(s, &v, 4);
}

void sys_p9_put64(SysP9 *s, guint64 v)
{
    v = GUINT64_TO_LE(v);
    sys_p9_put(s, &v, 8);
}

gboolean sys_p9_put_text(SysP9 *s, const char *text)
{
    gsize n = strlen(text), before = s->out_at;

    sys_p9_put16(s, (guint16)MIN(n, G_MAXUINT16));
    if (n > G_MAXUINT16 || s->out_at == before || !sys_p9_put(s, text, n)) {
        s->out_at = before;
        return FALSE;
    }
    return TRUE;
}

/* Files of several file systems below one directory may have the same number: which system it is goes on top. */
static guint64 path_number(SysP9 *s, const struct stat *st)
{
    guint i = 0;

    while (i < s->devs->len && g_array_index(s->devs, dev_t, i) != st->st_dev) {
        i++;
    }
    if (i == s->devs->len && i < DEVS_MOST) {
        g_array_append_val(s->devs, st->st_dev);
    }
    return st->st_ino ^ (guint64)i << 48;
}

void sys_p9_put_qid(SysP9 *s, const struct stat *st)
{
    guint32 version = (guint32)(st->st_mtim.tv_sec ^ st->st_mtim.tv_nsec << 8 ^ st->st_size << 16);

    sys_p9_put8(s, S_ISDIR(st->st_mode) ? 0x80 : S_ISLNK(st->st_mode) ? 0x02 : 0);
    sys_p9_put32(s, version);
    sys_p9_put64(s, path_number(s, st));
}

/* --- fids ------------------------------------------------------------------------------------ */
static void close_fid(P9Fid *f)
{
    if (f->dir) {
        closedir(f->dir);
    } else if (f->fd >= 0) {
        close(f->fd);
    }
    f->dir = NULL;
    f->fd = -1;
    f->kind = P9_CLOSED;
    g_clear_pointer(&f->name, g_free);
    g_clear_pointer(&f->value, g_byte_array_unref);
}

static void free_fid(gpointer data)
{
    P9Fid *f = data;

    close_fid(f);
    sys_fs_unref(f->node);
    g_free(f);
}

static P9Fid *find_fid(SysP9 *s, guint32 number)
{
    return g_hash_table_lookup(s->fids, GUINT_TO_POINTER(number));
}

P9Fid *sys_p9_get_fid(SysP9 *s)
{
    return find_fid(s, sys_p9_get32(s));
}

P9Fid *sys_p9_new_fid(SysP9 *s, guint32 number, SysFsNode *node, guint32 uid, int *e)
{
    if (find_fid(s, number) || g_hash_table_size(s->fids) >= FIDS_MOST) {
        *e = find_fid(s, number) ? -EBADF : -ENFILE;
        sys_fs_unref(node);
        return NULL;
    }
    P9Fid *f = g_new0(P9Fid, 1);
    *f = (P9Fid){ .node = node, .uid = uid, .fd = -1 };
    g_hash_table_insert(s->fids, GUINT_TO_POINTER(number), f);
    return f;
}

/* --- sessions -------------------------------------------------------------------------------- */
static int version(SysP9 *s)
{
    guint32 msize = sys_p9_get32(s);
    g_autofree char *name = sys_p9_get_text(s);
    gboolean known = !strcmp(name, "9P2000.L");

    if (s->is_bad || msize < 4096) {
        return -EINVAL;
    }
    g_hash_table_remove_all(s->fids);
    s->msize = MIN(msize, SYS_P9_MOST);
    sys_p9_put32(s, s->msize);
    sys_p9_put_text(s, known ? name : "unknown");
    return 0;
}

static int no_auth(SysP9 *s)
{
    return -ENOTSUP;
}

static int attach(SysP9 *s)
{
    guint32 number = sys_p9_get32(s);
    sys_p9_get32(s);                                /* afid */
    g_autofree char *user = sys_p9_get_text(s), *tree = sys_p9_get_text(s);
    guint32 uid = sys_p9_get32(s);
    struct stat st;
    int e = 0;

    if (s->is_bad) {
        return -EINVAL;
    }
    P9Fid *f = sys_p9_new_fid(s, number, sys_fs_root(s->h->tree), uid == G_MAXUINT32 ? 0 : uid, &e);
    if (f && (e = sys_fs_stat(s->h, f->node, -1, &st)) == 0) {
        sys_p9_put_qid(s, &st);
    }
    return e;
}

/* Requests are carried out one after the other: what is to be flushed is done. */
static int flush(SysP9 *s)
{
    return 0;
}

static int clunk(SysP9 *s)
{
    guint32 number = sys_p9_get32(s);
    P9Fid *f = find_fid(s, number);
    int e = 0;

    if (!f) {
        return -EBADF;
    }
    if (f->kind == P9_XATTR_WRITE) {
        e = f->value->len != f->value_bytes
                ? -EIO : sys_fs_setxattr(s->h, f->node, f->name, f->value->data, f->value->len, (int)f->flags);
    }
    g_hash_table_remove(s->fids, GUINT_TO_POINTER(number));
    return e;
}

static int remove_file(SysP9 *s)
{
    guint32 number = sys_p9_get32(s);
    P9Fid *f = find_fid(s, number);
    SysFsNode *above = f ? sys_fs_above(f->node) : NULL;
    struct stat st;
    int e = !f ? -EBADF : !above || !sys_fs_name(f->node) ? -ENOENT : s->read_only ? -EROFS
            : sys_fs_stat(s->h, f->node, -1, &st);

    if (e == 0) {
        g_autofree char *name = g_strdup(sys_fs_name(f->node));
        e = sys_fs_remove(s->h, above, name, S_ISDIR(st.st_mode));
    }
    sys_fs_unref(above);
    g_hash_table_remove(s->fids, GUINT_TO_POINTER(number));     /* also if it fails */
    return e;
}

/* --- open files ------------------------------------------------------------------------------ */
static int put_opened(SysP9 *s, P9Fid *f)
{
    struct stat st;
    int e = sys_fs_stat(s->h, f->node, f->fd, &st);

    if (e == 0) {
        sys_p9_put_qid(s, &st);
        sys_p9_put32(s, 0);                         /* as much at once as a message holds */
    }
    return e;
}

static int open_file(SysP9 *s)
{
    P9Fid *f = sys_p9_get_fid(s);
    guint32 flags = sys_p9_get32(s);
    struct stat st;

    if (!f || f->kind != P9_CLOSED || s->is_bad) {
        return -EBADF;
    }
    if (s->read_only && ((flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC))) {
        return -EROFS;
    }
    int fd = sys_fs_open(s->h, f->node, (int)(flags & OPEN_FLAGS & ~(guint32)O_EXCL));
    if (fd < 0) {
        return fd;
    }
    f->fd = fd;
    f->kind = fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) ? P9_DIR : P9_FILE;
    if (f->kind == P9_DIR && !(f->dir = fdopendir(fd))) {
        int e = -errno;
        close_fid(f);
        return e;
    }
    return put_opened(s, f);
}

/* The fid is then of the new file. */
static int create(SysP9 *s)
{
    P9Fid *f = sys_p9_get_fid(s);
    g_autofree char *name = sys_p9_get_text(s);
    guint32 flags = sys_p9_get32(s), mode = sys_p9_get32(s), gid = sys_p9_get32(s);

    if (!f || f->kind != P9_CLOSED || s->is_bad || !sys_fs_is_name(name)) {
        return !f || f->kind != P9_CLOSED ? -EBADF : -EINVAL;
    }
    if (s->read_only) {
        return -EROFS;
    }
    int fd = sys_fs_create(s->h, f->node, name, (int)(flags & OPEN_FLAGS), mode, (SysFsOwner){ f->uid, gid });
    if (fd < 0) {
        return fd;
    }
    SysFsNode *dir = f->node;
    f->node = sys_fs_child(dir, name);
    sys_fs_unref(dir);
    f->fd = fd;
    f->kind = P9_FILE;
    return put_opened(s, f);
}

/* Reads into the answer; what it has room for. */
static int read_file(SysP9 *s)
{
    P9Fid *f = sys_p9_get_fid(s);
    guint64 offset = sys_p9_get64(s);
    gsize count = sys_p9_get32(s), at = s->out_at;
    gssize n = 0;

    if (!f || s->is_bad || (f->kind != P9_FILE && f->kind != P9_XATTR_READ)) {
        return !f || f->kind != P9_DIR ? -EBADF : -EISDIR;
    }
    if (s->out_room - at < 4) {
        return -ENOBUFS;
    }
    count = MIN(count, s->out_room - at - 4);
    guint8 *data = s->out + at + 4;
    if (f->kind == P9_XATTR_READ) {
        n = offset < f->value->len ? (gssize)MIN(count, f->value->len - offset) : 0;
        memcpy(data, f->value->data + (n ? offset : 0), (gsize)n);
    } else if (offset <= INT64_MAX) {
        n = pread(f->fd, data, count, (off_t)offset);
    }
    if (n < 0) {
        return -errno;
    }
    sys_p9_put32(s, (guint32)n);
    s->out_at += (gsize)n;
    return 0;
}

static int write_file(SysP9 *s)
{
    P9Fid *f = sys_p9_get_fid(s);
    guint64 offset = sys_p9_get64(s);
    gsize count = sys_p9_get32(s);
    gssize n;

    if (!f || s->is_bad || count > s->in_left || (f->kind != P9_FILE && f->kind != P9_XATTR_WRITE)) {
        return f && f->kind == P9_DIR ? -EISDIR : !f || f->kind < P9_XATTR_WRITE ? -EBADF : -EINVAL;
    }
    if (f->kind == P9_XATTR_WRITE) {
        if (offset != f->value->len || count > f->value_bytes - f->value->len) {
            return -ENOSPC;
        }
        g_byte_array_append(f->value, s->in, (guint)count);
        n = (gssize)count;
    } else {
        n = offset > INT64_MAX ? -1 : pwrite(f->fd, s->in, count, (off_t)offset);
        if (n < 0) {
            return offset > INT64_MAX ? -EFBIG : -errno;
        }
    }
    sys_p9_put32(s, (guint32)n);
    return 0;
}

static int sync_file(SysP9 *s)
{
    P9Fid *f = sys_p9_get_fid(s);
    gboolean data_only = s->in_left >= 4 && sys_p9_get32(s);

    if (!f) {
        return -EBADF;
    }
    if (f->fd < 0) {
        return 0;
    }
    return (data_only ? fdatasync(f->fd) : fsync(f->fd)) < 0 ? -errno : 0;
}

/* One entry; FALSE if the answer is full.  The kind of a file is the host's, which a mapped one may hide. */
static gboolean put_entry(SysP9 *s, const P9Fid *f, const struct dirent *d, const struct stat *dir, gsize end)
{
    struct stat st = { .st_ino = d->d_ino, .st_dev = dir->st_dev, .st_mode = DTTOIF(d->d_type) };
    gsize before = s->out_at;

    if (13 + 8 + 1 + 2 + strlen(d->d_name) > end - before) {
        return FALSE;
    }
    sys_p9_put_qid(s, &st);
    sys_p9_put64(s, (guint64)telldir(f->dir));
    sys_p9_put8(s, s->h->model == SYS_FS_MAPPED && d->d_type != DT_DIR ? DT_UNKNOWN : d->d_type);
    sys_p9_put_text(s, d->d_name);
    return TRUE;
}

/* Offsets are those of telldir, which only ever come back to us; a wrong one gives a wrong place in this directory. */
static int read_dir(SysP9 *s)
{
    P9Fid *f = sys_p9_get_fid(s);
    guint64 offset = sys_p9_get64(s);
    gsize count = sys_p9_get32(s), at = s->out_at;
    struct stat dir;
    struct dirent *d;

    if (!f || s->is_bad || f->kind != P9_DIR || fstat(f->fd, &dir) < 0) {
        return f && f->kind != P9_DIR ? -ENOTDIR : -EBADF;
    }
    sys_p9_put32(s, 0);
    gsize first = s->out_at, end = first + MIN(count, s->out_room - MIN(first, s->out_room));
    if (offset != f->dir_at || !offset) {
        if (offset) {
            seekdir(f->dir, (long)offset);
        } else {
            rewinddir(f->dir);
        }
    }
    f->dir_at = offset;
    for (errno = 0; (d = readdir(f->dir)); errno = 0) {
        if (!put_entry(s, f, d, &dir, end)) {
            seekdir(f->dir, (long)f->dir_at);
            break;
        }
        f->dir_at = (guint64)telldir(f->dir);
    }
    if (!d && errno) {
        return -errno;
    }
    guint32 n = GUINT32_TO_LE((guint32)(s->out_at - first));
    memcpy(s->out + at, &n, 4);
    return 0;
}

/* --- locks ----------------------------------------------------------------------------------- */
static int lock(SysP9 *s)
{
    if (!sys_p9_get_fid(s)) {
        return -EBADF;
    }
    sys_p9_put8(s, 0);              /* DEVIATION: granted, without the host's other processes */
    return 0;
}

static int get_lock(SysP9 *s)
{
    P9Fid *f = sys_p9_get_fid(s);
    sys_p9_get8(s);
    guint64 start = sys_p9_get64(s), length = sys_p9_get64(s);
    guint32 process = sys_p9_get32(s);
    g_autofree char *client = sys_p9_get_text(s);

    if (!f || s->is_bad) {
        return -EBADF;
    }
    sys_p9_put8(s, 2);              /* nobody has one */
    sys_p9_put64(s, start);
    sys_p9_put64(s, length);
    sys_p9_put32(s, process);
    sys_p9_put_text(s, client);
    return 0;
}

/* --- requests -------------------------------------------------------------------------------- */
static const struct {
    guint8 type;
    P9Fn *fn;
} requests[] = {
    { 8, sys_p9_statfs },    { 12, open_file },   { 14, create },          { 16, sys_p9_symlink },
         { 18, sys_p9_mknod },
    { 20, sys_p9_rename },   { 22, sys_p9_readlink }, { 24, sys_p9_getattr },      { 26, sys_p9_setattr },
         { 30, sys_p9_xattrwalk },
    { 32, sys_p9_xattrcreate }, { 40, read_dir }, { 50, sync_file },       { 52, lock },        { 54, get_lock },
    { 70, sys_p9_link },     { 72, sys_p9_mkdir },    { 74, sys_p9_renameat },     { 76, sys_p9_unlinkat },
        { 100, version },
    { 102, no_auth },    { 104, attach },     { 108, flush },          { 110, sys_p9_walk },    { 116, read_file },
    { 118, write_file }, { 120, clunk },      { 122, remove_file },
};

static int carry_out(SysP9 *s, guint8 type)
{
    for (guint i = 0; i < G_N_ELEMENTS(requests); i++) {
        if (requests[i].type == type) {
            return requests[i].fn(s);
        }
    }
    return -EOPNOTSUPP;
}

static void put_header(guint8 *out, gsize size, guint8 type, guint16 tag)
{
    guint32 le = GUINT32_TO_LE((guint32)size);

    memcpy(out, &le, 4);
    out[4] = type;
    memcpy(out + 5, &tag, 2);   /* as it came */
}

gsize sys_p9_handle(SysP9 *s, const guint8 *in, gsize n, guint8 *out, gsize room)
{
    guint8 type = in[4];
    guint16 tag;

    memcpy(&tag, in + 5, 2);
    s->in = in + SYS_P9_HEADER;
    s->in_left = n - SYS_P9_HEADER;
    s->is_bad = FALSE;
    s->out = out;
    s->out_at = SYS_P9_HEADER;
    s->out_room = MIN(room, s->msize);
    s->is_full = FALSE;
    int e = carry_out(s, type);
    e = e == 0 && s->is_full ? -ENOBUFS : e;
    if (e < 0) {
        s->out_at = SYS_P9_HEADER;
        sys_p9_put32(s, (guint32)-e);
        type = RLERROR - 1;
    }
    put_header(out, s->out_at, (guint8)(type + 1), tag);
    return s->out_at;
}

/* --- life ------------------------------------------------------------------------------------ */
SysP9 *sys_p9_new(const SysFsHost *h, gboolean read_only)
{
    SysP9 *s = g_new0(SysP9, 1);

    s->h = h;
    s->read_only = read_only;
    s->msize = SYS_P9_MOST;
    s->fids = g_hash_table_new_full(NULL, NULL, NULL, free_fid);
    s->devs = g_array_new(FALSE, FALSE, sizeof(dev_t));
    return s;
}

void sys_p9_reset(SysP9 *s)
{
    g_hash_table_remove_all(s->fids);
    s->msize = SYS_P9_MOST;
}

guint sys_p9_fids(const SysP9 *s)
{
    return g_hash_table_size(s->fids);
}

void sys_p9_free(SysP9 *s)
{
    g_hash_table_unref(s->fids);
    g_array_unref(s->devs);
    g_free(s);
}
