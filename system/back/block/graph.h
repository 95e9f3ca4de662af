/* SPDX-License-Identifier: BSD-2-Clause */
/* Block nodes as -blockdev and blockdev-add describe them: a node for the host's file, one for its format above. */
#ifndef SYSTEM_BACK_BLOCK_GRAPH_H
#define SYSTEM_BACK_BLOCK_GRAPH_H

#include "back/block/block.h"

#include <json-glib/json-glib.h>

/*
 * Makes the node that opts ({"driver": ..., "node-name": ..., "file": ...}) describes below dir, and those in it that
 * have names.  Borrowed.  Values may also be words.  Errors: any, naming the option; then nothing is left.
 */
SysBlock *sys_block_add(Obj *dir, JsonObject *opts, GError **err);

/* "file.filename" becomes "filename" in "file"; the caller's.  Errors: a name that is both. */
JsonObject *sys_block_nest(JsonObject *flat, GError **err);

#endif
