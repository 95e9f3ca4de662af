/* SPDX-License-Identifier: BSD-2-Clause */
/* Virtio console with one port.  [VIRTIO 5.3]  The one with several, VIRTIO_CONSOLE_F_MULTIPORT, is virtio-serial.c. */
#include "dev/virtio/virtio.h"

#include "back/char/char.h"

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

/* --- to the host ----------------------------------------------------------------------------- */
/* Writes what is left of a buffer; FALSE if the back end is full. */
static gboolean send_rest(Console *c, const SysVirtioBuf *b)
{
    guint8 data[1024];
    gsize n;

    while ((n = sys_virtio_read(&c->v, b, c->sent, data, sizeof data)) > 0) {
        guint taken = c->chardev ? sys_char_write((SysChar *)c->chardev, data, (guint)n) : (guint)n;
        c->sent += taken;
        if (taken < n) {
            return FALSE;
        }
    }
    return TRUE;
}

static void transmit(Console *c)
{
    SysVirtioBuf *b;

    for (guint i = 0; i < c->v.num[TRANSMIT] && (b = sys_virtio_take(&c->v, TRANSMIT)); i++) {
        if (!send_rest(c, b)) {
            sys_virtio_untake(&c->v, TRANSMIT, b);
            break;
        }
        c->sent = 0;
        sys_virtio_give(&c->v, TRANSMIT, b, 0);
    }
    sys_virtio_tell(&c->v, TRANSMIT);
}

/* --- from the host --------------------------------------------------------------------------- */
static guint front_room(void *opaque)
{
    Console *c = opaque;
    SysVirtioBuf *b = sys_virtio_take(&c->v, RECEIVE);
    guint n = b ? (guint)MIN(b->in_bytes, 4096) : 0;

    if (b) {
        sys_virtio_untake(&c->v, RECEIVE, b);
    }
    return n;
}

static void front_input(void *opaque, const guint8 *data, guint n)
{
    Console *c = opaque;
    SysVirtioBuf *b = sys_virtio_take(&c->v, RECEIVE);

    /* The driver may have changed the ring since it was asked for room: the bytes are then lost. */
    if (b) {
        gsize done = sys_virtio_write(&c->v, b, 0, data, n);
        sys_virtio_give(&c->v, RECEIVE, b, (guint32)done);
        sys_virtio_tell(&c->v, RECEIVE);
    }
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
static void undo_chardev(Dev *d, void *data)
{
    sys_char_detach((SysChar *)((Console *)d)->chardev);
}

/* Another back end while the machine runs. */
static gboolean check_chardev(Obj *o, const ObjProp *p, const void *value, GError **err)
{
    return !o->frozen || sys_char_swap((SysChar *)((Console *)o)->chardev, *(SysChar *const *)value, &front, o, err);
}

static gboolean realize(Dev *d, GError **err)
{
    Console *c = (Console *)d;

    if (c->chardev && (!dev_step(d, "chardev", err) || !sys_char_attach((SysChar *)c->chardev, &front, c, err))) {
        return FALSE;
    }
    dev_defer(d, undo_chardev, NULL);
    return TRUE;
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
