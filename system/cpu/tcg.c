/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The translator's view of a board.  A page is memory if one range of the flat view covers all of it; the rest goes
 * through dev_mem_load and dev_mem_store.
 *
 * Devices write RAM by offset, translations are known by physical address: `places` lists where each RAM is, for
 * sys_tcg's hook of dev_ram_mark.  It is replaced as a whole when the view changes.
 */
#include "cpu/tcg.h"
#include "cpu/turns.h"

#include "dev/epoch.h"
#include "dev/lock.h"
#include "dev/ram.h"

#include <stdatomic.h>

typedef struct Place {
    DevRam *ram;
    uint64_t offset, bytes;
    DevGpa gpa;
} Place;

static struct {
    DevBoard *board;
    const SysTcgOps *ops;
    DevListener listener;
    gboolean is_on;                     /* sys_tcg_init was called */
    _Atomic(GArray *) places;           /* of Place; read in an epoch */
} tcg;

/* --- accesses of guests ---------------------------------------------------------------------- */
static gboolean is_clean(const DevRam *ram, uint64_t page)
{
    guint logging = __atomic_load_n(&ram->logging, __ATOMIC_ACQUIRE);

    for (guint log = 0; log < DEV_LOGS; log++) {
        if ((logging >> log & 1) && !dev_ram_dirty((DevRam *)ram, log, page, FALSE)) {
            return TRUE;
        }
    }
    return FALSE;
}

static void *page(void *opaque, uint64_t gpa, unsigned *flags)
{
    DevRange r;
    void *hva = NULL;

    *flags = 0;
    dev_epoch_enter();
    if (dev_space_find(tcg.board->space, gpa, &r) && r.hva && r.last - gpa >= DEV_PAGE_BYTES - 1) {
        uint64_t at = gpa - r.first;
        hva = r.hva + at;
        *flags = (r.readonly ? TCG_PAGE_ROM : 0) |
                 (is_clean(r.region->ram, (r.offset + at) / DEV_PAGE_BYTES) ? TCG_PAGE_CLEAN : 0);
    }
    dev_epoch_leave();
    return hva;
}

static bool load(void *opaque, TcgEnv *env, uint64_t gpa, unsigned size, uint64_t *value)
{
    sys_turn_sync();
    return dev_mem_load(tcg.board->space, gpa, size, value) == DEV_TX_OK;
}

static bool store(void *opaque, TcgEnv *env, uint64_t gpa, unsigned size, uint64_t value)
{
    sys_turn_sync();
    const bool done = dev_mem_store(tcg.board->space, gpa, size, value) == DEV_TX_OK;
    sys_turn_cut();
    return done;
}

static void dirtied(void *opaque, uint64_t gpa)
{
    DevRange r;

    dev_epoch_enter();
    if (dev_space_find(tcg.board->space, gpa, &r) && r.hva) {
        dev_ram_mark(r.region->ram, r.offset + (gpa - r.first), 1);
    }
    dev_epoch_leave();
}

static void kicked(void *opaque, TcgEnv *env)
{
    tcg.ops->kicked(&tcg.board->dev, env);
}

static uint64_t now(void *opaque)
{
    return tcg.ops->time(&tcg.board->dev);
}

static void timer(void *opaque, TcgEnv *env, uint64_t when)
{
    tcg.ops->timer(&tcg.board->dev, env, when);
}

/* --- writes of devices ----------------------------------------------------------------------- */
static void written(DevRam *ram, uint64_t offset, uint64_t len)
{
    dev_epoch_enter();
    const GArray *places = atomic_load_explicit(&tcg.places, memory_order_acquire);
    for (guint i = 0; places && i < places->len; i++) {
        const Place *p = &g_array_index(places, Place, i);
        if (p->ram == ram && offset < p->offset + p->bytes && p->offset < offset + len) {
            uint64_t first = MAX(offset, p->offset);
            tcg_phys_invalidate(p->gpa + (first - p->offset),
                                MIN(offset + len, p->offset + p->bytes) - first);
        }
    }
    dev_epoch_leave();
}

static void add_place(const DevRange *r, void *data)
{
    if (r->hva) {
        Place p = { r->region->ram, r->offset, r->last - r->first + 1, r->first };
        g_array_append_val((GArray *)data, p);
        r->region->ram->written = written;
    }
}

static void free_places(void *data)
{
    g_array_unref(data);
}

static void commit(DevListener *l)
{
    GArray *places = tcg.board ? g_array_new(FALSE, FALSE, sizeof(Place)) : NULL;

    if (places) {
        dev_space_each(tcg.board->space, add_place, places);
    }
    GArray *old = atomic_exchange(&tcg.places, places);
    if (old) {
        dev_epoch_retire(free_places, old);
    }
    tcg_map_changed();
}

static void ignore(DevListener *l, const DevRange *range)
{
}

/* --- life ------------------------------------------------------------------------------------ */
void sys_tcg_init(const TcgConfig *config, const SysTcgOps *ops)
{
    static const TcgMachine machine = {
        .page = page, .load = load, .store = store, .dirtied = dirtied, .kicked = kicked, .time = now, .timer = timer,
    };

    g_assert(!tcg.is_on);
    tcg.is_on = TRUE;
    tcg.ops = ops;
    tcg_machine_init(config, &machine);
}

void sys_tcg_use(DevBoard *b)
{
    if (tcg.board) {
        dev_space_unlisten(tcg.board->space, &tcg.listener);
    }
    tcg.board = b;
    if (b) {
        tcg.listener = (DevListener){ .add = ignore, .del = ignore, .commit = commit };
        dev_space_listen(b->space, &tcg.listener);
    }
    commit(NULL);
}
