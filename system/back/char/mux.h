/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A multiplexer: several front ends share one back end, and a person chooses by keys who hears.  Each front end gets
 * a port, a back end of its own; one may also be at the multiplexer itself.  What any of them writes goes out; what
 * comes in goes to the port in focus, but for commands: Ctrl-A and a letter.
 */
#ifndef SYSTEM_BACK_CHAR_MUX_H
#define SYSTEM_BACK_CHAR_MUX_H

#include "back/char/char.h"

extern const SysCharType sys_char_mux, sys_char_mux_port;

/* Puts a multiplexer over an open back end, below dir, which keeps it for good.  name NULL: it is a terminal's, which
 * the board shares with a monitor.  quit is called for Ctrl-A x, from the main loop under the device lock.  Borrowed.
 * Errors: the back end is used, or the name is taken. */
SysChar *sys_char_mux_new(Obj *dir, const char *name, SysChar *inner, void (*quit)(void *opaque),
                          void *opaque, GError **err);

/* Whether this is a multiplexer that was made without a name. */
gboolean sys_char_mux_is_shared(const SysChar *c);

/* Whether this is a multiplexer with a front end at one of its ports: the ports, not it, have front and links. */
gboolean sys_char_mux_is_busy(const SysChar *c);

/* A break for whoever hears c; if that is a multiplexer, the port in focus. */
void sys_char_mux_break(SysChar *c);

/* What a front end is given that names a back end: a new port, if that is a multiplexer.  Borrowed.  Errors: too many
 * ports. */
SysChar *sys_char_mux_front(SysChar *c, GError **err);

/* A new port; the first is in focus.  Borrowed.  Errors: too many. */
SysChar *sys_char_mux_add(SysChar *mux, GError **err);

#endif
