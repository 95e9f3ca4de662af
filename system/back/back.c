/* SPDX-License-Identifier: BSD-2-Clause */
/* Back ends from words. */
#include "back/back.h"

#include <string.h>

static gboolean set_words(const SysBackKind *kind, Obj *o, JsonObject *words, GError **err)
{
    g_autoptr(GList) names = json_object_get_members(words);

    for (GList *l = names; l; l = l->next) {
        const char *name = l->data;
        if (strcmp(name, kind->word) && strcmp(name, "id") &&
            !obj_prop_set_text(o, name, json_object_get_string_member(words, name), err)) {
            return FALSE;
        }
    }
    return TRUE;
}

Obj *sys_back_new(const SysBackKind *kind, const ObjType *const *types, Obj *dir, const char *text, JsonObject *words,
                  GError **err)
{
    const char *type = json_object_get_string_member_with_default(words, kind->word, NULL);
    const char *id = json_object_get_string_member_with_default(words, "id", NULL);

    if (!type || !id) {
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_VALUE, "'%s': a %s needs a %s", text, kind->what,
                    type ? "name (id=...)" : kind->needs);
        return NULL;
    }
    g_autofree char *full = g_strconcat(kind->prefix, type, NULL);
    const ObjType *t = obj_type_find(types, kind->what, full, err);
    if (!t) {
        return NULL;
    }
    g_autoptr(Obj) o = obj_new(t);
    if (!obj_add_child(dir, id, o, err)) {
        return NULL;
    }
    if (!set_words(kind, o, words, err) || !kind->open(o, err)) {
        obj_unparent(o);
        return NULL;
    }
    return o;           /* dir has a reference */
}
