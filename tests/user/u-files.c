/* SPDX-License-Identifier: BSD-2-Clause */
/* Files: flags that differ between architectures, structures, bad pointers, directories. */
#define _GNU_SOURCE
#include "tap.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/ioctl.h>
#include <unistd.h>

static char dir[] = "/tmp/rhea-files-XXXXXX";

static void open_flags(void)
{
    int fd = open("file", O_RDWR | O_CREAT | O_EXCL, 0640);
    ok(fd >= 0, "create");
    is(write(fd, "0123456789", 10), 10, "write");
    fails(open("file", O_CREAT | O_EXCL, 0600), EEXIST, "O_EXCL on a file that exists");
    fails(open("file", O_RDONLY | O_DIRECTORY), ENOTDIR, "O_DIRECTORY on a file");
    ok(open(".", O_RDONLY | O_DIRECTORY) >= 0, "O_DIRECTORY on a directory");
    is(symlink("file", "link"), 0, "symlink");
    fails(open("link", O_RDONLY | O_NOFOLLOW), ELOOP, "O_NOFOLLOW on a link");
    is(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR, "F_GETFL");
    is(fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK), 0, "F_SETFL");
    is(fcntl(fd, F_GETFL) & (O_APPEND | O_NONBLOCK | O_DIRECTORY | O_NOFOLLOW),
       O_APPEND | O_NONBLOCK, "F_GETFL again");
    int d = open(".", O_RDONLY | O_DIRECTORY);
    is(fcntl(d, F_GETFL) & (O_DIRECTORY | O_NOFOLLOW | O_DIRECT), O_DIRECTORY,
       "F_GETFL of a directory");
    int t = open(".", O_TMPFILE | O_RDWR, 0600);
    ok(t >= 0 || errno == EOPNOTSUPP, "O_TMPFILE");
    int p = open("link", O_PATH | O_NOFOLLOW);
    struct stat st;
    ok(p >= 0 && fstat(p, &st) == 0 && S_ISLNK(st.st_mode), "O_PATH | O_NOFOLLOW");
    int pipes[2];
    is(pipe2(pipes, O_DIRECT | O_CLOEXEC), 0, "pipe2 O_DIRECT");
    is(fcntl(pipes[1], F_GETFL) & (O_DIRECT | O_ACCMODE), O_DIRECT | O_WRONLY, "pipe has O_DIRECT");
    is(fcntl(pipes[1], F_GETFD), FD_CLOEXEC, "pipe is close-on-exec");
    close(fd);
    close(t);
    close(p);
    close(d);
}

static void structures(void)
{
    struct stat a, b;
    struct statx x;
    struct statfs fs;
    int fd = open("file", O_RDWR);

    is(stat("file", &a), 0, "stat");
    is(fstat(fd, &b), 0, "fstat");
    is(statx(AT_FDCWD, "file", 0, STATX_ALL, &x), 0, "statx");
    ok(a.st_size == 10 && b.st_size == 10 && x.stx_size == 10, "sizes");
    ok(a.st_ino == b.st_ino && a.st_ino == x.stx_ino, "inodes");
    is(a.st_mode, S_IFREG | 0640, "mode");
    is(a.st_nlink, 1, "links");
    ok(a.st_uid == geteuid() && a.st_gid == b.st_gid, "owner");
    ok(a.st_blksize >= 512 && a.st_mtim.tv_sec > 1000000000, "block size, time");
    struct timespec ts[2] = { { 1000000, 5000 }, { 2000000, 7000 } };
    is(utimensat(AT_FDCWD, "file", ts, 0), 0, "utimensat");
    stat("file", &a);
    ok(a.st_atim.tv_sec == 1000000 && a.st_mtim.tv_sec == 2000000 && a.st_mtim.tv_nsec == 7000,
       "times set");
    is(statfs(".", &fs), 0, "statfs");
    ok(fs.f_bsize > 0 && fs.f_namelen >= 100, "statfs fields");
    is(lstat("link", &a), 0, "lstat");
    ok(S_ISLNK(a.st_mode) && a.st_size == 4, "lstat of a link");
    char buf[16];
    is(readlink("link", buf, sizeof buf), 4, "readlink");
    struct utsname u;
    is(uname(&u), 0, "uname");
#if defined(__aarch64__)
    ok(!strcmp(u.machine, "aarch64"), "machine");
#elif defined(__riscv)
    ok(!strcmp(u.machine, "riscv64"), "machine");
#endif
    close(fd);
}

static void data(void)
{
    char buf[32] = "";
    int fd = open("file", O_RDWR), out = open("copy", O_RDWR | O_CREAT, 0600);

    is(pread(fd, buf, 4, 3), 4, "pread");
    ok(!memcmp(buf, "3456", 4), "pread data");
    is(pwrite(fd, "ab", 2, 9), 2, "pwrite");
    is(lseek(fd, 0, SEEK_END), 11, "lseek");
    struct iovec v[2] = { { "xy", 2 }, { "zzz", 3 } };
    is(writev(fd, v, 2), 5, "writev");
    is(lseek(fd, 0, SEEK_SET), 0, "rewind");
    is(sendfile(out, fd, NULL, 100), 16, "sendfile");
    is(ftruncate(out, 5), 0, "ftruncate");
    is(lseek(out, 0, SEEK_END), 5, "truncated");
    is(fallocate(out, 0, 0, 8192), 0, "fallocate");
    is(lseek(out, 0, SEEK_END), 8192, "allocated");
    loff_t from = 0, to = 0;
    is(copy_file_range(fd, &from, out, &to, 16, 0), 16, "copy_file_range");
    struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 5, .l_len = 10 };
    is(fcntl(fd, F_SETLK, &l), 0, "F_SETLK");
    is(fcntl(fd, F_GETLK, &l), 0, "F_GETLK");
    is(l.l_type, F_UNLCK, "own lock is no conflict");
    is(flock(fd, LOCK_EX), 0, "flock");
    int n;
    is(ioctl(fd, FIONREAD, &n), 0, "FIONREAD");
    is(rename("copy", "copy2"), 0, "rename");
    is(link("copy2", "copy3"), 0, "link");
    is(unlink("copy3"), 0, "unlink");
    is(access("copy", F_OK), -1, "renamed away");
    close(fd);
    close(out);
}

static void bad_pointers(void)
{
    struct stat st;
    void *none = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int fd = open("file", O_RDONLY);

    fails(syscall(SYS_openat, AT_FDCWD, 8, O_RDONLY), EFAULT, "openat of a bad path");
    fails(syscall(SYS_openat, AT_FDCWD, none, O_RDONLY), EFAULT, "openat of a path without access");
    fails(syscall(SYS_read, fd, none, 10), EFAULT, "read into no access");
    fails(syscall(SYS_fstat, fd, none), EFAULT, "fstat into no access");
    fails(syscall(SYS_fstat, fd, -8L), EFAULT, "fstat into the kernel");
    fails(syscall(SYS_uname, none), EFAULT, "uname into no access");
    fails(syscall(SYS_clock_gettime, 0, none), EFAULT, "clock_gettime into no access");
    fails(syscall(SYS_fstat, -1, &st), EBADF, "fstat of no file");
    fails(syscall(SYS_fstat, 77777, none), EBADF, "fstat: descriptor first");
    fails(open("", O_RDONLY), ENOENT, "empty path");
    fails(open("file/x", O_RDONLY), ENOTDIR, "file as a directory");
    char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(page + 4096, 4096);
    memcpy(page + 4096 - 5, "file", 5);
    ok(open(page + 4096 - 5, O_RDONLY) >= 0, "path that ends with its page");
    fails(syscall(999), ENOSYS, "unknown system call");
    fails(syscall(1234567), ENOSYS, "far unknown system call");
}

static void directories(void)
{
    int n = 0, seen = 0;

    is(mkdir("sub", 0755), 0, "mkdir");
    for (int i = 0; i < 300; i++) {
        char name[64];
        snprintf(name, sizeof name, "sub/entry-with-a-long-name-%03d", i);
        close(open(name, O_CREAT | O_WRONLY, 0600));
    }
    DIR *d = opendir("sub");
    for (struct dirent *e; (e = readdir(d));) {
        n++;
        seen += e->d_type == DT_REG;
    }
    closedir(d);
    is(n, 302, "readdir sees all");
    is(seen, 300, "with types");
    char cwd[PATH_MAX];
    ok(getcwd(cwd, sizeof cwd) && !strcmp(cwd, dir), "getcwd");
    is(chdir("sub"), 0, "chdir");
    is(access("entry-with-a-long-name-007", R_OK), 0, "relative path");
    is(fchdir(open("..", O_RDONLY | O_DIRECTORY)), 0, "fchdir");
}

static void descriptors(void)
{
    int fd = open("file", O_RDONLY);

    is(dup2(fd, 200), 200, "dup2");
    is(fcntl(200, F_GETFD), 0, "not close-on-exec");
    is(dup3(fd, 201, O_CLOEXEC), 201, "dup3");
    is(fcntl(201, F_GETFD), FD_CLOEXEC, "close-on-exec");
    fails(dup3(fd, fd, 0), EINVAL, "dup3 to itself");
    is(fcntl(fd, F_DUPFD, 100), 100, "F_DUPFD");
    is(syscall(SYS_close_range, 100, 300, 0), 0, "close_range");
    fails(fcntl(200, F_GETFD), EBADF, "closed");
    is(syscall(SYS_close_range, 50, ~0u, 0), 0, "close_range to the end");
    int m = memfd_create("name", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    ok(m >= 0, "memfd_create");
    is(fcntl(m, F_ADD_SEALS, F_SEAL_WRITE), 0, "seal");
    fails(write(m, "x", 1), EPERM, "sealed");
}

int main(void)
{
    umask(022);
    if (!mkdtemp(dir) || chdir(dir)) {
        perror(dir);
        return 99;
    }
    open_flags();
    structures();
    data();
    bad_pointers();
    directories();
    descriptors();
    is(chdir("/"), 0, "leave");
    int r = tap_done();
    for (int i = 0; i < 300; i++) {
        char name[96];
        snprintf(name, sizeof name, "%s/sub/entry-with-a-long-name-%03d", dir, i);
        unlink(name);
    }
    static const char *const names[] = { "sub", "file", "link", "copy2" };
    for (unsigned i = 0; i < 4; i++) {
        char name[96];
        snprintf(name, sizeof name, "%s/%s", dir, names[i]);
        remove(name);
    }
    rmdir(dir);
    return r;
}
