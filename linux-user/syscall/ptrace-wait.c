/* SPDX-License-Identifier: BSD-2-Clause */
/* The tracer's side of ptrace: stops of the host become stops of the guest. trace.h says how. [man 2 ptrace]
 *
 * 1. A report of the tracee's is shown as what it reports.
 * 2. A signal that the kernel is about to deliver stops the tracee anywhere: it is kept here, the tracee is asked for a
 *    report, and the signal is shown with that.
 * 3. Faults of the tracee's host code are the emulator's business: passed on unseen. So is the signal that the emulator
 *    raises to die or stop of it.
 * 4. exec and new threads announce themselves; the kernel's own stops for them are not shown.
 */
#include "syscall/ptrace.h"
#include "guestmem.h"
#include "host.h"
#include "syscall.h"
#include "target.h"

#include "base/forked.h"

#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

BASE_FORKED bool lu_ptrace_any, lu_ptrace_writes;

static BASE_FORKED pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static BASE_FORKED LuTracee *tracees, *unused;

void lu_ptrace_lock(void)
{
    pthread_mutex_lock(&lock);
}

void lu_ptrace_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

void lu_ptrace_fork_begin(void)
{
    lu_ptrace_lock();
}

/* Nothing is freed here: a child that the kernel made may not use libc's allocator yet. */
void lu_ptrace_fork_end(bool child)
{
    LuTracee **end = &unused;

    if (child) {
        while (*end) {
            end = &(*end)->next;
        }
        *end = tracees;
        tracees = NULL;
        lu_ptrace_any = lu_ptrace_writes = false;
    }
    lu_ptrace_unlock();
}

LuTracee *lu_tracee_find(pid_t tid)
{
    LuTracee *p = tracees;

    while (p && p->tid != tid) {
        p = p->next;
    }
    return p;
}

LuTracee *lu_tracee_add(pid_t tid)
{
    LuTracee *p = lu_tracee_find(tid);

    if (p) {
        return p;
    }
    p = unused;
    if (p) {
        unused = p->next;
        memset(p, 0, sizeof *p);
    } else {
        p = calloc(1, sizeof *p);
    }
    if (p) {
        p->tid = tid;
        lu_ptrace_any = true;
        p->next = tracees;
        tracees = p;
    }
    return p;
}

void lu_tracee_remove(pid_t tid)
{
    for (LuTracee **p = &tracees; *p; p = &(*p)->next) {
        if ((*p)->tid == tid) {
            LuTracee *old = *p;
            *p = old->next;
            free(old);
            break;
        }
    }
}

bool lu_tracee_read(LuTracee *p, uint64_t at, void *to, size_t n)
{
    struct iovec here = { to, n }, there = { (void *)at, n };

    return lu_raw(SYS_process_vm_readv, (uint64_t)p->tid, (uint64_t)&here, 1, (uint64_t)&there, 1, 0) == (long)n;
}

bool lu_tracee_write(LuTracee *p, size_t offset, const void *from, size_t n)
{
    struct iovec here = { (void *)(uintptr_t)from, n }, there = { (void *)(p->at + offset), n };

    return p->at
        && lu_raw(SYS_process_vm_writev, (uint64_t)p->tid, (uint64_t)&here, 1, (uint64_t)&there, 1, 0) == (long)n;
}

static long host(int request, pid_t tid, uint64_t addr, uint64_t data)
{
    return LU_RAW4(SYS_ptrace, request, tid, addr, data);
}

/* Its siblings have our name but for the architecture. */
bool lu_ptrace_native(pid_t tid)
{
    char link[64], path[PATH_MAX];
    struct stat own, other;

    snprintf(link, sizeof link, "/proc/%d/exe", (int)tid);
    if (!stat("/proc/self/exe", &own) && !stat(link, &other) && own.st_dev == other.st_dev
        && own.st_ino == other.st_ino) {
        return false;
    }
    ssize_t n = readlink(link, path, sizeof path - 1);
    path[n > 0 ? n : 0] = 0;
    const char *slash = strrchr(path, '/');
    return !slash || strncmp(slash + 1, "rhea-", 5) != 0;
}

uint64_t lu_ptrace_host_options(bool native, uint64_t options)
{
    const uint64_t kernel = PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEVFORKDONE
        | PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL;

    return native ? options : (options & kernel) | PTRACE_O_TRACEEXEC;
}

static void set_host_options(LuTracee *p)
{
    p->prepared = host(PTRACE_SETOPTIONS, p->tid, 0, lu_ptrace_host_options(false, p->options)) == 0;
}

/* The process of a thread, and its parent. [man 5 proc, /proc/pid/status] */
static pid_t process_of(pid_t tid, pid_t *parent)
{
    char name[48], line[256];
    pid_t tgid = tid;

    snprintf(name, sizeof name, "/proc/%d/status", (int)tid);
    FILE *f = fopen(name, "re");
    while (f && fgets(line, sizeof line, f)) {
        sscanf(line, "Tgid: %d", &tgid);
        if (sscanf(line, "PPid: %d", parent) == 1) {
            break;
        }
    }
    if (f) {
        fclose(f);
    }
    return tgid;
}

void lu_tracee_ask(const LuTracee *p)
{
    siginfo_t info;
    pid_t parent, tgid = process_of(p->tid, &parent);

    memset(&info, 0, sizeof info);
    info.si_signo = SIGBUS;
    info.si_code = LU_SI_TRACE;
    LU_RAW4(SYS_rt_tgsigqueueinfo, tgid, p->tid, SIGBUS, &info);
}

static void make_info(LuTracee *p, int sig, int code)
{
    siginfo_t info;

    memset(&info, 0, sizeof info);
    info.si_signo = sig;
    info.si_code = code;
    if (code == SI_USER) {
        info.si_pid = (pid_t)LU_RAW1(SYS_getpid, 0);
        info.si_uid = (uid_t)LU_RAW1(SYS_getuid, 0);
    }
    memcpy(p->info, &info, sizeof p->info);
}

long lu_tracee_resume(LuTracee *p, unsigned go, int sig)
{
    int now = 0;

    if (p->native) {
        p->stop = LU_STOP_NONE;
        return host(go == LU_TRACE_SYSCALL ? PTRACE_SYSCALL : go == LU_TRACE_STEPPING ? PTRACE_SINGLESTEP : PTRACE_CONT,
                    p->tid, 0, (uint64_t)sig);
    }
    p->go = go;
    if (p->at) {
        LU_TRACEE_PUT(p, go, go);
        LU_TRACEE_PUT(p, options, p->options);
    }
    if (p->exact && p->stop != LU_STOP_NONE) {
        memcpy(&now, p->info, sizeof now);
        if (sig && (p->stop != LU_STOP_SIGNAL || now != sig)) {
            make_info(p, sig, SI_USER);
        }
        if (sig && (p->stop != LU_STOP_EVENT || p->event == PTRACE_EVENT_EXEC)) {
            lu_tracee_write(p, offsetof(LuTrace, info), p->info, sizeof p->info);
            LU_TRACEE_PUT(p, deliver, 1);
        }
    }
    if (p->exact && lu_ptrace_writes) {
        LU_TRACEE_PUT(p, flush, 1);
    }
    if (p->nheld || p->interrupt || (!p->at && !p->starting)) {
        lu_tracee_ask(p);
    }
    p->stop = LU_STOP_NONE;
    p->exact = false;
    return host(PTRACE_CONT, p->tid, 0, 0);
}

/* Goes on with what the guest asked for last. */
static bool unseen(LuTracee *p, int sig)
{
    p->exact = false;
    host(PTRACE_CONT, p->tid, 0, (uint64_t)sig);
    return false;
}

static bool show(LuTracee *p, LuStopKind kind, int sig, int event, int *status)
{
    p->stop = kind;
    p->event = event;
    *status = (event << 8 | sig) << 8 | 0x7f;
    return true;
}

static bool show_held(LuTracee *p, int *status)
{
    int sig;

    memcpy(p->info, p->held[0], sizeof p->info);
    memmove(p->held[0], p->held[1], sizeof p->held[0] * --p->nheld);
    memcpy(&sig, p->info, sizeof sig);
    return show(p, LU_STOP_SIGNAL, sig, 0, status);
}

static bool reported(LuTracee *p, uint64_t at, int *status)
{
    const int trap = SIGTRAP | (p->options & PTRACE_O_TRACESYSGOOD ? 0x80 : 0);
    int sig;

    p->at = at;
    if (!lu_tracee_read(p, at, &p->now, sizeof p->now) || p->now.magic != LU_TRACE_MAGIC
        || p->now.machine != lu_target->abi->elf_machine) {
        p->at = 0;
        p->native = true;           /* another guest's, or another version of ours */
        return unseen(p, 0);
    }
    p->exact = true;
    p->starting = p->fresh = false;
    switch (p->now.kind) {
    case LU_TRACE_START:
        make_info(p, p->seized ? SIGTRAP : SIGSTOP, p->seized ? SIGTRAP | LU_EVENT_STOP << 8 : SI_USER);
        return p->seized ? show(p, LU_STOP_EVENT, SIGTRAP, LU_EVENT_STOP, status)
                         : show(p, LU_STOP_SIGNAL, SIGSTOP, 0, status);
    case LU_TRACE_EXEC:
        make_info(p, SIGTRAP, p->options & PTRACE_O_TRACEEXEC ? SIGTRAP | PTRACE_EVENT_EXEC << 8 : SI_USER);
        if (p->options & PTRACE_O_TRACEEXEC) {
            return show(p, LU_STOP_EVENT, SIGTRAP, PTRACE_EVENT_EXEC, status);
        }
        if (!p->seized) {
            return show(p, LU_STOP_SIGNAL, SIGTRAP, 0, status);
        }
        break;
    case LU_TRACE_ENTER: case LU_TRACE_LEAVE:
        p->message = p->now.kind == LU_TRACE_ENTER ? 1 : 2;
        make_info(p, SIGTRAP, trap);
        return show(p, LU_STOP_SYSCALL, trap, 0, status);
    case LU_TRACE_STEP:
        make_info(p, SIGTRAP, TRAP_TRACE);
        return show(p, LU_STOP_SIGNAL, SIGTRAP, 0, status);
    case LU_TRACE_SIGNAL:
        memcpy(p->info, p->now.info, sizeof p->info);
        memcpy(&sig, p->info, sizeof sig);
        return show(p, LU_STOP_SIGNAL, sig, 0, status);
    default:
        if (p->nheld) {
            return show_held(p, status);
        }
        if (p->interrupt) {
            p->interrupt = false;
            make_info(p, SIGTRAP, SIGTRAP | LU_EVENT_STOP << 8);
            return show(p, LU_STOP_EVENT, SIGTRAP, LU_EVENT_STOP, status);
        }
    }
    LU_TRACEE_PUT(p, go, p->go);
    LU_TRACEE_PUT(p, options, p->options);
    return unseen(p, 0);
}

/* exec starts a program with all registers 0. [kernel arch/x86/include/asm/elf.h: ELF_PLAT_INIT] */
static bool is_new_program(pid_t tid)
{
    struct user_regs_struct r;

    return host(PTRACE_GETREGS, tid, 0, (uint64_t)&r) == 0
        && !(r.rax | r.rbx | r.rdx | r.rsi | r.rdi | r.rbp | r.r8 | r.r9 | r.r10 | r.r12 | r.r13 | r.r14 | r.r15);
}

static bool begins(LuTracee *p)
{
    p->at = 0;
    p->starting = true;
    p->fresh = false;
    p->nheld = 0;
    set_host_options(p);
    p->native = lu_ptrace_native(p->tid);
    return unseen(p, 0);
}

/* The kernel is about to deliver info's signal. */
static bool at_signal(LuTracee *p, siginfo_t *info, int *status)
{
    const int sig = info->si_signo;
    uint32_t zero = 0;

    if (p->native) {
        memcpy(p->info, info, sizeof p->info);
        return show(p, LU_STOP_SIGNAL, sig, 0, status);
    }
    if (sig == SIGBUS && info->si_code == LU_SI_REPORT) {
        return reported(p, (uint64_t)info->si_value.sival_ptr, status);
    }
    if ((sig == SIGSEGV || sig == SIGBUS) && (info->si_code > 0 || (sig == SIGBUS && info->si_code == LU_SI_TRACE))) {
        return unseen(p, sig);
    }
    if (sig == SIGTRAP && !p->starting && is_new_program(p->tid)) {
        begins(p);
        return false;
    }
    if (p->fresh && sig == SIGSTOP) {
        p->fresh = false;
        p->starting = true;
        return unseen(p, 0);
    }
    if (p->at && lu_tracee_read(p, p->at, &p->now, sizeof p->now) && p->now.pass) {
        lu_tracee_write(p, offsetof(LuTrace, pass), &zero, sizeof zero);
        return unseen(p, sig);
    }
    if (p->nheld < LU_HELD_SIGNALS) {
        memcpy(p->held[p->nheld++], info, sizeof p->held[0]);
    }
    if (p->starting) {
        return unseen(p, 0);
    }
    siginfo_t question;
    memset(&question, 0, sizeof question);
    question.si_signo = SIGBUS;
    question.si_code = LU_SI_TRACE;
    host(PTRACE_SETSIGINFO, p->tid, 0, (uint64_t)&question);
    return unseen(p, SIGBUS);
}

/* A thread that the emulator has made for itself: let go. If its stop was faster than its news, it runs already. Else
 * it is about to stop, or is killed: it is not waited for, as a wait of another thread may take the stop. */
static void release_helper(pid_t tid)
{
    LuTracee *p = lu_tracee_find(tid);
    int status;

    if (p) {
        p->helper = true;
        return;
    }
    while (host(PTRACE_DETACH, tid, 0, 0)) {
        long r = LU_RAW4(SYS_wait4, tid, &status, __WALL | WNOHANG, NULL);
        if (r == -ECHILD || (r == tid && !WIFSTOPPED(status))) {
            return;
        }
        LU_RAW1(SYS_sched_yield, 0);
    }
}

/* The kernel traces child with what it has of p. */
static void born_of(LuTracee *child, const LuTracee *p)
{
    child->fresh = true;
    child->seized = p->seized;
    child->options = p->options;
    child->prepared = true;
}

static bool at_birth(LuTracee *p, int event, int *status)
{
    static const uint32_t option[] = { 0, PTRACE_O_TRACEFORK, PTRACE_O_TRACEVFORK, PTRACE_O_TRACECLONE };
    LuTracee *child;

    if (p->now.helper) {
        release_helper((pid_t)p->message);
        return unseen(p, 0);
    }
    if (!lu_tracee_find((pid_t)p->message)) {
        child = lu_tracee_add((pid_t)p->message);
        if (child) {
            born_of(child, p);
        }
    }
    return p->options & option[event] ? show(p, LU_STOP_EVENT, SIGTRAP, event, status) : unseen(p, 0);
}

static bool at_event(LuTracee *p, int event, int sig, int *status)
{
    unsigned long message = 0;

    if (event != LU_EVENT_STOP) {
        host(PTRACE_GETEVENTMSG, p->tid, 0, (uint64_t)&message);
        p->message = message;
    }
    if (p->at) {
        lu_tracee_read(p, p->at, &p->now, sizeof p->now);
    }
    make_info(p, SIGTRAP, SIGTRAP | event << 8);
    switch (event) {
    case PTRACE_EVENT_EXEC:
        return begins(p);
    case PTRACE_EVENT_FORK: case PTRACE_EVENT_VFORK: case PTRACE_EVENT_CLONE:
        return at_birth(p, event, status);
    case PTRACE_EVENT_VFORK_DONE:
        return p->options & PTRACE_O_TRACEVFORKDONE ? show(p, LU_STOP_EVENT, sig, event, status) : unseen(p, 0);
    case PTRACE_EVENT_EXIT:
        return p->options & PTRACE_O_TRACEEXIT ? show(p, LU_STOP_EVENT, sig, event, status) : unseen(p, 0);
    default:
        if (p->fresh) {
            p->fresh = false;
            p->starting = true;
            return unseen(p, 0);
        }
        return show(p, sig == SIGTRAP ? LU_STOP_EVENT : LU_STOP_GROUP, sig, event, status);
    }
}

/* The first stop of an unknown thread: after PTRACE_TRACEME; or it is new, and faster than the news of it. NULL: no
 * memory. */
static LuTracee *first_seen(pid_t tid, int event)
{
    pid_t parent = 0, tgid = process_of(tid, &parent);
    const LuTracee *from = lu_tracee_find(tgid == tid ? parent : tgid);
    LuTracee *p = lu_tracee_add(tid);

    if (!p) {
        return NULL;
    }
    p->native = lu_ptrace_native(tid);
    p->fresh = p->seized = event == LU_EVENT_STOP;
    if (from) {
        born_of(p, from);
    }
    return p;
}

static bool stopped(pid_t tid, int *status)
{
    siginfo_t info;
    const int sig = WSTOPSIG(*status), event = *status >> 16;
    LuTracee *p = lu_tracee_find(tid);
    long r = host(PTRACE_GETSIGINFO, tid, 0, (uint64_t)&info);

    if (r == -ESRCH) {
        return true;                /* a stopped child, not a tracee */
    }
    if (!p) {
        p = first_seen(tid, event);
        if (!p) {
            return true;
        }
    }
    if (!p->prepared && !p->native) {
        set_host_options(p);
    }
    if (event) {
        return at_event(p, event, sig, status);
    }
    if (r == -EINVAL) {
        p->exact = false;
        return show(p, LU_STOP_GROUP, sig, 0, status);
    }
    return at_signal(p, &info, status);
}

/* A wait has returned this stop of tid. False: the guest is not to see it, and the thread goes on; else *status is how
 * the guest is to see it. */
static bool see_stop(pid_t tid, int *status)
{
    lu_ptrace_lock();
    bool seen = stopped(tid, status);
    lu_ptrace_unlock();
    return seen;
}

/* A wait has returned the end of tid. Result as see_stop's. */
static bool see_end(pid_t tid)
{
    lu_ptrace_lock();
    LuTracee *p = lu_tracee_find(tid);
    bool seen = !p || !p->helper;
    lu_tracee_remove(tid);
    lu_ptrace_unlock();
    return seen;
}

/* System calls */

int64_t lu_sys_wait4(LuThread *t, const uint64_t *a)
{
    int status = 0;
    int64_t r;
    bool seen;

    do {
        r = lu_pass_args(t, SYS_wait4, a[0], (uint64_t)&status, a[2], a[3], 0, 0);
        seen = true;
        if (r > 0 && WIFSTOPPED(status)) {
            seen = see_stop((pid_t)r, &status);
        } else if (r > 0 && lu_ptrace_any && !WIFCONTINUED(status)) {
            seen = see_end((pid_t)r);
        }
    } while (!seen);
    if (r > 0 && a[1] && !lu_copy_to_guest(a[1], &status, sizeof status)) {
        return -EFAULT;
    }
    return r;
}

int64_t lu_sys_waitid(LuThread *t, const uint64_t *a)
{
    siginfo_t info;
    int64_t r;
    bool again;

    do {
        memset(&info, 0, sizeof info);
        r = lu_pass_args(t, SYS_waitid, a[0], a[1], (uint64_t)&info, a[3], a[4], 0);
        again = false;
        if (r == 0 && info.si_pid && info.si_code == CLD_TRAPPED && !(a[3] & WNOWAIT)) {
            int status = info.si_status << 8 | 0x7f;
            again = !see_stop(info.si_pid, &status);
            info.si_status = status >> 8;
        } else if (r == 0 && info.si_pid && lu_ptrace_any && !(a[3] & WNOWAIT) && info.si_code <= CLD_DUMPED) {
            again = !see_end(info.si_pid);
        }
    } while (again);
    if (r == 0 && a[2] && !lu_copy_to_guest(a[2], &info, sizeof info)) {
        return -EFAULT;
    }
    return r;
}
