/* SPDX-License-Identifier: BSD-2-Clause */
/* Fields: reset, inspection, saving.  The stream's form is in snap-stream.h, loading in snap-load.c. */
#include "dev/snap.h"

#include "snap-stream.h"

#include "dev/clock.h"
#include "dev/irq.h"
#include "dev/ram.h"

#include "base/uint.h"

#include <string.h>
#include <unistd.h>
#include <zlib.h>

/* --- fields in memory ------------------------------------------------------------------------ */
uint64_t dev_field_get(const Dev *d, const DevField *f, guint i)
{
    const char *at = (const char *)d + f->offset + (size_t)i * f->width;

    if (f->flags & DEV_FIELD_TIMER) {
        const DevTimer *t = (const DevTimer *)at;
        return (uint64_t)(dev_timer_is_set(t) ? t->at_ns : INT64_MAX);
    }
    return uint_load(at, f->width);
}

void dev_field_set(Dev *d, const DevField *f, guint i, uint64_t value)
{
    char *at = (char *)d + f->offset + (size_t)i * f->width;

    if (f->flags & DEV_FIELD_TIMER) {
        dev_timer_set((DevTimer *)at, (int64_t)value);
        return;
    }
    uint_store(at, f->width, value);
}

void dev_field_reset(Dev *d, const DevField *f)
{
    for (guint i = 0; i < f->count; i++) {
        dev_field_set(d, f, i, f->flags & DEV_FIELD_TIMER ? (uint64_t)INT64_MAX : f->reset);
    }
}

static void reset_fields(Dev *d, guint but)
{
    for (const DevType *t = dev_type_of(d); t; t = dev_type_cast(t->obj.parent)) {
        for (const DevField *f = t->fields; f && f->name; f++) {
            if (!(f->flags & but)) {
                dev_field_reset(d, f);
            }
        }
    }
}

void dev_snap_reset_fields(Dev *d)
{
    reset_fields(d, DEV_FIELD_KEEP);
}

void dev_snap_init_fields(Dev *d)
{
    reset_fields(d, DEV_FIELD_TIMER);
}

JsonNode *dev_snap_inspect(Dev *d)
{
    g_autoptr(ObjVisitor) v = obj_visit_new_output();

    obj_visit_open_struct(v, NULL);
    for (const DevType *t = dev_type_of(d); t; t = dev_type_cast(t->obj.parent)) {
        for (const DevField *f = t->fields; f && f->name; f++) {
            guint n = f->count;
            uint64_t value = dev_field_get(d, f, 0);
            obj_visit_member(v, f->name);
            if (n == 1) {
                obj_visit_uint(v, &value, NULL);
                continue;
            }
            obj_visit_open_list(v, &n, NULL);
            for (guint i = 0; i < n; i++) {
                value = dev_field_get(d, f, i);
                obj_visit_item(v, i);
                obj_visit_uint(v, &value, NULL);
            }
            obj_visit_close_list(v);
        }
    }
    obj_visit_close_struct(v, NULL);
    return obj_visit_take(v);
}

/* --- writing --------------------------------------------------------------------------------- */
static void put_uint(GByteArray *a, uint64_t value, guint width)
{
    value = GUINT64_TO_LE(value);
    g_byte_array_append(a, (const guint8 *)&value, width);
}

static void put_text(GByteArray *a, const char *s)
{
    put_uint(a, strlen(s), 2);
    g_byte_array_append(a, (const guint8 *)s, (guint)strlen(s));
}

guint32 dev_snap_crc(const void *frame, const GByteArray *payload)
{
    uLong crc = crc32(0, frame, 8);

    /* Without bytes there may be no pointer, and zlib takes none for "begin". */
    return GUINT32_TO_LE((guint32)(payload->len ? crc32(crc, payload->data, payload->len) : crc));
}

static gboolean put_section(GOutputStream *out, guint32 kind, GByteArray *payload, GError **err)
{
    g_autoptr(GByteArray) frame = g_byte_array_new();

    put_uint(frame, kind, 4);
    put_uint(frame, payload->len, 4);
    guint32 crc = dev_snap_crc(frame->data, payload);
    gboolean good = g_output_stream_write_all(out, frame->data, frame->len, NULL, NULL, err) &&
                    g_output_stream_write_all(out, payload->data, payload->len, NULL, NULL, err) &&
                    g_output_stream_write_all(out, &crc, 4, NULL, NULL, err);
    g_byte_array_set_size(payload, 0);
    return good;
}

static void put_fields(GByteArray *a, Dev *d, guint *n)
{
    for (const DevType *t = dev_type_of(d); t; t = dev_type_cast(t->obj.parent)) {
        for (const DevField *f = t->fields; f && f->name; f++) {
            if (f->flags & DEV_FIELD_LOCAL) {
                continue;
            }
            put_text(a, f->name);
            put_uint(a, f->width, 1);
            put_uint(a, f->count, 4);
            for (guint i = 0; i < f->count; i++) {
                put_uint(a, dev_field_get(d, f, i), f->width);
            }
            ++*n;
        }
    }
}

static void put_pins(GByteArray *a, Dev *d, guint *n)
{
    for (guint i = 0; i < d->pins->len; i++) {
        const DevPinGroup *g = g_ptr_array_index(d->pins, i);
        if (!g->out) {
            continue;
        }
        put_text(a, g->row->name);
        put_uint(a, g->row->n, 4);
        for (guint k = 0; k < g->row->n; k++) {
            put_uint(a, (uint64_t)g->out[k].level, 1);
        }
        ++*n;
    }
}

static void call_saving(Dev *d, const ObjType *ot)
{
    const DevType *t = dev_type_cast(ot);

    if (t) {
        call_saving(d, ot->parent);
        if (t->saving) {
            t->saving(d);
        }
    }
}

static void put_device(GByteArray *a, Dev *d)
{
    g_autofree char *path = obj_path(&d->obj);
    guint fields = 0, pins = 0;

    put_text(a, path);
    put_text(a, d->obj.type->name);
    put_uint(a, MAX(dev_type_of(d)->version, 1), 4);
    guint at = a->len;
    put_uint(a, 0, 8);
    put_fields(a, d, &fields);
    put_pins(a, d, &pins);
    guint32 counts[2] = { GUINT32_TO_LE(fields), GUINT32_TO_LE(pins) };
    memcpy(a->data + at, counts, 8);
}

static gboolean save_ram(GOutputStream *out, guint index, const DevRam *ram, GByteArray *a,
                         GError **err)
{
    static const guint8 zero[DEV_SNAP_CHUNK];

    for (uint64_t at = 0; at < ram->bytes; at += DEV_SNAP_CHUNK) {
        /* Looking at a hole through the mapping would fill it. [man 2 lseek] */
        off_t data = lseek(ram->fd, (off_t)at, SEEK_DATA);
        if (data < 0) {
            break;
        }
        at = (uint64_t)data & -(uint64_t)DEV_SNAP_CHUNK;
        guint n = (guint)MIN(ram->bytes - at, DEV_SNAP_CHUNK);
        if (!memcmp(ram->hva + at, zero, n)) {
            continue;
        }
        put_uint(a, index, 4);
        put_uint(a, at, 8);
        g_byte_array_append(a, ram->hva + at, n);
        if (!put_section(out, DEV_SNAP_PAGES, a, err)) {
            return FALSE;
        }
    }
    return TRUE;
}

gboolean dev_snap_save(DevBoard *b, GOutputStream *out, GError **err)
{
    g_autoptr(GByteArray) a = g_byte_array_new();

    g_assert(!dev_clock_running(b->clock));
    /* All before any: what one finishes may reach others. */
    for (guint i = 0; i < b->snaps->len; i++) {
        Dev *d = g_ptr_array_index(b->snaps, i);
        call_saving(d, d->obj.type);
    }
    g_byte_array_append(a, (const guint8 *)DEV_SNAP_MAGIC, 8);
    put_uint(a, DEV_SNAP_VERSION, 4);
    put_text(a, b->dev.obj.type->name);
    put_uint(a, (uint64_t)dev_clock_ns(b->clock), 8);
    put_uint(a, b->snaps->len, 4);
    put_uint(a, b->rams->len, 4);
    for (guint i = 0; i < b->rams->len; i++) {
        const DevRam *ram = g_ptr_array_index(b->rams, i);
        put_text(a, ram->name);
        put_uint(a, ram->bytes, 8);
    }
    if (!put_section(out, DEV_SNAP_HEAD, a, err)) {
        return FALSE;
    }
    for (guint i = 0; i < b->snaps->len; i++) {
        put_device(a, g_ptr_array_index(b->snaps, i));
        if (!put_section(out, DEV_SNAP_DEVICE, a, err)) {
            return FALSE;
        }
    }
    for (guint i = 0; i < b->rams->len; i++) {
        if (!save_ram(out, i, g_ptr_array_index(b->rams, i), a, err)) {
            return FALSE;
        }
    }
    return put_section(out, DEV_SNAP_DONE, a, err) && g_output_stream_flush(out, NULL, err);
}
