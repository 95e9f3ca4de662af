/* SPDX-License-Identifier: BSD-2-Clause */
/* What all virtio devices share: status, features, buffers. [VIRTIO 2] */
#include "dev/virtio/virtio.h"

#include "base/log.h"

#include <string.h>

static const SysVirtioType *type_of(const SysVirtio *v)
{
    return (const SysVirtioType *)v->dev.obj.type;
}

static const SysVirtioRing *ring_of(const SysVirtio *v)
{
    return v->accepted >> SYS_VIRTIO_F_PACKED & 1 ? &sys_virtio_packed : &sys_virtio_split;
}

static DevSpace *space(const SysVirtio *v)
{
    return v->dev.bus->space;
}

guint sys_virtio_queues(const SysVirtio *v)
{
    return type_of(v)->n_queues;
}

/* --- guest memory ---------------------------------------------------------------------------- */
guint16 sys_virtio_get16(SysVirtio *v, DevGpa gpa)
{
    uint64_t value;

    if (dev_mem_load(space(v), gpa, 2, &value) != DEV_TX_OK) {
        sys_virtio_broken(v, "a ring lies outside memory");
    }
    return (guint16)value;
}

void sys_virtio_put16(SysVirtio *v, DevGpa gpa, guint16 value)
{
    if (dev_mem_store(space(v), gpa, 2, value) != DEV_TX_OK) {
        sys_virtio_broken(v, "a ring lies outside memory");
    }
}

SysVirtioDesc sys_virtio_get_desc(SysVirtio *v, DevGpa gpa)
{
    struct {
        guint64 gpa;
        guint32 len;
        guint16 a, b;
    } d;

    if (dev_mem_read(space(v), gpa, &d, sizeof d) != DEV_TX_OK) {
        sys_virtio_broken(v, "a descriptor lies outside memory");
    }
    return (SysVirtioDesc){ GUINT64_FROM_LE(d.gpa), GUINT32_FROM_LE(d.len), GUINT16_FROM_LE(d.a),
                            GUINT16_FROM_LE(d.b) };
}

/* --- buffers --------------------------------------------------------------------------------- */
SysVirtioBuf *sys_virtio_buf_new(void)
{
    SysVirtioBuf *b = g_new0(SysVirtioBuf, 1);

    b->parts = g_array_new(FALSE, FALSE, sizeof(SysVirtioPart));
    return b;
}

void sys_virtio_buf_free(SysVirtioBuf *b)
{
    g_array_unref(b->parts);
    g_free(b);
}

gboolean sys_virtio_buf_add(SysVirtio *v, SysVirtioBuf *b, guint64 gpa, guint32 len, gboolean in)
{
    SysVirtioPart part = { gpa, len };
    const char *why = NULL;

    if (!in && b->n_in) {
        why = "a readable part after a writable one";       /* [VIRTIO 2.7.4.2] */
    } else if (b->parts->len >= SYS_VIRTIO_QUEUE_MAX) {
        why = "a buffer of too many parts";
    } else if (b->out_bytes + b->in_bytes + len > G_MAXUINT32) {
        why = "a buffer of 4 GiB or more";                  /* [VIRTIO 2.7.5.1] */
    }
    if (why) {
        sys_virtio_broken(v, why);
        return FALSE;
    }
    g_array_append_val(b->parts, part);
    if (in) {
        b->n_in++;
        b->in_bytes += len;
    } else {
        b->n_out++;
        b->out_bytes += len;
    }
    return TRUE;
}

/* Moves bytes between data and the parts [first, first+n). */
static gsize copy(SysVirtio *v, const SysVirtioBuf *b, guint first, guint n, gsize offset,
                  guint8 *data, gsize len, gboolean to_guest)
{
    gsize done = 0;

    for (guint i = first; i < first + n && done < len; i++) {
        const SysVirtioPart *p = &g_array_index(b->parts, SysVirtioPart, i);
        if (offset >= p->len) {
            offset -= p->len;
            continue;
        }
        gsize piece = MIN(p->len - offset, len - done);
        DevTx tx = to_guest ? dev_mem_write(space(v), p->gpa + offset, data + done, piece)
                            : dev_mem_read(space(v), p->gpa + offset, data + done, piece);
        if (tx != DEV_TX_OK) {
            sys_virtio_broken(v, "a buffer lies outside memory");
            return done;
        }
        done += piece;
        offset = 0;
    }
    return done;
}

gsize sys_virtio_read(SysVirtio *v, const SysVirtioBuf *b, gsize offset, void *data, gsize n)
{
    return copy(v, b, 0, b->n_out, offset, data, n, FALSE);
}

gsize sys_virtio_write(SysVirtio *v, const SysVirtioBuf *b, gsize offset, const void *data, gsize n)
{
    return copy(v, b, b->n_out, b->n_in, offset, (guint8 *)data, n, TRUE);
}

/* --- queues ---------------------------------------------------------------------------------- */
static gboolean is_usable(const SysVirtio *v, guint queue)
{
    return v->dev.state == DEV_LIVE && queue < sys_virtio_queues(v) && v->ready[queue] &&
           (v->status & SYS_VIRTIO_DRIVER_OK) && !(v->status & SYS_VIRTIO_NEEDS_RESET);
}

gboolean sys_virtio_has(SysVirtio *v, guint queue)
{
    return is_usable(v, queue) && ring_of(v)->has(v, queue);
}

SysVirtioBuf *sys_virtio_take(SysVirtio *v, guint queue)
{
    if (!sys_virtio_has(v, queue) || !is_usable(v, queue)) {
        return NULL;
    }
    SysVirtioBuf *b = ring_of(v)->take(v, queue);
    if (b && (v->status & SYS_VIRTIO_NEEDS_RESET)) {
        g_clear_pointer(&b, sys_virtio_buf_free);
    }
    return b;
}

void sys_virtio_untake(SysVirtio *v, guint queue, SysVirtioBuf *b)
{
    if (is_usable(v, queue)) {
        ring_of(v)->untake(v, queue, b);
    }
    sys_virtio_buf_free(b);
}

void sys_virtio_give(SysVirtio *v, guint queue, SysVirtioBuf *b, guint32 written)
{
    if (is_usable(v, queue)) {
        ring_of(v)->give(v, queue, b, written);
    }
    sys_virtio_buf_free(b);
}

static void interrupt(SysVirtio *v, guint queue)
{
    SysVirtioBus *bus = (SysVirtioBus *)v->dev.bus;

    bus->interrupt(bus->bus.owner, queue);
}

void sys_virtio_tell(SysVirtio *v, guint queue)
{
    if (is_usable(v, queue) && ring_of(v)->must_tell(v, queue)) {
        interrupt(v, queue);
    }
}

void sys_virtio_config_changed(SysVirtio *v)
{
    if (v->dev.state == DEV_LIVE && (v->status & SYS_VIRTIO_DRIVER_OK)) {
        interrupt(v, SYS_VIRTIO_CONFIG);
    }
}

void sys_virtio_broken(SysVirtio *v, const char *why)
{
    if (v->status & SYS_VIRTIO_NEEDS_RESET) {
        return;
    }
    log_guest_error("%s: %s; it needs a reset\n", v->dev.obj.type->name, why);
    v->status |= SYS_VIRTIO_NEEDS_RESET;
    sys_virtio_config_changed(v);
}

/* --- the transport's side -------------------------------------------------------------------- */
SysVirtio *sys_virtio_of(SysVirtioBus *bus)
{
    Dev *d = bus->bus.devs->len ? g_ptr_array_index(bus->bus.devs, 0) : NULL;

    return d && d->state == DEV_LIVE ? (SysVirtio *)d : NULL;
}

void sys_virtio_accept(SysVirtio *v, guint64 features)
{
    if (!(v->status & SYS_VIRTIO_FEATURES_OK)) {
        v->accepted = features;
    }
}

void sys_virtio_set_status(SysVirtio *v, guint8 status)
{
    if (!status) {
        if (type_of(v)->driver_reset) {
            type_of(v)->driver_reset(v);
        }
        dev_snap_reset_fields(&v->dev);
        return;
    }
    if (status & (guint8)~v->status & SYS_VIRTIO_FEATURES_OK) {
        gboolean good = !(v->accepted & ~v->offered) && (v->accepted >> SYS_VIRTIO_F_VERSION_1 & 1);
        status &= good ? 0xff : (guint8)~SYS_VIRTIO_FEATURES_OK;    /* [VIRTIO 3.1.1] step 5 */
    }
    gboolean begins = (status & (guint8)~v->status & SYS_VIRTIO_DRIVER_OK) != 0;
    v->status = (guint8)(status | (v->status & SYS_VIRTIO_NEEDS_RESET));
    if (begins && type_of(v)->started) {
        type_of(v)->started(v);
    }
}

/* Alignment is the driver's duty [VIRTIO 2.7, 2.8.10.1]; numbers of entries are powers of two if split. */
static gboolean is_sound(const SysVirtio *v, guint q)
{
    gboolean packed = v->accepted >> SYS_VIRTIO_F_PACKED & 1;

    return v->num[q] && v->num[q] <= v->queue_size && (packed || !(v->num[q] & (v->num[q] - 1))) &&
           v->desc[q] % 16 == 0 && v->driver[q] % (packed ? 4 : 2) == 0 && v->device[q] % 4 == 0;
}

void sys_virtio_set_ready(SysVirtio *v, guint q, gboolean ready)
{
    if (q >= sys_virtio_queues(v)) {
        return;
    }
    if (ready && !is_sound(v, q)) {
        sys_virtio_broken(v, "a queue of wrong size or alignment");
        return;
    }
    v->ready[q] = ready != 0;
    v->avail_at[q] = v->used_at[q] = v->told_at[q] = 0;
    v->avail_wrap[q] = v->used_wrap[q] = v->told_wrap[q] = 1;   /* [VIRTIO 2.8.1] */
}

void sys_virtio_write_config(SysVirtio *v, guint64 at, guint32 value, guint size)
{
    if (type_of(v)->set_config && size <= 4 && at + size <= type_of(v)->config_bytes) {
        type_of(v)->set_config(v, (guint)at, value, size);
    }
}

void sys_virtio_kick(SysVirtio *v, guint queue)
{
    if (is_usable(v, queue)) {
        type_of(v)->kicked(v, queue);
    }
}

/* --- the types ------------------------------------------------------------------------------- */
static gboolean realize(Dev *d, GError **err)
{
    SysVirtio *v = (SysVirtio *)d;

    g_assert(type_of(v)->n_queues <= SYS_VIRTIO_QUEUES);
    if (v->queue_size & (v->queue_size - 1)) {
        return dev_fail(d, err, "queue-size=%u: must be a power of two", v->queue_size);
    }
    v->offered = type_of(v)->features | UINT64_C(1) << SYS_VIRTIO_F_VERSION_1 |
                 (guint64)v->indirect << SYS_VIRTIO_F_INDIRECT |
                 (guint64)v->event_idx << SYS_VIRTIO_F_EVENT_IDX |
                 (guint64)v->packed << SYS_VIRTIO_F_PACKED;
    return TRUE;
}

static void reset_enter(Dev *d, DevResetKind kind)
{
    if (type_of((SysVirtio *)d)->driver_reset) {
        type_of((SysVirtio *)d)->driver_reset((SysVirtio *)d);
    }
}

static gboolean loaded(Dev *d, GError **err)
{
    SysVirtio *v = (SysVirtio *)d;

    if (v->accepted & ~v->offered) {
        return dev_fail(d, err,
                        "saved state has features 0x%" G_GINT64_MODIFIER
                        "x, offered are 0x%" G_GINT64_MODIFIER "x",
                        v->accepted, v->offered);
    }
    for (guint q = 0; q < SYS_VIRTIO_QUEUES; q++) {
        gboolean packed = v->accepted >> SYS_VIRTIO_F_PACKED & 1;
        if (v->ready[q] &&
            (q >= sys_virtio_queues(v) || !is_sound(v, q) ||
             (packed && (v->avail_at[q] >= v->num[q] || v->used_at[q] >= v->num[q])))) {
            return dev_fail(d, err, "saved state has a queue %u that cannot be", q);
        }
    }
    return TRUE;
}

static const ObjProp props[] = {
    OBJ_PROP_BOOL("indirect_desc", "Offer buffers described by tables elsewhere.", SysVirtio, indirect, TRUE),
    OBJ_PROP_BOOL("event_idx", "Offer to be told at which entry the other side wants to hear.", SysVirtio, event_idx,
                  TRUE),
    OBJ_PROP_BOOL("packed", "Offer rings of the packed form.", SysVirtio, packed, FALSE),
    OBJ_PROP_UINT("queue-size", "The most entries of a queue; a power of two.", SysVirtio, queue_size, 256, 2,
                  SYS_VIRTIO_QUEUE_MAX),
    { 0 },
};

static const DevField fields[] = {
    DEV_FIELD("accepted", "Features that the driver has accepted.", SysVirtio, accepted, 0),
    DEV_FIELD("status", "Device status.", SysVirtio, status, 0),
    DEV_FIELD_ARRAY("num", "Entries of each queue.", SysVirtio, num, 0, .max = SYS_VIRTIO_QUEUE_MAX),
    DEV_FIELD_ARRAY("ready", "Whether a queue is in use.", SysVirtio, ready, 0, .max = 1),
    DEV_FIELD_ARRAY("desc", "Address of the descriptors.", SysVirtio, desc, 0),
    DEV_FIELD_ARRAY("driver", "Address of the driver's area.", SysVirtio, driver, 0),
    DEV_FIELD_ARRAY("device", "Address of the device's area.", SysVirtio, device, 0),
    DEV_FIELD_ARRAY("avail-at", "Next entry to be taken.", SysVirtio, avail_at, 0),
    DEV_FIELD_ARRAY("used-at", "Next entry to be given.", SysVirtio, used_at, 0),
    DEV_FIELD_ARRAY("avail-wrap", "Wrap counter of taking.", SysVirtio, avail_wrap, 1, .max = 1),
    DEV_FIELD_ARRAY("used-wrap", "Wrap counter of giving.", SysVirtio, used_wrap, 1, .max = 1),
    DEV_FIELD_ARRAY("told-at", "Entry given when the driver was last interrupted.", SysVirtio, told_at, 0),
    DEV_FIELD_ARRAY("told-wrap", "Wrap counter of that.", SysVirtio, told_wrap, 1, .max = 1),
    { 0 },
};

const DevType sys_virtio_type = {
    .obj = { .name = "virtio-device", .text = OBJ_TEXT("A device by which guests know that they are guests."),
             .parent = &dev_type.obj, .size = sizeof(SysVirtio), .abstract = TRUE, .props = props },
    .bus = &sys_virtio_bus_type.obj,
    .group = "virtio",
    .fields = fields,
    .realize = realize,
    .reset_enter = reset_enter,
    .loaded = loaded,
};

const DevBusType sys_virtio_bus_type = {
    .obj = { .name = "virtio-bus", .text = OBJ_TEXT("Joins one virtio device to its transport."),
             .parent = &dev_bus_type, .size = sizeof(SysVirtioBus) },
    .max = 1,
    .hotplug_none = "its transport is part of the board",
};
