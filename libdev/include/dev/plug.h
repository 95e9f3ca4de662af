/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices by users' words: what -device, device_add and device_del do.
 */
#ifndef DEV_PLUG_H
#define DEV_PLUG_H

#include "dev/board.h"

/*
 * Creates a device of types[] (ended by NULL) from a JSON object {"driver": name, "id": name, "bus": path,
 * property: value ...}; values may also be words, as a command line has them.  Without a bus, the first that
 * fits and has room.  On a live board it is realized and reset, and borrowed; before, it waits for the board.
 * Errors: any; then nothing is left of it.
 */
Dev *dev_plug(DevBoard *b, const DevType *const *types, JsonObject *args, GError **err);

/* Takes away a device that dev_plug made, or asks the guest for it if its bus has it so: then it stays until the
 * guest lets go.  Errors: DEV_ERROR_UNPLUG (not hot-pluggable, part of the board, in use by another, or asked for
 * already). */
gboolean dev_unplug(Dev *d, GError **err);

/* For buses: the guest has let go of d.  Who watches the board hears of it. */
void dev_unplug_now(Dev *d);

/*
 * What properties are for devices made later, unless they are set: lines {"driver": type, "property": name, "value":
 * text}; a type's is for all types derived from it.  NULL: none any more.  Takes the list.
 */
void dev_plug_globals(JsonArray *globals);
/* Applies them to a new device. dev_plug does; who makes devices otherwise does it before its own settings. */
gboolean dev_plug_apply_globals(Dev *d, GError **err);

/* "driver,name=value,flag=on" into such an object; ",," stands for a comma.  The caller's.  implied names the
 * first word's member ("driver").  Errors: OBJ_ERROR_VALUE. */
JsonObject *dev_plug_parse(const char *text, const char *implied, GError **err);

/* A value as such a list takes it: commas doubled.  To be freed. */
char *dev_plug_quote(const char *value);

/* Help for one type, as `-device X,help` shows it; to be freed.  Makes an instance and drops it. */
char *dev_plug_help(const DevType *t);

#endif
