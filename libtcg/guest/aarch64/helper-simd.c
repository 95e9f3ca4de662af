/* SPDX-License-Identifier: BSD-2-Clause */
/* Helpers of Advanced SIMD integer instructions. Saturation is noted in fpsr_qc (FPSR.QC, bit 27). */
#include "guest/aarch64/insn-simd.h"

#define HELPER(name) \
    void a64_h_##name(TcgEnv *env, TcgVal *d, const TcgVal *a, const TcgVal *b, const TcgVal *c, uint32_t imm)

typedef __int128 S128;

static void note_saturation(TcgEnv *env, bool saturated)
{
    if (saturated) {
        ((A64Cpu *)env)->fpsr_qc |= 1u << 27;
    }
}

static S128 lane(const TcgVal *v, unsigned z, unsigned i, bool is_signed)
{
    switch (z) {
    case 0:  return is_signed ? v->s8[i] : v->u8[i];
    case 1:  return is_signed ? v->s16[i] : v->u16[i];
    case 2:  return is_signed ? v->s32[i] : (S128)v->u32[i];
    default: return is_signed ? v->s64[i] : (S128)v->u64[i];
    }
}

static void set_lane(TcgVal *v, unsigned z, unsigned i, S128 x)
{
    switch (z) {
    case 0:  v->u8[i] = (uint8_t)x; break;
    case 1:  v->u16[i] = (uint16_t)x; break;
    case 2:  v->u32[i] = (uint32_t)x; break;
    default: v->u64[i] = (uint64_t)x; break;
    }
}

/* x in the range of a lane; noted if it is not. */
static S128 saturate(TcgEnv *env, S128 x, unsigned z, bool is_signed)
{
    const unsigned w = a64_lane_bits(z);
    const S128 max = ((S128)1 << (is_signed ? w - 1 : w)) - 1, min = is_signed ? -max - 1 : 0;

    note_saturation(env, x > max || x < min);
    return x > max ? max : x < min ? min : x;
}

/* High half of the doubled product plus an accumulator's place; round adds half a unit. */

static S128 doubled_high(S128 acc, S128 product, unsigned w, bool round)
{
    return ((acc << w) + 2 * product + (round ? (S128)1 << (w - 1) : 0)) >> w;
}

static void doubled_add(TcgEnv *env, TcgVal *d, const TcgVal *a, const TcgVal *b, const TcgVal *c, unsigned z,
                        int sign)
{
    const unsigned w = a64_lane_bits(z);

    for (unsigned i = 0; i < 16u >> z; i++) {
        const S128 p = lane(b, z, i, true) * lane(c, z, i, true) * sign;
        set_lane(d, z, i, saturate(env, doubled_high(lane(a, z, i, true), p, w, true), z, true));
    }
}

HELPER(v_sqrdmlah16)
{
    doubled_add(env, d, a, b, c, 1, 1);
}

HELPER(v_sqrdmlah32)
{
    doubled_add(env, d, a, b, c, 2, 1);
}

HELPER(v_sqrdmlsh16)
{
    doubled_add(env, d, a, b, c, 1, -1);
}

HELPER(v_sqrdmlsh32)
{
    doubled_add(env, d, a, b, c, 2, -1);
}

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
