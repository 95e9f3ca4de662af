/* SPDX-License-Identifier: BSD-2-Clause */
/* Devices by users' words. */
#include "dev/plug.h"

#include "dev/irq.h"
#include "dev/lock.h"

#include "base/near.h"

#include <string.h>

/* --- parsing --------------------------------------------------------------------------------- */
/* The next "word" up to a single comma; *at moves past it. */
static char *next_word(const char **at)
{
    GString *s = g_string_new(NULL);
    const char *p = *at;

    for (; *p; p++) {
        if (*p == ',' && p[1] != ',') {
            p++;
            break;
        }
        p += *p == ',';
        g_string_append_c(s, *p);
    }
    *at = p;
    return g_string_free(s, FALSE);
}

char *dev_plug_quote(const char *value)
{
    g_auto(GStrv) parts = g_strsplit(value, ",", -1);

    return g_strjoinv(",,", parts);
}

JsonObject *dev_plug_parse(const char *text, const char *implied, GError **err)
{
    g_autoptr(JsonObject) o = json_object_new();
    const char *at = text;

    for (gboolean first = TRUE; *at; first = FALSE) {
        g_autofree char *word = next_word(&at);
        char *eq = strchr(word, '=');
        if (!eq && first && *word) {
            json_object_set_string_member(o, implied, word);
            continue;
        }
        if (eq) {
            *eq = 0;
        }
        if (!*word || json_object_has_member(o, word)) {
            obj_refuse(err, "'%s': %s%s%s", text,
                       *word ? "'" : "a name is missing", *word ? word : "",
                       *word ? "' is given twice" : "");
            return NULL;
        }
        json_object_set_string_member(o, word, eq ? eq + 1 : "on");
    }
    return g_steal_pointer(&o);
}

/* --- choosing a bus -------------------------------------------------------------------------- */
typedef struct LabelSearch {
    const char *label;
    DevBus *hit;
} LabelSearch;

static gboolean try_label(Obj *o, void *data)
{
    LabelSearch *s = data;
    DevBus *bus = obj_cast(o, &dev_bus_type);

    if (bus && !g_strcmp0(bus->label, s->label)) {
        s->hit = bus;
    }
    return s->hit == NULL;
}

typedef struct BusSearch {
    const ObjType *type;
    gboolean live;              /* the machine runs */
    gboolean of_users;          /* on devices that users added; or on those of the board */
    DevBus *hit, *full, *cold;
} BusSearch;

/* Whether a device is one of a user's, or part of one. */
static gboolean is_users(const Dev *d)
{
    const DevBoard *b = dev_board(d);

    for (const Obj *o = &d->obj; o; o = o->parent) {
        if (o == obj_child(&b->dev.obj, "peripheral") || o == obj_child(&b->dev.obj, "peripheral-anon")) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean try_bus(Obj *o, void *data)
{
    BusSearch *s = data;
    DevBus *bus = obj_cast(o, s->type);
    const DevBusType *t = (const DevBusType *)o->type;

    if (!bus || is_users(bus->owner) != s->of_users) {
        return TRUE;
    }
    if ((t->max && bus->devs->len >= t->max) || (t->is_full && t->is_full(bus))) {
        s->full = s->full ? s->full : bus;
    } else if (s->live && !t->hotplug) {
        s->cold = s->cold ? s->cold : bus;
    } else {
        s->hit = bus;
    }
    return s->hit == NULL;
}

typedef struct NthBus {
    const ObjType *type;
    guint64 n;
    DevBus *hit;
} NthBus;

static gboolean count_bus(Obj *o, void *data)
{
    NthBus *s = data;
    DevBus *bus = obj_cast(o, s->type);

    if (bus && s->n-- == 0) {
        s->hit = bus;
    }
    return s->hit == NULL;
}

/* "id" and "id.0" stand for the first bus of the user's device id that can hold what sits on that type, "id.1" for the
 * second; it may be one of the device's parts that has them. */
static DevBus *bus_of_device(DevBoard *b, const ObjType *type, const char *name)
{
    Obj *dir = obj_child(&b->dev.obj, "peripheral"), *o = dir ? obj_child(dir, name) : NULL;
    const char *dot = strrchr(name, '.');
    guint64 n = 0;

    if (dir && !o && dot && g_ascii_isdigit(dot[1])) {
        g_autofree char *id = g_strndup(name, (gsize)(dot - name));
        o = obj_child(dir, id);
        n = g_ascii_strtoull(dot + 1, NULL, 10);
    }
    NthBus right = { type, n, NULL }, any = { &dev_bus_type, n, NULL };
    if (o) {
        obj_walk(o, count_bus, &right);
        obj_walk(o, count_bus, &any);
    }
    return right.hit ? right.hit : any.hit;     /* of which dev_bus_put says that it is of the wrong type */
}

static DevBus *choose_bus(DevBoard *b, const DevType *t, const char *path, GError **err)
{
    BusSearch s = { .type = t->bus, .live = b->dev.state == DEV_LIVE };

    if (path) {
        LabelSearch l = { .label = path };
        obj_walk(&b->dev.obj, try_label, &l);
        if (l.hit || (l.hit = bus_of_device(b, t->bus, path))) {
            return l.hit;
        }
        return (DevBus *)obj_resolve(b->root, path, &dev_bus_type, err);
    }
    obj_walk(&b->dev.obj, try_bus, &s);
    s.of_users = TRUE;          /* bridges, when the board's are full */
    if (!s.hit) {
        obj_walk(&b->dev.obj, try_bus, &s);
    }
    if (s.hit || s.full || s.cold) {
        return s.hit ? s.hit : s.full ? s.full : s.cold;    /* dev_bus_put says what is wrong */
    }
    g_set_error(err, DEV_ERROR, DEV_ERROR_BUS, "%s: this machine has no bus of type %s",
                t->obj.name, t->bus->name);
    return NULL;
}

/* --- creating -------------------------------------------------------------------------------- */
static const DevType *choose_type(const DevType *const *types, const char *name, GError **err)
{
    Near near;

    if (!name) {
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_NO_TYPE, "a device needs a 'driver'");
        return NULL;
    }
    near_init(&near, name);
    for (; *types; types++) {
        const DevType *t = *types;
        if (!strcmp(t->obj.name, name) && !t->obj.abstract) {
            if (!(t->flags & DEV_USER)) {
                g_set_error(err, OBJ_ERROR, OBJ_ERROR_NO_TYPE,
                            "%s is part of boards and cannot be added", name);
            }
            return t->flags & DEV_USER ? t : NULL;
        }
        if (!t->obj.abstract) {
            near_try(&near, t->obj.name);
        }
    }
    g_set_error(err, OBJ_ERROR, OBJ_ERROR_NO_TYPE, "there is no device '%s'%s%s%s", name,
                near.best ? "; did you mean '" : "", near.best ? near.best : "",
                near.best ? "'?" : "");
    return NULL;
}

static JsonArray *globals;

void dev_plug_globals(JsonArray *list)
{
    g_clear_pointer(&globals, json_array_unref);
    globals = list;
}

static gboolean has_type(const Dev *d, const char *name)
{
    const ObjType *t = d->obj.type;

    while (t && strcmp(t->name, name)) {
        t = t->parent;
    }
    return t != NULL;
}

gboolean dev_plug_apply_globals(Dev *d, GError **err)
{
    for (guint i = 0; globals && i < json_array_get_length(globals); i++) {
        JsonObject *g = json_array_get_object_element(globals, i);
        const char *name = json_object_get_string_member(g, "property");
        if (has_type(d, json_object_get_string_member(g, "driver")) &&
            !obj_prop_set_text(&d->obj, name, json_object_get_string_member(g, "value"), err)) {
            g_prefix_error(err, "-global: ");
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean set_properties(Dev *d, JsonObject *args, GError **err)
{
    g_autoptr(GList) names = json_object_get_members(args);

    for (GList *l = names; l; l = l->next) {
        const char *name = l->data;
        JsonNode *node = json_object_get_member(args, name);
        if (!strcmp(name, "driver") || !strcmp(name, "id") || !strcmp(name, "bus")) {
            continue;
        }
        gboolean is_word =
            JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING;
        if (is_word ? !obj_prop_set_text(&d->obj, name, json_node_get_string(node), err)
                    : !obj_prop_set_json(&d->obj, name, node, err)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* The member as a string; NULL if it is absent.  FALSE if it is something else. */
static gboolean take_string(JsonObject *args, const char *name, const char **value, GError **err)
{
    JsonNode *node = json_object_get_member(args, name);

    *value = NULL;
    if (!node) {
        return TRUE;
    }
    if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_STRING) {
        obj_refuse(err, "'%s' must be a string", name);
        return FALSE;
    }
    *value = json_node_get_string(node);
    return TRUE;
}

static gboolean set_up(DevBoard *b, Dev *d, const char *bus_path, JsonObject *args, GError **err)
{
    const DevType *t = dev_type_of(d);

    if (!dev_plug_apply_globals(d, err) || !set_properties(d, args, err)) {
        return FALSE;
    }
    if (t->bus) {
        DevBus *bus = choose_bus(b, t, bus_path, err);
        if (!bus || !dev_bus_put(bus, d, err)) {
            return FALSE;
        }
    } else if (bus_path) {
        return dev_fail(d, err, "sits on no bus");
    }
    return b->dev.state != DEV_LIVE || dev_realize(d, err);
}

Dev *dev_plug(DevBoard *b, const DevType *const *types, JsonObject *args, GError **err)
{
    const char *driver, *id, *bus;
    const DevType *t;

    if (!take_string(args, "driver", &driver, err) || !take_string(args, "id", &id, err) ||
        !take_string(args, "bus", &bus, err) || !(t = choose_type(types, driver, err))) {
        return NULL;
    }
    if (b->dev.state == DEV_LIVE && !(t->flags & DEV_HOTPLUG)) {
        g_set_error(err, DEV_ERROR, DEV_ERROR_BUS, "%s cannot be added while the machine runs",
                    driver);
        return NULL;
    }
    g_autoptr(Obj) o = obj_new(&t->obj);
    if (!obj_add_child(obj_container(&b->dev.obj, id ? "peripheral" : "peripheral-anon"),
                       id ? id : "device[*]", o, err)) {
        return NULL;
    }
    Dev *d = (Dev *)o;
    if (!set_up(b, d, bus, args, err)) {
        obj_unparent(o);
        return NULL;
    }
    return d;
}

gboolean dev_unplug(Dev *d, GError **err)
{
    DevBoard *b = dev_board(d);
    Obj *up = d->obj.parent;
    g_autofree char *who = obj_describe(&d->obj);
    const DevBusType *bt = d->bus ? (const DevBusType *)d->bus->obj.type : NULL;
    const char *why = NULL;

    if (!b || (up != obj_child(&b->dev.obj, "peripheral") &&
               up != obj_child(&b->dev.obj, "peripheral-anon"))) {
        why = "is part of another device";
    } else if (!(dev_type_of(d)->flags & DEV_HOTPLUG) || (bt && !bt->hotplug)) {
        why = "cannot be removed while the machine runs";
    }
    if (why) {
        g_set_error(err, DEV_ERROR, DEV_ERROR_UNPLUG, "%s %s", who, why);
        return FALSE;
    }
    Obj *user = obj_user_of(b->root, &d->obj);
    if (user) {
        g_autofree char *by = obj_describe(user);
        g_set_error(err, DEV_ERROR, DEV_ERROR_UNPLUG, "%s is used by %s", who, by);
        return FALSE;
    }
    g_autoptr(GError) why_not = NULL;
    if (bt && bt->ask && d->state == DEV_LIVE && bt->ask(d->bus, d, &why_not)) {
        return TRUE;
    }
    if (why_not) {
        g_propagate_error(err, g_steal_pointer(&why_not));
        return FALSE;
    }
    dev_unplug_now(d);
    return TRUE;
}

void dev_unplug_now(Dev *d)
{
    DevBoard *b = dev_board(d);
    gboolean is_named = b && d->obj.parent == obj_child(&b->dev.obj, "peripheral");
    g_autofree char *path = obj_path(&d->obj), *id = is_named ? g_strdup(d->obj.name) : NULL;

    obj_unparent(&d->obj);
    if (b) {
        JsonObject *o = json_object_new();
        if (id) {
            json_object_set_string_member(o, "device", id);
        }
        json_object_set_string_member(o, "path", path);
        dev_board_event(b, "DEVICE_DELETED", o);
    }
}

/* --- help ------------------------------------------------------------------------------------ */
static void add_help(const ObjPropInfo *info, void *data)
{
    if (!info->row) {
        return;
    }
    g_autofree char *kind = obj_prop_type_name(info->row), *range = obj_prop_range(info->row);
    g_autofree char *def = obj_prop_default(info->row);
    g_autofree char *head = g_strdup_printf("%s=<%s>", info->name, kind);

    g_string_append_printf(data, "  %-28s %s", head, info->text);
    if (*range) {
        g_string_append_printf(data, " [%s]", range);
    }
    if (def) {
        g_string_append_printf(data, " (default: %s)", def);
    }
    g_string_append_c(data, '\n');
}

char *dev_plug_help(const DevType *t)
{
    GString *s = g_string_new(NULL);
    g_autoptr(Obj) o = obj_new(&t->obj);

    g_string_append_printf(s, "%s: %s\n", t->obj.name, t->obj.text);
    if (t->bus) {
        g_string_append_printf(s, "  sits on: %s\n", t->bus->name);
    }
    obj_prop_each(o, add_help, s);
    return g_string_free(s, FALSE);
}
