/* SPDX-License-Identifier: BSD-2-Clause */
/* A PCI bridge with 32 slots behind it.  [PCI-to-PCI Bridge Architecture Specification 1.2]  The standard hot-plug
 * controller (SHPC) is not implemented: its slots are filled before the machine starts. */
#include "dev/pci/port.h"

typedef struct Bridge {
    SysPciBridge b;
    uint8_t chassis;
    gboolean shpc;
} Bridge;

enum { SLOT_CAP = 4, SLOT_BYTES = 4 };          /* slot numbering [PCIB 13.1] */

static void init(Obj *o)
{
    sys_pci_bridge_bus((SysPciBridge *)o, &sys_pci_bus_type);
}

static gboolean realize(Dev *d, GError **err)
{
    Bridge *b = (Bridge *)d;

    if (!b->chassis) {
        return dev_fail(d, err, "chassis_nr: must be a number from 1 to 255");
    }
    if (b->shpc) {
        return dev_fail(d, err, "shpc=on: not implemented; pcie-root-port has hot-plug");
    }
    guint at = sys_pci_capability(&b->b.pci, SLOT_CAP, SLOT_BYTES);
    b->b.pci.config[at + 2] = 0x20;             /* the first in its chassis, without slots of its own */
    b->b.pci.config[at + 3] = b->chassis;
    return TRUE;
}

static const ObjProp props[] = {
    OBJ_PROP_UINT("chassis_nr", "Number of its chassis, other than 0.", Bridge, chassis, 1, 0, 255),
    OBJ_PROP_BOOL("shpc", "Have a hot-plug controller: not implemented, only off is taken.", Bridge, shpc, FALSE),
    { 0 },
};

extern const SysPciType sys_pci_bridge;
const SysPciType sys_pci_bridge = {
    .dev = {
        .obj = { .name = "pci-bridge", .text = OBJ_TEXT("PCI bridge with 32 slots behind it."),
                 .parent = &sys_pci_bridge_type.dev.obj, .size = sizeof(Bridge), .init = init, .props = props },
        .bus = &sys_pci_bus_type.obj,
        .group = "pci",
        .flags = DEV_USER,
        .manual = "PCI-to-PCI Bridge Architecture Specification 1.2",
        .realize = realize,
    },
    .vendor = 0x1b36,
    .device = 0x0001,
    .class_code = 0x060400,
    .is_bridge = TRUE,
    .config_written = sys_pci_bridge_written,
};
