/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio by a driver of our own: both rings, tables, event indices, over virtio-mmio; then rings that break
 * every rule.  [VIRTIO 2.7, 2.8, 4.2]
 */
#include "harness.h"

#include <glib/gstdio.h>

#include "back/block/block.h"
#include "back/char/char.h"
#include "back/fs/fs.h"
#include "dev/virtio/virtio.h"
#include "input.h"
#include "models.h"

#include "dev/fake.h"
#include "dev/lock.h"
#include "dev/plug.h"
#include "dev/reset.h"
#include "dev/snap.h"

#include <linux/input-event-codes.h>
#include <sys/stat.h>
#include <unistd.h>

#define MMIO UINT64_C(0x10001000)
#define RAM DEV_FAKE_RAM_BASE
#define RING(q) (RAM + 0x10000 + (q) * 0x10000)     /* descriptors; driver area at +0x8000, device at +0xc000 */
#define TABLE (RAM + 0x80000)
#define DATA (RAM + 0x100000)

extern const DevType sys_virtio_mmio;

enum { INDIRECT = 1 << 0, EVENT = 1 << 1, PACKED = 1 << 2 };

static DevBoard *b;
static DevFakeProbe *probe;
static SysChar *ring;
static SysBlock *block;
static char *disk;              /* a file, or NULL */
static char *shared;            /* a directory */
static gboolean disk_ro;
static guint mode, num;

typedef struct Queue {
    guint16 avail, used, next_desc;
    gboolean avail_wrap, used_wrap;
} Queue;
static Queue queues[6];
static guint64 features;                /* of the device under test, that the driver wants */
static const char *const *also;         /* what is plugged after it, ended by NULL; NULL: nothing */

static uint32_t rd(guint reg)
{
    return (uint32_t)dev_fake_load(b, MMIO + reg, 4);
}

static void wr(guint reg, uint32_t value)
{
    dev_fake_store(b, MMIO + reg, 4, value);
}

static void put(DevGpa gpa, guint size, guint64 value)
{
    dev_fake_store(b, gpa, size, value);
}

static guint64 get(DevGpa gpa, guint size)
{
    return dev_fake_load(b, gpa, size);
}

/* --- a driver ---------------------------------------------------------------------------------- */
static void set_address(guint reg, DevGpa gpa)
{
    wr(reg, (uint32_t)gpa);
    wr(reg + 4, (uint32_t)(gpa >> 32));
}

/* [VIRTIO 3.1.1], up to DRIVER_OK. */
static void start_driver(guint n_queues)
{
    guint64 want = features | UINT64_C(1) << 32 | (mode & INDIRECT ? 1 << 28 : 0) |
                   (mode & EVENT ? 1 << 29 : 0) | (mode & PACKED ? UINT64_C(1) << 34 : 0);

    wr(0x070, 0);
    wr(0x070, 1);
    wr(0x070, 3);
    for (guint i = 0; i < 2; i++) {
        wr(0x024, i);
        wr(0x020, (uint32_t)(want >> 32 * i));
    }
    wr(0x070, 11);
    for (guint q = 0; q < n_queues; q++) {
        queues[q] = (Queue){ .avail_wrap = TRUE, .used_wrap = TRUE };
        for (guint i = 0; i < 0x10000; i += 8) {
            put(RING(q) + i, 8, 0);
        }
        wr(0x030, q);
        wr(0x038, num);
        set_address(0x080, RING(q));
        set_address(0x090, RING(q) + 0x8000);
        set_address(0x0a0, RING(q) + 0xc000);
        wr(0x044, 1);
    }
    wr(0x070, 15);
}

static void start(const char *device, guint n_queues)
{
    b = dev_fake_new(DEV_CLOCK_INSNS);
    probe = dev_fake_probe(b);
    Dev *m = dev_fake_add(b, &sys_virtio_mmio, "mmio", MMIO);
    ring = sys_char_new(obj_child(b->root, "chardevs"), "ringbuf,id=ring", NULL);
    if (disk) {
        g_autofree char *words =
            g_strdup_printf("raw,id=disk,path=%s,read-only=%s", disk, disk_ro ? "on" : "off");
        block = sys_block_new(obj_child(b->root, "objects"), words, NULL);
    }
    if (strstr(device, "fsdev=")) {
        g_autofree char *words = g_strdup_printf("local,id=share,path=%s", shared);
        sys_fs_new(obj_child(b->root, "objects"), words, NULL);
    }
    g_autofree char *text = g_strdup_printf("%s,id=dut,packed=on,queue-size=64", device);
    g_autoptr(JsonObject) args = dev_plug_parse(text, "driver", NULL);
    g_autoptr(GError) err = NULL;
    dev_irq_connect(m, "irq", 0, &probe->dev, "in", 0, FALSE, NULL);
    gboolean good = dev_plug(b, sys_models, args, &err) != NULL;
    for (guint i = 0; also && also[i] && good; i++) {
        g_autoptr(JsonObject) more = dev_plug_parse(also[i], "driver", NULL);
        good = dev_plug(b, sys_models, more, &err) != NULL;
    }
    if (!good || !dev_realize(&b->dev, &err)) {
        printf("# %s\n", err->message);
        g_assert_not_reached();
    }
    start_driver(n_queues);
}

typedef struct Part {
    DevGpa gpa;
    guint32 len;
    gboolean in;
} Part;

static void put_desc(DevGpa at, const Part *p, guint16 a, guint16 c)
{
    put(at, 8, p->gpa);
    put(at + 8, 4, p->len);
    put(at + 12, 2, a);
    put(at + 14, 2, c);
}

static guint16 flags_of(const Part *p, gboolean more)
{
    return (p->in ? SYS_VIRTIO_WRITE : 0) | (more ? SYS_VIRTIO_NEXT : 0);
}

static void add_split(guint q, const Part *p, guint n)
{
    Queue *x = &queues[q];
    guint head = x->next_desc;

    if (mode & INDIRECT) {
        DevGpa table = TABLE + q * 0x4000 + head * 0x400;
        for (guint i = 0; i < n; i++) {
            put_desc(table + 16 * i, &p[i], flags_of(&p[i], i + 1 < n), (guint16)(i + 1));
        }
        put_desc(RING(q) + 16 * head, &(Part){ table, 16 * n, FALSE }, SYS_VIRTIO_IS_INDIRECT, 0);
        x->next_desc = (guint16)((head + 1) % num);
    } else {
        for (guint i = 0; i < n; i++) {
            guint at = (head + i) % num;
            put_desc(RING(q) + 16 * at, &p[i], flags_of(&p[i], i + 1 < n),
                     (guint16)((at + 1) % num));
        }
        x->next_desc = (guint16)((head + n) % num);
    }
    put(RING(q) + 0x8000 + 4 + 2 * (x->avail % num), 2, head);
    put(RING(q) + 0x8000 + 2, 2, ++x->avail);
}

static void add_packed(guint q, const Part *p, guint n)
{
    Queue *x = &queues[q];
    guint id = x->avail;
    DevGpa first = RING(q) + 16 * x->avail;
    guint16 first_flags = 0;
    Part one;

    if (mode & INDIRECT) {
        DevGpa table = TABLE + q * 0x4000 + id * 0x400;
        for (guint i = 0; i < n; i++) {
            put_desc(table + 16 * i, &p[i], 0, flags_of(&p[i], FALSE));
        }
        one = (Part){ table, 16 * n, FALSE };
        p = &one;
        n = 1;
    }
    for (guint i = 0; i < n; i++) {
        guint16 f = mode & INDIRECT ? SYS_VIRTIO_IS_INDIRECT : flags_of(&p[i], i + 1 < n);
        f |= x->avail_wrap ? 1 << 7 : 1 << 15;
        put_desc(RING(q) + 16 * x->avail, &p[i], (guint16)id, i ? f : first_flags);
        first_flags = i ? first_flags : f;
        if (++x->avail == num) {
            x->avail = 0;
            x->avail_wrap = !x->avail_wrap;
        }
    }
    put(first + 14, 2, first_flags);
}

static void add(guint q, const Part *p, guint n)
{
    if (mode & PACKED) {
        add_packed(q, p, n);
    } else {
        add_split(q, p, n);
    }
}

/* The length of the next used buffer; -1 if there is none. n: entries it took. */
static gint64 used(guint q, guint n)
{
    Queue *x = &queues[q];

    if (!(mode & PACKED)) {
        if ((guint16)get(RING(q) + 0xc000 + 2, 2) == x->used) {
            return -1;
        }
        return (gint64)get(RING(q) + 0xc000 + 4 + 8 * (x->used++ % num) + 4, 4);
    }
    guint16 f = (guint16)get(RING(q) + 16 * x->used + 14, 2);
    if ((f >> 7 & 1) != x->used_wrap || (f >> 15) != x->used_wrap) {
        return -1;
    }
    gint64 len = (gint64)get(RING(q) + 16 * x->used + 8, 4);
    x->used += mode & INDIRECT ? 1 : n;
    if (x->used >= num) {
        x->used -= num;
        x->used_wrap = !x->used_wrap;
    }
    return len;
}

/* What the driver wants to hear: everything, nothing, or the n-th used from now (event index). */
static void want(guint q, int n)
{
    Queue *x = &queues[q];

    if (mode & PACKED) {
        guint later = n > 0 ? (guint)n - 1 : 0, at = (x->used + later) % num;
        gboolean wrap = x->used + later >= num ? !x->used_wrap : x->used_wrap;
        put(RING(q) + 0x8000, 2, at | (guint)wrap << 15);
        put(RING(q) + 0x8000 + 2, 2, n < 0 ? 1 : n > 0 ? 2 : 0);
    } else if (mode & EVENT) {
        put(RING(q) + 0x8000 + 4 + 2 * num, 2,
            (guint16)((int)x->used + (n < 0   ? 0x7fff
                                      : n > 0 ? n - 1
                                              : 0)));
    } else {
        put(RING(q) + 0x8000, 2, n < 0);
    }
}

static gboolean irq(void)
{
    gboolean level = dev_irq_level(&probe->dev, "in", 0);

    wr(0x064, 3);
    return level;
}

/* --- good drivers ------------------------------------------------------------------------------ */
static void test_registers(void)
{
    start("virtio-rng-device", 0);
    is(rd(0), 0x74726976, "the magic value");
    is(rd(4), 2, "version 2");
    is(rd(8), 4, "an entropy device");
    wr(0x014, 1);
    is(rd(0x010), 1 | 1 << 2, "offers VERSION_1 and packed rings");
    wr(0x014, 0);
    is(rd(0x010), 3 << 28, "tables and event indices");
    wr(0x014, 2);
    is(rd(0x010), 0, "and nothing beyond");
    wr(0x030, 0);
    is(rd(0x034), 64, "a queue");
    wr(0x030, 1);
    is(rd(0x034), 0, "one only");
    wr(0x070, 0);
    wr(0x024, 0);
    wr(0x020, 1);
    wr(0x024, 1);
    wr(0x020, 1);
    wr(0x070, 11);
    is(rd(0x070), 3, "a feature that was not offered is refused by FEATURES_OK");
    wr(0x070, 0);
    wr(0x070, 11);
    is(rd(0x070), 3, "and so is a driver without VERSION_1");
    is(dev_fake_load(b, MMIO + 0x1ff, 1), 0, "the configuration's last byte");
    dev_board_free(b);
}

/* Many buffers through a small ring, so that it wraps: out to the console, in from the rng. */
static void test_traffic(const char *name)
{
    guint wrong = 0;
    guint8 sent[64], back[64];

    start("virtio-console-device,chardev=ring", 2);
    is(rd(0x070), 15, "%s: the driver is accepted", name);
    for (guint i = 0; i < 300; i++) {
        guint n = 1 + i % 3, total = 0;
        Part p[3];
        for (guint k = 0; k < n; k++) {
            p[k] = (Part){ DATA + i * 64 + k * 16, 1 + (i + k) % 7, FALSE };
            for (guint j = 0; j < p[k].len; j++) {
                sent[total] = (guint8)(i * 7 + total);
                put(p[k].gpa + j, 1, sent[total++]);
            }
        }
        add(1, p, n);
        wr(0x050, 1);
        guint came = sys_char_ringbuf_read(ring, back, sizeof back);
        wrong += came != total || memcmp(sent, back, total);
        wrong += used(1, n) != 0 || used(1, n) != -1;
    }
    is(wrong, 0, "%s: 300 buffers of one to three parts go out", name);
    dev_board_free(b);

    start("virtio-rng-device", 1);
    wrong = 0;
    for (guint i = 0; i < 100; i++) {
        Part p[2] = { { DATA, 8, TRUE }, { DATA + 0x1000, 24, TRUE } };
        put(DATA, 8, 0);
        put(DATA + 0x1010, 8, 0);
        put(DATA + 0x1018, 8, 0x5a);
        add(0, p, 2);
        wr(0x050, 0);
        wrong += used(0, 2) != 32 || !get(DATA, 8) || !get(DATA + 0x1010, 8) ||
                 get(DATA + 0x1018, 8) != 0x5a;
    }
    is(wrong, 0, "%s: 100 buffers come in, and no byte beyond them", name);
    dev_board_free(b);
}

static void test_input(const char *name)
{
    start("virtio-console-device,chardev=ring", 2);
    is(sys_char_room(ring), 0, "%s: without buffers there is no room", name);
    Part p[2] = { { DATA, 4, TRUE }, { DATA + 64, 4, TRUE } };
    add(0, p, 2);
    wr(0x050, 0);
    is(sys_char_room(ring), 8, "%s: room for a buffer", name);
    is(sys_char_room(ring), 8, "%s: asking does not use it up", name);
    sys_char_input(ring, (const guint8 *)"hello", 5);
    ok(used(0, 2) == 5 && get(DATA, 4) == 0x6c6c6568 && get(DATA + 64, 1) == 'o',
       "%s: bytes come in", name);
    ok(irq() && sys_char_room(ring) == 0, "%s: with an interrupt", name);
    dev_board_free(b);
}

/* A message of a serial device's control queues: id, event, value, as one number. [VIRTIO 5.3.6.2] */
#define CONTROL(id, event, value) ((guint64)(id) | (guint64)(event) << 32 | (guint64)(value) << 48)

static void say(guint64 message)
{
    put(DATA + 0x8000, 8, message);
    add(3, &(Part){ DATA + 0x8000, 8, FALSE }, 1);
    wr(0x050, 3);
    used(3, 1);
}

/* The n-th buffer for messages, as many bytes as it got. */
static gboolean hears(guint n, guint64 message, guint bytes)
{
    return used(2, 1) == bytes && get(DATA + 0x9000 + 64 * n, 8) == message;
}

static gboolean comes(const char *id, guint nr)
{
    g_autofree char *text = g_strdup_printf("virtserialport,id=%s,nr=%u", id, nr);
    g_autoptr(JsonObject) args = dev_plug_parse(text, "driver", NULL);

    return dev_plug(b, sys_models, args, NULL) != NULL;
}

static gboolean goes(const char *id)
{
    return dev_unplug((Dev *)obj_resolve(b->root, id, NULL, NULL), NULL);
}

static void test_ports(const char *name)
{
    static const char *const two[] = { "virtconsole,id=con", "virtserialport,id=ch,chardev=ring,name=org.x", NULL };
    guint8 back[16];

    also = two;
    features = 1 << 1;          /* VIRTIO_CONSOLE_F_MULTIPORT */
    start("virtio-serial-device", 6);
    is(get(MMIO + 0x104, 4), 15, "%s: so many ports there may be", name);
    for (guint i = 0; i < 8; i++) {
        add(2, &(Part){ DATA + 0x9000 + 64 * i, 64, TRUE }, 1);
    }
    ok(used(2, 1) == -1, "%s: nobody is told before he asks", name);
    say(CONTROL(0, 0, 1));
    ok(hears(0, CONTROL(0, 1, 1), 8) && hears(1, CONTROL(1, 1, 1), 8) && used(2, 1) == -1,
       "%s: two ports are there", name);
    say(CONTROL(0, 3, 1));
    ok(hears(2, CONTROL(0, 4, 1), 8) && used(2, 1) == -1, "%s: one is a console, with nobody at its end", name);
    say(CONTROL(1, 3, 1));
    ok(hears(3, CONTROL(1, 7, 1), 13) && get(DATA + 0x9000 + 64 * 3 + 8, 1) == 'o' && hears(4, CONTROL(1, 6, 1), 8),
       "%s: the other has a name, and somebody is there", name);
    add(4, &(Part){ DATA, 8, TRUE }, 1);
    wr(0x050, 4);
    is(sys_char_room(ring), 0, "%s: nothing comes before it is open", name);
    say(CONTROL(1, 6, 1));
    is(sys_char_room(ring), 8, "%s: open", name);
    sys_char_input(ring, (const guint8 *)"hello", 5);
    ok(used(4, 1) == 5 && get(DATA, 1) == 'h', "%s: bytes come in", name);
    put(DATA + 0x1000, 4, 0x21656c61);
    add(5, &(Part){ DATA + 0x1000, 4, FALSE }, 1);
    wr(0x050, 5);
    ok(used(5, 1) == 0 && sys_char_ringbuf_read(ring, back, 16) == 4 && !memcmp(back, "ale!", 4),
       "%s: and go out", name);
    say(CONTROL(77, 6, 1));
    say(CONTROL(2, 3, 1));
    say(CONTROL(0, 99, 1));
    ok(used(2, 1) == -1 && rd(0x070) == 15, "%s: ports and messages that are not there", name);
    ok(goes("ch") && hears(5, CONTROL(1, 2, 1), 8), "%s: a port goes", name);
    ok(comes("again", 1) && hears(6, CONTROL(1, 1, 1), 8), "%s: and comes again", name);
    ok(comes("other", 2) && hears(7, CONTROL(2, 1, 1), 8), "%s: another takes the last buffer", name);
    ok(goes("again") && comes("briefly", 1) && goes("briefly") && used(2, 1) == -1,
       "%s: one goes, comes and goes while there is no buffer", name);
    add(2, &(Part){ DATA + 0x9000 + 64 * 8, 64, TRUE }, 1);
    add(2, &(Part){ DATA + 0x9000 + 64 * 9, 64, TRUE }, 1);
    wr(0x050, 2);
    ok(hears(8, CONTROL(1, 2, 1), 8) && used(2, 1) == -1, "%s: then it is told that the port is gone", name);
    dev_board_free(b);
    also = NULL;
    features = 0;
}

static void test_suppression(const char *name)
{
    Part p = { DATA, 4, TRUE };

    start("virtio-rng-device", 1);
    want(0, 0);
    add(0, &p, 1);
    wr(0x050, 0);
    ok(irq() && used(0, 1) == 4, "%s: an interrupt for a used buffer", name);
    wr(0x050, 0);
    ok(!irq(), "%s: none for nothing", name);
    want(0, -1);
    add(0, &p, 1);
    wr(0x050, 0);
    ok(!irq() && used(0, 1) == 4, "%s: none that is not wanted", name);
    if (mode & EVENT) {
        for (guint round = 0; round < 20; round++) {    /* over the ring's end */
            gboolean good = TRUE;
            want(0, 3);
            for (guint i = 1; i <= 3; i++) {
                add(0, &p, 1);
                wr(0x050, 0);
                good &= irq() == (i == 3);
            }
            for (guint i = 0; i < 3; i++) {
                good &= used(0, 1) == 4;
            }
            if (!good || round == 19) {
                ok(good, "%s: the third is wanted, the third interrupts (round %u)", name, round);
                break;
            }
        }
        if (!(mode & PACKED)) {
            is(get(RING(0) + 0xc000 + 4 + 8 * num, 2), queues[0].avail,
               "%s: the device wants to hear of the next", name);
        }
    }
    dev_board_free(b);
}

/* --- a disk -------------------------------------------------------------------------------------- */
enum { IN = 0, OUT = 1, FLUSH = 4, GET_ID = 8, DISCARD = 11 };
#define HEAD (DATA + 0x100000)
#define STATUS (DATA + 0x100100)

/* A request; its status, or -1 if it was not answered.  The data lies at DATA. */
static int request(guint type, guint64 sector, guint32 bytes, guint32 want_written)
{
    gboolean in = type == IN || type == GET_ID;
    Part p[3] = { { HEAD, 16, FALSE }, { DATA, bytes, in }, { STATUS, 1, TRUE } };

    put(HEAD, 4, type);
    put(HEAD + 8, 8, sector);
    put(STATUS, 1, 0xee);
    if (!bytes) {
        p[1] = p[2];
    }
    add(0, p, bytes ? 3 : 2);
    wr(0x050, 0);
    sys_block_drain(block);
    gint64 len = used(0, bytes ? 3 : 2);
    if (len >= 0 && len != want_written + 1) {
        printf("# used length %d, not %u\n", (int)len, want_written + 1);
        return -2;
    }
    return len < 0 ? -1 : (int)get(STATUS, 1);
}

static void test_disk(const char *name)
{
    int fd = g_file_open_tmp("rhea-disk-XXXXXX", &disk, NULL);
    char text[32] = "";
    struct stat st;

    ok(fd >= 0 && ftruncate(fd, 1 << 20) == 0, "%s: a disk of 1 MiB", name);
    ok(pwrite(fd, "sector seven", 12, 7 * 512) == 12, "%s: with something on it", name);
    start("virtio-blk-device,drive=disk,serial=ABC123", 1);
    is(rd(8), 2, "%s: a block device", name);
    is(dev_fake_load(b, MMIO + 0x100, 4), 2048, "%s: its capacity in sectors", name);
    is(dev_fake_load(b, MMIO + 0x114, 4), 512, "%s: its block size", name);
    is(request(IN, 7, 1024, 1024), 0, "%s: read", name);
    dev_mem_read(b->space, DATA, text, 12);
    ok(!strcmp(text, "sector seven"), "%s: what is there", name);
    dev_mem_write(b->space, DATA, "written", 7);
    is(request(OUT, 2047, 512, 0), 0, "%s: write the last sector", name);
    memset(text, 0, sizeof text);
    ok(pread(fd, text, 7, 2047 * 512) == 7 && !strcmp(text, "written"), "%s: it is in the file",
       name);
    is(request(FLUSH, 0, 0, 0), 0, "%s: flush", name);
    is(request(GET_ID, 0, 20, 20), 0, "%s: serial number", name);
    is(get(DATA, 4), 0x31434241, "%s: which is ABC1...", name);
    is(request(IN, 2048, 512, 0), 1, "%s: past the end is an error", name);
    is(request(IN, UINT64_MAX, 512, 0), 1, "%s: far past it too", name);
    is(request(OUT, 2047, 1024, 0), 1, "%s: partly past it", name);
    is(request(IN, 0, 511, 0), 1, "%s: half a sector", name);
    is(request(IN, 0, 17 << 20, 0), 1, "%s: more than a request may have", name);
    is(request(99, 0, 0, 0), 2, "%s: an unknown request is not supported", name);
    put(DATA, 8, 1024);
    put(DATA + 8, 8, 1024);
    is(request(DISCARD, 0, 16, 0), 0, "%s: discard half of it", name);
    put(DATA + 8, 8, 1025);
    is(request(DISCARD, 0, 16, 0), 1, "%s: but not past its end", name);
    ok(fstat(fd, &st) == 0 && st.st_size == 1 << 20, "%s: the file has its size", name);

    char *larger = NULL;
    int fd2 = g_file_open_tmp("rhea-disk-XXXXXX", &larger, NULL);
    for (guint i = 1; i <= 2; i++) {
        g_autofree char *words = g_strdup_printf("raw,id=disk%u,path=%s", i, larger);
        gboolean made = ftruncate(fd2, 2 << 20) == 0;
        SysBlock *next = sys_block_new(obj_child(b->root, "objects"), words, NULL);
        wr(0x064, rd(0x060));
        made = made && obj_prop_set_link(obj_user_of(b->root, &block->obj), "drive", &next->obj, NULL);
        ok(made && dev_fake_load(b, MMIO + 0x100, 4) == 4096, "%s: another image takes its place", name);
        is(rd(0x060) & 2, i == 1 ? 2 : 0, "%s: the driver is told if that is larger", name);
        block = next;
    }
    close(fd2);
    unlink(larger);
    g_free(larger);
    dev_board_free(b);

    disk_ro = TRUE;
    start("virtio-blk-device,drive=disk", 1);
    wr(0x014, 0);
    ok((rd(0x010) & 1 << 5) && !(rd(0x010) & 1 << 13), "%s: read-only is a feature", name);
    is(request(OUT, 0, 512, 0), 1, "%s: and an error for writers", name);
    is(request(IN, 0, 512, 512), 0, "%s: not for readers", name);
    dev_board_free(b);
    disk_ro = FALSE;
    close(fd);
    unlink(disk);
    g_clear_pointer(&disk, g_free);
}

/* Requests under way while the driver resets, the machine resets, the machine is saved, the machine goes. */
static void test_disk_under_way(void)
{
    int fd = g_file_open_tmp("rhea-disk-XXXXXX", &disk, NULL);

    mode = 0;
    num = 16;
    ok(fd >= 0 && ftruncate(fd, 1 << 20) == 0, "a disk");
    for (guint round = 0; round < 40; round++) {
        start("virtio-blk-device,drive=disk", 1);
        put(HEAD, 4, IN);
        put(HEAD + 8, 8, 0);
        for (guint i = 0; i < 5; i++) {
            Part p[3] = { { HEAD, 16, FALSE }, { DATA, 65536, TRUE }, { STATUS + i, 1, TRUE } };
            add(0, p, 3);
        }
        wr(0x050, 0);
        switch (round % 4) {
        case 0:
            start_driver(1);
            break;
        case 1:
            dev_reset(&b->dev, DEV_RESET_COLD);
            start_driver(1);
            break;
        case 2: {
            g_autoptr(GOutputStream) out = g_memory_output_stream_new_resizable();
            dev_clock_stop(b->clock);
            gboolean saved = dev_snap_save(b, out, NULL);
            if (round == 2) {
                ok(saved && used(0, 3) == 65537 && get(STATUS + 4, 1) == 0, "saving finishes them");
            }
            start_driver(1);
            break;
        }
        default:
            dev_board_free(b);
            continue;
        }
        int s = request(IN, 0, 512, 512);
        if (s || round >= 36) {
            is(s, 0, "requests under way at a reset or a save do no harm (round %u)", round);
        }
        dev_board_free(b);
    }
    /* The main loop finishes them as well. */
    start("virtio-blk-device,drive=disk", 1);
    put(HEAD, 4, IN);
    put(HEAD + 8, 8, 0);
    add(0, (Part[]){ { HEAD, 16, FALSE }, { DATA, 512, TRUE }, { STATUS, 1, TRUE } }, 3);
    wr(0x050, 0);
    gint64 len = -1;
    for (gint64 end = g_get_monotonic_time() + 3000000; len < 0 && g_get_monotonic_time() < end;) {
        dev_lock_drop();
        if (!g_main_context_iteration(NULL, FALSE)) {
            g_usleep(200);
        }
        dev_lock_take();
        len = used(0, 3);
    }
    is(len, 513, "the main loop finishes a request");
    ok(irq(), "and interrupts");
    dev_board_free(b);
    close(fd);
    unlink(disk);
    g_clear_pointer(&disk, g_free);
}

static void test_disk_errors(void)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        { "raw,id=x", "x (blockdev-raw): path: must be set" },
        { "raw,id=x,path=/nonexistent/y", "x (blockdev-raw): '/nonexistent/y': No such file" },
        { "raw,id=x,path=/dev/null", "x (blockdev-raw): '/dev/null': neither a file nor a block device" },
        { "rwa,id=x", "there is no block back end 'blockdev-rwa'; did you mean 'blockdev-raw'?" },
    };
    g_autoptr(Obj) dir = obj_new(&obj_container_type);

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) err = NULL;
        ok(!sys_block_new(dir, cases[i].text, &err), "%s", cases[i].text);
        is_error(&err, cases[i].says, "says: %s", cases[i].says);
    }
}

/* --- hostile rings ------------------------------------------------------------------------------ */
typedef struct Evil {
    const char *name;
    guint modes;                /* bit per mode: split 1, packed 2 */
    void (*spoil)(void);
} Evil;

static void evil_loop(void)
{
    put_desc(RING(0), &(Part){ DATA, 4, TRUE }, SYS_VIRTIO_WRITE | SYS_VIRTIO_NEXT, 1);
    put_desc(RING(0) + 16, &(Part){ DATA, 4, TRUE }, SYS_VIRTIO_WRITE | SYS_VIRTIO_NEXT, 0);
    put(RING(0) + 0x8002, 2, 1);
}

static void evil_next(void)
{
    put_desc(RING(0), &(Part){ DATA, 4, TRUE }, SYS_VIRTIO_WRITE | SYS_VIRTIO_NEXT, 0xffff);
    put(RING(0) + 0x8002, 2, 1);
}

static void evil_head(void)
{
    put(RING(0) + 0x8004, 2, 0xfff0);
    put(RING(0) + 0x8002, 2, 1);
}

static void evil_index(void)
{
    put(RING(0) + 0x8002, 2, 0x8000);
}

static void evil_order(void)
{
    put_desc(RING(0), &(Part){ DATA, 4, TRUE }, SYS_VIRTIO_WRITE | SYS_VIRTIO_NEXT, 1);
    put_desc(RING(0) + 16, &(Part){ DATA, 4, FALSE }, 0, 0);
    put(RING(0) + 0x8002, 2, 1);
}

static void evil_length(void)
{
    for (guint i = 0; i < 2; i++) {
        put_desc(RING(0) + 16 * i, &(Part){ DATA, 0xfffffff0, TRUE },
                 SYS_VIRTIO_WRITE | (i ? 0 : SYS_VIRTIO_NEXT), 1);
    }
    put(RING(0) + 0x8002, 2, 1);
}

static void evil_address(void)
{
    put_desc(RING(0), &(Part){ UINT64_C(0xfffffffffffffffc), 64, TRUE }, SYS_VIRTIO_WRITE, 0);
    put(RING(0) + 0x8002, 2, 1);
}

/* The device writes to its own transport's registers. */
static void evil_self(void)
{
    put_desc(RING(0), &(Part){ MMIO, 64, TRUE }, SYS_VIRTIO_WRITE, 0);
    put(RING(0) + 0x8002, 2, 1);
}

static void evil_table(guint32 len, guint16 flags)
{
    put_desc(RING(0), &(Part){ TABLE, len, FALSE }, SYS_VIRTIO_IS_INDIRECT | flags, 0);
    put_desc(TABLE, &(Part){ TABLE, 16, FALSE }, SYS_VIRTIO_IS_INDIRECT, 0);
    put(RING(0) + 0x8002, 2, 1);
}

static void evil_nested(void)
{
    evil_table(16, 0);
}

static void evil_table_length(void)
{
    evil_table(17, 0);
}

static void evil_table_empty(void)
{
    evil_table(0, 0);
}

static void evil_table_huge(void)
{
    evil_table(0xfffffff0, 0);
}

static void evil_table_next(void)
{
    evil_table(16, SYS_VIRTIO_NEXT);
}

static void evil_packed_chain(void)
{
    for (guint i = 0; i < num; i++) {
        put_desc(RING(0) + 16 * i, &(Part){ DATA, 4, TRUE }, 0,
                 SYS_VIRTIO_WRITE | SYS_VIRTIO_NEXT | 1 << 7);
    }
}

static void evil_packed_nested(void)
{
    put_desc(TABLE, &(Part){ TABLE, 16, FALSE }, 0, SYS_VIRTIO_IS_INDIRECT);
    put_desc(RING(0), &(Part){ TABLE, 16, FALSE }, 0, SYS_VIRTIO_IS_INDIRECT | 1 << 7);
}

static void evil_packed_late_table(void)
{
    put_desc(RING(0) + 16, &(Part){ TABLE, 16, FALSE }, 0, SYS_VIRTIO_IS_INDIRECT | 1 << 7);
    put_desc(RING(0), &(Part){ DATA, 4, TRUE }, 0, SYS_VIRTIO_WRITE | SYS_VIRTIO_NEXT | 1 << 7);
}

static void evil_packed_address(void)
{
    put_desc(RING(0), &(Part){ 0, 64, TRUE }, 0, SYS_VIRTIO_WRITE | 1 << 7);
}

static const Evil evils[] = {
    { "a loop of descriptors", 1, evil_loop },
    { "a next that is not there", 1, evil_next },
    { "a head that is not there", 1, evil_head },
    { "an index far ahead", 1, evil_index },
    { "readable after writable", 1, evil_order },
    { "more than 4 GiB", 1, evil_length },
    { "a buffer outside memory", 1, evil_address },
    { "a buffer in our own registers", 1, evil_self },
    { "a table in a table", 1, evil_nested },
    { "a table of 17 bytes", 1, evil_table_length },
    { "an empty table", 1, evil_table_empty },
    { "a table of 4 GiB", 1, evil_table_huge },
    { "a table with a next", 1, evil_table_next },
    { "a chain as long as the ring, and on", 2, evil_packed_chain },
    { "a packed table in a table", 2, evil_packed_nested },
    { "a table after a descriptor", 2, evil_packed_late_table },
    { "a packed buffer outside memory", 2, evil_packed_address },
};

static void test_evil(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(evils); i++) {
        mode = evils[i].modes == 1 ? INDIRECT : INDIRECT | PACKED;
        num = 16;
        start("virtio-rng-device", 1);
        evils[i].spoil();
        wr(0x050, 0);
        ok((rd(0x070) & 0x40) && (rd(0x060) & 2), "%s: the device asks for a reset, and says so",
           evils[i].name);
        wr(0x050, 0);
        start_driver(1);
        add(0, &(Part){ DATA, 4, TRUE }, 1);
        wr(0x050, 0);
        ok(rd(0x070) == 15 && used(0, 1) == 4, "%s: after a reset it works", evils[i].name);
        dev_board_free(b);
    }
}

static void test_bad_queues(void)
{
    static const struct {
        guint num;
        DevGpa desc, driver, device;
    } cases[] = {
        { 0, RING(0), RING(0) + 0x8000, RING(0) + 0xc000 },      { 128, RING(0), RING(0) + 0x8000, RING(0) + 0xc000 },
        { 12, RING(0), RING(0) + 0x8000, RING(0) + 0xc000 },     { 16, RING(0) + 8, RING(0) + 0x8000, RING(0) + 0xc000 },
        { 16, RING(0), RING(0) + 0x8001, RING(0) + 0xc000 },     { 16, RING(0), RING(0) + 0x8000, RING(0) + 0xc002 },
        { 65552, RING(0), RING(0) + 0x8000, RING(0) + 0xc000 },
    };

    mode = 0;
    num = 16;
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        start("virtio-rng-device", 0);
        wr(0x030, 0);
        wr(0x038, cases[i].num);
        set_address(0x080, cases[i].desc);
        set_address(0x090, cases[i].driver);
        set_address(0x0a0, cases[i].device);
        wr(0x044, 1);
        ok(rd(0x044) == 0 && (rd(0x070) & 0x40),
           "a queue of %u entries or crooked addresses is refused", cases[i].num);
        dev_board_free(b);
    }
    start("virtio-rng-device", 0);
    wr(0x038, 16);
    set_address(0x080, UINT64_C(0xfffffffffffffff0));
    set_address(0x090, UINT64_C(0x10));
    set_address(0x0a0, UINT64_C(0x20));
    wr(0x044, 1);
    wr(0x050, 0);
    ok(rd(0x070) & 0x40, "rings outside memory need a reset");
    for (guint q = 0; q < 100; q++) {
        wr(0x050, q * 0x1000001);
        wr(0x030, q * 0x1000001);
        wr(0x044, 1);
    }
    ok(1, "queues that are not there do nothing");
    dev_board_free(b);
}

/* Random words all over the rings and registers: nothing crashes, a reset always helps. */
static void test_random(void)
{
    g_autoptr(GRand) r = g_rand_new_with_seed(7);
    guint dead = 0;

    num = 16;
    for (guint round = 0; round < 300; round++) {
        mode = g_rand_int(r) & 7;
        start(round & 1 ? "virtio-rng-device" : "virtio-console-device,chardev=ring",
              round & 1 ? 1 : 2);
        for (guint i = 0; i < 60; i++) {
            guint q = g_rand_int(r) & 1, at = (guint)g_rand_int_range(r, 0, 40);
            DevGpa area = RING(q) + (const guint[]){ 0, 0x8000, 0xc000 }[g_rand_int_range(r, 0, 3)];
            guint64 value =
                g_rand_int(r) & 3 ? g_rand_int(r) & 0x3f : DATA + (g_rand_int(r) & 0xffff);
            put(area + 8 * at, 8, value | (guint64)(g_rand_int(r) & 0x8083) << 48);
            put(RING(q) + 0x8002, 2, queues[q].avail + (g_rand_int(r) & 15));
            if (g_rand_int(r) % 5 == 0) {
                wr(g_rand_int(r) & 0xfc, g_rand_int(r));
            }
            wr(0x050, q);
            sys_char_input(ring, (const guint8 *)"0123456789", MIN(10, sys_char_room(ring)));
        }
        mode &= ~(guint)EVENT;
        start_driver(round & 1 ? 1 : 2);
        Part p = { DATA, 4, (round & 1) != 0 };
        add(round & 1 ? 0 : 1, &p, 1);
        wr(0x050, round & 1 ? 0 : 1);
        dead += used(round & 1 ? 0 : 1, 1) < 0;
        dev_board_free(b);
    }
    is(dead, 0, "300 rounds of random rings, and a reset always helps");
}

/* The same for the other devices, whose buffers are partly right: short lists of pages, messages that say how long
 * they are. */
static void test_random_others(void)
{
    static const struct {
        const char *device;
        guint queues;
    } all[] = {
        { "virtio-balloon-device,free-page-reporting=on", 4 }, { "virtio-keyboard-device", 2 },
        { "virtio-tablet-device", 2 }, { "virtio-9p-device,fsdev=share,mount_tag=tag", 1 },
    };
    g_autoptr(GRand) r = g_rand_new_with_seed(11);

    shared = g_dir_make_tmp("rhea-share-XXXXXX", NULL);
    for (guint k = 0; k < G_N_ELEMENTS(all); k++) {
        guint dead = 0;
        for (guint round = 0; round < 60; round++) {
            mode = g_rand_int(r) & 7;
            start(all[k].device, all[k].queues);
            for (guint i = 0; i < 60; i++) {
                guint q = g_rand_int(r) % all[k].queues;
                Part p[2] = { { DATA + (g_rand_int(r) & 0xff8), g_rand_int(r) & 0x3f, FALSE },
                              { DATA + 0x2000, g_rand_int(r) & 0xff, TRUE } };
                put(DATA + (g_rand_int(r) & 0xff8), 8,
                    (guint64)g_rand_int_range(r, 7, 40) | (guint64)(g_rand_int(r) & 0x7e) << 32 |
                        (guint64)g_rand_int(r) << 48);
                add(q, p, 2);
                if (g_rand_int(r) % 7 == 0) {
                    put(RING(q) + 8 * (g_rand_int(r) & 31), 8, (guint64)g_rand_int(r) << 20 | g_rand_int(r));
                }
                wr(0x050, q);
                dev_fake_store(b, MMIO + 0x100 + (g_rand_int(r) & 0x1f), 1, g_rand_int(r) & 0xff);
                sys_input_send(b, SYS_INPUT_KEYS, EV_KEY, g_rand_int(r) & 0xff, 1);
                sys_input_send(b, SYS_INPUT_ABSOLUTE, EV_ABS, g_rand_int(r) & 1, 77);
                if (g_rand_int(r) & 1) {
                    sys_input_sync(b);
                }
            }
            start_driver(all[k].queues);
            dead += rd(0x070) != 15;
            dev_board_free(b);
        }
        is(dead, 0, "%s: 60 rounds of random buffers, and a reset always helps", all[k].device);
    }
    g_rmdir(shared);
    g_free(shared);
}

int main(void)
{
    static const char *const names[] = {
        "split", "split+indirect", "split+event", "split+indirect+event",
        "packed", "packed+indirect", "packed+event", "packed+indirect+event",
    };

    dev_lock_take();
    num = 16;
    test_registers();
    for (mode = 0; mode < 8; mode++) {
        test_traffic(names[mode]);
        test_input(names[mode]);
        test_ports(names[mode]);
        test_suppression(names[mode]);
        test_disk(names[mode]);
    }
    test_disk_under_way();
    test_disk_errors();
    test_evil();
    test_bad_queues();
    test_random();
    test_random_others();
    dev_lock_drop();
    return tap_done();
}
