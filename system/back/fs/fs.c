/* SPDX-License-Identifier: BSD-2-Clause */
/* Directories of the host as back ends.  Requests travel as those of disks do (back/block/block.c). */
#include "back/fs/fs.h"

#include "back/back.h"
#include "back/fs/p9.h"

#include "dev/lock.h"
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
    GThreadPool *worker;        /* one thread; while a device uses it */
    guint under_way;
    GMutex mutex;               /* guards finished */
    GCond cond;
    GQueue finished;            /* of SysFsReq */
    GSource *source;
};

/* --- the worker ------------------------------------------------------------------------------ */
static void work(gpointer data, gpointer unused)
{
    SysFsReq *r = data;
    SysFs *fs = r->fs;

    r->written = sys_p9_handle(fs->server, r->in, r->n, r->out, r->room);
    g_mutex_lock(&fs->mutex);
    g_queue_push_tail(&fs->finished, r);
    g_source_set_ready_time(fs->source, 0);
    g_cond_signal(&fs->cond);
    g_mutex_unlock(&fs->mutex);
}

void sys_fs_submit(SysFs *fs, SysFsReq *r)
{
    r->fs = fs;
    fs->under_way++;
    g_thread_pool_push(fs->worker, r, NULL);
}

static SysFsReq *next_finished(SysFs *fs, gboolean wait)
{
    g_mutex_lock(&fs->mutex);
    while (wait && fs->under_way && g_queue_is_empty(&fs->finished)) {
        g_cond_wait(&fs->cond, &fs->mutex);
    }
    SysFsReq *r = g_queue_pop_head(&fs->finished);
    g_mutex_unlock(&fs->mutex);
    return r;
}

static void finish(SysFs *fs, gboolean wait)
{
    SysFsReq *r;

    while ((r = next_finished(fs, wait))) {
        fs->under_way--;
        r->done(r);
    }
}

void sys_fs_drain(SysFs *fs)
{
    if (fs) {
        finish(fs, TRUE);
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

typedef struct FsSource {
    GSource source;
    SysFs *fs;
} FsSource;

static gboolean dispatch(GSource *s, GSourceFunc fn, gpointer data)
{
    g_source_set_ready_time(s, -1);
    dev_lock_take();
    if (!g_source_is_destroyed(s)) {
        finish(((FsSource *)s)->fs, FALSE);
    }
    dev_lock_drop();
    return G_SOURCE_CONTINUE;
}

static GSourceFuncs funcs = { .dispatch = dispatch };

/* --- life ------------------------------------------------------------------------------------ */
gboolean sys_fs_attach(SysFs *fs, GError **err)
{
    if (fs->is_used) {
        g_autofree char *who = obj_describe(&fs->obj);
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_IN_USE, "%s is used by another device", who);
        return FALSE;
    }
    fs->worker = g_thread_pool_new(work, NULL, 1, TRUE, err);
    fs->is_used = fs->worker != NULL;
    return fs->is_used;
}

void sys_fs_detach(SysFs *fs)
{
    if (fs && fs->is_used) {
        sys_fs_drain(fs);
        g_thread_pool_free(g_steal_pointer(&fs->worker), FALSE, TRUE);
        sys_fs_reset(fs);
        fs->is_used = FALSE;
    }
}

static gboolean open_fs(Obj *o, GError **err)
{
    SysFs *fs = (SysFs *)o;
    g_autofree char *who = obj_describe(o);

    if (!fs->path) {
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_VALUE, "%s: path: must be set", who);
        return FALSE;
    }
    int fd = open(fs->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_VALUE, "%s: '%s': %s", who, fs->path, g_strerror(errno));
        return FALSE;
    }
    fs->host = (SysFsHost){ .tree = sys_fs_tree_new(fd), .model = (SysFsModel)fs->model, .file_mode = fs->file_mode,
                            .dir_mode = fs->dir_mode };
    fs->server = sys_p9_new(&fs->host, fs->read_only);
    fs->source = g_source_new(&funcs, sizeof(FsSource));
    ((FsSource *)fs->source)->fs = fs;
    g_source_set_ready_time(fs->source, -1);
    g_source_attach(fs->source, NULL);
    o->frozen = TRUE;
    return TRUE;
}

static void init(Obj *o)
{
    SysFs *fs = (SysFs *)o;

    g_mutex_init(&fs->mutex);
    g_cond_init(&fs->cond);
    g_queue_init(&fs->finished);
}

static void unparent(Obj *o)
{
    SysFs *fs = (SysFs *)o;

    if (fs->server) {
        sys_fs_detach(fs);
        g_source_destroy(fs->source);
        g_clear_pointer(&fs->source, g_source_unref);
        g_clear_pointer(&fs->server, sys_p9_free);
        g_clear_pointer(&fs->host.tree, sys_fs_tree_free);
    }
}

static void finalize(Obj *o)
{
    SysFs *fs = (SysFs *)o;

    g_mutex_clear(&fs->mutex);
    g_cond_clear(&fs->cond);
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
