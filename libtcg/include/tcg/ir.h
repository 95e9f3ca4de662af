/* SPDX-License-Identifier: BSD-2-Clause */
/* The intermediate representation: SSA in one linear array of 16-byte records.
 * What each operation means stands in ir/ops.def. */
#ifndef TCG_IR_H
#define TCG_IR_H

#include <stdbool.h>
#include <stdint.h>

typedef uint32_t TcgRef;            /* index of a record; 0 is no value */

typedef enum TcgOp {
#define OP(name, sig, effects, text) TCG_OP_##name,
#include "../../ir/ops.def"
#undef OP
    TCG_OP_COUNT
} TcgOp;

typedef enum TcgType {
    TCG_I32, TCG_I64, TCG_F16, TCG_F32, TCG_F64, TCG_V128, TCG_FL, TCG_NONE
} TcgType;

typedef struct TcgIns {
    uint8_t op;                     /* TcgOp */
    uint8_t type;                   /* TcgType of the result (or of the operation where it has none) */
    uint16_t aux;
    TcgRef a, b, c;
} TcgIns;

_Static_assert(sizeof(TcgIns) == 16, "IR records are 16 bytes");

/* Where the records of a guest instruction begin. A list of them ends with one whose first is UINT16_MAX. */
typedef struct TcgMark {
    uint16_t first;                 /* index of its first record; it may have none, and share it with the next */
    uint16_t pc_delta;              /* its pc - the block's */
} TcgMark;

/* Conditions, numbered as in A64 [ArmARM C1.2.4]. */
typedef enum TcgCond {
    TCG_EQ, TCG_NE, TCG_CS, TCG_CC, TCG_MI, TCG_PL, TCG_VS, TCG_VC,
    TCG_HI, TCG_LS, TCG_GE, TCG_LT, TCG_GT, TCG_LE, TCG_AL
} TcgCond;
#define TCG_GEU TCG_CS
#define TCG_LTU TCG_CC
#define TCG_GTU TCG_HI
#define TCG_LEU TCG_LS

/* aux of memory operations */
typedef enum TcgMemOp {
    TCG_MO_8 = 0, TCG_MO_16 = 1, TCG_MO_32 = 2, TCG_MO_64 = 3, TCG_MO_128 = 4,
    TCG_MO_SIZE = 7,                /* mask of log2 of the size in bytes */
    TCG_MO_SIGN = 1 << 3,           /* sign-extend to the type's width */
    TCG_MO_BE = 1 << 4,             /* big-endian in memory */
    TCG_MO_ALIGN = 1 << 5,          /* misaligned: TCG_EXIT_FAULT with an alignment fault */
    TCG_MO_ACQ = 1 << 6,            /* acquire */
    TCG_MO_REL = 1 << 7,            /* release */
    TCG_MO_SC = 1 << 6 | 1 << 7,    /* one plain load or store: sequentially consistent with its kind (LDAR, STLR) */
    TCG_MO_ATOM = 1 << 8,           /* single-copy atomic even if of 16 bytes */
    TCG_MO_INDEX = 1 << 9,          /* b is a value, shifted left by the scale */
    TCG_MO_SCALE_SHIFT = 10,        /* bits 10..12: scale 0..4 */
    TCG_MO_WITHIN16 = 1 << 5 | 1 << 10, /* without TCG_MO_INDEX: aligned is what lies within 16 aligned bytes */
    TCG_MO_MMU_SHIFT = 13,          /* bits 13..15: mmu index */
} TcgMemOp;

typedef enum TcgFence {
    TCG_FENCE_RR = 1, TCG_FENCE_RW = 2, TCG_FENCE_WR = 4, TCG_FENCE_WW = 8, TCG_FENCE_ALL = 15
} TcgFence;

/* aux of floating point */
typedef enum TcgFpAux {
    /* bits 0-2: rounding, FP_RNE.. of base/fp.h, or: */
    TCG_FP_DYN = 7,                 /* the mode set by tcg_fp_round_set */
    TCG_FP_ROUND = 7,
    TCG_FP_SIGNALING = 1 << 3,      /* fcmp: a quiet NaN raises invalid too */
    TCG_FP_EXACT = 1 << 3,          /* frint: raise inexact */
    TCG_FP_RESULT = 1 << 3,         /* fdaz: of a result */
    TCG_FP_NEG_PRODUCT = 1 << 3,    /* fma */
    TCG_FP_NEG_ADDEND = 1 << 4,     /* fma */
    TCG_FP_MINMAX_SHIFT = 3,        /* fmin, fmax: bits 3-4, TcgFpMinMax */
    TCG_FP_TYPE_SHIFT = 5,          /* bits 5-7: source type */
    TCG_FP_COND_SHIFT = 4,          /* fccmp: bits 4-7, a TcgCond; NZCV in bits 0-2 and 8 */
    TCG_FP_SRC64 = 1 << 8,          /* integer source is 64 bits */
    TCG_FP_LANE_SHIFT = 8,          /* vectors: bits 8-9: log2 of the lane's bytes */
    TCG_FP_MODE_SHIFT = 10,         /* bits 10-15: FP_* mode bits of base/fp.h, see tcg_fp_mode */
} TcgFpAux;

#define TCG_FP_COND(aux) ((TcgCond)((aux) >> TCG_FP_COND_SHIFT & 15))
#define TCG_FP_NZCV(aux) (((aux) & 7u) | ((aux) >> 8 & 1u) << 3)

typedef enum TcgFpMinMax { TCG_MM_ARM, TCG_MM_NUM, TCG_MM_NUMBER } TcgFpMinMax;  /* FMIN; FMINNM; RISC-V */

/* aux of integer vectors */
#define TCG_LANE(aux) ((aux) & 3)
#define TCG_LANE_INDEX(aux) ((aux) >> 4 & 15)   /* ldl, stl */
#define TCG_LANE_ALWAYS (1 << 8)                /* likewise */
#define TCG_V_SIGNED (1 << 2)
#define TCG_V_HIGH (1 << 3)
#define TCG_V_TO_UNSIGNED (1 << 3)  /* vxtns */
#define TCG_V_MIXED (1 << 3)        /* vdot */
#define TCG_V_ROUND (1 << 3)        /* vmulhd */

static inline uint64_t tcg_ins_imm(const TcgIns *i)
{
    return i->b | (uint64_t)i->c << 32;
}

/* Name of an operation, and its signature string of ops.def. Static. */
const char *tcg_op_name(TcgOp op);
const char *tcg_op_sig(TcgOp op);

/* What ops.def says of an operation, for those who ask often. */
enum { TCG_EFF_M = 1, TCG_EFF_W = 2, TCG_EFF_F = 4, TCG_EFF_S = 8, TCG_EFF_E = 16, TCG_EFF_G = 32, TCG_EFF_P = 64 };
typedef struct TcgOpInfo {
    uint8_t effects;                /* TCG_EFF_* */
    uint8_t values;                 /* bit k: operand k is a value */
    char result;                    /* first letter of the signature */
} TcgOpInfo;
extern const TcgOpInfo tcg_op_info[TCG_OP_COUNT];

static inline unsigned tcg_op_effects(TcgOp op)
{
    return tcg_op_info[op].effects;
}

/* Type of the value a record gives: its type field, or TCG_FL for producers of flags, whose type field is that of
 * the operands; TCG_NONE if it gives none. */
static inline TcgType tcg_ins_type(const TcgIns *i)
{
    char kind = tcg_op_info[i->op].result;

    return kind == 'l' ? TCG_FL : kind == '-' ? TCG_NONE : (TcgType)i->type;
}

#endif
