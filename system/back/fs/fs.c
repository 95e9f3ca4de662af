/* SPDX-License-Identifier: BSD-2-Clause */
/* Directories of the host as back ends.  back/done.h tells how requests travel. */
#include "back/fs/fs.h"

#include "back/back.h"
#include "back/done.h"
#include "back/fs/p9.h"

#include "dev/plug.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct SysFs {
    Obj obj;
    char *path;                 /* properties */
    int model, multidevs;
    gboolean read_only;
    uint32_t file_mode, dir_mode;
    gboolean is_used;
    SysFsHost host;
    SysP9 *server;              /* NULL unless open */
    GThread *worker;            /* while a device uses it.  Joined at its end: no thread of a pool can be */
    GAsyncQueue *todo;          /* of SysFsReq; &quit ends the worker */
    SysDone done;               /* of SysFsReq */
};

/* --- the worker ------------------------------------------------------------------------------ */
static SysFsReq quit;

static gpointer work(gpointer data)
{
    SysFs *fs = data;
    SysFsReq *r;

    while ((r = g_async_queue_pop(fs->todo)) != &quit) {
        r->written = sys_p9_handle(fs->server, r->in, r->n, r->out, r->room);
        sys_done_push(&fs->done, r);
    }
    return NULL;
}

void sys_fs_submit(SysFs *fs, SysFsReq *r)
{
    r->fs = fs;
    sys_done_begin(&fs->done);
    g_async_queue_push(fs->todo, r);
}

static void finished(gpointer request)
{
    SysFsReq *r = request;

    r->done(r);
}

void sys_fs_drain(SysFs *fs)
{
    if (fs) {
        sys_done_drain(&fs->done);
    }
}

void sys_fs_reset(SysFs *fs)
{
    sys_p9_reset(fs->server);
}

guint sys_fs_held(SysFs *fs)
{
    return sys_p9_fids(fs->server);
}

/* --- life ------------------------------------------------------------------------------------ */
gboolean sys_fs_attach(SysFs *fs, GError **err)
{
    if (fs->is_used) {
        g_autofree char *who = obj_describe(&fs->obj);
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_IN_USE, "%s is used by another device", who);
        return FALSE;
    }
    fs->worker = g_thread_try_new("9p", work, fs, err);
    fs->is_used = fs->worker != NULL;
    return fs->is_used;
}

void sys_fs_detach(SysFs *fs)
{
    if (fs && fs->is_used) {
        sys_fs_drain(fs);
        g_async_queue_push(fs->todo, &quit);
        g_thread_join(g_steal_pointer(&fs->worker));
        sys_fs_reset(fs);
        fs->is_used = FALSE;
    }
}

static gboolean open_fs(Obj *o, GError **err)
{
    SysFs *fs = (SysFs *)o;
    g_autofree char *who = obj_describe(o);

    if (!fs->path) {
        obj_refuse(err, "%s: path: must be set", who);
        return FALSE;
    }
    int fd = open(fs->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        obj_refuse(err, "%s: '%s': %s", who, fs->path, g_strerror(errno));
        return FALSE;
    }
    fs->host = (SysFsHost){ .tree = sys_fs_tree_new(fd), .model = (SysFsModel)fs->model, .file_mode = fs->file_mode,
                            .dir_mode = fs->dir_mode };
    fs->server = sys_p9_new(&fs->host, fs->read_only);
    sys_done_open(&fs->done);
    o->frozen = TRUE;
    return TRUE;
}

static void init(Obj *o)
{
    SysFs *fs = (SysFs *)o;

    sys_done_init(&fs->done, finished);
    fs->todo = g_async_queue_new();
}

static void unparent(Obj *o)
{
    SysFs *fs = (SysFs *)o;

    if (fs->server) {
        sys_fs_detach(fs);
        sys_done_close(&fs->done);
        g_clear_pointer(&fs->server, sys_p9_free);
        g_clear_pointer(&fs->host.tree, sys_fs_tree_free);
    }
}

static void finalize(Obj *o)
{
    SysFs *fs = (SysFs *)o;

    sys_done_clear(&fs->done);
    g_async_queue_unref(fs->todo);
}

static const ObjName models[] = {
    { "none", SYS_FS_NONE, "the host's owners and modes; owners that cannot be set are forgiven" },
    { "passthrough", SYS_FS_PASSTHROUGH, "the host's owners and modes; needs privilege for other owners" },
    { "mapped-xattr", SYS_FS_MAPPED, "owners, modes and special files as attributes user.virtfs.*" },
    { "mapped", SYS_FS_MAPPED, "the same" },
    { 0 },
};

static const ObjName multidevs[] = {
    { "remap", 0, "files of several file systems have numbers of their own" },
    { "warn", 0, "the same" },
    { 0 },
};

static const ObjProp props[] = {
    OBJ_PROP_STR("path", "The directory.", SysFs, path, NULL),
    OBJ_PROP_ENUM("security_model", "Where owner, mode and kind of a file are.", SysFs, model, SYS_FS_NONE, models),
    OBJ_PROP_BOOL("readonly", "Nothing can be changed.", SysFs, read_only, FALSE),
    OBJ_PROP_ENUM("multidevs", "What to do with several file systems below the directory.", SysFs, multidevs, 0,
                  multidevs),
    OBJ_PROP_UINT("fmode", "Mode of the host's files, for mapped-xattr.", SysFs, file_mode, 0600, 0, 0777),
    OBJ_PROP_UINT("dmode", "Mode of the host's directories, for mapped-xattr.", SysFs, dir_mode, 0700, 0, 0777),
    { 0 },
};

const ObjType sys_fs_type = {
    .name = "fsdev-local",
    .text = OBJ_TEXT("A directory of the host, for guests that mount it."),
    .size = sizeof(SysFs),
    .props = props,
    .init = init,
    .unparent = unparent,
    .finalize = finalize,
};

SysFs *sys_fs_new(Obj *dir, const char *text, GError **err)
{
    static const SysBackKind kind = {
        .what = "file system back end", .word = "fsdriver", .prefix = "fsdev-", .needs = "kind (local)",
            .open = open_fs,
    };
    static const ObjType *const types[] = { &sys_fs_type, NULL };
    g_autoptr(JsonObject) words = dev_plug_parse(text, kind.word, err);

    return words ? (SysFs *)sys_back_new(&kind, types, dir, text, words, err) : NULL;
}
