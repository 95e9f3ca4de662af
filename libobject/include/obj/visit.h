/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Visitors: one walk over a value either reads it from text or JSON, or writes it as JSON.
 *
 * An input visitor stands at a JSON value; made from text, it accepts numbers, booleans and sizes
 * written as words, as a command line has them.  An output visitor builds a JSON value.  A visitor
 * belongs to one thread.  Errors: OBJ_ERROR_VALUE, and OBJ_ERROR_NO_PROPERTY for struct members that
 * nobody asked for.  Messages say which value was wrong, not whose it was: the caller adds that.
 */
#ifndef OBJ_VISIT_H
#define OBJ_VISIT_H

#include "obj/type.h"

#include <json-glib/json-glib.h>

typedef struct ObjVisitor ObjVisitor;

ObjVisitor *obj_visit_new_json(JsonNode *node);     /* node is borrowed and must live as long */
ObjVisitor *obj_visit_new_text(const char *text);   /* text that begins with [ or { is JSON */
ObjVisitor *obj_visit_new_output(void);
void obj_visit_free(ObjVisitor *v);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ObjVisitor, obj_visit_free)

/* Relative paths of links are resolved below root. */
void obj_visit_set_root(ObjVisitor *v, Obj *root);
Obj *obj_visit_root(const ObjVisitor *v);

gboolean obj_visit_is_input(const ObjVisitor *v);

/* What an output visitor has built; the caller's.  NULL if nothing was visited. */
JsonNode *obj_visit_take(ObjVisitor *v);

/* Scalars.  Strings read are the caller's; strings written are borrowed, NULL is null. */
gboolean obj_visit_bool(ObjVisitor *v, gboolean *value, GError **err);
gboolean obj_visit_int(ObjVisitor *v, int64_t *value, GError **err);
gboolean obj_visit_uint(ObjVisitor *v, uint64_t *value, GError **err);
gboolean obj_visit_size(ObjVisitor *v, uint64_t *value, GError **err);
gboolean obj_visit_str(ObjVisitor *v, char **value, GError **err);

/* Structs: open; for each member obj_visit_member and, if that says it is there (always, on output),
 * the member's value; close.  Nesting is limited to 32. */
gboolean obj_visit_open_struct(ObjVisitor *v, GError **err);
gboolean obj_visit_member(ObjVisitor *v, const char *name);
gboolean obj_visit_close_struct(ObjVisitor *v, GError **err);

/* Lists: open sets *n on input and uses it on output; obj_visit_item before each value; close. */
gboolean obj_visit_open_list(ObjVisitor *v, guint *n, GError **err);
void obj_visit_item(ObjVisitor *v, guint i);
void obj_visit_close_list(ObjVisitor *v);

/*
 * Parses JSON from a stranger: nesting up to 64, one value, nothing after it.  len -1: up to the NUL.
 * The node is the caller's.  Errors: OBJ_ERROR_JSON with line and column.
 */
JsonNode *obj_json_parse(const char *text, gssize len, GError **err);

/* A member that a stranger may have left out or given another type; o may be NULL.  The text is borrowed, NULL if it is
 * none; others have the value otherwise then. */
const char *obj_json_str(JsonObject *o, const char *name);
gboolean obj_json_bool(JsonObject *o, const char *name, gboolean otherwise);
gint64 obj_json_int(JsonObject *o, const char *name, gint64 otherwise);

/* One line of JSON, to be freed. */
char *obj_json_text(JsonNode *node);

/* "16M", "0x1000", "1.5G": bytes.  FALSE if it is no size or does not fit. */
gboolean obj_parse_size(const char *text, uint64_t *value);

#endif
