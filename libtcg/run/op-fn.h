/* SPDX-License-Identifier: BSD-2-Clause */
/* Out-of-line operations: one function for each row of ops.def that tcg_op_fn names. */
#ifndef TCG_RUN_OP_FN_H
#define TCG_RUN_OP_FN_H

#include "tcg/guest.h"

#define OP(name, sig, effects, text) TcgVectorFn tcg_fn_##name;
#include "ir/ops.def"
#undef OP

/* The operations that tcg_eval_int knows. */
#define TCG_INT_OPS(X) \
    X(add) X(sub) X(mul) X(mulhu) X(mulhs) X(mulhsu) X(divu) X(divs) X(remu) X(rems) \
    X(and) X(or) X(xor) X(andn) X(orn) X(xnor) X(not) X(neg) X(shl) X(shr) X(sar) X(rotr) X(extr) \
    X(ext8u) X(ext16u) X(ext32u) X(ext8s) X(ext16s) X(ext32s) X(extu) X(exts) X(dep) \
    X(clz) X(cls) X(ctz) X(popcnt) X(bswap) X(bswap16) X(bswap32) X(rbit) X(orcb) X(clmul) X(clmulh) \
    X(crc32) X(crc32c)

/* The fields of imm. */
static inline unsigned tcg_fn_aux(uint32_t imm)
{
    return imm & 0xffff;
}

static inline TcgType tcg_fn_type(uint32_t imm)
{
    return (TcgType)(imm >> 16 & 0xff);
}

static inline unsigned tcg_fn_number(uint32_t imm)
{
    return imm >> 24;
}

/* The floating point environment of an operation, and adding its flags to the guest's. */
static inline FpEnv tcg_fn_fp_begin(const TcgEnv *env, uint32_t imm)
{
    unsigned round = imm & TCG_FP_ROUND;

    return (FpEnv){
        .round = round == TCG_FP_DYN ? env->fp.round : (uint8_t)round,
        .mode = imm >> TCG_FP_MODE_SHIFT & 63,
    };
}

static inline void tcg_fn_fp_end(TcgEnv *env, const FpEnv *e)
{
    env->fp.flags |= e->flags;
}

#endif
