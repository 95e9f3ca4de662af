/* SPDX-License-Identifier: BSD-2-Clause */
/* The text of SIMD&FP operands. */
#include "guest/aarch64/format.h"
#include "guest/aarch64/insn-simd.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static unsigned scalar(Out o, unsigned z, int n)
{
    return print(o, "%c%d", "bhsdq"[z % 5], n);
}

/* v3.4s: lanes z of bytes bytes. */
static unsigned vector(Out o, unsigned z, unsigned bytes, int n)
{
    return print(o, "v%d.%u%c", n, bytes >> z ? bytes >> z : 1, "bhsdq"[z % 5]);
}

static unsigned element(Out o, unsigned z, int n, unsigned index)
{
    return print(o, "v%d.%c[%u]", n, "bhsdq"[z % 5], index);
}

static unsigned ptype_lane(int ptype)
{
    return ptype == 0 ? 2 : ptype == 1 ? 3 : 1;
}

static unsigned immh_lane(const A64Args *a)
{
    return a->immhb >= 8 ? 28u - (unsigned)__builtin_clz((unsigned)a->immhb) : 0;
}

static unsigned lowest_bit(int v)
{
    return v ? (unsigned)__builtin_ctz((unsigned)v) : 0;
}

static unsigned float_text(Out o, int imm8)
{
    const int exponent = (imm8 >> 4 & 3) + (imm8 & 0x40 ? -3 : 1);
    const double v = (16 + (imm8 & 15)) / 16.0 * (exponent < 0 ? 1.0 / (1 << -exponent) : 1 << exponent);

    return print(o, "#%.8f", imm8 & 0x80 ? -v : v);
}

static unsigned mask_text(Out o, int imm8)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < 8; i++) {
        v |= imm8 >> i & 1 ? (uint64_t)0xff << 8 * i : 0;
    }
    return print(o, "#0x%" PRIx64, v);
}

/* {v1.4s}, {v1.4s, v2.4s}, {v1.4s-v3.4s}, or each one if they go past v31; suffix is that of each register. */
static unsigned list(Out o, int first, unsigned n, const char *suffix)
{
    char text[64];
    unsigned at;

    if (n > 2 && first + (int)n <= 32) {
        return print(o, "{v%d%s-v%d%s}", first, suffix, first + (int)n - 1, suffix);
    }
    at = (unsigned)snprintf(text, sizeof(text), "v%d%s", first, suffix);
    for (unsigned i = 1; i < n && at < sizeof(text); i++) {
        at += (unsigned)snprintf(text + at, sizeof(text) - at, ", v%d%s", (first + (int)i) & 31, suffix);
    }
    return print(o, "{%s}", text);
}

static unsigned structures(Out o, const A64Args *a, unsigned n)
{
    char suffix[8];

    snprintf(suffix, sizeof(suffix), ".%u%c", (a->q ? 16u : 8u) >> (a->size & 3), "bhsd"[a->size & 3]);
    return list(o, a->rt, n, suffix);
}

/* What is added to the base register: 31 stands for the bytes that were accessed. */
static unsigned step(Out o, int rm, unsigned bytes)
{
    return rm == 31 ? print(o, "#%u", bytes) : print(o, "x%d", rm);
}

static unsigned by_element(Out o, const A64Args *a)
{
    const unsigned z = (unsigned)a->size & 3;

    if (z == 1) {
        return element(o, z, a->rm, (unsigned)(a->h << 2 | a->l << 1 | a->m));
    }
    return element(o, z, a->rm | a->m << 4, (unsigned)(z == 2 ? a->h << 1 | a->l : a->h));
}

/* Registers by their own kinds. */
static unsigned fixed(Out o, int kind, int v, const A64Args *a)
{
    switch (kind) {
    case A64_KIND_fp:    return scalar(o, ptype_lane(a->ptype), v);
    case A64_KIND_fpopc: return scalar(o, ptype_lane(a->opc), v);
    case A64_KIND_h:     return scalar(o, 1, v);
    case A64_KIND_s:     return scalar(o, 2, v);
    case A64_KIND_d:     return scalar(o, 3, v);
    case A64_KIND_q:     return scalar(o, 4, v);
    case A64_KIND_top:   return element(o, 3, v, 1);
    case A64_KIND_v16b:  return vector(o, 0, 16, v);
    case A64_KIND_v8h:   return vector(o, 1, 16, v);
    case A64_KIND_v4s:   return vector(o, 2, 16, v);
    case A64_KIND_v2d:   return vector(o, 3, 16, v);
    case A64_KIND_v1q:   return vector(o, 4, 16, v);
    case A64_KIND_vws:   return print(o, "v%d.s", v);
    default:             return 0;
    }
}

/* Registers by size, half and sz, immh, or imm5. */
static unsigned sized(Out o, int kind, int v, const A64Args *a)
{
    const unsigned bytes = a->q ? 16 : 8;

    switch (kind) {
    case A64_KIND_va:    return vector(o, (unsigned)a->size, bytes, v);
    case A64_KIND_vw:    return vector(o, (unsigned)a->size + 1, 16, v);
    case A64_KIND_vp:    return vector(o, (unsigned)a->size + 1, bytes, v);
    case A64_KIND_vb:    return vector(o, 0, bytes, v);
    case A64_KIND_vd:    return a->q ? vector(o, 3, 16, v) : scalar(o, 3, v);
    case A64_KIND_v4imm: return vector(o, 2, bytes, v);
    case A64_KIND_vhimm: return vector(o, 1, bytes, v);
    case A64_KIND_ve:    return scalar(o, (unsigned)a->size, v);
    case A64_KIND_vew:   return scalar(o, (unsigned)a->size + 1, v);
    case A64_KIND_vaf:   return vector(o, (unsigned)a->size, bytes, v);
    case A64_KIND_vef:   return scalar(o, (unsigned)a->size, v);
    case A64_KIND_sf:    return scalar(o, a64_fp_lane(a), v);
    case A64_KIND_vf:    return vector(o, a64_fp_lane(a), bytes, v);
    case A64_KIND_vf2:   return vector(o, a64_fp_lane(a), 2u << a64_fp_lane(a), v);
    case A64_KIND_vb8:   return vector(o, 1, bytes, v);
    case A64_KIND_vf4:   return vector(o, 2, bytes, v);
    case A64_KIND_vfh:   return vector(o, 1, bytes / 2, v);
    case A64_KIND_vfn:   return vector(o, 1 + (unsigned)a->sz, bytes, v);
    case A64_KIND_vfw:   return vector(o, 2 + (unsigned)a->sz, 16, v);
    case A64_KIND_vh:    return vector(o, immh_lane(a), bytes, v);
    case A64_KIND_vhs:   return scalar(o, immh_lane(a), v);
    case A64_KIND_vhw:   return vector(o, immh_lane(a) + 1, 16, v);
    case A64_KIND_vhws:  return scalar(o, immh_lane(a) + 1, v);
    case A64_KIND_v5:    return vector(o, lowest_bit(a->imm5), bytes, v);
    case A64_KIND_v5s:   return scalar(o, lowest_bit(a->imm5), v);
    case A64_KIND_elem5: return element(o, lowest_bit(a->imm5), v, (unsigned)a->imm5 >> (lowest_bit(a->imm5) + 1));
    case A64_KIND_elem4: return element(o, lowest_bit(a->imm5), v, (unsigned)a->imm4 >> lowest_bit(a->imm5));
    case A64_KIND_r5:
        return print(o, v == 31 ? "%czr" : "%c%d", lowest_bit(a->imm5) == 3 ? 'x' : 'w', v);
    case A64_KIND_vel:   return by_element(o, a);
    case A64_KIND_vbe:
        return print(o, "v%d.2h[%d]", v | a->m << 4, a->h << 1 | a->l);
    case A64_KIND_veb:
        return print(o, "v%d.4b[%d]", v | a->m << 4, a->h << 1 | a->l);
    case A64_KIND_velc:
        return element(o, (unsigned)a->size, v | a->m << 4,
                       (unsigned)(a->size == 1 ? a->h << 1 | a->l : a->h));
    default:             return fixed(o, kind, v, a);
    }
}

unsigned a64_format_simd(int kind, int v, const A64Args *a, char *buf, size_t size)
{
    const Out o = { buf, size };

    switch (kind) {
    case A64_KIND_fbits:  return print(o, "#%d", 64 - v);
    case A64_KIND_fpimm:  return float_text(o, v);
    case A64_KIND_mask64: return mask_text(o, v);
    case A64_KIND_bits:   return print(o, "#%d", 8 << v);
    case A64_KIND_bt:     return print(o, v ? "t" : "b");
    case A64_KIND_two:    return v ? print(o, "2") : 0;
    case A64_KIND_lsl8:   return v ? print(o, ", lsl #%d", 8 * v) : 0;
    case A64_KIND_msl8:   return print(o, "#%d", 8 * (v + 1));
    case A64_KIND_shr:    return print(o, "#%d", (int)(2 * a64_lane_bits(immh_lane(a))) - v);
    case A64_KIND_shl:    return print(o, "#%d", v - (int)a64_lane_bits(immh_lane(a)));
    case A64_KIND_rot:    return print(o, "#%d", 90 * v);
    case A64_KIND_rotadd: return print(o, "#%d", v ? 270 : 90);
    case A64_KIND_tbl:    return list(o, a->rn, (unsigned)v + 1, ".16b");
    case A64_KIND_vlist:  return structures(o, a, (unsigned)v);
    case A64_KIND_vlist1: {
        const char suffix[] = { '.', "bhsd"[a->esize & 3], 0 };
        return list(o, a->rt, (unsigned)v, suffix);
    }
    case A64_KIND_postm:  return step(o, v, (unsigned)a->regs * (a->q ? 16 : 8));
    case A64_KIND_posts:  return step(o, v, (unsigned)a->selem << a->esize);
    case A64_KIND_postr:  return step(o, v, (unsigned)a->selem << a->size);
    default: {
        const unsigned n = sized(o, kind, v, a);
        return n ? n : a64_format_sve(kind, v, a, buf, size);
    }
    }
}
