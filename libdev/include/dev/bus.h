/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Buses: what devices sit on.  A bus is an object, the child of the device that owns it (a controller,
 * a bridge, the board); it gives its devices an address, and connects them when they are realized.
 */
#ifndef DEV_BUS_H
#define DEV_BUS_H

#include "dev/dev.h"
#include "dev/mem.h"

typedef struct DevBusType {
    ObjType obj;                /* .parent is dev_bus_type */
    guint max;                  /* devices it holds; 0 for any number */
    gboolean hotplug;           /* devices may come and go while the machine runs */
    const char *hotplug_none;   /* if not: why, for the message */

    /* Gives d its address; may refuse it.  d is not yet realized, and never was on another bus. */
    gboolean (*plug)(DevBus *bus, Dev *d, GError **err);
    void (*unplug)(DevBus *bus, Dev *d);
    /* The last step of d's own realize: maps its regions, routes its pins.  What it acquires goes on
     * d's undo stack. */
    gboolean (*attach)(DevBus *bus, Dev *d, GError **err);
    /* d came while the machine runs, and is live: the guest may be told. */
    void (*arrived)(DevBus *bus, Dev *d);
    /* A user wants d away.  TRUE: the guest was asked, and dev_unplug_now follows when it lets go, or never;
     * FALSE without an error: nobody has to be asked.  NULL: nobody ever has. */
    gboolean (*ask)(DevBus *bus, Dev *d, GError **err);
    /* For choosing a bus when the user names none: whether it has no room.  NULL: max says. */
    gboolean (*is_full)(const DevBus *bus);
    /* "slot 3", for humans; to be freed.  May be NULL. */
    char *(*where)(DevBus *bus, const Dev *d);
} DevBusType;

struct DevBus {
    Obj obj;
    Dev *owner;                 /* borrowed */
    GPtrArray *devs;            /* borrowed, in order of their coming */
    DevSpace *space;            /* where its devices' accesses go; borrowed, may be NULL */
    gboolean live;              /* realized */
    char *label;                /* another name for users: "pcie.0"; NULL: none */
};

extern const ObjType dev_bus_type;      /* abstract */

/* A bus as child `name` of owner, for init hooks. The tree holds it; the pointer is borrowed. */
DevBus *dev_bus_new(const DevBusType *type, Dev *owner, const char *name);

/* Names a bus for users, beside its path; in a board once. */
void dev_bus_set_label(DevBus *bus, const char *label);

/*
 * Puts a new device, which has a parent in the tree, on a bus.  Errors: DEV_ERROR_BUS (wrong type, full,
 * no hot-plug), and what plug gives; then d is as before.
 */
gboolean dev_bus_put(DevBus *bus, Dev *d, GError **err);

/* Takes d off its bus (not realized any more). For the life cycle; obj_unparent does it. */
void dev_bus_remove(Dev *d);

#endif
