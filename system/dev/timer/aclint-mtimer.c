/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RISC-V ACLINT MTIMER: a counter for all harts and a comparator for each.
 * [ACLINT: RISC-V Advanced Core Local Interruptor specification 1.0-rc4, chapter 2]
 *
 * The counter is guest time at the timebase's frequency plus what the guest has written.  Offsets default to
 * those of a SiFive CLINT: comparators at 0, counter at 0x7ff8.
 */
#include "dev/timer/aclint.h"

#include "dev/irq.h"
#include "dev/reg.h"
#include "dev/snap.h"
#include "dev/sysbus.h"

#define HARTS 4095              /* of the specification */
#define MAX_HARTS 128           /* here */

typedef struct Mtimer {
    DevSys sys;
    uint32_t harts, timebase_hz;
    uint64_t compare_offset, time_offset, bytes;
    uint64_t delta;             /* mtime = guest time in ticks + delta */
    uint64_t compare[MAX_HARTS];
    DevTimer timer[MAX_HARTS];
    DevIrq mti[MAX_HARTS];
    DevRegion region;
} Mtimer;

static const DevField fields[] = {
    DEV_FIELD("delta", "What the guest has added to mtime.", Mtimer, delta, 0),
    DEV_FIELD_ARRAY("mtimecmp", "Comparators.", Mtimer, compare, UINT64_MAX),
    { 0 },
};

static const DevReg regs[] = {
    DEV_REG("mtimecmp", "Comparator of each hart; its line is high while mtime is not below.",
            0, 8, .count = HARTS),
    DEV_REG("mtime", "The counter.", 0x7ff8, 8),
    { 0 },
};

/* --- time ------------------------------------------------------------------------------------ */
static uint64_t ticks(const Mtimer *m)
{
    uint64_t ns = (uint64_t)dev_clock_ns(dev_board_clock(&m->sys.dev));

    return ns / 1000000000 * m->timebase_hz + ns % 1000000000 * m->timebase_hz / 1000000000;
}

uint64_t sys_aclint_time(Dev *d)
{
    Mtimer *m = (Mtimer *)d;

    return ticks(m) + m->delta;
}

/* The first nanosecond at which the counter has moved on by this many ticks since time 0. */
static int64_t ns_of(const Mtimer *m, uint64_t n)
{
    uint64_t s = n / m->timebase_hz, rest = n % m->timebase_hz;

    if (s > INT64_MAX / 1000000000 - 1) {
        return INT64_MAX;
    }
    return (int64_t)(s * 1000000000 + (rest * 1000000000 + m->timebase_hz - 1) / m->timebase_hz);
}

int64_t sys_aclint_ns(Dev *d, uint64_t mtime)
{
    Mtimer *m = (Mtimer *)d;
    uint64_t now = sys_aclint_time(d), at = ticks(m) + (mtime - now);

    if (mtime <= now) {
        return 0;
    }
    return at < mtime - now ? INT64_MAX : ns_of(m, at);
}

static void update(Mtimer *m, guint hart)
{
    uint64_t now = sys_aclint_time(&m->sys.dev), compare = m->compare[hart];
    gboolean due = now >= compare;

    dev_irq_set(&m->mti[hart], due);
    if (due) {
        dev_timer_cancel(&m->timer[hart]);
        return;
    }
    dev_timer_set(&m->timer[hart], sys_aclint_ns(&m->sys.dev, compare));
}

static void update_all(Mtimer *m)
{
    for (guint i = 0; i < m->harts; i++) {
        update(m, i);
    }
}

static void is_due(Dev *d, DevTimer *t)
{
    Mtimer *m = (Mtimer *)d;

    update(m, (guint)(t - m->timer));
}

/* --- registers ------------------------------------------------------------------------------- */
static uint64_t merge(uint64_t old, uint64_t value, guint at, guint size)
{
    uint64_t mask = (size == 8 ? UINT64_MAX : UINT32_MAX) << 8 * at;

    return (old & ~mask) | (value << 8 * at & mask);
}

static uint64_t read_mtimer(void *opaque, uint64_t offset, guint size)
{
    Mtimer *m = opaque;
    guint at = offset % 8;

    if (offset - m->time_offset < 8) {
        return sys_aclint_time(&m->sys.dev) >> 8 * at;
    }
    uint64_t hart = (offset - m->compare_offset) / 8;
    return offset >= m->compare_offset && hart < m->harts ? m->compare[hart] >> 8 * at : 0;
}

static void write_mtimer(void *opaque, uint64_t offset, uint64_t value, guint size)
{
    Mtimer *m = opaque;
    guint at = offset % 8;
    uint64_t hart = (offset - m->compare_offset) / 8;

    if (offset - m->time_offset < 8) {
        m->delta = merge(sys_aclint_time(&m->sys.dev), value, at, size) - ticks(m);
        update_all(m);
    } else if (offset >= m->compare_offset && hart < m->harts) {
        m->compare[hart] = merge(m->compare[hart], value, at, size);
        update(m, (guint)hart);
    }
}

static const DevRegionOps ops = { .read = read_mtimer, .write = write_mtimer, .min_size = 4, .max_size = 8 };

/* --- life ------------------------------------------------------------------------------------ */
static gboolean realize(Dev *d, GError **err)
{
    Mtimer *m = (Mtimer *)d;

    if (m->compare_offset % 8 || m->time_offset % 8 || m->bytes < 8 ||
        m->time_offset > m->bytes - 8 || m->compare_offset > m->bytes ||
        m->harts * UINT64_C(8) > m->bytes - m->compare_offset) {
        return dev_fail(d, err,
                        "compare-offset=0x%" G_GINT64_MODIFIER
                        "x, time-offset=0x%" G_GINT64_MODIFIER "x, size=0x%" G_GINT64_MODIFIER
                        "x: %u comparators and the counter must lie inside, at "
                        "multiples of 8",
                        m->compare_offset, m->time_offset, m->bytes, m->harts);
    }
    for (guint i = 0; i < m->harts; i++) {
        if (!dev_timer_open(&m->timer[i], d, is_due, err)) {
            return FALSE;
        }
    }
    dev_region_init_io(&m->region, d, "aclint-mtimer", m->bytes, &ops, m);
    dev_sys_region(&m->sys, &m->region);
    return TRUE;
}

/* mtime is cleared. [ACLINT 2.1] */
static void reset_hold(Dev *d)
{
    Mtimer *m = (Mtimer *)d;

    m->delta = -ticks(m);
    update_all(m);
}

static gboolean loaded(Dev *d, GError **err)
{
    update_all((Mtimer *)d);
    return TRUE;
}

static const ObjProp props[] = {
    OBJ_PROP_UINT("num-harts", "How many harts have a comparator.", Mtimer, harts, 1, 1, MAX_HARTS),
    OBJ_PROP_UINT("timebase-freq", "Ticks of the counter per second.", Mtimer, timebase_hz, 10000000, 1, 1000000000),
    OBJ_PROP_UINT("compare-offset", "Where the comparators are.", Mtimer, compare_offset, 0, 0, 0xfffff,
                  .flags = OBJ_HEX),
    OBJ_PROP_UINT("time-offset", "Where the counter is.", Mtimer, time_offset, 0x7ff8, 0, 0xfffff, .flags = OBJ_HEX),
    OBJ_PROP_SIZE("size", "Bytes of the region.", Mtimer, bytes, 0x8000, 16, 0x100000),
    { 0 },
};

static const DevPin pins[] = {
    DEV_PIN_OUT("mti", "Machine timer interrupt of each hart.", MAX_HARTS, Mtimer, mti),
    { 0 },
};

extern const DevType sys_aclint_mtimer;
const DevType sys_aclint_mtimer = {
    .obj = { .name = "riscv.aclint.mtimer", .text = OBJ_TEXT("RISC-V timer: one counter, a comparator per hart."),
             .parent = &dev_sys_type.obj, .size = sizeof(Mtimer), .props = props },
    .bus = &dev_sysbus_type.obj,
    .group = "timer",
    .manual = "RISC-V ACLINT specification 1.0-rc4, chapter 2",
    .pins = pins,
    .fields = fields,
    .regs = regs,
    .realize = realize,
    .reset_hold = reset_hold,
    .loaded = loaded,
};
