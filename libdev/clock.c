/* SPDX-License-Identifier: BSD-2-Clause */
/* Guest time and timers: a binary heap per clock. */
#include "dev/clock.h"

#include "dev/lock.h"

#include <stdatomic.h>
#include <time.h>

struct DevClock {
    DevClockMode mode;
    guint ns_per_insn;
    atomic_uint turn;               /* odd while base and running change: readers try again */
    atomic_bool running;
    _Atomic int64_t base_ns;        /* running host clock: minus the host's time at 0; else time */
    _Atomic int64_t wall_ns;
    _Atomic int64_t next_ns;
    GPtrArray *heap;                /* of DevTimer; slot 0 unused */
    guint64 order;
    guint open;
    GSource *source;                /* borrowed */
};

static int64_t host_ns(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

DevClock *dev_clock_new(DevClockMode mode, guint ns_per_insn)
{
    DevClock *c = g_new0(DevClock, 1);

    c->mode = mode;
    c->ns_per_insn = ns_per_insn;
    c->heap = g_ptr_array_new();
    g_ptr_array_add(c->heap, NULL);
    atomic_store(&c->next_ns, INT64_MAX);
    atomic_store(&c->wall_ns, host_ns(CLOCK_REALTIME));
    return c;
}

void dev_clock_free(DevClock *c)
{
    g_assert(!c->open && !c->source);
    g_ptr_array_unref(c->heap);
    g_free(c);
}

int64_t dev_clock_ns(const DevClock *c)
{
    DevClock *m = (DevClock *)c;
    guint turn;
    int64_t ns;

    do {
        turn = atomic_load(&m->turn);
        ns = atomic_load(&m->base_ns);
        if (c->mode == DEV_CLOCK_HOST && atomic_load(&m->running)) {
            ns += host_ns(CLOCK_MONOTONIC);
        }
    } while ((turn & 1) || turn != atomic_load(&m->turn));
    return ns;
}

/* When the main loop has to wake. */
static void announce(DevClock *c)
{
    DevTimer *first = c->heap->len > 1 ? g_ptr_array_index(c->heap, 1) : NULL;

    atomic_store(&c->next_ns, first ? first->at_ns : INT64_MAX);
    if (!c->source) {
        return;
    }
    gint64 ready = -1;
    if (first && atomic_load(&c->running)) {
        int64_t wait = first->at_ns - dev_clock_ns(c);
        ready = wait <= 0 ? 0 : g_get_monotonic_time() + MIN(wait / 1000 + 1, INT64_MAX / 4);
    }
    g_source_set_ready_time(c->source, ready);
}

static void set(DevClock *c, int64_t base, gboolean running)
{
    atomic_fetch_add(&c->turn, 1);
    atomic_store(&c->base_ns, base);
    atomic_store(&c->running, running);
    atomic_fetch_add(&c->turn, 1);
    announce(c);
}

void dev_clock_start(DevClock *c)
{
    if (!c->running) {
        int64_t now = c->base_ns;
        set(c, c->mode == DEV_CLOCK_HOST ? now - host_ns(CLOCK_MONOTONIC) : now, TRUE);
    }
}

void dev_clock_stop(DevClock *c)
{
    if (c->running) {
        set(c, dev_clock_ns(c), FALSE);
    }
}

gboolean dev_clock_running(const DevClock *c)
{
    return atomic_load(&((DevClock *)c)->running);
}

void dev_clock_set(DevClock *c, int64_t ns)
{
    g_assert(!c->running);
    set(c, ns, FALSE);
}

int64_t dev_clock_wall_ns(const DevClock *c)
{
    return atomic_load(&((DevClock *)c)->wall_ns) + dev_clock_ns(c);
}

void dev_clock_set_wall(DevClock *c, int64_t base_ns)
{
    atomic_store(&c->wall_ns, base_ns);
}

void dev_clock_count(DevClock *c, guint64 insns)
{
    g_assert(c->mode == DEV_CLOCK_INSNS);
    if (c->running) {
        atomic_fetch_add(&c->base_ns, (int64_t)(insns * c->ns_per_insn));
    }
}

gboolean dev_clock_skip(DevClock *c)
{
    int64_t next = dev_clock_next_ns(c);

    g_assert(c->mode == DEV_CLOCK_INSNS);
    if (next == INT64_MAX || !c->running) {
        return FALSE;
    }
    if (next > dev_clock_ns(c)) {
        atomic_store(&c->base_ns, next);
    }
    return TRUE;
}

int64_t dev_clock_next_ns(const DevClock *c)
{
    return atomic_load(&((DevClock *)c)->next_ns);
}

/* --- the heap -------------------------------------------------------------------------------- */
static DevTimer *at(DevClock *c, guint slot)
{
    return g_ptr_array_index(c->heap, slot);
}

static gboolean before(const DevTimer *a, const DevTimer *b)
{
    return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

static void place(DevClock *c, guint slot, DevTimer *t)
{
    c->heap->pdata[slot] = t;
    t->slot = slot;
}

static void sift(DevClock *c, guint slot)
{
    DevTimer *t = at(c, slot);

    for (; slot > 1 && before(t, at(c, slot / 2)); slot /= 2) {
        place(c, slot, at(c, slot / 2));
    }
    for (guint k; (k = 2 * slot) < c->heap->len; slot = k) {
        k += k + 1 < c->heap->len && before(at(c, k + 1), at(c, k));
        if (!before(at(c, k), t)) {
            break;
        }
        place(c, slot, at(c, k));
    }
    place(c, slot, t);
}

static void take_out(DevClock *c, DevTimer *t)
{
    guint slot = t->slot;
    DevTimer *last = at(c, c->heap->len - 1);

    g_ptr_array_set_size(c->heap, (int)c->heap->len - 1);
    t->slot = 0;
    t->at_ns = INT64_MAX;
    if (last != t) {
        place(c, slot, last);
        sift(c, slot);
    }
}

static void undo_timer(Dev *d, void *data)
{
    DevTimer *t = data;

    dev_timer_cancel(t);
    t->clock->open--;
    t->clock = NULL;
}

gboolean dev_timer_open(DevTimer *t, Dev *d, void (*fn)(Dev *d, DevTimer *t), GError **err)
{
    if (!dev_step(d, "timer", err)) {
        return FALSE;
    }
    *t = (DevTimer){ .clock = dev_board_clock(d), .owner = d, .fn = fn, .at_ns = INT64_MAX };
    t->clock->open++;
    dev_defer(d, undo_timer, t);
    return TRUE;
}

void dev_timer_set(DevTimer *t, int64_t at_ns)
{
    DevClock *c = t->clock;

    if (!c) {
        return;
    }
    if (at_ns == INT64_MAX) {
        dev_timer_cancel(t);
        return;
    }
    if (!t->slot) {
        g_ptr_array_add(c->heap, t);
        t->slot = c->heap->len - 1;
    }
    t->at_ns = at_ns;
    t->order = c->order++;
    sift(c, t->slot);
    announce(c);
}

void dev_timer_cancel(DevTimer *t)
{
    if (t->slot) {
        take_out(t->clock, t);
        announce(t->clock);
    }
}

guint dev_clock_timers(const DevClock *c)
{
    return c->open;
}

/* A timer that its function sets to the past waits for the next call: no device can keep us here. */
guint dev_clock_run(DevClock *c)
{
    guint64 until = c->order;
    guint n = 0;

    while (c->heap->len > 1) {
        DevTimer *t = at(c, 1);
        if (t->at_ns > dev_clock_ns(c) || t->order >= until) {
            break;
        }
        take_out(c, t);
        t->fn(t->owner, t);
        n++;
    }
    announce(c);
    return n;
}

/* --- the main loop --------------------------------------------------------------------------- */
typedef struct ClockSource {
    GSource source;
    DevClock *clock;
} ClockSource;

static gboolean dispatch(GSource *s, GSourceFunc fn, gpointer data)
{
    DevClock *c = ((ClockSource *)s)->clock;

    dev_lock_take();
    if (dev_clock_running(c)) {
        dev_clock_run(c);
    }
    dev_lock_drop();
    return G_SOURCE_CONTINUE;
}

static void finalize(GSource *s)
{
    ((ClockSource *)s)->clock->source = NULL;
}

GSource *dev_clock_source(DevClock *c)
{
    static GSourceFuncs funcs = { .dispatch = dispatch, .finalize = finalize };

    g_assert(!c->source && c->mode == DEV_CLOCK_HOST);
    c->source = g_source_new(&funcs, sizeof(ClockSource));
    ((ClockSource *)c->source)->clock = c;
    announce(c);
    return c->source;
}
