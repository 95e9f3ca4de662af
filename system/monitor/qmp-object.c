/* SPDX-License-Identifier: BSD-2-Clause */
/* QMP commands about objects: the tree, devices, back ends. */
#include "monitor/private.h"

#include "back/block/graph.h"
#include "back/net/net.h"
#include "back/object/object.h"
#include "models.h"

#include "dev/plug.h"

#include <string.h>
#include <unistd.h>

static Obj *root(void)
{
    return sys_monitors.board->b.root;
}

static gboolean not_found(GError **err, const char *what, const char *name)
{
    g_set_error(err, SYS_QMP_ERROR, SYS_QMP_DEVICE_NOT_FOUND, "%s '%s' not found", what, name);
    return FALSE;
}

/* --- the tree -------------------------------------------------------------------------------- */
static Obj *find_path(JsonObject *args, GError **err)
{
    const char *path = obj_json_str(args, "path");
    g_autoptr(GError) why = NULL;
    Obj *o = !strcmp(path, "/") ? root() : obj_resolve(root(), path, NULL, &why);

    if (!o) {
        g_set_error(err, SYS_QMP_ERROR, SYS_QMP_DEVICE_NOT_FOUND, "%s", why->message);
    }
    return o;
}

char *sys_qmp_type(const ObjPropInfo *info)
{
    return info->child ? g_strdup_printf("child<%s>", info->child->type->name) : obj_prop_type_name(info->row);
}

static void list_property(const ObjPropInfo *info, void *data)
{
    JsonObject *o = json_object_new();
    g_autofree char *type = sys_qmp_type(info);

    json_object_set_string_member(o, "name", info->name);
    json_object_set_string_member(o, "type", type);
    json_array_add_object_element(data, o);
}

static JsonNode *do_qom_list(SysMonitor *m, JsonObject *args, GError **err)
{
    Obj *o = find_path(args, err);
    JsonArray *a = o ? json_array_new() : NULL;
    JsonObject *type = o ? json_object_new() : NULL;

    if (!o) {
        return NULL;
    }
    json_object_set_string_member(type, "name", "type");
    json_object_set_string_member(type, "type", "string");
    json_array_add_object_element(a, type);
    obj_prop_each(o, list_property, a);
    return sys_qmp_list(a);
}

static JsonNode *do_qom_get(SysMonitor *m, JsonObject *args, GError **err)
{
    Obj *o = find_path(args, err);
    const char *name = obj_json_str(args, "property");

    if (!o) {
        return NULL;
    }
    return strcmp(name, "type") ? obj_prop_get_json(o, name, err)
                                : json_node_init_string(json_node_alloc(), o->type->name);
}

static JsonNode *do_qom_set(SysMonitor *m, JsonObject *args, GError **err)
{
    Obj *o = find_path(args, err);

    if (o) {
        obj_prop_set_json(o, obj_json_str(args, "property"), json_object_get_member(args, "value"), err);
    }
    return NULL;
}

/* By this name clients know how CPUs are run. */
static const ObjType tcg = { .name = "tcg-accel", .text = OBJ_TEXT("CPUs are run by translation."),
                             .size = sizeof(Obj) };

/* Calls fn for each type that has instances, with its name for users: a board's is "virt-machine". */
static void each_type(void (*fn)(const ObjType *t, const char *name, void *data), void *data)
{
    const ObjType *const *const lists[] = {
        sys_objects, (const ObjType *const *)sys_chars, (const ObjType *const *)sys_nets,
        (const ObjType *const *)sys_blocks,
    };

    for (const DevType *const *t = sys_models; *t; t++) {
        fn(&(*t)->obj, (*t)->obj.name, data);
    }
    for (guint i = 0; i < G_N_ELEMENTS(lists); i++) {
        for (const ObjType *const *t = lists[i]; *t; t++) {
            fn(*t, (*t)->name, data);
        }
    }
    fn(&tcg, tcg.name, data);
    for (const SysBoardType *const *b = sys_monitors.target->boards; *b; b++) {
        g_autofree char *name = g_strconcat((*b)->board.dev.obj.name, "-machine", NULL);
        fn(&(*b)->board.dev.obj, name, data);
    }
}

typedef struct TypeList {
    JsonArray *all;
    const char *base;           /* NULL: any */
    GHashTable *abstract;       /* names that are listed already; NULL: they are not wanted */
} TypeList;

static void add_type(TypeList *l, const ObjType *t, const char *name)
{
    JsonObject *o = json_object_new();

    json_object_set_string_member(o, "name", name);
    if (t->parent) {
        json_object_set_string_member(o, "parent", t->parent->name);
    }
    if (t->abstract) {
        json_object_set_boolean_member(o, "abstract", TRUE);
    }
    json_array_add_object_element(l->all, o);
}

static void list_type(const ObjType *t, const char *name, void *data)
{
    TypeList *l = data;
    gboolean fits = !l->base;

    for (const ObjType *p = t; p && !fits; p = p->parent) {
        fits = !strcmp(p->name, l->base);
    }
    if (!fits) {
        return;
    }
    add_type(l, t, name);
    for (const ObjType *p = t->parent; p && l->abstract; p = p->parent) {
        if (p->abstract && g_hash_table_add(l->abstract, (void *)p->name)) {
            add_type(l, p, p->name);
        }
        if (l->base && !strcmp(p->name, l->base)) {
            break;
        }
    }
}

static JsonNode *do_list_types(SysMonitor *m, JsonObject *args, GError **err)
{
    gboolean abstract = obj_json_bool(args, "abstract", FALSE);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    TypeList l = { json_array_new(), obj_json_str(args, "implements"), abstract ? seen : NULL };

    each_type(list_type, &l);
    return sys_qmp_list(l.all);
}

/* Of an instance, so that what it has from its parts is there too. */
static void list_row(const ObjPropInfo *info, void *data)
{
    const ObjProp *p = info->row;
    g_autofree char *type = p ? obj_prop_type_name(p) : NULL, *def = p ? obj_prop_default(p) : NULL;

    if (!p) {
        return;
    }
    JsonObject *o = json_object_new();
    json_object_set_string_member(o, "name", info->name);
    json_object_set_string_member(o, "type", type);
    json_object_set_string_member(o, "description", p->text);
    if (def && p->kind == OBJ_BOOL) {
        json_object_set_boolean_member(o, "default-value", p->def != 0);
    } else if (def && (p->kind == OBJ_INT || ((p->kind == OBJ_UINT || p->kind == OBJ_SIZE) && p->def <= G_MAXINT64))) {
        json_object_set_int_member(o, "default-value", (gint64)p->def);
    } else if (def) {
        json_object_set_string_member(o, "default-value", def);
    }
    json_array_add_object_element(data, o);
}

typedef struct TypeSearch {
    const char *name;
    const ObjType *hit;
} TypeSearch;

static void try_type(const ObjType *t, const char *name, void *data)
{
    TypeSearch *s = data;

    s->hit = strcmp(name, s->name) ? s->hit : t;
}

static JsonNode *do_list_properties(SysMonitor *m, JsonObject *args, GError **err)
{
    TypeSearch s = { .name = obj_json_str(args, "typename") };

    each_type(try_type, &s);
    if (!s.hit) {
        not_found(err, "Class", s.name);
        return NULL;
    }
    JsonArray *a = json_array_new();
    g_autoptr(Obj) o = obj_new(s.hit);
    obj_prop_each(o, list_row, a);
    return sys_qmp_list(a);
}

/* --- devices --------------------------------------------------------------------------------- */
static JsonNode *do_device_add(SysMonitor *m, JsonObject *args, GError **err)
{
    sys_models_plug(&sys_monitors.board->b, args, err);
    return NULL;
}

static Dev *find_device(const char *id)
{
    Obj *named = obj_child(&sys_monitors.board->b.dev.obj, "peripheral");
    Obj *o = *id == '/' ? obj_resolve(root(), id, NULL, NULL) : named ? obj_child(named, id) : NULL;

    return obj_cast(o, &dev_type.obj);
}

static JsonNode *do_device_del(SysMonitor *m, JsonObject *args, GError **err)
{
    const char *id = obj_json_str(args, "id");
    Dev *d = find_device(id);

    if (!d) {
        not_found(err, "Device", id);
        return NULL;
    }
    dev_unplug(d, err);
    return NULL;
}

/* --- back ends ------------------------------------------------------------------------------- */
static JsonNode *do_blockdev_add(SysMonitor *m, JsonObject *args, GError **err)
{
    sys_block_add(obj_container(root(), "objects"), args, err);
    return NULL;
}

static JsonNode *do_blockdev_del(SysMonitor *m, JsonObject *args, GError **err)
{
    const char *id = obj_json_str(args, "node-name");
    SysBlock *b = sys_qmp_find_node(id, NULL);

    if (!b) {
        obj_refuse(err, "Failed to find node with node-name='%s'", id);
    } else if (b->is_used || b->obj.links || sys_block_is_busy(b)) {
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_IN_USE, "Node '%s' is busy", id);
    } else {
        obj_unparent(&b->obj);
    }
    return NULL;
}

/* --- objects, networks ----------------------------------------------------------------------- */
static JsonNode *do_object_add(SysMonitor *m, JsonObject *args, GError **err)
{
    sys_object_new(obj_container(root(), "objects"), args, err);
    return NULL;
}

static gboolean is_object(const Obj *o)
{
    for (const ObjType *const *t = sys_objects; o && *t; t++) {
        if (o->type == *t) {
            return TRUE;
        }
    }
    return FALSE;
}

static JsonNode *do_object_del(SysMonitor *m, JsonObject *args, GError **err)
{
    const char *id = obj_json_str(args, "id");
    Obj *o = obj_child(obj_container(root(), "objects"), id);

    if (!is_object(o)) {
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_PATH, "object '%s' not found", id);
    } else if (o->links) {
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_IN_USE, "object '%s' is in use, can not be deleted", id);
    } else {
        obj_unparent(o);
    }
    return NULL;
}

/* {"type": "user", "id": "n", "hostfwd": [{"str": "tcp::1-:2"}], ...}: words of -netdev. */
static JsonNode *do_netdev_add(SysMonitor *m, JsonObject *args, GError **err)
{
    g_autoptr(GString) s = g_string_new(obj_json_str(args, "type"));
    g_autoptr(GList) names = json_object_get_members(args);
    int taken = -1;             /* a descriptor of getfd */

    for (GList *l = names; l; l = l->next) {
        JsonNode *n = json_object_get_member(args, l->data);
        JsonArray *a = JSON_NODE_HOLDS_ARRAY(n) ? json_node_get_array(n) : NULL;
        if (!strcmp(l->data, "type")) {
            continue;
        }
        for (guint i = 0; a && i < json_array_get_length(a); i++) {
            JsonNode *e = json_array_get_element(a, i);
            JsonObject *o = JSON_NODE_HOLDS_OBJECT(e) ? json_node_get_object(e) : NULL;
            sys_qmp_add_word(s, l->data, obj_json_str(o, "str"));
        }
        if (!a && JSON_NODE_HOLDS_VALUE(n) && json_node_get_value_type(n) == G_TYPE_BOOLEAN) {
            sys_qmp_add_flag(s, l->data, args, l->data);
        } else if (!a && JSON_NODE_HOLDS_VALUE(n) && json_node_get_value_type(n) == G_TYPE_INT64) {
            g_string_append_printf(s, ",%s=%" G_GINT64_FORMAT, (char *)l->data, json_node_get_int(n));
        } else if (!a) {
            const char *value = obj_json_str(args, l->data);
            if (value && !strcmp(l->data, "fd")) {
                taken = sys_qmp_take_fd(value);
            }
            g_autofree char *number = taken >= 0 && !strcmp(l->data, "fd") ? g_strdup_printf("%d", taken) : NULL;
            sys_qmp_add_word(s, l->data, number ? number : value);
        }
    }
    if (!sys_net_new(obj_container(root(), "objects"), s->str, err) && taken >= 0) {
        close(taken);           /* a back end that was not opened has not taken it */
    }
    return NULL;
}

static JsonNode *do_netdev_del(SysMonitor *m, JsonObject *args, GError **err)
{
    const char *id = obj_json_str(args, "id");
    SysNet *n = obj_cast(obj_child(obj_container(root(), "objects"), id), &sys_net_type);

    if (!n) {
        not_found(err, "Device", id);
    } else if (n->front || n->obj.links) {
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_IN_USE, "'%s' is used by a device: remove that first", id);
    } else {
        obj_unparent(&n->obj);
    }
    return NULL;
}

static const QmpArg netdev_add[] = { { "type", "str", FALSE }, { "id", "str", FALSE }, { 0 } };
static const QmpArg path[] = { { "path", "str", FALSE }, { 0 } };
static const QmpArg qom_get[] = { { "path", "str", FALSE }, { "property", "str", FALSE }, { 0 } };
static const QmpArg qom_set[] = { { "path", "str", FALSE }, { "property", "str", FALSE }, { "value", "any", FALSE },
                                  { 0 } };
static const QmpArg list_types[] = { { "implements", "str", TRUE }, { "abstract", "bool", TRUE }, { 0 } };
static const QmpArg type_name[] = { { "typename", "str", FALSE }, { 0 } };
static const QmpArg device_add[] = { { "driver", "str", FALSE }, { "bus", "str", TRUE }, { "id", "str", TRUE }, { 0 } };
static const QmpArg id[] = { { "id", "str", FALSE }, { 0 } };
static const QmpArg blockdev_add[] = { { "driver", "str", FALSE }, { "node-name", "str", TRUE }, { 0 } };
static const QmpArg object_add[] = { { "qom-type", "str", FALSE }, { "id", "str", FALSE }, { 0 } };
static const QmpArg node_name[] = { { "node-name", "str", FALSE }, { 0 } };

const QmpCommand sys_qmp_object[] = {
    { "qom-list", "properties and children of an object", path, FALSE, do_qom_list },
    { "qom-get", "a property's value", qom_get, FALSE, do_qom_get },
    { "qom-set", "sets a property", qom_set, FALSE, do_qom_set },
    { "qom-list-types", "types of devices", list_types, FALSE, do_list_types },
    { "qom-list-properties", "properties of a type", type_name, FALSE, do_list_properties },
    { "device-list-properties", "properties of a type of device", type_name, FALSE, do_list_properties },
    { "device_add", "plugs a device", device_add, TRUE, do_device_add },
    { "device_del", "unplugs a device", id, FALSE, do_device_del },
    { "blockdev-add", "opens a disk image", blockdev_add, TRUE, do_blockdev_add },
    { "object-add", "makes an object", object_add, TRUE, do_object_add },
    { "object-del", "takes one away", id, FALSE, do_object_del },
    { "netdev_add", "makes a network back end", netdev_add, TRUE, do_netdev_add },
    { "netdev_del", "takes one away", id, FALSE, do_netdev_del },
    { "blockdev-del", "closes one", node_name, FALSE, do_blockdev_del },
    { 0 },
};
