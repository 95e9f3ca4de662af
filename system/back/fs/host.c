/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files of the host.  Calls that have no form with a descriptor of O_PATH go through /proc/self/fd [man 5 proc].  The
 * names and forms of the attributes of mapped-xattr are those that QEMU's documentation of 9p names, so that
 * directories can be shared with it: user.virtfs.uid, gid, mode of 4 bytes, rdev of 8, little-endian.
 */
#include "back/fs/host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#define HIDDEN "user.virtfs."
enum { PROC_BYTES = 40, LINK_MOST = 4096 };

static const char *proc_path(int fd, char path[PROC_BYTES])
{
    g_snprintf(path, PROC_BYTES, "/proc/self/fd/%d", fd);
    return path;
}

static int result(int r)
{
    return r < 0 ? -errno : r;
}

/* --- attributes that stand for others -------------------------------------------------------- */
static gboolean get_number(const char *path, const char *name, gsize size, guint64 *value)
{
    guint64 le = 0;
    g_autofree char *full = g_strconcat(HIDDEN, name, NULL);

    if (getxattr(path, full, &le, size) != (gssize)size) {
        return FALSE;
    }
    *value = GUINT64_FROM_LE(le);
    return TRUE;
}

static int put_number(const char *path, const char *name, gsize size, guint64 value)
{
    guint64 le = GUINT64_TO_LE(value);
    g_autofree char *full = g_strconcat(HIDDEN, name, NULL);

    return result(setxattr(path, full, &le, size, 0));
}

static void map_stat(int fd, struct stat *st)
{
    char path[PROC_BYTES];
    guint64 value;

    proc_path(fd, path);
    st->st_uid = get_number(path, "uid", 4, &value) ? (uid_t)value : st->st_uid;
    st->st_gid = get_number(path, "gid", 4, &value) ? (gid_t)value : st->st_gid;
    st->st_mode = get_number(path, "mode", 4, &value) ? (mode_t)value : st->st_mode;
    st->st_rdev = get_number(path, "rdev", 8, &value) ? (dev_t)value : st->st_rdev;
}

static int map_owner(int fd, SysFsOwner who, guint mode, dev_t dev)
{
    char path[PROC_BYTES];
    int e;

    proc_path(fd, path);
    if ((e = put_number(path, "uid", 4, who.uid)) < 0 || (e = put_number(path, "gid", 4, who.gid)) < 0 ||
        (e = put_number(path, "mode", 4, mode)) < 0) {
        return e;
    }
    return S_ISCHR(mode) || S_ISBLK(mode) ? put_number(path, "rdev", 8, dev) : 0;
}

int sys_fs_stat(const SysFsHost *h, SysFsNode *n, int fd, struct stat *st)
{
    fd = fd >= 0 ? fd : sys_fs_fd(n);
    if (fd < 0 || fstatat(fd, "", st, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) < 0) {
        return fd < 0 ? fd : -errno;
    }
    if (h->model == SYS_FS_MAPPED) {
        map_stat(fd, st);
    }
    return 0;
}

/* --- opening --------------------------------------------------------------------------------- */
/* What is special on the host is not opened: it could wait for ever, or be a device. */
static int open_plain(int fd, int flags)
{
    char path[PROC_BYTES];
    struct stat st;

    if (fd < 0 || fstatat(fd, "", &st, AT_EMPTY_PATH) < 0) {
        return fd < 0 ? fd : -errno;
    }
    if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) {
        return S_ISLNK(st.st_mode) ? -ELOOP : -ENXIO;
    }
    return result(open(proc_path(fd, path), (flags & ~(O_CREAT | O_EXCL)) | O_CLOEXEC | O_NONBLOCK));
}

int sys_fs_open(const SysFsHost *h, SysFsNode *n, int flags)
{
    return open_plain(sys_fs_fd(n), flags);
}

/* Owner and mode of a file that was just made; if they cannot be set, it goes again. */
static int adopt(const SysFsHost *h, int dir, const char *name, int fd, guint mode, dev_t dev, SysFsOwner who)
{
    char path[PROC_BYTES];
    int e = 0;

    if (h->model == SYS_FS_MAPPED) {
        e = map_owner(fd, who, mode, dev);
    } else {
        e = result(fchownat(fd, "", who.uid, who.gid, AT_EMPTY_PATH));
        e = h->model == SYS_FS_NONE ? 0 : e;
        if (e == 0 && !S_ISLNK(mode)) {
            e = result(chmod(proc_path(fd, path), mode & 07777));
        }
    }
    if (e < 0) {
        unlinkat(dir, name, S_ISDIR(mode) ? AT_REMOVEDIR : 0);
    }
    return e;
}

int sys_fs_create(const SysFsHost *h, SysFsNode *dir, const char *name, int flags, guint mode, SysFsOwner who)
{
    int d = sys_fs_fd(dir), access = flags & ~(O_CREAT | O_EXCL);
    guint host_mode = h->model == SYS_FS_MAPPED ? h->file_mode : mode & 0777;

    if (d < 0) {
        return d;
    }
    int fd = openat(d, name, access | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, host_mode);
    if (fd >= 0) {
        int e = adopt(h, d, name, fd, S_IFREG | (mode & 07777), 0, who);
        if (e < 0) {
            close(fd);
        }
        return e < 0 ? e : fd;
    }
    if (errno != EEXIST || (flags & O_EXCL)) {
        return -errno;
    }
    int old = openat(d, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    int r = open_plain(old < 0 ? -errno : old, access);
    if (old >= 0) {
        close(old);
    }
    return r;
}

/* --- names ----------------------------------------------------------------------------------- */
/* A plain file that stands for what only root may make: a link's has its target as content. */
static int make_stand_in(const SysFsHost *h, int d, const char *name, const char *target)
{
    int fd = openat(d, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, h->file_mode);
    gssize n = target ? (gssize)strlen(target) : 0;

    if (fd < 0) {
        return -errno;
    }
    int e = target && write(fd, target, (gsize)n) != n ? -EIO : 0;
    close(fd);
    return e;
}

int sys_fs_make(const SysFsHost *h, SysFsNode *dir, const char *name, guint mode, dev_t dev, const char *target,
                SysFsOwner who)
{
    gboolean mapped = h->model == SYS_FS_MAPPED;
    int d = sys_fs_fd(dir), e;

    if (d < 0) {
        return d;
    }
    if (S_ISDIR(mode)) {
        e = result(mkdirat(d, name, mapped ? h->dir_mode : mode & 0777));
    } else if (mapped) {
        e = make_stand_in(h, d, name, target);
    } else {
        e = result(target ? symlinkat(target, d, name) : mknodat(d, name, mode, dev));
    }
    if (e < 0) {
        return e;
    }
    int fd = openat(d, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    e = fd < 0 ? -errno : adopt(h, d, name, fd, mode, dev, who);
    if (fd >= 0) {
        close(fd);
    }
    return e;
}

int sys_fs_link(const SysFsHost *h, SysFsNode *dir, const char *name, SysFsNode *to)
{
    SysFsNode *above = sys_fs_above(to);
    int from = above ? sys_fs_fd(above) : -ENOENT, held = from < 0 ? from : result(dup(from));
    int d = sys_fs_fd(dir), e = from < 0 ? from : d < 0 ? d : held;

    if (e >= 0) {
        e = sys_fs_name(to) ? result(linkat(held, sys_fs_name(to), d, name, 0)) : -EPERM;
    }
    if (held >= 0) {
        close(held);
    }
    sys_fs_unref(above);
    return e;
}

int sys_fs_remove(const SysFsHost *h, SysFsNode *dir, const char *name, gboolean is_dir)
{
    int d = sys_fs_fd(dir), e = d < 0 ? d : result(unlinkat(d, name, is_dir ? AT_REMOVEDIR : 0));

    if (e == 0) {
        sys_fs_removed(dir, name);
    }
    return e;
}

int sys_fs_rename(const SysFsHost *h, SysFsNode *dir, const char *name, SysFsNode *to_dir, const char *to_name)
{
    int from = sys_fs_fd(dir), held = from < 0 ? from : result(dup(from));      /* the second may take the first's */
    int to = sys_fs_fd(to_dir), e = held < 0 ? held : to < 0 ? to : result(renameat(held, name, to, to_name));

    if (held >= 0) {
        close(held);
    }
    if (e == 0) {
        sys_fs_moved(dir, name, to_dir, to_name);
    }
    return e;
}

char *sys_fs_readlink(const SysFsHost *h, SysFsNode *n, int *e)
{
    g_autofree char *text = g_malloc0(LINK_MOST + 1);
    struct stat st;
    gssize len;

    *e = sys_fs_stat(h, n, -1, &st);
    if (*e < 0 || !S_ISLNK(st.st_mode)) {
        *e = *e < 0 ? *e : -EINVAL;
        return NULL;
    }
    int fd = h->model == SYS_FS_MAPPED ? sys_fs_open(h, n, O_RDONLY) : sys_fs_fd(n);
    if (h->model == SYS_FS_MAPPED && fd >= 0) {
        len = read(fd, text, LINK_MOST);
        *e = len < 0 ? -errno : 0;
        close(fd);
    } else {
        len = fd < 0 ? fd : readlinkat(fd, "", text, LINK_MOST);
        *e = fd < 0 ? fd : len < 0 ? -errno : 0;
    }
    return *e < 0 ? NULL : g_steal_pointer(&text);
}

/* --- attributes ------------------------------------------------------------------------------ */
int sys_fs_chmod(const SysFsHost *h, SysFsNode *n, guint mode)
{
    char path[PROC_BYTES];
    struct stat st;
    int e = sys_fs_stat(h, n, -1, &st);

    if (e < 0) {
        return e;
    }
    proc_path(sys_fs_fd(n), path);
    if (h->model == SYS_FS_MAPPED) {
        return put_number(path, "mode", 4, (st.st_mode & S_IFMT) | (mode & 07777));
    }
    return S_ISLNK(st.st_mode) ? -EOPNOTSUPP : result(chmod(path, mode & 07777));
}

int sys_fs_chown(const SysFsHost *h, SysFsNode *n, SysFsOwner who)
{
    char path[PROC_BYTES];
    int fd = sys_fs_fd(n), e = 0;

    if (fd < 0) {
        return fd;
    }
    if (h->model != SYS_FS_MAPPED) {
        e = result(fchownat(fd, "", who.uid, who.gid, AT_EMPTY_PATH));
        return h->model == SYS_FS_NONE ? 0 : e;
    }
    proc_path(fd, path);
    if (who.uid != G_MAXUINT32) {
        e = put_number(path, "uid", 4, who.uid);
    }
    return e == 0 && who.gid != G_MAXUINT32 ? put_number(path, "gid", 4, who.gid) : e;
}

int sys_fs_truncate(const SysFsHost *h, SysFsNode *n, guint64 bytes)
{
    int fd = sys_fs_open(h, n, O_WRONLY), e = fd;

    if (fd >= 0) {
        e = result(ftruncate(fd, (off_t)MIN(bytes, (guint64)INT64_MAX)));
        close(fd);
    }
    return e;
}

int sys_fs_utime(const SysFsHost *h, SysFsNode *n, const struct timespec times[2])
{
    char path[PROC_BYTES];
    int fd = sys_fs_fd(n);

    return fd < 0 ? fd : result(utimensat(AT_FDCWD, proc_path(fd, path), times, 0));
}

/* --- extended attributes --------------------------------------------------------------------- */
/* The names without those that stand for other things. */
static gssize list_names(const char *path, char *data, gsize size)
{
    gssize n = listxattr(path, NULL, 0);
    g_autofree char *all = n > 0 ? g_malloc((gsize)n) : NULL;
    gsize done = 0;

    n = n > 0 ? listxattr(path, all, (gsize)n) : n;
    if (n < 0) {
        return -errno;
    }
    for (gssize i = 0; i < n;) {
        gsize k = strlen(all + i) + 1;
        if (!g_str_has_prefix(all + i, HIDDEN)) {
            if (size && done + k > size) {
                return -ERANGE;
            }
            if (size) {
                memcpy(data + done, all + i, k);
            }
            done += k;
        }
        i += (gssize)k;
    }
    return (gssize)done;
}

gssize sys_fs_getxattr(const SysFsHost *h, SysFsNode *n, const char *name, void *data, gsize size)
{
    char path[PROC_BYTES];
    int fd = sys_fs_fd(n);

    if (fd < 0) {
        return fd;
    }
    proc_path(fd, path);
    if (!name) {
        return list_names(path, data, size);
    }
    if (g_str_has_prefix(name, HIDDEN)) {
        return -ENODATA;
    }
    gssize r = getxattr(path, name, data, size);
    return r < 0 ? -errno : r;
}

int sys_fs_setxattr(const SysFsHost *h, SysFsNode *n, const char *name, const void *data, gsize size, int flags)
{
    char path[PROC_BYTES];
    int fd = sys_fs_fd(n);

    if (fd < 0) {
        return fd;
    }
    if (g_str_has_prefix(name, HIDDEN) || (h->model == SYS_FS_MAPPED && !g_str_has_prefix(name, "user."))) {
        return -EOPNOTSUPP;
    }
    proc_path(fd, path);
    return size || flags ? result(setxattr(path, name, data, size, flags & (XATTR_CREATE | XATTR_REPLACE)))
                         : result(removexattr(path, name));
}
