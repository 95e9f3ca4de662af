/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines between devices: interrupts, resets, any wire with two levels.
 *
 * A type's rows name its pins.  An output may be connected to any number of inputs (a splitter), any of
 * them inverted; an input that several outputs are connected to is high while one of them is (an or-gate).
 * Inputs of a device that is not live remember their level; it is told what is high at the end of its
 * realize.  An output goes low when its device is unrealized.  Levels are saved with the machine.
 */
#ifndef DEV_IRQ_H
#define DEV_IRQ_H

#include "dev/dev.h"

/* An input changed.  n is the number within its row. */
typedef void DevPinFn(Dev *d, guint n, gboolean level);

struct DevPin {
    const char *name;           /* NULL ends the rows */
    const char *text;           /* OBJ_TEXT */
    guint n;                    /* how many lines; the most there can be */
    DevPinFn *fn;               /* of an input; NULL for an output */
    size_t offset;              /* of an output: DevIrq[n] in the instance */
};

typedef struct DevIrq {         /* an output line, inside the device's struct */
    Dev *owner;
    gboolean level;
    GPtrArray *wires;           /* private */
} DevIrq;

#define DEV_PIN_IN(nm, t, count, f) { .name = nm, .text = OBJ_TEXT(t), .n = (count), .fn = (f) }
#define DEV_PIN_OUT(nm, t, count, S, field) \
    { .name = nm, .text = OBJ_TEXT(t), .n = (count), .offset = offsetof(S, field) }

/* Drives an output. */
void dev_irq_set(DevIrq *irq, gboolean level);

/* Connects an output to an input.  Errors: DEV_ERROR_REALIZE, naming device and pin (with the nearest
 * name).  The wire lives until either device leaves the tree. */
gboolean dev_irq_connect(Dev *from, const char *out, guint i, Dev *to, const char *in, guint j,
                         gboolean invert, GError **err);

/* The level of an input. */
gboolean dev_irq_level(const Dev *d, const char *in, guint n);

/* For tests and inspection: the number of wires at d's pins. */
guint dev_irq_wires(const Dev *d);

/* For snapshots: fn for each pin group in order. */
struct DevPinGroup {
    const DevPin *row;
    DevIrq *out;                /* of an output group: row->n lines */
    struct DevIrqIn *in;        /* of an input group (private) */
};

/* For the life cycle and snapshots (private to libdev). */
void dev_irq_init(Dev *d);
void dev_irq_tell(Dev *d);          /* at the end of realize */
void dev_irq_lower(Dev *d);         /* at unrealize */
void dev_irq_drop(Dev *d);          /* at unparent */
void dev_irq_clear(Dev *d);         /* at finalize */
void dev_irq_restore(DevIrq *irq, gboolean level);      /* without telling anybody */

#endif
