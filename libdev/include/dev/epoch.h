/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Epochs: reading what others replace, without locks.
 *
 * A reader brackets its accesses by enter and leave, loads a pointer once and uses what it points to
 * until leave.  A writer (one at a time: it holds the device lock) publishes a new pointer and retires
 * the old object, which is freed when every reader that could have seen it has left.  Readers never wait
 * and never write memory that others write.  Sections nest; no section may wait for the device lock.
 */
#ifndef DEV_EPOCH_H
#define DEV_EPOCH_H

#include <glib.h>

/* Any thread. */
void dev_epoch_enter(void);
void dev_epoch_leave(void);

/* Calls fn(data) under the device lock when no reader can see data any more: now, at a later retire,
 * or in dev_epoch_drain.  Device lock. */
void dev_epoch_retire(void (*fn)(void *data), void *data);

/* Waits for all readers of now and frees everything retired.  Device lock; outside any section. */
void dev_epoch_drain(void);

/* Objects retired and not yet freed. Device lock. */
guint dev_epoch_pending(void);

#endif
