/* SPDX-License-Identifier: BSD-2-Clause */
/* RISC-V ACLINT by its specification. [ACLINT 1.0-rc4] */
#include "harness.h"

#include "dev/timer/aclint.h"

#include "dev/fake.h"
#include "dev/lock.h"
#include "dev/reset.h"

#define MSWI UINT64_C(0x2000000)
#define MTIMER UINT64_C(0x2004000)
#define SSWI UINT64_C(0x2f00000)
#define TIME (MTIMER + 0x7ff8)
#define HARTS 4

static DevBoard *b;
static DevFakeProbe *probe;
static Dev *mtimer;

static gboolean in(guint n)
{
    return dev_irq_level(&probe->dev, "in", n);
}

static Dev *add(const DevType *t, const char *name, DevGpa gpa, const char *pin, guint first)
{
    Dev *d = dev_fake_add(b, t, name, gpa);

    obj_prop_set_uint(&d->obj, "num-harts", HARTS, NULL);
    for (guint i = 0; i < HARTS; i++) {
        gboolean good = dev_irq_connect(d, pin, i, &probe->dev, "in", first + i, FALSE, NULL);
        g_assert(good);
    }
    return d;
}

static void start(void)
{
    b = dev_fake_new(DEV_CLOCK_INSNS);
    probe = dev_fake_probe(b);
    mtimer = add(&sys_aclint_mtimer, "mtimer", MTIMER, "mti", 0);
    add(&sys_aclint_mswi, "mswi", MSWI, "msi", 8);
    add(&sys_aclint_sswi, "sswi", SSWI, "ssi", 16);
    gboolean good = dev_realize(&b->dev, NULL);
    g_assert(good);
    dev_clock_start(b->clock);
}

static void test_time(void)
{
    start();
    is(dev_fake_load(b, TIME, 8), 0, "mtime begins at 0");
    dev_fake_wait(b, 12345);
    is(dev_fake_load(b, TIME, 8), 123, "10 MHz: a tick is 100 ns");
    is(sys_aclint_time(mtimer), 123, "as the harts see it");
    dev_fake_store(b, TIME, 8, UINT64_C(0x1fffffff0));
    dev_fake_wait(b, 100 * 32 - 45);
    is(dev_fake_load(b, TIME, 4), 0x10, "it can be written, and goes on");
    is(dev_fake_load(b, TIME + 4, 4), 2, "its halves are words");
    dev_fake_store(b, TIME + 4, 4, 7);
    is(dev_fake_load(b, TIME, 8), UINT64_C(0x700000010), "also for writing");
    dev_reset(&b->dev, DEV_RESET_COLD);
    is(dev_fake_load(b, TIME, 8), 0, "reset clears it");
    dev_board_free(b);
}

static void test_compare(void)
{
    start();
    is(dev_fake_load(b, MTIMER + 8, 8), -1, "mtimecmp is out of reach after reset");
    dev_fake_store(b, MTIMER + 8, 8, 50);
    dev_fake_wait(b, 4999);
    ok(!in(1), "not before its time");
    dev_fake_wait(b, 1);
    ok(in(1) && !in(0) && !in(2), "the hart's line rises when mtime reaches mtimecmp");
    dev_fake_wait(b, 1000000);
    ok(in(1), "and stays");
    dev_fake_store(b, MTIMER + 8 + 4, 4, 1);
    ok(!in(1), "until mtimecmp is ahead again (upper word)");
    is(dev_fake_load(b, MTIMER + 8, 8), UINT64_C(0x100000032), "which was merged");
    dev_fake_store(b, MTIMER, 8, 0);
    ok(in(0), "a comparator of the past is due at once");
    dev_fake_store(b, TIME, 8, UINT64_C(0x100000031));
    ok(!in(1), "moving mtime counts");
    dev_fake_wait(b, 100);
    ok(in(1), "to the tick");
    dev_fake_store(b, MTIMER + 16, 8, UINT64_MAX - 1);
    dev_fake_wait(b, 1000);
    ok(!in(2), "a comparator beyond the host's time never comes");
    is(dev_fake_load(b, MTIMER + 8 * HARTS, 8), 0, "no comparator, no value");
    dev_board_free(b);
}

static void test_swi(void)
{
    start();
    dev_fake_store(b, MSWI + 4, 4, 0xffffffff);
    ok(in(9) && !in(8), "msip raises the hart's line");
    is(dev_fake_load(b, MSWI + 4, 4), 1, "only bit 0 exists");
    dev_fake_store(b, MSWI + 4, 4, 0xfffffffe);
    ok(!in(9), "and lowers it");
    dev_fake_store(b, MSWI + 4 * HARTS, 4, 1);
    is(dev_fake_load(b, MSWI + 4 * HARTS, 4), 0, "no hart, no bit");
    dev_fake_store(b, SSWI + 8, 4, 1);
    ok(probe->rises[18] == 1 && !in(18), "setssip sends an edge");
    dev_fake_store(b, SSWI + 8, 4, 1);
    dev_fake_store(b, SSWI + 8, 4, 0);
    ok(probe->rises[18] == 2, "each time; 0 sends nothing");
    is(dev_fake_load(b, SSWI + 8, 4), 0, "and reads as 0");
    dev_board_free(b);
}

static void test_errors(void)
{
    b = dev_fake_new(DEV_CLOCK_INSNS);
    Dev *d = dev_fake_add(b, &sys_aclint_mtimer, "mtimer", MTIMER);
    g_autoptr(GError) err = NULL;

    obj_prop_set_text(&d->obj, "time-offset", "0x7ffc", NULL);
    ok(!dev_realize(&b->dev, &err), "a counter across the end");
    is_error(&err, "mtimer (riscv.aclint.mtimer): compare-offset=0x0, time-offset=0x7ffc",
             "is refused by name");
    dev_board_free(b);
}

int main(void)
{
    dev_lock_take();
    test_time();
    test_compare();
    test_swi();
    test_errors();
    dev_lock_drop();
    return tap_done();
}
