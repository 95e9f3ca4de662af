/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables of qcow2 images: L2 tables and refcount blocks in memory, the map, free clusters.  See qcow2.h. */
#include "back/block/qcow2.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define L2_COMPRESSED_SECTOR 512u
#define COUNTED_OUTSIDE (1u << 20)      /* clusters after the end that we pass over */
#define REFS_MOST ((8u << 20) / 8)      /* entries of a refcount table, as QEMU limits it */

/* --- the file -------------------------------------------------------------------------------- */
int sys_qcow2_pread(Qcow2 *q, void *data, guint64 bytes, guint64 offset)
{
    for (guint64 done = 0; done < bytes;) {
        gssize n = pread(q->fd, (guint8 *)data + done, bytes - done, (off_t)(offset + done));
        if (n < 0 && errno != EINTR) {
            return -errno;
        }
        if (n == 0) {
            memset((guint8 *)data + done, 0, bytes - done);
            break;
        }
        done += n > 0 ? (guint64)n : 0;
    }
    return 0;
}

int sys_qcow2_pwrite(Qcow2 *q, const void *data, guint64 bytes, guint64 offset)
{
    for (guint64 done = 0; done < bytes;) {
        gssize n = pwrite(q->fd, (const guint8 *)data + done, bytes - done, (off_t)(offset + done));
        if (n < 0 && errno != EINTR) {
            return -errno;
        }
        done += n > 0 ? (guint64)n : 0;
    }
    return 0;
}

static int write_number(Qcow2 *q, guint64 value, guint64 offset)
{
    guint64 be = GUINT64_TO_BE(value);

    return sys_qcow2_pwrite(q, &be, sizeof be, offset);
}

static int sync_file(Qcow2 *q)
{
    return fdatasync(q->fd) < 0 ? -errno : 0;
}

int sys_qcow2_broken(Qcow2 *q, const char *what, guint64 where)
{
    if (!q->broken) {
        log_printf("%s: corrupt at 0x%llx: %s; it is not written to any more\n", q->path, (unsigned long long)where,
                   what);
        q->broken = TRUE;
    }
    return -EIO;
}

/* --- caches (cache_lock held) ---------------------------------------------------------------- */
/* An L2 table may be written when what it points to is durable. */
static int write_back(Qcow2 *q, Qcow2Table *t)
{
    int r = t->dirty ? sync_file(q) : 0;

    if (r == 0 && t->dirty) {
        r = sys_qcow2_pwrite(q, t->data, q->cluster, t->offset);
    }
    if (r == 0) {
        t->dirty = FALSE;
    }
    return r;
}

/* An entry for the table at offset, not read yet. */
static int take_entry(Qcow2 *q, Qcow2Cache *c, guint64 offset, Qcow2Table **out)
{
    Qcow2Table *oldest = &c->tables[0];

    for (guint i = 1; i < c->n; i++) {
        if (c->tables[i].last_used < oldest->last_used) {
            oldest = &c->tables[i];
        }
    }
    int r = write_back(q, oldest);
    if (r < 0) {
        return r;
    }
    oldest->offset = 0;
    if (!oldest->data) {
        oldest->data = g_try_malloc(q->cluster);
    }
    if (!oldest->data) {
        return -ENOMEM;
    }
    oldest->offset = offset;
    oldest->last_used = ++c->clock;
    *out = oldest;
    return 0;
}

static Qcow2Table *find_entry(Qcow2Cache *c, guint64 offset)
{
    for (guint i = 0; i < c->n; i++) {
        if (c->tables[i].offset == offset) {
            c->tables[i].last_used = ++c->clock;
            return &c->tables[i];
        }
    }
    return NULL;
}

static int get_table(Qcow2 *q, Qcow2Cache *c, guint64 offset, Qcow2Table **out)
{
    *out = find_entry(c, offset);
    if (*out) {
        return 0;
    }
    int r = take_entry(q, c, offset, out);
    if (r == 0) {
        r = sys_qcow2_pread(q, (*out)->data, q->cluster, offset);
        if (r < 0) {
            (*out)->offset = 0;
        }
    }
    return r;
}

static int new_table(Qcow2 *q, Qcow2Cache *c, guint64 offset, Qcow2Table **out)
{
    Qcow2Table *was = find_entry(c, offset);     /* of a former life of the cluster */

    if (was) {
        was->dirty = FALSE;
        *out = was;
    } else {
        int r = take_entry(q, c, offset, out);
        if (r < 0) {
            return r;
        }
    }
    memset((*out)->data, 0, q->cluster);
    return 0;
}

/* --- the map --------------------------------------------------------------------------------- */
static guint l1_index(const Qcow2 *q, guint64 offset)
{
    return (guint)(offset >> (2 * q->cluster_bits - 3));
}

static guint l2_index(const Qcow2 *q, guint64 offset)
{
    return (guint)(offset >> q->cluster_bits) & ((1u << (q->cluster_bits - 3)) - 1);
}

static gboolean is_place(const Qcow2 *q, guint64 offset)
{
    return offset && (offset & (q->cluster - 1)) == 0 && offset < q->file_end;
}

static guint64 get64(const guint8 *table, guint i)
{
    guint64 be;

    memcpy(&be, table + 8 * (gsize)i, 8);
    return GUINT64_FROM_BE(be);
}

static void put64(guint8 *table, guint i, guint64 value)
{
    guint64 be = GUINT64_TO_BE(value);

    memcpy(table + 8 * (gsize)i, &be, 8);
}

/* [QCOW2: cluster mapping] */
static int read_entry(Qcow2 *q, guint64 entry, Qcow2Map *m)
{
    m->entry = entry;
    m->in_place = FALSE;
    if (entry & QCOW2_L2_COMPRESSED) {
        guint x = 62 - (q->cluster_bits - 8);
        guint64 sectors = (entry >> x & ((1u << (q->cluster_bits - 8)) - 1)) + 1;
        m->kind = QCOW2_PACKED;
        m->host = entry & (((guint64)1 << x) - 1);
        m->packed_bytes = sectors * L2_COMPRESSED_SECTOR - m->host % L2_COMPRESSED_SECTOR;
        if (m->host >= q->file_end) {
            return sys_qcow2_broken(q, "a compressed cluster lies outside the file", m->host);
        }
        return 0;
    }
    m->host = entry & QCOW2_OFFSET;
    if (q->version >= 3 && (entry & QCOW2_L2_ZERO)) {
        m->kind = QCOW2_ZEROES;
        return m->host & (q->cluster - 1) ? sys_qcow2_broken(q, "a cluster is not aligned", m->host) : 0;
    }
    if (!m->host) {
        m->kind = QCOW2_NOWHERE;
        return 0;
    }
    m->kind = QCOW2_DATA;
    m->in_place = entry >> 63;
    if (m->host & (q->cluster - 1)) {
        return sys_qcow2_broken(q, "a cluster is not aligned", m->host);
    }
    return 0;
}

int sys_qcow2_map(Qcow2 *q, guint64 offset, Qcow2Map *map)
{
    guint64 l2 = q->l1[l1_index(q, offset)] & QCOW2_OFFSET;
    Qcow2Table *t;

    *map = (Qcow2Map){ .kind = QCOW2_NOWHERE };
    if (!l2) {
        return 0;
    }
    if (!is_place(q, l2)) {
        return sys_qcow2_broken(q, "an L2 table is not aligned or lies outside the file", l2);
    }
    g_mutex_lock(&q->cache_lock);
    int r = get_table(q, &q->l2, l2, &t);
    guint64 entry = r == 0 ? get64(t->data, l2_index(q, offset)) : 0;
    g_mutex_unlock(&q->cache_lock);
    return r < 0 ? r : read_entry(q, entry, map);
}

/* The L2 table of offset becomes one of ours alone: a new one, or a copy of what a snapshot has too. */
static int own_l2(Qcow2 *q, guint64 offset)
{
    guint i = l1_index(q, offset);
    guint64 old = q->l1[i] & QCOW2_OFFSET, host;
    gboolean fresh;
    Qcow2Table *t, *from;

    if (q->l1[i] && !is_place(q, old)) {        /* even if the entry has the flag only */
        return sys_qcow2_broken(q, "an L2 table is not aligned or lies outside the file", old);
    }
    if (q->l1[i] & QCOW2_L1_COPIED) {
        return 0;
    }
    int r = sys_qcow2_alloc(q, &host, &fresh);
    if (r < 0) {
        return r;
    }
    g_autofree guint8 *copy = old ? g_try_malloc(q->cluster) : NULL;
    g_mutex_lock(&q->cache_lock);
    if (old) {
        r = copy ? get_table(q, &q->l2, old, &from) : -ENOMEM;
        if (r == 0) {
            memcpy(copy, from->data, q->cluster);
        }
    }
    if (r == 0) {
        r = new_table(q, &q->l2, host, &t);
    }
    if (r == 0) {
        if (old) {
            memcpy(t->data, copy, q->cluster);
        }
        t->dirty = TRUE;
        q->l1[i] = host | QCOW2_L1_COPIED;
        q->l1_dirty = TRUE;
    }
    g_mutex_unlock(&q->cache_lock);
    guint64 unused = r < 0 ? host : old;
    if (unused) {
        sys_qcow2_free(q, &(Qcow2Map){ .kind = QCOW2_DATA, .entry = unused, .host = unused });
    }
    return r;
}

int sys_qcow2_set(Qcow2 *q, guint64 offset, guint64 entry)
{
    Qcow2Table *t;
    int r = own_l2(q, offset);

    if (r < 0) {
        return r;
    }
    g_mutex_lock(&q->cache_lock);
    r = get_table(q, &q->l2, q->l1[l1_index(q, offset)] & QCOW2_OFFSET, &t);
    if (r == 0) {
        put64(t->data, l2_index(q, offset), entry);
        t->dirty = TRUE;
    }
    g_mutex_unlock(&q->cache_lock);
    return r;
}

/* --- refcounts (cache_lock held) ------------------------------------------------------------- */
static guint64 refs_per_block(const Qcow2 *q)
{
    return q->cluster * 8 >> q->refcount_order;
}

static guint64 get_ref(const Qcow2 *q, const guint8 *block, guint64 i)
{
    guint bits = 1u << q->refcount_order;
    guint64 v = 0;

    if (bits < 8) {
        return block[i * bits / 8] >> (i * bits % 8) & ((1u << bits) - 1);
    }
    for (guint k = 0; k < bits / 8; k++) {
        v = v << 8 | block[i * (bits / 8) + k];
    }
    return v;
}

static void put_ref(const Qcow2 *q, guint8 *block, guint64 i, guint64 v)
{
    guint bits = 1u << q->refcount_order;

    if (bits < 8) {
        guint shift = (guint)(i * bits % 8);
        guint8 *p = &block[i * bits / 8];
        *p = (guint8)((*p & ~(((1u << bits) - 1) << shift)) | v << shift);
        return;
    }
    for (guint k = bits / 8; k-- > 0; v >>= 8) {
        block[i * (bits / 8) + k] = (guint8)v;
    }
}

/* The block that counts a cluster; *t NULL: there is none, so that it counts 0. */
static int ref_block(Qcow2 *q, guint64 cluster, Qcow2Table **t)
{
    guint64 i = cluster / refs_per_block(q), offset = i < q->refs_size ? q->refs[i] : 0;

    *t = NULL;
    if (!offset) {
        return 0;
    }
    if (!is_place(q, offset)) {
        return sys_qcow2_broken(q, "a refcount block is not aligned or lies outside the file", offset);
    }
    return get_table(q, &q->blocks, offset, t);
}

/* Counts a cluster that has a block. */
static int set_ref(Qcow2 *q, guint64 cluster, guint64 v)
{
    guint64 i = cluster % refs_per_block(q), bytes = MAX(1, (1u << q->refcount_order) / 8);
    Qcow2Table *t;
    int r = ref_block(q, cluster, &t);

    if (r < 0 || !t) {
        return r < 0 ? r : sys_qcow2_broken(q, "a cluster in use is not counted", cluster << q->cluster_bits);
    }
    put_ref(q, t->data, i, v);
    guint64 at = (i << q->refcount_order) / 8 / bytes * bytes;
    return sys_qcow2_pwrite(q, t->data + at, bytes, t->offset + at);
}

/* --- a larger refcount table ----------------------------------------------------------------- */
/* What is added at the end of the file: a table, and the blocks that count all of it and are missing. */
typedef struct Growth {
    guint64 first;              /* cluster */
    guint64 table;              /* clusters of the table; the blocks follow */
    guint64 blocks;
    guint64 entries;
} Growth;

static guint64 missing_blocks(const Qcow2 *q, guint64 first, guint64 last)
{
    guint64 n = 0, per = refs_per_block(q);

    for (guint64 i = first / per; i <= last / per; i++) {
        n += i >= q->refs_size || !q->refs[i];
    }
    return n;
}

static Growth plan_growth(const Qcow2 *q, guint64 least)
{
    guint64 per_cluster = q->cluster / 8;
    Growth g = { .first = (q->file_end + q->cluster - 1) >> q->cluster_bits, .blocks = 0 };

    for (Growth was = { .first = 0 }; was.table != g.table || was.blocks != g.blocks || !g.table;) {
        was = g;
        guint64 need = MAX(least, (g.first + g.table + g.blocks) / refs_per_block(q) + 1);
        need = MAX(need, (guint64)q->refs_size * 3 / 2);
        g.table = (need + per_cluster - 1) / per_cluster;
        g.entries = g.table * per_cluster;
        g.blocks = missing_blocks(q, g.first, g.first + g.table + g.blocks);
    }
    return g;
}

static int write_growth(Qcow2 *q, const Growth *g, guint64 *table)
{
    guint64 per = refs_per_block(q), last = g->first + g->table + g->blocks - 1, next = g->first + g->table;
    g_autofree guint8 *block = g_try_malloc0(q->cluster);
    int r = block ? 0 : -ENOMEM;

    for (guint64 i = g->first / per; r == 0 && i <= last / per; i++) {
        guint64 from = MAX(g->first, i * per), to = MIN(last, i * per + per - 1);
        if (table[i]) {
            for (guint64 c = from; c <= to && r == 0; c++) {
                r = set_ref(q, c, 1);
            }
            continue;
        }
        memset(block, 0, q->cluster);
        for (guint64 c = from; c <= to; c++) {
            put_ref(q, block, c - i * per, 1);
        }
        table[i] = next << q->cluster_bits;
        r = sys_qcow2_pwrite(q, block, q->cluster, table[i]);
        next++;
    }
    if (r == 0 && ftruncate(q->fd, (off_t)((last + 1) << q->cluster_bits)) < 0) {
        r = -errno;
    }
    for (guint64 i = 0; r == 0 && i < g->entries; i++) {
        r = table[i] ? write_number(q, table[i], (g->first << q->cluster_bits) + 8 * i) : 0;
    }
    return r;
}

static int grow_refs(Qcow2 *q, guint64 least)
{
    Growth g = plan_growth(q, least);
    guint64 old = q->refs_offset, old_bytes = (guint64)q->refs_size * 8;
    struct {
        guint64 offset;
        guint32 clusters;
    } __attribute__((packed)) header;

    if (g.entries > REFS_MOST) {
        return -ENOSPC;
    }
    guint64 *table = g_try_new0(guint64, g.entries);
    if (!table) {
        return -ENOMEM;
    }
    memcpy(table, q->refs, old_bytes);
    int r = write_growth(q, &g, table);
    if (r == 0) {
        r = sync_file(q);
    }
    header.offset = GUINT64_TO_BE(g.first << q->cluster_bits);
    header.clusters = GUINT32_TO_BE((guint32)g.table);
    if (r == 0) {
        r = sys_qcow2_pwrite(q, &header, sizeof header, 48);
    }
    if (r == 0) {
        r = sync_file(q);
    }
    if (r < 0) {
        g_free(table);
        return r;
    }
    g_free(q->refs);
    q->refs = table;
    q->refs_size = (guint32)g.entries;
    q->refs_offset = g.first << q->cluster_bits;
    q->file_end = (g.first + g.table + g.blocks) << q->cluster_bits;
    for (guint64 at = old; at < old + old_bytes && r == 0; at += q->cluster) {
        r = set_ref(q, at >> q->cluster_bits, 0);
    }
    q->free_from = MIN(q->free_from, old >> q->cluster_bits);
    return r;
}

/* --- free clusters --------------------------------------------------------------------------- */
static gboolean is_table(const Qcow2 *q, guint64 offset)
{
    if (!offset || (offset >= q->l1_offset && offset < q->l1_offset + (guint64)q->l1_size * 8) ||
        (offset >= q->refs_offset && offset < q->refs_offset + (guint64)q->refs_size * 8)) {
        return TRUE;
    }
    for (guint32 i = 0; i < q->l1_size; i++) {
        if ((q->l1[i] & QCOW2_OFFSET) == offset) {
            return TRUE;
        }
    }
    for (guint32 i = 0; i < q->refs_size; i++) {
        if (q->refs[i] == offset) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The cluster, which nobody counts because there is no block for it, becomes that block. */
static int make_block(Qcow2 *q, guint64 cluster)
{
    guint64 i = cluster / refs_per_block(q), offset = cluster << q->cluster_bits;
    Qcow2Table *t;

    int r = is_table(q, offset) ? sys_qcow2_broken(q, "a table is not counted", offset)
                                : new_table(q, &q->blocks, offset, &t);
    if (r < 0) {
        return r;
    }
    put_ref(q, t->data, cluster % refs_per_block(q), 1);
    r = sys_qcow2_pwrite(q, t->data, q->cluster, offset);
    if (r == 0) {
        r = sync_file(q);
    }
    if (r == 0) {
        r = write_number(q, offset, q->refs_offset + 8 * i);
    }
    if (r < 0) {
        t->offset = 0;
        return r;
    }
    q->refs[i] = offset;
    q->file_end = MAX(q->file_end, offset + q->cluster);
    return 0;
}

static int find_free(Qcow2 *q, guint64 *cluster)
{
    for (guint64 c = q->free_from;; c++) {
        guint64 i = c / refs_per_block(q);
        Qcow2Table *t = NULL;
        int r = i < q->refs_size ? 0 : grow_refs(q, i + 1);
        if (r == 0) {
            r = q->refs[i] ? ref_block(q, c, &t) : make_block(q, c);
        }
        if (r < 0) {
            return r;
        }
        if (t && get_ref(q, t->data, c % refs_per_block(q)) == 0) {
            *cluster = c;
            return 0;
        }
        if (c > (q->file_end >> q->cluster_bits) + COUNTED_OUTSIDE) {
            return sys_qcow2_broken(q, "clusters outside the file are counted", c << q->cluster_bits);
        }
    }
}

int sys_qcow2_alloc(Qcow2 *q, guint64 *offset, gboolean *fresh)
{
    guint64 c = 0;

    g_mutex_lock(&q->cache_lock);
    int r = q->broken ? -EIO : find_free(q, &c);
    if (r == 0 && is_table(q, c << q->cluster_bits)) {
        r = sys_qcow2_broken(q, "a table is not counted", c << q->cluster_bits);
    }
    if (r == 0) {
        r = set_ref(q, c, 1);
    }
    if (r == 0) {
        *offset = c << q->cluster_bits;
        *fresh = *offset >= q->file_end;
        q->file_end = MAX(q->file_end, *offset + q->cluster);
        q->free_from = c + 1;
    }
    g_mutex_unlock(&q->cache_lock);
    return r;
}

void sys_qcow2_free(Qcow2 *q, const Qcow2Map *m)
{
    guint64 bytes = m->kind == QCOW2_PACKED ? m->packed_bytes : 1;

    if (m->kind == QCOW2_NOWHERE || !m->host) {
        return;
    }
    for (guint64 at = m->host & ~(q->cluster - 1); at < m->host + bytes; at += q->cluster) {
        g_array_append_val(q->freed, at);
    }
    g_mutex_lock(&q->cache_lock);
    if (q->unpacked_entry == m->entry) {
        q->unpacked_entry = 0;
    }
    g_mutex_unlock(&q->cache_lock);
}

/* Counts one use less of the clusters that were freed.  cache_lock held. */
static int give_back(Qcow2 *q)
{
    int r = 0;

    for (guint i = 0; i < q->freed->len && r == 0; i++) {
        guint64 offset = g_array_index(q->freed, guint64, i), c = offset >> q->cluster_bits;
        Qcow2Table *t;
        r = ref_block(q, c, &t);
        guint64 n = r == 0 && t ? get_ref(q, t->data, c % refs_per_block(q)) : 0;
        if (r == 0 && !n) {
            r = sys_qcow2_broken(q, "a cluster in use is not counted", offset);
        }
        if (r == 0) {
            r = set_ref(q, c, n - 1);
        }
        if (r == 0 && n == 1) {
            q->free_from = MIN(q->free_from, c);
            /* Only a wish: the cluster may be used again. */
            if (fallocate(q->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)q->cluster) < 0) {
                continue;
            }
        }
    }
    g_array_set_size(q->freed, 0);
    return r;
}

static int change_ref(Qcow2 *q, guint64 c, int by, guint64 *now)
{
    const guint bits = 1u << q->refcount_order;
    const guint64 most = bits == 64 ? G_MAXUINT64 : ((guint64)1 << bits) - 1;
    Qcow2Table *t;
    int r = ref_block(q, c, &t);
    guint64 n = r == 0 && t ? get_ref(q, t->data, c % refs_per_block(q)) : 0;

    if (r == 0 && ((by < 0 && !n) || (by > 0 && n == 0))) {
        return sys_qcow2_broken(q, "a cluster in use is not counted", c << q->cluster_bits);
    }
    if (r == 0 && by > 0 && n == most) {
        return -EOVERFLOW;
    }
    n += (guint64)by;
    if (r == 0 && by) {
        r = set_ref(q, c, n);
        q->free_from = n ? q->free_from : MIN(q->free_from, c);
    }
    if (now) {
        *now = n;
    }
    return r;
}

int sys_qcow2_ref(Qcow2 *q, guint64 offset, int by, guint64 *now)
{
    g_mutex_lock(&q->cache_lock);
    int r = change_ref(q, offset >> q->cluster_bits, by, now);
    g_mutex_unlock(&q->cache_lock);
    return r;
}

/* cache_lock held. */
static int flag_l2(Qcow2 *q, guint64 offset)
{
    Qcow2Table *t;
    int r = get_table(q, &q->l2, offset, &t);

    for (guint i = 0; r == 0 && i < q->cluster / 8; i++) {
        guint64 e = get64(t->data, i), n = 0;
        if ((e & QCOW2_L2_COMPRESSED) || !(e & QCOW2_OFFSET)) {
            continue;
        }
        r = change_ref(q, (e & QCOW2_OFFSET) >> q->cluster_bits, 0, &n);
        guint64 flagged = n == 1 ? e | QCOW2_L1_COPIED : e & ~QCOW2_L1_COPIED;
        if (r == 0 && flagged != e) {
            put64(t->data, i, flagged);
            t->dirty = TRUE;
        }
    }
    return r;
}

int sys_qcow2_flag_copied(Qcow2 *q)
{
    int r = 0;

    g_mutex_lock(&q->cache_lock);
    for (guint32 i = 0; r == 0 && i < q->l1_size; i++) {
        guint64 offset = q->l1[i] & QCOW2_OFFSET, n = 0;
        if (!offset) {
            continue;
        }
        r = is_place(q, offset) ? change_ref(q, offset >> q->cluster_bits, 0, &n)
                                : sys_qcow2_broken(q, "an L2 table is not aligned or lies outside the file", offset);
        q->l1[i] = n == 1 ? offset | QCOW2_L1_COPIED : offset;
        q->l1_dirty = TRUE;
        r = r < 0 ? r : flag_l2(q, offset);
    }
    g_mutex_unlock(&q->cache_lock);
    return r;
}

static int write_l1(Qcow2 *q)
{
    g_autofree guint64 *be = g_try_new(guint64, q->l1_size);

    for (guint32 i = 0; be && i < q->l1_size; i++) {
        be[i] = GUINT64_TO_BE(q->l1[i]);
    }
    return be ? sys_qcow2_pwrite(q, be, (guint64)q->l1_size * 8, q->l1_offset) : -ENOMEM;
}

int sys_qcow2_sync(Qcow2 *q)
{
    gboolean wrote = FALSE;

    g_mutex_lock(&q->cache_lock);
    int r = sync_file(q);
    for (guint i = 0; i < q->l2.n && r == 0; i++) {
        Qcow2Table *t = &q->l2.tables[i];
        if (t->offset && t->dirty) {
            r = sys_qcow2_pwrite(q, t->data, q->cluster, t->offset);
            wrote = TRUE;
            t->dirty = r < 0;
        }
    }
    if (r == 0 && (wrote || q->l1_dirty)) {
        r = sync_file(q);
    }
    if (r == 0 && q->l1_dirty) {
        r = write_l1(q);
        if (r == 0) {
            r = sync_file(q);
        }
        q->l1_dirty = r < 0;
    }
    if (r == 0 && q->freed->len && !q->broken) {
        r = give_back(q);
    }
    g_mutex_unlock(&q->cache_lock);
    return r;
}
