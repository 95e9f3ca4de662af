/* SPDX-License-Identifier: BSD-2-Clause */
/* Files and descriptors whose structures, flags or names differ between guest and host. */
#include "busy.h"
#include "fds.h"
#include "guestmem.h"
#include "load.h"
#include "path.h"
#include "procfs.h"
#include "syscall.h"
#include "syscall/ptrace.h"
#include "target.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "syscall-numbers.h"

/* struct stat of asm-generic. */
typedef struct GuestStat {
    uint64_t dev, ino;
    uint32_t mode, nlink, uid, gid;
    uint64_t rdev, pad1;
    int64_t size;
    int32_t blksize, pad2;
    int64_t blocks;
    int64_t atime, atime_ns, mtime, mtime_ns, ctime, ctime_ns;
    uint32_t unused[2];
} GuestStat;
_Static_assert(sizeof(GuestStat) == 128, "asm-generic/stat.h");

static int64_t put_stat(uint64_t to, const struct stat *s)
{
    GuestStat g = {
        .dev = s->st_dev, .ino = s->st_ino, .mode = s->st_mode, .nlink = (uint32_t)s->st_nlink,
        .uid = s->st_uid, .gid = s->st_gid, .rdev = s->st_rdev, .size = s->st_size,
        .blksize = (int32_t)s->st_blksize, .blocks = s->st_blocks,
        .atime = s->st_atim.tv_sec, .atime_ns = s->st_atim.tv_nsec,
        .mtime = s->st_mtim.tv_sec, .mtime_ns = s->st_mtim.tv_nsec,
        .ctime = s->st_ctim.tv_sec, .ctime_ns = s->st_ctim.tv_nsec,
    };
    return lu_copy_to_guest(to, &g, sizeof g) ? 0 : -EFAULT;
}

int64_t lu_sys_newfstatat(LuThread *t, const uint64_t *a)
{
    LuPath path;
    struct stat st;
    int64_t r = lu_pass_args(t, SYS_newfstatat, a[0],
                             lu_path_arg(&path, a[1], !(a[3] & AT_SYMLINK_NOFOLLOW)), (uint64_t)&st,
                             a[3], 0, 0);

    return r ? r : put_stat(a[2], &st);
}

int64_t lu_sys_fstat(LuThread *t, const uint64_t *a)
{
    struct stat st;

    if (lu_fd_is_own((int)a[0])) {
        return -EBADF;
    }
    int64_t r = lu_pass_args(t, SYS_fstat, a[0], (uint64_t)&st, 0, 0, 0, 0);
    return r ? r : put_stat(a[1], &st);
}

/* The guest's version of a /proc file, if path is one. */
static bool open_proc(uint64_t path, uint64_t flags, int64_t *r)
{
    char name[128];
    long n = lu_str_from_guest(name, path, sizeof name);

    return n > 6 && !memcmp(name, "/proc/", 6) && lu_proc_open(name, flags, r);
}

/* Opening a file with these flags may write to one that runs. Not looked at: O_TRUNC for reading only. */
static bool may_write(uint64_t flags)
{
    return (flags & O_ACCMODE) != O_RDONLY && !(flags & O_PATH) && (flags & O_TMPFILE) != O_TMPFILE &&
           (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL);
}

/* fd was opened without the O_TRUNC of flags: fd, or -ETXTBSY. */
static int64_t settle_open(int64_t fd, uint64_t flags)
{
    if (fd < 0) {
        return fd;
    }
    int64_t r = lu_busy_running((int)fd) ? -ETXTBSY : flags & O_TRUNC ? LU_RAW2(SYS_ftruncate, fd, 0) : 0;
    if (r < 0) {
        LU_RAW1(SYS_close, fd);
    }
    return r < 0 ? r : fd;
}

int64_t lu_sys_openat(LuThread *t, const uint64_t *a)
{
    uint64_t flags = lu_target->abi->open_to_host(a[2]);
    LuPath path;
    int64_t r;

    if (open_proc(a[1], flags, &r)) {
        return r;
    }
    if (__builtin_expect(lu_ptrace_any, 0)) {
        lu_ptrace_opens(a[1], flags);
    }
    uint64_t name = lu_path_arg(&path, a[1], !(flags & O_NOFOLLOW));
    if (may_write(flags) && lu_busy_maybe((int)a[0], name, flags)) {
        return settle_open(lu_pass_args(t, SYS_openat, a[0], name, flags & ~(uint64_t)O_TRUNC, a[3], 0, 0), flags);
    }
    return lu_pass_args(t, SYS_openat, a[0], name, flags, a[3], 0, 0);
}

int64_t lu_sys_openat2(LuThread *t, const uint64_t *a)
{
    uint64_t how[3];
    LuPath path;
    int64_t r = lu_struct_from_guest(how, sizeof how, a[2], a[3], sizeof how);

    if (r) {
        return r;
    }
    const uint64_t flags = how[0] = lu_target->abi->open_to_host(how[0]);
    uint64_t name = a[1];
    if (how[2] == 0) {
        if (open_proc(a[1], flags, &r)) {
            return r;
        }
        name = lu_path_arg(&path, a[1], !(flags & O_NOFOLLOW));
    }
    bool maybe = may_write(flags) && lu_busy_maybe((int)a[0], name, flags);
    if (maybe) {
        how[0] &= ~(uint64_t)O_TRUNC;
    }
    r = lu_pass_args(t, SYS_openat2, a[0], name, (uint64_t)how, sizeof how, 0, 0);
    return maybe ? settle_open(r, flags) : r;
}

int64_t lu_sys_truncate(LuThread *t, const uint64_t *a)
{
    if (lu_busy_maybe(AT_FDCWD, a[0], 0)) {
        int64_t fd = LU_RAW3(SYS_openat, AT_FDCWD, a[0], O_WRONLY | O_CLOEXEC);
        bool running = fd >= 0 && lu_busy_running((int)fd);
        LU_RAW1(SYS_close, fd);
        if (running) {
            return -ETXTBSY;
        }
    }
    return lu_pass(t, SYS_truncate, a);
}

int64_t lu_sys_open_by_handle_at(LuThread *t, const uint64_t *a)
{
    return lu_pass_args(t, SYS_open_by_handle_at, a[0], a[1], lu_target->abi->open_to_host(a[2]), 0,
                        0, 0);
}

int64_t lu_sys_fanotify_init(LuThread *t, const uint64_t *a)
{
    return lu_pass_args(t, SYS_fanotify_init, a[0], lu_target->abi->open_to_host(a[1]), 0, 0, 0, 0);
}

int64_t lu_sys_mq_open(LuThread *t, const uint64_t *a)
{
    return lu_pass_args(t, SYS_mq_open, a[0], lu_target->abi->open_to_host(a[1]), a[2], a[3], 0, 0);
}

int64_t lu_sys_pipe2(LuThread *t, const uint64_t *a)
{
    return lu_pass_args(t, SYS_pipe2, a[0], lu_target->abi->open_to_host(a[1]), 0, 0, 0, 0);
}

/* The kernel's answer for a link that names the guest's executable. */
int64_t lu_sys_readlinkat(LuThread *t, const uint64_t *a)
{
    LuPath path;
    char name[128];
    long n = lu_str_from_guest(name, a[1], sizeof name);

    if (n > 6 && !memcmp(name, "/proc/", 6) && lu_exe_path[0]) {
        const char *what = lu_path_proc_self(name);
        if (what && !strcmp(what, "exe")) {
            size_t len = strlen(lu_exe_path);
            if ((int64_t)a[3] <= 0) {
                return -EINVAL;
            }
            len = len < a[3] ? len : a[3];
            return lu_copy_to_guest(a[2], lu_exe_path, len) ? (int64_t)len : -EFAULT;
        }
    }
    return lu_pass_args(t, SYS_readlinkat, a[0], lu_path_arg(&path, a[1], false), a[2], a[3], 0, 0);
}

int64_t lu_sys_close(LuThread *t, const uint64_t *a)
{
    if (lu_fd_is_own((int)a[0])) {
        return -EBADF;
    }
    return lu_pass(t, SYS_close, a);
}

/* Leaves out what is ours. */
int64_t lu_sys_close_range(LuThread *t, const uint64_t *a)
{
    uint64_t from = (uint32_t)a[0], to = (uint32_t)a[1], own = (uint64_t)lu_fd_base();

    if (!lu_fd_any() || from > to || to < own || from >= own + LU_OWN_FDS) {
        return lu_pass(t, SYS_close_range, a);
    }
    int64_t r = 0;
    if (from < own) {
        r = lu_pass_args(t, SYS_close_range, from, own - 1, a[2], 0, 0, 0);
    }
    if (r == 0 && to >= own + LU_OWN_FDS) {
        r = lu_pass_args(t, SYS_close_range, own + LU_OWN_FDS, to, a[2], 0, 0, 0);
    }
    return r;
}

int64_t lu_sys_dup3(LuThread *t, const uint64_t *a)
{
    if (lu_fd_is_own((int)a[1]) || lu_fd_is_own((int)a[0])) {
        return -EBADF;
    }
    return lu_pass_args(t, SYS_dup3, a[0], a[1], lu_target->abi->open_to_host(a[2]), 0, 0, 0);
}

int64_t lu_sys_fcntl(LuThread *t, const uint64_t *a)
{
    if (lu_fd_is_own((int)a[0])) {
        return -EBADF;
    }
    if (a[1] == F_SETFL) {
        return lu_pass_args(t, SYS_fcntl, a[0], a[1], lu_target->abi->open_to_host(a[2]), 0, 0, 0);
    }
    int64_t r = lu_pass(t, SYS_fcntl, a);
    return a[1] == F_GETFL && r >= 0 ? (int64_t)lu_target->abi->open_to_guest((uint64_t)r) : r;
}

/* Requests and their structures are asm-generic on both sides. */
int64_t lu_sys_ioctl(LuThread *t, const uint64_t *a)
{
    return lu_fd_is_own((int)a[0]) ? -EBADF : lu_pass(t, SYS_ioctl, a);
}

static bool lists_own_fds(int fd)
{
    char link[64], to[64];

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, to, sizeof to - 1);
    if (n <= 6) {
        return false;
    }
    to[n] = 0;
    const char *what = lu_path_proc_self(to);
    return what && (!strcmp(what, "fd") || !strcmp(what, "fdinfo"));
}

/* Takes the entries of our own descriptors out of a directory buffer. */
static int64_t drop_own(char *buf, int64_t n)
{
    int64_t out = 0;

    for (int64_t at = 0; at < n;) {
        uint16_t len;
        memcpy(&len, buf + at + 16, 2);
        int fd = -1;
        if (sscanf(buf + at + 19, "%d", &fd) != 1 || !lu_fd_is_own(fd)) {
            memmove(buf + out, buf + at, len);
            out += len;
        }
        at += len;
    }
    return out;
}

int64_t lu_sys_getdents64(LuThread *t, const uint64_t *a)
{
    int64_t r = lu_pass(t, SYS_getdents64, a);

    if (r > 0 && lu_fd_any() && lists_own_fds((int)a[0])) {
        return drop_own((char *)a[1], r);
    }
    return r;
}

/* After these the path to our own executable may be gone. */
int64_t lu_sys_chroot(LuThread *t, const uint64_t *a)
{
    lu_fd_self_exe();
    return lu_pass(t, SYS_chroot, a);
}

int64_t lu_sys_pivot_root(LuThread *t, const uint64_t *a)
{
    lu_fd_self_exe();
    return lu_pass(t, SYS_pivot_root, a);
}

static int64_t set_limit(LuThread *t, long nr, unsigned resource, const uint64_t *a)
{
    if (resource == RLIMIT_NOFILE) {
        lu_fd_base();
    }
    return lu_pass(t, nr, a);
}

int64_t lu_sys_setrlimit(LuThread *t, const uint64_t *a)
{
    return set_limit(t, SYS_setrlimit, (unsigned)a[0], a);
}

int64_t lu_sys_prlimit64(LuThread *t, const uint64_t *a)
{
    return set_limit(t, SYS_prlimit64, (unsigned)a[1], a);
}
