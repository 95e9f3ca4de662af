/* SPDX-License-Identifier: BSD-2-Clause */
/* Virtio entropy device.  [VIRTIO 5.4]  The bytes are the host's, or an object's. [man 2 getrandom] */
#include "dev/virtio/virtio.h"

#include "back/object/object.h"

#include <sys/random.h>

#define MOST 4096       /* bytes for one buffer: a driver that wants more asks again */

typedef struct Rng {
    SysVirtio v;
    Obj *rng;                   /* NULL: the host's generator */
} Rng;

static void kicked(SysVirtio *v, guint queue)
{
    SysVirtioBuf *b;
    guint8 bytes[MOST];

    /* One ring's worth, then the driver has to kick again: a kick ends. */
    for (guint i = 0; i < v->num[queue] && (b = sys_virtio_take(v, queue)); i++) {
        SysRng *rng = (SysRng *)((Rng *)v)->rng;
        gssize n = rng ? (gssize)sys_rng_read(rng, bytes, MIN(b->in_bytes, MOST))
                       : getrandom(bytes, MIN(b->in_bytes, MOST), GRND_NONBLOCK);
        gsize done = n > 0 ? sys_virtio_write(v, b, 0, bytes, (gsize)n) : 0;
        sys_virtio_give(v, queue, b, (guint32)done);
    }
    sys_virtio_tell(v, queue);
}

static const ObjProp props[] = {
    OBJ_PROP_LINK("rng", "The object that the bytes come from; without one, the host's generator.", Rng, rng,
                  &sys_rng_type),
    { 0 },
};

extern const SysVirtioType sys_virtio_rng;
const SysVirtioType sys_virtio_rng = {
    .dev = {
        .obj = { .name = "virtio-rng-device", .text = OBJ_TEXT("Virtio source of random bytes, from the host."),
                 .parent = &sys_virtio_type.obj, .size = sizeof(Rng), .props = props },
        .bus = &sys_virtio_bus_type.obj,
        .group = "virtio",
        .manual = "Virtual I/O Device version 1.2, section 5.4",
        .flags = DEV_USER,
    },
    .id = 4,
    .n_queues = 1,
    .kicked = kicked,
};
