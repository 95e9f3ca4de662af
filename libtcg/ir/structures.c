/* SPDX-License-Identifier: BSD-2-Clause */
/* Structures of two to four elements in vectors (tcg_split, tcg_join). Those of two and four are taken apart by
 * gathering within vectors and zipping and put together by zipping, those of three by table lookups. */
#include "tcg/build.h"

static TcgRef v2(TcgBuild *b, TcgOp op, unsigned aux, TcgRef x, TcgRef y)
{
    return tcg_op(b, op, TCG_V128, aux, x, y, 0);
}

static TcgRef v3(TcgBuild *b, TcgOp op, unsigned aux, TcgRef x, TcgRef y, TcgRef z)
{
    return tcg_op(b, op, TCG_V128, aux, x, y, z);
}

static TcgRef high_half(TcgBuild *b, TcgRef x)
{
    return v3(b, TCG_OP_vextr, 0, x, x, 8);
}

/* A lookup of 16 bytes in three tables: byte i of the result is byte from(i) of them. */
static TcgRef lookup_3(TcgBuild *b, const TcgRef x[4], const uint8_t from[16])
{
    uint64_t index[2] = { 0, 0 };
    bool used[3] = { false, false, false };
    TcgRef r = tcg_vconst(b, 0, 0);

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
        x[i] = v3(b, TCG_OP_vtbx, 0, tcg_vconst(b, 0, 0), x[i], tcg_vconst(b, index[0], index[1]));
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
        x[1] = high_half(b, x[0]);
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
        x[1] = high_half(b, low[0]);
        x[2] = high[0];
        x[3] = high_half(b, high[0]);
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

void tcg_split(TcgBuild *b, unsigned n, unsigned lane, bool full, TcgRef x[4])
{
    switch (n) {
    case 2:  split_2(b, lane, full, x); break;
    case 3:  split_3(b, lane, full ? 16 : 8, x); break;
    default: split_4(b, lane, full, x); break;
    }
}

void tcg_join(TcgBuild *b, unsigned n, unsigned lane, bool full, TcgRef x[4])
{
    switch (n) {
    case 2:  join_2(b, lane, x[0], x[1], x); break;
    case 3:  join_3(b, lane, full ? 16 : 8, x); break;
    default: join_4(b, lane, full, x); break;
    }
}
