/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Snapshots inside qcow2 images.  [QCOW2: snapshots]
 *
 * A snapshot is an L1 table of its own.  Clusters and L2 tables count each L1 table that leads to them, and the flag
 * "copied" goes where that is more than one: so the next write makes a copy.  Its machine's state is read as if it
 * lay behind the end of the disk: only the snapshot's L1 table leads there.
 *
 * As everywhere in these files, a crash of the host leaves clusters that are counted and not used: counts go up before
 * a table that needs them is durable, and down after the last one that needs them is gone.
 */
#include "back/block/qcow2.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { SNAPSHOTS_MOST = 65536, L1_MOST = 4 << 20, EXTRA_MOST = 1024, AT_SNAPSHOTS = 60 };

typedef struct Entry {          /* of the table, as in the file */
    guint64 l1_offset;
    guint32 l1_size;
    guint16 id_bytes, name_bytes;
    guint32 date_s, date_ns;
    guint64 clock_ns;
    guint32 state_bytes, extra_bytes;
} __attribute__((packed)) Entry;

typedef struct Snap {
    Entry e;                    /* of the host's byte order */
    guint64 state_bytes, disk_bytes;
    guint8 *extra;              /* as in the file */
    char *id, *name;
} Snap;

static void free_snap(void *data)
{
    Snap *s = data;

    g_free(s->extra);
    g_free(s->id);
    g_free(s->name);
    g_free(s);
}

static gboolean fail(GError **err, const Qcow2 *q, int r, const char *what)
{
    obj_refuse(err, "'%s': %s: %s", q->path, what, g_strerror(-r));
    return FALSE;
}

/* --- the table ------------------------------------------------------------------------------- */
typedef struct Table {
    GPtrArray *snaps;           /* of Snap */
    guint64 offset, bytes;      /* in the file */
} Table;

static void entry_to_host(Entry *e)
{
    e->l1_offset = GUINT64_FROM_BE(e->l1_offset);
    e->l1_size = GUINT32_FROM_BE(e->l1_size);
    e->id_bytes = GUINT16_FROM_BE(e->id_bytes);
    e->name_bytes = GUINT16_FROM_BE(e->name_bytes);
    e->date_s = GUINT32_FROM_BE(e->date_s);
    e->date_ns = GUINT32_FROM_BE(e->date_ns);
    e->clock_ns = GUINT64_FROM_BE(e->clock_ns);
    e->state_bytes = GUINT32_FROM_BE(e->state_bytes);
    e->extra_bytes = GUINT32_FROM_BE(e->extra_bytes);
}

/* Reads n bytes at *at, to be freed, with a 0 behind them; NULL: not there. */
static guint8 *take(Qcow2 *q, guint64 *at, guint32 n)
{
    guint8 *p = *at + n <= q->file_end ? g_try_malloc0((gsize)n + 1) : NULL;

    if (p && sys_qcow2_pread(q, p, n, *at) < 0) {
        g_clear_pointer(&p, g_free);
    }
    *at += n;
    return p;
}

static Snap *read_snap(Qcow2 *q, guint64 *at)
{
    Snap *s = g_new0(Snap, 1);
    guint64 start = *at, large[2] = { 0, 0 };

    if (*at + sizeof s->e > q->file_end || sys_qcow2_pread(q, &s->e, sizeof s->e, *at) < 0) {
        free_snap(s);
        return NULL;
    }
    entry_to_host(&s->e);
    *at += sizeof s->e;
    if (s->e.extra_bytes > EXTRA_MOST || s->e.l1_size > L1_MOST || (s->e.l1_offset & (q->cluster - 1)) ||
        s->e.l1_offset > q->file_end || !(s->extra = take(q, at, s->e.extra_bytes)) ||
        !(s->id = (char *)take(q, at, s->e.id_bytes)) || !(s->name = (char *)take(q, at, s->e.name_bytes))) {
        free_snap(s);
        return NULL;
    }
    memcpy(large, s->extra, MIN(s->e.extra_bytes, sizeof large));
    s->state_bytes = s->e.extra_bytes >= 8 ? GUINT64_FROM_BE(large[0]) : s->e.state_bytes;
    s->disk_bytes = s->e.extra_bytes >= 16 ? GUINT64_FROM_BE(large[1]) : q->b.bytes;
    *at = start + ((*at - start + 7) & ~(guint64)7);
    return s;
}

static void clear_table(Table *t)
{
    g_clear_pointer(&t->snaps, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Table, clear_table)

static gboolean load_table(Qcow2 *q, Table *t, GError **err)
{
    struct {
        guint32 n;
        guint64 offset;
    } __attribute__((packed)) head;

    t->snaps = g_ptr_array_new_with_free_func(free_snap);
    int r = sys_qcow2_pread(q, &head, sizeof head, AT_SNAPSHOTS);
    if (r < 0) {
        return fail(err, q, r, "its snapshots cannot be read");
    }
    guint32 n = GUINT32_FROM_BE(head.n);
    guint64 at = t->offset = GUINT64_FROM_BE(head.offset);
    for (guint32 i = 0; i < n; i++) {
        Snap *s = n <= SNAPSHOTS_MOST ? read_snap(q, &at) : NULL;
        if (!s) {
            return fail(err, q, -EINVAL, "its table of snapshots makes no sense");
        }
        g_ptr_array_add(t->snaps, s);
    }
    t->bytes = n ? at - t->offset : 0;
    return TRUE;
}

static void put_snap(GByteArray *out, const Snap *s)
{
    static const guint8 zeros[8];
    Entry e = s->e;

    entry_to_host(&e);          /* the same the other way */
    g_byte_array_append(out, (const guint8 *)&e, sizeof e);
    g_byte_array_append(out, s->extra, s->e.extra_bytes);
    g_byte_array_append(out, (const guint8 *)s->id, s->e.id_bytes);
    g_byte_array_append(out, (const guint8 *)s->name, s->e.name_bytes);
    g_byte_array_append(out, zeros, -out->len & 7);
}

/* Neighbouring clusters for so many bytes, at the end of the file. */
static int alloc_run(Qcow2 *q, guint64 bytes, guint64 *offset)
{
    guint64 first = 0, have = 0, old = q->free_from;
    gboolean fresh;
    int r = 0;

    q->free_from = MAX(q->free_from, (q->file_end + q->cluster - 1) >> q->cluster_bits);
    while (r == 0 && have < MAX(bytes, 1)) {
        guint64 at;
        r = sys_qcow2_alloc(q, &at, &fresh);
        if (r == 0 && at != first + have) {     /* the first, or a refcount block came between */
            for (; have; have -= q->cluster) {
                sys_qcow2_ref(q, first + have - q->cluster, -1, NULL);
            }
            first = at;
        }
        have += q->cluster;
    }
    q->free_from = MIN(q->free_from, old);
    *offset = first;
    return r;
}

static void free_run(Qcow2 *q, guint64 offset, guint64 bytes)
{
    for (guint64 at = 0; at < bytes; at += q->cluster) {
        sys_qcow2_ref(q, offset + at, -1, NULL);
    }
}

/* Makes t's snapshots those of the image. */
static int store_table(Qcow2 *q, Table *t)
{
    struct {
        guint32 n;
        guint64 offset;
    } __attribute__((packed)) head = { 0, 0 };
    g_autoptr(GByteArray) data = g_byte_array_new();
    guint64 at = 0;
    int r = 0;

    for (guint i = 0; i < t->snaps->len; i++) {
        put_snap(data, g_ptr_array_index(t->snaps, i));
    }
    if (data->len) {
        r = alloc_run(q, data->len, &at);
        r = r < 0 ? r : sys_qcow2_pwrite(q, data->data, data->len, at);
    }
    r = r < 0 ? r : sys_qcow2_sync(q);
    head.n = GUINT32_TO_BE(t->snaps->len);
    head.offset = GUINT64_TO_BE(at);
    r = r < 0 ? r : sys_qcow2_pwrite(q, &head, sizeof head, AT_SNAPSHOTS);
    r = r < 0 ? r : sys_qcow2_sync(q);
    if (r == 0) {
        free_run(q, t->offset, t->bytes);
        t->offset = at;
        t->bytes = data->len;
    }
    return r;
}

/* By its name, or else its number. */
static Snap *find(const Table *t, const char *name, guint *at)
{
    for (guint by_id = 0; by_id < 2; by_id++) {
        for (guint i = 0; i < t->snaps->len; i++) {
            Snap *s = g_ptr_array_index(t->snaps, i);
            if (!strcmp(by_id ? s->id : s->name, name)) {
                *at = i;
                return s;
            }
        }
    }
    return NULL;
}

static Snap *need(const Qcow2 *q, const Table *t, const char *name, guint *at, GError **err)
{
    Snap *s = find(t, name, at);

    if (!s) {
        obj_refuse(err, "'%s' has no snapshot '%s'", q->path, name);
    }
    return s;
}

/* --- counting -------------------------------------------------------------------------------- */
static int count_cluster(Qcow2 *q, guint64 entry, int by)
{
    guint64 host = entry & QCOW2_OFFSET, last = host;

    if (entry & QCOW2_L2_COMPRESSED) {
        guint x = 62 - (q->cluster_bits - 8);
        host = entry & (((guint64)1 << x) - 1);
        last = (host & ~(guint64)511) + (((entry >> x & ((1u << (q->cluster_bits - 8)) - 1)) + 1) << 9) - 1;
    } else if (!host) {
        return 0;
    }
    int r = 0;
    for (guint64 c = host >> q->cluster_bits; r == 0 && c <= last >> q->cluster_bits; c++) {
        r = sys_qcow2_ref(q, c << q->cluster_bits, by, NULL);
    }
    return r;
}

/* One L1 table more, or less, leads to all that this one does. What is in memory was written before. */
static int count_all(Qcow2 *q, const guint64 *l1, guint32 n, int by)
{
    g_autofree guint64 *l2 = g_try_malloc(q->cluster);
    int r = l2 ? 0 : -ENOMEM;

    for (guint32 i = 0; r == 0 && i < n; i++) {
        guint64 at = l1[i] & QCOW2_OFFSET;
        if (!at) {
            continue;
        }
        r = (at & (q->cluster - 1)) || at >= q->file_end
            ? sys_qcow2_broken(q, "an L2 table is not aligned or lies outside the file", at)
            : sys_qcow2_pread(q, l2, q->cluster, at);
        for (guint64 k = 0; r == 0 && k < q->cluster / 8; k++) {
            r = l2[k] ? count_cluster(q, GUINT64_FROM_BE(l2[k]), by) : 0;
        }
        r = r < 0 ? r : sys_qcow2_ref(q, at, by, NULL);
    }
    return r;
}

/* --- L1 tables and state --------------------------------------------------------------------- */
static guint32 disk_l1(const Qcow2 *q)
{
    const guint shift = 2 * q->cluster_bits - 3;

    return (guint32)((q->b.bytes + ((guint64)1 << shift) - 1) >> shift);
}

static int read_l1(Qcow2 *q, const Snap *s, guint64 **l1)
{
    *l1 = g_try_new0(guint64, MAX((gsize)s->e.l1_size, disk_l1(q)) + 1);
    int r = *l1 ? sys_qcow2_pread(q, *l1, (guint64)s->e.l1_size * 8, s->e.l1_offset) : -ENOMEM;

    guint64 tables = 0;
    for (guint32 i = 0; r == 0 && i < s->e.l1_size; i++) {
        (*l1)[i] = GUINT64_FROM_BE((*l1)[i]);
        tables += (*l1)[i] != 0;
    }
    return r == 0 && tables > q->file_end >> q->cluster_bits ? -EINVAL : r;     /* each is a cluster of its own */
}

/* Clusters with what is read from fd, up to its end; entries of L2 tables are added to l2. */
static int store_clusters(Qcow2 *q, int fd, guint64 *bytes, GArray *l2)
{
    g_autofree guint8 *data = g_try_malloc(q->cluster);
    gboolean fresh;
    int r = data ? 0 : -ENOMEM;

    for (gssize n = 1; r == 0 && n;) {
        gsize have = 0;
        while (have < q->cluster && (n = read(fd, data + have, q->cluster - have)) > 0) {
            have += (gsize)n;
        }
        if (n < 0) {
            return -errno;
        }
        guint64 at = 0;
        if (have) {
            memset(data + have, 0, q->cluster - have);
            r = sys_qcow2_alloc(q, &at, &fresh);
            r = r < 0 ? r : sys_qcow2_pwrite(q, data, q->cluster, at);
            at |= QCOW2_L1_COPIED;
            g_array_append_val(l2, at);
            *bytes += have;
        }
    }
    return r;
}

/* The L2 tables of those; their places are added to l1. */
static int store_l2(Qcow2 *q, const GArray *l2, GArray *l1)
{
    const guint per = (guint)(q->cluster / 8);
    g_autofree guint64 *table = g_try_new(guint64, per);
    gboolean fresh;
    int r = table ? 0 : -ENOMEM;

    for (guint i = 0; r == 0 && i < l2->len; i += per) {
        guint64 at;
        for (guint k = 0; k < per; k++) {
            table[k] = i + k < l2->len ? GUINT64_TO_BE(g_array_index(l2, guint64, i + k)) : 0;
        }
        r = sys_qcow2_alloc(q, &at, &fresh);
        r = r < 0 ? r : sys_qcow2_pwrite(q, table, q->cluster, at);
        at |= QCOW2_L1_COPIED;
        g_array_append_val(l1, at);
    }
    return r;
}

static int load_state(Qcow2 *q, const Snap *s, const guint64 *l1, int fd)
{
    const guint64 per = q->cluster / 8;
    g_autofree guint8 *data = g_try_malloc(q->cluster);
    g_autofree guint64 *l2 = g_try_malloc(q->cluster);
    guint64 i = disk_l1(q), at = 0;
    int r = !data || !l2 ? -ENOMEM : s->state_bytes > q->file_end ? -EINVAL : 0;

    for (guint64 k = 0; r == 0 && at < s->state_bytes; k++) {
        if (k % per == 0) {
            guint64 table = i < s->e.l1_size ? l1[i] & QCOW2_OFFSET : 0;
            i++;
            r = table ? sys_qcow2_pread(q, l2, q->cluster, table) : -EINVAL;
        }
        guint64 entry = r == 0 ? GUINT64_FROM_BE(l2[k % per]) : 0;
        guint64 n = MIN(q->cluster, s->state_bytes - at);
        if (r == 0 && (entry & QCOW2_L2_COMPRESSED)) {
            r = -ENOTSUP;
        } else if (r == 0 && (entry & QCOW2_OFFSET) && !(entry & QCOW2_L2_ZERO)) {
            r = sys_qcow2_pread(q, data, n, entry & QCOW2_OFFSET);
        } else {
            memset(data, 0, n);
        }
        r = r < 0 ? r : write(fd, data, n) == (gssize)n ? 0 : errno ? -errno : -EIO;
        at += n;
    }
    return r;
}

/* --- what can be done ------------------------------------------------------------------------ */
static Snap *new_snap(const Qcow2 *q, const Table *t, const SysBlockSnap *info)
{
    Snap *s = g_new0(Snap, 1);
    guint64 id = 1, extra[2];

    for (guint i = 0; i < t->snaps->len; i++) {
        id = MAX(id, g_ascii_strtoull(((const Snap *)g_ptr_array_index(t->snaps, i))->id, NULL, 10) + 1);
    }
    s->id = g_strdup_printf("%" G_GUINT64_FORMAT, id);
    s->name = g_strndup(info->name, G_MAXUINT16);
    s->state_bytes = info->state_bytes;
    s->disk_bytes = q->b.bytes;
    extra[0] = GUINT64_TO_BE(s->state_bytes);
    extra[1] = GUINT64_TO_BE(s->disk_bytes);
    s->extra = g_memdup2(extra, sizeof extra);
    s->e = (Entry){
        .id_bytes = (guint16)strlen(s->id), .name_bytes = (guint16)strlen(s->name), .date_s = (guint32)info->date_s,
        .clock_ns = info->clock_ns, .state_bytes = s->state_bytes > G_MAXUINT32 ? 0 : (guint32)s->state_bytes,
        .extra_bytes = sizeof extra,
    };
    return s;
}

static int create(Qcow2 *q, Table *t, SysBlockSnap *info, int fd)
{
    const guint32 n = disk_l1(q);
    g_autoptr(GArray) l1 = g_array_new(FALSE, FALSE, 8), l2 = g_array_new(FALSE, FALSE, 8);
    guint64 at = 0;
    int r = sys_qcow2_sync(q);

    info->state_bytes = 0;
    for (guint32 i = 0; i < n; i++) {
        guint64 entry = q->l1[i] & QCOW2_OFFSET;
        g_array_append_val(l1, entry);
    }
    r = r < 0 || fd < 0 ? r : store_clusters(q, fd, &info->state_bytes, l2);
    r = r < 0 ? r : store_l2(q, l2, l1);
    r = r < 0 ? r : count_all(q, q->l1, n, 1);
    r = r < 0 ? r : sys_qcow2_flag_copied(q);
    r = r < 0 ? r : alloc_run(q, (guint64)l1->len * 8, &at);
    for (guint i = 0; i < l1->len; i++) {
        guint64 *e = &g_array_index(l1, guint64, i);
        *e = GUINT64_TO_BE(*e);
    }
    r = r < 0 || !l1->len ? r : sys_qcow2_pwrite(q, l1->data, (guint64)l1->len * 8, at);
    if (r < 0) {
        return r;
    }
    Snap *s = new_snap(q, t, info);
    s->e.l1_offset = at;
    s->e.l1_size = l1->len;
    g_ptr_array_add(t->snaps, s);
    return store_table(q, t);
}

static int apply(Qcow2 *q, const Snap *s, int fd)
{
    const guint32 n = disk_l1(q);
    g_autofree guint64 *l1 = NULL, *old = NULL;
    int r = s->disk_bytes == q->b.bytes ? sys_qcow2_sync(q) : -EFBIG;

    r = r < 0 ? r : read_l1(q, s, &l1);
    r = r < 0 || fd < 0 ? r : load_state(q, s, l1, fd);
    r = r < 0 ? r : count_all(q, l1, MIN(n, s->e.l1_size), 1);
    if (r < 0) {
        return r;
    }
    old = g_memdup2(q->l1, (gsize)q->l1_size * 8);
    for (guint32 i = 0; i < q->l1_size; i++) {
        q->l1[i] = i < n && i < s->e.l1_size ? l1[i] & QCOW2_OFFSET : 0;
    }
    q->l1_dirty = TRUE;
    q->unpacked_entry = 0;
    r = sys_qcow2_sync(q);
    r = r < 0 ? r : count_all(q, old, q->l1_size, -1);
    r = r < 0 ? r : sys_qcow2_flag_copied(q);
    return r < 0 ? r : sys_qcow2_sync(q);
}

static int delete(Qcow2 *q, Table *t, guint i)
{
    Snap *s = g_ptr_array_steal_index(t->snaps, i);
    g_autofree guint64 *l1 = NULL;
    int r = sys_qcow2_sync(q);

    r = r < 0 ? r : read_l1(q, s, &l1);
    r = r < 0 ? r : store_table(q, t);
    r = r < 0 ? r : count_all(q, l1, s->e.l1_size, -1);
    if (r == 0) {
        free_run(q, s->e.l1_offset, (guint64)s->e.l1_size * 8);
    }
    r = r < 0 ? r : sys_qcow2_flag_copied(q);
    r = r < 0 ? r : sys_qcow2_sync(q);
    free_snap(s);
    return r;
}

static void free_info(void *data)
{
    SysBlockSnap *s = data;

    g_free(s->id);
    g_free(s->name);
    g_free(s);
}

static GPtrArray *snap_list(SysBlock *b, GError **err)
{
    g_auto(Table) t = { NULL };
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(free_info);

    if (!load_table((Qcow2 *)b, &t, err)) {
        return NULL;
    }
    for (guint i = 0; i < t.snaps->len; i++) {
        const Snap *s = g_ptr_array_index(t.snaps, i);
        SysBlockSnap *info = g_new0(SysBlockSnap, 1);
        *info = (SysBlockSnap){ g_strdup(s->id), g_strdup(s->name), s->state_bytes, s->e.date_s, s->e.clock_ns };
        g_ptr_array_add(all, info);
    }
    return g_steal_pointer(&all);
}

static gboolean snap_create(SysBlock *b, SysBlockSnap *info, int fd, GError **err)
{
    Qcow2 *q = (Qcow2 *)b;
    g_auto(Table) t = { NULL };

    if (!load_table(q, &t, err)) {
        return FALSE;
    }
    g_rw_lock_writer_lock(&q->lock);
    int r = q->broken ? -EIO : q->refcount_order < 1 ? -ENOTSUP : create(q, &t, info, fd);
    g_rw_lock_writer_unlock(&q->lock);
    return r == 0 || fail(err, q, r, "a snapshot could not be made");
}

static gboolean snap_apply(SysBlock *b, const char *name, int fd, GError **err)
{
    Qcow2 *q = (Qcow2 *)b;
    g_auto(Table) t = { NULL };
    guint i;
    Snap *s = load_table(q, &t, err) ? need(q, &t, name, &i, err) : NULL;

    if (!s) {
        return FALSE;
    }
    g_rw_lock_writer_lock(&q->lock);
    int r = q->broken ? -EIO : apply(q, s, fd);
    g_rw_lock_writer_unlock(&q->lock);
    return r == 0 || fail(err, q, r, "the snapshot could not be gone back to");
}

static gboolean snap_delete(SysBlock *b, const char *name, GError **err)
{
    Qcow2 *q = (Qcow2 *)b;
    g_auto(Table) t = { NULL };
    guint i;

    if (!load_table(q, &t, err) || !need(q, &t, name, &i, err)) {
        return FALSE;
    }
    g_rw_lock_writer_lock(&q->lock);
    int r = q->broken ? -EIO : delete(q, &t, i);
    g_rw_lock_writer_unlock(&q->lock);
    return r == 0 || fail(err, q, r, "the snapshot could not be deleted");
}

const SysBlockSnaps sys_qcow2_snaps = {
    .list = snap_list, .create = snap_create, .apply = snap_apply, .remove = snap_delete,
};
