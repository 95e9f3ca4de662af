/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The life cycle.  Realize is a sequence of acquisitions, each of which pushes its undoing on the device's
 * stack; hooks, components, buses and what sits on them are acquisitions like any other.  So there is one
 * way back, run by unrealize and by roll-back alike.
 */
#include "dev/dev.h"

#include "dev/board.h"
#include "dev/irq.h"
#include "dev/lock.h"
#include "dev/reset.h"
#include "dev/snap.h"
#include "private.h"

#include <string.h>

G_DEFINE_QUARK(dev-error, dev_error)

typedef struct Undo {
    void (*fn)(Dev *d, void *data);
    void *data;
} Undo;

const DevType *dev_type_cast(const ObjType *t)
{
    return obj_type_is(t, &dev_type.obj) ? (const DevType *)t : NULL;
}

Dev *dev_cast(Obj *o)
{
    return obj_cast(o, &dev_type.obj);
}

DevBoard *dev_board(const Dev *d)
{
    for (const Obj *o = &d->obj; o; o = o->parent) {
        if (obj_type_is(o->type, &dev_board_type.obj)) {
            return (DevBoard *)o;
        }
    }
    return NULL;
}

gboolean dev_fail(const Dev *d, GError **err, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    g_autofree char *text = g_strdup_vprintf(fmt, ap), *who = obj_describe(&d->obj);
    va_end(ap);
    g_set_error(err, DEV_ERROR, DEV_ERROR_REALIZE, "%s: %s", who, text);
    return FALSE;
}

static void push_undo(Dev *d, void (*fn)(Dev *d, void *data), void *data)
{
    Undo u = { fn, data };

    if (!d->undo) {
        d->undo = g_array_new(FALSE, FALSE, sizeof(Undo));
    }
    g_array_append_val(d->undo, u);
}

void dev_defer(Dev *d, void (*fn)(Dev *d, void *data), void *data)
{
    g_assert(d->state == DEV_REALIZING);
    push_undo(d, fn, data);
}

gboolean dev_step(Dev *d, const char *what, GError **err)
{
    DevBoard *b = dev_board(d);

    b->steps++;
    if (b->step_log) {
        g_string_append_printf(b->step_log, "%s: %s\n", d->obj.name, what);
    }
    if (b->fault_at && --b->fault_at == 0) {
        g_autofree char *who = obj_describe(&d->obj);
        g_set_error(err, DEV_ERROR, DEV_ERROR_FAULT, "%s: %s: made to fail by a test", who, what);
        return FALSE;
    }
    return TRUE;
}

static void run_undo(Dev *d)
{
    while (d->undo && d->undo->len) {
        Undo u = g_array_index(d->undo, Undo, d->undo->len - 1);
        g_array_set_size(d->undo, d->undo->len - 1);
        u.fn(d, u.data);
    }
    g_clear_pointer(&d->undo, g_array_unref);
}

/* --- the steps of realize -------------------------------------------------------------------- */
static void undo_hook(Dev *d, void *data)
{
    const DevType *t = data;

    t->unrealize(d);
}

static gboolean realize_hooks(Dev *d, const ObjType *ot, GError **err)
{
    const DevType *t = dev_type_cast(ot);

    if (!t) {
        return TRUE;
    }
    if (!realize_hooks(d, ot->parent, err)) {
        return FALSE;
    }
    if (t->realize && (!dev_step(d, "realize", err) || !t->realize(d, err))) {
        return FALSE;
    }
    if (t->unrealize) {
        dev_defer(d, undo_hook, (void *)t);
    }
    return TRUE;
}

static void undo_other(Dev *d, void *data)
{
    dev_unrealize(data);
}

/* A live device is on the stack of the one it is a part of or sits on, whether it came with it or later. */
static void join_owner(Dev *d)
{
    Dev *up = dev_above(d);

    if (up && (up->state == DEV_REALIZING || up->state == DEV_LIVE)) {
        push_undo(up, undo_other, d);
    }
}

static void leave_owner(Dev *d)
{
    Dev *up = dev_above(d);

    for (guint i = up && up->undo ? up->undo->len : 0; i-- > 0;) {
        const Undo *u = &g_array_index(up->undo, Undo, i);
        if (u->fn == undo_other && u->data == d) {
            g_array_remove_index(up->undo, i);
            return;
        }
    }
}

static gboolean realize_part(Dev *other, GError **err)
{
    return other->state == DEV_LIVE || dev_realize(other, err);
}

/* Children may be added by realize hooks: index by index. */
static gboolean realize_components(Dev *d, GError **err)
{
    for (guint i = 0; d->obj.children && i < d->obj.children->len; i++) {
        Dev *c = dev_cast(g_ptr_array_index(d->obj.children, i));
        if (c && !c->bus && !realize_part(c, err)) {
            return FALSE;
        }
    }
    return TRUE;
}

static void undo_bus(Dev *d, void *data)
{
    ((DevBus *)data)->live = FALSE;
}

static gboolean realize_bus(Dev *d, DevBus *bus, GError **err)
{
    bus->live = TRUE;
    dev_defer(d, undo_bus, bus);
    for (guint i = 0; i < bus->devs->len; i++) {
        if (!realize_part(g_ptr_array_index(bus->devs, i), err)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean realize_buses(Dev *d, GError **err)
{
    for (guint i = 0; d->obj.children && i < d->obj.children->len; i++) {
        DevBus *bus = obj_cast(g_ptr_array_index(d->obj.children, i), &dev_bus_type);
        if (bus && !realize_bus(d, bus, err)) {
            return FALSE;
        }
    }
    return TRUE;
}

static void undo_snap(Dev *d, void *data)
{
    g_ptr_array_remove(dev_board(d)->snaps, d);
}

static void undo_lines(Dev *d, void *data)
{
    dev_irq_lower(d);
}

static gboolean realize_steps(Dev *d, GError **err)
{
    const DevBusType *bt = d->bus ? (const DevBusType *)d->bus->obj.type : NULL;

    if (!realize_hooks(d, d->obj.type, err) || !dev_step(d, "saved state", err)) {
        return FALSE;
    }
    g_ptr_array_add(dev_board(d)->snaps, d);
    dev_defer(d, undo_snap, NULL);
    dev_defer(d, undo_lines, NULL);
    if (bt && bt->attach && (!dev_step(d, "attach", err) || !bt->attach(d->bus, d, err))) {
        return FALSE;
    }
    return realize_components(d, err) && realize_buses(d, err) && dev_step(d, "end", err);
}

static gboolean may_realize(Dev *d, GError **err)
{
    const DevType *t = dev_type_of(d);

    if (d->state != DEV_NEW) {
        return dev_fail(d, err,
                        d->state == DEV_DEAD ? "cannot be used again after a failure or removal"
                                             : "is in use already");
    }
    if (!dev_board(d)) {
        return dev_fail(d, err, "is not part of a machine");
    }
    if (t->bus && !d->bus) {
        return dev_fail(d, err, "needs a bus of type %s", t->bus->name);
    }
    if (d->bus && !d->bus->live) {
        return dev_fail(d, err, "sits on bus '%s', which is not in use", d->bus->obj.name);
    }
    return TRUE;
}

/* A device that comes while what it sits on is held in reset is held as often. */
static void first_reset(Dev *d)
{
    Dev *up = dev_above(d);
    guint n = up ? up->resets : 0;

    for (guint i = 0; i < n; i++) {
        dev_reset_hold(d, DEV_RESET_COLD);
    }
    if (!n) {
        dev_reset(d, DEV_RESET_COLD);
    }
}

/* What comes to a machine that runs is announced. */
static void tell_bus(Dev *d)
{
    const DevBusType *t = d->bus ? (const DevBusType *)d->bus->obj.type : NULL;

    if (t && t->arrived && dev_board(d)->dev.state == DEV_LIVE) {
        t->arrived(d->bus, d);
    }
}

gboolean dev_realize(Dev *d, GError **err)
{
    if (!may_realize(d, err)) {
        return FALSE;
    }
    g_autoptr(Obj) self = obj_ref(&d->obj);
    d->state = DEV_REALIZING;
    d->obj.frozen = TRUE;
    dev_mem_begin();
    gboolean good = realize_steps(d, err);
    if (good) {
        d->state = DEV_LIVE;
        join_owner(d);
        dev_irq_tell(d);
        if (!dev_is_part(d)) {      /* parts are reset with the whole */
            first_reset(d);
            tell_bus(d);
        }
    } else {
        run_undo(d);
        d->state = DEV_DEAD;
    }
    dev_mem_commit();
    return good;
}

void dev_unrealize(Dev *d)
{
    if (d->state != DEV_LIVE) {
        return;
    }
    g_autoptr(Obj) self = obj_ref(&d->obj);
    d->state = DEV_UNREALIZING;
    leave_owner(d);
    dev_mem_begin();
    run_undo(d);
    dev_mem_commit();
    d->state = DEV_DEAD;
}

/* Whether somebody above is being realized, and will reset d. */
gboolean dev_is_part(const Dev *d)
{
    for (const Dev *up = dev_above(d); up; up = dev_above(up)) {
        if (up->state == DEV_REALIZING) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The device that d is a part of: its bus's owner, or the nearest device above. */
Dev *dev_above(const Dev *d)
{
    if (d->bus) {
        return d->bus->owner;
    }
    for (Obj *o = d->obj.parent; o; o = o->parent) {
        if (dev_cast(o)) {
            return (Dev *)o;
        }
    }
    return NULL;
}

/* --- the type -------------------------------------------------------------------------------- */
static void init_dev(Obj *o)
{
    dev_irq_init((Dev *)o);
    dev_snap_init_fields((Dev *)o);
}

static void unparent_dev(Obj *o)
{
    Dev *d = (Dev *)o;

    dev_unrealize(d);
    if (d->bus) {
        dev_bus_remove(d);
    }
    dev_irq_drop(d);
}

static void finalize_dev(Obj *o)
{
    dev_irq_clear((Dev *)o);
}

const DevType dev_type = {
    .obj = {
        .name = "device",
        .text = OBJ_TEXT("Anything a machine is made of."),
        .size = sizeof(Dev),
        .abstract = TRUE,
        .init = init_dev,
        .unparent = unparent_dev,
        .finalize = finalize_dev,
    },
};
