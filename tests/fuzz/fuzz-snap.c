/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Streams of saved machines.  An input is the stream behind a byte: bit 0 puts the sections' lengths and checksums right
 * first, so that what is inside is looked at too; bit 1 is a machine with every kind of device.  What a stream has set
 * is used: queues are kicked, registers read, timers run.  After a stream was refused, the machine still works.
 */
#include "fuzz.h"

#include "back/block/block.h"
#include "back/char/char.h"
#include "back/fs/fs.h"
#include "dev/pci/gpex.h"
#include "models.h"

#include "dev/fake.h"
#include "dev/lock.h"
#include "dev/plug.h"
#include "dev/reset.h"
#include "dev/snap.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <unistd.h>
#include <zlib.h>

const char fuzz_name[] = "snap";

extern const DevType sys_virtio_mmio;

enum { RIGHT = 1, ALL = 2 };

#define CARD UINT64_C(0x40000000)       /* registers of the card in slot 0 */
#define MMIO UINT64_C(0x10000000)       /* of the first transport */
#define OTHERS UINT64_C(0x100000000)    /* of the devices of boards, so far apart: */
#define APART UINT64_C(0x10000000)
#define ECAM UINT64_C(0x10000000000)
#define WINDOW UINT64_C(0x50000000)     /* of PCI, bytes: */
#define WINDOW_BYTES UINT64_C(0x1000000)

enum { TRANSPORTS = 9, OF_9P = 5, CARDS = 4, FLASH = 1 << 20 };     /* the last: bytes of its chip, and of the disks */

/* --- a machine with every kind of device ------------------------------------------------------- */
static const char *const plugged[] = {
    "virtio-rng-device", "virtio-console-device,chardev=c0", "virtio-blk-device,drive=d0", "virtio-net-device",
    "virtio-balloon-device", "virtio-9p-device,fsdev=share,mount_tag=t", "virtio-keyboard-device", "virtio-tablet-device",
    "virtio-serial-device,id=ports", "virtconsole,chardev=c1", "virtserialport,name=x", "virtio-blk-pci,drive=d1",
    "virtio-net-pci", "pcie-root-port,id=rp,chassis=1,slot=1", "virtio-rng-pci,bus=rp", "pci-bridge,id=br,chassis_nr=2",
    "virtio-balloon-pci,bus=br,addr=1",
};
static char *shared;

static void leave(void)
{
    g_rmdir(shared);
}

static void add_back_ends(DevBoard *b)
{
    static int fd[4];

    if (!shared) {
        shared = g_dir_make_tmp("rhea-fuzz-snap-XXXXXX", NULL);
        atexit(leave);
    }
    for (guint i = 0; i < G_N_ELEMENTS(fd); i++) {
        fd[i] = fd[i] ? fd[i] : fuzz_file(NULL, 0, NULL);
        g_assert(!ftruncate(fd[i], 0) && !ftruncate(fd[i], FLASH));
        g_autofree char *words = g_strdup_printf("raw,id=d%u,path=/proc/self/fd/%d", i, fd[i]);
        gboolean good = sys_block_new(obj_child(b->root, "objects"), words, NULL) != NULL;
        g_autofree char *ring = g_strdup_printf("ringbuf,id=c%u", i);
        good = good && sys_char_new(obj_child(b->root, "chardevs"), ring, NULL);
        g_assert(good);
    }
    g_autofree char *words = g_strdup_printf("local,id=share,path=%s,readonly=on", shared);
    gboolean good = sys_fs_new(obj_child(b->root, "objects"), words, NULL) != NULL;
    g_assert(good);
}

/* Those that only boards have. */
static void add_others(DevBoard *b)
{
    guint n = 0;

    for (const DevType *const *t = sys_models; *t; t++) {
        if ((*t)->bus != &dev_sysbus_type.obj || *t == &sys_virtio_mmio || *t == &sys_gpex_pcihost) {
            continue;
        }
        Dev *d = dev_fake_add(b, *t, (*t)->obj.name, OTHERS + n++ * APART);
        if (strstr((*t)->obj.name, "flash")) {
            gboolean good = obj_prop_set_uint(&d->obj, "sector-length", FLASH / 128, NULL) &&
                obj_prop_set_text(&d->obj, "drive", "d2", NULL);
            g_assert(good);
        }
    }
}

static void add_all(DevBoard *b)
{
    add_back_ends(b);
    add_others(b);
    for (guint i = 0; i < TRANSPORTS; i++) {
        g_autofree char *name = g_strdup_printf("mmio%u", i);
        dev_fake_add(b, &sys_virtio_mmio, name, MMIO + i * 0x1000);
    }
    sys_gpex_window(dev_fake_add(b, &sys_gpex_pcihost, "pci", ECAM), WINDOW, WINDOW_BYTES);
    for (guint i = 0; i < G_N_ELEMENTS(plugged); i++) {
        g_autoptr(JsonObject) args = dev_plug_parse(plugged[i], "driver", NULL);
        g_autoptr(GError) err = NULL;
        if (!dev_plug(b, sys_models, args, &err)) {
            g_error("%s: %s", plugged[i], err->message);
        }
    }
}

static DevBoard *new_machine(gboolean all)
{
    DevBoard *b = dev_fake_new(DEV_CLOCK_INSNS);
    g_autoptr(JsonObject) args = dev_plug_parse("fake-card,id=card", "driver", NULL);
    gboolean good = obj_prop_set_text(&b->dev.obj, "memory", "64K", NULL);

    if (all) {
        add_all(b);
    }
    good = good && dev_realize(&b->dev, NULL) && dev_plug(b, dev_fake_types, args, NULL);
    g_assert(good);
    return b;
}

/* --- what a driver does with it ---------------------------------------------------------------- */
static void note_registers(const DevRange *r, void *data)
{
    if (!r->hva) {
        g_array_append_val((GArray *)data, *r);
    }
}

/* Every register that a page has is read; what are the doorbells of virtio on its two buses is rung. */
static void use(DevBoard *b)
{
    g_autoptr(GArray) ranges = g_array_new(FALSE, FALSE, sizeof(DevRange));
    uint64_t value;

    dev_space_each(b->space, note_registers, ranges);
    for (guint i = 0; i < ranges->len; i++) {
        const DevRange *r = &g_array_index(ranges, DevRange, i);
        guint64 n = r->last - r->first + 1;
        for (guint q = 0; q < 6; q++) {
            if (r->first >= MMIO && r->first < MMIO + TRANSPORTS * 0x1000) {
                dev_mem_store(b->space, r->first + 0x050, 4, q);
            } else if (r->first >= WINDOW && r->first < WINDOW + WINDOW_BYTES) {
                dev_mem_store(b->space, r->first + 0x3000 + 4 * q, 2, q);
            }
        }
        for (guint at = 0; at < MIN(n, 0x1000); at += 4) {
            dev_mem_load(b->space, r->first + at, 4, &value);
        }
    }
}

static void settle(DevBoard *b)
{
    static const char *const back[] = { "d0", "d1", "d2" };

    for (guint i = 0; i < G_N_ELEMENTS(back); i++) {
        sys_block_drain((SysBlock *)obj_child(obj_child(b->root, "objects"), back[i]));
    }
    sys_fs_drain((SysFs *)obj_child(obj_child(b->root, "objects"), "share"));
    dev_lock_drop();
    for (guint i = 0; i < 20 && g_main_context_iteration(NULL, FALSE); i++) {
    }
    dev_lock_take();
}

/* Section after section; the last one reaches to the end. */
static void put_right(guint8 *data, gsize n)
{
    gsize at = 0;

    while (n - at >= 12) {
        guint32 length;
        memcpy(&length, data + at + 4, 4);
        length = GUINT32_FROM_LE(length);
        gsize bytes = MIN(length, n - at - 12);
        length = GUINT32_TO_LE((guint32)bytes);
        memcpy(data + at + 4, &length, 4);
        guint32 crc = GUINT32_TO_LE((guint32)crc32(0, data + at, (uInt)bytes + 8));
        memcpy(data + at + 8 + bytes, &crc, 4);
        at += bytes + 12;
    }
}

int LLVMFuzzerTestOneInput(const guint8 *data, size_t n)
{
    Feed f = { data, n };
    guint how = (guint)feed(&f, 1);
    g_autofree guint8 *copy = g_memdup2(f.at, f.left);

    if (how & RIGHT) {
        put_right(copy, f.left);
    }
    dev_lock_take();
    DevBoard *b = new_machine(how & ALL);
    g_autoptr(GInputStream) in = g_memory_input_stream_new_from_data(copy, (gssize)f.left, NULL);
    g_autoptr(GError) err = NULL;
    g_assert(dev_snap_load(b, in, &err) == !err);
    dev_clock_start(b->clock);
    dev_fake_wait(b, 1000);
    if (how & ALL) {
        use(b);
        settle(b);
        dev_fake_wait(b, 1000000);
    }
    dev_clock_stop(b->clock);
    dev_reset(&b->dev, DEV_RESET_COLD);
    dev_fake_store(b, DEV_FAKE_RAM_BASE + 8, 8, 77);
    g_assert(dev_fake_load(b, DEV_FAKE_RAM_BASE + 8, 8) == 77);
    dev_board_free(b);
    dev_lock_drop();
    return 0;
}

/* --- seeds ------------------------------------------------------------------------------------- */
static void set_address(DevBoard *b, DevGpa at, guint64 value)
{
    dev_fake_store(b, at, 4, (guint32)value);
    dev_fake_store(b, at + 4, 4, value >> 32);
}

/* Drivers have begun with the transports, and given them buffers; cards have their places.  A machine whose guest uses
 * a directory would not be moved. */
static void begin(DevBoard *b)
{
    for (guint i = 0; i < TRANSPORTS; i++) {
        DevGpa m = MMIO + i * 0x1000;
        if (i == OF_9P) {
            continue;
        }
        dev_fake_store(b, m + 0x070, 4, 3);
        dev_fake_store(b, m + 0x024, 4, 1);
        dev_fake_store(b, m + 0x020, 4, 1);
        dev_fake_store(b, m + 0x070, 4, 11);
        for (guint q = 0; q < 4; q++) {
            DevGpa ring = DEV_FAKE_RAM_BASE + 0x1000 + 0x400 * q;
            dev_fake_store(b, m + 0x030, 4, q);
            dev_fake_store(b, m + 0x038, 4, 8);
            set_address(b, m + 0x080, ring);
            set_address(b, m + 0x090, ring + 0x100);
            set_address(b, m + 0x0a0, ring + 0x200);
            dev_fake_store(b, m + 0x044, 4, 1);
            dev_fake_store(b, ring, 8, DEV_FAKE_RAM_BASE + 0x8000);
            dev_fake_store(b, ring + 8, 8, 512);
            dev_fake_store(b, ring + 0x100, 4, 1 << 16);
        }
        dev_fake_store(b, m + 0x070, 4, 15);
        dev_fake_store(b, m + 0x050, 4, 0);
    }
    for (guint slot = 1; slot <= CARDS; slot++) {       /* [VIRTIO 4.1.4]: BAR 4, of 64 bits; commands */
        DevGpa config = ECAM + slot * 0x8000;
        dev_fake_store(b, config + 0x20, 4, WINDOW + slot * 0x100000);
        dev_fake_store(b, config + 0x04, 2, 6);
    }
    settle(b);
}

static GByteArray *save(guint how, gboolean busy)
{
    GByteArray *a = g_byte_array_new();
    g_autoptr(GOutputStream) out = g_memory_output_stream_new_resizable();

    dev_lock_take();
    DevBoard *b = new_machine(how & ALL);
    if (busy) {
        dev_clock_start(b->clock);
        dev_fake_store(b, CARD, 4, 1);
        dev_fake_store(b, CARD + 0x08, 4, 100);
        dev_fake_wait(b, 150);
        dev_fake_store(b, CARD + 0x08, 4, 5000);
        dev_fake_store(b, CARD + 0x20, 8, UINT64_C(0x0123456789abcdef));
        if (how & ALL) {
            begin(b);
        }
        dev_clock_stop(b->clock);
    }
    g_assert(dev_snap_save(b, out, NULL) && g_output_stream_close(out, NULL, NULL));
    dev_board_free(b);
    dev_lock_drop();
    g_autoptr(GBytes) bytes = g_memory_output_stream_steal_as_bytes(G_MEMORY_OUTPUT_STREAM(out));
    gsize n;
    const guint8 *data = g_bytes_get_data(bytes, &n);
    put(a, how, 1);
    g_byte_array_append(a, data, (guint)n);
    return a;
}

GByteArray *fuzz_seed(guint i)
{
    static const struct {
        guint how;
        gboolean busy;
    } rows[] = { { RIGHT, FALSE }, { RIGHT, TRUE }, { 0, TRUE }, { RIGHT | ALL, FALSE }, { RIGHT | ALL, TRUE } };

    return i < G_N_ELEMENTS(rows) ? save(rows[i].how, rows[i].busy) : NULL;
}
