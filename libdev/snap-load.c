/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loading a machine.  The stream may come from anybody: every length is checked against what is there, and
 * device sections are judged completely before the first of them changes anything.
 */
#include "snap-stream.h"

#include "dev/clock.h"
#include "dev/irq.h"
#include "dev/ram.h"
#include "dev/reset.h"

#include <string.h>
#include <sys/mman.h>

/* A payload being read; short is set when it was not long enough. */
typedef struct Cursor {
    const guint8 *at;
    gsize left;
    gboolean is_short;
} Cursor;

typedef struct Section {
    guint32 kind;
    GByteArray *payload;
} Section;

typedef struct Load {
    DevBoard *b;
    GInputStream *in;
    GPtrArray *devices;         /* GByteArray of DEVICE payloads */
    GHashTable *seen;           /* Dev -> itself */
    int64_t clock_ns;
    guint n_devices;
    gboolean touched;           /* the machine has been changed */
} Load;

static gboolean refuse(GError **err, const char *fmt, ...) G_GNUC_PRINTF(2, 3);
static gboolean refuse(GError **err, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    g_autofree char *text = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    g_set_error(err, DEV_ERROR, DEV_ERROR_STATE, "saved machine: %s", text);
    return FALSE;
}

/* --- bytes ----------------------------------------------------------------------------------- */
static uint64_t take_uint(Cursor *c, guint width)
{
    uint64_t value = 0;

    if (c->left < width) {
        c->is_short = TRUE;
        c->left = 0;
        return 0;
    }
    memcpy(&value, c->at, width);
    c->at += width;
    c->left -= width;
    return GUINT64_FROM_LE(value);
}

/* To be freed; "" if there is none. Only printable ASCII survives: it goes into messages. */
static char *take_text(Cursor *c)
{
    gsize n = take_uint(c, 2);

    if (c->left < n) {
        c->is_short = TRUE;
        c->left = 0;
        return g_strdup("");
    }
    if (n == 0) {               /* c->at is NULL if there is no payload at all */
        return g_strdup("");
    }
    char *s = g_strndup((const char *)c->at, n);
    for (char *p = s; *p; p++) {
        *p = g_ascii_isprint(*p) ? *p : '?';
    }
    c->at += n;
    c->left -= n;
    return s;
}

static gboolean read_bytes(GInputStream *in, void *buf, gsize n, GError **err)
{
    gsize done = 0;

    if (!g_input_stream_read_all(in, buf, n, &done, NULL, err)) {
        return FALSE;
    }
    return done == n || refuse(err, "the stream ends too early");
}

static void clear_section(Section *s)
{
    g_clear_pointer(&s->payload, g_byte_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Section, clear_section)

/* Grows as bytes really come, so that a lie about the length costs nothing. */
static gboolean read_section(Load *l, Section *s, GError **err)
{
    guint32 head[2], crc;

    if (!read_bytes(l->in, head, 8, err)) {
        return FALSE;
    }
    s->kind = GUINT32_FROM_LE(head[0]);
    gsize left = GUINT32_FROM_LE(head[1]);
    if (left > DEV_SNAP_LONGEST) {
        return refuse(err, "a section of %" G_GSIZE_FORMAT " bytes is too long", left);
    }
    s->payload = g_byte_array_new();
    while (left) {
        guint n = (guint)MIN(left, DEV_SNAP_CHUNK), at = s->payload->len;
        g_byte_array_set_size(s->payload, at + n);
        if (!read_bytes(l->in, s->payload->data + at, n, err)) {
            return FALSE;
        }
        left -= n;
    }
    if (!read_bytes(l->in, &crc, 4, err)) {
        return FALSE;
    }
    return crc == dev_snap_crc(head, s->payload) || refuse(err, "a section is damaged (checksum)");
}

/* --- HEAD ------------------------------------------------------------------------------------ */
static gboolean check_rams(Load *l, Cursor *c, GError **err)
{
    guint n = (guint)take_uint(c, 4);

    if (n != l->b->rams->len) {
        return refuse(err, "it has %u RAMs, this machine has %u", n, l->b->rams->len);
    }
    for (guint i = 0; i < n; i++) {
        const DevRam *ram = g_ptr_array_index(l->b->rams, i);
        g_autofree char *name = take_text(c);
        uint64_t bytes = take_uint(c, 8);
        if (strcmp(name, ram->name) || bytes != ram->bytes) {
            return refuse(err,
                          "RAM %u is '%s' of %" G_GUINT64_FORMAT
                          " bytes, here '%s' of %" G_GUINT64_FORMAT,
                          i, name, bytes, ram->name, ram->bytes);
        }
    }
    return TRUE;
}

static gboolean read_head(Load *l, GError **err)
{
    g_auto(Section) s = { 0 };

    if (!read_section(l, &s, err)) {
        return FALSE;
    }
    Cursor c = { s.payload->data, s.payload->len, FALSE };
    if (s.kind != DEV_SNAP_HEAD || c.left < 12 || memcmp(c.at, DEV_SNAP_MAGIC, 8)) {
        return refuse(err, "this is no saved machine");
    }
    take_uint(&c, 8);
    guint version = (guint)take_uint(&c, 4);
    if (version != DEV_SNAP_VERSION) {
        return refuse(err, "its format has version %u, this program reads version %u", version,
                      DEV_SNAP_VERSION);
    }
    g_autofree char *board = take_text(&c);
    if (strcmp(board, l->b->dev.obj.type->name)) {
        return refuse(err, "it is of a '%s', this machine is a '%s'", board,
                      l->b->dev.obj.type->name);
    }
    l->clock_ns = (int64_t)take_uint(&c, 8);
    l->n_devices = (guint)take_uint(&c, 4);
    if (l->clock_ns < 0 || l->clock_ns > INT64_MAX / 2) {
        return refuse(err, "its clock is out of range");
    }
    if (!check_rams(l, &c, err)) {
        return FALSE;
    }
    return (!c.is_short && !c.left) || refuse(err, "its head has a wrong length");
}

/* --- DEVICE ---------------------------------------------------------------------------------- */
static const DevField *find_field(const Dev *d, const char *name)
{
    for (const DevType *t = dev_type_of(d); t; t = dev_type_cast(t->obj.parent)) {
        for (const DevField *f = t->fields; f && f->name; f++) {
            if (!strcmp(f->name, name) && !(f->flags & DEV_FIELD_LOCAL)) {
                return f;
            }
        }
    }
    return NULL;
}

/* One field: judged, or applied if that is asked for. */
static gboolean one_field(Dev *d, Cursor *c, guint version, GHashTable *fields, gboolean apply,
                          GError **err)
{
    g_autofree char *name = take_text(c);
    guint width = (guint)take_uint(c, 1), count = (guint)take_uint(c, 4);
    const DevField *f = find_field(d, name);

    if (!f) {
        return refuse(err, "%s has a state '%s' that this program does not know", d->obj.name,
                      name);
    }
    if (f->width != width || f->count != count || MAX(f->since, 1) > version) {
        return refuse(err, "%s: state '%s' is %u values of %u bytes, here %u of %u", d->obj.name,
                      name, count, width, f->count, f->width);
    }
    if (!g_hash_table_add(fields, (gpointer)f)) {
        return refuse(err, "%s: state '%s' is there twice", d->obj.name, name);
    }
    for (guint i = 0; i < count; i++) {
        uint64_t value = take_uint(c, width);
        if (f->max && value > f->max) {
            return refuse(err,
                          "%s: state '%s' is %" G_GUINT64_FORMAT ", at most %" G_GUINT64_FORMAT
                          " is possible",
                          d->obj.name, name, value, f->max);
        }
        if ((f->flags & DEV_FIELD_TIMER) && (int64_t)value < 0) {
            return refuse(err, "%s: timer '%s' is due before the machine began", d->obj.name, name);
        }
        if (apply) {
            dev_field_set(d, f, i, value);
        }
    }
    return TRUE;
}

static gboolean one_row(Dev *d, Cursor *c, guint at, gboolean apply, GError **err)
{
    g_autofree char *name = take_text(c);
    guint n = (guint)take_uint(c, 4), outs = 0;
    DevPinGroup *g = NULL;

    for (guint i = 0; i < d->pins->len && !g; i++) {
        DevPinGroup *x = g_ptr_array_index(d->pins, i);
        g = x->out && outs++ == at ? x : NULL;
    }
    if (!g || strcmp(g->row->name, name) || g->row->n != n) {
        return refuse(err, "%s has outputs '%s' that do not fit", d->obj.name, name);
    }
    for (guint i = 0; i < n; i++) {
        gboolean level = take_uint(c, 1) != 0;
        if (apply) {
            dev_irq_restore(&g->out[i], level);
        }
    }
    return TRUE;
}

/* Fields that came with a later version than the stream's get their reset values; others must be there. */
static gboolean absent_fields(Dev *d, guint version, GHashTable *fields, gboolean apply,
                              GError **err)
{
    for (const DevType *t = dev_type_of(d); t; t = dev_type_cast(t->obj.parent)) {
        for (const DevField *f = t->fields; f && f->name; f++) {
            if ((f->flags & DEV_FIELD_LOCAL) || g_hash_table_contains(fields, f)) {
                continue;
            }
            if (MAX(f->since, 1) <= version) {
                return refuse(err, "%s: state '%s' is missing", d->obj.name, f->name);
            }
            if (apply) {
                dev_field_reset(d, f);
            }
        }
    }
    return TRUE;
}

static guint output_rows(const Dev *d)
{
    guint n = 0;

    for (guint i = 0; i < d->pins->len; i++) {
        n += ((DevPinGroup *)g_ptr_array_index(d->pins, i))->out != NULL;
    }
    return n;
}

static Dev *find_device(Load *l, Cursor *c, GError **err)
{
    g_autofree char *path = take_text(c), *type = take_text(c);
    Obj *o = *path == '/' ? obj_resolve(l->b->root, path, &dev_type.obj, NULL) : NULL;
    Dev *d = (Dev *)o;

    if (!d || d->state != DEV_LIVE || dev_board(d) != l->b) {
        refuse(err, "it has a device '%s' (%s) that this machine has not", path, type);
        return NULL;
    }
    if (strcmp(type, o->type->name)) {
        refuse(err, "'%s' is a %s, here a %s", path, type, o->type->name);
        return NULL;
    }
    return d;
}

static gboolean one_device(Load *l, GByteArray *payload, gboolean apply, Dev **device, GError **err)
{
    g_autoptr(GHashTable) fields = g_hash_table_new(NULL, NULL);
    Cursor c = { payload->data, payload->len, FALSE };
    Dev *d = *device = find_device(l, &c, err);

    if (!d) {
        return FALSE;
    }
    guint version = (guint)take_uint(&c, 4), known = MAX(dev_type_of(d)->version, 1);
    if (version < 1 || version > known) {
        return refuse(err,
                      "%s has state of version %u, this program knows up to %u; use a newer one",
                      d->obj.name, version, known);
    }
    guint n = (guint)take_uint(&c, 4), rows = (guint)take_uint(&c, 4);
    for (guint i = 0; i < n && !c.is_short; i++) {
        if (!one_field(d, &c, version, fields, apply, err)) {
            return FALSE;
        }
    }
    if (!c.is_short && rows != output_rows(d)) {
        return refuse(err, "%s has %u rows of outputs, here %u", d->obj.name, rows, output_rows(d));
    }
    for (guint i = 0; i < rows && !c.is_short; i++) {
        if (!one_row(d, &c, i, apply, err)) {
            return FALSE;
        }
    }
    if (c.is_short || c.left) {
        return refuse(err, "%s: its section has a wrong length", d->obj.name);
    }
    return absent_fields(d, version, fields, apply, err);
}

static gboolean read_devices(Load *l, GError **err)
{
    for (guint i = 0; i < l->n_devices; i++) {
        g_auto(Section) s = { 0 };
        Dev *d;
        if (!read_section(l, &s, err)) {
            return FALSE;
        }
        if (s.kind != DEV_SNAP_DEVICE) {
            return refuse(err, "a section is out of order");
        }
        if (!one_device(l, s.payload, FALSE, &d, err)) {
            return FALSE;
        }
        if (!g_hash_table_add(l->seen, d)) {
            return refuse(err, "%s is there twice", d->obj.name);
        }
        g_ptr_array_add(l->devices, g_steal_pointer(&s.payload));
    }
    for (guint i = 0; i < l->b->snaps->len; i++) {
        Dev *d = g_ptr_array_index(l->b->snaps, i);
        if (!g_hash_table_contains(l->seen, d)) {
            return refuse(err, "it has no state for %s (%s)", d->obj.name, d->obj.type->name);
        }
    }
    return TRUE;
}

/* --- PAGES ----------------------------------------------------------------------------------- */
static gboolean one_chunk(Load *l, GByteArray *payload, GError **err)
{
    Cursor c = { payload->data, payload->len, FALSE };
    guint index = (guint)take_uint(&c, 4);
    uint64_t at = take_uint(&c, 8);

    if (c.is_short || index >= l->b->rams->len) {
        return refuse(err, "pages of a RAM that is not there");
    }
    DevRam *ram = g_ptr_array_index(l->b->rams, index);
    if (at > ram->bytes || c.left > ram->bytes - at) {
        return refuse(err, "pages outside RAM '%s'", ram->name);
    }
    memcpy(ram->hva + at, c.at, c.left);
    return TRUE;
}

static gboolean read_ram(Load *l, GError **err)
{
    gboolean done = FALSE;

    l->touched = TRUE;
    for (guint i = 0; i < l->b->rams->len; i++) {
        DevRam *ram = g_ptr_array_index(l->b->rams, i);
        if (madvise(ram->hva, ram->bytes, MADV_REMOVE) < 0) {
            memset(ram->hva, 0, ram->bytes);
        }
        dev_ram_mark(ram, 0, ram->bytes);
    }
    while (!done) {
        g_auto(Section) s = { 0 };
        if (!read_section(l, &s, err)) {
            return FALSE;
        }
        done = s.kind == DEV_SNAP_DONE;
        if (!done && s.kind != DEV_SNAP_PAGES) {
            return refuse(err, "a section is out of order");
        }
        if (!done && !one_chunk(l, s.payload, err)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* --- applying -------------------------------------------------------------------------------- */
static gboolean call_loaded(Dev *d, const ObjType *ot, GError **err)
{
    const DevType *t = dev_type_cast(ot);

    return !t || (call_loaded(d, ot->parent, err) && (!t->loaded || t->loaded(d, err)));
}

static gboolean apply(Load *l, GError **err)
{
    Dev *d;

    dev_clock_set(l->b->clock, l->clock_ns);
    for (guint i = 0; i < l->devices->len; i++) {
        if (!one_device(l, g_ptr_array_index(l->devices, i), TRUE, &d, err)) {
            return FALSE;
        }
    }
    for (guint i = 0; i < l->b->snaps->len; i++) {
        d = g_ptr_array_index(l->b->snaps, i);
        if (!call_loaded(d, d->obj.type, err)) {
            return FALSE;
        }
    }
    return TRUE;
}

gboolean dev_snap_load(DevBoard *b, GInputStream *in, GError **err)
{
    g_autoptr(GPtrArray) devices =
        g_ptr_array_new_with_free_func((GDestroyNotify)g_byte_array_unref);
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    Load l = { .b = b, .in = in, .devices = devices, .seen = seen };

    g_assert(b->dev.state == DEV_LIVE && !dev_clock_running(b->clock));
    if (read_head(&l, err) && read_devices(&l, err) && read_ram(&l, err) && apply(&l, err)) {
        return TRUE;
    }
    if (l.touched) {
        dev_reset(&b->dev, DEV_RESET_COLD);
        g_prefix_error(err, "the machine was reset: ");
    }
    return FALSE;
}
