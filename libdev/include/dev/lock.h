/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device lock: one for the process.  It guards the object tree, devices, wires, timers and the
 * making of address spaces.  Guest RAM is read and written without it (dev/mem.h), and dev_clock_ns needs
 * none.  A virtual CPU takes it for the time of one register access; the main loop while it runs
 * callbacks.  Host work that may block (files, sockets) is done outside it.
 */
#ifndef DEV_LOCK_H
#define DEV_LOCK_H

#include <glib.h>

void dev_lock_take(void);       /* must not be held by this thread */
void dev_lock_drop(void);
gboolean dev_lock_held(void);   /* by this thread */

#endif
