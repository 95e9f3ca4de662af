/* SPDX-License-Identifier: BSD-2-Clause */
/* QMP commands to kinds of devices: the balloon, keyboards and pointers. */
#include "monitor/private.h"

#include "dev/virtio/balloon.h"
#include "dev/virtio/net.h"
#include "input.h"

#include <linux/input-event-codes.h>
#include <string.h>

static DevBoard *board(void)
{
    return &sys_monitors.board->b;
}

static JsonObject *object(JsonObject *o, const char *name)
{
    JsonNode *n = o ? json_object_get_member(o, name) : NULL;

    return n && JSON_NODE_HOLDS_OBJECT(n) ? json_node_get_object(n) : NULL;
}

/* --- the balloon ----------------------------------------------------------------------------- */
static Dev *balloon(GError **err)
{
    Dev *d = sys_balloon_find(board());

    if (!d) {
        g_set_error(err, SYS_QMP_ERROR, SYS_QMP_DEVICE_NOT_ACTIVE, "No balloon device has been activated");
    }
    return d;
}

static JsonNode *do_balloon(SysMonitor *m, JsonObject *args, GError **err)
{
    Dev *d = balloon(err);
    gint64 value = json_object_get_int_member(args, "value");
    guint64 ram = sys_monitors.board->ram_bytes;

    if (d && value <= 0) {
        obj_refuse(err, "Parameter 'target' expects a size");
    } else if (d) {
        sys_balloon_ask(d, ram - MIN((guint64)value, ram));
    }
    return NULL;
}

static JsonNode *do_query_balloon(SysMonitor *m, JsonObject *args, GError **err)
{
    Dev *d = balloon(err);
    guint64 ram = sys_monitors.board->ram_bytes;

    if (!d) {
        return NULL;
    }
    JsonObject *o = json_object_new();
    json_object_set_int_member(o, "actual", (gint64)(ram - MIN(sys_balloon_bytes(d), ram)));
    return sys_qmp_node(o);
}

/* --- input ----------------------------------------------------------------------------------- */
/* {"type": "qcode", "data": "a"} or {"type": "number", "data": 30}: a key of Linux's; 0: none. */
static guint key_of(JsonObject *key)
{
    const char *type = obj_json_str(key, "type"), *name = obj_json_str(key, "data");

    if (!g_strcmp0(type, "qcode")) {
        return name ? sys_input_key(name) : 0;
    }
    gint64 n = !g_strcmp0(type, "number") ? obj_json_int(key, "data", 0) : 0;
    return n > 0 && n < KEY_MEDIA ? (guint)n : 0;
}

static gboolean send_button(const char *name, gboolean down, GError **err)
{
    guint code = name ? sys_input_button(name) : 0;

    if (!g_strcmp0(name, "wheel-up") || !g_strcmp0(name, "wheel-down")) {
        return !down || sys_input_send(board(), SYS_INPUT_BUTTONS, EV_REL, REL_WHEEL, name[6] == 'u' ? 1 : -1) ||
               obj_refuse(err, "there is no device that takes buttons");
    }
    if (!code) {
        return obj_refuse(err, "Parameter 'button' does not accept that value");
    }
    return sys_input_send(board(), SYS_INPUT_BUTTONS, EV_KEY, code, down) ||
           obj_refuse(err, "there is no device that takes buttons");
}

static gboolean send_event(JsonObject *event, GError **err)
{
    const char *type = obj_json_str(event, "type"), *axis;
    JsonObject *data = object(event, "data");
    gboolean down = data && obj_json_bool(data, "down", FALSE);

    if (!type || !data) {
        return obj_refuse(err, "an event has a 'type' and 'data'");
    }
    if (!strcmp(type, "key")) {
        guint code = object(data, "key") ? key_of(object(data, "key")) : 0;
        return (code || obj_refuse(err, "there is no such key")) &&
               (sys_input_send(board(), SYS_INPUT_KEYS, EV_KEY, code, down) ||
                obj_refuse(err, "there is no device that takes keys"));
    }
    if (!strcmp(type, "btn")) {
        return send_button(obj_json_str(data, "button"), down, err);
    }
    axis = obj_json_str(data, "axis");
    gboolean is_abs = !strcmp(type, "abs");
    gint64 value = obj_json_int(data, "value", 0);
    if ((!is_abs && strcmp(type, "rel")) || !axis || (strcmp(axis, "x") && strcmp(axis, "y"))) {
        return obj_refuse(err, "events are of type key, btn, rel and abs; axes are x and y");
    }
    value = is_abs ? CLAMP(value, 0, SYS_INPUT_MOST) : CLAMP(value, -32768, 32767);
    /* X is 0 and Y is 1 in both. */
    return sys_input_send(board(), is_abs ? SYS_INPUT_ABSOLUTE : SYS_INPUT_RELATIVE, is_abs ? EV_ABS : EV_REL,
                          *axis == 'y', (gint32)value) ||
           obj_refuse(err, "there is no device that takes such movements");
}

static JsonNode *do_send_event(SysMonitor *m, JsonObject *args, GError **err)
{
    JsonNode *events = json_object_get_member(args, "events");
    JsonArray *a = JSON_NODE_HOLDS_ARRAY(events) ? json_node_get_array(events) : NULL;

    if (!a) {
        obj_refuse(err, "Invalid parameter type for 'events', expected: array");
        return NULL;
    }
    for (guint i = 0; i < json_array_get_length(a); i++) {
        JsonNode *n = json_array_get_element(a, i);
        if (!JSON_NODE_HOLDS_OBJECT(n) || !send_event(json_node_get_object(n), err)) {
            if (err && !*err) {
                obj_refuse(err, "an event has a 'type' and 'data'");
            }
            break;
        }
    }
    sys_input_sync(board());
    return NULL;
}

/* All down in their order, then up in the reverse. */
static JsonNode *do_send_key(SysMonitor *m, JsonObject *args, GError **err)
{
    JsonNode *keys = json_object_get_member(args, "keys");
    JsonArray *a = JSON_NODE_HOLDS_ARRAY(keys) ? json_node_get_array(keys) : NULL;
    guint n = a ? json_array_get_length(a) : 0, codes[16];

    if (!n || n > G_N_ELEMENTS(codes)) {
        obj_refuse(err, "keys: must be a list of 1 to 16 keys");
        return NULL;
    }
    for (guint i = 0; i < n; i++) {
        JsonNode *k = json_array_get_element(a, i);
        codes[i] = JSON_NODE_HOLDS_OBJECT(k) ? key_of(json_node_get_object(k)) : 0;
        if (!codes[i]) {
            obj_refuse(err, "there is no such key");
            return NULL;
        }
    }
    for (guint i = 0; i < 2 * n; i++) {
        if (!sys_input_send(board(), SYS_INPUT_KEYS, EV_KEY, codes[i < n ? i : 2 * n - 1 - i], i < n)) {
            obj_refuse(err, "there is no device that takes keys");
            return NULL;
        }
        sys_input_sync(board());
    }
    return NULL;
}

static void add_mouse(Dev *d, const SysInputOps *ops, void *data)
{
    if (ops->kinds & (SYS_INPUT_RELATIVE | SYS_INPUT_ABSOLUTE)) {
        JsonObject *o = json_object_new();
        json_object_set_string_member(o, "name", ops->name);
        json_object_set_int_member(o, "index", json_array_get_length(data));
        json_object_set_boolean_member(o, "current", FALSE);
        json_object_set_boolean_member(o, "absolute", (ops->kinds & SYS_INPUT_ABSOLUTE) != 0);
        json_array_add_object_element(data, o);
    }
}

/* The one that came last is the one that hears. */
static JsonNode *do_mice(SysMonitor *m, JsonObject *args, GError **err)
{
    JsonArray *a = json_array_new();

    sys_input_each(board(), add_mouse, a);
    if (json_array_get_length(a)) {
        json_object_set_boolean_member(json_array_get_object_element(a, json_array_get_length(a) - 1), "current", TRUE);
    }
    return sys_qmp_list(a);
}

/* --- network devices ------------------------------------------------------------------------- */
typedef struct NicSearch {
    const char *name;           /* of the device, of what wraps it, or of its back end; NULL: all */
    void (*found)(Dev *d, const SysNic *nic, void *data);
    void *data;
    guint n;
} NicSearch;

static gboolean try_nic(Obj *o, void *data)
{
    NicSearch *s = data;
    Dev *d = obj_cast(o, &dev_type.obj);
    SysNic nic;

    if (!d || d->state != DEV_LIVE || !sys_nic_look(d, &nic)) {
        return TRUE;
    }
    gboolean match = !s->name || (nic.cable && !g_strcmp0(nic.cable->obj.name, s->name));
    for (Obj *up = o; !match && up != &board()->dev.obj && obj_cast(up, &dev_type.obj); up = up->parent) {
        match = !g_strcmp0(up->name, s->name);
    }
    if (match) {
        s->n++;
        s->found(d, &nic, s->data);
    }
    return TRUE;
}

static void set_one(Dev *d, const SysNic *nic, void *data)
{
    if (nic->cable) {
        sys_net_set_link(nic->cable, *(gboolean *)data);
    }
}

static JsonNode *do_set_link(SysMonitor *m, JsonObject *args, GError **err)
{
    const char *name = obj_json_str(args, "name");
    gboolean up = json_object_get_boolean_member(args, "up");
    SysNet *n = obj_cast(obj_child(obj_container(board()->root, "objects"), name), &sys_net_type);
    NicSearch s = { name, set_one, &up, 0 };

    if (n) {
        sys_net_set_link(n, up);
        return NULL;
    }
    obj_walk(&board()->dev.obj, try_nic, &s);
    if (!s.n) {
        g_set_error(err, SYS_QMP_ERROR, SYS_QMP_DEVICE_NOT_FOUND, "Device '%s' not found", name);
    }
    return NULL;
}

/* Devices here have no filter: they take what comes. */
static void add_filter(Dev *d, const SysNic *nic, void *data)
{
    static const char *const all[] = { "multicast", "unicast", "vlan" };
    static const char *const none[] = { "multicast-table", "unicast-table", "vlan-table" };
    JsonObject *o = json_object_new();
    const guint8 *a = nic->mac;
    g_autofree char *mac = g_strdup_printf("%02x:%02x:%02x:%02x:%02x:%02x", a[0], a[1], a[2], a[3], a[4], a[5]);

    json_object_set_string_member(o, "name", d->obj.name);
    json_object_set_boolean_member(o, "promiscuous", TRUE);
    for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
        json_object_set_string_member(o, all[i], "all");
        json_object_set_array_member(o, none[i], json_array_new());
    }
    json_object_set_boolean_member(o, "broadcast-allowed", TRUE);
    json_object_set_boolean_member(o, "multicast-overflow", FALSE);
    json_object_set_boolean_member(o, "unicast-overflow", FALSE);
    json_object_set_string_member(o, "main-mac", mac);
    json_array_add_object_element(data, o);
}

static JsonNode *do_rx_filter(SysMonitor *m, JsonObject *args, GError **err)
{
    g_autoptr(JsonArray) a = json_array_new();
    NicSearch s = { obj_json_str(args, "name"), add_filter, a, 0 };

    obj_walk(&board()->dev.obj, try_nic, &s);
    if (s.name && !s.n) {
        obj_refuse(err, "invalid net client name: %s", s.name);
        return NULL;
    }
    return sys_qmp_list(g_steal_pointer(&a));
}

static const QmpArg set_link[] = { { "name", "str", FALSE }, { "up", "bool", FALSE }, { 0 } };
static const QmpArg rx_filter[] = { { "name", "str", TRUE }, { 0 } };
static const QmpArg value[] = { { "value", "int", FALSE }, { 0 } };
static const QmpArg events[] = { { "events", "any", FALSE }, { "device", "str", TRUE }, { "head", "int", TRUE },
                                 { 0 } };
static const QmpArg keys[] = { { "keys", "any", FALSE }, { "hold-time", "int", TRUE }, { 0 } };

const QmpCommand sys_qmp_device[] = {
    { "balloon", "how much memory the guest shall keep, in bytes", value, FALSE, do_balloon },
    { "query-balloon", "how much it has", NULL, FALSE, do_query_balloon },
    { "input-send-event", "keys, buttons, movements", events, FALSE, do_send_event },
    { "send-key", "presses keys together; they are let go at once, whatever hold-time says", keys, FALSE, do_send_key },
    { "set_link", "puts a network cable in, or pulls it", set_link, FALSE, do_set_link },
    { "query-rx-filter", "what network devices take", rx_filter, FALSE, do_rx_filter },
    { "query-mice", "pointing devices", NULL, FALSE, do_mice },
    { 0 },
};
