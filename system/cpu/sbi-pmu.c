/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The performance monitoring unit of the firmware that is built in. [SBI 11]
 *
 * Counter 0 is the cycle CSR, counter 2 instret; number 1 is left out, as it would be the time.  Both follow guest time
 * (the hart has no other measure), or count instructions with -icount.  Counters from 3 count events of the firmware
 * itself.  Events of caches, raw events and snapshots are not there.
 *
 * Threads: each hart's own; what other harts send it is counted with atomic additions.
 */
#include "cpu/riscv.h"

enum { OK = 0, NOT_SUPPORTED = -2, INVALID_PARAM = -3, ALREADY_STARTED = -7, ALREADY_STOPPED = -8 };
enum { CYCLE = 0, INSTRET = 2, FIRST = 3, COUNTERS = FIRST + SYS_PMU_COUNTERS };
enum { COUNTINHIBIT = 0x320, MCYCLE = 0xb00, MINSTRET = 0xb02 };
enum { SKIP_MATCH = 1, CLEAR_VALUE = 2, AUTO_START = 4, CONFIG_FLAGS = 0xff };         /* [SBI 11.7] */
enum { SET_VALUE = 1, FROM_SNAPSHOT = 2 };              /* [SBI 11.8] */
enum { RESET = 1, TAKE_SNAPSHOT = 2 };                  /* [SBI 11.9] */
enum { CPU_CYCLES = 1, INSTRUCTIONS = 2, FIRMWARE = 15 << 16, NONE = 0xffffffff };     /* [SBI 11.1, 11.5] */

static gboolean is_counter(uint64_t i)
{
    return i < COUNTERS && i != 1;
}

/* --- the hart's own counters ----------------------------------------------------------------- */
static guint csr_of(guint i)
{
    return i == CYCLE ? MCYCLE : MINSTRET;
}

static void inhibit(SysRiscv *s, guint i, gboolean stop)
{
    uint64_t v = 0;

    rv_csr_read(s->hart, COUNTINHIBIT, &v);
    rv_csr_write(s->hart, COUNTINHIBIT, stop ? v | 1u << i : v & ~(1u << i));
}

/* --- firmware counters: a base, and while they run what has happened ------------------------- */
static uint64_t happened(const SysRiscv *s, guint i)
{
    guint event = s->pmu.event[i] & 0xffff;

    return __atomic_load_n(&s->pmu.count[event], __ATOMIC_RELAXED);
}

static uint64_t read_firmware(const SysRiscv *s, guint i)
{
    uint64_t base = s->pmu.base[i - FIRST];

    return s->pmu.started >> i & 1 ? base + happened(s, i) : base;
}

static void write_value(SysRiscv *s, guint i, uint64_t value)
{
    if (i < FIRST) {
        rv_csr_write(s->hart, csr_of(i), value);
    } else {
        s->pmu.base[i - FIRST] = s->pmu.started >> i & 1 ? value - happened(s, i) : value;
    }
}

static void start_one(SysRiscv *s, guint i)
{
    if (i < FIRST) {
        inhibit(s, i, FALSE);
    } else {
        s->pmu.base[i - FIRST] -= happened(s, i);
    }
    s->pmu.started |= 1u << i;
}

static void stop_one(SysRiscv *s, guint i)
{
    if (i < FIRST) {
        inhibit(s, i, TRUE);
    } else {
        s->pmu.base[i - FIRST] = read_firmware(s, i);
    }
    s->pmu.started &= ~(1u << i);
}

/* --- calls ----------------------------------------------------------------------------------- */
/* The counters that base and mask name; 0: one of them is not there. */
static guint counters_of(uint64_t base, uint64_t mask)
{
    guint set = 0;

    for (guint i = 0; i < 64; i++) {
        if (mask >> i & 1) {
            if (base >= COUNTERS || !is_counter(base + i)) {
                return 0;
            }
            set |= 1u << (base + i);
        }
    }
    return set;
}

static int64_t info(uint64_t i, uint64_t *value)
{
    enum { WIDTH = 63 << 12 };      /* bits, less one */

    if (!is_counter(i)) {
        return INVALID_PARAM;
    }
    *value = i < FIRST ? (0xc00 + i) | WIDTH : (uint64_t)1 << 63;
    return OK;
}

/* The first of the set that counts the event and is free, or COUNTERS. */
static guint find(const SysRiscv *s, guint set, uint64_t event)
{
    gboolean firmware = event >> 16 == FIRMWARE >> 16;

    for (guint i = 0; i < COUNTERS; i++) {
        if ((set >> i & 1) && s->pmu.event[i] == NONE &&
            (firmware ? i >= FIRST : i == (event == CPU_CYCLES ? CYCLE : INSTRET))) {
            return i;
        }
    }
    return COUNTERS;
}

static gboolean is_event(uint64_t event)
{
    return event == CPU_CYCLES || event == INSTRUCTIONS ||
           (event >> 16 == FIRMWARE >> 16 && (event & 0xffff) < SYS_PMU_EVENTS);
}

static int64_t configure(SysRiscv *s, const uint64_t *arg, uint64_t *value)
{
    uint64_t flags = arg[2], event = arg[3];
    guint set = counters_of(arg[0], arg[1]), i;

    if (!set || flags & ~(uint64_t)CONFIG_FLAGS) {
        return INVALID_PARAM;
    }
    if (flags & SKIP_MATCH) {       /* the caller knows the counter: the set's lowest, configured before */
        i = (guint)__builtin_ctz(set);
        if (s->pmu.event[i] == NONE) {
            return INVALID_PARAM;
        }
    } else {
        if (!is_event(event)) {
            return NOT_SUPPORTED;
        }
        i = find(s, set, event);
        if (i == COUNTERS) {
            return NOT_SUPPORTED;
        }
        s->pmu.event[i] = (guint32)event;
    }
    if (flags & CLEAR_VALUE) {
        write_value(s, i, 0);
    }
    if (flags & AUTO_START && !(s->pmu.started >> i & 1)) {
        start_one(s, i);
    }
    *value = i;
    return OK;
}

static int64_t start(SysRiscv *s, const uint64_t *arg)
{
    guint set = counters_of(arg[0], arg[1]);
    int64_t error = OK;

    if (!set || arg[2] & ~(uint64_t)(SET_VALUE | FROM_SNAPSHOT)) {
        return INVALID_PARAM;
    }
    if (arg[2] & FROM_SNAPSHOT) {
        return NOT_SUPPORTED;       /* there is no shared memory */
    }
    for (guint i = 0; i < COUNTERS; i++) {
        if (!(set >> i & 1)) {
            continue;
        }
        if (s->pmu.event[i] == NONE) {
            error = INVALID_PARAM;
        } else if (s->pmu.started >> i & 1) {
            error = ALREADY_STARTED;
        } else {
            if (arg[2] & SET_VALUE) {
                write_value(s, i, arg[3]);
            }
            start_one(s, i);
        }
    }
    return error;
}

/* A counter that nobody has configured goes on: programs read the cycle CSR without asking. */
static int64_t stop(SysRiscv *s, const uint64_t *arg)
{
    guint set = counters_of(arg[0], arg[1]);
    int64_t error = OK;

    if (!set || arg[2] & ~(uint64_t)(RESET | TAKE_SNAPSHOT)) {
        return INVALID_PARAM;
    }
    if (arg[2] & TAKE_SNAPSHOT) {
        return NOT_SUPPORTED;
    }
    for (guint i = 0; i < COUNTERS; i++) {
        if (!(set >> i & 1)) {
            continue;
        }
        if (s->pmu.started >> i & 1) {
            stop_one(s, i);
        } else {
            error = ALREADY_STOPPED;
        }
        if (arg[2] & RESET) {
            s->pmu.event[i] = NONE;
        }
    }
    return error;
}

int64_t sys_sbi_pmu(SysRiscv *s, uint64_t fid, const uint64_t *arg, uint64_t *value)
{
    switch (fid) {
    case 0:
        *value = COUNTERS;
        return OK;
    case 1:
        return info(arg[0], value);
    case 2:
        return configure(s, arg, value);
    case 3:
        return start(s, arg);
    case 4:
        return stop(s, arg);
    case 5:
    case 6:                         /* the upper half of a counter of 32 bits: 0 */
        if (!is_counter(arg[0]) || arg[0] < FIRST || s->pmu.event[arg[0]] == NONE) {
            return INVALID_PARAM;
        }
        *value = fid == 5 ? read_firmware(s, (guint)arg[0]) : 0;
        return OK;
    default:                        /* 7: snapshots may be missing [SBI 11.11] */
        return NOT_SUPPORTED;
    }
}

void sys_sbi_pmu_reset(SysRiscv *s)
{
    memset(&s->pmu, 0, sizeof s->pmu);
    for (guint i = 0; i < COUNTERS; i++) {
        s->pmu.event[i] = NONE;
    }
}

gboolean sys_sbi_pmu_check(const SysRiscv *s)
{
    for (guint i = 0; i < COUNTERS; i++) {
        guint32 e = s->pmu.event[i];
        if (e != NONE && (!is_event(e) || !is_counter(i) || (e >= FIRMWARE) != (i >= FIRST))) {
            return FALSE;
        }
        if ((s->pmu.started >> i & 1) && e == NONE) {
            return FALSE;
        }
    }
    return s->pmu.started >> COUNTERS == 0;
}

void sys_sbi_pmu_count(SysRiscv *s, SysPmuEvent e)
{
    __atomic_add_fetch(&s->pmu.count[e], 1, __ATOMIC_RELAXED);
}
