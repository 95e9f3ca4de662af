/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Machines kept in their disks: savevm, loadvm, delvm, info snapshots, -loadvm.
 *
 * Each disk that can be written gets a snapshot of that name, the first one the machine's state with it, which goes
 * through a file without a name: it is made before any disk is touched.
 */
#include "monitor/private.h"

#include "back/block/block.h"

#include "dev/clock.h"
#include "dev/snap.h"

#include <gio/gunixinputstream.h>
#include <gio/gunixoutputstream.h>
#include <string.h>
#include <unistd.h>

static const SysBlockSnaps *snaps_of(const SysBlock *b)
{
    return ((const SysBlockType *)b->obj.type)->snaps;
}

/* Those that were named, the one that keeps the machine first. */
static GPtrArray *named_disks(const SysSnapDisks *d, GError **err)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    gboolean has_state = FALSE;

    for (guint i = 0; d->names[i]; i++) {
        Obj *dir = obj_child(sys_monitors.board->b.root, "objects");
        SysBlock *b = dir ? obj_cast(obj_child(dir, d->names[i]), &sys_block_type) : NULL;
        if (!b || !snaps_of(b) || b->read_only || !b->is_used || sys_block_is_busy(b) ||
            g_ptr_array_find(all, b, NULL)) {
            obj_refuse(err, "'%s' is no disk of the machine that has snapshots, or "
                       "was named twice", d->names[i]);
            return NULL;
        }
        const gboolean first = d->state && !strcmp(d->names[i], d->state);
        g_ptr_array_insert(all, first ? 0 : -1, b);
        has_state |= first;
    }
    if (!all->len || (d->state && !has_state)) {
        obj_refuse(err, "the disk for the machine's state, '%s', is not among those named",
                   d->state ? d->state : "");
        return NULL;
    }
    return g_steal_pointer(&all);
}

/* The disks, borrowed. NULL: one of them cannot keep anything, or there is none. */
static GPtrArray *find_disks(const SysSnapDisks *d, GError **err)
{
    if (d) {
        return named_disks(d, err);
    }
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    const Obj *dir = obj_child(sys_monitors.board->b.root, "objects");

    for (guint i = 0; dir && dir->children && i < dir->children->len; i++) {
        SysBlock *b = obj_cast(g_ptr_array_index(dir->children, i), &sys_block_type);
        if (!b || !b->done.source || b->read_only || !b->is_used) {
            continue;
        }
        if (!snaps_of(b)) {
            obj_refuse(err, "the disk %s can be written, and %s has no snapshots",
                       b->obj.name, b->obj.type->name);
            return NULL;
        }
        if (sys_block_is_busy(b)) {
            g_set_error(err, OBJ_ERROR, OBJ_ERROR_IN_USE, "the disk %s is %s", b->obj.name, sys_block_busy(b));
            return NULL;
        }
        g_ptr_array_add(all, b);
    }
    if (!all->len) {
        obj_refuse(err,
                   "there is no disk that can keep the machine: a qcow2 image is needed");
        return NULL;
    }
    return g_steal_pointer(&all);
}

static gboolean has(SysBlock *b, const char *name, guint64 *state_bytes)
{
    g_autoptr(GPtrArray) all = snaps_of(b)->list(b, NULL);

    for (guint i = 0; all && i < all->len; i++) {
        const SysBlockSnap *s = g_ptr_array_index(all, i);
        if (!strcmp(s->name, name) || !strcmp(s->id, name)) {
            *state_bytes = s->state_bytes;
            return TRUE;
        }
    }
    return FALSE;
}

/* The guest does nothing, and no request is under way. TRUE: it ran. */
static gboolean hold(const GPtrArray *disks)
{
    const gboolean ran = sys_machine_running(sys_monitors.machine);

    sys_machine_stop(sys_monitors.machine);
    for (guint i = 0; i < disks->len; i++) {
        sys_block_drain(g_ptr_array_index(disks, i));
    }
    return ran;
}

static void go_on(gboolean ran)
{
    if (ran) {
        sys_machine_cont(sys_monitors.machine);
    }
}

/* A file that is gone when it is closed. */
static int open_nameless(GError **err)
{
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("rhea-state-XXXXXX", &path, err);

    if (fd >= 0) {
        unlink(path);
    }
    return fd;
}

static gboolean write_state(int fd, GError **err)
{
    g_autoptr(GOutputStream) out = g_unix_output_stream_new(fd, FALSE);

    if (!dev_snap_save(&sys_monitors.board->b, out, err) || !g_output_stream_close(out, NULL, err)) {
        return FALSE;
    }
    lseek(fd, 0, SEEK_SET);
    return TRUE;
}

static gboolean save_all(GPtrArray *disks, const char *name, int fd, GError **err)
{
    SysBlockSnap info = {
        .name = (char *)name, .date_s = g_get_real_time() / G_USEC_PER_SEC,
        .clock_ns = (guint64)dev_clock_ns(sys_monitors.board->b.clock),
    };
    guint64 bytes;

    for (guint i = 0; i < disks->len; i++) {
        SysBlock *b = g_ptr_array_index(disks, i);
        if ((has(b, name, &bytes) && !snaps_of(b)->remove(b, name, err)) ||
            !snaps_of(b)->create(b, &info, i ? -1 : fd, err)) {
            return FALSE;
        }
        info.state_bytes = 0;
    }
    return TRUE;
}

gboolean sys_snap_save(const char *name, const SysSnapDisks *which, GError **err)
{
    g_autoptr(GPtrArray) disks = find_disks(which, err);
    guint64 bytes;

    for (guint i = 0; which && disks && i < disks->len; i++) {
        if (has(g_ptr_array_index(disks, i), name, &bytes)) {
            obj_refuse(err, "Snapshot '%s' already exists in one or more devices", name);
            return FALSE;
        }
    }
    const int fd = disks ? open_nameless(err) : -1;

    if (fd < 0) {
        return FALSE;
    }
    const gboolean ran = hold(disks);
    const gboolean good = write_state(fd, err) && save_all(disks, name, fd, err);
    close(fd);
    go_on(ran);
    return good;
}

static gboolean load_all(GPtrArray *disks, const char *name, int fd, GError **err)
{
    for (guint i = 0; i < disks->len; i++) {
        SysBlock *b = g_ptr_array_index(disks, i);
        if (!snaps_of(b)->apply(b, name, i ? -1 : fd, err)) {
            return FALSE;
        }
    }
    lseek(fd, 0, SEEK_SET);
    g_autoptr(GInputStream) in = g_unix_input_stream_new(fd, FALSE);
    return dev_snap_load(&sys_monitors.board->b, in, err);
}

gboolean sys_snap_load_from(const char *name, const SysSnapDisks *which, GError **err)
{
    g_autoptr(GPtrArray) disks = find_disks(which, err);

    for (guint i = 0; disks && i < disks->len; i++) {
        SysBlock *b = g_ptr_array_index(disks, i);
        guint64 bytes = 0;
        if (!has(b, name, &bytes) || (!i && !bytes)) {
            obj_refuse(err, "the disk %s has no snapshot '%s'%s", b->obj.name, name,
                       bytes || i ? "" : " with a machine in it");
            return FALSE;
        }
    }
    const int fd = disks ? open_nameless(err) : -1;
    if (fd < 0) {
        return FALSE;
    }
    const gboolean ran = hold(disks), good = load_all(disks, name, fd, err);
    close(fd);
    if (good) {
        go_on(ran);
    }
    return good;
}

gboolean sys_snap_load(const char *name, GError **err)
{
    return sys_snap_load_from(name, NULL, err);
}

gboolean sys_snap_delete(const char *name, const SysSnapDisks *which, GError **err)
{
    g_autoptr(GPtrArray) disks = find_disks(which, err);
    guint n = 0;

    if (!disks) {
        return FALSE;
    }
    const gboolean ran = hold(disks);
    gboolean good = TRUE;
    for (guint i = 0; good && i < disks->len; i++) {
        SysBlock *b = g_ptr_array_index(disks, i);
        guint64 bytes;
        if (has(b, name, &bytes)) {
            n++;
            good = snaps_of(b)->remove(b, name, err);
        }
    }
    if (good && !n) {
        obj_refuse(err, "there is no snapshot '%s'", name);
        good = FALSE;
    }
    go_on(ran);
    return good;
}

void sys_snap_list(GString *out, GError **err)
{
    g_autoptr(GPtrArray) disks = find_disks(NULL, err);
    SysBlock *b = disks ? g_ptr_array_index(disks, 0) : NULL;
    g_autoptr(GPtrArray) all = b ? snaps_of(b)->list(b, err) : NULL;

    if (all && !all->len) {
        g_string_append(out, "There is no snapshot available.\n");
        return;
    }
    for (guint i = 0; all && i < all->len; i++) {
        const SysBlockSnap *s = g_ptr_array_index(all, i);
        g_autoptr(GDateTime) date = g_date_time_new_from_unix_local(s->date_s);
        g_autofree char *when = g_date_time_format(date, "%Y-%m-%d %H:%M:%S"), *size = g_format_size(s->state_bytes);
        const guint64 seconds = s->clock_ns / 1000000000;
        if (!i) {
            g_string_append(out, "ID        TAG               VM SIZE                DATE     VM CLOCK\n");
        }
        g_string_append_printf(out, "%-10s%-18s%9s %19s  %02u:%02u:%02u.%03u\n", s->id, s->name, size, when,
                               (guint)(seconds / 3600), (guint)(seconds / 60 % 60), (guint)(seconds % 60),
                               (guint)(s->clock_ns / 1000000 % 1000));
    }
}
