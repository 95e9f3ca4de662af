/* SPDX-License-Identifier: BSD-2-Clause */
/* Helpers of Advanced SIMD integer instructions. */
#include "guest/aarch64/insn-simd.h"

#define HELPER(name) \
    void a64_h_##name(TcgEnv *env, TcgVal *d, const TcgVal *a, const TcgVal *b, const TcgVal *c, uint32_t imm)

static unsigned carryless(unsigned x, unsigned y)
{
    unsigned r = 0;

    for (unsigned i = 0; i < 8; i++) {
        r ^= y >> i & 1 ? x << i : 0;
    }
    return r;
}

HELPER(v_pmul)
{
    for (unsigned i = 0; i < 16; i++) {
        d->u8[i] = (uint8_t)carryless(a->u8[i], b->u8[i]);
    }
}

HELPER(v_pmull8)
{
    TcgVal r;

    for (unsigned i = 0; i < 8; i++) {
        r.u16[i] = (uint16_t)carryless(a->u8[i], b->u8[i]);
    }
    *d = r;
}

HELPER(v_urecpe)
{
    for (unsigned i = 0; i < 4; i++) {
        d->u32[i] = fp_u32_recpe(a->u32[i]);
    }
}

HELPER(v_ursqrte)
{
    for (unsigned i = 0; i < 4; i++) {
        d->u32[i] = fp_u32_rsqrte(a->u32[i]);
    }
}
