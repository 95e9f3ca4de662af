/* SPDX-License-Identifier: BSD-2-Clause */
/* Integer operations. */
#include "host/x86_64/emit-fp.h"

static void alu(Enc *e, int op, bool w, int dst, Opnd o)
{
    if (o.kind == OP_IMM) {
        x_alu_ri(e, op, w, dst, o.imm);
    } else if (o.kind == OP_MEM) {
        x_alu_rm(e, op, w, dst, o.mem);
    } else {
        x_alu_rr(e, op, w, dst, o.reg);
    }
}

static uint32_t mask_of(Opnd o)
{
    return o.kind == OP_REG ? 1u << o.reg : 0;
}

/* Destination for x op y that starts as a copy of x; y's register is left alone. */
static int begin_2(Emit *E, TcgRef v, const TcgIns *i, Opnd y)
{
    uint32_t avoid = mask_of(y);

    if (y.kind == OP_REG && ra_reg_of(E, i->a) == y.reg) {
        avoid = 0;                                  /* both operands are the same register */
    }
    return ra_def_copy(E, v, i->a, avoid);
}

/* x + y without touching the flags if possible */
static void em_add(Emit *E, const TcgIns *i)
{
    bool w = i->type == TCG_I64;
    TcgRef v = E->i, f = fl_fuse(E);
    int32_t k;

    if (!f) {
        f = fl_ahead(E);
    }
    if (f) {
        fl_clobber(E);
        Opnd o = ra_opnd(E, i->b, w, true);
        alu(&E->e, X_ADD, w, begin_2(E, v, i, o), o);
        fl_set(E, f, TCG_FF_HOST_ADD);
        return;
    }
    bool imm = ra_imm32(E, i->b, w, &k);
    Opnd y = imm ? (Opnd){ .kind = OP_IMM, .imm = k } : ra_opnd(E, i->b, w, false);
    if (y.kind == OP_MEM && !fl_live(E)) {
        E->fl = 0;
        int d = begin_2(E, v, i, y);
        x_alu_rm(&E->e, X_ADD, w, d, y.mem);
        return;
    }
    if (y.kind == OP_MEM) {
        y = (Opnd){ .kind = OP_REG, .reg = ra_use(E, i->b) };
    }
    int x = ra_use(E, i->a);
    ra_drop(E, i->a);
    if (!imm) {
        ra_drop(E, i->b);
    }
    int d = ra_def(E, E->i, 0);
    if (d == x && !fl_live(E)) {
        E->fl = 0;
        alu(&E->e, X_ADD, w, d, y);
    } else if (!imm && d == y.reg && !fl_live(E)) {
        E->fl = 0;
        x_alu_rr(&E->e, X_ADD, w, d, x);
    } else {
        x_lea(&E->e, w, d, imm ? mem_b(x, k) : mem_bi(x, y.reg, 0, 0));
    }
}

static void em_sub(Emit *E, const TcgIns *i)
{
    bool w = i->type == TCG_I64;
    TcgRef v = E->i, f = fl_fuse(E);
    int32_t k;

    if (!f && ra_imm32(E, i->b, w, &k) && k != INT32_MIN) {
        int x = ra_use(E, i->a);
        ra_drop(E, i->a);
        int d = ra_def(E, E->i, 0);
        if (d == x && !fl_live(E)) {
            E->fl = 0;
            x_alu_ri(&E->e, X_SUB, w, d, k);
        } else {
            x_lea(&E->e, w, d, mem_b(x, -k));
        }
        return;
    }
    fl_clobber(E);
    Opnd o = ra_opnd(E, i->b, w, true);
    alu(&E->e, X_SUB, w, begin_2(E, v, i, o), o);
    if (f) {
        fl_set(E, f, TCG_FF_HOST_SUB);
    }
}

static void em_logic(Emit *E, const TcgIns *i, int op)
{
    bool w = i->type == TCG_I64;
    TcgRef v = E->i, f = fl_fuse(E);

    fl_clobber(E);
    Opnd o = ra_opnd(E, i->b, w, true);
    if (o.kind == OP_REG && ra_reg_of(E, i->a) != o.reg && ra_dies(E, i->b)
        && E->r[ra_resolve(E, i->b)].hreg == o.reg && ra_reg_of(E, i->a) >= 0) {
        /* the right operand dies in a scratch register: operate there */
        int x = ra_use(E, i->a);
        int d = ra_def_copy(E, v, i->b, 1u << x);
        x_alu_rr(&E->e, op, w, d, x);
    } else {
        alu(&E->e, op, w, begin_2(E, v, i, o), o);
    }
    if (f) {
        fl_set(E, f, TCG_FF_HOST_ADD);
    }
}

/* op(x, ~y): orn, xnor, and andn without BMI1 */
static void em_inverted(Emit *E, const TcgIns *i, int op)
{
    bool w = i->type == TCG_I64;
    TcgRef v = E->i, f = fl_fuse(E);

    fl_clobber(E);
    if (i->op == TCG_OP_andn && (hx86_features & HX_BMI1)) {
        int y = ra_use(E, i->b);
        Opnd x = ra_opnd(E, i->a, w, false);
        if (x.kind == OP_REG) {
            ra_drop(E, i->a);
        }
        ra_drop(E, i->b);
        int d = ra_def(E, v, 0);
        if (x.kind == OP_REG) {
            enc_vex_rr(&E->e, OPC(0, 2, 0xf2), w, false, d, y, x.reg);
        } else {
            enc_vex_rm(&E->e, OPC(0, 2, 0xf2), w, false, d, y, x.mem, 0);
        }
    } else {
        int t = ra_scratch(E, false);
        ra_move(E, t, i->b);
        enc_rr(&E->e, 0xf7, w, 2, t, false);        /* not */
        Opnd o = { .kind = OP_REG, .reg = t };
        alu(&E->e, op, w, begin_2(E, v, i, o), o);
    }
    if (f) {
        fl_set(E, f, TCG_FF_HOST_ADD);
    }
}

/* x - y and -x as not and lea, if the flags are wanted */
static void em_neg(Emit *E, const TcgIns *i)
{
    bool w = i->type == TCG_I64;
    int d = ra_def_copy(E, E->i, i->a, 0);

    if (fl_live(E)) {
        enc_rr(&E->e, 0xf7, w, 2, d, false);
        x_lea(&E->e, w, d, mem_b(d, 1));
    } else {
        E->fl = 0;
        enc_rr(&E->e, 0xf7, w, 3, d, false);
    }
}

static void em_not(Emit *E, const TcgIns *i)
{
    int d = ra_def_copy(E, E->i, i->a, 0);
    enc_rr(&E->e, 0xf7, i->type == TCG_I64, 2, d, false);
}

/* The record that wants the other half of the product of i's operands, or 0. */
static uint32_t other_half(const Emit *E, const TcgIns *i)
{
    uint32_t end = E->i + 24 < E->n ? E->i + 24 : E->n;

    for (uint32_t at = E->i + 1; at < end; at++) {
        const TcgIns *j = &E->ins[at];
        bool half = i->op == TCG_OP_mul ? j->op == TCG_OP_mulhu || j->op == TCG_OP_mulhs : j->op == TCG_OP_mul;
        if (half && j->type == i->type && !(E->r[at].mark & (MARK_DEAD | MARK_DONE))
            && ((j->a == i->a && j->b == i->b) || (j->a == i->b && j->b == i->a))) {
            return at;
        }
    }
    return 0;
}

static void em_mul_wide(Emit *E, const TcgIns *i, uint32_t other);

static void em_mul(Emit *E, const TcgIns *i)
{
    bool w = i->type == TCG_I64;
    uint32_t high = w ? other_half(E, i) : 0;
    int32_t k;

    fl_clobber(E);
    if (high) {
        em_mul_wide(E, i, high);
        return;
    }
    if (ra_imm32(E, i->b, w, &k)) {
        Opnd x = ra_opnd(E, i->a, w, false);
        int d = ra_def(E, E->i, 0);
        if (x.kind == OP_MEM) {
            enc_rm(&E->e, 0x69, w, d, x.mem, false, 4);
        } else {
            enc_rr(&E->e, 0x69, w, d, x.reg, false);
        }
        enc32(&E->e, (uint32_t)k);
        return;
    }
    Opnd y = ra_opnd(E, i->b, w, false);
    int d = begin_2(E, E->i, i, y);
    if (y.kind == OP_MEM) {
        enc_rm(&E->e, O_0F(0xaf), w, d, y.mem, false, 0);
    } else {
        enc_rr(&E->e, O_0F(0xaf), w, d, y.reg, false);
    }
}

/* One-operand group F7: 4 mul, 5 imul, 6 div, 7 idiv, on an operand that is not rax or rdx */
static void group3(Enc *e, int op, bool w, Opnd o)
{
    if (o.kind == OP_MEM) {
        enc_rm(e, 0xf7, w, op, o.mem, false, 0);
    } else {
        enc_rr(e, 0xf7, w, op, o.reg, false);
    }
}

/* Both halves of a product, the other one for a record to come. */
static void em_mul_wide(Emit *E, const TcgIns *i, uint32_t other)
{
    bool low = i->op == TCG_OP_mul;

    ra_take(E, RAX);
    ra_take(E, RDX);
    Opnd y = ra_opnd(E, i->b, true, false);
    ra_move(E, RAX, i->a);
    group3(&E->e, (low ? E->ins[other].op : i->op) == TCG_OP_mulhu ? 4 : 5, true, y);
    ra_def_in(E, low ? E->i : other, RAX);
    ra_def_in(E, low ? other : E->i, RDX);
    E->r[other].mark |= MARK_DONE;
}

static void em_mul_high(Emit *E, const TcgIns *i)
{
    bool w = i->type == TCG_I64;
    uint32_t low = w && i->op != TCG_OP_mulhsu ? other_half(E, i) : 0;

    fl_clobber(E);
    if (low) {
        em_mul_wide(E, i, low);
        return;
    }
    ra_take(E, RAX);
    ra_take(E, RDX);
    if (i->op == TCG_OP_mulhsu) {
        /* signed x, unsigned y: unsigned product, minus y if x is negative */
        int y = ra_use(E, i->b);
        ra_move(E, RAX, i->a);
        group3(&E->e, 4, w, (Opnd){ .kind = OP_REG, .reg = y });
        ra_move(E, RAX, i->a);
        x_shift_i(&E->e, X_SAR, w, RAX, w ? 63 : 31);
        x_alu_rr(&E->e, X_AND, w, RAX, y);
        x_alu_rr(&E->e, X_SUB, w, RDX, RAX);
        ra_def_in(E, E->i, RDX);
        return;
    }
    Opnd y = ra_opnd(E, i->b, w, false);
    ra_move(E, RAX, i->a);
    group3(&E->e, i->op == TCG_OP_mulhu ? 4 : 5, w, y);
    ra_def_in(E, E->i, RDX);
}

/* x / 0 = 0, x % 0 = x, minimum / -1 = minimum, minimum % -1 = 0; the host would trap on both */
static void em_div(Emit *E, const TcgIns *i)
{
    bool w = i->type == TCG_I64, sign = i->op == TCG_OP_divs || i->op == TCG_OP_rems;
    bool rem = i->op == TCG_OP_remu || i->op == TCG_OP_rems;
    uint8_t *one = NULL, *end2 = NULL;
    uint64_t k;

    fl_clobber(E);
    ra_take(E, RAX);
    ra_take(E, RDX);
    int y = ra_use(E, i->b);
    bool known = ra_const(E, i->b, &k);
    bool zero = !known || (w ? k : (uint32_t)k) == 0, minus = sign && (!known || (w ? (int64_t)k : (int32_t)k) == -1);
    ra_move(E, RAX, i->a);
    if (!w && rem) {
        x_mov_rr(&E->e, false, RAX, RAX);
    }
    uint8_t *nul = NULL;
    if (zero) {
        enc_rr(&E->e, 0x85, w, y, y, false);
        nul = x_jcc(&E->e, X_E);
    }
    if (minus) {
        x_alu_ri(&E->e, X_CMP, w, y, -1);
        one = x_jcc(&E->e, X_E);
    }
    if (sign) {
        if (w) {
            enc8(&E->e, 0x48);
        }
        enc8(&E->e, 0x99);                          /* cdq, cqo */
    } else {
        x_alu_rr(&E->e, X_XOR, false, RDX, RDX);
    }
    group3(&E->e, sign ? 7 : 6, w, (Opnd){ .kind = OP_REG, .reg = y });
    uint8_t *end = zero || minus ? x_jmp(&E->e) : NULL;
    if (one) {
        x_here(&E->e, one);
        enc_rr(&E->e, 0xf7, w, 3, RAX, false);      /* quotient -x, remainder 0 */
        x_mov_ri(&E->e, RDX, 0);
        end2 = zero ? x_jmp(&E->e) : NULL;
    }
    if (nul) {
        x_here(&E->e, nul);
        if (rem) {
            x_mov_rr(&E->e, w, RDX, RAX);
        } else {
            x_mov_ri(&E->e, RAX, 0);
        }
    }
    if (end) {
        x_here(&E->e, end);
    }
    if (end2) {
        x_here(&E->e, end2);
    }
    ra_def_in(E, E->i, rem ? RDX : RAX);
}

static void em_shift(Emit *E, const TcgIns *i, int op)
{
    bool w = i->type == TCG_I64;
    uint64_t k;

    if (ra_const(E, i->b, &k)) {
        unsigned n = (unsigned)k & (w ? 63 : 31);
        Opnd x = ra_opnd(E, i->a, w, false);
        if (op == X_SHL && n <= 3 && x.kind == OP_REG && (n == 1 || fl_live(E) || !ra_dies(E, i->a))) {
            ra_drop(E, i->a);
            int d = ra_def(E, E->i, 0);
            x_lea(&E->e, w, d, n == 1 ? mem_bi(x.reg, x.reg, 0, 0) : (Mem){ RNONE, x.reg, n, 0, NULL });
            return;
        }
        if (op == X_ROR && (hx86_features & HX_BMI2) && x.kind == OP_REG) {
            ra_drop(E, i->a);
            int d = ra_def(E, E->i, 0);
            enc_vex_rr(&E->e, OPC(3, 3, 0xf0), w, false, d, 0, x.reg);
            enc8(&E->e, n);
            return;
        }
        fl_clobber(E);
        int d = ra_def_copy(E, E->i, i->a, 0);
        x_shift_i(&E->e, op, w, d, n);
        return;
    }
    if ((hx86_features & HX_BMI2) && op != X_ROR) {
        static const uint8_t prefix[8] = { [X_SHL] = 1, [X_SHR] = 3, [X_SAR] = 2 };
        int n = ra_use(E, i->b);
        Opnd x = ra_opnd(E, i->a, w, false);
        if (x.kind == OP_REG) {
            ra_drop(E, i->a);
        }
        ra_drop(E, i->b);
        int d = ra_def(E, E->i, 0);
        if (x.kind == OP_REG) {
            enc_vex_rr(&E->e, OPC(prefix[op], 2, 0xf7), w, false, d, n, x.reg);
        } else {
            enc_vex_rm(&E->e, OPC(prefix[op], 2, 0xf7), w, false, d, n, x.mem, 0);
        }
        return;
    }
    fl_clobber(E);
    ra_take(E, RCX);
    ra_move(E, RCX, i->b);
    int d = ra_def_copy(E, E->i, i->a, 1u << RCX);
    enc_rr(&E->e, 0xd3, w, op, d, false);
}

/* movzx, movsx, movsxd and mov r32 */
static void em_extend(Emit *E, const TcgIns *i)
{
    static const struct { uint16_t op, opc; bool byte, sign; } rows[] = {
        { TCG_OP_ext8u, O_0F(0xb6), true, false }, { TCG_OP_ext16u, O_0F(0xb7), false, false },
        { TCG_OP_ext32u, 0x8b, false, false }, { TCG_OP_ext8s, O_0F(0xbe), true, true },
        { TCG_OP_ext16s, O_0F(0xbf), false, true }, { TCG_OP_ext32s, 0x63, false, true },
    };

    for (unsigned k = 0; k < sizeof rows / sizeof *rows; k++) {
        if (rows[k].op == i->op) {
            bool w = rows[k].sign && i->type == TCG_I64;
            Opnd x = ra_opnd(E, i->a, true, false);
            if (x.kind == OP_REG) {
                ra_drop(E, i->a);
            }
            int d = ra_def(E, E->i, 0);
            if (x.kind == OP_MEM) {
                enc_rm(&E->e, rows[k].opc, w, d, x.mem, false, 0);
            } else {
                enc_rr(&E->e, rows[k].opc, w, d, x.reg, rows[k].byte);
            }
        }
    }
}

static void em_field(Emit *E, const TcgIns *i)
{
    bool w = i->type == TCG_I64;
    unsigned pos = i->aux & 0xff, len = i->aux >> 8, width = w ? 64 : 32;

    fl_clobber(E);
    if (i->op == TCG_OP_extu && pos == 0 && len < 32) {
        int d = ra_def_copy(E, E->i, i->a, 0);
        x_alu_ri(&E->e, X_AND, false, d, (int32_t)((1u << len) - 1));
        return;
    }
    if (i->op == TCG_OP_extu && len <= 31) {
        int d = ra_def_copy(E, E->i, i->a, 0);
        x_shift_i(&E->e, X_SHR, w, d, pos);
        x_alu_ri(&E->e, X_AND, false, d, (int32_t)((1u << len) - 1));
        return;
    }
    if (i->op != TCG_OP_dep) {
        int d = ra_def_copy(E, E->i, i->a, 0);
        if (width - len - pos) {
            x_shift_i(&E->e, X_SHL, w, d, width - len - pos);
        }
        x_shift_i(&E->e, i->op == TCG_OP_extu ? X_SHR : X_SAR, w, d, width - len);
        return;
    }
    /* deposit: rotate the field to the bottom, shift it out, shift the new one in, rotate back */
    uint64_t k;
    if (len == width) {
        int d = ra_def_copy(E, E->i, i->b, 0);
        if (!w) {
            x_mov_rr(&E->e, false, d, d);
        }
        return;
    }
    uint64_t mask = (len == 64 ? ~(uint64_t)0 : ((uint64_t)1 << len) - 1) << pos;
    if (ra_const(E, i->b, &k) && (k << pos & mask) == 0) {
        int t = ra_scratch(E, false);
        x_mov_ri(&E->e, t, w ? ~mask : (uint32_t)~mask);
        int d = ra_def_copy(E, E->i, i->a, 1u << t);
        x_alu_rr(&E->e, X_AND, w, d, t);
        return;
    }
    int y = ra_scratch(E, false);
    ra_move(E, y, i->b);
    x_shift_i(&E->e, X_SHL, w, y, width - len);
    if (pos + len < width) {
        x_shift_i(&E->e, X_SHR, w, y, width - len - pos);
    }
    if (~mask == (uint64_t)(int64_t)(int32_t)~mask || !w) {
        int d = ra_def_copy(E, E->i, i->a, 1u << y);
        x_alu_ri(&E->e, X_AND, w, d, (int32_t)~mask);
        x_alu_rr(&E->e, X_OR, w, d, y);
        return;
    }
    int t = ra_scratch(E, false);
    x_mov_ri(&E->e, t, ~mask);
    Opnd x = ra_opnd(E, i->a, true, false);
    alu(&E->e, X_AND, true, t, x);
    x_alu_rr(&E->e, X_OR, true, t, y);
    ra_def_in(E, E->i, t);
}

static void em_extr(Emit *E, const TcgIns *i)
{
    bool w = i->type == TCG_I64;

    fl_clobber(E);
    int x = ra_use(E, i->a);
    int d = ra_def_copy(E, E->i, i->b, 1u << x);
    if (i->a == i->b) {
        x_shift_i(&E->e, X_ROR, w, d, i->c);
    } else {
        enc_rr(&E->e, O_0F(0xac), w, x, d, false);  /* shrd */
        enc8(&E->e, i->c);
    }
}

/* A unary F3 0F instruction (lzcnt, tzcnt, popcnt); false if the host lacks it */
static bool em_count(Emit *E, const TcgIns *i, unsigned opc, unsigned feature)
{
    bool w = i->type == TCG_I64;

    if (!(hx86_features & feature)) {
        return false;
    }
    fl_clobber(E);
    Opnd x = ra_opnd(E, i->a, w, false);
    int d = ra_def(E, E->i, 0);
    if (x.kind == OP_MEM) {
        enc_rm(&E->e, opc, w, d, x.mem, false, 0);
    } else {
        if (d != x.reg) {
            x_mov_ri(&E->e, d, 0);                  /* the host makes the result wait for its old value */
        }
        enc_rr(&E->e, opc, w, d, x.reg, false);
    }
    return true;
}

static void em_bswap(Emit *E, const TcgIns *i)
{
    bool w = i->type == TCG_I64;

    if (i->op != TCG_OP_bswap) {
        fl_clobber(E);
    }
    int d = ra_def_copy(E, E->i, i->a, 0);
    if (w || d > 7) {
        enc8(&E->e, 0x40 | (unsigned)w << 3 | (unsigned)(d > 7));
    }
    enc8(&E->e, 0x0f);
    enc8(&E->e, 0xc8 | (unsigned)(d & 7));
    if (i->op == TCG_OP_bswap32) {
        x_shift_i(&E->e, X_ROR, true, d, 32);
    } else if (i->op == TCG_OP_bswap16 && !w) {
        x_shift_i(&E->e, X_ROR, false, d, 16);
    }
}

static void em_select(Emit *E, const TcgIns *i)
{
    bool w = i->type == TCG_I64;
    int x86 = fl_need(E, i->c, (TcgCond)i->aux);

    if (is_vec_type((TcgType)i->type)) {
        em_fp_select(E, i, x86);
        return;
    }
    TcgRef x = i->a, y = i->b;
    uint64_t k;
    if (ra_const(E, x, &k) && !ra_const(E, y, &k)) {
        /* the constant is better as the one that is overwritten */
        x = i->b;
        y = i->a;
        x86 ^= 1;
    }
    Opnd o = ra_opnd(E, x, true, false);
    uint32_t avoid = o.kind == OP_REG && ra_reg_of(E, y) != o.reg ? 1u << o.reg : 0;
    int d = ra_def_copy(E, E->i, y, avoid);
    if (o.kind == OP_MEM) {
        enc_rm(&E->e, O_0F(0x40) | (unsigned)x86, w, d, o.mem, false, 0);
    } else {
        enc_rr(&E->e, O_0F(0x40) | (unsigned)x86, w, d, o.reg, false);
    }
}

static void em_setcc(Emit *E, const TcgIns *i)
{
    int x86 = fl_need(E, i->a, (TcgCond)i->aux);
    int d = ra_def(E, E->i, 0);

    x_mov_ri(&E->e, d, 0);                          /* not xor: the flags */
    enc_rr(&E->e, O_0F(0x90) | (unsigned)x86, false, 0, d, true);
}

static bool em_clmul(Emit *E, const TcgIns *i)
{
    if (!(hx86_features & HX_PCLMUL) || i->type != TCG_I64) {
        return false;
    }
    int x = ra_use(E, i->a), y = ra_use(E, i->b);
    int v = ra_scratch(E, true), u = ra_scratch(E, true);
    enc_rr(&E->e, O_66(0x6e), true, xr(v), x, false);
    enc_rr(&E->e, O_66(0x6e), true, xr(u), y, false);
    enc_rr(&E->e, O_66_3A(0x44), false, xr(v), xr(u), false);
    enc8(&E->e, 0);
    ra_drop(E, i->a);
    ra_drop(E, i->b);
    int d = ra_def(E, E->i, 0);
    if (i->op == TCG_OP_clmulh) {
        enc_rr(&E->e, O_66_3A(0x16), true, xr(v), d, false);    /* pextrq d, v, 1 */
        enc8(&E->e, 1);
    } else {
        enc_rr(&E->e, O_66(0x7e), true, xr(v), d, false);
    }
    return true;
}

static bool em_crc32c(Emit *E, const TcgIns *i)
{
    int y = ra_use(E, i->b);
    int d = ra_def_copy(E, E->i, i->a, 1u << y);

    if (i->c == 1) {
        enc8(&E->e, 0x66);
    }
    enc_rr(&E->e, OPC(3, 2, i->c == 0 ? 0xf0 : 0xf1), i->c == 3, d, y, i->c == 0);
    return true;
}

/* Bytes reversed, then the bits of each byte by swapping neighbours, pairs and halves. */
static void em_rbit(Emit *E, const TcgIns *i)
{
    static const uint64_t mask[3] = { 0x5555555555555555, 0x3333333333333333, 0x0f0f0f0f0f0f0f0f };
    bool w = i->type == TCG_I64;

    fl_clobber(E);
    int d = ra_def_copy(E, E->i, i->a, 0), t = ra_scratch(E, false), m = ra_scratch(E, false);
    if (w || d > 7) {
        enc8(&E->e, 0x40 | (unsigned)w << 3 | (unsigned)(d > 7));
    }
    enc8(&E->e, 0x0f);
    enc8(&E->e, 0xc8 | (unsigned)(d & 7));
    for (unsigned k = 0; k < 3; k++) {
        x_mov_rr(&E->e, w, t, d);
        x_shift_i(&E->e, X_SHR, w, t, 1u << k);
        x_mov_ri(&E->e, m, w ? mask[k] : (uint32_t)mask[k]);
        x_alu_rr(&E->e, X_AND, w, t, m);
        x_alu_rr(&E->e, X_AND, w, d, m);
        x_shift_i(&E->e, X_SHL, w, d, 1u << k);
        x_alu_rr(&E->e, X_OR, w, d, t);
    }
}

/* Operations that may have no inline form: false sends them out of line. */
static bool em_rare(Emit *E, const TcgIns *i)
{
    switch (i->op) {
    case TCG_OP_clz:    return em_count(E, i, O_F3(0xbd), HX_LZCNT);
    case TCG_OP_ctz:    return em_count(E, i, O_F3(0xbc), HX_BMI1);
    case TCG_OP_popcnt: return em_count(E, i, O_F3(0xb8), HX_POPCNT);
    case TCG_OP_clmul:
    case TCG_OP_clmulh: return em_clmul(E, i);
    case TCG_OP_crc32c: return em_crc32c(E, i);
    case TCG_OP_rbit:
        em_rbit(E, i);
        return true;
    case TCG_OP_bswap16:
        if (i->type == TCG_I64) {
            return false;
        }
        em_bswap(E, i);
        return true;
    default:            return false;
    }
}

void em_int(Emit *E, const TcgIns *i)
{
    switch (i->op) {
    case TCG_OP_add:  em_add(E, i); break;
    case TCG_OP_sub:  em_sub(E, i); break;
    case TCG_OP_and:  em_logic(E, i, X_AND); break;
    case TCG_OP_or:   em_logic(E, i, X_OR); break;
    case TCG_OP_xor:  em_logic(E, i, X_XOR); break;
    case TCG_OP_andn: em_inverted(E, i, X_AND); break;
    case TCG_OP_orn:  em_inverted(E, i, X_OR); break;
    case TCG_OP_xnor: em_inverted(E, i, X_XOR); break;
    case TCG_OP_not:  em_not(E, i); break;
    case TCG_OP_neg:  em_neg(E, i); break;
    case TCG_OP_mul:  em_mul(E, i); break;
    case TCG_OP_mulhu: case TCG_OP_mulhs: case TCG_OP_mulhsu: em_mul_high(E, i); break;
    case TCG_OP_divu: case TCG_OP_divs: case TCG_OP_remu: case TCG_OP_rems: em_div(E, i); break;
    case TCG_OP_shl:  em_shift(E, i, X_SHL); break;
    case TCG_OP_shr:  em_shift(E, i, X_SHR); break;
    case TCG_OP_sar:  em_shift(E, i, X_SAR); break;
    case TCG_OP_rotr: em_shift(E, i, X_ROR); break;
    case TCG_OP_ext8u: case TCG_OP_ext16u: case TCG_OP_ext32u:
    case TCG_OP_ext8s: case TCG_OP_ext16s: case TCG_OP_ext32s: em_extend(E, i); break;
    case TCG_OP_extu: case TCG_OP_exts: case TCG_OP_dep: em_field(E, i); break;
    case TCG_OP_extr: em_extr(E, i); break;
    case TCG_OP_bswap: case TCG_OP_bswap32: em_bswap(E, i); break;
    case TCG_OP_sel:  em_select(E, i); break;
    case TCG_OP_setcc: em_setcc(E, i); break;
    case TCG_OP_adc: case TCG_OP_sbc: fl_carry_value(E, i); break;
    default:
        if (!em_rare(E, i)) {
            em_call(E, i);
        }
        break;
    }
}
