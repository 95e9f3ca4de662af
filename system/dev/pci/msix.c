/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MSI-X: interrupts that are writes to memory.  [PCI 6.8.2]  The table and the pending bits are in a BAR of 4 KiB.
 * A message is one of the function's own accesses: while it is no bus master, none goes out, and it is lost.
 */
#include "dev/pci/pci.h"

enum { MSIX_CAP = 0x11, MSIX_BYTES = 12, BAR_BYTES = 0x1000, PENDING = 0x800, ENTRY = 16 };
enum { ENABLE = 0x8000, MASK_ALL = 0x4000 };            /* of message control [PCI 6.8.2.3] */
enum { ADDRESS, ADDRESS_HIGH, DATA, CONTROL };          /* words of an entry; bit 0 of the last masks it */

static guint32 control(const SysPci *p)
{
    return p->msix ? sys_pci_get(p, p->msix + 2, 2) : 0;
}

gboolean sys_pci_has_messages(const SysPci *p)
{
    return (control(p) & ENABLE) != 0;
}

static void send(SysPci *p, guint n)
{
    const uint32_t *e = p->msix_table + 4 * n;

    dev_mem_store(p->space, (DevGpa)e[ADDRESS_HIGH] << 32 | (e[ADDRESS] & ~3u), 4, e[DATA]);
}

void sys_pci_message(SysPci *p, guint vector)
{
    if (vector >= p->vectors || !sys_pci_has_messages(p)) {
        return;
    }
    if ((control(p) & MASK_ALL) || (p->msix_table[4 * vector + CONTROL] & 1)) {
        p->msix_pending |= UINT64_C(1) << vector;
    } else {
        send(p, vector);
    }
}

void sys_pci_msix_follow(SysPci *p)
{
    gboolean open = (control(p) & (ENABLE | MASK_ALL)) == ENABLE;

    for (guint n = 0; open && n < p->vectors; n++) {
        if ((p->msix_pending >> n & 1) && !(p->msix_table[4 * n + CONTROL] & 1)) {
            p->msix_pending &= ~(UINT64_C(1) << n);
            send(p, n);
        }
    }
}

/* --- table and pending bits: accesses of 4 and 8 bytes [PCI 6.8.2] --------------------------- */
static uint64_t read_table(void *opaque, uint64_t offset, guint size)
{
    const SysPci *p = opaque;

    if (offset < (uint64_t)p->vectors * ENTRY) {
        return p->msix_table[offset / 4];
    }
    return offset == PENDING ? (guint32)p->msix_pending : 0;
}

static void write_table(void *opaque, uint64_t offset, uint64_t value, guint size)
{
    SysPci *p = opaque;

    if (offset < (uint64_t)p->vectors * ENTRY) {
        p->msix_table[offset / 4] = offset / 4 % 4 == CONTROL ? value & 1 : (guint32)value;
        sys_pci_msix_follow(p);
    }
}

static const DevRegionOps ops = { .read = read_table, .write = write_table, .min_size = 4, .max_size = 8,
                                  .split_size = 4 };

gboolean sys_pci_msix(SysPci *p, guint bar, guint vectors, GError **err)
{
    g_assert(vectors && vectors <= SYS_PCI_VECTORS);
    dev_region_init_io(&p->msix_region, &p->dev, "msix", BAR_BYTES, &ops, p);
    if (!sys_pci_bar(p, bar, &p->msix_region, 0, err)) {
        return FALSE;
    }
    p->msix = sys_pci_capability(p, MSIX_CAP, MSIX_BYTES);
    p->vectors = vectors;
    sys_pci_put(p, p->msix + 2, 2, vectors - 1);
    sys_pci_put(p, p->msix + 4, 4, bar);
    sys_pci_put(p, p->msix + 8, 4, PENDING | bar);
    p->writable[p->msix + 3] = (ENABLE | MASK_ALL) >> 8;
    return TRUE;
}
