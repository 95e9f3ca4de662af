/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Flattened device trees: making one node by node, and completing one for a kernel.
 * [Devicetree Specification 0.4]  A thin layer over libfdt: byte order, numbers as cells, room.
 */
#ifndef SYSTEM_FDT_H
#define SYSTEM_FDT_H

#include <glib.h>

typedef struct SysFdt SysFdt;

/* A tree whose root node is open; text_bytes is how much of it comes from users. */
SysFdt *sys_fdt_new(gsize text_bytes);

/* Nodes nest; the name is a format. */
void sys_fdt_begin(SysFdt *f, const char *fmt, ...) G_GNUC_PRINTF(2, 3);
void sys_fdt_end(SysFdt *f);

/* Properties of the node that is open; those of a node come before its children. */
void sys_fdt_flag(SysFdt *f, const char *name);
void sys_fdt_str(SysFdt *f, const char *name, const char *value);
/* Strings, ended by NULL, one after the other. */
void sys_fdt_strs(SysFdt *f, const char *name, const char *const *values);
void sys_fdt_words(SysFdt *f, const char *name, const guint32 *cells, guint n);
#define sys_fdt_cells(f, name, ...) \
    sys_fdt_words(f, name, (const guint32[]){ __VA_ARGS__ }, \
                  sizeof((const guint32[]){ __VA_ARGS__ }) / sizeof(guint32))
/* A 64-bit number as two cells. */
#define SYS_FDT_64(x) (guint32)((guint64)(x) >> 32), (guint32)(guint64)(x)

/* Closes the root and frees f; the tree is the caller's. */
GBytes *sys_fdt_finish(SysFdt *f);

/* What a boot loader tells a kernel in /chosen. */
typedef struct SysFdtChosen {
    const char *append;         /* NULL: what the tree says stays */
    guint64 initrd, initrd_bytes;       /* bytes 0: none */
    const guint8 *rng_seed;     /* 32 bytes, or NULL */
} SysFdtChosen;

/* A copy of tree with these; the caller's.  tree may be a stranger's: what names it in errors. */
GBytes *sys_fdt_complete(GBytes *tree, const SysFdtChosen *chosen, const char *what, GError **err);

#endif
