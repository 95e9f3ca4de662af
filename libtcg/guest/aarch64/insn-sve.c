/* SPDX-License-Identifier: BSD-2-Clause */
/* SVE instructions: what goes through a64_h_sve, and counts. [ArmARM C8.2] */
#include "guest/aarch64/insn-sve.h"

/* Where the .isa rows have immediates and scalars. */
enum {
    A64_SVE_FORM_NONE,
    A64_SVE_FORM_SHIFT_P,       /* tszp: size and shift, of predicated instructions; right says the direction */
    A64_SVE_FORM_SHIFT,         /* tszu: likewise */
    A64_SVE_FORM_SHIFT_LONG,    /* tszu has the size of the elements of half the width */
    A64_SVE_FORM_SHIFT_NARROW,  /* likewise */
    A64_SVE_FORM_NARROW,        /* tszx: the same, no shift */
    A64_SVE_FORM_INDEX16, A64_SVE_FORM_INDEX_S, A64_SVE_FORM_INDEX_D,   /* fields of these names */
    A64_SVE_FORM_S8,            /* the scalar is imm8 */
    A64_SVE_FORM_U8_SH,         /* imm8, shifted left by 8 if sh */
    A64_SVE_FORM_U7,            /* imm7 */
    A64_SVE_FORM_S5,            /* imm5b */
    A64_SVE_FORM_FP1,           /* one of two numbers, by i1 and fpi */
    A64_SVE_FORM_BITMASK,       /* n, immr, imms */
    A64_SVE_FORM_COUNT,         /* elements by pat, times imm4 + 1 */
    A64_SVE_FORM_ROT,           /* the immediate is rot */
    A64_SVE_FORM_COUNT_P,       /* active elements of pn */
    A64_SVE_FORM_FP8,           /* imm8 as a floating point number */
    A64_SVE_FORM_S8_SH,         /* imm8 signed, shifted left by 8 if sh */
    A64_SVE_FORM_X, A64_SVE_FORM_V,     /* general register rn, element 0 of zn */
    A64_SVE_FORM_XM, A64_SVE_FORM_VM,   /* rm, zm */
    A64_SVE_FORM_LONG,          /* vectors of 256 bits at least */
    A64_SVE_FORM_IMM2, A64_SVE_FORM_IMM8, A64_SVE_FORM_TSZ_INDEX, A64_SVE_FORM_IMM3,
    A64_SVE_FORM_ROT_INDEX,     /* rot + 16 * index */
    A64_SVE_FORM_INDEX,
    A64_SVE_FORM_SZ,            /* size is 2 + sz */
};

/* The size that the highest bit of a shift's tsz:imm3 tells, and the shift. */
static unsigned shift_size(int tsz)
{
    return 28u - (unsigned)__builtin_clz((unsigned)tsz);
}

static int shift_amount(const A64Args *a, int tsz)
{
    const int bits = 8 << shift_size(tsz);

    return a->right ? 2 * bits - tsz : tsz - bits;
}

static void shift(const A64Args *a, A64SveInsn *i, int tsz, unsigned wider)
{
    i->size = (uint8_t)(shift_size(tsz) + wider);
    i->imm = (int16_t)shift_amount(a, tsz);
}

static uint64_t small_float(const A64Args *a, unsigned size)
{
    static const int8_t values[3][2] = { { -2, 0 }, { -1, 0 }, { -1, 1 } };     /* powers of 2; -2 stands for 0.0 */
    const int power = values[a->fpi][a->i1];

    return power == -2 ? 0 : a64_fp_power(power, a64_lane_type(size));
}

static unsigned count(const TcgBuild *b, const A64Args *a)
{
    return a64_pattern_count((unsigned)a->pat, a64_vq(b) * 16u >> a->size);
}

/* Immediates. False: not one of these forms. */
static bool immediate(const A64Args *a, A64SveInsn *i)
{
    switch (a->form) {
    case A64_SVE_FORM_SHIFT_P:      shift(a, i, a->tszp, 0); return true;
    case A64_SVE_FORM_SHIFT:        shift(a, i, a->tszu, 0); return true;
    case A64_SVE_FORM_SHIFT_LONG:
    case A64_SVE_FORM_SHIFT_NARROW: shift(a, i, a->tszu, 1); return true;
    case A64_SVE_FORM_NARROW:       i->size = (uint8_t)(shift_size(a->tszx * 8) + 1); return true;
    case A64_SVE_FORM_INDEX16:      i->imm = (int16_t)a->index16; return true;
    case A64_SVE_FORM_INDEX_S:      i->imm = (int16_t)a->indexs; return true;
    case A64_SVE_FORM_INDEX_D:      i->imm = (int16_t)a->indexd; return true;
    case A64_SVE_FORM_INDEX:        i->imm = (int16_t)a->index; return true;
    case A64_SVE_FORM_ROT:          i->imm = (int16_t)a->rot; return true;
    case A64_SVE_FORM_ROT_INDEX:    i->imm = (int16_t)(a->rot | a->index << 4); return true;
    case A64_SVE_FORM_IMM2:         i->imm = (int16_t)a->imm2; return true;
    case A64_SVE_FORM_IMM3:         i->imm = (int16_t)a->imm3; return true;
    case A64_SVE_FORM_IMM8:         i->imm = (int16_t)a->imm8h; return true;
    case A64_SVE_FORM_TSZ_INDEX:
        i->size = (uint8_t)__builtin_ctz((unsigned)a->tszd);
        i->imm = (int16_t)(a->tszd >> (i->size + 1));
        return true;
    case A64_SVE_FORM_SZ:           i->size = (uint8_t)(2 + a->sz); return true;
    default:                        return false;
    }
}

/* A scalar operand that is a constant. */
static bool constant(const TcgBuild *b, const A64Args *a, uint64_t *x)
{
    switch (a->form) {
    case A64_SVE_FORM_S8:    *x = (uint64_t)(int64_t)a->imm8; return true;
    case A64_SVE_FORM_U8_SH: *x = (uint64_t)a->imm8 << 8 * a->sh; return true;
    case A64_SVE_FORM_U7:    *x = (uint64_t)a->imm7; return true;
    case A64_SVE_FORM_S5:    *x = (uint64_t)(int64_t)a->imm5b; return true;
    case A64_SVE_FORM_FP1:   *x = small_float(a, (unsigned)a->size); return true;
    case A64_SVE_FORM_FP8:   *x = a64_fp_expand((unsigned)a->imm8, a64_lane_type((unsigned)a->size)); return true;
    case A64_SVE_FORM_S8_SH: *x = (uint64_t)((int64_t)(int8_t)a->imm8 * (a->sh ? 256 : 1)); return true;
    case A64_SVE_FORM_COUNT: *x = count(b, a) * (unsigned)(a->imm4 + 1); return true;
    default:                 *x = 0; return false;
    }
}

static TcgRef low64(TcgBuild *b, int n)
{
    return tcg_op(b, TCG_OP_vext, TCG_I64, 3, a64_v(b, n), 0, 0);
}

static TcgRef active_count(TcgBuild *b, const A64Args *a, TcgRef p)
{
    p = tcg_and(b, TCG_I64, p, tcg_const(b, a64_pred_elements((unsigned)a->size)));
    return tcg_op1(b, TCG_OP_popcnt, TCG_I64, p);
}

static TcgRef scalar(TcgBuild *b, const A64Args *a)
{
    switch (a->form) {
    case A64_SVE_FORM_X:       return a64_x_sp(b, a->rn);
    case A64_SVE_FORM_XM:      return a64_x(b, a->rm);
    case A64_SVE_FORM_V:       return low64(b, a->zn);
    case A64_SVE_FORM_VM:      return low64(b, a->zm);
    case A64_SVE_FORM_COUNT_P: return active_count(b, a, a64_p(b, a->pn));
    default:                   return tcg_const(b, 0);
    }
}

/* The operands of an operation; false: undefined. */
static bool operands(TcgBuild *b, const A64Args *a, A64SveOp op, A64SveInsn *i, TcgRef *x)
{
    const uint32_t f = a64_sve_flags(op);
    uint64_t k;

    *i = (A64SveInsn){
        .op = op, .d = (uint8_t)(f & (A64_SF_CMP | A64_SF_CMPF) ? a->pd : a->zd), .n = (uint8_t)a->zn,
        .m = (uint8_t)a->zm, .a = (uint8_t)a->za, .pg = (uint8_t)a->pg, .size = (uint8_t)a->size,
    };
    *x = 0;
    if (a->form == A64_SVE_FORM_BITMASK) {
        if (!a64_bitmask(a->n, a->immr, a->imms, 64, &k)) {
            return false;
        }
        i->size = 3;
        *x = tcg_const(b, k);
    } else if (!immediate(a, i) && f & A64_SF_MX) {
        *x = constant(b, a, &k) ? tcg_const(b, k) : scalar(b, a);
    } else if (a->form == A64_SVE_FORM_XM || a->form == A64_SVE_FORM_VM) {
        *x = scalar(b, a);
    }
    return a64_sve_kernel(op, i->size) && !(a->form == A64_SVE_FORM_LONG && a64_vq(b) < 2);
}

static TcgRef call(TcgBuild *b, const A64SveInsn *i, TcgRef x, TcgRef y)
{
    const bool result = a64_sve_flags(i->op) & A64_SF_X;

    return tcg_hcall(b, A64_H_sve, result ? TCG_I64 : TCG_NONE, tcg_const(b, a64_sve_pack(i)), x, y);
}

static void operation(TcgBuild *b, const A64Args *a, A64SveOp op)
{
    A64SveInsn i;
    TcgRef x;

    if (!operands(b, a, op, &i, &x)) {
        a64_undefined(b);
    } else if (!a64_sve_inline(b, &i, x)) {
        call(b, &i, x, 0);
    }
}

#define SVE(name, flags, kernels) \
    void a64_tr_sve_##name(TcgBuild *b, const A64Args *a); \
    void a64_tr_sve_##name(TcgBuild *b, const A64Args *a) \
    { \
        operation(b, a, A64_SVE_##name); \
    }
#include "guest/aarch64/sve.def"
#undef SVE

/* INDEX: base and step are immediates or registers. */

static void make_index(TcgBuild *b, const A64Args *a, TcgRef base, TcgRef step)
{
    const A64SveInsn i = { .op = A64_SVE_index, .d = (uint8_t)a->zd, .size = (uint8_t)a->size };
    const unsigned z = (unsigned)a->size, per = 16u >> z;
    uint64_t known;

    if (!tcg_is_const(b, step, &known)) {
        call(b, &i, base, step);
        return;
    }
    for (unsigned k = 0; k < a64_vq(b); k++) {
        uint64_t w[2] = { 0, 0 };
        for (unsigned e = 0; e < per; e++) {
            const uint64_t v = known * (k * per + e), mask = z == 3 ? ~(uint64_t)0 : ((uint64_t)1 << (8u << z)) - 1;
            w[(e << z) / 8] |= (v & mask) << 8 * ((e << z) % 8);
        }
        a64_put_z(b, a->zd, k, v2(b, TCG_OP_vadd, z, v1(b, TCG_OP_vdup, z, base), tcg_vconst(b, w[0], w[1])));
    }
}

static TcgRef imm5(TcgBuild *b, int v)
{
    return tcg_const(b, (uint64_t)(int64_t)v);
}

void a64_tr_sve_index_ii(TcgBuild *b, const A64Args *a)
{
    make_index(b, a, imm5(b, a->imm5), imm5(b, a->imm5b));
}

void a64_tr_sve_index_ri(TcgBuild *b, const A64Args *a)
{
    make_index(b, a, a64_x(b, a->rn), imm5(b, a->imm5b));
}

void a64_tr_sve_index_ir(TcgBuild *b, const A64Args *a)
{
    make_index(b, a, imm5(b, a->imm5), a64_x(b, a->rm));
}

void a64_tr_sve_index_rr(TcgBuild *b, const A64Args *a)
{
    make_index(b, a, a64_x(b, a->rn), a64_x(b, a->rm));
}

/* The last active element, to a general register and to v; with a C, only if there is one. */

static TcgRef last(TcgBuild *b, const A64Args *a, A64SveOp op, TcgRef before)
{
    const A64SveInsn i = { .op = op, .n = (uint8_t)a->zn, .pg = (uint8_t)a->pg, .size = (uint8_t)a->size };

    return call(b, &i, before, 0);
}

static void put_low64(TcgBuild *b, int n, TcgRef x)
{
    a64_put_v(b, n, v3(b, TCG_OP_vins, 3, a64_vzero(b), x, 0));
}

#define LAST(name, c) \
    void a64_tr_sve_##name##_x(TcgBuild *b, const A64Args *a) \
    { \
        a64_put_x(b, a->rd, last(b, a, A64_SVE_##name, c ? a64_x(b, a->rd) : 0)); \
    } \
    void a64_tr_sve_##name##_v(TcgBuild *b, const A64Args *a) \
    { \
        put_low64(b, a->zd, last(b, a, A64_SVE_##name, c ? low64(b, a->zd) : 0)); \
    }
LAST(lasta, false) LAST(lastb, false) LAST(clasta, true) LAST(clastb, true)

/* Counts: the vector length is known. */

static TcgRef signed_const(TcgBuild *b, int64_t v)
{
    return tcg_const(b, (uint64_t)v);
}

void a64_tr_sve_addvl(TcgBuild *b, const A64Args *a)
{
    a64_put_x_sp(b, a->rd, tcg_add(b, TCG_I64, a64_x_sp(b, a->rn), signed_const(b, a->imm6 * (int)a64_vq(b) * 16)));
}

void a64_tr_sve_addpl(TcgBuild *b, const A64Args *a)
{
    a64_put_x_sp(b, a->rd, tcg_add(b, TCG_I64, a64_x_sp(b, a->rn), signed_const(b, a->imm6 * (int)a64_vq(b) * 2)));
}

void a64_tr_sve_rdvl(TcgBuild *b, const A64Args *a)
{
    a64_put_x(b, a->rd, signed_const(b, a->imm6 * (int)a64_vq(b) * 16));
}

void a64_tr_sve_cnt_elements(TcgBuild *b, const A64Args *a)
{
    a64_put_x(b, a->rd, tcg_const(b, count(b, a) * (unsigned)(a->imm4 + 1)));
}

void a64_tr_sve_inc_elements(TcgBuild *b, const A64Args *a)
{
    const int64_t k = (int64_t)count(b, a) * (a->imm4 + 1) * a->sign;

    a64_put_x(b, a->rd, tcg_add(b, TCG_I64, a64_x(b, a->rd), signed_const(b, k)));
}

/* Saturating; 32-bit results are extended as they are signed. */
static void saturating(TcgBuild *b, const A64Args *a, TcgRef k)
{
    const unsigned how = (unsigned)(a->sf ? A64_SAT_64 : 0) | (a->is_signed ? A64_SAT_SIGNED : 0)
        | (a->sign < 0 ? A64_SAT_SUB : 0);

    a64_put_x(b, a->rd, tcg_hcall(b, A64_H_saturate, TCG_I64, a64_x(b, a->rd), k, tcg_const(b, how)));
}

void a64_tr_sve_qinc_elements(TcgBuild *b, const A64Args *a)
{
    saturating(b, a, tcg_const(b, count(b, a) * (unsigned)(a->imm4 + 1)));
}

void a64_tr_sve_cntp(TcgBuild *b, const A64Args *a)
{
    a64_put_x(b, a->rd, active_count(b, a, tcg_and(b, TCG_I64, a64_p(b, a->pg), a64_p(b, a->pn))));
}

void a64_tr_sve_incp(TcgBuild *b, const A64Args *a)
{
    const TcgRef x = a64_x(b, a->rd), k = active_count(b, a, a64_p(b, a->pn));

    a64_put_x(b, a->rd, a->sign < 0 ? tcg_sub(b, TCG_I64, x, k) : tcg_add(b, TCG_I64, x, k));
}

void a64_tr_sve_qincp(TcgBuild *b, const A64Args *a)
{
    saturating(b, a, active_count(b, a, a64_p(b, a->pn)));
}

/* Cryptography, in each 128 bits. */

#define PIECES(name, expr) \
    void a64_tr_sve_##name(TcgBuild *b, const A64Args *a) \
    { \
        for (unsigned k = 0; k < a64_vq(b); k++) { \
            const TcgRef d = a64_z(b, a->zd, k), m = a64_z(b, a->zm, k), n = a64_z(b, a->zn, k); \
            (void)d, (void)m, (void)n; \
            a64_put_z(b, a->zd, k, expr); \
        } \
    }
PIECES(aese, v2(b, TCG_OP_aese, 0, d, m))
PIECES(aesd, v2(b, TCG_OP_aesd, 0, d, m))
PIECES(aesmc, v1(b, TCG_OP_aesmc, 0, d))
PIECES(aesimc, v1(b, TCG_OP_aesimc, 0, d))
PIECES(sm4e, tcg_vcall(b, A64_H_sm4e, TCG_V128, d, m, 0))
PIECES(sm4ekey, tcg_vcall(b, A64_H_sm4ekey, TCG_V128, n, m, 0))
