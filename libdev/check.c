/* SPDX-License-Identifier: BSD-2-Clause */
/* What a device type must have, for the tests and for rhea-doc. */
#include "dev/dev.h"
#include "dev/irq.h"
#include "dev/reg.h"
#include "dev/snap.h"

#include <string.h>

static gboolean bad(const DevType *t, const char *what, const char *name, const char *why,
                    GError **err)
{
    g_set_error(err, OBJ_ERROR, OBJ_ERROR_BAD_TYPE, "type '%s': %s '%s' %s", t->obj.name, what,
                name, why);
    return FALSE;
}

static gboolean is_sentence(const char *text)
{
    return text && strlen(text) >= 8;
}

static gboolean check_pins(const DevType *t, GError **err)
{
    for (const DevPin *p = t->pins; p && p->name; p++) {
        if (!is_sentence(p->text)) {
            return bad(t, "pin", p->name, "has no sentence for humans", err);
        }
        if (!p->n || (!p->fn && p->offset + p->n * sizeof(DevIrq) > t->obj.size)) {
            return bad(t, "pin", p->name, "has no lines, or they lie outside the instance", err);
        }
    }
    return TRUE;
}

static gboolean check_fields(const DevType *t, GError **err)
{
    guint version = t->version ? t->version : 1;

    for (const DevField *f = t->fields; f && f->name; f++) {
        if (!is_sentence(f->text)) {
            return bad(t, "field", f->name, "has no sentence for humans", err);
        }
        if (!f->count || (f->width != 1 && f->width != 2 && f->width != 4 && f->width != 8) ||
            f->offset + (size_t)f->width * f->count > t->obj.size) {
            return bad(t, "field", f->name, "does not fit the instance", err);
        }
        if (f->since > version) {
            return bad(t, "field", f->name, "is newer than the version of the type", err);
        }
        if (f->max && f->reset > f->max) {
            return bad(t, "field", f->name, "is reset to more than its largest value", err);
        }
        for (const DevField *g = t->fields; g != f; g++) {
            if (!strcmp(f->name, g->name)) {
                return bad(t, "field", f->name, "is there twice", err);
            }
        }
    }
    return TRUE;
}

static gboolean check_regs(const DevType *t, GError **err)
{
    for (const DevReg *r = t->regs; r && r->name; r++) {
        if (!is_sentence(r->text)) {
            return bad(t, "register", r->name, "has no sentence for humans", err);
        }
        if ((r->width != 1 && r->width != 2 && r->width != 4 && r->width != 8) ||
            (r->stride && r->stride < r->width)) {
            return bad(t, "register", r->name, "has a wrong width", err);
        }
    }
    return TRUE;
}

gboolean dev_type_check(const DevType *t, GError **err)
{
    if (!obj_type_check(&t->obj, err) || !check_pins(t, err) || !check_fields(t, err) ||
        !check_regs(t, err)) {
        return FALSE;
    }
    if (!t->obj.abstract && !t->group) {
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_BAD_TYPE, "type '%s' belongs to no group",
                    t->obj.name);
        return FALSE;
    }
    const DevType *up = dev_type_cast(t->obj.parent);
    return !up || dev_type_check(up, err);
}
