/* SPDX-License-Identifier: BSD-2-Clause */
/* Goldfish RTC and the test finisher by their descriptions. */
#include "harness.h"

#include "dev/fake.h"
#include "dev/lock.h"
#include "dev/reset.h"

#define RTC UINT64_C(0x101000)
#define TEST UINT64_C(0x100000)
#define START INT64_C(1700000000123456789)

extern const DevType sys_goldfish_rtc, sys_sifive_test;

static DevBoard *b;
static DevFakeProbe *probe;
static GString *asked;

static uint32_t rd(guint reg)
{
    return (uint32_t)dev_fake_load(b, RTC + reg, 4);
}

static void wr(guint reg, uint32_t value)
{
    dev_fake_store(b, RTC + reg, 4, value);
}

static gboolean irq(void)
{
    return dev_irq_level(&probe->dev, "in", 0);
}

static void on_request(DevBoard *board, DevRequest request, int code)
{
    g_string_append_printf(asked, "%s %d ", request == DEV_REQUEST_RESET ? "reset" : "off", code);
}

static void start(void)
{
    b = dev_fake_new(DEV_CLOCK_INSNS);
    probe = dev_fake_probe(b);
    b->request = on_request;
    asked = g_string_new(NULL);
    dev_clock_set_wall(b->clock, START);
    Dev *rtc = dev_fake_add(b, &sys_goldfish_rtc, "rtc", RTC);
    dev_fake_add(b, &sys_sifive_test, "test", TEST);
    dev_irq_connect(rtc, "irq", 0, &probe->dev, "in", 0, FALSE, NULL);
    gboolean good = dev_realize(&b->dev, NULL);
    g_assert(good);
    dev_clock_start(b->clock);
}

static void end(void)
{
    dev_board_free(b);
    g_string_free(asked, TRUE);
}

static uint64_t now(void)
{
    uint64_t low = rd(0);

    return low | (uint64_t)rd(4) << 32;
}

static void alarm_at(uint64_t ns)
{
    wr(0x0c, (uint32_t)(ns >> 32));
    wr(0x08, (uint32_t)ns);
}

static void test_time(void)
{
    start();
    is(now(), START, "the time of day in ns");
    dev_fake_wait(b, 1000);
    is(now(), START + 1000, "goes on");
    uint32_t high = rd(4);
    dev_fake_wait(b, INT64_C(10000000000));
    is(rd(4), high, "the upper half is that of the last reading");
    wr(4, 1);
    wr(0, 5);
    is(now(), UINT64_C(0x100000005), "the guest sets it");
    dev_fake_wait(b, 7);
    is(now(), UINT64_C(0x10000000c), "and it goes on from there");
    dev_reset(&b->dev, DEV_RESET_COLD);
    is(now(), UINT64_C(0x10000000c), "reset does not stop a clock");
    end();
}

static void test_alarm(void)
{
    start();
    wr(0x10, 1);
    alarm_at(START + 500);
    is(rd(0x18), 1, "the alarm is set");
    dev_fake_wait(b, 499);
    ok(!irq(), "not yet");
    dev_fake_wait(b, 1);
    ok(irq() && rd(0x18) == 0, "now");
    wr(0x1c, 1);
    ok(!irq(), "cleared");
    alarm_at(START + 900);
    wr(0x14, 1);
    dev_fake_wait(b, 1000);
    ok(!irq() && rd(0x18) == 0, "an alarm taken back");
    alarm_at(START);
    ok(irq(), "an alarm of the past is due at once");
    wr(0x10, 0);
    ok(!irq(), "masked");
    wr(0x10, 1);
    ok(irq(), "not lost");
    wr(0x1c, 1);
    alarm_at(UINT64_MAX);
    ok(!irq() && rd(0x18) == 1, "an alarm that never comes");
    wr(4, 0xffffffff);
    wr(0, 0xfffffffe);
    dev_fake_wait(b, 1);
    ok(irq(), "unless the clock is set so");
    end();
}

static void test_finisher(void)
{
    start();
    dev_fake_store(b, TEST, 4, 0x5555);
    dev_fake_store(b, TEST, 4, 42 << 16 | 0x3333);
    dev_fake_store(b, TEST, 4, 0x7777);
    dev_fake_store(b, TEST, 4, 0x1234);
    is_text(g_strdup(asked->str), "off 0 off 42 reset 0 ",
            "pass, fail with a code, reset; the rest is nothing");
    is(dev_fake_load(b, TEST, 4), 0, "reads as 0");
    end();
}

int main(void)
{
    dev_lock_take();
    test_time();
    test_alarm();
    test_finisher();
    dev_lock_drop();
    return tap_done();
}
