/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio serial device: a console device with several ports, which sit on its bus.  [VIRTIO 5.3]
 *
 * What the driver has to be told of a port is a set of bits, sent in one order as the driver gives buffers for it, so
 * that nothing but the set waits.  A driver that has not accepted VIRTIO_CONSOLE_F_MULTIPORT has port 0 alone.
 */
#include "dev/virtio/serial.h"
#include "dev/virtio/stream.h"

#include "dev/board.h"

#include <string.h>

enum { F_MULTIPORT = 1 };
enum { CONTROL_RECEIVE = 2, CONTROL_TRANSMIT = 3 };
enum { DEVICE_READY, PORT_ADD, PORT_REMOVE, PORT_READY, CONSOLE_PORT, RESIZE, PORT_OPEN, PORT_NAME };   /* events */
enum { TELL_REMOVE = 1, TELL_ADD = 2, TELL_CONSOLE = 4, TELL_NAME = 8, TELL_OPEN = 16, TELL_ALL = 31 };

typedef struct SysSerial {
    SysVirtio v;
    SysSerialBus *bus;
    uint32_t max_ports;
    uint8_t driver_ready;
    uint8_t tell[SYS_SERIAL_PORTS];     /* what waits for the driver */
    uint8_t known[SYS_SERIAL_PORTS];    /* the driver is ready for the port */
    uint8_t open[SYS_SERIAL_PORTS];     /* a program of the guest's has it open */
    uint32_t sent[SYS_SERIAL_PORTS];    /* bytes of the buffer being sent that are out already */
} SysSerial;

typedef struct Control {                /* as in guest memory */
    guint32 port;
    guint16 event, value;
} Control;

static const DevField fields[] = {
    DEV_FIELD("driver-ready", "The driver has asked for the ports.", SysSerial, driver_ready, 0, .max = 1),
    DEV_FIELD_ARRAY("tell", "What the driver has still to be told of a port.", SysSerial, tell, 0, .max = TELL_ALL),
    DEV_FIELD_ARRAY("known", "The driver is ready for a port.", SysSerial, known, 0, .max = 1),
    DEV_FIELD_ARRAY("open", "A program of the guest's has a port open.", SysSerial, open, 0, .max = 1),
    DEV_FIELD_ARRAY("sent", "Bytes of the buffer being sent that are out already.", SysSerial, sent, 0),
    { 0 },
};

static guint receive_queue(guint port)
{
    return port ? 2 * port + 2 : 0;
}

static gboolean has_control(const SysSerial *s)
{
    return s->v.accepted >> F_MULTIPORT & 1;
}

static SysSerialPort *port_of(const SysSerial *s, guint nr)
{
    const GPtrArray *all = s->bus->bus.devs;

    for (guint i = 0; i < all->len; i++) {
        Dev *d = g_ptr_array_index(all, i);
        if (d->address == nr && d->state == DEV_LIVE) {
            return (SysSerialPort *)d;
        }
    }
    return NULL;
}

static SysSerial *serial_of(const SysSerialPort *p)
{
    return ((SysSerialBus *)p->dev.bus)->serial;
}

/* --- telling the driver ---------------------------------------------------------------------- */
static gboolean is_connected(const SysSerialPort *p)
{
    const SysChar *c = p ? (const SysChar *)p->chardev : NULL;

    return c && c->connected;
}

/* FALSE: there is no buffer. */
static gboolean tell_one(SysSerial *s, guint nr, guint16 event, guint16 value, const char *text)
{
    Control c = { GUINT32_TO_LE(nr), GUINT16_TO_LE(event), GUINT16_TO_LE(value) };
    SysVirtioBuf *b = sys_virtio_take(&s->v, CONTROL_RECEIVE);

    if (!b) {
        return FALSE;
    }
    gsize n = sys_virtio_write(&s->v, b, 0, &c, sizeof c);
    n += text ? sys_virtio_write(&s->v, b, n, text, strlen(text)) : 0;
    sys_virtio_give(&s->v, CONTROL_RECEIVE, b, (guint32)n);
    return TRUE;
}

static void tell(SysSerial *s)
{
    static const struct {
        guint8 bit;
        guint16 event;
    } order[] = { { TELL_REMOVE, PORT_REMOVE }, { TELL_ADD, PORT_ADD }, { TELL_CONSOLE, CONSOLE_PORT },
                  { TELL_NAME, PORT_NAME }, { TELL_OPEN, PORT_OPEN } };
    gboolean room = has_control(s) && s->driver_ready;

    for (guint nr = 0; nr < s->max_ports && room; nr++) {
        const SysSerialPort *p = port_of(s, nr);
        for (guint i = 0; i < G_N_ELEMENTS(order) && room; i++) {
            const guint8 bit = order[i].bit;
            if (!(s->tell[nr] & bit) || (!p && bit != TELL_REMOVE)) {
                s->tell[nr] &= (guint8)~bit;
                continue;
            }
            room = tell_one(s, nr, order[i].event, bit != TELL_OPEN || is_connected(p),
                            bit == TELL_NAME ? p->name : NULL);
            s->tell[nr] &= room ? (guint8)~bit : 0xff;
        }
    }
    if (has_control(s) && s->driver_ready) {
        sys_virtio_tell(&s->v, CONTROL_RECEIVE);
    }
}

static void set_open(SysSerial *s, guint nr, gboolean open)
{
    SysSerialPort *p = port_of(s, nr);

    if (!p || s->open[nr] == open) {
        return;
    }
    s->open[nr] = (guint8)open;
    if (p->dev.obj.name && dev_board(&p->dev)) {
        JsonObject *o = json_object_new();
        json_object_set_string_member(o, "id", p->dev.obj.name);
        json_object_set_boolean_member(o, "open", open);
        dev_board_event(dev_board(&p->dev), "VSERPORT_CHANGE", o);
    }
    if (open && p->chardev) {
        sys_char_more((SysChar *)p->chardev);
    }
}

/* --- what the driver says -------------------------------------------------------------------- */
static void hear(SysSerial *s, guint32 nr, guint16 event, guint16 value)
{
    if (event == DEVICE_READY && value) {
        s->driver_ready = TRUE;
        for (guint i = 0; i < s->max_ports; i++) {
            s->tell[i] = port_of(s, i) ? TELL_ADD : 0;
        }
        return;
    }
    const SysSerialPort *p = nr < s->max_ports ? port_of(s, nr) : NULL;
    if (!p) {
        return;                 /* one that has gone meanwhile, or never was */
    }
    if (event == PORT_READY && value) {
        s->known[nr] = TRUE;
        s->tell[nr] |= (p->dev.obj.type == &sys_virtconsole.obj ? TELL_CONSOLE : 0) | (p->name ? TELL_NAME : 0) |
                       (is_connected(p) ? TELL_OPEN : 0);
    } else if (event == PORT_OPEN) {
        set_open(s, nr, value != 0);
    }
}

static void control(SysSerial *s)
{
    SysVirtioBuf *b;

    for (guint i = 0; i < s->v.num[CONTROL_TRANSMIT] && (b = sys_virtio_take(&s->v, CONTROL_TRANSMIT)); i++) {
        Control c;
        if (sys_virtio_read(&s->v, b, 0, &c, sizeof c) == sizeof c) {
            hear(s, GUINT32_FROM_LE(c.port), GUINT16_FROM_LE(c.event), GUINT16_FROM_LE(c.value));
        }
        sys_virtio_give(&s->v, CONTROL_TRANSMIT, b, 0);
    }
    sys_virtio_tell(&s->v, CONTROL_TRANSMIT);
    tell(s);
}

/* --- data ------------------------------------------------------------------------------------ */
static void transmit(SysSerial *s, guint nr)
{
    const SysSerialPort *p = port_of(s, nr);

    sys_virtio_stream_send(&s->v, receive_queue(nr) + 1, p ? (SysChar *)p->chardev : NULL, &s->sent[nr]);
}

guint sys_serial_room(SysSerialPort *p)
{
    SysSerial *s = serial_of(p);
    const guint nr = (guint)p->dev.address;

    if (p->dev.state != DEV_LIVE || (has_control(s) ? !s->open[nr] : nr)) {
        return 0;
    }
    return sys_virtio_stream_room(&s->v, receive_queue(nr));
}

void sys_serial_input(SysSerialPort *p, const guint8 *data, guint n)
{
    sys_virtio_stream_input(&serial_of(p)->v, receive_queue((guint)p->dev.address), data, n);
}

void sys_serial_writable(SysSerialPort *p)
{
    if (p->dev.state == DEV_LIVE) {
        transmit(serial_of(p), (guint)p->dev.address);
    }
}

static void kicked(SysVirtio *v, guint queue)
{
    SysSerial *s = (SysSerial *)v;
    const gboolean is_control = queue == CONTROL_RECEIVE || queue == CONTROL_TRANSMIT;
    const guint nr = queue < CONTROL_RECEIVE ? 0 : queue / 2 - 1;
    const SysSerialPort *p = is_control ? NULL : port_of(s, nr);

    if (is_control) {
        control(s);
    } else if (queue & 1) {
        transmit(s, nr);
    } else if (p && p->chardev) {
        sys_char_more((SysChar *)p->chardev);
    }
}

/* struct virtio_console_config; there is no size, and no emergency write. */
static void get_config(SysVirtio *v, guint8 *config)
{
    guint32 ports = GUINT32_TO_LE(((SysSerial *)v)->max_ports);

    memcpy(config + 4, &ports, 4);
}

/* --- ports that come and go ------------------------------------------------------------------ */
void sys_serial_connected(SysSerialPort *p)
{
    SysSerial *s = serial_of(p);

    if (p->dev.state == DEV_LIVE && s->known[p->dev.address]) {
        s->tell[p->dev.address] |= TELL_OPEN;
        tell(s);
    }
}

static gboolean is_free(const DevBus *bus, guint nr)
{
    for (guint i = 0; i < bus->devs->len; i++) {
        if (((const Dev *)g_ptr_array_index(bus->devs, i))->address == nr) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean plug(DevBus *bus, Dev *d, GError **err)
{
    const SysSerialPort *p = (const SysSerialPort *)d;
    const guint max = ((SysSerialBus *)bus)->serial->max_ports;
    const gboolean is_console = d->obj.type == &sys_virtconsole.obj;
    guint nr = p->nr >= 0 ? (guint)p->nr : is_console ? 0 : 1;

    while (p->nr < 0 && nr < max && !is_free(bus, nr)) {
        nr++;
    }
    if (nr >= max || !is_free(bus, nr)) {
        return dev_fail(d, err, nr >= max ? "nr: there are ports 0 to %u, and none of them is free"
                                          : "nr: port %u is there already", nr >= max ? max - 1 : nr);
    }
    if (nr == 0 && !is_console) {
        return dev_fail(d, err, "nr: port 0 is for a virtconsole");
    }
    d->address = nr;
    return TRUE;
}

static void arrived(DevBus *bus, Dev *d)
{
    SysSerial *s = ((SysSerialBus *)bus)->serial;

    s->tell[d->address] |= TELL_ADD;
    tell(s);
}

static void unplug(DevBus *bus, Dev *d)
{
    SysSerial *s = ((SysSerialBus *)bus)->serial;

    s->open[d->address] = s->known[d->address] = 0;
    s->sent[d->address] = 0;
    if (s->v.dev.state == DEV_LIVE && s->driver_ready) {
        /* One that the driver has not heard of goes untold; but the one before it, whose end it has not heard. */
        s->tell[d->address] = s->tell[d->address] & TELL_ADD ? s->tell[d->address] & TELL_REMOVE : TELL_REMOVE;
        tell(s);
    }
}

static char *where(DevBus *bus, const Dev *d)
{
    return g_strdup_printf("port %u", (guint)d->address);
}

const DevBusType sys_serial_bus_type = {
    .obj = { .name = "virtio-serial-bus", .text = OBJ_TEXT("Ports of a virtio serial device."),
             .parent = &dev_bus_type, .size = sizeof(SysSerialBus) },
    .max = SYS_SERIAL_PORTS,
    .hotplug = TRUE,
    .plug = plug,
    .unplug = unplug,
    .arrived = arrived,
    .where = where,
};

/* --- life ------------------------------------------------------------------------------------ */
static void init(Obj *o)
{
    SysSerial *s = (SysSerial *)o;

    s->bus = (SysSerialBus *)dev_bus_new(&sys_serial_bus_type, &s->v.dev, "serial-bus");
    s->bus->serial = s;
}

static void driver_reset(SysVirtio *v)
{
    SysSerial *s = (SysSerial *)v;

    for (guint i = 0; i < s->max_ports; i++) {
        set_open(s, i, FALSE);
        s->tell[i] = s->known[i] = 0;
        s->sent[i] = 0;
    }
    s->driver_ready = 0;
}

static const ObjProp props[] = {
    OBJ_PROP_UINT("max_ports", "Ports that it can have.", SysSerial, max_ports, SYS_SERIAL_PORTS, 1, SYS_SERIAL_PORTS),
    { 0 },
};

extern const SysVirtioType sys_virtio_serial;
const SysVirtioType sys_virtio_serial = {
    .dev = {
        .obj = { .name = "virtio-serial-device",
                 .text = OBJ_TEXT("Virtio serial device: ports for consoles and programs."),
                 .parent = &sys_virtio_type.obj, .size = sizeof(SysSerial), .props = props, .init = init },
        .bus = &sys_virtio_bus_type.obj,
        .group = "virtio",
        .manual = "Virtual I/O Device version 1.2, section 5.3",
        .flags = DEV_USER,
        .fields = fields,
    },
    .id = 3,
    .n_queues = 2 + 2 * SYS_SERIAL_PORTS,
    .features = 1u << F_MULTIPORT,
    .config_bytes = 12,
    .get_config = get_config,
    .kicked = kicked,
    .driver_reset = driver_reset,
};
