/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PCI functions and buses.  [PCI: PCI Local Bus Specification 3.0] [PCIe: PCI Express Base Specification 4.0]
 *
 * A function registers its BARs, capabilities and interrupt pin here, and never learns where it was mapped or which
 * line its pin became.  Its own accesses (DMA) go through sys_pci_space, which is empty while the driver has not made
 * it a bus master; so do the messages of MSI-X.  Bridges forward whatever comes, also if they are no bus masters.
 * Port addresses and extended capabilities are not implemented.
 */
#ifndef SYSTEM_DEV_PCI_H
#define SYSTEM_DEV_PCI_H

#include "dev/bus.h"
#include "dev/irq.h"
#include "dev/snap.h"

#define SYS_PCI_CONFIG 256u             /* bytes; what lies behind is 0: no extended capabilities */
#define SYS_PCI_BARS 6
#define SYS_PCI_SLOTS 32
#define SYS_PCI_FUNCTIONS 8             /* of a slot; an address is slot * 8 + function */
#define SYS_PCI_VECTORS 16              /* the most a function may have here */

typedef struct SysPci SysPci;

enum {                                  /* registers of the configuration space [PCI 6.1] */
    SYS_PCI_COMMAND = 0x04,
    SYS_PCI_STATUS = 0x06,
    SYS_PCI_HEADER = 0x0e,
    SYS_PCI_BAR0 = 0x10,
    SYS_PCI_CAPABILITIES = 0x34,
    SYS_PCI_LINE = 0x3c,
    SYS_PCI_PIN = 0x3d,
};

typedef struct SysPciType {
    DevType dev;                        /* .obj.parent is sys_pci_type */
    guint16 vendor, device, subsystem_vendor, subsystem;
    guint8 revision;
    guint32 class_code;                 /* 24 bits */
    gboolean is_bridge;                 /* its header is of type 1, and it has pins "down" */
    /* Beside the generic handling; may be NULL.  After a write, before a read, of size bytes at `at`. */
    void (*config_written)(SysPci *p, guint at, guint size);
    void (*config_read)(SysPci *p, guint at, guint size);
    const void *special;                /* a family's own constant */
} SysPciType;

struct SysPci {
    Dev dev;
    char *addr;                         /* property: "slot.function"; NULL: the first slot that is free */
    gboolean multifunction;             /* property: its slot may have more functions */
    char *romfile;                      /* property: only "" */
    guint8 config[SYS_PCI_CONFIG];
    guint8 writable[SYS_PCI_CONFIG];    /* bits that a driver can change */
    guint8 clear[SYS_PCI_CONFIG];       /* bits that a driver clears by writing 1 */
    DevRegion *bar[SYS_PCI_BARS];
    guint capabilities_end;             /* first byte that is free for capabilities */
    gboolean level;                     /* of the interrupt, as the function asks */
    DevIrq intx;
    DevRegion dma;                      /* root of space */
    DevRegion dma_memory;
    DevSpace *space;
    /* MSI-X: msix.c */
    guint msix;                         /* its capability; 0: none */
    guint vectors;
    uint32_t msix_table[4 * SYS_PCI_VECTORS];
    uint64_t msix_pending;              /* bit per vector */
    DevRegion msix_region;
};

extern const DevType sys_pci_type;      /* abstract */

typedef struct SysPciBus {
    DevBus bus;
    DevRegion *memory;                  /* where memory BARs are mapped; borrowed from the host */
    Dev *host;                          /* has inputs "int", 4 of them: its owner, a host or a bridge */
    gboolean is_root;
    gboolean is_off;                    /* a port whose slot has no power: nothing answers */
} SysPciBus;

extern const DevBusType sys_pci_bus_type;       /* a conventional bus */
extern const DevBusType sys_pcie_bus_type;      /* the root of PCI Express, which ports sit on */
extern const DevBusType sys_pcie_port_bus_type; /* behind a port: one slot, hot-plug */

/* --- for functions, in realize --------------------------------------------------------------- */
enum { SYS_PCI_BAR_64 = 4, SYS_PCI_BAR_PREFETCH = 8 };  /* bits of a memory BAR [PCI 6.2.5.1] */

/* Registers a memory BAR; the region's size is a power of two, at least 16.  A 64-bit BAR takes two. */
gboolean sys_pci_bar(SysPci *p, guint n, DevRegion *r, guint8 flags, GError **err);

/* Adds a capability of so many bytes (id and next are the first two); returns where it is. */
guint sys_pci_capability(SysPci *p, guint8 id, guint bytes);

/* It uses interrupt pin INTA. */
void sys_pci_use_pin(SysPci *p);

/* MSI-X with so many vectors, table and pending bits in a BAR of their own of 4 KiB.  [PCI 6.8.2] */
gboolean sys_pci_msix(SysPci *p, guint bar, guint vectors, GError **err);

/* --- for functions that are live ------------------------------------------------------------- */
void sys_pci_irq(SysPci *p, gboolean level);
/* Whether its driver has chosen MSI-X: then a message is sent, or waits while it is masked.  Vectors that are not
 * there send nothing. */
gboolean sys_pci_has_messages(const SysPci *p);
void sys_pci_message(SysPci *p, guint vector);
/* Where its accesses go. */
DevSpace *sys_pci_space(SysPci *p);

/* Numbers in the configuration space. */
guint32 sys_pci_get(const SysPci *p, guint at, guint size);
void sys_pci_put(SysPci *p, guint at, guint size, guint32 value);

/* --- for hosts ------------------------------------------------------------------------------- */
/* A configuration access of 1, 2 or 4 bytes, aligned, on the root bus.  where is bus * 256 + slot * 8 + function;
 * what is not there reads as ones. */
guint32 sys_pci_config_read(SysPciBus *root, guint where, guint at, guint size);
void sys_pci_config_write(SysPciBus *root, guint where, guint at, guint size, guint32 value);

/* The bus behind a bridge, borrowed; NULL if it is none. */
SysPciBus *sys_pci_behind(const SysPci *p);

/* --- between the files of this folder -------------------------------------------------------- */
/* After a write to [at, at + size), and at reset: pending messages whose mask went. */
void sys_pci_msix_follow(SysPci *p);

#endif
