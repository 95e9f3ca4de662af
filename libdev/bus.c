/* SPDX-License-Identifier: BSD-2-Clause */
/* Buses. */
#include "dev/bus.h"

#include "dev/lock.h"

#include <string.h>

DevBus *dev_bus_new(const DevBusType *type, Dev *owner, const char *name)
{
    g_autoptr(Obj) o = obj_new(&type->obj);
    DevBus *bus = (DevBus *)o;

    bus->owner = owner;
    gboolean good = obj_add_child(&owner->obj, name, o, NULL);
    g_assert(good);
    return bus;
}

void dev_bus_set_label(DevBus *bus, const char *label)
{
    g_free(bus->label);
    bus->label = g_strdup(label);
}

gboolean dev_bus_put(DevBus *bus, Dev *d, GError **err)
{
    const DevBusType *t = (const DevBusType *)bus->obj.type;
    const DevType *dt = dev_type_of(d);
    g_autofree char *who = obj_describe(&d->obj);

    g_assert(d->state == DEV_NEW && !d->bus && d->obj.parent);
    if (!dt->bus || !obj_type_is(&t->obj, dt->bus)) {
        g_set_error(err, DEV_ERROR, DEV_ERROR_BUS, "%s: does not fit bus '%s', a %s%s%s", who,
                    bus->obj.name, t->obj.name, dt->bus ? "; it needs a " : "",
                    dt->bus ? dt->bus->name : "");
        return FALSE;
    }
    if (t->max && bus->devs->len >= t->max) {
        g_set_error(err, DEV_ERROR, DEV_ERROR_BUS, "%s: bus '%s' is full: it holds %u", who,
                    bus->obj.name, t->max);
        return FALSE;
    }
    if (bus->live && !t->hotplug) {
        g_set_error(err, DEV_ERROR, DEV_ERROR_BUS,
                    "%s: bus '%s' takes no device while the machine runs%s%s", who, bus->obj.name,
                    t->hotplug_none ? ": " : "", t->hotplug_none ? t->hotplug_none : "");
        return FALSE;
    }
    if (t->plug && !t->plug(bus, d, err)) {
        return FALSE;
    }
    d->bus = bus;
    g_ptr_array_add(bus->devs, d);
    return TRUE;
}

void dev_bus_remove(Dev *d)
{
    DevBus *bus = d->bus;
    const DevBusType *t = (const DevBusType *)bus->obj.type;

    if (t->unplug) {
        t->unplug(bus, d);
    }
    g_ptr_array_remove(bus->devs, d);
    d->bus = NULL;
    d->address = 0;
}

static void init_bus(Obj *o)
{
    ((DevBus *)o)->devs = g_ptr_array_new();
}

/* What sits on a bus that goes, goes. */
static void unparent_bus(Obj *o)
{
    DevBus *bus = (DevBus *)o;

    while (bus->devs->len) {
        Dev *d = g_ptr_array_index(bus->devs, bus->devs->len - 1);
        if (d->obj.leaving) {
            dev_bus_remove(d);
        } else {
            obj_unparent(&d->obj);
        }
    }
}

static void finalize_bus(Obj *o)
{
    g_ptr_array_unref(((DevBus *)o)->devs);
    g_free(((DevBus *)o)->label);
}

const ObjType dev_bus_type = {
    .name = "bus",
    .text = OBJ_TEXT("Something that devices sit on."),
    .size = sizeof(DevBus),
    .abstract = TRUE,
    .init = init_bus,
    .unparent = unparent_bus,
    .finalize = finalize_bus,
};
