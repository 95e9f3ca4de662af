/* SPDX-License-Identifier: BSD-2-Clause */
/* Devices by users' words, from all models. */
#include "models.h"

#include "dev/plug.h"

Dev *sys_models_plug(DevBoard *b, JsonObject *args, GError **err)
{
    JsonNode *n = json_object_get_member(args, "driver");
    const char *name = n && JSON_NODE_HOLDS_VALUE(n) ? json_node_get_string(n) : NULL;

    for (const SysModelTodo *t = sys_models_todo; name && t->name; t++) {
        if (!strcmp(t->name, name)) {
            g_set_error(err, OBJ_ERROR, OBJ_ERROR_NO_TYPE, "device '%s': not implemented", name);
            return NULL;
        }
    }
    return dev_plug(b, sys_models, args, err);
}
