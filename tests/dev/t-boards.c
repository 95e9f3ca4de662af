/* SPDX-License-Identifier: BSD-2-Clause */
/* Boards: each step of a machine's realize is made to fail; what is left is what was before.  Images and resets. */
#include "harness.h"

#include "board/board.h"
#include "cpu/riscv.h"

#include "tcg/guest.h"

#include "dev/epoch.h"
#include "dev/lock.h"
#include "dev/reset.h"

#include <dirent.h>
#include <unistd.h>

static const SysBoardType *const boards[] = { &sys_virt, &sys_none };

static guint count_fds(void)
{
    DIR *d = opendir("/proc/self/fd");
    guint n = 0;

    while (d && readdir(d)) {
        n++;
    }
    if (d) {
        closedir(d);
    }
    return n;
}

static SysBoard *make(const SysBoardType *t)
{
    SysBoard *b = (SysBoard *)dev_board_new(&t->board, dev_clock_new(DEV_CLOCK_HOST, 0));
    gboolean good = obj_prop_set_uint(&b->b.dev.obj, "cpus", MIN(2, t->board.max_cpus), NULL) &&
                    sys_board_build(b, NULL);

    g_assert(good);
    sys_tcg_use(&b->b);
    return b;
}

static void drop(SysBoard *b)
{
    sys_tcg_use(NULL);
    dev_board_free(&b->b);
}

/* Realize with its n-th step failing; FALSE when there is no such step. */
static gboolean attempt(const SysBoardType *t, guint n, guint *bad)
{
    SysBoard *b = make(t);
    g_autoptr(GError) err = NULL;

    b->b.fault_at = n;
    gboolean good = dev_realize(&b->b.dev, &err);
    g_autofree char *map = dev_space_text(b->b.space);
    if (!good) {
        *bad += !g_error_matches(err, DEV_ERROR, DEV_ERROR_FAULT) || *map || b->b.snaps->len || b->b.rams->len ||
                dev_clock_timers(b->b.clock) || b->b.dev.undo || b->b.dev.state != DEV_DEAD;
    }
    drop(b);
    return !good;
}

static void faults(const SysBoardType *t)
{
    guint bad = 0, n = 1, fds = 0;

    for (; attempt(t, n, &bad); n++) {
        fds = n == 2 ? count_fds() : fds;
    }
    ok(n > (t->flashes ? 20 : 2) && !bad, "%s: realize fails at each of %u steps and leaves nothing", t->board.dev.obj.name, n - 1);
    is(count_fds(), fds, "%s: nor descriptors", t->board.dev.obj.name);
}

/* The same machine twice, and after a reset. */
static void texts(const SysBoardType *t)
{
    SysBoard *b = make(t);
    gboolean good = dev_realize(&b->b.dev, NULL);
    g_autofree char *first = dev_board_text(&b->b);
    dev_reset(&b->b.dev, DEV_RESET_COLD);
    dev_reset(&b->b.dev, DEV_RESET_WARM);
    g_autofree char *second = dev_board_text(&b->b);
    drop(b);
    b = make(t);
    good &= dev_realize(&b->b.dev, NULL);
    g_autofree char *third = dev_board_text(&b->b);
    drop(b);
    ok(good && !strcmp(first, second), "%s: a reset changes nothing that was not used", t->board.dev.obj.name);
    is_text(g_steal_pointer(&third), first, "%s: a second machine is like the first", t->board.dev.obj.name);
}

static char *write_file(const char *name, const void *data, gsize n)
{
    char *path = g_build_filename(g_get_tmp_dir(), name, NULL);

    g_assert(g_file_set_contents(path, data, (gssize)n, NULL));
    return path;
}

/* An image is in memory after each reset, whatever the guest has made of it. */
static void images(void)
{
    SysBoard *b = make(&sys_virt);
    g_autofree char *path = write_file("rhea-kernel", "kernel of 24 bytes......", 24);
    uint64_t value = 0;

    g_autoptr(GError) err = NULL;
    ok(obj_prop_set_text(&b->b.dev.obj, "kernel", path, NULL) && dev_realize(&b->b.dev, NULL) &&
           sys_board_boot(b, NULL), "a machine with a kernel");
    dev_reset(&b->b.dev, DEV_RESET_COLD);
    dev_mem_load(b->b.space, 0x80200000, 8, &value);
    is(value, 0x6f206c656e72656b, "it is 2 MiB above the start of RAM");
    dev_mem_store(b->b.space, 0x80200000, 8, 0);
    dev_reset(&b->b.dev, DEV_RESET_COLD);
    dev_mem_load(b->b.space, 0x80200000, 8, &value);
    is(value, 0x6f206c656e72656b, "and there again after a reset");
    dev_mem_load(b->b.space, 0x1018, 8, &value);
    is(value, 0x80200000, "the reset code knows where");
    dev_mem_load(b->b.space, 0x1020, 8, &value);
    is(value, 0x87e00000, "and where the device tree is");
    dev_mem_load(b->b.space, value, 4, &value);
    is(value, 0xedfe0dd0, "which is one");
    ok(!sys_board_blob(b, sys_blob_new("x", 0x80200010, g_bytes_new_static("1234567890", 10)), &err),
       "an image over another");
    is_error(&err, "overlap", "is refused");
    ok(!sys_board_blob(b, sys_blob_new("x", 0x87fffffc, g_bytes_new_static("1234567890", 10)), &err),
       "an image over the end of memory");
    is_error(&err, "no memory for it at 0x88000000", "too");
    drop(b);
    unlink(path);
}

int main(void)
{
    static const TcgConfig config = { .guest = &rv_machine_guest, .tier = 0 };

    sys_tcg_init(&config, &sys_riscv_tcg);
    dev_lock_take();
    for (guint i = 0; i < G_N_ELEMENTS(boards); i++) {
        faults(boards[i]);
        texts(boards[i]);
    }
    images();
    dev_lock_drop();
    return tap_done();
}
