/* SPDX-License-Identifier: BSD-2-Clause */
/* Bridges, and ports whose slot is hot-plugged.  [PCIB: PCI-to-PCI Bridge Architecture Specification 1.2] */
#ifndef SYSTEM_DEV_PCI_PORT_H
#define SYSTEM_DEV_PCI_PORT_H

#include "dev/pci/pci.h"

/* What all bridges have: windows to the memory of the bus behind, and that bus's four interrupt lines. */
typedef struct SysPciBridge {
    SysPci pci;
    SysPciBus *bus;
    DevIrq down[4];
    DevRegion behind;                   /* memory of the bus behind */
    DevRegion window[2];                /* what of it is seen: memory, prefetchable memory */
} SysPciBridge;

extern const SysPciType sys_pci_bridge_type;    /* abstract */

/* For init hooks: the bus behind, of that type. */
void sys_pci_bridge_bus(SysPciBridge *b, const DevBusType *type);

/* For config_written hooks. */
void sys_pci_bridge_written(SysPci *p, guint at, guint size);

/* --- what the bus of a port does with its port: pcie-root-port.c ----------------------------- */
gboolean sys_pci_port_takes(SysPciBus *bus, Dev *d, GError **err);
void sys_pci_port_arrived(DevBus *bus, Dev *d);
void sys_pci_port_left(DevBus *bus, Dev *d);
gboolean sys_pci_port_ask(DevBus *bus, Dev *d, GError **err);

#endif
