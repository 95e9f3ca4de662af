/* SPDX-License-Identifier: BSD-2-Clause */
/* info: what there is. */
#include "monitor/private.h"

#include "back/block/block.h"
#include "back/net/net.h"
#include "cpu/cpu.h"
#include "dev/pci/pci.h"
#include "dev/virtio/balloon.h"
#include "input.h"

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

/* info registers [-a] [-v] [CPU]: all there are are told anyway. */
static void registers(GString *out, char **words, GError **err)
{
    gboolean vectors = FALSE;
    const char *only = NULL;

    for (guint i = 2; words[1] && words[i]; i++) {
        if (!strcmp(words[i], "-v")) {
            vectors = TRUE;
        } else if (strcmp(words[i], "-a")) {
            only = words[i];
        }
    }
    guint64 n = 0;
    if (only && !g_ascii_string_to_unsigned(only, 10, 0, board()->cpus->len - 1, &n, NULL)) {
        obj_refuse(err, "there is no CPU '%s'", only);
        return;
    }
    if (sys_machine_running(sys_monitors.machine)) {
        obj_refuse(err, "registers are those of a machine that stands: stop it first");
        return;
    }
    for (guint i = 0; i < board()->cpus->len; i++) {
        if (only && i != n) {
            continue;
        }
        g_autofree char *text = sys_cpu_text(g_ptr_array_index(board()->cpus, i), vectors);
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

/* --- PCI ------------------------------------------------------------------------------------- */
static void pci_functions(GString *out, const SysPciBus *bus, guint number)
{
    for (guint i = 0; i < bus->bus.devs->len; i++) {
        const SysPci *p = g_ptr_array_index(bus->bus.devs, i);
        guint address = (guint)p->dev.address;
        if (p->dev.state != DEV_LIVE) {
            continue;
        }
        g_string_append_printf(out, "  Bus %2u, device %3u, function %u:\n    %s: PCI device %04x:%04x\n", number,
                               address / SYS_PCI_FUNCTIONS, address % SYS_PCI_FUNCTIONS, p->dev.obj.type->name,
                               sys_pci_get(p, 0, 2), sys_pci_get(p, 2, 2));
        if (p->config[SYS_PCI_PIN]) {
            g_string_append_printf(out, "      IRQ %u, pin %c\n", p->config[SYS_PCI_LINE],
                                   'A' + p->config[SYS_PCI_PIN] - 1);
        }
        SysPciBus *behind = sys_pci_behind(p);
        if (behind) {
            g_string_append_printf(out, "      BUS %u.\n      secondary bus %u.\n      subordinate bus %u.\n",
                                   p->config[0x18], p->config[0x19], p->config[0x1a]);
        }
        for (guint k = 0; k < SYS_PCI_BARS; k++) {
            if (p->bar[k]) {
                guint32 low = sys_pci_get(p, SYS_PCI_BAR0 + 4 * k, 4);
                guint64 high = low & SYS_PCI_BAR_64 ? sys_pci_get(p, SYS_PCI_BAR0 + 4 * k + 4, 4) : 0;
                g_string_append_printf(out, "      BAR%u: %s bit %smemory of 0x%" G_GINT64_MODIFIER "x bytes", k,
                                       low & SYS_PCI_BAR_64 ? "64" : "32",
                                       low & SYS_PCI_BAR_PREFETCH ? "prefetchable " : "",
                                       p->bar[k]->last + 1);
                g_string_append_printf(out, p->bar[k]->enabled ? " at 0x%" G_GINT64_MODIFIER "x\n" : ", not mapped\n",
                                       high << 32 | (low & ~15u));
            }
        }
        g_string_append_printf(out, "      id \"%s\"\n", p->dev.obj.name);
        if (behind) {
            pci_functions(out, behind, p->config[0x19]);
        }
    }
}

static gboolean root_bus(Obj *o, void *data)
{
    SysPciBus *bus = obj_cast(o, &sys_pci_bus_type.obj);

    if (bus && bus->is_root) {
        pci_functions(data, bus, 0);
    }
    return TRUE;
}

static void pci(GString *out, char **words, GError **err)
{
    obj_walk(&board()->b.dev.obj, root_bus, out);
}

/* --- others ---------------------------------------------------------------------------------- */
static void network_one(GString *out, Obj *o)
{
    SysNet *n = obj_cast(o, &sys_net_type);

    if (n) {
        g_string_append_printf(out, "%s: type=%s%s\n", o->name, strchr(o->type->name, '-') + 1,
                               n->front ? "" : " (unused)");
    }
}

static void network(GString *out, char **words, GError **err)
{
    each(out, "objects", network_one);
}

static void name(GString *out, char **words, GError **err)
{
    g_string_append_printf(out, "%s\n", board()->name ? board()->name : "");
}

static void uuid(GString *out, char **words, GError **err)
{
    g_string_append_printf(out, "%s\n", board()->uuid ? board()->uuid : "00000000-0000-0000-0000-000000000000");
}

static void blockstats_one(GString *out, Obj *o)
{
    const SysBlock *b = obj_cast(o, &sys_block_type);

    if (b && b->is_used) {
        g_string_append_printf(out, "%s: rd_bytes=%" G_GUINT64_FORMAT " wr_bytes=%" G_GUINT64_FORMAT " rd_operations=%"
                               G_GUINT64_FORMAT " wr_operations=%" G_GUINT64_FORMAT " flush_operations=%"
                               G_GUINT64_FORMAT "\n", o->name, b->stats[SYS_BLOCK_READ].bytes,
                               b->stats[SYS_BLOCK_WRITE].bytes,
                               b->stats[SYS_BLOCK_READ].requests, b->stats[SYS_BLOCK_WRITE].requests,
                               b->stats[SYS_BLOCK_FLUSH].requests);
    }
}

static void blockstats(GString *out, char **words, GError **err)
{
    each(out, "objects", blockstats_one);
}

static void mice_one(Dev *d, const SysInputOps *ops, void *data)
{
    if (ops->kinds & (SYS_INPUT_RELATIVE | SYS_INPUT_ABSOLUTE)) {
        g_string_append_printf(data, "%s%s\n", ops->name, ops->kinds & SYS_INPUT_ABSOLUTE ? " (absolute)" : "");
    }
}

static void mice(GString *out, char **words, GError **err)
{
    sys_input_each(&board()->b, mice_one, out);
}

static void kvm(GString *out, char **words, GError **err)
{
    g_string_append(out, "kvm support: not compiled\n");
}

static void balloon(GString *out, char **words, GError **err)
{
    Dev *d = sys_balloon_find(&board()->b);
    guint64 ram = board()->ram_bytes;

    if (d) {
        g_string_append_printf(out, "balloon: actual=%" G_GUINT64_FORMAT "\n",
                               (ram - MIN(sys_balloon_bytes(d), ram)) >> 20);
    } else {
        obj_refuse(err, "No balloon device has been activated");
    }
}

static void migration(GString *out, char **words, GError **err)
{
    g_string_append_printf(out, "Migration status: %s\n", sys_monitors.moved ? sys_monitors.moved : "none");
}

static void snapshots(GString *out, char **words, GError **err)
{
    sys_snap_list(out, err);
}

static void block_jobs(GString *out, char **words, GError **err)
{
    g_autoptr(JsonObject) none = json_object_new();
    JsonNode *n = sys_qmp_call(NULL, "query-block-jobs", none, err);
    JsonArray *a = json_node_get_array(n);

    for (guint i = 0; i < json_array_get_length(a); i++) {
        JsonObject *o = json_array_get_object_element(a, i);
        g_string_append_printf(out, "Type %s, device %s: Completed %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT
                               " bytes, speed limit %" G_GINT64_FORMAT " bytes/s, %s\n",
                               json_object_get_string_member(o, "type"), json_object_get_string_member(o, "device"),
                               json_object_get_int_member(o, "offset"), json_object_get_int_member(o, "len"),
                               json_object_get_int_member(o, "speed"), json_object_get_string_member(o, "status"));
    }
    if (!json_array_get_length(a)) {
        g_string_append(out, "No active jobs\n");
    }
    json_node_unref(n);
}

static void user_networks(GString *out, char **words, GError **err)
{
    Obj *dir = obj_container(sys_monitors.board->b.root, "objects");

    for (guint i = 0; dir->children && i < dir->children->len; i++) {
        SysNet *n = obj_cast(g_ptr_array_index(dir->children, i), &sys_net_type);
        const SysNetType *t = n ? (const SysNetType *)n->obj.type : NULL;
        g_autofree char *text = n && t->info ? t->info(n) : NULL;
        if (text) {
            g_string_append_printf(out, "%s:\n%s", n->obj.name, text);
        }
    }
}

const HmpCommand sys_hmp_info[] = {
    { "info version", "", "version of the program", version },
    { "info status", "", "whether the machine runs", status },
    { "info cpus", "", "CPUs", cpus },
    { "info registers", "[-v] [CPU]", "registers of the CPUs, with -v those of vectors", registers },
    { "info mtree", "", "physical memory", memory_map },
    { "info memory_size_summary", "", "bytes of RAM", memory_size },
    { "info chardev", "", "character back ends", chardev },
    { "info block", "", "disks", block },
    { "info qtree", "", "devices by bus", qtree },
    { "info qom-tree", "", "all objects", qom_tree },
    { "info snapshots", "", "what savevm has kept", snapshots },
    { "info pci", "", "PCI functions", pci },
    { "info network", "", "network back ends", network },
    { "info name", "", "name of the machine", name },
    { "info uuid", "", "UUID of the machine", uuid },
    { "info blockstats", "", "what disks have done", blockstats },
    { "info mice", "", "pointing devices", mice },
    { "info kvm", "", "whether KVM is used", kvm },
    { "info balloon", "", "how much memory the guest has", balloon },
    { "info block-jobs", "", "copies of disks", block_jobs },
    { "info usernet", "", "connections of user networks", user_networks },
    { "info migrate", "", "how the last migration went", migration },
    { 0 },
};
