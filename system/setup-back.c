/* SPDX-License-Identifier: BSD-2-Clause */
/* Back ends from a command line: characters, networks, directories. */
#include "setup-private.h"

#include "back/char/mux.h"
#include "back/fs/fs.h"
#include "back/net/net.h"
#include "models.h"

#include "dev/plug.h"

#include <string.h>

/* --- character back ends --------------------------------------------------------------------- */
Obj *sys_setup_dir_chars(Setup *s)
{
    return obj_child(s->board->b.root, "chardevs");
}

/* "mux=on": a multiplexer has the name, and the back end is ID-base. */
static gboolean add_muxed(Setup *s, JsonObject *words, const char *text, GError **err)
{
    g_autofree char *id = g_strdup(obj_json_str(words, "id"));
    g_autofree char *base = g_strconcat(id, "-base", NULL);

    json_object_set_string_member(words, "id", base);
    SysChar *c = sys_char_new_words(sys_setup_dir_chars(s), text, words, err);
    return c && sys_char_mux_new(sys_setup_dir_chars(s), id, c, sys_setup_quit, NULL, err);
}

static gboolean add_chardev(Setup *s, const char *text, guint n, GError **err)
{
    g_autoptr(JsonObject) words = dev_plug_parse(text, "backend", err);
    gboolean shared = FALSE;

    if (!words || !sys_setup_flag(words, "mux", &shared, err)) {
        return FALSE;
    }
    json_object_remove_member(words, "mux");
    if (shared && obj_json_str(words, "id")) {
        return add_muxed(s, words, text, err);
    }
    return sys_char_new_words(sys_setup_dir_chars(s), text, words, err) != NULL;
}

gboolean sys_setup_chardevs(Setup *s, GError **err)
{
    return sys_setup_each(s, "-chardev", s->o->chardevs, add_chardev, err);
}

/* "unix:PATH,server=on", "tcp:HOST:PORT,server", "telnet:HOST:PORT": where they end and their flags begin is the first
 * comma. */
static char *socket_words(const char *text, const char *id)
{
    gboolean is_unix = g_str_has_prefix(text, "unix:"), is_telnet = g_str_has_prefix(text, "telnet:");
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
    g_string_append(s, is_telnet ? ",telnet=on" : "");
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
    if (g_str_has_prefix(text, "unix:") || g_str_has_prefix(text, "tcp:") || g_str_has_prefix(text, "telnet:")) {
        return socket_words(text, id);
    }
    return NULL;
}

static SysChar *add_mux(Setup *s, SysChar *inner, GError **err)
{
    SysChar *mux = sys_char_mux_new(sys_setup_dir_chars(s), NULL, inner, sys_setup_quit, NULL, err);

    return mux ? sys_char_mux_add(mux, err) : NULL;
}

SysChar *sys_setup_char(Setup *s, const char *id, const char *text, GError **err)
{
    gboolean mux = g_str_has_prefix(text, "mon:");
    const char *plain = mux ? text + 4 : text;

    if (g_str_has_prefix(plain, "chardev:")) {
        SysChar *named = (SysChar *)obj_resolve(sys_setup_dir_chars(s), plain + 8, &sys_char_type, err);
        return named ? sys_char_mux_front(named, err) : NULL;
    }
    g_autofree char *words = serial_words(plain, id);
    if (!words) {
        obj_refuse(err, "there is no such back end; stdio, mon:stdio, null, none, pty, file:, pipe:, unix:, "
                  "tcp:, telnet: and chardev: are there");
        return NULL;
    }
    SysChar *c = sys_char_new(sys_setup_dir_chars(s), words, err);
    return c && mux ? add_mux(s, c, err) : c;
}

/* --- a device and its back end in one option ------------------------------------------------- */
typedef struct Pair {
    const char *driver;         /* the device's model, if no word says another */
    const struct {
        const char *word, *prop;
    } own[2];                   /* words that are the device's; all others are the back end's */
    const char *link;           /* the device's property that names the back end */
    Obj *(*make)(Setup *s, const char *text, GError **err);
} Pair;

/* id is the back end's name if text gives none. */
static gboolean add_pair(Setup *s, const Pair *p, const char *text, const char *id, GError **err)
{
    g_auto(GStrv) words = g_strsplit(text, ",", -1);
    g_autoptr(JsonObject) device = json_object_new();
    g_autoptr(GString) back = g_string_new(NULL);
    gboolean named = FALSE;

    json_object_set_string_member(device, "driver", p->driver);
    for (char **w = words; *w; w++) {
        const char *eq = strchr(*w, '='), *prop = NULL;
        for (guint i = 0; eq && i < G_N_ELEMENTS(p->own) && p->own[i].word; i++) {
            gboolean same = strlen(p->own[i].word) == (gsize)(eq - *w) && g_str_has_prefix(*w, p->own[i].word);
            prop = same ? p->own[i].prop : prop;
        }
        if (prop) {
            json_object_set_string_member(device, prop, eq + 1);
        } else {
            named |= g_str_has_prefix(*w, "id=");
            g_string_append_printf(back, "%s%s", w == words ? "" : ",", *w);
        }
    }
    if (!named) {
        g_string_append_printf(back, ",id=%s", id);
    }
    Obj *made = p->make(s, back->str, err);
    if (!made) {
        return FALSE;
    }
    g_autofree char *path = obj_path(made);
    json_object_set_string_member(device, p->link, path);
    return sys_models_plug(&s->board->b, device, err) != NULL;
}

/* --- networks -------------------------------------------------------------------------------- */
static Obj *make_netdev(Setup *s, const char *text, GError **err)
{
    return (Obj *)sys_net_new(sys_setup_dir_objects(s), text, err);
}

static gboolean add_netdev(Setup *s, const char *text, guint n, GError **err)
{
    return make_netdev(s, text, err) != NULL;
}

gboolean sys_setup_netdevs(Setup *s, GError **err)
{
    return sys_setup_each(s, "-netdev", s->o->netdevs, add_netdev, err);
}

/* "user,model=virtio-net-pci,mac=...,hostfwd=...". */
static gboolean add_nic(Setup *s, const char *given, guint n, GError **err)
{
    g_auto(GStrv) around = g_strsplit(given, "model=virtio,", 2);       /* an older name */
    g_autofree char *joined = around[1] ? g_strjoinv("", around) : g_strdup(given);
    const gboolean at_end = g_str_has_suffix(joined, ",model=virtio");
    g_autofree char *text = g_strndup(joined, strlen(joined) - (at_end ? strlen(",model=virtio") : 0));
    const Pair p = { .driver = ((const SysBoardType *)s->board->b.dev.obj.type)->default_nic,
                     .own = { { "model", "driver" }, { "mac", "mac" } }, .link = "netdev", .make = make_netdev };
    g_autofree char *id = g_strdup_printf("nic%u", n);

    return !strcmp(text, "none") || add_pair(s, &p, text, id, err);
}

/* "-net nic,model=M,macaddr=A -net user,...": the first word of the back end, then what both have. */
static gboolean add_net(Setup *s, GError **err)
{
    const char *device = NULL, *back = NULL;
    g_autoptr(GString) all = g_string_new(NULL);

    for (guint i = 0; i < s->o->nets->len; i++) {
        const char *text = g_ptr_array_index(s->o->nets, i);
        const gboolean is_nic = !strcmp(text, "nic") || g_str_has_prefix(text, "nic,");
        const char **to = is_nic ? &device : &back;
        if (!strcmp(text, "none")) {
            continue;
        }
        if (*to) {
            return obj_refuse(err, "-net %s: one nic and one back end are there; -nic, or -netdev with -device, for "
                              "more", text);
        }
        *to = text;
    }
    if (!device && !back) {
        return TRUE;
    }
    if (!device || !back) {
        return obj_refuse(err, "-net %s: a %s is missing beside it", device ? device : back,
                          device ? "back end (-net user)" : "device (-net nic)");
    }
    g_auto(GStrv) macs = g_strsplit(device + 3, ",macaddr=", 2);
    g_string_append_printf(all, "%s%s%s%s", back, macs[0], macs[1] ? ",mac=" : "", macs[1] ? macs[1] : "");
    return add_nic(s, all->str, s->o->nics->len, err) || sys_setup_about(err, "-net", device);
}

gboolean sys_setup_nics(Setup *s, GError **err)
{
    return sys_setup_each(s, "-nic", s->o->nics, add_nic, err) && add_net(s, err);
}

/* --- directories ----------------------------------------------------------------------------- */
static Obj *make_fsdev(Setup *s, const char *text, GError **err)
{
    if (!strstr(text, "security_model=") && !strstr(text, "readonly=on")) {
        obj_refuse(err, "security_model must be one of none, passthrough and mapped-xattr");
        return NULL;
    }
    return (Obj *)sys_fs_new(sys_setup_dir_objects(s), text, err);
}

static gboolean add_fsdev(Setup *s, const char *text, guint n, GError **err)
{
    return make_fsdev(s, text, err) != NULL;
}

gboolean sys_setup_fsdevs(Setup *s, GError **err)
{
    return sys_setup_each(s, "-fsdev", s->o->fsdevs, add_fsdev, err);
}

static gboolean add_share(Setup *s, const char *text, guint n, GError **err)
{
    static const Pair p = { .driver = "virtio-9p-pci", .own = { { "mount_tag", "mount_tag" } }, .link = "fsdev",
                            .make = make_fsdev };
    g_autofree char *id = g_strdup_printf("virtfs%u", n);

    return add_pair(s, &p, text, id, err);
}

gboolean sys_setup_shares(Setup *s, GError **err)
{
    return sys_setup_each(s, "-virtfs", s->o->virtfs, add_share, err);
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

gboolean sys_setup_serials(Setup *s, GError **err)
{
    const SysBoardType *t = (const SysBoardType *)s->board->b.dev.obj.type;
    const GPtrArray *given = s->o->serials;
    gboolean taken = has_stdio(s->o->monitors) || has_stdio(s->o->qmps);
    gboolean terminal = !s->o->nodefaults && (s->o->nographic || (!s->o->no_display && !taken));

    if (given->len > t->serials) {
        return obj_refuse(err, "-serial %s: this machine has %u serial lines",
                    (const char *)g_ptr_array_index(given, t->serials), t->serials);
    }
    for (guint i = 0; i < t->serials; i++) {
        const char *text = i < given->len           ? g_ptr_array_index(given, i)
                           : i == 0 && terminal     ? "mon:stdio"
                                                    : "none";
        g_autofree char *id = g_strdup_printf("serial%u", i);
        if (strcmp(text, "none") && !(s->board->serial[i] = sys_setup_char(s, id, text, err))) {
            return sys_setup_about(err, "-serial", text);
        }
    }
    return TRUE;
}
