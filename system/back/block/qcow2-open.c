/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening qcow2 images: the header and what it points to; making empty ones.  [QCOW2] */
#include "back/block/qcow2.h"

#include "back/back.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    BACKING_MOST = 1023,        /* bytes of a backing file's name */
    CHAIN_MOST = 64,            /* images below each other */
    SNAPSHOTS_MOST = 65536,
    L1_BYTES_MOST = 32 << 20,
    L2_CACHE_BYTES = 16 << 20, BLOCK_CACHE = 16, L2_CACHE_LEAST = 8, L2_CACHE_MOST = 256,
};
enum { DIRTY = 1, CORRUPT = 2, DATA_FILE = 4, COMPRESSION = 8, EXTENDED_L2 = 16 };     /* incompatible features */
enum { EXT_END = 0, EXT_BACKING = (int)0xe2792aca };

typedef struct Header {         /* as in the file */
    char magic[4];
    guint32 version;
    guint64 backing_offset;
    guint32 backing_bytes, cluster_bits;
    guint64 size;
    guint32 crypt_method, l1_size;
    guint64 l1_offset, refs_offset;
    guint32 refs_clusters, snapshots;
    guint64 snapshots_offset;
    guint64 incompatible, compatible, autoclear;        /* version 3 */
    guint32 refcount_order, header_bytes;
    guint8 compression;                                 /* if header_bytes says so */
    guint8 unused[7];
} Header;

/* --- the header ------------------------------------------------------------------------------ */
static void to_host(Header *h)
{
    guint32 *words[] = { &h->version, &h->backing_bytes, &h->cluster_bits, &h->crypt_method, &h->l1_size,
                         &h->refs_clusters, &h->snapshots, &h->refcount_order, &h->header_bytes };
    guint64 *longs[] = { &h->backing_offset, &h->size, &h->l1_offset, &h->refs_offset, &h->snapshots_offset,
                         &h->incompatible, &h->compatible, &h->autoclear };

    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        *words[i] = GUINT32_FROM_BE(*words[i]);
    }
    for (guint i = 0; i < G_N_ELEMENTS(longs); i++) {
        *longs[i] = GUINT64_FROM_BE(*longs[i]);
    }
}

static gboolean check_features(Qcow2 *q, const Header *h, GError **err)
{
    if (h->incompatible & ~(guint64)(DIRTY | CORRUPT | DATA_FILE | COMPRESSION | EXTENDED_L2)) {
        return obj_refuse(err, "needs features that are not known here (0x%" G_GINT64_MODIFIER "x)", h->incompatible);
    }
    if (h->incompatible & DATA_FILE) {
        return obj_refuse(err, "keeps its data in another file, which is not implemented");
    }
    if (h->incompatible & EXTENDED_L2) {
        return obj_refuse(err, "has extended L2 entries, which are not implemented");
    }
    if ((h->incompatible & (DIRTY | CORRUPT)) && !q->b.read_only) {
        return obj_refuse(err, "%s: repair it with 'qemu-img check -r all', or open it read-only",
                     h->incompatible & CORRUPT ? "is marked as corrupt" : "was not closed, and its counts are stale");
    }
    if (h->compression > 1 || (h->compression == 1) != !!(h->incompatible & COMPRESSION)) {
        return obj_refuse(err, "has compression type %u, which is not known here", h->compression);
    }
#ifndef HAVE_ZSTD
    if (h->compression == 1) {
        return obj_refuse(err, "is compressed with zstd, and this program was built without it");
    }
#endif
    q->zstd = h->compression == 1;
    return TRUE;
}

static gboolean check_place(const Qcow2 *q, guint64 offset, guint64 bytes, const char *what, GError **err)
{
    if (!offset || (offset & (q->cluster - 1)) || offset > q->file_end || bytes > q->file_end - offset) {
        return obj_refuse(err, "the %s (at 0x%" G_GINT64_MODIFIER "x) is not aligned or lies outside the file", what,
                     offset);
    }
    return TRUE;
}

static gboolean check_header(Qcow2 *q, Header *h, GError **err)
{
    if (memcmp(h->magic, "QFI\xfb", 4)) {
        return obj_refuse(err, "is not a qcow2 image");
    }
    if (h->version != 2 && h->version != 3) {
        return obj_refuse(err, "is of version %u; 2 and 3 are known", h->version);
    }
    if (h->version == 2) {
        h->incompatible = h->compatible = h->autoclear = 0;
        h->refcount_order = 4;
        h->header_bytes = 72;
    }
    if (h->version == 3 && (h->header_bytes < 104 || (h->header_bytes & 7))) {
        return obj_refuse(err, "has a header of %u bytes", h->header_bytes);
    }
    if (h->header_bytes <= 104) {
        h->compression = 0;
    }
    if (h->cluster_bits < 9 || h->cluster_bits > 21) {
        return obj_refuse(err, "has clusters of 2^%u bytes; 2^9 to 2^21 are allowed", h->cluster_bits);
    }
    if (h->crypt_method) {
        return obj_refuse(err, "is encrypted, which is not implemented");
    }
    if (h->refcount_order > 6) {
        return obj_refuse(err, "has refcounts of 2^%u bits", h->refcount_order);
    }
    if (h->size > G_MAXINT64) {
        return obj_refuse(err, "has a disk of %" G_GUINT64_FORMAT " bytes", h->size);
    }
    return check_features(q, h, err);
}

/* The disk needs so many L1 entries. */
static guint64 l1_needed(const Qcow2 *q, guint64 size)
{
    guint shift = 2 * q->cluster_bits - 3;

    return (size >> shift) + ((size & (((guint64)1 << shift) - 1)) != 0);
}

static guint64 *load_table(Qcow2 *q, guint64 offset, guint64 entries, GError **err)
{
    guint64 *t = g_try_new(guint64, entries + 1);

    if (!t || sys_qcow2_pread(q, t, entries * 8, offset) < 0) {
        g_free(t);
        obj_refuse(err, "its tables cannot be read");
        return NULL;
    }
    for (guint64 i = 0; i < entries; i++) {
        t[i] = GUINT64_FROM_BE(t[i]);
    }
    return t;
}

static gboolean load_tables(Qcow2 *q, const Header *h, GError **err)
{
    guint64 refs_bytes = (guint64)h->refs_clusters << q->cluster_bits;

    if ((guint64)h->l1_size * 8 > L1_BYTES_MOST || h->l1_size < l1_needed(q, h->size)) {
        return obj_refuse(err, "has an L1 table of %u entries for a disk of %" G_GUINT64_FORMAT " bytes", h->l1_size,
                     h->size);
    }
    if (refs_bytes > 8 << 20 || !refs_bytes) {
        return obj_refuse(err, "has a refcount table of %u clusters", h->refs_clusters);
    }
    if (h->snapshots > SNAPSHOTS_MOST) {
        return obj_refuse(err, "has %u snapshots", h->snapshots);
    }
    if ((h->l1_size && !check_place(q, h->l1_offset, (guint64)h->l1_size * 8, "L1 table", err)) ||
        !check_place(q, h->refs_offset, refs_bytes, "refcount table", err)) {
        return FALSE;
    }
    q->l1 = load_table(q, h->l1_offset, h->l1_size, err);
    q->refs = q->l1 ? load_table(q, h->refs_offset, refs_bytes / 8, err) : NULL;
    if (!q->refs) {
        return FALSE;
    }
    q->l1_size = h->l1_size;
    q->l1_offset = h->l1_offset;
    q->refs_size = (guint32)(refs_bytes / 8);
    q->refs_offset = h->refs_offset;
    return TRUE;
}

/* --- the backing file ------------------------------------------------------------------------ */
/* The format that the header extensions name, or "" */
static gboolean find_format(Qcow2 *q, const Header *h, char *format, gsize size, GError **err)
{
    guint64 at = h->header_bytes, end = h->backing_offset ? MIN(h->backing_offset, q->cluster) : q->cluster;

    *format = 0;
    while (at + 8 <= end) {
        guint32 head[2];
        if (sys_qcow2_pread(q, head, 8, at) < 0) {
            return obj_refuse(err, "its header cannot be read");
        }
        guint32 kind = GUINT32_FROM_BE(head[0]), bytes = GUINT32_FROM_BE(head[1]);
        at += 8;
        if (kind == EXT_END) {
            return TRUE;
        }
        if (bytes > end - at) {
            return obj_refuse(err, "has a header extension of %u bytes, which do not fit", bytes);
        }
        if (kind == (guint32)EXT_BACKING) {
            if (bytes >= size || sys_qcow2_pread(q, format, bytes, at) < 0) {
                return obj_refuse(err, "names a format of %u bytes for its backing file", bytes);
            }
            format[bytes] = 0;
        }
        at += ((guint64)bytes + 7) & ~(guint64)7;
    }
    return TRUE;
}

/* Without a name of the format the file's first bytes tell. */
static const SysBlockType *guess_format(const char *path)
{
    char magic[4] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd >= 0) {
        gssize n = pread(fd, magic, 4, 0);
        close(fd);
        if (n == 4 && !memcmp(magic, "QFI\xfb", 4)) {
            return &sys_block_qcow2;
        }
    }
    return &sys_block_raw;
}

static __thread guint chain;    /* images being opened below each other */

static gboolean open_backing(Qcow2 *q, const char *path, const char *format, GError **err)
{
    const SysBlockType *type = !*format                      ? guess_format(path)
                               : !strcmp(format, "qcow2")    ? &sys_block_qcow2
                               : !strcmp(format, "raw")      ? &sys_block_raw
                                                             : NULL;

    if (!type) {
        return obj_refuse(err, "its backing file '%s' is of the format '%s'; raw and qcow2 are known", path, format);
    }
    if (chain >= CHAIN_MOST) {
        return obj_refuse(err, "has more than %d backing files below each other, or itself among them", CHAIN_MOST);
    }
    SysBlock *b = (SysBlock *)obj_new(&type->obj);
    b->read_only = TRUE;
    chain++;
    gboolean ok = obj_prop_set_text(&b->obj, "path", path, err) && type->open(b, err);
    chain--;
    if (!ok) {
        g_prefix_error(err, "backing file '%s': ", path);
        obj_unref(&b->obj);
        return FALSE;
    }
    q->backing = b;
    return TRUE;
}

static gboolean load_backing(Qcow2 *q, const Header *h, GError **err)
{
    char name[BACKING_MOST + 1], format[64] = "";

    if (q->backing) {
        return TRUE;            /* opened again */
    }
    if (q->backing_path) {
        return !*q->backing_path || open_backing(q, q->backing_path, "", err);
    }
    if (!h->backing_offset || !h->backing_bytes) {
        return TRUE;
    }
    if (h->backing_bytes > BACKING_MOST || h->backing_offset > q->cluster ||
        h->backing_bytes > q->cluster - h->backing_offset) {
        return obj_refuse(err, "the name of its backing file lies outside the header");
    }
    if (sys_qcow2_pread(q, name, h->backing_bytes, h->backing_offset) < 0) {
        return obj_refuse(err, "the name of its backing file cannot be read");
    }
    name[h->backing_bytes] = 0;
    if (!find_format(q, h, format, sizeof format, err)) {
        return FALSE;
    }
    g_autofree char *folder = g_path_get_dirname(q->path);
    g_autofree char *path = g_path_is_absolute(name) ? g_strdup(name) : g_build_filename(folder, name, NULL);
    return open_backing(q, path, format, err);
}

/* --- all of it ------------------------------------------------------------------------------- */
static gboolean open_file(Qcow2 *q, GError **err)
{
    struct stat st;

    q->fd = sys_open(q->path, q->b.read_only || q->b.is_away ? O_RDONLY : O_RDWR, 0);
    if (q->fd < 0 || fstat(q->fd, &st) < 0) {
        return obj_refuse(err, "'%s': %s", q->path, g_strerror(errno));
    }
    off_t end = lseek(q->fd, 0, SEEK_END);
    if ((!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)) || end < 0) {
        return obj_refuse(err, "'%s': neither a file nor a block device", q->path);
    }
    if (!q->b.is_away && flock(q->fd, (q->b.read_only ? LOCK_SH : LOCK_EX) | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
        return obj_refuse(err, "'%s' is in use by another program or disk", q->path);
    }
    q->file_end = (guint64)end;
    return TRUE;
}

static void make_cache(Qcow2Cache *c, guint n)
{
    c->tables = g_new0(Qcow2Table, n);
    c->n = n;
}

static void clear_cache(Qcow2Cache *c)
{
    for (guint i = 0; i < c->n; i++) {
        g_free(c->tables[i].data);
    }
    g_clear_pointer(&c->tables, g_free);
    c->n = 0;
}

/* Whoever does not know the features that autoclear lists must clear them when writing. */
static gboolean clear_autoclear(Qcow2 *q, const Header *h, GError **err)
{
    guint64 none = 0;

    if (q->b.read_only || q->b.is_away || !h->autoclear) {
        return TRUE;
    }
    int r = sys_qcow2_pwrite(q, &none, 8, G_STRUCT_OFFSET(Header, autoclear));
    return r == 0 || obj_refuse(err, "'%s': %s", q->path, g_strerror(-r));
}

static gboolean load(Qcow2 *q, GError **err)
{
    Header h = { .version = 0 };

    if (sys_qcow2_pread(q, &h, sizeof h, 0) < 0) {
        return obj_refuse(err, "it cannot be read");
    }
    to_host(&h);
    if (!check_header(q, &h, err)) {
        return FALSE;
    }
    q->l1_dirty = q->broken = FALSE;    /* it may be opened again */
    q->free_from = 0;
    q->version = h.version;
    q->cluster_bits = h.cluster_bits;
    q->refcount_order = h.refcount_order;
    q->cluster = (guint64)1 << h.cluster_bits;
    q->b.bytes = h.size;
    make_cache(&q->l2, (guint)CLAMP(L2_CACHE_BYTES >> h.cluster_bits, L2_CACHE_LEAST, L2_CACHE_MOST));
    make_cache(&q->blocks, BLOCK_CACHE);
    q->freed = g_array_new(FALSE, FALSE, sizeof(guint64));
    return load_tables(q, &h, err) && load_backing(q, &h, err) && clear_autoclear(q, &h, err);
}

gboolean sys_qcow2_load(Qcow2 *q, GError **err)
{
    if (!open_file(q, err)) {
        return FALSE;
    }
    if (!load(q, err)) {
        g_prefix_error(err, "'%s': ", q->path);
        return FALSE;
    }
    return TRUE;
}

void sys_qcow2_forget(Qcow2 *q)
{
    if (!q->backing_is_node) {          /* which stays when the image is opened again */
        sys_qcow2_drop_backing(q);
    }
    clear_cache(&q->l2);
    clear_cache(&q->blocks);
    g_clear_pointer(&q->l1, g_free);
    g_clear_pointer(&q->refs, g_free);
    g_clear_pointer(&q->unpacked, g_free);
    q->unpacked_entry = 0;
    if (q->freed) {
        g_array_free(q->freed, TRUE);
        q->freed = NULL;
    }
    if (q->fd >= 0) {
        close(q->fd);
        q->fd = -1;
    }
    g_rw_lock_clear(&q->lock);
    g_mutex_clear(&q->cache_lock);
}

gboolean sys_qcow2_forget_name(Qcow2 *q, GError **err)
{
    const guint8 none[12] = { 0 };
    int r = sys_qcow2_pwrite(q, none, 12, G_STRUCT_OFFSET(Header, backing_offset));

    return r == 0 || obj_refuse(err, "'%s': %s", q->path, g_strerror(-r));
}

/* --- new images ------------------------------------------------------------------------------ */
enum { NEW_BITS = 16, NEW_BLOCK = 2, NEW_L1 = 3 };      /* clusters: header, refcount table, its block, L1 */

static void put_backing(guint8 *cluster, Header *h, const char *backing, const char *format)
{
    guint32 at = sizeof *h, n = (guint32)strlen(format);
    guint32 head[2] = { GUINT32_TO_BE((guint32)EXT_BACKING), GUINT32_TO_BE(n) };

    memcpy(cluster + at, head, 8);
    memcpy(cluster + at + 8, format, n);
    at += 8 + ((n + 7) & ~7u) + 8;
    h->backing_offset = at;
    h->backing_bytes = (guint32)strlen(backing);
    memcpy(cluster + at, backing, h->backing_bytes);
}

gboolean sys_qcow2_create(int fd, guint64 bytes, const char *backing, const char *format, GError **err)
{
    Qcow2 q = { .fd = fd, .cluster_bits = NEW_BITS, .cluster = 1 << NEW_BITS };
    guint64 l1_clusters = (l1_needed(&q, bytes) * 8 + q.cluster - 1) >> NEW_BITS, used = NEW_L1 + l1_clusters;
    g_autofree guint8 *c = g_malloc0(q.cluster);
    Header h = {
        .magic = { 'Q', 'F', 'I', (char)0xfb }, .version = 3, .cluster_bits = NEW_BITS, .size = bytes,
        .l1_size = (guint32)l1_needed(&q, bytes), .l1_offset = NEW_L1 << NEW_BITS, .refs_offset = q.cluster,
        .refs_clusters = 1, .refcount_order = 4, .header_bytes = sizeof h,
    };

    if (l1_needed(&q, bytes) * 8 > L1_BYTES_MOST || bytes > G_MAXINT64) {
        return obj_refuse(err, "a disk of %" G_GUINT64_FORMAT " bytes is too large for an image", bytes);
    }
    if (backing) {
        g_assert(strlen(backing) <= BACKING_MOST && strlen(format) < 64);
        put_backing(c, &h, backing, format);
    }
    to_host(&h);        /* the same the other way */
    memcpy(c, &h, sizeof h);
    int r = sys_qcow2_pwrite(&q, c, q.cluster, 0);
    memset(c, 0, q.cluster);
    for (guint64 i = 0; i < used; i++) {
        c[2 * i + 1] = 1;
    }
    guint64 block = GUINT64_TO_BE((guint64)NEW_BLOCK << NEW_BITS);
    r = r < 0 ? r : sys_qcow2_pwrite(&q, c, q.cluster, (guint64)NEW_BLOCK << NEW_BITS);
    r = r < 0 ? r : sys_qcow2_pwrite(&q, &block, 8, q.cluster);
    r = r < 0 || ftruncate(fd, (off_t)(used << NEW_BITS)) == 0 ? r : -errno;
    return r == 0 || obj_refuse(err, "%s", g_strerror(-r));
}
