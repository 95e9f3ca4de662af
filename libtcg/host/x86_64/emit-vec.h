/* SPDX-License-Identifier: BSD-2-Clause */
/* What the emitters of vector operations share. Constants are in the pool behind the block. */
#ifndef HX86_EMIT_VEC_H
#define HX86_EMIT_VEC_H

#include "host/x86_64/emit.h"

/* dst := a op constant, the same 8 bytes twice or 16 bytes; dst := constant. */
void x_vop_k(Emit *E, unsigned opc, int dst, int a, uint64_t k);
void x_vop_kk(Emit *E, unsigned opc, int dst, int a, uint64_t lo, uint64_t hi);
void x_vload_k(Emit *E, int dst, uint64_t lo, uint64_t hi);

/* dst := src shifted by n; group: 2 right, 4 right arithmetic, 6 left. */
void x_vshift_i(Enc *e, unsigned lane, int group, int dst, int src, unsigned n);

/* dst := src in another order: pshufd and its like. */
void x_vshuffle(Enc *e, unsigned opc, int dst, int src, unsigned order);

/* The current record's value: x op y. */
void em_vec_two(Emit *E, unsigned opc, TcgRef x, TcgRef y, bool commutes);

/* v, a lane of 1 << lane bytes, in every lane of 8 bytes. */
static inline uint64_t vec_fill(unsigned lane, uint64_t v)
{
    static const uint64_t every[4] = { 0x0101010101010101, 0x0001000100010001, 0x0000000100000001, 1 };

    return lane == 3 ? v : (v & (((uint64_t)1 << (8u << lane)) - 1)) * every[lane];
}

#endif
