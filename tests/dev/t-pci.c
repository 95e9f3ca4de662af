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

#include <string.h>

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
    ok(plug("pci-bridge,addr=4,id=br,chassis_nr=2", &err) && plug("pcie-root-port,addr=0x5,id=port", &err) &&
       plug("pcie-root-port,addr=6.0,id=fixed,hotplug=off", &err), "a bridge and two ports");
    ok(!plug("pcie-root-port,bus=br", &err), "a port that is not at the root");
    is_error(&err, "does not fit", "is refused");
    ok(plug("virtio-rng-pci,bus=br,addr=2.1", &err) != NULL, "a second function");
    ok(!plug("virtio-rng-pci,bus=br,addr=2", &err), "beside a first that is alone");
    is_error(&err, "needs multifunction=on", "is refused");
    ok(plug("virtio-rng-pci,bus=br.0,addr=2,multifunction=on", &err) != NULL, "and taken if the first says so");
    ok(!plug("virtio-rng-pci,addr=3.1", &err), "a second function of a slot that has one");
    is_error(&err, "has no multifunction=on", "is refused");
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
    is(n, 6, "and one more");
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

static guint8 find_cap(guint slot, guint id)
{
    guint8 p = (guint8)rd(slot, 0x34, 1);

    for (guint n = 0; p && rd(slot, p, 1) != id && n < 48; n++) {
        p = (guint8)rd(slot, p + 1, 1);
    }
    return p;
}

/* Messages: two vectors, masked one by one and all together, and only from a bus master. */
static void messages(void)
{
    guint8 cap = find_cap(3, 0x11);
    guint64 table = WINDOW + 0x10000;

    is(rd(3, cap + 2, 2), 1, "MSI-X with two vectors");
    is(rd(3, cap + 4, 4), 1, "its table at the start of BAR 1");
    is(rd(3, cap + 8, 4), 0x801, "its pending bits in the second half");
    wr(3, 0x14, 4, UINT32_MAX);
    is(rd(3, 0x14, 4), 0xfffff000, "a BAR of 4 KiB");
    wr(3, 0x14, 4, (guint32)table);
    is(dev_fake_load(b, table + 12, 4), 1, "vectors are masked at first");
    dev_fake_store(b, table + 12, 4, UINT32_MAX);
    is(dev_fake_load(b, table + 12, 4), 1, "and only their mask can be written");
    for (guint i = 0; i < 2; i++) {
        dev_fake_store(b, table + 16 * i, 8, RAM + 0x5000 + 8 * i);
        dev_fake_store(b, table + 16 * i + 8, 4, 0x77 + i);
    }
    wr(3, cap + 2, 2, 0x8000);
    make_ring();
    dev_fake_store(b, WINDOW + 16, 2, 1);
    dev_fake_store(b, WINDOW + 26, 2, 5);
    is(dev_fake_load(b, WINDOW + 26, 2), 0xffff, "a vector that is not there");
    dev_fake_store(b, WINDOW + 26, 2, 0);
    is(dev_fake_load(b, WINDOW + 26, 2), 0, "a vector for the queue");
    dev_fake_store(b, WINDOW + 0x3000, 2, 0);
    ok(!irq(3), "with MSI-X the pin stays low");
    is(dev_fake_load(b, RAM + 0x5000, 4), 0, "a masked message is not sent");
    is(dev_fake_load(b, table + 0x800, 8), 1, "it is pending");
    dev_fake_store(b, table + 12, 4, 0);
    is(dev_fake_load(b, RAM + 0x5000, 4), 0x77, "and sent when the mask goes");
    is(dev_fake_load(b, table + 0x800, 8), 0, "once");
    is(dev_fake_load(b, WINDOW + 0x1000, 1), 0, "the interrupt register is not used");
    dev_fake_store(b, RAM + 0x5000, 4, 0);
    wr(3, cap + 2, 2, 0xc000);
    dev_fake_store(b, RAM + 0x2002, 2, 2);
    dev_fake_store(b, WINDOW + 0x3000, 2, 0);
    is(dev_fake_load(b, RAM + 0x5000, 4), 0, "all masked together");
    wr(3, cap + 2, 2, 0x8000);
    is(dev_fake_load(b, RAM + 0x5000, 4), 0x77, "and let go together");
    dev_reset(&b->dev, DEV_RESET_WARM);
    is(rd(3, cap + 2, 2), 1, "a reset switches it off");
    wr(3, 0x20, 4, (guint32)WINDOW);
    wr(3, 4, 2, 6);
}

/* --- bridges and ports ----------------------------------------------------------------------- */
/* A register of a function on the bus that was given number 1. */
static guint64 behind(guint slot, guint reg)
{
    return ECAM + (1 << 20) + (slot << 15) + reg;
}

static guint gone;
static char last_gone[64];

static void on_event(const char *name, JsonNode *data)
{
    gone += !strcmp(name, "DEVICE_DELETED");
    g_strlcpy(last_gone, json_object_get_string_member_with_default(json_node_get_object(data), "device", ""),
              sizeof last_gone);
    json_node_unref(data);
}

static void bridge(void)
{
    wr(4, 0x18, 4, 0x010100);
    is(rd(4, 0x0e, 1), 1, "a bridge has a header of type 1");
    is(dev_fake_load(b, behind(2, 0), 4), 0x10441af4, "a function behind it");
    is(dev_fake_load(b, behind(3, 0), 4), UINT32_MAX, "and none beside");
    is(dev_fake_load(b, behind(2, 0) + (1 << 12), 4), 0x10441af4, "its second function");
    is(dev_fake_load(b, behind(2, 0x0e), 1), 0x80, "the first says that there are more");
    dev_fake_store(b, behind(2, 0x20), 4, WINDOW + 0x20000);
    dev_fake_store(b, behind(2, 4), 2, 6);
    uint64_t value;
    is(dev_mem_load(b->space, WINDOW + 0x20000 + 18, 2, &value), DEV_TX_NOTHING, "a BAR behind a shut window");
    wr(4, 0x20, 4, ((guint32)WINDOW >> 16 & 0xfff0) * 0x10001u);
    wr(4, 4, 2, 6);
    is(dev_fake_load(b, WINDOW + 0x20000 + 18, 2), 1, "and an open one");
    wr(4, 0x20, 4, 0x0000fff0);
    is(dev_mem_load(b->space, WINDOW + 0x20000 + 18, 2, &value), DEV_TX_NOTHING, "that ends before it begins");
    wr(4, 0x24, 4, 0x0000fff0);
    wr(4, 0x20, 4, ((guint32)WINDOW >> 16 & 0xfff0) * 0x10001u);
    wr(4, 0x18, 4, 0xff0000);
    is(dev_fake_load(b, behind(2, 0), 4), UINT32_MAX, "without a bus number nothing is behind it");
    wr(4, 0x18, 4, 0xff0000 | 4 << 8);
    is(dev_fake_load(b, behind(2, 0) + (3 << 20), 4), 0x10441af4, "numbers are the driver's");
    is(dev_fake_load(b, ECAM + (200 << 20), 4), UINT32_MAX, "a number in its range that no bus has");
    wr(4, 0x18, 4, 0x010100);
    is(dev_fake_load(b, behind(2, 4), 2), 6, "the command register");
    wr(4, 0x3e, 2, 0x40);
    is(dev_fake_load(b, behind(2, 4), 2), 0, "is reset with the bus behind");
    wr(4, 4, 2, 0);
    wr(4, 0x18, 4, 0);
}

static guint8 slot_cap;

static guint slot_status(void)
{
    return rd(5, slot_cap + 0x1a, 2);
}

static void hotplug(void)
{
    g_autoptr(GError) err = NULL;
    Dev *d;

    b->event = on_event;
    slot_cap = find_cap(5, 0x10);
    is(rd(5, slot_cap + 2, 2) >> 4 & 0x1f, 0x14, "a root port with a slot");
    is(slot_status(), 0, "the slot is empty");
    is(rd(5, slot_cap + 0x18, 2), 0x7c0, "without power or lights");
    wr(5, 0x18, 4, 0x010100);
    ok(!plug("virtio-rng-pci,bus=port,addr=1", &err), "a port has one slot");
    is_error(&err, "only slot 0", "and says so");
    ok(!plug("virtio-blk-pci,bus=port,id=c,drive=none", &err), "a card that cannot be");
    g_clear_error(&err);
    is(slot_status(), 0, "leaves no event");
    wr(5, slot_cap + 0x18, 2, 0x7c0 | 0x29);
    ok(plug("virtio-rng-pci,bus=port,id=card", &err) != NULL, "a card comes");
    is(slot_status(), 0x159, "it is present, presence and link have changed, and the button was pressed");
    ok(irq(1), "the slot's driver is interrupted");
    is(dev_fake_load(b, behind(0, 0), 4), UINT32_MAX, "without power it is not there");
    wr(5, slot_cap + 0x1a, 2, 0x119);
    is(slot_status(), 0x40, "events are cleared by writing 1");
    ok(!irq(1), "and the interrupt with them");
    wr(5, slot_cap + 0x18, 2, 0x1e9);
    is(dev_fake_load(b, behind(0, 0), 4), 0x10441af4, "with power it is");
    is(rd(5, slot_cap + 0x12, 2) & 0x2000, 0x2000, "and the link is up");
    dev_fake_store(b, behind(0, 4), 2, 6);
    ok(!plug("virtio-rng-pci,bus=port", &err), "a second card in the slot");
    is_error(&err, "bus is full", "is refused");
    wr(5, slot_cap + 0x1a, 2, 0x11f);
    d = (Dev *)obj_resolve(b->root, "card", NULL, NULL);
    ok(dev_unplug(d, &err) && gone == 0, "the user wants it away: the guest is asked");
    is(slot_status(), 0x41, "by the button");
    ok(irq(1) && !dev_unplug(d, &err), "once");
    is_error(&err, "in the process of unplug", "and that is said");
    wr(5, slot_cap + 0x18, 2, 0x5e9);
    ok(gone == 1 && !strcmp(last_gone, "card"), "power off: it is gone, and who watches hears of it");
    is(slot_status() & 0x48, 8, "the slot is empty");
    is(dev_fake_load(b, behind(0, 0), 4), UINT32_MAX, "nothing answers");
    wr(5, slot_cap + 0x18, 2, 0x7c0);
    wr(5, slot_cap + 0x1a, 2, 0x11f);
    ok(plug("virtio-rng-pci,bus=port,id=card", &err) != NULL, "another");
    ok(dev_unplug((Dev *)obj_resolve(b->root, "card", NULL, NULL), &err) && gone == 2,
       "nobody listens and nobody uses it: it leaves at once");
    ok(plug("virtio-rng-pci,id=card", &err) != NULL, "a third, to the first bus that takes it");
    wr(5, slot_cap + 0x18, 2, 0x1c0);
    dev_fake_store(b, behind(0, 4), 2, 6);
    ok(dev_unplug((Dev *)obj_resolve(b->root, "card", NULL, NULL), &err) && gone == 2, "in use it stays");
    dev_reset(&b->dev, DEV_RESET_WARM);
    is(gone, 3, "until the next reset");
    ok(!plug("virtio-rng-pci,bus=fixed", &err), "a port without hot-plug");
    is_error(&err, "hotplug=off", "takes nothing");
    wr(5, 0x18, 4, 0);
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
        guint64 base = seed & 1 ? at(seed >> 11 & 7, 0) : WINDOW + (seed >> 11 & 0x3000);
        if (i % 8 == 5) {
            base = ECAM + (seed >> 14 & 0x3fffff);
        }
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
    messages();
    bridge();
    hotplug();
    window();
    hostile();
    dev_board_free(b);
    dev_lock_drop();
    return tap_done();
}
