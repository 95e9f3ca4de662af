/* SPDX-License-Identifier: BSD-2-Clause */
/* Block back ends.  back/done.h tells how requests travel. */
#include "back/block/block.h"

#include "back/back.h"

#include "dev/plug.h"

#include <string.h>

#define WORKERS 4

const SysBlockType *const sys_blocks[] = { &sys_block_raw, &sys_block_qcow2, NULL };

static const SysBlockType *type_of(const SysBlock *b)
{
    return (const SysBlockType *)b->obj.type;
}

/* --- workers --------------------------------------------------------------------------------- */
static void work(gpointer data, gpointer unused)
{
    SysBlockReq *r = data;
    SysBlock *b = r->block;

    r->result = b->cache == SYS_BLOCK_UNSAFE && r->op == SYS_BLOCK_FLUSH ? 0 : type_of(b)->run(b, r);
    if (r->result == 0 && r->op == SYS_BLOCK_WRITE && b->cache == SYS_BLOCK_WRITETHROUGH) {
        SysBlockReq flush = { .op = SYS_BLOCK_FLUSH, .block = b };
        r->result = type_of(b)->run(b, &flush);
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
    sys_done_begin(&b->done);
    g_thread_pool_push(workers(), r, NULL);
}

static void finished(gpointer request)
{
    SysBlockReq *r = request;
    SysBlock *b = r->block;

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

gboolean sys_block_resize(SysBlock *b, guint64 bytes, GError **err)
{
    g_autofree char *who = obj_describe(&b->obj);

    sys_block_drain(b);
    if (b->read_only || !type_of(b)->resize || bytes % 512) {
        obj_refuse(err, "%s: %s", who, b->read_only ? "is read-only"
                   : bytes % 512 ? "a size is a multiple of 512" : "not implemented: another size of such an image");
        return FALSE;
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

    if (!type_of(b)->open(b, err)) {
        g_autofree char *who = obj_describe(&b->obj);
        g_prefix_error(err, "%s: ", who);
        return FALSE;
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
        sys_done_close(&b->done);
        type_of(b)->close(b);
    }
}

static void finalize_block(Obj *o)
{
    sys_done_clear(&((SysBlock *)o)->done);
}

static const ObjName caches[] = {
    { "writeback", SYS_BLOCK_WRITEBACK, "after the guest's next flush" },
    { "writethrough", SYS_BLOCK_WRITETHROUGH, "when the write is done" },
    { "unsafe", SYS_BLOCK_UNSAFE, "when the host likes" },
    { 0 },
};

static const ObjProp props[] = {
    OBJ_PROP_ENUM("cache", "When what was written is on the host's disk.", SysBlock, cache, SYS_BLOCK_WRITEBACK,
                  caches),
    OBJ_PROP_BOOL("read-only", "Nothing can be written.", SysBlock, read_only, FALSE),
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
