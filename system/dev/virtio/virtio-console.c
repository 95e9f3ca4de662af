/* SPDX-License-Identifier: BSD-2-Clause */
/* Virtio console with one port.  [VIRTIO 5.3]  The one with several, VIRTIO_CONSOLE_F_MULTIPORT, is virtio-serial.c. */
#include "dev/virtio/stream.h"

enum { RECEIVE, TRANSMIT };

typedef struct Console {
    SysVirtio v;
    Obj *chardev;
    uint32_t sent;              /* bytes of the next buffer that are out already */
} Console;

static const DevField fields[] = {
    DEV_FIELD("sent", "Bytes of the buffer being sent that are out already.", Console, sent, 0),
    { 0 },
};

/* --- bytes ----------------------------------------------------------------------------------- */
static void transmit(Console *c)
{
    sys_virtio_stream_send(&c->v, TRANSMIT, (SysChar *)c->chardev, &c->sent);
}

static guint front_room(void *opaque)
{
    return sys_virtio_stream_room(&((Console *)opaque)->v, RECEIVE);
}

static void front_input(void *opaque, const guint8 *data, guint n)
{
    sys_virtio_stream_input(&((Console *)opaque)->v, RECEIVE, data, n);
}

static void front_writable(void *opaque)
{
    transmit(opaque);
}

static const SysCharFront front = { front_room, front_input, front_writable, NULL };

static void kicked(SysVirtio *v, guint queue)
{
    Console *c = (Console *)v;

    if (queue == TRANSMIT) {
        transmit(c);
    } else if (c->chardev) {
        sys_char_more((SysChar *)c->chardev);
    }
}

/* --- life ------------------------------------------------------------------------------------ */
/* Another back end while the machine runs. */
static gboolean check_chardev(Obj *o, const ObjProp *p, const void *value, GError **err)
{
    return !o->frozen || sys_char_swap((SysChar *)((Console *)o)->chardev, *(SysChar *const *)value, &front, o, err);
}

static gboolean realize(Dev *d, GError **err)
{
    return sys_char_realize(d, &((Console *)d)->chardev, &front, err);
}

static const ObjProp props[] = {
    OBJ_PROP_LINK("chardev", "The back end; without one, bytes sent are lost.", Console, chardev, &sys_char_type,
                  .flags = OBJ_LIVE, .check = check_chardev),
    { 0 },
};

extern const SysVirtioType sys_virtio_console;
const SysVirtioType sys_virtio_console = {
    .dev = {
        .obj = { .name = "virtio-console-device", .text = OBJ_TEXT("Virtio console with one port."),
                 .parent = &sys_virtio_type.obj, .size = sizeof(Console), .props = props },
        .bus = &sys_virtio_bus_type.obj,
        .group = "virtio",
        .manual = "Virtual I/O Device version 1.2, section 5.3",
        .flags = DEV_USER,
        .fields = fields,
        .realize = realize,
    },
    .id = 3,
    .n_queues = 2,
    .kicked = kicked,
};
