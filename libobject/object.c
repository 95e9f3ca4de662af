/* SPDX-License-Identifier: BSD-2-Clause */
/* Instances, references and the composition tree. */
#include "obj/object.h"

#include "obj/prop.h"
#include "value.h"

#include "base/near.h"

#include <string.h>

const ObjType obj_container_type = {
    .name = "container",
    .text = OBJ_TEXT("A directory of the object tree."),
    .size = sizeof(Obj),
};

/* --- references ------------------------------------------------------------------------------ */
static void init_chain(Obj *o, const ObjType *t)
{
    if (!t) {
        return;
    }
    init_chain(o, t->parent);
    for (const ObjProp *p = t->props; p && p->name; p++) {
        obj_value_default(p, (char *)o + p->offset);
    }
    if (t->init) {
        t->init(o);
    }
}

Obj *obj_new(const ObjType *type)
{
    g_assert(!type->abstract && type->size >= sizeof(Obj));
    Obj *o = g_malloc0(type->size);

    o->type = type;
    o->refs = 1;
    init_chain(o, type);
    return o;
}

Obj *obj_ref(Obj *o)
{
    g_atomic_int_inc(&o->refs);
    return o;
}

static void clear_props(Obj *o, gboolean links_only)
{
    for (const ObjType *t = o->type; t; t = t->parent) {
        for (const ObjProp *p = t->props; p && p->name; p++) {
            if (!links_only || p->kind == OBJ_LINK) {
                obj_value_clear(p, (char *)o + p->offset);
            }
        }
    }
}


/* Children of an object that never was in a tree leave with it. */
static void drop_children(Obj *o)
{
    while (o->children && o->children->len) {
        obj_unparent(g_ptr_array_index(o->children, o->children->len - 1));
    }
    g_clear_pointer(&o->children, g_ptr_array_unref);
}

void obj_unref(Obj *o)
{
    if (!o || !g_atomic_int_dec_and_test(&o->refs)) {
        return;
    }
    g_assert(!o->parent);
    drop_children(o);
    for (const ObjType *t = o->type; t; t = t->parent) {
        if (t->finalize) {
            t->finalize(o);
        }
    }
    clear_props(o, FALSE);
    g_clear_pointer(&o->aliases, g_ptr_array_unref);
    g_free(o->name);
    g_free(o);
}

void *obj_cast(Obj *o, const ObjType *type)
{
    return o && obj_type_is(o->type, type) ? o : NULL;
}

char *obj_describe(const Obj *o)
{
    return o->name ? g_strdup_printf("%s (%s)", o->name, o->type->name) : g_strdup(o->type->name);
}

/* --- the tree -------------------------------------------------------------------------------- */
Obj *obj_child(const Obj *o, const char *name)
{
    for (guint i = 0; o->children && i < o->children->len; i++) {
        Obj *c = g_ptr_array_index(o->children, i);
        if (!strcmp(c->name, name)) {
            return c;
        }
    }
    return NULL;
}

static gboolean has_name(const Obj *o, const char *name)
{
    for (guint i = 0; o->aliases && i < o->aliases->len; i++) {
        if (!strcmp(((ObjAlias *)g_ptr_array_index(o->aliases, i))->name, name)) {
            return TRUE;
        }
    }
    return obj_child(o, name) || obj_type_prop(o->type, name);
}

static char *first_free(const Obj *o, const char *pattern)
{
    gsize stem = strlen(pattern) - 3;

    for (guint i = 0;; i++) {
        char *name = g_strdup_printf("%.*s[%u]", (int)stem, pattern, i);
        if (!has_name(o, name)) {
            return name;
        }
        g_free(name);
    }
}

/* The name that a child gets, to be freed; NULL with an error. */
static char *choose_name(Obj *parent, const char *name, GError **err)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.[]@:";
    g_autofree char *chosen =
        g_str_has_suffix(name, "[*]") ? first_free(parent, name) : g_strdup(name);
    g_autofree char *who = obj_describe(parent);

    if (!*chosen || strspn(chosen, letters) != strlen(chosen) || !strcmp(chosen, ".") ||
        !strcmp(chosen, "..")) {
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_NAME,
                    "%s: '%s' is no name: letters, digits and -_.[]@: are allowed", who, chosen);
        return NULL;
    }
    if (has_name(parent, chosen)) {
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_NAME, "%s: there is a '%s' already", who, chosen);
        return NULL;
    }
    return g_steal_pointer(&chosen);
}

gboolean obj_rename(Obj *o, const char *name, GError **err)
{
    g_assert(o->parent);
    char *chosen = choose_name(o->parent, name, err);

    if (!chosen) {
        return FALSE;
    }
    g_free(o->name);
    o->name = chosen;
    return TRUE;
}

gboolean obj_add_child(Obj *parent, const char *name, Obj *child, GError **err)
{
    g_assert(!child->parent && child != parent);
    char *chosen = choose_name(parent, name, err);

    if (!chosen) {
        return FALSE;
    }
    if (!parent->children) {
        parent->children = g_ptr_array_new();
    }
    g_free(child->name);
    child->name = chosen;
    child->parent = parent;
    child->leaving = FALSE;
    g_ptr_array_add(parent->children, obj_ref(child));
    return TRUE;
}

Obj *obj_container(Obj *parent, const char *name)
{
    Obj *c = obj_child(parent, name);

    if (!c) {
        g_autoptr(Obj) made = obj_new(&obj_container_type);
        gboolean good = obj_add_child(parent, name, made, NULL);
        g_assert(good);
        c = made;
    }
    return c;
}

void obj_unparent(Obj *o)
{
    if (o->leaving || (!o->parent && !o->children)) {
        return;
    }
    o->leaving = TRUE;
    obj_ref(o);
    for (const ObjType *t = o->type; t; t = t->parent) {
        if (t->unparent) {
            t->unparent(o);
        }
    }
    drop_children(o);
    clear_props(o, TRUE);
    if (o->parent) {
        g_ptr_array_remove(o->parent->children, o);
        o->parent = NULL;
        g_clear_pointer(&o->name, g_free);
        obj_unref(o);
    }
    obj_unref(o);
}

static const Obj *topmost(const Obj *o)
{
    while (o->parent) {
        o = o->parent;
    }
    return o;
}

char *obj_path(const Obj *o)
{
    if (topmost(o)->type != &obj_container_type) {
        return NULL;
    }
    GString *s = g_string_new(NULL);
    for (; o->parent; o = o->parent) {
        g_string_prepend(s, o->name);
        g_string_prepend_c(s, '/');
    }
    return g_string_free(s->len ? s : g_string_append_c(s, '/'), FALSE);
}

gboolean obj_walk(Obj *o, gboolean (*fn)(Obj *o, void *data), void *data)
{
    g_autoptr(Obj) self = obj_ref(o);

    if (!fn(o, data)) {
        return FALSE;
    }
    if (!o->children) {
        return TRUE;
    }
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)obj_unref);
    for (guint i = 0; i < o->children->len; i++) {
        g_ptr_array_add(list, obj_ref(g_ptr_array_index(o->children, i)));
    }
    for (guint i = 0; i < list->len; i++) {
        Obj *c = g_ptr_array_index(list, i);
        if (c->parent == o && !obj_walk(c, fn, data)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* --- paths ----------------------------------------------------------------------------------- */
static Obj *step(Obj *o, const char *name)
{
    Obj *c = obj_child(o, name);
    const ObjProp *p = c ? NULL : obj_type_prop(o->type, name);

    return p && p->kind == OBJ_LINK ? *(Obj **)((char *)o + p->offset) : c;
}

static Obj *follow(Obj *o, char **parts)
{
    for (; o && *parts; parts++) {
        if (**parts) {
            o = step(o, *parts);
        }
    }
    return o;
}

typedef struct Search {
    char **parts;
    const ObjType *type;
    Obj *hit;
    guint hits;
    Near near;
} Search;

/* Whether the last parts of o's path are those searched for. */
static gboolean ends_with(const Obj *o, char **parts)
{
    for (guint n = g_strv_length(parts); n > 0; n--) {
        if (!o->parent || strcmp(o->name, parts[n - 1])) {
            return FALSE;
        }
        o = o->parent;
    }
    return TRUE;
}

static gboolean search_one(Obj *o, void *data)
{
    Search *s = data;

    if (o->parent && (!s->type || obj_type_is(o->type, s->type))) {
        near_try(&s->near, o->name);
        if (ends_with(o, s->parts)) {
            s->hit = o;
            s->hits++;
        }
    }
    return TRUE;
}

Obj *obj_resolve(Obj *root, const char *path, const ObjType *type, GError **err)
{
    const char *last = strrchr(path, '/');
    g_auto(GStrv) parts = g_strsplit(path, "/", -1);
    Search s = { .parts = parts, .type = type };
    Obj *o = *path == '/' ? follow(root, parts) : NULL;

    if (o && type && !obj_type_is(o->type, type)) {
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_PATH, "'%s' is a %s, not a %s", path, o->type->name,
                    type->name);
        return NULL;
    }
    if (o) {
        return o;
    }
    near_init(&s.near, last ? last + 1 : path);
    if (*path && *path != '/') {
        obj_walk(root, search_one, &s);
    } else {
        s.parts = (char *[]){ (char *)"/", NULL };
        obj_walk(root, search_one, &s);
    }
    if (s.hits == 1) {
        return s.hit;
    }
    if (s.hits > 1) {
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_PATH,
                    "'%s' is the name of %u objects; give more of the path", path, s.hits);
        return NULL;
    }
    g_set_error(err, OBJ_ERROR, OBJ_ERROR_PATH, "there is no %s '%s'%s%s%s",
                type ? type->name : "object", path, s.near.best ? "; did you mean '" : "",
                s.near.best ? s.near.best : "", s.near.best ? "'?" : "");
    return NULL;
}

/* --- users ----------------------------------------------------------------------------------- */
typedef struct UserSearch {
    const Obj *target;
    Obj *user;
} UserSearch;

static gboolean is_user(Obj *o, void *data)
{
    UserSearch *u = data;

    for (const ObjType *t = o->type; t; t = t->parent) {
        for (const ObjProp *p = t->props; p && p->name; p++) {
            if (p->kind == OBJ_LINK && *(Obj **)((char *)o + p->offset) == u->target) {
                u->user = o;
                return FALSE;
            }
        }
    }
    return TRUE;
}

Obj *obj_user_of(Obj *root, const Obj *o)
{
    UserSearch u = { .target = o };

    if (o->links > 0) {
        obj_walk(root, is_user, &u);
    }
    return u.user;
}
