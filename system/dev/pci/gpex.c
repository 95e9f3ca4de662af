/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PCI Express host with nothing but configuration space in memory (ECAM) and windows.
 * [PCIe 7.2.2] [Linux Documentation/devicetree/bindings/pci/host-generic-pci.yaml]
 *
 * Port addresses are not implemented: the window is there, and nothing answers in it.
 */
#include "dev/pci/gpex.h"

#include "dev/pci/pci.h"

#include "dev/board.h"
#include "dev/sysbus.h"

#define ECAM_BYTES (256u << 20)
#define IO_BYTES 65536u
#define WINDOWS 2

typedef struct Host {
    DevSys sys;
    SysPciBus *bus;
    DevIrq irq[4];
    DevRegion ecam, io, memory, window[WINDOWS];
    DevGpa window_at[WINDOWS];
    uint64_t window_bytes[WINDOWS];
    guint n_windows;
} Host;

/* Bus 20-27, device 15-19, function 12-14, register 0-11. */
static uint64_t read_ecam(void *opaque, uint64_t offset, guint size)
{
    Host *h = opaque;

    return sys_pci_config_read(h->bus, (guint)(offset >> 12), offset & 0xfff, size);
}

static void write_ecam(void *opaque, uint64_t offset, uint64_t value, guint size)
{
    Host *h = opaque;

    sys_pci_config_write(h->bus, (guint)(offset >> 12), offset & 0xfff, size, (guint32)value);
}

static const DevRegionOps ecam = { .read = read_ecam, .write = write_ecam, .max_size = 8, .split_size = 4 };

static uint64_t read_nothing(void *opaque, uint64_t offset, guint size)
{
    return UINT32_MAX;
}

static void write_nothing(void *opaque, uint64_t offset, uint64_t value, guint size)
{
}

/* Ports, and memory of the bus that no function has: ones. [PCI 3.2.2.3.4] */
static const DevRegionOps nothing = { .read = read_nothing, .write = write_nothing, .max_size = 8, .split_size = 4,
                                      .unaligned = TRUE };

static void input(Dev *d, guint n, gboolean level)
{
    dev_irq_set(&((Host *)d)->irq[n], level);
}

/* --- life ------------------------------------------------------------------------------------ */
void sys_gpex_window(Dev *d, DevGpa gpa, uint64_t bytes)
{
    Host *h = (Host *)d;

    g_assert(h->n_windows < WINDOWS);
    h->window_at[h->n_windows] = gpa;
    h->window_bytes[h->n_windows++] = bytes;
}

static void init(Obj *o)
{
    Host *h = (Host *)o;

    h->bus = (SysPciBus *)dev_bus_new(&sys_pcie_bus_type, &h->sys.dev, "pcie.0");
    dev_bus_set_label(&h->bus->bus, "pcie.0");
    h->bus->host = &h->sys.dev;
    h->bus->memory = &h->memory;
    h->bus->is_root = TRUE;
    dev_region_init_container(&h->memory, &h->sys.dev, "pci-memory", 0);
}

static void finalize(Obj *o)
{
    dev_region_clear(&((Host *)o)->memory);
}

static gboolean realize(Dev *d, GError **err)
{
    static const char *const names[WINDOWS] = { "pcie-mmio", "pcie-mmio-high" };
    Host *h = (Host *)d;

    h->bus->bus.space = d->bus->space;
    dev_region_init_io(&h->ecam, d, "pcie-ecam", ECAM_BYTES, &ecam, h);
    dev_region_init_io(&h->io, d, "pcie-pio", IO_BYTES, &nothing, h);
    dev_sys_region(&h->sys, &h->ecam);
    dev_sys_region(&h->sys, &h->io);
    for (guint i = 0; i < h->n_windows; i++) {
        dev_region_init_alias(&h->window[i], d, names[i], &h->memory, h->window_at[i], h->window_bytes[i]);
        if (!dev_region_put(d, &dev_board(d)->memory, h->window_at[i], 0, &h->window[i], err)) {
            return FALSE;
        }
    }
    return TRUE;
}

static const DevPin pins[] = {
    DEV_PIN_IN("int", "Interrupt pins of the functions, four lines in turn.", 4, input),
    DEV_PIN_OUT("irq", "The four lines, level.", 4, Host, irq),
    { 0 },
};

const DevType sys_gpex_pcihost = {
    .obj = { .name = "gpex-pcihost", .text = OBJ_TEXT("Generic PCI Express host: ECAM and memory windows."),
             .parent = &dev_sys_type.obj, .size = sizeof(Host), .init = init, .finalize = finalize },
    .bus = &dev_sysbus_type.obj,
    .group = "pci",
    .manual = "PCI Express Base Specification 4.0, section 7.2.2",
    .pins = pins,
    .realize = realize,
};
