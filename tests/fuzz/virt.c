/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine of virt.h. */
#include "virt.h"

#include "fuzz.h"

#include "back/block/block.h"
#include "back/char/char.h"
#include "cpu/riscv.h"
#include "models.h"
#include "monitor/monitor.h"

#include "tcg/guest.h"

#include "dev/lock.h"
#include "dev/plug.h"

#include <unistd.h>

static const SysBoardType *const boards[] = { &sys_virt, NULL };

static gboolean no_model(guint n, SysCpuModel *model)
{
    return FALSE;
}

static const SysTarget target = { .program = "rhea-system-riscv64", .alias = "qemu-system-riscv64", .boards = boards,
                                  .guest = &rv_machine_guest, .ops = &sys_riscv_tcg, .cpu_model = no_model };

static void plug(DevBoard *b, const char *text)
{
    g_autoptr(JsonObject) args = dev_plug_parse(text, "driver", NULL);
    g_autoptr(GError) err = NULL;

    if (!dev_plug(b, sys_models, args, &err)) {
        g_error("%s: %s", text, err->message);
    }
}

SysMachine *fuzz_machine_start(void)
{
    static const TcgConfig config = { .guest = &rv_machine_guest, .tier = 0 };
    static const SysMachineConfig machine = { 0 };
    static gboolean begun;

    if (!begun) {
        sys_tcg_init(&config, &sys_riscv_tcg);
        begun = TRUE;
    }
    dev_lock_take();
    SysBoard *b = (SysBoard *)dev_board_new(&sys_virt.board, dev_clock_new(DEV_CLOCK_HOST, 0));
    gboolean good = obj_prop_set_text(&b->b.dev.obj, "memory", "16M", NULL) &&
        obj_prop_set_text(&b->b.dev.obj, "cpus", "2", NULL) && sys_board_build(b, NULL);
    g_assert(good);
    sys_tcg_use(&b->b);
    Obj *chars = obj_child(b->b.root, "chardevs");
    g_assert(sys_char_new(chars, "ringbuf,id=ring", NULL) && sys_char_new(chars, "null,id=none", NULL));
    for (guint i = 0; i < 2; i++) {
        static int fd[2];
        fd[i] = fd[i] ? fd[i] : fuzz_file(NULL, 0, NULL);
        g_autofree char *words = g_strdup_printf("raw,id=%c,path=/proc/self/fd/%d", "de"[i], fd[i]);
        g_assert(!ftruncate(fd[i], 0) && !ftruncate(fd[i], 1 << 20));
        SysBlock *disk = sys_block_new(obj_child(b->b.root, "objects"), words, NULL);
        g_assert(disk);
    }
    plug(&b->b, "virtio-blk-device,drive=d");
    plug(&b->b, "virtio-balloon-device,id=balloon");
    plug(&b->b, "virtio-keyboard-device,id=keys");
    plug(&b->b, "pcie-root-port,id=port,slot=1,chassis=1");
    good = dev_realize(&b->b.dev, NULL);
    g_assert(good);
    SysMachine *m = sys_machine_new(b, &machine);
    sys_monitors_use(m, &target);
    return m;
}

void fuzz_machine_stop(SysMachine *m)
{
    sys_monitors_use(NULL, NULL);
    dev_lock_drop();
    sys_machine_free(m);
}
