/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls on files, one by one: what each promises, and the errors that its manual page names. */
#define _GNU_SOURCE
#include "tap.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define BAD ((void *)8)

static char dir[64];

static char *in_dir(const char *name)
{
    static char path[4][256];
    static unsigned n;
    char *p = path[n++ % 4];

    snprintf(p, 256, "%s/%s", dir, name);
    return p;
}

static int make_file(const char *name, const char *text)
{
    int fd = open(in_dir(name), O_RDWR | O_CREAT | O_TRUNC, 0644);

    if (fd >= 0 && text) {
        (void)!write(fd, text, strlen(text));
    }
    return fd;
}

static void test_xattr(void)
{
    char buf[256], path[256];
    snprintf(path, sizeof path, "%s/x", dir);
    int fd = make_file("x", "hello");

    if (setxattr(path, "user.one", "abc", 3, 0) < 0) {
        ok(errno == EOPNOTSUPP, "xattr: not on this file system");
        close(fd);
        return;
    }
    is(getxattr(path, "user.one", buf, sizeof buf), 3, "getxattr: length");
    ok(!memcmp(buf, "abc", 3), "getxattr: value");
    is(getxattr(path, "user.one", NULL, 0), 3, "getxattr: asks for the length");
    fails(getxattr(path, "user.one", buf, 2), ERANGE, "getxattr: buffer too small");
    fails(getxattr(path, "user.two", buf, sizeof buf), ENODATA, "getxattr: no such attribute");
    fails(getxattr(path, "user.one", BAD, 100), EFAULT, "getxattr: bad buffer");
    fails(getxattr(path, BAD, buf, sizeof buf), EFAULT, "getxattr: bad name");
    fails(setxattr(path, "user.one", "x", 1, XATTR_CREATE), EEXIST, "setxattr: XATTR_CREATE");
    fails(setxattr(path, "user.none", "x", 1, XATTR_REPLACE), ENODATA, "setxattr: XATTR_REPLACE");
    fails(setxattr(path, "user.one", "x", 1, 4), EINVAL, "setxattr: flags");
    fails(setxattr(path, "nonsense", "x", 1, 0), EOPNOTSUPP, "setxattr: no name space");
    fails(setxattr(path, "", "x", 1, 0), ERANGE, "setxattr: empty name");
    fails(setxattr(path, "user.big", buf, 1 << 20, 0), E2BIG, "setxattr: too big");
    fails(setxattr(in_dir("none"), "user.one", "x", 1, 0), ENOENT, "setxattr: no file");
    is(fsetxattr(fd, "user.two", "defg", 4, XATTR_CREATE), 0, "fsetxattr");
    is(lgetxattr(path, "user.two", buf, sizeof buf), 4, "lgetxattr");
    is(flistxattr(fd, NULL, 0) >= 18, 1, "flistxattr: size");
    ssize_t n = listxattr(path, buf, sizeof buf);
    ok(n >= 18 && memmem(buf, (size_t)n, "user.one", 9) && memmem(buf, (size_t)n, "user.two", 9), "listxattr: names");
    fails(listxattr(path, buf, 3), ERANGE, "listxattr: buffer too small");
    fails(listxattr(path, BAD, 100), EFAULT, "listxattr: bad buffer");
    is(removexattr(path, "user.one"), 0, "removexattr");
    fails(removexattr(path, "user.one"), ENODATA, "removexattr: gone");
    is(fremovexattr(fd, "user.two"), 0, "fremovexattr");
    fails(fgetxattr(-1, "user.one", buf, 1), EBADF, "fgetxattr: bad descriptor");
    close(fd);
}

static void test_inotify(void)
{
    char buf[4096];
    int in = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

    ok(in >= 0, "inotify_init1");
    is(fcntl(in, F_GETFD), FD_CLOEXEC, "inotify_init1: IN_CLOEXEC");
    is(fcntl(in, F_GETFL) & O_NONBLOCK, O_NONBLOCK, "inotify_init1: IN_NONBLOCK");
    fails(inotify_init1(0x12345), EINVAL, "inotify_init1: flags");
    fails(read(in, buf, sizeof buf), EAGAIN, "inotify: nothing yet");
    int wd = inotify_add_watch(in, dir, IN_CREATE | IN_DELETE | IN_MOVE | IN_MODIFY | IN_CLOSE_WRITE);
    ok(wd > 0, "inotify_add_watch");
    fails(inotify_add_watch(in, in_dir("none"), IN_CREATE), ENOENT, "inotify_add_watch: no file");
    fails(inotify_add_watch(in, dir, 0), EINVAL, "inotify_add_watch: no event");
    fails(inotify_add_watch(0x7000, dir, IN_CREATE), EBADF, "inotify_add_watch: bad descriptor");
    fails(inotify_add_watch(in, BAD, IN_CREATE), EFAULT, "inotify_add_watch: bad path");
    fails(inotify_add_watch(in, in_dir("x"), IN_CREATE | IN_ONLYDIR), ENOTDIR, "inotify_add_watch: IN_ONLYDIR");
    close(make_file("new", "1"));
    rename(in_dir("new"), in_dir("newer"));
    unlink(in_dir("newer"));
    int avail = 0;
    is(ioctl(in, FIONREAD, &avail), 0, "inotify: FIONREAD");
    ssize_t n = read(in, buf, sizeof buf);
    is(n, avail, "inotify: FIONREAD told the length");
    static const uint32_t want[] = { IN_CREATE, IN_MODIFY, IN_CLOSE_WRITE, IN_MOVED_FROM, IN_MOVED_TO, IN_DELETE };
    unsigned k = 0, good = 0, from = 0, to = 1;
    for (char *p = buf; p < buf + n && k < 6; k++) {
        struct inotify_event *e = (void *)p;
        good += e->mask == want[k] && e->wd == wd;
        from = k == 3 ? e->cookie : from;
        to = k == 4 ? e->cookie : to;
        p += sizeof *e + e->len;
    }
    is(good, 6, "inotify: events in order");
    ok(from == to && from, "inotify: the cookie of a move");
    fails(read(in, buf, 5), EAGAIN, "inotify: nothing left");
    close(make_file("new", "1"));
    fails(read(in, buf, 5), EINVAL, "inotify: buffer too small");
    is(inotify_rm_watch(in, wd), 0, "inotify_rm_watch");
    fails(inotify_rm_watch(in, wd), EINVAL, "inotify_rm_watch: again");
    close(in);
}

static void test_fanotify(void)
{
    int f = fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_NONBLOCK, O_RDONLY);

    if (f < 0) {
        ok(errno == EPERM || errno == ENOSYS, "fanotify: not allowed here");
        return;
    }
    fails(fanotify_init(0xffff0000, O_RDONLY), EINVAL, "fanotify_init: flags");
    is(fanotify_mark(f, FAN_MARK_ADD, FAN_OPEN | FAN_CLOSE_WRITE | FAN_EVENT_ON_CHILD, AT_FDCWD, dir), 0,
       "fanotify_mark");
    close(make_file("fan", "123"));
    char buf[4096];
    ssize_t n = read(f, buf, sizeof buf);
    struct fanotify_event_metadata *m = (void *)buf;
    ok(n >= (ssize_t)sizeof *m && m->vers == FANOTIFY_METADATA_VERSION, "fanotify: an event");
    is(m->pid, getpid(), "fanotify: who");
    ok((m->mask & FAN_OPEN) != 0, "fanotify: what");
    char link[64], name[256];
    snprintf(link, sizeof link, "/proc/self/fd/%d", m->fd);
    ssize_t l = readlink(link, name, sizeof name - 1);
    ok(l > 4 && !memcmp(name + l - 4, "/fan", 4), "fanotify: the event's descriptor");
    for (char *p = buf; p < buf + n;) {
        m = (void *)p;
        close(m->fd);
        p += m->event_len;
    }
    fails(fanotify_mark(f, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, in_dir("none")), ENOENT, "fanotify_mark: no file");
    fails(fanotify_mark(f, FAN_MARK_ADD, 0, AT_FDCWD, dir), EINVAL, "fanotify_mark: no event");
    close(f);
}

static void test_statx(void)
{
    struct statx x;
    struct stat s;
    int fd = make_file("sx", "12345");

    memset(&x, 0xff, sizeof x);
    is(statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &x), 0, "statx");
    fstat(fd, &s);
    is(x.stx_size, 5, "statx: size");
    is(x.stx_ino, s.st_ino, "statx: inode");
    is(makedev(x.stx_dev_major, x.stx_dev_minor), s.st_dev, "statx: device");
    is(x.stx_mode, s.st_mode, "statx: mode");
    is(x.stx_mtime.tv_sec, s.st_mtim.tv_sec, "statx: mtime");
    is(x.stx_mtime.tv_nsec, s.st_mtim.tv_nsec, "statx: mtime, nanoseconds");
    is(x.stx_blocks, s.st_blocks, "statx: blocks");
    fails(statx(AT_FDCWD, in_dir("none"), 0, STATX_ALL, &x), ENOENT, "statx: no file");
    fails(statx(AT_FDCWD, dir, 0x80000, STATX_ALL, &x), EINVAL, "statx: flags");
    fails(statx(AT_FDCWD, dir, AT_STATX_FORCE_SYNC | AT_STATX_DONT_SYNC, STATX_ALL, &x), EINVAL,
          "statx: both kinds of sync");
    fails(statx(AT_FDCWD, dir, 0, 0x80000000, &x), EINVAL, "statx: reserved mask");
    fails(statx(AT_FDCWD, dir, 0, STATX_ALL, BAD), EFAULT, "statx: bad buffer");
    fails(statx(AT_FDCWD, "", 0, STATX_ALL, &x), ENOENT, "statx: empty path");
    fails(statx(fd, "a", 0, STATX_ALL, &x), ENOTDIR, "statx: not a directory");
    close(fd);
}

static void test_openat2(void)
{
    struct open_how how = { .flags = O_RDONLY };
    char longer[64] = { 0 };
    int d = open(dir, O_DIRECTORY | O_RDONLY);

    close(make_file("o2", "x"));
    symlink("o2", in_dir("link"));
    mkdir(in_dir("sub"), 0755);
    int fd = (int)syscall(SYS_openat2, d, "o2", &how, sizeof how);
    ok(fd >= 0, "openat2");
    close(fd);
    how.resolve = RESOLVE_NO_SYMLINKS;
    fails(syscall(SYS_openat2, d, "link", &how, sizeof how), ELOOP, "openat2: RESOLVE_NO_SYMLINKS");
    how.resolve = RESOLVE_BENEATH;
    fails(syscall(SYS_openat2, d, "../x", &how, sizeof how), EXDEV, "openat2: RESOLVE_BENEATH");
    fails(syscall(SYS_openat2, d, "/etc/passwd", &how, sizeof how), EXDEV, "openat2: RESOLVE_BENEATH, absolute");
    how.resolve = RESOLVE_IN_ROOT;
    fd = (int)syscall(SYS_openat2, d, "/sub/../../o2", &how, sizeof how);
    ok(fd >= 0, "openat2: RESOLVE_IN_ROOT");
    close(fd);
    how.resolve = 0x1000;
    fails(syscall(SYS_openat2, d, "o2", &how, sizeof how), EINVAL, "openat2: unknown resolve flag");
    how = (struct open_how){ .flags = O_RDONLY, .mode = 0644 };
    fails(syscall(SYS_openat2, d, "o2", &how, sizeof how), EINVAL, "openat2: mode without O_CREAT");
    how = (struct open_how){ .flags = 1ull << 40 };
    fails(syscall(SYS_openat2, d, "o2", &how, sizeof how), EINVAL, "openat2: unknown flag");
    how = (struct open_how){ .flags = O_RDONLY };
    fails(syscall(SYS_openat2, d, "o2", &how, 10), EINVAL, "openat2: too small");
    fails(syscall(SYS_openat2, d, "o2", &how, 100000), E2BIG, "openat2: too big");
    fails(syscall(SYS_openat2, d, "o2", BAD, sizeof how), EFAULT, "openat2: bad structure");
    fails(syscall(SYS_openat2, d, "o2", BAD, 999), EFAULT, "openat2: a long bad structure");
    longer[40] = 1;
    fails(syscall(SYS_openat2, d, "o2", longer, sizeof longer), E2BIG, "openat2: unknown fields that are set");
    longer[40] = 0;
    fd = (int)syscall(SYS_openat2, d, "o2", longer, sizeof longer);
    ok(fd >= 0, "openat2: unknown fields that are zero");
    close(fd);
    how = (struct open_how){ .flags = O_RDONLY | O_CREAT | O_EXCL, .mode = 0600 };
    fails(syscall(SYS_openat2, d, "o2", &how, sizeof how), EEXIST, "openat2: O_EXCL");
    how = (struct open_how){ .flags = O_PATH | O_DIRECTORY };
    fails(syscall(SYS_openat2, d, "o2", &how, sizeof how), ENOTDIR, "openat2: O_DIRECTORY");
    how = (struct open_how){ .flags = O_PATH | O_NOFOLLOW };
    fd = (int)syscall(SYS_openat2, d, "link", &how, sizeof how);
    struct stat s;
    ok(fd >= 0 && fstat(fd, &s) == 0 && S_ISLNK(s.st_mode), "openat2: O_PATH | O_NOFOLLOW");
    fails(read(fd, &s, 1), EBADF, "O_PATH: no read");
    close(fd);
    close(d);
}

static void test_open_flags(void)
{
    char path[256];
    snprintf(path, sizeof path, "%s/of", dir);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_SYNC | O_NOATIME, 0640);

    ok(fd >= 0, "open: many flags");
    is(fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_SYNC | O_NOATIME), O_RDWR | O_APPEND | O_SYNC | O_NOATIME,
       "F_GETFL gives them back");
    is(fcntl(fd, F_SETFL, O_NONBLOCK), 0, "F_SETFL");
    is(fcntl(fd, F_GETFL) & (O_NONBLOCK | O_APPEND), O_NONBLOCK, "F_SETFL: only what it may change");
    close(fd);
    fails(open(path, O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST, "open: O_EXCL");
    fails(open(path, O_DIRECTORY), ENOTDIR, "open: O_DIRECTORY");
    fails(open(dir, O_WRONLY), EISDIR, "open: a directory for writing");
    fails(open("", O_RDONLY), ENOENT, "open: empty");
    fails(open(BAD, O_RDONLY), EFAULT, "open: bad path");
    fails(open(in_dir("of/x"), O_RDONLY), ENOTDIR, "open: below a file");
    fails(open(in_dir("link"), O_RDONLY | O_NOFOLLOW), ELOOP, "open: O_NOFOLLOW");
    symlink("loop2", in_dir("loop1"));
    symlink("loop1", in_dir("loop2"));
    fails(open(in_dir("loop1"), O_RDONLY), ELOOP, "open: a loop of links");
    char lname[5000];
    memset(lname, 'a', sizeof lname);
    lname[4999] = 0;
    fails(open(lname, O_RDONLY), ENAMETOOLONG, "open: path too long");
    lname[300] = 0;
    fails(open(lname, O_RDONLY), ENAMETOOLONG, "open: name too long");
    fd = open(dir, O_TMPFILE | O_RDWR, 0600);
    if (fd >= 0) {
        char from[64];
        snprintf(from, sizeof from, "/proc/self/fd/%d", fd);
        is(linkat(AT_FDCWD, from, AT_FDCWD, in_dir("tmpfile"), AT_SYMLINK_FOLLOW), 0, "O_TMPFILE: linked");
        is(access(in_dir("tmpfile"), F_OK), 0, "O_TMPFILE: there");
        close(fd);
    } else {
        ok(errno == EOPNOTSUPP || errno == EISDIR, "O_TMPFILE: not on this file system");
    }
    fd = open(path, O_RDONLY | O_CLOEXEC);
    is(fcntl(fd, F_GETFD), FD_CLOEXEC, "open: O_CLOEXEC");
    int d2 = fcntl(fd, F_DUPFD_CLOEXEC, 100);
    ok(d2 >= 100 && fcntl(d2, F_GETFD) == FD_CLOEXEC, "F_DUPFD_CLOEXEC");
    fails(fcntl(fd, F_DUPFD, 1 << 30), EINVAL, "F_DUPFD: too high");
    fails(fcntl(fd, 9999, 0), EINVAL, "fcntl: unknown command");
    fails(dup3(fd, fd, 0), EINVAL, "dup3: the same");
    fails(dup3(fd, d2, 0x1234), EINVAL, "dup3: flags");
    is(dup2(fd, fd), fd, "dup2: the same");
    fails(dup2(fd, -1), EBADF, "dup2: negative");
    close(d2);
    close(fd);
}

static void test_copy(void)
{
    char buf[64] = { 0 };
    int a = make_file("ca", "0123456789"), b = make_file("cb", NULL);
    off64_t from = 2, to = 0;

    is(copy_file_range(a, &from, b, &to, 5, 0), 5, "copy_file_range");
    ok(from == 7 && to == 5, "copy_file_range: offsets");
    is(pread(b, buf, sizeof buf, 0), 5, "copy_file_range: length");
    ok(!strcmp(buf, "23456"), "copy_file_range: bytes");
    fails(copy_file_range(a, NULL, b, NULL, 5, 1), EINVAL, "copy_file_range: flags");
    fails(copy_file_range(-1, NULL, b, NULL, 5, 0), EBADF, "copy_file_range: bad descriptor");
    fails(copy_file_range(a, BAD, b, NULL, 5, 0), EFAULT, "copy_file_range: bad offset");
    int d = open(dir, O_RDONLY);
    fails(copy_file_range(d, NULL, b, NULL, 5, 0), EISDIR, "copy_file_range: a directory");
    close(d);
    off_t at = 1;
    lseek(b, 0, SEEK_SET);
    is(sendfile(b, a, &at, 4), 4, "sendfile");
    is(at, 5, "sendfile: offset");
    fails(sendfile(b, a, BAD, 4), EFAULT, "sendfile: bad offset");
    fails(sendfile(b, -1, NULL, 4), EBADF, "sendfile: bad descriptor");
    int p[2], q[2];
    pipe2(p, O_NONBLOCK);
    pipe2(q, O_NONBLOCK | O_CLOEXEC);
    from = 3;
    is(splice(a, &from, p[1], NULL, 4, 0), 4, "splice: file to pipe");
    is(from, 7, "splice: offset");
    is(tee(p[0], q[1], 10, 0), 4, "tee");
    memset(buf, 0, sizeof buf);
    ok(read(q[0], buf, sizeof buf) == 4 && !strcmp(buf, "3456"), "tee: bytes");
    ok(read(p[0], buf, sizeof buf) == 4 && !strcmp(buf, "3456"), "splice: bytes");
    fails(splice(a, NULL, b, NULL, 4, 0), EINVAL, "splice: no pipe");
    fails(splice(p[0], &from, b, NULL, 4, 0), ESPIPE, "splice: offset of a pipe");
    fails(splice(p[0], NULL, b, NULL, 4, SPLICE_F_NONBLOCK), EAGAIN, "splice: empty pipe");
    fails(tee(a, p[1], 4, 0), EINVAL, "tee: no pipe");
    struct iovec v[2] = { { "abc", 3 }, { "de", 2 } };
    is(vmsplice(p[1], v, 2, 0), 5, "vmsplice");
    ok(read(p[0], buf, sizeof buf) == 5 && !memcmp(buf, "abcde", 5), "vmsplice: bytes");
    fails(vmsplice(p[1], BAD, 2, 0), EFAULT, "vmsplice: bad vector");
    is(fcntl(p[0], F_SETPIPE_SZ, 8192), 8192, "F_SETPIPE_SZ");
    is(fcntl(p[0], F_GETPIPE_SZ), 8192, "F_GETPIPE_SZ");
    fails(pipe2(p, 0x7), EINVAL, "pipe2: flags");
    fails(syscall(SYS_pipe2, BAD, 0), EFAULT, "pipe2: bad address");
    close(a), close(b);
}

static void test_vectors(void)
{
    char x[4], y[8];
    int fd = make_file("vec", "0123456789");
    struct iovec v[2] = { { x, 4 }, { y, 8 } };

    is(preadv(fd, v, 2, 1), 9, "preadv");
    ok(!memcmp(x, "1234", 4) && !memcmp(y, "56789", 5), "preadv: bytes");
    is(preadv2(fd, v, 1, 0, RWF_HIPRI), 4, "preadv2");
    lseek(fd, 5, SEEK_SET);
    is(preadv2(fd, v, 1, -1, 0), 4, "preadv2: at the file's offset");
    is(lseek(fd, 0, SEEK_CUR), 9, "preadv2: moved the offset");
    ok(preadv2(fd, v, 1, 0, 0x40000000) == -1 && errno == EOPNOTSUPP, "preadv2: unknown flag");
    is(pwritev2(fd, v, 1, 0, RWF_APPEND), 4, "pwritev2: RWF_APPEND");
    is(lseek(fd, 0, SEEK_END), 14, "pwritev2: appended");
    fails(readv(fd, v, -1), EINVAL, "readv: negative count");
    fails(readv(fd, v, IOV_MAX + 1), EINVAL, "readv: too many");
    fails(readv(fd, BAD, 1), EFAULT, "readv: bad vector");
    v[0].iov_len = (size_t)-1;
    fails(readv(fd, v, 1), EINVAL, "readv: length too big");
    fails(preadv(fd, v, 1, -2), EINVAL, "preadv: negative offset");
    fails(pread(fd, x, 1, -1), EINVAL, "pread: negative offset");
    fails(pwrite(-1, x, 1, 0), EBADF, "pwrite: bad descriptor");
    lseek(fd, 0, SEEK_SET);
    fails(read(fd, BAD, 1), EFAULT, "read: bad buffer");
    fails(write(fd, BAD, 1), EFAULT, "write: bad buffer");
    fails(lseek(fd, -1, SEEK_SET), EINVAL, "lseek: negative");
    fails(lseek(fd, 0, 77), EINVAL, "lseek: whence");
    is(ftruncate(fd, 1 << 20), 0, "ftruncate");
    is(pwrite(fd, "x", 1, 600000), 1, "a byte in a hole");
    off_t data = lseek(fd, 100000, SEEK_DATA), hole = lseek(fd, 600000, SEEK_HOLE);
    ok(data >= 100000 && data <= 600000, "lseek: SEEK_DATA");
    ok(hole > 600000 && hole <= 1 << 20, "lseek: SEEK_HOLE");
    fails(lseek(fd, 1 << 21, SEEK_DATA), ENXIO, "lseek: SEEK_DATA behind the end");
    int r = fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 8192);
    ok(r == 0 || errno == EOPNOTSUPP, "fallocate: FALLOC_FL_KEEP_SIZE");
    fails(fallocate(fd, 0, -1, 10), EINVAL, "fallocate: negative");
    fails(fallocate(fd, 0, 0, 0), EINVAL, "fallocate: nothing");
    r = fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096);
    ok(r == 0 || errno == EOPNOTSUPP, "fallocate: FALLOC_FL_PUNCH_HOLE");
    int p[2];
    pipe(p);
    fails(fallocate(p[1], 0, 0, 10), ESPIPE, "fallocate: a pipe");
    fails(lseek(p[0], 0, SEEK_CUR), ESPIPE, "lseek: a pipe");
    fails(pread(p[0], x, 1, 0), ESPIPE, "pread: a pipe");
    is(posix_fadvise(fd, 0, 0, POSIX_FADV_WILLNEED), 0, "fadvise");
    is(posix_fadvise(fd, 0, 0, 77), EINVAL, "fadvise: unknown advice");
    is(posix_fadvise(p[0], 0, 0, 0), ESPIPE, "fadvise: a pipe");
    is(readahead(fd, 0, 4096), 0, "readahead");
    r = sync_file_range(fd, 0, 4096, SYNC_FILE_RANGE_WRITE);
    ok(r == 0, "sync_file_range");
    fails(sync_file_range(fd, 0, 4096, 0x100), EINVAL, "sync_file_range: flags");
    fails(ftruncate(fd, -1), EINVAL, "ftruncate: negative");
    fails(truncate(dir, 0), EISDIR, "truncate: a directory");
    close(fd);
}

static volatile sig_atomic_t broken;

static void on_io(int sig)
{
    broken = sig;
}

static void test_locks(void)
{
    int fd = make_file("lock", "0123456789"), other = open(in_dir("lock"), O_RDWR);
    struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 5 };

    is(flock(fd, LOCK_EX), 0, "flock");
    fails(flock(other, LOCK_EX | LOCK_NB), EWOULDBLOCK, "flock: taken");
    fails(flock(fd, 77), EINVAL, "flock: operation");
    is(flock(fd, LOCK_UN), 0, "flock: given back");
    is(fcntl(fd, F_SETLK, &l), 0, "F_SETLK");
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) {
        struct flock q = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
        int e = fcntl(fd, F_GETLK, &q);
        int good = e == 0 && q.l_type == F_WRLCK && q.l_pid == getppid() && q.l_len == 5;
        q = (struct flock){ .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 2, .l_len = 1 };
        e = fcntl(fd, F_SETLK, &q);
        _exit(good && e == -1 && (errno == EAGAIN || errno == EACCES) ? 7 : 1);
    }
    int status;
    waitpid(pid, &status, 0);
    is(WEXITSTATUS(status), 7, "F_GETLK and F_SETLK of another process");
    struct flock ofd = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 6, .l_len = 2 };
    is(fcntl(fd, F_OFD_SETLK, &ofd), 0, "F_OFD_SETLK");
    fails(fcntl(other, F_OFD_SETLK, &ofd), EAGAIN, "F_OFD_SETLK: taken");
    struct flock get = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 6, .l_len = 1 };
    is(fcntl(other, F_OFD_GETLK, &get), 0, "F_OFD_GETLK");
    ok(get.l_pid == -1 && get.l_start == 6 && get.l_len == 2, "F_OFD_GETLK: whose");
    ofd.l_pid = 1;
    fails(fcntl(fd, F_OFD_SETLK, &ofd), EINVAL, "F_OFD_SETLK: l_pid");
    l.l_type = 77;
    fails(fcntl(fd, F_SETLK, &l), EINVAL, "F_SETLK: type");
    fails(fcntl(fd, F_SETLK, BAD), EFAULT, "F_SETLK: bad address");
    int ro = open(in_dir("lock"), O_RDONLY);
    l.l_type = F_WRLCK;
    fails(fcntl(ro, F_SETLK, &l), EBADF, "F_SETLK: not open for writing");
    close(other), close(ro);
    signal(SIGIO, on_io);
    close(fd);
    fd = open(in_dir("lock"), O_RDONLY);
    if (fcntl(fd, F_SETLEASE, F_RDLCK) == 0) {
        is(fcntl(fd, F_GETLEASE), F_RDLCK, "F_GETLEASE");
        other = open(in_dir("lock"), O_WRONLY | O_NONBLOCK);
        ok(other == -1 && errno == EWOULDBLOCK, "a lease: the opener would wait");
        is(broken, SIGIO, "a lease: its holder hears of it");
        is(fcntl(fd, F_SETLEASE, F_UNLCK), 0, "a lease: given up");
    }
    struct f_owner_ex own = { F_OWNER_PID, getpid() }, got;
    int p[2];
    pipe(p);
    is(fcntl(p[0], F_SETOWN_EX, &own), 0, "F_SETOWN_EX");
    is(fcntl(p[0], F_GETOWN_EX, &got), 0, "F_GETOWN_EX");
    ok(got.type == F_OWNER_PID && got.pid == getpid(), "F_GETOWN_EX: who");
    is(fcntl(p[0], F_SETSIG, SIGUSR1), 0, "F_SETSIG");
    is(fcntl(p[0], F_GETSIG), SIGUSR1, "F_GETSIG");
    signal(SIGUSR1, on_io);
    fcntl(p[0], F_SETFL, O_ASYNC);
    ok(fcntl(p[0], F_GETFL) & O_ASYNC, "O_ASYNC");
    (void)!write(p[1], "x", 1);
    is(broken, SIGUSR1, "O_ASYNC: the signal chosen");
    fails(fcntl(p[0], F_SETSIG, 99), EINVAL, "F_SETSIG: no signal");
    uint64_t hint = RWH_WRITE_LIFE_SHORT;
    int r = fcntl(fd, F_SET_RW_HINT, &hint);
    ok(r == 0 || errno == EINVAL || errno == EPERM, "F_SET_RW_HINT");
    close(fd);
}

static void test_memfd(void)
{
    int fd = memfd_create("sealed", MFD_ALLOW_SEALING | MFD_CLOEXEC);

    ok(fd >= 0, "memfd_create");
    ftruncate(fd, 4096);
    is(fcntl(fd, F_GET_SEALS), 0, "F_GET_SEALS");
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    fails(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY, "F_SEAL_WRITE: mapped writable");
    munmap(p, 4096);
    is(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW), 0, "F_ADD_SEALS");
    fails(write(fd, "x", 1), EPERM, "F_SEAL_WRITE");
    fails(ftruncate(fd, 100), EPERM, "F_SEAL_SHRINK");
    fails(ftruncate(fd, 10000), EPERM, "F_SEAL_GROW");
    p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ok(p == MAP_FAILED && errno == EPERM, "F_SEAL_WRITE: no writable mapping");
    p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
    ok(p != MAP_FAILED, "F_SEAL_WRITE: a mapping to read");
    fails(mprotect(p, 4096, PROT_READ | PROT_WRITE), EACCES, "F_SEAL_WRITE: stays so");
    is(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL), 0, "F_SEAL_SEAL");
    fails(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL), EPERM, "F_SEAL_SEAL: the last");
    close(fd);
    fails(memfd_create("x", 0x8000), EINVAL, "memfd_create: flags");
    fails(syscall(SYS_memfd_create, BAD, 0), EFAULT, "memfd_create: bad name");
    char name[300];
    memset(name, 'a', 299);
    name[299] = 0;
    fails(memfd_create(name, 0), EINVAL, "memfd_create: name too long");
}

static void test_names(void)
{
    int d = open(dir, O_RDONLY | O_DIRECTORY);

    close(make_file("n1", "1"));
    close(make_file("n2", "22"));
    fails(renameat2(d, "n1", d, "n2", RENAME_NOREPLACE), EEXIST, "renameat2: RENAME_NOREPLACE");
    is(renameat2(d, "n1", d, "n2", RENAME_EXCHANGE), 0, "renameat2: RENAME_EXCHANGE");
    struct stat s;
    stat(in_dir("n1"), &s);
    is(s.st_size, 2, "renameat2: exchanged");
    fails(renameat2(d, "n1", d, "n2", RENAME_EXCHANGE | RENAME_NOREPLACE), EINVAL, "renameat2: flags");
    fails(rename(in_dir("n1"), in_dir("sub")), EISDIR, "rename: a file over a directory");
    fails(rename(in_dir("sub"), in_dir("n1")), ENOTDIR, "rename: a directory over a file");
    fails(rename(in_dir("sub"), in_dir("sub/x")), EINVAL, "rename: into itself");
    fails(rmdir(in_dir("n1")), ENOTDIR, "rmdir: a file");
    fails(rmdir(dir), ENOTEMPTY, "rmdir: not empty");
    fails(unlinkat(d, "n1", 0x1234), EINVAL, "unlinkat: flags");
    fails(unlinkat(d, "n1", AT_REMOVEDIR), ENOTDIR, "unlinkat: AT_REMOVEDIR");
    ok(unlinkat(d, "sub", 0) == -1 && (errno == EISDIR || errno == EPERM), "unlinkat: a directory");
    fails(mkdir(in_dir("sub"), 0), EEXIST, "mkdir: there already");
    fails(mkdirat(-1, "x", 0), EBADF, "mkdirat: bad descriptor");
    fails(linkat(d, "n1", d, "n2", 0), EEXIST, "linkat: there already");
    fails(linkat(d, "n1", d, "n9", 0x7), EINVAL, "linkat: flags");
    is(linkat(d, "n1", d, "hard", 0), 0, "linkat");
    stat(in_dir("hard"), &s);
    is(s.st_nlink, 2, "linkat: two names");
    fails(symlink("", in_dir("empty")), ENOENT, "symlink: empty");
    char buf[8];
    is(readlink(in_dir("link"), buf, sizeof buf), 2, "readlink");
    is(readlink(in_dir("link"), buf, 1), 1, "readlink: cut off");
    fails(readlink(in_dir("link"), buf, 0), EINVAL, "readlink: no buffer");
    fails(readlink(in_dir("n1"), buf, 8), EINVAL, "readlink: not a link");
    is(mknodat(d, "fifo", S_IFIFO | 0600, 0), 0, "mknodat: FIFO");
    fails(open(in_dir("fifo"), O_WRONLY | O_NONBLOCK), ENXIO, "a FIFO without readers");
    fails(mknodat(d, "bad", S_IFDIR | 0600, 0), EPERM, "mknodat: a directory");
    fails(fchmodat(d, "none", 0600, 0), ENOENT, "fchmodat: no file");
    is(fchmodat(d, "n1", 0741, 0), 0, "fchmodat");
    stat(in_dir("n1"), &s);
    is(s.st_mode & 07777, 0741, "fchmodat: mode");
    fails(faccessat(d, "n1", 077, 0), EINVAL, "faccessat: mode");
    fails(syscall(SYS_faccessat, d, "none", F_OK), ENOENT, "faccessat: no file");
    is(faccessat(d, "n1", R_OK, AT_EACCESS), 0, "faccessat: AT_EACCESS");
    struct timespec ts[2] = { { 100, 5 }, { 0, UTIME_OMIT } };
    is(utimensat(d, "n1", ts, 0), 0, "utimensat");
    stat(in_dir("n1"), &s);
    ok(s.st_atim.tv_sec == 100 && s.st_mtim.tv_sec > 1000, "utimensat: UTIME_OMIT");
    ts[0].tv_nsec = 1000000000;
    fails(utimensat(d, "n1", ts, 0), EINVAL, "utimensat: nanoseconds");
    fails(utimensat(d, "n1", BAD, 0), EFAULT, "utimensat: bad times");
    struct file_handle *h = malloc(sizeof *h + 128);
    h->handle_bytes = 0;
    int mnt;
    int r = name_to_handle_at(d, "n1", h, &mnt, 0);
    ok(r == -1 && (errno == EOVERFLOW || errno == EOPNOTSUPP), "name_to_handle_at: asks for the length");
    if (errno == EOVERFLOW) {
        is(name_to_handle_at(d, "n1", h, &mnt, 0), 0, "name_to_handle_at");
        int fd = open_by_handle_at(d, h, O_RDONLY);
        ok(fd >= 0 || errno == EPERM, "open_by_handle_at");
        close(fd);
    }
    free(h);
    char cwd[4096];
    chdir(dir);
    ok(getcwd(cwd, sizeof cwd) && !strcmp(cwd, dir), "getcwd");
    is(syscall(SYS_getcwd, cwd, sizeof cwd), strlen(dir) + 1, "getcwd: what the kernel returns");
    fails(syscall(SYS_getcwd, cwd, 2), ERANGE, "getcwd: buffer too small");
    fails(syscall(SYS_getcwd, BAD, 100), EFAULT, "getcwd: bad buffer");
    fails(chdir(in_dir("n1")), ENOTDIR, "chdir: a file");
    fails(fchdir(-1), EBADF, "fchdir: bad descriptor");
    chdir("/");
    fails(fchownat(d, "n1", 0, 0, 0x4), EINVAL, "fchownat: flags");
    close(d);
}

static void test_dirs(void)
{
    char buf[2048], name[16];
    unsigned n = 0;
    int rounds = 0;

    mkdir(in_dir("many"), 0755);
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "many/f%d", i);
        close(make_file(name, NULL));
    }
    int d = open(in_dir("many"), O_RDONLY | O_DIRECTORY);
    struct { uint64_t ino; int64_t off; uint16_t len; uint8_t type; char name[]; } *e;
    for (long r; (r = syscall(SYS_getdents64, d, buf, sizeof buf)) > 0; rounds++) {
        for (long at = 0; at < r; at += e->len) {
            e = (void *)(buf + at);
            n += e->name[0] == 'f' && (e->type == DT_REG || e->type == DT_UNKNOWN) && e->ino;
        }
    }
    is(n, 300, "getdents64: all");
    ok(rounds > 3, "getdents64: in pieces");
    lseek(d, 0, SEEK_SET);
    fails(syscall(SYS_getdents64, d, buf, 4), EINVAL, "getdents64: buffer too small");
    fails(syscall(SYS_getdents64, d, BAD, 4096), EFAULT, "getdents64: bad buffer");
    int f = open(in_dir("n1"), O_RDONLY);
    fails(syscall(SYS_getdents64, f, buf, 2048), ENOTDIR, "getdents64: a file");
    fails(syscall(SYS_getdents64, -1, buf, 2048), EBADF, "getdents64: bad descriptor");
    close(f), close(d);
}

static void test_close_range(void)
{
    int a = dup(0), b = dup(0), c = dup(0);

    is(close_range((unsigned)b, (unsigned)b, CLOSE_RANGE_CLOEXEC), 0, "close_range: CLOSE_RANGE_CLOEXEC");
    is(fcntl(b, F_GETFD), FD_CLOEXEC, "close_range: still open");
    is(close_range((unsigned)a, (unsigned)b, 0), 0, "close_range");
    fails(fcntl(a, F_GETFD), EBADF, "close_range: closed");
    is(fcntl(c, F_GETFD), 0, "close_range: not the next");
    fails(close_range(5, 4, 0), EINVAL, "close_range: order");
    fails(close_range(5, 9, 0x100), EINVAL, "close_range: flags");
    is(close_range((unsigned)c, ~0u, 0), 0, "close_range: to the end");
    fails(close(c), EBADF, "close: closed already");
}

static void test_ioctl(void)
{
    int fd = make_file("ioc", "hello world"), p[2], n = -1;
    union {
        struct fiemap map;
        char room[sizeof(struct fiemap) + 4 * sizeof(struct fiemap_extent)];
    } f = { .map = { .fm_length = ~0ull, .fm_extent_count = 4, .fm_flags = FIEMAP_FLAG_SYNC } };

    fsync(fd);
    int r = ioctl(fd, FS_IOC_FIEMAP, &f);
    ok(r == 0 ? f.map.fm_mapped_extents == 1 && f.map.fm_extents[0].fe_logical == 0
              : errno == EOPNOTSUPP || errno == ENOTTY,
       "FS_IOC_FIEMAP");
    long flags = 0;
    r = ioctl(fd, FS_IOC_GETFLAGS, &flags);
    ok(r == 0 || errno == ENOTTY || errno == EOPNOTSUPP, "FS_IOC_GETFLAGS");
    is(ioctl(fd, FIONREAD, &n), 0, "FIONREAD: of a file");
    pipe(p);
    (void)!write(p[1], "abcd", 4);
    is(ioctl(p[0], FIONREAD, &n), 0, "FIONREAD: of a pipe");
    is(n, 4, "FIONREAD: bytes");
    n = 1;
    is(ioctl(p[0], FIONBIO, &n), 0, "FIONBIO");
    is(fcntl(p[0], F_GETFL) & O_NONBLOCK, O_NONBLOCK, "FIONBIO: non-blocking");
    is(ioctl(p[0], FIOCLEX), 0, "FIOCLEX");
    is(fcntl(p[0], F_GETFD), FD_CLOEXEC, "FIOCLEX: close on exec");
    is(ioctl(p[0], FIONCLEX), 0, "FIONCLEX");
    fails(ioctl(fd, 0x5401, &f), ENOTTY, "TCGETS: a file");
    fails(ioctl(-1, FIONREAD, &n), EBADF, "ioctl: bad descriptor");
    fails(ioctl(p[0], FIONREAD, BAD), EFAULT, "ioctl: bad address");
    struct statfs sf;
    is(fstatfs(fd, &sf), 0, "fstatfs");
    ok(sf.f_bsize > 0 && sf.f_namelen > 0, "fstatfs: sizes");
    fails(statfs(in_dir("none"), &sf), ENOENT, "statfs: no file");
    fails(statfs(dir, BAD), EFAULT, "statfs: bad buffer");
    struct statvfs sv;
    is(statvfs(dir, &sv), 0, "statvfs");
    close(fd);
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    snprintf(dir, sizeof dir, "/tmp/u-sysfile-%d", getpid());
    mkdir(dir, 0755);
    umask(022);
    test_xattr();
    test_inotify();
    test_fanotify();
    test_statx();
    test_openat2();
    test_open_flags();
    test_copy();
    test_vectors();
    test_locks();
    test_memfd();
    test_names();
    test_dirs();
    test_close_range();
    test_ioctl();
    char cmd[128];
    snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
    (void)!system(cmd);
    return tap_done();
}
