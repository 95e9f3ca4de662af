/* SPDX-License-Identifier: BSD-2-Clause */
/* QMP commands for descriptors that a client sends over its Unix socket: by a name, or in sets that files are opened
 * from. */
#include "monitor/private.h"

#include "back/back.h"

#include <string.h>
#include <unistd.h>

static GHashTable *named;       /* char * to descriptor; NULL: none */

static void close_it(gpointer fd)
{
    close(GPOINTER_TO_INT(fd));
}

/* What came with this command. */
static int take(SysMonitor *m, GError **err)
{
    int fd = m ? sys_char_take_fd(m->c) : -1;

    if (fd < 0) {
        obj_refuse(err, "No file descriptor supplied via SCM_RIGHTS");
    }
    return fd;
}

int sys_qmp_take_fd(const char *name)
{
    gpointer key, fd;

    if (!named || !g_hash_table_steal_extended(named, name, &key, &fd)) {
        return -1;
    }
    g_free(key);
    return GPOINTER_TO_INT(fd);
}

void sys_qmp_forget_fds(void)
{
    g_clear_pointer(&named, g_hash_table_unref);
}

static JsonNode *do_get(SysMonitor *m, JsonObject *args, GError **err)
{
    const char *name = json_object_get_string_member(args, "fdname");
    int fd = take(m, err);

    if (fd < 0) {
        return NULL;
    }
    if (!*name || g_ascii_isdigit(*name)) {
        close(fd);
        obj_refuse(err, "Parameter 'fdname' expects a name not starting with a digit");
        return NULL;
    }
    if (!named) {
        named = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, close_it);
    }
    g_hash_table_replace(named, g_strdup(name), GINT_TO_POINTER(fd));
    return NULL;
}

static JsonNode *do_close(SysMonitor *m, JsonObject *args, GError **err)
{
    const char *name = json_object_get_string_member(args, "fdname");

    if (!named || !g_hash_table_remove(named, name)) {
        obj_refuse(err, "File descriptor named '%s' not found", name);
    }
    return NULL;
}

static void find_free(guint set, int fd, const char *opaque, void *data)
{
    guint *next = data;

    *next = MAX(*next, set + 1);
}

static JsonNode *do_add(SysMonitor *m, JsonObject *args, GError **err)
{
    const gint64 wanted = obj_json_int(args, "fdset-id", -1);
    guint set = 0;
    int fd = take(m, err);

    if (fd < 0) {
        return NULL;
    }
    sys_fdset_each(find_free, &set);
    if (wanted > G_MAXINT32 || (json_object_has_member(args, "fdset-id") && wanted < 0)) {
        close(fd);
        obj_refuse(err, "Parameter 'fdset-id' expects a non-negative value");
        return NULL;
    }
    set = wanted >= 0 ? (guint)wanted : set;
    if (!sys_fdset_add(set, fd, obj_json_str(args, "opaque"), err)) {
        close(fd);
        return NULL;
    }
    JsonObject *o = json_object_new();
    json_object_set_int_member(o, "fdset-id", set);
    json_object_set_int_member(o, "fd", fd);
    return sys_qmp_node(o);
}

static JsonNode *do_remove(SysMonitor *m, JsonObject *args, GError **err)
{
    const gint64 set = json_object_get_int_member(args, "fdset-id");
    const gint64 fd = obj_json_int(args, "fd", -1);

    if (set < 0 || set > G_MAXINT32 || fd > G_MAXINT32 || (json_object_has_member(args, "fd") && fd < 0) ||
        !sys_fdset_remove((guint)set, (int)fd)) {
        obj_refuse(err, "File descriptor named 'fdset-id:%" G_GINT64_FORMAT "' not found", set);
    }
    return NULL;
}

static const QmpArg name[] = { { "fdname", "str", FALSE }, { 0 } };
static const QmpArg add[] = { { "fdset-id", "int", TRUE }, { "opaque", "str", TRUE }, { 0 } };
static const QmpArg removal[] = { { "fdset-id", "int", FALSE }, { "fd", "int", TRUE }, { 0 } };

const QmpCommand sys_qmp_fd[] = {
    { "getfd", "keeps a descriptor that came with it, for fd:NAME and fd=NAME", name, FALSE, do_get },
    { "closefd", "closes one", name, FALSE, do_close },
    { "add-fd", "puts a descriptor that came with it into a set, for /dev/fdset/N", add, FALSE, do_add },
    { "remove-fd", "takes one out of a set, or all", removal, FALSE, do_remove },
    { 0 },
};
