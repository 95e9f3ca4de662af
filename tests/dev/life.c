/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Life cycles under fault injection.  For each type: realize is made to fail at its first step, its second
 * and so on until it succeeds; each time the whole machine is compared with what it was before, as text,
 * and so are the blocks allocated and the descriptors open.  Then the sweeps: help, a wrong property,
 * add-remove-reset five times, a failing add five times, the properties of the type.
 */
#include "life.h"

#define HARNESS_EXTERN
#include "harness.h"

#include "dev/epoch.h"
#include "dev/lock.h"
#include "dev/plug.h"
#include "dev/reset.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define GPA UINT64_C(0x50000000)

/* --- counting -------------------------------------------------------------------------------- */
/* Blocks allocated and not freed.  The program's own malloc goes before the C library's; its bytes would not do:
 * they count what a block got, not what it asked for. */
static gint blocks;

#ifndef __SANITIZE_ADDRESS__
extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);
extern void *__libc_memalign(size_t align, size_t n);
extern void __libc_free(void *p);

static void *count(void *p)
{
    if (p) {
        g_atomic_int_inc(&blocks);
    }
    return p;
}

void *malloc(size_t n)
{
    return count(__libc_malloc(n));
}

void *calloc(size_t n, size_t size)
{
    return count(__libc_calloc(n, size));
}

void *realloc(void *p, size_t n)
{
    return p ? __libc_realloc(p, n ? n : 1) : count(__libc_malloc(n));
}

void *aligned_alloc(size_t align, size_t n)
{
    return count(__libc_memalign(align, n));
}

int posix_memalign(void **p, size_t align, size_t n)
{
    *p = count(__libc_memalign(align, n));
    return *p ? 0 : ENOMEM;
}

void free(void *p)
{
    if (p) {
        g_atomic_int_add(&blocks, -1);
    }
    __libc_free(p);
}
#endif

void life_start(char **argv)
{
    if (!getenv("G_SLICE")) {
        setenv("G_SLICE", "always-malloc", 1);
        execv("/proc/self/exe", argv);
    }
}

typedef struct Use {
    gint blocks;
    guint fds;
} Use;

/* TRUE when all other threads of this process wait. */
static gboolean others_wait(void)
{
    gboolean wait = TRUE;
    DIR *d = opendir("/proc/self/task");

    g_assert(d);
    for (struct dirent *e; wait && (e = readdir(d));) {
        if (e->d_name[0] == '.' || atoi(e->d_name) == getpid()) {
            continue;
        }
        g_autofree char *path = g_strdup_printf("/proc/self/task/%s/stat", e->d_name);
        g_autofree char *stat = NULL;
        /* proc(5): the state follows the name in brackets; a thread that has ended meanwhile is not waited for */
        const char *name = g_file_get_contents(path, &stat, NULL, NULL) ? strrchr(stat, ')') : NULL;
        wait = !name || name[2] == 'S';
    }
    closedir(d);
    return wait;
}

static Use use_now(void)
{
    Use u = { 0 };

    while (!others_wait()) {    /* one that has just begun frees its name, one that ends all that is its own */
        g_usleep(200);
    }
    DIR *d = opendir("/proc/self/fd");

    while (d && readdir(d)) {
        u.fds++;
    }
    if (d) {
        closedir(d);
    }
    dev_epoch_drain();
    u.blocks = g_atomic_int_get(&blocks);
    return u;
}

/*
 * What is used after one round must be what was used after the round before.  A thread of a pool takes memory when it
 * first works, one that has idled gives it back, and which of them works is chance: a round that differs is made
 * again, up to ROUNDS_MOST times.  What leaks differs each time.
 */
enum { ROUNDS_MOST = 24 };

static gboolean differ(Use a, Use b)
{
    return a.blocks != b.blocks || a.fds != b.fds;
}

/* A live machine that can hold the type. */
static DevBoard *new_machine(LifePrepare *prepare)
{
    DevBoard *b = dev_fake_new(DEV_CLOCK_INSNS);
    gboolean good = (!prepare || prepare(b, NULL, NULL)) && dev_realize(&b->dev, NULL);

    g_assert(good);
    return b;
}

typedef struct BusSearch {
    const ObjType *type;
    DevBus *hit;
} BusSearch;

static gboolean is_bus(Obj *o, void *data)
{
    BusSearch *s = data;

    s->hit = obj_cast(o, s->type);
    return !s->hit;
}

/* Puts d where its type belongs.  Devices of a bus without hot-plug come before the machine runs: here the
 * bus is told that it does not. */
static gboolean place(DevBoard *b, Dev *d, GError **err)
{
    BusSearch s = { .type = dev_type_of(d)->bus };

    if (!s.type) {
        return TRUE;
    }
    if (s.type == &dev_sysbus_type.obj) {
        dev_sys_map(d, 0, GPA);
    }
    obj_walk(&b->dev.obj, is_bus, &s);
    g_assert(s.hit);
    gboolean live = s.hit->live;
    s.hit->live = live && ((const DevBusType *)s.hit->obj.type)->hotplug;
    gboolean good = dev_bus_put(s.hit, d, err);
    s.hit->live = live;
    return good;
}

/* Creates, places and realizes; what fails leaves no device. */
static Dev *add(DevBoard *b, const DevType *t, LifePrepare *prepare, GError **err)
{
    g_autoptr(Obj) o = obj_new(&t->obj);
    Dev *d = (Dev *)o;

    if (!obj_add_child(&b->dev.obj, "dut", o, err) || !place(b, d, err)) {
        obj_unparent(o);
        return NULL;
    }
    if ((prepare && !prepare(b, d, err)) || !dev_realize(d, err)) {
        gboolean dead = d->state != DEV_LIVE;
        obj_unparent(o);
        g_assert(dead);
        return NULL;
    }
    return d;
}

/* --- realize fails at each step -------------------------------------------------------------- */
typedef struct Tally {
    guint steps, differ, silent, uses;
    char *first;                /* what was different */
} Tally;

/* One attempt that fails at step n; FALSE when realize succeeded. */
static gboolean attempt(DevBoard *b, const DevType *t, LifePrepare *prepare, guint n, Tally *tally)
{
    g_autofree char *before = dev_board_text(b);
    g_autoptr(GError) err = NULL;

    b->fault_at = n;
    Dev *d = add(b, t, prepare, &err);
    b->fault_at = 0;
    if (d) {
        obj_unparent(&d->obj);
        g_autofree char *after = dev_board_text(b);
        tally->differ += strcmp(before, after) != 0;
        return FALSE;
    }
    g_autofree char *after = dev_board_text(b);
    tally->steps++;
    if (!g_error_matches(err, DEV_ERROR, DEV_ERROR_FAULT)) {
        printf("# step %u: %s\n", n, err->message);
        tally->silent++;
        return FALSE;
    }
    if (strcmp(before, after)) {
        tally->differ++;
        if (!tally->first) {
            tally->first = g_strdup_printf("step %u (%s)\n--- before\n%s--- after\n%s", n,
                                           err->message, before, after);
        }
    }
    return TRUE;
}

static void test_faults(const DevType *t, LifePrepare *prepare)
{
    DevBoard *b = new_machine(prepare);
    Tally tally = { 0 };
    Use before, after = { 0 };

    for (guint round = 0; round < 2 || (round < ROUNDS_MOST && differ(before, after)); round++) {
        before = after;
        tally.steps = 0;
        for (guint n = 1; attempt(b, t, prepare, n, &tally); n++) {
        }
        after = use_now();
    }
    ok(tally.steps > 0 && !tally.differ && !tally.silent,
       "%s: realize fails at each of %u steps and leaves no trace", t->obj.name, tally.steps);
    if (tally.first) {
        g_strdelimit(tally.first, "\r", '\n');
        g_auto(GStrv) lines = g_strsplit(tally.first, "\n", -1);
        for (char **l = lines; *l; l++) {
            printf("# %.300s\n", *l);
        }
    }
    g_clear_pointer(&tally.first, g_free);
    if (!ok(!differ(before, after), "%s: nor memory or descriptors", t->obj.name)) {
        printf("# blocks %d, then %d; descriptors %u, then %u\n", before.blocks, after.blocks,
               before.fds, after.fds);
    }
    dev_board_free(b);
}

/* The whole machine with the device in it from the start: the board's realize is made to fail at each step. */
static void test_board_faults(const DevType *t, LifePrepare *prepare)
{
    guint bad = 0, n = 1;

    for (gboolean good = FALSE; !good; n++) {
        DevBoard *b = dev_fake_new(DEV_CLOCK_INSNS);
        g_autoptr(Obj) o = obj_new(&t->obj);
        g_autoptr(GError) err = NULL;
        if (prepare && !prepare(b, NULL, NULL)) {
            bad++;
        }
        obj_add_child(&b->dev.obj, "dut", o, NULL);
        if (!place(b, (Dev *)o, NULL) || (prepare && !prepare(b, (Dev *)o, NULL))) {
            bad++;
        }
        b->fault_at = n;
        good = dev_realize(&b->dev, &err);
        if (!good && !g_error_matches(err, DEV_ERROR, DEV_ERROR_FAULT)) {
            printf("# %s\n", err->message);
            bad++;
            n = G_MAXUINT16;
        }
        good |= n >= G_MAXUINT16;
        b->fault_at = 0;
        g_autofree char *map = dev_space_text(b->space);
        bad += !good && (*map || b->snaps->len || b->rams->len || dev_clock_timers(b->clock) ||
                         dev_space_listeners(b->space) || b->dev.undo || ((Dev *)o)->undo ||
                         b->hooks || b->dev.state != DEV_DEAD);
        bad += !good && ((Dev *)o)->state != DEV_DEAD && ((Dev *)o)->state != DEV_NEW;
        g_clear_pointer(&o, obj_unref);
        dev_board_free(b);
    }
    ok(!bad, "%s: a machine with it fails at each of %u steps and leaves no trace", t->obj.name,
       n - 2);
}

/* --- the sweeps ------------------------------------------------------------------------------ */
static void count_prop(const ObjPropInfo *info, void *data)
{
    g_autofree char *value =
        obj_prop_get_text(info->owner, info->row ? info->row->name : info->name, NULL);

    *(guint *)data += value != NULL;
}

static void sweep_help(const DevType *t)
{
    Use before = { 0 }, after = { 0 };
    guint n = 0;

    for (guint i = 0; i < 3 || (i < ROUNDS_MOST && differ(before, after)); i++) {
        before = after;
        g_autofree char *text = dev_plug_help(t);
        g_autoptr(Obj) o = obj_new(&t->obj);
        n = 0;
        obj_prop_each(o, count_prop, &n);
        g_clear_pointer(&o, obj_unref);
        ok(i < 2 || strstr(text, t->obj.name) == text, "%s: help, three times (%u properties)",
           t->obj.name, n);
        g_clear_pointer(&text, g_free);
        after = use_now();
    }
    ok(!differ(before, after), "%s: help has no side effect", t->obj.name);
}

static void sweep_bad_property(DevBoard *b, const DevType *t)
{
    g_autofree char *before = dev_board_text(b);
    g_autoptr(Obj) o = obj_new(&t->obj);
    g_autoptr(GError) err = NULL;

    obj_add_child(&b->dev.obj, "dut", o, NULL);
    ok(!obj_prop_set_text(o, "nosuchproperty", "1", &err), "%s: a property that is not there",
       t->obj.name);
    is_error(&err, t->obj.name, "%s: is refused, naming the device", t->obj.name);
    obj_unparent(o);
    is_text(dev_board_text(b), before, "%s: and nothing is left", t->obj.name);
}

static void sweep_add_remove(DevBoard *b, const DevType *t, LifePrepare *prepare)
{
    g_autofree char *before = dev_board_text(b);
    Use before_it = { 0 }, last = { 0 };
    guint good = 0, rounds = 0;

    for (; rounds < 6 || (rounds < ROUNDS_MOST && differ(before_it, last)); rounds++) {
        g_autoptr(GError) err = NULL;
        before_it = last;
        Dev *d = add(b, t, prepare, &err);
        if (!d) {
            printf("# %s\n", err->message);
            break;
        }
        dev_reset(&b->dev, DEV_RESET_WARM);
        obj_unparent(&d->obj);
        dev_reset(&b->dev, DEV_RESET_COLD);
        g_autofree char *after = dev_board_text(b);
        good += !strcmp(before, after);
        g_clear_pointer(&after, g_free);
        last = use_now();
    }
    ok(good == rounds, "%s: add, reset, remove, reset, again and again", t->obj.name);
    if (!ok(!differ(before_it, last), "%s: without growing", t->obj.name)) {
        printf("# blocks %d, then %d; descriptors %u, then %u\n", before_it.blocks, last.blocks,
               before_it.fds, last.fds);
    }
}

static void sweep_failing_add(DevBoard *b, const DevType *t, LifePrepare *prepare)
{
    Use before_it = { 0 }, last = { 0 };
    guint good = 0, rounds = 0;

    for (; rounds < 6 || (rounds < ROUNDS_MOST && differ(before_it, last)); rounds++) {
        g_autofree char *before = dev_board_text(b);
        before_it = last;
        for (guint step = 2; step <= 3; step++) {
            g_autoptr(GError) err = NULL;
            b->fault_at = step;
            Dev *d = add(b, t, prepare, &err);
            b->fault_at = 0;
            if (d) {            /* a device of one step */
                obj_unparent(&d->obj);
            }
        }
        g_autofree char *after = dev_board_text(b);
        good += !strcmp(before, after);
        g_clear_pointer(&before, g_free);
        g_clear_pointer(&after, g_free);
        last = use_now();
    }
    ok(good == rounds, "%s: an add that fails at its second and third step, again and again", t->obj.name);
    ok(!differ(before_it, last), "%s: without growing", t->obj.name);
}

/* A reference held by somebody keeps the memory, not the device. */
static void test_held(DevBoard *b, const DevType *t, LifePrepare *prepare)
{
    g_autofree char *before = dev_board_text(b);
    Dev *d = add(b, t, prepare, NULL);

    if (!d) {
        return;
    }
    obj_ref(&d->obj);
    obj_unparent(&d->obj);
    is_text(dev_board_text(b), before,
            "%s: a reference held after unparent keeps nothing in the machine", t->obj.name);
    g_autoptr(GError) err = NULL;
    g_autoptr(Obj) hold = &d->obj;
    obj_add_child(&b->dev.obj, "dut", hold, NULL);
    ok(d->state == DEV_DEAD && !dev_realize(d, &err), "%s: and it cannot be realized again",
       t->obj.name);
    obj_unparent(hold);
}

static void test_type(const DevType *t, LifePrepare *prepare)
{
    g_autoptr(GError) err = NULL;

    if (!ok(dev_type_check(t, &err), "%s: the type is described", t->obj.name)) {
        printf("# %s\n", err->message);
        return;
    }
    sweep_help(t);
    test_faults(t, prepare);
    test_board_faults(t, prepare);
    DevBoard *b = new_machine(prepare);
    sweep_bad_property(b, t);
    sweep_add_remove(b, t, prepare);
    sweep_failing_add(b, t, prepare);
    test_held(b, t, prepare);
    dev_board_free(b);
}

void life_test(const DevType *const *types, LifePrepare *prepare)
{
    dev_lock_take();
    for (; *types; types++) {
        if (!(*types)->obj.abstract) {
            test_type(*types, prepare);
        }
    }
    dev_lock_drop();
}
