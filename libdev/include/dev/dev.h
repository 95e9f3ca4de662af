/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices and their life cycle.
 *
 *     init -> realize -> in use -> unrealize -> unparent -> finalize
 *
 * init      obj_new: the instance, its properties, pins and buses. Cannot fail, no side effect.
 * realize   the only step that can fail.  Order: the type chain's realize hooks, root type first; then
 *           component devices (children that sit on no bus); then the device's buses and what sits on
 *           them.  A failure undoes all that was done so far, in reverse, and leaves no trace.
 * unrealize cannot fail; the same in reverse. After it, or after a failed realize, a device is dead:
 *           it is never realized again.
 * unparent  obj_unparent: unrealizes first, leaves its bus, loses its wires.
 * finalize  with the last reference; cannot assume that realize ever ran.
 *
 * A realize hook writes no roll-back.  Everything it acquires goes through a function that takes the
 * device (dev_timer_open, dev_region_put, dev_ram_new ...) and puts how to give it back on the device's
 * undo stack; what has no such function uses dev_defer.  Unrealize and roll-back both run this stack.
 * Each acquisition is also a dev_step, where the tests make realize fail.
 *
 * Threads: everything in libdev needs the device lock (dev/lock.h) unless its header says otherwise.
 */
#ifndef DEV_DEV_H
#define DEV_DEV_H

#include "obj/prop.h"

typedef struct Dev Dev;
typedef struct DevBoard DevBoard;
typedef struct DevBus DevBus;
typedef struct DevField DevField;
typedef struct DevPin DevPin;
typedef struct DevPinGroup DevPinGroup;
typedef struct DevReg DevReg;
typedef struct DevType DevType;

typedef enum DevState {
    DEV_NEW,
    DEV_REALIZING,
    DEV_LIVE,
    DEV_UNREALIZING,
    DEV_DEAD,
} DevState;

typedef enum DevResetKind {
    DEV_RESET_COLD,             /* power on */
    DEV_RESET_WARM,             /* a reset line or the guest's request */
} DevResetKind;

enum {                          /* DevType.flags */
    DEV_USER = 1,               /* users may create it (-device) */
    DEV_HOTPLUG = 2,            /* also while the machine runs, and may be unplugged */
};

struct DevType {
    ObjType obj;                /* .parent is another DevType's obj */
    const ObjType *bus;         /* the type of bus it sits on; NULL for none */
    const char *group;          /* chapter of the manual and folder: "char", "timer" */
    const char *manual;         /* data sheet or specification, with its revision */
    guint flags;
    guint version;              /* of the saved state, from 1; the rows of fields say since when */
    const DevPin *pins;         /* rows (dev/irq.h) */
    const DevField *fields;     /* rows: state that is reset and saved (dev/snap.h) */
    const DevReg *regs;         /* rows: registers (dev/reg.h), for the manual */

    /* Hooks; each runs for every type of the chain that has one. */
    gboolean (*realize)(Dev *d, GError **err);      /* root type first */
    void (*unrealize)(Dev *d); /* most derived first; before the undo of realize */
    void (*reset_enter)(Dev *d, DevResetKind kind); /* root first; fields have their reset values */
    void (*reset_hold)(Dev *d);
    void (*reset_exit)(Dev *d);
    void (*saving)(Dev *d); /* ends what is under way, before any device is saved */
    gboolean (*loaded)(Dev *d, GError **err); /* fields were loaded: judge them, follow them */
};

struct Dev {
    Obj obj;
    DevState state;
    DevBus *bus;                /* on which it sits; borrowed */
    guint64 address;            /* on that bus, given by it: slot, unit... */
    GArray *undo;               /* what realize has acquired */
    GPtrArray *pins;            /* of DevPinGroup */
    guint resets;               /* how often it is being held in reset */
    gboolean in_io;             /* a register handler is running: no re-entry */
};

extern const DevType dev_type;      /* abstract: the root of all devices */

/* An owner of devices or buses in static initialisers: .parent = DEV_PARENT(dev_type). */
#define DEV_PARENT(type) (&(type).obj)

/* The device as such, or NULL if o is none. */
Dev *dev_cast(Obj *o);
static inline const DevType *dev_type_of(const Dev *d)
{
    return (const DevType *)d->obj.type;
}

/* The board d belongs to; NULL while it is in no board's tree. */
DevBoard *dev_board(const Dev *d);

/*
 * Realizes d, its components, its buses and what sits on them.  d must be new, in a board's tree, and,
 * if its type sits on a bus, on one whose owner is live or being realized.
 * Errors: any, naming the device; then d is dead and everything else is as before.
 */
gboolean dev_realize(Dev *d, GError **err);

/* Undoes dev_realize. Nothing happens to a device that is not live. */
void dev_unrealize(Dev *d);

/* For realize hooks: runs fn(d, data) at unrealize or roll-back, in reverse order. */
void dev_defer(Dev *d, void (*fn)(Dev *d, void *data), void *data);

/*
 * For functions that acquire: a point where realize can fail.  what is "map 'regs'", for the message.
 * Returns FALSE with an error if a test asked for a failure here.
 */
gboolean dev_step(Dev *d, const char *what, GError **err);

/* Sets an error whose message begins with the device's name; returns FALSE. */
gboolean dev_fail(const Dev *d, GError **err, const char *fmt, ...) G_GNUC_PRINTF(3, 4);

#define DEV_ERROR dev_error_quark()
GQuark dev_error_quark(void);
typedef enum DevError {
    DEV_ERROR_REALIZE,
    DEV_ERROR_FAULT,            /* injected by a test */
    DEV_ERROR_BUS,              /* no bus, a full one, or one of the wrong type */
    DEV_ERROR_MEMORY,
    DEV_ERROR_STATE,            /* saved state that cannot be loaded */
    DEV_ERROR_UNPLUG,
} DevError;

/* What obj_type_check does, and: pins, fields and registers have their sentences and fit. */
gboolean dev_type_check(const DevType *t, GError **err);

/* The type as DevType if it is derived from dev_type, else NULL. */
const DevType *dev_type_cast(const ObjType *t);

#endif
