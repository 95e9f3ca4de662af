/* SPDX-License-Identifier: BSD-2-Clause */
/* The hardware manual: what is in it. How it looks is in doc-forms.c. */
#include "doc.h"

#include "back/block/block.h"
#include "back/char/char.h"
#include "back/fs/fs.h"
#include "back/net/net.h"
#include "back/object/object.h"
#include "board/board.h"
#include "dev/pci/pci.h"
#include "models.h"

#include "dev/bus.h"
#include "dev/irq.h"
#include "dev/reg.h"
#include "dev/snap.h"

#include <string.h>

extern const SysCpuType sys_riscv_cpu;

static const struct {
    const char *group, *title;
} groups[] = {
    { "board", "Boards" },       { "block", "Storage" },      { "char", "Serial lines" },
    { "cpu", "CPUs" },           { "display", "Displays" },   { "flash", "Flash" },
    { "input", "Input" },        { "intc", "Interrupt controllers" }, { "misc", "Other devices" },
    { "net", "Network" },        { "pci", "PCI" },            { "timer", "Timers and clocks" },
    { "virtio", "Virtio" },
};

/* --- rows ------------------------------------------------------------------------------------ */
typedef struct Writer {
    GString *out;
    const SysDocForm *form;
    gboolean any;               /* the heading is written */
    const char *heading;
} Writer;

static void item(Writer *w, const char *term, const char *text)
{
    if (!w->any) {
        w->any = TRUE;
        w->form->heading(w->out, w->heading);
    }
    w->form->item(w->out, term, text);
}

static void add_prop(const ObjProp *p, void *data)
{
    Writer *w = data;
    g_autofree char *kind = obj_prop_type_name(p), *range = obj_prop_range(p),
                    *def = obj_prop_default(p);
    g_autofree char *term = g_strdup_printf("%s (%s)", p->name, kind);
    GString *text = g_string_new(p->text);

    if (*range) {
        g_string_append_printf(text, " Values: %s.", range);
    }
    if (def) {
        g_string_append_printf(text, " Default: %s.", def);
    }
    if (p->flags & OBJ_READ_ONLY) {
        g_string_append(text, " For reading.");
    } else if (p->flags & OBJ_LIVE) {
        g_string_append(text, " Can be set while the machine runs.");
    }
    item(w, term, text->str);
    for (const ObjName *n = p->names; n && n->name; n++) {
        g_autofree char *value = g_strdup_printf("%s=%s", p->name, n->name);
        item(w, value, n->text);
    }
    g_string_free(text, TRUE);
}

static void add_props(GString *out, const SysDocForm *form, const ObjType *t)
{
    Writer w = { out, form, FALSE, "Properties" };

    obj_type_each_prop(t, add_prop, &w);
}

static void add_pins(GString *out, const SysDocForm *form, const DevType *t)
{
    Writer w = { out, form, FALSE, "Lines" };

    for (const DevPin *p = t->pins; p && p->name; p++) {
        g_autofree char *term =
            p->n > 1 ? g_strdup_printf("%s[0-%u] (%s)", p->name, p->n - 1, p->fn ? "in" : "out")
                     : g_strdup_printf("%s (%s)", p->name, p->fn ? "in" : "out");
        item(&w, term, p->text);
    }
}

static void add_regs(GString *out, const SysDocForm *form, const DevType *t)
{
    Writer w = { out, form, FALSE, "Registers" };

    for (const DevReg *r = t->regs; r && r->name; r++) {
        guint stride = r->stride ? r->stride : r->width;
        g_autofree char *many =
            r->count > 1 ? g_strdup_printf(", %u, every %u bytes", r->count, stride) : NULL;
        g_autofree char *term = g_strdup_printf("0x%" G_GINT64_MODIFIER "x %s (%u bytes%s)", r->at,
                                                r->name, r->width, many ? many : "");
        item(&w, term, r->text);
    }
}

static void add_fields(GString *out, const SysDocForm *form, const DevType *t)
{
    g_autofree char *heading = g_strdup_printf("Saved state, version %u", MAX(t->version, 1));
    Writer w = { out, form, FALSE, heading };

    for (const DevField *f = t->fields; f && f->name; f++) {
        g_autofree char *term =
            f->count > 1 ? g_strdup_printf("%s[%u]", f->name, f->count) : g_strdup(f->name);
        g_autofree char *since =
            f->since > 1 ? g_strdup_printf("%s Since version %u.", f->text, f->since) : NULL;
        item(&w, term, since ? since : f->text);
    }
}

static void add_device(GString *out, const SysDocForm *form, const DevType *t)
{
    const ObjType *bus = t->bus;
    GString *s = g_string_new(NULL);

    form->section(out, t->obj.name, t->obj.text);
    if (bus) {
        g_string_append_printf(s, "Sits on a bus of type %s. ", bus->name);
    }
    g_string_append(s, !(t->flags & DEV_USER) ? "Part of boards; not for -device."
                       : t->flags & DEV_HOTPLUG
                           ? "For -device; can be added and removed while the machine runs."
                           : "For -device, before the machine runs.");
    form->para(out, s->str);
    if (t->manual) {
        g_string_printf(s, "Described in: %s.", t->manual);
        form->para(out, s->str);
    }
    g_string_free(s, TRUE);
    add_props(out, form, &t->obj);
    add_pins(out, form, t);
    add_regs(out, form, t);
    add_fields(out, form, t);
}

static void add_bus(GString *out, const SysDocForm *form, const ObjType *bus)
{
    const DevBusType *t = (const DevBusType *)bus;
    g_autofree char *room = t->max ? g_strdup_printf("It holds %u devices.", t->max) : NULL;

    form->section(out, bus->name, bus->text);
    if (room) {
        form->para(out, room);
    }
    form->para(out, t->hotplug ? "Devices can come and go while the machine runs."
                               : "Devices cannot come or go while the machine runs.");
    add_props(out, form, bus);
}

static void add_plain(GString *out, const SysDocForm *form, const ObjType *t)
{
    form->section(out, t->name, t->text);
    add_props(out, form, t);
}

/* All device types: models, and what is no model: boards and CPUs. To be freed. */
static GPtrArray *devices(void)
{
    GPtrArray *list = g_ptr_array_new();

    for (const DevType *const *t = sys_models; *t; t++) {
        g_ptr_array_add(list, (gpointer)*t);
    }
    g_ptr_array_add(list, (gpointer)&sys_virt.board.dev);
    g_ptr_array_add(list, (gpointer)&sys_none.board.dev);
    g_ptr_array_add(list, (gpointer)&sys_riscv_cpu.dev);
    return list;
}

/* What users make beside devices, by chapter. */
static const ObjType *const directories[] = { &sys_fs_type, NULL };
static const struct {
    const char *title;
    const ObjType *const *types;
} back_kinds[] = {
    { "Character back ends", (const ObjType *const *)sys_chars },
    { "Block back ends", (const ObjType *const *)sys_blocks },
    { "Network back ends", (const ObjType *const *)sys_nets },
    { "Directories of the host", directories },
    { "Objects", sys_objects },
};

/* Back ends of all kinds, as ObjType. To be freed. */
static GPtrArray *back_ends(void)
{
    GPtrArray *list = g_ptr_array_new();

    for (guint i = 0; i < G_N_ELEMENTS(back_kinds); i++) {
        for (const ObjType *const *t = back_kinds[i].types; *t; t++) {
            g_ptr_array_add(list, (gpointer)*t);
        }
    }
    return list;
}

/* --- lists ----------------------------------------------------------------------------------- */
/* Types of buses that models sit on, each once. To be freed (the array only). */
static GPtrArray *buses(void)
{
    GPtrArray *list = g_ptr_array_new();

    for (const DevType *const *t = sys_models; *t; t++) {
        if ((*t)->bus && !g_ptr_array_find(list, (*t)->bus, NULL)) {
            g_ptr_array_add(list, (gpointer)(*t)->bus);
        }
    }
    g_ptr_array_add(list, (gpointer)&sys_pcie_port_bus_type.obj);      /* what sits there sits on any PCI bus */
    return list;
}

static void add_group(GString *out, const SysDocForm *form, const char *group, const char *title)
{
    g_autoptr(GPtrArray) all = devices();
    gboolean any = FALSE;

    for (guint i = 0; i < all->len; i++) {
        const DevType *t = g_ptr_array_index(all, i);
        if (strcmp(t->group, group)) {
            continue;
        }
        if (!any) {
            form->chapter(out, title);
        }
        any = TRUE;
        add_device(out, form, t);
    }
}

void sys_doc_manual(GString *out, const SysDocForm *form)
{
    g_autoptr(GPtrArray) list = buses();

    form->begin(out, "rhea: devices, buses and back ends");
    for (guint i = 0; i < G_N_ELEMENTS(groups); i++) {
        add_group(out, form, groups[i].group, groups[i].title);
    }
    form->chapter(out, "Not implemented");
    for (const SysModelTodo *t = sys_models_todo; t->name; t++) {
        g_autofree char *text = g_strdup_printf("Would sit on %s. Not implemented.", t->bus);
        form->section(out, t->name, text);
    }
    form->chapter(out, "Buses");
    for (guint i = 0; i < list->len; i++) {
        add_bus(out, form, g_ptr_array_index(list, i));
    }
    for (guint i = 0; i < G_N_ELEMENTS(back_kinds); i++) {
        form->chapter(out, back_kinds[i].title);
        for (const ObjType *const *t = back_kinds[i].types; *t; t++) {
            add_plain(out, form, *t);
        }
    }
    form->end(out);
}

gboolean sys_doc_type(GString *out, const SysDocForm *form, const char *name, GError **err)
{
    g_autoptr(GPtrArray) all = buses();

    g_ptr_array_extend_and_steal(all, devices());
    g_ptr_array_extend_and_steal(all, back_ends());
    g_ptr_array_add(all, NULL);
    const ObjType *t =
        obj_type_find((const ObjType *const *)all->pdata, "device, bus or back end", name, err);
    if (!t) {
        return FALSE;
    }
    if (dev_type_cast(t)) {
        add_device(out, form, dev_type_cast(t));
    } else if (obj_type_is(t, &dev_bus_type)) {
        add_bus(out, form, t);
    } else {
        add_plain(out, form, t);
    }
    return TRUE;
}

/* A group that the manual does not know would be left out in silence. */
static gboolean has_chapter(const DevType *t)
{
    for (guint i = 0; i < G_N_ELEMENTS(groups); i++) {
        if (!strcmp(groups[i].group, t->group)) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean sys_doc_check(GError **err)
{
    g_autoptr(GPtrArray) list = buses(), all = devices();

    for (guint i = 0; i < all->len; i++) {
        const DevType *t = g_ptr_array_index(all, i);
        if (!dev_type_check(t, err)) {
            return FALSE;
        }
        if (!has_chapter(t)) {
            g_set_error(err, OBJ_ERROR, OBJ_ERROR_BAD_TYPE,
                        "type '%s': the manual has no chapter for group '%s'", t->obj.name, t->group);
            return FALSE;
        }
    }
    g_ptr_array_extend_and_steal(list, back_ends());
    for (guint i = 0; i < list->len; i++) {
        if (!obj_type_check(g_ptr_array_index(list, i), err)) {
            return FALSE;
        }
    }
    return TRUE;
}
