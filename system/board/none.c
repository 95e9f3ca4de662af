/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine "none": nothing.  Programs that ask an emulator what it can do start it with this one. */
#include "board/board.h"

static gboolean build(SysBoard *b, GError **err)
{
    return TRUE;
}

static gboolean boot(SysBoard *b, GError **err)
{
    if (b->kernel || b->initrd || b->firmware || b->dtb) {
        return dev_fail(&b->b.dev, err, "the machine 'none' runs nothing");
    }
    return TRUE;
}

const SysBoardType sys_none = {
    .board = {
        .dev = {
            .obj = { .name = "none", .text = OBJ_TEXT("empty machine"), .parent = &sys_board_type.dev.obj,
                     .size = sizeof(SysBoard) },
            .group = "board",
        },
        .max_cpus = 1,
        .default_ram_bytes = 1 << 20,
    },
    .build = build,
    .boot = boot,
};
