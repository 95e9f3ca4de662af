/* SPDX-License-Identifier: BSD-2-Clause */
/* From words to a machine: the board and its properties, back ends, devices. */
#include "setup.h"

#include "back/block/qcow2.h"
#include "back/char/mux.h"
#include "back/net/net.h"
#include "models.h"
#include "monitor/gdb.h"
#include "monitor/monitor.h"

#include "dev/lock.h"
#include "dev/plug.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct Setup {
    const SysTarget *target;
    const SysOptions *o;
    SysBoard *board;
    guint n_drives;
    gboolean has_mux;
} Setup;

static SysMachine *machine;

void sys_setup_set_machine(SysMachine *m)
{
    machine = m;
}

static void quit(void *opaque)
{
    if (machine) {
        sys_machine_quit(machine, 0);
    }
}

static gboolean fail(GError **err, const char *fmt, ...) G_GNUC_PRINTF(2, 3);
static gboolean fail(GError **err, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    g_autofree char *text = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    g_set_error(err, OBJ_ERROR, OBJ_ERROR_VALUE, "%s", text);
    return FALSE;
}

/* Errors begin with the option that they are about. */
static gboolean about(GError **err, const char *option, const char *value)
{
    g_prefix_error(err, "%s %s: ", option, value);
    return FALSE;
}

static const char *take_word(JsonObject *o, const char *name)
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
        const char *name = l->data, *value = take_word(words, name);
        if (!strcmp(name, "accel")) {
            if (strcmp(value, "tcg")) {
                return fail(err, "accel=%s: this program has only tcg", value);
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
        return about(err, "-M", text);
    }
    const char *name = take_word(words, "type");
    const SysBoardType *t = find_board(s->target, name ? name : usual, err);
    if (!t) {
        return about(err, "-M", text);
    }
    DevClock *clock = s->o->turns.on ? dev_clock_new(DEV_CLOCK_INSNS, s->o->turns.ns_per_insn)
                                     : dev_clock_new(DEV_CLOCK_HOST, 0);
    s->board = (SysBoard *)dev_board_new(&t->board, clock);
    if (s->o->turns.on) {       /* nothing of the host's is seen */
        dev_clock_set_wall(s->board->b.clock, (int64_t)SYS_TURNS_WALL_S * 1000000000);
        g_random_set_seed(SYS_TURNS_SEED);
    }
    s->board->may_be_empty = s->o->paused || s->o->incoming || s->o->loadvm;
    return set_machine_words(s, words, err) || about(err, "-M", text);
}

static gboolean set_prop(Setup *s, const char *option, const char *name, const char *value,
                         GError **err)
{
    return !value || obj_prop_set_text(&s->board->b.dev.obj, name, value, err) ||
           about(err, option, value);
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
        return about(err, "-m", text);
    }
    value = take_word(words, "size");
    if (!value || json_object_get_size(words) > 1) {
        return fail(err, "-m %s: must be a size; slots and maxmem are not implemented", text);
    }
    g_autofree char *with_unit = g_ascii_isdigit(value[strlen(value) - 1]) && strlen(value)
        ? g_strconcat(value, "M", NULL) : g_strdup(value);
    if (!obj_parse_size(with_unit, &bytes)) {
        return fail(err, "-m %s: must be a size, such as 512 (MiB) or 2G", text);
    }
    return obj_prop_set_uint(&s->board->b.dev.obj, "memory", bytes, err) || about(err, "-m", text);
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
        return about(err, "-smp", text);
    }
    guint known = 0;
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        const char *word = take_word(words, names[i]);
        char *end = NULL;
        value[i] = word ? g_ascii_strtoull(word, &end, 10) : 0;
        known += word != NULL;
        if (word && (*end || end == word || !value[i] || value[i] > 4096)) {
            return fail(err, "-smp %s: %s must be a number from 1 to 4096", text, names[i]);
        }
    }
    if (known != json_object_get_size(words)) {
        return fail(err, "-smp %s: must be a number, or cpus=, sockets=, cores=, threads=", text);
    }
    guint64 product = MAX(value[1], 1) * MAX(value[2], 1) * MAX(value[3], 1) * MAX(value[5], 1) *
                      MAX(value[6], 1);
    guint64 n = value[0] ? value[0] : product;
    if (value[4] && value[4] != n) {
        return fail(err, "-smp %s: not implemented: CPUs that come later", text);
    }
    return obj_prop_set_uint(&s->board->b.dev.obj, "cpus", MIN(n, G_MAXUINT32), err) ||
           about(err, "-smp", text);
}

static gboolean set_board_options(Setup *s, GError **err)
{
    const SysOptions *o = s->o;

    return set_memory(s, err) && set_smp(s, err) && set_prop(s, "-kernel", "kernel", o->kernel, err) &&
           set_prop(s, "-initrd", "initrd", o->initrd, err) && set_prop(s, "-append", "append", o->append, err) &&
           set_prop(s, "-dtb", "dtb", o->dtb, err) && set_prop(s, "-bios", "firmware", o->bios, err) &&
           set_prop(s, "-cpu", "cpu", o->cpu, err);
}

/* --- character back ends --------------------------------------------------------------------- */
static Obj *chardevs(Setup *s)
{
    return obj_child(s->board->b.root, "chardevs");
}

static gboolean add_chardevs(Setup *s, GError **err)
{
    for (guint i = 0; i < s->o->chardevs->len; i++) {
        const char *text = g_ptr_array_index(s->o->chardevs, i);
        if (!sys_char_new(chardevs(s), text, err)) {
            return about(err, "-chardev", text);
        }
    }
    return TRUE;
}

/* "unix:PATH,server=on", "tcp:HOST:PORT,server": where they end and their flags begin is the first comma. */
static char *socket_words(const char *text, const char *id)
{
    gboolean is_unix = g_str_has_prefix(text, "unix:");
    g_auto(GStrv) parts = g_strsplit(strchr(text, ':') + 1, ",", -1);
    GString *s = g_string_new("socket");

    g_string_append_printf(s, ",id=%s", id);
    if (is_unix) {
        g_string_append_printf(s, ",path=%s", parts[0] ? parts[0] : "");
    } else {
        char *colon = parts[0] ? strrchr(parts[0], ':') : NULL;
        if (colon) {
            *colon = 0;
        }
        g_string_append_printf(s, ",host=%s,port=%s", colon && *parts[0] ? parts[0] : "localhost",
                               colon ? colon + 1 : "");
    }
    for (guint i = 1; parts[0] && parts[i]; i++) {
        g_string_append_printf(s, ",%s", !strcmp(parts[i], "nowait") ? "wait=off" : parts[i]);
    }
    return g_string_free(s, FALSE);
}

/* The words of -chardev for a back end as -serial names it; NULL if it names none. */
static char *serial_words(const char *text, const char *id)
{
    static const char *const plain[] = { "stdio", "null", "pty", "ringbuf" };

    for (guint i = 0; i < G_N_ELEMENTS(plain); i++) {
        if (!strcmp(text, plain[i])) {
            return g_strdup_printf("%s,id=%s%s", text, id, i ? "" : ",signal=off");
        }
    }
    if (g_str_has_prefix(text, "file:") || g_str_has_prefix(text, "pipe:")) {
        g_autofree char *path = dev_plug_quote(text + 5);
        return g_strdup_printf("%.4s,id=%s,path=%s", text, id, path);
    }
    if (g_str_has_prefix(text, "unix:") || g_str_has_prefix(text, "tcp:")) {
        return socket_words(text, id);
    }
    return NULL;
}

static SysChar *add_mux(Setup *s, SysChar *inner, GError **err)
{
    SysChar *mux = sys_char_mux_new(chardevs(s), "mux[*]", inner, quit, NULL, err);

    return mux ? sys_char_mux_add(mux, err) : NULL;
}

static SysChar *make_char(Setup *s, const char *id, const char *text, GError **err)
{
    gboolean mux = g_str_has_prefix(text, "mon:");
    const char *plain = mux ? text + 4 : text;

    if (g_str_has_prefix(plain, "chardev:")) {
        return (SysChar *)obj_resolve(chardevs(s), plain + 8, &sys_char_type, err);
    }
    g_autofree char *words = serial_words(plain, id);
    if (!words) {
        fail(err, "there is no such back end; stdio, mon:stdio, null, none, pty, file:, pipe:, unix:, tcp: and "
                  "chardev: are there");
        return NULL;
    }
    SysChar *c = sys_char_new(chardevs(s), words, err);
    return c && mux ? add_mux(s, c, err) : c;
}

static gboolean add_netdevs(Setup *s, GError **err)
{
    for (guint i = 0; i < s->o->netdevs->len; i++) {
        const char *text = g_ptr_array_index(s->o->netdevs, i);
        if (!sys_net_new(obj_child(s->board->b.root, "objects"), text, err)) {
            return about(err, "-netdev", text);
        }
    }
    return TRUE;
}

/* "user,model=virtio-net-pci,mac=...,hostfwd=...": model and mac are the device's, the rest the back end's. */
static gboolean add_nic(Setup *s, const char *text, guint n, GError **err)
{
    g_auto(GStrv) words = g_strsplit(text, ",", -1);
    g_autofree char *id = g_strdup_printf("nic%u", n);
    g_autoptr(JsonObject) device = json_object_new();
    GString *back = g_string_new(NULL);

    json_object_set_string_member(device, "driver", ((const SysBoardType *)s->board->b.dev.obj.type)->default_nic);
    for (char **w = words; *w; w++) {
        if (g_str_has_prefix(*w, "model=")) {
            json_object_set_string_member(device, "driver", *w + 6);
        } else if (g_str_has_prefix(*w, "mac=")) {
            json_object_set_string_member(device, "mac", *w + 4);
        } else {
            g_string_append_printf(back, "%s%s", w == words ? "" : ",", *w);
        }
    }
    g_string_append_printf(back, ",id=%s", id);
    Obj *net = (Obj *)sys_net_new(obj_child(s->board->b.root, "objects"), back->str, err);
    g_string_free(back, TRUE);
    if (!net) {
        return FALSE;
    }
    g_autofree char *path = obj_path(net);
    json_object_set_string_member(device, "netdev", path);
    return dev_plug(&s->board->b, sys_models, device, err) != NULL;
}

static gboolean add_nics(Setup *s, GError **err)
{
    for (guint i = 0; i < s->o->nics->len; i++) {
        const char *text = g_ptr_array_index(s->o->nics, i);
        if (strcmp(text, "none") && !add_nic(s, text, i, err)) {
            return about(err, "-nic", text);
        }
    }
    return TRUE;
}

static gboolean has_stdio(const GPtrArray *all)
{
    for (guint i = 0; i < all->len; i++) {
        if (g_str_has_suffix(g_ptr_array_index(all, i), "stdio")) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean add_serials(Setup *s, GError **err)
{
    const SysBoardType *t = (const SysBoardType *)s->board->b.dev.obj.type;
    const GPtrArray *given = s->o->serials;
    gboolean taken = has_stdio(s->o->monitors) || has_stdio(s->o->qmps);
    gboolean terminal = s->o->nographic || (!s->o->no_display && !s->o->nodefaults && !taken);

    if (given->len > t->serials) {
        return fail(err, "-serial %s: this machine has %u serial lines",
                    (const char *)g_ptr_array_index(given, t->serials), t->serials);
    }
    for (guint i = 0; i < t->serials; i++) {
        const char *text = i < given->len           ? g_ptr_array_index(given, i)
                           : i == 0 && terminal     ? "mon:stdio"
                                                    : "none";
        g_autofree char *id = g_strdup_printf("serial%u", i);
        if (strcmp(text, "none") && !(s->board->serial[i] = make_char(s, id, text, err))) {
            return about(err, "-serial", text);
        }
    }
    return TRUE;
}

/* --- monitors -------------------------------------------------------------------------------- */
static gboolean add_monitors(Setup *s, const GPtrArray *all, SysMonitorKind kind, GError **err)
{
    const char *option = kind == SYS_MONITOR_QMP ? "qmp" : "monitor";

    for (guint i = 0; i < all->len; i++) {
        const char *text = g_ptr_array_index(all, i);
        g_autofree char *id = g_strdup_printf("%s%u", option, i);
        SysChar *c = strcmp(text, "none") ? make_char(s, id, text, err) : NULL;
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
    const char *id = words ? take_word(words, "chardev") : NULL, *mode = words ? take_word(words, "mode") : NULL;
    const char *pretty = words ? take_word(words, "pretty") : NULL;

    if (!words) {
        return FALSE;
    }
    if (!id || (mode && strcmp(mode, "control") && strcmp(mode, "readline"))) {
        return fail(err, id ? "mode must be readline or control" : "chardev=ID is missing");
    }
    SysChar *c = (SysChar *)obj_resolve(chardevs(s), id, &sys_char_type, err);
    SysMonitorKind kind = !mode || strcmp(mode, "control")    ? SYS_MONITOR_READLINE
                          : pretty && !strcmp(pretty, "on")   ? SYS_MONITOR_QMP_PRETTY
                                                              : SYS_MONITOR_QMP;
    return c && sys_monitor_new(c, kind, err);
}

/* A terminal that serial line and monitor share has a port for the monitor. */
static gboolean add_shared(Setup *s, GError **err)
{
    Obj *dir = chardevs(s);

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
    SysChar *c = make_char(&s, "gdb", words, err);
    return (c && sys_gdb_begin(m, c, err)) || about(err, "-gdb", text);
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
            return about(err, "-mon", text);
        }
    }
    return TRUE;
}

/* --- disks ----------------------------------------------------------------------------------- */
typedef struct Drive {
    const char *file, *format, *interface, *id, *read_only, *unit, *cache, *snapshot;
} Drive;

static gboolean is_one_of(const char *word, const char *words)
{
    g_auto(GStrv) all = g_strsplit(words, " ", -1);

    return g_strv_contains((const char *const *)all, word);
}

static gboolean parse_drive(JsonObject *words, Drive *d, GError **err)
{
    /* What a disk is here anyway, and words that say how a host should work; other values ask for what is not there. */
    static const struct {
        const char *name, *values;
    } fixed[] = {
        { "aio", NULL }, { "index", NULL }, { "media", "disk" }, { "discard", "unmap on" }, { "detect-zeroes", "off" },
    };
    const struct {
        const char *name, **value;
    } known[] = {
        { "file", &d->file }, { "format", &d->format },       { "if", &d->interface },    { "id", &d->id },
        { "unit", &d->unit }, { "readonly", &d->read_only }, { "read-only", &d->read_only }, { "cache", &d->cache },
        { "snapshot", &d->snapshot },
    };
    guint n = 0;

    for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
        const char *value = take_word(words, known[i].name);
        *known[i].value = value ? value : *known[i].value;
        n += value != NULL;
    }
    for (guint i = 0; i < G_N_ELEMENTS(fixed); i++) {
        const char *value = take_word(words, fixed[i].name);
        if (value && fixed[i].values && !is_one_of(value, fixed[i].values)) {
            return fail(err, "%s=%s: not implemented; %s is what there is", fixed[i].name, value, fixed[i].values);
        }
        n += value != NULL;
    }
    if (n != json_object_get_size(words)) {
        return fail(err, "the words are file, format, if, id, unit, readonly, cache and snapshot");
    }
    return d->file || fail(err, "file= is missing");
}

/* A format that is not given is raw.  What a guest has written to a raw disk must not make it another format the next
 * time: only a file that is called so is taken for a qcow2 image, and one that only looks so for none. */
static const char *format_of(const Drive *d, GError **err)
{
    guint8 head[4] = { 0 };

    if (d->format) {
        return d->format;
    }
    FILE *f = fopen(d->file, "rbe");
    if (f) {
        gsize n = fread(head, 1, sizeof head, f);
        fclose(f);
        if (n == 4 && !memcmp(head, "QFI\xfb", 4)) {
            if (g_str_has_suffix(d->file, ".qcow2")) {
                return "qcow2";
            }
            fail(err, "'%s' looks like a qcow2 image: say format=qcow2 or format=raw", d->file);
            return NULL;
        }
    }
    return "raw";
}

/* A qcow2 image that gets what is written, over the file.  It has no name any more when it is open. */
static char *make_overlay(const Drive *d, const char *format, guint64 bytes, GError **err)
{
    g_autofree char *name = NULL, *file = g_canonicalize_filename(d->file, NULL);
    int fd = g_file_open_tmp("rhea-snapshot-XXXXXX", &name, err);

    if (fd < 0) {
        return NULL;
    }
    gboolean good = sys_qcow2_create(fd, bytes, file, format, err);
    close(fd);
    if (!good) {
        unlink(name);
        return NULL;
    }
    return g_steal_pointer(&name);
}

/* The size of a disk, by opening it for a moment. */
static gboolean measure(Setup *s, const char *text, guint64 *bytes, GError **err)
{
    Obj *dir = obj_child(s->board->b.root, "objects");
    g_autofree char *words = g_strconcat(text, ",id=measured,read-only=on", NULL);
    SysBlock *b = sys_block_new(dir, words, err);

    if (b) {
        *bytes = b->bytes;
        obj_unparent(&b->obj);
    }
    return b != NULL;
}

static Obj *make_node(Setup *s, const Drive *d, GError **err)
{
    const char *format = format_of(d, err);

    if (!format) {
        return NULL;
    }
    gboolean snapshot = d->snapshot ? !strcmp(d->snapshot, "on") : s->o->snapshot;
    g_autofree char *made = g_strdup_printf("drive%u", s->n_drives++), *overlay = NULL;
    if (snapshot) {
        g_autofree char *path = dev_plug_quote(d->file), *words = g_strdup_printf("%s,path=%s", format, path);
        guint64 bytes;
        if (!measure(s, words, &bytes, err) || !(overlay = make_overlay(d, format, bytes, err))) {
            return NULL;
        }
        format = "qcow2";
    }
    g_autofree char *path = dev_plug_quote(overlay ? overlay : d->file);
    g_autofree char *text = g_strdup_printf("%s,id=%s,path=%s,read-only=%s%s%s", format,
                                            d->id ? d->id : made, path,
                                            d->read_only ? d->read_only : "off", d->cache ? ",cache=" : "",
                                            d->cache ? d->cache : "");
    Obj *node = (Obj *)sys_block_new(obj_child(s->board->b.root, "objects"), text, err);
    if (overlay) {
        unlink(overlay);
    }
    return node;
}

static gboolean set_flash(Setup *s, const Drive *d, Obj *node, GError **err)
{
    const SysBoardType *t = (const SysBoardType *)s->board->b.dev.obj.type;
    guint n = 0;

    while (!d->unit && n < t->flashes && s->board->flash[n]) {
        n++;
    }
    if (d->unit) {
        n = (guint)MIN(g_ascii_strtoull(d->unit, NULL, 10), 1000);
    }
    if (n >= t->flashes || s->board->flash[n]) {
        return fail(err, "this machine has %u flash chips%s", t->flashes,
                    n < t->flashes ? ", and this one has a file already" : "");
    }
    s->board->flash[n] = node;
    return TRUE;
}

static gboolean add_drive(Setup *s, const char *text, GError **err)
{
    const SysBoardType *t = (const SysBoardType *)s->board->b.dev.obj.type;
    g_autoptr(JsonObject) words = dev_plug_parse(text, "file", err);
    Drive d = { .interface = "virtio" };

    if (!words || !parse_drive(words, &d, err)) {
        return FALSE;
    }
    if (strcmp(d.interface, "virtio") && strcmp(d.interface, "none") &&
        strcmp(d.interface, "pflash")) {
        return fail(err, "if=%s: not implemented; virtio, pflash and none are there", d.interface);
    }
    Obj *node = make_node(s, &d, err);
    if (!node) {
        return FALSE;
    }
    if (!strcmp(d.interface, "pflash")) {
        return set_flash(s, &d, node, err);
    }
    if (!strcmp(d.interface, "virtio")) {
        g_autoptr(JsonObject) args = json_object_new();
        g_autofree char *path = obj_path(node);
        json_object_set_string_member(args, "driver", t->default_disk);
        json_object_set_string_member(args, "drive", path);
        return dev_plug(&s->board->b, sys_models, args, err) != NULL;
    }
    return TRUE;
}

/* Flash chips are parts of the board, other disks sit on what the board has built. */
static gboolean add_drives(Setup *s, gboolean flash, GError **err)
{
    for (guint i = 0; i < s->o->drives->len; i++) {
        const char *text = g_ptr_array_index(s->o->drives, i);
        if ((strstr(text, "if=pflash") != NULL) == flash && !add_drive(s, text, err)) {
            return about(err, "-drive", text);
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
            return about(err, "-device", text);
        }
    }
    return TRUE;
}

SysBoard *sys_setup_board(const SysTarget *t, const SysOptions *o, GError **err)
{
    Setup s = { .target = t, .o = o };
    gboolean good = make_board(&s, err) && set_board_options(&s, err) && add_chardevs(&s, err) &&
                    add_netdevs(&s, err) &&
                    add_serials(&s, err) && add_drives(&s, TRUE, err) &&
                    sys_board_build(s.board, err) && add_drives(&s, FALSE, err) &&
                    add_nics(&s, err) && add_devices(&s, err);

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
