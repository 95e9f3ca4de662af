/* SPDX-License-Identifier: BSD-2-Clause */
/* A host bridge, as software expects in the first slot of a bus; it does nothing.
 * [PCI: PCI Local Bus Specification 3.0] */
#include "dev/pci/pci.h"

extern const SysPciType sys_gpex_root;
const SysPciType sys_gpex_root = {
    .dev = {
        .obj = { .name = "gpex-root", .text = OBJ_TEXT("The host bridge that a PCI bus has in its first slot."),
                 .parent = &sys_pci_type.obj, .size = sizeof(SysPci) },
        .bus = &sys_pci_bus_type.obj,
        .group = "pci",
        .manual = "PCI Local Bus Specification 3.0, appendix D",
    },
    .vendor = 0x1b36,
    .device = 0x0008,
    .subsystem_vendor = 0x1af4,
    .subsystem = 0x1100,
    .class_code = 0x060000,
};
