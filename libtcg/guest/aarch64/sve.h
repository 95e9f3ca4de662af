/* SPDX-License-Identifier: BSD-2-Clause */
/* SVE: its operations and how they are called out of line. [ArmARM B1.2.2, C8.2]
 *
 * State: bits 0 to 127 of z are v, those above are A64Cpu.zh; a predicate is a 64-bit word with a bit for each byte
 * of a vector, as in the architecture. What lies above the vector length is always 0. Until a program's first SVE
 * instruction all of it is 0 (A64Cpu.sve_used), and writes to v need not make zh 0.
 *
 * An operation out of line is one call: operands are put together in arrays, prepared as the row of sve.def says (an
 * immediate in every element, elements of half the width extended, pairs apart...), the kernel writes a temporary,
 * and what is active of that goes to the destination. So a kernel is a plain loop, and all operands are read before
 * any is written. */
#ifndef GUEST_AARCH64_SVE_H
#define GUEST_AARCH64_SVE_H

#include "guest/aarch64/insn.h"

enum { A64_SVE_BYTES = 16 * A64_VQ_MAX };

/* Operations of sve.def. */
typedef enum A64SveOp {
#define SVE(name, flags, kernels) A64_SVE_##name,
#include "guest/aarch64/sve.def"
#undef SVE
    A64_SVE_COUNT
} A64SveOp;

/* Flags of the rows. Without any: d = kernel(n, m, d), n and m as the instruction names them. */
enum {
    /* operands */
    A64_SF_DN = 1 << 0,         /* n is d */
    A64_SF_ZA = 1 << 1,         /* the third operand is za, not d */
    A64_SF_PAIRN = 1 << 2,      /* the third operand is the register after n */
    A64_SF_PAIRM = 1 << 3,      /* m is the register after n */
    A64_SF_IMM = 1 << 4,        /* m is the immediate in every element */
    A64_SF_IMM_A = 1 << 5,      /* the kernel looks at the immediate */
    A64_SF_MX = 1 << 6,         /* m is the scalar in every element */
    A64_SF_IDX = 1 << 7,        /* m is one element of each 128 bits of m, the index */
    A64_SF_IDXP = 1 << 8,       /* likewise a pair of elements */
    A64_SF_IDXN = 1 << 9,       /* likewise an element of half the width, extended */
    A64_SF_WIDE = 1 << 10,      /* m has 64-bit elements; kept below 256 */
    A64_SF_NB = 1 << 11,        /* n: the even (bottom) elements of half the width, extended */
    A64_SF_NT = 1 << 12,        /* n: the odd (top) ones */
    A64_SF_MB = 1 << 13,
    A64_SF_MT = 1 << 14,
    A64_SF_SX = 1 << 15,        /* they are sign-extended */
    A64_SF_PAIR = 1 << 16,      /* n and m: even and odd elements of both, interleaved */
    A64_SF_SWAP = 1 << 17,      /* n and m change places */
    A64_SF_FP = 1 << 18,        /* may raise flags, and looks at active elements only */
    /* results */
    A64_SF_MERGE = 1 << 19,     /* predicated, inactive elements as d was */
    A64_SF_ZERO = 1 << 20,      /* predicated, inactive elements are 0 */
    A64_SF_BASEM = 1 << 21,     /* with MERGE: inactive elements are m's */
    A64_SF_PRED = 1 << 22,      /* predicated, the kernel sees to it */
    A64_SF_NARB = 1 << 23,      /* even elements of half the width, the odd ones 0 */
    A64_SF_NART = 1 << 24,      /* odd elements of half the width, the even ones as d has them */
    A64_SF_CVTNT = 1 << 25,     /* likewise, predicated */
    A64_SF_CMP = 1 << 26,       /* a predicate, and the flags: elements of the kernel's are 0 or 1 */
    A64_SF_CMPF = 1 << 27,      /* a predicate without flags */
    A64_SF_SCALAR = 1 << 28,    /* predicated, the kernel's result goes to v */
    A64_SF_X = 1 << 29,         /* the kernel's result is the helper's */
};
#define A64_SF_PREDICATED \
    (A64_SF_MERGE | A64_SF_ZERO | A64_SF_PRED | A64_SF_CVTNT | A64_SF_CMP | A64_SF_CMPF | A64_SF_SCALAR)

/* The fields of an instruction, packed into a constant for the helper. */
typedef struct A64SveInsn {
    A64SveOp op;
    uint8_t d, n, m, a, pg;     /* registers */
    uint8_t size;               /* log2 of the element's bytes */
    int16_t imm;                /* immediate, or index */
} A64SveInsn;

static inline uint64_t a64_sve_pack(const A64SveInsn *i)
{
    return (uint64_t)i->op | (uint64_t)i->d << 10 | (uint64_t)i->n << 15 | (uint64_t)i->m << 20 | (uint64_t)i->a << 25
        | (uint64_t)i->pg << 30 | (uint64_t)i->size << 35 | (uint64_t)(uint16_t)i->imm << 40;
}

/* An operation under way. */
typedef struct A64Sve {
    A64Cpu *cpu;
    void *d;                    /* temporary */
    const void *n, *m, *a;
    unsigned bytes;             /* of a vector */
    uint64_t pg;                /* the governing predicate, of elements: other bits are 0; all of it if there is none */
    uint64_t x, y;              /* scalars */
    int imm;
    uint64_t result;
} A64Sve;
typedef void A64SveKernel(A64Sve *v);

/* Flags and the kernel (NULL: no such instruction) of an operation. */
uint32_t a64_sve_flags(A64SveOp op);
A64SveKernel *a64_sve_kernel(A64SveOp op, unsigned size);

/* Element bits of a predicate for elements of 1 << size bytes. */
static inline uint64_t a64_pred_elements(unsigned size)
{
    static const uint64_t set[] = {
        ~(uint64_t)0, 0x5555555555555555, 0x1111111111111111, 0x0101010101010101, 0x0001000100010001
    };

    return set[size];
}

/* All bits of a predicate. */
static inline uint64_t a64_pred_all(unsigned vq)
{
    return ((uint64_t)1 << (16 * vq)) - 1;
}

/* NZCV (bits 31..28) of the predicate result under the mask g, element bits only [ArmARM J1.3 PredTest]. */
static inline uint32_t a64_pred_test(uint64_t g, uint64_t result)
{
    const uint64_t first = g & -g, last = g ? (uint64_t)1 << (63 - __builtin_clzll(g)) : 0;

    return (result & first ? 1u << 31 : 0) | (result & g ? 0 : 1u << 30) | (result & last ? 0 : 1u << 29);
}

/* z as an array. */
void a64_z_get(const A64Cpu *cpu, unsigned n, void *to);
void a64_z_set(A64Cpu *cpu, unsigned n, const void *from);

/* Bytes of ones where the element has its bit in the predicate. */
void a64_pred_expand(uint64_t p, unsigned size, uint8_t mask[A64_SVE_BYTES]);

/* Elements of a predicate constraint [ArmARM J1.3 DecodePredCount]. */
unsigned a64_pattern_count(unsigned pattern, unsigned elements);

/* Memory instructions: the fields, packed. */
typedef struct A64SveMem {
    uint8_t zt, pg, zm;         /* zm: offsets or addresses */
    uint8_t msize, size;        /* log2 of bytes in memory and of the element */
    uint8_t regs;
    uint8_t fault;              /* A64_SVE_FAULT_* */
    uint8_t vector;             /* A64_SVE_* below */
    uint8_t scale;
    bool is_signed, store;
} A64SveMem;
enum { A64_SVE_FAULT_ALL, A64_SVE_FAULT_FIRST, A64_SVE_FAULT_NONE };
enum { A64_SVE_CONTIGUOUS, A64_SVE_OFFSET, A64_SVE_OFFSET_UXTW, A64_SVE_OFFSET_SXTW, A64_SVE_REPLICATE };

static inline uint64_t a64_sve_mem_pack(const A64SveMem *i)
{
    return i->zt | (uint64_t)i->pg << 5 | (uint64_t)i->zm << 9 | (uint64_t)i->msize << 14 | (uint64_t)i->size << 17
        | (uint64_t)i->regs << 20 | (uint64_t)i->fault << 23 | (uint64_t)i->vector << 25 | (uint64_t)i->scale << 28
        | (uint64_t)i->is_signed << 31 | (uint64_t)i->store << 32;
}

/* Elements: registers are bytes to C. */
typedef uint8_t __attribute__((may_alias)) A64U8;
typedef uint16_t __attribute__((may_alias)) A64U16;
typedef uint32_t __attribute__((may_alias)) A64U32;
typedef uint64_t __attribute__((may_alias)) A64U64;
typedef int8_t __attribute__((may_alias)) A64S8;
typedef int16_t __attribute__((may_alias)) A64S16;
typedef int32_t __attribute__((may_alias)) A64S32;
typedef int64_t __attribute__((may_alias)) A64S64;

#endif
