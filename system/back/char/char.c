/* SPDX-License-Identifier: BSD-2-Clause */
/* Character back ends: joining the two halves, and making them from words. */
#include "back/char/char.h"

#include "dev/plug.h"

#include <string.h>

const SysCharType *const sys_chars[] = {
    &sys_char_file,    &sys_char_null,   &sys_char_pipe,  &sys_char_pty,
    &sys_char_ringbuf, &sys_char_socket, &sys_char_stdio, NULL,
};

static const SysCharType *type_of(const SysChar *c)
{
    return (const SysCharType *)c->obj.type;
}

gboolean sys_char_open(SysChar *c, GError **err)
{
    g_assert(!c->is_open);
    if (!type_of(c)->open(c, err)) {
        g_autofree char *who = obj_describe(&c->obj);
        g_prefix_error(err, "%s: ", who);
        return FALSE;
    }
    c->is_open = TRUE;
    c->obj.frozen = TRUE;
    return TRUE;
}

gboolean sys_char_attach(SysChar *c, const SysCharFront *front, void *opaque, GError **err)
{
    if (c->front) {
        g_autofree char *who = obj_describe(&c->obj);
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_IN_USE, "%s is used by another device", who);
        return FALSE;
    }
    c->front = front;
    c->opaque = opaque;
    sys_char_more(c);
    return TRUE;
}

void sys_char_detach(SysChar *c)
{
    if (c) {
        c->front = NULL;
        c->opaque = NULL;
    }
}

guint sys_char_write(SysChar *c, const guint8 *data, guint n)
{
    return c->is_open ? type_of(c)->write(c, data, n) : n;
}

void sys_char_more(SysChar *c)
{
    if (c->is_open && type_of(c)->more) {
        type_of(c)->more(c);
    }
}

guint sys_char_room(SysChar *c)
{
    return c->front ? c->front->room(c->opaque) : 0;
}

void sys_char_input(SysChar *c, const guint8 *data, guint n)
{
    if (c->front && n) {
        c->front->input(c->opaque, data, n);
    }
}

void sys_char_writable(SysChar *c)
{
    if (c->front && c->front->writable) {
        c->front->writable(c->opaque);
    }
}

void sys_char_event(SysChar *c, SysCharEvent event)
{
    c->connected = event == SYS_CHAR_OPENED;
    if (c->front && c->front->event) {
        c->front->event(c->opaque, event);
    }
}

static void unparent_char(Obj *o)
{
    SysChar *c = (SysChar *)o;

    if (c->is_open) {
        type_of(c)->close(c);
        c->is_open = FALSE;
    }
    sys_char_detach(c);
}

const ObjType sys_char_type = {
    .name = "chardev",
    .text = OBJ_TEXT("Where the bytes of a serial line go and come from."),
    .size = sizeof(SysChar),
    .abstract = TRUE,
    .unparent = unparent_char,
};

/* --- from words ------------------------------------------------------------------------------ */
static gboolean set_words(Obj *o, JsonObject *args, GError **err)
{
    g_autoptr(GList) names = json_object_get_members(args);

    for (GList *l = names; l; l = l->next) {
        const char *name = l->data;
        if (strcmp(name, "backend") && strcmp(name, "id") &&
            !obj_prop_set_text(o, name, json_object_get_string_member(args, name), err)) {
            return FALSE;
        }
    }
    return TRUE;
}

SysChar *sys_char_new(Obj *dir, const char *text, GError **err)
{
    const ObjType *types[G_N_ELEMENTS(sys_chars)];
    g_autoptr(JsonObject) args = dev_plug_parse(text, "backend", err);

    for (guint i = 0; i < G_N_ELEMENTS(sys_chars); i++) {
        types[i] = sys_chars[i] ? &sys_chars[i]->obj : NULL;
    }
    if (!args) {
        return NULL;
    }
    const char *backend = json_object_get_string_member_with_default(args, "backend", NULL);
    const char *id = json_object_get_string_member_with_default(args, "id", NULL);
    if (!backend || !id) {
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_VALUE, "'%s': a character back end needs a %s", text,
                    backend ? "name (id=...)" : "kind (null, file, ...)");
        return NULL;
    }
    g_autofree char *full = g_strdup_printf("chardev-%s", backend);
    const ObjType *t = obj_type_find(types, "character back end", full, err);
    if (!t) {
        return NULL;
    }
    g_autoptr(Obj) o = obj_new(t);
    if (!obj_add_child(dir, id, o, err)) {
        return NULL;
    }
    if (!set_words(o, args, err) || !sys_char_open((SysChar *)o, err)) {
        obj_unparent(o);
        return NULL;
    }
    return (SysChar *)o;
}
