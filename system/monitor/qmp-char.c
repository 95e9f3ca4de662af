/* SPDX-License-Identifier: BSD-2-Clause */
/* QMP commands for character back ends. */
#include "monitor/private.h"

#include "back/char/mux.h"

#include "dev/plug.h"

#include <string.h>
#include <unistd.h>

static Obj *root(void)
{
    return sys_monitors.board->b.root;
}

void sys_qmp_add_word(GString *s, const char *name, const char *value)
{
    if (value) {
        g_autofree char *quoted = dev_plug_quote(value);
        g_string_append_printf(s, ",%s=%s", name, quoted);
    }
}

void sys_qmp_add_flag(GString *s, const char *name, JsonObject *o, const char *member)
{
    if (json_object_has_member(o, member)) {
        g_string_append_printf(s, ",%s=%s", name, obj_json_bool(o, member, FALSE) ? "on" : "off");
    }
}

static JsonObject *object(JsonObject *o, const char *name)
{
    JsonNode *n = o ? json_object_get_member(o, name) : NULL;

    return n && JSON_NODE_HOLDS_OBJECT(n) ? json_node_get_object(n) : NULL;
}

/* *fd: a descriptor of getfd that is among the words now, the caller's; else it stays. */
static gboolean socket_words(GString *s, JsonObject *data, int *fd, GError **err)
{
    JsonObject *addr = object(data, "addr");
    const char *kind = addr ? obj_json_str(addr, "type") : NULL;
    JsonObject *where = object(addr, "data") ? object(addr, "data") : addr;

    if (kind && !strcmp(kind, "unix")) {
        sys_qmp_add_word(s, "path", obj_json_str(where, "path"));
    } else if (kind && !strcmp(kind, "inet")) {
        sys_qmp_add_word(s, "host", obj_json_str(where, "host"));
        sys_qmp_add_word(s, "port", obj_json_str(where, "port"));
    } else if (kind && !strcmp(kind, "fd") && obj_json_str(where, "str")) {
        *fd = sys_qmp_take_fd(obj_json_str(where, "str"));
        g_autofree char *number = *fd >= 0 ? g_strdup_printf("%d", *fd) : NULL;
        sys_qmp_add_word(s, "fd", number ? number : obj_json_str(where, "str"));
    } else {
        obj_refuse(err, "the address of a socket is of type unix, inet or fd");
        return FALSE;
    }
    /* A server by default, as in QEMU, which waits for nobody. */
    g_string_append_printf(s, ",server=%s", obj_json_bool(data, "server", TRUE) ? "on" : "off");
    g_string_append(s, ",wait=off");
    sys_qmp_add_flag(s, "telnet", data, "telnet");
    if (json_object_has_member(data, "reconnect")) {
        g_string_append_printf(s, ",reconnect=%" G_GINT64_FORMAT, obj_json_int(data, "reconnect", 0));
    }
    return TRUE;
}

/* From "backend" of args, with this name. Borrowed. */
static SysChar *make(JsonObject *args, const char *id, GError **err)
{
    JsonObject *backend = object(args, "backend"), *data = object(backend, "data");
    const char *type = backend ? obj_json_str(backend, "type") : NULL;
    g_autoptr(JsonObject) none = json_object_new();
    g_autoptr(GString) s = g_string_new(type);
    int fd = -1;

    data = data ? data : none;
    if (!type) {
        obj_refuse(err, "Parameter 'backend.type' is missing");
        return NULL;
    }
    sys_qmp_add_word(s, "id", id);
    sys_qmp_add_word(s, "path", obj_json_str(data, !strcmp(type, "file") ? "out" : "device"));
    if (!strcmp(type, "socket") && !socket_words(s, data, &fd, err)) {
        return NULL;
    }
    if (!strcmp(type, "ringbuf") && json_object_has_member(data, "size")) {
        g_string_append_printf(s, ",size=%" G_GINT64_FORMAT, obj_json_int(data, "size", 0));
    }
    sys_qmp_add_word(s, "logfile", obj_json_str(data, "logfile"));
    sys_qmp_add_flag(s, "logappend", data, "logappend");
    SysChar *c = sys_char_new(obj_container(root(), "chardevs"), s->str, err);
    if (!c && fd >= 0) {
        close(fd);              /* a back end that was not opened has not taken it */
    }
    return c;
}

/* What clients are told of a new one: where a pseudo terminal is. */
static JsonNode *made(SysChar *c)
{
    if (c->obj.type != &sys_char_pty.obj) {
        return NULL;
    }
    JsonObject *o = json_object_new();
    g_autofree char *path = obj_prop_get_text(&c->obj, "path", NULL);
    json_object_set_string_member(o, "pty", path ? path : "");
    return sys_qmp_node(o);
}

static JsonNode *do_add(SysMonitor *m, JsonObject *args, GError **err)
{
    SysChar *c = make(args, obj_json_str(args, "id"), err);

    return c ? made(c) : NULL;
}

static SysChar *lookup(const char *id, const ObjType *type)
{
    return obj_cast(obj_child(obj_container(root(), "chardevs"), id), type);
}

static SysChar *find(const char *id, GError **err)
{
    SysChar *c = lookup(id, &sys_char_type);

    if (!c) {
        obj_refuse(err, "Chardev '%s' not found", id);
    }
    return c;
}

static JsonNode *do_remove(SysMonitor *m, JsonObject *args, GError **err)
{
    const char *id = obj_json_str(args, "id");
    SysChar *c = find(id, err);

    if (!c) {
        return NULL;
    }
    if (c->front || c->obj.links || sys_char_mux_is_busy(c)) {
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_IN_USE, "Chardev '%s' is busy", id);
    } else {
        obj_unparent(&c->obj);
    }
    return NULL;
}

/*
 * The new one takes the old one's place and name: what was linked to that is linked to it.  The old one is closed last,
 * so that an error leaves it as it was.
 */
static JsonNode *do_change(SysMonitor *m, JsonObject *args, GError **err)
{
    const char *id = obj_json_str(args, "id");
    SysChar *old = find(id, err);
    Obj *user = old ? obj_user_of(root(), &old->obj) : NULL;

    if (!old) {
        return NULL;
    }
    if ((old->front && !user) || old->obj.links > 1 || sys_char_mux_is_busy(old)) {
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_IN_USE, "Chardev '%s' is busy: only a device's can be changed", id);
        return NULL;
    }
    g_autofree char *name = g_strconcat(id, "-new", NULL);
    SysChar *c = make(args, name, err);
    if (!c) {
        return NULL;
    }
    if (user && !obj_prop_set_link(user, "chardev", &c->obj, err)) {
        obj_unparent(&c->obj);
        return NULL;
    }
    obj_unparent(&old->obj);
    gboolean good = obj_rename(&c->obj, id, NULL);
    g_assert(good);
    return made(c);
}

static JsonNode *do_send_break(SysMonitor *m, JsonObject *args, GError **err)
{
    SysChar *c = find(obj_json_str(args, "id"), err);

    if (c) {
        sys_char_mux_break(c);
    }
    return NULL;
}

/* --- the ring buffer ------------------------------------------------------------------------- */
static SysChar *find_ring(JsonObject *args, GError **err)
{
    const char *name = json_object_get_string_member(args, "device");
    SysChar *c = lookup(name, &sys_char_ringbuf.obj);

    if (!c) {
        g_set_error(err, SYS_QMP_ERROR, SYS_QMP_DEVICE_NOT_FOUND, "'%s' is no ring buffer", name);
    }
    return c;
}

static JsonNode *do_ring_read(SysMonitor *m, JsonObject *args, GError **err)
{
    SysChar *c = find_ring(args, err);
    gint64 n = json_object_get_int_member(args, "size");
    gboolean is_base64 = !g_strcmp0(json_object_get_string_member_with_default(args, "format", "utf8"), "base64");

    if (!c || n <= 0) {
        if (c) {
            g_set_error(err, OBJ_ERROR, OBJ_ERROR_RANGE, "size must be greater than zero");
        }
        return NULL;
    }
    g_autofree guint8 *data = g_malloc0((gsize)MIN(n, 1 << 20) + 1);
    guint got = sys_char_ringbuf_read(c, data, (guint)MIN(n, 1 << 20));
    g_autofree char *text = is_base64 ? g_base64_encode(data, got) : g_utf8_make_valid((char *)data, got);
    return json_node_init_string(json_node_alloc(), text);
}

static JsonNode *do_ring_write(SysMonitor *m, JsonObject *args, GError **err)
{
    SysChar *c = find_ring(args, err);
    const char *text = obj_json_str(args, "data");
    gsize n = strlen(text);
    g_autofree guchar *data = g_strcmp0(obj_json_str(args, "format"), "base64") ? NULL : g_base64_decode(text, &n);

    if (c) {
        sys_char_write(c, data ? data : (const guint8 *)text, (guint)MIN(n, G_MAXUINT));
    }
    return NULL;
}

static const QmpArg id[] = { { "id", "str", FALSE }, { 0 } };
static const QmpArg chardev_add[] = { { "id", "str", FALSE }, { "backend", "any", FALSE }, { 0 } };
static const QmpArg ring_read[] = { { "device", "str", FALSE }, { "size", "int", FALSE }, { "format", "str", TRUE },
                                    { 0 } };
static const QmpArg ring_write[] = { { "device", "str", FALSE }, { "data", "str", FALSE }, { "format", "str", TRUE },
                                     { 0 } };

const QmpCommand sys_qmp_char[] = {
    { "chardev-add", "makes a character back end", chardev_add, FALSE, do_add },
    { "chardev-change", "puts another in one's place, at the same device", chardev_add, FALSE, do_change },
    { "chardev-remove", "takes one away", id, FALSE, do_remove },
    { "chardev-send-break", "a break on a serial line", id, FALSE, do_send_break },
    { "ringbuf-read", "what a ring buffer has", ring_read, FALSE, do_ring_read },
    { "ringbuf-write", "puts bytes into it", ring_write, FALSE, do_ring_write },
    { 0 },
};
