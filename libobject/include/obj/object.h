/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instances: references, and the composition tree.
 *
 * Threads: obj_ref and obj_unref may be called from any thread, but the last reference must go away
 * under the lock that guards the tree (libdev: the device lock).  Everything else here and in prop.h
 * needs that lock.
 */
#ifndef OBJ_OBJECT_H
#define OBJ_OBJECT_H

#include "obj/type.h"

struct Obj {
    const ObjType *type;
    gint refs;
    guint links;                /* link properties that point here */
    gboolean frozen;            /* in use: only OBJ_LIVE properties can be set */
    gboolean leaving;           /* obj_unparent has begun */
    Obj *parent;                /* borrowed; NULL at the root and outside any tree */
    char *name;                 /* in parent; NULL if there is none */
    GPtrArray *children;        /* of Obj, in order of their coming; NULL if there never was one */
    GPtrArray *aliases;         /* of ObjAlias (private) */
};

/* The type of directories of a tree, and of its root. */
extern const ObjType obj_container_type;

/* A new instance with one reference, outside any tree.  The type must not be abstract. */
Obj *obj_new(const ObjType *type);

Obj *obj_ref(Obj *o);
void obj_unref(Obj *o);         /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Obj, obj_unref)

/* o if it is of that type, else NULL.  o may be NULL. */
void *obj_cast(Obj *o, const ObjType *type);

/* For messages: "uart0 (ns16550a)", or the type's name alone.  To be freed. */
char *obj_describe(const Obj *o);

/*
 * Puts child below parent, which takes a reference of its own.  Names are letters, digits and
 * "-_.[]@:"; unique among children, properties and aliases of parent.  "x[*]" stands for the first
 * free x[0], x[1]...  Errors: OBJ_ERROR_NAME.  A child that has a parent is a programmer's error.
 */
gboolean obj_add_child(Obj *parent, const char *name, Obj *child, GError **err);

/* Gives a child another name, as obj_add_child would.  Errors: likewise; then it keeps its name. */
gboolean obj_rename(Obj *o, const char *name, GError **err);

/* The child of that name (borrowed), or NULL. */
Obj *obj_child(const Obj *o, const char *name);

/* The container called name below parent, made if it is not there.  Borrowed. */
Obj *obj_container(Obj *parent, const char *name);

/*
 * Takes o out of its tree: unparent hooks, then its children in reverse order, then its links are
 * released and the parent's reference dropped.  Nothing happens to an object without a parent that
 * is no root, or one that is leaving already.  Cannot fail.
 */
void obj_unparent(Obj *o);

/* Canonical path "/machine/uart0"; "/" for the root itself.  To be freed.  NULL if the topmost
 * ancestor is not an obj_container_type: then o is in no tree. */
char *obj_path(const Obj *o);

/*
 * The object that a path names: "/a/b" from root, through children and links; or "b", "a/b", the end
 * of exactly one canonical path below root.  type may be NULL.  Borrowed.  Errors: OBJ_ERROR_PATH
 * (absent, with the nearest name; several; or of another type).
 */
Obj *obj_resolve(Obj *root, const char *path, const ObjType *type, GError **err);

/* Calls fn for o and everything below it, parents first, until it returns FALSE.  The tree may be
 * changed by fn: objects that left meanwhile are not visited. */
gboolean obj_walk(Obj *o, gboolean (*fn)(Obj *o, void *data), void *data);

/* The first object in use of o (a link that points to it), walking from root; NULL if none. */
Obj *obj_user_of(Obj *root, const Obj *o);

#endif
