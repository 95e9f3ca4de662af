/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Qcow2 images against a plain copy of the disk.
 *
 * t-qcow2                          TAP: own images, random requests, damaged images
 * t-qcow2 copy IMAGE RAW           writes the disk to RAW
 * t-qcow2 churn IMAGE RAW SEED N   N random requests to both; the end is a closed image
 * t-qcow2 snapshots IMAGE RAW SEED N   the same with N times a snapshot made, gone back to or deleted
 * t-qcow2 apply IMAGE NAME         back to that snapshot
 * t-qcow2 damage IMAGE SEED N      N times: damages a copy of the image, opens and uses it; prints what was refused
 */
#include "back/block/qcow2.h"
#include "dev/lock.h"
#include "harness.h"
#include "request.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static Obj *dir;

static SysBlock *open_image(const char *path, const char *more, GError **err)
{
    static guint n;
    g_autofree char *text = g_strdup_printf("qcow2,id=x%u,path=%s%s", n++, path, more);

    if (!dir) {
        dir = obj_new(&obj_container_type);
    }
    return sys_block_new(dir, text, err);
}

/* --- random requests ------------------------------------------------------------------------- */
enum { LARGEST = 300 << 10 };

static guint64 pick(GRand *g, guint64 below)
{
    return (((guint64)g_rand_int(g) << 32) | g_rand_int(g)) % below;
}

/* Discarded sectors may be read as anything until they are written: the copy takes what the image says. */
static int churn(SysBlock *b, guint8 *copy, GRand *g, guint n)
{
    g_autofree guint8 *buf = g_malloc(LARGEST);
    gboolean small = g_rand_boolean(g);

    for (guint i = 0; i < n; i++) {
        guint64 bytes = (1 + pick(g, (small ? 8192 : LARGEST) / 512)) * 512, at = pick(g, b->bytes / 512) * 512;
        bytes = MIN(bytes, b->bytes - at);
        int r = 0;
        switch (g_rand_int_range(g, 0, 12)) {
        case 0: case 1: case 2: case 3: case 4: case 5:
            for (guint64 k = 0; k < bytes; k += 4) {
                guint32 v = g_rand_int(g);
                memcpy(buf + k, &v, 4);
            }
            memcpy(copy + at, buf, bytes);
            r = request_run(b, SYS_BLOCK_WRITE, at, bytes, buf);
            break;
        case 6:
            r = request_run(b, SYS_BLOCK_DISCARD, at, bytes, NULL);
            r = r ? r : request_run(b, SYS_BLOCK_READ, at, bytes, copy + at);
            break;
        case 7:
            r = request_run(b, SYS_BLOCK_FLUSH, 0, 0, NULL);
            break;
        default:
            r = request_run(b, SYS_BLOCK_READ, at, bytes, buf);
            if (r == 0 && memcmp(buf, copy + at, bytes)) {
                return -EILSEQ;
            }
        }
        if (r < 0) {
            return r;
        }
    }
    return 0;
}

static int compare(SysBlock *b, const guint8 *copy)
{
    g_autofree guint8 *buf = g_malloc(LARGEST);

    for (guint64 at = 0; at < b->bytes; at += LARGEST) {
        guint64 n = MIN(LARGEST, b->bytes - at);
        int r = request_run(b, SYS_BLOCK_READ, at, n, buf);
        if (r < 0 || memcmp(buf, copy + at, n)) {
            return r < 0 ? r : -EILSEQ;
        }
    }
    return 0;
}

static char *new_file(const char *what)
{
    char *path = g_strdup_printf("%s/rhea-t-qcow2-%d-%s", g_get_tmp_dir(), (int)getpid(), what);

    unlink(path);
    return path;
}

static void create(const char *path, guint64 bytes, const char *backing, const char *format)
{
    g_autoptr(GError) err = NULL;
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    ok(fd >= 0 && sys_qcow2_create(fd, bytes, backing, format, &err), "create %s of %" G_GUINT64_FORMAT " bytes",
       backing ? "an overlay" : "an image", bytes);
    close(fd);
}

static void test_random(void)
{
    enum { BYTES = (5 << 20) + 3 * 512 };
    g_autofree char *base = new_file("base"), *top = new_file("top");
    g_autofree guint8 *copy = g_malloc0(BYTES);
    g_autoptr(GRand) g = g_rand_new_with_seed(7);
    g_autoptr(GError) err = NULL;

    create(base, BYTES, NULL, NULL);
    for (guint round = 0; round < 4; round++) {
        SysBlock *b = open_image(base, "", &err);
        is(b ? churn(b, copy, g, 150) : -1, 0, "random requests, round %u", round);
        obj_unparent(&b->obj);
        b = open_image(base, ",read-only=on", &err);
        is(b ? compare(b, copy) : -1, 0, "opened again, it holds the same");
        is(request_run(b, SYS_BLOCK_WRITE, 0, 512, copy), -EROFS, "read-only");
        obj_unparent(&b->obj);
    }
    g_autofree char *name = g_path_get_basename(base);
    create(top, BYTES, name, "qcow2");
    SysBlock *b = open_image(top, "", &err);
    is(b ? compare(b, copy) : -1, 0, "through an overlay");
    obj_unparent(&b->obj);
    b = open_image(top, ",backing=,read-only=on", &err);
    ok(b && compare(b, copy) == -EILSEQ, "without its backing file it is another disk");
    obj_unparent(&b->obj);
    b = open_image(top, "", &err);
    is(b ? churn(b, copy, g, 300) : -1, 0, "random requests to the overlay");
    SysBlock *again = open_image(top, "", &err);
    ok(!again, "a second time is refused");
    is_error(&err, "in use", "and says so");
    obj_unparent(&b->obj);
    unlink(base);
    b = open_image(top, "", &err);
    ok(!b, "a backing file that is not there is refused");
    is_error(&err, "backing file", "and named");
    unlink(top);
}

/* Many requests under way at once, each in sectors of its own. */
static void test_parallel(void)
{
    enum { N = 400, EACH = 20 << 10 };
    static SysBlockReq r[N];
    static gboolean done[N];
    g_autofree char *path = new_file("many");
    g_autofree guint8 *data = g_malloc(N * EACH), *back = g_malloc(N * EACH);
    g_autoptr(GError) err = NULL;
    guint bad = 0;

    create(path, 64 << 20, NULL, NULL);
    SysBlock *b = open_image(path, "", &err);
    for (guint i = 0; i < N; i++) {
        memset(data + i * EACH, (int)(i + 1), EACH);
        r[i] = (SysBlockReq){ .op = SYS_BLOCK_WRITE, .offset = (guint64)(i * 7 % N) * EACH, .bytes = EACH,
                              .data = data + i * EACH, .done = request_done, .opaque = &done[i] };
        sys_block_submit(b, &r[i]);
        if (i % 50 == 49) {
            request_run(b, SYS_BLOCK_FLUSH, 0, 0, NULL);
        }
    }
    sys_block_drain(b);
    for (guint i = 0; i < N; i++) {
        bad += !done[i] || r[i].result;
    }
    is(bad, 0, "%d writes at once", N);
    is(request_run(b, SYS_BLOCK_READ, 0, (guint64)N * EACH, back), 0, "read");
    for (guint i = 0; i < N; i++) {
        bad += memcmp(back + i * 7 % N * EACH, data + i * EACH, EACH) != 0;
    }
    is(bad, 0, "all arrived");
    obj_unparent(&b->obj);
    unlink(path);
}

static void test_refused(void)
{
    static const struct {
        guint64 at, value;
        guint bytes;
        const char *says;
    } cases[] = {
        { 0, 0, 4, "is not a qcow2 image" },
        { 4, 4, 4, "is of version 4" },
        { 20, 8, 4, "clusters of 2^8 bytes" },
        { 20, 22, 4, "clusters of 2^22 bytes" },
        { 32, 1, 4, "is encrypted" },
        { 36, 0, 4, "an L1 table of 0 entries" },
        { 36, 0x7fffffff, 4, "an L1 table of 2147483647 entries" },
        { 40, 0x30001, 8, "the L1 table (at 0x30001) is not aligned or lies outside the file" },
        { 40, 0x30000000, 8, "the L1 table (at 0x30000000) is not aligned or lies outside the file" },
        { 48, 0, 8, "the refcount table (at 0x0)" },
        { 56, 0, 4, "a refcount table of 0 clusters" },
        { 56, 0x10000, 4, "a refcount table of 65536 clusters" },
        { 60, 0x10001, 4, "has 65537 snapshots" },
        { 72, 1, 8, "was not closed" },
        { 72, 2, 8, "is marked as corrupt" },
        { 72, 4, 8, "keeps its data in another file" },
        { 72, 8, 8, "compression type 0" },
        { 72, 16, 8, "has extended L2 entries" },
        { 72, 0x100, 8, "needs features that are not known here (0x100)" },
        { 96, 7, 4, "has refcounts of 2^7 bits" },
        { 100, 96, 4, "has a header of 96 bytes" },
    };
    g_autofree char *path = new_file("refused");

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) err = NULL;
        guint64 be = GUINT64_TO_BE(cases[i].value << (64 - 8 * cases[i].bytes));
        create(path, 1 << 20, NULL, NULL);
        int fd = open(path, O_RDWR | O_CLOEXEC);
        ok(pwrite(fd, &be, cases[i].bytes, (off_t)cases[i].at) == cases[i].bytes, "damaged");
        close(fd);
        ok(!open_image(path, "", &err), "refused: %s", cases[i].says);
        is_error(&err, cases[i].says, "which says so");
    }
    unlink(path);
}

/* A machine's state for tests: a number, so many times as itself says. */
static int state_file(guint32 state)
{
    g_autofree char *path = new_file("state");
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

    unlink(path);
    for (guint32 i = 0; fd >= 0 && i < state; i++) {
        if (write(fd, &state, 4) != 4) {
            return -1;
        }
    }
    lseek(fd, 0, SEEK_SET);
    return fd;
}

/* --- damaged images -------------------------------------------------------------------------- */
/* Bytes in the tables change at random; whatever the image then is, we come through. */
static void use_damaged(const char *path, GRand *g, guint *refused, guint *failed)
{
    g_autofree guint8 *buf = g_malloc0(1 << 20);
    SysBlock *b = open_image(path, "", NULL);

    if (!b) {
        ++*refused;
        return;
    }
    for (guint i = 0; i < 12 && b->bytes > 512; i++) {
        guint64 at = pick(g, b->bytes / 512) * 512, n = (guint64)512 << g_rand_int_range(g, 0, 9);
        n = MIN(n, b->bytes - at);
        static const SysBlockOp ops[] = { SYS_BLOCK_READ, SYS_BLOCK_WRITE, SYS_BLOCK_DISCARD, SYS_BLOCK_FLUSH };
        *failed += request_run(b, ops[g_rand_int_range(g, 0, 4)], at, n, buf) < 0;
    }
    const SysBlockSnaps *snaps = sys_block_qcow2.snaps;
    g_autoptr(GPtrArray) all = snaps->list(b, NULL);
    const SysBlockSnap *s = all && all->len ? g_ptr_array_index(all, pick(g, all->len)) : NULL;
    SysBlockSnap info = { .name = (char *)"new" };
    int fd = state_file(1000);
    *failed += s && !snaps->apply(b, s->id, fd, NULL);
    *failed += s && !snaps->remove(b, s->id, NULL);
    *failed += !snaps->create(b, &info, fd, NULL);
    close(fd);
    obj_unparent(&b->obj);
}

static void damage(const char *image, guint seed, guint rounds, guint *refused, guint *failed)
{
    g_autofree char *text = NULL, *path = new_file("damaged");
    g_autoptr(GRand) g = g_rand_new_with_seed(seed);
    gsize whole;

    if (!g_file_get_contents(image, &text, &whole, NULL) || whole < 4096) {
        return;
    }
    for (guint i = 0; i < rounds; i++) {
        g_autofree char *copy = g_memdup2(text, whole);
        gsize n = whole;
        /* the header, or the beginning of a cluster, where tables are filled first */
        gsize start = g_rand_int_range(g, 0, 4) ? pick(g, n >> 12) << 12 & ~(gsize)(g_rand_boolean(g) ? 0xffff : 0) : 0;
        for (guint k = (guint)g_rand_int_range(g, 1, 6); k > 0; k--) {
            copy[start + pick(g, MIN(128, n - start))] = (char)(g_rand_boolean(g) ? g_rand_int(g) : 0xff);
        }
        if (g_rand_int_range(g, 0, 8) == 0) {
            n = pick(g, n) + 1;
        }
        g_file_set_contents(path, copy, (gssize)n, NULL);
        use_damaged(path, g, refused, failed);
    }
    unlink(path);
}

static void test_damage(void)
{
    g_autofree char *path = new_file("whole");
    g_autofree guint8 *copy = g_malloc0(2 << 20);
    g_autoptr(GRand) g = g_rand_new_with_seed(3);
    guint refused = 0, failed = 0;

    create(path, 2 << 20, NULL, NULL);
    SysBlock *b = open_image(path, "", NULL);
    is(churn(b, copy, g, 60), 0, "an image to damage");
    obj_unparent(&b->obj);
    damage(path, 11, 300, &refused, &failed);
    ok(refused > 10 && refused < 200 && failed > 10, "300 damaged images: %u refused, %u requests failed, no crash",
       refused, failed);
    unlink(path);
}

/* --- the program ----------------------------------------------------------------------------- */
static int say(const char *what, const char *path, GError *err)
{
    fprintf(stderr, "%s %s: %s\n", what, path, err ? err->message : g_strerror(errno));
    return 1;
}

static int copy_image(const char *path, const char *raw)
{
    g_autoptr(GError) err = NULL;
    SysBlock *b = open_image(path, ",read-only=on", &err);
    FILE *f = b ? fopen(raw, "we") : NULL;
    g_autofree guint8 *buf = g_malloc(LARGEST);

    for (guint64 at = 0; f && at < b->bytes; at += LARGEST) {
        guint64 n = MIN(LARGEST, b->bytes - at);
        int r = request_run(b, SYS_BLOCK_READ, at, n, buf);
        if (r < 0 || fwrite(buf, 1, n, f) != n) {
            errno = -r;
            return say("copy", path, NULL);
        }
    }
    return f && fclose(f) == 0 ? 0 : say("copy", path, err);
}

static int churn_image(const char *path, const char *raw, guint seed, guint n)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(GRand) g = g_rand_new_with_seed(seed);
    g_autofree char *copy = NULL;
    gsize bytes;

    if (!g_file_get_contents(raw, &copy, &bytes, &err)) {
        return say("churn", raw, err);
    }
    SysBlock *b = open_image(path, "", &err);
    int r = b && b->bytes == bytes ? churn(b, (guint8 *)copy, g, n) : -EINVAL;
    r = r < 0 ? r : compare(b, (guint8 *)copy);
    if (r < 0) {
        errno = -r;
        return say("churn", path, err);
    }
    obj_unparent(&b->obj);
    return g_file_set_contents(raw, copy, (gssize)bytes, &err) ? 0 : say("churn", raw, err);
}

/* What a snapshot must bring back. */
typedef struct Kept {
    char *name, *copy;
    guint32 state;              /* its machine's */
} Kept;

static gboolean is_state(int fd, guint32 state)
{
    guint32 v, n = 0;

    lseek(fd, 0, SEEK_SET);
    while (read(fd, &v, 4) == 4) {
        if (v != state) {
            return FALSE;
        }
        n++;
    }
    return n == state;
}

/* One of: a new snapshot, back to one, one forgotten. */
static gboolean one_snapshot(SysBlock *b, GPtrArray *all, char *copy, GRand *g, guint round, GError **err)
{
    const SysBlockSnaps *snaps = ((const SysBlockType *)b->obj.type)->snaps;
    const guint what = all->len ? (guint)g_rand_int_range(g, 0, all->len > 6 ? 3 : 4) : 3;
    const guint i = all->len ? (guint)g_rand_int_range(g, 0, (gint32)all->len) : 0;
    Kept *k = what < 3 ? g_ptr_array_index(all, i) : NULL;

    if (what == 0) {
        const gboolean good = snaps->remove(b, k->name, err);
        g_ptr_array_remove_index(all, i);
        return good;
    }
    if (what < 3) {
        int fd = state_file(0);
        gboolean good = snaps->apply(b, k->name, fd, err);
        memcpy(copy, k->copy, b->bytes);
        if (good && !is_state(fd, k->state)) {
            g_set_error(err, OBJ_ERROR, OBJ_ERROR_VALUE, "another state");
            good = FALSE;
        }
        close(fd);
        return good;
    }
    k = g_new0(Kept, 1);
    k->name = g_strdup_printf("snapshot %u", round);
    k->state = g_rand_boolean(g) ? 0 : (guint32)g_rand_int_range(g, 1, 100000);
    k->copy = g_memdup2(copy, b->bytes);
    g_ptr_array_add(all, k);
    SysBlockSnap info = { .name = k->name, .date_s = 1700000000 + round, .clock_ns = round };
    int fd = state_file(k->state);
    const gboolean good = snaps->create(b, &info, fd, err);
    close(fd);
    return good;
}

static void free_kept(void *data)
{
    Kept *k = data;

    g_free(k->name);
    g_free(k->copy);
    g_free(k);
}

/* Random requests with snapshots between them. */
static int snap_image(const char *path, const char *raw, guint seed, guint n)
{
    g_autoptr(GError) err = NULL;
    g_autoptr(GRand) g = g_rand_new_with_seed(seed);
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(free_kept);
    g_autofree char *copy = NULL;
    gsize bytes;

    if (!g_file_get_contents(raw, &copy, &bytes, &err)) {
        return say("snapshots", raw, err);
    }
    SysBlock *b = open_image(path, "", &err);
    int r = b && b->bytes == bytes ? 0 : -EINVAL;
    for (guint i = 0; r == 0 && i < n; i++) {
        r = churn(b, (guint8 *)copy, g, 8);
        if (r == 0 && !one_snapshot(b, all, copy, g, i, &err)) {
            r = -EIO;
        }
        r = r < 0 ? r : compare(b, (guint8 *)copy);
        if (r == 0 && i % 16 == 15) {
            obj_unparent(&b->obj);
            b = open_image(path, "", &err);
            r = b ? 0 : -EINVAL;
        }
    }
    if (r < 0) {
        errno = -r;
        return say("snapshots", path, err);
    }
    obj_unparent(&b->obj);
    return g_file_set_contents(raw, copy, (gssize)bytes, &err) ? 0 : say("snapshots", raw, err);
}

/* Back to a snapshot that another program made. */
static int apply_image(const char *path, const char *name)
{
    g_autoptr(GError) err = NULL;
    SysBlock *b = open_image(path, "", &err);

    if (!b || !sys_block_qcow2.snaps->apply(b, name, -1, &err)) {
        return say("apply", path, err);
    }
    obj_unparent(&b->obj);
    return 0;
}

int main(int argc, char **argv)
{
    int r = 0;

    dev_lock_take();
    if (argc == 4 && !strcmp(argv[1], "copy")) {
        r = copy_image(argv[2], argv[3]);
    } else if (argc == 6 && !strcmp(argv[1], "churn")) {
        r = churn_image(argv[2], argv[3], (guint)atoi(argv[4]), (guint)atoi(argv[5]));
    } else if (argc == 6 && !strcmp(argv[1], "snapshots")) {
        r = snap_image(argv[2], argv[3], (guint)atoi(argv[4]), (guint)atoi(argv[5]));
    } else if (argc == 4 && !strcmp(argv[1], "apply")) {
        r = apply_image(argv[2], argv[3]);
    } else if (argc == 5 && !strcmp(argv[1], "damage")) {
        guint refused = 0, failed = 0;
        damage(argv[2], (guint)atoi(argv[3]), (guint)atoi(argv[4]), &refused, &failed);
        printf("%u refused, %u requests failed\n", refused, failed);
    } else {
        test_random();
        test_parallel();
        test_refused();
        test_damage();
        r = tap_done();
    }
    g_clear_pointer(&dir, obj_unref);
    dev_lock_drop();
    return r;
}
