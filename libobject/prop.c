/* SPDX-License-Identifier: BSD-2-Clause */
/* Setting, getting, aliases and introspection of properties. */
#include "obj/prop.h"

#include "value.h"

#include "base/near.h"

#include <string.h>

/* What a name means in an object: a row, a child or an alias. */
typedef struct Found {
    Obj *owner;
    const ObjProp *row;
    Obj *child;
} Found;

static const ObjAlias *find_alias(const Obj *o, const char *name)
{
    for (guint i = 0; o->aliases && i < o->aliases->len; i++) {
        const ObjAlias *a = g_ptr_array_index(o->aliases, i);
        if (!strcmp(a->name, name)) {
            return a;
        }
    }
    return NULL;
}

static gboolean find(Obj *o, const char *name, Found *f)
{
    const ObjAlias *a;

    while ((a = find_alias(o, name))) {
        o = a->target;
        name = a->property;
    }
    *f = (Found){ .owner = o, .row = obj_type_prop(o->type, name) };
    f->child = f->row ? NULL : obj_child(o, name);
    return f->row || f->child;
}

static void try_name(const ObjPropInfo *info, void *data)
{
    near_try(data, info->name);
}

static gboolean find_or_say(Obj *o, const char *name, Found *f, GError **err)
{
    Near near;

    if (find(o, name, f)) {
        return TRUE;
    }
    g_autofree char *who = obj_describe(o);
    near_init(&near, name);
    obj_prop_each(o, try_name, &near);
    g_set_error(err, OBJ_ERROR, OBJ_ERROR_NO_PROPERTY, "%s: there is no property '%s'%s%s%s", who,
                name, near.best ? "; did you mean '" : "", near.best ? near.best : "",
                near.best ? "'?" : "");
    return FALSE;
}

static void prefix(GError **err, const Obj *o, const char *name)
{
    g_autofree char *who = obj_describe(o);

    g_prefix_error(err, "%s: %s: ", who, name);
}

/* --- setting --------------------------------------------------------------------------------- */
static gboolean may_set(const Found *f, const char *name, GError **err)
{
    g_autofree char *who = obj_describe(f->owner);

    if (f->child || (f->row->flags & OBJ_READ_ONLY)) {
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_READ_ONLY, "%s: %s: cannot be set", who, name);
        return FALSE;
    }
    if (f->owner->frozen && !(f->row->flags & OBJ_LIVE)) {
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_FROZEN,
                    "%s: %s: can be set only before the object is in use", who, name);
        return FALSE;
    }
    return TRUE;
}

/* Checks and stores a value that is in temp; what it owns then belongs to the object or is freed. */
static gboolean store(Obj *o, const ObjProp *p, void *temp, GError **err)
{
    void *at = (char *)o + p->offset;

    if (p->check && !p->check(o, p, temp, err)) {
        obj_value_clear(p, temp);
        return FALSE;
    }
    obj_value_clear(p, at);
    memcpy(at, temp, p->width);
    if (p->changed) {
        p->changed(o, p);
    }
    return TRUE;
}

gboolean obj_prop_set(Obj *o, const char *name, ObjVisitor *v, GError **err)
{
    Found f;

    if (!find_or_say(o, name, &f, err) || !may_set(&f, name, err)) {
        return FALSE;
    }
    if (!obj_visit_root(v)) {
        Obj *top = f.owner;
        while (top->parent) {
            top = top->parent;
        }
        obj_visit_set_root(v, top->type == &obj_container_type ? top : NULL);
    }
    g_autofree void *temp = g_malloc0(f.row->width);
    if (!obj_value_visit(f.row, temp, v, err) || !store(f.owner, f.row, temp, err)) {
        prefix(err, o, name);
        return FALSE;
    }
    return TRUE;
}

gboolean obj_prop_set_text(Obj *o, const char *name, const char *text, GError **err)
{
    g_autoptr(ObjVisitor) v = obj_visit_new_text(text);

    return obj_prop_set(o, name, v, err);
}

gboolean obj_prop_set_json(Obj *o, const char *name, JsonNode *node, GError **err)
{
    g_autoptr(ObjVisitor) v = obj_visit_new_json(node);

    return obj_prop_set(o, name, v, err);
}

gboolean obj_prop_set_uint(Obj *o, const char *name, uint64_t value, GError **err)
{
    g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT, value);

    return obj_prop_set_text(o, name, text, err);
}

gboolean obj_prop_set_link(Obj *o, const char *name, Obj *target, GError **err)
{
    Found f;

    if (!find_or_say(o, name, &f, err) || !may_set(&f, name, err)) {
        return FALSE;
    }
    const ObjProp *p = f.row;
    gboolean fits = p->kind == OBJ_LINK &&
                    (!target || ((!p->target || obj_type_is(target->type, p->target)) &&
                                 (!p->iface || obj_type_ops(target->type, p->iface))));
    if (!fits) {
        g_autofree char *who = obj_describe(o),
                        *what = target ? obj_describe(target) : g_strdup("null");
        g_autofree char *kind = obj_prop_type_name(p);
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_VALUE, "%s: %s: %s is no value of %s", who, name,
                    what, kind);
        return FALSE;
    }
    Obj *temp = target ? obj_ref(target) : NULL;
    if (target) {
        target->links++;
    }
    if (!store(f.owner, p, &temp, err)) {
        prefix(err, o, name);
        return FALSE;
    }
    return TRUE;
}

/* --- getting --------------------------------------------------------------------------------- */
gboolean obj_prop_get(Obj *o, const char *name, ObjVisitor *v, GError **err)
{
    Found f;

    if (!find_or_say(o, name, &f, err)) {
        return FALSE;
    }
    if (f.child) {
        g_autofree char *path = obj_path(f.child);
        return obj_visit_str(v, &(char *){ path ? path : (char *)"" }, err);
    }
    if (f.row->refresh) {
        f.row->refresh(f.owner, f.row);
    }
    return obj_value_visit(f.row, (char *)f.owner + f.row->offset, v, err);
}

JsonNode *obj_prop_get_json(Obj *o, const char *name, GError **err)
{
    g_autoptr(ObjVisitor) v = obj_visit_new_output();

    return obj_prop_get(o, name, v, err) ? obj_visit_take(v) : NULL;
}

char *obj_prop_get_text(Obj *o, const char *name, GError **err)
{
    g_autoptr(JsonNode) node = obj_prop_get_json(o, name, err);
    Found f;

    if (!node) {
        return NULL;
    }
    find(o, name, &f);
    if (f.row && f.row->kind == OBJ_BOOL) {
        return g_strdup(json_node_get_boolean(node) ? "on" : "off");
    }
    if (f.row && (f.row->flags & OBJ_HEX) && f.row->kind != OBJ_STRUCT && f.row->kind != OBJ_LIST) {
        return g_strdup_printf("0x%" G_GINT64_MODIFIER "x",
                               obj_value_read(f.row, (char *)f.owner + f.row->offset));
    }
    if (JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING) {
        return json_node_dup_string(node);
    }
    return obj_json_text(node);
}

/* --- aliases --------------------------------------------------------------------------------- */
static void free_alias(gpointer data)
{
    ObjAlias *a = data;

    g_free(a->name);
    g_free(a->property);
    g_free(a);
}

gboolean obj_prop_alias(Obj *o, const char *name, Obj *target, const char *property, GError **err)
{
    Found f;

    if (!find_or_say(target, property, &f, err)) {
        return FALSE;
    }
    if (find(o, name, &f)) {
        g_autofree char *who = obj_describe(o);
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_NAME, "%s: there is a '%s' already", who, name);
        return FALSE;
    }
    if (!o->aliases) {
        o->aliases = g_ptr_array_new_with_free_func(free_alias);
    }
    ObjAlias *a = g_new0(ObjAlias, 1);
    a->name = g_strdup(name);
    a->target = target;
    a->property = g_strdup(property);
    g_ptr_array_add(o->aliases, a);
    return TRUE;
}

/* --- introspection --------------------------------------------------------------------------- */
typedef struct Each {
    Obj *o;
    void (*fn)(const ObjPropInfo *info, void *data);
    void *data;
} Each;

static void each_row(const ObjProp *p, void *data)
{
    Each *e = data;

    e->fn(&(ObjPropInfo){ .name = p->name, .text = p->text, .row = p, .owner = e->o }, e->data);
}

void obj_prop_each(Obj *o, void (*fn)(const ObjPropInfo *info, void *data), void *data)
{
    Each e = { .o = o, .fn = fn, .data = data };

    obj_type_each_prop(o->type, each_row, &e);
    for (guint i = 0; o->aliases && i < o->aliases->len; i++) {
        const ObjAlias *a = g_ptr_array_index(o->aliases, i);
        Found f;
        if (find(a->target, a->property, &f)) {
            fn(&(ObjPropInfo){ .name = a->name, .text = f.row ? f.row->text : "", .row = f.row,
                               .child = f.child, .owner = f.owner }, data);
        }
    }
    for (guint i = 0; o->children && i < o->children->len; i++) {
        Obj *c = g_ptr_array_index(o->children, i);
        fn(&(ObjPropInfo){ .name = c->name, .text = "", .child = c, .owner = o }, data);
    }
}

char *obj_prop_type_name(const ObjProp *p)
{
    static const char *const words[] = {
        [OBJ_BOOL] = "bool", [OBJ_SIZE] = "size", [OBJ_STR] = "str", [OBJ_STRUCT] = "struct",
    };
    g_autofree char *item = NULL;

    switch (p->kind) {
    case OBJ_INT:
        return g_strdup_printf("int%u", (guint)p->width * 8);
    case OBJ_UINT:
        return g_strdup_printf("uint%u", (guint)p->width * 8);
    case OBJ_ENUM:
        return g_strdup("enum");
    case OBJ_LINK:
        return g_strdup_printf("link<%s>", p->target ? p->target->name : p->iface->name);
    case OBJ_LIST:
        item = obj_prop_type_name(p->members);
        return g_strdup_printf("[%s]", item);
    default:
        return g_strdup(words[p->kind]);
    }
}

static void append_number(GString *s, const ObjProp *p, uint64_t value)
{
    if (p->kind == OBJ_INT) {
        g_string_append_printf(s, "%" G_GINT64_FORMAT, (int64_t)value);
    } else if (p->flags & OBJ_HEX) {
        g_string_append_printf(s, "0x%" G_GINT64_MODIFIER "x", value);
    } else if (p->kind == OBJ_SIZE && value && value % 1024 == 0) {
        guint unit = 0;
        for (; value % 1024 == 0 && unit < 6; unit++) {
            value /= 1024;
        }
        g_string_append_printf(s, "%" G_GUINT64_FORMAT "%c", value, " KMGTPE"[unit]);
    } else {
        g_string_append_printf(s, "%" G_GUINT64_FORMAT, value);
    }
}

char *obj_prop_range(const ObjProp *p)
{
    GString *s = g_string_new(NULL);

    switch (p->kind) {
    case OBJ_BOOL:
        g_string_append(s, "on, off");
        break;
    case OBJ_INT:
    case OBJ_UINT:
    case OBJ_SIZE:
        append_number(s, p, p->min);
        g_string_append(s, " to ");
        append_number(s, p, p->max);
        break;
    case OBJ_ENUM:
        for (const ObjName *n = p->names; n->name; n++) {
            g_string_append_printf(s, "%s%s", s->len ? ", " : "", n->name);
        }
        break;
    case OBJ_LIST:
        g_string_append_printf(s, "up to %u items", (guint)p->max);
        break;
    default:
        break;
    }
    return g_string_free(s, FALSE);
}

char *obj_prop_default(const ObjProp *p)
{
    GString *s;

    switch (p->kind) {
    case OBJ_BOOL:
        return g_strdup(p->def ? "on" : "off");
    case OBJ_INT:
    case OBJ_UINT:
    case OBJ_SIZE:
        s = g_string_new(NULL);
        append_number(s, p, p->def);
        return g_string_free(s, FALSE);
    case OBJ_STR:
        return g_strdup(p->def_text);
    case OBJ_ENUM:
        for (const ObjName *n = p->names; n->name; n++) {
            if (n->value == (int)p->def) {
                return g_strdup(n->name);
            }
        }
        return NULL;
    default:
        return NULL;
    }
}
