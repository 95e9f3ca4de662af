/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nodes from descriptions.  A format's node opens its file itself, by the name that the node below has; the node below
 * is kept as long as the format's is there.
 */
#include "back/block/graph.h"

#include "back/back.h"

#include "dev/plug.h"

#include "obj/visit.h"

#include <string.h>
#include <unistd.h>

enum { DEPTH_MOST = 8 };

typedef struct Spec {           /* what a description says; borrowed */
    const char *driver, *name, *path, *backing;
    Obj *below;
    const char *cache;
    gboolean read_only, auto_read_only;
} Spec;

/* --- values ---------------------------------------------------------------------------------- */
static const char *get_text(JsonNode *n)
{
    return n && JSON_NODE_HOLDS_VALUE(n) &&
        json_node_get_value_type(n) == G_TYPE_STRING ? json_node_get_string(n) : NULL;
}

static gboolean get_bool(JsonNode *n, gboolean *value)
{
    const char *word = get_text(n);
    g_autoptr(ObjVisitor) v = word ? obj_visit_new_text(word) : obj_visit_new_json(n);

    return obj_visit_bool(v, value, NULL);
}

JsonObject *sys_block_nest(JsonObject *flat, GError **err)
{
    g_autoptr(JsonObject) all = json_object_new();
    g_autoptr(GList) names = json_object_get_members(flat);

    for (GList *l = names; l; l = l->next) {
        g_auto(GStrv) parts = g_strsplit(l->data, ".", -1);
        JsonObject *at = all;
        char **p = parts;
        for (; p[0] && p[1]; p++) {
            JsonNode *n = json_object_get_member(at, p[0]);
            if (n && !JSON_NODE_HOLDS_OBJECT(n)) {
                obj_refuse(err, "'%s' and '%s' cannot both be given", p[0], (char *)l->data);
                return NULL;
            }
            if (!n) {
                json_object_set_object_member(at, p[0], json_object_new());
            }
            at = json_object_get_object_member(at, p[0]);
        }
        if (!p[0] || json_object_has_member(at, p[0])) {
            obj_refuse(err, "'%s' is given twice", (char *)l->data);
            return NULL;
        }
        json_object_set_member(at, p[0], json_node_copy(json_object_get_member(flat, l->data)));
    }
    return g_steal_pointer(&all);
}

/* --- descriptions ---------------------------------------------------------------------------- */
static gboolean is_host_file(const char *driver)
{
    return !strcmp(driver, "file") || !strcmp(driver, "host_device");
}

static gboolean take_cache(JsonNode *n, Spec *s, GError **err)
{
    JsonObject *o = JSON_NODE_HOLDS_OBJECT(n) ? json_node_get_object(n) : NULL;
    gboolean direct = FALSE, no_flush = FALSE;
    JsonNode *d = o ? json_object_get_member(o, "direct") : NULL, *f = o ? json_object_get_member(o, "no-flush") : NULL;

    if (!o || (d && !get_bool(d, &direct)) || (f && !get_bool(f, &no_flush))) {
        return obj_refuse(err, "cache: has direct and no-flush, which are on or off");
    }
    s->cache = no_flush ? "unsafe" : direct ? "none" : s->cache;
    return TRUE;
}

/* Options whose other values ask for what is not there. */
static gboolean take_fixed(const char *name, const char *value, GError **err)
{
    static const struct {
        const char *name, *values;
    } fixed[] = {
        { "discard", "unmap on" }, { "detect-zeroes", "off" }, { "locking", "off auto" },
            { "aio", "threads io_uring native" },
        { "force-share", "off" },
    };
    for (guint i = 0; i < G_N_ELEMENTS(fixed); i++) {
        if (!strcmp(fixed[i].name, name)) {
            g_auto(GStrv) all = g_strsplit(fixed[i].values, " ", -1);
            return (value && g_strv_contains((const char *const *)all, value)) ||
                   obj_refuse(err, "%s '%s': not implemented; '%s' is what there is", name, value ? value : "", all[0]);
        }
    }
    return obj_refuse(err, "'%s': this driver has no such option, or it is not implemented", name);
}

static SysBlock *add(Obj *dir, JsonObject *opts, guint depth, GError **err);

/* The node below: by name, or described here; without a name only its file's counts. */
static gboolean take_file(Obj *dir, JsonNode *n, Spec *s, guint depth, GError **err)
{
    const char *name = get_text(n);
    JsonObject *o = JSON_NODE_HOLDS_OBJECT(n) ? json_node_get_object(n) : NULL;
    const char *driver = obj_json_str(o, "driver");

    if (o && (!driver || is_host_file(driver)) && !json_object_has_member(o, "node-name")) {
        s->path = obj_json_str(o, "filename");
        return s->path || obj_refuse(err, "Parameter 'file.filename' is missing");
    }
    SysBlock *b = o ? add(dir, o, depth + 1, err) : name ? obj_cast(obj_child(dir, name), &sys_block_type) : NULL;
    if (!b) {
        return o ? FALSE : obj_refuse(err, "Cannot find device='%s' nor node-name='%s'", name ? name : "", name ? name
                                  : "");
    }
    s->below = &b->obj;
    return TRUE;
}

static gboolean take_option(Obj *dir, const char *name, JsonNode *n, Spec *s, guint depth, GError **err)
{
    const char *text = get_text(n);
    gboolean flag = FALSE;

    if (!strcmp(name, "driver") || !strcmp(name, "node-name")) {
        return TRUE;
    }
    if (!strcmp(name, "filename") && is_host_file(s->driver)) {
        s->path = text;
        return text || obj_refuse(err, "filename: must be a name");
    }
    if (!strcmp(name, "file") && !is_host_file(s->driver)) {
        return take_file(dir, n, s, depth, err);
    }
    if (!strcmp(name, "backing") && !strcmp(s->driver, "qcow2")) {
        SysBlock *b = text ? obj_cast(obj_child(dir, text), &sys_block_type) : NULL;
        g_autofree char *path = b ? obj_prop_get_text(&b->obj, "path", NULL) : NULL;
        s->backing = json_node_is_null(n) || (text && !*text) ? "" : path ? g_intern_string(path) : NULL;
        return s->backing || obj_refuse(err, "backing: must be null or the name of a node");
    }
    if (!strcmp(name, "cache")) {
        return take_cache(n, s, err);
    }
    if (!strcmp(name, "read-only") || !strcmp(name, "auto-read-only")) {
        gboolean *to = *name == 'r' ? &s->read_only : &s->auto_read_only;
        return get_bool(n, to) || obj_refuse(err, "%s: must be on or off", name);
    }
    if (get_bool(n, &flag)) {
        text = flag ? "on" : "off";
    }
    return take_fixed(name, text, err);
}

static void set(JsonObject *words, const char *name, const char *value)
{
    if (value) {
        json_object_set_string_member(words, name, value);
    }
}

static SysBlock *open_node(Obj *dir, const Spec *s, gboolean read_only, GError **err)
{
    g_autoptr(JsonObject) words = json_object_new();

    set(words, "driver", is_host_file(s->driver) ? "raw" : s->driver);
    set(words, "id", s->name);
    set(words, "path", s->path);
    set(words, "backing", s->backing);
    set(words, "cache", s->cache);
    g_autofree char *below = s->below ? obj_path(s->below) : NULL;
    set(words, "file", below);
    set(words, "read-only", read_only ? "on" : "off");
    return sys_block_new_words(dir, s->name, words, err);
}

static SysBlock *add(Obj *dir, JsonObject *opts, guint depth, GError **err)
{
    Spec s = { .driver = obj_json_str(opts, "driver"),
               .name = obj_json_str(opts, "node-name") };
    g_autoptr(GList) names = json_object_get_members(opts);
    g_autofree char *path = NULL;
    SysBlock *b = NULL;
    gboolean good = TRUE;

    if (!s.driver || !s.name || depth > DEPTH_MOST) {
        obj_refuse(err, depth > DEPTH_MOST ? "too many nodes in one description" : "Parameter '%s' is missing",
               s.driver ? "node-name" : "driver");
        return NULL;
    }
    for (GList *l = names; l && good; l = l->next) {
        good = take_option(dir, l->data, json_object_get_member(opts, l->data), &s, depth, err);
    }
    if (good && s.below) {
        s.path = path = obj_prop_get_text(s.below, "path", NULL);
        if (((SysBlock *)s.below)->read_only && !s.read_only && !s.auto_read_only) {
            good = obj_refuse(err, "Block node '%s' is read-only", s.below->name);
        }
    }
    if (good && !s.path) {
        good = obj_refuse(err, "Parameter '%s' is missing", is_host_file(s.driver) ? "filename" : "file");
    }
    if (good) {
        gboolean may_write = !s.path || access(s.path, W_OK) == 0;
        b = open_node(dir, &s, s.read_only || (s.auto_read_only && !may_write), err);
    }
    if (!b && s.below && json_object_has_member(opts, "file") && !obj_json_str(opts, "file")) {
        obj_unparent(s.below);          /* made for it */
    }
    return b;
}

SysBlock *sys_block_add(Obj *dir, JsonObject *opts, GError **err)
{
    g_autoptr(JsonObject) nested = sys_block_nest(opts, err);

    return nested ? add(dir, nested, 0, err) : NULL;
}
