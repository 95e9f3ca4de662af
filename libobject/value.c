/* SPDX-License-Identifier: BSD-2-Clause */
/* Values in memory: defaults, freeing, and the walk by visitors. */
#include "value.h"

#include "base/near.h"
#include "base/uint.h"

#include <string.h>

uint64_t obj_value_read(const ObjProp *p, const void *at)
{
    gboolean is_signed = p->kind == OBJ_INT || p->kind == OBJ_ENUM;

    return is_signed ? uint_load_signed(at, p->width) : uint_load(at, p->width);
}

void obj_value_write(const ObjProp *p, void *at, uint64_t value)
{
    uint_store(at, p->width, value);
}

void obj_value_default(const ObjProp *p, void *at)
{
    switch (p->kind) {
    case OBJ_STR:
        *(char **)at = g_strdup(p->def_text);
        break;
    case OBJ_LINK:
        *(Obj **)at = NULL;
        break;
    case OBJ_LIST:
        *(ObjList *)at = (ObjList){ 0 };
        break;
    case OBJ_STRUCT:
        for (const ObjProp *m = p->members; m->name; m++) {
            obj_value_default(m, (char *)at + m->offset);
        }
        break;
    default:
        obj_value_write(p, at, p->def);
    }
}

void obj_value_clear(const ObjProp *p, void *at)
{
    switch (p->kind) {
    case OBJ_STR:
        g_clear_pointer((char **)at, g_free);
        break;
    case OBJ_LINK: {
        Obj *o = *(Obj **)at;
        *(Obj **)at = NULL;
        if (o) {
            o->links--;
            obj_unref(o);
        }
        break;
    }
    case OBJ_LIST: {
        ObjList *l = at;
        for (guint i = 0; i < l->n; i++) {
            obj_value_clear(p->members, (char *)l->items + i * p->members->width);
        }
        g_free(l->items);
        *l = (ObjList){ 0 };
        break;
    }
    case OBJ_STRUCT:
        for (const ObjProp *m = p->members; m->name; m++) {
            obj_value_clear(m, (char *)at + m->offset);
        }
        break;
    default:
        break;
    }
}

/* --- reading --------------------------------------------------------------------------------- */
static gboolean out_of_range(const ObjProp *p, const char *value, GError **err)
{
    g_autofree char *range = obj_prop_range(p);

    g_set_error(err, OBJ_ERROR, OBJ_ERROR_RANGE, "%s is out of range: %s", value, range);
    return FALSE;
}

static gboolean read_int(const ObjProp *p, void *at, ObjVisitor *v, GError **err)
{
    int64_t value;

    if (!obj_visit_int(v, &value, err)) {
        return FALSE;
    }
    if (value < (int64_t)p->min || value > (int64_t)p->max) {
        g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, value);
        return out_of_range(p, text, err);
    }
    obj_value_write(p, at, (uint64_t)value);
    return TRUE;
}

static gboolean read_uint(const ObjProp *p, void *at, ObjVisitor *v, GError **err)
{
    uint64_t value;

    if (!(p->kind == OBJ_SIZE ? obj_visit_size(v, &value, err) : obj_visit_uint(v, &value, err))) {
        return FALSE;
    }
    if (value < p->min || value > p->max) {
        g_autofree char *text = g_strdup_printf(
            p->flags & OBJ_HEX ? "0x%" G_GINT64_MODIFIER "x" : "%" G_GUINT64_FORMAT, value);
        return out_of_range(p, text, err);
    }
    obj_value_write(p, at, value);
    return TRUE;
}

static gboolean read_enum(const ObjProp *p, void *at, ObjVisitor *v, GError **err)
{
    g_autofree char *text = NULL;
    Near near;

    if (!obj_visit_str(v, &text, err)) {
        return FALSE;
    }
    near_init(&near, text);
    for (const ObjName *n = p->names; n->name; n++) {
        if (!strcmp(n->name, text)) {
            obj_value_write(p, at, (uint64_t)n->value);
            return TRUE;
        }
        near_try(&near, n->name);
    }
    g_autofree char *range = obj_prop_range(p);
    g_set_error(err, OBJ_ERROR, OBJ_ERROR_VALUE, "'%s' is none of: %s%s%s%s", text, range,
                near.best ? "; did you mean '" : "", near.best ? near.best : "",
                near.best ? "'?" : "");
    return FALSE;
}

static gboolean read_link(const ObjProp *p, void *at, ObjVisitor *v, GError **err)
{
    g_autofree char *path = NULL;
    Obj *root = obj_visit_root(v), *o;

    if (!obj_visit_str(v, &path, err)) {
        return FALSE;
    }
    if (!*path) {
        return TRUE;
    }
    if (!root) {
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_PATH,
                    "'%s' cannot be found from an object outside the tree", path);
        return FALSE;
    }
    o = obj_resolve(root, path, p->target, err);
    if (!o) {
        return FALSE;
    }
    if (p->iface && !obj_type_ops(o->type, p->iface)) {
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_PATH, "'%s' (%s) is not a %s", path, o->type->name,
                    p->iface->name);
        return FALSE;
    }
    *(Obj **)at = obj_ref(o);
    o->links++;
    return TRUE;
}

static gboolean visit_struct(const ObjProp *p, void *at, ObjVisitor *v, GError **err)
{
    gboolean input = obj_visit_is_input(v), good = obj_visit_open_struct(v, err);

    if (!good) {
        return FALSE;
    }
    for (const ObjProp *m = p->members; good && m->name; m++) {
        void *slot = (char *)at + m->offset;
        if (obj_visit_member(v, m->name)) {
            good = obj_value_visit(m, slot, v, err);
            if (!good) {
                g_prefix_error(err, "%s: ", m->name);
            }
        } else {
            obj_value_default(m, slot);
        }
    }
    /* On failure the frame is left open: the visitor is of no further use. */
    good = good && obj_visit_close_struct(v, err);
    if (!good && input) {
        obj_value_clear(p, at);
    }
    return good;
}

static gboolean visit_list(const ObjProp *p, ObjList *l, ObjVisitor *v, GError **err)
{
    gboolean input = obj_visit_is_input(v);
    guint n = l->n;

    if (!obj_visit_open_list(v, &n, err)) {
        return FALSE;
    }
    if (input && n > p->max) {
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_RANGE, "%u items: at most %u are possible", n,
                    (guint)p->max);
        return FALSE;
    }
    if (input) {
        l->items = g_malloc0_n(MAX(n, 1), p->members->width);
        l->n = n;
    }
    for (guint i = 0; i < n; i++) {
        obj_visit_item(v, i);
        if (!obj_value_visit(p->members, (char *)l->items + i * p->members->width, v, err)) {
            g_prefix_error(err, "item %u: ", i);
            if (input) {
                obj_value_clear(p, l);
            }
            return FALSE;
        }
    }
    obj_visit_close_list(v);
    return TRUE;
}

static gboolean read_value(const ObjProp *p, void *at, ObjVisitor *v, GError **err)
{
    gboolean flag;

    switch (p->kind) {
    case OBJ_BOOL:
        if (!obj_visit_bool(v, &flag, err)) {
            return FALSE;
        }
        obj_value_write(p, at, flag);
        return TRUE;
    case OBJ_INT:
        return read_int(p, at, v, err);
    case OBJ_UINT:
    case OBJ_SIZE:
        return read_uint(p, at, v, err);
    case OBJ_STR:
        return obj_visit_str(v, at, err);
    case OBJ_ENUM:
        return read_enum(p, at, v, err);
    case OBJ_LINK:
        return read_link(p, at, v, err);
    default:
        g_assert_not_reached();
    }
}

/* --- writing --------------------------------------------------------------------------------- */
static gboolean write_value(const ObjProp *p, void *at, ObjVisitor *v, GError **err)
{
    uint64_t n = p->width <= 8 && p->kind < OBJ_STRUCT ? obj_value_read(p, at) : 0;
    g_autofree char *path = NULL;
    const char *text = "";

    switch (p->kind) {
    case OBJ_BOOL:
        return obj_visit_bool(v, &(gboolean){ n != 0 }, err);
    case OBJ_INT:
        return obj_visit_int(v, &(int64_t){ (int64_t)n }, err);
    case OBJ_UINT:
        return obj_visit_uint(v, &n, err);
    case OBJ_SIZE:
        return obj_visit_size(v, &n, err);
    case OBJ_STR:
        text = *(char **)at ? *(char **)at : "";
        break;
    case OBJ_ENUM:
        for (const ObjName *e = p->names; e->name; e++) {
            text = e->value == (int)n ? e->name : text;
        }
        break;
    case OBJ_LINK:
        path = *(Obj **)at ? obj_path(*(Obj **)at) : NULL;
        text = path ? path : "";
        break;
    default:
        g_assert_not_reached();
    }
    return obj_visit_str(v, &(char *){ (char *)text }, err);
}

gboolean obj_value_visit(const ObjProp *p, void *at, ObjVisitor *v, GError **err)
{
    if (p->kind == OBJ_STRUCT) {
        return visit_struct(p, at, v, err);
    }
    if (p->kind == OBJ_LIST) {
        return visit_list(p, at, v, err);
    }
    return obj_visit_is_input(v) ? read_value(p, at, v, err) : write_value(p, at, v, err);
}
