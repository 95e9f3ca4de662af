/* SPDX-License-Identifier: BSD-2-Clause */
/* The text of A64 operands, by the kinds that the .isa tables name. */
#include "guest/aarch64/format.h"
#include "guest/aarch64/insn.h"

#include <inttypes.h>

/* General registers: number 31 reads as text31. */
static unsigned reg(Out o, bool wide, int n, const char *text31)
{
    if (n == 31) {
        return print(o, "%s%s", wide ? "" : "w", text31 + (wide ? 0 : *text31 == 'x'));
    }
    return print(o, "%c%d", wide ? 'x' : 'w', n);
}

static unsigned reg_pair(Out o, bool wide, int n)
{
    const char c = wide ? 'x' : 'w';

    return n == 30 ? print(o, "%c30, %czr", c, c) : print(o, "%c%d, %c%d", c, n, c, n + 1);
}

static unsigned vreg(Out o, unsigned scale, int n)
{
    return print(o, "%c%d", "bhsdq"[scale % 5], n);
}

static unsigned offset(Out o, int64_t v)
{
    return v ? print(o, ", #%" PRId64, v) : 0;
}

static unsigned condition(Out o, int cond)
{
    static const char names[][3] = {
        "eq", "ne", "cs", "cc", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le", "al", "nv"
    };

    return print(o, "%s", names[cond & 15]);
}

static const char *const extends[] = { "uxtb", "uxth", "uxtw", "uxtx", "sxtb", "sxth", "sxtw", "sxtx" };

static unsigned index_extend(Out o, const A64Args *a, bool shift, int amount)
{
    if (a->option == 3) {
        return shift ? print(o, ", lsl #%d", amount) : 0;
    }
    return shift ? print(o, ", %s #%d", extends[a->option & 7], amount) : print(o, ", %s", extends[a->option & 7]);
}

static unsigned bitmask(Out o, const A64Args *a)
{
    uint64_t mask;

    if (!a64_bitmask(a->n, a->immr, a->imms, a->sf ? 64 : 32, &mask)) {
        return print(o, "reserved");
    }
    return print(o, "#0x%" PRIx64, mask);
}

static unsigned barrier(Out o, int crm)
{
    static const char names[][6] = {
        "#0", "oshld", "oshst", "osh", "#4", "nshld", "nshst", "nsh", "#8", "ishld", "ishst", "ish", "#12", "ld",
        "st", "sy"
    };

    return print(o, "%s", names[crm & 15]);
}

static unsigned system_register(Out o, int r)
{
    static const struct {
        int reg;
        const char *name;
    } names[] = {
        { A64_SYS_MIDR, "midr_el1" }, { A64_SYS_CTR, "ctr_el0" }, { A64_SYS_DCZID, "dczid_el0" },
        { A64_SYS_RNDR, "rndr" }, { A64_SYS_RNDRRS, "rndrrs" }, { A64_SYS_NZCV, "nzcv" }, { A64_SYS_DIT, "dit" },
        { A64_SYS_SSBS, "ssbs" }, { A64_SYS_FPCR, "fpcr" }, { A64_SYS_FPSR, "fpsr" },
        { A64_SYS_TPIDR, "tpidr_el0" }, { A64_SYS_TPIDRRO, "tpidrro_el0" }, { A64_SYS_CNTFRQ, "cntfrq_el0" },
        { A64_SYS_CNTVCT, "cntvct_el0" },
    };

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].reg == r) {
            return print(o, "%s", names[i].name);
        }
    }
    return print(o, "s%d_%d_c%d_c%d_%d", 2 + (r >> 14 & 1), r >> 11 & 7, r >> 7 & 15, r >> 3 & 15, r & 7);
}

static unsigned prefetch(Out o, int op)
{
    static const char types[][4] = { "pld", "pli", "pst" };

    if (op >> 3 == 3 || (op >> 1 & 3) == 3) {
        return print(o, "#%d", op);
    }
    return print(o, "%sl%d%s", types[op >> 3], (op >> 1 & 3) + 1, op & 1 ? "strm" : "keep");
}

/* Registers of the data processing and memory tables; 0 if kind is none of them. */
static unsigned format_register(int kind, int v, const A64Args *a, Out o)
{
    switch (kind) {
    case A64_KIND_r:      return reg(o, a->sf, v, "xzr");
    case A64_KIND_rsp:    return reg(o, a->sf, v, "sp");
    case A64_KIND_x:      return reg(o, true, v, "xzr");
    case A64_KIND_xsp:    return reg(o, true, v, "sp");
    case A64_KIND_w:      return reg(o, false, v, "xzr");
    case A64_KIND_rw:     return reg(o, !a->w, v, "xzr");
    case A64_KIND_rsz:    return reg(o, a->sz, v, "xzr");
    case A64_KIND_rsize:  return reg(o, a->size == 3, v, "xzr");
    case A64_KIND_rext:   return reg(o, (a->option & 3) == 3, v, "xzr");
    case A64_KIND_rexta:  return reg(o, a->sf && (a->option & 3) == 3, v, "xzr");
    case A64_KIND_vs:     return vreg(o, a->vscale, v);
    case A64_KIND_vopc:   return vreg(o, 2 + a->opc, v);
    case A64_KIND_pairsz: return reg_pair(o, a->sz, v);
    default:              return 0;
    }
}

/* Offsets and targets. */
static unsigned format_address(int kind, int v, const A64Args *a, uint64_t pc, Out o)
{
    switch (kind) {
    case A64_KIND_off:     return offset(o, v);
    case A64_KIND_offsz:   return offset(o, (int64_t)v << (2 + (a->sz & 1)));
    case A64_KIND_offopc:  return offset(o, (int64_t)v << (2 + (a->opc & 3)));
    case A64_KIND_offsize: return offset(o, (int64_t)v << (a->size & 3));
    case A64_KIND_offvs:   return offset(o, (int64_t)v << (a->vscale & 7));
    case A64_KIND_index:   return index_extend(o, a, v, a->size);
    case A64_KIND_vindex:  return index_extend(o, a, v, a->vscale);
    case A64_KIND_target:  return print(o, "0x%" PRIx64, pc + (int64_t)v * 4);
    case A64_KIND_label:   return print(o, "0x%" PRIx64, pc + (int64_t)v);
    case A64_KIND_page:    return print(o, "0x%" PRIx64, (uint64_t)((pc & ~0xfffull) + ((int64_t)v << 12)));
    case A64_KIND_bang:    return v ? print(o, "!") : 0;
    default:               return 0;
    }
}

static unsigned format_shift(const A64Args *a, int v, Out o)
{
    static const char names[][4] = { "lsl", "lsr", "asr", "ror" };

    return v ? print(o, ", %s #%d", names[a->shift & 3], v) : 0;
}

static unsigned format_extend(const A64Args *a, int v, Out o)
{
    return v ? print(o, ", %s #%d", extends[a->option & 7], v) : print(o, ", %s", extends[a->option & 7]);
}

unsigned a64_format_operand(int kind, int32_t v, const A64Args *a, uint64_t pc, char *buf, size_t size)
{
    static const char keys[][3] = { "ia", "ib", "da", "db" };
    static const char suffixes[][2] = { "b", "h", "w", "x" };
    static const char *const targets[] = { "", " c", " j", " jc" };
    const Out o = { buf, size };
    unsigned n;

    switch (kind) {
    case A64_KIND_dec:     return print(o, "#%d", v);
    case A64_KIND_num:     return print(o, "%d", v);
    case A64_KIND_hex:     return print(o, "#0x%x", v);
    case A64_KIND_imm12:   return print(o, a->sh ? "#0x%x, lsl #12" : "#0x%x", v);
    case A64_KIND_bitmask: return bitmask(o, a);
    case A64_KIND_lsl16:   return v ? print(o, ", lsl #%d", v * 16) : 0;
    case A64_KIND_cond:    return condition(o, v);
    case A64_KIND_shift:   return format_shift(a, v, o);
    case A64_KIND_extend:  return format_extend(a, v, o);
    case A64_KIND_barrier: return barrier(o, v);
    case A64_KIND_nxs:     return barrier(o, v * 4 + 3);
    case A64_KIND_sysreg:  return system_register(o, v);
    case A64_KIND_prfop:   return prefetch(o, v);
    case A64_KIND_bti:     return print(o, "%s", targets[v & 3]);
    case A64_KIND_ab:      return print(o, "%c", "ab"[v & 1]);
    case A64_KIND_pkey:    return print(o, "%s", keys[v & 3]);
    case A64_KIND_pkeyz:   return print(o, "%cz%c", keys[v & 3][0], keys[v & 3][1]);
    case A64_KIND_bhwx:    return print(o, "%s", suffixes[v & 3]);
    case A64_KIND_bh:      return v < 2 ? print(o, "%s", suffixes[v & 3]) : 0;
    case A64_KIND_acq:     return v ? print(o, "a") : 0;
    case A64_KIND_rel:     return v ? print(o, "l") : 0;
    default:
        n = format_register(kind, v, a, o);
        if (!n) {
            n = format_address(kind, v, a, pc, o);
        }
        return n ? n : a64_format_simd(kind, v, a, buf, size);
    }
}
