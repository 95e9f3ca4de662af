/* SPDX-License-Identifier: BSD-2-Clause */
/* What all back ends share: being made from a user's words. */
#ifndef SYSTEM_BACK_BACK_H
#define SYSTEM_BACK_BACK_H

#include "obj/prop.h"

#include <json-glib/json-glib.h>
#include <sys/types.h>

typedef struct SysBackKind {
    const char *what;           /* for messages: "block back end" */
    const char *word;           /* the word that names the type: "driver" */
    const char *prefix;         /* of the types' names: "blockdev-" */
    const char *needs;          /* what it says, for messages: "driver (raw, qcow2)" */
    gboolean (*open)(Obj *o, GError **err);
} SysBackKind;

/*
 * Descriptors that the program was started with, in sets with numbers (-add-fd): "/dev/fdset/2" stands for those of set
 * 2.  Takes fd.  Errors: no such descriptor.
 */
gboolean sys_fdset_add(guint set, int fd, const char *opaque, GError **err);
/* Takes one away, or (fd -1) all of a set.  FALSE: there is none. */
gboolean sys_fdset_remove(guint set, int fd);
/* open(2) with O_CLOEXEC, also of a set: a copy of its first descriptor that may read and write as flags ask. */
int sys_open(const char *path, int flags, mode_t mode);
/* Calls fn for each. */
void sys_fdset_each(void (*fn)(guint set, int fd, const char *opaque, void *data), void *data);

/*
 * Makes one of types[] (ended by NULL) from words ("id=x" and properties; text is for messages) below dir, and opens
 * it.  Borrowed.  Device lock.  Errors: any; then nothing is left.
 */
Obj *sys_back_new(const SysBackKind *kind, const ObjType *const *types, Obj *dir, const char *text, JsonObject *words,
                  GError **err);

#endif
