/* SPDX-License-Identifier: BSD-2-Clause */
/* Which guest registers live in which host registers: the boundary convention (DESIGN.md 2.1). Chosen from how often
 * compiled code names each register. */
#include "host/x86_64/emit.h"

static const int8_t gpr[] = { RBX, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15 };

/* By name, so that a guest's numbering is its own affair. */
static const struct {
    const char *guest;
    const char *general[11], *vector[10];
} table[] = {
    { "aarch64",
      { "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x19", "x20", "x21", "sp" },
      { "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v16", "v17" } },
    { "riscv64",
      { "sp", "ra", "s0", "s1", "a0", "a1", "a2", "a3", "a4", "a5", "a6" },
      { "fa0", "fa1", "fa2", "fa3", "fa4", "fa5", "ft0", "ft1", "ft2", "ft3" } },
};

static void pin(HxPins *pins, const TcgGuest *guest, const char *name, int host)
{
    for (unsigned r = 0; name && r < guest->nregs; r++) {
        if (guest->regs[r].name && !strcmp(guest->regs[r].name, name)) {
            pins->of[r] = (int8_t)host;
            pins->guest[host] = (int16_t)r;
            return;
        }
    }
}

void hx_pins_init(HxPins *pins, const TcgGuest *guest)
{
    memset(pins->of, -1, sizeof pins->of);
    memset(pins->guest, -1, sizeof pins->guest);
    for (unsigned k = 0; k < sizeof table / sizeof *table; k++) {
        if (!strcmp(table[k].guest, guest->name)) {
            for (unsigned n = 0; n < 11; n++) {
                pin(pins, guest, table[k].general[n], gpr[n]);
            }
            for (unsigned n = 0; n < 10; n++) {
                pin(pins, guest, table[k].vector[n], XMM0 + SCRATCH_XMMS + (int)n);
            }
        }
    }
}
