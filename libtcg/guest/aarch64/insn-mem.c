/* SPDX-License-Identifier: BSD-2-Clause */
/* A64 plain loads and stores [ArmARM C4.1 Loads and Stores, C6.2, C7.2]. The access comes before every write of a
 * register; write-back comes before the loaded value, which wins where both are the same register. */
#include "guest/aarch64/insn.h"

/* Addressing modes of the mode argument. */
enum { MODE_OFFSET, MODE_POST, MODE_PRE };

static int64_t access_offset(const A64Args *a, int64_t imm)
{
    return a->mode == MODE_POST ? 0 : imm;
}

static void write_back(TcgBuild *b, const A64Args *a, TcgRef base, int64_t imm)
{
    if (a->mode != MODE_OFFSET) {
        a64_put_x_sp(b, a->rn, tcg_add(b, TCG_I64, base, tcg_const(b, imm)));
    }
}

static TcgType load_type(int size)
{
    return size == 3 ? TCG_I64 : TCG_I32;
}

/* A sign extension stops at 32 bits if w. */
static TcgType signed_type(const A64Args *a)
{
    return a->w ? TCG_I32 : TCG_I64;
}

/* General registers, immediate offsets */

void a64_tr_str_off(TcgBuild *b, const A64Args *a)
{
    TcgRef base = a64_x_sp(b, a->rn);

    tcg_st(b, load_type(a->size), a->size, base, access_offset(a, a->imm), a64_x(b, a->rt));
    write_back(b, a, base, a->imm);
}

static void load_offset(TcgBuild *b, const A64Args *a, TcgType t, unsigned memop)
{
    TcgRef base = a64_x_sp(b, a->rn);
    TcgRef v = tcg_ld(b, t, memop, base, access_offset(a, a->imm));

    write_back(b, a, base, a->imm);
    a64_put_x(b, a->rt, v);
}

void a64_tr_ldr_off(TcgBuild *b, const A64Args *a)
{
    load_offset(b, a, load_type(a->size), a->size);
}

void a64_tr_ldrs_off(TcgBuild *b, const A64Args *a)
{
    load_offset(b, a, signed_type(a), a->size | TCG_MO_SIGN);
}

void a64_tr_str_imm(TcgBuild *b, const A64Args *a)
{
    tcg_st(b, load_type(a->size), a->size, a64_x_sp(b, a->rn), (int64_t)a->imm << a->size, a64_x(b, a->rt));
}

void a64_tr_ldr_imm(TcgBuild *b, const A64Args *a)
{
    a64_put_x(b, a->rt, tcg_ld(b, load_type(a->size), a->size, a64_x_sp(b, a->rn),
                               (int64_t)a->imm << a->size));
}

void a64_tr_ldrs_imm(TcgBuild *b, const A64Args *a)
{
    a64_put_x(b, a->rt, tcg_ld(b, signed_type(a), a->size | TCG_MO_SIGN, a64_x_sp(b, a->rn),
                               (int64_t)a->imm << a->size));
}

/* Register offsets: the index is extended, then scaled by the access */

static TcgRef index_of(TcgBuild *b, const A64Args *a)
{
    return a64_extend(b, TCG_I64, a->rm, a->option, 0);
}

void a64_tr_str_reg(TcgBuild *b, const A64Args *a)
{
    tcg_st_index(b, load_type(a->size), a->size, a64_x_sp(b, a->rn), index_of(b, a),
                 a->s ? a->size : 0, a64_x(b, a->rt));
}

static void load_index(TcgBuild *b, const A64Args *a, TcgType t, unsigned memop)
{
    a64_put_x(b, a->rt, tcg_ld_index(b, t, memop, a64_x_sp(b, a->rn), index_of(b, a), a->s ? a->size : 0));
}

void a64_tr_ldr_reg(TcgBuild *b, const A64Args *a)
{
    load_index(b, a, load_type(a->size), a->size);
}

void a64_tr_ldrs_reg(TcgBuild *b, const A64Args *a)
{
    load_index(b, a, signed_type(a), a->size | TCG_MO_SIGN);
}

/* Literals */

static TcgRef literal(TcgBuild *b, const A64Args *a)
{
    return tcg_const(b, tcg_build_pc(b) + (int64_t)a->imm * 4);
}

void a64_tr_ldr_lit(TcgBuild *b, const A64Args *a)
{
    a64_put_x(b, a->rt, tcg_ld(b, a64_type(a->sf), a->sf ? TCG_MO_64 : TCG_MO_32, literal(b, a), 0));
}

void a64_tr_ldrsw_lit(TcgBuild *b, const A64Args *a)
{
    a64_put_x(b, a->rt, tcg_ld(b, TCG_I64, TCG_MO_32 | TCG_MO_SIGN, literal(b, a), 0));
}

void a64_tr_prfm(TcgBuild *b, const A64Args *a)
{
}

/* Pairs */

static void store_pair(TcgBuild *b, const A64Args *a)
{
    const unsigned size = a->sz ? TCG_MO_64 : TCG_MO_32;
    const int64_t imm = (int64_t)a->imm7 << size, at = access_offset(a, imm);
    TcgRef base = a64_x_sp(b, a->rn);

    tcg_st(b, load_type(size), size, base, at, a64_x(b, a->rt));
    tcg_st(b, load_type(size), size, base, at + (1 << size), a64_x(b, a->rt2));
    write_back(b, a, base, imm);
}

static void load_pair(TcgBuild *b, const A64Args *a, TcgType t, unsigned memop)
{
    const unsigned size = memop & TCG_MO_SIZE;
    const int64_t imm = (int64_t)a->imm7 << size, at = access_offset(a, imm);
    TcgRef base = a64_x_sp(b, a->rn);
    TcgRef v = tcg_ld(b, t, memop, base, at);
    TcgRef v2 = tcg_ld(b, t, memop, base, at + (1 << size));

    write_back(b, a, base, imm);
    a64_put_x(b, a->rt, v);
    a64_put_x(b, a->rt2, v2);
}

void a64_tr_stp(TcgBuild *b, const A64Args *a)
{
    store_pair(b, a);
}

void a64_tr_ldp(TcgBuild *b, const A64Args *a)
{
    load_pair(b, a, a64_type(a->sz), a->sz ? TCG_MO_64 : TCG_MO_32);
}

void a64_tr_ldpsw(TcgBuild *b, const A64Args *a)
{
    load_pair(b, a, TCG_I64, TCG_MO_32 | TCG_MO_SIGN);
}

void a64_tr_stnp(TcgBuild *b, const A64Args *a)
{
    A64Args plain = *a;

    plain.mode = MODE_OFFSET;
    a64_tr_stp(b, &plain);
}

void a64_tr_ldnp(TcgBuild *b, const A64Args *a)
{
    A64Args plain = *a;

    plain.mode = MODE_OFFSET;
    a64_tr_ldp(b, &plain);
}

/* SIMD&FP registers: scale is log2 of the bytes. A byte travels as an integer. */

static TcgType vector_type(unsigned scale)
{
    static const TcgType types[] = { TCG_I32, TCG_F16, TCG_F32, TCG_F64, TCG_V128 };

    return types[scale];
}

/* What is stored of register n. */
static TcgRef vector_part(TcgBuild *b, unsigned scale, int n)
{
    TcgRef v = a64_v(b, n);

    switch (scale) {
    case 0:  return tcg_op(b, TCG_OP_vext, TCG_I64, 0, v, 0, 0);
    case 4:  return v;
    default: return tcg_op1(b, TCG_OP_vlow, vector_type(scale), v);
    }
}

/* The register that is loaded with v: the rest of it becomes 0. The host's loads do that, if this comes next. */
static TcgRef vector_of(TcgBuild *b, unsigned scale, TcgRef v)
{
    switch (scale) {
    case 0:  return tcg_op(b, TCG_OP_vzext, TCG_V128, TCG_F32, tcg_op1(b, TCG_OP_itof, TCG_F32, v), 0, 0);
    case 4:  return v;
    default: return tcg_op(b, TCG_OP_vzext, TCG_V128, vector_type(scale), v, 0, 0);
    }
}

static void put_vector_part(TcgBuild *b, unsigned scale, int n, TcgRef v)
{
    a64_put_v(b, n, vector_of(b, scale, v));
}

void a64_tr_str_v_off(TcgBuild *b, const A64Args *a)
{
    TcgRef base = a64_x_sp(b, a->rn);

    tcg_st(b, vector_type(a->vscale), a->vscale, base, access_offset(a, a->imm),
           vector_part(b, a->vscale, a->rt));
    write_back(b, a, base, a->imm);
}

void a64_tr_ldr_v_off(TcgBuild *b, const A64Args *a)
{
    TcgRef base = a64_x_sp(b, a->rn);
    TcgRef v = tcg_ld(b, vector_type(a->vscale), a->vscale, base, access_offset(a, a->imm));

    put_vector_part(b, a->vscale, a->rt, v);
    write_back(b, a, base, a->imm);
}

void a64_tr_str_v_imm(TcgBuild *b, const A64Args *a)
{
    tcg_st(b, vector_type(a->vscale), a->vscale, a64_x_sp(b, a->rn), (int64_t)a->imm << a->vscale,
           vector_part(b, a->vscale, a->rt));
}

void a64_tr_ldr_v_imm(TcgBuild *b, const A64Args *a)
{
    put_vector_part(b, a->vscale, a->rt,
                    tcg_ld(b, vector_type(a->vscale), a->vscale, a64_x_sp(b, a->rn),
                           (int64_t)a->imm << a->vscale));
}

void a64_tr_str_v_reg(TcgBuild *b, const A64Args *a)
{
    tcg_st_index(b, vector_type(a->vscale), a->vscale, a64_x_sp(b, a->rn), index_of(b, a),
                 a->s ? a->vscale : 0, vector_part(b, a->vscale, a->rt));
}

void a64_tr_ldr_v_reg(TcgBuild *b, const A64Args *a)
{
    put_vector_part(b, a->vscale, a->rt,
                    tcg_ld_index(b, vector_type(a->vscale), a->vscale, a64_x_sp(b, a->rn), index_of(b, a),
                                 a->s ? a->vscale : 0));
}

/* opc 0, 1, 2 are 4, 8 and 16 bytes. */

void a64_tr_ldr_v_lit(TcgBuild *b, const A64Args *a)
{
    const unsigned scale = 2 + a->opc;

    put_vector_part(b, scale, a->rt, tcg_ld(b, vector_type(scale), scale, literal(b, a), 0));
}

void a64_tr_stp_v(TcgBuild *b, const A64Args *a)
{
    const unsigned scale = 2 + a->opc;
    const int64_t imm = (int64_t)a->imm7 << scale, at = access_offset(a, imm);
    TcgRef base = a64_x_sp(b, a->rn);

    tcg_st(b, vector_type(scale), scale, base, at, vector_part(b, scale, a->rt));
    tcg_st(b, vector_type(scale), scale, base, at + (1 << scale), vector_part(b, scale, a->rt2));
    write_back(b, a, base, imm);
}

void a64_tr_ldp_v(TcgBuild *b, const A64Args *a)
{
    const unsigned scale = 2 + a->opc;
    const int64_t imm = (int64_t)a->imm7 << scale, at = access_offset(a, imm);
    TcgRef base = a64_x_sp(b, a->rn);
    TcgRef v = vector_of(b, scale, tcg_ld(b, vector_type(scale), scale, base, at));
    TcgRef v2 = vector_of(b, scale, tcg_ld(b, vector_type(scale), scale, base, at + (1 << scale)));

    a64_put_v(b, a->rt, v);
    a64_put_v(b, a->rt2, v2);
    write_back(b, a, base, imm);
}
