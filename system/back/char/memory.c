/* SPDX-License-Identifier: BSD-2-Clause */
/* Back ends without a host: null, and a ring buffer that keeps the last bytes written. */
#include "back/char/char.h"

#include <string.h>

/* --- null ------------------------------------------------------------------------------------ */
static gboolean open_null(SysChar *c, GError **err)
{
    sys_char_event(c, SYS_CHAR_OPENED);
    return TRUE;
}

static void close_null(SysChar *c)
{
}

static guint write_null(SysChar *c, const guint8 *data, guint n)
{
    return n;
}

const SysCharType sys_char_null = {
    .obj = { .name = "chardev-null", .text = OBJ_TEXT("Takes all bytes and gives none."), .parent = &sys_char_type,
             .size = sizeof(SysChar) },
    .open = open_null,
    .close = close_null,
    .write = write_null,
};

/* --- ring buffer ----------------------------------------------------------------------------- */
typedef struct Ring {
    SysChar c;
    uint64_t bytes;
    guint8 *data;
    uint64_t head, tail;        /* written and read, ever; head - tail <= bytes */
} Ring;

static gboolean is_power(Obj *o, const ObjProp *p, const void *value, GError **err)
{
    uint64_t n = *(const uint64_t *)value;

    if (n & (n - 1)) {
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_RANGE, "%" G_GUINT64_FORMAT " is not a power of two",
                    n);
        return FALSE;
    }
    return TRUE;
}

static gboolean open_ring(SysChar *c, GError **err)
{
    Ring *r = (Ring *)c;

    r->data = g_malloc(r->bytes);
    sys_char_event(c, SYS_CHAR_OPENED);
    return TRUE;
}

static void close_ring(SysChar *c)
{
    g_clear_pointer(&((Ring *)c)->data, g_free);
}

static guint write_ring(SysChar *c, const guint8 *data, guint n)
{
    Ring *r = (Ring *)c;

    for (guint i = 0; i < n; i++) {
        r->data[r->head++ & (r->bytes - 1)] = data[i];
    }
    if (r->head - r->tail > r->bytes) {
        r->tail = r->head - r->bytes;
    }
    return n;
}

guint sys_char_ringbuf_read(SysChar *c, guint8 *data, guint n)
{
    Ring *r = obj_cast(&c->obj, &sys_char_ringbuf.obj);
    guint i = 0;

    for (; r && r->data && i < n && r->tail != r->head; i++) {
        data[i] = r->data[r->tail++ & (r->bytes - 1)];
    }
    return i;
}

static const ObjProp ring_props[] = {
    OBJ_PROP_SIZE("size", "How many of the last bytes are kept; a power of two.", Ring, bytes, 65536, 1, 1 << 24,
                  .check = is_power),
    { 0 },
};

const SysCharType sys_char_ringbuf = {
    .obj = { .name = "chardev-ringbuf", .text = OBJ_TEXT("Keeps the last bytes written, to be read by the monitor."),
             .parent = &sys_char_type, .size = sizeof(Ring), .props = ring_props },
    .open = open_ring,
    .close = close_ring,
    .write = write_ring,
};
