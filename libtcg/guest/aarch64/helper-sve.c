/* SPDX-License-Identifier: BSD-2-Clause */
/* SVE instructions out of line: one call for each, which finds its operands, runs the kernel and merges the result.
 * [ArmARM C8.2] */
#include "guest/aarch64/sve-kernels.h"

#include <string.h>

#pragma GCC optimize ("O3")

typedef struct Row {
    uint32_t flags;
    A64SveKernel *kernels[5];
} Row;

#define K(k, bits) a64_sve_##k##_##bits
#define ALL(k) { K(k, 8), K(k, 16), K(k, 32), K(k, 64), NULL }
#define ALLQ(k) { K(k, 8), K(k, 16), K(k, 32), K(k, 64), K(k, 128) }
#define HWB(k) { K(k, 8), K(k, 16), K(k, 32), NULL, NULL }
#define HSD(k) { NULL, K(k, 16), K(k, 32), K(k, 64), NULL }
#define BH(k) { K(k, 8), K(k, 16), NULL, NULL, NULL }
#define HS(k) { NULL, K(k, 16), K(k, 32), NULL, NULL }
#define SD(k) { NULL, NULL, K(k, 32), K(k, 64), NULL }
#define HD(k) { NULL, K(k, 16), NULL, K(k, 64), NULL }
#define B(k) { K(k, 8), NULL, NULL, NULL, NULL }
#define H(k) { NULL, K(k, 16), NULL, NULL, NULL }
#define S(k) { NULL, NULL, K(k, 32), NULL, NULL }
#define D(k) { NULL, NULL, NULL, K(k, 64), NULL }
#define ONE(k) { a64_sve_##k, a64_sve_##k, a64_sve_##k, a64_sve_##k, a64_sve_##k }

enum {
    DN = A64_SF_DN, ZA = A64_SF_ZA, PAIRN = A64_SF_PAIRN, PAIRM = A64_SF_PAIRM, IMM = A64_SF_IMM, IMM_A = A64_SF_IMM_A,
    MX = A64_SF_MX, IDX = A64_SF_IDX, IDXP = A64_SF_IDXP, IDXN = A64_SF_IDXN, WIDE = A64_SF_WIDE, NB = A64_SF_NB,
    NT = A64_SF_NT, MB = A64_SF_MB, MT = A64_SF_MT, SX = A64_SF_SX, PAIR = A64_SF_PAIR, SWAP = A64_SF_SWAP,
    FP = A64_SF_FP, MERGE = A64_SF_MERGE, ZERO = A64_SF_ZERO, BASEM = A64_SF_BASEM, PRED = A64_SF_PRED,
    NARB = A64_SF_NARB, NART = A64_SF_NART, CVTNT = A64_SF_CVTNT, CMP = A64_SF_CMP, CMPF = A64_SF_CMPF,
    SCALAR = A64_SF_SCALAR, X = A64_SF_X,
};

static const Row rows[A64_SVE_COUNT] = {
#define SVE(name, flags, kernels) [A64_SVE_##name] = { flags, kernels },
#include "guest/aarch64/sve.def"
#undef SVE
};

uint32_t a64_sve_flags(A64SveOp op)
{
    return rows[op].flags;
}

A64SveKernel *a64_sve_kernel(A64SveOp op, unsigned size)
{
    return rows[op].kernels[size];
}

void a64_z_get(const A64Cpu *cpu, unsigned n, void *to)
{
    memcpy(to, &cpu->v[n], 16);
    memcpy((char *)to + 16, &cpu->zh[n], 16);
}

void a64_z_set(A64Cpu *cpu, unsigned n, const void *from)
{
    memcpy(&cpu->v[n], from, 16);
    if (cpu->vq > 1) {
        memcpy(&cpu->zh[n], (const char *)from + 16, 16);
    }
}

/* Eight bits as bytes of 0 or ones, and bytes of 0 and 1 as bits. */
static uint64_t spread(uint8_t bits)
{
    const uint64_t each = (bits * 0x0101010101010101u) & 0x8040201008040201u;

    return ((each + 0x00406070787c7e7fu) >> 7 & 0x0101010101010101u) * 255;
}

static uint8_t gather(uint64_t bytes)
{
    return (uint8_t)(bytes * 0x0102040810204080u >> 56);
}

void a64_pred_expand(uint64_t p, unsigned size, uint8_t mask[A64_SVE_BYTES])
{
    for (unsigned k = 0; k < size; k++) {
        p |= p << (1u << k);
    }
    for (unsigned k = 0; k < A64_SVE_BYTES / 8; k++) {
        const uint64_t bytes = spread((uint8_t)(p >> 8 * k));
        memcpy(mask + 8 * k, &bytes, 8);
    }
}

unsigned a64_pattern_count(unsigned pattern, unsigned elements)
{
    unsigned want = 0;

    switch (pattern) {
    case 0:                         /* POW2 */
        return 1u << (31 - __builtin_clz(elements));
    case 29:                        /* MUL4 */
        return elements - elements % 4;
    case 30:                        /* MUL3 */
        return elements - elements % 3;
    case 31:                        /* ALL */
        return elements;
    default:
        want = pattern <= 8 ? pattern : pattern <= 13 ? 16u << (pattern - 9) : ~0u;
        return want <= elements ? want : 0;
    }
}

/* Preparation of operands */

/* Copies of the low 1 << size bytes of x. */
static void fill(void *to, uint64_t x, unsigned size)
{
    for (unsigned w = 8u << size; w < 64; w *= 2) {
        x = (x & (((uint64_t)1 << w) - 1)) | x << w;
    }
    for (unsigned i = 0; i < A64_SVE_BYTES / 8; i++) {
        ((A64U64 *)to)[i] = x;
    }
}

/* Element index of 1 << size bytes of each 16 bytes, in all of these. */
static void replicate(void *to, const void *from, unsigned size, unsigned index)
{
    for (unsigned s = 0; s < A64_SVE_BYTES; s += 16) {
        for (unsigned k = 0; k < 16; k += 1u << size) {
            memcpy((char *)to + s + k, (const char *)from + s + (index << size), (size_t)1 << size);
        }
    }
}

/* Elements of 1 << size bytes from their lower (upper) halves. */
#define HALVES(T, H) \
    for (unsigned i = 0; i < A64_SVE_BYTES / sizeof(T); i++) { \
        ((T *)to)[i] = (T)((const H *)to)[2 * i + top]; \
    } \
    break
static void extend(void *to, unsigned size, bool top, bool is_signed)
{
    switch (size | (is_signed ? 8 : 0)) {
    case 1:  HALVES(A64U16, A64U8);
    case 2:  HALVES(A64U32, A64U16);
    case 3:  HALVES(A64U64, A64U32);
    case 9:  HALVES(A64S16, A64S8);
    case 10: HALVES(A64S32, A64S16);
    default: HALVES(A64S64, A64S32);
    }
}

/* Even elements of n and of m to n, odd ones to m. */
#define PAIRS(T) \
    for (unsigned i = 0; i + 1 < A64_SVE_BYTES / sizeof(T); i += 2) { \
        const T odd = ((T *)n)[i + 1]; \
        ((T *)n)[i + 1] = ((T *)m)[i]; \
        ((T *)m)[i] = odd; \
    } \
    break
static void pairs(void *n, void *m, unsigned size)
{
    switch (size) {
    case 0:  PAIRS(A64U8);
    case 1:  PAIRS(A64U16);
    case 2:  PAIRS(A64U32);
    default: PAIRS(A64U64);
    }
}

/* Each 64-bit element, at most 255, in the elements that it stands for. */
static void widen(void *m, unsigned size)
{
    for (unsigned i = 0; i < A64_SVE_BYTES / 8; i++) {
        uint64_t x = ((A64U64 *)m)[i];

        x = x > 255 ? 255 : x;
        for (unsigned w = 8u << size; w < 64; w *= 2) {
            x |= x << w;
        }
        ((A64U64 *)m)[i] = x;
    }
}

/* Where elements come from, and in what order: an index, an immediate; extension; pairs. */
static void prepare(const A64Sve *v, uint32_t f, unsigned size, uint8_t *n, uint8_t *m)
{
    uint8_t tmp[A64_SVE_BYTES];

    if (f & (IDX | IDXP | IDXN)) {
        const unsigned z = f & IDX ? size : f & IDXP ? size + 1 : size - 1;
        const unsigned shift = f & IMM_A ? 4 : 0;
        memcpy(tmp, m, sizeof(tmp));
        replicate(m, tmp, z, (unsigned)v->imm >> shift);
        if (f & IDXN) {
            extend(m, size, false, f & SX);
        }
    }
    if (f & IMM) {
        fill(m, (uint64_t)(int64_t)v->imm, size);
    }
    if (f & MX) {
        fill(m, v->x, size);
    }
    if (f & (NB | NT)) {
        extend(n, size, f & NT, f & SX);
    }
    if (f & (MB | MT)) {
        extend(m, size, f & MT, f & SX);
    }
    if (f & PAIR) {
        pairs(n, m, size);
    }
    if (f & WIDE) {
        widen(m, size);
    }
}

/* Results */

static void merge(A64Cpu *cpu, unsigned d, const uint8_t *tmp, const uint8_t *base, uint64_t pg, unsigned size)
{
    uint8_t mask[A64_SVE_BYTES], r[A64_SVE_BYTES];

    a64_pred_expand(pg, size, mask);
    for (unsigned i = 0; i < A64_SVE_BYTES / 8; i++) {
        const uint64_t m = ((const A64U64 *)mask)[i];
        ((A64U64 *)r)[i] = (((const A64U64 *)tmp)[i] & m) | (((const A64U64 *)base)[i] & ~m);
    }
    a64_z_set(cpu, d, r);
}

/* Elements of twice the width into the even or odd ones. */
static void narrow(A64Cpu *cpu, unsigned d, const uint8_t *tmp, const uint8_t *old, unsigned size, bool top)
{
    const unsigned half = 4u << size;       /* bits */
    const uint64_t low = size == 3 ? 0xffffffff : size == 2 ? 0x0000ffff0000ffff : 0x00ff00ff00ff00ff;
    uint8_t r[A64_SVE_BYTES];

    for (unsigned i = 0; i < A64_SVE_BYTES / 8; i++) {
        const uint64_t x = ((const A64U64 *)tmp)[i] & low;
        ((A64U64 *)r)[i] = top ? x << half | (((const A64U64 *)old)[i] & low) : x;
    }
    a64_z_set(cpu, d, r);
}

/* The bits of elements that are 0 or 1. */
static uint64_t to_bits(const uint8_t *tmp)
{
    uint64_t p = 0;

    for (unsigned k = 0; k < A64_SVE_BYTES / 8; k++) {
        p |= (uint64_t)gather(((const A64U64 *)tmp)[k]) << 8 * k;
    }
    return p;
}

static void compared(A64Cpu *cpu, unsigned d, const A64Sve *v, uint32_t f)
{
    const uint64_t r = to_bits(v->d) & v->pg;

    if (f & CMP) {
        tcg_flags_set(&cpu->env, a64_pred_test(v->pg, r));
    }
    cpu->p[d] = r;
}

static void scalar_result(A64Cpu *cpu, unsigned d, uint64_t x)
{
    cpu->v[d] = (TcgVal){ .u64 = { x, 0 } };
    cpu->zh[d] = (TcgVal){ .u64 = { 0, 0 } };
}

static void finish(A64Cpu *cpu, unsigned d, const A64Sve *v, uint32_t f, unsigned size, const uint8_t *old)
{
    static const uint8_t zero[A64_SVE_BYTES] __attribute__((aligned(16)));

    if (f & (CMP | CMPF)) {
        compared(cpu, d, v, f);
    } else if (f & SCALAR) {
        scalar_result(cpu, d, v->result);
    } else if (f & MERGE) {
        merge(cpu, d, v->d, f & BASEM ? v->m : old, v->pg, size);
    } else if (f & ZERO) {
        merge(cpu, d, v->d, zero, v->pg, size);
    } else if (f & CVTNT) {
        uint8_t r[A64_SVE_BYTES] __attribute__((aligned(16)));
        for (unsigned i = 0; i < A64_SVE_BYTES / 8; i++) {
            const uint64_t x = ((const A64U64 *)v->d)[i];
            ((A64U64 *)r)[i] = x << (4u << size);
        }
        merge(cpu, d, r, old, v->pg << (1u << (size - 1)), size - 1);
    } else if (f & (NARB | NART)) {
        narrow(cpu, d, v->d, old, size, f & NART);
    } else {
        a64_z_set(cpu, d, v->d);
    }
}

/* w: the packed instruction; x, y: scalars. Gives the result of those that write a general register. */
uint64_t a64_h_sve(TcgEnv *env, uint64_t w, uint64_t x, uint64_t y)
{
    A64Cpu *cpu = (A64Cpu *)env;
    const A64SveOp op = (A64SveOp)(w & 1023);
    const unsigned rd = w >> 10 & 31, rn = w >> 15 & 31, rm = w >> 20 & 31, ra = w >> 25 & 31, size = w >> 35 & 7;
    const uint32_t f = rows[op].flags;
    uint8_t n[A64_SVE_BYTES] __attribute__((aligned(32))), m[A64_SVE_BYTES] __attribute__((aligned(32)));
    uint8_t a[A64_SVE_BYTES] __attribute__((aligned(32))), d[A64_SVE_BYTES] __attribute__((aligned(32)));
    uint8_t old[A64_SVE_BYTES] __attribute__((aligned(32)));
    A64Sve v = { .cpu = cpu, .d = d, .n = n, .m = m, .a = a, .bytes = cpu->vq * 16u, .x = x, .y = y,
                 .imm = (int16_t)(w >> 40) };

    v.pg = (f & A64_SF_PREDICATED ? cpu->p[w >> 30 & 15] : a64_pred_all(cpu->vq)) & a64_pred_elements(size);
    if (f & MERGE && !(f & BASEM) && !v.pg) {
        return 0;
    }
    a64_z_get(cpu, f & DN ? rd : rn, n);
    a64_z_get(cpu, f & PAIRM ? (rn + 1) & 31 : rm, m);
    a64_z_get(cpu, rd, old);
    if (f & (ZA | PAIRN)) {
        a64_z_get(cpu, f & ZA ? ra : (rn + 1) & 31, a);
    } else {
        memcpy(a, old, sizeof(a));
    }
    prepare(&v, f, size, n, m);
    if (f & SWAP) {
        v.n = m;
        v.m = n;
    }
    rows[op].kernels[size](&v);
    if (f & X) {
        return v.result;
    }
    finish(cpu, rd, &v, f, size, old);
    return 0;
}

/* Predicates: the mask's elements and the result give NZCV; see helper-sve-pred.c for those that give predicates. */
uint64_t a64_h_pred_test(TcgEnv *env, uint64_t g, uint64_t result, uint64_t c)
{
    return a64_pred_test(g, result);
}

/* The first SVE instruction: from here on code is for a program that uses SVE. */
uint64_t a64_h_sve_first(TcgEnv *env, uint64_t a, uint64_t b, uint64_t c)
{
    a64_sve_use((A64Cpu *)env, true);
    tcg_helper_leave(env, TCG_EXIT_POLL);
}
