/* SPDX-License-Identifier: BSD-2-Clause */
/* From words to a machine: the board and its properties, back ends, devices. */
#include "setup-private.h"

#include "back/back.h"
#include "back/block/graph.h"
#include "back/net/net.h"
#include "back/char/mux.h"
#include "back/object/object.h"
#include "dev/misc/fw-cfg.h"
#include "models.h"
#include "monitor/gdb.h"
#include "monitor/monitor.h"

#include "dev/lock.h"
#include "dev/plug.h"
#include "obj/visit.h"

#include <elf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static SysMachine *machine;

void sys_setup_set_machine(SysMachine *m)
{
    machine = m;
}

void sys_setup_quit(void *opaque)
{
    if (machine) {
        sys_machine_quit(machine, 0);
    }
}

/* Errors begin with the option that they are about. */
gboolean sys_setup_about(GError **err, const char *option, const char *value)
{
    g_prefix_error(err, "%s %s: ", option, value);
    return FALSE;
}

gboolean sys_setup_each(Setup *s, const char *option, const GPtrArray *all, SysSetupFn *fn, GError **err)
{
    for (guint i = 0; i < all->len; i++) {
        const char *text = g_ptr_array_index(all, i);
        if (!fn(s, text, i, err)) {
            return sys_setup_about(err, option, text);
        }
    }
    return TRUE;
}

Obj *sys_setup_dir_objects(Setup *s)
{
    return obj_child(s->board->b.root, "objects");
}

gboolean sys_setup_flag(JsonObject *o, const char *name, gboolean *value, GError **err)
{
    const char *word = obj_json_str(o, name);
    g_autoptr(ObjVisitor) v = word ? obj_visit_new_text(word) : NULL;

    if (v && !obj_visit_bool(v, value, err)) {
        g_prefix_error(err, "%s: ", name);
        return FALSE;
    }
    return TRUE;
}

/* An option's value as an object: JSON, or words, of which the first may have no name; implied is that. */
static JsonObject *words_of(const char *text, const char *implied, GError **err)
{
    if (*text != '{') {
        return dev_plug_parse(text, implied, err);
    }
    g_autoptr(JsonNode) n = obj_json_parse(text, -1, err);
    if (n && !JSON_NODE_HOLDS_OBJECT(n)) {
        obj_refuse(err, "must be a JSON object");
    }
    return n && JSON_NODE_HOLDS_OBJECT(n) ? json_node_dup_object(n) : NULL;
}

/* --- the board ------------------------------------------------------------------------------- */
static const SysBoardType *find_board(const SysTarget *t, const char *name, GError **err)
{
    g_autoptr(GPtrArray) types = g_ptr_array_new();

    for (const SysBoardType *const *b = t->boards; *b; b++) {
        g_ptr_array_add(types, (void *)&(*b)->board.dev.obj);
    }
    g_ptr_array_add(types, NULL);
    return (const SysBoardType *)obj_type_find((const ObjType *const *)types->pdata, "machine", name,
                                               err);
}

static gboolean set_machine_words(Setup *s, JsonObject *words, GError **err)
{
    static const char *const off_only[] = { "usb", "dump-guest-core", "mem-merge", "graphics", "acpi", "hmat", "nvdimm",
                                            "suppress-vmdesc", NULL };
    g_autoptr(GList) names = json_object_get_members(words);

    for (GList *l = names; l; l = l->next) {
        const char *name = l->data, *value = obj_json_str(words, name);
        if (!strcmp(name, "accel")) {
            g_auto(GStrv) kinds = g_strsplit(value, ":", -1);           /* the first that there is */
            if (!g_strv_contains((const char *const *)kinds, "tcg")) {
                return obj_refuse(err, "accel=%s: this program has only tcg", value);
            }
        } else if (!strcmp(name, "aia")) {
            if (strcmp(value, "none")) {
                return obj_refuse(err, "aia=%s: not implemented: APLIC and IMSIC; the PLIC is there (aia=none)",
                                      value);
            }
        } else if (g_strv_contains(off_only, name)) {
            if (strcmp(value, "off")) {
                return obj_refuse(err, "%s=%s: not implemented; off is what there is", name, value);
            }
        } else if (strcmp(name, "type") && strcmp(name, "memory-backend") && !g_str_has_prefix(name, "pflash") &&
                   !obj_prop_set_text(&s->board->b.dev.obj, name, value, err)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean make_board(Setup *s, GError **err)
{
    const char *usual = s->target->boards[0]->board.dev.obj.name;
    const char *text = s->o->machine ? s->o->machine : usual;
    g_autoptr(JsonObject) words = dev_plug_parse(text, "type", err);

    if (!words) {
        return sys_setup_about(err, "-M", text);
    }
    const char *name = obj_json_str(words, "type");
    const SysBoardType *t = find_board(s->target, name ? name : usual, err);
    if (!t) {
        return sys_setup_about(err, "-M", text);
    }
    DevClock *clock = s->o->turns.on ? dev_clock_new(DEV_CLOCK_INSNS, s->o->turns.ns_per_insn)
                                     : dev_clock_new(DEV_CLOCK_HOST, 0);
    s->board = (SysBoard *)dev_board_new(&t->board, clock);
    if (s->o->turns.on) {       /* nothing of the host's is seen */
        dev_clock_set_wall(s->board->b.clock, (int64_t)SYS_TURNS_WALL_S * 1000000000);
        g_random_set_seed(SYS_TURNS_SEED);
    }
    s->board->may_be_empty = s->o->paused || s->o->incoming || s->o->loadvm;
    return set_machine_words(s, words, err) || sys_setup_about(err, "-M", text);
}

/* "pflash0=NODE": flash chips are parts of the board, and nodes are there before it is built. */
static gboolean set_machine_flashes(Setup *s, GError **err)
{
    const SysBoardType *t = (const SysBoardType *)s->board->b.dev.obj.type;
    g_autoptr(JsonObject) words = s->o->machine ? dev_plug_parse(s->o->machine, "type", NULL) : NULL;
    g_autoptr(GList) names = words ? json_object_get_members(words) : NULL;

    for (GList *l = names; l; l = l->next) {
        const char *name = l->data;
        char *end = NULL;
        if (g_str_has_prefix(name, "pflash")) {
            guint64 n = g_ascii_strtoull(name + 6, &end, 10);
            Obj *node = NULL;
            if (*end || end == name + 6 || n >= t->flashes) {
                obj_refuse(err, "%s: this machine has %u flash chips", name, t->flashes);
            } else {
                node = obj_resolve(sys_setup_dir_objects(s), obj_json_str(words, name), &sys_block_type, err);
            }
            if (!node) {
                return sys_setup_about(err, "-M", s->o->machine);
            }
            s->board->flash[n] = node;
        }
    }
    return TRUE;
}

/* Its objects are made below the board's tree, so after it. */
static gboolean set_machine_links(Setup *s, GError **err)
{
    g_autoptr(JsonObject) words = s->o->machine ? dev_plug_parse(s->o->machine, "type", NULL) : NULL;
    const char *id = words ? obj_json_str(words, "memory-backend") : NULL;

    return !id || obj_prop_set_text(&s->board->b.dev.obj, "memory-backend", id, err) ||
           sys_setup_about(err, "-M", s->o->machine);
}

static gboolean set_prop(Setup *s, const char *option, const char *name, const char *value,
                         GError **err)
{
    return !value || obj_prop_set_text(&s->board->b.dev.obj, name, value, err) ||
           sys_setup_about(err, option, value);
}

/* "256", "1G", "size=1G": MiB if no letter says otherwise. */
static gboolean set_memory(Setup *s, GError **err)
{
    const char *text = s->o->memory, *value = text;
    guint64 bytes;

    if (!text) {
        return obj_prop_set_uint(&s->board->b.dev.obj, "memory",
                                 ((const SysBoardType *)s->board->b.dev.obj.type)->board.default_ram_bytes, err);
    }
    g_autoptr(JsonObject) words = dev_plug_parse(text, "size", err);
    if (!words) {
        return sys_setup_about(err, "-m", text);
    }
    value = obj_json_str(words, "size");
    if (!value || json_object_get_size(words) > 1) {
        return obj_refuse(err, "-m %s: must be a size; slots and maxmem are not implemented", text);
    }
    g_autofree char *with_unit = g_ascii_isdigit(value[strlen(value) - 1]) && strlen(value)
        ? g_strconcat(value, "M", NULL) : g_strdup(value);
    if (!obj_parse_size(with_unit, &bytes)) {
        return obj_refuse(err, "-m %s: must be a size, such as 512 (MiB) or 2G", text);
    }
    return obj_prop_set_uint(&s->board->b.dev.obj, "memory", bytes, err) || sys_setup_about(err, "-m", text);
}

/* "4", "cpus=4", "sockets=1,cores=2,threads=2". */
static gboolean set_smp(Setup *s, GError **err)
{
    static const char *const names[] = { "cpus", "sockets", "cores", "threads", "maxcpus", "clusters", "dies" };
    guint64 value[G_N_ELEMENTS(names)];
    const char *text = s->o->smp;

    if (!text) {
        return TRUE;
    }
    g_autoptr(JsonObject) words = dev_plug_parse(text, "cpus", err);
    if (!words) {
        return sys_setup_about(err, "-smp", text);
    }
    guint known = 0;
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        const char *word = obj_json_str(words, names[i]);
        char *end = NULL;
        value[i] = word ? g_ascii_strtoull(word, &end, 10) : 0;
        known += word != NULL;
        if (word && (*end || end == word || !value[i] || value[i] > 4096)) {
            return obj_refuse(err, "-smp %s: %s must be a number from 1 to 4096", text, names[i]);
        }
    }
    if (known != json_object_get_size(words)) {
        return obj_refuse(err, "-smp %s: must be a number, or cpus=, sockets=, cores=, threads=", text);
    }
    guint64 product = MAX(value[1], 1) * MAX(value[2], 1) * MAX(value[3], 1) * MAX(value[5], 1) *
                      MAX(value[6], 1);
    guint64 n = value[0] ? value[0] : product;
    if (value[4] && value[4] < n) {     /* more is taken: on no board here can CPUs come later, nor on QEMU's */
        return obj_refuse(err, "-smp %s: maxcpus must be at least the %" G_GUINT64_FORMAT " CPUs that there are", text,
                          n);
    }
    return obj_prop_set_uint(&s->board->b.dev.obj, "cpus", MIN(n, G_MAXUINT32), err) ||
           sys_setup_about(err, "-smp", text);
}

static gboolean set_board_options(Setup *s, GError **err)
{
    const SysOptions *o = s->o;

    return set_memory(s, err) && set_smp(s, err) && set_prop(s, "-kernel", "kernel", o->kernel, err) &&
           set_prop(s, "-initrd", "initrd", o->initrd, err) && set_prop(s, "-append", "append", o->append, err) &&
           set_prop(s, "-dtb", "dtb", o->dtb, err) && set_prop(s, "-bios", "firmware", o->bios, err) &&
           set_prop(s, "-cpu", "cpu", o->cpu, err);
}

/* --- monitors -------------------------------------------------------------------------------- */
static gboolean add_monitor_of(Setup *s, const char *text, const char *option, guint n, SysMonitorKind kind,
                               GError **err)
{
    g_autofree char *id = g_strdup_printf("%s%u", option, n);

    if (!strcmp(text, "none")) {
        return TRUE;
    }
    SysChar *c = sys_setup_char(s, id, text, err);
    return c && sys_monitor_new(c, kind, err);
}

static gboolean add_monitor(Setup *s, const char *text, guint n, GError **err)
{
    return add_monitor_of(s, text, "monitor", n, SYS_MONITOR_READLINE, err);
}

static gboolean add_qmp(Setup *s, const char *text, guint n, GError **err)
{
    return add_monitor_of(s, text, "qmp", n, SYS_MONITOR_QMP, err);
}

/* "ID,mode=control", "chardev=ID,mode=readline". */
static gboolean add_mon(Setup *s, const char *text, guint n, GError **err)
{
    g_autoptr(JsonObject) words = dev_plug_parse(text, "chardev", err);
    const char *id = words ? obj_json_str(words, "chardev") : NULL, *mode = words ? obj_json_str(words, "mode")
        : NULL;
    gboolean pretty = FALSE;

    if (!words || !sys_setup_flag(words, "pretty", &pretty, err)) {
        return FALSE;
    }
    if (!id || (mode && strcmp(mode, "control") && strcmp(mode, "readline"))) {
        return obj_refuse(err, id ? "mode must be readline or control" : "chardev=ID is missing");
    }
    SysChar *c = (SysChar *)obj_resolve(sys_setup_dir_chars(s), id, &sys_char_type, err);
    c = c ? sys_char_mux_front(c, err) : NULL;
    SysMonitorKind kind = !mode || strcmp(mode, "control")    ? SYS_MONITOR_READLINE
                          : pretty                            ? SYS_MONITOR_QMP_PRETTY
                                                              : SYS_MONITOR_QMP;
    return c && sys_monitor_new(c, kind, err);
}

/* A terminal that serial line and monitor share has a port for the monitor. */
static gboolean add_shared(Setup *s, GError **err)
{
    Obj *dir = sys_setup_dir_chars(s);

    for (guint i = 0; dir->children && i < dir->children->len; i++) {
        SysChar *c = g_ptr_array_index(dir->children, i);
        if (sys_char_mux_is_shared(c)) {
            SysChar *port = sys_char_mux_add(c, err);
            if (!port || !sys_monitor_new(port, SYS_MONITOR_READLINE, err)) {
                return FALSE;
            }
        }
    }
    return TRUE;
}

/* The debugger's server: a socket that waits for nobody. */
gboolean sys_setup_gdb(const SysTarget *t, const SysOptions *o, SysMachine *m, GError **err)
{
    Setup s = { .target = t, .o = o, .board = sys_machine_board(m) };
    const char *text = o->gdb ? o->gdb : o->gdb_usual ? "tcp::1234" : NULL;
    gboolean is_socket = text && (g_str_has_prefix(text, "tcp:") || g_str_has_prefix(text, "unix:"));

    if (!text || !strcmp(text, "none")) {
        return TRUE;
    }
    g_autofree char *words = is_socket && !strstr(text, ",server") ? g_strconcat(text, ",server=on,wait=off", NULL)
                                                                   : g_strdup(text);
    SysChar *c = sys_setup_char(&s, "gdb", words, err);
    return (c && sys_gdb_begin(m, c, err)) || sys_setup_about(err, "-gdb", text);
}

gboolean sys_setup_monitors(const SysTarget *t, const SysOptions *o, SysBoard *b, GError **err)
{
    Setup s = { .target = t, .o = o, .board = b };

    return add_shared(&s, err) && sys_setup_each(&s, "-monitor", o->monitors, add_monitor, err) &&
           sys_setup_each(&s, "-qmp", o->qmps, add_qmp, err) && sys_setup_each(&s, "-mon", o->mons, add_mon, err);
}

/* --- objects and nodes ----------------------------------------------------------------------- */
static gboolean add_object(Setup *s, const char *text, guint n, GError **err)
{
    g_autoptr(JsonObject) words = words_of(text, "qom-type", err);

    return words && sys_object_new(sys_setup_dir_objects(s), words, err);
}

static gboolean add_blockdev(Setup *s, const char *text, guint n, GError **err)
{
    g_autoptr(JsonObject) words = words_of(text, "driver", err);

    return words && sys_block_add(sys_setup_dir_objects(s), words, err);
}

static gboolean add_fd(Setup *s, const char *text, guint n, GError **err)
{
    g_autoptr(JsonObject) words = dev_plug_parse(text, "set", err);
    const char *set = words ? obj_json_str(words, "set") : NULL, *fd = words ? obj_json_str(words, "fd") : NULL;

    if (!words) {
        return FALSE;
    }
    if (!set || !fd) {
        return obj_refuse(err, "must be set=N and fd=N");
    }
    return sys_fdset_add((guint)g_ascii_strtoull(set, NULL, 10), (int)g_ascii_strtoull(fd, NULL, 10),
                         obj_json_str(words, "opaque"), err);
}

/* "driver.property=value", or "driver=D,property=P,value=V". */
static JsonObject *parse_global(const char *text, GError **err)
{
    const char *eq = strchr(text, '='), *dot = eq ? memchr(text, '.', (gsize)(eq - text)) : NULL;

    if (!dot) {
        g_autoptr(JsonObject) o = dev_plug_parse(text, "driver", err);
        gboolean good = o && obj_json_str(o, "driver") && obj_json_str(o, "property") && obj_json_str(o, "value");
        if (o && !good) {
            obj_refuse(err, "must be DRIVER.PROPERTY=VALUE, or driver=, property= and value=");
        }
        return good ? g_steal_pointer(&o) : NULL;
    }
    JsonObject *o = json_object_new();
    g_autofree char *driver = g_strndup(text, (gsize)(dot - text)), *name = g_strndup(dot + 1, (gsize)(eq - dot - 1));
    json_object_set_string_member(o, "driver", driver);
    json_object_set_string_member(o, "property", name);
    json_object_set_string_member(o, "value", eq + 1);
    return o;
}

static gboolean is_known_type(const char *name)
{
    for (const DevType *const *t = sys_models; *t; t++) {
        for (const ObjType *o = &(*t)->obj; o; o = o->parent) {
            if (!strcmp(o->name, name)) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

static gboolean set_globals(Setup *s, GError **err)
{
    g_autoptr(JsonArray) all = json_array_new();

    for (guint i = 0; i < s->o->globals->len; i++) {
        const char *text = g_ptr_array_index(s->o->globals, i);
        JsonObject *o = parse_global(text, err);
        if (!o) {
            return sys_setup_about(err, "-global", text);
        }
        json_array_add_object_element(all, o);
        if (!is_known_type(obj_json_str(o, "driver"))) {
            obj_refuse(err, "there is no device '%s'", obj_json_str(o, "driver"));
            return sys_setup_about(err, "-global", text);
        }
    }
    dev_plug_globals(g_steal_pointer(&all));
    return TRUE;
}

/* --- firmware configuration, time, names ----------------------------------------------------- */
static gboolean add_fw_file(Setup *s, const char *text, guint i, GError **err)
{
    Obj *d = obj_child(&s->board->b.dev.obj, "fw_cfg");
    g_autoptr(JsonObject) words = dev_plug_parse(text, "name", err);
    const char *name = words ? obj_json_str(words, "name") : NULL, *file = words ? obj_json_str(words, "file")
        : NULL,
               *string = words ? obj_json_str(words, "string") : NULL;
    char *data = NULL;
    gsize n = 0;

    if (!d) {
        return obj_refuse(err, "this machine has no fw_cfg");
    }
    if (!words) {
        return FALSE;
    }
    if (!name || !file == !string || json_object_get_size(words) != 2) {
        return obj_refuse(err, "must be name=NAME and file=FILE or string=TEXT");
    }
    if (file && !g_file_get_contents(file, &data, &n, err)) {
        return FALSE;
    }
    return sys_fw_cfg_file((Dev *)d, name, file ? g_bytes_new_take(data, n) : g_bytes_new(string, strlen(string)), err);
}

/* "base=utc", "base=localtime", "base=2020-02-03T04:05:06"; the clock of the guest goes with the guest. */
static gboolean set_rtc(Setup *s, GError **err)
{
    const char *text = s->o->rtc;
    g_autoptr(JsonObject) words = text ? dev_plug_parse(text, "base", err) : NULL;
    const char *base = words ? obj_json_str(words, "base") : NULL, *clock = words ? obj_json_str(words, "clock")
        : NULL;
    const char *drift = words ? obj_json_str(words, "driftfix") : NULL;
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();

    if (!text) {
        return TRUE;
    }
    if (!words) {
        return sys_setup_about(err, "-rtc", text);
    }
    if ((clock && strcmp(clock, "host") && strcmp(clock, "rt") && strcmp(clock, "vm")) ||
        (drift && strcmp(drift, "none") && strcmp(drift, "slew"))) {
        return obj_refuse(err, "-rtc %s: clock is host, rt or vm; driftfix is none or slew", text);
    }
    if (!base || !strcmp(base, "utc")) {
        return TRUE;
    }
    if (!strcmp(base, "localtime")) {
        g_autoptr(GDateTime) now = g_date_time_new_now_local();
        dev_clock_set_wall(s->board->b.clock,
                           (g_get_real_time() + g_date_time_get_utc_offset(now)) * (gint64)1000);
        return TRUE;
    }
    g_autofree char *full = strlen(base) == 10 ? g_strconcat(base, "T00:00:00", NULL) : g_strdup(base);
    g_autoptr(GDateTime) t = g_date_time_new_from_iso8601(full, utc);
    if (!t) {
        return obj_refuse(err, "-rtc %s: base is utc, localtime, or a time such as 2020-02-03T04:05:06", text);
    }
    dev_clock_set_wall(s->board->b.clock, g_date_time_to_unix(t) * 1000000000);
    return TRUE;
}

static gboolean set_names(Setup *s, GError **err)
{
    g_autoptr(JsonObject) words = s->o->name ? dev_plug_parse(s->o->name, "guest", err) : NULL;

    if (s->o->name && !words) {
        return sys_setup_about(err, "-name", s->o->name);
    }
    s->board->name = words ? g_strdup(obj_json_str(words, "guest")) : NULL;
    if (s->o->uuid && !g_uuid_string_is_valid(s->o->uuid)) {
        return obj_refuse(err, "-uuid %s: must be such as 01234567-89ab-cdef-0123-456789abcdef", s->o->uuid);
    }
    s->board->uuid = g_strdup(s->o->uuid);
    return TRUE;
}

/* --- images that -device loader puts into memory --------------------------------------------- */
static gboolean add_image(Setup *s, JsonObject *words, GError **err)
{
    const char *addr = obj_json_str(words, "addr"), *file = obj_json_str(words, "file"),
               *data = obj_json_str(words, "data"), *len = obj_json_str(words, "data-len");
    const char *raw = obj_json_str(words, "force-raw"), *big = obj_json_str(words, "data-be");
    guint known = (addr != NULL) + (file != NULL) + (data != NULL) + (len != NULL) + (raw != NULL) + (big != NULL) + 1;
    guint64 gpa = addr ? g_ascii_strtoull(addr, NULL, 0) : 0, n = len ? g_ascii_strtoull(len, NULL, 0) : 0;

    if (json_object_has_member(words, "cpu-num")) {
        return obj_refuse(err, "cpu-num: not implemented; -kernel or -bios says where CPUs begin");
    }
    if (known != json_object_get_size(words) - (guint)json_object_has_member(words, "id") || !file == !data ||
        (data && (!addr || !n || n > 8))) {
        return obj_refuse(err, "must be file= and perhaps addr=, or addr=, data= and data-len= up to 8");
    }
    if (data) {
        guint64 value = GUINT64_TO_LE(g_ascii_strtoull(data, NULL, 0));
        guint8 bytes[8];
        for (guint i = 0; i < n; i++) {
            guint at = big && !strcmp(big, "on") ? (guint)n - 1 - i : i;
            bytes[i] = ((guint8 *)&value)[at];
        }
        return sys_board_blob(s->board, sys_blob_new("loader", gpa, g_bytes_new(bytes, n)), err);
    }
    if (raw && !strcmp(raw, "on")) {
        SysBlob *b = sys_blob_load("loader", file, gpa, err);
        return b && sys_board_blob(s->board, b, err);
    }
    g_autoptr(SysImage) image = sys_image_load("loader", file, EM_RISCV, gpa, FALSE, s->board->ram_bytes, err);
    while (image && image->blobs->len) {
        if (!sys_board_blob(s->board, g_ptr_array_steal_index(image->blobs, 0), err)) {
            return FALSE;
        }
    }
    return image != NULL;
}

static gboolean is_loader(const char *text)
{
    return g_str_has_prefix(text, "loader,");
}

/* They are put there after the board's own, at each reset. */
static gboolean add_if_image(Setup *s, const char *text, guint n, GError **err)
{
    g_autoptr(JsonObject) words = is_loader(text) ? dev_plug_parse(text, "driver", err) : NULL;

    return !is_loader(text) || (words && add_image(s, words, err));
}

/* --- devices --------------------------------------------------------------------------------- */
static gboolean add_device(Setup *s, const char *text, guint n, GError **err)
{
    if (is_loader(text)) {
        return TRUE;
    }
    g_autoptr(JsonObject) args = words_of(text, "driver", err);
    return args && sys_models_plug(&s->board->b, args, err);
}

SysBoard *sys_setup_board(const SysTarget *t, const SysOptions *o, GError **err)
{
    Setup s = { .target = t, .o = o };
    gboolean good = sys_setup_each(&s, "-add-fd", o->add_fds, add_fd, err) && set_globals(&s, err) &&
                    make_board(&s, err) && set_names(&s, err) && set_rtc(&s, err) &&
                    sys_setup_each(&s, "-object", o->objects, add_object, err) && set_machine_links(&s, err) &&
                    set_board_options(&s, err) && sys_setup_chardevs(&s, err) && sys_setup_netdevs(&s, err) &&
                    sys_setup_fsdevs(&s, err) && sys_setup_serials(&s, err) &&
                    sys_setup_each(&s, "-blockdev", o->blockdevs, add_blockdev, err) && set_machine_flashes(&s, err) &&
                    sys_setup_drives(&s, TRUE, err) && sys_board_build(s.board, err) &&
                    sys_setup_each(&s, "-fw_cfg", o->fw_cfgs, add_fw_file, err) && sys_setup_drives(&s, FALSE, err) &&
                    sys_setup_nics(&s, err) && sys_setup_shares(&s, err) &&
                    sys_setup_each(&s, "-device", o->devices, add_device, err);

    if (good) {
        sys_tcg_use(&s.board->b);
        good = dev_realize(&s.board->b.dev, err) && sys_board_boot(s.board, err) &&
               sys_setup_each(&s, "-device", o->devices, add_if_image, err);
        if (!good) {
            sys_tcg_use(NULL);
        }
    }
    if (!good && s.board) {
        dev_board_free(&s.board->b);
    }
    return good ? s.board : NULL;
}

/* --- help ------------------------------------------------------------------------------------ */
static gboolean asks_for_help(const char *text)
{
    return text && (!strcmp(text, "help") || !strcmp(text, "?"));
}

static char *help_machines(const SysTarget *t)
{
    GString *s = g_string_new("Supported machines are:\n");

    for (const SysBoardType *const *b = t->boards; *b; b++) {
        g_string_append_printf(s, "%-20s %s%s\n", (*b)->board.dev.obj.name, (*b)->board.dev.obj.text,
                               b == t->boards ? " (default)" : "");
    }
    return g_string_free(s, FALSE);
}

static char *help_cpus(const SysTarget *t)
{
    GString *s = g_string_new(NULL);
    SysCpuModel m;

    for (guint i = 0; t->cpu_model(i, &m); i++) {
        g_string_append_printf(s, "%-12s %s\n", m.name, m.text);
    }
    g_string_append(s, t->cpu_properties ? t->cpu_properties : "");
    return g_string_free(s, FALSE);
}

static char *help_devices(void)
{
    GString *s = g_string_new(NULL);

    for (const DevType *const *t = sys_models; *t; t++) {
        if ((*t)->flags & DEV_USER) {
            g_string_append_printf(s, "%-26s %s\n", (*t)->obj.name, (*t)->obj.text);
        }
    }
    for (const SysModelTodo *t = sys_models_todo; t->name; t++) {
        g_string_append_printf(s, "%-26s not implemented\n", t->name);
    }
    return g_string_free(s, FALSE);
}

static char *help_device(const char *name, GError **err)
{
    g_autoptr(GPtrArray) types = g_ptr_array_new();

    for (const SysModelTodo *t = sys_models_todo; t->name; t++) {
        if (!strcmp(t->name, name)) {
            obj_refuse(err, "device '%s': not implemented", name);
            return NULL;
        }
    }
    for (const DevType *const *t = sys_models; *t; t++) {
        g_ptr_array_add(types, (void *)&(*t)->obj);
    }
    g_ptr_array_add(types, NULL);
    const ObjType *t = obj_type_find((const ObjType *const *)types->pdata, "device", name, err);
    return t ? dev_plug_help((const DevType *)t) : NULL;
}

/* A list of types without the first part of their names. */
static void list_types(GString *s, const ObjType *const *types)
{
    for (; *types; types++) {
        const char *name = (*types)->name, *dash = g_str_has_prefix(name, "chardev-") ||
            g_str_has_prefix(name, "netdev-")
                                                       ? strchr(name, '-') + 1 : name;
        g_string_append_printf(s, "%-22s %s\n", dash, (*types)->text);
    }
}

/* -object help, -chardev help, -netdev help; NULL: none of them. */
static char *help_back_ends(const SysOptions *o)
{
    const struct {
        const GPtrArray *texts;
        const char *title;
        const ObjType *const *types;
    } all[] = {
        { o->objects, "Objects:\n", sys_objects },
        { o->chardevs, "Character back ends:\n", (const ObjType *const *)sys_chars },
        { o->netdevs, "Network back ends:\n", (const ObjType *const *)sys_nets },
    };

    for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
        for (guint k = 0; k < all[i].texts->len; k++) {
            if (asks_for_help(g_ptr_array_index(all[i].texts, k))) {
                GString *s = g_string_new(all[i].title);
                list_types(s, all[i].types);
                return g_string_free(s, FALSE);
            }
        }
    }
    return NULL;
}

static char *help_machine(const SysTarget *t, const char *name, GError **err)
{
    const SysBoardType *b = find_board(t, name, err);

    return b ? dev_plug_help(&b->board.dev) : NULL;
}

char *sys_setup_help(const SysTarget *t, const SysOptions *o, GError **err)
{
    if (asks_for_help(o->machine)) {
        return help_machines(t);
    }
    if (o->machine && g_str_has_suffix(o->machine, ",help")) {
        g_autofree char *name = g_strndup(o->machine, strcspn(o->machine, ","));
        return help_machine(t, name, err);
    }
    if (asks_for_help(o->cpu)) {
        return help_cpus(t);
    }
    for (guint i = 0; i < o->devices->len; i++) {
        const char *text = g_ptr_array_index(o->devices, i);
        if (asks_for_help(text)) {
            return help_devices();
        }
        if (g_str_has_suffix(text, ",help") || g_str_has_suffix(text, ",?")) {
            g_autofree char *name = g_strndup(text, strcspn(text, ","));
            return help_device(name, err);
        }
    }
    return help_back_ends(o);
}
