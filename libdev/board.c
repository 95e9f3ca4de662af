/* SPDX-License-Identifier: BSD-2-Clause */
/* Boards: the root of a machine, and the text that says all that is in it. */
#include "dev/board.h"

#include "dev/epoch.h"
#include "dev/irq.h"
#include "dev/lock.h"
#include "dev/sysbus.h"

DevClock *dev_board_clock(const Dev *d)
{
    return dev_board(d)->clock;
}

static void init_board(Obj *o)
{
    DevBoard *b = (DevBoard *)o;

    dev_region_init_container(&b->memory, &b->dev, "system", 0);
    b->snaps = g_ptr_array_new();
    b->rams = g_ptr_array_new();
    b->sysbus = dev_bus_new(&dev_sysbus_type, &b->dev, "sysbus");
    obj_container(o, "peripheral");
    obj_container(o, "peripheral-anon");
}

static void finalize_board(Obj *o)
{
    DevBoard *b = (DevBoard *)o;

    g_ptr_array_unref(b->snaps);
    g_ptr_array_unref(b->rams);
    dev_region_clear(&b->memory);
    g_clear_pointer(&b->root, obj_unref);
}

const DevType dev_board_type = {
    .obj = {
        .name = "board",
        .text = OBJ_TEXT("The root of a machine: its clock, memory and main bus."),
        .parent = &dev_type.obj,
        .size = sizeof(DevBoard),
        .abstract = TRUE,
        .init = init_board,
        .finalize = finalize_board,
    },
    .group = "board",
};

void dev_board_event(DevBoard *b, const char *name, JsonObject *data)
{
    JsonNode *node = data ? json_node_init_object(json_node_alloc(), data) : NULL;

    g_clear_pointer(&data, json_object_unref);
    if (b->event) {
        b->event(name, node);
    } else {
        g_clear_pointer(&node, json_node_unref);
    }
}

DevBoard *dev_board_new(const DevBoardType *type, DevClock *clock)
{
    g_autoptr(Obj) root = obj_new(&obj_container_type);
    g_autoptr(Obj) o = obj_new(&type->dev.obj);
    DevBoard *b = (DevBoard *)o;

    b->clock = clock;
    b->space = dev_space_new("system", &b->memory);
    b->sysbus->space = b->space;
    gboolean good = obj_add_child(root, "machine", o, NULL);
    g_assert(good);
    obj_container(root, "objects");
    obj_container(root, "chardevs");
    b->root = g_steal_pointer(&root);
    return b;
}

void dev_board_free(DevBoard *b)
{
    g_autoptr(Obj) root = obj_ref(b->root);
    DevClock *clock = b->clock;
    DevSpace *space = b->space;

    obj_ref(&b->dev.obj);
    obj_unparent(&b->dev.obj);
    dev_space_free(space);
    obj_unref(&b->dev.obj);
    obj_unparent(root);
    dev_epoch_drain();
    dev_clock_free(clock);
}

void dev_board_request(DevBoard *b, DevRequest request, int code)
{
    if (b->request) {
        b->request(b, request, code);
    }
}

/* --- the text of a machine ------------------------------------------------------------------- */
static void add_value(const ObjPropInfo *info, void *data)
{
    /* What changes by being looked at says nothing about the machine. */
    if (!info->row || info->row->refresh) {
        return;
    }
    g_autofree char *value = obj_prop_get_text(info->owner, info->row->name, NULL);
    g_string_append_printf(data, " %s=%s", info->name, value);
}

static gboolean add_object(Obj *o, void *data)
{
    static const char *const states[] = { "new", "realizing", "live", "unrealizing", "dead" };
    GString *s = data;
    g_autofree char *path = obj_path(o);
    Dev *d = dev_cast(o);
    DevBus *bus = obj_cast(o, &dev_bus_type);

    g_string_append_printf(s, "%s %s refs %d links %d", path, o->type->name, o->refs, o->links);
    obj_prop_each(o, add_value, s);
    if (bus) {
        g_string_append_printf(s, " %s", bus->live ? "live" : "idle");
        for (guint i = 0; i < bus->devs->len; i++) {
            const Dev *x = g_ptr_array_index(bus->devs, i);
            g_string_append_printf(s, " [%s at 0x%" G_GINT64_MODIFIER "x]", x->obj.name,
                                   x->address);
        }
    }
    if (d) {
        g_string_append_printf(s, " %s resets %u wires %u undo %u", states[d->state], d->resets,
                               dev_irq_wires(d), d->undo ? d->undo->len : 0);
    }
    for (guint i = 0; d && i < d->pins->len; i++) {
        const DevPinGroup *g = g_ptr_array_index(d->pins, i);
        for (guint k = 0; k < g->row->n; k++) {
            gboolean high = g->out ? g->out[k].level : dev_irq_level(d, g->row->name, k);
            if (high) {
                g_string_append_printf(s, " %s[%u]=1", g->row->name, k);
            }
        }
    }
    g_string_append_c(s, '\n');
    return TRUE;
}

char *dev_board_text(DevBoard *b)
{
    GString *s = g_string_new(NULL);

    dev_epoch_drain();
    obj_walk(b->root, add_object, s);
    g_autofree char *map = dev_space_text(b->space);
    g_string_append(s, map);
    for (guint i = 0; i < b->snaps->len; i++) {
        g_autofree char *path = obj_path(g_ptr_array_index(b->snaps, i));
        g_string_append_printf(s, "saved %s\n", path);
    }
    for (guint i = 0; i < b->rams->len; i++) {
        const DevRam *ram = g_ptr_array_index(b->rams, i);
        g_string_append_printf(s, "ram %s %" G_GUINT64_FORMAT " logging %u\n", ram->name,
                               ram->bytes, ram->logging);
    }
    g_string_append_printf(s, "listeners %u timers %u hooks %u\n", dev_space_listeners(b->space),
                           dev_clock_timers(b->clock), b->hooks);
    return g_string_free(s, FALSE);
}
