/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys, buttons and pointers: from monitors (later displays) to the devices that take them.  Types and codes are those
 * of Linux's input layer. [linux/input-event-codes.h]
 *
 * Threads: the device lock.
 */
#ifndef SYSTEM_INPUT_H
#define SYSTEM_INPUT_H

#include "dev/board.h"

typedef enum SysInputKind {     /* what a device takes */
    SYS_INPUT_KEYS = 1,
    SYS_INPUT_BUTTONS = 2,
    SYS_INPUT_RELATIVE = 4,
    SYS_INPUT_ABSOLUTE = 8,     /* 0 to SYS_INPUT_MOST on each axis */
} SysInputKind;

#define SYS_INPUT_MOST 32767

typedef struct SysInputOps {
    guint kinds;                /* set of SysInputKind */
    void (*send)(Dev *d, guint type, guint code, gint32 value);
    const char *name;           /* for humans */
} SysInputOps;

/* A device that takes input has these operations. */
extern const ObjIface sys_input_iface;

/* Sends to the device of that kind that came last; FALSE if there is none. */
gboolean sys_input_send(DevBoard *b, SysInputKind kind, guint type, guint code, gint32 value);
/* What was sent belongs together and is complete. */
void sys_input_sync(DevBoard *b);

/* Calls fn for each live device that takes input. */
void sys_input_each(DevBoard *b, void (*fn)(Dev *d, const SysInputOps *ops, void *data), void *data);

/* The code of a key by its name in QMP (QKeyCode), a button's by its; 0: there is none of that name. */
guint sys_input_key(const char *name);
guint sys_input_button(const char *name);

#endif
