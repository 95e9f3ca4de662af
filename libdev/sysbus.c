/* SPDX-License-Identifier: BSD-2-Clause */
/* The main bus: a device's regions go where its board said. */
#include "dev/sysbus.h"

#include "dev/board.h"

void dev_sys_map(Dev *d, guint n, DevGpa gpa)
{
    DevSys *s = (DevSys *)d;

    g_assert(d->state == DEV_NEW && n < DEV_SYS_REGIONS);
    s->at[n] = gpa;
    s->mapped |= 1u << n;
    if (n == 0) {
        d->address = gpa;
    }
}

void dev_sys_region(DevSys *s, DevRegion *r)
{
    g_assert(s->dev.state == DEV_REALIZING && s->n_regions < DEV_SYS_REGIONS);
    s->regions[s->n_regions++] = r;
}

static gboolean attach(DevBus *bus, Dev *d, GError **err)
{
    DevSys *s = (DevSys *)d;

    for (guint i = 0; i < DEV_SYS_REGIONS; i++) {
        gboolean mapped = s->mapped >> i & 1;
        if (mapped && i >= s->n_regions) {
            return dev_fail(d, err, "has no region %u to be mapped: it has %u", i, s->n_regions);
        }
        if (mapped && !dev_region_put(d, &dev_board(d)->memory, s->at[i], 0, s->regions[i], err)) {
            return FALSE;
        }
    }
    return TRUE;
}

static char *where(DevBus *bus, const Dev *d)
{
    return g_strdup_printf("0x%" G_GINT64_MODIFIER "x", d->address);
}

const DevBusType dev_sysbus_type = {
    .obj = {
        .name = "sysbus",
        .text = OBJ_TEXT("The machine's main bus; devices are at addresses that the board gives them."),
        .parent = &dev_bus_type,
        .size = sizeof(DevBus),
    },
    .hotplug_none = "its devices are soldered on",
    .attach = attach,
    .where = where,
};

const DevType dev_sys_type = {
    .obj = {
        .name = "sys-device",
        .text = OBJ_TEXT("A device of the main bus."),
        .parent = &dev_type.obj,
        .size = sizeof(DevSys),
        .abstract = TRUE,
    },
    .bus = &dev_sysbus_type.obj,
};
