/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Qcow2 images: opened, read, written, discarded, with snapshots listed, made, gone back to and deleted.  The first byte
 * of an input says how (bit 0: read-only, bit 1: no changes, bit 2: snapshots); the rest is the image.  A backing
 * file that an image names is not opened: it could be any file of the fuzzer's host.  [QCOW2]
 */
#include "fuzz.h"

#include "../dev/request.h"
#include "dev/lock.h"

#include <unistd.h>
#include <zlib.h>

const char fuzz_name[] = "qcow2";

enum { PIECE = 5000 };

static guint8 buf[PIECE];

/* A damaged image may have one cluster in two places: that what was written is read again is for t-qcow2 to see. */
static void use(SysBlock *b, guint64 at, gboolean change)
{
    guint64 n = MIN(PIECE, b->bytes - at);

    if (!n) {
        return;
    }
    request_run(b, SYS_BLOCK_READ, at, n, buf);
    if (!change) {
        return;
    }
    memset(buf, 0x5a, n);
    request_run(b, SYS_BLOCK_WRITE, at, n, buf);
    request_run(b, SYS_BLOCK_READ, at, n, buf);
    request_run(b, SYS_BLOCK_DISCARD, at & ~(guint64)511, MIN(2048, n), NULL);
    request_run(b, SYS_BLOCK_FLUSH, 0, 0, NULL);
}

static void snapshots(SysBlock *b)
{
    const SysBlockSnaps *s = ((const SysBlockType *)b->obj.type)->snaps;
    g_autoptr(GPtrArray) list = s->list(b, NULL);
    SysBlockSnap info = { .name = (char *)"fuzz", .date_s = 1 };

    for (guint i = 0; list && i < MIN(list->len, 2); i++) {
        const SysBlockSnap *x = list->pdata[i];
        int fd = fuzz_file(NULL, 0, NULL);
        s->apply(b, x->id, x->state_bytes > 1 << 20 ? -1 : fd, NULL);
        close(fd);
    }
    if (s->create(b, &info, -1, NULL)) {
        use(b, 0, TRUE);
        s->apply(b, "fuzz", -1, NULL);
        s->remove(b, "fuzz", NULL);
    }
    for (guint i = 0; list && i < MIN(list->len, 2); i++) {
        s->remove(b, ((const SysBlockSnap *)list->pdata[i])->id, NULL);
    }
    if (((const SysBlockType *)b->obj.type)->resize && b->bytes < G_MAXINT64 - 65536) {
        sys_block_resize(b, b->bytes + 65536, NULL);
    }
}

int LLVMFuzzerTestOneInput(const guint8 *data, size_t n)
{
    Feed f = { data, n };
    guint how = (guint)feed(&f, 1);
    g_autofree char *path = NULL;
    int fd = fuzz_file(f.at, f.left, &path);
    g_autofree char *words = g_strdup_printf("qcow2,id=x,path=%s,backing=,read-only=%s", path, how & 1 ? "on" : "off");
    g_autoptr(GError) err = NULL;

    dev_lock_take();
    Obj *dir = obj_new(&obj_container_type);
    SysBlock *b = sys_block_new(dir, words, &err);
    g_assert(!b == !!err);
    if (b) {
        gboolean change = !(how & 3);
        use(b, 0, change);
        use(b, b->bytes / 2, change);
        use(b, b->bytes - MIN(b->bytes, 600), change);
        if (change && how & 4) {
            snapshots(b);
        }
    }
    if (b) {
        obj_unparent(&b->obj);
    }
    obj_unref(dir);
    dev_lock_drop();
    close(fd);
    return 0;
}

/* --- seeds: clusters of 512 bytes ------------------------------------------------------------ */
enum { CLUSTER = 512, REFS = 1, BLOCK = 2, L1 = 3, L2 = 4, DATA = 6, PACKED = 8, SNAPS = 9, SNAP_L1 = 10, CLUSTERS = 12 };
#define COPIED ((guint64)1 << 63)

static void header(GByteArray *a, guint version, guint order, guint snaps)
{
    memcpy(a->data, "QFI\xfb", 4);
    put_big(a, 4, version, 4);
    put_big(a, 20, 9, 4);                       /* clusters of 2^9 */
    put_big(a, 24, 96 << 10, 8);
    put_big(a, 36, 3, 4);                       /* L1 entries */
    put_big(a, 40, L1 * CLUSTER, 8);
    put_big(a, 48, REFS * CLUSTER, 8);
    put_big(a, 56, 1, 4);
    put_big(a, 60, snaps, 4);
    put_big(a, 64, snaps ? SNAPS * CLUSTER : 0, 8);
    if (version == 3) {
        put_big(a, 96, order, 4);
        put_big(a, 100, 104, 4);
        put_big(a, 104, 0x6803f857, 4);         /* an extension: names of features */
        put_big(a, 108, 48, 4);
        memcpy(a->data + 114, "dirty", 5);
    }
}

static void tables(GByteArray *a, guint order, guint used)
{
    put_big(a, REFS * CLUSTER, BLOCK * CLUSTER, 8);
    for (guint i = 0; i < CLUSTERS; i++) {
        put_big(a, BLOCK * CLUSTER + (i << order) / 8, order == 4 ? used : 0xff, order == 4 ? 2 : 1);
    }
    put_big(a, L1 * CLUSTER, L2 * CLUSTER | (used == 1 ? COPIED : 0), 8);
    put_big(a, L1 * CLUSTER + 8, (L2 + 1) * CLUSTER | (used == 1 ? COPIED : 0), 8);
    put_big(a, L2 * CLUSTER, DATA * CLUSTER | (used == 1 ? COPIED : 0), 8);
    put_big(a, L2 * CLUSTER + 8, 1, 8);         /* zeros */
    put_big(a, L2 * CLUSTER + 16, (guint64)1 << 62 | (guint64)0 << 61 | PACKED * CLUSTER, 8);
    put_big(a, (L2 + 1) * CLUSTER, (DATA + 1) * CLUSTER | (used == 1 ? COPIED : 0), 8);
    memset(a->data + DATA * CLUSTER, 0x11, 2 * CLUSTER);
}

static void packed(GByteArray *a)
{
    guint8 plain[CLUSTER];
    z_stream z = { .next_in = plain, .avail_in = CLUSTER, .next_out = a->data + PACKED * CLUSTER, .avail_out = CLUSTER };

    memset(plain, 'p', sizeof plain);
    deflateInit2(&z, 9, Z_DEFLATED, -12, 8, Z_DEFAULT_STRATEGY);
    deflate(&z, Z_FINISH);
    deflateEnd(&z);
}

static void snapshot(GByteArray *a, guint64 state)
{
    guint at = SNAPS * CLUSTER;

    put_big(a, at, SNAP_L1 * CLUSTER, 8);
    put_big(a, at + 8, 3, 4);
    put_big(a, at + 12, 1, 2);                  /* bytes of id and name */
    put_big(a, at + 14, 4, 2);
    put_big(a, at + 32, state, 4);
    put_big(a, at + 36, 16, 4);                 /* extra data */
    put_big(a, at + 40, state, 8);
    put_big(a, at + 48, 96 << 10, 8);
    memcpy(a->data + at + 56, "1snap", 5);
    memcpy(a->data + SNAP_L1 * CLUSTER, a->data + L1 * CLUSTER, 24);
}

GByteArray *fuzz_seed(guint i)
{
    GByteArray *a = zeros(CLUSTERS * CLUSTER);
    guint order = i == 2 ? 3 : 4, snaps = i >= 3 && i <= 4;

    if (i > 6) {
        g_byte_array_unref(a);
        return NULL;
    }
    header(a, i == 1 ? 2 : 3, order, snaps);
    tables(a, order, snaps ? 2 : 1);
    packed(a);
    if (snaps) {
        snapshot(a, i == 4 ? 100 : 0);
    }
    if (i == 5) {                               /* names a backing file */
        put_big(a, 8, 400, 8);
        put_big(a, 16, 8, 4);
        memcpy(a->data + 400, "base.img", 8);
    }
    g_byte_array_prepend(a, &(guint8){ i == 6 ? 1 : snaps || i == 0 ? 4 : 0 }, 1);
    return a;
}
