/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine for targets that monitors or debuggers look at: the board virt with two CPUs that stand, 16 MiB and a few devices. */
#ifndef TESTS_FUZZ_VIRT_H
#define TESTS_FUZZ_VIRT_H

#include "machine.h"

/* A new one, which monitors use, and the device lock, which the caller has from now on.  Its devices: keys, balloon,
 * port; disks d (of a device) and e; character back ends ring and none. */
SysMachine *fuzz_machine_start(void);
/* Ends it and drops the lock. */
void fuzz_machine_stop(SysMachine *m);

#endif
