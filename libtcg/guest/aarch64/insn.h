/* SPDX-License-Identifier: BSD-2-Clause */
/* What the translators of A64 instructions share. */
#ifndef GUEST_AARCH64_INSN_H
#define GUEST_AARCH64_INSN_H

#include "guest/aarch64/aarch64-isa.h"
#include "guest/aarch64/ext.h"
#include "tcg/build.h"
#include "tcg/cpu-aarch64.h"

/* The mode word: FP_* mode bits of base/fp.h, then the index of the model in a64_models (A64_MODEL_CHOSEN: the one that
 * a64_model_parse made), whether SVE is in use, and the vector length in units of 16 bytes. */
enum {
    A64_MODE_FP = 0xff, A64_MODE_MODEL_SHIFT = 8, A64_MODE_MODEL = 15, A64_MODEL_CHOSEN = 15,
    A64_MODE_SVE_USED = 1 << 12, A64_MODE_VQ_SHIFT = 13, A64_MODE_VQ = 3,
};

/* The model by its index. */
const A64Model *a64_model(unsigned index);

/* Whether the CPU model has an extension (A64_EXT_*). */
bool a64_has(const TcgBuild *b, unsigned ext);

/* The FP_* mode bits that the code being translated runs with. */
static inline unsigned a64_fp_mode(const TcgBuild *b)
{
    return tcg_build_mode(b) & A64_MODE_FP;
}

/* Helpers by number, see helper.def. */
enum {
#define SCALAR(name, flags) A64_H_##name,
#define VECTOR(name, flags) A64_H_##name,
#include "guest/aarch64/helper.def"
#undef SCALAR
#undef VECTOR
    A64_H_COUNT
};
extern const TcgHelper a64_helpers[A64_H_COUNT];

#define SCALAR(name, flags) TcgScalarFn a64_h_##name;
#define VECTOR(name, flags) TcgVectorFn a64_h_##name;
#include "guest/aarch64/helper.def"
#undef SCALAR
#undef VECTOR

static inline TcgType a64_type(int sf)
{
    return sf ? TCG_I64 : TCG_I32;
}

/* General registers: number 31 is the zero register, or with _sp the stack pointer. */
static inline TcgRef a64_x(TcgBuild *b, int n)
{
    return n == 31 ? tcg_const(b, 0) : tcg_get(b, A64_X0 + n);
}

static inline TcgRef a64_x_sp(TcgBuild *b, int n)
{
    return tcg_get(b, n == 31 ? A64_SP : A64_X0 + n);
}

static inline void a64_put_x(TcgBuild *b, int n, TcgRef v)
{
    if (n != 31) {
        tcg_put(b, A64_X0 + n, v);
    }
}

static inline void a64_put_x_sp(TcgBuild *b, int n, TcgRef v)
{
    tcg_put(b, n == 31 ? A64_SP : A64_X0 + n, v);
}

/* SIMD&FP registers. */
static inline TcgRef a64_v(TcgBuild *b, int n)
{
    return tcg_get(b, A64_V0 + n);
}

/* The vector length of the code being translated, in units of 16 bytes; 0 without SVE. */
static inline unsigned a64_vq(const TcgBuild *b)
{
    return tcg_build_mode(b) >> A64_MODE_VQ_SHIFT & A64_MODE_VQ;
}

/* Writes to v zero the rest of z. */
static inline void a64_put_v(TcgBuild *b, int n, TcgRef v)
{
    tcg_put(b, A64_V0 + n, v);
    if ((tcg_build_mode(b) & A64_MODE_SVE_USED) && a64_vq(b) > 1) {
        tcg_put(b, A64_ZH0 + n, tcg_vconst(b, 0, 0));
    }
}

/* Condition flags. */
static inline TcgRef a64_flags(TcgBuild *b)
{
    return tcg_get(b, A64_NZCV);
}

static inline void a64_put_flags(TcgBuild *b, TcgRef f)
{
    tcg_put(b, A64_NZCV, f);
}

/* a if the 4-bit condition holds in the flags register, else b; 1110 and 1111 always hold. */
TcgRef a64_select(TcgBuild *b, TcgType t, int cond, TcgRef x, TcgRef y);

/* The text of a SIMD&FP operand of kind A64_KIND_*; returns the length it has or would have, 0 for other kinds. */
unsigned a64_format_simd(int kind, int v, const A64Args *a, char *buf, size_t size);

/* Likewise of an SVE operand. */
unsigned a64_format_sve(int kind, int v, const A64Args *a, char *buf, size_t size);

/* Contexts (tcg_build_context): loads and stores of SVE are of chosen elements, as one was found to have inactive ones;
 * the instruction may not be branched to. */
enum { A64_CONTEXT_PARTIAL = 1, A64_CONTEXT_REFUSED = 2 };

/* bti.c: before the instruction insn is translated. False: it has been, as one that may not be branched to. */
bool a64_landing(TcgBuild *b, uint32_t insn);
/* Before the operation of BR through register rn, and of BLR. */
void a64_jump_type(TcgBuild *b, int rn);
void a64_call_type(TcgBuild *b);

/* The undefined instruction exception. */
void a64_undefined(TcgBuild *b);

/* A register operand with option UXTB..SXTX, shifted left [ArmARM DecodeRegExtend, ExtendReg]. */
TcgRef a64_extend(TcgBuild *b, TcgType t, int rm, int option, int shift);

/* The bitmask of logical immediates; false if it is reserved [ArmARM DecodeBitMasks]. */
bool a64_bitmask(int n, int immr, int imms, int width, uint64_t *mask);

/* flags.c: for TcgGuest.flags_dead. */
bool a64_flags_dead(TcgBuild *b, uint64_t pc);

/* System registers: op0 (2 or 3), op1, CRn, CRm, op2 as the 15 bits of MRS and MSR. */
#define A64_SYSREG(op0, op1, crn, crm, op2) \
    (((op0) - 2) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))

enum {
    A64_SYS_MIDR = A64_SYSREG(3, 0, 0, 0, 0),
    A64_SYS_MPIDR = A64_SYSREG(3, 0, 0, 0, 5),
    A64_SYS_REVIDR = A64_SYSREG(3, 0, 0, 0, 6),
    A64_SYS_CTR = A64_SYSREG(3, 3, 0, 0, 1),
    A64_SYS_DCZID = A64_SYSREG(3, 3, 0, 0, 7),
    A64_SYS_RNDR = A64_SYSREG(3, 3, 2, 4, 0),
    A64_SYS_RNDRRS = A64_SYSREG(3, 3, 2, 4, 1),
    A64_SYS_NZCV = A64_SYSREG(3, 3, 4, 2, 0),
    A64_SYS_DIT = A64_SYSREG(3, 3, 4, 2, 5),
    A64_SYS_SSBS = A64_SYSREG(3, 3, 4, 2, 6),
    A64_SYS_FPCR = A64_SYSREG(3, 3, 4, 4, 0),
    A64_SYS_FPSR = A64_SYSREG(3, 3, 4, 4, 1),
    A64_SYS_TPIDR = A64_SYSREG(3, 3, 13, 0, 2),
    A64_SYS_TPIDRRO = A64_SYSREG(3, 3, 13, 0, 3),
    A64_SYS_CNTFRQ = A64_SYSREG(3, 3, 14, 0, 0),
    A64_SYS_CNTVCT = A64_SYSREG(3, 3, 14, 0, 2),
};

#endif
