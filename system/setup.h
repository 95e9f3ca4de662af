/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine made from a command line. */
#ifndef SYSTEM_SETUP_H
#define SYSTEM_SETUP_H

#include "cli.h"
#include "machine.h"
#include "target.h"

/* A text that options ask for instead of a machine (-M help, -device x,help), to be freed; NULL: none. Errors: help for
 * something that is not there. */
char *sys_setup_help(const SysTarget *t, const SysOptions *o, GError **err);

/*
 * The board that the options describe, live, reset and with its images.  Errors: any; then nothing is left.
 * Device lock.
 */
SysBoard *sys_setup_board(const SysTarget *t, const SysOptions *o, GError **err);

/* The monitors that the options ask for, and that of a shared terminal; sys_monitors_use was called.  Device lock.
 * Errors: any. */
gboolean sys_setup_monitors(const SysTarget *t, const SysOptions *o, SysBoard *b, GError **err);

/* For Ctrl-A x: the machine that ends; NULL: none yet. */
void sys_setup_set_machine(SysMachine *m);

#endif
