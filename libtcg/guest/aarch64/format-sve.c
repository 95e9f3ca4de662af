/* SPDX-License-Identifier: BSD-2-Clause */
/* The text of SVE operands. */
#include "guest/aarch64/format.h"
#include "guest/aarch64/insn-sve.h"

#include <inttypes.h>
#include <stdio.h>

static unsigned z(Out o, int n, unsigned size)
{
    return print(o, "z%d.%c", n & 31, "bhsdq"[size % 5]);
}

/* Registers in braces: two by comma, more as a range. */
static unsigned list(Out o, int first, unsigned n, unsigned size)
{
    const char c = "bhsdq"[size % 5];
    const int last = (first + (int)n - 1) & 31;

    return n == 1 ? print(o, "{z%d.%c}", first, c)
        : print(o, n == 2 ? "{z%d.%c, z%d.%c}" : "{z%d.%c-z%d.%c}", first, c, last, c);
}

static unsigned top_bit(int tsz)
{
    return tsz >= 8 ? 28u - (unsigned)__builtin_clz((unsigned)tsz) : 0;
}

static unsigned low_bit(int tsz)
{
    return tsz ? (unsigned)__builtin_ctz((unsigned)tsz) : 0;
}

static unsigned bitmask_size(const A64Args *a)
{
    return a->n ? 3 : a->imms < 32 ? 2 : a->imms < 48 ? 1 : 0;
}

static unsigned bitmask(Out o, const A64Args *a)
{
    const unsigned bits = 8u << bitmask_size(a);
    uint64_t mask;

    if (!a64_bitmask(a->n, a->immr, a->imms, 64, &mask)) {
        return print(o, "reserved");
    }
    return print(o, "#0x%" PRIx64, bits < 64 ? mask & (((uint64_t)1 << bits) - 1) : mask);
}

static unsigned pattern(Out o, int v, const A64Args *a)
{
    static const char *const names[] = {
        "pow2", "vl1", "vl2", "vl3", "vl4", "vl5", "vl6", "vl7", "vl8", "vl16", "vl32", "vl64", "vl128", "vl256",
        [29] = "mul4", [30] = "mul3", [31] = "all"
    };

    if (v == 31 && !a->imm4) {
        return 0;
    }
    return names[v & 31] ? print(o, ", %s", names[v & 31]) : print(o, ", #0x%x", v);
}

static unsigned prefetch(Out o, int v)
{
    static const char names[][8] = { "l1keep", "l1strm", "l2keep", "l2strm", "l3keep", "l3strm" };

    return (v & 7) < 6 ? print(o, "%s%s", v & 8 ? "pst" : "pld", names[v & 7]) : print(o, "#0x%x", v);
}

static unsigned optional(Out o, const char *fmt, int64_t v)
{
    const int n = v ? snprintf(o.buf, o.size, fmt, v) : 0;

    return n < 0 ? 0 : (unsigned)n;
}

/* Registers. */
static unsigned reg(Out o, int kind, int v, const A64Args *a)
{
    const unsigned size = (unsigned)a->size;

    switch (kind) {
    case A64_KIND_z:      return z(o, v, size);
    case A64_KIND_z8:     return z(o, v, 0);
    case A64_KIND_z16:    return z(o, v, 1);
    case A64_KIND_z32:    return z(o, v, 2);
    case A64_KIND_z64:    return z(o, v, 3);
    case A64_KIND_z128:   return z(o, v, 4);
    case A64_KIND_zz:     return print(o, "z%d", v);
    case A64_KIND_zl:     return z(o, v, size - 1);
    case A64_KIND_zl2:    return z(o, v, size - 2);
    case A64_KIND_zp:     return z(o, v, top_bit(a->tszp));
    case A64_KIND_zu:     return z(o, v, top_bit(a->tszu));
    case A64_KIND_zuu:    return z(o, v, top_bit(a->tszu) + 1);
    case A64_KIND_zx:     return z(o, v, top_bit(a->tszx * 8));
    case A64_KIND_zxu:    return z(o, v, top_bit(a->tszx * 8) + 1);
    case A64_KIND_zsz:    return z(o, v, 2 + (unsigned)a->sz);
    case A64_KIND_zmask:  return z(o, v, bitmask_size(a));
    case A64_KIND_ztl:    return z(o, v, low_bit(a->tszd));
    case A64_KIND_ztli:
        return print(o, "z%d.%c[%d]", v, "bhsdq"[low_bit(a->tszd) % 5], a->tszd >> (low_bit(a->tszd) + 1));
    case A64_KIND_zset:   return list(o, v, 1, size);
    case A64_KIND_zpair:  return list(o, v, 2, size);
    case A64_KIND_z8pair: return list(o, v, 2, 0);
    case A64_KIND_zlist:  return list(o, v, (unsigned)a->regs, size);
    case A64_KIND_p:      return print(o, "p%d.%c", v, "bhsd"[size & 3]);
    case A64_KIND_p8:     return print(o, "p%d.b", v);
    case A64_KIND_p16:    return print(o, "p%d.h", v);
    case A64_KIND_pp:     return print(o, "p%d", v);
    case A64_KIND_pm:     return print(o, "p%d/m", v);
    case A64_KIND_pz:     return print(o, "p%d/z", v);
    case A64_KIND_pmz:    return print(o, a->merge ? "p%d/m" : "p%d/z", v);
    case A64_KIND_rsizesp:
        return v == 31 ? print(o, size == 3 ? "sp" : "wsp") : print(o, "%c%d", size == 3 ? 'x' : 'w', v);
    case A64_KIND_qs:
        return v == 31 ? print(o, a->sf ? "xzr" : "xzr, wzr") : print(o, a->sf ? "x%d" : "x%d, w%d", v, v);
    case A64_KIND_qsp:    return v == 31 ? print(o, "xzr") : print(o, "x%d", v);
    case A64_KIND_qsw:    return a->sf ? 0 : v == 31 ? print(o, ", wzr") : print(o, ", w%d", v);
    default:              return 0;
    }
}

unsigned a64_format_sve(int kind, int v, const A64Args *a, char *buf, size_t size)
{
    const Out o = { buf, size };

    switch (kind) {
    case A64_KIND_pat:    return pattern(o, v, a);
    case A64_KIND_mul:    return v ? print(o, ", mul #%d", v + 1) : 0;
    case A64_KIND_vmask:  return bitmask(o, a);
    case A64_KIND_simm8:  return print(o, a->sh ? "#%d, lsl #8" : "#%d", (int8_t)v);
    case A64_KIND_uimm8:  return print(o, a->sh ? "#%d, lsl #8" : "#%d", v);
    case A64_KIND_fpi0:   return print(o, v ? "#1.0" : "#0.0");
    case A64_KIND_fpi1:   return print(o, v ? "#1.0" : "#0.5");
    case A64_KIND_fpi2:   return print(o, v ? "#2.0" : "#0.5");
    case A64_KIND_shrz:   return print(o, "#%d", (16 << top_bit(v)) - v);
    case A64_KIND_shlz:   return print(o, "#%d", v - (8 << top_bit(v)));
    case A64_KIND_sh:
    case A64_KIND_shc:    return optional(o, " #%" PRId64, v);
    case A64_KIND_lslc:   return optional(o, ", lsl #%" PRId64, v);
    case A64_KIND_xs:     return print(o, v ? "sxtw" : "uxtw");
    case A64_KIND_offms:  return optional(o, ", #%" PRId64, (int64_t)v << a->msize);
    case A64_KIND_off16:  return optional(o, ", #%" PRId64, (int64_t)v * 16);
    case A64_KIND_off32:  return optional(o, ", #%" PRId64, (int64_t)v * 32);
    case A64_KIND_mulvl:  return optional(o, ", #%" PRId64 ", mul vl", v);
    case A64_KIND_mulvlr: return optional(o, ", #%" PRId64 ", mul vl", (int64_t)v * a->regs);
    case A64_KIND_prfz:   return prefetch(o, v);
    default:              return reg(o, kind, v, a);
    }
}
