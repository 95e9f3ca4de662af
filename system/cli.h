/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line of machines: options as QEMU has them, one row each. */
#ifndef SYSTEM_CLI_H
#define SYSTEM_CLI_H

#include "cpu/turns.h"

#include <glib.h>

/* What was asked for, as words; nothing is judged yet but the options' names. */
typedef struct SysOptions {
    char *machine, *cpu, *memory, *smp;         /* NULL: not given */
    char *kernel, *initrd, *append, *dtb, *bios;
    char *log_items, *log_file, *pid_file, *incoming, *loadvm, *gdb;
    GPtrArray *serials, *chardevs, *drives, *devices, *netdevs, *nics, *nets, *fsdevs, *virtfs;
    GPtrArray *blockdevs, *objects, *globals, *fw_cfgs, *machines, *add_fds;
    char *name, *uuid, *rtc, *chroot, *runas;
    GPtrArray *monitors, *qmps, *mons;
    gboolean gdb_usual, snapshot, nographic, no_display, paused, no_reboot, no_shutdown, nodefaults, daemonize,
        lock_memory;
    gboolean help, version;
    guint tier;
    gboolean lazy;                  /* -tier auto */
    SysTurnsConfig turns;                       /* -icount */
} SysOptions;

/* Errors: a usage error, with the nearest option. */
SysOptions *sys_cli_parse(int argc, char **argv, GError **err);
void sys_cli_free(SysOptions *o);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SysOptions, sys_cli_free)

/* Calls fn for each option that is there; arg says its value, as the list has it, or is NULL. */
void sys_cli_each(void (*fn)(const char *name, const char *arg, void *data), void *data);

/* The list of options, to be freed. */
char *sys_cli_help(const char *program);

#endif
