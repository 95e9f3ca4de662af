/* SPDX-License-Identifier: BSD-2-Clause */
/* Helpers of Advanced SIMD integer instructions. */
#include "guest/aarch64/insn-simd.h"

#pragma GCC optimize ("O3")

#define HELPER(name) \
    void a64_h_##name(TcgEnv *env, TcgVal *d, const TcgVal *a, const TcgVal *b, const TcgVal *c, uint32_t imm)

/* Carry-less products by Horner's rule, from the highest bit of y on; in loops that compilers make vectors of. */
HELPER(v_pmul)
{
    TcgVal x = *a, y = *b, r = { { 0, 0 } };

    for (unsigned bit = 0; bit < 8; bit++) {
        for (unsigned i = 0; i < 16; i++) {
            r.u8[i] = (uint8_t)(r.u8[i] + r.u8[i]) ^ (uint8_t)(-(y.u8[i] >> 7) & x.u8[i]);
            y.u8[i] = (uint8_t)(y.u8[i] + y.u8[i]);
        }
    }
    *d = r;
}

HELPER(v_pmull8)
{
    TcgVal x, y, r = { { 0, 0 } };

    for (unsigned i = 0; i < 8; i++) {
        x.u16[i] = a->u8[i];
        y.u16[i] = (uint16_t)(b->u8[i] << 8);
    }
    for (unsigned bit = 0; bit < 8; bit++) {
        for (unsigned i = 0; i < 8; i++) {
            r.u16[i] = (uint16_t)(r.u16[i] + r.u16[i]) ^ (uint16_t)(-(y.u16[i] >> 15) & x.u16[i]);
            y.u16[i] = (uint16_t)(y.u16[i] + y.u16[i]);
        }
    }
    *d = r;
}
