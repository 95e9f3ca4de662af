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

/* A lookup of 16 bytes in three tables: byte i of the result is byte from(i) of them. */
static TcgRef lookup_3(TcgBuild *b, const TcgRef x[4], const uint8_t from[16])
{
    uint64_t index[2] = { 0, 0 };
    bool used[3] = { false, false, false };
    TcgRef r = a64_vzero(b);

    for (unsigned i = 0; i < 16; i++) {
        index[i / 8] |= (uint64_t)from[i] << i % 8 * 8;
        if (from[i] < 48) {
            used[from[i] / 16] = true;
        }
    }
    const TcgRef c = tcg_vconst(b, index[0], index[1]);
    for (unsigned t = 0; t < 3; t++) {
        if (used[t]) {
            r = v3(b, TCG_OP_vtbx, 16 * t, r, x[t], c);
        }
    }
    return r;
}

/* Structures of three: byte of memory of element i of register r, and back. width is bytes of a register. */

static void split_3(TcgBuild *b, unsigned z, unsigned width, TcgRef x[4])
{
    TcgRef r[4] = { 0 };

    for (unsigned k = 0; k < 3; k++) {
        uint8_t from[16];
        for (unsigned i = 0; i < 16; i++) {
            from[i] = i < width ? (uint8_t)(((3 * (i >> z) + k) << z) + (i & ((1u << z) - 1))) : 0xff;
        }
        r[k] = lookup_3(b, x, from);
    }
    x[0] = r[0];
    x[1] = r[1];
    x[2] = r[2];
}

static void join_3(TcgBuild *b, unsigned z, unsigned width, TcgRef x[4])
{
    TcgRef r[4] = { 0 };

    for (unsigned k = 0; 16 * k < 3 * width; k++) {
        uint8_t from[16];
        for (unsigned i = 0; i < 16; i++) {
            const unsigned at = 16 * k + i, element = at >> z;
            from[i] = at < 3 * width
                ? (uint8_t)(16 * (element % 3) + ((element / 3) << z) + (at & ((1u << z) - 1))) : 0xff;
        }
        r[k] = lookup_3(b, x, from);
    }
    x[0] = r[0];
    x[1] = r[1];
    x[2] = r[2];
}

/* Two and four: with 64-bit registers memory is half as many vectors. Small elements are first gathered within each
 * vector, those of one register next to each other, in n groups. */
static void gather(TcgBuild *b, unsigned z, unsigned n, unsigned vectors, TcgRef x[4])
{
    uint64_t index[2] = { 0, 0 };

    for (unsigned i = 0; i < 16; i++) {
        const unsigned group = i * n / 16, element = (i % (16 / n)) >> z, byte = i & ((1u << z) - 1);
        index[i / 8] |= (uint64_t)(((element * n + group) << z) + byte) << i % 8 * 8;
    }
    for (unsigned i = 0; i < vectors; i++) {
        x[i] = v3(b, TCG_OP_vtbx, 0, a64_vzero(b), x[i], tcg_vconst(b, index[0], index[1]));
    }
}

/* The low 8 bytes of x and y, and the high ones. */
static void pair_halves(TcgBuild *b, TcgRef x, TcgRef y, TcgRef r[2])
{
    r[0] = v2(b, TCG_OP_vzip1, 3, x, y);
    r[1] = v2(b, TCG_OP_vzip2, 3, x, y);
}

static void split_2(TcgBuild *b, unsigned z, bool full, TcgRef x[4])
{
    if (z == 2 && full) {
        const TcgRef lo = x[0], hi = x[1];
        x[0] = v2(b, TCG_OP_vuzp1, z, lo, hi);
        x[1] = v2(b, TCG_OP_vuzp2, z, lo, hi);
        return;
    }
    if (z < 3) {
        gather(b, z, 2, full ? 2 : 1, x);
    }
    if (full) {
        pair_halves(b, x[0], x[1], x);
    } else {
        x[1] = a64_vhigh(b, x[0]);
    }
}

static void split_4(TcgBuild *b, unsigned z, bool full, TcgRef x[4])
{
    TcgRef low[2], high[2];

    if (z == 3) {
        const TcgRef y[4] = { x[0], x[1], x[2], x[3] };
        pair_halves(b, y[0], y[2], x);
        pair_halves(b, y[1], y[3], x + 2);
        return;
    }
    if (z < 2) {
        gather(b, z, 4, full ? 4 : 2, x);
    }
    low[0] = v2(b, TCG_OP_vzip1, 2, x[0], x[1]);
    high[0] = v2(b, TCG_OP_vzip2, 2, x[0], x[1]);
    if (!full) {
        x[0] = low[0];
        x[1] = a64_vhigh(b, low[0]);
        x[2] = high[0];
        x[3] = a64_vhigh(b, high[0]);
        return;
    }
    low[1] = v2(b, TCG_OP_vzip1, 2, x[2], x[3]);
    high[1] = v2(b, TCG_OP_vzip2, 2, x[2], x[3]);
    pair_halves(b, low[0], low[1], x);
    pair_halves(b, high[0], high[1], x + 2);
}

static void join_2(TcgBuild *b, unsigned z, TcgRef lo, TcgRef hi, TcgRef x[2])
{
    x[0] = v2(b, TCG_OP_vzip1, z, lo, hi);
    x[1] = v2(b, TCG_OP_vzip2, z, lo, hi);
}

static void join_4(TcgBuild *b, unsigned z, bool full, TcgRef x[4])
{
    TcgRef even[2], odd[2];

    join_2(b, z, x[0], x[2], even);
    join_2(b, z, x[1], x[3], odd);
    join_2(b, z, even[0], odd[0], x);
    if (full) {
        join_2(b, z, even[1], odd[1], x + 2);
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
        switch (a->selem) {
        case 2:  split_2(b, z, a->q, x); break;
        case 3:  split_3(b, z, width, x); break;
        default: split_4(b, z, a->q, x); break;
        }
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
        switch (a->selem) {
        case 2:  join_2(b, z, x[0], x[1], x); break;
        case 3:  join_3(b, z, width, x); break;
        default: join_4(b, z, a->q, x); break;
        }
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
