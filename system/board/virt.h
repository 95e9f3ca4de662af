/* SPDX-License-Identifier: BSD-2-Clause */
/* The board virt: what its files know of each other. */
#ifndef SYSTEM_BOARD_VIRT_H
#define SYSTEM_BOARD_VIRT_H

#include "board/board.h"
#include "cpu/riscv.h"
#include "fdt.h"

/* Addresses. */
#define VIRT_ROM            UINT64_C(0x1000)
#define VIRT_ROM_BYTES      UINT64_C(0xf000)
#define VIRT_TEST           UINT64_C(0x100000)
#define VIRT_RTC            UINT64_C(0x101000)
#define VIRT_CLINT          UINT64_C(0x2000000)
#define VIRT_SSWI           UINT64_C(0x2f00000)
#define VIRT_PIO            UINT64_C(0x3000000)
#define VIRT_PIO_BYTES      UINT64_C(0x10000)
#define VIRT_PLIC           UINT64_C(0xc000000)
#define VIRT_PLIC_BYTES     UINT64_C(0x600000)
#define VIRT_UART           UINT64_C(0x10000000)
#define VIRT_VIRTIO         UINT64_C(0x10001000)
#define VIRT_VIRTIO_STRIDE  UINT64_C(0x1000)
#define VIRT_FW_CFG         UINT64_C(0x10100000)
#define VIRT_FLASH          UINT64_C(0x20000000)
#define VIRT_FLASH_BYTES    UINT64_C(0x2000000)
#define VIRT_ECAM           UINT64_C(0x30000000)
#define VIRT_ECAM_BYTES     UINT64_C(0x10000000)
#define VIRT_PCI            UINT64_C(0x40000000)
#define VIRT_PCI_BYTES      UINT64_C(0x40000000)
#define VIRT_PCI_HIGH_BYTES UINT64_C(0x400000000)
#define VIRT_RAM            UINT64_C(0x80000000)
#define VIRT_KERNEL         UINT64_C(0x200000)      /* from the start of RAM */
#define VIRT_TREE_ROOM      UINT64_C(0x400000)      /* at its end */

enum {
    VIRT_CPUS = 64,                     /* two contexts of the PLIC each */
    VIRT_TIMEBASE_HZ = 10000000,
    VIRT_UART_HZ = 3686400,
    VIRT_SOURCES = 96,
    VIRT_VIRTIOS = 8,
    /* interrupts at the PLIC */
    VIRT_VIRTIO_IRQ = 1,
    VIRT_UART_IRQ = 10,
    VIRT_RTC_IRQ = 11,
    VIRT_PCI_IRQ = 32,
};

typedef struct Virt {
    SysBoard b;
    gboolean aclint;
    Dev *plic;
    DevGpa pci_high;                    /* where the second window to the PCI bus is */
    DevRegion rom, ram;
} Virt;

/* The device tree of a live board, but for /chosen's boot arguments; the caller's. */
GBytes *sys_virt_tree(Virt *v);

#endif
