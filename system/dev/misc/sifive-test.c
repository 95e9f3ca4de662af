/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Test finisher: one register by which the guest ends or resets the machine.
 * [Linux Documentation/devicetree/bindings/power/reset/syscon-poweroff.yaml: the value of a syscon node]
 */
#include "dev/board.h"
#include "dev/reg.h"
#include "dev/sysbus.h"

#include "base/log.h"

enum { FAIL = 0x3333, PASS = 0x5555, RESET = 0x7777 };

typedef struct Finisher {
    DevSys sys;
    DevRegion region;
} Finisher;

static void write_finisher(Dev *d, guint n, uint64_t value)
{
    DevBoard *b = dev_board(d);

    switch (value & 0xffff) {
    case FAIL:
        dev_board_request(b, DEV_REQUEST_POWER_OFF, (int)(value >> 16 & 0xffff));
        break;
    case PASS:
        dev_board_request(b, DEV_REQUEST_POWER_OFF, 0);
        break;
    case RESET:
        dev_board_request(b, DEV_REQUEST_RESET, 0);
        break;
    default:
        log_guest_error("sifive-test: 0x%x is no request\n", (guint)value);
    }
}

static const DevReg regs[] = {
    DEV_REG("finisher", "0x5555 powers off, 0x3333 with an exit code in the upper half, 0x7777 resets.",
            0, 4, .written = write_finisher),
    { 0 },
};

static gboolean realize(Dev *d, GError **err)
{
    Finisher *f = (Finisher *)d;

    dev_region_init_regs(&f->region, d, "sifive-test", 0x1000, regs);
    dev_sys_region(&f->sys, &f->region);
    return TRUE;
}

extern const DevType sys_sifive_test;
const DevType sys_sifive_test = {
    .obj = { .name = "riscv.sifive.test", .text = OBJ_TEXT("Ends or resets the machine at the guest's request."),
             .parent = &dev_sys_type.obj, .size = sizeof(Finisher) },
    .bus = &dev_sysbus_type.obj,
    .group = "misc",
    .manual = "SiFive test device, as used by syscon-poweroff and syscon-reboot nodes",
    .regs = regs,
    .realize = realize,
};
