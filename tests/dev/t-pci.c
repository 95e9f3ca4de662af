/* SPDX-License-Identifier: BSD-2-Clause */
/* PCI as a driver sees it: configuration space, BARs, the interrupt pin, bus mastering; virtio over it; guests that
 * mean harm. */
#include "harness.h"

#include "dev/pci/gpex.h"
#include "dev/pci/pci.h"

#include "dev/fake.h"
#include "dev/lock.h"
#include "dev/plug.h"
#include "dev/reset.h"
#include "models.h"

#define ECAM UINT64_C(0x30000000)
#define WINDOW UINT64_C(0x60000000)
#define RAM DEV_FAKE_RAM_BASE

static DevBoard *b;
static DevFakeProbe *probe;

static guint64 at(guint slot, guint reg)
{
    return ECAM + (slot << 15) + reg;
}

static guint32 rd(guint slot, guint reg, guint size)
{
    return (guint32)dev_fake_load(b, at(slot, reg), size);
}

static void wr(guint slot, guint reg, guint size, guint32 value)
{
    dev_fake_store(b, at(slot, reg), size, value);
}

static gboolean irq(guint n)
{
    return dev_irq_level(&probe->dev, "in", n);
}

static Dev *plug(const char *text, GError **err)
{
    g_autoptr(JsonObject) args = dev_plug_parse(text, "driver", NULL);

    return dev_plug(b, sys_models, args, err);
}

static void start(void)
{
    b = dev_fake_new(DEV_CLOCK_INSNS);
    probe = dev_fake_probe(b);
    Dev *host = dev_fake_add(b, &sys_gpex_pcihost, "pci", ECAM);
    sys_gpex_window(host, WINDOW, 1 << 20);
    for (guint i = 0; i < 4; i++) {
        dev_irq_connect(host, "irq", i, &probe->dev, "in", i, FALSE, NULL);
    }
    g_autoptr(GError) err = NULL;
    ok(plug("virtio-rng-pci,addr=3", &err) && plug("virtio-rng-pci,bus=pcie.0", &err), "two functions");
    ok(!plug("virtio-rng-pci,addr=3", &err), "a third in a slot that is taken");
    is_error(&err, "another device is in that slot", "is refused");
    ok(!plug("virtio-rng-pci,addr=33", &err), "there is no slot 33");
    is_error(&err, "out of range", "and that is said");
    ok(dev_realize(&b->dev, NULL), "a machine with them");
    dev_clock_start(b->clock);
}

static void configuration(void)
{
    is(rd(3, 0, 4), 0x10441af4, "vendor and device");
    is(rd(0, 0, 4), 0x10441af4, "the other is in the first free slot");
    is(rd(1, 0, 4), UINT32_MAX, "an empty slot reads as ones");
    is(rd(1, 0, 1), 0xff, "also a byte of it");
    is(dev_fake_load(b, at(3, 0) + 0x1000, 4), UINT32_MAX, "so does a second function");
    is(dev_fake_load(b, ECAM + (1 << 20), 4), UINT32_MAX, "and a second bus");
    is(rd(3, 0x100, 4), 0, "there are no extended capabilities");
    wr(3, 0, 4, 0);
    wr(3, 0x3c, 1, 0x55);
    is(rd(3, 0, 4), 0x10441af4, "what is read-only stays");
    is(rd(3, 0x3c, 2), 0x0155, "the line register is a driver's, and the pin is INTA");
    wr(3, 0x20, 4, UINT32_MAX);
    wr(3, 0x24, 4, UINT32_MAX);
    is(rd(3, 0x20, 4), 0xffffc00c, "a BAR of 16 KiB, 64 bits, prefetchable");
    is(rd(3, 0x24, 4), UINT32_MAX, "its upper half");
    wr(3, 0x10, 4, UINT32_MAX);
    is(rd(3, 0x10, 4), 0, "a BAR that is not there");
}

/* The capabilities' list has an end, and the virtio ones are as [VIRTIO 4.1.4] has them. */
static void capabilities(void)
{
    guint seen = 0, n = 0;

    for (guint8 p = (guint8)rd(3, 0x34, 1); p && n < 48; p = (guint8)rd(3, p + 1, 1), n++) {
        if (rd(3, p, 1) == 9) {
            seen |= 1u << rd(3, p + 3, 1);
        }
    }
    is(seen, 0x3e, "five virtio capabilities: common, notify, interrupts, device, window");
    is(n, 5, "and no others");
}

static void mapping(void)
{
    wr(3, 0x24, 4, 0);
    wr(3, 0x20, 4, (guint32)WINDOW + 0x8000);
    uint64_t value;
    is(dev_mem_load(b->space, WINDOW + 0x8000 + 18, 2, &value), DEV_TX_NOTHING, "a BAR is nowhere before memory is on");
    wr(3, 4, 2, 2);
    is(dev_fake_load(b, WINDOW + 0x8000 + 18, 2), 1, "then it is where the driver put it: one queue");
    wr(3, 0x20, 4, (guint32)WINDOW + 0x4000);
    is(dev_fake_load(b, WINDOW + 0x4000 + 18, 2), 1, "and moves");
    is(dev_mem_load(b->space, WINDOW + 0x8000 + 18, 2, &value), DEV_TX_NOTHING, "away from there");
    wr(3, 0x20, 4, 0xffffc000);
    wr(3, 0x24, 4, UINT32_MAX);
    is(dev_mem_load(b->space, WINDOW + 0x4000 + 18, 2, &value), DEV_TX_NOTHING, "to the end of all addresses: nowhere");
    wr(3, 0x24, 4, 0);
    wr(3, 0x20, 4, (guint32)RAM);
    is(dev_fake_load(b, RAM, 8), 0, "over RAM: outside the window, nothing");
    wr(3, 0x20, 4, (guint32)WINDOW);
}

/* A ring of one buffer of 8 bytes for the entropy device, at RAM. */
static void make_ring(void)
{
    guint64 bar = WINDOW;

    dev_fake_store(b, bar + 20, 1, 0);
    dev_fake_store(b, bar + 20, 1, 3);
    dev_fake_store(b, bar + 8, 4, 1);
    dev_fake_store(b, bar + 12, 4, 1);          /* VERSION_1 */
    dev_fake_store(b, bar + 20, 1, 11);
    dev_fake_store(b, bar + 22, 2, 0);
    dev_fake_store(b, bar + 24, 2, 4);
    dev_fake_store(b, bar + 32, 8, RAM + 0x1000);
    dev_fake_store(b, bar + 40, 8, RAM + 0x2000);
    dev_fake_store(b, bar + 48, 8, RAM + 0x3000);
    dev_fake_store(b, bar + 28, 2, 1);
    dev_fake_store(b, bar + 20, 1, 15);
    dev_fake_store(b, RAM + 0x1000, 8, RAM + 0x4000);
    dev_fake_store(b, RAM + 0x1008, 8, 8 | UINT64_C(2) << 32);
    dev_fake_store(b, RAM + 0x2000, 8, UINT64_C(1) << 16);
    dev_fake_store(b, RAM + 0x3000, 8, 0);
    dev_fake_store(b, RAM + 0x4000, 8, 0);
}

static void interrupts(void)
{
    make_ring();
    is(dev_fake_load(b, WINDOW + 20, 1), 15, "the driver is accepted");
    dev_fake_store(b, WINDOW + 0x3000, 2, 0);
    is(dev_fake_load(b, RAM + 0x3002, 2), 0, "a function that is no bus master reaches no memory");
    is(dev_fake_load(b, WINDOW + 20, 1) & 64, 64, "and asks for a reset");
    wr(3, 4, 2, 6);
    make_ring();
    dev_fake_store(b, WINDOW + 0x3000, 2, 0);
    is(dev_fake_load(b, RAM + 0x3002, 2), 1, "as one it gives the buffer back");
    ok(dev_fake_load(b, RAM + 0x4000, 8) != 0, "filled");
    ok(irq(3) && !irq(0), "slot 3's pin is line 3");
    is(rd(3, 6, 2) & 8, 8, "the status register shows it");
    wr(3, 4, 2, 0x406);
    ok(!irq(3), "the pin can be switched off");
    wr(3, 4, 2, 6);
    ok(irq(3), "and on");
    is(dev_fake_load(b, WINDOW + 0x1000, 1), 1, "reading the interrupt register");
    ok(!irq(3), "ends it");
    is(dev_fake_load(b, WINDOW + 0x1000, 1), 0, "and clears it");
}

/* The window in configuration space reaches the BAR, and nothing else. */
static void window(void)
{
    guint8 cap = (guint8)rd(3, 0x34, 1);

    while (rd(3, cap + 3, 1) != 5) {
        cap = (guint8)rd(3, cap + 1, 1);
    }
    wr(3, cap + 4, 1, 4);
    wr(3, cap + 8, 4, 18);
    wr(3, cap + 12, 4, 2);
    is(rd(3, cap + 16, 2), 1, "the number of queues through the window");
    wr(3, cap + 8, 4, 0x4000);
    wr(3, cap + 16, 4, 0x12345678);
    is(rd(3, cap + 16, 4), 0x12345678, "behind the BAR there is nothing to read or write");
    wr(3, cap + 12, 4, 3);
    wr(3, cap + 8, 4, UINT32_MAX);
    wr(3, cap + 16, 4, 0);
    is(rd(3, cap + 16, 4), 0, "nor with a size that is none");
}

/* Everything a guest can write, with numbers of all kinds. */
static void hostile(void)
{
    guint64 seed = 88172645463325252;

    for (guint i = 0; i < 200000; i++) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        guint size = 1u << (seed >> 8 & 3);
        guint64 base = seed & 1 ? at(seed >> 11 & 3, 0) : WINDOW + (seed >> 11 & 0x3000);
        guint64 gpa = base + (seed >> 20 & (seed & 2 ? 0xff : 0x3f) & ~(guint64)(size - 1));
        uint64_t value = seed & 4 ? seed >> 32 : (seed & 8 ? RAM : 0) + (seed >> 40 & 0xff);
        dev_mem_store(b->space, gpa, size, value);
        dev_mem_load(b->space, gpa, size, &value);
    }
    dev_reset(&b->dev, DEV_RESET_COLD);
    is(rd(3, 0, 4), 0x10441af4, "after 200000 accesses of all kinds and a reset it is there");
    is(rd(3, 4, 4), 0x00100000, "with everything switched off");
    is(rd(3, 0x20, 4), 0xc, "and mapped nowhere");
}

int main(void)
{
    dev_lock_take();
    start();
    configuration();
    capabilities();
    mapping();
    interrupts();
    window();
    hostile();
    dev_board_free(b);
    dev_lock_drop();
    return tap_done();
}
