/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Split virtqueues.  [VIRTIO 2.7]
 *
 *     desc    num x { addr u64, len u32, flags u16, next u16 }
 *     driver  flags u16, idx u16, num x head u16, used_event u16
 *     device  flags u16, idx u16, num x { id u32, len u32 }, avail_event u16
 */
#include "dev/virtio/virtio.h"

#include <stdatomic.h>

enum { NO_INTERRUPT = 1 };      /* driver flags [VIRTIO 2.7.7] */

static gboolean event_idx(const SysVirtio *v)
{
    return v->accepted >> SYS_VIRTIO_F_EVENT_IDX & 1;
}

static DevGpa used_event(const SysVirtio *v, guint q)
{
    return v->driver[q] + 4 + 2u * v->num[q];
}

static DevGpa avail_event(const SysVirtio *v, guint q)
{
    return v->device[q] + 4 + 8u * v->num[q];
}

static gboolean has(SysVirtio *v, guint q)
{
    guint16 idx = sys_virtio_get16(v, v->driver[q] + 2);
    guint16 waiting = (guint16)(idx - v->avail_at[q]);

    if (waiting > v->num[q]) {
        sys_virtio_broken(v, "more buffers are available than the ring has entries");
        return FALSE;
    }
    if (!waiting && event_idx(v)) {
        /* Tell us of the next; and look again, it may have come meanwhile. [VIRTIO 2.7.10] */
        sys_virtio_put16(v, avail_event(v, q), v->avail_at[q]);
        atomic_thread_fence(memory_order_seq_cst);
        waiting = (guint16)(sys_virtio_get16(v, v->driver[q] + 2) - v->avail_at[q]);
        if (waiting > v->num[q]) {
            sys_virtio_broken(v, "more buffers are available than the ring has entries");
            return FALSE;
        }
    }
    atomic_thread_fence(memory_order_acquire);
    return waiting != 0;
}

/* Follows a chain in a table of n descriptors from `at`.  n bounds its length, so that loops end. */
static gboolean walk(SysVirtio *v, SysVirtioBuf *b, DevGpa table, guint n, guint at, gboolean inner)
{
    for (guint steps = 0; steps < n; steps++) {
        if (at >= n) {
            sys_virtio_broken(v, "a descriptor that is not there");
            return FALSE;
        }
        SysVirtioDesc d = sys_virtio_get_desc(v, table + 16 * (DevGpa)at);
        if (v->status & SYS_VIRTIO_NEEDS_RESET) {
            return FALSE;
        }
        if (d.a & SYS_VIRTIO_IS_INDIRECT) {
            gboolean allowed =
                !inner && (v->accepted >> SYS_VIRTIO_F_INDIRECT & 1) && !(d.a & SYS_VIRTIO_NEXT);
            if (!allowed || !d.len || d.len % 16 || d.len / 16 > SYS_VIRTIO_QUEUE_MAX) {
                sys_virtio_broken(
                    v, "a table of descriptors that is not allowed"); /* [VIRTIO 2.7.5.3] */
                return FALSE;
            }
            return walk(v, b, d.gpa, d.len / 16, 0, TRUE);
        }
        if (!sys_virtio_buf_add(v, b, d.gpa, d.len, (d.a & SYS_VIRTIO_WRITE) != 0)) {
            return FALSE;
        }
        if (!(d.a & SYS_VIRTIO_NEXT)) {
            return TRUE;
        }
        at = d.b;
    }
    sys_virtio_broken(v, "a chain of descriptors without end");
    return FALSE;
}

static SysVirtioBuf *take(SysVirtio *v, guint q)
{
    guint16 head = sys_virtio_get16(v, v->driver[q] + 4 + 2u * (v->avail_at[q] % v->num[q]));
    SysVirtioBuf *b = sys_virtio_buf_new();

    b->id = head;
    b->entries = 1;
    if (!walk(v, b, v->desc[q], v->num[q], head, FALSE)) {
        sys_virtio_buf_free(b);
        return NULL;
    }
    v->avail_at[q]++;
    return b;
}

static void untake(SysVirtio *v, guint q, const SysVirtioBuf *b)
{
    v->avail_at[q]--;
}

static void give(SysVirtio *v, guint q, const SysVirtioBuf *b, guint32 written)
{
    DevGpa entry = v->device[q] + 4 + 8u * (v->used_at[q] % v->num[q]);

    sys_virtio_put16(v, entry, b->id);
    sys_virtio_put16(v, entry + 2, 0);
    sys_virtio_put16(v, entry + 4, (guint16)written);
    sys_virtio_put16(v, entry + 6, (guint16)(written >> 16));
    atomic_thread_fence(memory_order_release);
    sys_virtio_put16(v, v->device[q] + 2, ++v->used_at[q]);
}

/* [VIRTIO 2.7.7.2] With event indices: if the entry asked for lies among those given since we told last. */
static gboolean must_tell(SysVirtio *v, guint q)
{
    guint16 now = v->used_at[q], old = v->told_at[q];

    if (now == old) {
        return FALSE;
    }
    atomic_thread_fence(memory_order_seq_cst);
    if (!event_idx(v)) {
        v->told_at[q] = now;
        return !(sys_virtio_get16(v, v->driver[q]) & NO_INTERRUPT);
    }
    guint16 event = sys_virtio_get16(v, used_event(v, q));
    v->told_at[q] = now;
    return (guint16)(now - event - 1) < (guint16)(now - old);
}

const SysVirtioRing sys_virtio_split = { has, take, untake, give, must_tell };
