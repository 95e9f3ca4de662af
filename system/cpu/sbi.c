/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The firmware that is built in: the calls of a kernel in supervisor mode, answered by the emulator.
 * [SBI: RISC-V Supervisor Binary Interface Specification 2.0]
 *
 * What is there: base, TIME, IPI, RFENCE, HSM, SRST, DBCN, SUSP, PMU (sbi-pmu.c), and of the legacy calls all.
 * What is not: hypervisor fences, CPPC, NACL, STA; asked for, they say SBI_ERR_NOT_SUPPORTED.
 *
 * The caller's registers are a0 to a7 of its hart; the hart stands while its call is answered.
 */
#include "cpu/riscv.h"

#include "back/char/char.h"
#include "board/board.h"

#include "dev/lock.h"

#include "base/log.h"

enum { A0 = 10 };

enum {                              /* [SBI 3.2] */
    OK = 0,
    NOT_SUPPORTED = -2,
    INVALID_PARAM = -3,
    DENIED = -4,
    INVALID_ADDRESS = -5,
    ALREADY_AVAILABLE = -6,
};

enum {                              /* extensions */
    LEGACY_SET_TIMER, LEGACY_PUTCHAR, LEGACY_GETCHAR, LEGACY_CLEAR_IPI, LEGACY_SEND_IPI, LEGACY_FENCE_I,
    LEGACY_FENCE_VMA, LEGACY_FENCE_VMA_ASID, LEGACY_SHUTDOWN,
    BASE = 0x10,
    TIME = 0x54494d45, IPI = 0x735049, RFENCE = 0x52464e43, HSM = 0x48534d, SRST = 0x53525354, DBCN = 0x4442434e,
    SUSP = 0x53555350, PMU = 0x504d55,
};

enum { SPEC_VERSION = 2 << 24, IMPLEMENTATION = 0x72686561 /* not a registered number */, IMPLEMENTATION_VERSION = 1 };
enum { SCOUNTEREN = 0x106, SIP = 0x144, STIMECMP = 0x14d, MVENDORID = 0xf11, MARCHID = 0xf12, MIMPID = 0xf13 };
enum { COUNTERS = 7 };              /* cycle, time, instret */

typedef struct Call {
    SysRiscv *s;
    SysBoard *board;
    uint64_t arg[6], fid;
    int64_t error;
    uint64_t value;
    gboolean waits;                 /* the hart does not go on now */
} Call;

static SysRiscv *hart(const Call *c, guint i)
{
    return g_ptr_array_index(c->board->cpus, i);
}

void sys_sbi_begin(SysRiscv *s, uint64_t pc, uint64_t argument)
{
    RvHart *h = s->hart;

    rv_hart_reset(h);
    rv_firmware_set(h);
    sys_sbi_pmu_reset(s);
    /* Kernels read the time in user mode and leave it to firmware, or a PMU driver, to permit that. */
    rv_csr_write(h, SCOUNTEREN, COUNTERS);
    h->cpu.env.pc = pc;
    h->cpu.x[A0] = h->hartid;
    h->cpu.x[A0 + 1] = argument;
    g_atomic_int_set(&s->hsm, SYS_HSM_STARTED);
}

/* --- hart masks [SBI 3.1] -------------------------------------------------------------------- */
/* Calls fn for each hart of a mask; a base of all ones stands for all harts. */
static void each_hart(Call *c, uint64_t mask, uint64_t base, void (*fn)(Call *c, SysRiscv *s))
{
    guint n = c->board->cpus->len;

    if (base != UINT64_MAX && mask) {
        guint top = 63 - (guint)__builtin_clzll(mask);
        if (base >= n || top >= n - base) {
            c->error = INVALID_PARAM;
            return;
        }
    }
    for (guint i = 0; i < n; i++) {
        if (base == UINT64_MAX || (i >= base && i - base < 64 && (mask >> (i - base) & 1))) {
            fn(c, hart(c, i));
        }
    }
}

static void interrupt(Call *c, SysRiscv *s)
{
    sys_sbi_pmu_count(s, SYS_PMU_IPI_RECEIVED);
    g_atomic_int_set(&s->ipi, 1);
    sys_cpu_kick(&s->c);
}

static void flush(Call *c, SysRiscv *s)
{
    tcg_tlb_flush(&s->hart->cpu.env);
}

static void count_fence(Call *c, SysRiscv *s)
{
    sys_sbi_pmu_count(s, SYS_PMU_FENCE_I_RECEIVED);
}

static void flush_all(Call *c, SysRiscv *s)
{
    sys_sbi_pmu_count(s, SYS_PMU_FENCE_VMA_RECEIVED);
    flush(c, s);
}

static void flush_asid(Call *c, SysRiscv *s)
{
    sys_sbi_pmu_count(s, SYS_PMU_FENCE_ASID_RECEIVED);
    flush(c, s);
}

/* --- extensions ------------------------------------------------------------------------------ */
static gboolean is_there(uint64_t eid)
{
    static const uint32_t all[] = { BASE, TIME, IPI, RFENCE, HSM, SRST, DBCN, SUSP, PMU };

    for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
        if (eid == all[i]) {
            return TRUE;
        }
    }
    return eid <= LEGACY_SHUTDOWN;
}

static void base(Call *c)
{
    static const guint csrs[] = { MVENDORID, MARCHID, MIMPID };

    switch (c->fid) {
    case 0:
        c->value = SPEC_VERSION;
        break;
    case 1:
        c->value = IMPLEMENTATION;
        break;
    case 2:
        c->value = IMPLEMENTATION_VERSION;
        break;
    case 3:
        c->value = is_there(c->arg[0]);
        break;
    case 4:
    case 5:
    case 6:
        rv_csr_read(c->s->hart, csrs[c->fid - 4], &c->value);
        break;
    default:
        c->error = NOT_SUPPORTED;
    }
}

static void set_timer(Call *c)
{
    sys_sbi_pmu_count(c->s, SYS_PMU_SET_TIMER);
    rv_csr_write(c->s->hart, STIMECMP, c->arg[0]);
}

static void remote_fence(Call *c)
{
    switch (c->fid) {
    case 0:         /* FENCE.I: the translator sees each write to code */
        sys_sbi_pmu_count(c->s, SYS_PMU_FENCE_I_SENT);
        each_hart(c, c->arg[0], c->arg[1], count_fence);
        break;
    case 1:
    case 2:
        sys_sbi_pmu_count(c->s, c->fid == 1 ? SYS_PMU_FENCE_VMA_SENT : SYS_PMU_FENCE_ASID_SENT);
        each_hart(c, c->arg[0], c->arg[1], c->fid == 1 ? flush_all : flush_asid);
        tcg_tlb_wait();
        break;
    default:
        c->error = NOT_SUPPORTED;
    }
}

/* [SBI 9] */
static void start_hart(Call *c)
{
    if (c->arg[0] >= c->board->cpus->len) {
        c->error = INVALID_PARAM;
        return;
    }
    SysRiscv *s = hart(c, (guint)c->arg[0]);
    dev_lock_take();                /* one start at a time */
    gint state = g_atomic_int_get(&s->hsm);
    if (state == SYS_HSM_STOPPED) {
        s->resume = c->arg[1];
        s->opaque = c->arg[2];
        g_atomic_int_set(&s->hsm, SYS_HSM_START_PENDING);
    } else {
        c->error = ALREADY_AVAILABLE;
    }
    dev_lock_drop();
    sys_cpu_kick(&s->c);
}

/* Types: 0 keeps the hart's state, 0x80000000 begins anew at an address; the rest of both ranges is a platform's. */
static void suspend(Call *c)
{
    if (c->arg[0] == 0x80000000) {
        c->s->resume = c->arg[1];
        c->s->opaque = c->arg[2];
        g_atomic_int_set(&c->s->hsm, SYS_HSM_SUSPENDED);
        c->waits = TRUE;
    } else if (c->arg[0] == 0) {
        c->waits = !rv_has_work(c->s->hart);
    } else {
        c->error = INVALID_PARAM;
    }
}

static void hart_state(Call *c)
{
    switch (c->fid) {
    case 0:
        start_hart(c);
        break;
    case 1:
        g_atomic_int_set(&c->s->hsm, SYS_HSM_STOPPED);
        c->waits = TRUE;
        break;
    case 2:
        if (c->arg[0] >= c->board->cpus->len) {
            c->error = INVALID_PARAM;
        } else {
            c->value = (uint64_t)g_atomic_int_get(&hart(c, (guint)c->arg[0])->hsm);
        }
        break;
    case 3:
        suspend(c);
        break;
    default:
        c->error = NOT_SUPPORTED;
    }
}

/* The whole system: the other harts were stopped before.  Type 0 keeps RAM. [SBI 13] */
static void suspend_system(Call *c)
{
    if (c->fid) {
        c->error = NOT_SUPPORTED;
        return;
    }
    if (c->arg[0]) {
        c->error = INVALID_PARAM;
        return;
    }
    for (guint i = 0; i < c->board->cpus->len; i++) {
        SysRiscv *s = hart(c, i);
        if (s != c->s && g_atomic_int_get(&s->hsm) != SYS_HSM_STOPPED) {
            c->error = DENIED;
            return;
        }
    }
    c->s->resume = c->arg[1];
    c->s->opaque = c->arg[2];
    g_atomic_int_set(&c->s->hsm, SYS_HSM_SUSPENDED);
    c->waits = TRUE;
}

static void request(Call *c, DevRequest r, int code)
{
    dev_lock_take();
    dev_board_request(&c->board->b, r, code);
    dev_lock_drop();
}

/* Types 0 shutdown, 1 cold, 2 warm; reason 1 is a failure of the system. [SBI 10] */
static void system_reset(Call *c)
{
    if (c->fid) {
        c->error = NOT_SUPPORTED;
    } else if (c->arg[0] > 2 || c->arg[1] > 1) {
        c->error = INVALID_PARAM;
    } else {
        request(c, c->arg[0] ? DEV_REQUEST_RESET : DEV_REQUEST_POWER_OFF, (int)c->arg[1]);
        c->waits = TRUE;            /* the machine ends or resets it */
    }
}

static guint console_write(Call *c, const guint8 *data, guint n)
{
    guint taken = n;

    dev_lock_take();
    if (c->board->serial[0]) {
        taken = sys_char_write(c->board->serial[0], data, n);
    }
    dev_lock_drop();
    return taken;
}

/* Input belongs to the UART: reading finds none. [SBI 12] */
static void console(Call *c)
{
    guint8 data[256];
    uint64_t n = MIN(c->arg[0], sizeof data);

    switch (c->fid) {
    case 0:
        if (c->arg[2] || dev_mem_read(c->board->b.space, c->arg[1], data, n) != DEV_TX_OK) {
            c->error = INVALID_PARAM;
        } else {
            c->value = console_write(c, data, (guint)n);
        }
        break;
    case 1:
        c->value = 0;
        break;
    case 2:
        data[0] = (guint8)c->arg[0];
        console_write(c, data, 1);
        break;
    default:
        c->error = NOT_SUPPORTED;
    }
}

/* --- legacy calls [SBI 5] -------------------------------------------------------------------- */
/* The mask of harts, at a virtual address; none stands for all harts. */
static uint64_t read_mask(Call *c)
{
    uint64_t mask = UINT64_MAX;

    if (c->arg[0] && !tcg_debug_read(&c->s->hart->cpu.env, c->arg[0], &mask, sizeof mask)) {
        c->error = INVALID_ADDRESS;
    }
    guint n = c->board->cpus->len;
    return GUINT64_FROM_LE(mask) & (n < 64 ? (UINT64_C(1) << n) - 1 : UINT64_MAX);
}

static void legacy(Call *c, uint64_t eid)
{
    guint8 byte = (guint8)c->arg[0];

    switch (eid) {
    case LEGACY_SET_TIMER:
        set_timer(c);
        break;
    case LEGACY_PUTCHAR:
        console_write(c, &byte, 1);
        break;
    case LEGACY_GETCHAR:
        c->error = -1;
        break;
    case LEGACY_CLEAR_IPI:
        g_atomic_int_set(&c->s->ipi, 0);
        rv_csr_write(c->s->hart, SIP, 0);
        break;
    case LEGACY_SEND_IPI:
        each_hart(c, read_mask(c), 0, interrupt);
        break;
    case LEGACY_FENCE_I:
        break;
    case LEGACY_FENCE_VMA:
    case LEGACY_FENCE_VMA_ASID:
        each_hart(c, read_mask(c), 0, flush);
        tcg_tlb_wait();
        break;
    default:
        request(c, DEV_REQUEST_POWER_OFF, 0);
        c->waits = TRUE;
    }
}

/* --- the call -------------------------------------------------------------------------------- */
static void dispatch(Call *c, uint64_t eid)
{
    switch (eid) {
    case BASE:
        base(c);
        break;
    case TIME:
        if (c->fid) {
            c->error = NOT_SUPPORTED;
        } else {
            set_timer(c);
        }
        break;
    case IPI:
        if (c->fid) {
            c->error = NOT_SUPPORTED;
        } else {
            sys_sbi_pmu_count(c->s, SYS_PMU_IPI_SENT);
            each_hart(c, c->arg[0], c->arg[1], interrupt);
        }
        break;
    case RFENCE:
        remote_fence(c);
        break;
    case HSM:
        hart_state(c);
        break;
    case SRST:
        system_reset(c);
        break;
    case DBCN:
        console(c);
        break;
    case SUSP:
        suspend_system(c);
        break;
    case PMU:
        c->error = sys_sbi_pmu(c->s, c->fid, c->arg, &c->value);
        break;
    default:
        log_unimp("sbi: extension 0x%llx is not implemented\n", (unsigned long long)eid);
        c->error = NOT_SUPPORTED;
    }
}

gboolean sys_sbi_call(SysRiscv *s)
{
    uint64_t *x = s->hart->cpu.x, eid = x[A0 + 7];
    Call c = { .s = s, .board = (SysBoard *)dev_board(&s->c.dev), .fid = x[A0 + 6] };

    for (guint i = 0; i < 6; i++) {
        c.arg[i] = x[A0 + i];
    }
    if (eid <= LEGACY_SHUTDOWN) {
        legacy(&c, eid);
        x[A0] = (uint64_t)c.error;
    } else {
        dispatch(&c, eid);
        x[A0] = (uint64_t)c.error;
        x[A0 + 1] = c.value;
    }
    return !c.waits;
}
