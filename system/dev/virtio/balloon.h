/* SPDX-License-Identifier: BSD-2-Clause */
/* The balloon, as monitors see it. */
#ifndef SYSTEM_DEV_VIRTIO_BALLOON_H
#define SYSTEM_DEV_VIRTIO_BALLOON_H

#include "dev/board.h"

/* The live balloon of a machine, borrowed; NULL: there is none. */
Dev *sys_balloon_find(DevBoard *b);

/* How many bytes the guest has given away; how many it shall give. */
guint64 sys_balloon_bytes(Dev *d);
void sys_balloon_ask(Dev *d, guint64 bytes);

#endif
