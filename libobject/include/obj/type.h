/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Types of objects, as constants: a name, a sentence for humans, one parent, interfaces, properties.
 *
 * A type is a `const ObjType`, usually the first member of a larger constant of the layer that
 * defines it (libdev's DevType).  Nothing is registered: whoever wants types by name keeps an array
 * of pointers to them.  Types are never changed, so any thread may read them.
 */
#ifndef OBJ_TYPE_H
#define OBJ_TYPE_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Obj Obj;
typedef struct ObjType ObjType;
typedef struct ObjProp ObjProp;

/* A sentence for humans: a string literal of at least 8 letters.  Anything else does not compile. */
#define OBJ_TEXT(s) (&("" s "")[0 * sizeof(char[sizeof("" s "") > 8 ? 1 : -1])])

/* An interface is only a name; its operations are a struct that its users agree on. */
typedef struct ObjIface {
    const char *name;
    const char *text;
} ObjIface;

typedef struct ObjImpl {
    const ObjIface *iface;      /* NULL ends the rows */
    const void *ops;
} ObjImpl;

struct ObjType {
    const char *name;
    const char *text;           /* OBJ_TEXT */
    const ObjType *parent;      /* NULL for a root */
    size_t size;                /* of an instance; its struct begins with the parent's */
    gboolean abstract;          /* has no instances of its own */
    const ObjProp *props;       /* rows, ended by one without name; may be NULL */
    const ObjImpl *ifaces;      /* rows; may be NULL */

    /*
     * The hooks below run for each type of the chain that has one, always under the owner's lock.
     * init      root first.  The instance is zeroed and its properties have their defaults.  Cannot
     *           fail, touches nothing outside the instance: it also runs for `help`.
     * unparent  most derived first, while the object still has its name, parent and children.
     * finalize  most derived first, when the last reference is gone; cannot assume anything but
     *           init.  Memory of string, link, list and struct properties is freed after it.
     */
    void (*init)(Obj *o);
    void (*unparent)(Obj *o);
    void (*finalize)(Obj *o);
};

/* Whether t is base or derived from it. */
gboolean obj_type_is(const ObjType *t, const ObjType *base);

/* The operations t (or the nearest ancestor that has them) gives for an interface; NULL if none. */
const void *obj_type_ops(const ObjType *t, const ObjIface *iface);

/* The row called name in t or its ancestors; NULL if there is none. */
const ObjProp *obj_type_prop(const ObjType *t, const char *name);

/* Calls fn for each property row, root type first. */
void obj_type_each_prop(const ObjType *t, void (*fn)(const ObjProp *p, void *data), void *data);

/*
 * The type called name in an array ended by NULL.  what ("device type", "machine") is for the error,
 * which suggests the nearest name.  Errors: OBJ_ERROR_NO_TYPE.
 */
const ObjType *obj_type_find(const ObjType *const *types, const char *what, const char *name,
                             GError **err);

/*
 * Checks what the compiler cannot: sentences, sizes along the chain, defaults inside their ranges,
 * widths that fit the kind, names used twice.  Run by the tests and by rhea-doc for every type.
 * Errors: OBJ_ERROR_BAD_TYPE.
 */
gboolean obj_type_check(const ObjType *t, GError **err);

/* Errors of this library.  Messages name the object, the property and the value. */
#define OBJ_ERROR obj_error_quark()
GQuark obj_error_quark(void);
/* Sets *err to OBJ_ERROR_VALUE with this text.  Returns FALSE. */
gboolean obj_refuse(GError **err, const char *fmt, ...) G_GNUC_PRINTF(2, 3);

typedef enum ObjError {
    OBJ_ERROR_NO_TYPE,          /* no type of that name, or it is abstract */
    OBJ_ERROR_BAD_TYPE,         /* obj_type_check */
    OBJ_ERROR_NO_PROPERTY,
    OBJ_ERROR_VALUE,            /* not a value of the property's kind */
    OBJ_ERROR_RANGE,
    OBJ_ERROR_READ_ONLY,
    OBJ_ERROR_FROZEN,           /* may be set only before the object is in use */
    OBJ_ERROR_NAME,             /* a name that is taken or has forbidden letters */
    OBJ_ERROR_PATH,             /* no object there, several, or one of another type */
    OBJ_ERROR_IN_USE,
    OBJ_ERROR_JSON,
} ObjError;

#endif
