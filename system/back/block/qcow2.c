/* SPDX-License-Identifier: BSD-2-Clause */
/* Qcow2 images: reading, writing, discarding, flushing.  See qcow2.h for the rules. */
#include "back/block/qcow2.h"

#include "base/log.h"

#ifdef HAVE_ZSTD
#include <zstd.h>
#endif

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { FREED_MOST = 4096 };     /* clusters that wait for a flush before we make one ourselves */

static guint64 inside(const Qcow2 *q, guint64 offset)
{
    return offset & (q->cluster - 1);
}

/* --- compressed clusters --------------------------------------------------------------------- */
/* Raw deflate with a window of 4 KiB.  [QCOW2: compressed clusters] */
static gboolean inflate_cluster(const guint8 *from, gsize n, guint8 *to, gsize bytes)
{
    z_stream z = { .next_in = (guint8 *)from, .avail_in = (uInt)n, .next_out = to, .avail_out = (uInt)bytes };

    if (inflateInit2(&z, -12) != Z_OK) {
        return FALSE;
    }
    int r = inflate(&z, Z_FINISH);
    inflateEnd(&z);
    return z.avail_out == 0 && (r == Z_STREAM_END || r == Z_BUF_ERROR || r == Z_OK);
}

static gboolean unzstd_cluster(const guint8 *from, gsize n, guint8 *to, gsize bytes)
{
#ifdef HAVE_ZSTD
    ZSTD_DStream *d = ZSTD_createDStream();
    ZSTD_inBuffer in = { from, n, 0 };
    ZSTD_outBuffer out = { to, bytes, 0 };

    while (d && out.pos < bytes) {
        gsize before_in = in.pos, before_out = out.pos, r = ZSTD_decompressStream(d, &out, &in);
        if (ZSTD_isError(r) || (in.pos == before_in && out.pos == before_out)) {
            break;
        }
    }
    ZSTD_freeDStream(d);
    return out.pos == bytes;
#else
    return FALSE;       /* such an image is not opened */
#endif
}

static int unpack(Qcow2 *q, const Qcow2Map *m, guint8 *to)
{
    g_autofree guint8 *packed = g_try_malloc(m->packed_bytes);
    int r = packed ? sys_qcow2_pread(q, packed, m->packed_bytes, m->host) : -ENOMEM;

    if (r < 0) {
        return r;
    }
    if (!(q->zstd ? unzstd_cluster : inflate_cluster)(packed, m->packed_bytes, to, q->cluster)) {
        return sys_qcow2_broken(q, "a compressed cluster cannot be unpacked", m->host);
    }
    return 0;
}

/* Bytes of a compressed cluster: drives read them in small pieces, one after the other. */
static int read_packed(Qcow2 *q, const Qcow2Map *m, guint64 at, guint64 bytes, guint8 *data)
{
    g_mutex_lock(&q->cache_lock);
    gboolean have = q->unpacked_entry == m->entry;
    if (have) {
        memcpy(data, q->unpacked + at, bytes);
    }
    g_mutex_unlock(&q->cache_lock);
    if (have) {
        return 0;
    }
    guint8 *whole = g_try_malloc(q->cluster);
    int r = whole ? unpack(q, m, whole) : -ENOMEM;
    if (r < 0) {
        g_free(whole);
        return r;
    }
    memcpy(data, whole + at, bytes);
    g_mutex_lock(&q->cache_lock);
    g_free(q->unpacked);
    q->unpacked = whole;
    q->unpacked_entry = m->entry;
    g_mutex_unlock(&q->cache_lock);
    return 0;
}

/* --- reading --------------------------------------------------------------------------------- */
static int read_backing(Qcow2 *q, guint64 offset, guint64 bytes, guint8 *data)
{
    guint64 have = q->backing && offset < q->backing->bytes ? MIN(bytes, q->backing->bytes - offset) : 0;

    memset(data + have, 0, bytes - have);
    if (!have) {
        return 0;
    }
    SysBlockReq r = { .op = SYS_BLOCK_READ, .offset = offset, .bytes = have, .data = data, .block = q->backing };
    return ((const SysBlockType *)q->backing->obj.type)->run(q->backing, &r);
}

/* A piece of one cluster. */
static int read_piece(Qcow2 *q, const Qcow2Map *m, guint64 offset, guint64 bytes, guint8 *data)
{
    switch (m->kind) {
    case QCOW2_NOWHERE: return read_backing(q, offset, bytes, data);
    case QCOW2_ZEROES:  memset(data, 0, bytes); return 0;
    case QCOW2_DATA:    return sys_qcow2_pread(q, data, bytes, m->host + inside(q, offset));
    default:            return read_packed(q, m, inside(q, offset), bytes, data);
    }
}

/* How many bytes from offset on, at most `most`, lie in one run: neighbours in the file too, or nowhere alike. */
static int map_run(Qcow2 *q, guint64 offset, guint64 most, gboolean for_write, Qcow2Map *m, guint64 *bytes)
{
    int r = sys_qcow2_map(q, offset, m);

    *bytes = MIN(most, q->cluster - inside(q, offset));
    while (r == 0 && *bytes < most && m->kind != QCOW2_PACKED) {
        Qcow2Map next;
        r = sys_qcow2_map(q, offset + *bytes, &next);
        if (r < 0 || next.kind != m->kind || (for_write && next.in_place != m->in_place) ||
            (m->kind == QCOW2_DATA && next.host != m->host + inside(q, offset) + *bytes)) {
            break;
        }
        *bytes += MIN(most - *bytes, q->cluster);
    }
    return r;
}

static int read_all(Qcow2 *q, guint64 offset, guint64 bytes, guint8 *data)
{
    int r = 0;

    g_rw_lock_reader_lock(&q->lock);
    while (bytes && r == 0) {
        Qcow2Map m;
        guint64 n;
        r = map_run(q, offset, bytes, FALSE, &m, &n);
        if (r == 0) {
            r = read_piece(q, &m, offset, n, data);
        }
        offset += n;
        data += n;
        bytes -= n;
    }
    g_rw_lock_reader_unlock(&q->lock);
    return r;
}

/* --- writing --------------------------------------------------------------------------------- */
/* Writes what lies in clusters that may be written, until one that may not; *done counts it. */
static int write_in_place(Qcow2 *q, guint64 offset, guint64 bytes, const guint8 *data, guint64 *done)
{
    int r = 0;

    g_rw_lock_reader_lock(&q->lock);
    while (*done < bytes && r == 0) {
        Qcow2Map m;
        guint64 n;
        r = map_run(q, offset + *done, bytes - *done, TRUE, &m, &n);
        if (r < 0 || !m.in_place || q->broken) {
            break;
        }
        r = sys_qcow2_pwrite(q, data + *done, n, m.host + inside(q, offset + *done));
        *done += n;
    }
    g_rw_lock_reader_unlock(&q->lock);
    return r;
}

/* Fills the new cluster at host with bytes at `at` and, around them, what was there before. */
static int fill_cluster(Qcow2 *q, const Qcow2Map *old, gboolean fresh, guint64 host, guint64 offset, guint64 bytes,
                        const guint8 *data)
{
    guint64 at = inside(q, offset), start = offset - at;

    if (bytes == q->cluster) {
        return sys_qcow2_pwrite(q, data, bytes, host);
    }
    gboolean zeros = old->kind == QCOW2_ZEROES ||
                     (old->kind == QCOW2_NOWHERE && (!q->backing || start >= q->backing->bytes));
    if (zeros && fresh) {
        if (ftruncate(q->fd, (off_t)(host + q->cluster)) < 0) {
            return -errno;
        }
        return sys_qcow2_pwrite(q, data, bytes, host + at);
    }
    g_autofree guint8 *whole = g_try_malloc(q->cluster);
    int r = whole ? read_piece(q, old, start, q->cluster, whole) : -ENOMEM;
    if (r < 0) {
        return r;
    }
    memcpy(whole + at, data, bytes);
    return sys_qcow2_pwrite(q, whole, q->cluster, host);
}

/* A piece of one cluster that needs a new place.  Lock held for writing. */
static int write_new(Qcow2 *q, guint64 offset, guint64 bytes, const guint8 *data)
{
    Qcow2Map old;
    guint64 host = 0;
    gboolean fresh = FALSE;
    int r = q->broken ? -EIO : sys_qcow2_map(q, offset, &old);

    if (r < 0) {
        return r;
    }
    if (old.in_place) {         /* since another thread wrote to it */
        return sys_qcow2_pwrite(q, data, bytes, old.host + inside(q, offset));
    }
    r = sys_qcow2_alloc(q, &host, &fresh);
    if (r < 0) {
        return r;
    }
    r = fill_cluster(q, &old, fresh, host, offset, bytes, data);
    if (r == 0) {
        r = sys_qcow2_set(q, offset, host | QCOW2_L1_COPIED);
    }
    if (r < 0) {
        sys_qcow2_free(q, &(Qcow2Map){ .kind = QCOW2_DATA, .entry = host, .host = host });
        return r;
    }
    sys_qcow2_free(q, &old);
    return 0;
}

static int write_all(Qcow2 *q, guint64 offset, guint64 bytes, const guint8 *data)
{
    guint64 done = 0;
    int r = write_in_place(q, offset, bytes, data, &done);

    if (r < 0 || done == bytes) {
        return r;
    }
    g_rw_lock_writer_lock(&q->lock);
    while (done < bytes && r == 0) {
        guint64 n = MIN(bytes - done, q->cluster - inside(q, offset + done));
        r = write_new(q, offset + done, n, data + done);
        done += n;
    }
    if (r == 0 && q->freed->len > FREED_MOST) {
        r = sys_qcow2_sync(q);
    }
    g_rw_lock_writer_unlock(&q->lock);
    return r;
}

/* --- the rest -------------------------------------------------------------------------------- */
/* Whole clusters only.  What hides a backing file reads as zeros from now on, which version 2 cannot say. */
static int discard_all(Qcow2 *q, guint64 offset, guint64 bytes)
{
    guint64 at = (offset + q->cluster - 1) & ~(q->cluster - 1), end = offset + bytes;
    guint64 entry = q->backing ? QCOW2_L2_ZERO : 0;
    int r = q->broken ? -EIO : 0;

    if (end < q->b.bytes) {
        end &= ~(q->cluster - 1);
    }
    if (q->backing && q->version < 3) {
        return r;
    }
    g_rw_lock_writer_lock(&q->lock);
    for (; at < end && r == 0; at += q->cluster) {
        Qcow2Map m;
        r = sys_qcow2_map(q, at, &m);
        if (r == 0 && m.entry && m.entry != entry) {
            r = sys_qcow2_set(q, at, entry);
            if (r == 0) {
                sys_qcow2_free(q, &m);
            }
        }
    }
    g_rw_lock_writer_unlock(&q->lock);
    return r;
}

static int flush_all(Qcow2 *q)
{
    g_rw_lock_writer_lock(&q->lock);
    int r = sys_qcow2_sync(q);          /* of a broken image too: what was written before is the user's */
    r = q->broken ? -EIO : r;
    g_rw_lock_writer_unlock(&q->lock);
    return r;
}

static int run_qcow2(SysBlock *b, SysBlockReq *r)
{
    Qcow2 *q = (Qcow2 *)b;

    if (r->op == SYS_BLOCK_READ) {
        return read_all(q, r->offset, r->bytes, r->data);
    }
    if (b->read_only) {
        return r->op == SYS_BLOCK_FLUSH ? 0 : -EROFS;
    }
    switch (r->op) {
    case SYS_BLOCK_WRITE: return write_all(q, r->offset, r->bytes, r->data);
    case SYS_BLOCK_FLUSH: return flush_all(q);
    default:              return discard_all(q, r->offset, r->bytes);
    }
}

/* --- what is below --------------------------------------------------------------------------- */
void sys_qcow2_drop_backing(Qcow2 *q)
{
    if (!q->backing) {
        return;
    }
    if (q->backing_is_node) {
        q->backing->obj.links--;
    } else {
        ((const SysBlockType *)q->backing->obj.type)->close(q->backing);
    }
    obj_unref(&q->backing->obj);
    q->backing = NULL;
    q->backing_is_node = FALSE;
}

static SysBlock *get_below(const SysBlock *b)
{
    return ((const Qcow2 *)b)->backing;
}

/* Counted as a link, so that nobody takes it away. */
static void set_below(SysBlock *b, SysBlock *below)
{
    Qcow2 *q = (Qcow2 *)b;

    sys_qcow2_drop_backing(q);
    if (below) {
        below->obj.links++;
        q->backing = (SysBlock *)obj_ref(&below->obj);
        q->backing_is_node = TRUE;
    }
}

static SysBlock *take_below(SysBlock *b)
{
    g_assert(!((Qcow2 *)b)->backing_is_node);
    return g_steal_pointer(&((Qcow2 *)b)->backing);
}

static int pull(SysBlock *b, guint64 offset, guint64 bytes)
{
    Qcow2 *q = (Qcow2 *)b;
    const guint64 end = q->backing ? MIN(offset + bytes, q->backing->bytes) : 0;
    int r = 0;

    g_rw_lock_writer_lock(&q->lock);
    for (guint64 at = offset & ~(q->cluster - 1); at < end && r == 0; at += q->cluster) {
        Qcow2Map m;
        r = sys_qcow2_map(q, at, &m);
        if (r == 0 && m.kind == QCOW2_NOWHERE) {
            r = write_new(q, at, 0, (const guint8 *)"");
        }
    }
    g_rw_lock_writer_unlock(&q->lock);
    return r;
}

static gboolean forget_below(SysBlock *b, GError **err)
{
    Qcow2 *q = (Qcow2 *)b;

    if (!sys_qcow2_forget_name(q, err)) {
        return FALSE;
    }
    sys_qcow2_drop_backing(q);
    g_free(q->backing_path);
    q->backing_path = NULL;
    return TRUE;
}

static const SysBlockChain chain_ops = { get_below, set_below, take_below, pull, forget_below };

static void uncache_qcow2(SysBlock *b)
{
    posix_fadvise(((Qcow2 *)b)->fd, 0, 0, POSIX_FADV_DONTNEED);
}

static int file_qcow2(const SysBlock *b)
{
    return ((const Qcow2 *)b)->fd;
}

/* --- life ------------------------------------------------------------------------------------ */
static gboolean open_qcow2(SysBlock *b, GError **err)
{
    Qcow2 *q = (Qcow2 *)b;

    if (!q->path) {
        obj_refuse(err, "path: must be set");
        return FALSE;
    }
    g_rw_lock_init(&q->lock);
    g_mutex_init(&q->cache_lock);
    if (!sys_qcow2_load(q, err)) {
        sys_qcow2_forget(q);
        return FALSE;
    }
    return TRUE;
}

static void close_qcow2(SysBlock *b)
{
    Qcow2 *q = (Qcow2 *)b;

    if (!b->read_only && !b->is_away && flush_all(q) < 0 && !q->broken) {
        log_printf("%s: could not be written to the end\n", q->path);
    }
    sys_qcow2_forget(q);
}

static const ObjProp props[] = {
    OBJ_PROP_STR("path", "The image file.", Qcow2, path, NULL),
    OBJ_PROP_STR("backing", "Backing file to use instead of the one that the image names; empty: none.", Qcow2,
                 backing_path, NULL),
    { 0 },
};

const SysBlockType sys_block_qcow2 = {
    .obj = { .name = "blockdev-qcow2", .text = OBJ_TEXT("A qcow2 image, version 2 or 3."),
             .parent = &sys_block_type, .size = sizeof(Qcow2), .props = props },
    .open = open_qcow2,
    .close = close_qcow2,
    .run = run_qcow2,
    .uncache = uncache_qcow2,
    .snaps = &sys_qcow2_snaps,
    .chain = &chain_ops,
    .file = file_qcow2,
    .exclusive = TRUE,
};
