/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio devices by a driver that may say anything, over virtio-mmio.  The first byte of an input is the device, the
 * second what is negotiated (bit 0 tables, 1 event indices, 2 packed rings, 3 all else that is offered); the rest is
 * steps:
 *
 *     0: register u8 (words), value u32       1: kick queue u8
 *     2: memory at u16, n u8, bytes           3: the driver begins anew, what is negotiated u8
 *     4: descriptor queue u8, index u8, place u16 (of 16 bytes), length u32, two halves u16 u16
 *     5: split ring, available: queue u8, slot u8, head u16, index u16
 *     6: configuration at u8, value u32       7: what is under way is finished
 *
 * RAM has 16 MiB; what lies behind it must not be reached, which the host's memory protection and sanitizers see.
 */
#include "fuzz.h"

#include "back/block/block.h"
#include "back/char/char.h"
#include "back/fs/fs.h"
#include "dev/virtio/virtio.h"
#include "models.h"

#include "dev/fake.h"
#include "dev/lock.h"
#include "dev/plug.h"

#include <glib/gstdio.h>

#include <unistd.h>

const char fuzz_name[] = "virtio";

extern const DevType sys_virtio_mmio;

#define MMIO UINT64_C(0x10001000)
#define RAM DEV_FAKE_RAM_BASE
#define RING(q) (RAM + (q) * 0x4000)            /* descriptors; driver area at +0x2000, device at +0x3000 */

static const char *const devices[] = {
    "virtio-rng-device", "virtio-console-device,chardev=ring", "virtio-blk-device,drive=disk", "virtio-net-device",
    "virtio-balloon-device", "virtio-9p-device,fsdev=share,mount_tag=t", "virtio-keyboard-device", "virtio-tablet-device",
    "virtio-serial-device",
};

static DevBoard *b;
static Obj *disk, *share;
static char *shared;

static void leave(void)
{
    g_rmdir(shared);
}

static void reg(guint at, guint32 value)
{
    dev_mem_store(b->space, MMIO + at, 4, value);
}

static guint32 read_reg(guint at)
{
    uint64_t value = 0;

    dev_mem_load(b->space, MMIO + at, 4, &value);
    return (guint32)value;
}

static void address(guint at, DevGpa gpa)
{
    reg(at, (guint32)gpa);
    reg(at + 4, (guint32)(gpa >> 32));
}

/* [VIRTIO 3.1.1], up to DRIVER_OK. */
static void start_driver(guint want)
{
    guint32 features[2];

    reg(0x070, 0);
    reg(0x070, 1);
    reg(0x070, 3);
    for (guint i = 0; i < 2; i++) {
        reg(0x014, i);
        features[i] = want & 8 ? read_reg(0x010) : 0;
    }
    features[0] = (features[0] & ~(3u << 28)) | (want & 1) << 28 | (want >> 1 & 1) << 29;
    features[1] = (features[1] & ~5u) | 1 | (want >> 2 & 1) << 2;
    for (guint i = 0; i < 2; i++) {
        reg(0x024, i);
        reg(0x020, features[i]);
    }
    reg(0x070, 11);
    for (guint q = 0; q < 4; q++) {
        reg(0x030, q);
        reg(0x038, MIN(16, read_reg(0x034)));
        address(0x080, RING(q));
        address(0x090, RING(q) + 0x2000);
        address(0x0a0, RING(q) + 0x3000);
        reg(0x044, 1);
    }
    reg(0x070, 15);
}

static void settle(void)
{
    sys_block_drain((SysBlock *)disk);
    sys_fs_drain((SysFs *)share);
    dev_lock_drop();
    for (guint i = 0; i < 20 && g_main_context_iteration(NULL, FALSE); i++) {
    }
    dev_lock_take();
}

static void start(guint which)
{
    g_autofree char *text = g_strdup_printf("%s,packed=on,queue-size=16", devices[which]);
    g_autoptr(JsonObject) args = dev_plug_parse(text, "driver", NULL);
    static int fd = -1;
    g_autofree char *path = NULL;

    if (fd < 0) {
        fd = fuzz_file(NULL, 0, NULL);
        shared = g_dir_make_tmp("rhea-fuzz-virtio-XXXXXX", NULL);
        atexit(leave);
    }
    g_assert(!ftruncate(fd, 0) && !ftruncate(fd, 65536));
    b = dev_fake_new(DEV_CLOCK_INSNS);
    Dev *m = dev_fake_add(b, &sys_virtio_mmio, "mmio", MMIO);
    dev_irq_connect(m, "irq", 0, &dev_fake_probe(b)->dev, "in", 0, FALSE, NULL);
    sys_char_new(obj_child(b->root, "chardevs"), "ringbuf,id=ring", NULL);
    path = g_strdup_printf("raw,id=disk,path=/proc/self/fd/%d", fd);
    disk = (Obj *)sys_block_new(obj_child(b->root, "objects"), path, NULL);
    g_autofree char *words = g_strdup_printf("local,id=share,path=%s,readonly=on", shared);
    share = strstr(text, "fsdev=") ? (Obj *)sys_fs_new(obj_child(b->root, "objects"), words, NULL) : NULL;
    gboolean good = dev_plug(b, sys_models, args, NULL) != NULL;
    if (strstr(text, "serial")) {       /* the ports whose queues are among the first four, and one beyond */
        g_autoptr(JsonObject) console = dev_plug_parse("virtconsole,chardev=ring", "driver", NULL),
            port = dev_plug_parse("virtserialport,name=x", "driver", NULL);
        good = good && dev_plug(b, sys_models, console, NULL) && dev_plug(b, sys_models, port, NULL);
    }
    good = good && dev_realize(&b->dev, NULL);
    g_assert(good);
}

static void put_memory(Feed *f)
{
    guint64 at = feed(f, 2), n = feed(f, 1);

    n = MIN(n, f->left);
    dev_mem_write(b->space, RAM + at, feed_bytes(f, n), n);
}

static void put_descriptor(Feed *f)
{
    guint q = (guint)feed(f, 1) & 3, i = (guint)feed(f, 1) & 127;
    DevGpa at = RING(q) + 16 * i;

    dev_mem_store(b->space, at, 8, RAM + 16 * feed(f, 2));
    dev_mem_store(b->space, at + 8, 4, feed(f, 4));
    dev_mem_store(b->space, at + 12, 2, feed(f, 2));
    dev_mem_store(b->space, at + 14, 2, feed(f, 2));
}

static void step(Feed *f)
{
    guint64 q, slot;

    switch (feed(f, 1) & 7) {
    case 0:
        q = feed(f, 1);
        reg((guint)q * 4, (guint32)feed(f, 4));
        break;
    case 1:
        reg(0x050, (guint32)feed(f, 1));
        break;
    case 2:
        put_memory(f);
        break;
    case 3:
        start_driver((guint)feed(f, 1));
        break;
    case 4:
        put_descriptor(f);
        break;
    case 5:
        q = feed(f, 1) & 3;
        slot = feed(f, 1) & 15;
        dev_mem_store(b->space, RING(q) + 0x2000 + 4 + 2 * slot, 2, feed(f, 2));
        dev_mem_store(b->space, RING(q) + 0x2000 + 2, 2, feed(f, 2));
        break;
    case 6:
        q = feed(f, 1);
        dev_mem_store(b->space, MMIO + 0x100 + q, 4, feed(f, 4));
        break;
    default:
        settle();
    }
}

int LLVMFuzzerTestOneInput(const guint8 *data, size_t n)
{
    Feed f = { data, n };

    dev_lock_take();
    start((guint)feed(&f, 1) % G_N_ELEMENTS(devices));
    start_driver((guint)feed(&f, 1));
    for (guint steps = 0; f.left && steps < 200; steps++) {
        step(&f);
    }
    settle();
    reg(0x070, 0);
    settle();
    dev_board_free(b);
    dev_lock_drop();
    return 0;
}

/* --- seeds: a request that each device takes, in each kind of ring --------------------------- */
static void memory(GByteArray *a, guint at, const void *data, guint n)
{
    put(a, 2, 1);
    put(a, at, 2);
    put(a, n, 1);
    g_byte_array_append(a, data, n);
}

static void descriptor(GByteArray *a, guint q, guint i, guint place, guint32 len, guint16 x, guint16 y)
{
    put(a, 4, 1);
    put(a, q, 1);
    put(a, i, 1);
    put(a, place, 2);
    put(a, len, 4);
    put(a, x, 2);
    put(a, y, 2);
}

/* A buffer of three parts, the last of which the device writes. */
static void chain(GByteArray *a, guint q, gboolean is_packed, guint32 first, guint32 out, guint32 in)
{
    guint16 have = is_packed ? 1 << 7 : 0;

    for (guint i = 0; i < 3; i++) {
        guint16 flags = (guint16)((i < 2 ? SYS_VIRTIO_NEXT : 0) | (i == 2 ? SYS_VIRTIO_WRITE : 0) | have);
        guint32 len = i == 0 ? first : i == 1 ? out : in;
        descriptor(a, q, i, 0xf00 + 16 * i, len, is_packed ? 0 : flags, is_packed ? flags : (guint16)(i + 1));
    }
    if (!is_packed) {
        put(a, 5, 1);
        put(a, q, 1);
        put(a, 0, 1);
        put(a, 0, 2);
        put(a, 1, 2);
    }
    put(a, 1, 1);
    put(a, q, 1);
    put(a, 7, 1);
}

/* One buffer through a table. */
static void table(GByteArray *a, guint q, gboolean is_packed)
{
    guint16 have = is_packed ? 1 << 7 : 0;
    GByteArray *t = g_byte_array_new();

    for (guint i = 0; i < 2; i++) {
        guint16 flags = (guint16)(i ? SYS_VIRTIO_WRITE : SYS_VIRTIO_NEXT);
        put(t, RAM + 0xf000 + 0x100 * i, 8);
        put(t, 64, 4);
        put(t, is_packed ? 0 : flags, 2);
        put(t, is_packed ? flags & ~SYS_VIRTIO_NEXT : 1, 2);
    }
    memory(a, 0x8000, t->data, t->len);
    g_byte_array_unref(t);
    descriptor(a, q, 0, 0x800, 32, is_packed ? 0 : SYS_VIRTIO_IS_INDIRECT,
               is_packed ? SYS_VIRTIO_IS_INDIRECT | have : 0);
    put(a, 5, 1);
    put(a, q, 1);
    put(a, 0, 1);
    put(a, 0, 2);
    put(a, is_packed ? 0 : 1, 2);
    put(a, 1, 1);
    put(a, q, 1);
    put(a, 7, 1);
}

GByteArray *fuzz_seed(guint i)
{
    guint which = i / 4, how = i % 4;
    static const guint8 clunk[] = { 11, 0, 0, 0, 120, 1, 0, 0, 0, 0, 0 };
    GByteArray *a = g_byte_array_new();

    if (which >= G_N_ELEMENTS(devices)) {
        g_byte_array_unref(a);
        return NULL;
    }
    put(a, which, 1);
    put(a, (how & 1 ? 4 : 0) | (how & 2 ? 3 : 0) | 8, 1);
    guint queue = which == 1 || which == 3 ? 1 : 0;
    if (which == 5) {
        memory(a, 0xf000, clunk, sizeof clunk);
    }
    for (guint k = 0; k < 2; k++) {
        if (how & 2) {
            table(a, queue, how & 1);
        } else {
            chain(a, queue, how & 1, which == 5 ? 11 : 16, 512, k || which == 5 ? 64 : 1);
        }
        if (which == 4 || which > 5) {
            queue = 1;
        }
    }
    return a;
}
