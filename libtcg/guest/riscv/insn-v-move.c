/* SPDX-License-Identifier: BSD-2-Clause */
/* Slides and gathers as IR. [RVU 31.16.3, 31.16.4]
 *
 * By a known distance, a piece is made of two that are next to each other. By a register, or by indices, it is chosen
 * byte for byte, which needs one step for each piece of the source: for groups of four pieces at most. */
#include "guest/riscv/insn-v-full.h"

enum { MAX_CHOSEN = 4 };        /* pieces of a source of which bytes are chosen */

/* Bytes c..c+15 of high:low. */
static TcgRef extract(const RvVFull *f, TcgRef low, TcgRef high, unsigned c)
{
    return c ? tcg_op(f->b, TCG_OP_vextr, TCG_V128, 0, low, high, c) : low;
}

/* Piece k of vs2, 0 behind the last element. */
static TcgRef source(const RvVFull *f, unsigned k)
{
    const RvVFull all = { .b = f->b, .lane = f->lane, .vlmax = f->vlmax, .all = true };

    if (k >= f->pieces) {
        return tcg_vconst(f->b, 0, 0);
    }
    const TcgRef x = rv_vf_get(f, f->i->vs2, k);
    return rv_vf_is_small(f) ? tcg_op2(f->b, TCG_OP_vand, TCG_V128, x, rv_vf_below(&all, k)) : x;
}

/* A byte's number in a vector, plus first, of which only the bits of mask are kept. */
static TcgRef numbers(const RvVFull *f, unsigned first, unsigned mask)
{
    TcgVal v;

    for (unsigned j = 0; j < 16; j++) {
        v.u8[j] = (uint8_t)((first + j) & mask);
    }
    return tcg_vconst(f->b, v.u64[0], v.u64[1]);
}

/* Numbers of lanes' first bytes: those of all their bytes. */
static TcgRef all_bytes(const RvVFull *f, TcgRef first)
{
    return tcg_op(f->b, TCG_OP_vadd, TCG_V128, 0, first, numbers(f, 0, (1u << f->lane) - 1), 0);
}

/* The bytes of vs2 that index chooses, those of other where there is none. */
static TcgRef choose_bytes(const RvVFull *f, TcgRef other, TcgRef index)
{
    for (unsigned k = 0; k < f->pieces; k++) {
        other = tcg_op(f->b, TCG_OP_vtbx, TCG_V128, 16 * k, other, source(f, k), index);
    }
    return other;
}

/* Byte offset of element x of a group, VLMAX if it is more, in every byte. That is 128 at most. */
static TcgRef offset(const RvVFull *f, TcgRef x)
{
    TcgBuild *b = f->b;
    const TcgRef most = tcg_const(b, f->vlmax);

    x = tcg_sel(b, TCG_I64, TCG_LTU, tcg_cmp(b, TCG_I64, x, most), x, most);
    return tcg_op(b, TCG_OP_vdup, TCG_V128, 0, tcg_shl(b, TCG_I64, x, tcg_const(b, f->lane)), 0, 0);
}

static TcgRef slide_up(const RvVFull *f, unsigned k, unsigned distance)
{
    const unsigned whole = distance / 16, rest = distance % 16;
    const TcgRef old = rv_vf_get(f, f->i->vd, k);
    TcgVal m;

    if (k < whole) {
        return old;
    }
    if (rest == 0) {
        return source(f, k - whole);
    }
    if (k > whole) {
        return extract(f, source(f, k - whole - 1), source(f, k - whole), 16 - rest);
    }
    for (unsigned j = 0; j < 16; j++) {
        m.u8[j] = j < rest ? 0 : 0xff;
    }
    const TcgRef first = extract(f, source(f, 0), source(f, 0), 16 - rest);
    return rv_vf_choose(f, tcg_vconst(f->b, m.u64[0], m.u64[1]), first, old);
}

static TcgRef slide_down(const RvVFull *f, unsigned k, unsigned distance)
{
    const unsigned from = k + distance / 16;

    return extract(f, source(f, from), source(f, from + 1), distance % 16);
}

/* x above the last piece; below vl only its last element counts. */
static TcgRef slide_1_down(const RvVFull *f, unsigned k, TcgRef x)
{
    TcgBuild *b = f->b;
    const TcgRef next = k + 1 < f->pieces || f->partial ? source(f, k + 1) : x;
    const TcgRef r = extract(f, source(f, k), next, 1u << f->lane);

    if (!f->partial) {
        return r;
    }
    TcgVal element = { .u64 = { 0, 0 } };
    for (unsigned j = 0; j < 16u >> f->lane; j++) {
        element.u8[j << f->lane] = (uint8_t)(k * (16u >> f->lane) + j);
    }
    const TcgRef last = tcg_op2(b, TCG_OP_sub, TCG_I64, tcg_get(b, RV_VL), tcg_const(b, 1));
    const TcgRef is_last = rv_vf_op2(f, TCG_OP_vcmpeq, 0, tcg_vconst(b, element.u64[0], element.u64[1]),
                                     tcg_op(b, TCG_OP_vdup, TCG_V128, f->lane, last, 0, 0));
    return rv_vf_choose(f, is_last, x, r);
}

/* Lanes' indices as those of their bytes; too large ones become VLMAX. */
static TcgRef byte_indices(const RvVFull *f, TcgRef index)
{
    TcgBuild *b = f->b;

    if (f->lane == 0) {
        return index;
    }
    index = rv_vf_op2(f, TCG_OP_vmin, 0, index, rv_vf_splat(f, f->vlmax));
    index = tcg_op(b, TCG_OP_vshl, TCG_V128, f->lane, index, f->lane, 0);
    index = tcg_op(b, TCG_OP_vtbx, TCG_V128, 0, tcg_vconst(b, 0, 0), index, numbers(f, 0, ~((1u << f->lane) - 1)));
    return all_bytes(f, index);
}

/* Indices of 16 bits for piece k as lanes of SEW. Those of bytes are 64 at most: what is more may become 255. */
static TcgRef indices_16(const RvVFull *f, unsigned k)
{
    const unsigned reg = f->i->vs1, steps = f->lane - 1;
    TcgBuild *b = f->b;

    if (f->lane == 0) {
        const TcgRef low = tcg_op(b, TCG_OP_vxtns, TCG_V128, 0, rv_vf_get(f, reg, 2 * k), 0, 0);
        if (2 * f->vlmax <= 16) {
            return low;
        }
        return tcg_op2(b, TCG_OP_vcat, TCG_V128, low,
                       tcg_op(b, TCG_OP_vxtns, TCG_V128, 0, rv_vf_get(f, reg, 2 * k + 1), 0, 0));
    }
    TcgRef x = rv_vf_get(f, reg, k >> steps);
    for (unsigned lane = 1; lane < f->lane; lane++) {
        const bool high = k >> (f->lane - 1 - lane) & 1;
        x = tcg_op(b, TCG_OP_vzxtl, TCG_V128, lane | (high ? TCG_V_HIGH : 0), x, 0, 0);
    }
    return x;
}

static TcgRef gather(const RvVFull *f, unsigned k)
{
    TcgBuild *b = f->b;
    const unsigned lanes = 16u >> f->lane, n = f->i->vs1;

    if (f->i->form == RV_V_VV) {
        return choose_bytes(f, tcg_vconst(b, 0, 0), byte_indices(f, rv_vf_get(f, f->i->vs1, k)));
    }
    if (f->i->form == RV_V_VU) {
        return n < f->vlmax ? tcg_op(b, TCG_OP_vdupl, TCG_V128, f->lane, source(f, n / lanes), n % lanes, 0)
            : tcg_vconst(b, 0, 0);
    }
    return choose_bytes(f, tcg_vconst(b, 0, 0), all_bytes(f, offset(f, rv_x(b, f->i->vs1))));
}

static TcgRef slide_by_register(const RvVFull *f, unsigned k)
{
    TcgBuild *b = f->b;
    const TcgRef by = offset(f, rv_x(b, f->i->vs1)), at = numbers(f, 16 * k, ~0u);

    if (f->i->op == RV_V_vslideup) {
        return choose_bytes(f, rv_vf_get(f, f->i->vd, k), tcg_op(b, TCG_OP_vsub, TCG_V128, 0, at, by, 0));
    }
    return choose_bytes(f, tcg_vconst(b, 0, 0), tcg_op(b, TCG_OP_vadd, TCG_V128, 0, at, by, 0));
}

/* Of vs2 alone; piece k of the result. x: the scalar as a vector. */
static TcgRef moved(const RvVFull *f, unsigned k, TcgRef x)
{
    const unsigned distance = (unsigned)f->i->vs1 << f->lane, size = 1u << f->lane;
    const bool known = f->i->form == RV_V_VU;

    switch ((RvVOp)f->i->op) {
    case RV_V_vrgather:   return gather(f, k);
    case RV_V_vrgatherei16:
        return choose_bytes(f, tcg_vconst(f->b, 0, 0), byte_indices(f, indices_16(f, k)));
    case RV_V_vslideup:   return known ? slide_up(f, k, distance) : slide_by_register(f, k);
    case RV_V_vslidedown: return known ? slide_down(f, k, distance) : slide_by_register(f, k);
    case RV_V_vslide1up: case RV_V_vfslide1up:
        return extract(f, k ? source(f, k - 1) : x, source(f, k), 16 - size);
    default:
        return slide_1_down(f, k, x);
    }
}

bool rv_vf_move(const RvVFull *f)
{
    const RvVInsn *i = f->i;
    const bool one = i->op != RV_V_vrgather && i->op != RV_V_vrgatherei16 && i->op != RV_V_vslideup
        && i->op != RV_V_vslidedown;
    TcgRef r[RV_VF_MAX_PIECES];

    if (!one && i->form != RV_V_VU && f->pieces > MAX_CHOSEN) {
        return false;
    }
    const TcgRef x = one ? rv_vf_scalar(f) : 0;
    for (unsigned k = 0; k < f->pieces; k++) {      /* before anything is put: vd may be vs2 */
        r[k] = moved(f, k, x);
    }
    for (unsigned k = 0; k < f->pieces; k++) {
        const TcgRef m = rv_vf_active(f, k);
        rv_vf_put(f, k, m ? rv_vf_choose(f, m, r[k], rv_vf_get(f, i->vd, k)) : r[k]);
    }
    return true;
}
