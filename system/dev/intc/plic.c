/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RISC-V platform-level interrupt controller.  [PLIC: RISC-V Platform-Level Interrupt Controller specification 1.0.0]
 *
 * A source's gateway lets one request through, and the next only when the first is complete: `pending` is the
 * request at the core, `busy` that it was let through and is not complete.  Inputs are levels.
 */
#include "dev/irq.h"
#include "dev/reg.h"
#include "dev/snap.h"
#include "dev/sysbus.h"

#include "base/log.h"

#define SOURCES 1024            /* source 0 does not exist [PLIC 1.4] */
#define CONTEXTS 128            /* here; the specification has 15872 */
#define WORDS (SOURCES / 32)

enum { PRIORITY = 0, PENDING = 0x1000, ENABLE = 0x2000, ENABLE_STRIDE = 0x80, CONTEXT = 0x200000,
       CONTEXT_STRIDE = 0x1000, REGION = 0x4000000 };

typedef struct Plic {
    DevSys sys;
    uint32_t sources, contexts, priorities;
    uint32_t priority[SOURCES], pending[WORDS], busy[WORDS], level[WORDS];
    uint32_t enable[CONTEXTS * WORDS], threshold[CONTEXTS];
    DevIrq out[CONTEXTS];
    DevRegion region;
} Plic;

static const DevField fields[] = {
    DEV_FIELD_ARRAY("priority", "Priority of each source.", Plic, priority, 0),
    DEV_FIELD_ARRAY("pending", "Requests that wait to be claimed, a bit per source.", Plic, pending, 0),
    DEV_FIELD_ARRAY("busy", "Requests that are not complete, a bit per source.", Plic, busy, 0),
    DEV_FIELD_ARRAY("level", "Inputs, a bit per source.", Plic, level, 0, .flags = DEV_FIELD_KEEP),
    DEV_FIELD_ARRAY("enable", "Enabled sources of each context.", Plic, enable, 0),
    DEV_FIELD_ARRAY("threshold", "Priorities that a context does not want.", Plic, threshold, 0),
    { 0 },
};

static const DevReg regs[] = {
    DEV_REG("priority", "Priority of a source; 0 is never.", PRIORITY, 4, .count = SOURCES),
    DEV_REG("pending", "Sources that wait to be claimed, 32 to a word.", PENDING, 4, .count = WORDS),
    DEV_REG("enable", "Sources that a context wants, 32 to a word; a context every 0x80 bytes.",
            ENABLE, 4, .count = WORDS),
    DEV_REG("threshold", "Priorities up to this are not for a context; a context every 0x1000 bytes.",
            CONTEXT, 4),
    DEV_REG("claim", "Reading claims the highest pending source; writing its number completes it.",
            CONTEXT + 4, 4),
    { 0 },
};

static gboolean bit(const uint32_t *words, guint n)
{
    return words[n / 32] >> n % 32 & 1;
}

static void set_bit(uint32_t *words, guint n, gboolean on)
{
    words[n / 32] = on ? words[n / 32] | 1u << n % 32 : words[n / 32] & ~(1u << n % 32);
}

/* --- choosing [PLIC 8] ----------------------------------------------------------------------- */
/* The pending, enabled source of the highest priority above `above`; of several, the lowest number. 0: none. */
static guint best(const Plic *p, guint context, uint32_t above)
{
    const uint32_t *enable = p->enable + context * WORDS;
    guint hit = 0;

    for (guint w = 0; w <= p->sources / 32; w++) {
        for (uint32_t m = p->pending[w] & enable[w]; m; m &= m - 1) {
            guint n = w * 32 + (guint)__builtin_ctz(m);
            if (p->priority[n] > above) {
                above = p->priority[n];
                hit = n;
            }
        }
    }
    return hit;
}

static void update(Plic *p)
{
    for (guint c = 0; c < p->contexts; c++) {
        dev_irq_set(&p->out[c], best(p, c, p->threshold[c]) != 0);
    }
}

/* --- gateways [PLIC 7] ----------------------------------------------------------------------- */
static void gate(Plic *p, guint n)
{
    if (bit(p->level, n) && !bit(p->busy, n)) {
        set_bit(p->busy, n, TRUE);
        set_bit(p->pending, n, TRUE);
    }
}

static void input(Dev *d, guint n, gboolean level)
{
    Plic *p = (Plic *)d;

    if (n == 0 || n > p->sources) {
        return;
    }
    set_bit(p->level, n, level);
    gate(p, n);
    update(p);
}

static uint32_t claim(Plic *p, guint context)
{
    guint n = best(p, context, 0);      /* whatever the threshold [PLIC 9] */

    if (n) {
        set_bit(p->pending, n, FALSE);
        update(p);
    }
    return n;
}

/* Ignored unless the source is enabled for the context. [PLIC 10] */
static void complete(Plic *p, guint context, uint32_t n)
{
    if (n == 0 || n > p->sources || !bit(p->enable + context * WORDS, n)) {
        log_guest_error("plic: context %u completes source %u, which it does not have\n", context,
                        n);
        return;
    }
    if (!bit(p->pending, n)) {
        set_bit(p->busy, n, FALSE);
        gate(p, n);
        update(p);
    }
}

/* --- registers ------------------------------------------------------------------------------- */
/* Bits of sources that exist, in word w. */
static uint32_t real_sources(const Plic *p, guint w)
{
    uint64_t all = (UINT64_C(2) << p->sources % 32) - 1;
    uint32_t mask = w < p->sources / 32 ? UINT32_MAX : w == p->sources / 32 ? (uint32_t)all : 0;

    return w ? mask : mask & ~1u;
}

static uint64_t read_plic(void *opaque, uint64_t offset, guint size)
{
    Plic *p = opaque;
    guint n = (guint)(offset / 4);

    if (offset < PENDING) {
        return n <= p->sources ? p->priority[n] : 0;
    }
    if (offset < ENABLE) {
        n -= PENDING / 4;
        return n < WORDS ? p->pending[n] : 0;
    }
    if (offset < CONTEXT) {
        guint c = (guint)(offset - ENABLE) / ENABLE_STRIDE;
        return c < p->contexts ? p->enable[c * WORDS + n % WORDS] : 0;
    }
    guint c = (guint)(offset - CONTEXT) / CONTEXT_STRIDE;
    if (c < p->contexts && offset % CONTEXT_STRIDE == 0) {
        return p->threshold[c];
    }
    return c < p->contexts && offset % CONTEXT_STRIDE == 4 ? claim(p, c) : 0;
}

static void write_plic(void *opaque, uint64_t offset, uint64_t value, guint size)
{
    Plic *p = opaque;
    guint n = (guint)(offset / 4);

    if (offset < PENDING) {
        if (n && n <= p->sources) {
            p->priority[n] = (uint32_t)value & p->priorities;
            update(p);
        }
    } else if (offset >= ENABLE && offset < CONTEXT) {
        guint c = (guint)(offset - ENABLE) / ENABLE_STRIDE;
        if (c < p->contexts) {
            p->enable[c * WORDS + n % WORDS] = (uint32_t)value & real_sources(p, n % WORDS);
            update(p);
        }
    } else if (offset >= CONTEXT) {
        guint c = (guint)(offset - CONTEXT) / CONTEXT_STRIDE;
        if (c < p->contexts && offset % CONTEXT_STRIDE == 0) {
            p->threshold[c] = (uint32_t)value & p->priorities;
            update(p);
        } else if (c < p->contexts && offset % CONTEXT_STRIDE == 4) {
            complete(p, c, (uint32_t)value);
        }
    }
}

static const DevRegionOps ops = { .read = read_plic, .write = write_plic, .min_size = 4, .max_size = 4 };

/* --- life ------------------------------------------------------------------------------------ */
static gboolean realize(Dev *d, GError **err)
{
    Plic *p = (Plic *)d;

    if (p->priorities & (p->priorities + 1)) {
        return dev_fail(d, err, "num-priorities=%u: must be one less than a power of two",
                        p->priorities);
    }
    dev_region_init_io(&p->region, d, "plic", REGION, &ops, p);
    dev_sys_region(&p->sys, &p->region);
    return TRUE;
}

/* Inputs that are high ask again. */
static void reset_hold(Dev *d)
{
    Plic *p = (Plic *)d;

    for (guint n = 1; n <= p->sources; n++) {
        gate(p, n);
    }
    update(p);
}

static gboolean loaded(Dev *d, GError **err)
{
    Plic *p = (Plic *)d;

    for (guint w = 0; w < WORDS; w++) {
        uint32_t mask = real_sources(p, w);
        if ((p->pending[w] | p->busy[w] | p->level[w]) & ~mask || p->pending[w] & ~p->busy[w]) {
            return dev_fail(d, err, "saved state has requests that cannot be");
        }
        for (guint c = 0; c < CONTEXTS; c++) {
            p->enable[c * WORDS + w] &= c < p->contexts ? mask : 0;
        }
    }
    for (guint n = 0; n < SOURCES; n++) {
        p->priority[n] &= n && n <= p->sources ? p->priorities : 0;
    }
    return TRUE;
}

static const ObjProp props[] = {
    OBJ_PROP_UINT("num-sources", "How many interrupt sources there are, from number 1.", Plic, sources, 95, 1,
                  SOURCES - 1),
    OBJ_PROP_UINT("num-contexts", "How many targets there are: a hart in one of its modes.", Plic, contexts, 2, 1,
                  CONTEXTS),
    OBJ_PROP_UINT("num-priorities", "The highest priority; one less than a power of two.", Plic, priorities, 7, 1,
                  UINT32_MAX),
    { 0 },
};

static const DevPin pins[] = {
    DEV_PIN_IN("in", "Interrupt sources, level; number 0 is not used.", SOURCES, input),
    DEV_PIN_OUT("out", "External interrupt of each context.", CONTEXTS, Plic, out),
    { 0 },
};

extern const DevType sys_plic;
const DevType sys_plic = {
    .obj = { .name = "riscv.sifive.plic", .text = OBJ_TEXT("RISC-V platform-level interrupt controller."),
             .parent = &dev_sys_type.obj, .size = sizeof(Plic), .props = props },
    .bus = &dev_sysbus_type.obj,
    .group = "intc",
    .manual = "RISC-V Platform-Level Interrupt Controller specification 1.0.0",
    .pins = pins,
    .fields = fields,
    .regs = regs,
    .realize = realize,
    .reset_hold = reset_hold,
    .loaded = loaded,
};
