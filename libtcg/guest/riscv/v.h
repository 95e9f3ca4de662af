/* SPDX-License-Identifier: BSD-2-Clause */
/* The vector extension: its operations, their rules, and how they are called out of line. [RVU 31]
 *
 * State: registers lie one after the other at RvCpu.v, VLEN/8 bytes each, so that a group is one array. Tail and
 * inactive elements are always left undisturbed, which is also a legal way to be agnostic [RVU 31.3.4.3].
 *
 * An operation runs in one call: operands are arrays (a scalar is copied into one), the kernel writes a temporary, what
 * is active of that goes to the destination. So an overlap that the rules allow needs no care. */
#ifndef GUEST_RISCV_V_H
#define GUEST_RISCV_V_H

#include "guest/riscv/insn.h"

enum { RV_V_GROUP_BYTES = RV_V_MAX_BYTES * 8 };

/* Operations of rvv.def. */
typedef enum RvVOp {
#define V(name, shape, flags, kernels) RV_V_##name,
#include "guest/riscv/rvv.def"
#undef V
    RV_V_COUNT
} RvVOp;

/* What an operand is. */
typedef enum RvVWidth {
    RV_VW_NONE,
    RV_VW_S,                    /* a group of elements of SEW */
    RV_VW_W,                    /* of 2 * SEW */
    RV_VW_F2, RV_VW_F4, RV_VW_F8,   /* of SEW / 2, 4, 8 */
    RV_VW_16,                   /* of 16 bits */
    RV_VW_MASK,                 /* one register, a bit each */
    RV_VW_ELEM, RV_VW_ELEMW,    /* one register, element 0 of SEW, 2 * SEW */
    RV_VW_X,                    /* destination: an x or f register */
    RV_VW_FOUR,                 /* one register, the first four elements */
    RV_VW_REG,                  /* nf + 1 registers */
} RvVWidth;

typedef enum RvVShape {
    RV_VS_SAME, RV_VS_UNARY, RV_VS_MOVE, RV_VS_CARRY, RV_VS_CARRYOUT, RV_VS_COMPARE, RV_VS_WIDE, RV_VS_WIDEW,
    RV_VS_WIDEN1, RV_VS_NARROW, RV_VS_NARROW1, RV_VS_EXT2, RV_VS_EXT4, RV_VS_EXT8, RV_VS_REDUCE, RV_VS_WREDUCE,
    RV_VS_MASK, RV_VS_MASK1, RV_VS_XMASK, RV_VS_IOTA, RV_VS_ID, RV_VS_GATHER, RV_VS_GATHER16, RV_VS_SLIDEUP,
    RV_VS_SLIDEDOWN, RV_VS_COMPRESS, RV_VS_XELEM, RV_VS_SELEM, RV_VS_WHOLE,
    RV_VS_FOURS, RV_VS_FOURS1, RV_VS_FOURS_S, RV_VS_FOURS_X,      /* element groups of four */
    RV_VS_EIGHTS,               /* of eight */
    RV_VS_COUNT
} RvVShape;

enum {
    RV_VF_FP = 1,               /* elements of SEW are floating point */
    RV_VF_FPW = 2,              /* elements of 2 * SEW are */
    RV_VF_MINIMAL = 4,          /* Zvfhmin has it too */
};

/* form of an instruction: what the field vs1 is */
enum { RV_V_VV, RV_V_VX, RV_V_VI, RV_V_VU, RV_V_VF };

/* The fields of a vector instruction, packed into a constant for the helper. */
typedef struct RvVInsn {
    uint8_t op;                 /* RvVOp; RvVMem for memory */
    uint8_t vd, vs1, vs2;
    bool vm;                    /* not masked */
    uint8_t form;
    uint8_t nf, eew;            /* nf: fields - 1; eew: log2 of bytes */
} RvVInsn;

uint64_t rv_v_pack(const RvVInsn *i);
RvVInsn rv_v_unpack(uint64_t word);

/* Where the fields are in the packed word; op is its low byte. LEGAL is or-ed, for memory: vtype was known when the
 * instruction was translated, and it may run with that. */
enum {
    RV_VP_VD = 8, RV_VP_VS1 = 16, RV_VP_VS2 = 24, RV_VP_VM = 32, RV_VP_FORM = 36, RV_VP_NF = 40, RV_VP_EEW = 44,
    RV_VP_LEGAL = 46,
};

/* The word of rv_h_v_known: fields by their first bit and their size. VD, VS1 and VS2 are offsets in RvCpu.v; SEW is
 * log2 of bytes, EEW that of the destination; WHERE its result goes. */
#define RV_VK_FIELDS(F) \
    F(OP, 0, 8) F(SEW, 8, 2) F(EEW, 10, 2) F(WHERE, 12, 2) F(MASKED, 14, 1) F(SCALAR, 15, 1) F(ONE_GROUP, 16, 1) \
    F(VLMAX, 17, 9) F(VD, 26, 10) F(VS1, 36, 10) F(VS2, 46, 10)
enum {
#define RV_VK_FIELD(name, at, bits) RV_VK_##name = at, RV_VK_##name##_BITS = bits,
    RV_VK_FIELDS(RV_VK_FIELD)
#undef RV_VK_FIELD
};
#define RV_VK_GET(x, name) ((unsigned)((x) >> RV_VK_##name & ((1u << RV_VK_##name##_BITS) - 1)))
#define RV_VK_PUT(v, name) ((uint64_t)(v) << RV_VK_##name)
enum { RV_VK_MERGED, RV_VK_IN_PLACE, RV_VK_ELEMENT };

/* Memory instructions. */
typedef enum RvVMem {
    RV_VM_UNIT, RV_VM_FIRST, RV_VM_STRIDED, RV_VM_INDEXED, RV_VM_MASK, RV_VM_WHOLE,
    RV_VM_STORE = 8,            /* or-ed */
} RvVMem;

/* vtype, decoded */
typedef struct RvVType {
    uint8_t sew;                /* log2 of bytes */
    int8_t lmul;                /* log2 */
    bool ill;
} RvVType;

RvVType rv_v_type(const RvModel *model, uint64_t vtype);

/* The same of a vtype that is legal. */
static inline RvVType rv_v_legal_type(uint64_t vtype)
{
    return (RvVType){ .sew = vtype >> 3 & 7, .lmul = (int8_t)((int)((uint32_t)vtype << 29) >> 29) };
}

/* Legal instructions are remembered: key, of the packed instruction and a vtype that is not ill, and its place. */
static inline uint64_t rv_v_key(uint64_t word, uint64_t vtype)
{
    return word | (vtype & 0xff) << 48 | (uint64_t)1 << 63;
}

static inline uint64_t *rv_v_legal_slot(RvCpu *cpu, uint64_t key)
{
    return &cpu->v_legal[key * 0x9e3779b97f4a7c15 >> 57];
}

/* Elements of a group. */
static inline unsigned rv_v_vlmax(const RvModel *model, RvVType t)
{
    unsigned bytes = model->vlenb;

    return (t.lmul >= 0 ? bytes << t.lmul : bytes >> -t.lmul) >> t.sew;
}

/* log2 of EMUL of an operand with elements of 1 << eew bytes. */
static inline int rv_v_emul(RvVType t, unsigned eew)
{
    return t.lmul + (int)eew - t.sew;
}

/* May the instruction run with this vtype? Everything but vstart and frm. False: illegal or reserved. */
bool rv_v_legal(const RvModel *model, const RvVInsn *i, RvVType t);
bool rv_v_mem_legal(const RvModel *model, const RvVInsn *i, RvVType t);

/* Bits of rows. */
unsigned rv_v_flags(RvVOp op);
RvVShape rv_v_shape(RvVOp op);
bool rv_v_needs_start_0(RvVShape s);
unsigned rv_v_group_elements(RvVShape s);

/* Is there the operation for elements of 1 << sew bytes? If not, that is reserved. */
bool rv_v_has_kernel(RvVOp op, unsigned sew);

/* An operation under way. Kernels write elements 0..n-1 of d. Those with a side effect, floating point and saturation,
 * leave out what is not active; d is then not read. */
typedef struct RvV {
    RvCpu *cpu;
    void *d;                    /* temporary */
    const void *a, *b, *c;      /* vs2; vs1 or copies of the scalar; what vd holds */
    const uint8_t *mask;        /* v0 if masked, else NULL */
    const uint8_t *carry;       /* v0 if it is an operand, else NULL */
    unsigned start, n, vlmax;   /* vstart, vl */
    uint64_t x;                 /* the scalar */
    bool scalar;                /* there is one: the form is not VV */
    unsigned nf;
    bool one_group;             /* vs2 is four elements, for all */
    uint64_t result;            /* of those that write an x or f register */
} RvV;
typedef void RvVKernel(RvV *v);

static inline bool rv_v_active(const RvV *v, unsigned i)
{
    return i >= v->start && (!v->mask || (v->mask[i >> 3] >> (i & 7) & 1));
}

static inline bool rv_v_bit(const uint8_t *m, unsigned i)
{
    return m[i >> 3] >> (i & 7) & 1;
}

/* Elements: registers are bytes to C. */
typedef uint8_t __attribute__((may_alias)) RvU8;
typedef uint16_t __attribute__((may_alias)) RvU16;
typedef uint32_t __attribute__((may_alias)) RvU32;
typedef uint64_t __attribute__((may_alias)) RvU64;

/* Helpers. */
TcgVectorFn rv_h_sha2ms, rv_h_sha2ch, rv_h_sha2cl;      /* a: vs2, b: vs1, c: vd */
TcgScalarFn rv_h_v_tail, rv_h_v_fours, rv_h_v_exec, rv_h_v_known, rv_h_v_mem, rv_h_vsetvl, rv_h_v_csr_read, rv_h_v_csr_write;

#endif
