/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine for tests. The card exercises every kind of acquisition, so that the life-cycle test covers them. */
#include "dev/fake.h"

#include "dev/lock.h"
#include "dev/reg.h"
#include "dev/snap.h"

/* --- the probe ------------------------------------------------------------------------------- */
static void probe_in(Dev *d, guint n, gboolean level)
{
    DevFakeProbe *p = (DevFakeProbe *)d;

    if (level) {
        p->rises[n]++;
    } else {
        p->falls[n]++;
    }
}

static const DevPin probe_pins[] = {
    DEV_PIN_IN("in", "Lines that the test watches.", DEV_FAKE_PINS, probe_in),
    DEV_PIN_OUT("out", "Lines that the test drives.", DEV_FAKE_PINS, DevFakeProbe, out),
    { 0 },
};

const DevType dev_fake_probe_type = {
    .obj = { .name = "fake-probe", .text = OBJ_TEXT("Watches and drives lines, for tests."),
             .parent = &dev_type.obj, .size = sizeof(DevFakeProbe) },
    .group = "test",
    .pins = probe_pins,
};

/* --- the bus --------------------------------------------------------------------------------- */
#define SLOTS 4
#define SLOT_BYTES 0x10000

typedef struct FakeBus {
    DevBus bus;
    DevRegion window;           /* SLOTS slots; where it is, its owner says */
} FakeBus;

static void init_fake_bus(Obj *o)
{
    dev_region_init_container(&((FakeBus *)o)->window, NULL, "slots", SLOTS * SLOT_BYTES);
}

static void finalize_fake_bus(Obj *o)
{
    dev_region_clear(&((FakeBus *)o)->window);
}

static gboolean plug_fake(DevBus *bus, Dev *d, GError **err)
{
    guint used = 0;

    for (guint i = 0; i < bus->devs->len; i++) {
        used |= 1u << ((Dev *)g_ptr_array_index(bus->devs, i))->address;
    }
    while (used >> d->address & 1) {
        d->address++;
    }
    return TRUE;
}

static char *where_fake(DevBus *bus, const Dev *d)
{
    return g_strdup_printf("slot %u", (guint)d->address);
}

static const DevBusType fake_bus_type = {
    .obj = { .name = "fake-bus", .text = OBJ_TEXT("A bus with four slots, for tests."), .parent = &dev_bus_type,
             .size = sizeof(FakeBus), .init = init_fake_bus, .finalize = finalize_fake_bus },
    .max = SLOTS,
    .hotplug = TRUE,
    .plug = plug_fake,
    .where = where_fake,
};

/* --- the card -------------------------------------------------------------------------------- */
typedef struct FakeCard {
    Dev dev;
    uint32_t control, status, array[4];
    uint64_t scratch;
    gboolean with_part, want_failure;
    uint64_t ram_bytes;
    char *label;
    Obj *peer;
    DevIrq irq;
    DevTimer timer;
    DevRegion regs, rom;
    DevListener listener;
} FakeCard;

static void card_timer(Dev *d, DevTimer *t)
{
    FakeCard *c = (FakeCard *)d;

    c->status |= 1;
    dev_irq_set(&c->irq, c->control & 1);
}

static void write_delay(Dev *d, guint n, uint64_t value)
{
    dev_timer_set(&((FakeCard *)d)->timer,
                  dev_clock_ns(dev_board_clock(d)) + (int64_t)(uint32_t)value);
}

static void card_in(Dev *d, guint n, gboolean level)
{
    ((FakeCard *)d)->status |= level ? 2 : 0;
}

static const DevReg card_regs[] = {
    DEV_REG("control", "Bit 0 lets the line rise.",
            0x00, 4, .field = offsetof(FakeCard, control), .write = 0xff),
    DEV_REG("status", "Bit 0: the timer was due. Written as 1 to clear.",
            0x04, 4, .field = offsetof(FakeCard, status), .clear = 3),
    DEV_REG("delay", "Starts the timer, in ns.", 0x08, 4, .written = write_delay),
    DEV_REG("array", "Four words.",
            0x10, 4, .count = 4, .field = offsetof(FakeCard, array), .write = UINT32_MAX),
    DEV_REG("scratch", "Eight bytes.", 0x20, 8, .field = offsetof(FakeCard, scratch), .write = UINT64_MAX),
    { 0 },
};

static const DevField card_fields[] = {
    DEV_FIELD("control", "What may happen.", FakeCard, control, 0, .max = 0xff),
    DEV_FIELD("status", "What has happened.", FakeCard, status, 0, .max = 3),
    DEV_FIELD_ARRAY("array", "Four words.", FakeCard, array, 0x11),
    DEV_FIELD("scratch", "Eight bytes, kept in reset.", FakeCard, scratch, 0, .flags = DEV_FIELD_KEEP, .since = 2),
    DEV_FIELD_OF_TIMER("timer", "When the timer is due.", FakeCard, timer),
    { 0 },
};

static const DevPin card_pins[] = {
    DEV_PIN_OUT("irq", "Rises when the timer is due.", 1, FakeCard, irq),
    DEV_PIN_IN("in", "Sets bit 1 of the status.", 2, card_in),
    { 0 },
};

static const ObjProp card_props[] = {
    OBJ_PROP_BOOL("part", "Whether the card has a part, which is a device of its own.", FakeCard, with_part, TRUE),
    OBJ_PROP_BOOL("fail", "Makes realize fail after all else.", FakeCard, want_failure, FALSE),
    OBJ_PROP_SIZE("rom", "Bytes of its read-only memory.", FakeCard, ram_bytes, 8192, 1, 1 << 30),
    OBJ_PROP_STR("label", "What is written on it.", FakeCard, label, "fake", .flags = OBJ_LIVE),
    OBJ_PROP_LINK("peer", "Another device that this one uses.", FakeCard, peer, &dev_type.obj),
    { 0 },
};

static void ignore_range(DevListener *l, const DevRange *range)
{
}

static void undo_listen(Dev *d, void *data)
{
    dev_space_unlisten(dev_board(d)->space, &((FakeCard *)d)->listener);
}

static void undo_part(Dev *d, void *data)
{
    obj_unparent(data);
}

static gboolean add_part(FakeCard *c, GError **err)
{
    g_autoptr(Obj) part = obj_new(&dev_fake_probe_type.obj);

    if (!dev_step(&c->dev, "part", err) || !obj_add_child(&c->dev.obj, "helper", part, err)) {
        return FALSE;
    }
    dev_defer(&c->dev, undo_part, part);
    return dev_irq_connect(&c->dev, "irq", 0, (Dev *)part, "in", 0, FALSE, err);
}

static gboolean realize_card(Dev *d, GError **err)
{
    FakeCard *c = (FakeCard *)d;
    DevRegion *window = &((FakeBus *)d->bus)->window;
    g_autofree char *path = obj_path(&d->obj);

    if (!dev_timer_open(&c->timer, d, card_timer, err)) {
        return FALSE;
    }
    DevRam *ram = dev_ram_new(d, path, c->ram_bytes, err);
    if (!ram) {
        return FALSE;
    }
    dev_region_init_rom(&c->rom, d, "rom", ram);
    dev_region_init_regs(&c->regs, d, "regs", 0x100, card_regs);
    if (!dev_region_put(d, window, d->address * SLOT_BYTES, 0, &c->regs, err) ||
        !dev_region_put(d, window, d->address * SLOT_BYTES, -1, &c->rom, err) ||
        !dev_step(d, "listen", err)) {
        return FALSE;
    }
    c->listener = (DevListener){ .add = ignore_range, .del = ignore_range };
    dev_space_listen(dev_board(d)->space, &c->listener);
    dev_defer(d, undo_listen, NULL);
    if (c->with_part && !add_part(c, err)) {
        return FALSE;
    }
    return !c->want_failure || dev_fail(d, err, "fail=on: as asked for");
}

const DevType dev_fake_card_type = {
    .obj = { .name = "fake-card", .text = OBJ_TEXT("Uses everything that a device can use, for tests."),
             .parent = &dev_type.obj, .size = sizeof(FakeCard), .props = card_props },
    .bus = &fake_bus_type.obj,
    .group = "test",
    .flags = DEV_USER | DEV_HOTPLUG,
    .version = 2,
    .pins = card_pins,
    .fields = card_fields,
    .regs = card_regs,
    .realize = realize_card,
};

/* --- the bridge ------------------------------------------------------------------------------ */
typedef struct FakeBridge {
    Dev dev;
    FakeBus *inner;
} FakeBridge;

static void init_bridge(Obj *o)
{
    FakeBridge *b = (FakeBridge *)o;

    b->inner = (FakeBus *)dev_bus_new(&fake_bus_type, &b->dev, "inner");
}

static gboolean realize_bridge(Dev *d, GError **err)
{
    return dev_step(d, "nothing", err);
}

static void unrealize_bridge(Dev *d)
{
    g_assert(!((FakeBridge *)d)->inner->bus.live);      /* what sits on it went first */
}

const DevType dev_fake_bridge_type = {
    .obj = { .name = "fake-bridge", .text = OBJ_TEXT("A bus on a bus, for tests."), .parent = &dev_type.obj,
             .size = sizeof(FakeBridge), .init = init_bridge },
    .bus = &fake_bus_type.obj,
    .group = "test",
    .flags = DEV_USER | DEV_HOTPLUG,
    .realize = realize_bridge,
    .unrealize = unrealize_bridge,
};

const DevType *const dev_fake_types[] = { &dev_fake_probe_type, &dev_fake_card_type,
                                          &dev_fake_bridge_type, NULL };

/* --- the board ------------------------------------------------------------------------------- */
typedef struct FakeBoard {
    DevBoard board;
    DevRegion ram;
    FakeBus *cards;
    uint64_t ram_bytes;
} FakeBoard;

static void init_fake_board(Obj *o)
{
    FakeBoard *f = (FakeBoard *)o;
    g_autoptr(Obj) probe = obj_new(&dev_fake_probe_type.obj);

    f->cards = (FakeBus *)dev_bus_new(&fake_bus_type, &f->board.dev, "cards");
    obj_add_child(o, "probe", probe, NULL);
}

static gboolean realize_fake_board(Dev *d, GError **err)
{
    FakeBoard *f = (FakeBoard *)d;
    DevRam *ram = dev_ram_new(d, "ram", f->ram_bytes, err);

    if (!ram) {
        return FALSE;
    }
    dev_region_init_ram(&f->ram, d, "ram", ram);
    return dev_region_put(d, &f->board.memory, DEV_FAKE_RAM_BASE, 0, &f->ram, err) &&
           dev_region_put(d, &f->board.memory, 0x40000000, 0, &f->cards->window, err);
}

static const ObjProp board_props[] = {
    OBJ_PROP_SIZE("memory", "Bytes of RAM.", FakeBoard, ram_bytes, 16 << 20, 4096, UINT64_C(1) << 40),
    { 0 },
};

const DevBoardType dev_fake_board_type = {
    .dev = {
        .obj = { .name = "fake", .text = OBJ_TEXT("A machine without CPUs, for tests."), .parent = &dev_board_type.obj,
                 .size = sizeof(FakeBoard), .props = board_props, .init = init_fake_board },
        .group = "test",
        .realize = realize_fake_board,
    },
};

DevBoard *dev_fake_new(DevClockMode mode)
{
    return dev_board_new(&dev_fake_board_type, dev_clock_new(mode, 1));
}

Dev *dev_fake_add(DevBoard *b, const DevType *type, const char *name, DevGpa gpa)
{
    g_autoptr(Obj) o = obj_new(&type->obj);
    gboolean good = obj_add_child(&b->dev.obj, name, o, NULL);

    g_assert(good);
    dev_sys_map((Dev *)o, 0, gpa);
    good = dev_bus_put(b->sysbus, (Dev *)o, NULL);
    g_assert(good);
    return (Dev *)o;
}

DevFakeProbe *dev_fake_probe(DevBoard *b)
{
    return (DevFakeProbe *)obj_child(&b->dev.obj, "probe");
}

uint64_t dev_fake_load(DevBoard *b, DevGpa gpa, guint size)
{
    uint64_t value;
    DevTx tx = dev_mem_load(b->space, gpa, size, &value);

    g_assert(tx == DEV_TX_OK);
    return value;
}

void dev_fake_store(DevBoard *b, DevGpa gpa, guint size, uint64_t value)
{
    DevTx tx = dev_mem_store(b->space, gpa, size, value);

    g_assert(tx == DEV_TX_OK);
}

void dev_fake_wait(DevBoard *b, int64_t ns)
{
    int64_t until = dev_clock_ns(b->clock) + ns, next;

    g_assert(dev_clock_running(b->clock));

    while ((next = dev_clock_next_ns(b->clock)) <= until) {
        int64_t now = dev_clock_ns(b->clock);
        if (next > now) {
            dev_clock_count(b->clock, (guint64)(next - now));
        }
        dev_clock_run(b->clock);
    }
    dev_clock_count(b->clock, (guint64)(until - dev_clock_ns(b->clock)));
}
