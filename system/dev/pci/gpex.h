/* SPDX-License-Identifier: BSD-2-Clause */
/* The generic PCI Express host. */
#ifndef SYSTEM_DEV_GPEX_H
#define SYSTEM_DEV_GPEX_H

#include "dev/mem.h"

extern const DevType sys_gpex_pcihost;

/* For boards, before realize: a window of CPU addresses [gpa, gpa + bytes) is the same addresses of the bus.
 * Up to two. */
void sys_gpex_window(Dev *d, DevGpa gpa, uint64_t bytes);

#endif
