/* SPDX-License-Identifier: BSD-2-Clause */
/* Reset: three phases over a list of devices that is made, with references, before the first. */
#include "dev/reset.h"

#include "dev/bus.h"
#include "dev/snap.h"
#include "private.h"

static void add_parts(Dev *d, GPtrArray *list);

static void add_child_parts(Obj *o, Dev *d, GPtrArray *list)
{
    for (guint i = 0; o->children && i < o->children->len; i++) {
        Obj *child = g_ptr_array_index(o->children, i);
        Dev *c = dev_cast(child);
        DevBus *bus = obj_cast(child, &dev_bus_type);
        if (c && !c->bus) {
            add_parts(c, list);
        }
        for (guint k = 0; bus && k < bus->devs->len; k++) {
            add_parts(g_ptr_array_index(bus->devs, k), list);
        }
    }
}

static void add_parts(Dev *d, GPtrArray *list)
{
    g_ptr_array_add(list, obj_ref(&d->obj));
    add_child_parts(&d->obj, d, list);
}

GPtrArray *dev_parts(Dev *d)
{
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)obj_unref);

    add_parts(d, list);
    return list;
}

typedef enum Phase {
    ENTER,
    HOLD,
    EXIT,
} Phase;

static void run_phase(Dev *d, const ObjType *ot, Phase phase, DevResetKind kind)
{
    const DevType *t = dev_type_cast(ot);

    if (!t) {
        return;
    }
    run_phase(d, ot->parent, phase, kind);
    if (phase == ENTER && t->reset_enter) {
        t->reset_enter(d, kind);
    } else if (phase == HOLD && t->reset_hold) {
        t->reset_hold(d);
    } else if (phase == EXIT && t->reset_exit) {
        t->reset_exit(d);
    }
}

void dev_reset_hold(Dev *d, DevResetKind kind)
{
    g_autoptr(GPtrArray) list = dev_parts(d);

    for (Phase phase = ENTER; phase <= HOLD; phase++) {
        for (guint i = 0; i < list->len; i++) {
            Dev *x = g_ptr_array_index(list, i);
            if (x->state != DEV_LIVE) {
                continue;
            }
            if (phase == ENTER) {
                x->resets++;
                dev_snap_reset_fields(x);
            }
            run_phase(x, x->obj.type, phase, kind);
        }
    }
}

void dev_reset_release(Dev *d)
{
    g_autoptr(GPtrArray) list = dev_parts(d);

    for (guint i = 0; i < list->len; i++) {
        Dev *x = g_ptr_array_index(list, i);
        if (x->state == DEV_LIVE && x->resets && --x->resets == 0) {
            run_phase(x, x->obj.type, EXIT, DEV_RESET_COLD);
        }
    }
}

void dev_reset(Dev *d, DevResetKind kind)
{
    dev_reset_hold(d, kind);
    dev_reset_release(d);
}
