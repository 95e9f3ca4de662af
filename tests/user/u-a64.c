/* SPDX-License-Identifier: BSD-2-Clause */
/* What only AArch64 has: which misaligned atomic accesses fault, branch target identification, and tagged pointers. The CPU has LSE2
 * and BTI. [ArmARM B2.2.1.1, D8.4.6] */
#define _GNU_SOURCE
#include "tap.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#define PROT_BTI 0x10

static sigjmp_buf out;
static volatile int caught, caught_code;
static uint64_t caught_pc, caught_pstate;

static void on_signal(int sig, siginfo_t *si, void *uc)
{
    const mcontext_t *mc = &((ucontext_t *)uc)->uc_mcontext;

    caught = sig;
    caught_code = si->si_code;
    caught_pc = mc->pc;
    caught_pstate = mc->pstate;
    siglongjmp(out, 1);
}

/* The signal that calling fn gives, or 0. */
static int signal_of(void (*fn)(char *), char *at)
{
    caught = 0;
    if (!sigsetjmp(out, 1)) {
        fn(at);
    }
    return caught;
}

#define ACCESS(name, text, ...) \
    static void name(char *at) { __asm__ volatile(".arch armv8.4-a\n" text :: "r"(at) : "memory", "x4", "x5", "x6", "x7"); }
ACCESS(ldarh, "ldarh w4, [%0]")
ACCESS(ldar4, "ldar w4, [%0]")
ACCESS(ldar8, "ldar x4, [%0]")
ACCESS(stlr4, "mov w4, #0\n stlr w4, [%0]")
ACCESS(stlr8, "mov x4, #0\n stlr x4, [%0]")
ACCESS(ldapr8, "ldapr x4, [%0]")
ACCESS(ldapur4, "ldapur w4, [%0]")
ACCESS(stlur8, "mov x4, #0\n stlur x4, [%0]")
ACCESS(ldadd4, "mov w4, #0\n ldadd w4, w5, [%0]")
ACCESS(ldadd8, "mov x4, #0\n ldaddal x4, x5, [%0]")
ACCESS(ldsmax8, "mov x4, #0\n ldsmax x4, x5, [%0]")
ACCESS(swp2, "mov w4, #0\n swph w4, w5, [%0]")
ACCESS(cas8, "mov x4, #0\n mov x5, #0\n cas x4, x5, [%0]")
ACCESS(casp4, "mov x4, #0\n mov x5, #0\n mov x6, #0\n mov x7, #0\n casp w4, w5, w6, w7, [%0]")
ACCESS(casp8, "mov x4, #0\n mov x5, #0\n mov x6, #0\n mov x7, #0\n casp x4, x5, x6, x7, [%0]")
ACCESS(ldxr4, "ldxr w4, [%0]")
ACCESS(ldaxr8, "ldaxr x4, [%0]")
ACCESS(ldr8, "ldr x4, [%0]")

static void test_align(void)
{
    static const struct { const char *name; void (*fn)(char *); int size, exclusive; } rows[] = {
        { "ldarh", ldarh, 2 }, { "ldar w", ldar4, 4 }, { "ldar x", ldar8, 8 }, { "stlr w", stlr4, 4 },
        { "stlr x", stlr8, 8 }, { "ldapr x", ldapr8, 8 }, { "ldapur w", ldapur4, 4 }, { "stlur x", stlur8, 8 },
        { "ldadd w", ldadd4, 4 }, { "ldaddal x", ldadd8, 8 }, { "ldsmax x", ldsmax8, 8 }, { "swph", swp2, 2 },
        { "cas x", cas8, 8 }, { "casp w", casp4, 8 }, { "casp x", casp8, 16 }, { "ldxr w", ldxr4, 4, 1 },
        { "ldaxr x", ldaxr8, 8, 1 }, { "ldr x", ldr8, 0 },
    };
    static char room[64] __attribute__((aligned(64)));

    for (unsigned k = 0; k < sizeof rows / sizeof *rows; k++) {
        unsigned have = 0, want = 0;
        for (int at = 0; at < 16; at++) {
            int size = rows[k].size, bad = rows[k].exclusive ? at & (size - 1) : size && at + size > 16;
            for (int again = 0; again < 3; again++) {
                int sig = signal_of(rows[k].fn, room + 16 + at);
                if (sig && (sig != SIGBUS || caught_code != BUS_ADRALN)) {
                    printf("# %s: signal %d, code %d\n", rows[k].name, sig, caught_code);
                }
                have |= (sig == SIGBUS) << at;
            }
            want |= (bad != 0) << at;
        }
        is(have, want, rows[k].name);
    }
}

/* Branches to code by BR x17, BR x3, BLR x3, and returns behind it. */
#define BRANCH(name, text) \
    static void name(char *to) \
    { \
        register uint64_t x0 __asm__("x0") = (uint64_t)to; \
        __asm__ volatile("mov x17, x0\n mov x3, x0\n adr x30, 1f\n" text "\n1:" : "+r"(x0) :: "x3", "x17", "x30", "memory"); \
    }
BRANCH(br17, "br x17")
BRANCH(br3, "br x3")
BRANCH(blr3, "blr x3")
BRANCH(ret3, "adr x30, 2f\n b 3f\n 2: b 1f\n 3: mov x4, x30\n mov x30, x3\n ret x30")

enum { NOP = 0xd503201f, BTI = 0xd503241f, BTI_C = 0xd503245f, BTI_J = 0xd503249f, BTI_JC = 0xd50324df, PACIASP = 0xd503233f,
       RET = 0xd65f03c0, BR_X3 = 0xd61f0060, ADD_X3_8 = 0x91002063, BTYPE = 3 << 10, RET_X17 = 0xd65f0220,
       MOV_X17_X30 = 0xaa1e03f1, XPACLRI = 0xd50320ff };

/* A store that ends in a page that is not there changes nothing in the one that is. */
static void test_partial(void)
{
    char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int changed = 0, faults = 0;

    munmap(page + 4096, 4096);
    for (int n = 1; n < 16; n++) {
        char *at = page + 4096 - n;
        if (sigsetjmp(out, 1)) {
            faults++;
        } else {
            asm volatile("movi v0.16b, #85\nstr q0, [%0]" :: "r"(at) : "v0", "memory");
        }
        for (int i = 0; i < n; i++) {
            changed += *(volatile char *)(at + i) != 0;
        }
    }
    is(faults, 15, "stores of 16 bytes across the end of memory fault");
    is(changed, 0, "and write no part of them");
    munmap(page, 4096);
}

static void test_landing(char *page, int guarded)
{
    static const struct { const char *name; uint32_t insn; int br17, br3, blr3; } rows[] = {
        { "nop", NOP, 1, 1, 1 }, { "bti", BTI, 1, 1, 1 }, { "bti c", BTI_C, 0, 1, 0 }, { "bti j", BTI_J, 0, 0, 1 },
        { "bti jc", BTI_JC, 0, 0, 0 }, { "paciasp", PACIASP, 0, 1, 0 },
    };

    for (unsigned k = 0; k < sizeof rows / sizeof *rows; k++) {
        uint32_t code[] = { rows[k].insn, rows[k].insn == PACIASP ? XPACLRI : NOP, RET };
        /* BR x3 comes from a page that is not guarded: as x17 */
        struct { const char *name; void (*fn)(char *); int bad, btype; } by[] = {
            { "br x17", br17, rows[k].br17, 1 }, { "br x3", br3, rows[k].br17, 1 }, { "blr x3", blr3, rows[k].blr3, 2 },
        };
        memcpy(page, code, sizeof code);
        __builtin___clear_cache(page, page + sizeof code);
        for (unsigned j = 0; j < 3; j++) {
            char name[80];
            int bad = by[j].bad && guarded;
            for (int again = 0; again < 3; again++) {
                int sig = signal_of(by[j].fn, page);
                snprintf(name, sizeof name, "%s %s: %s", guarded ? "guarded" : "not guarded", rows[k].name, by[j].name);
                is(sig, bad ? SIGILL : 0, name);
                if (sig) {
                    ok(caught_code == ILL_ILLOPC && caught_pc == (uint64_t)page, "SIGILL: of the target");
                    is((caught_pstate & BTYPE) >> 10, by[j].btype, "SIGILL: BTYPE");
                }
            }
        }
    }
}

/* From a guarded page BR by another register than x16 and x17 asks for BTI j. */
static void test_within(char *page)
{
    static const struct { uint32_t insn; int bad; } rows[] = { { BTI_C, 1 }, { BTI_J, 0 }, { BTI_JC, 0 }, { NOP, 1 } };

    for (unsigned k = 0; k < sizeof rows / sizeof *rows; k++) {
        uint32_t code[] = { BTI_JC, ADD_X3_8 | 2 << 10, BR_X3, NOP, rows[k].insn, RET };
        code[1] = 0x91004063;                                   /* add x3, x3, #16 */
        memcpy(page, code, sizeof code);
        __builtin___clear_cache(page, page + sizeof code);
        is(signal_of(blr3, page), rows[k].bad ? SIGILL : 0, "a branch within guarded pages");
    }
    uint32_t plain[] = { BTI_C, MOV_X17_X30, 0x14000002, RET, 0x17ffffff };     /* b +8; ret; b -4 */
    memcpy(page, plain, sizeof plain);
    __builtin___clear_cache(page, page + sizeof plain);
    is(signal_of(blr3, page), 0, "direct branches need no landing");
}

/* Flushing to zero: a sum of doubles has no subnormal double, but singles in its bits may be subnormal. */
static void test_flush(void)
{
    const uint64_t a[2] = { 0x3ff0000000000001, 0x3ff0000000000001 };
    uint32_t r[4];

    __asm__ volatile("msr fpcr, %2\n ld1 {v1.2d}, [%0]\n movi v2.2d, #0\n fadd v0.2d, v1.2d, v2.2d\n"
                     " fcmgt v3.4s, v0.4s, #0.0\n st1 {v3.4s}, [%1]\n msr fpcr, xzr"
                     : : "r"(a), "r"(r), "r"((uint64_t)1 << 24) : "v0", "v1", "v2", "v3", "memory");
    ok(!r[0] && r[1] == UINT32_MAX && !r[2] && r[3] == UINT32_MAX, "flushed doubles are not flushed singles");
}

/* Tagged pointers as arguments of system calls. [Linux arm64 tagged-address-abi] */

static void *tagged(const void *p)
{
    return (void *)((uint64_t)p | 0x5aull << 56);
}

static int tagging(void)
{
    return prctl(PR_GET_TAGGED_ADDR_CTRL, 0, 0, 0, 0);
}

static void *thread_tagging(void *arg)
{
    return (void *)(long)tagging();
}

/* The exit status of a process that execs program with its arguments and their vector tagged; of fork's child itself,
 * if program is NULL. */
static int child_status(const char *program, const char *arg, const char *arg2)
{
    char *argv[] = { tagged("sh"), tagged(arg), arg2 ? tagged(arg2) : NULL, NULL }, *envp[] = { tagged("A=7"), NULL };
    int status;

    if (fork() == 0) {
        if (program) {
            syscall(SYS_execve, tagged(program), tagged(argv), tagged(envp));
            _exit(100 + errno);
        }
        _exit(tagging());
    }
    wait(&status);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -status;
}

static volatile uint64_t handler_sp;

static void on_alternate(int sig)
{
    int on_stack;

    handler_sp = (uint64_t)tagged(&on_stack) == (uint64_t)&on_stack;
}

static void test_tagged_stack(void)
{
    const size_t size = 65536;
    stack_t stack = { .ss_sp = tagged(malloc(size)), .ss_size = size }, none = { .ss_flags = SS_DISABLE };
    struct sigaction sa = { .sa_handler = on_alternate, .sa_flags = SA_ONSTACK };

    sigaltstack(tagged(&stack), NULL);
    sigaction(SIGUSR1, &sa, NULL);
    raise(SIGUSR1);
    is(handler_sp, 1, "a handler on a stack with a tag");
    sigaltstack(&none, NULL);
}

static void test_messages(void)
{
    char a[4] = "abc", b[4] = "de", in[8] = "", in2[8] = "", control[64];
    struct iovec out[2] = { { tagged(a), 3 }, { tagged(b), 2 } }, into[2] = { { tagged(in), 4 }, { tagged(in2), 8 } };
    struct msghdr m = { .msg_iov = tagged(out), .msg_iovlen = 2 };
    int fds[2];

    socketpair(AF_UNIX, SOCK_STREAM, 0, tagged(fds));
    is(writev(fds[0], tagged(out), 2), 5, "writev");
    is(readv(fds[1], tagged(into), 2), 5, "readv");
    ok(!strcmp(in, "abcd") && !strcmp(in2, "e"), "what was read");
    is(sendmsg(fds[0], tagged(&m), 0), 5, "sendmsg");
    m = (struct msghdr){ .msg_iov = tagged(into), .msg_iovlen = 2, .msg_control = tagged(control), .msg_controllen = 64 };
    is(recvmsg(fds[1], tagged(&m), MSG_CMSG_CLOEXEC), 5, "recvmsg");
    is(m.msg_controllen, 0, "what the kernel told");
    ok(m.msg_iov == tagged(into) && m.msg_control == tagged(control), "pointers are left as they were");
    into[0].iov_base = (void *)8;
    write(fds[0], a, 3);
    fails(readv(fds[1], tagged(into), 1), EFAULT, "a bad pointer is still bad");
    fails(readv(fds[1], tagged(into), 2000), EINVAL, "too many parts");
    close(fds[0]);
    close(fds[1]);
}

static void test_tagged(const char *self)
{
    char text[64] = "text", *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct timespec now = { 0, 0 }, none = { 0, 0 };
    struct stat st;
    pthread_t other;
    void *its;
    uint32_t word = 1;
    int fds[2];

    pipe(fds);
    *(char *)tagged(page) = 'p';
    is(page[0], 'p', "an access drops the tag");
    is(tagging(), 0, "not enabled");
    fails(write(fds[1], tagged(text), 4), EFAULT, "so the kernel takes no tag");
    fails(prctl(PR_SET_TAGGED_ADDR_CTRL, 1, 1, 0, 0), EINVAL, "arguments that have to be 0");
    fails(prctl(PR_GET_TAGGED_ADDR_CTRL, 0, 0, 1, 0), EINVAL, "here too");
    fails(prctl(PR_SET_TAGGED_ADDR_CTRL, 1ul << 20, 0, 0, 0), EINVAL, "a mode that is not there");
    is(prctl(PR_SET_TAGGED_ADDR_CTRL, PR_TAGGED_ADDR_ENABLE, 0, 0, 0), 0, "enabling");
    is(tagging(), PR_TAGGED_ADDR_ENABLE, "it is enabled");
    is(write(fds[1], tagged(text), 4), 4, "write");
    is(read(fds[0], tagged(page), 4), 4, "read");
    ok(!memcmp(page, "text", 4), "what came");
    is(stat(tagged("/"), tagged(&st)) == 0 && S_ISDIR(st.st_mode), 1, "a path and a structure");
    is(syscall(SYS_clock_gettime, CLOCK_REALTIME, tagged(&now)) == 0 && now.tv_sec > 1000, 1, "clock_gettime");
    fails(syscall(SYS_futex, tagged(&word), FUTEX_WAIT, 1, tagged(&none), 0, 0), ETIMEDOUT, "futex");
    is(syscall(SYS_getcwd, tagged(text), sizeof text) > 0 && text[0] == '/', 1, "getcwd");
    is(fcntl(fds[0], F_GETLK, tagged(&(struct flock){ .l_type = F_RDLCK })) == 0 || errno == EINVAL || errno == EBADF, 1, "fcntl");
    test_messages();
    test_tagged_stack();
    is((long)prctl(PR_SET_NAME, tagged("tagged"), 0, 0, 0), 0, "prctl with a string");
    ok((uint64_t)syscall(SYS_brk, tagged(sbrk(0))) == (uint64_t)sbrk(0), "brk takes none");
    fails((long)mmap(tagged(page), 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), ENOMEM, "nor mmap");
    is(mprotect(tagged(page), 4096, PROT_READ), 0, "mprotect does");
    is(munmap(tagged(page), 4096), 0, "munmap does");
    pthread_create(&other, NULL, thread_tagging, NULL);
    pthread_join(other, &its);
    is((long)its, PR_TAGGED_ADDR_ENABLE, "a thread inherits it");
    is(child_status(NULL, "", NULL), PR_TAGGED_ADDR_ENABLE, "a process too");
    is(child_status(self, "tagging", NULL), 70, "a new program does not, and has its environment");
    is(prctl(PR_SET_TAGGED_ADDR_CTRL, 0, 0, 0, 0), 0, "disabling");
    fails(write(fds[1], tagged(text), 4), EFAULT, "it is disabled");
    close(fds[0]);
    close(fds[1]);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        return tagging() + 10 * atoi(getenv("A"));
    }
    struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_NODEFER };

    sigaction(SIGBUS, &sa, NULL);
    sigaction(SIGILL, &sa, NULL);
    sigaction(SIGSEGV, &sa, NULL);
    test_align();
    test_flush();
    test_partial();
    test_tagged(argv[0]);
    int rwx = PROT_READ | PROT_WRITE | PROT_EXEC;
    char *page = mmap(NULL, 4096, rwx, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    test_landing(page, 0);
    ok(mprotect(page, 4096, rwx | PROT_BTI) == 0, "mprotect with PROT_BTI");
    test_landing(page, 1);
    test_within(page);
    is(signal_of(ret3, (memcpy(page, &(uint32_t[]){ 0xaa0403fe, RET }, 8), __builtin___clear_cache(page, page + 8), page)), 0,
       "RET needs no landing");
    ok(mprotect(page, 4096, rwx) == 0, "mprotect without PROT_BTI");
    test_landing(page, 0);
    return tap_done();
}
