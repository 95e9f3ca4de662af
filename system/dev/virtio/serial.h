/* SPDX-License-Identifier: BSD-2-Clause */
/* Virtio serial ports: between the device, which has the queues, and what sits on its bus. */
#ifndef SYSTEM_DEV_VIRTIO_SERIAL_H
#define SYSTEM_DEV_VIRTIO_SERIAL_H

#include "dev/virtio/virtio.h"

#define SYS_SERIAL_PORTS 15             /* the most a device may have here; each has two queues */

typedef struct SysSerialBus {
    DevBus bus;
    struct SysSerial *serial;           /* the owner, as such */
} SysSerialBus;

typedef struct SysSerialPort {
    Dev dev;                            /* its address is its number */
    Obj *chardev;
    char *name;                         /* NULL: none */
    int32_t nr;                         /* wanted; -1: any */
} SysSerialPort;

extern const DevBusType sys_serial_bus_type;
extern const DevType sys_virtconsole;

/* The port has a back end, or another one, or none any more: what is below follows. */
void sys_serial_connected(SysSerialPort *p);
/* How many bytes the guest takes now; takes them; and there is room for more of its own. */
guint sys_serial_room(SysSerialPort *p);
void sys_serial_input(SysSerialPort *p, const guint8 *data, guint n);
void sys_serial_writable(SysSerialPort *p);

#endif
