/* SPDX-License-Identifier: BSD-2-Clause */
/* RISC-V CPU models, and what programs are told of them. */
#include "guest/riscv/insn.h"

#include <stdio.h>
#include <string.h>

/* RVA20U64, RVA22U64, RVA23U64 are those of the profiles' mandatory extensions that exist here. */
#define GC (RV_FEAT(i) | RV_FEAT(m) | RV_FEAT(a) | RV_FEAT(f) | RV_FEAT(d) | RV_FEAT(c) | RV_FEAT(c_d) | \
            RV_FEAT(zicsr) | RV_FEAT(zifencei))
#define BITS (RV_FEAT(zba) | RV_FEAT(zbb) | RV_FEAT(zbs))
#define A22 (GC | BITS | RV_FEAT(zicbom) | RV_FEAT(zicboz) | RV_FEAT(zihintpause) | RV_FEAT(zfhmin))
#define VECTORS (RV_FEAT(v) | RV_ZVE64D | RV_FEAT(zvl128b))
#define LATER (RV_FEAT(zicond) | RV_FEAT(zfa) | RV_FEAT(zcb) | RV_FEAT(zcb_zbb) | RV_FEAT(zcb_zba))
#define MAY_BE (RV_FEAT(zimop) | RV_FEAT(zcmop) | RV_FEAT(zawrs) | RV_FEAT(zihintntl))
#define A23 (A22 | LATER | MAY_BE | VECTORS | RV_FEAT(zvfhmin) | RV_FEAT(zvbb) | RV_FEAT(zvkb))
#define CRYPTO (RV_FEAT(zvbc) | RV_FEAT(zvkg) | RV_FEAT(zvkned) | RV_FEAT(zvknha) | RV_FEAT(zvknhb) | \
                RV_FEAT(zvksed) | RV_FEAT(zvksh))
#define MACHINE (RV_FEAT(s) | RV_FEAT(zicntr) | RV_FEAT(zihpm) | RV_FEAT(zawrs) | RV_FEAT(sstc) | \
                 RV_FEAT(svadu) | RV_FEAT(svinval) | RV_FEAT(svnapot) | RV_FEAT(svpbmt))
#define SV57 5      /* levels of page tables */
#define MAX (A23 | RV_FEAT(zbc) | RV_FEAT(zfh) | RV_FEAT(zvfh) | CRYPTO)

const RvModel rv_models[] = {
    { "max", "everything this program implements", MAX, MACHINE, 16, SV57, true },
    { "rv64", "RV64GC with Zba, Zbb, Zbc, Zbs", GC | BITS | RV_FEAT(zbc), MACHINE, 0, SV57, true },
    { "rva20u64", "the RVA20U64 profile", GC, MACHINE, 0, SV57, true },
    { "rva22u64", "the RVA22U64 profile", A22, MACHINE, 0, SV57, true },
    { "rva22s64", "the same with supervisor mode", A22, MACHINE, 0, SV57, true },
    { "rva23u64", "the RVA23U64 profile, but for Supm and Zvkt", A23, MACHINE, 16, SV57, true },
    { NULL, NULL, 0, 0, 0, 0, false },
};

static const struct {
    const char *isa;
    unsigned probe;
} extensions[RV_EXT_COUNT] = {
#define EXT_ROW(x, name, isa, probe, text) [RV_EXT_##name] = { isa, probe },
    RV_EXTENSIONS(EXT_ROW, )
#undef EXT_ROW
};

const char *rv_ext_name(unsigned ext)
{
    return extensions[ext].isa;
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

uint64_t rv_machine_ext(const RvModel *model)
{
    return model->ext | model->machine;
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
    case 8:                     /* frequency of the csr time */
        return 1000000000;
    case 9:                     /* misaligned scalar accesses, again: fast */
        return 3;
    case 10:                    /* misaligned vector accesses: fast, or none */
        return rv_has_vectors(model) ? 3 : 4;
    default:
        return -1;
    }
}
