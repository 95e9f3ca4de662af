/* SPDX-License-Identifier: BSD-2-Clause */
/* Device trees with libfdt. */
#include "fdt.h"

#include "obj/type.h"

#include <libfdt.h>
#include <string.h>

#define ROOM (256 << 10)        /* for all that boards say */

struct SysFdt {
    void *tree;
    int error;
};

SysFdt *sys_fdt_new(gsize text_bytes)
{
    SysFdt *f = g_new0(SysFdt, 1);

    f->tree = g_malloc0(ROOM + text_bytes);
    f->error = fdt_create(f->tree, (int)(ROOM + text_bytes));
    f->error = f->error ? f->error : fdt_finish_reservemap(f->tree);
    f->error = f->error ? f->error : fdt_begin_node(f->tree, "");
    return f;
}

void sys_fdt_begin(SysFdt *f, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    g_autofree char *name = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    f->error = f->error ? f->error : fdt_begin_node(f->tree, name);
}

void sys_fdt_end(SysFdt *f)
{
    f->error = f->error ? f->error : fdt_end_node(f->tree);
}

static void put(SysFdt *f, const char *name, const void *data, gsize n)
{
    f->error = f->error ? f->error : fdt_property(f->tree, name, data, (int)n);
}

void sys_fdt_flag(SysFdt *f, const char *name)
{
    put(f, name, NULL, 0);
}

void sys_fdt_str(SysFdt *f, const char *name, const char *value)
{
    put(f, name, value, strlen(value) + 1);
}

void sys_fdt_strs(SysFdt *f, const char *name, const char *const *values)
{
    g_autoptr(GByteArray) all = g_byte_array_new();

    for (; *values; values++) {
        g_byte_array_append(all, (const guint8 *)*values, (guint)strlen(*values) + 1);
    }
    put(f, name, all->data, all->len);
}

void sys_fdt_words(SysFdt *f, const char *name, const guint32 *cells, guint n)
{
    g_autofree guint32 *big = g_new(guint32, n + 1);

    for (guint i = 0; i < n; i++) {
        big[i] = GUINT32_TO_BE(cells[i]);
    }
    put(f, name, big, n * sizeof *big);
}

GBytes *sys_fdt_finish(SysFdt *f)
{
    sys_fdt_end(f);
    f->error = f->error ? f->error : fdt_finish(f->tree);
    g_assert(!f->error);        /* boards know how much they say */
    GBytes *tree = g_bytes_new_take(f->tree, fdt_totalsize(f->tree));
    g_free(f);
    return tree;
}

/* --- completing ------------------------------------------------------------------------------ */
static int set_chosen(void *tree, const SysFdtChosen *c)
{
    int node = fdt_path_offset(tree, "/chosen"), e = 0;

    if (node == -FDT_ERR_NOTFOUND) {
        node = fdt_add_subnode(tree, 0, "chosen");
    }
    if (node < 0) {
        return node;
    }
    if (c->append) {
        e = fdt_setprop_string(tree, node, "bootargs", c->append);
    }
    if (!e && c->initrd_bytes) {
        e = fdt_setprop_u64(tree, node, "linux,initrd-start", c->initrd);
        e = e ? e : fdt_setprop_u64(tree, node, "linux,initrd-end", c->initrd + c->initrd_bytes);
    }
    if (!e && c->rng_seed) {
        e = fdt_setprop(tree, node, "rng-seed", c->rng_seed, 32);
    }
    return e;
}

GBytes *sys_fdt_complete(GBytes *tree, const SysFdtChosen *chosen, const char *what, GError **err)
{
    gsize bytes, extra = 4096 + (chosen->append ? strlen(chosen->append) : 0);
    const void *data = g_bytes_get_data(tree, &bytes);
    int e = bytes < sizeof(struct fdt_header) ? -FDT_ERR_TRUNCATED : fdt_check_header(data);

    if (!e && fdt_version(data) < 17) {         /* does not say how long the structure is: libfdt 1.6 runs over it */
        e = -FDT_ERR_BADVERSION;
    }
    e = e ? e : fdt_check_full(data, bytes);
    if (bytes + extra > 16 << 20) {
        e = -FDT_ERR_NOSPACE;
    }
    g_autofree void *copy = e ? NULL : g_malloc0(bytes + extra);
    e = e ? e : fdt_open_into(data, copy, (int)(bytes + extra));
    e = e ? e : set_chosen(copy, chosen);
    e = e ? e : fdt_pack(copy);
    if (e) {
        obj_refuse(err, "%s: no usable device tree: %s", what,
                   fdt_strerror(e));
        return NULL;
    }
    bytes = fdt_totalsize(copy);
    return g_bytes_new_take(g_steal_pointer(&copy), bytes);
}
