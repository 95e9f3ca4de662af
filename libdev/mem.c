/* SPDX-License-Identifier: BSD-2-Clause */
/* Trees of regions; a change makes the views anew when the outermost dev_mem_commit is reached. */
#include "dev/mem.h"

#include "dev/ram.h"
#include "view.h"

static guint nesting;
static gboolean changed;

void dev_mem_begin(void)
{
    nesting++;
}

void dev_mem_commit(void)
{
    g_assert(nesting > 0);
    if (--nesting == 0 && changed) {
        changed = FALSE;
        dev_space_update_all();
    }
}

static void change_begins(void)
{
    dev_mem_begin();
    changed = TRUE;
}

static void init(DevRegion *r, DevRegionKind kind, Dev *owner, const char *name, uint64_t size)
{
    g_assert(!r->container && !r->inside);
    *r = (DevRegion){ .name = name, .kind = kind, .owner = owner, .last = size - 1, .enabled = TRUE };
}

void dev_region_init_container(DevRegion *r, Dev *owner, const char *name, uint64_t size)
{
    init(r, DEV_REGION_CONTAINER, owner, name, size);
    r->inside = g_ptr_array_new();
}

void dev_region_init_io(DevRegion *r, Dev *owner, const char *name, uint64_t size,
                        const DevRegionOps *ops, void *opaque)
{
    init(r, DEV_REGION_IO, owner, name, size);
    r->ops = ops;
    r->opaque = opaque;
}

void dev_region_init_ram(DevRegion *r, Dev *owner, const char *name, DevRam *ram)
{
    init(r, DEV_REGION_RAM, owner, name, ram->bytes);
    r->ram = ram;
}

void dev_region_init_rom(DevRegion *r, Dev *owner, const char *name, DevRam *ram)
{
    init(r, DEV_REGION_ROM, owner, name, ram->bytes);
    r->ram = ram;
}

void dev_region_init_romd(DevRegion *r, Dev *owner, const char *name, DevRam *ram,
                          const DevRegionOps *ops, void *opaque)
{
    init(r, DEV_REGION_ROMD, owner, name, ram->bytes);
    r->ram = ram;
    r->romd = TRUE;
    r->ops = ops;
    r->opaque = opaque;
}

void dev_region_init_alias(DevRegion *r, Dev *owner, const char *name, DevRegion *target,
                           uint64_t offset, uint64_t size)
{
    init(r, DEV_REGION_ALIAS, owner, name, size);
    r->target = target;
    r->target_offset = offset;
}

void dev_region_clear(DevRegion *r)
{
    g_assert(!r->container && (!r->inside || !r->inside->len));
    g_clear_pointer(&r->inside, g_ptr_array_unref);
}

/* --- placing --------------------------------------------------------------------------------- */
/* Sorted: what hides comes first. */
void dev_region_add(DevRegion *container, uint64_t offset, int priority, DevRegion *r)
{
    guint at = 0;

    g_assert(container->kind == DEV_REGION_CONTAINER && !r->container);
    change_begins();
    r->container = container;
    r->offset = offset;
    r->priority = priority;
    while (at < container->inside->len &&
           ((DevRegion *)g_ptr_array_index(container->inside, at))->priority > priority) {
        at++;
    }
    g_ptr_array_insert(container->inside, (int)at, r);
    dev_mem_commit();
}

void dev_region_remove(DevRegion *r)
{
    if (!r->container) {
        return;
    }
    change_begins();
    g_ptr_array_remove(r->container->inside, r);
    r->container = NULL;
    dev_mem_commit();
}

static void undo_put(Dev *d, void *data)
{
    dev_region_remove(data);
}

gboolean dev_region_put(Dev *d, DevRegion *container, uint64_t offset, int priority, DevRegion *r,
                        GError **err)
{
    g_autofree char *what = g_strdup_printf("map '%s'", r->name);

    if (!dev_step(d, what, err)) {
        return FALSE;
    }
    if (offset > container->last || r->last > container->last - offset) {
        return dev_fail(d, err, "'%s' of 0x%" G_GINT64_MODIFIER "x bytes at 0x%" G_GINT64_MODIFIER
                        "x does not fit into '%s'", r->name, r->last + 1, offset, container->name);
    }
    dev_region_add(container, offset, priority, r);
    dev_defer(d, undo_put, r);
    return TRUE;
}

void dev_region_enable(DevRegion *r, gboolean enabled)
{
    if (r->enabled != enabled) {
        change_begins();
        r->enabled = enabled;
        dev_mem_commit();
    }
}

void dev_region_move(DevRegion *r, uint64_t offset)
{
    if (r->offset != offset) {
        change_begins();
        r->offset = offset;
        dev_mem_commit();
    }
}

void dev_region_set_window(DevRegion *r, uint64_t offset, uint64_t target_offset, uint64_t size)
{
    g_assert(r->kind == DEV_REGION_ALIAS);
    change_begins();
    r->offset = offset;
    r->target_offset = target_offset;
    r->last = size - 1;
    dev_mem_commit();
}

void dev_region_set_romd(DevRegion *r, gboolean romd)
{
    if (r->romd != romd) {
        change_begins();
        r->romd = romd;
        dev_mem_commit();
    }
}
