/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Secure computing. [man 2 seccomp] [kernel userspace-api/seccomp_filter]
 *
 * Filters form a chain from the newest to the oldest; a chain is never changed, so threads and forks
 * share it, and nothing is freed: a filter lives as long as its process. All filters of a chain are
 * run, and the most restrictive answer counts.
 *
 * DEVIATION: there is nobody to trace or to be notified, so SECCOMP_RET_TRACE means ENOSYS, as
 * without a tracer, and listeners are refused. A filter that would see the emulator's own calls sees
 * the guest's only.
 */
#include "seccomp.h"
#include "guestmem.h"
#include "syscall.h"
#include "target.h"
#include "thread.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"

#ifndef SECCOMP_FILTER_FLAG_TSYNC_ESRCH
#define SECCOMP_FILTER_FLAG_TSYNC_ESRCH (1UL << 4)
#endif

#define FLAGS_KNOWN (SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG | \
                     SECCOMP_FILTER_FLAG_SPEC_ALLOW | SECCOMP_FILTER_FLAG_TSYNC_ESRCH)
#define MAX_TOTAL 32768         /* instructions of a chain, with 4 for each filter */
#define SYS_SECCOMP_CODE 1      /* si_code of SIGSYS */

/* PR_SET_SYSCALL_USER_DISPATCH, its selector, and the code of its SIGSYS. [include/uapi/linux/prctl.h] */
enum { DISPATCH_OFF, DISPATCH_ON, SELECT_ALLOW = 0, SELECT_BLOCK = 1, SYS_USER_DISPATCH_CODE = 2, SIGRETURN_BYTES = 8 };

typedef struct LuSecFilter {
    struct LuSecFilter *older;
    unsigned total;             /* of this and all older ones */
    unsigned n;
    struct sock_filter code[];
} LuSecFilter;

/* Checking a program */

/* The instructions a seccomp filter may have. [kernel Documentation/networking/filter] */
static bool known_code(uint16_t code)
{
    switch (BPF_CLASS(code)) {
    case BPF_LD:
        return code == (BPF_LD | BPF_W | BPF_ABS) || code == (BPF_LD | BPF_IMM) ||
               code == (BPF_LD | BPF_MEM) || code == (BPF_LD | BPF_W | BPF_LEN);
    case BPF_LDX:
        return code == (BPF_LDX | BPF_IMM) || code == (BPF_LDX | BPF_MEM) ||
               code == (BPF_LDX | BPF_W | BPF_LEN);
    case BPF_ST: case BPF_STX:
        return code == BPF_ST || code == BPF_STX;
    case BPF_ALU:
        return code == (BPF_ALU | BPF_NEG) ||
               (!(code & ~(0xf0 | BPF_X | BPF_ALU)) && BPF_OP(code) <= BPF_XOR && BPF_OP(code) != BPF_NEG &&
                BPF_OP(code) != BPF_MOD);
    case BPF_JMP:
        return code == (BPF_JMP | BPF_JA) ||
               (!(code & ~(0xf0 | BPF_X | BPF_JMP)) && BPF_OP(code) >= BPF_JEQ && BPF_OP(code) <= BPF_JSET);
    case BPF_RET:
        return code == (BPF_RET | BPF_K) || code == (BPF_RET | BPF_A);
    default:
        return code == (BPF_MISC | BPF_TAX) || code == (BPF_MISC | BPF_TXA);
    }
}

static bool valid_insn(const LuSecFilter *f, unsigned i)
{
    const struct sock_filter *s = &f->code[i];
    uint64_t left = f->n - i - 1;

    if (!known_code(s->code)) {
        return false;
    }
    if (s->code == (BPF_LD | BPF_W | BPF_ABS)) {
        return s->k + 4ull <= sizeof(struct seccomp_data) && !(s->k & 3);
    }
    if (s->code == (BPF_LD | BPF_MEM) || s->code == (BPF_LDX | BPF_MEM) || s->code == BPF_ST || s->code == BPF_STX) {
        return s->k < BPF_MEMWORDS;
    }
    if (BPF_CLASS(s->code) == BPF_ALU && BPF_SRC(s->code) == BPF_K) {
        unsigned op = BPF_OP(s->code);
        return !(op == BPF_DIV && s->k == 0) && !((op == BPF_LSH || op == BPF_RSH) && s->k >= 32);
    }
    if (s->code == (BPF_JMP | BPF_JA)) {
        return s->k < left;
    }
    return BPF_CLASS(s->code) != BPF_JMP || (s->jt < left && s->jf < left);
}

/* Jumps go forward only, so a program whose last instruction returns always ends. A scratch word
 * must have been written on every way to where it is read. */
static bool valid_program(const LuSecFilter *f)
{
    uint16_t *known = malloc(f->n * sizeof *known), now = 0;
    bool good = known && BPF_CLASS(f->code[f->n - 1].code) == BPF_RET;

    memset(known, 0xff, known ? f->n * sizeof *known : 0);
    for (unsigned i = 0; good && i < f->n; i++) {
        const struct sock_filter *s = &f->code[i];
        good = valid_insn(f, i);
        now &= known[i];
        switch (good ? s->code : 0xffff) {
        case BPF_ST: case BPF_STX:
            now |= (uint16_t)(1u << s->k);
            break;
        case BPF_LD | BPF_MEM: case BPF_LDX | BPF_MEM:
            good = now >> s->k & 1;
            break;
        case BPF_JMP | BPF_JA:
            known[i + 1 + s->k] &= now;
            now = 0xffff;
            break;
        default:
            if (good && BPF_CLASS(s->code) == BPF_JMP) {
                known[i + 1 + s->jt] &= now;
                known[i + 1 + s->jf] &= now;
                now = 0xffff;
            }
        }
    }
    free(known);
    return good;
}

/* Running */

static uint32_t alu(unsigned op, uint32_t a, uint32_t b)
{
    switch (op) {
    case BPF_ADD: return a + b;
    case BPF_SUB: return a - b;
    case BPF_MUL: return a * b;
    case BPF_DIV: return b ? a / b : 0;
    case BPF_OR:  return a | b;
    case BPF_AND: return a & b;
    case BPF_LSH: return a << (b & 31);
    case BPF_RSH: return a >> (b & 31);
    case BPF_XOR: return a ^ b;
    default:      return -a;
    }
}

static bool test(unsigned op, uint32_t a, uint32_t b)
{
    switch (op) {
    case BPF_JEQ: return a == b;
    case BPF_JGT: return a > b;
    case BPF_JGE: return a >= b;
    default:      return (a & b) != 0;
    }
}

static uint32_t run(const LuSecFilter *f, const struct seccomp_data *data)
{
    uint32_t a = 0, x = 0, mem[BPF_MEMWORDS] = { 0 };

    for (const struct sock_filter *s = f->code;; s++) {
        uint32_t b = BPF_SRC(s->code) == BPF_X ? x : s->k;
        switch (s->code) {
        case BPF_LD | BPF_W | BPF_ABS: memcpy(&a, (const char *)data + s->k, 4); break;
        case BPF_LD | BPF_IMM:         a = s->k; break;
        case BPF_LD | BPF_MEM:         a = mem[s->k]; break;
        case BPF_LD | BPF_W | BPF_LEN: a = sizeof *data; break;
        case BPF_LDX | BPF_IMM:        x = s->k; break;
        case BPF_LDX | BPF_MEM:        x = mem[s->k]; break;
        case BPF_LDX | BPF_W | BPF_LEN: x = sizeof *data; break;
        case BPF_ST:                   mem[s->k] = a; break;
        case BPF_STX:                  mem[s->k] = x; break;
        case BPF_MISC | BPF_TAX:       x = a; break;
        case BPF_MISC | BPF_TXA:       a = x; break;
        case BPF_RET | BPF_K:          return s->k;
        case BPF_RET | BPF_A:          return a;
        case BPF_JMP | BPF_JA:         s += s->k; break;
        default:
            if (BPF_CLASS(s->code) == BPF_ALU) {
                if (s->code == (BPF_ALU | BPF_DIV | BPF_X) && x == 0) {
                    return 0;
                }
                a = alu(BPF_OP(s->code), a, b);
            } else {
                s += test(BPF_OP(s->code), a, b) ? s->jt : s->jf;
            }
        }
    }
}

static uint32_t audit_arch(void)
{
    return (uint32_t)lu_target->abi->elf_machine | __AUDIT_ARCH_64BIT | __AUDIT_ARCH_LE;
}

/* SIGSYS with what the handler may want to know; the registers are still those before the call. */
static int64_t raise_sigsys(LuThread *t, unsigned nr, int code, uint32_t data)
{
    siginfo_t info = { .si_signo = SIGSYS, .si_errno = (int)data, .si_code = code };

    info.si_call_addr = (void *)t->env->pc;
    info.si_syscall = (int)nr;
    info.si_arch = audit_arch();
    lu_signal_force_info(t, &info);
    return -LU_ENORESULT;
}

static int64_t perform(LuThread *t, uint32_t answer, unsigned nr)
{
    uint32_t data = answer & SECCOMP_RET_DATA;

    switch (answer & SECCOMP_RET_ACTION_FULL) {
    case SECCOMP_RET_ERRNO:
        return -(int64_t)(data > 4095 ? 4095 : data);
    case SECCOMP_RET_TRAP:
        return raise_sigsys(t, nr, SYS_SECCOMP_CODE, data);
    case SECCOMP_RET_TRACE:
    case SECCOMP_RET_USER_NOTIF:
        return -ENOSYS;
    case SECCOMP_RET_KILL_THREAD:
        if (lu_thread_count() > 1) {
            return lu_thread_exit(t, SIGSYS);
        }
        lu_signal_die(SIGSYS);
    default:
        lu_signal_die(SIGSYS);
    }
}

bool lu_seccomp_allows(LuThread *t, unsigned nr, const uint64_t *a, int64_t *result)
{
    struct seccomp_data data = {
        .nr = (int)nr, .arch = audit_arch(), .instruction_pointer = t->env->pc,
        .args = { a[0], a[1], a[2], a[3], a[4], a[5] },
    };
    uint32_t answer = SECCOMP_RET_ALLOW;

    if (t->seccomp_strict) {
        const char *name = nr < LU_NROWS ? lu_sys_rows[nr].name : NULL;
        if (name && (!strcmp(name, "read") || !strcmp(name, "write") || !strcmp(name, "exit") ||
                     !strcmp(name, "rt_sigreturn"))) {
            return true;
        }
        lu_signal_die(SIGKILL);
    }
    for (const LuSecFilter *f = t->seccomp; f; f = f->older) {
        uint32_t r = run(f, &data);
        /* As signed numbers the more restrictive action is the smaller one. */
        if ((int32_t)(r & SECCOMP_RET_ACTION_FULL) < (int32_t)(answer & SECCOMP_RET_ACTION_FULL)) {
            answer = r;
        }
    }
    switch (answer & SECCOMP_RET_ACTION_FULL) {
    case SECCOMP_RET_ALLOW: case SECCOMP_RET_LOG:
        return true;
    default:
        *result = perform(t, answer, nr);
        return false;
    }
}

/* Installing */

static bool allowed_to_filter(void)
{
    struct { uint32_t version; int pid; } head = { 0x20080522, 0 };
    struct { uint32_t effective, permitted, inheritable; } caps[2] = { { 0, 0, 0 } };

    if (LU_RAW5(SYS_prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1) {
        return true;
    }
    return LU_RAW2(SYS_capget, &head, caps) == 0 && (caps[0].effective >> 21 & 1);    /* CAP_SYS_ADMIN */
}

static LuSecFilter *new_filter(LuSecFilter *older, unsigned n)
{
    LuSecFilter *f = malloc(sizeof *f + n * sizeof f->code[0]);

    if (f) {
        f->older = older;
        f->n = n;
        f->total = n + (older ? older->total + 4 : 0);
    }
    return f;
}

static int64_t add_filter(LuThread *t, unsigned flags, uint64_t arg)
{
    struct { uint16_t len; uint8_t pad[6]; uint64_t code; } prog;

    if (flags & ~(unsigned)FLAGS_KNOWN) {
        if (flags & (1u << 3)) {
            log_unimp("seccomp: SECCOMP_FILTER_FLAG_NEW_LISTENER\n");
        }
        return -EINVAL;
    }
    if (!lu_copy_from_guest(&prog, arg, sizeof prog)) {
        return -EFAULT;
    }
    if (prog.len == 0 || prog.len > BPF_MAXINSNS) {
        return -EINVAL;
    }
    if (!allowed_to_filter()) {
        return -EACCES;
    }
    LuSecFilter *f = new_filter(t->seccomp, prog.len);
    if (!f) {
        return -ENOMEM;
    }
    int64_t r = !lu_copy_from_guest(f->code, prog.code, prog.len * sizeof f->code[0]) ? -EFAULT
                : !valid_program(f)                                                  ? -EINVAL
                : f->total > MAX_TOTAL                                               ? -ENOMEM
                                                                                     : 0;
    if (r == 0 && (flags & SECCOMP_FILTER_FLAG_TSYNC)) {
        pid_t odd = lu_thread_each_filter(t->seccomp, f);
        r = !odd ? 0 : flags & SECCOMP_FILTER_FLAG_TSYNC_ESRCH ? -ESRCH : odd;
    }
    if (r) {
        free(f);
        return r;
    }
    t->seccomp = f;
    return 0;
}

bool lu_seccomp_extends(const LuSecFilter *whole, const LuSecFilter *part)
{
    while (whole && whole != part) {
        whole = whole->older;
    }
    return whole == part;
}

static int64_t set_strict(LuThread *t)
{
    if (t->seccomp) {
        return -EINVAL;
    }
    t->seccomp_strict = true;
    return 0;
}

static int64_t action_available(uint64_t arg)
{
    uint32_t action;

    if (!lu_copy_from_guest(&action, arg, sizeof action)) {
        return -EFAULT;
    }
    switch (action) {
    case SECCOMP_RET_KILL_PROCESS: case SECCOMP_RET_KILL_THREAD: case SECCOMP_RET_TRAP:
    case SECCOMP_RET_ERRNO: case SECCOMP_RET_TRACE: case SECCOMP_RET_LOG: case SECCOMP_RET_ALLOW:
        return 0;
    default:
        return -EOPNOTSUPP;
    }
}

/* Dispatch of system calls by the program itself. [kernel Documentation/admin-guide/syscall-user-dispatch.rst] */

int64_t lu_dispatch_set(LuThread *t, const uint64_t *a)
{
    const uint64_t mode = a[0], start = a[1], len = a[2], selector = a[3];

    if (mode == DISPATCH_OFF) {
        if (start || len || selector) {
            return -EINVAL;
        }
        t->dispatch = false;
        return 0;
    }
    if (mode != DISPATCH_ON || (start && start + len <= start)) {
        return -EINVAL;
    }
    if (selector >> 47) {
        return -EFAULT;
    }
    t->dispatch = true;
    t->dispatch_start = start;
    t->dispatch_len = len;
    t->dispatch_selector = selector;
    return 0;
}

bool lu_dispatch_allows(LuThread *t, unsigned nr, int64_t *result)
{
    uint8_t selector = SELECT_BLOCK;

    if (t->env->pc - t->dispatch_start < t->dispatch_len || t->env->pc - lu_sigreturn_addr <= SIGRETURN_BYTES) {
        return true;
    }
    if (t->dispatch_selector && !lu_copy_from_guest(&selector, t->dispatch_selector, 1)) {
        lu_signal_die(SIGSEGV);
    }
    if (selector == SELECT_ALLOW) {
        return true;
    }
    if (selector != SELECT_BLOCK) {
        lu_signal_die(SIGSYS);
    }
    *result = raise_sigsys(t, nr, SYS_USER_DISPATCH_CODE, 0);
    return false;
}

int64_t lu_seccomp(LuThread *t, unsigned op, unsigned flags, uint64_t arg)
{
    switch (op) {
    case SECCOMP_SET_MODE_STRICT:
        return flags || arg ? -EINVAL : set_strict(t);
    case SECCOMP_SET_MODE_FILTER:
        return t->seccomp_strict ? -EINVAL : add_filter(t, flags, arg);
    case SECCOMP_GET_ACTION_AVAIL:
        return flags ? -EINVAL : action_available(arg);
    default:
        return -EINVAL;
    }
}

/* Across execve: the chain as an array of lengths and programs, the oldest first. */

#define SAVE_MAGIC 0x7365636366696c74ull

static void write_chain(int fd, const LuSecFilter *f, bool *good)
{
    if (!f) {
        return;
    }
    write_chain(fd, f->older, good);
    size_t bytes = f->n * sizeof f->code[0];
    *good = *good && write(fd, &f->n, sizeof f->n) == sizeof f->n && write(fd, f->code, bytes) == (ssize_t)bytes;
}

int lu_seccomp_save(const LuThread *t)
{
    uint64_t magic = SAVE_MAGIC;

    if (!t->seccomp) {
        return -1;
    }
    int fd = (int)LU_RAW2(SYS_memfd_create, "filters", 0);
    if (fd < 0) {
        return fd;
    }
    bool good = write(fd, &magic, sizeof magic) == sizeof magic;
    write_chain(fd, t->seccomp, &good);
    if (!good) {
        close(fd);
        return -ENOMEM;
    }
    return fd;
}

bool lu_seccomp_load(LuThread *t, int fd)
{
    uint64_t magic = 0;
    unsigned n;

    lseek(fd, 0, SEEK_SET);
    bool good = read(fd, &magic, sizeof magic) == sizeof magic && magic == SAVE_MAGIC;
    while (good && read(fd, &n, sizeof n) == sizeof n) {
        LuSecFilter *f = n && n <= BPF_MAXINSNS ? new_filter(t->seccomp, n) : NULL;
        ssize_t bytes = (ssize_t)(n * sizeof f->code[0]);
        good = f && read(fd, f->code, (size_t)bytes) == bytes && valid_program(f);
        if (good) {
            t->seccomp = f;
        }
    }
    close(fd);
    return good;
}
