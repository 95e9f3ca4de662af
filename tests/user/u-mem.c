/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory: mmap, munmap, mprotect, mremap, brk, shared memory, and the faults that show their
 * effect. */
#define _GNU_SOURCE
#include "tap.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define PAGE 4096

static sigjmp_buf jump;
static volatile int fault_sig, fault_code;
static void *volatile fault_addr;

static void on_fault(int sig, siginfo_t *si, void *uc)
{
    fault_sig = sig;
    fault_code = si->si_code;
    fault_addr = si->si_addr;
    siglongjmp(jump, 1);
}

static void catch_faults(void)
{
    static char stack[65536];
    stack_t st = { .ss_sp = stack, .ss_size = sizeof stack };
    struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK };

    sigaltstack(&st, NULL);
    sigemptyset(&sa.sa_mask);
    sigaction(SIGSEGV, &sa, NULL);
    sigaction(SIGBUS, &sa, NULL);
    sigaction(SIGILL, &sa, NULL);
    sigaction(SIGTRAP, &sa, NULL);
}

/* The signal that reading (or writing) p raises, its code times 100 added; 0: none. */
static int probe(volatile char *p, int write)
{
    fault_sig = fault_code = 0;
    fault_addr = NULL;
    if (!sigsetjmp(jump, 1)) {
        if (write) {
            *p = 1;
        } else {
            char c = *p;
            (void)c;
        }
        return 0;
    }
    return fault_sig + 100 * fault_code;
}

#define MAPERR (SIGSEGV + 100 * SEGV_MAPERR)
#define ACCERR (SIGSEGV + 100 * SEGV_ACCERR)

static void maps(void)
{
    char *p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    ok(p != MAP_FAILED && ((uintptr_t)p & (PAGE - 1)) == 0, "mmap");
    memset(p, 7, 4 * PAGE);
    is(mprotect(p + PAGE, PAGE, PROT_READ), 0, "mprotect read");
    is(probe(p + PAGE, 0), 0, "can be read");
    is(probe(p + PAGE + 5, 1), ACCERR, "cannot be written");
    ok(fault_addr == p + PAGE + 5, "si_addr");
    is(mprotect(p + PAGE, PAGE, PROT_NONE), 0, "mprotect none");
    is(probe(p + PAGE, 0), ACCERR, "cannot be read");
    is(munmap(p + PAGE, PAGE), 0, "munmap in the middle");
    is(probe(p + PAGE + 1, 0), MAPERR, "not mapped");
    ok(fault_addr == p + PAGE + 1, "si_addr");
    is(p[2 * PAGE] + p[0], 14, "neighbours are there");
    fails(mprotect(p, 3 * PAGE, PROT_READ), ENOMEM, "mprotect over a hole");
    char *q = mmap(p + PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
                   -1, 0);
    ok(q == p + PAGE && q[0] == 0, "MAP_FIXED into the hole");
    ok(mmap(p, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) ==
               MAP_FAILED &&
           errno == EEXIST,
       "MAP_FIXED_NOREPLACE");
    fails((long)mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), EINVAL, "no length");
    fails((long)mmap(p + 1, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
          EINVAL, "not aligned");
    fails((long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, -1, 0), EBADF, "no file");
    fails(munmap(p + 1, PAGE), EINVAL, "munmap not aligned");
    is(munmap(p, 4 * PAGE), 0, "munmap all");
    is(munmap(p, 4 * PAGE), 0, "munmap of nothing");
    is(probe((char *)16, 0), MAPERR, "null pointer");
#ifndef __x86_64__
    is(probe((char *)(1ull << 62), 0), MAPERR, "address beyond all address spaces");
#endif
    ok(mmap(NULL, 1ull << 50, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED &&
           errno == ENOMEM,
       "too large");
    p = mmap(NULL, 64ull << 30, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    ok(p != MAP_FAILED, "64 GiB reservation");
    is(mprotect(p + (32ull << 30), PAGE, PROT_READ | PROT_WRITE), 0, "a page of it");
    is(probe(p + (32ull << 30), 1), 0, "can be written");
    is(munmap(p, 64ull << 30), 0, "munmap of it");
}

static void files(void)
{
    char name[] = "/tmp/rhea-mem-XXXXXX";
    int fd = mkstemp(name);

    is(ftruncate(fd, PAGE + 100), 0, "ftruncate");
    char *s = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    char *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    s[10] = 'x';
    is(p[10], 'x', "private sees shared until written");
    p[10] = 'y';
    is(s[10], 'x', "and is copied then");
    char c;
    is(pread(fd, &c, 1, 10), 1, "pread");
    is(c, 'x', "file has it");
    is(s[PAGE + 200], 0, "behind the end: zeroes");
    is(probe(s + 2 * PAGE, 0), SIGBUS + 100 * BUS_ADRERR, "beyond the last page: SIGBUS");
    is(msync(s, PAGE, MS_SYNC), 0, "msync");
    is(munmap(s, 3 * PAGE), 0, "munmap");
    char *r = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, PAGE);
    ok(r != MAP_FAILED && r[0] == 0, "offset");
    fails((long)mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 100), EINVAL, "offset not aligned");
    close(fd);
    unlink(name);
}

static void remaps(void)
{
    char *p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *to = mmap(NULL, 4 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    memset(p, 3, 4 * PAGE);
    char *q = mremap(p, 4 * PAGE, 2 * PAGE, 0);
    ok(q == p, "shrink");
    is(probe(p + 2 * PAGE, 0), MAPERR, "tail is gone");
    q = mremap(p, 2 * PAGE, 64 * PAGE, MREMAP_MAYMOVE);
    ok(q != MAP_FAILED && q[PAGE] == 3 && q[63 * PAGE] == 0, "grow");
    char *r = mremap(q, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to);
    ok(r == to && r[5] == 3, "move to a fixed address");
    is(probe(q, 0), MAPERR, "old place is empty");
    is(probe(to + PAGE, 0), ACCERR, "what follows is as it was");
    fails((long)mremap(to, PAGE, 0, 0), EINVAL, "no new length");
    fails((long)mremap((void *)0x10000000000, PAGE, PAGE, MREMAP_MAYMOVE), EFAULT, "nothing there");
    is(madvise(r, PAGE, MADV_DONTNEED), 0, "MADV_DONTNEED");
    is(r[5], 0, "page is empty");
    fails(madvise(q, PAGE, MADV_DONTNEED), ENOMEM, "madvise of nothing");
}

static void breaks(void)
{
    char *b = sbrk(0);

    ok(sbrk(10 * PAGE) == b, "sbrk up");
    memset(b, 1, 10 * PAGE);
    ok(sbrk(-5 * PAGE) == b + 10 * PAGE, "sbrk down");
    ok(sbrk(5 * PAGE) == b + 5 * PAGE, "sbrk up again");
    is(b[7 * PAGE], 0, "memory is new");
    is(syscall(SYS_brk, 0), (long)(b + 10 * PAGE), "brk(0)");
    is(syscall(SYS_brk, 1), (long)(b + 10 * PAGE), "brk below its start does nothing");
    ok(brk(b) == 0, "brk back");
}

static void shared(void)
{
    int id = shmget(IPC_PRIVATE, 3 * PAGE, IPC_CREAT | 0600);
    char *p = shmat(id, NULL, 0), *q = shmat(id, NULL, SHM_RDONLY);
    struct shmid_ds ds;

    ok(id >= 0 && p != (void *)-1 && q != (void *)-1, "shmat");
    p[5000] = 9;
    is(q[5000], 9, "shared");
    is(probe(q, 1), ACCERR, "read-only");
    is(shmctl(id, IPC_STAT, &ds), 0, "IPC_STAT");
    ok(ds.shm_nattch == 2 && ds.shm_segsz == 3 * PAGE, "two attached");
    pid_t pid = fork();
    if (!pid) {
        p[1] = 77;
        _exit(shmdt(p));
    }
    int status;
    waitpid(pid, &status, 0);
    ok(status == 0 && q[1] == 77, "child writes");
    is(shmdt(p), 0, "shmdt");
    is(probe(p, 0), MAPERR, "is gone");
    fails(shmdt(p), EINVAL, "shmdt again");
    shmdt(q);
    shmctl(id, IPC_RMID, NULL);
}

/* A function in memory that returns its number, in the guest's code. */
static size_t make_code(uint32_t *to, int n)
{
#if defined(__aarch64__)
    to[0] = 0x52800000u | (uint32_t)n << 5;         /* mov w0, #n */
    to[1] = 0xd65f03c0u;                            /* ret */
    return 8;
#elif defined(__riscv)
    to[0] = 0x00000513u | (uint32_t)n << 20;        /* li a0, n */
    to[1] = 0x00008067u;                            /* ret */
    return 8;
#else
    const unsigned char code[6] = { 0xb8, (unsigned char)n, (unsigned char)(n >> 8), 0, 0, 0xc3 };
    memcpy(to, code, sizeof code);
    return 8;
#endif
}

static void code(void)
{
    uint32_t *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int (*volatile fn)(void) = (int (*)(void))p;
    int good = 1;

    make_code(p, 1);
    fault_sig = 0;
    if (!sigsetjmp(jump, 1)) {
        fn();
    }
    is(fault_sig + 100 * fault_code, ACCERR, "data is not executable");
    ok(fault_addr == p, "si_addr is the code");
    mprotect(p, PAGE, PROT_READ | PROT_EXEC);
    is(fn(), 1, "mprotect makes it executable");
    mprotect(p, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);
    for (int i = 2; i < 200; i++) {
        make_code(p, i);
        __builtin___clear_cache((char *)p, (char *)p + 8);
        good &= fn() == i;
    }
    ok(good, "code is rewritten in place");
    uint32_t *q = mmap(p, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    make_code(q, 300);
    __builtin___clear_cache((char *)q, (char *)q + 8);
    is(fn(), 300, "code is mapped over");
    munmap(p, PAGE);
    fault_sig = 0;
    if (!sigsetjmp(jump, 1)) {
        fn();
    }
    is(fault_sig + 100 * fault_code, MAPERR, "code is unmapped");
    ok(fault_addr == p, "si_addr is the code");
}

static volatile int depth;

static int __attribute__((noinline)) recurse(int n)
{
    volatile char pad[1024];
    pad[0] = (char)n;
    depth = n;
    if (n < 0) {
        return 0;
    }
    return recurse(n + 1) + pad[0];
}

static void overflow(void)
{
    fault_sig = 0;
    if (!sigsetjmp(jump, 1)) {
        recurse(0);
    }
    is(fault_sig + 100 * fault_code, MAPERR, "stack overflow, handled on the alternate stack");
    ok(depth > 4000, "of a stack as large as the limit says");
}

int main(void)
{
    catch_faults();
    maps();
    files();
    remaps();
    breaks();
    shared();
    code();
    overflow();
    return tap_done();
}
