/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Goldfish real-time clock: nanoseconds since 1970 and an alarm.
 * [Goldfish: Android GOLDFISH-VIRTUAL-HARDWARE.TXT, "Goldfish real-time clock"]
 */
#include "dev/irq.h"
#include "dev/reg.h"
#include "dev/snap.h"
#include "dev/sysbus.h"

typedef struct Rtc {
    DevSys sys;
    uint64_t offset;            /* the guest's time of day minus the machine's */
    uint64_t alarm;             /* in the guest's time of day */
    uint32_t time_high, alarm_high, armed, enabled, pending;
    DevIrq irq;
    DevTimer timer;
    DevRegion region;
} Rtc;

static const DevField fields[] = {
    DEV_FIELD("offset", "The guest's time of day minus the machine's, in ns.", Rtc, offset, 0, .flags = DEV_FIELD_KEEP),
    DEV_FIELD("alarm", "When the alarm is due, in ns since 1970.", Rtc, alarm, 0),
    DEV_FIELD("time-high", "Upper half of the time that was read last.", Rtc, time_high, 0),
    DEV_FIELD("alarm-high", "Upper half of the next alarm.", Rtc, alarm_high, 0),
    DEV_FIELD("armed", "Whether the alarm is set.", Rtc, armed, 0, .max = 1),
    DEV_FIELD("enabled", "Whether the alarm interrupts.", Rtc, enabled, 0, .max = 1),
    DEV_FIELD("pending", "Whether the alarm was due and is not cleared.", Rtc, pending, 0, .max = 1),
    { 0 },
};

static uint64_t now(const Rtc *r)
{
    return (uint64_t)dev_clock_wall_ns(dev_board_clock(&r->sys.dev)) + r->offset;
}

static void update_line(Rtc *r)
{
    dev_irq_set(&r->irq, r->enabled && r->pending);
}

static void update(Rtc *r)
{
    uint64_t time = now(r);

    if (r->armed && time >= r->alarm) {
        r->armed = 0;
        r->pending = 1;
    }
    if (r->armed && r->alarm - time < INT64_MAX / 2) {
        dev_timer_set(&r->timer,
                      dev_clock_ns(dev_board_clock(&r->sys.dev)) + (int64_t)(r->alarm - time));
    } else {
        dev_timer_cancel(&r->timer);
    }
    update_line(r);
}

static void is_due(Dev *d, DevTimer *t)
{
    update((Rtc *)d);
}

/* --- registers ------------------------------------------------------------------------------- */
static uint64_t read_time_low(Dev *d, guint n)
{
    Rtc *r = (Rtc *)d;
    uint64_t time = now(r);

    r->time_high = (uint32_t)(time >> 32);
    return (uint32_t)time;
}

static void write_time_low(Dev *d, guint n, uint64_t value)
{
    Rtc *r = (Rtc *)d;

    r->offset += ((uint64_t)r->time_high << 32 | value) - now(r);
    update(r);
}

static uint64_t read_alarm_low(Dev *d, guint n)
{
    return (uint32_t)((Rtc *)d)->alarm;
}

static void write_alarm_low(Dev *d, guint n, uint64_t value)
{
    Rtc *r = (Rtc *)d;

    r->alarm = (uint64_t)r->alarm_high << 32 | value;
    r->armed = 1;
    update(r);
}

static void write_enabled(Dev *d, guint n, uint64_t value)
{
    ((Rtc *)d)->enabled = value & 1;
    update_line((Rtc *)d);
}

static void write_clear_alarm(Dev *d, guint n, uint64_t value)
{
    ((Rtc *)d)->armed = 0;
    update((Rtc *)d);
}

static void write_clear_interrupt(Dev *d, guint n, uint64_t value)
{
    ((Rtc *)d)->pending = 0;
    update_line((Rtc *)d);
}

static const DevReg regs[] = {
    DEV_REG("TIME_LOW", "Lower half of the time; reading keeps the upper half, writing sets both.",
            0x00, 4, .read = read_time_low, .written = write_time_low),
    DEV_REG("TIME_HIGH", "Upper half, as it was when TIME_LOW was read; or for the next writing of it.",
            0x04, 4, .field = offsetof(Rtc, time_high), .write = UINT32_MAX),
    DEV_REG("ALARM_LOW", "Lower half of the alarm; writing sets the alarm.",
            0x08, 4, .read = read_alarm_low, .written = write_alarm_low),
    DEV_REG("ALARM_HIGH", "Upper half of the alarm, to be written first.",
            0x0c, 4, .field = offsetof(Rtc, alarm_high), .write = UINT32_MAX),
    DEV_REG("IRQ_ENABLED", "Bit 0 lets the alarm interrupt.",
            0x10, 4, .field = offsetof(Rtc, enabled), .written = write_enabled),
    DEV_REG("CLEAR_ALARM", "Writing anything takes the alarm back.", 0x14, 4, .written = write_clear_alarm),
    DEV_REG("ALARM_STATUS", "1 while the alarm is set.", 0x18, 4, .field = offsetof(Rtc, armed)),
    DEV_REG("CLEAR_INTERRUPT", "Writing anything clears the interrupt.",
            0x1c, 4, .written = write_clear_interrupt),
    { 0 },
};

/* --- life ------------------------------------------------------------------------------------ */
static gboolean realize(Dev *d, GError **err)
{
    Rtc *r = (Rtc *)d;

    if (!dev_timer_open(&r->timer, d, is_due, err)) {
        return FALSE;
    }
    dev_region_init_regs(&r->region, d, "goldfish-rtc", 0x1000, regs);
    dev_sys_region(&r->sys, &r->region);
    return TRUE;
}

static void reset_hold(Dev *d)
{
    update((Rtc *)d);
}

static gboolean loaded(Dev *d, GError **err)
{
    update((Rtc *)d);
    return TRUE;
}

static const DevPin pins[] = {
    DEV_PIN_OUT("irq", "High when the alarm was due, until it is cleared.", 1, Rtc, irq),
    { 0 },
};

extern const DevType sys_goldfish_rtc;
const DevType sys_goldfish_rtc = {
    .obj = { .name = "goldfish_rtc", .text = OBJ_TEXT("Real-time clock with an alarm."), .parent = &dev_sys_type.obj,
             .size = sizeof(Rtc) },
    .bus = &dev_sysbus_type.obj,
    .group = "timer",
    .manual = "Android GOLDFISH-VIRTUAL-HARDWARE.TXT",
    .pins = pins,
    .fields = fields,
    .regs = regs,
    .realize = realize,
    .reset_hold = reset_hold,
    .loaded = loaded,
};
