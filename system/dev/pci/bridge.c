/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What PCI bridges share: bus numbers, windows, interrupts of the bus behind.  [PCIB 3.2.5]  The windows of ports are
 * not implemented: their registers read as 0, as in a bridge that has none.
 */
#include "dev/pci/port.h"

#include "dev/reset.h"

enum { BUSES = 0x18, MEMORY_BASE = 0x20, PREFETCH_BASE = 0x24, PREFETCH_BASE_HIGH = 0x28, PREFETCH_LIMIT_HIGH = 0x2c,
       BRIDGE_CONTROL = 0x3e };
enum { MEMORY = 2, BUS_RESET = 0x40, WIDE = 1 };

/* Base and limit are the upper 12 bits of 32, the rest of the limit is ones. [PCIB 3.2.5.8] */
static void map_window(SysPciBridge *b, guint n, guint64 base, guint64 limit, gboolean on)
{
    DevRegion *r = &b->window[n];

    dev_region_enable(r, FALSE);
    if (on && base <= limit && (base || limit != UINT64_MAX)) {
        dev_region_set_window(r, base, base, limit - base + 1);
        dev_region_enable(r, TRUE);
    }
}

static void map_windows(SysPciBridge *b)
{
    SysPci *p = &b->pci;
    gboolean on = (sys_pci_get(p, SYS_PCI_COMMAND, 2) & MEMORY) != 0;
    guint64 base = (guint64)sys_pci_get(p, PREFETCH_BASE_HIGH, 4) << 32,
            limit = (guint64)sys_pci_get(p, PREFETCH_LIMIT_HIGH, 4) << 32;

    dev_mem_begin();
    map_window(b, 0, (guint64)(sys_pci_get(p, MEMORY_BASE, 2) & 0xfff0) << 16,
               (guint64)(sys_pci_get(p, MEMORY_BASE + 2, 2) & 0xfff0) << 16 | 0xfffff, on);
    map_window(b, 1, base | (guint64)(sys_pci_get(p, PREFETCH_BASE, 2) & 0xfff0) << 16,
               limit | (guint64)(sys_pci_get(p, PREFETCH_BASE + 2, 2) & 0xfff0) << 16 | 0xfffff, on);
    dev_mem_commit();
}

/* The bus behind is reset when the bit is set, and is not held: nobody here notices the difference. [PCIB 3.2.5.18] */
static void reset_bus(SysPciBridge *b)
{
    g_autoptr(GPtrArray) devs = g_ptr_array_new_with_free_func((GDestroyNotify)obj_unref);

    for (guint i = 0; i < b->bus->bus.devs->len; i++) {
        g_ptr_array_add(devs, obj_ref(g_ptr_array_index(b->bus->bus.devs, i)));
    }
    for (guint i = 0; i < devs->len; i++) {
        Dev *d = g_ptr_array_index(devs, i);
        if (d->state == DEV_LIVE) {
            dev_reset(d, DEV_RESET_WARM);
        }
    }
}

void sys_pci_bridge_written(SysPci *p, guint at, guint size)
{
    SysPciBridge *b = (SysPciBridge *)p;

    if (at < PREFETCH_LIMIT_HIGH + 4 && at + size > SYS_PCI_COMMAND) {
        map_windows(b);
    }
    if (at <= BRIDGE_CONTROL && at + size > BRIDGE_CONTROL && (p->config[BRIDGE_CONTROL] & BUS_RESET)) {
        reset_bus(b);
    }
}

static void input(Dev *d, guint n, gboolean level)
{
    dev_irq_set(&((SysPciBridge *)d)->down[n], level);
}

/* --- life ------------------------------------------------------------------------------------ */
void sys_pci_bridge_bus(SysPciBridge *b, const DevBusType *type)
{
    b->bus = (SysPciBus *)dev_bus_new(type, &b->pci.dev, "bus");
    b->bus->host = &b->pci.dev;
    b->bus->memory = &b->behind;
}

static void init(Obj *o)
{
    SysPciBridge *b = (SysPciBridge *)o;

    dev_region_init_container(&b->behind, &b->pci.dev, "pci-behind", 0);
}

static void finalize(Obj *o)
{
    dev_region_clear(&((SysPciBridge *)o)->behind);
}

static gboolean realize(Dev *d, GError **err)
{
    static const char *const names[2] = { "pci-window", "pci-prefetch-window" };
    SysPciBridge *b = (SysPciBridge *)d;
    SysPci *p = &b->pci;
    DevRegion *up = ((SysPciBus *)d->bus)->memory;

    b->bus->bus.space = d->bus->space;
    for (guint i = 0; i < 2; i++) {
        dev_region_init_alias(&b->window[i], d, names[i], &b->behind, 0, 16);
        b->window[i].enabled = FALSE;
        if (!dev_region_put(d, up, 0, 0, &b->window[i], err)) {
            return FALSE;
        }
    }
    for (guint i = 0; i < 3; i++) {
        p->writable[BUSES + i] = 0xff;
    }
    for (guint i = 0; i < 4; i += 2) {
        p->writable[MEMORY_BASE + i] = p->writable[PREFETCH_BASE + i] = 0xf0;
        p->writable[MEMORY_BASE + i + 1] = p->writable[PREFETCH_BASE + i + 1] = 0xff;
        p->config[PREFETCH_BASE + i] = WIDE;
    }
    for (guint i = 0; i < 8; i++) {
        p->writable[PREFETCH_BASE_HIGH + i] = 0xff;
    }
    p->writable[BRIDGE_CONTROL] = BUS_RESET | 3;        /* parity and errors: taken, and there are none */
    return TRUE;
}

static void reset_hold(Dev *d)
{
    map_windows((SysPciBridge *)d);
}

static gboolean loaded(Dev *d, GError **err)
{
    map_windows((SysPciBridge *)d);
    return TRUE;
}

static const DevPin pins[] = {
    DEV_PIN_IN("int", "Interrupt pins of the functions behind, four lines in turn.", 4, input),
    DEV_PIN_OUT("down", "The same four, as the bus in front has them.", 4, SysPciBridge, down),
    { 0 },
};

const SysPciType sys_pci_bridge_type = {
    .dev = {
        .obj = { .name = "pci-to-pci-bridge", .text = OBJ_TEXT("A bridge to another PCI bus."),
                 .parent = &sys_pci_type.obj, .size = sizeof(SysPciBridge), .abstract = TRUE, .init = init,
                 .finalize = finalize },
        .bus = &sys_pci_bus_type.obj,
        .group = "pci",
        .manual = "PCI-to-PCI Bridge Architecture Specification 1.2",
        .pins = pins,
        .realize = realize,
        .reset_hold = reset_hold,
        .loaded = loaded,
    },
    .is_bridge = TRUE,
};
