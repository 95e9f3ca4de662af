/* SPDX-License-Identifier: BSD-2-Clause */
/* QMP commands that look at parts of a machine: PCI, disks at work, options, what clients probe. */
#include "monitor/private.h"

#include "back/back.h"
#include "back/block/block.h"
#include "back/object/object.h"
#include "cli.h"
#include "dev/pci/pci.h"

#include <string.h>

static SysBoard *board(void)
{
    return sys_monitors.board;
}

/* --- PCI ------------------------------------------------------------------------------------- */
static JsonObject *range(guint64 base, guint64 limit)
{
    JsonObject *o = json_object_new();

    json_object_set_int_member(o, "base", (gint64)base);
    json_object_set_int_member(o, "limit", (gint64)limit);
    return o;
}

static JsonArray *regions_of(const SysPci *p)
{
    JsonArray *a = json_array_new();

    for (guint i = 0; i < SYS_PCI_BARS; i++) {
        if (p->bar[i]) {
            guint32 low = sys_pci_get(p, SYS_PCI_BAR0 + 4 * i, 4);
            gboolean wide = (low & SYS_PCI_BAR_64) != 0;
            guint64 high = wide ? sys_pci_get(p, SYS_PCI_BAR0 + 4 * i + 4, 4) : 0;
            JsonObject *o = json_object_new();
            json_object_set_int_member(o, "bar", i);
            json_object_set_string_member(o, "type", "memory");
            json_object_set_int_member(o, "address", p->bar[i]->enabled ? (gint64)(high << 32 | (low & ~15u)) : -1);
            json_object_set_int_member(o, "size", (gint64)p->bar[i]->last + 1);
            json_object_set_boolean_member(o, "prefetch", (low & SYS_PCI_BAR_PREFETCH) != 0);
            json_object_set_boolean_member(o, "mem_type_64", wide);
            json_array_add_object_element(a, o);
        }
    }
    return a;
}

static JsonArray *devices_of(const SysPciBus *bus, guint number);

static JsonObject *bridge_of(const SysPci *p, const SysPciBus *behind)
{
    JsonObject *o = json_object_new(), *b = json_object_new();
    guint32 memory = sys_pci_get(p, 0x20, 4), prefetch = sys_pci_get(p, 0x24, 4);
    guint64 base_high = sys_pci_get(p, 0x28, 4), limit_high = sys_pci_get(p, 0x2c, 4);

    json_object_set_int_member(b, "number", p->config[0x18]);
    json_object_set_int_member(b, "secondary", p->config[0x19]);
    json_object_set_int_member(b, "subordinate", p->config[0x1a]);
    json_object_set_object_member(b, "io_range", range(0, 0xfff));
    json_object_set_object_member(b, "memory_range",
                                  range((guint64)(memory & 0xfff0) << 16, (memory & 0xfff00000) | 0xfffff));
    json_object_set_object_member(b, "prefetchable_range", range(base_high << 32 | (guint64)(prefetch & 0xfff0) << 16,
                                                                 limit_high << 32 | (prefetch & 0xfff00000) | 0xfffff));
    json_object_set_object_member(o, "bus", b);
    json_object_set_array_member(o, "devices", devices_of(behind, p->config[0x19]));
    return o;
}

static const char *class_name(guint class)
{
    static const struct {
        guint class;
        const char *name;
    } names[] = {
        { 0x0100, "SCSI controller" }, { 0x0200, "Ethernet controller" }, { 0x0600, "Host bridge" },
        { 0x0604, "PCI bridge" }, { 0x0780, "Communication controller" }, { 0x0900, "Keyboard" }, { 0x0902, "Mouse" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        if (names[i].class == class) {
            return names[i].name;
        }
    }
    return NULL;
}

static JsonObject *function_of(const SysPci *p, guint number)
{
    JsonObject *o = json_object_new(), *class = json_object_new(), *id = json_object_new();
    guint code = sys_pci_get(p, 0x0a, 2);
    SysPciBus *behind = sys_pci_behind(p);
    Obj *named = obj_child(&board()->b.dev.obj, "peripheral");

    json_object_set_int_member(o, "bus", number);
    json_object_set_int_member(o, "slot", (gint64)(p->dev.address / SYS_PCI_FUNCTIONS));
    json_object_set_int_member(o, "function", (gint64)(p->dev.address % SYS_PCI_FUNCTIONS));
    json_object_set_int_member(class, "class", code);
    if (class_name(code)) {
        json_object_set_string_member(class, "desc", class_name(code));
    }
    json_object_set_object_member(o, "class_info", class);
    json_object_set_int_member(id, "vendor", sys_pci_get(p, 0, 2));
    json_object_set_int_member(id, "device", sys_pci_get(p, 2, 2));
    if (!behind) {
        json_object_set_int_member(id, "subsystem-vendor", sys_pci_get(p, 0x2c, 2));
        json_object_set_int_member(id, "subsystem", sys_pci_get(p, 0x2e, 2));
    }
    json_object_set_object_member(o, "id", id);
    if (p->config[SYS_PCI_PIN]) {
        json_object_set_int_member(o, "irq", p->config[SYS_PCI_LINE]);
    }
    json_object_set_int_member(o, "irq_pin", p->config[SYS_PCI_PIN]);
    json_object_set_string_member(o, "qdev_id", p->dev.obj.parent == named ? p->dev.obj.name : "");
    if (behind) {
        json_object_set_object_member(o, "pci_bridge", bridge_of(p, behind));
    }
    json_object_set_array_member(o, "regions", regions_of(p));
    return o;
}

static JsonArray *devices_of(const SysPciBus *bus, guint number)
{
    JsonArray *a = json_array_new();

    for (guint i = 0; i < bus->bus.devs->len; i++) {
        const SysPci *p = g_ptr_array_index(bus->bus.devs, i);
        if (p->dev.state == DEV_LIVE) {
            json_array_add_object_element(a, function_of(p, number));
        }
    }
    return a;
}

static gboolean add_root(Obj *o, void *data)
{
    SysPciBus *bus = obj_cast(o, &sys_pci_bus_type.obj);

    if (bus && bus->is_root) {
        JsonObject *j = json_object_new();
        json_object_set_int_member(j, "bus", 0);
        json_object_set_array_member(j, "devices", devices_of(bus, 0));
        json_array_add_object_element(data, j);
    }
    return TRUE;
}

static JsonNode *do_pci(SysMonitor *m, JsonObject *args, GError **err)
{
    JsonArray *a = json_array_new();

    obj_walk(&board()->b.dev.obj, add_root, a);
    return sys_qmp_list(a);
}

/* --- disks ----------------------------------------------------------------------------------- */
static JsonObject *stats_of(const SysBlock *b)
{
    static const struct {
        const char *prefix;
        SysBlockOp op;
        gboolean has_bytes;
    } ops[] = {
        { "rd", SYS_BLOCK_READ, TRUE }, { "wr", SYS_BLOCK_WRITE, TRUE }, { "unmap", SYS_BLOCK_DISCARD, TRUE },
        { "flush", SYS_BLOCK_FLUSH, FALSE },
    };
    JsonObject *o = json_object_new();

    for (guint i = 0; i < G_N_ELEMENTS(ops); i++) {
        const struct {
            const char *name;
            guint64 value;
        } members[] = {
            { "operations", b->stats[ops[i].op].requests }, { "total_time_ns", b->stats[ops[i].op].us * 1000 },
            { "bytes", b->stats[ops[i].op].bytes }, { "merged", 0 },
        };
        for (guint k = 0; k < (ops[i].has_bytes ? 4u : 2u); k++) {
            g_autofree char *name = g_strdup_printf("%s_%s", ops[i].prefix, members[k].name);
            json_object_set_int_member(o, name, (gint64)members[k].value);
        }
        g_autofree char *failed = g_strdup_printf("failed_%s_operations", ops[i].prefix);
        json_object_set_int_member(o, failed, (gint64)b->stats[ops[i].op].failed);
    }
    json_object_set_int_member(o, "wr_highest_offset", 0);
    json_object_set_boolean_member(o, "account_invalid", FALSE);
    json_object_set_boolean_member(o, "account_failed", FALSE);
    json_object_set_array_member(o, "timed_stats", json_array_new());
    return o;
}

static JsonNode *do_blockstats(SysMonitor *m, JsonObject *args, GError **err)
{
    Obj *dir = obj_child(board()->b.root, "objects");
    gboolean nodes = obj_json_bool(args, "query-nodes", FALSE);
    JsonArray *a = json_array_new();

    for (guint i = 0; dir && dir->children && i < dir->children->len; i++) {
        SysBlock *b = obj_cast(g_ptr_array_index(dir->children, i), &sys_block_type);
        if (b && (nodes || b->is_used)) {
            JsonObject *o = json_object_new();
            if (!nodes) {
                json_object_set_string_member(o, "device", b->obj.name);
            }
            json_object_set_string_member(o, "node-name", b->obj.name);
            json_object_set_object_member(o, "stats", stats_of(b));
            json_array_add_object_element(a, o);
        }
    }
    return sys_qmp_list(a);
}

static JsonNode *do_block_resize(SysMonitor *m, JsonObject *args, GError **err)
{
    const char *name = obj_json_str(args, "node-name");
    const char *device = obj_json_str(args, "device");
    const gint64 size = json_object_get_int_member(args, "size");
    SysBlock *b = name ? sys_qmp_find_node(name, err) : sys_qmp_find_disk(device, err);

    if (!b) {
        return NULL;
    }
    if (size < 0) {
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_RANGE, "Parameter 'size' expects a >0 size");
    } else {
        sys_block_resize(b, (guint64)size, err);
    }
    return NULL;
}

/* --- options --------------------------------------------------------------------------------- */
/* The words of a value's description: "file=FILE[,if=virtio]" has file and if. */
static JsonArray *words_of(const char *arg)
{
    JsonArray *a = json_array_new();

    for (const char *p = arg; p && *p;) {
        gsize n = strspn(p, "abcdefghijklmnopqrstuvwxyz0123456789_-.");
        if (n && p[n] == '=') {
            g_autofree char *name = g_strndup(p, n);
            JsonObject *o = json_object_new();
            json_object_set_string_member(o, "name", name);
            json_object_set_string_member(o, "type", "string");
            json_array_add_object_element(a, o);
        }
        p += MAX(n, 1);
    }
    return a;
}

static void add_option(const char *name, const char *arg, void *data)
{
    JsonObject *o = json_object_new();

    json_object_set_array_member(o, "parameters", words_of(arg));
    json_object_set_string_member(o, "option", name);
    json_array_add_object_element(data, o);
}

static JsonNode *do_options(SysMonitor *m, JsonObject *args, GError **err)
{
    const char *want = obj_json_str(args, "option");
    JsonArray *all = json_array_new();

    sys_cli_each(add_option, all);
    for (guint i = json_array_get_length(all); want && i-- > 0;) {
        if (strcmp(json_object_get_string_member(json_array_get_object_element(all, i), "option"), want)) {
            json_array_remove_element(all, i);
        }
    }
    if (want && !json_array_get_length(all)) {
        json_array_unref(all);
        obj_refuse(err, "invalid option name: %s", want);
        return NULL;
    }
    return sys_qmp_list(all);
}

/* --- others ---------------------------------------------------------------------------------- */
static void add_memdev(Obj *o, JsonArray *a)
{
    const SysMemory *b = obj_cast(o, &sys_memory_type);

    if (b) {
        JsonObject *j = json_object_new();
        json_object_set_string_member(j, "id", o->name);
        json_object_set_int_member(j, "size", (gint64)b->bytes);
        json_object_set_boolean_member(j, "merge", b->merge);
        json_object_set_boolean_member(j, "dump", b->dump);
        json_object_set_boolean_member(j, "prealloc", b->prealloc);
        json_object_set_boolean_member(j, "share", b->share);
        json_object_set_array_member(j, "host-nodes", json_array_new());
        json_object_set_string_member(j, "policy", "default");
        json_array_add_object_element(a, j);
    }
}

static JsonNode *do_memdev(SysMonitor *m, JsonObject *args, GError **err)
{
    Obj *dir = obj_child(board()->b.root, "objects");
    JsonArray *a = json_array_new();

    for (guint i = 0; dir && dir->children && i < dir->children->len; i++) {
        add_memdev(g_ptr_array_index(dir->children, i), a);
    }
    return sys_qmp_list(a);
}

static JsonNode *do_iothreads(SysMonitor *m, JsonObject *args, GError **err)
{
    Obj *dir = obj_child(board()->b.root, "objects");
    JsonArray *a = json_array_new();

    for (guint i = 0; dir && dir->children && i < dir->children->len; i++) {
        Obj *o = g_ptr_array_index(dir->children, i);
        if (o->type == &sys_iothread) {
            JsonObject *j = json_object_new();
            json_object_set_string_member(j, "id", o->name);
            json_object_set_int_member(j, "thread-id", 0);
            json_object_set_int_member(j, "poll-max-ns", 0);
            json_object_set_int_member(j, "poll-grow", 0);
            json_object_set_int_member(j, "poll-shrink", 0);
            json_object_set_int_member(j, "aio-max-batch", 0);
            json_array_add_object_element(a, j);
        }
    }
    return sys_qmp_list(a);
}

static JsonNode *do_current_machine(SysMonitor *m, JsonObject *args, GError **err)
{
    JsonObject *o = json_object_new();

    json_object_set_boolean_member(o, "wakeup-suspend-support", FALSE);
    return sys_qmp_node(o);
}

static JsonNode *do_hotpluggable(SysMonitor *m, JsonObject *args, GError **err)
{
    obj_refuse(err, "machine does not support hot-plugging CPUs");
    return NULL;
}

/* Of migrations: there is nothing to be chosen. */
static JsonNode *do_empty(SysMonitor *m, JsonObject *args, GError **err)
{
    return sys_qmp_list(json_array_new());
}

static JsonNode *do_nothing(SysMonitor *m, JsonObject *args, GError **err)
{
    return NULL;
}

/* Of what can be chosen, events are always there; other things are taken if they are to be off. */
static JsonNode *do_set_capabilities(SysMonitor *m, JsonObject *args, GError **err)
{
    JsonNode *n = json_object_get_member(args, "capabilities");
    JsonArray *a = JSON_NODE_HOLDS_ARRAY(n) ? json_node_get_array(n) : NULL;

    for (guint i = 0; a && i < json_array_get_length(a); i++) {
        JsonNode *e = json_array_get_element(a, i);
        JsonObject *o = JSON_NODE_HOLDS_OBJECT(e) ? json_node_get_object(e) : NULL;
        const char *name = obj_json_str(o, "capability");
        if (obj_json_bool(o, "state", FALSE) && g_strcmp0(name, "events")) {
            obj_refuse(err, "migration capability '%s': not implemented", name ? name : "");
        }
        if (err && *err) {
            break;
        }
    }
    return NULL;
}

/* A set of its own for each descriptor: clients look for them by what they said of them. */
static void add_fdset(guint set, int fd, const char *opaque, void *data)
{
    JsonObject *o = json_object_new(), *f = json_object_new();
    JsonArray *fds = json_array_new();

    json_object_set_int_member(f, "fd", fd);
    if (opaque) {
        json_object_set_string_member(f, "opaque", opaque);
    }
    json_array_add_object_element(fds, f);
    json_object_set_int_member(o, "fdset-id", set);
    json_object_set_array_member(o, "fds", fds);
    json_array_add_object_element(data, o);
}

static JsonNode *do_fdsets(SysMonitor *m, JsonObject *args, GError **err)
{
    JsonArray *a = json_array_new();

    sys_fdset_each(add_fdset, a);
    return sys_qmp_list(a);
}

static JsonNode *do_capabilities(SysMonitor *m, JsonObject *args, GError **err)
{
    JsonArray *a = json_array_new();
    JsonObject *o = json_object_new();

    json_object_set_string_member(o, "capability", "events");
    json_object_set_boolean_member(o, "state", TRUE);
    json_array_add_object_element(a, o);
    return sys_qmp_list(a);
}

static const QmpArg option[] = { { "option", "str", TRUE }, { 0 } };
static const QmpArg query_nodes[] = { { "query-nodes", "bool", TRUE }, { 0 } };
static const QmpArg resize[] = { { "device", "str", TRUE }, { "node-name", "str", TRUE }, { "size", "int", FALSE },
                                 { 0 } };
static const QmpArg capabilities[] = { { "capabilities", "any", FALSE }, { 0 } };

const QmpCommand sys_qmp_machine[] = {
    { "query-pci", "PCI functions", NULL, FALSE, do_pci },
    { "query-blockstats", "what disks have done", query_nodes, FALSE, do_blockstats },
    { "block_resize", "another size of a disk", resize, FALSE, do_block_resize },
    { "query-command-line-options", "options of the command line", option, FALSE, do_options },
    { "query-memdev", "memory back ends", NULL, FALSE, do_memdev },
    { "query-iothreads", "threads that have names", NULL, FALSE, do_iothreads },
    { "query-current-machine", "what the machine can do while it runs", NULL, FALSE, do_current_machine },
    { "query-hotpluggable-cpus", "CPUs that can come: none can", NULL, FALSE, do_hotpluggable },
    { "query-tpm", "TPMs: there are none", NULL, FALSE, do_empty },
    { "query-tpm-models", "models of TPMs: there are none", NULL, FALSE, do_empty },
    { "query-tpm-types", "kinds of TPMs: there are none", NULL, FALSE, do_empty },
    { "query-fdsets", "descriptors that the program was started with", NULL, FALSE, do_fdsets },
    { "query-migrate-capabilities", "what migrations can be told: events are on", NULL, FALSE, do_capabilities },
    { "migrate-set-capabilities", "tells them; only what they do anyway is taken", capabilities, FALSE,
      do_set_capabilities },
    { "query-migrate-parameters", "numbers of migrations: none", NULL, FALSE, do_nothing },
    { 0 },
};
