/* SPDX-License-Identifier: BSD-2-Clause */
/* Ports of a virtio serial device: a channel with a name, for programs, and a console.  [VIRTIO 5.3] */
#include "dev/virtio/serial.h"

#include "back/char/char.h"

static guint front_room(void *opaque)
{
    return sys_serial_room(opaque);
}

static void front_input(void *opaque, const guint8 *data, guint n)
{
    sys_serial_input(opaque, data, n);
}

static void front_writable(void *opaque)
{
    sys_serial_writable(opaque);
}

static void front_event(void *opaque, SysCharEvent event)
{
    sys_serial_connected(opaque);
}

static const SysCharFront front = { front_room, front_input, front_writable, front_event };

static gboolean is_live(const SysSerialPort *p)
{
    return p->dev.state == DEV_LIVE;
}

/* Another back end while the machine runs. */
static gboolean check_chardev(Obj *o, const ObjProp *p, const void *value, GError **err)
{
    const SysSerialPort *port = (const SysSerialPort *)o;

    return !is_live(port) || sys_char_swap((SysChar *)port->chardev, *(SysChar *const *)value, &front, o, err);
}

static void chardev_changed(Obj *o, const ObjProp *p)
{
    if (is_live((SysSerialPort *)o)) {
        sys_serial_connected((SysSerialPort *)o);
    }
}

static gboolean realize(Dev *d, GError **err)
{
    return sys_char_realize(d, &((SysSerialPort *)d)->chardev, &front, err);
}

static const ObjProp props[] = {
    OBJ_PROP_LINK("chardev", "The back end; without one, bytes sent are lost.", SysSerialPort, chardev, &sys_char_type,
                  .flags = OBJ_LIVE, .check = check_chardev, .changed = chardev_changed),
    OBJ_PROP_STR("name", "By what name guests find it, such as org.qemu.guest_agent.0.", SysSerialPort, name, NULL),
    OBJ_PROP_INT("nr", "Number of the port; -1: the first that is free, of which a console alone takes 0.",
                 SysSerialPort, nr, -1, -1, SYS_SERIAL_PORTS - 1),
    { 0 },
};

#define PORT(symbol, n, t) \
    extern const DevType symbol; \
    const DevType symbol = { \
        .obj = { .name = n, .text = OBJ_TEXT(t), .parent = &dev_type.obj, .size = sizeof(SysSerialPort), \
                 .props = props }, \
        .bus = &sys_serial_bus_type.obj, .group = "virtio", .flags = DEV_USER | DEV_HOTPLUG, \
        .manual = "Virtual I/O Device version 1.2, section 5.3", .realize = realize, \
    }

PORT(sys_virtserialport, "virtserialport", "A port of a virtio serial device: a channel with a name.");
PORT(sys_virtconsole, "virtconsole", "A port of a virtio serial device that is a console.");
