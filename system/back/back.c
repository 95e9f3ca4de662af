/* SPDX-License-Identifier: BSD-2-Clause */
/* Back ends from words. */
#include "back/back.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define FDSET "/dev/fdset/"

typedef struct FdSet {
    guint set;
    int fd;
    char *opaque;
} FdSet;

static GArray *fdsets;          /* NULL: there are none; they live as long as the program */

gboolean sys_fdset_add(guint set, int fd, const char *opaque, GError **err)
{
    FdSet s = { set, fd, g_strdup(opaque) };

    if (fd < 3 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
        g_free(s.opaque);
        obj_refuse(err, "fd=%d: no such descriptor", fd);
        return FALSE;
    }
    if (!fdsets) {
        fdsets = g_array_new(FALSE, FALSE, sizeof(FdSet));
    }
    g_array_append_val(fdsets, s);
    return TRUE;
}

gboolean sys_fdset_remove(guint set, int fd)
{
    gboolean found = FALSE;

    for (guint i = fdsets ? fdsets->len : 0; i-- > 0;) {
        const FdSet *s = &g_array_index(fdsets, FdSet, i);
        if (s->set == set && (fd < 0 || s->fd == fd)) {
            found = TRUE;
            close(s->fd);
            g_free(s->opaque);
            g_array_remove_index(fdsets, i);
        }
    }
    return found;
}

void sys_fdset_each(void (*fn)(guint set, int fd, const char *opaque, void *data), void *data)
{
    for (guint i = 0; fdsets && i < fdsets->len; i++) {
        const FdSet *s = &g_array_index(fdsets, FdSet, i);
        fn(s->set, s->fd, s->opaque, data);
    }
}

static gboolean may(int fd, int flags)
{
    int have = fcntl(fd, F_GETFL), want = flags & O_ACCMODE;

    return have >= 0 && ((have & O_ACCMODE) == O_RDWR || (have & O_ACCMODE) == want);
}

int sys_open(const char *path, int flags, mode_t mode)
{
    char *end;

    if (!g_str_has_prefix(path, FDSET)) {
        return open(path, flags | O_CLOEXEC, mode);
    }
    guint64 set = g_ascii_strtoull(path + strlen(FDSET), &end, 10);
    for (guint i = 0; !*end && fdsets && i < fdsets->len; i++) {
        const FdSet *s = &g_array_index(fdsets, FdSet, i);
        if (s->set == set && may(s->fd, flags)) {
            return fcntl(s->fd, F_DUPFD_CLOEXEC, 0);
        }
    }
    errno = ENOENT;
    return -1;
}

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
    const char *type = obj_json_str(words, kind->word);
    const char *id = obj_json_str(words, "id");

    if (!type || !id) {
        obj_refuse(err, "'%s': a %s needs a %s", text, kind->what,
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
