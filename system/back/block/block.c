/* SPDX-License-Identifier: BSD-2-Clause */
/* Block back ends.  back/done.h tells how requests travel. */
#include "back/block/block.h"

#include "back/back.h"
#include "back/block/job.h"

#include "dev/plug.h"

#include <errno.h>
#include <string.h>

#define WORKERS 4

const SysBlockType *const sys_blocks[] = { &sys_block_raw, &sys_block_qcow2, NULL };

static const SysBlockType *type_of(const SysBlock *b)
{
    return (const SysBlockType *)b->obj.type;
}

/* --- workers --------------------------------------------------------------------------------- */
/* DEVIATION: with "none" and "directsync" QEMU goes past the host's page cache (O_DIRECT). Here requests go through it,
 * so that they need not be aligned, and after each flush it is emptied of the file. */
static int flush(SysBlock *b)
{
    SysBlockReq r = { .op = SYS_BLOCK_FLUSH, .block = b };
    const int result = b->cache == SYS_BLOCK_UNSAFE ? 0 : type_of(b)->run(b, &r);

    if ((b->cache == SYS_BLOCK_NONE || b->cache == SYS_BLOCK_DIRECTSYNC) && type_of(b)->uncache) {
        type_of(b)->uncache(b);
    }
    return result;
}

static void work(gpointer data, gpointer unused)
{
    SysBlockReq *r = data;
    SysBlock *b = r->block;
    const gboolean sync = b->cache == SYS_BLOCK_WRITETHROUGH || b->cache == SYS_BLOCK_DIRECTSYNC;

    r->result = b->is_broken ? -EIO : r->op == SYS_BLOCK_FLUSH ? flush(b) : type_of(b)->run(b, r);
    if (r->result == 0 && r->op == SYS_BLOCK_WRITE && sync) {
        r->result = flush(b);
    }
    sys_done_push(&b->done, r);
}

static GThreadPool *workers(void)
{
    static GThreadPool *pool;       /* under the device lock; lives as long as the program */

    if (!pool) {
        pool = g_thread_pool_new(work, NULL, WORKERS, TRUE, NULL);     /* all at once: no thread comes or goes later */
    }
    return pool;
}

void sys_block_submit(SysBlock *b, SysBlockReq *r)
{
    g_assert(b->done.source && r->offset <= b->bytes && r->bytes <= b->bytes - r->offset);
    r->block = b;
    r->began_us = g_get_monotonic_time();
    if (b->job && (r->op == SYS_BLOCK_WRITE || r->op == SYS_BLOCK_DISCARD)) {
        sys_block_job_before(b->job, r->offset, r->bytes);
    }
    sys_done_begin(&b->done);
    g_thread_pool_push(workers(), r, NULL);
}

static void finished(gpointer request)
{
    SysBlockReq *r = request;
    SysBlock *b = r->block;

    if (b->job && (r->op == SYS_BLOCK_WRITE || r->op == SYS_BLOCK_DISCARD)) {
        sys_block_job_after(b->job, r->offset, r->bytes);
    }
    b->stats[r->op].requests++;
    b->stats[r->op].bytes += r->bytes;
    b->stats[r->op].failed += r->result < 0;
    b->stats[r->op].us += (guint64)(g_get_monotonic_time() - r->began_us);
    r->done(r);
}

void sys_block_drain(SysBlock *b)
{
    if (b) {
        sys_done_drain(&b->done);
    }
}

int sys_block_run(SysBlock *b, SysBlockOp op, guint64 offset, guint64 bytes, guint8 *data)
{
    SysBlockReq r = { .op = op, .offset = offset, .bytes = bytes, .data = data, .block = b };

    return b->is_broken ? -EIO : op == SYS_BLOCK_FLUSH ? flush(b) : type_of(b)->run(b, &r);
}

gboolean sys_block_reopen(SysBlock *b, gboolean read_only, GError **err)
{
    const gboolean before = b->read_only;

    if (before == read_only || b->is_broken) {
        return !b->is_broken || obj_refuse(err, "it was lost when it was opened again");
    }
    sys_block_drain(b);
    type_of(b)->close(b);
    b->read_only = read_only;
    if (type_of(b)->open(b, err)) {
        return TRUE;
    }
    b->read_only = before;
    b->is_broken = !type_of(b)->open(b, NULL);
    return FALSE;
}

/* --- machines that move ---------------------------------------------------------------------- */
static gboolean awaited;        /* under the device lock */

void sys_block_await(gboolean on)
{
    awaited = on;
}

static gboolean can_go(const SysBlock *b)
{
    return type_of(b)->exclusive && !b->read_only && !b->is_temporary;
}

gboolean sys_block_leave(SysBlock *b, GError **err)
{
    if (b->read_only || b->is_broken || sys_block_is_busy(b)) {
        return TRUE;
    }
    sys_block_drain(b);
    int r = sys_block_run(b, SYS_BLOCK_FLUSH, 0, 0, NULL);
    if (r < 0) {
        return obj_refuse(err, "the disk %s: %s", b->obj.name, g_strerror(-r));
    }
    if (can_go(b)) {
        type_of(b)->close(b);
        b->is_away = b->is_broken = TRUE;
    }
    return TRUE;
}

gboolean sys_block_take_back(SysBlock *b, GError **err)
{
    if (!b->is_away) {
        return TRUE;
    }
    b->is_away = FALSE;
    b->is_broken = b->is_away = !type_of(b)->open(b, err);
    return !b->is_broken;
}

gboolean sys_block_adopt(Obj *dir, const char *name, SysBlock *b, GError **err)
{
    if (!obj_add_child(dir, name, &b->obj, err)) {
        return FALSE;
    }
    sys_done_open(&b->done);
    b->obj.frozen = TRUE;
    return TRUE;
}

const char *sys_block_busy(const SysBlock *b)
{
    return b->job || b->is_target ? "in use by block job" : b->is_away ? "with another machine" : NULL;
}

gboolean sys_block_is_busy(const SysBlock *b)
{
    return sys_block_busy(b) != NULL;
}

gboolean sys_block_resize(SysBlock *b, guint64 bytes, GError **err)
{
    g_autofree char *who = obj_describe(&b->obj);
    const char *busy = sys_block_busy(b);

    sys_block_drain(b);
    if (busy) {
        return obj_refuse(err, "%s is %s", who, busy);
    }
    if (b->read_only || !type_of(b)->resize || bytes % 512) {
        return obj_refuse(err, "%s: %s", who, b->read_only ? "is read-only"
                          : bytes % 512 ? "a size is a multiple of 512"
                          : "not implemented: another size of such an image");
    }
    if (!type_of(b)->resize(b, bytes, err)) {
        return FALSE;
    }
    b->bytes = bytes;
    if (b->resized) {
        b->resized(b->resized_opaque);
    }
    return TRUE;
}

/* --- life ------------------------------------------------------------------------------------ */
gboolean sys_block_attach(SysBlock *b, GError **err)
{
    if (b->is_used) {
        g_autofree char *who = obj_describe(&b->obj);
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_IN_USE, "%s is used by another device", who);
        return FALSE;
    }
    b->is_used = TRUE;
    return TRUE;
}

void sys_block_detach(SysBlock *b)
{
    if (b) {
        sys_block_drain(b);
        b->is_used = FALSE;
    }
}

static gboolean open_block(Obj *o, GError **err)
{
    SysBlock *b = (SysBlock *)o;

    b->is_away = awaited && can_go(b);
    if (!type_of(b)->open(b, err)) {
        g_autofree char *who = obj_describe(&b->obj);
        g_prefix_error(err, "%s: ", who);
        return FALSE;
    }
    if (b->is_away) {           /* its size is known now */
        type_of(b)->close(b);
        b->is_broken = TRUE;
    }
    sys_done_open(&b->done);
    b->obj.frozen = TRUE;
    return TRUE;
}

static void init_block(Obj *o)
{
    sys_done_init(&((SysBlock *)o)->done, finished);
}

static void unparent_block(Obj *o)
{
    SysBlock *b = (SysBlock *)o;

    if (b->done.source) {
        if (b->job) {
            sys_block_job_abandon(b->job);
        }
        sys_done_close(&b->done);
        if (!b->is_broken) {
            type_of(b)->close(b);
        }
        if (type_of(b)->chain) {
            type_of(b)->chain->set(b, NULL);
        }
    }
}

static void finalize_block(Obj *o)
{
    sys_done_clear(&((SysBlock *)o)->done);
    g_free(((SysBlock *)o)->disk);
}

static const ObjName caches[] = {
    { "writeback", SYS_BLOCK_WRITEBACK, "after the guest's next flush" },
    { "writethrough", SYS_BLOCK_WRITETHROUGH, "when the write is done" },
    { "unsafe", SYS_BLOCK_UNSAFE, "when the host likes" },
    { "none", SYS_BLOCK_NONE, "after the guest's next flush, and then it is not kept in the host's memory" },
    { "directsync", SYS_BLOCK_DIRECTSYNC, "when the write is done; likewise" },
    { 0 },
};

static const ObjProp props[] = {
    OBJ_PROP_ENUM("cache", "When what was written is on the host's disk.", SysBlock, cache, SYS_BLOCK_WRITEBACK,
                  caches),
    OBJ_PROP_BOOL("read-only", "Nothing can be written.", SysBlock, read_only, FALSE),
    OBJ_PROP_BOOL("temporary", "Its file is nobody else's, and gone with it: it stays when the machine goes elsewhere.",
                  SysBlock, is_temporary, FALSE),
    OBJ_PROP_LINK("file", "The node below, whose file this one opens; it stays as long as this one.", SysBlock, below,
                  &sys_block_type),
    { 0 },
};

const ObjType sys_block_type = {
    .name = "blockdev",
    .text = OBJ_TEXT("Where the bytes of a disk are."),
    .size = sizeof(SysBlock),
    .abstract = TRUE,
    .props = props,
    .init = init_block,
    .unparent = unparent_block,
    .finalize = finalize_block,
};

SysBlock *sys_block_new_words(Obj *dir, const char *text, JsonObject *words, GError **err)
{
    static const SysBackKind kind = {
        .what = "block back end", .word = "driver", .prefix = "blockdev-", .needs = "driver (raw, qcow2)",
        .open = open_block,
    };

    return (SysBlock *)sys_back_new(&kind, (const ObjType *const *)sys_blocks, dir, text, words, err);
}

SysBlock *sys_block_new(Obj *dir, const char *text, GError **err)
{
    g_autoptr(JsonObject) words = dev_plug_parse(text, "driver", err);

    return words ? sys_block_new_words(dir, text, words, err) : NULL;
}
