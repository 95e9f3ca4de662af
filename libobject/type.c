/* SPDX-License-Identifier: BSD-2-Clause */
/* Types: chains of constants, and the checks that the compiler cannot do. */
#include "obj/type.h"

#include "obj/prop.h"

#include "base/near.h"

#include <string.h>

G_DEFINE_QUARK(obj-error, obj_error)

gboolean obj_refuse(GError **err, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    g_autofree char *text = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    g_set_error_literal(err, OBJ_ERROR, OBJ_ERROR_VALUE, text);
    return FALSE;
}

gboolean obj_type_is(const ObjType *t, const ObjType *base)
{
    while (t && t != base) {
        t = t->parent;
    }
    return t != NULL;
}

const void *obj_type_ops(const ObjType *t, const ObjIface *iface)
{
    for (; t; t = t->parent) {
        for (const ObjImpl *i = t->ifaces; i && i->iface; i++) {
            if (i->iface == iface) {
                return i->ops;
            }
        }
    }
    return NULL;
}

const ObjProp *obj_type_prop(const ObjType *t, const char *name)
{
    for (; t; t = t->parent) {
        for (const ObjProp *p = t->props; p && p->name; p++) {
            if (!strcmp(p->name, name)) {
                return p;
            }
        }
    }
    return NULL;
}

void obj_type_each_prop(const ObjType *t, void (*fn)(const ObjProp *p, void *data), void *data)
{
    if (!t) {
        return;
    }
    obj_type_each_prop(t->parent, fn, data);
    for (const ObjProp *p = t->props; p && p->name; p++) {
        fn(p, data);
    }
}

const ObjType *obj_type_find(const ObjType *const *types, const char *what, const char *name,
                             GError **err)
{
    Near near;

    near_init(&near, name);
    for (; *types; types++) {
        if (!strcmp((*types)->name, name) && !(*types)->abstract) {
            return *types;
        }
        if (!(*types)->abstract) {
            near_try(&near, (*types)->name);
        }
    }
    g_set_error(err, OBJ_ERROR, OBJ_ERROR_NO_TYPE, "there is no %s '%s'%s%s%s", what, name,
                near.best ? "; did you mean '" : "", near.best ? near.best : "",
                near.best ? "'?" : "");
    return NULL;
}

/* --- checks ---------------------------------------------------------------------------------- */
static gboolean is_sentence(const char *text)
{
    return text && strlen(text) >= 8;
}

static gboolean is_name(const char *s)
{
    return s && *s &&
           strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.,") ==
               strlen(s);
}

static gboolean width_fits(const ObjProp *p)
{
    switch (p->kind) {
    case OBJ_BOOL:
        return p->width == sizeof(gboolean) || p->width == 1;
    case OBJ_INT:
    case OBJ_UINT:
        return p->width == 1 || p->width == 2 || p->width == 4 || p->width == 8;
    case OBJ_SIZE:
        return p->width == 8;
    case OBJ_STR:
    case OBJ_LINK:
        return p->width == sizeof(void *);
    case OBJ_ENUM:
        return p->width == sizeof(int);
    case OBJ_STRUCT:
        return p->width > 0;
    case OBJ_LIST:
        return p->width == sizeof(ObjList);
    }
    return FALSE;
}

/* The range and the default are values of the field. */
static gboolean range_fits(const ObjProp *p)
{
    guint bits = (guint)p->width * 8;

    if (p->kind == OBJ_INT) {
        int64_t lo = (int64_t)p->min, hi = (int64_t)p->max, def = (int64_t)p->def;
        int64_t most = bits == 64 ? INT64_MAX : (int64_t)((UINT64_C(1) << (bits - 1)) - 1);
        return lo >= -most - 1 && hi <= most && lo <= hi && def >= lo && def <= hi;
    }
    if (p->kind == OBJ_UINT || p->kind == OBJ_SIZE) {
        uint64_t most = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
        return p->max <= most && p->min <= p->max && p->def >= p->min && p->def <= p->max;
    }
    if (p->kind == OBJ_ENUM) {
        for (const ObjName *n = p->names; n && n->name; n++) {
            if (n->value == (int)p->def) {
                return TRUE;
            }
        }
        return FALSE;
    }
    return TRUE;
}

static const char *bad_row(const ObjProp *p, size_t size)
{
    if (!is_name(p->name)) {
        return "has letters that a name may not have";
    }
    if (!is_sentence(p->text)) {
        return "has no sentence for humans";
    }
    if (!width_fits(p)) {
        return "has a field of the wrong width";
    }
    if (p->offset + p->width > size) {
        return "lies outside the instance";
    }
    if (!range_fits(p)) {
        return "has a default or a range that does not fit";
    }
    if (p->kind == OBJ_LINK && !p->target && !p->iface) {
        return "is a link to nothing";
    }
    for (const ObjName *n = p->names; n && n->name; n++) {
        if (!is_sentence(n->text)) {
            return "has a name without a sentence";
        }
    }
    if (p->kind != OBJ_STRUCT && p->kind != OBJ_LIST) {
        return NULL;
    }
    if (!p->members || !p->members->name) {
        return "has no members";
    }
    if (p->kind == OBJ_LIST) {
        return p->max == 0 || p->max > 65536 ? "is a list without a limit"
                                             : bad_row(p->members, p->members->width);
    }
    for (const ObjProp *m = p->members; m->name; m++) {
        const char *why = bad_row(m, p->width);
        if (why) {
            return why;
        }
    }
    return NULL;
}

gboolean obj_type_check(const ObjType *t, GError **err)
{
    const char *why = NULL, *row = NULL;

    if (!is_name(t->name)) {
        why = "needs a name of letters, digits and -_.";
    } else if (!is_sentence(t->text)) {
        why = "has no sentence for humans";
    } else if (t->size < (t->parent ? t->parent->size : sizeof(Obj))) {
        why = "has an instance smaller than its parent's";
    }
    for (const ObjProp *p = t->props; !why && p && p->name; p++) {
        row = p->name;
        why = bad_row(p, t->size);
        if (!why &&
            (obj_type_prop(t, p->name) != p || (t->parent && obj_type_prop(t->parent, p->name)))) {
            why = "is there twice";
        }
    }
    if (why) {
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_BAD_TYPE, "type '%s'%s%s%s %s",
                    t->name ? t->name : "?", row ? ": property '" : "", row ? row : "",
                    row ? "'" : "", why);
        return FALSE;
    }
    return !t->parent || obj_type_check(t->parent, err);
}
