/* SPDX-License-Identifier: BSD-2-Clause */
/* Regions, flat views, accesses, listeners, logs; readers against a writer without locks. */
#include "harness.h"

#include "dev/epoch.h"
#include "dev/fake.h"
#include "dev/lock.h"

#include <stdatomic.h>

static uint64_t last_offset, last_value;
static guint last_size, calls;

static uint64_t note_read(void *opaque, uint64_t offset, guint size)
{
    last_offset = offset;
    last_size = size;
    calls++;
    return UINT64_C(0x8877665544332211) >> 8 * (offset & 7);
}

static void note_write(void *opaque, uint64_t offset, uint64_t value, guint size)
{
    last_offset = offset;
    last_size = size;
    last_value = value;
    calls++;
}

static const DevRegionOps plain = { .read = note_read, .write = note_write };
static const DevRegionOps words = { .read = note_read, .write = note_write, .min_size = 4, .max_size = 4 };
static const DevRegionOps bytes = { .read = note_read, .write = note_write, .split_size = 1 };
static const DevRegionOps big = { .read = note_read, .write = note_write, .big_endian = TRUE };

/* --- views ----------------------------------------------------------------------------------- */
static void test_views(void)
{
    DevRegion root = { 0 }, a = { 0 }, b = { 0 }, c = { 0 }, in = { 0 }, alias = { 0 }, all = { 0 };

    dev_region_init_container(&root, NULL, "root", 0);
    dev_region_init_io(&a, NULL, "a", 0x1000, &plain, NULL);
    dev_region_init_io(&b, NULL, "b", 0x100, &plain, NULL);
    dev_region_init_io(&c, NULL, "c", 0x100, &plain, NULL);
    dev_region_init_container(&in, NULL, "in", 0x180);
    dev_region_init_alias(&alias, NULL, "alias", &a, 0xf80, 0x100);
    DevSpace *s = dev_space_new("test", &root);
    is_text(dev_space_text(s), "", "an empty space");
    dev_region_add(&root, 0x1000, 0, &a);
    dev_region_add(&root, 0x1400, 1, &b);
    is_text(dev_space_text(s),
            "0000000000001000-00000000000013ff io a+0x0\n0000000000001400-00000000000014ff io b+0x0\n"
            "0000000000001500-0000000000001fff io a+0x500\n", "a higher priority hides the middle");
    dev_region_add(&in, 0x100, 0, &c);
    dev_region_add(&root, 0x1f80, 2, &in);
    is_text(dev_space_text(s),
            "0000000000001000-00000000000013ff io a+0x0\n0000000000001400-00000000000014ff io b+0x0\n"
            "0000000000001500-0000000000001fff io a+0x500\n0000000000002080-00000000000020ff io c+0x0\n",
            "a container shows through where it is empty, and cuts off what is outside it");
    dev_region_enable(&b, FALSE);
    dev_region_move(&in, 0x3000);
    is_text(dev_space_text(s), "0000000000001000-0000000000001fff io a+0x0\n"
            "0000000000003100-000000000000317f io c+0x0\n", "disabled and moved; pieces join again");
    dev_region_add(&root, UINT64_C(0xffffffffffffff00), 0, &alias);
    DevRange r;
    ok(dev_space_find(s, UINT64_C(0xffffffffffffff7f), &r) && r.region == &a && r.offset == 0xf80 &&
           r.last == UINT64_C(0xffffffffffffff7f),
       "an alias ends with what it shows, at the end of the space");
    ok(!dev_space_find(s, 0x5000, &r), "nothing at a hole");
    dev_region_init_io(&all, NULL, "all", 0, &plain, NULL);
    dev_region_add(&root, 0, -1, &all);
    ok(dev_space_find(s, UINT64_MAX, &r) && r.region == &all && r.offset == r.first &&
           r.last == UINT64_MAX,
       "a region of 2^64 bytes");
    dev_region_remove(&all);
    dev_region_remove(&alias);
    dev_region_remove(&in);
    dev_region_remove(&c);
    dev_region_remove(&b);
    dev_region_remove(&a);
    is_text(dev_space_text(s), "", "empty again");
    dev_space_free(s);
    dev_region_clear(&in);
    dev_region_clear(&root);
    dev_epoch_drain();
}

/* --- accesses -------------------------------------------------------------------------------- */
static void test_sizes(void)
{
    static const struct {
        const DevRegionOps *ops;
        uint64_t offset;
        guint size;
        DevTx tx;
        uint64_t value;
        guint calls, last_size;
        const char *name;
    } cases[] = {
        { &plain, 0, 8, DEV_TX_OK, UINT64_C(0x8877665544332211), 1, 8, "eight bytes at once" },
        { &plain, 2, 2, DEV_TX_OK, 0x4433, 1, 2, "two bytes" },
        { &plain, 1, 4, DEV_TX_REFUSED, 0, 0, 0, "unaligned is refused" },
        { &words, 4, 4, DEV_TX_OK, 0x88776655, 1, 4, "a word where words are taken" },
        { &words, 4, 2, DEV_TX_REFUSED, 0, 0, 0, "too narrow" },
        { &words, 0, 8, DEV_TX_REFUSED, 0, 0, 0, "too wide" },
        { &bytes, 0, 4, DEV_TX_OK, 0x44332211, 4, 1, "split into bytes" },
        { &big, 0, 4, DEV_TX_OK, 0x11223344, 1, 4, "big-endian" },
        { &plain, 0xffe, 2, DEV_TX_OK, 0x8877, 1, 2, "the last two bytes" },
    };
    DevRegion root = { 0 };
    uint64_t value;

    dev_region_init_container(&root, NULL, "root", 0);
    DevSpace *s = dev_space_new("test", &root);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        DevRegion r = { 0 };
        dev_region_init_io(&r, NULL, "r", 0x1000, cases[i].ops, NULL);
        dev_region_add(&root, 0, 0, &r);
        calls = last_size = 0;
        DevTx tx = dev_mem_load(s, cases[i].offset, cases[i].size, &value);
        ok(tx == cases[i].tx && value == cases[i].value && calls == cases[i].calls &&
               last_size == cases[i].last_size,
           "load: %s", cases[i].name);
        calls = 0;
        last_value = 0;
        tx = dev_mem_store(s, cases[i].offset, cases[i].size, UINT64_C(0x1122334455667788));
        ok(tx == cases[i].tx && calls == cases[i].calls, "store: %s", cases[i].name);
        if (cases[i].ops == &big) {
            ok(last_value == 0x88776655, "a big-endian register sees the bytes turned round");
        }
        dev_region_remove(&r);
    }
    ok(dev_mem_load(s, 0x100, 4, &value) == DEV_TX_NOTHING && value == 0, "nobody answers");
    dev_space_free(s);
    dev_region_clear(&root);
    dev_epoch_drain();
}

static DevSpace *loop_space;
static DevTx loop_tx;

/* A device that reaches itself by DMA. */
static uint64_t read_loop(void *opaque, uint64_t offset, guint size)
{
    uint64_t value;

    loop_tx = dev_mem_load(loop_space, 0x10001000, 4, &value);
    return 5;
}
static const DevRegionOps loop_ops = { .read = read_loop };

static void test_memory(void)
{
    DevBoard *b = dev_fake_new(DEV_CLOCK_INSNS);
    DevRegion io = { 0 }, self = { 0 };
    uint8_t buf[64];
    uint64_t value, offset;
    DevRam *ram;

    ok(dev_realize(&b->dev, NULL), "a machine with RAM");
    dev_region_init_io(&io, NULL, "io", 0x1000, &plain, NULL);
    dev_region_add(&b->memory, DEV_FAKE_RAM_BASE + 0x1000, 1, &io);
    for (guint i = 0; i < sizeof buf; i++) {
        buf[i] = (uint8_t)i;
    }
    calls = 0;
    ok(dev_mem_write(b->space, DEV_FAKE_RAM_BASE + 0x1000 - 30, buf, 34) == DEV_TX_OK &&
           calls == 1 && last_size == 4 && last_value == 0x21201f1e,
       "a write across RAM and registers");
    ok(dev_mem_load(b->space, DEV_FAKE_RAM_BASE + 0x1000 - 4, 4, &value) == DEV_TX_OK &&
           value == 0x1d1c1b1a,
       "RAM has its part");
    ok(dev_mem_load(b->space, DEV_FAKE_RAM_BASE + 0x1000 - 2, 4, &value) == DEV_TX_OK &&
           value == 0x22111d1c,
       "a load across RAM and registers");
    ok(dev_mem_load(b->space, DEV_FAKE_RAM_BASE + 0x11, 8, &value) == DEV_TX_OK, "unaligned RAM");
    ok(dev_mem_read(b->space, DEV_FAKE_RAM_BASE + (16 << 20) - 8, buf, 16) == DEV_TX_NOTHING &&
           buf[8] == 0,
       "past the end of RAM is zero and told");
    ok(!dev_mem_map(b->space, DEV_FAKE_RAM_BASE + 0xff0, 0x20, FALSE, NULL, NULL),
       "no pointer across regions");
    uint8_t *p = dev_mem_map(b->space, DEV_FAKE_RAM_BASE + 0x2000, 0x1000, TRUE, &ram, &offset);
    ok(p && offset == 0x2000, "a pointer to RAM");
    dev_ram_log(ram, DEV_LOG_DISPLAY, TRUE);
    ok(dev_ram_dirty(ram, DEV_LOG_DISPLAY, 3, TRUE) &&
           !dev_ram_dirty(ram, DEV_LOG_DISPLAY, 3, TRUE),
       "a new log has all pages, once");
    dev_mem_store(b->space, DEV_FAKE_RAM_BASE + 0x3ff8, 8, 1);
    ok(dev_ram_dirty(ram, DEV_LOG_DISPLAY, 3, FALSE), "a write is logged");
    ok(!dev_ram_dirty(ram, DEV_LOG_CODE, 3, FALSE), "but not where nobody asked");

    loop_space = b->space;
    dev_region_init_io(&self, &b->dev, "self", 0x2000, &loop_ops, NULL);
    dev_region_add(&b->memory, 0x10000000, 0, &self);
    ok(dev_mem_load(b->space, 0x10000000, 4, &value) == DEV_TX_OK && value == 5 &&
           loop_tx == DEV_TX_REFUSED,
       "a device that reaches itself is refused");
    dev_region_remove(&self);
    dev_region_remove(&io);
    dev_board_free(b);
}

static void test_rom(void)
{
    DevBoard *b = dev_fake_new(DEV_CLOCK_INSNS);
    DevRegion rom = { 0 };
    uint64_t value;

    dev_realize(&b->dev, NULL);
    DevRam *ram = g_ptr_array_index(b->rams, 0);
    ram->hva[4] = 0x5a;
    dev_region_init_romd(&rom, &b->dev, "flash", ram, &plain, NULL);
    dev_region_add(&b->memory, 0x20000000, 0, &rom);
    calls = 0;
    ok(dev_mem_load(b->space, 0x20000004, 1, &value) == DEV_TX_OK && value == 0x5a && !calls,
       "flash reads as ROM");
    ok(dev_mem_store(b->space, 0x20000004, 1, 7) == DEV_TX_OK && calls == 1 && ram->hva[4] == 0x5a,
       "writes go to the device");
    dev_region_set_romd(&rom, FALSE);
    ok(dev_mem_load(b->space, 0x20000004, 1, &value) == DEV_TX_OK && calls == 2,
       "and reads, when it is switched");
    dev_region_remove(&rom);
    dev_region_init_rom(&rom, &b->dev, "rom", ram);
    dev_region_add(&b->memory, 0x20000000, 0, &rom);
    ok(dev_mem_store(b->space, 0x20000004, 1, 7) == DEV_TX_REFUSED && ram->hva[4] == 0x5a,
       "ROM refuses writes");
    dev_region_remove(&rom);
    dev_board_free(b);
}

/* --- listeners ------------------------------------------------------------------------------- */
typedef struct Watch {
    DevListener l;
    guint adds, dels, commits;
} Watch;

static void watch_add(DevListener *l, const DevRange *r)
{
    ((Watch *)l)->adds++;
}

static void watch_del(DevListener *l, const DevRange *r)
{
    ((Watch *)l)->dels++;
}

static void watch_commit(DevListener *l)
{
    ((Watch *)l)->commits++;
}

static void test_listeners(void)
{
    DevRegion root = { 0 }, a = { 0 }, b = { 0 };
    Watch w = { { watch_add, watch_del, watch_commit }, 0, 0, 0 };

    dev_region_init_container(&root, NULL, "root", 0);
    dev_region_init_io(&a, NULL, "a", 0x1000, &plain, NULL);
    dev_region_init_io(&b, NULL, "b", 0x100, &plain, NULL);
    DevSpace *s = dev_space_new("test", &root);
    dev_region_add(&root, 0, 0, &a);
    dev_space_listen(s, &w.l);
    ok(w.adds == 1 && w.dels == 0, "a listener hears what is there");
    dev_mem_begin();
    dev_region_add(&root, 0x100, 1, &b);
    dev_region_move(&b, 0x200);
    ok(w.adds == 1, "nothing before the commit");
    dev_mem_commit();
    ok(w.adds == 4 && w.dels == 1 && w.commits == 2, "then the difference, once");
    dev_mem_begin();
    dev_region_enable(&b, FALSE);
    dev_region_enable(&b, TRUE);
    dev_mem_commit();
    ok(w.commits == 2, "no difference, no call");
    dev_space_unlisten(s, &w.l);
    is(w.dels, 4, "and it is taken back");
    dev_region_remove(&a);
    dev_region_remove(&b);
    dev_space_free(s);
    dev_region_clear(&root);
    dev_epoch_drain();
}

/* --- readers and a writer -------------------------------------------------------------------- */
static atomic_bool stop;
static _Atomic guint64 reads, wrong;

static gpointer reader(gpointer data)
{
    DevBoard *b = data;
    uint64_t value;

    while (!atomic_load(&stop)) {
        /* RAM is there or not, as a whole; both ends of the page show the same. */
        DevTx tx = dev_mem_load(b->space, DEV_FAKE_RAM_BASE + 8, 8, &value);
        if (tx != DEV_TX_OK || value != 0x1234) {
            atomic_fetch_add(&wrong, 1);
        }
        tx = dev_mem_load(b->space, 0x20000008, 8, &value);
        if ((tx == DEV_TX_OK && value != 0x1234) || (tx != DEV_TX_OK && tx != DEV_TX_NOTHING)) {
            atomic_fetch_add(&wrong, 1);
        }
        atomic_fetch_add(&reads, 1);
    }
    return NULL;
}

static void test_threads(void)
{
    DevBoard *b = dev_fake_new(DEV_CLOCK_INSNS);
    GThread *threads[3];
    DevRegion alias = { 0 };
    guint changes = 0;

    dev_lock_take();
    dev_realize(&b->dev, NULL);
    dev_fake_store(b, DEV_FAKE_RAM_BASE + 8, 8, 0x1234);
    DevRange r;
    dev_space_find(b->space, DEV_FAKE_RAM_BASE, &r);
    dev_region_init_alias(&alias, &b->dev, "alias", r.region, 0, 0x1000);
    dev_lock_drop();
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++) {
        threads[i] = g_thread_new("reader", reader, b);
    }
    gint64 end = g_get_monotonic_time() + 400000;
    while (g_get_monotonic_time() < end || atomic_load(&reads) < 1000) {
        dev_lock_take();
        dev_region_add(&b->memory, 0x20000000, 0, &alias);
        dev_region_remove(&alias);
        changes += 2;
        dev_lock_drop();
    }
    atomic_store(&stop, TRUE);
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++) {
        g_thread_join(threads[i]);
    }
    printf("# %u changes, %" G_GUINT64_FORMAT " reads\n", changes, atomic_load(&reads));
    is(atomic_load(&wrong), 0, "readers see old or new views, whole");
    dev_lock_take();
    dev_epoch_drain();
    is(dev_epoch_pending(), 0, "and all old views are freed");
    dev_board_free(b);
    dev_lock_drop();
}

int main(void)
{
    dev_lock_take();
    test_views();
    test_sizes();
    test_memory();
    test_rom();
    test_listeners();
    dev_lock_drop();
    test_threads();
    return tap_done();
}
