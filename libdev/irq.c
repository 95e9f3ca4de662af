/* SPDX-License-Identifier: BSD-2-Clause */
/* Wires. An input counts how many of its sources are high, so that or-gates need no device. */
#include "dev/irq.h"

#include "base/log.h"
#include "base/near.h"

#include <string.h>

#define MAX_DEPTH 64            /* of lines that drive lines */

typedef struct DevIrqIn {
    Dev *owner;
    const DevPin *row;
    guint n, high;
    GPtrArray *wires;
} DevIrqIn;

typedef struct Wire {
    DevIrq *from;
    DevIrqIn *to;
    gboolean invert;
    gboolean level;             /* as the input sees it */
} Wire;

static __thread guint depth;

/* --- driving --------------------------------------------------------------------------------- */
static void drive(Wire *w, gboolean level)
{
    DevIrqIn *in = w->to;

    if (w->level == level) {
        return;
    }
    w->level = level;
    in->high += level ? 1 : -1;
    gboolean edge = in->high == (level ? 1 : 0);
    if (edge && in->owner->state == DEV_LIVE && in->row->fn) {
        in->row->fn(in->owner, in->n, level);
    }
}

void dev_irq_set(DevIrq *irq, gboolean level)
{
    level = level != 0;
    if (irq->level == level) {
        return;
    }
    if (depth == MAX_DEPTH) {
        log_guest_error("%s: a line drives itself\n", irq->owner->obj.type->name);
        return;
    }
    depth++;
    irq->level = level;
    for (guint i = 0; irq->wires && i < irq->wires->len; i++) {
        Wire *w = g_ptr_array_index(irq->wires, i);
        drive(w, level ^ w->invert);
    }
    depth--;
}

void dev_irq_restore(DevIrq *irq, gboolean level)
{
    irq->level = level;
    for (guint i = 0; irq->wires && i < irq->wires->len; i++) {
        Wire *w = g_ptr_array_index(irq->wires, i);
        gboolean seen = level ^ w->invert;
        if (w->level != seen) {
            w->level = seen;
            w->to->high += seen ? 1 : -1;
        }
    }
}

/* --- groups ---------------------------------------------------------------------------------- */
static void free_group(gpointer data)
{
    DevPinGroup *g = data;

    for (guint i = 0; g->in && i < g->row->n; i++) {
        g_clear_pointer(&g->in[i].wires, g_ptr_array_unref);
    }
    g_free(g->in);
    g_free(g);
}

static void add_group(Dev *d, const DevPin *row)
{
    DevPinGroup *g = g_new0(DevPinGroup, 1);

    g->row = row;
    if (row->fn) {
        g->in = g_new0(DevIrqIn, row->n);
    } else {
        g->out = (DevIrq *)((char *)d + row->offset);
    }
    for (guint i = 0; i < row->n; i++) {
        if (row->fn) {
            g->in[i] = (DevIrqIn){ .owner = d, .row = row, .n = i };
        } else {
            g->out[i].owner = d;
        }
    }
    g_ptr_array_add(d->pins, g);
}

static void add_groups(Dev *d, const ObjType *t)
{
    const DevType *dt = dev_type_cast(t);

    if (!dt) {
        return;
    }
    add_groups(d, t->parent);
    for (const DevPin *row = dt->pins; row && row->name; row++) {
        add_group(d, row);
    }
}

void dev_irq_init(Dev *d)
{
    d->pins = g_ptr_array_new_with_free_func(free_group);
    add_groups(d, d->obj.type);
}

void dev_irq_clear(Dev *d)
{
    g_clear_pointer(&d->pins, g_ptr_array_unref);
}

/* --- connecting ------------------------------------------------------------------------------ */
static DevPinGroup *find_group(const Dev *d, const char *name, gboolean input, guint n,
                               GError **err)
{
    Near near;

    near_init(&near, name);
    for (guint i = 0; i < d->pins->len; i++) {
        DevPinGroup *g = g_ptr_array_index(d->pins, i);
        if ((g->in != NULL) != input) {
            continue;
        }
        if (strcmp(g->row->name, name)) {
            near_try(&near, g->row->name);
        } else if (n < g->row->n) {
            return g;
        } else {
            dev_fail(d, err, "there is no %s '%s' number %u: there are %u",
                     input ? "input" : "output", name, n, g->row->n);
            return NULL;
        }
    }
    dev_fail(d, err, "there is no %s '%s'%s%s%s", input ? "input" : "output", name,
             near.best ? "; did you mean '" : "", near.best ? near.best : "",
             near.best ? "'?" : "");
    return NULL;
}

gboolean dev_irq_connect(Dev *from, const char *out, guint i, Dev *to, const char *in, guint j,
                         gboolean invert, GError **err)
{
    DevPinGroup *a = find_group(from, out, FALSE, i, err);
    DevPinGroup *b = a ? find_group(to, in, TRUE, j, err) : NULL;

    if (!b) {
        return FALSE;
    }
    DevIrq *irq = &a->out[i];
    DevIrqIn *input = &b->in[j];
    Wire *w = g_new0(Wire, 1);
    w->from = irq;
    w->to = input;
    w->invert = invert;
    if (!irq->wires) {
        irq->wires = g_ptr_array_new();
    }
    if (!input->wires) {
        input->wires = g_ptr_array_new();
    }
    g_ptr_array_add(irq->wires, w);
    g_ptr_array_add(input->wires, w);
    drive(w, irq->level ^ invert);
    return TRUE;
}

gboolean dev_irq_level(const Dev *d, const char *in, guint n)
{
    DevPinGroup *g = find_group(d, in, TRUE, n, NULL);

    return g && g->in[n].high > 0;
}

static void cut(Wire *w)
{
    drive(w, FALSE);
    g_ptr_array_remove(w->from->wires, w);
    g_ptr_array_remove(w->to->wires, w);
    if (!w->from->wires->len) {
        g_clear_pointer(&w->from->wires, g_ptr_array_unref);
    }
    if (!w->to->wires->len) {
        g_clear_pointer(&w->to->wires, g_ptr_array_unref);
    }
    g_free(w);
}

void dev_irq_drop(Dev *d)
{
    for (guint i = 0; i < d->pins->len; i++) {
        DevPinGroup *g = g_ptr_array_index(d->pins, i);
        for (guint k = 0; k < g->row->n; k++) {
            GPtrArray **wires = g->in ? &g->in[k].wires : &g->out[k].wires;
            while (*wires) {
                cut(g_ptr_array_index(*wires, (*wires)->len - 1));
            }
        }
    }
}

void dev_irq_lower(Dev *d)
{
    for (guint i = 0; i < d->pins->len; i++) {
        DevPinGroup *g = g_ptr_array_index(d->pins, i);
        for (guint k = 0; g->out && k < g->row->n; k++) {
            dev_irq_set(&g->out[k], FALSE);
        }
    }
}

void dev_irq_tell(Dev *d)
{
    for (guint i = 0; i < d->pins->len; i++) {
        DevPinGroup *g = g_ptr_array_index(d->pins, i);
        for (guint k = 0; g->in && k < g->row->n; k++) {
            if (g->in[k].high) {
                g->row->fn(d, k, TRUE);
            }
        }
    }
}

guint dev_irq_wires(const Dev *d)
{
    guint n = 0;

    for (guint i = 0; i < d->pins->len; i++) {
        DevPinGroup *g = g_ptr_array_index(d->pins, i);
        for (guint k = 0; k < g->row->n; k++) {
            GPtrArray *wires = g->in ? g->in[k].wires : g->out[k].wires;
            n += wires ? wires->len : 0;
        }
    }
    return n;
}
