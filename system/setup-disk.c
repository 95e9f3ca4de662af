/* SPDX-License-Identifier: BSD-2-Clause */
/* Disks from a command line. */
#include "setup-private.h"

#include "back/block/qcow2.h"
#include "models.h"

#include "dev/plug.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* --- disks ----------------------------------------------------------------------------------- */
typedef struct Drive {
    const char *file, *format, *interface, *id, *read_only, *unit, *cache, *snapshot, *media;
    const char *direct, *no_flush, *writeback;      /* cache=, in parts */
} Drive;

static gboolean is_one_of(const char *word, const char *words)
{
    g_auto(GStrv) all = g_strsplit(words, " ", -1);

    return g_strv_contains((const char *const *)all, word);
}

/* "cache.direct=on,cache.no-flush=off,cache.writeback=on" is cache=none. */
static gboolean take_cache(Drive *d, GError **err)
{
    const char *const flags[] = { d->direct, d->no_flush, d->writeback };

    for (guint i = 0; i < G_N_ELEMENTS(flags); i++) {
        if (flags[i] && !is_one_of(flags[i], "on off true false yes no")) {
            return obj_refuse(err, "cache.direct, cache.no-flush and cache.writeback are on or off");
        }
    }
    if (d->direct || d->no_flush || d->writeback) {
        const gboolean direct = d->direct && is_one_of(d->direct, "on true yes");
        const gboolean back = !d->writeback || is_one_of(d->writeback, "on true yes");
        if (d->cache) {
            return obj_refuse(err, "cache= and its parts (cache.direct ...) cannot both be given");
        }
        d->cache = d->no_flush && is_one_of(d->no_flush, "on true yes") ? "unsafe"
            : direct ? (back ? "none" : "directsync") : back ? "writeback" : "writethrough";
    }
    return TRUE;
}

static gboolean parse_drive(JsonObject *words, Drive *d, GError **err)
{
    /* What a disk is here anyway, and words that say how a host should work; other values ask for what is not there. */
    static const struct {
        const char *name, *values;
    } fixed[] = {
        { "aio", NULL }, { "index", NULL }, { "bus", NULL }, { "discard", "unmap on" }, { "detect-zeroes", "off" },
        { "werror", "report" }, { "rerror", "report" }, { "copy-on-read", "off" }, { "media", "disk cdrom" },
        { "file.locking", "off auto" },
    };
    const struct {
        const char *name, **value;
    } known[] = {
        { "file", &d->file }, { "format", &d->format },       { "if", &d->interface },    { "id", &d->id },
        { "unit", &d->unit }, { "readonly", &d->read_only }, { "read-only", &d->read_only }, { "cache", &d->cache },
        { "snapshot", &d->snapshot }, { "media", &d->media }, { "driver", &d->format }, { "cache.direct", &d->direct },
        { "cache.no-flush", &d->no_flush }, { "cache.writeback", &d->writeback },
    };
    guint n = 0;

    for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
        const char *value = obj_json_str(words, known[i].name);
        *known[i].value = value ? value : *known[i].value;
        n += value != NULL && strcmp(known[i].name, "media");
    }
    for (guint i = 0; i < G_N_ELEMENTS(fixed); i++) {
        const char *value = obj_json_str(words, fixed[i].name);
        if (value && fixed[i].values && !is_one_of(value, fixed[i].values)) {
            return obj_refuse(err, "%s=%s: not implemented; %s is what there is", fixed[i].name, value,
                                  fixed[i].values);
        }
        n += value != NULL;
    }
    if (n != json_object_get_size(words)) {
        return obj_refuse(err, "the words are file, format, if, id, unit, readonly, cache, snapshot and media");
    }
    if (d->media && !strcmp(d->media, "cdrom")) {
        d->read_only = "on";
    }
    return take_cache(d, err) && (d->file || obj_refuse(err, "file= is missing"));
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
            obj_refuse(err, "'%s' looks like a qcow2 image: say format=qcow2 or format=raw", d->file);
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
    g_autofree char *words = g_strconcat(text, ",id=measured,read-only=on", NULL);
    SysBlock *b = sys_block_new(sys_setup_dir_objects(s), words, err);

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
    g_autofree char *text = g_strdup_printf("%s,id=%s,path=%s,read-only=%s%s%s%s", format,
                                            d->id ? d->id : made, path,
                                            d->read_only ? d->read_only : "off", d->cache ? ",cache=" : "",
                                            d->cache ? d->cache : "", overlay ? ",temporary=on" : "");
    Obj *node = (Obj *)sys_block_new(sys_setup_dir_objects(s), text, err);
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
        return obj_refuse(err, "this machine has %u flash chips%s", t->flashes,
                    n < t->flashes ? ", and this one has a file already" : "");
    }
    s->board->flash[n] = node;
    return TRUE;
}

static gboolean is_flash(const char *text)
{
    return strstr(text, "if=pflash") != NULL;
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
        return obj_refuse(err, "if=%s: not implemented; virtio, pflash and none are there", d.interface);
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
        return sys_models_plug(&s->board->b, args, err) != NULL;
    }
    return TRUE;
}

/* Flash chips are parts of the board, other disks sit on what the board has built. */
static gboolean add_if_flash(Setup *s, const char *text, guint n, GError **err)
{
    return !is_flash(text) || add_drive(s, text, err);
}

static gboolean add_if_disk(Setup *s, const char *text, guint n, GError **err)
{
    return is_flash(text) || add_drive(s, text, err);
}

gboolean sys_setup_drives(Setup *s, gboolean flash, GError **err)
{
    return sys_setup_each(s, "-drive", s->o->drives, flash ? add_if_flash : add_if_disk, err);
}
