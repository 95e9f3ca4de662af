/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Saved state.  A device's rows of fields say what its state is; from them come reset, saving, loading
 * and inspection.
 *
 * The stream: a header, one section per device (path, type, version, named fields, levels of outputs),
 * sections of RAM pages, an end.  All numbers are little-endian; each section has its length and a
 * CRC-32.  Loading reads everything about devices into memory, checks it against the machine there is,
 * and only then changes anything; streams from strangers are refused with the reason.
 */
#ifndef DEV_SNAP_H
#define DEV_SNAP_H

#include "dev/board.h"
#include "dev/dev.h"

#include <gio/gio.h>

enum {                          /* DevField.flags */
    DEV_FIELD_KEEP = 1,         /* not changed by reset; `reset` is its first value */
    DEV_FIELD_LOCAL = 2,        /* not saved: made again from the rest */
    DEV_FIELD_TIMER = 4,        /* a DevTimer: saved as the time it is due, cancelled by reset */
};

struct DevField {
    const char *name;           /* NULL ends the rows; kept for ever, it is in saved machines */
    const char *text;           /* OBJ_TEXT */
    size_t offset;
    guint width;                /* bytes of one element: 1, 2, 4, 8 */
    guint count;                /* elements */
    guint since;                /* the version of the type that brought it; 0 stands for 1 */
    guint flags;
    uint64_t reset;             /* of each element */
    uint64_t max;               /* the largest value a stream may give; 0 for any */
};

#define DEV_FIELD(n, t, S, f, value, ...) \
    { .name = n, .text = OBJ_TEXT(t), .offset = offsetof(S, f), .width = sizeof(((S *)0)->f), \
      .count = 1, .reset = (value), ##__VA_ARGS__ }
#define DEV_FIELD_ARRAY(n, t, S, f, value, ...) \
    { .name = n, .text = OBJ_TEXT(t), .offset = offsetof(S, f), .width = sizeof(((S *)0)->f[0]), \
      .count = sizeof(((S *)0)->f) / sizeof(((S *)0)->f[0]), .reset = (value), ##__VA_ARGS__ }
#define DEV_FIELD_OF_TIMER(n, t, S, f) \
    { .name = n, .text = OBJ_TEXT(t), .offset = offsetof(S, f), .width = 8, .count = 1, \
      .flags = DEV_FIELD_TIMER }

/* Writes the machine to a stream.  The clock must be stopped.  Errors: the stream's. */
gboolean dev_snap_save(DevBoard *b, GOutputStream *out, GError **err);

/*
 * Loads a machine of the same make into b, which is live and whose clock is stopped.  Errors:
 * DEV_ERROR_STATE.  An error found before anything was changed leaves b as it was; one found later (a
 * loaded hook, RAM that breaks off) resets it.
 */
gboolean dev_snap_load(DevBoard *b, GInputStream *in, GError **err);

/* A device's fields as JSON, for the monitor; the caller's. */
JsonNode *dev_snap_inspect(Dev *d);

/* For the life cycle: fields of the whole chain take their reset values; those that reset keeps, in init only. */
void dev_snap_init_fields(Dev *d);
void dev_snap_reset_fields(Dev *d);

#endif
