/* SPDX-License-Identifier: BSD-2-Clause */
/* All device models, from dev/models.list. */
#ifndef SYSTEM_MODELS_H
#define SYSTEM_MODELS_H

#include "dev/dev.h"

/* Ended by NULL. */
extern const DevType *const sys_models[];
extern const DevType *const sys_models_sysbus[];
extern const DevType *const sys_models_virtio_bus[];
extern const DevType *const sys_models_pci_bus[];

#endif
