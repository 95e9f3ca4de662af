/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RISC-V ACLINT software interrupts: MSWI (machine, a level per hart) and SSWI (supervisor, an edge per write).
 * [ACLINT: RISC-V Advanced Core Local Interruptor specification 1.0-rc4, chapters 3 and 4]
 */
#include "dev/timer/aclint.h"

#include "dev/irq.h"
#include "dev/reg.h"
#include "dev/snap.h"
#include "dev/sysbus.h"

#define REGION 0x4000
#define MAX_HARTS 128

typedef struct Swi {
    DevSys sys;
    uint32_t harts;
    uint32_t msip[MAX_HARTS];
    DevIrq line[MAX_HARTS];
    DevRegion region;
} Swi;

static const DevField fields[] = {
    DEV_FIELD_ARRAY("msip", "Pending bit of each hart.", Swi, msip, 0, .max = 1),
    { 0 },
};

/* --- MSWI ------------------------------------------------------------------------------------ */
static uint64_t read_msip(Dev *d, guint n)
{
    Swi *s = (Swi *)d;

    return n < s->harts ? s->msip[n] : 0;
}

/* Only bit 0 exists. [ACLINT 3.1] */
static void write_msip(Dev *d, guint n, uint64_t value)
{
    Swi *s = (Swi *)d;

    if (n < s->harts) {
        if (s->msip[n]) {
            dev_irq_set(&s->line[n], FALSE);        /* sent again, it is announced again */
        }
        s->msip[n] = value & 1;
        dev_irq_set(&s->line[n], value & 1);
    }
}

static const DevReg mswi_regs[] = {
    DEV_REG("msip", "Bit 0 is the machine software interrupt of a hart.",
            0, 4, .count = 4095, .read = read_msip, .written = write_msip),
    { 0 },
};

/* --- SSWI ------------------------------------------------------------------------------------ */
static uint64_t read_setssip(Dev *d, guint n)
{
    return 0;
}

/* Writing 1 sends an edge; the hart keeps it in its sip. [ACLINT 4.1] */
static void write_setssip(Dev *d, guint n, uint64_t value)
{
    Swi *s = (Swi *)d;

    if (n < s->harts && (value & 1)) {
        dev_irq_set(&s->line[n], TRUE);
        dev_irq_set(&s->line[n], FALSE);
    }
}

static const DevReg sswi_regs[] = {
    DEV_REG("setssip", "Writing 1 to bit 0 sends a hart a supervisor software interrupt; reads as 0.",
            0, 4, .count = 4095, .read = read_setssip, .written = write_setssip),
    { 0 },
};

/* --- life ------------------------------------------------------------------------------------ */
static gboolean realize(Dev *d, GError **err)
{
    Swi *s = (Swi *)d;

    dev_region_init_regs(&s->region, d, d->obj.type->name, REGION, dev_type_of(d)->regs);
    dev_sys_region(&s->sys, &s->region);
    return TRUE;
}

static void reset_hold(Dev *d)
{
    Swi *s = (Swi *)d;

    for (guint i = 0; i < s->harts; i++) {
        dev_irq_set(&s->line[i], FALSE);
    }
}

static const ObjProp props[] = {
    OBJ_PROP_UINT("num-harts", "How many harts have a register.", Swi, harts, 1, 1, MAX_HARTS),
    { 0 },
};

static const DevPin mswi_pins[] = {
    DEV_PIN_OUT("msi", "Machine software interrupt of each hart.", MAX_HARTS, Swi, line),
    { 0 },
};

static const DevPin sswi_pins[] = {
    DEV_PIN_OUT("ssi", "Supervisor software interrupt of each hart: a short pulse.", MAX_HARTS, Swi, line),
    { 0 },
};

const DevType sys_aclint_mswi = {
    .obj = { .name = "riscv.aclint.mswi", .text = OBJ_TEXT("RISC-V machine software interrupts."),
             .parent = &dev_sys_type.obj, .size = sizeof(Swi), .props = props },
    .bus = &dev_sysbus_type.obj,
    .group = "intc",
    .manual = "RISC-V ACLINT specification 1.0-rc4, chapter 3",
    .pins = mswi_pins,
    .fields = fields,
    .regs = mswi_regs,
    .realize = realize,
    .reset_hold = reset_hold,
};

const DevType sys_aclint_sswi = {
    .obj = { .name = "riscv.aclint.sswi", .text = OBJ_TEXT("RISC-V supervisor software interrupts."),
             .parent = &dev_sys_type.obj, .size = sizeof(Swi), .props = props },
    .bus = &dev_sysbus_type.obj,
    .group = "intc",
    .manual = "RISC-V ACLINT specification 1.0-rc4, chapter 4",
    .pins = sswi_pins,
    .regs = sswi_regs,
    .realize = realize,
    .reset_hold = reset_hold,
};
