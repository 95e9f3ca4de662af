/* SPDX-License-Identifier: BSD-2-Clause */
/* Out-of-line moves, permutations and table lookups of vectors. d may be an operand's place: through copies. */
#include "run/op-fn.h"

#include <string.h>

#define FN(name) \
    void tcg_fn_##name(TcgEnv *env, TcgVal *d, const TcgVal *a, const TcgVal *b, const TcgVal *c, uint32_t imm)

/* Lane j of from to lane i of *to; size is in bytes. */
static void copy(TcgVal *to, unsigned i, const TcgVal *from, unsigned j, unsigned size)
{
    memcpy(to->u8 + i * size, from->u8 + j * size, size);
}

static void fill(TcgVal *d, const TcgVal *from, unsigned j, unsigned size)
{
    const TcgVal v = *from;

    for (unsigned i = 0; i < 16 / size; i++) {
        copy(d, i, &v, j, size);
    }
}

FN(vdup)
{
    fill(d, a, 0, 1u << TCG_LANE(imm));
}

FN(vdupl)
{
    fill(d, a, tcg_fn_number(imm), 1u << TCG_LANE(imm));
}

FN(vins)
{
    const TcgVal from = *b;

    *d = *a;
    copy(d, tcg_fn_number(imm), &from, 0, 1u << TCG_LANE(imm));
}

FN(vinsl)
{
    const TcgVal from = *b;

    *d = *a;
    copy(d, tcg_fn_number(imm) & 15, &from, tcg_fn_number(imm) >> 4, 1u << TCG_LANE(imm));
}

FN(vext)
{
    const unsigned size = 1u << TCG_LANE(imm), shift = 64 - 8 * size;
    uint64_t x = 0;

    memcpy(&x, a->u8 + tcg_fn_number(imm) * size, size);
    if (imm & TCG_V_SIGNED) {
        x = (uint64_t)((int64_t)(x << shift) >> shift);
    }
    d->u64[0] = tcg_fn_type(imm) == TCG_I32 ? (uint32_t)x : x;
}

/* Result lane i is lane from[i] of b:a; lanes of b are numbered after those of a. */
#define PERMUTE(name, from) \
    FN(name) \
    { \
        const TcgVal v[2] = { *a, *b }; \
        const unsigned size = 1u << TCG_LANE(imm), n = 16 / size; \
        for (unsigned i = 0; i < n; i++) { \
            const unsigned j = (from); \
            copy(d, i, &v[j / n], j % n, size); \
        } \
    }
PERMUTE(vzip1, i / 2 + (i & 1) * n)
PERMUTE(vzip2, n / 2 + i / 2 + (i & 1) * n)
PERMUTE(vuzp1, 2 * i)
PERMUTE(vuzp2, 2 * i + 1)
PERMUTE(vtrn1, (i & ~1u) + (i & 1) * n)
PERMUTE(vtrn2, (i & ~1u) + 1 + (i & 1) * n)

FN(vextr)
{
    const TcgVal v[2] = { *a, *b };

    memcpy(d, v[0].u8 + tcg_fn_number(imm), 16);
}

FN(vrev)
{
    const TcgVal v = *a;
    const unsigned size = 1u << TCG_LANE(imm), group = (1u << tcg_fn_number(imm)) / size;

    for (unsigned i = 0; i < 16 / size; i++) {
        copy(d, i, &v, i ^ (group - 1), size);
    }
}

FN(vtbx)
{
    const TcgVal table = *b, index = *c;
    const unsigned first = tcg_fn_aux(imm);

    *d = *a;
    for (unsigned i = 0; i < 16; i++) {
        const unsigned j = index.u8[i] - first;
        if (j < 16) {
            d->u8[i] = table.u8[j];
        }
    }
}

FN(vlo64)
{
    d->u64[0] = a->u64[0];
    d->u64[1] = 0;
}

FN(vcat)
{
    const uint64_t high = b->u64[0];

    d->u64[0] = a->u64[0];
    d->u64[1] = high;
}
