/* SPDX-License-Identifier: BSD-2-Clause */
/* Moves, permutations and bits of vectors on SSE4.2 and up. What is not here goes out of line. */
#include "host/x86_64/emit-vec.h"

void x_vop(Enc *e, unsigned opc, int dst, int a, int b)
{
    if (hx86_features & HX_AVX) {
        enc_vex_rr(e, opc, false, false, xr(dst), xr(a), xr(b));
        return;
    }
    x_vmov(e, dst, a);
    enc_rr(e, opc, false, xr(dst), xr(b), false);
}

void x_vop_m(Enc *e, unsigned opc, int dst, int a, Mem m, unsigned tail)
{
    if (hx86_features & HX_AVX) {
        enc_vex_rm(e, opc, false, false, xr(dst), xr(a), m, tail);
        return;
    }
    x_vmov(e, dst, a);
    enc_rm(e, opc, false, xr(dst), m, false, tail);
}

void x_vop_o(Enc *e, unsigned opc, int dst, int a, const Opnd *b, unsigned tail)
{
    if (b->kind == OP_MEM) {
        x_vop_m(e, opc, dst, a, b->mem, tail);
    } else {
        x_vop(e, opc, dst, a, b->reg);
    }
}

void x_vshift_i(Enc *e, unsigned lane, int group, int dst, int src, unsigned n)
{
    if (hx86_features & HX_AVX) {
        enc_vex_rr(e, O_66(0x70 + lane), false, false, group, xr(dst), xr(src));
    } else {
        x_vmov(e, dst, src);
        enc_rr(e, O_66(0x70 + lane), false, group, xr(dst), false);
    }
    enc8(e, n);
}


/* dst := a op the same 8 bytes twice */
void x_vop_k(Emit *E, unsigned opc, int dst, int a, uint64_t k)
{
    x_vop_m(&E->e, opc, dst, a, em_pool_mem(), 0);
    em_pool(E, k, k, 0);
}

void x_vop_kk(Emit *E, unsigned opc, int dst, int a, uint64_t lo, uint64_t hi)
{
    x_vop_m(&E->e, opc, dst, a, em_pool_mem(), 0);
    em_pool(E, lo, hi, 0);
}

void x_vload_k(Emit *E, int dst, uint64_t lo, uint64_t hi)
{
    if (lo == hi && (lo == 0 || lo == ~(uint64_t)0)) {
        x_vop(&E->e, lo ? O_66(0x76) : O_0F(0x57), dst, dst, dst);
        return;
    }
    enc_rm(&E->e, O_0F(0x28), false, xr(dst), em_pool_mem(), false, 0);
    em_pool(E, lo, hi, 0);
}

void x_vshuffle(Enc *e, unsigned opc, int dst, int src, unsigned order)
{
    enc_rr(e, opc, false, xr(dst), xr(src), false);
    enc8(e, order);
}

void em_vec_two(Emit *E, unsigned opc, TcgRef rx, TcgRef ry, bool commutes)
{
    if (commutes && ra_reg_of(E, rx) < 0 && ra_reg_of(E, ry) >= 0) {
        TcgRef r = rx;
        rx = ry;
        ry = r;
    }
    int x = ra_use(E, rx);
    Opnd y = ra_dies(E, ry) ? ra_opnd(E, ry, true, false) : (Opnd){ .kind = OP_REG, .reg = ra_use(E, ry) };
    bool three = hx86_features & HX_AVX;

    ra_drop(E, rx);
    if (three) {
        ra_drop(E, ry);
    }
    int d = ra_def(E, E->i, three || y.kind == OP_MEM || x == y.reg ? 0 : 1u << y.reg);
    x_vop_o(&E->e, opc, d, x, &y, 0);
}

static void invert(Emit *E, const TcgIns *i)
{
    int x = ra_use(E, i->a);

    x_vop_k(E, O_66(0xef), ra_def(E, E->i, 0), x, ~(uint64_t)0);
}

static void or_not(Emit *E, const TcgIns *i)
{
    int x = ra_use(E, i->a), y = ra_use(E, i->b), t = ra_scratch(E, true);

    x_vop_k(E, O_66(0xef), t, y, ~(uint64_t)0);
    x_vop(&E->e, O_66(0xeb), ra_def(E, E->i, 1u << t), x, t);
}

/* In one instruction, into the operand whose register the result goes to anyway: (a & b) | (~a & c) as a function of
 * destination, first and second source. */
static void ternary_select(Emit *E, const TcgIns *i)
{
    static const struct { uint8_t first, second, table; } order[3] = { { 1, 2, 0xca }, { 0, 2, 0xe2 }, { 0, 1, 0xb8 } };
    const TcgRef ops[3] = { i->a, i->b, i->c };
    int r[3], home = E->r[E->i].mark & MARK_HINT ? E->pins->of[E->ins[E->r[E->i].put_at].a] : -1;
    unsigned k = 0;

    for (unsigned n = 0; n < 3; n++) {
        r[n] = ra_use(E, ops[n]);
        k = r[n] == home ? n : k;
    }
    int x = r[order[k].first], y = r[order[k].second];
    uint32_t avoid = (x != r[k] ? 1u << x : 0) | (y != r[k] ? 1u << y : 0);
    int d = ra_def_copy(E, E->i, ops[k], avoid);
    enc_evex_rr(&E->e, O_66_3A(0x25), false, xr(d), xr(x), xr(y), 0);
    enc8(&E->e, order[k].table);
}

/* c ^ ((b ^ c) & a) */
static void select_bits(Emit *E, const TcgIns *i)
{
    if (hx86_features & HX_AVX512) {
        ternary_select(E, i);
        return;
    }
    int a = ra_use(E, i->a), b = ra_use(E, i->b), c = ra_use(E, i->c), t = ra_scratch(E, true);
    x_vop(&E->e, O_66(0xef), t, b, c);
    x_vop(&E->e, O_66(0xdb), t, t, a);
    x_vop(&E->e, O_66(0xef), ra_def(E, E->i, 1u << t), c, t);
}

static void duplicate(Emit *E, const TcgIns *i)
{
    static const uint8_t broadcast[4] = { 0x78, 0x79, 0x58, 0x59 };
    unsigned lane = TCG_LANE(i->aux);
    int x = ra_use(E, i->a);
    int d = ra_def(E, E->i, 0);

    enc_rr(&E->e, O_66(0x6e), lane == 3, xr(d), x, false);
    if (lane == 3) {
        enc_rr(&E->e, O_66(0x6c), false, xr(d), xr(d), false);             /* punpcklqdq */
    } else if (hx86_features & HX_AVX2) {
        enc_vex_rr(&E->e, O_66_38(broadcast[lane]), false, false, xr(d), 0, xr(d));
    } else if (lane == 2) {
        x_vshuffle(&E->e, O_66(0x70), d, d, 0);
    } else {
        x_vop_k(E, O_66_38(0x00), d, d, lane ? 0x0100010001000100 : 0);    /* pshufb */
    }
}

static void duplicate_lane(Emit *E, const TcgIns *i)
{
    unsigned lane = TCG_LANE(i->aux), n = i->b;
    int x = ra_use(E, i->a);
    int d = ra_def(E, E->i, 0);

    if (lane >= 2) {
        x_vshuffle(&E->e, O_66(0x70), d, x, lane == 2 ? n * 0x55 : n ? 0xee : 0x44);
    } else {
        uint64_t index = lane ? (2 * n) | (2 * n + 1) << 8 : n | n << 8;
        x_vop_k(E, O_66_38(0x00), d, x, index * 0x0001000100010001);
    }
}

static void insert(Emit *E, const TcgIns *i)
{
    static const unsigned opc[4] = { O_66_3A(0x20), O_66(0xc4), O_66_3A(0x22), O_66_3A(0x22) };
    unsigned lane = TCG_LANE(i->aux);
    int g = ra_use(E, i->b);
    int d = ra_def_copy(E, E->i, i->a, 0);

    enc_rr(&E->e, opc[lane], lane == 3, xr(d), g, false);
    enc8(&E->e, i->c);
}

/* Through a general register, but for the two 64-bit lanes. */
static void insert_lane(Emit *E, const TcgIns *i)
{
    static const unsigned ext[4] = { O_66_3A(0x14), O_66_3A(0x15), O_66_3A(0x16), O_66_3A(0x16) };
    static const unsigned ins[4] = { O_66_3A(0x20), O_66(0xc4), O_66_3A(0x22), O_66_3A(0x22) };
    unsigned lane = TCG_LANE(i->aux), to = i->c & 15, from = i->c >> 4;
    int y = ra_use(E, i->b);

    if (lane == 3) {
        int x = ra_use(E, i->a), first = to ? x : y, second = to ? y : x;
        int d = ra_def(E, E->i, hx86_features & HX_AVX ? 0 : 1u << second);
        if (to ? from == 0 : from == 1) {
            x_vop(&E->e, to ? O_66(0x6c) : O_66(0x6d), d, first, second);  /* punpcklqdq, punpckhqdq */
        } else {
            x_vop(&E->e, O_66_3A(0x0e), d, first, second);                 /* pblendw */
            enc8(&E->e, 0xf0);
        }
        return;
    }
    if (lane == 2) {
        int d = ra_def_copy(E, E->i, i->a, ra_resolve(E, i->a) == ra_resolve(E, i->b) ? 0 : 1u << y);
        enc_rr(&E->e, O_66_3A(0x21), false, xr(d), xr(y), false);          /* insertps */
        enc8(&E->e, from << 6 | to << 4);
        return;
    }
    int g = ra_scratch(E, false);
    enc_rr(&E->e, ext[lane], lane == 3, xr(y), g, false);
    enc8(&E->e, from);
    int d = ra_def_copy(E, E->i, i->a, 0);
    enc_rr(&E->e, ins[lane], lane == 3, xr(d), g, false);
    enc8(&E->e, to);
}

static void extract(Emit *E, const TcgIns *i)
{
    static const unsigned opc[4] = { O_66_3A(0x14), O_66_3A(0x15), O_66_3A(0x16), O_66_3A(0x16) };
    unsigned lane = TCG_LANE(i->aux);
    bool sign = i->aux & TCG_V_SIGNED, w = i->type == TCG_I64;
    int x = ra_use(E, i->a);
    int d = ra_def(E, E->i, 0);

    if (i->b == 0 && lane >= 2) {
        enc_rr(&E->e, O_66(0x7e), lane == 3, xr(x), d, false);
    } else {
        enc_rr(&E->e, opc[lane], lane == 3, xr(x), d, false);
        enc8(&E->e, i->b);
    }
    if (sign && lane == 0) {
        enc_rr(&E->e, O_0F(0xbe), w, d, d, true);
    } else if (sign && lane == 1) {
        enc_rr(&E->e, O_0F(0xbf), w, d, d, false);
    } else if (sign && lane == 2 && w) {
        enc_rr(&E->e, 0x63, true, d, d, false);
    }
}

static void extend_lanes(Emit *E, const TcgIns *i)
{
    unsigned lane = TCG_LANE(i->aux);
    unsigned opc = O_66_38((i->op == TCG_OP_vsxtl ? 0x20 : 0x30) + (lane == 0 ? 0u : lane == 1 ? 3u : 5u));
    int x = ra_use(E, i->a);

    if (i->aux & TCG_V_HIGH) {
        int t = ra_scratch(E, true);
        enc_rr(&E->e, O_66(0x70), false, xr(t), xr(x), false);
        enc8(&E->e, 0xee);
        x = t;
    }
    int d = ra_def(E, E->i, 0);
    enc_rr(&E->e, opc, false, xr(d), xr(x), false);
}

/* movq d, x */
static void low_half(Emit *E, const TcgIns *i)
{
    int x = ra_use(E, i->a);
    int d = ra_def(E, E->i, 0);

    enc_rr(&E->e, O_F3(0x7e), false, xr(d), xr(x), false);
}

static void align_bytes(Emit *E, const TcgIns *i)
{
    int x = ra_use(E, i->a), y = ra_use(E, i->b);
    int d = ra_def(E, E->i, hx86_features & HX_AVX || x == y ? 0 : 1u << x);

    x_vop(&E->e, O_66_3A(0x0f), d, y, x);                                  /* palignr */
    enc8(&E->e, i->c);
}

/* Table lookup. Index bytes out of range get bit 7, which makes pshufb give 0. */

static bool is_zero(const Emit *E, TcgRef v)
{
    const TcgIns *i = &E->ins[v];

    return i->op == TCG_OP_vconst && !E->b->vpool[i->a].u64[0] && !E->b->vpool[i->a].u64[1];
}

/* Does v have zeroes wherever the index is not below limit? So has a chain of lookups that began with zero. */
static bool zero_beyond(const Emit *E, TcgRef v, TcgRef index, unsigned limit)
{
    const TcgIns *i = &E->ins[v];

    return is_zero(E, v) || (i->op == TCG_OP_vtbx && i->c == index && i->aux + 16u <= limit
                             && zero_beyond(E, i->a, index, i->aux));
}

/* The index is known: what pshufb wants is a constant. */
static void table_constant(Emit *E, const TcgIns *i)
{
    const TcgVal *c = &E->b->vpool[E->ins[i->c].a];
    bool zero = zero_beyond(E, i->a, i->c, i->aux);
    TcgVal take, keep;

    for (unsigned k = 0; k < 16; k++) {
        unsigned j = (unsigned)c->u8[k] - i->aux;
        take.u8[k] = j < 16 ? (uint8_t)j : 0x80;
        keep.u8[k] = j < 16 ? 0 : 0xff;
    }
    int b = ra_use(E, i->b);
    if (is_zero(E, i->a)) {
        x_vop_kk(E, O_66_38(0x00), ra_def(E, E->i, 0), b, take.u64[0], take.u64[1]);
        return;
    }
    int a = ra_use(E, i->a), t = ra_scratch(E, true), d = ra_def(E, E->i, 1u << t);
    x_vop_kk(E, O_66_38(0x00), t, b, take.u64[0], take.u64[1]);
    if (!zero) {
        x_vop_kk(E, O_66(0xdb), d, a, keep.u64[0], keep.u64[1]);
        a = d;
    }
    x_vop(&E->e, O_66(0xeb), d, a, t);
}

static void table(Emit *E, const TcgIns *i)
{
    if (E->ins[i->c].op == TCG_OP_vconst) {
        table_constant(E, i);
        return;
    }
    int b = ra_use(E, i->b), c = ra_use(E, i->c), t = ra_scratch(E, true);
    if (i->aux) {
        x_vop_k(E, O_66(0xf8), t, c, (i->aux & 0xff) * 0x0101010101010101u);
        c = t;
    }
    x_vop_k(E, O_66(0xdc), t, c, 0x7070707070707070);
    if (is_zero(E, i->a)) {
        x_vop(&E->e, O_66_38(0x00), ra_def(E, E->i, 1u << t), b, t);
        return;
    }
    int a = ra_use(E, i->a), u = ra_scratch(E, true), d = ra_def(E, E->i, 1u << t | 1u << u | 1u << a);
    x_vop(&E->e, O_66_38(0x00), u, b, t);
    if (!zero_beyond(E, i->a, i->c, i->aux)) {
        /* bit 7 of t in every bit of its byte, then what stays of a */
        x_vload_k(E, d, 0, 0);
        x_vop(&E->e, O_66(0x64), d, d, t);
        x_vop(&E->e, O_66(0xdb), d, d, a);
        a = d;
    }
    x_vop(&E->e, O_66(0xeb), d, a, u);
}

static void constant(Emit *E, const TcgIns *i)
{
    const TcgVal *v = &E->b->vpool[i->a];

    x_vload_k(E, ra_def(E, E->i, 0), v->u64[0], v->u64[1]);
}

/* Bytes or halves of even (odd) lanes of x to the low half, zeroes above. */
static void gather(Emit *E, int d, int x, unsigned lane, bool odd)
{
    static const uint64_t even[3] = { 0x0e0c0a0806040200, 0x0d0c090805040100, 0x0b0a090803020100 };

    x_vop_kk(E, O_66_38(0x00), d, x, even[lane] + (odd ? ((uint64_t)0x0101010101010101 << lane) : 0),
             0x8080808080808080);
}

static void unzip(Emit *E, const TcgIns *i)
{
    unsigned lane = TCG_LANE(i->aux);
    bool odd = i->op == TCG_OP_vuzp2, same = ra_resolve(E, i->a) == ra_resolve(E, i->b);

    if (lane == 3) {
        em_vec_two(E, odd ? O_66(0x6d) : O_66(0x6c), i->a, i->b, false);
        return;
    }
    int x = ra_use(E, i->a), y = ra_use(E, i->b);
    if (lane == 2) {
        int d = ra_def(E, E->i, hx86_features & HX_AVX || same ? 0 : 1u << y);
        x_vop(&E->e, O_0F(0xc6), d, x, y);          /* shufps */
        enc8(&E->e, odd ? 0xdd : 0x88);
        return;
    }
    int t = ra_scratch(E, true), d = ra_def(E, E->i, 1u << y);
    gather(E, d, x, lane, odd);
    if (same) {
        x_vop(&E->e, O_66(0x6c), d, d, d);
        return;
    }
    gather(E, t, y, lane, odd);
    x_vop(&E->e, O_66(0x6c), d, d, t);
}

static void transpose(Emit *E, const TcgIns *i)
{
    static const uint64_t low[2] = { 0x00ff00ff00ff00ff, 0x0000ffff0000ffff };
    unsigned lane = TCG_LANE(i->aux);
    bool odd = i->op == TCG_OP_vtrn2;

    if (lane == 3) {
        em_vec_two(E, odd ? O_66(0x6d) : O_66(0x6c), i->a, i->b, false);
        return;
    }
    int x = ra_use(E, i->a), y = ra_use(E, i->b), t = ra_scratch(E, true);
    int d = ra_def(E, E->i, 1u << x | 1u << y);
    /* t: the one that moves; d: the one that stays */
    if (lane == 2) {
        x_vshuffle(&E->e, O_66(0x70), t, odd ? x : y, odd ? 0xf5 : 0xa0);
    } else {
        x_vshift_i(&E->e, lane + 1, odd ? 2 : 6, t, odd ? x : y, 8u << lane);
    }
    if (lane == 0) {
        x_vop_k(E, O_66(0xdb), d, odd ? y : x, odd ? ~low[0] : low[0]);
        x_vop(&E->e, O_66(0xeb), d, d, t);
    } else {
        x_vop(&E->e, O_66_3A(0x0e), d, odd ? t : x, odd ? y : t);          /* pblendw */
        enc8(&E->e, lane == 1 ? 0xaa : 0xcc);
    }
}

static void narrow(Emit *E, const TcgIns *i)
{
    int x = ra_use(E, i->a);

    gather(E, ra_def(E, E->i, 0), x, TCG_LANE(i->aux), false);
}

/* Lanes reversed within groups: a byte shuffle. */
static void reverse(Emit *E, const TcgIns *i)
{
    unsigned lane = 1u << TCG_LANE(i->aux), group = 1u << i->b;
    TcgVal order;

    for (unsigned k = 0; k < 16; k++) {
        unsigned base = k & ~(group - 1), in = k & (group - 1);
        order.u8[k] = (uint8_t)(base + (group - lane - (in & ~(lane - 1))) + (in & (lane - 1)));
    }
    int x = ra_use(E, i->a);
    x_vop_kk(E, O_66_38(0x00), ra_def(E, E->i, 0), x, order.u64[0], order.u64[1]);
}

static bool interleave(Emit *E, const TcgIns *i)
{
    static const uint8_t zip1[4] = { 0x60, 0x61, 0x62, 0x6c }, zip2[4] = { 0x68, 0x69, 0x6a, 0x6d };

    em_vec_two(E, O_66((i->op == TCG_OP_vzip1 ? zip1 : zip2)[TCG_LANE(i->aux)]), i->a, i->b, false);
    return true;
}

bool em_vec(Emit *E, const TcgIns *i)
{
    switch (i->op) {
    case TCG_OP_vconst: constant(E, i); return true;
    case TCG_OP_vand:   em_vec_two(E, O_66(0xdb), i->a, i->b, true); return true;
    case TCG_OP_vor:    em_vec_two(E, O_66(0xeb), i->a, i->b, true); return true;
    case TCG_OP_vxor:   em_vec_two(E, O_66(0xef), i->a, i->b, true); return true;
    case TCG_OP_vandn:  em_vec_two(E, O_66(0xdf), i->b, i->a, false); return true;
    case TCG_OP_vnot:   invert(E, i); return true;
    case TCG_OP_vorn:   or_not(E, i); return true;
    case TCG_OP_vbsl:   select_bits(E, i); return true;
    case TCG_OP_vdup:   duplicate(E, i); return true;
    case TCG_OP_vdupl:  duplicate_lane(E, i); return true;
    case TCG_OP_vins:   insert(E, i); return true;
    case TCG_OP_vinsl:  insert_lane(E, i); return true;
    case TCG_OP_vext:   extract(E, i); return true;
    case TCG_OP_vzip1: case TCG_OP_vzip2: return interleave(E, i);
    case TCG_OP_vuzp1: case TCG_OP_vuzp2: unzip(E, i); return true;
    case TCG_OP_vtrn1: case TCG_OP_vtrn2: transpose(E, i); return true;
    case TCG_OP_vcat:   em_vec_two(E, O_66(0x6c), i->a, i->b, false); return true;
    case TCG_OP_vxtn:   narrow(E, i); return true;
    case TCG_OP_vrev:   reverse(E, i); return true;
    case TCG_OP_vextr:  align_bytes(E, i); return true;
    case TCG_OP_vtbx:   table(E, i); return true;
    case TCG_OP_vsxtl: case TCG_OP_vzxtl: extend_lanes(E, i); return true;
    case TCG_OP_vlo64:  low_half(E, i); return true;
    default:            return false;
    }
}
