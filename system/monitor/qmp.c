/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QMP, the machine-readable monitor: JSON objects in both directions, one after the other.  The protocol is described
 * in QEMU's interop/qmp-spec; names, arguments and errors are those its clients know.
 */
#include "monitor/private.h"

#include "obj/visit.h"

#include "base/near.h"

#include "dev/lock.h"

#include <string.h>

const QmpCommand *const sys_qmp_tables[] = { sys_qmp_control, sys_qmp_query, sys_qmp_object, sys_qmp_device,
                                            sys_qmp_machine, sys_qmp_jobs, sys_qmp_char, sys_qmp_block,
                                            sys_qmp_fd, NULL };

static const char *const events[] = {
    "BALLOON_CHANGE", "BLOCK_JOB_CANCELLED", "BLOCK_JOB_COMPLETED", "BLOCK_JOB_READY", "DEVICE_DELETED",
    "JOB_STATUS_CHANGE", "MIGRATION", "POWERDOWN", "RESET", "RESUME",
    "SHUTDOWN", "STOP", "VSERPORT_CHANGE", NULL,
};

GQuark sys_qmp_error_quark(void)
{
    return g_quark_from_static_string("sys-qmp-error");
}

JsonNode *sys_qmp_node(JsonObject *o)
{
    JsonNode *n = json_node_new(JSON_NODE_OBJECT);

    json_node_take_object(n, o);
    return n;
}

JsonNode *sys_qmp_list(JsonArray *a)
{
    JsonNode *n = json_node_new(JSON_NODE_ARRAY);

    json_node_take_array(n, a);
    return n;
}

/* --- out ------------------------------------------------------------------------------------- */
static void send(SysMonitor *m, JsonObject *o)
{
    g_autoptr(JsonNode) n = sys_qmp_node(o);
    g_autofree char *text = json_to_string(n, m->kind == SYS_MONITOR_QMP_PRETTY);
    g_autofree char *line = g_strconcat(text, "\r\n", NULL);

    sys_monitor_write(m, line);
}

JsonObject *sys_qmp_version(void)
{
    JsonObject *v = json_object_new(), *q = json_object_new();

    json_object_set_int_member(q, "micro", 0);
    json_object_set_int_member(q, "minor", 2);
    json_object_set_int_member(q, "major", 8);
    json_object_set_object_member(v, "qemu", q);
    json_object_set_string_member(v, "package", PACKAGE_NAME " " PACKAGE_VERSION);
    return v;
}

void sys_qmp_greet(SysMonitor *m)
{
    JsonObject *o = json_object_new(), *q = json_object_new();

    m->negotiated = m->in_string = m->escaped = m->skipping = FALSE;
    m->depth = 0;
    g_string_truncate(m->in, 0);
    json_object_set_object_member(q, "version", sys_qmp_version());
    json_object_set_array_member(q, "capabilities", json_array_new());
    json_object_set_object_member(o, "QMP", q);
    send(m, o);
}

static JsonObject *time_stamp(void)
{
    JsonObject *o = json_object_new();
    gint64 now = g_get_real_time();

    json_object_set_int_member(o, "seconds", now / G_USEC_PER_SEC);
    json_object_set_int_member(o, "microseconds", now % G_USEC_PER_SEC);
    return o;
}

/* Events that a guest can cause as often as it likes: the first at once, then the last of each second. */
static struct {
    const char *name;
    guint timer;                /* 0: none came within the last second */
    JsonNode *last;             /* came meanwhile; NULL: none */
} limited[] = { { "BALLOON_CHANGE", 0, NULL } };

static void tell_all(const char *name, JsonNode *data);

static gboolean on_second(gpointer data)
{
    guint i = GPOINTER_TO_UINT(data);
    gboolean more;

    dev_lock_take();
    more = limited[i].last != NULL;
    if (more && sys_monitors.all) {
        tell_all(limited[i].name, g_steal_pointer(&limited[i].last));
    }
    limited[i].timer = more ? limited[i].timer : 0;
    dev_lock_drop();
    return more;
}

void sys_qmp_event(const char *name, JsonNode *data)
{
    for (guint i = 0; i < G_N_ELEMENTS(limited); i++) {
        if (!strcmp(limited[i].name, name)) {
            if (limited[i].timer) {
                g_clear_pointer(&limited[i].last, json_node_unref);
                limited[i].last = data;
                return;
            }
            limited[i].timer = g_timeout_add_seconds(1, on_second, GUINT_TO_POINTER(i));
        }
    }
    tell_all(name, data);
}

void sys_qmp_forget_events(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(limited); i++) {
        g_clear_handle_id(&limited[i].timer, g_source_remove);
        g_clear_pointer(&limited[i].last, json_node_unref);
    }
}

static void tell_all(const char *name, JsonNode *data)
{
    for (guint i = 0; i < sys_monitors.all->len; i++) {
        SysMonitor *m = g_ptr_array_index(sys_monitors.all, i);
        if (m->kind != SYS_MONITOR_READLINE && m->negotiated) {
            JsonObject *o = json_object_new();
            json_object_set_object_member(o, "timestamp", time_stamp());
            json_object_set_string_member(o, "event", name);
            if (data) {
                json_object_set_member(o, "data", json_node_copy(data));
            }
            send(m, o);
        }
    }
    g_clear_pointer(&data, json_node_unref);
}

static void answer(SysMonitor *m, JsonNode *id, const char *what, JsonNode *value)
{
    JsonObject *o = json_object_new();

    json_object_set_member(o, what, value);
    if (id) {
        json_object_set_member(o, "id", json_node_copy(id));
    }
    send(m, o);
}

static void refuse(SysMonitor *m, JsonNode *id, const char *class, const char *text)
{
    JsonObject *e = json_object_new();

    json_object_set_string_member(e, "class", class);
    json_object_set_string_member(e, "desc", text);
    answer(m, id, "error", sys_qmp_node(e));
}

/* --- commands -------------------------------------------------------------------------------- */
static const QmpCommand *find(const char *name)
{
    for (const QmpCommand *const *t = sys_qmp_tables; *t; t++) {
        for (const QmpCommand *c = *t; c->name; c++) {
            if (!strcmp(c->name, name)) {
                return c;
            }
        }
    }
    return NULL;
}

static char *unknown(const char *name)
{
    Near near;

    near_init(&near, name);
    for (const QmpCommand *const *t = sys_qmp_tables; *t; t++) {
        for (const QmpCommand *c = *t; c->name; c++) {
            near_try(&near, c->name);
        }
    }
    return near.best ? g_strdup_printf("The command %s has not been found; did you mean %s?", name, near.best)
                     : g_strdup_printf("The command %s has not been found", name);
}

static gboolean has_type(JsonNode *n, const char *type)
{
    GType t = JSON_NODE_HOLDS_VALUE(n) ? json_node_get_value_type(n) : G_TYPE_INVALID;

    return !strcmp(type, "any") || (!strcmp(type, "str") && t == G_TYPE_STRING) ||
           (!strcmp(type, "int") && t == G_TYPE_INT64) || (!strcmp(type, "bool") && t == G_TYPE_BOOLEAN);
}

static gboolean check_args(const QmpCommand *c, JsonObject *args, GError **err)
{
    guint known = 0;

    for (const QmpArg *a = c->args; a && a->name; a++) {
        JsonNode *n = json_object_get_member(args, a->name);
        if (!n && !a->optional) {
            obj_refuse(err, "Parameter '%s' is missing", a->name);
            return FALSE;
        }
        if (n && !has_type(n, a->type)) {
            obj_refuse(err, "Invalid parameter type for '%s', expected: %s", a->name,
                       !strcmp(a->type, "str") ? "string" : !strcmp(a->type, "int") ? "integer" : "boolean");
            return FALSE;
        }
        known += n != NULL;
    }
    if (c->more || known == json_object_get_size(args)) {
        return TRUE;
    }
    g_autoptr(GList) names = json_object_get_members(args);
    for (GList *l = names; l; l = l->next) {
        const QmpArg *a = c->args;
        while (a && a->name && strcmp(a->name, l->data)) {
            a++;
        }
        if (!a || !a->name) {
            obj_refuse(err, "Parameter '%s' is unexpected", (char *)l->data);
            break;
        }
    }
    return FALSE;
}

JsonNode *sys_qmp_call(SysMonitor *m, const char *name, JsonObject *args, GError **err)
{
    const QmpCommand *c = find(name);

    g_assert(c);
    return check_args(c, args, err) ? c->fn(m, args, err) : NULL;
}

static JsonNode *capabilities(SysMonitor *m, JsonObject *args, GError **err)
{
    JsonNode *enable = json_object_get_member(args, "enable");

    if (enable && (!JSON_NODE_HOLDS_ARRAY(enable) || json_array_get_length(json_node_get_array(enable)))) {
        obj_refuse(err, "there are no capabilities to enable");
        return NULL;
    }
    m->negotiated = TRUE;
    return NULL;
}

static void run(SysMonitor *m, const QmpCommand *c, JsonObject *args, JsonNode *id)
{
    g_autoptr(GError) err = NULL;
    JsonNode *r = check_args(c, args, &err) ? c->fn(m, args, &err) : NULL;

    if (err) {
        g_clear_pointer(&r, json_node_unref);
        static const char *const classes[] = { "DeviceNotFound", "DeviceNotActive" };
        refuse(m, id, err->domain == SYS_QMP_ERROR ? classes[err->code] : "GenericError", err->message);
    } else {
        answer(m, id, "return", r ? r : sys_qmp_node(json_object_new()));
    }
}

/* One object has arrived. */
static void take(SysMonitor *m, const char *text, gsize n)
{
    static const QmpArg enable[] = { { "enable", "any", TRUE }, { 0 } };
    static const QmpCommand negotiate = { "qmp_capabilities", "", enable, FALSE, capabilities };
    g_autoptr(GError) err = NULL;
    g_autoptr(JsonNode) node = obj_json_parse(text, (gssize)n, &err);
    JsonObject *o = node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;

    if (!o) {
        g_autofree char *why = g_strdup_printf("JSON parse error, %s", err ? err->message : "expected an object");
        refuse(m, NULL, "GenericError", why);
        return;
    }
    JsonNode *id = json_object_get_member(o, "id"), *a = json_object_get_member(o, "arguments");
    JsonNode *name = json_object_get_member(o, "execute");
    g_autoptr(JsonObject) none = json_object_new();
    if (!name || !has_type(name, "str") || (a && !JSON_NODE_HOLDS_OBJECT(a))) {
        refuse(m, id, "GenericError", json_object_has_member(o, "exec-oob")
                   ? "exec-oob: out-of-band commands are not implemented"
                   : !name ? "QMP input lacks member 'execute'"
                           : "QMP input member 'execute' or 'arguments' has the wrong type");
        return;
    }
    const char *command = json_node_get_string(name);
    const QmpCommand *c = !m->negotiated ? NULL : find(command);
    if (!m->negotiated && !strcmp(command, negotiate.name)) {
        c = &negotiate;
    }
    if (c) {
        run(m, c, a ? json_node_get_object(a) : none, id);
    } else if (!m->negotiated) {
        refuse(m, id, "CommandNotFound", "Expecting capabilities negotiation with 'qmp_capabilities'");
    } else if (!strcmp(command, negotiate.name)) {
        refuse(m, id, "CommandNotFound", "Capabilities negotiation is already complete, command ignored");
    } else {
        g_autofree char *why = unknown(command);
        refuse(m, id, "CommandNotFound", why);
    }
}

/* --- in -------------------------------------------------------------------------------------- */
static void end_object(SysMonitor *m)
{
    g_autofree char *text = g_strndup(m->in->str, m->in->len);
    gsize n = m->in->len;

    g_string_truncate(m->in, 0);
    m->depth = 0;
    m->in_string = m->escaped = FALSE;
    take(m, text, n);
}

/* A string in single quotes becomes one in double quotes. */
static void take_in_string(SysMonitor *m, char c)
{
    gboolean single = m->quote == '\'';

    if (m->escaped) {
        m->escaped = FALSE;
        if (single && c == '\'') {
            g_string_truncate(m->in, m->in->len - 1);
        }
    } else if (c == '\\') {
        m->escaped = TRUE;
    } else if (c == m->quote) {
        m->in_string = FALSE;
        c = '"';
    } else if (single && c == '"') {
        g_string_append_c(m->in, '\\');
    }
    g_string_append_c(m->in, c);
}

/* Where an object ends is seen by its brackets; strings may be in single quotes, as people write them. */
static void take_byte(SysMonitor *m, char c)
{
    if (m->skipping) {          /* until the end of a line that was wrong */
        m->skipping = c != '\n';
        return;
    }
    if (!m->depth && strchr(" \t\r\n", c)) {
        return;
    }
    if (!m->depth && c != '{' && c != '[') {
        m->skipping = TRUE;
        refuse(m, NULL, "GenericError", "JSON parse error, expected an object");
        return;
    }
    if (m->in->len >= SYS_MONITOR_INPUT_MOST) {
        g_string_truncate(m->in, 0);
        m->depth = 0;
        m->in_string = m->escaped = FALSE;
        m->skipping = TRUE;
        refuse(m, NULL, "GenericError", "JSON parse error, the object is too large");
        return;
    }
    if (m->in_string) {
        take_in_string(m, c);
        return;
    }
    g_string_append_c(m->in, c);
    if (c == '"' || c == '\'') {
        m->in_string = TRUE;
        m->quote = c;
        m->in->str[m->in->len - 1] = '"';
    } else if (c == '{' || c == '[') {
        m->depth++;
    } else if ((c == '}' || c == ']') && --m->depth == 0) {
        end_object(m);
    }
}

void sys_qmp_input(SysMonitor *m, const guint8 *data, guint n)
{
    g_autofree guint8 *mine = g_memdup2(data, n);       /* a command may end the connection */

    for (guint i = 0; i < n; i++) {
        take_byte(m, (char)mine[i]);
    }
}

/* --- the schema ------------------------------------------------------------------------------ */
static JsonObject *entry(JsonArray *all, const char *name, const char *kind)
{
    JsonObject *o = json_object_new();

    json_object_set_string_member(o, "name", name);
    json_object_set_string_member(o, "meta-type", kind);
    json_array_add_object_element(all, o);
    return o;
}

static void add_members(JsonObject *type, const QmpArg *args)
{
    JsonArray *members = json_array_new();

    for (const QmpArg *a = args; a && a->name; a++) {
        JsonObject *o = json_object_new();
        json_object_set_string_member(o, "name", a->name);
        json_object_set_string_member(o, "type", a->type);
        if (a->optional) {
            json_object_set_null_member(o, "default");
        }
        json_array_add_object_element(members, o);
    }
    json_object_set_array_member(type, "members", members);
}

JsonNode *sys_qmp_schema(void)
{
    static const struct {
        const char *name, *json;
    } builtin[] = { { "str", "string" }, { "int", "int" }, { "bool", "boolean" }, { "any", "value" } };
    JsonArray *all = json_array_new();

    for (guint i = 0; i < G_N_ELEMENTS(builtin); i++) {
        json_object_set_string_member(entry(all, builtin[i].name, "builtin"), "json-type", builtin[i].json);
    }
    add_members(entry(all, "0", "object"), NULL);
    for (const QmpCommand *const *t = sys_qmp_tables; *t; t++) {
        for (const QmpCommand *c = *t; c->name; c++) {
            g_autofree char *arg = c->args ? g_strdup_printf("%s-arg", c->name) : g_strdup("0");
            if (c->args) {
                add_members(entry(all, arg, "object"), c->args);
            }
            JsonObject *o = entry(all, c->name, "command");
            json_object_set_string_member(o, "arg-type", arg);
            json_object_set_string_member(o, "ret-type", "any");
        }
    }
    for (const char *const *e = events; *e; e++) {
        json_object_set_string_member(entry(all, *e, "event"), "arg-type", "any");
    }
    return sys_qmp_list(all);
}
