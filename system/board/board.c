/* SPDX-License-Identifier: BSD-2-Clause */
/* What all boards share. */
#include "board/board.h"

#include "back/object/object.h"

#include "dev/irq.h"
#include "dev/sysbus.h"

static const SysBoardType *type_of(const SysBoard *b)
{
    return (const SysBoardType *)b->b.dev.obj.type;
}

gboolean sys_board_build(SysBoard *b, GError **err)
{
    const DevBoardType *t = &type_of(b)->board;

    if (b->cpu_count > t->max_cpus) {
        return dev_fail(&b->b.dev, err, "%u CPUs: this machine can have 1 to %u", b->cpu_count,
                        t->max_cpus);
    }
    return type_of(b)->build(b, err);
}

gboolean sys_board_boot(SysBoard *b, GError **err)
{
    return type_of(b)->boot(b, err);
}

/* --- for boards ------------------------------------------------------------------------------ */
Dev *sys_board_part(SysBoard *b, const DevType *type, const char *name)
{
    g_autoptr(Obj) o = obj_new(&type->obj);
    gboolean good = obj_add_child(&b->b.dev.obj, name, o, NULL);

    g_assert(good);
    return (Dev *)o;
}

Dev *sys_board_add(SysBoard *b, const DevType *type, const char *name, DevGpa gpa)
{
    Dev *d = sys_board_part(b, type, name);

    dev_sys_map(d, 0, gpa);
    gboolean good = dev_bus_put(b->b.sysbus, d, NULL);
    g_assert(good);
    return d;
}

void sys_board_set(Dev *d, const char *name, uint64_t value)
{
    gboolean good = obj_prop_set_uint(&d->obj, name, value, NULL);

    g_assert(good);
}

void sys_board_wire(Dev *from, const char *out, guint i, Dev *to, const char *in, guint j)
{
    gboolean good = dev_irq_connect(from, out, i, to, in, j, FALSE, NULL);

    g_assert(good);
}

static void undo_memory(Dev *d, void *data)
{
    ((SysMemory *)data)->is_used = FALSE;
}

DevRam *sys_board_ram(SysBoard *b, GError **err)
{
    SysMemory *m = (SysMemory *)b->memory;
    Dev *d = &b->b.dev;

    if (!m) {
        return dev_ram_new(d, "ram", b->ram_bytes, err);
    }
    if (m->bytes != b->ram_bytes || m->is_used) {
        dev_fail(d, err, m->is_used ? "memory-backend: '%s' is used already"
                                    : "memory-backend: '%s' is not as large as the machine's memory (-m)", m->obj.name);
        return NULL;
    }
    m->is_used = TRUE;
    dev_defer(d, undo_memory, m);
    return m->fd < 0 ? dev_ram_new(d, "ram", b->ram_bytes, err)
                     : dev_ram_new_file(d, "ram", b->ram_bytes, m->fd, m->share, err);
}

static guint64 bytes_of(const SysBlob *b)
{
    return g_bytes_get_size(b->bytes) + b->zeros;
}

gboolean sys_board_blob(SysBoard *b, SysBlob *blob, GError **err)
{
    g_autoptr(SysBlob) x = blob;

    if (!sys_blob_check(x, b->b.space, err)) {
        return FALSE;
    }
    for (guint i = 0; i < b->blobs->len; i++) {
        const SysBlob *y = g_ptr_array_index(b->blobs, i);
        if (x->gpa < y->gpa + bytes_of(y) && y->gpa < x->gpa + bytes_of(x)) {
            g_set_error(err, DEV_ERROR, DEV_ERROR_MEMORY,
                        "'%s' at 0x%" G_GINT64_MODIFIER "x and '%s' at 0x%" G_GINT64_MODIFIER
                        "x overlap in memory",
                        x->name, x->gpa, y->name, y->gpa);
            return FALSE;
        }
    }
    g_ptr_array_add(b->blobs, g_steal_pointer(&x));
    return TRUE;
}

/* --- the type -------------------------------------------------------------------------------- */
static void reset_hold(Dev *d)
{
    SysBoard *b = (SysBoard *)d;

    for (guint i = 0; i < b->blobs->len; i++) {
        sys_blob_put(g_ptr_array_index(b->blobs, i), b->b.space);
    }
}

static void init(Obj *o)
{
    SysBoard *b = (SysBoard *)o;

    b->cpus = g_ptr_array_new();
    b->blobs = g_ptr_array_new_with_free_func((GDestroyNotify)sys_blob_free);
}

static void finalize(Obj *o)
{
    SysBoard *b = (SysBoard *)o;

    g_ptr_array_unref(b->cpus);
    g_ptr_array_unref(b->blobs);
    g_clear_pointer(&b->tree, g_bytes_unref);
    g_free(b->name);
    g_free(b->uuid);
}

static const ObjProp props[] = {
    OBJ_PROP_STR("kernel", "The kernel: a Linux image, ELF or plain bytes, perhaps gzip-compressed.", SysBoard, kernel,
                 NULL),
    OBJ_PROP_STR("initrd", "The initial RAM disk for the kernel.", SysBoard, initrd, NULL),
    OBJ_PROP_STR("append", "The kernel's command line.", SysBoard, append, NULL),
    OBJ_PROP_STR("dtb", "A device tree to be used in place of the board's own.", SysBoard, dtb, NULL),
    OBJ_PROP_STR("firmware", "The firmware: a file, \"none\", or \"default\" for what is built in.", SysBoard, firmware,
                 NULL),
    OBJ_PROP_STR("dumpdtb", "Write the device tree to this file and end.", SysBoard, dumpdtb, NULL),
    OBJ_PROP_STR("cpu", "Model of the CPUs; none stands for the board's own choice.", SysBoard, cpu_model, NULL),
    OBJ_PROP_SIZE("memory", "Bytes of RAM.", SysBoard, ram_bytes, 128 << 20, 1 << 20, UINT64_C(1) << 40),
    OBJ_PROP_LINK("memory-backend", "The object that its RAM is in; without one, memory of its own.", SysBoard, memory,
                  &sys_memory_type),
    OBJ_PROP_UINT("cpus", "How many CPUs there are.", SysBoard, cpu_count, 1, 1, 4096),
    { 0 },
};

const DevBoardType sys_board_type = {
    .dev = {
        .obj = { .name = "system-board", .text = OBJ_TEXT("A machine that runs programs."),
                 .parent = &dev_board_type.obj, .size = sizeof(SysBoard), .abstract = TRUE, .props = props,
                 .init = init, .finalize = finalize },
        .group = "board",
        .reset_hold = reset_hold,
    },
};
