/* SPDX-License-Identifier: BSD-2-Clause */
/* A64 Advanced SIMD loads and stores of structures [ArmARM C4.1 Advanced SIMD load/store multiple structures, single
 * structure, C7.2 LD1 ... ST4]. All memory is read before a register is written.
 *
 * Structures of two and four elements are taken apart by gathering within vectors and ZIP and put together by ZIP,
 * those of three by table lookups. */
#include "guest/aarch64/insn-simd.h"

static int reg(const A64Args *a, unsigned i)
{
    return (a->rt + (int)i) & 31;
}

static void write_back(TcgBuild *b, const A64Args *a, TcgRef base, unsigned bytes)
{
    if (a->post) {
        TcgRef step = a->rm == 31 ? tcg_const(b, bytes) : a64_x(b, a->rm);
        a64_put_x_sp(b, a->rn, tcg_add(b, TCG_I64, base, step));
    }
}

/* 8 bytes at base + disp as a vector, and as the low half of one to memory. */

static TcgRef load_half(TcgBuild *b, TcgRef base, int64_t disp)
{
    return tcg_op(b, TCG_OP_vzext, TCG_V128, TCG_F64, tcg_ld(b, TCG_F64, TCG_MO_64, base, disp), 0, 0);
}

static void store_half(TcgBuild *b, TcgRef base, int64_t disp, TcgRef v)
{
    tcg_st(b, TCG_F64, TCG_MO_64, base, disp, tcg_op(b, TCG_OP_vlow, TCG_F64, 0, v, 0, 0));
}

/* bytes of memory into as few vectors as hold them. */
static void load_all(TcgBuild *b, TcgRef base, unsigned bytes, TcgRef x[4])
{
    for (unsigned i = 0; i < bytes; i += 16) {
        x[i / 16] = bytes - i >= 16 ? tcg_ld(b, TCG_V128, TCG_MO_128, base, i) : load_half(b, base, i);
    }
}

static void store_all(TcgBuild *b, TcgRef base, unsigned bytes, const TcgRef x[4])
{
    for (unsigned i = 0; i < bytes; i += 16) {
        if (bytes - i >= 16) {
            tcg_st(b, TCG_V128, TCG_MO_128, base, i, x[i / 16]);
        } else {
            store_half(b, base, i, x[i / 16]);
        }
    }
}

void a64_tr_ld_multiple(TcgBuild *b, const A64Args *a)
{
    const unsigned width = a->q ? 16 : 8, z = (unsigned)a->size, regs = (unsigned)a->regs;
    const TcgRef base = a64_x_sp(b, a->rn);
    TcgRef x[4] = { 0 };

    if (a->selem == 1) {
        for (unsigned i = 0; i < regs; i++) {
            x[i] = a->q ? tcg_ld(b, TCG_V128, TCG_MO_128, base, 16 * i) : load_half(b, base, 8 * i);
        }
    } else {
        load_all(b, base, regs * width, x);
        tcg_split(b, (unsigned)a->selem, z, a->q, x);
    }
    write_back(b, a, base, regs * width);
    for (unsigned i = 0; i < regs; i++) {
        a64_put_v(b, reg(a, i), a->q || a->selem == 1 ? x[i] : v1(b, TCG_OP_vlo64, 0, x[i]));
    }
}

void a64_tr_st_multiple(TcgBuild *b, const A64Args *a)
{
    const unsigned width = a->q ? 16 : 8, z = (unsigned)a->size, regs = (unsigned)a->regs;
    const TcgRef base = a64_x_sp(b, a->rn);
    TcgRef x[4] = { 0 };

    for (unsigned i = 0; i < regs; i++) {
        x[i] = a64_v(b, reg(a, i));
    }
    if (a->selem == 1) {
        for (unsigned i = 0; i < regs; i++) {
            if (a->q) {
                tcg_st(b, TCG_V128, TCG_MO_128, base, 16 * i, x[i]);
            } else {
                store_half(b, base, 8 * i, x[i]);
            }
        }
    } else {
        tcg_join(b, (unsigned)a->selem, z, a->q, x);
        store_all(b, base, regs * width, x);
    }
    write_back(b, a, base, regs * width);
}

/* Single structures: element index of selem registers. */

static TcgType element_type(unsigned z)
{
    return z == 3 ? TCG_I64 : TCG_I32;
}

static void load_single(TcgBuild *b, const A64Args *a, unsigned index)
{
    const unsigned z = (unsigned)a->esize, n = (unsigned)a->selem;
    const TcgRef base = a64_x_sp(b, a->rn);
    TcgRef x[4];

    for (unsigned i = 0; i < n; i++) {
        x[i] = tcg_ld(b, element_type(z), z, base, (int64_t)i << z);
    }
    write_back(b, a, base, n << z);
    for (unsigned i = 0; i < n; i++) {
        a64_put_v(b, reg(a, i), v3(b, TCG_OP_vins, z, a64_v(b, reg(a, i)), x[i], index));
    }
}

static void store_single(TcgBuild *b, const A64Args *a, unsigned index)
{
    const unsigned z = (unsigned)a->esize, n = (unsigned)a->selem;
    const TcgRef base = a64_x_sp(b, a->rn);

    for (unsigned i = 0; i < n; i++) {
        tcg_st(b, element_type(z), z, base, (int64_t)i << z,
               tcg_op(b, TCG_OP_vext, TCG_I64, z, a64_v(b, reg(a, i)), index, 0));
    }
    write_back(b, a, base, n << z);
}

#define SINGLE(z) \
    void a64_tr_ld_single_##z(TcgBuild *b, const A64Args *a) \
    { \
        load_single(b, a, (unsigned)a->sidx_##z); \
    } \
    void a64_tr_st_single_##z(TcgBuild *b, const A64Args *a) \
    { \
        store_single(b, a, (unsigned)a->sidx_##z); \
    }
SINGLE(b) SINGLE(h) SINGLE(s) SINGLE(d)

void a64_tr_ld_replicate(TcgBuild *b, const A64Args *a)
{
    const unsigned z = (unsigned)a->size, n = (unsigned)a->selem;
    const TcgRef base = a64_x_sp(b, a->rn);
    TcgRef x[4];

    for (unsigned i = 0; i < n; i++) {
        x[i] = v1(b, TCG_OP_vdup, z, tcg_ld(b, element_type(z), z, base, (int64_t)i << z));
    }
    write_back(b, a, base, n << z);
    for (unsigned i = 0; i < n; i++) {
        a64_put_v(b, reg(a, i), a->q ? x[i] : v1(b, TCG_OP_vlo64, 0, x[i]));
    }
}
