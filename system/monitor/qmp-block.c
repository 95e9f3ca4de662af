/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QMP commands that put images over disks, and copy disks while the machine runs.  qmp-jobs.c has the jobs' verbs.
 *
 * The images below a disk's have names only if their nodes were made by themselves; others are found by their files.
 */
#include "monitor/private.h"

#include "back/back.h"
#include "back/block/qcow2.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static Obj *dir(void)
{
    return obj_container(sys_monitors.board->b.root, "objects");
}

static const SysBlockChain *chain_of(const SysBlock *b)
{
    return ((const SysBlockType *)b->obj.type)->chain;
}

static SysBlock *below(const SysBlock *b)
{
    return b && chain_of(b) ? chain_of(b)->get(b) : NULL;
}

SysBlock *sys_qmp_find_node(const char *name, GError **err)
{
    SysBlock *b = name ? obj_cast(obj_child(dir(), name), &sys_block_type) : NULL;

    if (!b) {
        obj_refuse(err, "Cannot find device='%s' nor node-name='%s'", name ? name : "", name ? name : "");
    }
    return b;
}

SysBlock *sys_qmp_find_disk(const char *name, GError **err)
{
    for (guint i = 0; name && *name && dir()->children && i < dir()->children->len; i++) {
        SysBlock *b = obj_cast(g_ptr_array_index(dir()->children, i), &sys_block_type);
        if (b && !g_strcmp0(b->disk, name)) {
            return b;
        }
    }
    return sys_qmp_find_node(name, err);
}

/* What the device was promised of its writes stays; what the host keeps is each node's own. */
static int promised(const SysBlock *from, const SysBlock *to)
{
    const gboolean through = from->cache == SYS_BLOCK_WRITETHROUGH || from->cache == SYS_BLOCK_DIRECTSYNC;

    return !through || to->cache == SYS_BLOCK_UNSAFE ? to->cache
        : to->cache == SYS_BLOCK_NONE || to->cache == SYS_BLOCK_DIRECTSYNC ? SYS_BLOCK_DIRECTSYNC
                                                                           : SYS_BLOCK_WRITETHROUGH;
}

gboolean sys_qmp_swap(SysBlock *from, SysBlock *to, GError **err)
{
    Obj *user = obj_user_of(sys_monitors.board->b.root, &from->obj);
    const int cache = to->cache;

    if (!user) {
        return obj_refuse(err, "Node '%s': no device uses it", from->obj.name);
    }
    to->cache = promised(from, to);
    if (!obj_prop_set_link(user, "drive", &to->obj, err)) {
        to->cache = cache;
        return FALSE;
    }
    g_free(to->disk);
    to->disk = g_strdup(from->disk && *from->disk ? from->disk : from->obj.name);
    g_free(from->disk);
    from->disk = g_strdup("");
    return TRUE;
}

/* --- images over a disk ---------------------------------------------------------------------- */
/* The disk's image is only read from now on, and over gets what is written. */
static gboolean put_over(SysBlock *b, SysBlock *over, GError **err)
{
    sys_block_drain(b);
    if (sys_block_run(b, SYS_BLOCK_FLUSH, 0, 0, NULL) < 0 || !sys_block_reopen(b, TRUE, err)) {
        return (err && *err) || obj_refuse(err, "Node '%s' cannot be flushed", b->obj.name);
    }
    b->read_only = FALSE;               /* for who looks whether over can take its place */
    gboolean good = sys_qmp_swap(b, over, err);
    b->read_only = TRUE;
    if (!good) {
        sys_block_reopen(b, FALSE, NULL);
        return FALSE;
    }
    chain_of(over)->set(over, b);
    return TRUE;
}

static gboolean may_be_over(const SysBlock *b, const SysBlock *over, GError **err)
{
    if (b->read_only || !b->is_used || sys_block_is_busy(b)) {
        return obj_refuse(err, "Node '%s' is read-only, used by no device, or by a job", b->obj.name);
    }
    if (over && (!chain_of(over) || over == b || over->is_used || below(over) || over->read_only)) {
        return obj_refuse(err, "Node '%s' cannot be the overlay: it must be a qcow2 image that nobody uses, "
                          "with backing: null", over->obj.name);
    }
    return TRUE;
}

static JsonNode *do_snapshot(SysMonitor *m, JsonObject *args, GError **err)
{
    SysBlock *b = sys_qmp_find_node(obj_json_str(args, "node"), err);
    SysBlock *over = b ? sys_qmp_find_node(obj_json_str(args, "overlay"), err) : NULL;

    if (over && may_be_over(b, over, err)) {
        put_over(b, over, err);
    }
    return NULL;
}

/* --- files that commands name ---------------------------------------------------------------- */
static gboolean takes_mode(const char *mode, GError **err)
{
    return !mode || !strcmp(mode, "existing") || !strcmp(mode, "absolute-paths") ||
        obj_refuse(err, "Parameter 'mode' does not accept value '%s'", mode);
}

static gboolean is_same_file(const struct stat *a, int fd)
{
    struct stat b;

    return fstat(fd, &b) == 0 && (a->st_mode & S_IFMT) == (b.st_mode & S_IFMT) &&
        (S_ISBLK(a->st_mode) ? a->st_rdev == b.st_rdev : a->st_dev == b.st_dev && a->st_ino == b.st_ino);
}

/* The node that has a file open, or has one below it that has; NULL: none. */
static const SysBlock *find_user(const struct stat *file)
{
    for (guint i = 0; dir()->children && i < dir()->children->len; i++) {
        const SysBlock *node = obj_cast(g_ptr_array_index(dir()->children, i), &sys_block_type);
        for (const SysBlock *b = node; b; b = below(b)) {
            if (!b->is_broken && is_same_file(file, ((const SysBlockType *)b->obj.type)->file(b))) {
                return node;
            }
        }
    }
    return NULL;
}

/* Opens a file to be written, which no node has open: an existing one as it is, or an empty one. -1 with an error. */
static int take_file(const char *path, gboolean existing, GError **err)
{
    int fd = sys_open(path, O_RDWR | (existing ? 0 : O_CREAT), 0644);
    struct stat st;
    const SysBlock *user = NULL;

    if (fd >= 0 && fstat(fd, &st) == 0) {
        user = find_user(&st);
        if (!user && (existing || !S_ISREG(st.st_mode) || ftruncate(fd, 0) == 0)) {
            return fd;
        }
    }
    if (user) {
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_IN_USE, "'%s' is in use: node '%s' has it", path, user->obj.name);
    } else {
        obj_refuse(err, "Could not %s '%s': %s", existing ? "open" : "create", path, g_strerror(errno));
    }
    if (fd >= 0) {
        close(fd);
    }
    return -1;
}

/* The file is there and may be written. */
static gboolean may_use(const char *path, GError **err)
{
    int fd = take_file(path, TRUE, err);

    return fd >= 0 && close(fd) == 0;
}

/* A new qcow2 image in a file. */
static gboolean create(const char *path, guint64 bytes, const SysBlock *backing, GError **err)
{
    g_autofree char *name = backing ? obj_prop_get_text((Obj *)backing, "path", NULL) : NULL;
    g_autofree char *full = name ? g_canonicalize_filename(name, NULL) : NULL;
    const char *format = backing ? strchr(backing->obj.type->name, '-') + 1 : NULL;
    if (full && strlen(full) >= 1024) {
        return obj_refuse(err, "'%s': the name is too long", full);
    }
    int fd = take_file(path, FALSE, err);
    gboolean good = fd >= 0 && sys_qcow2_create(fd, bytes, full, format, err);
    if (fd >= 0) {
        close(fd);
    }
    return good;
}

/* Opens a file as a node for a disk, whose cache mode it has; without_backing: nothing below it is opened. */
static SysBlock *open_file(const SysBlock *disk, const char *path, const char *format, const char *name,
                           gboolean without_backing, GError **err)
{
    g_autoptr(JsonObject) words = json_object_new();

    json_object_set_string_member(words, "driver", format);
    json_object_set_string_member(words, "id", name ? name : "block[*]");
    json_object_set_string_member(words, "path", path);
    if (without_backing) {
        json_object_set_string_member(words, "backing", "");
    }
    SysBlock *b = sys_block_new_words(dir(), path, words, err);
    if (b) {
        b->cache = disk->cache;
    }
    return b;
}

static JsonNode *do_snapshot_sync(SysMonitor *m, JsonObject *args, GError **err)
{
    const char *path = obj_json_str(args, "snapshot-file"), *format = obj_json_str(args, "format");
    const char *mode = obj_json_str(args, "mode");
    const char *node = obj_json_str(args, "node-name");
    SysBlock *b = node ? sys_qmp_find_node(node, err) : sys_qmp_find_disk(obj_json_str(args, "device"), err);

    if (!b || !may_be_over(b, NULL, err)) {
        return NULL;
    }
    if (format && strcmp(format, "qcow2")) {
        obj_refuse(err, "Format '%s' does not support backing files, or is not implemented; qcow2 is", format);
        return NULL;
    }
    if (!takes_mode(mode, err) ||
        !(g_strcmp0(mode, "existing") ? create(path, b->bytes, b, err) : may_use(path, err))) {
        return NULL;
    }
    SysBlock *over = open_file(b, path, "qcow2", obj_json_str(args, "snapshot-node-name"), TRUE, err);
    if (over && (!may_be_over(b, over, err) || !put_over(b, over, err))) {
        obj_unparent(&over->obj);
    }
    return NULL;
}

/* One action: several would have to be undone together. */
static JsonNode *do_transaction(SysMonitor *m, JsonObject *args, GError **err)
{
    JsonNode *n = json_object_get_member(args, "actions");
    JsonArray *a = n && JSON_NODE_HOLDS_ARRAY(n) ? json_node_get_array(n) : NULL;
    JsonNode *first = a && json_array_get_length(a) ? json_array_get_element(a, 0) : NULL;
    JsonObject *o = first && JSON_NODE_HOLDS_OBJECT(first) ? json_node_get_object(first) : NULL;
    const char *type = obj_json_str(o, "type");

    if (!a || (json_array_get_length(a) && (!type || !json_object_has_member(o, "data")))) {
        obj_refuse(err, "Parameter 'actions' expects a list of actions with type and data");
        return NULL;
    }
    if (json_array_get_length(a) > 1) {
        obj_refuse(err, "transaction: not implemented: more than one action");
        return NULL;
    }
    if (type && strcmp(type, "blockdev-snapshot") && strcmp(type, "blockdev-snapshot-sync") &&
        strcmp(type, "blockdev-backup")) {
        obj_refuse(err, "transaction: not implemented: '%s'", type);
        return NULL;
    }
    JsonNode *data = o ? json_object_get_member(o, "data") : NULL;
    if (data && !JSON_NODE_HOLDS_OBJECT(data)) {
        obj_refuse(err, "Parameter 'actions' expects data to be an object");
        return NULL;
    }
    return data ? sys_qmp_call(m, type, json_node_get_object(data), err) : NULL;
}

/* --- copies ---------------------------------------------------------------------------------- */
static JsonNode *start(SysBlockJobKind kind, const char *type, JsonObject *args, SysBlock *from, SysBlock *to,
                       GError **err)
{
    const gint64 speed = obj_json_int(args, "speed", 0);
    SysBlockJob *j = sys_block_job_new(kind, from, to, (guint64)speed, err);

    if (j) {
        sys_qmp_job_begin(type, args, j);
    }
    return NULL;
}

static gboolean is_full(JsonObject *args, GError **err)
{
    const char *sync = obj_json_str(args, "sync");

    return !strcmp(sync, "full") || obj_refuse(err, "sync '%s': not implemented; full is", sync);
}

static JsonNode *copy_to(SysBlockJobKind kind, const char *type, JsonObject *args, GError **err)
{
    SysBlock *from = sys_qmp_find_disk(obj_json_str(args, "device"), err);
    SysBlock *to = from ? sys_qmp_find_node(obj_json_str(args, "target"), err) : NULL;

    return to && is_full(args, err) && sys_qmp_job_may(args, err) ? start(kind, type, args, from, to, err) : NULL;
}

static JsonNode *do_mirror(SysMonitor *m, JsonObject *args, GError **err)
{
    return copy_to(SYS_BLOCK_MIRROR, "mirror", args, err);
}

static JsonNode *do_backup(SysMonitor *m, JsonObject *args, GError **err)
{
    return copy_to(SYS_BLOCK_BACKUP, "backup", args, err);
}

/* An image of the size of a disk, made if need be. */
static gboolean make_target(const char *path, const char *format, guint64 bytes, GError **err)
{
    if (!strcmp(format, "qcow2")) {
        return create(path, bytes, NULL, err);
    }
    int fd = take_file(path, FALSE, err);
    gboolean good = fd >= 0 && ftruncate(fd, (off_t)bytes) == 0;
    if (fd >= 0 && !good) {
        obj_refuse(err, "Could not create '%s': %s", path, g_strerror(errno));
    }
    if (fd >= 0) {
        close(fd);
    }
    return good;
}

/* The older commands name a file: its node is made here, and lives as long as the disk needs it. */
static JsonNode *copy_to_file(SysBlockJobKind kind, const char *type, JsonObject *args, GError **err)
{
    SysBlock *from = sys_qmp_find_disk(obj_json_str(args, "device"), err);
    const char *path = obj_json_str(args, "target"), *format = obj_json_str(args, "format");
    const char *mode = obj_json_str(args, "mode");

    format = format ? format : from ? strchr(from->obj.type->name, '-') + 1 : NULL;
    if (!from || !is_full(args, err) || !takes_mode(mode, err) || !sys_qmp_job_may(args, err)) {
        return NULL;
    }
    if (strcmp(format, "raw") && strcmp(format, "qcow2")) {
        obj_refuse(err, "Format '%s' is not implemented; raw and qcow2 are", format);
        return NULL;
    }
    if (!(g_strcmp0(mode, "existing") ? make_target(path, format, from->bytes, err) : may_use(path, err))) {
        return NULL;
    }
    SysBlock *to = open_file(from, path, format, obj_json_str(args, "node-name"), FALSE, err);
    GError *why = NULL;
    if (to) {
        start(kind, type, args, from, to, &why);
    }
    if (why) {
        obj_unparent(&to->obj);
        g_propagate_error(err, why);
    }
    return NULL;
}

static JsonNode *do_drive_mirror(SysMonitor *m, JsonObject *args, GError **err)
{
    return copy_to_file(SYS_BLOCK_MIRROR, "mirror", args, err);
}

static JsonNode *do_drive_backup(SysMonitor *m, JsonObject *args, GError **err)
{
    return copy_to_file(SYS_BLOCK_BACKUP, "backup", args, err);
}

/* --- chains ---------------------------------------------------------------------------------- */
static gboolean is_called(const SysBlock *b, const char *node, const char *file)
{
    g_autofree char *path = obj_prop_get_text((Obj *)b, "path", NULL);

    return node ? !g_strcmp0(b->obj.name, node) : file ? !g_strcmp0(path, file) : !below(b);
}

/* The image that all is written into can be written, and is in the tree. */
static gboolean prepare_base(SysBlock *top, SysBlock *base, GError **err)
{
    SysBlock *over = top;

    while (below(over) != base) {
        over = below(over);
    }
    sys_block_drain(top);
    if (!base->obj.parent) {
        SysBlock *taken = chain_of(over)->take(over);
        gboolean good = sys_block_adopt(dir(), "block[*]", taken, err);
        g_assert(good);
        chain_of(over)->set(over, taken);
        taken->cache = top->cache;
        obj_unref(&taken->obj);
    }
    if (!sys_block_reopen(base, FALSE, err)) {
        return FALSE;
    }
    if (base->bytes < top->bytes && !sys_block_resize(base, top->bytes, err)) {
        sys_block_reopen(base, TRUE, NULL);
        return FALSE;
    }
    return TRUE;
}

static JsonNode *do_commit(SysMonitor *m, JsonObject *args, GError **err)
{
    SysBlock *top = sys_qmp_find_disk(obj_json_str(args, "device"), err), *base = top;
    const char *over = obj_json_str(args, "top-node"), *file = obj_json_str(args, "top");

    if (!top || !sys_qmp_job_may(args, err)) {
        return NULL;
    }
    if ((over || file) && !is_called(top, over, file)) {
        obj_refuse(err, "not implemented: to commit an image below the disk's own ('%s')", over ? over : file);
        return NULL;
    }
    do {
        base = below(base);
    } while (base && !is_called(base, obj_json_str(args, "base-node"), obj_json_str(args, "base")));
    if (!base || sys_block_is_busy(top)) {
        obj_refuse(err, base ? "Node '%s' is busy: block device is %s" : "Node '%s': there is no such image below it",
                   top->obj.name, sys_block_busy(top));
        return NULL;
    }
    GError *why = NULL;
    if (prepare_base(top, base, err)) {
        start(SYS_BLOCK_COMMIT, "commit", args, top, base, &why);
        if (why) {
            sys_block_reopen(base, TRUE, NULL);
            g_propagate_error(err, why);
        }
    }
    return NULL;
}

static JsonNode *do_stream(SysMonitor *m, JsonObject *args, GError **err)
{
    SysBlock *b = sys_qmp_find_disk(obj_json_str(args, "device"), err);

    if (!b || !sys_qmp_job_may(args, err)) {
        return NULL;
    }
    if (obj_json_str(args, "base") || obj_json_str(args, "base-node") || obj_json_str(args, "bottom")) {
        obj_refuse(err, "block-stream: not implemented: base, base-node and bottom; all that is below is taken in");
        return NULL;
    }
    return start(SYS_BLOCK_STREAM, "stream", args, b, NULL, err);
}

/* --- snapshots inside an image --------------------------------------------------------------- */
static JsonNode *internal(JsonObject *args, gboolean remove, GError **err)
{
    SysBlock *b = sys_qmp_find_disk(obj_json_str(args, "device"), err);
    const SysBlockSnaps *snaps = b ? ((const SysBlockType *)b->obj.type)->snaps : NULL;
    SysBlockSnap info = { .name = (char *)obj_json_str(args, "name"), .date_s = g_get_real_time() / G_USEC_PER_SEC };

    if (!b) {
        return NULL;
    }
    if (!snaps || b->read_only || sys_block_is_busy(b)) {
        obj_refuse(err, "Node '%s': its format has no snapshots, it is read-only, or busy", b->obj.name);
        return NULL;
    }
    const gboolean ran = sys_machine_running(sys_monitors.machine);
    sys_machine_stop(sys_monitors.machine);
    sys_block_drain(b);
    if (remove) {
        snaps->remove(b, info.name, err);
    } else {
        snaps->create(b, &info, -1, err);
    }
    if (ran) {
        sys_machine_cont(sys_monitors.machine);
    }
    return NULL;
}

static JsonNode *do_internal(SysMonitor *m, JsonObject *args, GError **err)
{
    return internal(args, FALSE, err);
}

static JsonNode *do_delete_internal(SysMonitor *m, JsonObject *args, GError **err)
{
    return internal(args, TRUE, err);
}

/* What all jobs take; the last are wishes about how the work is done. */
#define JOB { "job-id", "str", TRUE }, { "speed", "int", TRUE }, { "auto-finalize", "bool", TRUE }, \
    { "auto-dismiss", "bool", TRUE }, { "on-error", "str", TRUE }, { "on-source-error", "str", TRUE }, \
    { "on-target-error", "str", TRUE }, { "copy-mode", "str", TRUE }, { "filter-node-name", "str", TRUE }, \
    { "granularity", "int", TRUE }, { "buf-size", "int", TRUE }
static const QmpArg snapshot[] = { { "node", "str", FALSE }, { "overlay", "str", FALSE }, { 0 } };
static const QmpArg snapshot_sync[] = {
    { "device", "str", TRUE }, { "node-name", "str", TRUE }, { "snapshot-file", "str", FALSE },
    { "snapshot-node-name", "str", TRUE }, { "format", "str", TRUE }, { "mode", "str", TRUE }, { 0 },
};
static const QmpArg transaction[] = { { "actions", "any", FALSE }, { 0 } };
static const QmpArg copies[] = { { "device", "str", FALSE }, { "target", "str", FALSE }, { "sync", "str", FALSE }, JOB,
                                 { 0 } };
static const QmpArg file_copies[] = {
    { "device", "str", FALSE }, { "target", "str", FALSE }, { "sync", "str", FALSE }, { "format", "str", TRUE },
    { "mode", "str", TRUE }, { "node-name", "str", TRUE }, JOB, { 0 },
};
static const QmpArg commit[] = {
    { "device", "str", FALSE }, { "base", "str", TRUE }, { "base-node", "str", TRUE }, { "top", "str", TRUE },
    { "top-node", "str", TRUE }, JOB, { 0 },
};
static const QmpArg stream[] = { { "device", "str", FALSE }, { "base", "str", TRUE }, { "base-node", "str", TRUE },
                                 { "bottom", "str", TRUE }, JOB, { 0 } };
static const QmpArg named[] = { { "device", "str", FALSE }, { "name", "str", FALSE }, { 0 } };

const QmpCommand sys_qmp_block[] = {
    { "blockdev-snapshot", "a node gets what is written to another's disk", snapshot, FALSE, do_snapshot },
    { "blockdev-snapshot-sync", "a new image over a disk gets what is written", snapshot_sync, FALSE,
      do_snapshot_sync },
    { "blockdev-snapshot-internal-sync", "a snapshot inside a disk's image", named, FALSE, do_internal },
    { "blockdev-snapshot-delete-internal-sync", "drops one", named, FALSE, do_delete_internal },
    { "transaction", "one action", transaction, FALSE, do_transaction },
    { "blockdev-mirror", "a job: a node becomes a copy of a disk, and stays one", copies, FALSE, do_mirror },
    { "blockdev-backup", "a job: a node becomes what a disk is now", copies, FALSE, do_backup },
    { "drive-mirror", "as blockdev-mirror, into a file", file_copies, FALSE, do_drive_mirror },
    { "drive-backup", "as blockdev-backup, into a file", file_copies, FALSE, do_drive_backup },
    { "block-commit", "a job: what an image has goes into one below it, which takes its place", commit, FALSE,
      do_commit },
    { "block-stream", "a job: an image needs nothing below it any more", stream, FALSE, do_stream },
    { 0 },
};
