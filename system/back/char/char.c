/* SPDX-License-Identifier: BSD-2-Clause */
/* Character back ends: joining the two halves, and making them from words. */
#include "back/char/char.h"

#include "back/back.h"

#include "dev/plug.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

const SysCharType *const sys_chars[] = {
    &sys_char_file,    &sys_char_null,   &sys_char_pipe,  &sys_char_pty,
    &sys_char_ringbuf, &sys_char_socket, &sys_char_stdio, NULL,
};

static const SysCharType *type_of(const SysChar *c)
{
    return (const SysCharType *)c->obj.type;
}

static gboolean open_log(SysChar *c, GError **err)
{
    if (c->log_path) {
        c->log = sys_open(c->log_path, O_WRONLY | O_CREAT | (c->log_append ? O_APPEND : O_TRUNC), 0666);
    }
    return !c->log_path || c->log >= 0 || obj_refuse(err, "logfile: '%s': %s", c->log_path, g_strerror(errno));
}

static void close_log(SysChar *c)
{
    if (c->log >= 0) {
        close(c->log);
        c->log = -1;
    }
}

gboolean sys_char_open(SysChar *c, GError **err)
{
    g_assert(!c->is_open);
    if (!open_log(c, err) || !type_of(c)->open(c, err)) {
        g_autofree char *who = obj_describe(&c->obj);
        g_prefix_error(err, "%s: ", who);
        close_log(c);
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

gboolean sys_char_swap(SysChar *from, SysChar *to, const SysCharFront *front, void *opaque, GError **err)
{
    if (to == from) {
        return TRUE;
    }
    if (to && !sys_char_attach(to, front, opaque, err)) {
        return FALSE;
    }
    sys_char_detach(from);
    return TRUE;
}

static void undo_link(Dev *d, void *link)
{
    sys_char_detach(*(SysChar *const *)link);
}

gboolean sys_char_realize(Dev *d, Obj *const *link, const SysCharFront *front, GError **err)
{
    if (*link && (!dev_step(d, "chardev", err) || !sys_char_attach((SysChar *)*link, front, d, err))) {
        return FALSE;
    }
    dev_defer(d, undo_link, (void *)link);
    return TRUE;
}

guint sys_char_write(SysChar *c, const guint8 *data, guint n)
{
    guint taken = c->is_open ? type_of(c)->write(c, data, n) : n;

    if (c->log >= 0 && write(c->log, data, taken) < 0) {
        close_log(c);           /* a full disk does not stop the guest */
    }
    return taken;
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
    c->connected = event == SYS_CHAR_BREAK ? c->connected : event == SYS_CHAR_OPENED;
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
    close_log(c);
    sys_char_detach(c);
}

static void init_char(Obj *o)
{
    ((SysChar *)o)->log = -1;
}

static const ObjProp props[] = {
    OBJ_PROP_STR("logfile", "A file that gets a copy of what is written.", SysChar, log_path, NULL),
    OBJ_PROP_BOOL("logappend", "Keep what that file has.", SysChar, log_append, FALSE),
    { 0 },
};

const ObjType sys_char_type = {
    .name = "chardev",
    .text = OBJ_TEXT("Where the bytes of a serial line go and come from."),
    .size = sizeof(SysChar),
    .abstract = TRUE,
    .props = props,
    .init = init_char,
    .unparent = unparent_char,
};

/* --- from words ------------------------------------------------------------------------------ */
static gboolean open_obj(Obj *o, GError **err)
{
    return sys_char_open((SysChar *)o, err);
}

SysChar *sys_char_new_words(Obj *dir, const char *text, JsonObject *words, GError **err)
{
    static const SysBackKind kind = {
        .what = "character back end", .word = "backend", .prefix = "chardev-", .needs = "kind (null, file, ...)",
        .open = open_obj,
    };

    return (SysChar *)sys_back_new(&kind, (const ObjType *const *)sys_chars, dir, text, words, err);
}

SysChar *sys_char_new(Obj *dir, const char *text, GError **err)
{
    g_autoptr(JsonObject) words = dev_plug_parse(text, "backend", err);

    return words ? sys_char_new_words(dir, text, words, err) : NULL;
}
