/* SPDX-License-Identifier: BSD-2-Clause */
/* Restartable sequences. [include/uapi/linux/rseq.h] */
#define _GNU_SOURCE
#include "tap.h"

#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define CPUS 64
#define SIG 0x53053053

/* struct rseq as of Linux 6.3, and a section's descriptor. */
typedef struct Area {
    uint32_t cpu_start, cpu;
    volatile uint64_t cs;
    uint32_t flags, node, mm_cid;
    char pad[4];
} __attribute__((aligned(32))) Area;

static __thread Area area;
static struct { volatile long n; char pad[56]; } count[CPUS];

static long raw(void *a, unsigned len, int flags, unsigned sig)
{
    return syscall(SYS_rseq, a, len, flags, sig);
}

/* libc's own area may be registered: it has to go first. */
static void drop_libc(void)
{
#if __has_include(<sys/rseq.h>)
    extern const __PTRDIFF_TYPE__ __rseq_offset;
    unsigned sig;
#if defined __aarch64__
    sig = 0xd428bc00;
#elif defined __riscv
    sig = 0xf1401073;
#else
    sig = SIG;
#endif
    raw((char *)__builtin_thread_pointer() + __rseq_offset, 32, 1, sig);
#endif
}

/* Adds 1 to count[cpu] unless the thread is not on cpu any more: 0; 1: aborted; 2: on another CPU. spin: iterations
 * of a loop between load and store. */
#define DESCRIPTOR(section, flags) \
    ".pushsection " section ", \"" flags "\"\n.balign 32\n9: .long 0, 0\n.quad 1f, 2f - 1f, 4f\n.popsection\n"
static int add_here(Area *a, unsigned cpu, volatile long *at, long spin)
{
    int r = 0;
#if defined __aarch64__
    asm volatile(DESCRIPTOR("__rseq_cs", "aw")
                 "adrp x9, 9b\nadd x9, x9, :lo12:9b\nstr x9, [%1, #8]\n"
                 "1: ldr w10, [%1, #4]\ncmp w10, %w2\nb.ne 5f\nldr x11, [%3]\nmov x12, %4\n"
                 "3: cbz x12, 6f\nsub x12, x12, #1\nb 3b\n6: add x11, x11, #1\nstr x11, [%3]\n2: b 7f\n"
                 ".long 0x53053053\n4: mov %w0, #1\nb 7f\n5: mov %w0, #2\n7:\n"
                 : "+r"(r) : "r"(a), "r"(cpu), "r"(at), "r"(spin) : "x9", "x10", "x11", "x12", "cc", "memory");
#elif defined __riscv
    asm volatile(DESCRIPTOR("__rseq_cs", "aw")
                 "lla t0, 9b\nsd t0, 8(%1)\n"
                 "1: lw t1, 4(%1)\nbne t1, %2, 5f\nld t2, (%3)\nmv t3, %4\n"
                 "3: beqz t3, 6f\naddi t3, t3, -1\nj 3b\n6: addi t2, t2, 1\nsd t2, (%3)\n2: j 7f\n"
                 ".long 0x53053053\n4: li %0, 1\nj 7f\n5: li %0, 2\n7:\n"
                 : "+r"(r) : "r"(a), "r"((long)(int)cpu), "r"(at), "r"(spin) : "t0", "t1", "t2", "t3", "memory");
#else
    asm volatile(DESCRIPTOR("__rseq_cs", "aw")
                 "leaq 9b(%%rip), %%rax\nmovq %%rax, 8(%1)\n"
                 "1: cmpl %2, 4(%1)\njne 5f\nmovq (%3), %%rax\nmovq %4, %%rcx\n"
                 "3: testq %%rcx, %%rcx\nje 6f\ndecq %%rcx\njmp 3b\n6: incq %%rax\nmovq %%rax, (%3)\n2: jmp 7f\n"
                 ".long 0x53053053\n4: movl $1, %0\njmp 7f\n5: movl $2, %0\n7:\n"
                 : "+r"(r) : "r"(a), "r"(cpu), "r"(at), "r"(spin) : "rax", "rcx", "cc", "memory");
#endif
    return r;
}

/* The same with a descriptor in memory that the caller names, as code that computes it does. */
static const char *begin_of, *end_of, *abort_of;
__attribute__((noinline)) static int add_by(Area *a, void *descriptor, volatile long *at, long spin)
{
    int r = 0;
#if defined __aarch64__
    asm volatile("adr x9, 1f\nstr x9, [%5]\nadr x9, 2f\nstr x9, [%6]\nadr x9, 4f\nstr x9, [%7]\ncbz %2, 7f\n"
                 "str %2, [%1, #8]\n"
                 "1: ldr x11, [%3]\nmov x12, %4\n"
                 "3: cbz x12, 6f\nsub x12, x12, #1\nb 3b\n6: add x11, x11, #1\nstr x11, [%3]\n2: b 7f\n"
                 ".long 0x53053053\n4: mov %w0, #1\n7:\n"
                 : "+r"(r) : "r"(a), "r"(descriptor), "r"(at), "r"(spin), "r"(&begin_of), "r"(&end_of), "r"(&abort_of)
                 : "x9", "x10", "x11", "x12", "cc", "memory");
#elif defined __riscv
    asm volatile("lla t0, 1f\nsd t0, (%5)\nlla t0, 2f\nsd t0, (%6)\nlla t0, 4f\nsd t0, (%7)\nbeqz %2, 7f\n"
                 "sd %2, 8(%1)\n"
                 "1: ld t2, (%3)\nmv t3, %4\n"
                 "3: beqz t3, 6f\naddi t3, t3, -1\nj 3b\n6: addi t2, t2, 1\nsd t2, (%3)\n2: j 7f\n"
                 ".long 0x53053053\n4: li %0, 1\n7:\n"
                 : "+r"(r) : "r"(a), "r"(descriptor), "r"(at), "r"(spin), "r"(&begin_of), "r"(&end_of), "r"(&abort_of)
                 : "t0", "t2", "t3", "memory");
#else
    asm volatile("leaq 1f(%%rip), %%rax\nmovq %%rax, (%5)\nleaq 2f(%%rip), %%rax\nmovq %%rax, (%6)\n"
                 "leaq 4f(%%rip), %%rax\nmovq %%rax, (%7)\ntestq %2, %2\nje 7f\nmovq %2, 8(%1)\n"
                 "1: movq (%3), %%rax\nmovq %4, %%rcx\n"
                 "3: testq %%rcx, %%rcx\nje 6f\ndecq %%rcx\njmp 3b\n6: incq %%rax\nmovq %%rax, (%3)\n2: jmp 7f\n"
                 ".long 0x53053053\n4: movl $1, %0\n7:\n"
                 : "+r"(r) : "r"(a), "r"(descriptor), "r"(at), "r"(spin), "r"(&begin_of), "r"(&end_of), "r"(&abort_of)
                 : "rax", "rcx", "cc", "memory");
#endif
    return r;
}

static void arguments(void)
{
    Area other;

    fails(raw(&area, 16, 0, SIG), EINVAL, "too short");
    fails(raw((char *)&area + 8, 32, 0, SIG), EINVAL, "misaligned");
    fails(raw(&area, 32, 8, SIG), EINVAL, "unknown flag");
    fails(raw(&area, 32, 1, SIG), EINVAL, "nothing to take back");
    fails(raw((void *)~31ul, 32, 0, SIG), EFAULT, "no such memory");
    area.cpu = -1;
    is(raw(&area, 32, 0, SIG), 0, "register");
    ok(area.cpu < CPUS && area.cpu == area.cpu_start, "the CPU is known at once");
    fails(raw(&area, 32, 0, SIG), EBUSY, "twice");
    fails(raw(&area, 32, 0, SIG + 1), EPERM, "twice with another signature");
    fails(raw(&other, 32, 1, SIG), EINVAL, "take back another");
    fails(raw(&area, 32, 1, SIG + 1), EPERM, "take back with another signature");
    is(raw(&area, 32, 1, SIG), 0, "take back");
    is(area.cpu, (uint32_t)-1, "no CPU any more");
    is(raw(&area, 32, 0, SIG), 0, "register again");
}

static void pin(unsigned cpu)
{
    cpu_set_t s;

    CPU_ZERO(&s);
    CPU_SET(cpu, &s);
    sched_setaffinity(0, sizeof s, &s);
}

static void numbers(void)
{
    cpu_set_t all;

    sched_getaffinity(0, sizeof all, &all);
    for (unsigned c = 0, n = 0; c < CPUS && n < 4; c++) {
        if (CPU_ISSET(c, &all)) {
            pin(c);
            is(*(volatile uint32_t *)&area.cpu, c, "cpu_id after a move");
            is(*(volatile uint32_t *)&area.cpu_start, c, "cpu_id_start after a move");
            is(sched_getcpu(), c, "sched_getcpu");
            n++;
        }
    }
    sched_setaffinity(0, sizeof all, &all);
}

/* One thread's part: adds on whatever CPU it is. */
enum { THREADS = 6 };
static long rounds = 8000, spin_max = 40;
static long aborts[THREADS];
static volatile int use_pin;

static void *adder(void *arg)
{
    long me = (long)arg;

    drop_libc();
    raw(&area, 32, 0, SIG);
    if (use_pin) {
        pin(0);
    }
    for (long i = 0; i < rounds; i++) {
        unsigned cpu;
        int r;
        do {
            cpu = *(volatile uint32_t *)&area.cpu_start;
            r = add_here(&area, cpu, &count[cpu % CPUS].n, i % spin_max);
            aborts[me] += r != 0;
        } while (r);
        if (i % 1000 == me * 100) {
            sched_yield();
        }
    }
    raw(&area, 32, 1, SIG);
    return NULL;
}

static long total(void)
{
    long n = 0;

    for (int i = 0; i < CPUS; i++) {
        n += count[i].n;
        count[i].n = 0;
    }
    return n;
}

static void run_adders(const char *name)
{
    pthread_t t[THREADS];
    long n = 0;

    for (long i = 0; i < THREADS; i++) {
        aborts[i] = 0;
        pthread_create(&t[i], NULL, adder, (void *)i);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(t[i], NULL);
        n += aborts[i];
    }
    is(total(), THREADS * rounds, name);
    printf("# %ld aborts\n", n);
}

static void *adder_computed(void *arg)
{
    struct { uint32_t version, flags; uint64_t start, length, abort; } d __attribute__((aligned(32))) = { 0 };

    drop_libc();
    raw(&area, 32, 0, SIG);
    pin(0);
    add_by(&area, NULL, &count[0].n, 0);
    d.start = (uint64_t)begin_of;
    d.length = (uint64_t)(end_of - begin_of);
    d.abort = (uint64_t)abort_of;
    asm volatile("" :: "r"(&d) : "memory");
    for (long i = 0; i < rounds; i++) {
        while (add_by(&area, &d, &count[0].n, 20 + i % 20)) {
        }
    }
    area.cs = 0;
    raw(&area, 32, 1, SIG);
    return NULL;
}

static void computed(void)
{
    pthread_t t[THREADS];

    for (long i = 0; i < THREADS; i++) {
        pthread_create(&t[i], NULL, adder_computed, (void *)i);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(t[i], NULL);
    }
    is(total(), THREADS * rounds, "sections with descriptors on the stack");
}

static volatile int came;

static void on_alarm(int sig)
{
    came++;
}

static void signals(void)
{
    struct itimerval it = { { 0, 500 }, { 0, 500 } }, off = { 0 };
    int n = 0, after = 0;
    volatile long sum = 0;

    signal(SIGALRM, on_alarm);
    came = 0;
    setitimer(ITIMER_REAL, &it, NULL);
    while (n < 20) {
        int before = came;
        if (add_here(&area, area.cpu_start, &sum, 200000000) == 1) {
            n++;
            after += came != before;
        }
    }
    setitimer(ITIMER_REAL, &off, NULL);
    is(n, 20, "signals abort a section");
    is(after > 0, 1, "their handlers have run");
    is(sum, 0, "and nothing was stored");
    is(area.cs, 0, "rseq_cs is clear after an abort");
}

static void on_segv(int sig)
{
    _exit(7);
}

static void bad_signature(void)
{
    int status;

    if (fork() == 0) {
        signal(SIGSEGV, SIG_DFL);
        raw(&area, 32, 1, SIG);
        raw(&area, 32, 0, SIG + 1);
        struct itimerval it = { { 0, 500 }, { 0, 500 } };
        signal(SIGALRM, on_alarm);
        setitimer(ITIMER_REAL, &it, NULL);
        volatile long sum = 0;
        for (int i = 0; i < 100; i++) {
            add_here(&area, area.cpu_start, &sum, 200000000);
        }
        _exit(0);
    }
    wait(&status);
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "a wrong signature is the end");
}

static void fault_in_section(void)
{
    int status;
    char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (fork() == 0) {
        signal(SIGSEGV, on_segv);
        while (add_here(&area, area.cpu_start, (long *)page, 3)) {
        }
        _exit(1);
    }
    wait(&status);
    ok(WIFEXITED(status) && WEXITSTATUS(status) == 7, "a section that may not store: SIGSEGV");
}

static void after_fork(void)
{
    int status;

    if (fork() == 0) {
        volatile long sum = 0;
        while (add_here(&area, area.cpu_start, &sum, 3)) {
        }
        _exit(raw(&area, 32, 0, SIG) == -1 && errno == EBUSY && sum == 1 ? 0 : 1);
    }
    wait(&status);
    is(status, 0, "a fork keeps the area");
}

static volatile int stop_now;

static void *barrier_target(void *arg)
{
    volatile long sum = 0;
    long n = 0;

    drop_libc();
    raw(&area, 32, 0, SIG);
    while (!stop_now) {
        n += add_here(&area, area.cpu_start, &sum, 100000000) == 1;
    }
    raw(&area, 32, 1, SIG);
    return (void *)n;
}

static void barriers(void)
{
    pthread_t t;
    void *n;

    if (syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ, 0, 0)) {
        printf("ok %d # SKIP the kernel has no membarrier for rseq\n", ++tap_n);
        return;
    }
    pthread_create(&t, NULL, barrier_target, NULL);
    for (int i = 0; i < 20; i++) {
        usleep(2000);
        syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, 0, 0);
    }
    stop_now = 1;
    syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, 0, 0);
    pthread_join(t, &n);
    ok((long)n > 0, "membarrier aborts sections of other threads");
    printf("# %ld aborts\n", (long)n);
}

static void on_fault(int sig)
{
    _exit(sig == SIGSEGV ? 7 : 8);
}

/* A fault after the area's page was unmapped, and perhaps something else mapped there. Linux before 6.19 looks at the area
 * whenever it runs a handler, and kills if it cannot; later ones only if the thread was interrupted. */
static void unmapped(bool again, const char *name)
{
    int status;

    if (fork() == 0) {
        const int flags = MAP_PRIVATE | MAP_ANONYMOUS;
        char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, flags, -1, 0);

        raw(&area, 32, 1, SIG);
        if (raw(page, 32, 0, SIG)) {
            _exit(1);
        }
        signal(SIGSEGV, on_fault);
        munmap(page, 4096);
        if (again && mmap(page, 4096, PROT_READ | PROT_WRITE, flags | MAP_FIXED, -1, 0) != page) {
            _exit(2);
        }
        *(volatile int *)8 = 0;
        _exit(3);
    }
    wait(&status);
    ok((WIFEXITED(status) && WEXITSTATUS(status) == 7) || (!again && WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV),
       name);
    printf("# status %x\n", status);
}

int main(void)
{
    is(sched_getcpu() >= 0, 1, "libc knows the CPU");
    drop_libc();
    arguments();
    numbers();
    run_adders("counters of all CPUs");
    use_pin = 1;
    run_adders("threads on one CPU");
    computed();
    signals();
    bad_signature();
    fault_in_section();
    after_fork();
    unmapped(false, "a fault without the area");
    unmapped(true, "with another in its place");
    barriers();
    return tap_done();
}
