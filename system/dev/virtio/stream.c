/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes between back ends and the queues of virtio consoles and serial ports.  [VIRTIO 5.3.6] */
#include "dev/virtio/stream.h"

#define ROOM_MOST 4096u

/* Writes what is left of a buffer; FALSE if the back end is full. */
static gboolean send_rest(SysVirtio *v, const SysVirtioBuf *b, SysChar *to, uint32_t *sent)
{
    guint8 data[1024];
    gsize n;

    while ((n = sys_virtio_read(v, b, *sent, data, sizeof data)) > 0) {
        guint taken = to ? sys_char_write(to, data, (guint)n) : (guint)n;
        *sent += taken;
        if (taken < n) {
            return FALSE;
        }
    }
    return TRUE;
}

void sys_virtio_stream_send(SysVirtio *v, guint queue, SysChar *to, uint32_t *sent)
{
    SysVirtioBuf *b;

    for (guint i = 0; i < v->num[queue] && (b = sys_virtio_take(v, queue)); i++) {
        if (!send_rest(v, b, to, sent)) {
            sys_virtio_untake(v, queue, b);
            break;
        }
        *sent = 0;
        sys_virtio_give(v, queue, b, 0);
    }
    sys_virtio_tell(v, queue);
}

guint sys_virtio_stream_room(SysVirtio *v, guint queue)
{
    SysVirtioBuf *b = sys_virtio_take(v, queue);
    guint n = b ? (guint)MIN(b->in_bytes, ROOM_MOST) : 0;

    if (b) {
        sys_virtio_untake(v, queue, b);
    }
    return n;
}

void sys_virtio_stream_input(SysVirtio *v, guint queue, const guint8 *data, guint n)
{
    SysVirtioBuf *b = sys_virtio_take(v, queue);

    /* The driver may have changed the ring since it was asked for room: the bytes are then lost. */
    if (b) {
        gsize done = sys_virtio_write(v, b, 0, data, n);
        sys_virtio_give(v, queue, b, (guint32)done);
        sys_virtio_tell(v, queue);
    }
}
