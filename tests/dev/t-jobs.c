/* SPDX-License-Identifier: BSD-2-Clause */
/* Jobs that copy disks, while a guest's requests come in between: what the disks have at the end. */
#include "harness.h"

#include "back/block/job.h"
#include "back/block/qcow2.h"

#include "dev/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BYTES = 5 << 20 | 3 << 16, REQUESTS = 400 };     /* not whole chunks */

static Obj *root, *dir;
static char *tmp;
static GRand *dice;
static guint8 model[BYTES];     /* what the guest has written */

static void turn(void)
{
    dev_lock_drop();
    g_main_context_iteration(NULL, FALSE);
    dev_lock_take();
}

/* --- disks ----------------------------------------------------------------------------------- */
static char *path(const char *name)
{
    return g_build_filename(tmp, name, NULL);
}

static void make_file(const char *name, const char *backing, guint64 bytes)
{
    g_autofree char *p = path(name), *below = backing ? path(backing) : NULL;
    int fd = open(p, O_RDWR | O_CREAT | O_TRUNC, 0600);
    gboolean good = g_str_has_suffix(name, ".raw") ? ftruncate(fd, (off_t)bytes) == 0
                                                   : sys_qcow2_create(fd, bytes, below, "qcow2", NULL);
    g_assert(good);
    close(fd);
}

static SysBlock *open_disk(const char *name)
{
    g_autofree char *p = path(name);
    g_autofree char *text = g_strdup_printf("%s,id=%s,path=%s", g_str_has_suffix(name, ".raw") ? "raw" : "qcow2", name, p);
    g_autoptr(GError) err = NULL;
    SysBlock *b = sys_block_new(dir, text, &err);

    if (!b) {
        printf("# %s\n", err->message);
    }
    g_assert(b);
    return b;
}

/* Whether it reads as these bytes. */
static gboolean has(SysBlock *b, const guint8 *want, guint64 bytes)
{
    g_autofree guint8 *data = g_malloc(bytes);

    sys_block_drain(b);
    return sys_block_run(b, SYS_BLOCK_READ, 0, bytes, data) == 0 && !memcmp(data, want, bytes);
}

/* --- a guest --------------------------------------------------------------------------------- */
typedef struct Write {
    SysBlockReq r;              /* first */
    guint8 data[];
} Write;

static guint under_way, failed;

static void done(SysBlockReq *r)
{
    under_way--;
    failed += r->result < 0;
    g_free(r);
}

/* Overlapping writes may be done in any order: the next waits for those that are under way. */
static void write_something(SysBlock *b)
{
    guint64 n = (guint64)g_rand_int_range(dice, 1, 300) * 512, at = (guint64)g_rand_int_range(dice, 0, BYTES / 512) * 512;
    n = MIN(n, BYTES - at);
    Write *w = g_malloc(sizeof *w + n);
    guint32 seed = g_rand_int(dice);

    while (under_way) {
        turn();
    }
    for (guint64 i = 0; i < n; i++) {
        w->data[i] = (guint8)(seed % 5 ? seed >> i % 24 : 0);
    }
    memcpy(model + at, w->data, n);
    w->r = (SysBlockReq){ .op = SYS_BLOCK_WRITE, .offset = at, .bytes = n, .data = w->data, .done = done };
    under_way++;
    sys_block_submit(b, &w->r);
}

static void fill(SysBlock *b, guint n)
{
    while (n--) {
        write_something(b);
    }
    while (under_way) {
        turn();
    }
}

static void note_done(SysBlockReq *r)
{
    failed += r->result < 0;
}

/* --- jobs ------------------------------------------------------------------------------------ */
static void note(SysBlockJob *j, void *opaque)
{
    *(guint *)opaque += 1;
}

static SysBlockJob *start(SysBlockJobKind kind, SysBlock *from, SysBlock *to, guint *told)
{
    g_autoptr(GError) err = NULL;
    SysBlockJob *j = sys_block_job_new(kind, from, to, 0, &err);

    if (!ok(j != NULL, "a job begins")) {
        printf("# %s\n", err->message);
    }
    g_assert(j);
    *told = 0;
    j->fn = note;
    j->opaque = told;
    return j;
}

static void drop(SysBlock *b)
{
    if (b) {
        obj_unparent(&b->obj);
    }
}

static void test_mirror(const char *name)
{
    make_file("from.qcow2", NULL, BYTES);
    make_file(name, NULL, BYTES);
    memset(model, 0, sizeof model);
    SysBlock *from = open_disk("from.qcow2"), *to = open_disk(name);
    guint told;
    fill(from, 60);
    SysBlockJob *j = start(SYS_BLOCK_MIRROR, from, to, &told);
    ok(!sys_block_job_new(SYS_BLOCK_BACKUP, from, to, 0, NULL), "and no second one on the disk");
    for (guint i = 0; i < REQUESTS; i++) {
        write_something(from);
        if (g_rand_int_range(dice, 0, 3)) {
            turn();
        }
    }
    for (guint i = 0; i < 100000 && !told; i++) {
        turn();
    }
    ok(told == 1 && j->ready && !j->over, "%s: the copy is ready", name);
    for (guint i = 0; i < 20; i++) {
        write_something(from);
    }
    is(sys_block_job_finish(j), 0, "and finished, with what was written since");
    ok(has(to, model, BYTES) && has(from, model, BYTES), "both are what the guest has written");
    sys_block_job_free(j);
    ok(!to->is_used && !from->job, "and free again");
    drop(from);
    drop(to);
}

/* A large disk of which little is written: what is done is passed by in words of bits. */
static void test_sparse(void)
{
    static const guint16 chunks[] = { 799, 0, 63, 64, 65, 800, 127, 128, 700, 448 };
    g_autofree guint8 *data = g_malloc(512), *got = g_malloc(512);
    guint told, right = 0;

    make_file("from.raw", NULL, 801ull * SYS_BLOCK_CHUNK - 512);
    make_file("to.raw", NULL, 801ull * SYS_BLOCK_CHUNK - 512);
    SysBlock *from = open_disk("from.raw"), *to = open_disk("to.raw");
    SysBlockJob *j = start(SYS_BLOCK_MIRROR, from, to, &told);
    for (guint i = 0; i < 100000 && !told; i++) {
        turn();
    }
    ok(told == 1 && !j->left, "a large disk with nothing on it is copied");
    for (guint i = 0; i < G_N_ELEMENTS(chunks); i++) {
        guint64 at = (guint64)chunks[i] * SYS_BLOCK_CHUNK + 1024;
        SysBlockReq r = { .op = SYS_BLOCK_WRITE, .offset = at, .bytes = 512, .data = memset(data, (int)i + 1, 512),
                          .done = note_done };
        sys_block_submit(from, &r);
        sys_block_drain(from);
        is(j->left, 1, "a chunk is written to (%u)", chunks[i]);
        for (guint t = 0; t < 1000 && j->left; t++) {
            turn();
        }
        right += !j->left && sys_block_run(to, SYS_BLOCK_READ, at, 512, got) == 0 && !memcmp(data, got, 512);
    }
    is(right, G_N_ELEMENTS(chunks), "and is copied anew");
    sys_block_job_free(j);
    drop(from);
    drop(to);
}

static void test_backup(void)
{
    g_autofree guint8 *then = g_malloc(BYTES);
    guint told, turns = 0;

    make_file("from.raw", NULL, BYTES);
    make_file("to.qcow2", NULL, BYTES);
    memset(model, 0, sizeof model);
    SysBlock *from = open_disk("from.raw"), *to = open_disk("to.qcow2");
    fill(from, 100);
    memcpy(then, model, BYTES);
    SysBlockJob *j = start(SYS_BLOCK_BACKUP, from, to, &told);
    while (!told && turns++ < 100000) {
        write_something(from);
        if (turns % 3 == 0) {
            turn();
        }
    }
    ok(told == 1 && j->over && !j->error, "a backup ends by itself");
    ok(has(to, then, BYTES), "with what the disk had when it began");
    ok(has(from, model, BYTES), "and the disk has what was written");
    sys_block_job_free(j);
    drop(from);
    drop(to);
}

static void test_chain(void)
{
    g_autoptr(GError) err = NULL;
    guint told, turns = 0;

    make_file("base.qcow2", NULL, BYTES);
    make_file("top.qcow2", "base.qcow2", BYTES);
    memset(model, 0, sizeof model);
    SysBlock *b = open_disk("base.qcow2");
    fill(b, 60);
    drop(b);
    b = open_disk("top.qcow2");
    fill(b, 20);
    ok(has(b, model, BYTES), "an image over another");
    SysBlockJob *j = start(SYS_BLOCK_STREAM, b, NULL, &told);
    while (!told && turns++ < 100000) {
        write_something(b);
        turn();
    }
    ok(told == 1 && !j->error, "it takes in what is below");
    sys_block_job_free(j);
    sys_block_drain(b);
    ok(sys_block_qcow2.chain->forget(b, &err) && !sys_block_qcow2.chain->get(b), "and forgets it");
    ok(has(b, model, BYTES), "it reads the same");
    drop(b);
    g_autofree char *p = path("base.qcow2");
    unlink(p);
    b = open_disk("top.qcow2");
    ok(has(b, model, BYTES), "also without the file below");
    drop(b);
}

static void test_over(void)
{
    make_file("a.qcow2", NULL, BYTES);
    make_file("b.qcow2", NULL, BYTES);
    memset(model, 0, sizeof model);
    SysBlock *a = open_disk("a.qcow2"), *b = open_disk("b.qcow2");
    fill(a, 60);
    ok(sys_block_run(a, SYS_BLOCK_FLUSH, 0, 0, NULL) == 0 && sys_block_reopen(a, TRUE, NULL) && a->read_only,
       "opened again for reading");
    sys_block_qcow2.chain->set(b, a);
    fill(b, 60);
    ok(has(b, model, BYTES) && a->obj.links == 1, "put below another");
    ok(sys_block_reopen(b, TRUE, NULL) && sys_block_reopen(b, FALSE, NULL) && has(b, model, BYTES),
       "which keeps it when it is opened again");
    drop(b);
    is(a->obj.links, 0, "let go");
    drop(a);
}

static void test_errors(void)
{
    g_autoptr(GError) err = NULL;
    guint told;

    make_file("from.raw", NULL, BYTES);
    make_file("small.raw", NULL, BYTES / 2);
    make_file("to.raw", NULL, BYTES);
    SysBlock *from = open_disk("from.raw"), *small = open_disk("small.raw"), *to = open_disk("to.raw");
    ok(!sys_block_job_new(SYS_BLOCK_MIRROR, from, small, 0, &err) && !small->is_used, "a target that is too small");
    g_clear_error(&err);
    ok(!sys_block_job_new(SYS_BLOCK_MIRROR, from, from, 0, &err) && strstr(err->message, "is the disk itself"),
       "the disk itself");
    g_clear_error(&err);
    ok(!sys_block_job_new(SYS_BLOCK_STREAM, from, NULL, 0, &err), "a raw disk has nothing below");
    SysBlockJob *j = start(SYS_BLOCK_MIRROR, from, to, &told);
    ok(!sys_block_resize(from, BYTES * 2, NULL) && !sys_block_resize(to, BYTES / 2 & ~511, NULL),
       "no other size meanwhile, of neither");
    ok(sys_block_is_busy(from) && sys_block_is_busy(to) && !sys_block_is_busy(small), "both are busy");
    ok(!sys_block_job_new(SYS_BLOCK_BACKUP, to, small, 0, NULL) && !sys_block_job_new(SYS_BLOCK_BACKUP, small, from, 0, NULL),
       "and are of no other job");
    drop(from);
    ok(told == 1 && j->over && j->error == -ENODEV, "the disk goes away: the job has failed");
    sys_block_job_free(j);
    drop(small);
    drop(to);
}

int main(void)
{
    tmp = g_dir_make_tmp("rhea-jobs-XXXXXX", NULL);
    dice = g_rand_new_with_seed(4);
    dev_lock_take();
    g_autoptr(Obj) r = obj_new(&obj_container_type);
    root = r;
    dir = obj_container(root, "objects");
    test_mirror("to.raw");
    test_mirror("to.qcow2");
    test_sparse();
    test_backup();
    test_chain();
    test_over();
    test_errors();
    is(failed, 0, "no request of the guest failed");
    obj_unparent(root);
    dev_lock_drop();
    g_rand_free(dice);
    g_autofree char *command = g_strdup_printf("rm -r '%s'", tmp);
    int rc = system(command);
    is(rc, 0, "nothing is left");
    return tap_done();
}
