/* SPDX-License-Identifier: BSD-2-Clause */
/* RISC-V CPU models, and what programs are told of them. */
#include "guest/riscv/insn.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* RVA20U64, RVA22U64, RVA23U64 are those of the profiles' mandatory extensions that exist here. */
#define GC (RV_FEAT(i) | RV_FEAT(m) | RV_FEAT(a) | RV_FEAT(f) | RV_FEAT(d) | RV_FEAT(c) | RV_FEAT(c_d) | \
            RV_FEAT(zicsr) | RV_FEAT(zifencei))
#define BITS (RV_FEAT(zba) | RV_FEAT(zbb) | RV_FEAT(zbs))
#define A22 (GC | BITS | RV_FEAT(zicbom) | RV_FEAT(zicboz) | RV_FEAT(zihintpause) | RV_FEAT(zfhmin))
#define ZVE32F (RV_FEAT(zve32x) | RV_FEAT(zve32f))
#define ZVE64D (ZVE32F | RV_FEAT(zve64x) | RV_FEAT(zve64f) | RV_FEAT(zve64d))
#define VECTORS (RV_FEAT(v) | ZVE64D | RV_FEAT(zvl128b))
#define LATER (RV_FEAT(zicond) | RV_FEAT(zfa) | RV_FEAT(zcb) | RV_FEAT(zcb_zbb) | RV_FEAT(zcb_zba))
#define MAY_BE (RV_FEAT(zimop) | RV_FEAT(zcmop) | RV_FEAT(zawrs) | RV_FEAT(zihintntl))
#define A23 (A22 | LATER | MAY_BE | VECTORS | RV_FEAT(zvfhmin) | RV_FEAT(zvbb) | RV_FEAT(zvkb))
#define CRYPTO (RV_FEAT(zvbc) | RV_FEAT(zvkg) | RV_FEAT(zvkned) | RV_FEAT(zvknha) | RV_FEAT(zvknhb))
#define MACHINE (RV_FEAT(s) | RV_FEAT(zicntr) | RV_FEAT(zihpm) | RV_FEAT(zawrs) | RV_FEAT(sstc) | \
                 RV_FEAT(svadu) | RV_FEAT(svinval) | RV_FEAT(svnapot) | RV_FEAT(svpbmt))
#define ALL_VECTORS (VECTORS | CRYPTO | RV_FEAT(zvfh) | RV_FEAT(zvfhmin) | RV_FEAT(zvbb) | RV_FEAT(zvkb) | \
                     RV_FEAT(zvksed) | RV_FEAT(zvksh) | RV_FEAT(zvl256b))
#define MAX (A23 | RV_FEAT(zbc) | RV_FEAT(zfh) | RV_FEAT(zvfh) | CRYPTO)

const RvModel rv_models[] = {
    { "max", "everything this program implements (the default)", MAX, MACHINE, 16 },
    { "rv64", "RV64GC with Zba, Zbb, Zbc, Zbs", GC | BITS | RV_FEAT(zbc), MACHINE, 0 },
    { "rva20u64", "the RVA20U64 profile", GC, MACHINE, 0 },
    { "rva22u64", "the RVA22U64 profile", A22, MACHINE, 0 },
    { "rva23u64", "the RVA23U64 profile, but for Supm and Zvkt", A23, MACHINE, 16 },
    { NULL, NULL, 0, 0, 0 },
};
enum { CHOSEN = sizeof rv_models / sizeof *rv_models };

static RvModel chosen;          /* of rv_model_parse */

uint32_t rv_model_index(const RvModel *model)
{
    return model == &chosen ? CHOSEN : (uint32_t)(model - rv_models);
}

const RvModel *rv_model_at(uint32_t index)
{
    return index == CHOSEN ? &chosen : &rv_models[index];
}

static const struct {
    const char *isa;
    unsigned probe;
} extensions[RV_EXT_COUNT] = {
#define EXT_ROW(x, name, isa, probe, text) [RV_EXT_##name] = { isa, probe },
    RV_EXTENSIONS(EXT_ROW, )
#undef EXT_ROW
};

/* What an extension cannot be without; switching one off takes those that need it along. */
static const struct {
    uint64_t of, needs;
} implied[] = {
    { RV_FEAT(v), ZVE64D | RV_FEAT(zvl128b) },
    { RV_FEAT(zve64d), ZVE32F | RV_FEAT(zve64x) | RV_FEAT(zve64f) },
    { RV_FEAT(zve64f), ZVE32F | RV_FEAT(zve64x) },
    { RV_FEAT(zve64x), RV_FEAT(zve32x) },
    { RV_FEAT(zve32f), RV_FEAT(zve32x) },
    { RV_FEAT(zvfh), ZVE32F | RV_FEAT(zvfhmin) | RV_FEAT(zfhmin) },
    { RV_FEAT(zvfhmin), ZVE32F },
    { RV_FEAT(zvbb), RV_FEAT(zvkb) },
    { RV_FEAT(zvkb), RV_FEAT(zve32x) },
    { RV_FEAT(zvbc), RV_FEAT(zve32x) | RV_FEAT(zve64x) },
    { RV_FEAT(zvkg), RV_FEAT(zve32x) },
    { RV_FEAT(zvkned), RV_FEAT(zve32x) },
    { RV_FEAT(zvknha), RV_FEAT(zve32x) },
    { RV_FEAT(zvknhb), RV_FEAT(zvknha) | RV_FEAT(zve32x) | RV_FEAT(zve64x) },
    { RV_FEAT(zvl256b), RV_FEAT(zvl128b) },
    { RV_FEAT(zfh), RV_FEAT(zfhmin) },
};
enum { IMPLIED = sizeof implied / sizeof *implied };

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
    m->ext = on ? m->ext | set : m->ext & ~set;
}

static bool same(const char *name, const char *text, size_t length)
{
    return strlen(name) == length && !strncasecmp(name, text, length);
}

static bool parse_switch(const char *text, size_t length, bool *on)
{
    *on = same("true", text, length) || same("on", text, length);
    return *on || same("false", text, length) || same("off", text, length);
}

/* Those whose rows are todo cannot be switched on. */
static bool exists(unsigned ext)
{
    return ext != RV_EXT_zvksed && ext != RV_EXT_zvksh;
}

/* One "name=value". */
static bool parse_option(RvModel *m, const char *text, size_t length)
{
    const char *eq = memchr(text, '=', length);
    bool on;

    if (!eq) {
        return false;
    }
    const size_t name = (size_t)(eq - text), value = length - name - 1;
    if (same("vlen", text, name)) {
        m->vlenb = same("128", eq + 1, value) ? 16 : same("256", eq + 1, value) ? 32 : 0;
        return m->vlenb != 0;
    }
    if (same("elen", text, name)) {
        return same("64", eq + 1, value);
    }
    if (same("vext_spec", text, name)) {
        return same("v1.0", eq + 1, value);
    }
    for (unsigned k = 0; k < RV_EXT_COUNT; k++) {
        if (extensions[k].isa[0] && exists(k) && same(extensions[k].isa, text, name)) {
            if (!parse_switch(eq + 1, value, &on)) {
                return false;
            }
            set_extension(m, k, on);
            if (k == RV_EXT_zvl256b && on) {
                m->vlenb = 32;
            }
            return true;
        }
    }
    return false;
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

const RvModel *rv_model_parse(const char *text, const char **bad, size_t *length)
{
    const RvModel *base = rv_models;

    *bad = text;
    *length = strcspn(text, ",");
    while (base->name && !same(base->name, text, *length)) {
        base++;
    }
    if (!base->name) {
        return NULL;
    }
    if (!text[*length]) {
        return base;
    }
    chosen = *base;
    while ((*bad)[*length]) {
        *bad += *length + 1;
        *length = strcspn(*bad, ",");
        if (!parse_option(&chosen, *bad, *length)) {
            return NULL;
        }
    }
    finish(&chosen);
    return &chosen;
}

uint64_t rv_hwcap(const RvModel *model)
{
    static const struct { uint64_t feat; char letter; } rows[] = {
        { RV_FEAT(i), 'i' }, { RV_FEAT(m), 'm' }, { RV_FEAT(a), 'a' },
        { RV_FEAT(f), 'f' }, { RV_FEAT(d), 'd' }, { RV_FEAT(c), 'c' }, { RV_FEAT(v), 'v' },
    };
    uint64_t cap = 0;

    for (unsigned k = 0; k < sizeof rows / sizeof *rows; k++) {
        if (model->ext & rows[k].feat) {
            cap |= (uint64_t)1 << (rows[k].letter - 'a');
        }
    }
    return cap;
}

/* Machines have no vectors yet: their memory accesses would have to go through the MMU. */
uint64_t rv_machine_ext(const RvModel *model)
{
    return (model->ext & ~ALL_VECTORS) | model->machine;
}

static void isa_string(uint64_t set, char *buf, size_t size)
{
    size_t n = (size_t)snprintf(buf, size, "rv64");

    for (unsigned k = 0; k < RV_EXT_COUNT && n < size; k++) {
        const char *name = extensions[k].isa;
        if ((set >> k & 1) && name[0]) {
            n += (size_t)snprintf(buf + n, size - n, "%s%s", name[1] ? "_" : "", name);
        }
    }
}

void rv_isa_string(const RvModel *model, char *buf, size_t size)
{
    isa_string(model->ext, buf, size);
}

void rv_machine_isa_string(const RvModel *model, char *buf, size_t size)
{
    isa_string(rv_machine_ext(model), buf, size);
}

int64_t rv_hwprobe(const RvModel *model, int64_t key)
{
    uint64_t bits = 0;

    switch (key) {
    case 0: case 1: case 2:     /* mvendorid, marchid, mimpid */
        return 0;
    case 3:                     /* base behaviour: IMA */
        return 1;
    case 4:                     /* extensions; bit 0 is F and D */
        bits = (model->ext & RV_FEAT(d)) ? 1 : 0;
        for (unsigned k = 0; k < RV_EXT_COUNT; k++) {
            if ((model->ext >> k & 1) && extensions[k].probe) {
                bits |= (uint64_t)1 << (extensions[k].probe - 1);
            }
        }
        return (int64_t)bits;
    case 5:                     /* misaligned scalar accesses: fast */
        return 3;
    case 6:                     /* size of a Zicboz block */
        return model->ext & RV_FEAT(zicboz) ? 64 : 0;
    case 7:                     /* highest user address */
        return 0x7fffffffefff;
    default:
        return -1;
    }
}
