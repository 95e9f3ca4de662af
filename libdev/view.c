/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flat views.  A tree is rendered from its highest priority down: a leaf fills what is still free of the
 * window that its containers leave it.  Addresses in a window are 128 bits wide, since aliases may lie
 * partly below 0 or above 2^64 of what they show.
 */
#include "view.h"

#include "dev/epoch.h"
#include "dev/lock.h"
#include "dev/ram.h"

#include <string.h>

#define MAX_NESTING 64          /* of containers and aliases; a deeper tree is a loop */

__extension__ typedef __int128 Wide;

static GPtrArray *spaces;

/* --- rendering ------------------------------------------------------------------------------- */
static void fill_range(DevRange *out, DevRegion *r, DevGpa first, DevGpa last, uint64_t offset)
{
    *out = (DevRange){ .first = first, .last = last, .region = r, .offset = offset };
    if (r->kind == DEV_REGION_RAM || r->kind == DEV_REGION_ROM ||
        (r->kind == DEV_REGION_ROMD && r->romd)) {
        out->hva = r->ram->hva + offset;
        out->readonly = r->kind != DEV_REGION_RAM;
    }
}

/* Puts a leaf into the free parts of [lo, hi]; base is where the leaf's offset 0 would be. */
static void fill(GArray *ranges, DevRegion *r, Wide base, Wide lo, Wide hi)
{
    guint i = 0;

    while (lo <= hi) {
        while (i < ranges->len && (Wide)g_array_index(ranges, DevRange, i).last < lo) {
            i++;
        }
        const DevRange *next = i < ranges->len ? &g_array_index(ranges, DevRange, i) : NULL;
        gboolean hidden = next && (Wide)next->first <= hi;
        Wide end = hidden ? (Wide)next->first - 1 : hi;
        Wide after = hidden ? (Wide)next->last + 1 : hi + 1;
        if (lo <= end) {
            DevRange range;
            fill_range(&range, r, (DevGpa)lo, (DevGpa)end, (uint64_t)(lo - base));
            g_array_insert_val(ranges, i, range);
        }
        lo = after;
    }
}

static void render(GArray *ranges, DevRegion *r, Wide base, Wide lo, Wide hi, guint depth)
{
    g_assert(depth < MAX_NESTING);
    lo = MAX(lo, base);
    hi = MIN(hi, base + (Wide)r->last);
    if (!r->enabled || lo > hi) {
        return;
    }
    if (r->kind == DEV_REGION_ALIAS) {
        render(ranges, r->target, base - (Wide)r->target_offset, lo, hi, depth + 1);
    } else if (r->kind == DEV_REGION_CONTAINER) {
        for (guint i = 0; i < r->inside->len; i++) {
            DevRegion *x = g_ptr_array_index(r->inside, i);
            render(ranges, x, base + (Wide)x->offset, lo, hi, depth + 1);
        }
    } else {
        fill(ranges, r, base, lo, hi);
    }
}

/* Whether b goes on where a ends. */
static gboolean joins(const DevRange *a, const DevRange *b)
{
    return a->region == b->region && a->last + 1 == b->first &&
           a->offset + (b->first - a->first) == b->offset && !a->hva == !b->hva;
}

DevView *dev_view_new(DevRegion *root)
{
    g_autoptr(GArray) ranges = g_array_new(FALSE, FALSE, sizeof(DevRange));
    guint n = 0;

    render(ranges, root, 0, 0, (Wide)UINT64_MAX, 0);
    DevView *v = g_malloc(sizeof *v + ranges->len * sizeof(DevRange));
    for (guint i = 0; i < ranges->len; i++) {
        const DevRange *r = &g_array_index(ranges, DevRange, i);
        if (n && joins(&v->ranges[n - 1], r)) {
            v->ranges[n - 1].last = r->last;
            continue;
        }
        v->ranges[n++] = *r;
        if (r->region->owner) {
            obj_ref(&r->region->owner->obj);
        }
    }
    v->n = n;
    return v;
}

void dev_view_free(void *view)
{
    DevView *v = view;

    for (guint i = 0; i < v->n; i++) {
        if (v->ranges[i].region->owner) {
            obj_unref(&v->ranges[i].region->owner->obj);
        }
    }
    g_free(v);
}

const DevRange *dev_view_find(const DevView *v, DevGpa gpa)
{
    guint lo = 0, hi = v->n;

    while (lo < hi) {
        guint mid = (lo + hi) / 2;
        if (v->ranges[mid].last < gpa) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo < v->n && v->ranges[lo].first <= gpa ? &v->ranges[lo] : NULL;
}

/* --- spaces ---------------------------------------------------------------------------------- */
static gboolean same(const DevRange *a, const DevRange *b)
{
    return a->first == b->first && a->last == b->last && a->region == b->region &&
           a->offset == b->offset && a->hva == b->hva && a->readonly == b->readonly;
}

static gboolean same_view(const DevView *a, const DevView *b)
{
    if (a->n != b->n) {
        return FALSE;
    }
    for (guint i = 0; i < a->n; i++) {
        if (!same(&a->ranges[i], &b->ranges[i])) {
            return FALSE;
        }
    }
    return TRUE;
}

/* What of a is not in b. Both are sorted. */
static void tell(DevListener *l, void (*fn)(DevListener *l, const DevRange *r), const DevView *a,
                 const DevView *b)
{
    for (guint i = 0, k = 0; i < a->n; i++) {
        while (k < b->n && b->ranges[k].first < a->ranges[i].first) {
            k++;
        }
        if (k == b->n || !same(&a->ranges[i], &b->ranges[k])) {
            fn(l, &a->ranges[i]);
        }
    }
}

static const DevView empty_view;

static void change(DevListener *l, const DevView *from, const DevView *to)
{
    tell(l, l->del, from, to);
    tell(l, l->add, to, from);
    if (l->commit) {
        l->commit(l);
    }
}

static void update(DevSpace *s)
{
    DevView *from = atomic_load(&s->view), *to = dev_view_new(s->root);

    if (same_view(from, to)) {
        dev_view_free(to);
        return;
    }
    atomic_store(&s->view, to);
    for (guint i = 0; i < s->listeners->len; i++) {
        change(g_ptr_array_index(s->listeners, i), from, to);
    }
    dev_epoch_retire(dev_view_free, from);
}

void dev_space_update_all(void)
{
    for (guint i = 0; spaces && i < spaces->len; i++) {
        update(g_ptr_array_index(spaces, i));
    }
}

DevSpace *dev_space_new(const char *name, DevRegion *root)
{
    DevSpace *s = g_new0(DevSpace, 1);

    s->name = g_strdup(name);
    s->root = root;
    s->listeners = g_ptr_array_new();
    atomic_store(&s->view, dev_view_new(root));
    if (!spaces) {
        spaces = g_ptr_array_new();
    }
    g_ptr_array_add(spaces, s);
    return s;
}

static void free_space(void *data)
{
    DevSpace *s = data;

    dev_view_free(atomic_load(&s->view));
    g_ptr_array_unref(s->listeners);
    g_free(s->name);
    g_free(s);
}

void dev_space_free(DevSpace *s)
{
    g_assert(s->listeners->len == 0);
    g_ptr_array_remove(spaces, s);
    if (!spaces->len) {
        g_clear_pointer(&spaces, g_ptr_array_unref);
    }
    dev_epoch_retire(free_space, s);
}

gboolean dev_space_find(DevSpace *s, DevGpa gpa, DevRange *range)
{
    const DevRange *r = dev_view_find(atomic_load(&s->view), gpa);

    if (r) {
        *range = *r;
    }
    return r != NULL;
}

void dev_space_each(DevSpace *s, void (*fn)(const DevRange *range, void *data), void *data)
{
    const DevView *v = atomic_load(&s->view);

    for (guint i = 0; i < v->n; i++) {
        fn(&v->ranges[i], data);
    }
}

static void add_line(const DevRange *r, void *data)
{
    static const char *const kinds[] = { "", "ram", "rom", "romd", "io", "" };

    g_string_append_printf(data,
                           "%016" G_GINT64_MODIFIER "x-%016" G_GINT64_MODIFIER
                           "x %s %s+0x%" G_GINT64_MODIFIER "x\n",
                           r->first, r->last, kinds[r->region->kind], r->region->name, r->offset);
}

char *dev_space_text(DevSpace *s)
{
    GString *text = g_string_new(NULL);

    dev_space_each(s, add_line, text);
    return g_string_free(text, FALSE);
}

void dev_space_listen(DevSpace *s, DevListener *l)
{
    g_ptr_array_add(s->listeners, l);
    change(l, &empty_view, atomic_load(&s->view));
}

void dev_space_unlisten(DevSpace *s, DevListener *l)
{
    change(l, atomic_load(&s->view), &empty_view);
    g_ptr_array_remove(s->listeners, l);
}

guint dev_space_listeners(const DevSpace *s)
{
    return s->listeners->len;
}
