/* SPDX-License-Identifier: BSD-2-Clause */
/* Jobs that copy disks.  See job.h. */
#include "back/block/job.h"

#include "dev/lock.h"

#include <errno.h>
#include <string.h>

enum { CHUNKS_MOST = 1 << 30 };         /* 256 TiB: an image may claim any size */

static gboolean is_todo(const SysBlockJob *j, guint64 i)
{
    return j->todo[i / 8] >> i % 8 & 1;
}

static void set_todo(SysBlockJob *j, guint64 i, gboolean todo)
{
    if (is_todo(j, i) != todo) {
        j->todo[i / 8] ^= (guint8)(1u << i % 8);
        j->left += todo ? 1 : -(guint64)1;
    }
}

/* Only what differs is written, so that what is nowhere in the target stays so where it reads as zeros. */
static int copy(SysBlockJob *j, guint64 i)
{
    const guint64 at = i * SYS_BLOCK_CHUNK, n = MIN(j->from->bytes - at, (guint64)SYS_BLOCK_CHUNK);
    int r;

    set_todo(j, i, FALSE);
    if (j->kind == SYS_BLOCK_STREAM) {
        return ((const SysBlockType *)j->from->obj.type)->chain->pull(j->from, at, n);
    }
    r = sys_block_run(j->from, SYS_BLOCK_READ, at, n, j->data);
    r = r < 0 ? r : sys_block_run(j->to, SYS_BLOCK_READ, at, n, j->other);
    if (r == 0 && memcmp(j->data, j->other, n)) {
        r = sys_block_run(j->to, SYS_BLOCK_WRITE, at, n, j->data);
    }
    return r;
}

static int copy_next(SysBlockJob *j)
{
    while (!is_todo(j, j->next)) {      /* there is one */
        guint64 word = 1;
        if (j->next % 64 == 0) {
            memcpy(&word, j->todo + j->next / 8, 8);
        }
        j->next += word ? 1 : 64;
        j->next = j->next < j->chunks ? j->next : 0;
    }
    return copy(j, j->next);
}

static void end(SysBlockJob *j, int error)
{
    j->error = error;
    j->over = TRUE;
    if (j->from->job == j) {
        j->from->job = NULL;
    }
    j->fn(j, j->opaque);
}

static gboolean goes_on(const SysBlockJob *j)
{
    return j->kind == SYS_BLOCK_MIRROR || j->kind == SYS_BLOCK_COMMIT;
}

static gboolean step(gpointer data)
{
    SysBlockJob *j = data;

    dev_lock_take();
    j->source = 0;
    int r = j->error ? j->error : j->left ? copy_next(j) : 0;
    if (r < 0) {
        end(j, r);
    } else if (j->left) {
        sys_block_job_go(j);
    } else if (!goes_on(j)) {
        r = sys_block_run(j->to ? j->to : j->from, SYS_BLOCK_FLUSH, 0, 0, NULL);
        end(j, r);
    } else if (!j->ready) {
        j->ready = TRUE;
        j->fn(j, j->opaque);
    }
    dev_lock_drop();
    return G_SOURCE_REMOVE;
}

void sys_block_job_go(SysBlockJob *j)
{
    guint64 wait_ms = j->speed ? (guint64)SYS_BLOCK_CHUNK * 1000 / j->speed : 0;

    g_clear_handle_id(&j->source, g_source_remove);
    if (!j->paused && !j->over && (j->left || !j->ready)) {
        j->source = wait_ms ? g_timeout_add((guint)MIN(wait_ms, G_MAXUINT32), step, j) : g_idle_add(step, j);
    }
}

guint64 sys_block_job_bytes(const SysBlockJob *j)
{
    return j->chunks * SYS_BLOCK_CHUNK;
}

int sys_block_job_finish(SysBlockJob *j)
{
    int r = j->error;

    sys_block_drain(j->from);
    while (r == 0 && j->left) {
        r = copy_next(j);
    }
    return r < 0 ? r : sys_block_run(j->to, SYS_BLOCK_FLUSH, 0, 0, NULL);
}

/* --- guests ---------------------------------------------------------------------------------- */
void sys_block_job_before(SysBlockJob *j, guint64 offset, guint64 bytes)
{
    int r = 0;

    if (j->kind != SYS_BLOCK_BACKUP || !bytes || j->error) {
        return;
    }
    for (guint64 i = offset / SYS_BLOCK_CHUNK; i <= (offset + bytes - 1) / SYS_BLOCK_CHUNK && r == 0; i++) {
        r = is_todo(j, i) ? copy(j, i) : 0;
    }
    if (r < 0) {
        j->error = r;           /* the target is spoilt: the next step says so */
        sys_block_job_go(j);
    }
}

void sys_block_job_after(SysBlockJob *j, guint64 offset, guint64 bytes)
{
    if (!goes_on(j) || !bytes) {
        return;
    }
    for (guint64 i = offset / SYS_BLOCK_CHUNK; i <= (offset + bytes - 1) / SYS_BLOCK_CHUNK; i++) {
        set_todo(j, i, TRUE);
    }
    if (!j->source) {
        sys_block_job_go(j);
    }
}

void sys_block_job_abandon(SysBlockJob *j)
{
    g_clear_handle_id(&j->source, g_source_remove);
    end(j, -ENODEV);
}

/* --- life ------------------------------------------------------------------------------------ */
static gboolean check(SysBlockJobKind kind, const SysBlock *from, const SysBlock *to, GError **err)
{
    const SysBlockChain *chain = ((const SysBlockType *)from->obj.type)->chain;

    const SysBlock *busy = sys_block_is_busy(from) ? from : to && sys_block_is_busy(to) ? to : NULL;

    if (busy) {
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_IN_USE, "Node '%s' is busy: block device is %s", busy->obj.name,
                    sys_block_busy(busy));
        return FALSE;
    }
    if (from->bytes > (guint64)CHUNKS_MOST * SYS_BLOCK_CHUNK) {
        return obj_refuse(err, "Node '%s' is too large for a job", from->obj.name);
    }
    if (kind == SYS_BLOCK_STREAM) {
        return (chain && !from->read_only) ||
            obj_refuse(err, "Node '%s' cannot take in what is below it", from->obj.name);
    }
    if (to == from) {
        return obj_refuse(err, "Block node '%s' is the disk itself", to->obj.name);
    }
    if (to->read_only) {
        return obj_refuse(err, "Block node '%s' is read-only", to->obj.name);
    }
    return to->bytes >= from->bytes || obj_refuse(err, "the target is smaller than the disk");
}

SysBlockJob *sys_block_job_new(SysBlockJobKind kind, SysBlock *from, SysBlock *to, guint64 speed, GError **err)
{
    if (!check(kind, from, to, err) || (to && !sys_block_attach(to, err))) {
        return NULL;
    }
    SysBlockJob *j = g_new0(SysBlockJob, 1);
    sys_block_drain(from);
    j->kind = kind;
    j->from = (SysBlock *)obj_ref(&from->obj);
    j->to = to ? (SysBlock *)obj_ref(&to->obj) : NULL;
    j->chunks = j->left = (from->bytes + SYS_BLOCK_CHUNK - 1) / SYS_BLOCK_CHUNK;
    j->todo = g_malloc((j->chunks / 64 + 1) * 8);
    memset(j->todo, 0xff, (j->chunks / 64 + 1) * 8);
    j->data = g_malloc(SYS_BLOCK_CHUNK);
    j->other = g_malloc(SYS_BLOCK_CHUNK);
    j->speed = speed;
    from->job = j;
    if (to) {
        to->is_target = TRUE;
    }
    sys_block_job_go(j);
    return j;
}

void sys_block_job_free(SysBlockJob *j)
{
    if (!j) {
        return;
    }
    g_clear_handle_id(&j->source, g_source_remove);
    if (j->from->job == j) {
        j->from->job = NULL;
    }
    if (j->to) {
        j->to->is_target = FALSE;
        sys_block_detach(j->to);
        obj_unref(&j->to->obj);
    }
    obj_unref(&j->from->obj);
    g_free(j->todo);
    g_free(j->data);
    g_free(j->other);
    g_free(j);
}
