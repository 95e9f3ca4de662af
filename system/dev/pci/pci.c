/* SPDX-License-Identifier: BSD-2-Clause */
/* What all PCI functions share: configuration space, BARs, the interrupt pin, bus mastering. */
#include "dev/pci/pci.h"

#include "dev/board.h"

#include <string.h>

enum { MEMORY = 2, MASTER = 4, NO_INTX = 0x400 };               /* of the command register [PCI 6.2.2] */
enum { INTERRUPT = 8, HAS_CAPABILITIES = 0x10 };                /* of the status register [PCI 6.2.3] */
enum { FIRST_CAPABILITY = 0x40 };

static const SysPciType *type_of(const SysPci *p)
{
    return (const SysPciType *)p->dev.obj.type;
}

guint32 sys_pci_get(const SysPci *p, guint at, guint size)
{
    guint32 value = 0;

    memcpy(&value, p->config + at, size);
    return GUINT32_FROM_LE(value);
}

void sys_pci_put(SysPci *p, guint at, guint size, guint32 value)
{
    value = GUINT32_TO_LE(value);
    memcpy(p->config + at, &value, size);
}

/* --- what the command register rules --------------------------------------------------------- */
static gboolean is_wide(const SysPci *p, guint n)
{
    return p->config[SYS_PCI_BAR0 + 4 * n] & SYS_PCI_BAR_64;
}

static guint64 bar_address(const SysPci *p, guint n)
{
    guint64 low = sys_pci_get(p, SYS_PCI_BAR0 + 4 * n, 4) & ~15u;

    return is_wide(p, n) ? low | (guint64)sys_pci_get(p, SYS_PCI_BAR0 + 4 * n + 4, 4) << 32 : low;
}

/* A BAR that has no address yet, or would go over the end of memory, is nowhere. */
static void map_bars(SysPci *p)
{
    gboolean on = sys_pci_get(p, SYS_PCI_COMMAND, 2) & MEMORY;

    dev_mem_begin();
    for (guint n = 0; n < SYS_PCI_BARS; n++) {
        if (p->bar[n]) {
            guint64 at = bar_address(p, n);
            gboolean good = on && at && at + p->bar[n]->last > at;
            dev_region_enable(p->bar[n], FALSE);
            if (good) {
                dev_region_move(p->bar[n], at);
                dev_region_enable(p->bar[n], TRUE);
            }
        }
    }
    dev_mem_commit();
}

static void drive_pin(SysPci *p)
{
    guint32 status = sys_pci_get(p, SYS_PCI_STATUS, 2);

    sys_pci_put(p, SYS_PCI_STATUS, 2, p->level ? status | INTERRUPT : status & ~(guint32)INTERRUPT);
    dev_irq_set(&p->intx, p->level && !(sys_pci_get(p, SYS_PCI_COMMAND, 2) & NO_INTX));
}

static void follow(SysPci *p)
{
    map_bars(p);
    dev_region_enable(&p->dma_memory, (sys_pci_get(p, SYS_PCI_COMMAND, 2) & MASTER) != 0);
    drive_pin(p);
}

void sys_pci_irq(SysPci *p, gboolean level)
{
    p->level = level;
    drive_pin(p);
}

DevSpace *sys_pci_space(SysPci *p)
{
    return p->space;
}

/* --- configuration accesses ------------------------------------------------------------------ */
static SysPci *find(SysPciBus *bus, guint slot, guint function)
{
    for (guint i = 0; function == 0 && i < bus->bus.devs->len; i++) {
        Dev *d = g_ptr_array_index(bus->bus.devs, i);
        if (d->address == slot && d->state == DEV_LIVE) {
            return (SysPci *)d;
        }
    }
    return NULL;
}

guint32 sys_pci_config_read(SysPciBus *bus, guint slot, guint function, guint at, guint size)
{
    SysPci *p = find(bus, slot, function);

    if (!p) {
        return size == 4 ? UINT32_MAX : (1u << 8 * size) - 1;
    }
    if (at >= SYS_PCI_CONFIG) {
        return 0;
    }
    if (type_of(p)->config_read) {
        type_of(p)->config_read(p, at, size);
    }
    return sys_pci_get(p, at, size);
}

void sys_pci_config_write(SysPciBus *bus, guint slot, guint function, guint at, guint size, guint32 value)
{
    SysPci *p = find(bus, slot, function);

    if (!p || at >= SYS_PCI_CONFIG) {
        return;
    }
    for (guint i = 0; i < size; i++) {
        guint8 mask = p->writable[at + i];
        p->config[at + i] = (guint8)((p->config[at + i] & ~mask) | (value >> 8 * i & mask));
    }
    if (at < SYS_PCI_BAR0 + 4 * SYS_PCI_BARS && at + size > SYS_PCI_COMMAND) {
        follow(p);
    }
    if (type_of(p)->config_written) {
        type_of(p)->config_written(p, at, size);
    }
}

/* --- what functions register ----------------------------------------------------------------- */
gboolean sys_pci_bar(SysPci *p, guint n, DevRegion *r, guint8 flags, GError **err)
{
    SysPciBus *bus = (SysPciBus *)p->dev.bus;
    guint64 mask = ~r->last;

    g_assert(n < SYS_PCI_BARS && r->last >= 15 && !(r->last & (r->last + 1)));
    r->enabled = FALSE;
    if (!dev_region_put(&p->dev, bus->memory, 0, 1, r, err)) {
        return FALSE;
    }
    p->bar[n] = r;
    p->config[SYS_PCI_BAR0 + 4 * n] = flags;
    for (guint i = 0; i < (flags & SYS_PCI_BAR_64 ? 8 : 4); i++) {
        p->writable[SYS_PCI_BAR0 + 4 * n + i] = (guint8)(mask >> 8 * i) & (i ? 0xff : 0xf0);
    }
    return TRUE;
}

guint sys_pci_capability(SysPci *p, guint8 id, guint bytes)
{
    guint at = p->capabilities_end;

    g_assert(at + bytes <= SYS_PCI_CONFIG);
    p->config[at] = id;
    p->config[at + 1] = p->config[SYS_PCI_CAPABILITIES];
    p->config[SYS_PCI_CAPABILITIES] = (guint8)at;
    p->config[SYS_PCI_STATUS] |= HAS_CAPABILITIES;
    p->capabilities_end = (at + bytes + 3) & ~3u;
    return at;
}

void sys_pci_use_pin(SysPci *p)
{
    p->config[SYS_PCI_PIN] = 1;
}

/* --- life ------------------------------------------------------------------------------------ */
static void undo_space(Dev *d, void *data)
{
    SysPci *p = (SysPci *)d;

    dev_region_remove(&p->dma_memory);
    dev_space_free(g_steal_pointer(&p->space));
}

static gboolean open_space(SysPci *p, GError **err)
{
    Dev *d = &p->dev;

    if (!dev_step(d, "DMA space", err)) {
        return FALSE;
    }
    dev_region_init_container(&p->dma, d, "pci-dma", 0);
    dev_region_init_alias(&p->dma_memory, d, "pci-dma-memory", &dev_board(d)->memory, 0, 0);
    p->space = dev_space_new("pci-dma", &p->dma);
    dev_region_add(&p->dma, 0, 0, &p->dma_memory);
    dev_region_enable(&p->dma_memory, FALSE);
    dev_defer(d, undo_space, NULL);
    return TRUE;
}

/* The type's own hook comes after this one. */
static gboolean realize(Dev *d, GError **err)
{
    SysPci *p = (SysPci *)d;
    const SysPciType *t = type_of(p);

    sys_pci_put(p, 0x00, 2, t->vendor);
    sys_pci_put(p, 0x02, 2, t->device);
    sys_pci_put(p, 0x08, 4, t->class_code << 8 | t->revision);
    sys_pci_put(p, 0x2c, 2, t->subsystem_vendor);
    sys_pci_put(p, 0x2e, 2, t->subsystem);
    p->writable[SYS_PCI_COMMAND] = MEMORY | MASTER | 1;
    p->writable[SYS_PCI_COMMAND + 1] = NO_INTX >> 8;
    p->writable[0x0c] = 0xff;           /* cache line size */
    p->writable[SYS_PCI_LINE] = 0xff;
    p->capabilities_end = FIRST_CAPABILITY;
    return open_space(p, err);
}

/* What a driver has written is gone. */
static void reset_hold(Dev *d)
{
    SysPci *p = (SysPci *)d;

    for (guint i = 0; i < SYS_PCI_CONFIG; i++) {
        p->config[i] &= (guint8)~p->writable[i];
    }
    p->level = FALSE;
    follow(p);
}

static gboolean loaded(Dev *d, GError **err)
{
    SysPci *p = (SysPci *)d;

    p->level = (sys_pci_get(p, SYS_PCI_STATUS, 2) & INTERRUPT) != 0;
    if (sys_pci_get(p, 0, 2) != type_of(p)->vendor || sys_pci_get(p, 2, 2) != type_of(p)->device) {
        return dev_fail(d, err, "saved state is of another function");
    }
    follow(p);
    return TRUE;
}

static void finalize(Obj *o)
{
    SysPci *p = (SysPci *)o;

    dev_region_clear(&p->dma);
}

static const ObjProp props[] = {
    OBJ_PROP_UINT("addr", "Its slot on the bus; 32 stands for the first that is free.", SysPci, slot, SYS_PCI_SLOTS, 0,
                  SYS_PCI_SLOTS, .flags = OBJ_HEX),
    { 0 },
};

static const DevField fields[] = {
    DEV_FIELD_ARRAY("config", "Configuration space.", SysPci, config, 0, .flags = DEV_FIELD_KEEP),
    { 0 },
};

static const DevPin pins[] = {
    DEV_PIN_OUT("intx", "The interrupt pin INTA, level.", 1, SysPci, intx),
    { 0 },
};

/* --- the bus --------------------------------------------------------------------------------- */
static gboolean is_free(const DevBus *bus, guint slot)
{
    for (guint i = 0; i < bus->devs->len; i++) {
        if (((Dev *)g_ptr_array_index(bus->devs, i))->address == slot) {
            return FALSE;
        }
    }
    return TRUE;
}

/* A device's INTA is one of the host's four lines, in turn. [PCI 2.2.6] */
static gboolean plug(DevBus *bus, Dev *d, GError **err)
{
    SysPci *p = (SysPci *)d;
    guint slot = p->slot;

    for (guint i = 0; slot == SYS_PCI_SLOTS && i < SYS_PCI_SLOTS; i++) {
        slot = is_free(bus, i) ? i : slot;
    }
    if (slot == SYS_PCI_SLOTS || !is_free(bus, slot)) {
        g_set_error(err, DEV_ERROR, DEV_ERROR_BUS, "%s: %s", d->obj.type->name,
                    slot == SYS_PCI_SLOTS ? "the bus is full" : "addr: another device is in that slot");
        return FALSE;
    }
    d->address = slot;
    return dev_irq_connect(d, "intx", 0, ((SysPciBus *)bus)->host, "int", slot % 4, FALSE, err);
}

static char *where(DevBus *bus, const Dev *d)
{
    return g_strdup_printf("slot %" G_GUINT64_FORMAT, d->address);
}

const DevBusType sys_pci_bus_type = {
    .obj = { .name = "pci-bus", .text = OBJ_TEXT("A PCI bus: 32 slots, one function in each."),
             .parent = &dev_bus_type, .size = sizeof(SysPciBus) },
    .max = SYS_PCI_SLOTS,
    .hotplug_none = "it is the root, and has no hot-plug controller",
    .plug = plug,
    .where = where,
};

const DevType sys_pci_type = {
    .obj = { .name = "pci-device", .text = OBJ_TEXT("A function on a PCI bus."), .parent = &dev_type.obj,
             .size = sizeof(SysPci), .abstract = TRUE, .props = props, .finalize = finalize },
    .bus = &sys_pci_bus_type.obj,
    .group = "pci",
    .manual = "PCI Local Bus Specification 3.0",
    .pins = pins,
    .fields = fields,
    .realize = realize,
    .reset_hold = reset_hold,
    .loaded = loaded,
};
