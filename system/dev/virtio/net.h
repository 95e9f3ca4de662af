/* SPDX-License-Identifier: BSD-2-Clause */
/* A network device, as monitors see it. */
#ifndef SYSTEM_DEV_VIRTIO_NET_H
#define SYSTEM_DEV_VIRTIO_NET_H

#include "back/net/net.h"

#include "dev/dev.h"

typedef struct SysNic {
    guint8 mac[6];
    SysNet *cable;              /* borrowed; NULL: none */
} SysNic;

/* FALSE: d, which is live, is no network device. */
gboolean sys_nic_look(Dev *d, SysNic *nic);

#endif
