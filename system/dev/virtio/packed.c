/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packed virtqueues.  [VIRTIO 2.8]
 *
 *     desc    num x { addr u64, len u32, id u16, flags u16 }; flags bit 7 AVAIL, bit 15 USED
 *     driver  what the driver wants to hear: off_wrap u16, flags u16
 *     device  what the device wants to hear: the same
 *
 * An entry is available when AVAIL is the taker's wrap counter and USED is not; used when both are the giver's.
 */
#include "dev/virtio/virtio.h"

#include <stdatomic.h>

enum { AVAIL = 1 << 7, USED = 1 << 15 };
enum { ENABLE = 0, DISABLE = 1, AT_ENTRY = 2 };     /* event flags [VIRTIO 2.8.14] */

static DevGpa entry(const SysVirtio *v, guint q, guint at)
{
    return v->desc[q] + 16 * (DevGpa)at;
}

static gboolean has(SysVirtio *v, guint q)
{
    guint16 flags = sys_virtio_get16(v, entry(v, q, v->avail_at[q]) + 14);
    gboolean avail = (flags & AVAIL) != 0, used = (flags & USED) != 0;

    atomic_thread_fence(memory_order_acquire);
    return avail == v->avail_wrap[q] && used != v->avail_wrap[q];
}

/* Moves a place in the ring on by n entries, n up to the size. */
static void advance(const SysVirtio *v, guint q, uint16_t *at, uint8_t *wrap, guint n)
{
    guint next = *at + n;

    if (next >= v->num[q]) {
        next -= v->num[q];
        *wrap ^= 1;
    }
    *at = (uint16_t)next;
}

/* [VIRTIO 2.8.8]: in a table every descriptor counts, and NEXT means nothing. */
static gboolean take_table(SysVirtio *v, SysVirtioBuf *b, const SysVirtioDesc *d)
{
    if (!(v->accepted >> SYS_VIRTIO_F_INDIRECT & 1) || (d->b & SYS_VIRTIO_NEXT) || b->parts->len ||
        !d->len || d->len % 16 || d->len / 16 > SYS_VIRTIO_QUEUE_MAX) {
        sys_virtio_broken(v, "a table of descriptors that is not allowed");
        return FALSE;
    }
    for (guint i = 0; i < d->len / 16; i++) {
        SysVirtioDesc x = sys_virtio_get_desc(v, d->gpa + 16 * (DevGpa)i);
        if (x.b & SYS_VIRTIO_IS_INDIRECT) {
            sys_virtio_broken(v, "a table in a table of descriptors");
        }
        if ((v->status & SYS_VIRTIO_NEEDS_RESET) ||
            !sys_virtio_buf_add(v, b, x.gpa, x.len, (x.b & SYS_VIRTIO_WRITE) != 0)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* The entries of one buffer follow each other; the last has its id. */
static gboolean walk(SysVirtio *v, guint q, SysVirtioBuf *b)
{
    uint16_t at = v->avail_at[q];
    uint8_t wrap = v->avail_wrap[q];

    for (guint n = 1; n <= v->num[q]; n++) {
        SysVirtioDesc d = sys_virtio_get_desc(v, entry(v, q, at));
        b->id = d.a;
        b->entries = (guint16)n;
        if (v->status & SYS_VIRTIO_NEEDS_RESET) {
            return FALSE;
        }
        if (d.b & SYS_VIRTIO_IS_INDIRECT) {
            return take_table(v, b, &d);
        }
        if (!sys_virtio_buf_add(v, b, d.gpa, d.len, (d.b & SYS_VIRTIO_WRITE) != 0)) {
            return FALSE;
        }
        if (!(d.b & SYS_VIRTIO_NEXT)) {
            return TRUE;
        }
        advance(v, q, &at, &wrap, 1);
    }
    sys_virtio_broken(v, "a chain of descriptors without end");
    return FALSE;
}

static SysVirtioBuf *take(SysVirtio *v, guint q)
{
    SysVirtioBuf *b = sys_virtio_buf_new();

    if (!walk(v, q, b)) {
        sys_virtio_buf_free(b);
        return NULL;
    }
    advance(v, q, &v->avail_at[q], &v->avail_wrap[q], b->entries);
    return b;
}

static void untake(SysVirtio *v, guint q, const SysVirtioBuf *b)
{
    guint at = v->avail_at[q];

    if (at < b->entries) {
        at += v->num[q];
        v->avail_wrap[q] ^= 1;
    }
    v->avail_at[q] = (uint16_t)(at - b->entries);
}

/* The flags go last: they make the entry the driver's. */
static void give(SysVirtio *v, guint q, const SysVirtioBuf *b, guint32 written)
{
    DevGpa at = entry(v, q, v->used_at[q]);
    guint16 flags = (v->used_wrap[q] ? AVAIL | USED : 0) | (b->n_in ? SYS_VIRTIO_WRITE : 0);

    sys_virtio_put16(v, at + 8, (guint16)written);
    sys_virtio_put16(v, at + 10, (guint16)(written >> 16));
    sys_virtio_put16(v, at + 12, b->id);
    atomic_thread_fence(memory_order_release);
    sys_virtio_put16(v, at + 14, flags);
    advance(v, q, &v->used_at[q], &v->used_wrap[q], b->entries);
}

/* [VIRTIO 2.8.14] With AT_ENTRY: if that entry lies among those given since we told last. */
static gboolean must_tell(SysVirtio *v, guint q)
{
    guint16 old = v->told_at[q], now = v->used_at[q];
    guint8 old_wrap = v->told_wrap[q];

    if (now == old && v->used_wrap[q] == old_wrap) {
        return FALSE;
    }
    v->told_at[q] = now;
    v->told_wrap[q] = v->used_wrap[q];
    atomic_thread_fence(memory_order_seq_cst);
    guint16 flags = sys_virtio_get16(v, v->driver[q] + 2) & 3;
    if (flags != AT_ENTRY || !(v->accepted >> SYS_VIRTIO_F_EVENT_IDX & 1)) {
        return flags != DISABLE;
    }
    guint16 event = sys_virtio_get16(v, v->driver[q]);
    guint num = v->num[q], place = event & 0x7fff, wrap = event >> 15;
    /* All on one line that is two laps long, beginning at the place we told last. */
    guint given = (now + (v->used_wrap[q] != old_wrap ? num : 0)) - old;
    guint wanted = place + (wrap != old_wrap ? num : 0);
    return place < num && wanted >= old && wanted - old < given;
}

const SysVirtioRing sys_virtio_packed = { has, take, untake, give, must_tell };
