/* SPDX-License-Identifier: BSD-2-Clause */
/* From words to a machine: the board and its properties, back ends, devices. */
#include "setup-private.h"

#include "back/char/mux.h"
#include "models.h"
#include "monitor/gdb.h"
#include "monitor/monitor.h"

#include "dev/lock.h"
#include "dev/plug.h"

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

gboolean sys_setup_fail(GError **err, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    g_autofree char *text = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    g_set_error(err, OBJ_ERROR, OBJ_ERROR_VALUE, "%s", text);
    return FALSE;
}

/* Errors begin with the option that they are about. */
gboolean sys_setup_about(GError **err, const char *option, const char *value)
{
    g_prefix_error(err, "%s %s: ", option, value);
    return FALSE;
}

const char *sys_setup_word(JsonObject *o, const char *name)
{
    return json_object_get_string_member_with_default(o, name, NULL);
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
    g_autoptr(GList) names = json_object_get_members(words);

    for (GList *l = names; l; l = l->next) {
        const char *name = l->data, *value = sys_setup_word(words, name);
        if (!strcmp(name, "accel")) {
            if (strcmp(value, "tcg")) {
                return sys_setup_fail(err, "accel=%s: this program has only tcg", value);
            }
        } else if (strcmp(name, "type") &&
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
    const char *name = sys_setup_word(words, "type");
    const SysBoardType *t = find_board(s->target, name ? name : usual, err);
    if (!t) {
        return sys_setup_about(err, "-M", text);
    }
    s->board = (SysBoard *)dev_board_new(&t->board, dev_clock_new(DEV_CLOCK_HOST, 0));
    s->board->may_be_empty = s->o->paused || s->o->incoming;
    return set_machine_words(s, words, err) || sys_setup_about(err, "-M", text);
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
    value = sys_setup_word(words, "size");
    if (!value || json_object_get_size(words) > 1) {
        return sys_setup_fail(err, "-m %s: must be a size; slots and maxmem are not implemented", text);
    }
    g_autofree char *with_unit = g_ascii_isdigit(value[strlen(value) - 1]) && strlen(value)
        ? g_strconcat(value, "M", NULL) : g_strdup(value);
    if (!obj_parse_size(with_unit, &bytes)) {
        return sys_setup_fail(err, "-m %s: must be a size, such as 512 (MiB) or 2G", text);
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
        const char *word = sys_setup_word(words, names[i]);
        char *end = NULL;
        value[i] = word ? g_ascii_strtoull(word, &end, 10) : 0;
        known += word != NULL;
        if (word && (*end || end == word || !value[i] || value[i] > 4096)) {
            return sys_setup_fail(err, "-smp %s: %s must be a number from 1 to 4096", text, names[i]);
        }
    }
    if (known != json_object_get_size(words)) {
        return sys_setup_fail(err, "-smp %s: must be a number, or cpus=, sockets=, cores=, threads=", text);
    }
    guint64 product = MAX(value[1], 1) * MAX(value[2], 1) * MAX(value[3], 1) * MAX(value[5], 1) *
                      MAX(value[6], 1);
    guint64 n = value[0] ? value[0] : product;
    if (value[4] && value[4] != n) {
        return sys_setup_fail(err, "-smp %s: not implemented: CPUs that come later", text);
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
static gboolean add_monitors(Setup *s, const GPtrArray *all, SysMonitorKind kind, GError **err)
{
    const char *option = kind == SYS_MONITOR_QMP ? "qmp" : "monitor";

    for (guint i = 0; i < all->len; i++) {
        const char *text = g_ptr_array_index(all, i);
        g_autofree char *id = g_strdup_printf("%s%u", option, i);
        SysChar *c = strcmp(text, "none") ? sys_setup_char(s, id, text, err) : NULL;
        if (strcmp(text, "none") && (!c || !sys_monitor_new(c, kind, err))) {
            g_prefix_error(err, "-%s %s: ", option, text);
            return FALSE;
        }
    }
    return TRUE;
}

/* "ID,mode=control", "chardev=ID,mode=readline". */
static gboolean add_mon(Setup *s, const char *text, GError **err)
{
    g_autoptr(JsonObject) words = dev_plug_parse(text, "chardev", err);
    const char *id = words ? sys_setup_word(words, "chardev") : NULL, *mode = words ? sys_setup_word(words, "mode") : NULL;
    const char *pretty = words ? sys_setup_word(words, "pretty") : NULL;

    if (!words) {
        return FALSE;
    }
    if (!id || (mode && strcmp(mode, "control") && strcmp(mode, "readline"))) {
        return sys_setup_fail(err, id ? "mode must be readline or control" : "chardev=ID is missing");
    }
    SysChar *c = (SysChar *)obj_resolve(sys_setup_dir_chars(s), id, &sys_char_type, err);
    SysMonitorKind kind = !mode || strcmp(mode, "control")    ? SYS_MONITOR_READLINE
                          : pretty && !strcmp(pretty, "on")   ? SYS_MONITOR_QMP_PRETTY
                                                              : SYS_MONITOR_QMP;
    return c && sys_monitor_new(c, kind, err);
}

/* A terminal that serial line and monitor share has a port for the monitor. */
static gboolean add_shared(Setup *s, GError **err)
{
    Obj *dir = sys_setup_dir_chars(s);

    for (guint i = 0; dir->children && i < dir->children->len; i++) {
        SysChar *c = g_ptr_array_index(dir->children, i);
        if (c->obj.type == &sys_char_mux.obj) {
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

    if (!add_shared(&s, err) || !add_monitors(&s, o->monitors, SYS_MONITOR_READLINE, err) ||
        !add_monitors(&s, o->qmps, SYS_MONITOR_QMP, err)) {
        return FALSE;
    }
    for (guint i = 0; i < o->mons->len; i++) {
        const char *text = g_ptr_array_index(o->mons, i);
        if (!add_mon(&s, text, err)) {
            return sys_setup_about(err, "-mon", text);
        }
    }
    return TRUE;
}

/* --- devices --------------------------------------------------------------------------------- */
static gboolean add_devices(Setup *s, GError **err)
{
    for (guint i = 0; i < s->o->devices->len; i++) {
        const char *text = g_ptr_array_index(s->o->devices, i);
        g_autoptr(JsonObject) args = dev_plug_parse(text, "driver", err);
        if (!args || !dev_plug(&s->board->b, sys_models, args, err)) {
            return sys_setup_about(err, "-device", text);
        }
    }
    return TRUE;
}

SysBoard *sys_setup_board(const SysTarget *t, const SysOptions *o, GError **err)
{
    Setup s = { .target = t, .o = o };
    gboolean good = make_board(&s, err) && set_board_options(&s, err) && sys_setup_chardevs(&s, err) &&
                    sys_setup_netdevs(&s, err) && sys_setup_fsdevs(&s, err) &&
                    sys_setup_serials(&s, err) && sys_setup_drives(&s, TRUE, err) &&
                    sys_board_build(s.board, err) && sys_setup_drives(&s, FALSE, err) &&
                    sys_setup_nics(&s, err) && sys_setup_shares(&s, err) && add_devices(&s, err);

    if (good) {
        sys_tcg_use(&s.board->b);
        good = dev_realize(&s.board->b.dev, err) && sys_board_boot(s.board, err);
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
    return g_string_free(s, FALSE);
}

static char *help_device(const char *name, GError **err)
{
    g_autoptr(GPtrArray) types = g_ptr_array_new();

    for (const DevType *const *t = sys_models; *t; t++) {
        g_ptr_array_add(types, (void *)&(*t)->obj);
    }
    g_ptr_array_add(types, NULL);
    const ObjType *t = obj_type_find((const ObjType *const *)types->pdata, "device", name, err);
    return t ? dev_plug_help((const DevType *)t) : NULL;
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
    return NULL;
}
