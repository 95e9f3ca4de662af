/* SPDX-License-Identifier: BSD-2-Clause */
/* What a RISC-V board needs of its ACLINT beyond the registers. */
#ifndef SYSTEM_DEV_ACLINT_H
#define SYSTEM_DEV_ACLINT_H

#include "dev/dev.h"

extern const DevType sys_aclint_mtimer, sys_aclint_mswi, sys_aclint_sswi;

/* mtime of an MTIMER device: what the harts' time CSR shows. Any thread, while it is live. */
uint64_t sys_aclint_time(Dev *d);

/* The guest time in ns at which mtime reaches a value, as things are; INT64_MAX: never.  Device lock. */
int64_t sys_aclint_ns(Dev *d, uint64_t mtime);

#endif
