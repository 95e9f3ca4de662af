/* SPDX-License-Identifier: BSD-2-Clause */
/* All device models, from dev/models.list. */
#ifndef SYSTEM_MODELS_H
#define SYSTEM_MODELS_H

#include "dev/board.h"

#include <json-glib/json-glib.h>

/* Ended by NULL. */
extern const DevType *const sys_models[];
extern const DevType *const sys_models_sysbus[];
extern const DevType *const sys_models_virtio_bus[];
extern const DevType *const sys_models_pci_bus[];

/* What is asked for under these names is not there yet; ended by a row without name. */
typedef struct SysModelTodo {
    const char *name, *bus;
} SysModelTodo;
extern const SysModelTodo sys_models_todo[];

/* dev_plug with all models. Of a device that is not there yet the error says so. */
Dev *sys_models_plug(DevBoard *b, JsonObject *args, GError **err);

#endif
