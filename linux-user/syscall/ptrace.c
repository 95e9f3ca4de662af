/* SPDX-License-Identifier: BSD-2-Clause */
/* ptrace(2), the tracer's requests; ptrace-wait.c has the stops. [man 2 ptrace] */
#include "syscall/ptrace.h"
#include "guestmem.h"
#include "load.h"
#include "syscall.h"
#include "target.h"

#include <elf.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/ptrace.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "base/log.h"

/* The two that only arm64's headers have, and sizes of what they describe. */
#define NT_ARM_TLS_ 0x401
#define NT_ARM_HW_BREAK_ 0x402
#define NT_ARM_HW_WATCH_ 0x403
#define NT_ARM_SYSTEM_CALL_ 0x404
#define NT_ARM_PAC_MASK_ 0x406
#define HWCAP_PACA_ (1u << 30)
#define DEBUG_ARCH_V8 6         /* ID_AA64DFR0_EL1.DebugVer */
#define PAC_BITS 0x007f000000000000ull          /* bits 54..48: addresses have 48 bits, and tags */

static long host(const uint64_t *a)
{
    return LU_RAW4(SYS_ptrace, a[0], a[1], a[2], a[3]);
}

void lu_ptrace_opens(uint64_t path, uint64_t flags)
{
    char name[64];
    int n = 0;

    if ((flags & O_ACCMODE) == O_RDONLY || lu_str_from_guest(name, path, sizeof name) <= 0) {
        return;
    }
    sscanf(name, "/proc/%*d/mem%n", &n);
    if (!n) {
        sscanf(name, "/proc/%*d/task/%*d/mem%n", &n);
    }
    lu_ptrace_writes |= n > 0;
}

static uint64_t hwcap(void)
{
    const uint64_t *v = lu_auxv;

    for (size_t i = 0; i + 1 < lu_auxv_bytes / 8; i += 2) {
        if (v[i] == AT_HWCAP) {
            return v[i + 1];
        }
    }
    return 0;
}

/* The tracee's register set of this type: its size, or 0; unit: sizes are multiples of it. scratch holds one that is
 * made up. */
static size_t regset(LuTracee *p, uint64_t type, void **at, uint64_t scratch[2], unsigned *unit)
{
    const bool arm = lu_target->abi->elf_machine == EM_AARCH64;

    scratch[0] = scratch[1] = 0;
    *at = scratch;
    *unit = 8;
    switch (type) {
    case NT_PRSTATUS:
        *at = p->now.regs.g;
        return lu_target->abi->gregs_bytes;
    case NT_PRFPREG:
        *at = p->now.regs.fp;
        *unit = arm ? 4 : 8;
        return lu_target->abi->fpregs_bytes;
    case NT_ARM_TLS_:
        *at = &p->now.tls;
        return arm ? 8 : 0;
    case NT_ARM_HW_BREAK_: case NT_ARM_HW_WATCH_:
        scratch[0] = DEBUG_ARCH_V8 << 8;        /* there are none */
        *unit = 4;
        return arm ? 8 : 0;
    case NT_ARM_SYSTEM_CALL_:
        scratch[0] = p->stop == LU_STOP_SYSCALL ? p->now.nr : ~0ull;
        *unit = 4;
        return arm ? 4 : 0;
    case NT_ARM_PAC_MASK_:
        scratch[0] = scratch[1] = PAC_BITS;
        return arm && (hwcap() & HWCAP_PACA_) ? 16 : 0;
    default:
        return 0;
    }
}

static int64_t getset_regs(LuTracee *p, const uint64_t *a, bool set)
{
    uint64_t scratch[2];
    struct iovec v;
    unsigned unit;
    void *at;

    if (p->native) {
        return -EIO;
    }
    if (!lu_copy_from_guest(&v, a[3], sizeof v)) {
        return -EFAULT;
    }
    size_t n = regset(p, a[2], &at, scratch, &unit);
    if (!n || v.iov_len % unit) {
        return -EINVAL;
    }
    n = v.iov_len < n ? v.iov_len : n;
    if (set) {
        if (!p->exact) {
            log_unimp("ptrace: registers are set in a stop that is not exact\n");
            return -EIO;
        }
        if (!lu_copy_from_guest(at, (uint64_t)v.iov_base, n)) {
            return -EFAULT;
        }
        if (a[2] == NT_ARM_SYSTEM_CALL_ && p->now.kind == LU_TRACE_ENTER) {
            memcpy(p->now.regs.g + 8 * 8, scratch, 4);      /* x8 */
        }
        lu_tracee_write(p, offsetof(LuTrace, regs), &p->now.regs, sizeof p->now.regs);
        lu_tracee_write(p, offsetof(LuTrace, tls), &p->now.tls, sizeof p->now.tls);
        LU_TRACEE_PUT(p, changed, 1);
    } else if (!lu_copy_to_guest((uint64_t)v.iov_base, at, n)) {
        return -EFAULT;
    }
    v.iov_len = n;
    return lu_copy_to_guest(a[3], &v, sizeof v) ? 0 : -EFAULT;
}

/* Program counter and stack pointer, in the register set of each ABI. */
static void pc_and_sp(const LuTracee *p, uint64_t *pc, uint64_t *sp)
{
    const bool arm = lu_target->abi->elf_machine == EM_AARCH64;

    memcpy(pc, p->now.regs.g + (arm ? 32 * 8 : 0), 8);
    memcpy(sp, p->now.regs.g + (arm ? 31 * 8 : 2 * 8), 8);
}

static int64_t syscall_info(LuTracee *p, const uint64_t *a)
{
    struct ptrace_syscall_info info;
    const bool call = p->stop == LU_STOP_SYSCALL && (p->options & PTRACE_O_TRACESYSGOOD);   /* as Linux */
    size_t n = offsetof(struct ptrace_syscall_info, entry);

    memset(&info, 0, sizeof info);
    info.arch = (uint32_t)lu_target->abi->elf_machine | __AUDIT_ARCH_64BIT | __AUDIT_ARCH_LE;
    pc_and_sp(p, (uint64_t *)&info.instruction_pointer, (uint64_t *)&info.stack_pointer);
    if (call && p->now.kind == LU_TRACE_ENTER) {
        info.op = PTRACE_SYSCALL_INFO_ENTRY;
        info.entry.nr = p->now.nr;
        memcpy(info.entry.args, p->now.args, sizeof info.entry.args);
        n = offsetof(struct ptrace_syscall_info, entry) + sizeof info.entry;
    } else if (call) {
        info.op = PTRACE_SYSCALL_INFO_EXIT;
        info.exit.rval = p->now.result;
        info.exit.is_error = p->now.result < 0 && p->now.result >= -4095;
        n = offsetof(struct ptrace_syscall_info, exit.is_error) + 1;
    }
    if (!lu_copy_to_guest(a[3], &info, a[2] < n ? a[2] : n)) {
        return -EFAULT;
    }
    return (int64_t)n;
}

static int64_t set_options(LuTracee *p, uint64_t options)
{
    const uint64_t a[4] = { PTRACE_SETOPTIONS, (uint64_t)p->tid, 0, lu_ptrace_host_options(p->native, options) };

    if (options & ~(uint64_t)PTRACE_O_MASK) {
        return -EINVAL;
    }
    int64_t r = host(a);
    if (r == 0) {
        p->options = (uint32_t)options;
        p->prepared = true;
        if (p->at) {
            LU_TRACEE_PUT(p, options, p->options);
        }
    }
    return r;
}

static int64_t attach(const uint64_t *a)
{
    const uint64_t options = a[0] == PTRACE_SEIZE ? a[3] : 0;
    const bool native = lu_ptrace_native((pid_t)a[1]);
    uint64_t b[4] = { a[0], a[1], a[2], a[0] == PTRACE_SEIZE ? lu_ptrace_host_options(native, options) : 0 };

    if (options & ~(uint64_t)PTRACE_O_MASK) {
        return -EINVAL;
    }
    int64_t r = host(b);
    lu_ptrace_lock();
    LuTracee *p = r == 0 ? lu_tracee_add((pid_t)a[1]) : NULL;
    if (p) {
        p->native = native;
        p->seized = a[0] == PTRACE_SEIZE;
        p->options = (uint32_t)options;
    }
    lu_ptrace_unlock();
    return r;
}

static int64_t detach(LuTracee *p, const uint64_t *a)
{
    uint64_t b[4] = { PTRACE_DETACH, a[1], 0, p->native ? a[3] : 0 };
    const uint32_t sig = (uint32_t)a[3];

    if (a[3] > LU_NSIG) {
        return -EIO;
    }
    if (p->at) {
        LU_TRACEE_PUT(p, on, 0);
        LU_TRACEE_PUT(p, go, LU_TRACE_CONT);
        LU_TRACEE_PUT(p, options, 0);
    }
    if (p->exact && sig) {
        uint32_t now;
        memcpy(&now, p->info, sizeof now);
        if (now != sig) {
            memset(p->info, 0, sizeof p->info);
            memcpy(p->info, &sig, sizeof sig);
        }
        lu_tracee_write(p, offsetof(LuTrace, info), p->info, sizeof p->info);
        LU_TRACEE_PUT(p, deliver, 1);
    } else if (p->stop == LU_STOP_GROUP) {
        b[3] = sig;
    }
    if (p->exact && lu_ptrace_writes) {
        LU_TRACEE_PUT(p, flush, 1);
    }
    int64_t r = host(b);
    lu_tracee_remove((pid_t)a[1]);
    return r;
}

static int64_t interrupt(LuTracee *p, const uint64_t *a)
{
    if (!p->seized) {
        return -EIO;
    }
    if (p->native) {
        return host(a);
    }
    p->interrupt = true;
    if (p->stop == LU_STOP_NONE && !p->starting) {
        lu_tracee_ask(p);
    }
    return 0;
}

/* Requests that need the tracee stopped. */
static int64_t stopped_request(LuTracee *p, const uint64_t *a)
{
    uint64_t message;
    int64_t r;

    switch (a[0]) {
    case PTRACE_CONT: case PTRACE_SYSCALL: case PTRACE_SINGLESTEP:
        if (a[3] > LU_NSIG) {
            return -EIO;
        }
        return lu_tracee_resume(p, a[0] == PTRACE_CONT ? LU_TRACE_CONT : a[0] == PTRACE_SYSCALL ? LU_TRACE_SYSCALL
                                   : LU_TRACE_STEPPING, (int)a[3]);
    case PTRACE_DETACH:
        return detach(p, a);
    case PTRACE_LISTEN:
        r = p->event == LU_EVENT_STOP && !p->exact ? host(a) : -EIO;
        p->stop = r ? p->stop : LU_STOP_NONE;
        return r;
    case PTRACE_SETOPTIONS:
        return set_options(p, a[3]);
    case PTRACE_GETEVENTMSG:
        message = p->message;
        return lu_put64(a[3], message) ? 0 : -EFAULT;
    case PTRACE_GETSIGINFO:
        return p->stop == LU_STOP_GROUP ? -EINVAL
               : lu_copy_to_guest(a[3], p->info, sizeof p->info) ? 0 : -EFAULT;
    case PTRACE_SETSIGINFO:
        return p->stop == LU_STOP_GROUP ? -EINVAL
               : lu_copy_from_guest(p->info, a[3], sizeof p->info) ? 0 : -EFAULT;
    case PTRACE_GETREGSET: case PTRACE_SETREGSET:
        return getset_regs(p, a, a[0] == PTRACE_SETREGSET);
    case PTRACE_GETSIGMASK:
        return a[2] != 8 ? -EINVAL : lu_put64(a[3], p->now.mask) ? 0 : -EFAULT;
    case PTRACE_SETSIGMASK:
        if (a[2] != 8 || !lu_copy_from_guest(&message, a[3], 8)) {
            return a[2] != 8 ? -EINVAL : -EFAULT;
        }
        LU_TRACEE_PUT(p, mask, message);
        LU_TRACEE_PUT(p, mask_changed, 1);
        return 0;
    case PTRACE_GET_SYSCALL_INFO:
        return p->native ? -EIO : syscall_info(p, a);
    case PTRACE_POKETEXT: case PTRACE_POKEDATA:
        lu_ptrace_writes = true;
        return host(a);
    case PTRACE_PEEKTEXT: case PTRACE_PEEKDATA: case PTRACE_PEEKSIGINFO:
        return host(a);
    case PTRACE_SECCOMP_GET_FILTER: case PTRACE_SECCOMP_GET_METADATA: case PTRACE_GET_RSEQ_CONFIGURATION:
        log_unimp("ptrace(%#x) is not implemented\n", (unsigned)a[0]);
        return -EIO;
    default:
        return -EIO;                /* PEEKUSER and the like are not on the guest's architectures either */
    }
}

static int64_t tracee_request(LuTracee *p, const uint64_t *a)
{
    if (a[0] == PTRACE_INTERRUPT) {
        return interrupt(p, a);
    }
    if (a[0] == PTRACE_KILL) {
        return host(a);
    }
    /* What is answered from p alone: the kernel knows whether the caller is its tracer and it still stands. */
    unsigned long message;
    const uint64_t b[4] = { PTRACE_GETEVENTMSG, a[1], 0, (uint64_t)&message };
    int64_t r = p->stop == LU_STOP_NONE ? -ESRCH : host(b);
    return r < 0 ? r : stopped_request(p, a);
}

int64_t lu_sys_ptrace(LuThread *t, const uint64_t *a)
{
    int64_t r;

    switch (a[0]) {
    case PTRACE_TRACEME:
        r = host(a);
        t->trace.on |= r == 0;
        return r;
    case PTRACE_ATTACH: case PTRACE_SEIZE:
        return attach(a);
    default:
        break;
    }
    lu_ptrace_lock();
    LuTracee *p = lu_tracee_find((pid_t)a[1]);
    r = p ? tracee_request(p, a) : -ESRCH;
    lu_ptrace_unlock();
    return r;
}
