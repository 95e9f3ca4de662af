/* SPDX-License-Identifier: BSD-2-Clause */
/* info: what there is. */
#include "monitor/private.h"

#include "back/block/block.h"
#include "cpu/cpu.h"
#include "dev/virtio/balloon.h"

#include "dev/bus.h"
#include "dev/mem.h"

#include <string.h>

static SysBoard *board(void)
{
    return sys_monitors.board;
}

static void version(GString *out, char **words, GError **err)
{
    g_string_append(out, PACKAGE_NAME " " PACKAGE_VERSION "\n");
}

static void status(GString *out, char **words, GError **err)
{
    const char *status = sys_monitor_status();
    gboolean stands = strcmp(status, "running") && strcmp(status, "paused");

    g_string_append_printf(out, stands ? "VM status: paused (%s)\n" : "VM status: %s\n", status);
}

static void cpus(GString *out, char **words, GError **err)
{
    for (guint i = 0; i < board()->cpus->len; i++) {
        const SysCpu *c = g_ptr_array_index(board()->cpus, i);
        g_string_append_printf(out, "%s CPU #%u: thread_id=%d\n", i ? " " : "*", c->index,
                               g_atomic_int_get(&c->thread_id));
    }
}

static void registers(GString *out, char **words, GError **err)
{
    if (sys_machine_running(sys_monitors.machine)) {
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_VALUE, "registers are those of a machine that stands: stop it first");
        return;
    }
    for (guint i = 0; i < board()->cpus->len; i++) {
        g_autofree char *text = sys_cpu_text(g_ptr_array_index(board()->cpus, i));
        g_string_append_printf(out, "CPU#%u\n%s", i, text);
    }
}

static void memory_map(GString *out, char **words, GError **err)
{
    g_autofree char *text = dev_space_text(board()->b.space);

    g_string_append(out, text);
}

static void memory_size(GString *out, char **words, GError **err)
{
    g_string_append_printf(out, "base memory: %" G_GUINT64_FORMAT "\nplugged memory: 0\n", board()->ram_bytes);
}

static void each(GString *out, const char *dir, void (*fn)(GString *out, Obj *o))
{
    Obj *d = obj_child(board()->b.root, dir);

    for (guint i = 0; d && d->children && i < d->children->len; i++) {
        fn(out, g_ptr_array_index(d->children, i));
    }
}

static void chardev_one(GString *out, Obj *o)
{
    if (obj_cast(o, &sys_char_type)) {
        g_string_append_printf(out, "%s: %s%s\n", o->name, o->type->name, ((SysChar *)o)->front ? "" : " (unused)");
    }
}

static void chardev(GString *out, char **words, GError **err)
{
    each(out, "chardevs", chardev_one);
}

static void block_one(GString *out, Obj *o)
{
    SysBlock *b = obj_cast(o, &sys_block_type);
    g_autofree char *path = b ? obj_prop_get_text(o, "path", NULL) : NULL;

    if (b) {
        g_string_append_printf(out, "%s: %s (%s%s), %" G_GUINT64_FORMAT " bytes%s\n", o->name, path, o->type->name,
                               b->read_only ? ", read-only" : "", b->bytes, b->is_used ? "" : ", unused");
    }
}

static void block(GString *out, char **words, GError **err)
{
    each(out, "objects", block_one);
}

/* --- trees ----------------------------------------------------------------------------------- */
static void tree_of(GString *out, Obj *o, guint depth)
{
    g_string_append_printf(out, "%*s/%s (%s)\n", (int)depth * 2, "", o->name ? o->name : "", o->type->name);
    for (guint i = 0; o->children && i < o->children->len; i++) {
        tree_of(out, g_ptr_array_index(o->children, i), depth + 1);
    }
}

static void qom_tree(GString *out, char **words, GError **err)
{
    tree_of(out, board()->b.root, 0);
}

static void devices_of(GString *out, Obj *o, guint depth);

static void device_of(GString *out, Dev *d, guint depth)
{
    g_string_append_printf(out, "%*sdev: %s, id \"%s\"\n", (int)depth * 2, "", d->obj.type->name,
                           d->obj.name ? d->obj.name : "");
    devices_of(out, &d->obj, depth + 1);
}

/* A device's buses and what sits on them; its parts that sit on none. */
static void devices_of(GString *out, Obj *o, guint depth)
{
    for (guint i = 0; o->children && i < o->children->len; i++) {
        Obj *child = g_ptr_array_index(o->children, i);
        DevBus *bus = obj_cast(child, &dev_bus_type);
        Dev *d = obj_cast(child, &dev_type.obj);
        if (bus) {
            g_string_append_printf(out, "%*sbus: %s\n%*s  type %s\n", (int)depth * 2, "",
                                   bus->label ? bus->label : child->name, (int)depth * 2, "", child->type->name);
            for (guint k = 0; k < bus->devs->len; k++) {
                device_of(out, g_ptr_array_index(bus->devs, k), depth + 1);
            }
        } else if (d && !d->bus) {
            device_of(out, d, depth);
        }
    }
}

static void qtree(GString *out, char **words, GError **err)
{
    devices_of(out, &board()->b.dev.obj, 0);
}

static void balloon(GString *out, char **words, GError **err)
{
    Dev *d = sys_balloon_find(&board()->b);
    guint64 ram = board()->ram_bytes;

    if (d) {
        g_string_append_printf(out, "balloon: actual=%" G_GUINT64_FORMAT "\n",
                               (ram - MIN(sys_balloon_bytes(d), ram)) >> 20);
    } else {
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_VALUE, "No balloon device has been activated");
    }
}

static void migration(GString *out, char **words, GError **err)
{
    g_string_append_printf(out, "Migration status: %s\n", sys_monitors.moved ? sys_monitors.moved : "none");
}

const HmpCommand sys_hmp_info[] = {
    { "info version", "", "version of the program", version },
    { "info status", "", "whether the machine runs", status },
    { "info cpus", "", "CPUs", cpus },
    { "info registers", "", "registers of the CPUs", registers },
    { "info mtree", "", "physical memory", memory_map },
    { "info memory_size_summary", "", "bytes of RAM", memory_size },
    { "info chardev", "", "character back ends", chardev },
    { "info block", "", "disks", block },
    { "info qtree", "", "devices by bus", qtree },
    { "info qom-tree", "", "all objects", qom_tree },
    { "info balloon", "", "how much memory the guest has", balloon },
    { "info migrate", "", "how the last migration went", migration },
    { 0 },
};
