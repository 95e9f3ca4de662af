/* SPDX-License-Identifier: BSD-2-Clause */
/* Queues of virtio consoles and serial ports, which carry bytes without bounds.  [VIRTIO 5.3.6]  Threads: the device
 * lock. */
#ifndef SYSTEM_DEV_VIRTIO_STREAM_H
#define SYSTEM_DEV_VIRTIO_STREAM_H

#include "back/char/char.h"
#include "dev/virtio/virtio.h"

/* Writes what the driver has put into a queue, until the back end takes no more; to NULL: it is lost.  *sent: how many
 * bytes of the first buffer are out already, kept by the caller, 0 at reset. */
void sys_virtio_stream_send(SysVirtio *v, guint queue, SysChar *to, uint32_t *sent);

/* How many bytes the driver takes in a queue now; and gives it some, which are lost if there is no buffer. */
guint sys_virtio_stream_room(SysVirtio *v, guint queue);
void sys_virtio_stream_input(SysVirtio *v, guint queue, const guint8 *data, guint n);

#endif
