/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Properties: typed values of an instance, described by constant rows.
 *
 * A row says where the value is in the instance, its kind, default, range and a sentence; from it
 * come setting and getting, help, introspection and the manual.  Structs and lists are described by
 * rows as well.  Write rows with the macros, which take offset and width from the field.
 */
#ifndef OBJ_PROP_H
#define OBJ_PROP_H

#include "obj/object.h"
#include "obj/visit.h"

typedef enum ObjKind {
    OBJ_BOOL,       /* gboolean or bool */
    OBJ_INT,        /* intN_t */
    OBJ_UINT,       /* uintN_t */
    OBJ_SIZE,       /* uint64_t bytes; text may end in K M G T P E (powers of 1024) */
    OBJ_STR,        /* char *, owned; NULL is "not set" */
    OBJ_ENUM,       /* int, a row of names */
    OBJ_LINK,       /* Obj *, a reference; as text its path or "" */
    OBJ_STRUCT,     /* a struct inside the instance */
    OBJ_LIST,       /* ObjList */
} ObjKind;

typedef struct ObjName {        /* a value of an enumeration */
    const char *name;           /* NULL ends the rows */
    int value;
    const char *text;
} ObjName;

/* Storage of a list property: n items of item->width bytes each. */
typedef struct ObjList {
    void *items;
    guint n;
} ObjList;

enum {                          /* ObjProp.flags */
    OBJ_READ_ONLY = 1,          /* for introspection */
    OBJ_LIVE = 2,               /* may be set while the object is in use */
    OBJ_HEX = 4,                /* better read in base 16 */
};

struct ObjProp {
    const char *name;           /* NULL ends the rows */
    const char *text;           /* OBJ_TEXT */
    ObjKind kind;
    guint flags;
    size_t offset, width;       /* of the value in the instance (in the struct, for a member) */
    uint64_t def, min, max;     /* INT as two's complement; ENUM: def only; LIST: max items */
    const char *def_text;       /* STR */
    const ObjName *names;       /* ENUM */
    const ObjType *target;      /* LINK: of this type */
    const ObjIface *iface;      /* LINK: or with this interface */
    const ObjProp *members;     /* STRUCT: rows; LIST: one row, the item */

    /* Looks at a new value of the right kind and range before it is stored; may refuse it.  The
     * object's name and the property's are put before the message. */
    gboolean (*check)(Obj *o, const ObjProp *p, const void *value, GError **err);
    /* After the new value is stored. */
    void (*changed)(Obj *o, const ObjProp *p);
    /* Before the value is read: brings the field up to date. */
    void (*refresh)(Obj *o, const ObjProp *p);
};

#define OBJ_ROW_(n, t, k, S, f) \
    .name = n, .text = OBJ_TEXT(t), .kind = k, .offset = offsetof(S, f), \
    .width = sizeof(((S *)0)->f)
/* Further members of the row (.flags, .check ...) follow as designated initialisers. */
#define OBJ_PROP_BOOL(n, t, S, f, d, ...) \
    { OBJ_ROW_(n, t, OBJ_BOOL, S, f), .def = (d), .max = 1, ##__VA_ARGS__ }
#define OBJ_PROP_INT(n, t, S, f, d, lo, hi, ...) \
    { OBJ_ROW_(n, t, OBJ_INT, S, f), .def = (uint64_t)(int64_t)(d), .min = (uint64_t)(int64_t)(lo), \
      .max = (uint64_t)(int64_t)(hi), ##__VA_ARGS__ }
#define OBJ_PROP_UINT(n, t, S, f, d, lo, hi, ...) \
    { OBJ_ROW_(n, t, OBJ_UINT, S, f), .def = (d), .min = (lo), .max = (hi), ##__VA_ARGS__ }
#define OBJ_PROP_SIZE(n, t, S, f, d, lo, hi, ...) \
    { OBJ_ROW_(n, t, OBJ_SIZE, S, f), .def = (d), .min = (lo), .max = (hi), ##__VA_ARGS__ }
#define OBJ_PROP_STR(n, t, S, f, d, ...) \
    { OBJ_ROW_(n, t, OBJ_STR, S, f), .def_text = (d), ##__VA_ARGS__ }
#define OBJ_PROP_ENUM(n, t, S, f, d, rows, ...) \
    { OBJ_ROW_(n, t, OBJ_ENUM, S, f), .def = (d), .names = (rows), ##__VA_ARGS__ }
#define OBJ_PROP_LINK(n, t, S, f, type, ...) \
    { OBJ_ROW_(n, t, OBJ_LINK, S, f), .target = (type), ##__VA_ARGS__ }
#define OBJ_PROP_STRUCT(n, t, S, f, rows, ...) \
    { OBJ_ROW_(n, t, OBJ_STRUCT, S, f), .members = (rows), ##__VA_ARGS__ }
#define OBJ_PROP_LIST(n, t, S, f, row, limit, ...) \
    { OBJ_ROW_(n, t, OBJ_LIST, S, f), .members = (row), .max = (limit), ##__VA_ARGS__ }

/*
 * Setting.  Errors: OBJ_ERROR_NO_PROPERTY (with the nearest name), _VALUE, _RANGE, _READ_ONLY,
 * _FROZEN, and what the row's check gives; then the old value stays.  Links given as text or JSON
 * are paths below the topmost ancestor of o, or below obj_prop_root if o is in no tree.
 */
gboolean obj_prop_set(Obj *o, const char *name, ObjVisitor *v, GError **err);
gboolean obj_prop_set_text(Obj *o, const char *name, const char *text, GError **err);
gboolean obj_prop_set_json(Obj *o, const char *name, JsonNode *node, GError **err);
gboolean obj_prop_set_uint(Obj *o, const char *name, uint64_t value, GError **err);
gboolean obj_prop_set_link(Obj *o, const char *name, Obj *target, GError **err);

/*
 * Getting.  Errors: OBJ_ERROR_NO_PROPERTY.  Text and nodes are the caller's.  A child reads as its
 * path.
 */
gboolean obj_prop_get(Obj *o, const char *name, ObjVisitor *v, GError **err);
char *obj_prop_get_text(Obj *o, const char *name, GError **err);
JsonNode *obj_prop_get_json(Obj *o, const char *name, GError **err);

/* Makes o's property `name` another name for target's property.  target must live as long as o (it
 * is o's child, or the other way round).  Errors: OBJ_ERROR_NAME, OBJ_ERROR_NO_PROPERTY. */
gboolean obj_prop_alias(Obj *o, const char *name, Obj *target, const char *property, GError **err);

/* One property as introspection shows it. */
typedef struct ObjPropInfo {
    const char *name;
    const char *text;           /* "" for children */
    const ObjProp *row;         /* NULL for a child */
    Obj *child;                 /* NULL unless it is a child */
    Obj *owner;                 /* whose row it is: another object for an alias */
} ObjPropInfo;

/* Calls fn for each property, child and alias of o; infos live only during the call. */
void obj_prop_each(Obj *o, void (*fn)(const ObjPropInfo *info, void *data), void *data);

/* For humans and introspection, to be freed: "uint8", "size", "link<chardev>", "[uint32]". */
char *obj_prop_type_name(const ObjProp *p);
/* "0 to 3", "on, off", "" ... to be freed. */
char *obj_prop_range(const ObjProp *p);
/* The default as text, to be freed; NULL if there is none. */
char *obj_prop_default(const ObjProp *p);

#endif
