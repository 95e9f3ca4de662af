/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reset, in three phases over a device, its components and what sits on its buses:
 *
 * enter   each device's fields take their reset values, then the reset_enter hooks; no side effects on
 *         others.
 * hold    everybody is in reset: lines are driven to their reset levels here.
 * exit    reset ends: what a device does on its own begins.
 *
 * Resets are counted: a device held by two owners leaves when both have let go.  Devices that leave the
 * tree while a reset walks it are skipped; those that come are reset as part of their realize.
 */
#ifndef DEV_RESET_H
#define DEV_RESET_H

#include "dev/dev.h"

/* All three phases. */
void dev_reset(Dev *d, DevResetKind kind);

/* enter and hold; exit. Each hold needs one release. */
void dev_reset_hold(Dev *d, DevResetKind kind);
void dev_reset_release(Dev *d);

#endif
