/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The main bus: devices wired to fixed addresses by their board.
 *
 * A device's realize announces its regions in order; the board says beforehand where the n-th goes.
 */
#ifndef DEV_SYSBUS_H
#define DEV_SYSBUS_H

#include "dev/bus.h"

#define DEV_SYS_REGIONS 4

typedef struct DevSys {         /* the first member of a device's struct */
    Dev dev;
    DevRegion *regions[DEV_SYS_REGIONS];
    guint n_regions;
    DevGpa at[DEV_SYS_REGIONS];
    guint mapped;               /* bit per region that the board gave an address */
} DevSys;

extern const DevBusType dev_sysbus_type;
extern const DevType dev_sys_type;      /* abstract: devices of this bus */

/* For boards, before realize: region n goes to gpa. */
void dev_sys_map(Dev *d, guint n, DevGpa gpa);

/* For realize hooks: the next region. */
void dev_sys_region(DevSys *s, DevRegion *r);

#endif
