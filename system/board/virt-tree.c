/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device tree of the board virt.  [Devicetree Specification 0.4] [Linux Documentation/devicetree/bindings:
 * riscv/cpus.yaml, riscv/extensions.yaml, interrupt-controller/sifive,plic-1.0.0.yaml, timer/sifive,clint.yaml,
 * virtio/mmio.yaml, power/reset/syscon-poweroff.yaml]
 */
#include "board/virt.h"

#include <string.h>

/* Handles of nodes that others refer to. */
enum { PLIC_HANDLE = 1, TEST_HANDLE = 2, CPU_HANDLES = 3 };

static guint32 cpu_handle(guint i)
{
    return CPU_HANDLES + 2 * i;
}

static guint32 intc_handle(guint i)
{
    return CPU_HANDLES + 2 * i + 1;
}

enum { SSI = 1, MSI = 3, MTI = 7, SEI = 9, MEI = 11 };      /* a hart's interrupts [RVP 3.1.9] */

static void add_reg(SysFdt *f, guint64 at, guint64 bytes)
{
    sys_fdt_cells(f, "reg", SYS_FDT_64(at), SYS_FDT_64(bytes));
}

static void add_irq(SysFdt *f, guint32 n)
{
    sys_fdt_cells(f, "interrupt-parent", PLIC_HANDLE);
    sys_fdt_cells(f, "interrupts", n);
}

/* "interrupts-extended" with the interrupts a and b (0: none) of each hart. */
static void add_hart_irqs(SysFdt *f, guint harts, guint32 a, guint32 b)
{
    g_autoptr(GArray) cells = g_array_new(FALSE, FALSE, sizeof(guint32));

    for (guint i = 0; i < harts; i++) {
        guint32 four[] = { intc_handle(i), a, intc_handle(i), b };
        g_array_append_vals(cells, four, b ? 4 : 2);
    }
    sys_fdt_words(f, "interrupts-extended", (const guint32 *)cells->data, cells->len);
}

/* --- CPUs ------------------------------------------------------------------------------------ */
static void add_isa(SysFdt *f, SysCpu *c)
{
    SysRiscvIsa isa;

    sys_riscv_isa(c, &isa);
    sys_fdt_str(f, "riscv,isa", isa.string);
    sys_fdt_str(f, "riscv,isa-base", "rv64i");
    sys_fdt_strs(f, "riscv,isa-extensions", (const char *const *)isa.extensions->pdata);
    if (isa.cbom_bytes) {
        sys_fdt_cells(f, "riscv,cbom-block-size", isa.cbom_bytes);
    }
    if (isa.cboz_bytes) {
        sys_fdt_cells(f, "riscv,cboz-block-size", isa.cboz_bytes);
    }
    if (isa.mmu_type) {
        sys_fdt_str(f, "mmu-type", isa.mmu_type);
    }
    sys_riscv_isa_clear(&isa);
}

static void add_cpu(SysFdt *f, SysCpu *c)
{
    sys_fdt_begin(f, "cpu@%x", c->index);
    sys_fdt_str(f, "device_type", "cpu");
    sys_fdt_cells(f, "reg", c->index);
    sys_fdt_str(f, "status", "okay");
    sys_fdt_str(f, "compatible", "riscv");
    add_isa(f, c);
    sys_fdt_cells(f, "phandle", cpu_handle(c->index));
    sys_fdt_begin(f, "interrupt-controller");
    sys_fdt_cells(f, "#interrupt-cells", 1);
    sys_fdt_flag(f, "interrupt-controller");
    sys_fdt_str(f, "compatible", "riscv,cpu-intc");
    sys_fdt_cells(f, "phandle", intc_handle(c->index));
    sys_fdt_end(f);
    sys_fdt_end(f);
}

static void add_cpus(SysFdt *f, const SysBoard *b)
{
    sys_fdt_begin(f, "cpus");
    sys_fdt_cells(f, "#address-cells", 1);
    sys_fdt_cells(f, "#size-cells", 0);
    sys_fdt_cells(f, "timebase-frequency", VIRT_TIMEBASE_HZ);
    for (guint i = 0; i < b->cpus->len; i++) {
        add_cpu(f, g_ptr_array_index(b->cpus, i));
    }
    sys_fdt_begin(f, "cpu-map");
    sys_fdt_begin(f, "cluster0");
    for (guint i = 0; i < b->cpus->len; i++) {
        sys_fdt_begin(f, "core%u", i);
        sys_fdt_cells(f, "cpu", cpu_handle(i));
        sys_fdt_end(f);
    }
    sys_fdt_end(f);
    sys_fdt_end(f);
    sys_fdt_end(f);
}

/* --- interrupt controllers ------------------------------------------------------------------- */
static void add_clint(SysFdt *f, guint harts)
{
    static const char *const names[] = { "sifive,clint0", "riscv,clint0", NULL };

    sys_fdt_begin(f, "clint@%x", (guint)VIRT_CLINT);
    sys_fdt_strs(f, "compatible", names);
    add_reg(f, VIRT_CLINT, 0x10000);
    add_hart_irqs(f, harts, MSI, MTI);
    sys_fdt_end(f);
}

static void add_swi(SysFdt *f, const char *kind, guint64 at, guint harts, guint32 irq)
{
    g_autofree char *name = g_strdup_printf("riscv,aclint-%s", kind);

    sys_fdt_begin(f, "%s@%x", kind, (guint)at);
    sys_fdt_str(f, "compatible", name);
    add_reg(f, at, 0x4000);
    add_hart_irqs(f, harts, irq, 0);
    sys_fdt_flag(f, "interrupt-controller");
    sys_fdt_cells(f, "#interrupt-cells", 0);
    sys_fdt_end(f);
}

static void add_aclint(SysFdt *f, guint harts)
{
    guint64 at = VIRT_CLINT + 0x4000;

    add_swi(f, "mswi", VIRT_CLINT, harts, MSI);
    sys_fdt_begin(f, "mtimer@%x", (guint)at);
    sys_fdt_str(f, "compatible", "riscv,aclint-mtimer");
    sys_fdt_cells(f, "reg", SYS_FDT_64(at + 0x7ff8), SYS_FDT_64(8), SYS_FDT_64(at),
                  SYS_FDT_64(0x7ff8));
    add_hart_irqs(f, harts, MTI, 0);
    sys_fdt_end(f);
    add_swi(f, "sswi", VIRT_SSWI, harts, SSI);
}

static void add_plic(SysFdt *f, guint harts)
{
    static const char *const names[] = { "sifive,plic-1.0.0", "riscv,plic0", NULL };

    sys_fdt_begin(f, "plic@%x", (guint)VIRT_PLIC);
    sys_fdt_strs(f, "compatible", names);
    add_reg(f, VIRT_PLIC, VIRT_PLIC_BYTES);
    add_hart_irqs(f, harts, MEI, SEI);
    sys_fdt_cells(f, "riscv,ndev", VIRT_SOURCES);
    sys_fdt_flag(f, "interrupt-controller");
    sys_fdt_cells(f, "#address-cells", 0);
    sys_fdt_cells(f, "#interrupt-cells", 1);
    sys_fdt_cells(f, "phandle", PLIC_HANDLE);
    sys_fdt_end(f);
}

/* --- devices --------------------------------------------------------------------------------- */
static void add_device(SysFdt *f, const char *name, const char *compatible, guint64 at,
                       guint64 bytes, guint32 irq)
{
    sys_fdt_begin(f, "%s@%x", name, (guint)at);
    sys_fdt_str(f, "compatible", compatible);
    add_reg(f, at, bytes);
    if (irq) {
        add_irq(f, irq);
    }
}

static void add_devices(SysFdt *f)
{
    static const char *const finisher[] = { "sifive,test1", "sifive,test0", "syscon", NULL };

    sys_fdt_begin(f, "test@%x", (guint)VIRT_TEST);
    sys_fdt_strs(f, "compatible", finisher);
    add_reg(f, VIRT_TEST, 0x1000);
    sys_fdt_cells(f, "phandle", TEST_HANDLE);
    sys_fdt_end(f);
    add_device(f, "rtc", "google,goldfish-rtc", VIRT_RTC, 0x1000, VIRT_RTC_IRQ);
    sys_fdt_end(f);
    add_device(f, "serial", "ns16550a", VIRT_UART, 0x100, VIRT_UART_IRQ);
    sys_fdt_cells(f, "clock-frequency", VIRT_UART_HZ);
    sys_fdt_end(f);
    for (guint i = VIRT_VIRTIOS; i-- > 0;) {
        add_device(f, "virtio_mmio", "virtio,mmio", VIRT_VIRTIO + i * VIRT_VIRTIO_STRIDE,
                   VIRT_VIRTIO_STRIDE, VIRT_VIRTIO_IRQ + i);
        sys_fdt_end(f);
    }
}

/* What firmware uses: flash, and items of configuration. */
static void add_firmware(SysFdt *f)
{
    sys_fdt_begin(f, "flash@%x", (guint)VIRT_FLASH);
    sys_fdt_str(f, "compatible", "cfi-flash");
    sys_fdt_cells(f, "reg", SYS_FDT_64(VIRT_FLASH), SYS_FDT_64(VIRT_FLASH_BYTES),
                  SYS_FDT_64(VIRT_FLASH + VIRT_FLASH_BYTES), SYS_FDT_64(VIRT_FLASH_BYTES));
    sys_fdt_cells(f, "bank-width", 4);
    sys_fdt_end(f);
    sys_fdt_begin(f, "fw-cfg@%x", (guint)VIRT_FW_CFG);
    sys_fdt_str(f, "compatible", "qemu,fw-cfg-mmio");
    add_reg(f, VIRT_FW_CFG, 24);
    sys_fdt_flag(f, "dma-coherent");
    sys_fdt_end(f);
}

/* Slot i's pin j is line (i + j) % 4, from 0: four slots say it all. */
static void add_interrupt_map(SysFdt *f)
{
    guint32 map[4 * 4 * 6], *p = map;

    for (guint32 slot = 0; slot < 4; slot++) {
        for (guint32 pin = 0; pin < 4; pin++, p += 6) {
            memcpy(p, (const guint32[]){ slot << 11, 0, 0, pin + 1, PLIC_HANDLE, VIRT_PCI_IRQ + (slot + pin) % 4 },
                   24);
        }
    }
    sys_fdt_cells(f, "#interrupt-cells", 1);
    sys_fdt_words(f, "interrupt-map", map, G_N_ELEMENTS(map));
    sys_fdt_cells(f, "interrupt-map-mask", 3 << 11, 0, 0, 7);
}

/* [PCI Bus Binding to IEEE Std 1275-1994, 2.1]: ports are space 1, memory 2, 64-bit memory 3. */
static void add_pci(SysFdt *f, const Virt *v)
{
    sys_fdt_begin(f, "pci@%x", (guint)VIRT_ECAM);
    sys_fdt_str(f, "compatible", "pci-host-ecam-generic");
    sys_fdt_str(f, "device_type", "pci");
    sys_fdt_cells(f, "#address-cells", 3);
    sys_fdt_cells(f, "#size-cells", 2);
    sys_fdt_cells(f, "linux,pci-domain", 0);
    sys_fdt_cells(f, "bus-range", 0, (guint32)(VIRT_ECAM_BYTES >> 20) - 1);
    sys_fdt_flag(f, "dma-coherent");
    add_reg(f, VIRT_ECAM, VIRT_ECAM_BYTES);
    sys_fdt_cells(f, "ranges", 0x01000000, SYS_FDT_64(0), SYS_FDT_64(VIRT_PIO), SYS_FDT_64(VIRT_PIO_BYTES),
                  0x02000000, SYS_FDT_64(VIRT_PCI), SYS_FDT_64(VIRT_PCI), SYS_FDT_64(VIRT_PCI_BYTES),
                  0x03000000, SYS_FDT_64(v->pci_high), SYS_FDT_64(v->pci_high), SYS_FDT_64(VIRT_PCI_HIGH_BYTES));
    add_interrupt_map(f);
    sys_fdt_end(f);
}

static void add_syscon(SysFdt *f, const char *name, guint32 value)
{
    g_autofree char *compatible = g_strdup_printf("syscon-%s", name);

    sys_fdt_begin(f, "%s", name);
    sys_fdt_str(f, "compatible", compatible);
    sys_fdt_cells(f, "regmap", TEST_HANDLE);
    sys_fdt_cells(f, "offset", 0);
    sys_fdt_cells(f, "value", value);
    sys_fdt_end(f);
}

GBytes *sys_virt_tree(Virt *v)
{
    SysFdt *f = sys_fdt_new(0);
    guint harts = v->b.cpus->len;

    sys_fdt_cells(f, "#address-cells", 2);
    sys_fdt_cells(f, "#size-cells", 2);
    sys_fdt_str(f, "compatible", "riscv-virtio");
    sys_fdt_str(f, "model", "riscv-virtio,qemu");       /* guests look for this name */
    sys_fdt_begin(f, "chosen");
    g_autofree char *console = g_strdup_printf("/soc/serial@%x", (guint)VIRT_UART);
    sys_fdt_str(f, "stdout-path", console);
    sys_fdt_end(f);
    sys_fdt_begin(f, "memory@%x", (guint)VIRT_RAM);
    sys_fdt_str(f, "device_type", "memory");
    add_reg(f, VIRT_RAM, v->b.ram_bytes);
    sys_fdt_end(f);
    add_cpus(f, &v->b);
    add_firmware(f);
    add_syscon(f, "poweroff", 0x5555);
    add_syscon(f, "reboot", 0x7777);
    sys_fdt_begin(f, "soc");
    sys_fdt_cells(f, "#address-cells", 2);
    sys_fdt_cells(f, "#size-cells", 2);
    sys_fdt_str(f, "compatible", "simple-bus");
    sys_fdt_flag(f, "ranges");
    if (v->aclint) {
        add_aclint(f, harts);
    } else {
        add_clint(f, harts);
    }
    add_plic(f, harts);
    add_pci(f, v);
    add_devices(f);
    sys_fdt_end(f);
    return sys_fdt_finish(f);
}
