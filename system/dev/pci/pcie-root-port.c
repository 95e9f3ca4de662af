/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A root port of PCI Express with a slot whose card comes and goes.  [PCIe 6.7, 7.5.3]
 *
 * A card that comes sets "presence changed" and presses the attention button; a user who wants it away presses the
 * button.  The driver of the slot then switches the power off, and the card leaves; at the latest it leaves with the
 * next reset.  A card that is no bus master in a slot whose interrupts are off has neither driver nor listener: it
 * leaves at once.  A slot without a power controller is always on: a guest without a driver for slots finds the card
 * when it looks at the bus again, and a card that is wanted away leaves when its power light goes out.  Interrupts
 * are by the pin.
 */
#include "dev/pci/port.h"

#include "dev/plug.h"
#include "dev/reset.h"

enum { CAP = 0x10, CAP_BYTES = 60, ROOT_PORT = 4 << 4, HAS_SLOT = 1 << 8 };
/* Offsets in the capability [PCIe 7.5.3]. */
enum { CAPS = 2, LINK_CAPS = 0x0c, LINK_STATUS = 0x12, SLOT_CAPS = 0x14, SLOT_CONTROL = 0x18, SLOT_STATUS = 0x1a,
       ROOT_CONTROL = 0x1c };
enum { LINK_X1_GEN1 = 0x11, LINK_ACTIVE_REPORTED = 1 << 20, LINK_ACTIVE = 1 << 13 };
enum { BUTTON = 1, POWER = 2, ATTENTION_LIGHT = 8, POWER_LIGHT = 16, SURPRISE = 32, HOT_PLUG = 64 };   /* SLOT_CAPS */
enum { CHANGED_BUTTON = 1, CHANGED_PRESENCE = 8, CHANGED_DONE = 16, PRESENT = 64, CHANGED_LINK = 0x100 };
enum { WANTS_INTERRUPT = 32, LIGHTS_OFF = 3 << 6 | 3 << 8, POWER_LIGHT_ON = 1 << 8, POWER_OFF = 0x400,
       CONTROL_BITS = 0x17ff };                                                                /* SLOT_CONTROL */
enum { MASTER = 4 };

typedef struct Port {
    SysPciBridge b;
    uint8_t chassis, port;
    uint16_t slot;
    gboolean hotplug, has_power;
    guint cap;
    uint8_t asked;              /* the user wants the card away */
} Port;

static const DevField fields[] = {
    DEV_FIELD("asked", "The card is wanted away.", Port, asked, 0, .flags = DEV_FIELD_KEEP, .max = 1),
    { 0 },
};

static guint32 get(const Port *p, guint at)
{
    return sys_pci_get(&p->b.pci, p->cap + at, 2);
}

static void set(Port *p, guint at, guint32 value)
{
    sys_pci_put(&p->b.pci, p->cap + at, 2, value);
}

static Port *port_of(const DevBus *bus)
{
    return (Port *)bus->owner;
}

/* An event whose bit is enabled in the slot's control drives the pin. [PCIe 6.7.3.4] */
static void drive(Port *p)
{
    guint32 control = get(p, SLOT_CONTROL), changed = get(p, SLOT_STATUS) & control & 0x1f;

    if ((get(p, SLOT_STATUS) & CHANGED_LINK) && (control & 0x1000)) {
        changed |= CHANGED_LINK;
    }
    sys_pci_irq(&p->b.pci, changed && (control & WANTS_INTERRUPT));
}

static void tell(Port *p, guint32 events)
{
    set(p, SLOT_STATUS, get(p, SLOT_STATUS) | events);
    drive(p);
}

static gboolean has_card(const Port *p)
{
    for (guint i = 0; i < p->b.bus->bus.devs->len; i++) {
        const Dev *d = g_ptr_array_index(p->b.bus->bus.devs, i);
        if (d->address % SYS_PCI_FUNCTIONS == 0 && d->state == DEV_LIVE) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Presence and the link follow from the card and its power. */
static void show(Port *p, gboolean card)
{
    p->b.bus->is_off = (get(p, SLOT_CONTROL) & POWER_OFF) != 0;
    set(p, SLOT_STATUS, (get(p, SLOT_STATUS) & ~(guint32)PRESENT) | (card ? PRESENT : 0));
    set(p, LINK_STATUS, LINK_X1_GEN1 | (card && !p->b.bus->is_off ? LINK_ACTIVE : 0));
}

/* --- cards ----------------------------------------------------------------------------------- */
gboolean sys_pci_port_takes(SysPciBus *bus, Dev *d, GError **err)
{
    const Port *p = port_of(&bus->bus);

    if (bus->bus.live && !p->hotplug) {
        return dev_fail(d, err, "the port '%s' has hotplug=off", p->b.pci.dev.obj.name);
    }
    return TRUE;
}

void sys_pci_port_arrived(DevBus *bus, Dev *d)
{
    Port *p = port_of(bus);

    if (d->address % SYS_PCI_FUNCTIONS == 0) {          /* with it the card is whole */
        show(p, TRUE);
        tell(p, CHANGED_PRESENCE | CHANGED_LINK | CHANGED_BUTTON);
    }
}

void sys_pci_port_left(DevBus *bus, Dev *d)
{
    Port *p = port_of(bus);

    if (p->b.pci.dev.state == DEV_LIVE && d->address % SYS_PCI_FUNCTIONS == 0) {
        p->asked = FALSE;
        show(p, FALSE);
        tell(p, CHANGED_PRESENCE | CHANGED_LINK);
    }
}

gboolean sys_pci_port_ask(DevBus *bus, Dev *d, GError **err)
{
    Port *p = port_of(bus);
    gboolean is_idle = !(sys_pci_get((SysPci *)d, SYS_PCI_COMMAND, 2) & MASTER);
    gboolean is_heard = (get(p, SLOT_CONTROL) & WANTS_INTERRUPT) != 0;

    if (!p->hotplug) {
        g_set_error(err, DEV_ERROR, DEV_ERROR_UNPLUG, "%s cannot be removed: its port has hotplug=off", d->obj.name);
        return FALSE;
    }
    if (p->asked) {
        g_set_error(err, DEV_ERROR, DEV_ERROR_UNPLUG, "Device %s is already in the process of unplug", d->obj.name);
        return FALSE;
    }
    if ((is_idle && !is_heard) || p->b.bus->is_off) {
        return FALSE;
    }
    p->asked = TRUE;
    tell(p, CHANGED_BUTTON);
    return TRUE;
}

/* All functions of the card leave, function 0 last. */
static void remove_card(Port *p)
{
    GPtrArray *devs = p->b.bus->bus.devs;

    while (devs->len) {
        Dev *d = g_ptr_array_index(devs, 0);
        for (guint i = 1; i < devs->len; i++) {
            Dev *other = g_ptr_array_index(devs, i);
            d = other->address > d->address ? other : d;
        }
        dev_unplug_now(d);
    }
    p->asked = FALSE;
}

/* --- the slot's registers -------------------------------------------------------------------- */
static void power(Port *p, gboolean was_off)
{
    guint32 control = get(p, SLOT_CONTROL);
    gboolean is_off = (control & POWER_OFF) != 0, is_dark = (control & 3 << 8) == 3 << 8;

    if (p->asked && (p->has_power ? is_off : is_dark)) {
        remove_card(p);
    }
    show(p, has_card(p));
    if (was_off && !is_off) {
        for (guint i = 0; i < p->b.bus->bus.devs->len; i++) {
            dev_reset(g_ptr_array_index(p->b.bus->bus.devs, i), DEV_RESET_COLD);
        }
    }
    if (was_off != is_off && has_card(p)) {
        tell(p, CHANGED_LINK);
    }
}

static void config_written(SysPci *pci, guint at, guint size)
{
    Port *p = (Port *)pci;
    guint control = p->cap + SLOT_CONTROL;

    sys_pci_bridge_written(pci, at, size);
    if (at < control + 2 && at + size > control) {
        power(p, p->b.bus->is_off);
        tell(p, CHANGED_DONE);                          /* [PCIe 6.7.3.2] */
    } else if (at < control + 4 && at + size > control) {
        drive(p);
    }
}

/* --- life ------------------------------------------------------------------------------------ */
static void init(Obj *o)
{
    sys_pci_bridge_bus((SysPciBridge *)o, &sys_pcie_port_bus_type);
}

static gboolean realize(Dev *d, GError **err)
{
    Port *p = (Port *)d;
    SysPci *pci = &p->b.pci;
    guint at = p->cap = sys_pci_capability(pci, CAP, CAP_BYTES);

    sys_pci_put(pci, at + CAPS, 2, 2 | ROOT_PORT | HAS_SLOT);
    sys_pci_put(pci, at + LINK_CAPS, 4, LINK_X1_GEN1 | LINK_ACTIVE_REPORTED | (guint32)p->port << 24);
    sys_pci_put(pci, at + SLOT_CAPS, 4,
                (p->hotplug ? BUTTON | ATTENTION_LIGHT | POWER_LIGHT | SURPRISE | HOT_PLUG : 0) |
                    (p->hotplug && p->has_power ? POWER : 0) |
                    (guint32)p->slot << 19);
    sys_pci_put(pci, at + 0x2c, 4, 2);                  /* speeds: 2.5 GT/s [PCIe 7.5.3.18] */
    if (p->hotplug) {
        pci->writable[at + SLOT_CONTROL] = CONTROL_BITS & 0xff;
        pci->writable[at + SLOT_CONTROL + 1] = (CONTROL_BITS & ~(p->has_power ? 0 : POWER_OFF)) >> 8;
    }
    pci->clear[at + SLOT_STATUS] = 0x1f;
    pci->clear[at + SLOT_STATUS + 1] = 1;
    pci->writable[at + ROOT_CONTROL] = 0x1f;
    sys_pci_use_pin(pci);
    return TRUE;
}

/* A card that is there has power from the start. */
static void reset_hold(Dev *d)
{
    Port *p = (Port *)d;

    set(p, SLOT_STATUS, 0);
    set(p, SLOT_CONTROL, !p->hotplug ? 0 : has_card(p) ? POWER_LIGHT_ON | 3 << 6
                         : LIGHTS_OFF | (p->has_power ? POWER_OFF : 0));
    show(p, has_card(p));
}

/* The card that was asked for goes before the guest sees it again. */
static void reset_enter(Dev *d, DevResetKind kind)
{
    Port *p = (Port *)d;

    if (p->asked) {
        remove_card(p);
    }
}

static gboolean loaded(Dev *d, GError **err)
{
    Port *p = (Port *)d;

    show(p, has_card(p));
    drive(p);
    return TRUE;
}

static const ObjProp props[] = {
    OBJ_PROP_BOOL("hotplug", "Cards may come and go while the machine runs.", Port, hotplug, TRUE),
    OBJ_PROP_BOOL("power_controller_present", "The driver of the slot switches its power.", Port, has_power, TRUE),
    OBJ_PROP_UINT("chassis", "Number of its chassis; with the slot's it names the slot.", Port, chassis, 0, 0, 255),
    OBJ_PROP_UINT("slot", "Number of its slot in the chassis.", Port, slot, 0, 0, 8191),
    OBJ_PROP_UINT("port", "Number of the port, as its link capabilities show it.", Port, port, 0, 0, 255),
    { 0 },
};

extern const SysPciType sys_pcie_root_port;
const SysPciType sys_pcie_root_port = {
    .dev = {
        .obj = { .name = "pcie-root-port", .text = OBJ_TEXT("Root port of PCI Express with a slot for hot-plug."),
                 .parent = &sys_pci_bridge_type.dev.obj, .size = sizeof(Port), .init = init, .props = props },
        .bus = &sys_pcie_bus_type.obj,
        .group = "pci",
        .flags = DEV_USER,
        .manual = "PCI Express Base Specification 4.0, sections 6.7 and 7.5.3",
        .fields = fields,
        .realize = realize,
        .reset_enter = reset_enter,
        .reset_hold = reset_hold,
        .loaded = loaded,
    },
    .vendor = 0x1b36,
    .device = 0x000c,
    .class_code = 0x060400,
    .is_bridge = TRUE,
    .config_written = config_written,
};
