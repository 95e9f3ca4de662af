/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio balloon: pages that the guest gives away go back to the host.  [VIRTIO 5.5]  Pages that come back need
 * nothing: they are there, as zeros.  VIRTIO_BALLOON_F_FREE_PAGE_HINT and F_PAGE_POISON are not implemented.
 */
#include "dev/virtio/balloon.h"
#include "dev/virtio/virtio.h"

#include <string.h>

enum { INFLATE, DEFLATE, STATS, REPORT, QUEUES };
enum { F_STATS = 1, F_DEFLATE_ON_OOM = 2, F_REPORTING = 5 };
enum { PAGE = 4096, STAT_BYTES = 10, STATS_KNOWN = 10 };

typedef struct Balloon {
    SysVirtio v;
    uint32_t wanted, actual;    /* pages */
    gboolean deflate_on_oom, reporting;
    int64_t interval_s;         /* between questions for statistics; 0: none */
    DevTimer timer;
    SysVirtioBuf *held;         /* the buffer that asks for statistics when it is given back */
    struct {
        int64_t last_update;
        uint64_t value[STATS_KNOWN];
    } stats;
} Balloon;

/* [VIRTIO 5.5.6.4], in order of their tags. */
#define STAT_ROW(n, nm, t) { .name = nm, .text = OBJ_TEXT(t), .kind = OBJ_UINT, .offset = (n) * 8, .width = 8, \
                             .def = UINT64_MAX, .max = UINT64_MAX }
static const ObjProp stat_rows[] = {
    STAT_ROW(0, "stat-swap-in", "Bytes swapped in."),
    STAT_ROW(1, "stat-swap-out", "Bytes swapped out."),
    STAT_ROW(2, "stat-major-faults", "Page faults that read from a disk."),
    STAT_ROW(3, "stat-minor-faults", "Page faults that did not."),
    STAT_ROW(4, "stat-free-memory", "Bytes that nobody uses."),
    STAT_ROW(5, "stat-total-memory", "Bytes that there are."),
    STAT_ROW(6, "stat-available-memory", "Bytes that can be had without swapping."),
    STAT_ROW(7, "stat-disk-caches", "Bytes of disk caches that can be dropped."),
    STAT_ROW(8, "stat-htlb-pgalloc", "Huge pages allocated."),
    STAT_ROW(9, "stat-htlb-pgfail", "Huge pages that were not to be had."),
    { 0 },
};
static const ObjProp stats_rows[] = {
    { .name = "last-update", .text = OBJ_TEXT("When they came: seconds since 1970; 0: never."), .kind = OBJ_INT,
      .width = 8, .max = INT64_MAX },
    { .name = "stats", .text = OBJ_TEXT("The guest's numbers; 2^64-1: it did not say."), .kind = OBJ_STRUCT,
      .offset = 8,
      .width = 8 * STATS_KNOWN, .members = stat_rows },
    { 0 },
};

static const DevField fields[] = {
    DEV_FIELD("wanted", "Pages that the guest is asked for.", Balloon, wanted, 0, .flags = DEV_FIELD_KEEP),
    DEV_FIELD("actual", "Pages that it has given.", Balloon, actual, 0),
    { 0 },
};

/* --- pages ----------------------------------------------------------------------------------- */
/* Whole pages of RAM go; what is no RAM stays as it is. */
static void give_back(Balloon *b, DevGpa gpa, guint64 bytes)
{
    DevGpa end = (gpa + bytes) & ~(DevGpa)(PAGE - 1);

    for (gpa = (gpa + PAGE - 1) & ~(DevGpa)(PAGE - 1); gpa < end; gpa += PAGE) {
        DevRam *ram;
        uint64_t offset;
        if (dev_mem_map(b->v.dev.bus->space, gpa, PAGE, TRUE, &ram, &offset)) {
            dev_ram_discard(ram, offset, PAGE);
        }
    }
}

/* Numbers of pages, 32 bits each. [VIRTIO 5.5.6] */
static void take_pages(Balloon *b, const SysVirtioBuf *buf, gboolean inflate)
{
    guint32 pages[256];
    gsize at = 0, n;

    while (inflate && (n = sys_virtio_read(&b->v, buf, at, pages, sizeof pages)) >= 4) {
        for (gsize i = 0; i < n / 4; i++) {
            give_back(b, (DevGpa)GUINT32_FROM_LE(pages[i]) * PAGE, PAGE);
        }
        at += n & ~(gsize)3;
    }
}

/* The parts of the buffer are the free memory itself. [VIRTIO 5.5.6.7] */
static void take_report(Balloon *b, const SysVirtioBuf *buf)
{
    for (guint i = buf->n_out; i < buf->parts->len; i++) {
        const SysVirtioPart *p = &g_array_index(buf->parts, SysVirtioPart, i);
        give_back(b, p->gpa, p->len);
    }
}

/* --- statistics ------------------------------------------------------------------------------ */
static void plan(Balloon *b)
{
    DevClock *clock = b->timer.clock;

    if (clock) {
        dev_timer_set(&b->timer, b->interval_s ? dev_clock_ns(clock) + b->interval_s * 1000000000 : INT64_MAX);
    }
}

static void drop_held(Balloon *b)
{
    g_clear_pointer(&b->held, sys_virtio_buf_free);
}

static void note_stats(Balloon *b, const SysVirtioBuf *buf)
{
    guint8 row[STAT_BYTES];

    memset(b->stats.value, 0xff, sizeof b->stats.value);
    for (gsize at = 0; sys_virtio_read(&b->v, buf, at, row, STAT_BYTES) == STAT_BYTES && at < 4096; at += STAT_BYTES) {
        guint16 tag = (guint16)(row[0] | row[1] << 8);
        guint64 value;
        memcpy(&value, row + 2, 8);
        if (tag < STATS_KNOWN) {
            b->stats.value[tag] = GUINT64_FROM_LE(value);
        }
    }
    b->stats.last_update = dev_clock_wall_ns(dev_board_clock(&b->v.dev)) / 1000000000;
}

/* The driver's buffer has numbers; it gets it back when new ones are wanted.  There is only one. */
static void take_stats(Balloon *b)
{
    SysVirtioBuf *buf;

    for (guint i = 0; i < b->v.num[STATS] && (buf = sys_virtio_take(&b->v, STATS)); i++) {
        if (b->held) {
            sys_virtio_give(&b->v, STATS, b->held, 0);
        }
        note_stats(b, buf);
        b->held = buf;
        plan(b);
    }
}

/* The driver of Linux puts its first buffer there before it is ready, and does not kick again. */
static void started(SysVirtio *v)
{
    take_stats((Balloon *)v);
}

static void ask_stats(Dev *d, DevTimer *t)
{
    Balloon *b = (Balloon *)d;

    if (b->held) {
        sys_virtio_give(&b->v, STATS, g_steal_pointer(&b->held), 0);
        sys_virtio_tell(&b->v, STATS);
    } else {
        plan(b);
    }
}

static void kicked(SysVirtio *v, guint queue)
{
    Balloon *b = (Balloon *)v;
    SysVirtioBuf *buf;

    if (queue == STATS) {
        take_stats(b);
        return;
    }
    for (guint i = 0; i < v->num[queue] && (buf = sys_virtio_take(v, queue)); i++) {
        if (queue == REPORT) {
            take_report(b, buf);
        } else {
            take_pages(b, buf, queue == INFLATE);
        }
        sys_virtio_give(v, queue, buf, 0);
    }
    sys_virtio_tell(v, queue);
}

/* --- configuration [VIRTIO 5.5.4] ------------------------------------------------------------ */
static guint64 ram_bytes(const Balloon *b)
{
    const GPtrArray *rams = dev_board(&b->v.dev)->rams;
    guint64 most = 0;

    for (guint i = 0; i < rams->len; i++) {
        most = MAX(most, ((DevRam *)g_ptr_array_index(rams, i))->bytes);
    }
    return most;
}

static void get_config(SysVirtio *v, guint8 *config)
{
    guint32 words[2] = { GUINT32_TO_LE(((Balloon *)v)->wanted), GUINT32_TO_LE(((Balloon *)v)->actual) };

    memcpy(config, words, sizeof words);
}

static void set_config(SysVirtio *v, guint at, guint32 value, guint size)
{
    Balloon *b = (Balloon *)v;

    if (at == 4 && size == 4 && b->actual != value) {
        JsonObject *o = json_object_new();
        b->actual = value;
        json_object_set_int_member(o, "actual", (gint64)(ram_bytes(b) - MIN(sys_balloon_bytes(&v->dev), ram_bytes(b))));
        dev_board_event(dev_board(&v->dev), "BALLOON_CHANGE", o);
    }
}

guint64 sys_balloon_bytes(Dev *d)
{
    return (guint64)((Balloon *)d)->actual * PAGE;
}

void sys_balloon_ask(Dev *d, guint64 bytes)
{
    Balloon *b = (Balloon *)d;

    b->wanted = (uint32_t)MIN(bytes / PAGE, UINT32_MAX);
    sys_virtio_config_changed(&b->v);
}

/* --- life ------------------------------------------------------------------------------------ */
static void driver_reset(SysVirtio *v)
{
    drop_held((Balloon *)v);
}

/* The buffer is the driver's again, so that a machine that goes elsewhere has none that is held. */
static void saving(Dev *d)
{
    Balloon *b = (Balloon *)d;

    if (b->held) {
        sys_virtio_give(&b->v, STATS, g_steal_pointer(&b->held), 0);
        sys_virtio_tell(&b->v, STATS);
    }
}

static void undo_held(Dev *d, void *data)
{
    drop_held((Balloon *)d);
}

static gboolean realize(Dev *d, GError **err)
{
    Balloon *b = (Balloon *)d;

    b->v.offered |= (b->deflate_on_oom ? 1u << F_DEFLATE_ON_OOM : 0) | (b->reporting ? 1u << F_REPORTING : 0);
    if (!dev_timer_open(&b->timer, d, ask_stats, err)) {
        return FALSE;
    }
    dev_defer(d, undo_held, NULL);
    plan(b);
    return TRUE;
}

static void interval_changed(Obj *o, const ObjProp *p)
{
    plan((Balloon *)o);
}

static const ObjProp props[] = {
    OBJ_PROP_BOOL("deflate-on-oom", "The guest may take pages back when it has none left.", Balloon, deflate_on_oom,
                  FALSE),
    OBJ_PROP_BOOL("free-page-reporting", "The guest tells of pages that nobody uses, and they go back to the host.",
                  Balloon, reporting, FALSE),
    OBJ_PROP_INT("guest-stats-polling-interval", "Seconds between questions for statistics; 0: never.", Balloon,
                 interval_s, 0, 0, 86400, .flags = OBJ_LIVE, .changed = interval_changed),
    OBJ_PROP_STRUCT("guest-stats", "What the guest last said of its memory.", Balloon, stats, stats_rows,
                    .flags = OBJ_READ_ONLY),
    { 0 },
};

extern const SysVirtioType sys_virtio_balloon;

static gboolean is_balloon(Obj *o, void *data)
{
    Dev *d = obj_cast(o, &sys_virtio_balloon.dev.obj);

    if (d && d->state == DEV_LIVE) {
        *(Dev **)data = d;
    }
    return *(Dev **)data == NULL;
}

Dev *sys_balloon_find(DevBoard *b)
{
    Dev *d = NULL;

    obj_walk(&b->dev.obj, is_balloon, &d);
    return d;
}

const SysVirtioType sys_virtio_balloon = {
    .dev = {
        .obj = { .name = "virtio-balloon-device",
                 .text = OBJ_TEXT("Virtio balloon: memory that goes back to the host."),
                 .parent = &sys_virtio_type.obj, .size = sizeof(Balloon), .props = props },
        .bus = &sys_virtio_bus_type.obj,
        .group = "virtio",
        .manual = "Virtual I/O Device version 1.2, section 5.5",
        .flags = DEV_USER,
        .fields = fields,
        .realize = realize,
        .saving = saving,
    },
    .id = 5,
    .n_queues = QUEUES,
    .features = 1u << F_STATS,
    .config_bytes = 8,
    .get_config = get_config,
    .set_config = set_config,
    .kicked = kicked,
    .started = started,
    .driver_reset = driver_reset,
};
