/* SPDX-License-Identifier: BSD-2-Clause */
/* QMP commands that only look. */
#include "monitor/private.h"

#include "back/block/block.h"
#include "back/char/mux.h"
#include "cpu/cpu.h"

#include "dev/dev.h"

#include <string.h>

static SysBoard *board(void)
{
    return sys_monitors.board;
}

static JsonNode *do_version(SysMonitor *m, JsonObject *args, GError **err)
{
    return sys_qmp_node(sys_qmp_version());
}

static JsonNode *do_commands(SysMonitor *m, JsonObject *args, GError **err)
{
    JsonArray *a = json_array_new();

    for (const QmpCommand *const *t = sys_qmp_tables; *t; t++) {
        for (const QmpCommand *c = *t; c->name; c++) {
            JsonObject *o = json_object_new();
            json_object_set_string_member(o, "name", c->name);
            json_array_add_object_element(a, o);
        }
    }
    return sys_qmp_list(a);
}

static JsonNode *do_status(SysMonitor *m, JsonObject *args, GError **err)
{
    JsonObject *o = json_object_new();

    json_object_set_string_member(o, "status", sys_monitor_status());
    json_object_set_boolean_member(o, "running", sys_machine_running(sys_monitors.machine));
    json_object_set_boolean_member(o, "singlestep", FALSE);
    return sys_qmp_node(o);
}

static JsonNode *do_name(SysMonitor *m, JsonObject *args, GError **err)
{
    JsonObject *o = json_object_new();

    if (board()->name) {
        json_object_set_string_member(o, "name", board()->name);
    }
    return sys_qmp_node(o);
}

static JsonNode *do_empty(SysMonitor *m, JsonObject *args, GError **err)
{
    return sys_qmp_list(json_array_new());
}

static JsonNode *do_uuid(SysMonitor *m, JsonObject *args, GError **err)
{
    JsonObject *o = json_object_new();

    json_object_set_string_member(o, "UUID", board()->uuid ? board()->uuid : "00000000-0000-0000-0000-000000000000");
    return sys_qmp_node(o);
}

static JsonNode *do_kvm(SysMonitor *m, JsonObject *args, GError **err)
{
    JsonObject *o = json_object_new();

    json_object_set_boolean_member(o, "enabled", FALSE);
    json_object_set_boolean_member(o, "present", FALSE);
    return sys_qmp_node(o);
}

/* "rhea-system-riscv64" is for riscv64. */
static const char *arch(void)
{
    const char *dash = strrchr(sys_monitors.target->program, '-');

    return dash ? dash + 1 : sys_monitors.target->program;
}

static JsonNode *do_target(SysMonitor *m, JsonObject *args, GError **err)
{
    JsonObject *o = json_object_new();

    json_object_set_string_member(o, "arch", arch());
    return sys_qmp_node(o);
}

static JsonNode *do_machines(SysMonitor *m, JsonObject *args, GError **err)
{
    JsonArray *a = json_array_new();

    for (const SysBoardType *const *b = sys_monitors.target->boards; *b; b++) {
        JsonObject *o = json_object_new();
        json_object_set_string_member(o, "name", (*b)->board.dev.obj.name);
        json_object_set_int_member(o, "cpu-max", (*b)->board.max_cpus);
        json_object_set_boolean_member(o, "hotpluggable-cpus", FALSE);
        json_object_set_boolean_member(o, "numa-mem-supported", FALSE);
        json_object_set_boolean_member(o, "deprecated", FALSE);
        if (b == sys_monitors.target->boards) {
            json_object_set_boolean_member(o, "is-default", TRUE);
        }
        json_array_add_object_element(a, o);
    }
    return sys_qmp_list(a);
}

static JsonNode *do_cpus(SysMonitor *m, JsonObject *args, GError **err)
{
    JsonArray *a = json_array_new();

    for (guint i = 0; i < board()->cpus->len; i++) {
        SysCpu *c = g_ptr_array_index(board()->cpus, i);
        g_autofree char *path = obj_path(&c->dev.obj);
        JsonObject *o = json_object_new(), *props = json_object_new();
        json_object_set_int_member(o, "cpu-index", c->index);
        json_object_set_string_member(o, "qom-path", path);
        json_object_set_int_member(o, "thread-id", g_atomic_int_get(&c->thread_id));
        json_object_set_int_member(props, "core-id", c->index);
        json_object_set_object_member(o, "props", props);
        json_object_set_string_member(o, "target", arch());
        json_array_add_object_element(a, o);
    }
    return sys_qmp_list(a);
}

static JsonNode *do_cpu_models(SysMonitor *m, JsonObject *args, GError **err)
{
    JsonArray *a = json_array_new();
    SysCpuModel model;

    for (guint i = 0; sys_monitors.target->cpu_model(i, &model); i++) {
        JsonObject *o = json_object_new();
        json_object_set_string_member(o, "name", model.name);
        json_object_set_boolean_member(o, "static", FALSE);
        json_object_set_boolean_member(o, "deprecated", FALSE);
        json_array_add_object_element(a, o);
    }
    return sys_qmp_list(a);
}

static JsonNode *do_memory(SysMonitor *m, JsonObject *args, GError **err)
{
    JsonObject *o = json_object_new();

    json_object_set_int_member(o, "base-memory", (gint64)board()->ram_bytes);
    json_object_set_int_member(o, "plugged-memory", 0);
    return sys_qmp_node(o);
}

/* Calls fn for each child of /name. */
static void each_child(const char *name, void (*fn)(Obj *o, JsonArray *a), JsonArray *a)
{
    Obj *dir = obj_child(board()->b.root, name);

    for (guint i = 0; dir && dir->children && i < dir->children->len; i++) {
        fn(g_ptr_array_index(dir->children, i), a);
    }
}

static void add_chardev(Obj *o, JsonArray *a)
{
    SysChar *c = obj_cast(o, &sys_char_type);
    JsonObject *j = c ? json_object_new() : NULL;

    if (!c) {
        return;
    }
    g_autofree char *path = obj_prop_get_text(o, "path", NULL);
    const char *kind = strchr(o->type->name, '-');
    g_autofree char *file = path && *path ? g_strdup_printf("%s:%s", kind ? kind + 1 : o->type->name, path)
                                          : g_strdup(kind ? kind + 1 : o->type->name);
    json_object_set_string_member(j, "label", o->name);
    json_object_set_string_member(j, "filename", file);
    json_object_set_boolean_member(j, "frontend-open", c->front || sys_char_mux_is_busy(c));
    json_array_add_object_element(a, j);
}

static JsonNode *do_chardev(SysMonitor *m, JsonObject *args, GError **err)
{
    JsonArray *a = json_array_new();

    each_child("chardevs", add_chardev, a);
    return sys_qmp_list(a);
}

static JsonNode *do_chardev_backends(SysMonitor *m, JsonObject *args, GError **err)
{
    JsonArray *a = json_array_new();

    for (const SysCharType *const *t = sys_chars; *t; t++) {
        JsonObject *o = json_object_new();
        const char *dash = strchr((*t)->obj.name, '-');
        json_object_set_string_member(o, "name", dash ? dash + 1 : (*t)->obj.name);
        json_array_add_object_element(a, o);
    }
    return sys_qmp_list(a);
}

/* The images below a node: how many, and the file of the first. */
static guint depth_of(const SysBlock *b, char **file)
{
    guint n = 0;

    for (const SysBlock *at = b;; n++) {
        const SysBlockChain *chain = ((const SysBlockType *)at->obj.type)->chain;
        at = chain ? chain->get(at) : NULL;
        if (!at) {
            return n;
        }
        if (!n) {
            *file = obj_prop_get_text((Obj *)at, "path", NULL);
        }
    }
}

/* What is in a drive: the node and its image.  Clients in typed languages need each member of QEMU's BlockDeviceInfo
 * that is not optional there; there are no limits, no encryption and no thresholds here. */
static JsonObject *node_info(SysBlock *b)
{
    static const char *const limits[] = { "bps", "bps_rd", "bps_wr", "iops", "iops_rd", "iops_wr", "write_threshold" };
    JsonObject *o = json_object_new(), *image = json_object_new(), *cache = json_object_new();
    g_autofree char *below = NULL;
    const guint depth = depth_of(b, &below);
    g_autofree char *path = obj_prop_get_text(&b->obj, "path", NULL);
    const char *dash = strchr(b->obj.type->name, '-');

    json_object_set_string_member(o, "file", path ? path : "");
    json_object_set_string_member(o, "node-name", b->obj.name);
    json_object_set_boolean_member(o, "ro", b->read_only);
    json_object_set_string_member(o, "drv", dash ? dash + 1 : b->obj.type->name);
    json_object_set_string_member(image, "filename", path ? path : "");
    json_object_set_string_member(image, "format", dash ? dash + 1 : b->obj.type->name);
    json_object_set_int_member(image, "virtual-size", (gint64)b->bytes);
    json_object_set_boolean_member(image, "dirty-flag", FALSE);
    for (guint i = 0; i < G_N_ELEMENTS(limits); i++) {
        json_object_set_int_member(o, limits[i], 0);
    }
    json_object_set_boolean_member(o, "encrypted", FALSE);
    json_object_set_string_member(o, "detect_zeroes", "off");
    json_object_set_int_member(o, "backing_file_depth", depth);
    if (below) {
        json_object_set_string_member(o, "backing_file", below);
        json_object_set_string_member(image, "backing-filename", below);
        json_object_set_string_member(image, "full-backing-filename", below);
    }
    json_object_set_boolean_member(cache, "writeback",
                                   b->cache != SYS_BLOCK_WRITETHROUGH && b->cache != SYS_BLOCK_DIRECTSYNC);
    json_object_set_boolean_member(cache, "direct", b->cache == SYS_BLOCK_NONE || b->cache == SYS_BLOCK_DIRECTSYNC);
    json_object_set_boolean_member(cache, "no-flush", b->cache == SYS_BLOCK_UNSAFE);
    json_object_set_object_member(o, "cache", cache);
    json_object_set_object_member(o, "image", image);
    return o;
}

static void add_node(Obj *o, JsonArray *a)
{
    SysBlock *b = obj_cast(o, &sys_block_type);

    if (b) {
        json_array_add_object_element(a, node_info(b));
    }
}

static void add_drive(Obj *o, JsonArray *a)
{
    SysBlock *b = obj_cast(o, &sys_block_type);

    if (b && (!b->disk || *b->disk || b->is_used)) {
        JsonObject *j = json_object_new();
        Obj *user = obj_user_of(board()->b.root, o);
        g_autofree char *path = user && obj_cast(user, &dev_type.obj) ? obj_path(user) : NULL;
        json_object_set_string_member(j, "device", b->disk && *b->disk ? b->disk : o->name);
        if (path) {
            json_object_set_string_member(j, "qdev", path);
        }
        json_object_set_string_member(j, "type", "unknown");
        json_object_set_string_member(j, "io-status", "ok");
        json_object_set_boolean_member(j, "removable", FALSE);
        json_object_set_boolean_member(j, "locked", FALSE);
        json_object_set_object_member(j, "inserted", node_info(b));
        json_array_add_object_element(a, j);
    }
}

static JsonNode *do_block(SysMonitor *m, JsonObject *args, GError **err)
{
    JsonArray *a = json_array_new();

    each_child("objects", add_drive, a);
    return sys_qmp_list(a);
}

static JsonNode *do_nodes(SysMonitor *m, JsonObject *args, GError **err)
{
    JsonArray *a = json_array_new();

    each_child("objects", add_node, a);
    return sys_qmp_list(a);
}

static JsonNode *do_schema(SysMonitor *m, JsonObject *args, GError **err)
{
    return sys_qmp_schema();
}

static JsonNode *do_migration(SysMonitor *m, JsonObject *args, GError **err)
{
    JsonObject *o = json_object_new();

    if (sys_monitors.moved) {
        json_object_set_string_member(o, "status", sys_monitors.moved);
        if (sys_monitors.moved_error) {
            json_object_set_string_member(o, "error-desc", sys_monitors.moved_error);
        }
    }
    return sys_qmp_node(o);
}

static const QmpArg flat[] = { { "flat", "bool", TRUE }, { 0 } };

const QmpCommand sys_qmp_query[] = {
    { "query-version", "version of the program", NULL, FALSE, do_version },
    { "query-commands", "names of the commands", NULL, FALSE, do_commands },
    { "query-qmp-schema", "commands, arguments, events", NULL, FALSE, do_schema },
    { "query-status", "whether the machine runs", NULL, FALSE, do_status },
    { "query-name", "name of the machine", NULL, FALSE, do_name },
    { "query-uuid", "UUID of the machine", NULL, FALSE, do_uuid },
    { "query-kvm", "whether KVM is used", NULL, FALSE, do_kvm },
    { "query-target", "architecture", NULL, FALSE, do_target },
    { "query-machines", "boards", NULL, FALSE, do_machines },
    { "query-cpus-fast", "CPUs", NULL, FALSE, do_cpus },
    { "query-cpu-definitions", "CPU models", NULL, FALSE, do_cpu_models },
    { "query-memory-size-summary", "bytes of RAM", NULL, FALSE, do_memory },
    { "query-memory-devices", "memory that was plugged: none can be", NULL, FALSE, do_empty },
    { "query-chardev", "character back ends", NULL, FALSE, do_chardev },
    { "query-chardev-backends", "kinds of character back ends", NULL, FALSE, do_chardev_backends },
    { "query-block", "disks", NULL, FALSE, do_block },
    { "query-named-block-nodes", "block back ends", flat, FALSE, do_nodes },
    { "query-migrate", "how the last migration went", NULL, FALSE, do_migration },
    { 0 },
};
