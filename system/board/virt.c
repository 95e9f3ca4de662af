/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The RISC-V board "virt".  No data sheet: addresses, interrupt numbers and the reset code's protocol are those
 * that qemu-system-riscv64 -M virt shows in its device tree and memory map.
 */
#include "board/virt.h"

#include "dev/misc/fw-cfg.h"
#include "dev/pci/gpex.h"
#include "dev/pci/pci.h"
#include "dev/timer/aclint.h"

#include "dev/irq.h"
#include "dev/sysbus.h"

#include <elf.h>
#include <string.h>

extern const SysPciType sys_gpex_root;
extern const DevType sys_goldfish_rtc, sys_ns16550a, sys_pflash_cfi01, sys_plic, sys_sifive_test, sys_virtio_mmio;

static gboolean is_sbi_built_in(const SysBoard *b)
{
    return !b->firmware || !strcmp(b->firmware, "default");
}

/* --- devices --------------------------------------------------------------------------------- */
static void add_cpus(Virt *v)
{
    for (guint i = 0; i < v->b.cpu_count; i++) {
        g_autofree char *name = g_strdup_printf("cpu[%u]", i);
        Dev *d = sys_board_part(&v->b, &sys_riscv_cpu.dev, name);
        sys_board_set(d, "index", i);
        g_ptr_array_add(v->b.cpus, d);
    }
}

/* Interrupt controllers and timer: those of a SiFive CLINT, and a PLIC with two contexts per hart. */
static void add_interrupts(Virt *v)
{
    guint n = v->b.cpu_count;
    Dev *mswi = sys_board_add(&v->b, &sys_aclint_mswi, "mswi", VIRT_CLINT);
    Dev *mtimer = sys_board_add(&v->b, &sys_aclint_mtimer, "mtimer", VIRT_CLINT + 0x4000);
    Dev *sswi = v->aclint ? sys_board_add(&v->b, &sys_aclint_sswi, "sswi", VIRT_SSWI) : NULL;
    v->plic = sys_board_add(&v->b, &sys_plic, "plic", VIRT_PLIC);

    sys_board_set(mswi, "num-harts", n);
    sys_board_set(mtimer, "num-harts", n);
    sys_board_set(mtimer, "timebase-freq", VIRT_TIMEBASE_HZ);
    if (sswi) {
        sys_board_set(sswi, "num-harts", n);
    }
    sys_board_set(v->plic, "num-sources", VIRT_SOURCES);
    sys_board_set(v->plic, "num-contexts", 2 * n);
    for (guint i = 0; i < n; i++) {
        Dev *cpu = g_ptr_array_index(v->b.cpus, i);
        sys_riscv_set_timer((SysCpu *)cpu, mtimer);
        sys_board_wire(mswi, "msi", i, cpu, "msi", 0);
        sys_board_wire(mtimer, "mti", i, cpu, "mti", 0);
        if (sswi) {
            sys_board_wire(sswi, "ssi", i, cpu, "ssi", 0);
        }
        sys_board_wire(v->plic, "out", 2 * i, cpu, "mei", 0);
        sys_board_wire(v->plic, "out", 2 * i + 1, cpu, "sei", 0);
    }
}

/* Two banks: the first is the firmware's, the second for its variables. */
static gboolean add_flash(Virt *v, GError **err)
{
    for (guint i = 0; i < SYS_BOARD_FLASHES; i++) {
        g_autofree char *name = g_strdup_printf("flash[%u]", i);
        Dev *d = sys_board_add(&v->b, &sys_pflash_cfi01, name, VIRT_FLASH + i * VIRT_FLASH_BYTES);
        if (v->b.flash[i] && !obj_prop_set_link(&d->obj, "drive", v->b.flash[i], err)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* The second window lies above all RAM, at a multiple of its size. */
static DevGpa high_window(const Virt *v)
{
    DevGpa end = VIRT_RAM + v->b.ram_bytes;

    return (end + VIRT_PCI_HIGH_BYTES - 1) & ~(VIRT_PCI_HIGH_BYTES - 1);
}

static void add_pci(Virt *v)
{
    Dev *d = sys_board_add(&v->b, &sys_gpex_pcihost, "pcihost", VIRT_ECAM);
    Dev *root = sys_board_part(&v->b, &sys_gpex_root.dev, "gpex-root");

    dev_sys_map(d, 1, VIRT_PIO);
    v->pci_high = high_window(v);
    sys_gpex_window(d, VIRT_PCI, VIRT_PCI_BYTES);
    sys_gpex_window(d, v->pci_high, VIRT_PCI_HIGH_BYTES);
    for (guint i = 0; i < 4; i++) {
        sys_board_wire(d, "irq", i, v->plic, "in", VIRT_PCI_IRQ + i);
    }
    gboolean good = dev_bus_put((DevBus *)obj_child(&d->obj, "pcie.0"), root, NULL);
    g_assert(good);
}

/* Items that firmware for PCs looks for are there: empty, and "do not wait". */
static void add_fw_cfg(Virt *v)
{
    Dev *d = sys_board_add(&v->b, &sys_fw_cfg, "fw_cfg", VIRT_FW_CFG);
    guint16 cpus = GUINT16_TO_LE((guint16)v->b.cpu_count);
    static const char *const empty[] = { "bios-geometry", "bootorder" };

    sys_fw_cfg_item(d, SYS_FW_CFG_CPUS, g_bytes_new(&cpus, sizeof cpus));
    for (guint i = 0; i < G_N_ELEMENTS(empty); i++) {
        gboolean good = sys_fw_cfg_file(d, empty[i], g_bytes_new_static("", 0), NULL);
        g_assert(good);
    }
    gboolean good = sys_fw_cfg_file(d, "etc/boot-fail-wait", g_bytes_new_static("\xff\xff\xff\xff", 4), NULL);
    g_assert(good);
}

static gboolean build(SysBoard *b, GError **err)
{
    Virt *v = (Virt *)b;

    add_cpus(v);
    for (guint i = 0; i < b->cpus->len && b->cpu_model; i++) {
        if (!obj_prop_set_text(g_ptr_array_index(b->cpus, i), "model", b->cpu_model, err)) {
            g_prefix_error(err, "-cpu %s: ", b->cpu_model);
            return FALSE;
        }
    }
    add_interrupts(v);
    sys_board_add(b, &sys_sifive_test, "test", VIRT_TEST);
    Dev *rtc = sys_board_add(b, &sys_goldfish_rtc, "rtc", VIRT_RTC);
    sys_board_wire(rtc, "irq", 0, v->plic, "in", VIRT_RTC_IRQ);
    Dev *uart = sys_board_add(b, &sys_ns16550a, "serial", VIRT_UART);
    sys_board_wire(uart, "irq", 0, v->plic, "in", VIRT_UART_IRQ);
    if (b->serial[0] && !obj_prop_set_link(&uart->obj, "chardev", &b->serial[0]->obj, err)) {
        return FALSE;
    }
    if (!add_flash(v, err)) {
        return FALSE;
    }
    add_fw_cfg(v);
    add_pci(v);
    /* The first disk of a user is in the last slot, and kernels count from there. */
    for (guint i = VIRT_VIRTIOS; i-- > 0;) {
        g_autofree char *name = g_strdup_printf("virtio-mmio[%u]", i);
        Dev *d = sys_board_add(b, &sys_virtio_mmio, name, VIRT_VIRTIO + i * VIRT_VIRTIO_STRIDE);
        g_autofree char *label = g_strdup_printf("virtio-mmio-bus.%u", i);
        dev_bus_set_label((DevBus *)obj_child(&d->obj, "virtio-mmio-bus"), label);
        sys_board_wire(d, "irq", 0, v->plic, "in", VIRT_VIRTIO_IRQ + i);
    }
    return TRUE;
}

static gboolean realize(Dev *d, GError **err)
{
    Virt *v = (Virt *)d;
    DevRam *rom, *ram;

    if (!(rom = dev_ram_new(d, "mrom", VIRT_ROM_BYTES, err)) ||
        !(ram = sys_board_ram(&v->b, err))) {
        return FALSE;
    }
    dev_region_init_rom(&v->rom, d, "mrom", rom);
    dev_region_init_ram(&v->ram, d, "ram", ram);
    return dev_region_put(d, &v->b.b.memory, VIRT_ROM, 0, &v->rom, err) &&
           dev_region_put(d, &v->b.b.memory, VIRT_RAM, 0, &v->ram, err);
}

/* --- starting -------------------------------------------------------------------------------- */
typedef struct Plan {           /* of a start */
    DevGpa start;               /* where the harts begin in machine mode; where the kernel does if SBI is built in */
    DevGpa next;                /* where firmware goes next; 0: nowhere */
    DevGpa kernel_end;
    DevGpa initrd;
    guint64 initrd_bytes;
    DevGpa tree;
} Plan;

static gboolean take_image(SysBoard *b, SysImage *image, GError **err)
{
    while (image->blobs->len) {
        if (!sys_board_blob(b, g_ptr_array_steal_index(image->blobs, 0), err)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean load_firmware(SysBoard *b, Plan *p, GError **err)
{
    p->start = !g_strcmp0(b->firmware, "none") && b->flash[0] ? VIRT_FLASH : VIRT_RAM;
    p->next = b->flash[0] ? VIRT_FLASH : 0;
    if (is_sbi_built_in(b) || !strcmp(b->firmware, "none")) {
        return TRUE;
    }
    g_autoptr(SysImage) image = sys_image_load("firmware", b->firmware, EM_RISCV, VIRT_RAM, FALSE,
                                               b->ram_bytes, err);
    if (!image || !take_image(b, image, err)) {
        return FALSE;
    }
    p->start = image->entry;
    return TRUE;
}

/* Kernels lie 2 MiB above the start of RAM, where firmware is; without any, at the start. */
static gboolean load_kernel(SysBoard *b, Plan *p, GError **err)
{
    gboolean bare = b->firmware && !strcmp(b->firmware, "none");

    if (!b->kernel) {
        if (is_sbi_built_in(b) && b->flash[0]) {
            p->start = p->next = VIRT_FLASH;
        } else if (is_sbi_built_in(b) && !b->may_be_empty) {
            return dev_fail(&b->b.dev, err,
                            "nothing to run: give it a -kernel, a -bios or a -drive if=pflash");
        }
        return TRUE;
    }
    g_autoptr(SysImage) image = sys_image_load("kernel", b->kernel, EM_RISCV,
                                               VIRT_RAM + (bare ? 0 : VIRT_KERNEL), FALSE,
                                               b->ram_bytes, err);
    if (!image || !take_image(b, image, err)) {
        return FALSE;
    }
    p->next = image->entry;
    p->kernel_end = image->end;
    if (is_sbi_built_in(b) || bare) {
        p->start = image->entry;
    }
    return TRUE;
}

/* In the middle of RAM, but not further than 128 MiB from the kernel; behind it if it is large. */
static gboolean load_initrd(SysBoard *b, Plan *p, GError **err)
{
    DevGpa end = VIRT_RAM + b->ram_bytes, at;

    if (!b->initrd) {
        return TRUE;
    }
    if (!b->kernel) {
        return dev_fail(&b->b.dev, err, "-initrd needs a -kernel");
    }
    SysBlob *blob = sys_blob_load("initrd", b->initrd, 0, err);
    if (!blob) {
        return FALSE;
    }
    p->initrd_bytes = g_bytes_get_size(blob->bytes);
    at = VIRT_RAM + VIRT_KERNEL + MIN(b->ram_bytes / 2, UINT64_C(128) << 20);
    if (at + p->initrd_bytes > end - VIRT_TREE_ROOM || at < p->kernel_end) {
        at = (p->kernel_end + 4095) & ~UINT64_C(4095);
    }
    if (at > end - VIRT_TREE_ROOM || p->initrd_bytes > end - VIRT_TREE_ROOM - at) {
        sys_blob_free(blob);
        return dev_fail(&b->b.dev, err,
                        "initrd '%s': %" G_GUINT64_FORMAT " bytes do not fit into %" G_GUINT64_FORMAT
                        " MiB of memory beside the kernel",
                        b->initrd, p->initrd_bytes, b->ram_bytes >> 20);
    }
    blob->gpa = p->initrd = at;
    return sys_board_blob(b, blob, err);
}

/* The board's own tree or the user's; at the end of the RAM that 32-bit firmware reaches. */
static gboolean load_tree(SysBoard *b, Plan *p, GError **err)
{
    guint32 seed[8];
    SysFdtChosen chosen = { .append = b->append, .initrd = p->initrd,
                            .initrd_bytes = p->initrd_bytes, .rng_seed = (const guint8 *)seed };
    g_autoptr(GBytes) plain = NULL;

    for (guint i = 0; i < 8; i++) {
        seed[i] = g_random_int();
    }
    if (b->append && !b->kernel) {
        return dev_fail(&b->b.dev, err, "-append needs a -kernel");
    }
    if (b->dtb) {
        SysBlob *file = sys_blob_load("device tree", b->dtb, 0, err);
        if (!file) {
            return FALSE;
        }
        plain = g_bytes_ref(file->bytes);
        sys_blob_free(file);
    } else {
        plain = sys_virt_tree((Virt *)b);
    }
    b->tree = sys_fdt_complete(plain, &chosen, b->dtb ? b->dtb : "the board", err);
    if (!b->tree) {
        return FALSE;
    }
    DevGpa end = MIN(VIRT_RAM + b->ram_bytes, UINT64_C(3) << 30);
    if (g_bytes_get_size(b->tree) > b->ram_bytes / 2) {
        return dev_fail(&b->b.dev, err, "the device tree does not fit into memory");
    }
    p->tree = (end - g_bytes_get_size(b->tree)) & ~UINT64_C(0x1fffff);
    return sys_board_blob(b, sys_blob_new("device tree", p->tree, g_bytes_ref(b->tree)), err);
}

/* What harts run first, and OpenSBI's fw_dynamic_info, which a2 points to.
 * [OpenSBI docs/firmware/fw_dynamic.md] */
static gboolean load_rom(SysBoard *b, const Plan *p, GError **err)
{
    const guint32 code[] = {
        0x00000297,             /* auipc t0, 0 */
        0x02828613,             /* addi  a2, t0, 40: the info */
        0xf1402573,             /* csrr  a0, mhartid */
        0x0202b583,             /* ld    a1, 32(t0): the tree */
        0x0182b283,             /* ld    t0, 24(t0) */
        0x00028067,             /* jr    t0 */
    };
    const guint64 data[] = {
        p->start, p->tree, 0x4942534f /* "OSBI" */, 2 /* version */, p->next, 1 /* supervisor */,
        0 /* options */, 0 /* hart that boots */,
    };
    GByteArray *rom = g_byte_array_new();

    for (guint i = 0; i < G_N_ELEMENTS(code); i++) {
        g_byte_array_append(rom, (const guint8 *)&(guint32){ GUINT32_TO_LE(code[i]) }, 4);
    }
    for (guint i = 0; i < G_N_ELEMENTS(data); i++) {
        g_byte_array_append(rom, (const guint8 *)&(guint64){ GUINT64_TO_LE(data[i]) }, 8);
    }
    return sys_board_blob(b, sys_blob_new("reset code", VIRT_ROM, g_byte_array_free_to_bytes(rom)),
                          err);
}

static gboolean boot(SysBoard *b, GError **err)
{
    Plan p = { 0 };

    if (!b->dumpdtb && (!load_firmware(b, &p, err) || !load_kernel(b, &p, err) ||
                        !load_initrd(b, &p, err))) {
        return FALSE;
    }
    if (!load_tree(b, &p, err) || !load_rom(b, &p, err)) {
        return FALSE;
    }
    for (guint i = 0; i < b->cpus->len; i++) {
        SysCpu *c = g_ptr_array_index(b->cpus, i);
        if (is_sbi_built_in(b)) {
            sys_riscv_start_sbi(c, p.start, p.tree);
        } else {
            sys_riscv_start_reset(c, VIRT_ROM);
        }
    }
    return TRUE;
}

static const ObjProp props[] = {
    OBJ_PROP_BOOL("aclint", "Have supervisor software interrupts by ACLINT, and say so in the device tree.", Virt,
                  aclint, FALSE),
    { 0 },
};

const SysBoardType sys_virt = {
    .board = {
        .dev = {
            .obj = { .name = "virt", .text = OBJ_TEXT("RISC-V VirtIO board"), .parent = &sys_board_type.dev.obj,
                     .size = sizeof(Virt), .props = props },
            .group = "board",
            .realize = realize,
        },
        .max_cpus = VIRT_CPUS,
        .default_ram_bytes = 128 << 20,
    },
    .default_cpu = "rv64",
    .default_nic = "virtio-net-device",
    .default_disk = "virtio-blk-device",
    .serials = 1,
    .flashes = SYS_BOARD_FLASHES,
    .build = build,
    .boot = boot,
};
