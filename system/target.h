/* SPDX-License-Identifier: BSD-2-Clause */
/* What makes one program of system/: a constant per executable. */
#ifndef SYSTEM_TARGET_H
#define SYSTEM_TARGET_H

#include "board/board.h"
#include "cpu/tcg.h"

#include "tcg/guest.h"

typedef struct SysCpuModel {
    const char *name, *text;
} SysCpuModel;

typedef struct SysTarget {
    const char *program;                    /* "rhea-system-riscv64" */
    const char *alias;                      /* the QEMU program whose options it takes */
    const SysBoardType *const *boards;      /* ended by NULL; the first is the default */
    const TcgGuest *guest;
    const SysTcgOps *ops;
    /* The n-th CPU model; FALSE: there are no more. */
    gboolean (*cpu_model)(guint n, SysCpuModel *model);
    const char *cpu_properties;         /* for -cpu help, what may stand behind a model; or NULL */
} SysTarget;

int sys_main(const SysTarget *t, int argc, char **argv);

#endif
