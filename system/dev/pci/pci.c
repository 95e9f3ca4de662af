/* SPDX-License-Identifier: BSD-2-Clause */
/* What all PCI functions share: configuration space, BARs, the interrupt pin, bus mastering. */
#include "dev/pci/pci.h"
#include "dev/pci/port.h"

#include "dev/board.h"

#include <string.h>

enum { MEMORY = 2, MASTER = 4, NO_INTX = 0x400 };               /* of the command register [PCI 6.2.2] */
enum { INTERRUPT = 8, HAS_CAPABILITIES = 0x10 };                /* of the status register [PCI 6.2.3] */
enum { FIRST_CAPABILITY = 0x40, MULTIFUNCTION = 0x80 };
enum { SECONDARY = 0x19, SUBORDINATE = 0x1a };                  /* of bridges [PCIB 3.2.5.4] */
enum { EXPRESS_CAP = 0x10, EXPRESS_BYTES = 60, EXPRESS_VERSION = 2 };   /* [PCIe 7.5.3] */

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
    dev_irq_set(&p->intx, p->level && !(sys_pci_get(p, SYS_PCI_COMMAND, 2) & NO_INTX) && !sys_pci_has_messages(p));
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
static SysPci *find_function(const SysPciBus *bus, guint address)
{
    for (guint i = 0; !bus->is_off && i < bus->bus.devs->len; i++) {
        Dev *d = g_ptr_array_index(bus->bus.devs, i);
        if (d->address == address && d->state == DEV_LIVE) {
            return (SysPci *)d;
        }
    }
    return NULL;
}

/* The bus behind a live bridge. */
static SysPciBus *bus_behind(const Dev *d)
{
    for (guint i = 0; d->obj.children && i < d->obj.children->len; i++) {
        SysPciBus *bus = obj_cast(g_ptr_array_index(d->obj.children, i), &sys_pci_bus_type.obj);
        if (bus) {
            return bus;
        }
    }
    return NULL;
}

SysPciBus *sys_pci_behind(const SysPci *p)
{
    return type_of(p)->is_bridge ? bus_behind(&p->dev) : NULL;
}

/* Goes down the bridges whose range of buses has the number; numbers may say anything, the tree has an end. */
static SysPci *find(SysPciBus *bus, guint where)
{
    guint number = where >> 8 & 0xff;

    while (bus && number) {
        SysPciBus *next = NULL;
        for (guint i = 0; !bus->is_off && !next && i < bus->bus.devs->len; i++) {
            SysPci *p = g_ptr_array_index(bus->bus.devs, i);
            if (type_of(p)->is_bridge && p->dev.state == DEV_LIVE && p->config[SECONDARY] &&
                number >= p->config[SECONDARY] && number <= p->config[SUBORDINATE]) {
                next = bus_behind(&p->dev);
                number = number == p->config[SECONDARY] ? 0 : number;
            }
        }
        bus = next;
    }
    return bus ? find_function(bus, where & 0xff) : NULL;
}

guint32 sys_pci_config_read(SysPciBus *root, guint where, guint at, guint size)
{
    SysPci *p = find(root, where);

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

void sys_pci_config_write(SysPciBus *root, guint where, guint at, guint size, guint32 value)
{
    SysPci *p = find(root, where);

    if (!p || at >= SYS_PCI_CONFIG) {
        return;
    }
    g_autoptr(Obj) self = obj_ref(&p->dev.obj);         /* what is written may end it */
    for (guint i = 0; i < size; i++) {
        guint8 mask = p->writable[at + i], bits = (guint8)(value >> 8 * i);
        p->config[at + i] = (guint8)((p->config[at + i] & ~mask & ~(p->clear[at + i] & bits)) | (bits & mask));
    }
    if (at < SYS_PCI_BAR0 + 4 * SYS_PCI_BARS && at + size > SYS_PCI_COMMAND) {
        follow(p);
    }
    if (p->msix && at < p->msix + 4 && at + size > p->msix) {
        drive_pin(p);
        sys_pci_msix_follow(p);
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
    if (!t->is_bridge) {
        sys_pci_put(p, 0x2c, 2, t->subsystem_vendor);
        sys_pci_put(p, 0x2e, 2, t->subsystem);
    }
    p->config[SYS_PCI_HEADER] = (guint8)(t->is_bridge | (p->multifunction ? MULTIFUNCTION : 0));
    p->writable[SYS_PCI_COMMAND] = MEMORY | MASTER | 1;
    p->writable[SYS_PCI_COMMAND + 1] = NO_INTX >> 8;
    p->writable[0x0c] = 0xff;           /* cache line size */
    p->writable[SYS_PCI_LINE] = 0xff;
    p->capabilities_end = FIRST_CAPABILITY;
    if (d->bus->obj.type == &sys_pcie_port_bus_type.obj && !t->is_bridge) {
        p->config[sys_pci_capability(p, EXPRESS_CAP, EXPRESS_BYTES) + 2] = EXPRESS_VERSION;     /* an endpoint */
    }
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
    for (guint i = 0; i < p->vectors; i++) {
        p->msix_table[4 * i + 3] = 1;           /* masked [PCI 6.8.2.9] */
    }
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

/* "3", "0x3", "3.1": digits are hexadecimal. */
static gboolean parse_addr(const char *text, guint *address)
{
    char *end;
    guint64 slot = g_ascii_strtoull(text, &end, 16), function = 0;

    if (end == text || *text == '-' || *text == '+') {
        return FALSE;
    }
    if (*end == '.') {
        const char *rest = end + 1;
        function = g_ascii_strtoull(rest, &end, 16);
        if (end == rest || !g_ascii_isxdigit(*rest)) {
            return FALSE;
        }
    }
    *address = (guint)(slot * SYS_PCI_FUNCTIONS + function);
    return !*end && slot < SYS_PCI_SLOTS && function < SYS_PCI_FUNCTIONS;
}

static gboolean check_addr(Obj *o, const ObjProp *prop, const void *value, GError **err)
{
    const char *text = *(char *const *)value;
    guint address;

    if (text && !parse_addr(text, &address)) {
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_RANGE, "'%s' is out of range: slots are 0 to 1f, functions 0 to 7", text);
        return FALSE;
    }
    return TRUE;
}

static gboolean check_rom(Obj *o, const ObjProp *prop, const void *value, GError **err)
{
    const char *text = *(char *const *)value;

    if (text && *text) {
        obj_refuse(err, "not implemented: expansion ROMs; only an empty name is taken");
        return FALSE;
    }
    return TRUE;
}

static const ObjProp props[] = {
    OBJ_PROP_STR("addr", "Slot on the bus, perhaps with a function: 3 or 3.1, hexadecimal; none: the first free slot.",
                 SysPci, addr, NULL, .check = check_addr),
    OBJ_PROP_BOOL("multifunction", "Its slot may have functions beside function 0.", SysPci, multifunction, FALSE),
    OBJ_PROP_STR("romfile", "Expansion ROM: none is there, and only an empty name is taken.", SysPci, romfile, NULL,
                 .check = check_rom),
    { 0 },
};

static const DevField fields[] = {
    DEV_FIELD_ARRAY("config", "Configuration space.", SysPci, config, 0, .flags = DEV_FIELD_KEEP),
    DEV_FIELD_ARRAY("msix-table", "Vectors: address, its upper half, data, mask.", SysPci, msix_table, 0),
    DEV_FIELD("msix-pending", "Messages that wait for their mask to go.", SysPci, msix_pending, 0),
    { 0 },
};

static const DevPin pins[] = {
    DEV_PIN_OUT("intx", "The interrupt pin INTA, level.", 1, SysPci, intx),
    { 0 },
};

/* --- the buses ------------------------------------------------------------------------------- */
static SysPci *on_bus(const DevBus *bus, guint address)
{
    for (guint i = 0; i < bus->devs->len; i++) {
        Dev *d = g_ptr_array_index(bus->devs, i);
        if (d->address == address) {
            return (SysPci *)d;
        }
    }
    return NULL;
}

static gboolean is_slot_free(const DevBus *bus, guint slot)
{
    for (guint i = 0; i < SYS_PCI_FUNCTIONS; i++) {
        if (on_bus(bus, slot * SYS_PCI_FUNCTIONS + i)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Why a function cannot be there; NULL: it can. [PCI 6.2.1: header type] */
static const char *judge_address(const DevBus *bus, const SysPci *p, guint address)
{
    const SysPci *first = on_bus(bus, address & ~7u);

    if (on_bus(bus, address)) {
        return "addr: another device is in that slot";
    }
    if (address & 7 && first && !first->multifunction) {
        return "addr: function 0 of that slot has no multifunction=on";
    }
    if (!(address & 7) && !p->multifunction && !is_slot_free(bus, address / SYS_PCI_FUNCTIONS)) {
        return "addr: the slot has other functions: function 0 needs multifunction=on";
    }
    if (address >= SYS_PCI_FUNCTIONS && bus->obj.type == &sys_pcie_port_bus_type.obj) {
        return "addr: a port has only slot 0";
    }
    return NULL;
}

/* A pin of a slot is one of the host's four lines, in turn; a bridge passes on the four of its bus. [PCI 2.2.6]
 * [PCIB 9.1] */
static gboolean plug(DevBus *bus, Dev *d, GError **err)
{
    SysPci *p = (SysPci *)d;
    Dev *host = ((SysPciBus *)bus)->host;
    guint slots = bus->obj.type == &sys_pcie_port_bus_type.obj ? 1 : SYS_PCI_SLOTS, address = G_MAXUINT;
    const char *why = NULL;

    if (p->addr) {
        parse_addr(p->addr, &address);
    }
    for (guint i = 0; i < slots && address == G_MAXUINT; i++) {
        address = is_slot_free(bus, i) ? i * SYS_PCI_FUNCTIONS : address;
    }
    why = address == G_MAXUINT ? "the bus is full" : judge_address(bus, p, address);
    if (why) {
        g_set_error(err, DEV_ERROR, DEV_ERROR_BUS, "%s: %s", d->obj.type->name, why);
        return FALSE;
    }
    d->address = address;
    for (guint i = 0; type_of(p)->is_bridge && i < 4; i++) {
        if (!dev_irq_connect(d, "down", i, host, "int", (address / 8 + i) % 4, FALSE, err)) {
            return FALSE;
        }
    }
    return dev_irq_connect(d, "intx", 0, host, "int", address / 8 % 4, FALSE, err);
}

static char *where(DevBus *bus, const Dev *d)
{
    return g_strdup_printf("slot %02x.%x", (guint)d->address / 8, (guint)d->address % 8);
}

static gboolean is_full(const DevBus *bus)
{
    for (guint i = 0; i < SYS_PCI_SLOTS; i++) {
        if (is_slot_free(bus, i)) {
            return FALSE;
        }
    }
    return TRUE;
}

const DevBusType sys_pci_bus_type = {
    .obj = { .name = "pci-bus", .text = OBJ_TEXT("A PCI bus: 32 slots of up to 8 functions."),
             .parent = &dev_bus_type, .size = sizeof(SysPciBus) },
    .max = SYS_PCI_SLOTS * SYS_PCI_FUNCTIONS,
    .hotplug_none = "it has no hot-plug controller; a pcie-root-port has",
    .plug = plug,
    .is_full = is_full,
    .where = where,
};

const DevBusType sys_pcie_bus_type = {
    .obj = { .name = "pcie-bus", .text = OBJ_TEXT("The root of PCI Express: 32 slots of up to 8 functions."),
             .parent = &sys_pci_bus_type.obj, .size = sizeof(SysPciBus) },
    .max = SYS_PCI_SLOTS * SYS_PCI_FUNCTIONS,
    .hotplug_none = "it is the root, and has no hot-plug controller; a pcie-root-port has",
    .plug = plug,
    .is_full = is_full,
    .where = where,
};

static gboolean is_port_full(const DevBus *bus)
{
    return bus->devs->len > 0;
}

static gboolean plug_port(DevBus *bus, Dev *d, GError **err)
{
    return sys_pci_port_takes((SysPciBus *)bus, d, err) && plug(bus, d, err);
}

const DevBusType sys_pcie_port_bus_type = {
    .obj = { .name = "pcie-port-bus", .text = OBJ_TEXT("Behind a port of PCI Express: one slot of up to 8 functions."),
             .parent = &sys_pci_bus_type.obj, .size = sizeof(SysPciBus) },
    .max = SYS_PCI_FUNCTIONS,
    .hotplug = TRUE,
    .plug = plug_port,
    .unplug = sys_pci_port_left,
    .arrived = sys_pci_port_arrived,
    .ask = sys_pci_port_ask,
    .is_full = is_port_full,
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
