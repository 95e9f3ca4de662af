/* SPDX-License-Identifier: BSD-2-Clause */
/* RISC-V CPU models with properties: "rv64,v=true,vlen=256,sv57=off". Names are those of the ISA string and of QEMU's
 * -cpu; what does not exist here may be said to be off. */
#include "guest/riscv/insn.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What an extension cannot be without; switching one off takes those that need it along. */
static const struct {
    uint64_t of, needs;
} implied[] = {
    { RV_FEAT(v), RV_ZVE64D | RV_FEAT(zvl128b) },
    { RV_FEAT(zve64d), RV_ZVE32F | RV_FEAT(zve64x) | RV_FEAT(zve64f) },
    { RV_FEAT(zve64f), RV_ZVE32F | RV_FEAT(zve64x) },
    { RV_FEAT(zve64x), RV_FEAT(zve32x) },
    { RV_FEAT(zve32f), RV_FEAT(zve32x) },
    { RV_FEAT(zvfh), RV_ZVE32F | RV_FEAT(zvfhmin) | RV_FEAT(zfhmin) },
    { RV_FEAT(zvfhmin), RV_ZVE32F },
    { RV_FEAT(zvbb), RV_FEAT(zvkb) },
    { RV_FEAT(zvkb), RV_FEAT(zve32x) },
    { RV_FEAT(zvbc), RV_FEAT(zve32x) | RV_FEAT(zve64x) },
    { RV_FEAT(zvkg), RV_FEAT(zve32x) },
    { RV_FEAT(zvkned), RV_FEAT(zve32x) },
    { RV_FEAT(zvknha), RV_FEAT(zve32x) },
    { RV_FEAT(zvknhb), RV_FEAT(zvknha) | RV_FEAT(zve32x) | RV_FEAT(zve64x) },
    { RV_FEAT(zvksed), RV_FEAT(zve32x) },
    { RV_FEAT(zvksh), RV_FEAT(zve32x) },
    { RV_FEAT(zvl256b), RV_FEAT(zvl128b) },
    { RV_FEAT(zfh), RV_FEAT(zfhmin) },
};
enum { IMPLIED = sizeof implied / sizeof *implied };

/* Programs do not see these. */
static const uint64_t machine_only = RV_FEAT(s) | RV_FEAT(zicntr) | RV_FEAT(zihpm) | RV_FEAT(sstc) | RV_FEAT(svadu)
    | RV_FEAT(svinval) | RV_FEAT(svnapot) | RV_FEAT(svpbmt);

static void set_extension(RvModel *m, unsigned ext, bool on)
{
    uint64_t set = (uint64_t)1 << ext;

    if (ext == RV_EXT_zcb) {
        set |= RV_FEAT(zcb_zbb) | RV_FEAT(zcb_zba);
    }
    for (unsigned round = 0; round < IMPLIED; round++) {
        for (unsigned k = 0; k < IMPLIED; k++) {
            if (on && (set & implied[k].of)) {
                set |= implied[k].needs;
            } else if (!on && (set & implied[k].needs)) {
                set |= implied[k].of;
            }
        }
    }
    if (on) {
        m->ext |= set & ~machine_only;
        m->machine |= set & machine_only;
    } else {
        m->ext &= ~set;
        m->machine &= ~set;
    }
}

static bool same(const char *name, const char *text, size_t length)
{
    return strlen(name) == length && !strncasecmp(name, text, length);
}

/* A property under way. set gives NULL, or why it cannot be. */
typedef struct Option {
    RvModel *m;
    const char *value;
    size_t length;
    bool on;                            /* of a switch */
} Option;

static const char *set_g(const Option *o)
{
    static const uint8_t g[] = { RV_EXT_m, RV_EXT_a, RV_EXT_f, RV_EXT_d, RV_EXT_zicsr, RV_EXT_zifencei };

    for (size_t k = 0; o->on && k < sizeof g; k++) {
        set_extension(o->m, g[k], true);
    }
    return NULL;
}

static const char *set_always(const Option *o)
{
    return o->on ? NULL : "each CPU here has it: it cannot be off";
}

static const char *set_never(const Option *o)
{
    return o->on ? "not implemented: it can only be off" : NULL;
}

/* The largest page tables: those below are there as well [RVP 10.4]. */
static void limit(RvModel *m, bool on, unsigned levels)
{
    if (on && m->levels < levels) {
        m->levels = (uint8_t)levels;
    } else if (!on && m->levels >= levels) {
        m->levels = (uint8_t)(levels - 1);
    }
}

static const char *set_sv57(const Option *o)
{
    limit(o->m, o->on, 5);
    return NULL;
}

static const char *set_sv48(const Option *o)
{
    limit(o->m, o->on, 4);
    return NULL;
}

static const char *set_sv39(const Option *o)
{
    limit(o->m, o->on, 3);
    return NULL;
}

static const char *set_mmu(const Option *o)
{
    if (!o->on) {
        o->m->levels = 0;
    }
    return NULL;
}

static const char *set_pmp(const Option *o)
{
    o->m->pmp = o->on;
    return NULL;
}

static const char *set_vlen(const Option *o)
{
    o->m->vlenb = same("128", o->value, o->length) ? 16 : same("256", o->value, o->length) ? 32 : 0;
    return o->m->vlenb ? NULL : "it can be 128 or 256";
}

static const char *set_elen(const Option *o)
{
    return same("64", o->value, o->length) ? NULL : "it can only be 64";
}

static const char *set_vext_spec(const Option *o)
{
    return same("v1.0", o->value, o->length) ? NULL : "it can only be v1.0";
}

static const char *set_priv_spec(const Option *o)
{
    return same("v1.12.0", o->value, o->length) || same("v1.13.0", o->value, o->length) ? NULL
        : "it can be v1.12.0 or v1.13.0";
}

static const char *set_block(const Option *o)
{
    return same("64", o->value, o->length) ? NULL : "it can only be 64";
}

static const char *set_pmus(const Option *o)
{
    return same("0", o->value, o->length) ? NULL : "not implemented: there are no counters of events, it can only be 0";
}

static const char *set_id(const Option *o)
{
    return same("0", o->value, o->length) ? NULL : "it can only be 0";
}

/* What is not a row of ext.def. */
static const struct {
    const char *name;
    bool is_switch;
    const char *(*set)(const Option *o);
} properties[] = {
    { "g", true, set_g },
    { "i", true, set_always }, { "s", true, set_always }, { "u", true, set_always },
    { "zicsr", true, set_always }, { "zifencei", true, set_always },
    { "sv57", true, set_sv57 }, { "sv48", true, set_sv48 }, { "sv39", true, set_sv39 },
    { "mmu", true, set_mmu }, { "pmp", true, set_pmp },
    { "vlen", false, set_vlen }, { "elen", false, set_elen }, { "vext_spec", false, set_vext_spec },
    { "priv_spec", false, set_priv_spec },
    { "cbom_blocksize", false, set_block }, { "cboz_blocksize", false, set_block },
    { "cbop_blocksize", false, set_block },
    { "pmu-num", false, set_pmus },
    { "mvendorid", false, set_id }, { "marchid", false, set_id }, { "mimpid", false, set_id },
};

/* Extensions that do not exist here. */
static const char *const missing[] = {
    "e", "h", "sv32", "sscofpmf", "smstateen", "ssaia", "smaia", "smepmp", "x-epmp", "x-ssaia", "x-smaia", "x-j",
    "zfinx", "zdinx", "zhinx", "zhinxmin", "zcmp", "zcmt", "zce", "zacas", "zabha", "zama16b", "zfbfmin", "zvfbfmin",
    "zvfbfwma", "zbkb", "zbkc", "zbkx", "zk", "zkn", "zknd", "zkne", "zknh", "zkr", "zks", "zksed", "zksh", "zkt",
    "zvkt", "xventanacondops", "xtheadba", "xtheadbb", "xtheadbs", "svade", "smrnmi", "ssnpm", "smnpm",
    "zicfiss", "zicfilp", "sdtrig", "short-isa-string", "rvv_ta_all_1s", "rvv_ma_all_1s",
};

static bool parse_switch(Option *o)
{
    o->on = same("true", o->value, o->length) || same("on", o->value, o->length) || same("yes", o->value, o->length);
    return o->on || same("false", o->value, o->length) || same("off", o->value, o->length)
        || same("no", o->value, o->length);
}

static const char *const not_switch = "it can be on or off";

static const char *parse_extension(Option *o, unsigned ext)
{
    if (!parse_switch(o)) {
        return not_switch;
    }
    set_extension(o->m, ext, o->on);
    if (ext == RV_EXT_zvl256b && o->on) {
        o->m->vlenb = 32;
    }
    return NULL;
}

/* One "name=value"; NULL, or why not. */
static const char *parse_option(RvModel *m, const char *text, size_t length)
{
    const char *eq = memchr(text, '=', length);

    if (!eq) {
        return "it has no value";
    }
    const size_t name = (size_t)(eq - text);
    Option o = { .m = m, .value = eq + 1, .length = length - name - 1 };
    for (size_t k = 0; k < sizeof properties / sizeof *properties; k++) {
        if (same(properties[k].name, text, name)) {
            return properties[k].is_switch && !parse_switch(&o) ? not_switch : properties[k].set(&o);
        }
    }
    for (size_t k = 0; k < sizeof missing / sizeof *missing; k++) {
        if (same(missing[k], text, name)) {
            return parse_switch(&o) ? set_never(&o) : not_switch;
        }
    }
    for (unsigned k = 0; k < RV_EXT_COUNT; k++) {
        if (rv_ext_name(k)[0] && same(rv_ext_name(k), text, name)) {
            return parse_extension(&o, k);
        }
    }
    return "there is no such property";
}

/* VLEN is 128 unless said otherwise, and nothing without vectors. */
static void finish(RvModel *m)
{
    if (!(m->ext & RV_FEAT(zve32x))) {
        m->vlenb = 0;
        m->ext &= ~(RV_FEAT(zvl128b) | RV_FEAT(zvl256b));
    } else if (m->vlenb == 32) {
        m->ext |= RV_FEAT(zvl256b) | RV_FEAT(zvl128b);
    } else {
        m->vlenb = 16;
        m->ext = (m->ext | RV_FEAT(zvl128b)) & ~RV_FEAT(zvl256b);
    }
}

RvModel rv_models_chosen[RV_MODELS_CHOSEN];

/* The place of m: one that is the same, or a new one; NULL if there is none. */
static const RvModel *keep(const RvModel *m)
{
    static unsigned n;

    for (unsigned k = 0; k < n; k++) {
        const RvModel *c = &rv_models_chosen[k];
        if (c->name == m->name && c->ext == m->ext && c->machine == m->machine && c->vlenb == m->vlenb
            && c->levels == m->levels && c->pmp == m->pmp) {
            return c;
        }
    }
    if (n == RV_MODELS_CHOSEN) {
        return NULL;
    }
    rv_models_chosen[n] = *m;
    return &rv_models_chosen[n++];
}

const RvModel *rv_model_parse(const char *text, RvModelError *e)
{
    const RvModel *base = rv_models;

    *e = (RvModelError){ .at = text, .length = strcspn(text, ",") };
    while (base->name && !same(base->name, text, e->length)) {
        base++;
    }
    if (!base->name) {
        e->why = "there is no such model";
        return NULL;
    }
    if (!text[e->length]) {
        return base;
    }
    RvModel m = *base;
    while (e->at[e->length]) {
        e->at += e->length + 1;
        e->length = strcspn(e->at, ",");
        e->why = parse_option(&m, e->at, e->length);
        if (e->why) {
            return NULL;
        }
    }
    finish(&m);
    const RvModel *kept = keep(&m);
    e->why = kept ? NULL : "too many different models in one process";
    return kept;
}
