/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files that make a machine from a command line. */
#ifndef SYSTEM_SETUP_PRIVATE_H
#define SYSTEM_SETUP_PRIVATE_H

#include "setup.h"

#include "back/char/char.h"

#include <json-glib/json-glib.h>

typedef struct Setup {
    const SysTarget *target;
    const SysOptions *o;
    SysBoard *board;
    guint n_drives;
    gboolean has_mux;
} Setup;

/* Lets errors begin with the option that they are about.  Returns FALSE. */
gboolean sys_setup_about(GError **err, const char *option, const char *value);
/* Calls fn with each value of an option that may be given more than once; n counts them.  Errors name the option. */
typedef gboolean SysSetupFn(Setup *s, const char *text, guint n, GError **err);
gboolean sys_setup_each(Setup *s, const char *option, const GPtrArray *all, SysSetupFn *fn, GError **err);
/* A word that says on or off, as properties have them: on, yes, true...  *value stays if it is not there. */
gboolean sys_setup_flag(JsonObject *o, const char *name, gboolean *value, GError **err);
/* For Ctrl-A x. */
void sys_setup_quit(void *opaque);

/* The options of each kind, in their order. */
gboolean sys_setup_chardevs(Setup *s, GError **err);
gboolean sys_setup_serials(Setup *s, GError **err);
gboolean sys_setup_netdevs(Setup *s, GError **err);
gboolean sys_setup_nics(Setup *s, GError **err);
gboolean sys_setup_fsdevs(Setup *s, GError **err);
gboolean sys_setup_shares(Setup *s, GError **err);
gboolean sys_setup_drives(Setup *s, gboolean flash, GError **err);

/* A character back end as -serial names it; and where they are. */
SysChar *sys_setup_char(Setup *s, const char *id, const char *text, GError **err);
Obj *sys_setup_dir_chars(Setup *s);
/* Where back ends of other kinds are. */
Obj *sys_setup_dir_objects(Setup *s);

#endif
