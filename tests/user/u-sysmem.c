/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls on memory, one by one: what each promises, and the errors that its manual page names. */
#define _GNU_SOURCE
#include "tap.h"

#include <fcntl.h>
#include <linux/mempolicy.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define P 4096
#define BAD ((void *)8)
#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

static char *map(size_t pages, int prot)
{
    return mmap(NULL, pages * P, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static sigjmp_buf back;
static volatile int fault_sig, fault_code;
static void *volatile fault_addr;

static void on_fault(int sig, siginfo_t *si, void *uc)
{
    fault_sig = sig;
    fault_code = si->si_code;
    fault_addr = si->si_addr;
    siglongjmp(back, 1);
}

/* 0, or the signal that reading or writing one byte raises. */
static int touch(volatile char *p, int write)
{
    fault_sig = 0;
    if (!sigsetjmp(back, 1)) {
        if (write) {
            *p = 1;
        } else {
            (void)*p;
        }
    }
    return fault_sig;
}

static int rw = PROT_READ | PROT_WRITE;

static void test_mmap(void)
{
    int fd = memfd_create("m", 0);
    char *p;

    ftruncate(fd, 3 * P);
    fails(mmap(NULL, 0, rw, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), EINVAL, "mmap: length 0");
    fails(mmap(NULL, P, rw, MAP_ANONYMOUS, -1, 0), EINVAL, "mmap: neither shared nor private");
    fails(mmap(NULL, P, rw, MAP_PRIVATE, -1, 0), EBADF, "mmap: bad descriptor");
    fails(mmap(NULL, P, rw, MAP_PRIVATE, fd, 100), EINVAL, "mmap: offset");
    fails(mmap((void *)0x10001, P, rw, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), EINVAL, "mmap: address");
    fails(mmap(NULL, (size_t)1 << 62, rw, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), ENOMEM, "mmap: too much");
    fails(mmap(NULL, (size_t)-1, rw, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), ENOMEM, "mmap: length overflows");
    fails(mmap((void *)-P, P, rw, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), ENOMEM, "mmap: beyond the end");
    int ro = open("/proc/self/exe", O_RDONLY), wo = open("/tmp/u-sysmem-wo", O_WRONLY | O_CREAT, 0600);
    fails(mmap(NULL, P, PROT_READ, MAP_PRIVATE, wo, 0), EACCES, "mmap: not open for reading");
    unlink("/tmp/u-sysmem-wo");
    fails(mmap(NULL, P, rw, MAP_SHARED, ro, 0), EACCES, "mmap: shared, not open for writing");
    p = mmap(NULL, P, rw, MAP_PRIVATE, ro, 0);
    ok(p != MAP_FAILED && (p[0] = 5) == 5, "mmap: private, open for reading");
    int pipes[2];
    pipe(pipes);
    fails(mmap(NULL, P, PROT_READ, MAP_PRIVATE, pipes[0], 0), ENODEV, "mmap: a pipe");
    int disk = open("/tmp/u-sysmem-disk", O_RDWR | O_CREAT, 0600);
    unlink("/tmp/u-sysmem-disk");
    ftruncate(disk, P);
    p = mmap(NULL, P, rw, MAP_SHARED_VALIDATE | 0x4000000, disk, 0);
    ok(p == MAP_FAILED ? errno == EOPNOTSUPP : munmap(p, P) == 0, "MAP_SHARED_VALIDATE: unknown flag");
    close(disk);
    p = map(3, rw);
    fails(mmap(p + P, P, rw, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0), EEXIST, "MAP_FIXED_NOREPLACE");
    munmap(p + P, P);
    ok(mmap(p + P, P, rw, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == p + P,
       "MAP_FIXED_NOREPLACE: free");
    ok(mmap(p, 2 * P, rw, MAP_SHARED | MAP_FIXED, fd, P) == p, "MAP_FIXED: over others");
    p[0] = 'x';
    char c = 0;
    is(pread(fd, &c, 1, P) == 1 && c == 'x', 1, "MAP_SHARED: in the file");
    is(touch(p + P, 0), 0, "the last page of the file");
    p = mmap(NULL, 4 * P, rw, MAP_SHARED, fd, 0);
    is(touch(p + 3 * P, 0), SIGBUS, "behind the end of the file: SIGBUS");
    ok(fault_code == BUS_ADRERR && fault_addr == p + 3 * P, "SIGBUS: code and address");
    ftruncate(fd, P);
    is(touch(p + P, 1), SIGBUS, "the file was cut: SIGBUS");
    munmap(p, 4 * P);
    is(touch(p, 0), SIGSEGV, "unmapped: SIGSEGV");
    is(fault_code, SEGV_MAPERR, "SEGV_MAPERR");
    p = mmap((void *)0x123456000, P, rw, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ok(p == (void *)0x123456000, "mmap: a hint");
    munmap(p, P);
    p = mmap((void *)0x123456789, P, rw, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ok(((uintptr_t)p & (P - 1)) == 0 && p != MAP_FAILED, "mmap: a hint that is not aligned");
    munmap(p, P);
    p = mmap(NULL, 1ull << 36, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    ok(p != MAP_FAILED, "mmap: 64 GiB reserved");
    munmap(p, 1ull << 36);
    fails(munmap((void *)1, P), EINVAL, "munmap: address");
    p = map(1, rw);
    fails(munmap(p, 0), EINVAL, "munmap: length 0");
    is(munmap(p, 1), 0, "munmap: one byte");
    is(touch(p + P - 1, 0), SIGSEGV, "munmap: the whole page");
    is(munmap(p, P), 0, "munmap: nothing there");
    close(fd), close(ro), close(wo), close(pipes[0]), close(pipes[1]);
}

static void test_mprotect(void)
{
    char *p = map(4, rw);

    fails(mprotect(p + 1, P, PROT_READ), EINVAL, "mprotect: address");
    fails(mprotect(p, P, 0x40000000), EINVAL, "mprotect: protection");
    is(mprotect(p, 0, PROT_READ), 0, "mprotect: length 0");
    is(mprotect(p + P, P, PROT_READ), 0, "mprotect");
    is(touch(p + P, 1), SIGSEGV, "read only: SIGSEGV");
    ok(fault_code == SEGV_ACCERR && fault_addr == p + P, "SEGV_ACCERR: code and address");
    is(touch(p + P, 0), 0, "read only: read");
    is(touch(p + 2 * P, 1), 0, "the page after");
    is(mprotect(p, P, PROT_NONE), 0, "mprotect: PROT_NONE");
    is(touch(p, 0), SIGSEGV, "PROT_NONE");
    munmap(p + 3 * P, P);
    fails(mprotect(p, 4 * P, rw), ENOMEM, "mprotect: a hole");
    fails(mprotect((void *)16, P, rw), EINVAL, "mprotect: address");
    fails(mprotect((void *)0x1000, P, rw), ENOMEM, "mprotect: nothing there");
    fails(mprotect(p, P, PROT_READ | PROT_GROWSDOWN | PROT_GROWSUP), EINVAL, "mprotect: both ways of growing");
    fails(mprotect(p, P, PROT_READ | PROT_GROWSDOWN), EINVAL, "mprotect: PROT_GROWSDOWN of what does not grow");
    char *here = (char *)((uintptr_t)__builtin_frame_address(0) & ~(uintptr_t)(P - 1));
    is(mprotect(here, P, rw | PROT_GROWSDOWN), 0, "mprotect: PROT_GROWSDOWN of the stack");
    fails(syscall(SYS_pkey_mprotect, p, P, rw, 15), EINVAL, "pkey_mprotect: no such key");
    is(syscall(SYS_pkey_mprotect, p, P, rw, -1), 0, "pkey_mprotect: no key");
    fails(syscall(SYS_pkey_alloc, 1, 0), EINVAL, "pkey_alloc: flags");
    fails(syscall(SYS_pkey_alloc, 0, 8), EINVAL, "pkey_alloc: rights");
    munmap(p, 3 * P);
}

static void test_mremap(void)
{
    char *p = map(4, rw), *q, *r;

    p[0] = 'a', p[P] = 'b', p[2 * P] = 'c';
    fails(mremap(p + 1, P, P, 0), EINVAL, "mremap: address");
    fails(mremap(p, P, 0, 0), EINVAL, "mremap: new length 0");
    fails(mremap(p, P, P, 0x100), EINVAL, "mremap: flags");
    fails(mremap(p, P, P, MREMAP_FIXED, p + 8 * P), EINVAL, "mremap: MREMAP_FIXED alone");
    fails(mremap(p, P, P, MREMAP_FIXED | MREMAP_MAYMOVE, p + 1), EINVAL, "mremap: new address");
    fails(mremap(p, 2 * P, 2 * P, MREMAP_FIXED | MREMAP_MAYMOVE, p + P), EINVAL, "mremap: overlaps");
    fails(mremap(p, P, 2 * P, 0), ENOMEM, "mremap: no room to grow");
    ok(mremap(p, 4 * P, 3 * P, 0) == p, "mremap: shrinks");
    is(touch(p + 3 * P, 0), SIGSEGV, "mremap: the rest is gone");
    ok(mremap(p, 3 * P, 4 * P, 0) == p, "mremap: grows in place");
    is(p[3 * P], 0, "mremap: new memory is zero");
    q = mremap(p, 4 * P, 64 * P, MREMAP_MAYMOVE);
    ok(q != MAP_FAILED && q[0] == 'a' && q[2 * P] == 'c' && q[63 * P] == 0, "mremap: moves");
    r = map(70, PROT_NONE);
    ok(mremap(q, 64 * P, 64 * P, MREMAP_MAYMOVE | MREMAP_FIXED, r + P) == r + P && r[P] == 'a', "mremap: MREMAP_FIXED");
    is(touch(q, 0), SIGSEGV, "mremap: the old place is gone");
    fails(mremap(q, P, P, 0), EFAULT, "mremap: nothing there");
    q = mremap(r + P, 2 * P, 2 * P, MREMAP_MAYMOVE | MREMAP_DONTUNMAP);
    if (q != MAP_FAILED) {
        ok(q[0] == 'a' && r[P] == 0, "mremap: MREMAP_DONTUNMAP");
        munmap(q, 2 * P);
    }
    munmap(r, 70 * P);
    p = mmap(NULL, P, rw, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    p[0] = 'z';
    q = mremap(p, 0, P, MREMAP_MAYMOVE);
    ok(q != MAP_FAILED && q != p && q[0] == 'z' && (q[1] = 9) && p[1] == 9, "mremap: old length 0 gives a second view");
    munmap(p, P), munmap(q, P);
    p = map(1, rw);
    fails(mremap(p, 0, P, MREMAP_MAYMOVE), EINVAL, "mremap: old length 0, private");
    fails(mremap(p, 2 * P, 3 * P, MREMAP_MAYMOVE), EFAULT, "mremap: over the end of a mapping");
    munmap(p, P);
}

static void test_madvise(void)
{
    char *p = map(4, rw);
    unsigned char vec[8];

    memset(p, 7, 4 * P);
    fails(madvise(p + 1, P, MADV_NORMAL), EINVAL, "madvise: address");
    fails(madvise(p, P, 9999), EINVAL, "madvise: advice");
    fails(madvise(0, P, 9999), EINVAL, "madvise: advice comes before what is not mapped");
    fails(madvise(0, P, MADV_NORMAL), ENOMEM, "madvise: not mapped");
    ok(mmap(NULL, 0, PROT_READ, MAP_PRIVATE, 999, 0) == MAP_FAILED && errno == EBADF, "mmap: the file comes before the length");
    is(madvise(p, 0, MADV_DONTNEED), 0, "madvise: length 0");
    is(madvise(p, P, MADV_DONTNEED), 0, "MADV_DONTNEED");
    ok(p[0] == 0 && p[P] == 7, "MADV_DONTNEED: zero again");
    is(madvise(p + P, P, MADV_FREE), 0, "MADV_FREE");
    is(madvise(p, 4 * P, MADV_WILLNEED), 0, "MADV_WILLNEED");
    is(madvise(p, 4 * P, MADV_SEQUENTIAL), 0, "MADV_SEQUENTIAL");
    is(madvise(p, 4 * P, MADV_RANDOM), 0, "MADV_RANDOM");
    int r = madvise(p, 4 * P, MADV_HUGEPAGE);
    ok(r == 0 || errno == EINVAL, "MADV_HUGEPAGE");
    r = madvise(p, 4 * P, MADV_COLD);
    ok(r == 0 || errno == EINVAL, "MADV_COLD");
    is(madvise(p, 4 * P, MADV_POPULATE_WRITE), 0, "MADV_POPULATE_WRITE");
    is(mincore(p, 4 * P, vec), 0, "mincore");
    ok(vec[0] & vec[1] & vec[2] & vec[3] & 1, "mincore: all there");
    fails(mincore(p + 1, P, vec), EINVAL, "mincore: address");
    fails(mincore(p, 4 * P, BAD), EFAULT, "mincore: bad vector");
    is(madvise(p + 3 * P, P, MADV_DONTFORK), 0, "MADV_DONTFORK");
    p[2 * P] = 55;
    is(madvise(p + 2 * P, P, MADV_WIPEONFORK), 0, "MADV_WIPEONFORK");
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) {
        int a = touch(p + 3 * P, 0) == SIGSEGV, b = p[2 * P] == 0;
        _exit(a + 2 * b);
    }
    int status;
    waitpid(pid, &status, 0);
    is(WEXITSTATUS(status), 3, "MADV_DONTFORK, MADV_WIPEONFORK: in the child");
    munmap(p + P, P);
    fails(madvise(p, 4 * P, MADV_NORMAL), ENOMEM, "madvise: a hole");
    fails(mincore(p, 2 * P, vec), ENOMEM, "mincore: a hole");
    fails(msync(p, 2 * P, MS_SYNC), ENOMEM, "msync: a hole");
    fails(msync(p, P, MS_SYNC | MS_ASYNC), EINVAL, "msync: both");
    fails(msync(p, P, 0x100), EINVAL, "msync: flags");
    fails(msync(p + 1, P, MS_SYNC), EINVAL, "msync: address");
    is(msync(p, P, MS_ASYNC), 0, "msync");
    is(mlock(p, P), 0, "mlock");
    fails(msync(p, P, MS_INVALIDATE), EBUSY, "msync: MS_INVALIDATE of locked memory");
    is(munlock(p, P), 0, "munlock");
    fails(mlock(p, 2 * P), ENOMEM, "mlock: a hole");
    is(syscall(SYS_mlock2, p, P, 1), 0, "mlock2: MLOCK_ONFAULT");
    fails(syscall(SYS_mlock2, p, P, 2), EINVAL, "mlock2: flags");
    fails(mlockall(0), EINVAL, "mlockall: flags");
    is(munlockall(), 0, "munlockall");
    is(munmap(p, 4 * P), 0, "munmap: over a hole");
    int fd = memfd_create("m", 0);
    ftruncate(fd, 2 * P);
    p = mmap(NULL, 2 * P, rw, MAP_SHARED, fd, 0);
    memset(p, 3, 2 * P);
    is(madvise(p, P, MADV_REMOVE), 0, "MADV_REMOVE");
    ok(p[0] == 0 && p[P] == 3, "MADV_REMOVE: a hole in the file");
    munmap(p, 2 * P);
    close(fd);
}

static void test_brk(void)
{
    char *now = (char *)syscall(SYS_brk, 0), *more;

    ok(now != NULL, "brk: where");
    more = (char *)syscall(SYS_brk, now + 3 * P + 5);
    ok(more == now + 3 * P + 5, "brk: more, to the byte");
    now[3 * P] = 9;
    is(syscall(SYS_brk, now + 4 * P) - (long)now, 4 * P, "brk: a little more");
    is(now[3 * P], 9, "brk: bytes stay");
    is(syscall(SYS_brk, now) - (long)now, 0, "brk: back");
    is(syscall(SYS_brk, now + 4 * P) - (long)now, 4 * P, "brk: again");
    is(now[3 * P], 0, "brk: new memory is zero");
    is(syscall(SYS_brk, 16) - (long)now, 4 * P, "brk: too low changes nothing");
    is(syscall(SYS_brk, -1L) - (long)now, 4 * P, "brk: too high changes nothing");
    syscall(SYS_brk, now);
    struct rlimit old, r;
    getrlimit(RLIMIT_DATA, &old);
    r = old;
    r.rlim_cur = 1 << 20;
    setrlimit(RLIMIT_DATA, &r);
    is(syscall(SYS_brk, now + (64 << 20)) - (long)now, 0, "brk: RLIMIT_DATA");
    setrlimit(RLIMIT_DATA, &old);
}

static void test_shm(void)
{
    struct shmid_ds ds;
    int id = shmget(IPC_PRIVATE, 3 * P - 1, IPC_CREAT | 0600);

    ok(id >= 0, "shmget");
    fails(shmget(IPC_PRIVATE, 0, IPC_CREAT | 0600), EINVAL, "shmget: size 0");
    fails(shmget(0x12345, P, 0600), ENOENT, "shmget: no such key");
    char *p = shmat(id, NULL, 0);
    ok(p != (void *)-1, "shmat");
    p[3 * P - 1] = 4;
    fails((long)shmat(id, p + 1, 0), EINVAL, "shmat: address");
    fails((long)shmat(id, p, 0), EINVAL, "shmat: taken");
    fails((long)shmat(-1, NULL, 0), EINVAL, "shmat: no such segment");
    char *q = shmat(id, NULL, SHM_RDONLY);
    is(q[3 * P - 1], 4, "shmat: a second view");
    is(touch(q, 1), SIGSEGV, "SHM_RDONLY");
    ok(shmat(id, p, SHM_REMAP) == p, "shmat: SHM_REMAP");
    is(shmctl(id, IPC_STAT, &ds), 0, "IPC_STAT");
    ok(ds.shm_segsz == 3 * P - 1 && ds.shm_cpid == getpid() && ds.shm_perm.mode == 0600, "IPC_STAT: what it says");
    ok(ds.shm_nattch >= 2, "IPC_STAT: attached");
    ds.shm_perm.mode = 0640;
    is(shmctl(id, IPC_SET, &ds), 0, "IPC_SET");
    shmctl(id, IPC_STAT, &ds);
    is(ds.shm_perm.mode, 0640, "IPC_SET: mode");
    fails(shmctl(id, IPC_STAT, BAD), EFAULT, "IPC_STAT: bad address");
    fails(shmctl(id, 9999, &ds), EINVAL, "shmctl: command");
    struct shminfo info;
    ok(shmctl(0, IPC_INFO, (void *)&info) >= 0 && info.shmmni > 0, "IPC_INFO");
    fails(shmdt(p + P), EINVAL, "shmdt: not the start");
    is(shmdt(p), 0, "shmdt");
    is(touch(p, 0), SIGSEGV, "shmdt: gone");
    fails(shmdt(p), EINVAL, "shmdt: again");
    shmdt(q);
    is(shmctl(id, IPC_RMID, NULL), 0, "IPC_RMID");
    fails((long)shmat(id, NULL, 0), EINVAL, "shmat: removed");
}

static void test_policy(void)
{
    int mode = -1;
    char *p = map(1, rw);
    long r = syscall(SYS_get_mempolicy, &mode, NULL, 0, NULL, 0);

    if (r < 0) {
        ok(errno == ENOSYS || errno == EPERM, "memory policy: not in this kernel");
        return;
    }
    is(mode, MPOL_DEFAULT, "get_mempolicy");
    unsigned long mask = 1;
    is(syscall(SYS_mbind, p, P, MPOL_BIND, &mask, 8, 0), 0, "mbind");
    fails(syscall(SYS_mbind, p, P, 99, &mask, 8, 0), EINVAL, "mbind: mode");
    fails(syscall(SYS_set_mempolicy, 99, NULL, 0), EINVAL, "set_mempolicy: mode");
    munmap(p, P);
}

static void test_limits(void)
{
    struct rlimit old, r;

    getrlimit(RLIMIT_AS, &old);
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) {
        r = old;
        r.rlim_cur = 1 << 20;
        int a = setrlimit(RLIMIT_AS, &r) == 0;
        int b = mmap(NULL, 64 << 20, rw, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == ENOMEM;
        _exit(a + 2 * b);
    }
    int status;
    waitpid(pid, &status, 0);
    is(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 3, "RLIMIT_AS");
}

static int deep(int n)
{
    volatile char room[4096];
    room[0] = (char)n;
    return n ? deep(n - 1) + room[0] : 0;
}

/* Sealed memory stays as it is. [Linux 6.10, Documentation/userspace-api/mseal.rst] */
static void test_seal(void)
{
#ifndef SYS_mseal
#define SYS_mseal 462
#endif
    char *p = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (syscall(SYS_mseal, p, 2 * 4096, 0) != 0) {
        ok(errno == ENOSYS, "memory is not sealed by this kernel");
        return;
    }
    fails(munmap(p, 2 * 4096), EPERM, "munmap of sealed memory");
    fails(mprotect(p, 4096, PROT_NONE), EPERM, "mprotect of sealed memory");
    fails((long)mmap(p, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), EPERM, "mmap over sealed memory");
    fails((long)mremap(p, 4096, 8192, MREMAP_MAYMOVE), EPERM, "mremap of sealed memory");
    p[4096] = 7;
    ok(p[4096] == 7, "sealed memory can be written");
}

static char alt[65536];

static void on_overflow(int sig, siginfo_t *si, void *uc)
{
    static const char text[] = "ok\n";
    char here;

    _exit(&here >= alt && &here < alt + sizeof alt && sig == SIGSEGV && si->si_code == SEGV_MAPERR ? 5 : 6);
}

static void test_stack(void)
{
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) {
        stack_t st = { .ss_sp = alt, .ss_size = sizeof alt };
        struct sigaction sa = { .sa_sigaction = on_overflow, .sa_flags = SA_SIGINFO | SA_ONSTACK };
        sigaltstack(&st, NULL);
        sigaction(SIGSEGV, &sa, NULL);
        deep(1 << 30);
        _exit(0);
    }
    int status;
    waitpid(pid, &status, 0);
    is(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 5, "stack overflow: a handler on its own stack");
    pid = fork();
    if (!pid) {
        signal(SIGSEGV, SIG_DFL);
        struct rlimit none = { 0, 0 };
        setrlimit(RLIMIT_CORE, &none);
        deep(1 << 30);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "stack overflow: SIGSEGV");
}

int main(void)
{
    struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };

    setvbuf(stdout, NULL, _IONBF, 0);
    sigaction(SIGSEGV, &sa, NULL);
    sigaction(SIGBUS, &sa, NULL);
    test_mmap();
    test_mprotect();
    test_mremap();
    test_madvise();
    test_brk();
    test_shm();
    test_policy();
    test_limits();
    test_seal();
    test_stack();
    return tap_done();
}
