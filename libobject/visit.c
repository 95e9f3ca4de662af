/* SPDX-License-Identifier: BSD-2-Clause */
/* Visitors over JSON values; text is a JSON string whose words are read as what is asked for. */
#include "obj/visit.h"

#include "base/near.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define MAX_DEPTH 32
#define MAX_JSON_DEPTH 64

typedef struct Frame {
    JsonObject *object;     /* of a struct; else NULL */
    JsonArray *array;       /* of a list */
    JsonNode *own;          /* freed with the frame */
    char *member;           /* output: where the next value goes */
    GPtrArray *used;        /* input: members asked for */
} Frame;

struct ObjVisitor {
    gboolean input, text;
    JsonNode *at;           /* input: the value to be read */
    JsonNode *result;       /* output */
    JsonNode *own;
    Obj *root;
    guint depth;
    Frame frames[MAX_DEPTH];
};

ObjVisitor *obj_visit_new_json(JsonNode *node)
{
    ObjVisitor *v = g_new0(ObjVisitor, 1);

    v->input = TRUE;
    v->at = node;
    return v;
}

ObjVisitor *obj_visit_new_text(const char *text)
{
    JsonNode *node = *text == '{' || *text == '[' ? obj_json_parse(text, -1, NULL) : NULL;

    if (!node) {
        node = json_node_init_string(json_node_alloc(), text);
    }
    ObjVisitor *v = obj_visit_new_json(node);
    v->text = TRUE;
    v->own = node;
    return v;
}

ObjVisitor *obj_visit_new_output(void)
{
    return g_new0(ObjVisitor, 1);
}

static void pop(ObjVisitor *v)
{
    Frame *f = &v->frames[--v->depth];

    g_clear_pointer(&f->own, json_node_unref);
    g_clear_pointer(&f->member, g_free);
    g_clear_pointer(&f->used, g_ptr_array_unref);
}

void obj_visit_free(ObjVisitor *v)
{
    if (!v) {
        return;
    }
    while (v->depth) {
        pop(v);
    }
    g_clear_pointer(&v->own, json_node_unref);
    g_clear_pointer(&v->result, json_node_unref);
    g_free(v);
}

void obj_visit_set_root(ObjVisitor *v, Obj *root)
{
    v->root = root;
}

Obj *obj_visit_root(const ObjVisitor *v)
{
    return v->root;
}

gboolean obj_visit_is_input(const ObjVisitor *v)
{
    return v->input;
}

JsonNode *obj_visit_take(ObjVisitor *v)
{
    return g_steal_pointer(&v->result);
}

/* --- output ---------------------------------------------------------------------------------- */
/* Puts a value where the visitor stands; takes it. */
static gboolean put(ObjVisitor *v, JsonNode *node)
{
    Frame *f = v->depth ? &v->frames[v->depth - 1] : NULL;

    if (!f) {
        g_clear_pointer(&v->result, json_node_unref);
        v->result = node;
    } else if (f->object) {
        json_object_set_member(f->object, f->member, node);
    } else {
        json_array_add_element(f->array, node);
    }
    return TRUE;
}

/* --- input of scalars ------------------------------------------------------------------------ */
static gboolean refuse(ObjVisitor *v, const char *wanted, GError **err)
{
    g_autofree char *have = v->at && JSON_NODE_HOLDS_VALUE(v->at) &&
                                    json_node_get_value_type(v->at) == G_TYPE_STRING
                                ? g_strdup_printf("'%s'", json_node_get_string(v->at))
                            : v->at ? obj_json_text(v->at)
                                    : g_strdup("nothing");

    g_set_error(err, OBJ_ERROR, OBJ_ERROR_VALUE, "%s is not %s", have, wanted);
    return FALSE;
}

/* The word at which a text visitor stands; NULL if it is no word. */
static const char *word(ObjVisitor *v)
{
    return v->text && v->at && JSON_NODE_HOLDS_VALUE(v->at) &&
                   json_node_get_value_type(v->at) == G_TYPE_STRING
               ? json_node_get_string(v->at)
               : NULL;
}

static gboolean holds(ObjVisitor *v, GType type)
{
    return v->at && JSON_NODE_HOLDS_VALUE(v->at) && json_node_get_value_type(v->at) == type;
}

gboolean obj_visit_bool(ObjVisitor *v, gboolean *value, GError **err)
{
    if (!v->input) {
        return put(v, json_node_init_boolean(json_node_alloc(), *value));
    }
    const char *w = word(v);
    if (w && (!strcmp(w, "on") || !strcmp(w, "yes") || !strcmp(w, "true") || !strcmp(w, "y"))) {
        *value = TRUE;
        return TRUE;
    }
    if (w && (!strcmp(w, "off") || !strcmp(w, "no") || !strcmp(w, "false") || !strcmp(w, "n"))) {
        *value = FALSE;
        return TRUE;
    }
    if (!holds(v, G_TYPE_BOOLEAN)) {
        return refuse(v, v->text ? "'on' or 'off'" : "true or false", err);
    }
    *value = json_node_get_boolean(v->at);
    return TRUE;
}

static gboolean parse_uint(const char *w, uint64_t *value)
{
    char *end;

    if (!g_ascii_isdigit(*w)) {
        return FALSE;
    }
    errno = 0;
    *value = g_ascii_strtoull(w, &end, g_ascii_strncasecmp(w, "0x", 2) ? 10 : 16);
    return !errno && !*end && g_ascii_isxdigit(end[-1]);
}

/* A JSON number or word as sign and magnitude. */
static gboolean number(ObjVisitor *v, gboolean *negative, uint64_t *magnitude)
{
    const char *w = word(v);

    if (w) {
        *negative = *w == '-';
        return parse_uint(w + *negative, magnitude);
    }
    if (holds(v, G_TYPE_INT64)) {
        int64_t n = json_node_get_int(v->at);
        *negative = n < 0;
        *magnitude = n < 0 ? -(uint64_t)n : (uint64_t)n;
        return TRUE;
    }
    if (holds(v, G_TYPE_DOUBLE)) {
        double d = json_node_get_double(v->at);
        *negative = d < 0;
        if (!(fabs(d) < 9007199254740992.0) || d != floor(d)) {
            return FALSE;
        }
        *magnitude = (uint64_t)fabs(d);
        return TRUE;
    }
    return FALSE;
}

gboolean obj_visit_int(ObjVisitor *v, int64_t *value, GError **err)
{
    gboolean negative;
    uint64_t n;

    if (!v->input) {
        return put(v, json_node_init_int(json_node_alloc(), *value));
    }
    if (!number(v, &negative, &n) || n > (uint64_t)INT64_MAX + negative) {
        return refuse(v, "an integer", err);
    }
    *value = (int64_t)(negative ? -n : n);
    return TRUE;
}

gboolean obj_visit_uint(ObjVisitor *v, uint64_t *value, GError **err)
{
    gboolean negative;

    if (!v->input) {
        /* What JSON readers would take for a negative or an inexact number goes as text. */
        if (*value > INT64_MAX) {
            g_autofree char *text = g_strdup_printf("0x%" G_GINT64_MODIFIER "x", *value);
            return put(v, json_node_init_string(json_node_alloc(), text));
        }
        return put(v, json_node_init_int(json_node_alloc(), (int64_t)*value));
    }
    if (!v->text && holds(v, G_TYPE_STRING) && parse_uint(json_node_get_string(v->at), value)) {
        return TRUE;
    }
    if (!number(v, &negative, value) || (negative && *value)) {
        return refuse(v, "a whole number from 0", err);
    }
    return TRUE;
}

gboolean obj_parse_size(const char *text, uint64_t *value)
{
    static const char units[] = "bkmgtpe";
    const char *unit = NULL;
    char *end;

    if (parse_uint(text, value)) {
        return TRUE;
    }
    if (!g_ascii_isdigit(*text) || (text[0] == '0' && (text[1] | 32) == 'x')) {
        return FALSE;
    }
    errno = 0;
    uint64_t whole = g_ascii_strtoull(text, &end, 10);
    double part = 0;
    if (*end == '.') {
        if (!g_ascii_isdigit(end[1])) {
            return FALSE;
        }
        double scale = 0.1;
        for (end++; g_ascii_isdigit(*end); end++, scale /= 10) {
            part += (*end - '0') * scale;
        }
    }
    unit = *end ? strchr(units, g_ascii_tolower(*end)) : NULL;
    guint shift = unit ? (guint)(unit - units) * 10 : 0;
    if (errno || !unit || end[1] || (shift && whole >> (64 - shift)) || (!shift && part)) {
        return FALSE;
    }
    *value = (whole << shift) + (shift ? (uint64_t)(part * (double)(UINT64_C(1) << shift) + 0.5) : 0);
    return TRUE;
}

gboolean obj_visit_size(ObjVisitor *v, uint64_t *value, GError **err)
{
    const char *w = v->input ? word(v) : NULL;

    if (!w) {
        return obj_visit_uint(v, value, err);
    }
    return obj_parse_size(w, value) || refuse(v, "a size such as 4096, 64K or 1.5G", err);
}

gboolean obj_visit_str(ObjVisitor *v, char **value, GError **err)
{
    if (!v->input) {
        return put(v, *value ? json_node_init_string(json_node_alloc(), *value)
                             : json_node_init_null(json_node_alloc()));
    }
    if (!holds(v, G_TYPE_STRING)) {
        return refuse(v, "a string", err);
    }
    *value = json_node_dup_string(v->at);
    return TRUE;
}

/* --- structs and lists ----------------------------------------------------------------------- */
static Frame *push(ObjVisitor *v, GError **err)
{
    if (v->depth == MAX_DEPTH) {
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_VALUE, "the value is nested too deeply");
        return NULL;
    }
    v->frames[v->depth] = (Frame){ 0 };
    return &v->frames[v->depth++];
}

gboolean obj_visit_open_struct(ObjVisitor *v, GError **err)
{
    if (v->input && (!v->at || !JSON_NODE_HOLDS_OBJECT(v->at))) {
        return refuse(v, "an object like {\"name\": value}", err);
    }
    JsonNode *node = v->input ? NULL : json_node_init_object(json_node_alloc(), NULL);
    if (node) {
        json_node_take_object(node, json_object_new());
    }
    JsonObject *object = json_node_get_object(v->input ? v->at : node);
    if (node) {
        put(v, node);
    }
    Frame *f = push(v, err);
    if (!f) {
        return FALSE;
    }
    f->object = object;
    f->used = g_ptr_array_new_with_free_func(g_free);
    return TRUE;
}

gboolean obj_visit_member(ObjVisitor *v, const char *name)
{
    Frame *f = &v->frames[v->depth - 1];

    if (!v->input) {
        g_free(f->member);
        f->member = g_strdup(name);
        return TRUE;
    }
    g_ptr_array_add(f->used, g_strdup(name));
    v->at = json_object_get_member(f->object, name);
    return v->at != NULL;
}

static gboolean all_used(const Frame *f, GError **err)
{
    g_autoptr(GList) names = json_object_get_members(f->object);

    for (GList *l = names; l; l = l->next) {
        const char *name = l->data;
        gboolean used = FALSE;
        Near near;
        near_init(&near, name);
        for (guint i = 0; i < f->used->len; i++) {
            used |= !strcmp(name, g_ptr_array_index(f->used, i));
            near_try(&near, g_ptr_array_index(f->used, i));
        }
        if (!used) {
            g_set_error(err, OBJ_ERROR, OBJ_ERROR_NO_PROPERTY, "there is no member '%s'%s%s%s",
                        name, near.best ? "; did you mean '" : "", near.best ? near.best : "",
                        near.best ? "'?" : "");
            return FALSE;
        }
    }
    return TRUE;
}

gboolean obj_visit_close_struct(ObjVisitor *v, GError **err)
{
    gboolean good = !v->input || all_used(&v->frames[v->depth - 1], err);

    pop(v);
    return good;
}

/* "a,b" from a command line. */
static JsonNode *split_words(const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, ",", -1);
    JsonArray *array = json_array_new();

    for (char **w = words; *w; w++) {
        json_array_add_string_element(array, *w);
    }
    JsonNode *node = json_node_init_array(json_node_alloc(), array);
    json_array_unref(array);
    return node;
}

gboolean obj_visit_open_list(ObjVisitor *v, guint *n, GError **err)
{
    JsonNode *own = v->input && word(v) ? split_words(word(v)) : NULL;
    JsonNode *node = own ? own : v->at;

    if (v->input && (!node || !JSON_NODE_HOLDS_ARRAY(node))) {
        return refuse(v, "a list like [value, value]", err);
    }
    if (!v->input) {
        node = json_node_alloc();
        JsonArray *array = json_array_new();
        json_node_init_array(node, array);
        json_array_unref(array);
        put(v, node);
    }
    Frame *f = push(v, err);
    if (!f) {
        g_clear_pointer(&own, json_node_unref);
        return FALSE;
    }
    f->own = own;
    f->array = json_node_get_array(node);
    if (v->input) {
        *n = json_array_get_length(f->array);
    }
    return TRUE;
}

void obj_visit_item(ObjVisitor *v, guint i)
{
    if (v->input) {
        v->at = json_array_get_element(v->frames[v->depth - 1].array, i);
    }
}

void obj_visit_close_list(ObjVisitor *v)
{
    pop(v);
}

/* --- JSON text ------------------------------------------------------------------------------- */
/* json-glib descends with the input's nesting: look before it does. */
static gboolean too_deep(const char *text, gsize len)
{
    guint depth = 0;
    gboolean quoted = FALSE;

    for (gsize i = 0; i < len; i++) {
        char c = text[i];
        if (quoted) {
            i += c == '\\';
            quoted = c != '"';
        } else if (c == '"') {
            quoted = TRUE;
        } else if (c == '[' || c == '{') {
            if (++depth > MAX_JSON_DEPTH) {
                return TRUE;
            }
        } else if ((c == ']' || c == '}') && depth) {
            depth--;
        }
    }
    return FALSE;
}

JsonNode *obj_json_parse(const char *text, gssize len, GError **err)
{
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    g_autoptr(GError) why = NULL;
    gsize n = len < 0 ? strlen(text) : (gsize)len;

    if (too_deep(text, n)) {
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_JSON, "JSON is nested more than %d deep",
                    MAX_JSON_DEPTH);
        return NULL;
    }
    if (!g_utf8_validate_len(text, n, NULL)) {
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_JSON, "JSON is not UTF-8 text without NUL");
        return NULL;
    }
    if (!json_parser_load_from_data(parser, text, (gssize)n, &why)) {
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_JSON, "%s", why->message);
        return NULL;
    }
    JsonNode *root = json_parser_get_root(parser);
    if (!root) {
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_JSON, "JSON is empty");
        return NULL;
    }
    return json_node_copy(root);
}

char *obj_json_text(JsonNode *node)
{
    return json_to_string(node, FALSE);
}

/* A member that is one value of this type, or NULL. */
static JsonNode *member(JsonObject *o, const char *name, GType type)
{
    JsonNode *n = o ? json_object_get_member(o, name) : NULL;

    return n && JSON_NODE_HOLDS_VALUE(n) && json_node_get_value_type(n) == type ? n : NULL;
}

const char *obj_json_str(JsonObject *o, const char *name)
{
    JsonNode *n = member(o, name, G_TYPE_STRING);

    return n ? json_node_get_string(n) : NULL;
}

gboolean obj_json_bool(JsonObject *o, const char *name, gboolean otherwise)
{
    JsonNode *n = member(o, name, G_TYPE_BOOLEAN);

    return n ? json_node_get_boolean(n) : otherwise;
}

gint64 obj_json_int(JsonObject *o, const char *name, gint64 otherwise)
{
    JsonNode *n = member(o, name, G_TYPE_INT64);

    return n ? json_node_get_int(n) : otherwise;
}
