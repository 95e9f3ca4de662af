/* SPDX-License-Identifier: BSD-2-Clause */
/* Vector operations of 128 bits on SSE4.2 or AVX. What is not here goes out of line. */
#include "host/x86_64/emit.h"

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

/* v := x op y */
static void two(Emit *E, const TcgIns *i, unsigned opc, TcgRef rx, TcgRef ry)
{
    int x = ra_use(E, rx), y = ra_use(E, ry);

    ra_drop(E, rx);
    if (hx86_features & HX_AVX) {
        ra_drop(E, ry);
    }
    int d = ra_def(E, E->i, hx86_features & HX_AVX ? 0 : x == y ? 0 : 1u << y);
    x_vop(&E->e, opc, d, x, y);
}

/* All ones in a scratch register. */
static int all_ones(Emit *E)
{
    int t = ra_scratch(E, true);

    enc_rr(&E->e, O_66(0x76), false, xr(t), xr(t), false);
    return t;
}

static void invert(Emit *E, const TcgIns *i)
{
    int t = all_ones(E), x = ra_use(E, i->a);
    int d = ra_def(E, E->i, 1u << t);

    x_vop(&E->e, O_66(0xef), d, x, t);
}

static void or_not(Emit *E, const TcgIns *i)
{
    int t = all_ones(E), x = ra_use(E, i->a), y = ra_use(E, i->b);

    enc_rr(&E->e, O_66(0xef), false, xr(t), xr(y), false);
    int d = ra_def(E, E->i, 1u << t);
    x_vop(&E->e, O_66(0xeb), d, x, t);
}

/* c ^ ((b ^ c) & a) */
static void select_bits(Emit *E, const TcgIns *i)
{
    int t = ra_scratch(E, true), c = ra_use(E, i->c);

    ra_move(E, t, i->b);
    enc_rr(&E->e, O_66(0xef), false, xr(t), xr(c), false);
    int a = ra_use(E, i->a);
    enc_rr(&E->e, O_66(0xdb), false, xr(t), xr(a), false);
    int d = ra_def(E, E->i, 1u << t);
    x_vop(&E->e, O_66(0xef), d, c, t);
}

static void duplicate(Emit *E, const TcgIns *i)
{
    unsigned lane = TCG_LANE(i->aux);
    int x = ra_use(E, i->a);
    int d = ra_def(E, E->i, 0);

    enc_rr(&E->e, O_66(0x6e), lane == 3, xr(d), x, false);
    switch (lane) {
    case 0: {
        int z = ra_scratch(E, true);
        enc_rr(&E->e, O_66(0xef), false, xr(z), xr(z), false);
        enc_rr(&E->e, O_66_38(0x00), false, xr(d), xr(z), false);          /* pshufb */
        break;
    }
    case 1:
        enc_rr(&E->e, O_F2(0x70), false, xr(d), xr(d), false);             /* pshuflw */
        enc8(&E->e, 0);
        enc_rr(&E->e, O_66(0x6c), false, xr(d), xr(d), false);             /* punpcklqdq */
        break;
    case 2:
        enc_rr(&E->e, O_66(0x70), false, xr(d), xr(d), false);             /* pshufd */
        enc8(&E->e, 0);
        break;
    default:
        enc_rr(&E->e, O_66(0x6c), false, xr(d), xr(d), false);
        break;
    }
}

static void duplicate_lane(Emit *E, const TcgIns *i)
{
    unsigned lane = TCG_LANE(i->aux), n = i->b;
    int x = ra_use(E, i->a);
    int d = ra_def(E, E->i, 0);

    switch (lane) {
    case 0: {
        int g = ra_scratch(E, false), z = ra_scratch(E, true);
        enc_rr(&E->e, O_66_3A(0x14), false, xr(x), g, false);              /* pextrb */
        enc8(&E->e, n);
        enc_rr(&E->e, O_66(0x6e), false, xr(d), g, false);
        enc_rr(&E->e, O_66(0xef), false, xr(z), xr(z), false);
        enc_rr(&E->e, O_66_38(0x00), false, xr(d), xr(z), false);
        break;
    }
    case 1:
        enc_rr(&E->e, n < 4 ? O_F2(0x70) : O_F3(0x70), false, xr(d), xr(x), false);
        enc8(&E->e, (n & 3) * 0x55);
        enc_rr(&E->e, n < 4 ? O_66(0x6c) : O_66(0x6d), false, xr(d), xr(d), false);
        break;
    default:
        enc_rr(&E->e, O_66(0x70), false, xr(d), xr(x), false);
        enc8(&E->e, lane == 2 ? n * 0x55 : n ? 0xee : 0x44);
        break;
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
    int y = ra_use(E, i->b), g = ra_scratch(E, false);

    if (lane == 2) {
        int d = ra_def_copy(E, E->i, i->a, ra_resolve(E, i->a) == ra_resolve(E, i->b) ? 0 : 1u << y);
        enc_rr(&E->e, O_66_3A(0x21), false, xr(d), xr(y), false);          /* insertps */
        enc8(&E->e, from << 6 | to << 4);
        return;
    }
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

/* Shift by immediate with psllw .. psrlq; false for lanes that have none. */
static bool shift(Emit *E, const TcgIns *i)
{
    unsigned lane = TCG_LANE(i->aux), width = 8u << lane, n = i->b;

    if (lane == 0 || (lane == 3 && i->op == TCG_OP_vsar)) {
        return false;
    }
    if (i->op == TCG_OP_vsar && n == width) {
        n = width - 1;
    }
    int d = ra_def_copy(E, E->i, i->a, 0);
    enc_rr(&E->e, O_66(0x70 + lane), false, i->op == TCG_OP_vshl ? 6 : i->op == TCG_OP_vshr ? 2 : 4, xr(d), false);
    enc8(&E->e, n);
    return true;
}

/* Unsigned a >= b: max(a, b) == a. */
static bool compare(Emit *E, const TcgIns *i)
{
    static const unsigned gt[4] = { O_66(0x64), O_66(0x65), O_66(0x66), O_66_38(0x37) };
    static const unsigned eq[4] = { O_66(0x74), O_66(0x75), O_66(0x76), O_66_38(0x29) };
    static const unsigned umax[3] = { O_66(0xde), O_66_38(0x3e), O_66_38(0x3f) };
    unsigned lane = TCG_LANE(i->aux);
    bool sign = i->aux & TCG_V_SIGNED, ge = i->op == TCG_OP_vcmpge;

    if (sign && !ge) {
        two(E, i, gt[lane], i->a, i->b);
        return true;
    }
    if (sign) {                                     /* !(b > a) */
        int t = ra_scratch(E, true), x = ra_use(E, i->a), ones;
        ra_move(E, t, i->b);
        enc_rr(&E->e, gt[lane], false, xr(t), xr(x), false);
        ones = all_ones(E);
        int d = ra_def(E, E->i, 1u << t | 1u << ones);
        x_vop(&E->e, O_66(0xef), d, t, ones);
        return true;
    }
    if (lane == 3) {
        return false;
    }
    int t = ra_scratch(E, true), a = ra_use(E, ge ? i->a : i->b);
    ra_move(E, t, ge ? i->b : i->a);
    enc_rr(&E->e, umax[lane], false, xr(t), xr(a), false);
    enc_rr(&E->e, eq[lane], false, xr(t), xr(a), false);
    if (!ge) {                                      /* a > b is !(b >= a) */
        int ones = all_ones(E);
        enc_rr(&E->e, O_66(0xef), false, xr(t), xr(ones), false);
    }
    ra_def_in(E, E->i, t);
    return true;
}

static bool min_max(Emit *E, const TcgIns *i)
{
    static const unsigned opc[2][2][3] = {
        { { O_66(0xda), O_66_38(0x3a), O_66_38(0x3b) }, { O_66_38(0x38), O_66(0xea), O_66_38(0x39) } },
        { { O_66(0xde), O_66_38(0x3e), O_66_38(0x3f) }, { O_66_38(0x3c), O_66(0xee), O_66_38(0x3d) } },
    };
    unsigned lane = TCG_LANE(i->aux);

    if (lane == 3) {
        return false;
    }
    two(E, i, opc[i->op == TCG_OP_vmax][(i->aux & TCG_V_SIGNED) != 0][lane], i->a, i->b);
    return true;
}

static void align_bytes(Emit *E, const TcgIns *i)
{
    int x = ra_use(E, i->a);
    int d = ra_def_copy(E, E->i, i->b, ra_resolve(E, i->a) == ra_resolve(E, i->b) ? 0 : 1u << x);

    enc_rr(&E->e, O_66_3A(0x0f), false, xr(d), xr(x), false);              /* palignr */
    enc8(&E->e, i->c);
}

/* Index bytes out of range get bit 7, which makes pshufb give 0. */
static bool table_one(Emit *E, const TcgIns *i)
{
    if (i->aux != 0 || E->ins[i->a].op != TCG_OP_vconst
        || E->b->vpool[E->ins[i->a].a].u64[0] || E->b->vpool[E->ins[i->a].a].u64[1]) {
        return false;
    }
    int t = ra_scratch(E, true), g = ra_scratch(E, false);
    x_mov_ri(&E->e, g, 0x70707070);
    enc_rr(&E->e, O_66(0x6e), false, xr(t), g, false);
    enc_rr(&E->e, O_66(0x70), false, xr(t), xr(t), false);
    enc8(&E->e, 0);
    int c = ra_use(E, i->c);
    enc_rr(&E->e, O_66(0xdc), false, xr(t), xr(c), false);                 /* paddusb */
    int d = ra_def_copy(E, E->i, i->b, 1u << t);
    enc_rr(&E->e, O_66_38(0x00), false, xr(d), xr(t), false);
    return true;
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

static void constant(Emit *E, const TcgIns *i)
{
    const TcgVal *v = &E->b->vpool[i->a];
    int d = ra_def(E, E->i, 0);

    if (v->u64[0] == v->u64[1] && (v->u64[0] == 0 || v->u64[0] == ~(uint64_t)0)) {
        enc_rr(&E->e, v->u64[0] ? O_66(0x76) : O_66(0xef), false, xr(d), xr(d), false);
        return;
    }
    int g = ra_scratch(E, false);
    x_mov_ri(&E->e, g, v->u64[0]);
    enc_rr(&E->e, O_66(0x6e), true, xr(d), g, false);
    if (v->u64[1] == v->u64[0]) {
        enc_rr(&E->e, O_66(0x6c), false, xr(d), xr(d), false);
    } else if (v->u64[1]) {
        x_mov_ri(&E->e, g, v->u64[1]);
        enc_rr(&E->e, O_66_3A(0x22), true, xr(d), g, false);
        enc8(&E->e, 1);
    }
}

/* A copy of x in a scratch register that may be changed. */
static int copy(Emit *E, TcgRef x)
{
    int t = ra_scratch(E, true);

    ra_move(E, t, x);
    return t;
}

/* dst op= src */
static void op2(Emit *E, unsigned opc, int dst, int src)
{
    enc_rr(&E->e, opc, false, xr(dst), xr(src), false);
}

/* dst op= n, shifts of group opc: 2 right, 4 right arithmetic, 6 left */
static void shift_i(Emit *E, unsigned lane, int group, int dst, unsigned n)
{
    enc_rr(&E->e, O_66(0x70 + lane), false, group, xr(dst), false);
    enc8(&E->e, n);
}

/* The same 8 bytes twice in a scratch register. */
static int pattern(Emit *E, uint64_t v)
{
    int t = ra_scratch(E, true), g = ra_scratch(E, false);

    x_mov_ri(&E->e, g, v);
    enc_rr(&E->e, O_66(0x6e), true, xr(t), g, false);
    op2(E, O_66(0x6c), t, t);
    E->lock &= ~(1u << g);
    return t;
}

static void blend_words(Emit *E, int dst, int src, unsigned mask)
{
    op2(E, O_66_3A(0x0e), dst, src);
    enc8(&E->e, mask);
}

/* Even or odd lanes of two vectors: bring each lane to the bottom of its pair, then pack. */
static void unzip(Emit *E, const TcgIns *i)
{
    unsigned lane = TCG_LANE(i->aux);
    bool odd = i->op == TCG_OP_vuzp2;

    if (lane == 3) {
        two(E, i, odd ? O_66(0x6d) : O_66(0x6c), i->a, i->b);
        return;
    }
    int t = copy(E, i->a);
    if (lane == 2) {
        op2(E, O_0F(0xc6), t, ra_use(E, i->b));     /* shufps */
        enc8(&E->e, odd ? 0xdd : 0x88);
        ra_def_in(E, E->i, t);
        return;
    }
    int u = copy(E, i->b);
    if (odd) {
        shift_i(E, lane + 1, 2, t, 8u << lane);
        shift_i(E, lane + 1, 2, u, 8u << lane);
    } else {
        shift_i(E, lane + 1, 6, t, 8u << lane);
        shift_i(E, lane + 1, 6, u, 8u << lane);
        shift_i(E, lane + 1, 2, t, 8u << lane);
        shift_i(E, lane + 1, 2, u, 8u << lane);
    }
    op2(E, lane == 0 ? O_66(0x67) : O_66_38(0x2b), t, u);      /* packuswb, packusdw */
    ra_def_in(E, E->i, t);
}

static void transpose(Emit *E, const TcgIns *i)
{
    unsigned lane = TCG_LANE(i->aux);
    bool odd = i->op == TCG_OP_vtrn2;

    if (lane == 3) {
        two(E, i, odd ? O_66(0x6d) : O_66(0x6c), i->a, i->b);
        return;
    }
    int t = copy(E, i->a), u = copy(E, i->b);
    if (odd) {
        shift_i(E, lane + 1, 2, t, 8u << lane);
    } else {
        shift_i(E, lane + 1, 6, u, 8u << lane);
    }
    if (lane == 0) {                                /* one of the two still has its other bytes */
        int v = odd ? u : t;
        shift_i(E, 1, odd ? 2 : 6, v, 8);
        shift_i(E, 1, odd ? 6 : 2, v, 8);
        op2(E, O_66(0xeb), t, u);
    } else {
        blend_words(E, t, u, lane == 1 ? 0xaa : 0xcc);
    }
    ra_def_in(E, E->i, t);
}

static void narrow(Emit *E, const TcgIns *i)
{
    unsigned lane = TCG_LANE(i->aux);
    int t = copy(E, i->a);

    if (lane == 2) {
        enc_rr(&E->e, O_66(0x70), false, xr(t), xr(t), false);
        enc8(&E->e, 0x08);
        enc_rr(&E->e, O_F3(0x7e), false, xr(t), xr(t), false);
    } else {
        int z = ra_scratch(E, true);
        op2(E, O_66(0xef), z, z);
        shift_i(E, lane + 1, 6, t, 8u << lane);
        shift_i(E, lane + 1, 2, t, 8u << lane);
        op2(E, lane == 0 ? O_66(0x67) : O_66_38(0x2b), t, z);
    }
    ra_def_in(E, E->i, t);
}

/* Low or high halves widened, then multiplied at the wider size. */
static void multiply_long(Emit *E, const TcgIns *i)
{
    unsigned lane = TCG_LANE(i->aux);
    bool sign = i->aux & TCG_V_SIGNED;
    unsigned ext = O_66_38((sign ? 0x20 : 0x30) + (lane == 0 ? 0u : lane == 1 ? 3u : 5u));
    const TcgRef ops[2] = { i->a, i->b };
    int t[2];

    for (int k = 0; k < 2; k++) {
        int x = ra_use(E, ops[k]);
        t[k] = ra_scratch(E, true);
        if (i->aux & TCG_V_HIGH) {
            enc_rr(&E->e, O_66(0x70), false, xr(t[k]), xr(x), false);
            enc8(&E->e, 0xee);
            x = t[k];
        }
        enc_rr(&E->e, ext, false, xr(t[k]), xr(x), false);
    }
    op2(E, lane == 0 ? O_66(0xd5) : lane == 1 ? O_66_38(0x40) : sign ? O_66_38(0x28) : O_66(0xf4), t[0], t[1]);
    ra_def_in(E, E->i, t[0]);
}

static bool negate(Emit *E, const TcgIns *i)
{
    static const uint8_t sub[4] = { 0xf8, 0xf9, 0xfa, 0xfb };
    unsigned lane = TCG_LANE(i->aux);

    if (i->op == TCG_OP_vabs) {
        if (lane == 3) {
            return false;
        }
        int x = ra_use(E, i->a);
        int d = ra_def(E, E->i, 0);
        op2(E, O_66_38(0x1c + lane), d, x);         /* pabsb, pabsw, pabsd */
        return true;
    }
    int t = ra_scratch(E, true), x = ra_use(E, i->a);
    op2(E, O_66(0xef), t, t);
    op2(E, O_66(sub[lane]), t, x);
    ra_def_in(E, E->i, t);
    return true;
}

static void test_bits(Emit *E, const TcgIns *i)
{
    static const unsigned eq[4] = { O_66(0x74), O_66(0x75), O_66(0x76), O_66_38(0x29) };
    int t = copy(E, i->a), z = ra_scratch(E, true);

    op2(E, O_66(0xdb), t, ra_use(E, i->b));
    op2(E, O_66(0xef), z, z);
    op2(E, eq[TCG_LANE(i->aux)], t, z);
    op2(E, O_66(0x76), z, z);                       /* all ones */
    op2(E, O_66(0xef), t, z);
    ra_def_in(E, E->i, t);
}

/* Bytes have no shifts of their own: shift words and clear what came over from the neighbour. */
static bool shift_bytes(Emit *E, const TcgIns *i)
{
    unsigned n = i->b;

    if (i->op == TCG_OP_vsar) {
        return false;
    }
    uint64_t byte = i->op == TCG_OP_vshl ? 0xffu << n & 0xff : 0xffu >> n;
    int m = pattern(E, byte * 0x0101010101010101), t = copy(E, i->a);
    shift_i(E, 1, i->op == TCG_OP_vshl ? 6 : 2, t, n);
    op2(E, O_66(0xdb), t, m);
    ra_def_in(E, E->i, t);
    return true;
}

/* Lanes reversed within groups: a byte shuffle. */
static void reverse(Emit *E, const TcgIns *i)
{
    unsigned lane = 1u << TCG_LANE(i->aux), group = 1u << i->b;
    uint8_t order[16];
    uint64_t half[2];

    for (unsigned k = 0; k < 16; k++) {
        unsigned base = k & ~(group - 1), in = k & (group - 1);
        order[k] = (uint8_t)(base + (group - lane - (in & ~(lane - 1))) + (in & (lane - 1)));
    }
    memcpy(half, order, 16);
    int m = ra_scratch(E, true), g = ra_scratch(E, false);
    x_mov_ri(&E->e, g, half[0]);
    enc_rr(&E->e, O_66(0x6e), true, xr(m), g, false);
    x_mov_ri(&E->e, g, half[1]);
    enc_rr(&E->e, O_66_3A(0x22), true, xr(m), g, false);       /* pinsrq */
    enc8(&E->e, 1);
    int d = ra_def_copy(E, E->i, i->a, 1u << m);
    op2(E, O_66_38(0x00), d, m);
}

/* Any table lookup: indices become 0..15, or get bit 7 where the old value stays. */
static bool table_any(Emit *E, const TcgIns *i)
{
    if (!(hx86_features & HX_AVX)) {
        return false;
    }
    int t = copy(E, i->c);
    if (i->aux) {
        int k = pattern(E, (uint64_t)(i->aux & 0xff) * 0x0101010101010101);
        op2(E, O_66(0xf8), t, k);
        E->lock &= ~(1u << k);
    }
    int k = pattern(E, 0x7070707070707070);
    op2(E, O_66(0xdc), t, k);
    int b = ra_use(E, i->b);
    enc_vex_rr(&E->e, O_66_38(0x00), false, false, xr(k), xr(b), xr(t));
    int a = ra_use(E, i->a);
    enc_vex_rr(&E->e, O_66_3A(0x4c), false, false, xr(t), xr(k), xr(a));       /* vpblendvb by t */
    enc8(&E->e, (unsigned)xr(t) << 4);
    ra_def_in(E, E->i, t);
    return true;
}

static bool saturating(Emit *E, const TcgIns *i)
{
    static const uint8_t opc[2][2][2] = { { { 0xdc, 0xdd }, { 0xec, 0xed } }, { { 0xd8, 0xd9 }, { 0xe8, 0xe9 } } };
    unsigned lane = TCG_LANE(i->aux);

    if (lane > 1) {
        return false;
    }
    two(E, i, O_66(opc[i->op == TCG_OP_vsubs][(i->aux & TCG_V_SIGNED) != 0][lane]), i->a, i->b);
    return true;
}

/* AESENCLAST and AESDECLAST with a zero key are the steps of AESE and AESD behind the key's addition; one after the
 * other they leave MixColumns alone. [SDM 2A AESENC] */
static bool aes(Emit *E, const TcgIns *i)
{
    if (!(hx86_features & HX_AES)) {
        return false;
    }
    if (i->op == TCG_OP_aesimc) {
        int x = ra_use(E, i->a);
        int d = ra_def(E, E->i, 0);
        op2(E, O_66_38(0xdb), d, x);
        return true;
    }
    int t = copy(E, i->a), z = ra_scratch(E, true);
    op2(E, O_66(0xef), z, z);
    if (i->op == TCG_OP_aesmc) {
        op2(E, O_66_38(0xdf), t, z);
        op2(E, O_66_38(0xdc), t, z);
    } else {
        op2(E, O_66(0xef), t, ra_use(E, i->b));
        op2(E, i->op == TCG_OP_aese ? O_66_38(0xdd) : O_66_38(0xdf), t, z);
    }
    ra_def_in(E, E->i, t);
    return true;
}

static bool polynomial(Emit *E, const TcgIns *i)
{
    if (!(hx86_features & HX_PCLMUL)) {
        return false;
    }
    int t = copy(E, i->a);
    op2(E, O_66_3A(0x44), t, ra_use(E, i->b));
    enc8(&E->e, i->aux & TCG_V_HIGH ? 0x11 : 0);
    ra_def_in(E, E->i, t);
    return true;
}

static bool arithmetic(Emit *E, const TcgIns *i)
{
    static const uint8_t add[4] = { 0xfc, 0xfd, 0xfe, 0xd4 }, sub[4] = { 0xf8, 0xf9, 0xfa, 0xfb };
    static const unsigned eq[4] = { O_66(0x74), O_66(0x75), O_66(0x76), O_66_38(0x29) };
    static const uint8_t zip1[4] = { 0x60, 0x61, 0x62, 0x6c }, zip2[4] = { 0x68, 0x69, 0x6a, 0x6d };
    unsigned lane = TCG_LANE(i->aux);

    switch (i->op) {
    case TCG_OP_vand:   two(E, i, O_66(0xdb), i->a, i->b); return true;
    case TCG_OP_vor:    two(E, i, O_66(0xeb), i->a, i->b); return true;
    case TCG_OP_vxor:   two(E, i, O_66(0xef), i->a, i->b); return true;
    case TCG_OP_vandn:  two(E, i, O_66(0xdf), i->b, i->a); return true;
    case TCG_OP_vadd:   two(E, i, O_66(add[lane]), i->a, i->b); return true;
    case TCG_OP_vsub:   two(E, i, O_66(sub[lane]), i->a, i->b); return true;
    case TCG_OP_vcmpeq: two(E, i, eq[lane], i->a, i->b); return true;
    case TCG_OP_vzip1:  two(E, i, O_66(zip1[lane]), i->a, i->b); return true;
    case TCG_OP_vzip2:  two(E, i, O_66(zip2[lane]), i->a, i->b); return true;
    case TCG_OP_vmul:
        if (lane != 1 && lane != 2) {
            return false;
        }
        two(E, i, lane == 1 ? O_66(0xd5) : O_66_38(0x40), i->a, i->b);
        return true;
    case TCG_OP_vcat:   two(E, i, O_66(0x6c), i->a, i->b); return true;
    default:            return false;
    }
}

bool em_vec(Emit *E, const TcgIns *i)
{
    switch (i->op) {
    case TCG_OP_vconst: constant(E, i); return true;
    case TCG_OP_vnot:   invert(E, i); return true;
    case TCG_OP_vorn:   or_not(E, i); return true;
    case TCG_OP_vbsl:   select_bits(E, i); return true;
    case TCG_OP_vdup:   duplicate(E, i); return true;
    case TCG_OP_vdupl:  duplicate_lane(E, i); return true;
    case TCG_OP_vins:   insert(E, i); return true;
    case TCG_OP_vinsl:  insert_lane(E, i); return true;
    case TCG_OP_vext:   extract(E, i); return true;
    case TCG_OP_vshl: case TCG_OP_vshr: case TCG_OP_vsar:
        return TCG_LANE(i->aux) == 0 ? shift_bytes(E, i) : shift(E, i);
    case TCG_OP_vuzp1: case TCG_OP_vuzp2: unzip(E, i); return true;
    case TCG_OP_vtrn1: case TCG_OP_vtrn2: transpose(E, i); return true;
    case TCG_OP_vxtn:   narrow(E, i); return true;
    case TCG_OP_vmull:  multiply_long(E, i); return true;
    case TCG_OP_vneg: case TCG_OP_vabs: return negate(E, i);
    case TCG_OP_vtst:   test_bits(E, i); return true;
    case TCG_OP_vrev:   reverse(E, i); return true;
    case TCG_OP_vadds: case TCG_OP_vsubs: return saturating(E, i);
    case TCG_OP_aese: case TCG_OP_aesd: case TCG_OP_aesmc: case TCG_OP_aesimc: return aes(E, i);
    case TCG_OP_pmull64: return polynomial(E, i);
    case TCG_OP_vcmpgt: case TCG_OP_vcmpge: return compare(E, i);
    case TCG_OP_vmin: case TCG_OP_vmax: return min_max(E, i);
    case TCG_OP_vextr:  align_bytes(E, i); return true;
    case TCG_OP_vtbx:   return table_one(E, i) || table_any(E, i);
    case TCG_OP_vsxtl: case TCG_OP_vzxtl: extend_lanes(E, i); return true;
    case TCG_OP_vlo64:  low_half(E, i); return true;
    default:            return arithmetic(E, i);
    }
}
