/* SPDX-License-Identifier: BSD-2-Clause */
/* Readable commands that change something: words for QMP's commands. */
#include "monitor/private.h"

#include "back/net/net.h"
#include "cpu/cpu.h"

#include "base/log.h"

#include "dev/mem.h"
#include "dev/plug.h"
#include "obj/visit.h"

#include <string.h>

static gboolean need(char **words, guint n, const char *usage, GError **err)
{
    if (g_strv_length(words) > n) {
        return TRUE;
    }
    obj_refuse(err, "usage: %s %s", words[0], usage);
    return FALSE;
}

static void plain(GString *out, char **words, GError **err)
{
    sys_hmp_qmp(words[0], NULL, err);
}

/* One argument with its name in QMP. */
static void with(const char *command, const char *name, const char *value, GError **err)
{
    g_autoptr(JsonObject) o = json_object_new();

    json_object_set_string_member(o, name, value);
    sys_hmp_qmp(command, o, err);
}

static void device_add(GString *out, char **words, GError **err)
{
    if (need(words, 1, "DRIVER[,PROPERTY=VALUE...]", err)) {
        g_autoptr(JsonObject) o = dev_plug_parse(words[1], "driver", err);
        if (o) {
            sys_hmp_qmp("device_add", o, err);
        }
    }
}

static void device_del(GString *out, char **words, GError **err)
{
    if (need(words, 1, "ID", err)) {
        with("device_del", "id", words[1], err);
    }
}

static void migrate(GString *out, char **words, GError **err)
{
    guint i = words[1] && words[1][0] == '-' ? 2 : 1;

    if (need(words, i, "[-d] URI", err)) {
        with("migrate", "uri", words[i], err);
    }
}

static void savevm(GString *out, char **words, GError **err)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_local();
    g_autofree char *usual = g_date_time_format(now, "vm-%Y%m%d%H%M%S");

    sys_snap_save(words[1] ? words[1] : usual, NULL, err);
}

static void loadvm(GString *out, char **words, GError **err)
{
    if (need(words, 1, "NAME", err)) {
        sys_snap_load(words[1], err);
    }
}

static void delvm(GString *out, char **words, GError **err)
{
    if (need(words, 1, "NAME", err)) {
        sys_snap_delete(words[1], NULL, err);
    }
}

static void chardev_add(GString *out, char **words, GError **err)
{
    if (need(words, 1, "BACKEND,id=ID[,...]", err)) {
        sys_char_new(obj_container(sys_monitors.board->b.root, "chardevs"), words[1], err);
    }
}

static void chardev_remove(GString *out, char **words, GError **err)
{
    if (need(words, 1, "ID", err)) {
        with("chardev-remove", "id", words[1], err);
    }
}

static void balloon(GString *out, char **words, GError **err)
{
    guint64 bytes;
    g_autofree char *text = need(words, 1, "MIB", err) ? g_strconcat(words[1], "M", NULL) : NULL;

    if (text && !obj_parse_size(g_ascii_isdigit(words[1][strlen(words[1]) - 1]) ? text : words[1], &bytes)) {
        obj_refuse(err, "'%s' is no size", words[1]);
    } else if (text) {
        g_autoptr(JsonObject) o = json_object_new();
        json_object_set_int_member(o, "value", (gint64)MIN(bytes, G_MAXINT64));
        sys_hmp_qmp("balloon", o, err);
    }
}

static void set_link(GString *out, char **words, GError **err)
{
    if (!need(words, 1, "NAME", err) || !need(words, 2, "on|off", err)) {
        return;
    }
    if (strcmp(words[2], "on") && strcmp(words[2], "off")) {
        obj_refuse(err, "'%s': must be on or off", words[2]);
    } else {
        g_autoptr(JsonObject) o = json_object_new();
        json_object_set_string_member(o, "name", words[1]);
        json_object_set_boolean_member(o, "up", !strcmp(words[2], "on"));
        sys_hmp_qmp("set_link", o, err);
    }
}

/* "[NETDEV] RULE": of the one that is named, or the first that has such ports. */
static void forward(GString *out, char **words, GError **err)
{
    const char *name = words[1] && words[2] ? words[1] : NULL;
    Obj *dir = obj_container(sys_monitors.board->b.root, "objects");
    const gboolean add = !strcmp(words[0], "hostfwd_add");

    if (!need(words, 1, "[NETDEV] [tcp|udp]:[HOST]:PORT-[GUEST]:PORT", err)) {
        return;
    }
    for (guint i = 0; dir->children && i < dir->children->len; i++) {
        SysNet *n = obj_cast(g_ptr_array_index(dir->children, i), &sys_net_type);
        const SysNetType *t = n ? (const SysNetType *)n->obj.type : NULL;
        if (n && t->forward && (!name || !strcmp(n->obj.name, name))) {
            t->forward(n, words[name ? 2 : 1], add, err);
            return;
        }
    }
    obj_refuse(err, "there is no user network%s%s", name ? " " : "", name ? name : "");
}

/* --- copies of disks ------------------------------------------------------------------------- */
/* block_job_pause and the like, whose names differ in one letter from QMP's. */
static void job(GString *out, char **words, GError **err)
{
    const gboolean force = words[1] && !strcmp(words[1], "-f");
    g_autoptr(JsonObject) o = json_object_new();
    g_autofree char *command = g_strdelimit(g_strdup(words[0]), "_", '-');

    if (need(words, force ? 2 : 1, "[-f] DEVICE", err)) {
        json_object_set_string_member(o, "device", words[force ? 2 : 1]);
        if (force) {
            json_object_set_boolean_member(o, "force", TRUE);
        }
        sys_hmp_qmp(command, o, err);
    }
}

static void job_speed(GString *out, char **words, GError **err)
{
    if (need(words, 2, "DEVICE SPEED", err)) {
        g_autoptr(JsonObject) o = json_object_new();
        json_object_set_string_member(o, "device", words[1]);
        json_object_set_int_member(o, "speed", (gint64)MIN(g_ascii_strtoull(words[2], NULL, 10), G_MAXINT64));
        sys_hmp_qmp("block-job-set-speed", o, err);
    }
}

/* [-n] [-f] DEVICE [FILE [FORMAT]]: -n takes a file that is there, -f copies the whole disk. */
static void copy_disk(GString *out, char **words, GError **err)
{
    g_autoptr(JsonObject) o = json_object_new();
    const gboolean is_snapshot = !strcmp(words[0], "snapshot_blkdev"), is_stream = !strcmp(words[0], "block_stream");
    gboolean full = FALSE;
    guint i = 1;

    for (; words[i] && words[i][0] == '-'; i++) {
        if (!strcmp(words[i], "-n")) {
            json_object_set_string_member(o, "mode", "existing");
        }
        full |= !strcmp(words[i], "-f");
    }
    if (!need(words, i + !is_stream, is_stream ? "DEVICE" : is_snapshot ? "[-n] DEVICE FILE [FORMAT]"
              : "[-n] [-f] DEVICE FILE [FORMAT]", err)) {
        return;
    }
    json_object_set_string_member(o, "device", words[i]);
    if (!is_stream) {
        json_object_set_string_member(o, is_snapshot ? "snapshot-file" : "target", words[i + 1]);
    }
    if (!is_stream && words[i + 2]) {
        json_object_set_string_member(o, "format", words[i + 2]);
    }
    if (!is_stream && !is_snapshot) {
        json_object_set_string_member(o, "sync", full ? "full" : "top");
    }
    sys_hmp_qmp(is_snapshot ? "blockdev-snapshot-sync" : is_stream ? "block-stream"
                : !strcmp(words[0], "drive_mirror") ? "drive-mirror" : "drive-backup", o, err);
}

static void send_break(GString *out, char **words, GError **err)
{
    if (need(words, 1, "ID", err)) {
        with("chardev-send-break", "id", words[1], err);
    }
}

static void migrate_incoming(GString *out, char **words, GError **err)
{
    if (need(words, 1, "URI", err)) {
        with("migrate-incoming", "uri", words[1], err);
    }
}

/* "ctrl-alt-delete" */
static void sendkey(GString *out, char **words, GError **err)
{
    if (!need(words, 1, "KEY[-KEY...]", err)) {
        return;
    }
    g_auto(GStrv) names = g_strsplit(words[1], "-", -1);
    g_autoptr(JsonObject) o = json_object_new();
    JsonArray *keys = json_array_new();
    for (char **n = names; *n; n++) {
        JsonObject *k = json_object_new();
        gboolean is_number = g_str_has_prefix(*n, "0x");
        json_object_set_string_member(k, "type", is_number ? "number" : "qcode");
        if (is_number) {
            json_object_set_int_member(k, "data", (gint64)g_ascii_strtoull(*n, NULL, 16));
        } else {
            json_object_set_string_member(k, "data", !strcmp(*n, "<") ? "less" : *n);
        }
        json_array_add_object_element(keys, k);
    }
    json_object_set_array_member(o, "keys", keys);
    sys_hmp_qmp("send-key", o, err);
}

static JsonObject *input_event(JsonArray *events, const char *type)
{
    JsonObject *e = json_object_new(), *data = json_object_new();

    json_object_set_string_member(e, "type", type);
    json_object_set_object_member(e, "data", data);
    json_array_add_object_element(events, e);
    return data;
}

static void send_events(JsonArray *events, GError **err)
{
    g_autoptr(JsonObject) o = json_object_new();

    json_object_set_array_member(o, "events", events);
    sys_hmp_qmp("input-send-event", o, err);
}

static void mouse_move(GString *out, char **words, GError **err)
{
    static const char *const axes[] = { "x", "y" };

    if (!need(words, 2, "DX DY [DZ]", err)) {
        return;
    }
    JsonArray *events = json_array_new();
    for (guint i = 0; i < 2; i++) {
        JsonObject *data = input_event(events, "rel");
        json_object_set_string_member(data, "axis", axes[i]);
        json_object_set_int_member(data, "value", g_ascii_strtoll(words[i + 1], NULL, 0));
    }
    gint64 wheel = words[3] ? g_ascii_strtoll(words[3], NULL, 0) : 0;
    if (wheel) {
        JsonObject *data = input_event(events, "btn");
        json_object_set_boolean_member(data, "down", TRUE);
        json_object_set_string_member(data, "button", wheel < 0 ? "wheel-up" : "wheel-down");
    }
    send_events(events, err);
}

/* Bits: 1 left, 2 right, 4 middle. */
static void mouse_button(GString *out, char **words, GError **err)
{
    static const char *const names[] = { "left", "right", "middle" };
    static guint before;

    if (!need(words, 1, "STATE", err)) {
        return;
    }
    guint now = (guint)g_ascii_strtoull(words[1], NULL, 0);
    JsonArray *events = json_array_new();
    for (guint i = 0; i < 3; i++) {
        if ((now ^ before) >> i & 1) {
            JsonObject *data = input_event(events, "btn");
            json_object_set_boolean_member(data, "down", (now >> i & 1) != 0);
            json_object_set_string_member(data, "button", names[i]);
        }
    }
    before = now;
    send_events(events, err);
}

/* Words of an option that has a QMP command: "type,id=x,name=value". */
static void with_words(const char *command, const char *implied, const char *text, GError **err)
{
    g_autoptr(JsonObject) o = dev_plug_parse(text, implied, err);

    if (o) {
        sys_hmp_qmp(command, o, err);
    }
}

static void object_add(GString *out, char **words, GError **err)
{
    if (need(words, 1, "TYPE,id=ID[,PROPERTY=VALUE...]", err)) {
        with_words("object-add", "qom-type", words[1], err);
    }
}

static void object_del(GString *out, char **words, GError **err)
{
    if (need(words, 1, "ID", err)) {
        with("object-del", "id", words[1], err);
    }
}

static void netdev_add(GString *out, char **words, GError **err)
{
    if (need(words, 1, "TYPE,id=ID[,...]", err)) {
        sys_net_new(obj_container(sys_monitors.board->b.root, "objects"), words[1], err);
    }
}

static void netdev_del(GString *out, char **words, GError **err)
{
    if (need(words, 1, "ID", err)) {
        with("netdev_del", "id", words[1], err);
    }
}

static void drive_del(GString *out, char **words, GError **err)
{
    if (need(words, 1, "ID", err)) {
        with("blockdev-del", "node-name", words[1], err);
    }
}

static Obj *object(const char *path, GError **err)
{
    Obj *root = sys_monitors.board->b.root;

    return strcmp(path, "/") ? obj_resolve(root, path, NULL, err) : root;
}

static void list_one(const ObjPropInfo *info, void *data)
{
    g_autofree char *type = sys_qmp_type(info);

    g_string_append_printf(data, "%s (%s)\n", info->name, type);
}

static void qom_list(GString *out, char **words, GError **err)
{
    Obj *o = object(words[1] ? words[1] : "/", err);

    if (o) {
        obj_prop_each(o, list_one, out);
    }
}

static void qom_get(GString *out, char **words, GError **err)
{
    Obj *o = need(words, 2, "PATH PROPERTY", err) ? object(words[1], err) : NULL;
    g_autofree char *text = o ? obj_prop_get_text(o, words[2], err) : NULL;

    if (text) {
        g_string_append_printf(out, "%s\n", text);
    }
}

static void qom_set(GString *out, char **words, GError **err)
{
    Obj *o = need(words, 3, "PATH PROPERTY VALUE", err) ? object(words[1], err) : NULL;

    if (o) {
        obj_prop_set_text(o, words[2], words[3], err);
    }
}

static void set_log(GString *out, char **words, GError **err)
{
    unsigned mask = 0;
    const char *bad;

    if (!need(words, 1, "ITEMS|none", err)) {
        return;
    }
    if (strcmp(words[1], "none") && !log_parse(words[1], &mask, &bad)) {
        obj_refuse(err, "'%s': no such items; -d help lists them", words[1]);
        return;
    }
    log_mask = mask;
}

/* --- memory ---------------------------------------------------------------------------------- */
/* "x /8xw ADDRESS": count, format (x d u c), size (b h w g). */
static gboolean parse_format(const char *text, guint *n, char *format, guint *size)
{
    static const struct {
        char letter;
        guint bytes;
    } sizes[] = { { 'b', 1 }, { 'h', 2 }, { 'w', 4 }, { 'g', 8 } };
    char *end;

    *n = (guint)MIN(g_ascii_strtoull(text + 1, &end, 10), 4096);
    *n = end == text + 1 ? 1 : *n;
    for (; *end; end++) {
        guint i = 0;
        while (i < G_N_ELEMENTS(sizes) && sizes[i].letter != *end) {
            i++;
        }
        if (i < G_N_ELEMENTS(sizes)) {
            *size = sizes[i].bytes;
        } else if (strchr("xduc", *end)) {
            *format = *end;
        } else {
            return FALSE;
        }
    }
    return TRUE;
}

static void show_value(GString *out, guint64 v, char format, guint size)
{
    gint64 s = (gint64)(v << (64 - 8 * size)) >> (64 - 8 * size);

    if (format == 'x') {
        g_string_append_printf(out, " 0x%0*" G_GINT64_MODIFIER "x", (int)size * 2, v);
    } else if (format == 'c') {
        g_string_append_printf(out, g_ascii_isprint((char)v) ? " '%c'" : " '\\x%02x'", (guint8)v);
    } else if (format == 'd') {
        g_string_append_printf(out, " %" G_GINT64_FORMAT, s);
    } else {
        g_string_append_printf(out, " %" G_GUINT64_FORMAT, v);
    }
}

static void dump_memory(GString *out, char **words, GError **err)
{
    if (need(words, 1, "FILE", err) && words[1][0] == '-') {
        obj_refuse(err, "%s: not implemented; an ELF file of all memory is what there is",
                   words[1]);
    } else if (words[1]) {
        sys_dump_write(words[1], err);
    }
}

static void save_memory(GString *out, char **words, GError **err)
{
    if (need(words, 3, "ADDRESS SIZE FILE", err)) {
        g_autoptr(JsonObject) o = json_object_new();
        json_object_set_int_member(o, "val", (gint64)g_ascii_strtoull(words[1], NULL, 0));
        json_object_set_int_member(o, "size", (gint64)g_ascii_strtoull(words[2], NULL, 0));
        json_object_set_string_member(o, "filename", words[3]);
        sys_hmp_qmp(words[0], o, err);
    }
}

static void block_resize(GString *out, char **words, GError **err)
{
    guint64 bytes = 0;
    const char *text = need(words, 2, "ID SIZE", err) ? words[2] : NULL;
    g_autofree char *size = text && g_ascii_isdigit(text[strlen(text) - 1]) ? g_strconcat(text, "M", NULL)
                                                                            : g_strdup(text);

    if (text && !obj_parse_size(size, &bytes)) {
        obj_refuse(err, "'%s' is no size", text);
    } else if (text) {
        g_autoptr(JsonObject) o = json_object_new();
        json_object_set_string_member(o, "device", words[1]);
        json_object_set_int_member(o, "size", (gint64)MIN(bytes, G_MAXINT64));
        sys_hmp_qmp("block_resize", o, err);
    }
}

/* A number in the form that is asked for: "p /d 0x10". */
static void print_value(GString *out, char **words, GError **err)
{
    guint n = 1, size = 8, i = words[1] && words[1][0] == '/' ? 2 : 1;
    char format = 'x', *end = NULL;

    if (!need(words, i, "[/FORMAT] NUMBER", err)) {
        return;
    }
    guint64 value = g_ascii_strtoull(words[i], &end, 0);
    if (*end || (i == 2 && !parse_format(words[1], &n, &format, &size))) {
        obj_refuse(err, "'%s': must be a number; expressions are not implemented",
                   words[i]);
        return;
    }
    GString *text = g_string_new(NULL);
    show_value(text, value, format, size);
    g_string_append_printf(out, "%s\n", text->str + 1);
    g_string_free(text, TRUE);
}

static void examine(GString *out, char **words, GError **err)
{
    guint n = 1, size = 4, i = words[1] && words[1][0] == '/' ? 2 : 1;
    gboolean virtual = !strcmp(words[0], "x");
    char format = 'x', *end = NULL;

    if (!need(words, i, "[/COUNT FORMAT SIZE] ADDRESS", err)) {
        return;
    }
    guint64 at = g_ascii_strtoull(words[i], &end, 0);
    if (*end || (i == 2 && !parse_format(words[1], &n, &format, &size))) {
        obj_refuse(err, "'%s': %s", *end ? words[i] : words[1],
                   *end ? "must be a number" : "must be /, a count, one of x d u c and one of b h w g");
        return;
    }
    if (virtual && sys_machine_running(sys_monitors.machine)) {
        obj_refuse(err, "virtual addresses need a machine that stands: stop it first");
        return;
    }
    for (guint k = 0; k < n; k++, at += size) {
        guint64 v = 0;
        if (k % (16 / size) == 0) {
            g_string_append_printf(out, "%s%016" G_GINT64_MODIFIER "x:", k ? "\n" : "", at);
        }
        if (virtual ? sys_cpu_read(g_ptr_array_index(sys_monitors.board->cpus, 0), at, &v, size)
                    : dev_mem_read(sys_monitors.board->b.space, at, &v, size) == DEV_TX_OK) {
            show_value(out, GUINT64_FROM_LE(v), format, size);
        } else {
            g_string_append(out, " Cannot access memory");
            break;
        }
    }
    g_string_append_c(out, '\n');
}

const HmpCommand sys_hmp_control[] = {
    { "stop", "", "the CPUs stand", plain },
    { "cont", "", "the CPUs go on", plain },
    { "quit", "", "ends the program", plain },
    { "system_reset", "", "as the reset button does", plain },
    { "system_powerdown", "", "as the power button does", plain },
    { "device_add", "DRIVER[,PROPERTY=VALUE...]", "plugs a device", device_add },
    { "device_del", "ID", "unplugs a device", device_del },
    { "chardev-add", "BACKEND,id=ID[,...]", "makes a character back end", chardev_add },
    { "chardev-remove", "ID", "takes one away", chardev_remove },
    { "chardev-send-break", "ID", "a break on a serial line", send_break },
    { "hostfwd_add", "[NETDEV] [tcp|udp]:[HOST]:PORT-[GUEST]:PORT", "leads a port of the host to the guest", forward },
    { "hostfwd_remove", "[NETDEV] [tcp|udp]:[HOST]:PORT", "does so no more", forward },
    { "snapshot_blkdev", "[-n] DEVICE FILE [FORMAT]", "a new image over a disk gets what is written", copy_disk },
    { "drive_mirror", "[-n] [-f] DEVICE FILE [FORMAT]", "a file becomes a copy of a disk (-f), and stays one",
      copy_disk },
    { "drive_backup", "[-n] [-f] DEVICE FILE [FORMAT]", "a file becomes what a disk is now (-f)", copy_disk },
    { "block_stream", "DEVICE", "a disk's image needs nothing below it any more", copy_disk },
    { "block_job_cancel", "[-f] DEVICE", "ends a copy", job },
    { "block_job_complete", "DEVICE", "the device uses the copy", job },
    { "block_job_pause", "DEVICE", "a copy waits", job },
    { "block_job_resume", "DEVICE", "and goes on", job },
    { "block_job_set_speed", "DEVICE SPEED", "bytes in a second; 0: no limit", job_speed },
    { "migrate_incoming", "URI", "takes a machine, after -incoming defer", migrate_incoming },
    { "migrate_cancel", "", "nothing: a migration is over when migrate has answered", plain },
    { "savevm", "[NAME]", "keeps the machine in its disks, which must be qcow2 images", savevm },
    { "loadvm", "NAME", "goes back to what savevm has kept", loadvm },
    { "delvm", "NAME", "forgets that", delvm },
    { "object_add", "TYPE,id=ID[,PROPERTY=VALUE...]", "makes an object", object_add },
    { "object_del", "ID", "takes one away", object_del },
    { "netdev_add", "TYPE,id=ID[,...]", "makes a network back end", netdev_add },
    { "netdev_del", "ID", "takes one away", netdev_del },
    { "set_link", "NAME on|off", "puts a network cable in, or pulls it", set_link },
    { "drive_del", "ID", "takes a disk's back end away", drive_del },
    { "balloon", "MIB", "how much memory the guest shall keep", balloon },
    { "sendkey", "KEY[-KEY...]", "presses keys together", sendkey },
    { "mouse_move", "DX DY [DZ]", "moves a mouse, and its wheel", mouse_move },
    { "mouse_button", "STATE", "buttons of a mouse that are down: 1 left, 2 right, 4 middle", mouse_button },
    { "migrate", "[-d] URI", "stops the machine and writes it to file:, exec:, fd:, unix: or tcp:", migrate },
    { "qom-list", "[PATH]", "properties and children of an object", qom_list },
    { "qom-get", "PATH PROPERTY", "a property's value", qom_get },
    { "qom-set", "PATH PROPERTY VALUE", "sets a property", qom_set },
    { "log", "ITEMS|none", "what goes to the log", set_log },
    { "p", "[/FORMAT] NUMBER", "a number in another form", print_value },
    { "print", "[/FORMAT] NUMBER", "the same", print_value },
    { "block_resize", "ID SIZE", "another size of a disk, in MiB", block_resize },
    { "memsave", "ADDRESS SIZE FILE", "virtual memory into a file", save_memory },
    { "pmemsave", "ADDRESS SIZE FILE", "physical memory into a file", save_memory },
    { "dump-guest-memory", "FILE", "RAM and registers into a core file", dump_memory },
    { "x", "[/FORMAT] ADDRESS", "memory at a virtual address of the first CPU", examine },
    { "xp", "[/FORMAT] ADDRESS", "memory at a physical address", examine },
    { 0 },
};
