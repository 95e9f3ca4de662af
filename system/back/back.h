/* SPDX-License-Identifier: BSD-2-Clause */
/* What all back ends share: being made from a user's words. */
#ifndef SYSTEM_BACK_BACK_H
#define SYSTEM_BACK_BACK_H

#include "obj/prop.h"

#include <json-glib/json-glib.h>

typedef struct SysBackKind {
    const char *what;           /* for messages: "block back end" */
    const char *word;           /* the word that names the type: "driver" */
    const char *prefix;         /* of the types' names: "blockdev-" */
    const char *needs;          /* what it says, for messages: "driver (raw, qcow2)" */
    gboolean (*open)(Obj *o, GError **err);
} SysBackKind;

/*
 * Makes one of types[] (ended by NULL) from words ("id=x" and properties; text is for messages) below dir, and opens
 * it.  Borrowed.  Device lock.  Errors: any; then nothing is left.
 */
Obj *sys_back_new(const SysBackKind *kind, const ObjType *const *types, Obj *dir, const char *text, JsonObject *words,
                  GError **err);

#endif
