/* SPDX-License-Identifier: BSD-2-Clause */
/* Values in memory as a property row describes them.  Private to this library. */
#ifndef OBJ_VALUE_H
#define OBJ_VALUE_H

#include "obj/prop.h"

typedef struct ObjAlias {
    char *name;
    Obj *target;                /* borrowed */
    char *property;
} ObjAlias;

/* Integers of any width. */
uint64_t obj_value_read(const ObjProp *p, const void *at);
void obj_value_write(const ObjProp *p, void *at, uint64_t value);

/* Writes the default over what is there (which is not freed). */
void obj_value_default(const ObjProp *p, void *at);

/* Frees what the value owns and zeroes it. */
void obj_value_clear(const ObjProp *p, void *at);

/* Reads a value from the visitor into zeroed memory, or writes it. After an error nothing is owned.
 * Errors do not name the property. */
gboolean obj_value_visit(const ObjProp *p, void *at, ObjVisitor *v, GError **err);

#endif
