/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Objects that users make beside devices and their back ends (-object, object-add): sources of random bytes, memory,
 * names of threads, secrets.
 *
 * Threads: the device lock.
 */
#ifndef SYSTEM_BACK_OBJECT_OBJECT_H
#define SYSTEM_BACK_OBJECT_OBJECT_H

#include "obj/prop.h"

#include <json-glib/json-glib.h>

typedef struct SysRng {         /* "rng-builtin", "rng-random" */
    Obj obj;
    char *file;                 /* of the host; rng-random */
    int fd;                     /* -1: the host's generator */
} SysRng;

typedef struct SysMemory {      /* "memory-backend-ram", "-memfd", "-file" */
    Obj obj;
    uint64_t bytes;
    char *file;
    gboolean share, prealloc, merge, dump;
    int fd;                     /* of a file; -1: memory of the machine's own */
    gboolean is_used;
} SysMemory;

typedef struct SysIoThread {    /* "iothread": only a name */
    Obj obj;
} SysIoThread;

typedef struct SysSecret {      /* "secret" */
    Obj obj;
    char *data, *file;
    int format;
    GBytes *bytes;
} SysSecret;

extern const ObjType sys_rng_type, sys_memory_type;     /* abstract */
extern const ObjType sys_iothread;
extern const ObjType *const sys_objects[];              /* all that users can make, ended by NULL */

/* Makes one below dir from {"qom-type": type, "id": name, property: value}; values may be words.  Borrowed.  Errors:
 * any, also for types that are known and not implemented. */
Obj *sys_object_new(Obj *dir, JsonObject *words, GError **err);

/* Up to n random bytes, at once; returns how many. */
gsize sys_rng_read(SysRng *r, void *data, gsize n);

#endif
