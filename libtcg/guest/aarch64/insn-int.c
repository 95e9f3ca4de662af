/* SPDX-License-Identifier: BSD-2-Clause */
/* A64 data processing on general registers [ArmARM C4.1, C6.2]. A W form is an I32 operation: it reads the low
 * halves and its result is zero-extended. */
#include "guest/aarch64/insn.h"

/* Operands */

bool a64_bitmask(int n, int immr, int imms, int width, uint64_t *mask)
{
    const unsigned key = (unsigned)n << 6 | (~(unsigned)imms & 0x3f);
    unsigned size, levels, ones, rotation;
    uint64_t element;

    if (key < 2) {
        return false;
    }
    size = 1u << (31 - __builtin_clz(key));
    levels = size - 1;
    ones = ((unsigned)imms & levels) + 1;
    rotation = (unsigned)immr & levels;
    if (ones == size) {
        return false;
    }
    element = (1ull << ones) - 1;
    if (rotation) {
        element = element >> rotation | element << (size - rotation);
    }
    if (size < 64) {
        element &= (1ull << size) - 1;
    }
    for (; size < 64; size *= 2) {
        element |= element << size;
    }
    *mask = width == 64 ? element : (uint32_t)element;
    return true;
}

static TcgRef shift_by(TcgBuild *b, TcgType t, TcgRef v, int kind, TcgRef amount)
{
    static const TcgOp ops[] = { TCG_OP_shl, TCG_OP_shr, TCG_OP_sar, TCG_OP_rotr };

    return tcg_op2(b, ops[kind], t, v, amount);
}

/* The second operand of shifted-register forms [ArmARM ShiftReg]. */
static TcgRef shifted(TcgBuild *b, const A64Args *a)
{
    TcgRef m = a64_x(b, a->rm);

    return a->amt ? shift_by(b, a64_type(a->sf), m, a->shift, tcg_const(b, a->amt)) : m;
}

TcgRef a64_extend(TcgBuild *b, TcgType t, int rm, int option, int shift)
{
    static const TcgOp ops[] = {
        TCG_OP_ext8u, TCG_OP_ext16u, TCG_OP_ext32u, TCG_OP_none,
        TCG_OP_ext8s, TCG_OP_ext16s, TCG_OP_ext32s, TCG_OP_none,
    };
    TcgRef v = a64_x(b, rm);
    TcgOp op = ops[option];

    if (op != TCG_OP_none && !(t == TCG_I32 && (option & 3) == 2)) {
        v = tcg_op1(b, op, t, v);
    }
    return shift ? tcg_shl(b, t, v, tcg_const(b, shift)) : v;
}

/* Addition and subtraction */

typedef TcgRef Binary(TcgBuild *b, TcgType t, TcgRef x, TcgRef y);

/* The flags come right after the sum, from the same operands: the back end makes one instruction of both. */
static void add_flags(TcgBuild *b, const A64Args *a, TcgRef n, TcgRef m)
{
    const TcgType t = a64_type(a->sf);
    TcgRef v = a->rd == 31 ? 0 : tcg_add(b, t, n, m);
    TcgRef f = tcg_cmn(b, t, n, m);

    if (v) {
        tcg_put(b, a->rd, v);
    }
    a64_put_flags(b, f);
}

static void sub_flags(TcgBuild *b, const A64Args *a, TcgRef n, TcgRef m)
{
    const TcgType t = a64_type(a->sf);
    TcgRef v = a->rd == 31 ? 0 : tcg_sub(b, t, n, m);
    TcgRef f = tcg_cmp(b, t, n, m);

    if (v) {
        tcg_put(b, a->rd, v);
    }
    a64_put_flags(b, f);
}

static TcgRef imm12(TcgBuild *b, const A64Args *a)
{
    return tcg_const(b, (uint64_t)a->imm << (a->sh ? 12 : 0));
}

static TcgRef extended(TcgBuild *b, const A64Args *a)
{
    return a64_extend(b, a64_type(a->sf), a->rm, a->option, a->amt);
}

void a64_tr_add_imm(TcgBuild *b, const A64Args *a)
{
    a64_put_x_sp(b, a->rd, tcg_add(b, a64_type(a->sf), a64_x_sp(b, a->rn), imm12(b, a)));
}

void a64_tr_sub_imm(TcgBuild *b, const A64Args *a)
{
    a64_put_x_sp(b, a->rd, tcg_sub(b, a64_type(a->sf), a64_x_sp(b, a->rn), imm12(b, a)));
}

void a64_tr_adds_imm(TcgBuild *b, const A64Args *a)
{
    add_flags(b, a, a64_x_sp(b, a->rn), imm12(b, a));
}

void a64_tr_subs_imm(TcgBuild *b, const A64Args *a)
{
    sub_flags(b, a, a64_x_sp(b, a->rn), imm12(b, a));
}

void a64_tr_add_reg(TcgBuild *b, const A64Args *a)
{
    a64_put_x(b, a->rd, tcg_add(b, a64_type(a->sf), a64_x(b, a->rn), shifted(b, a)));
}

void a64_tr_sub_reg(TcgBuild *b, const A64Args *a)
{
    a64_put_x(b, a->rd, tcg_sub(b, a64_type(a->sf), a64_x(b, a->rn), shifted(b, a)));
}

void a64_tr_adds_reg(TcgBuild *b, const A64Args *a)
{
    add_flags(b, a, a64_x(b, a->rn), shifted(b, a));
}

void a64_tr_subs_reg(TcgBuild *b, const A64Args *a)
{
    sub_flags(b, a, a64_x(b, a->rn), shifted(b, a));
}

void a64_tr_add_ext(TcgBuild *b, const A64Args *a)
{
    a64_put_x_sp(b, a->rd, tcg_add(b, a64_type(a->sf), a64_x_sp(b, a->rn), extended(b, a)));
}

void a64_tr_sub_ext(TcgBuild *b, const A64Args *a)
{
    a64_put_x_sp(b, a->rd, tcg_sub(b, a64_type(a->sf), a64_x_sp(b, a->rn), extended(b, a)));
}

void a64_tr_adds_ext(TcgBuild *b, const A64Args *a)
{
    add_flags(b, a, a64_x_sp(b, a->rn), extended(b, a));
}

void a64_tr_subs_ext(TcgBuild *b, const A64Args *a)
{
    sub_flags(b, a, a64_x_sp(b, a->rn), extended(b, a));
}

/* Logic */

static void logic_imm(TcgBuild *b, const A64Args *a, Binary *op)
{
    uint64_t mask;

    if (!a64_bitmask(a->n, a->immr, a->imms, a->sf ? 64 : 32, &mask)) {
        a64_undefined(b);
        return;
    }
    a64_put_x_sp(b, a->rd, op(b, a64_type(a->sf), a64_x(b, a->rn), tcg_const(b, mask)));
}

void a64_tr_and_imm(TcgBuild *b, const A64Args *a)
{
    logic_imm(b, a, tcg_and);
}

void a64_tr_orr_imm(TcgBuild *b, const A64Args *a)
{
    logic_imm(b, a, tcg_or);
}

void a64_tr_eor_imm(TcgBuild *b, const A64Args *a)
{
    logic_imm(b, a, tcg_xor);
}

static void logic_reg(TcgBuild *b, const A64Args *a, Binary *op)
{
    a64_put_x(b, a->rd, op(b, a64_type(a->sf), a64_x(b, a->rn), shifted(b, a)));
}

void a64_tr_and_reg(TcgBuild *b, const A64Args *a)
{
    logic_reg(b, a, tcg_and);
}

void a64_tr_bic_reg(TcgBuild *b, const A64Args *a)
{
    logic_reg(b, a, tcg_andn);
}

void a64_tr_orr_reg(TcgBuild *b, const A64Args *a)
{
    logic_reg(b, a, tcg_or);
}

void a64_tr_orn_reg(TcgBuild *b, const A64Args *a)
{
    if (a->rn == 31) {          /* MVN */
        a64_put_x(b, a->rd, tcg_op1(b, TCG_OP_not, a64_type(a->sf), shifted(b, a)));
    } else {
        logic_reg(b, a, tcg_orn);
    }
}

void a64_tr_eor_reg(TcgBuild *b, const A64Args *a)
{
    logic_reg(b, a, tcg_xor);
}

void a64_tr_eon_reg(TcgBuild *b, const A64Args *a)
{
    logic_reg(b, a, tcg_xnor);
}

static void and_flags(TcgBuild *b, const A64Args *a, TcgRef m)
{
    const TcgType t = a64_type(a->sf);
    TcgRef n = a64_x(b, a->rn);
    TcgRef v = a->rd == 31 ? 0 : tcg_and(b, t, n, m);
    TcgRef f = tcg_tst(b, t, n, m);

    if (v) {
        tcg_put(b, a->rd, v);
    }
    a64_put_flags(b, f);
}

void a64_tr_ands_imm(TcgBuild *b, const A64Args *a)
{
    uint64_t mask;

    if (!a64_bitmask(a->n, a->immr, a->imms, a->sf ? 64 : 32, &mask)) {
        a64_undefined(b);
        return;
    }
    and_flags(b, a, tcg_const(b, mask));
}

void a64_tr_ands_reg(TcgBuild *b, const A64Args *a)
{
    and_flags(b, a, shifted(b, a));
}

void a64_tr_bics_reg(TcgBuild *b, const A64Args *a)
{
    and_flags(b, a, tcg_op1(b, TCG_OP_not, a64_type(a->sf), shifted(b, a)));
}

/* Moves and addresses */

void a64_tr_movz(TcgBuild *b, const A64Args *a)
{
    a64_put_x(b, a->rd, tcg_const(b, (uint64_t)a->imm16 << a->hw * 16));
}

void a64_tr_movn(TcgBuild *b, const A64Args *a)
{
    const uint64_t v = ~((uint64_t)a->imm16 << a->hw * 16);

    a64_put_x(b, a->rd, tcg_const(b, a->sf ? v : (uint32_t)v));
}

void a64_tr_movk(TcgBuild *b, const A64Args *a)
{
    a64_put_x(b, a->rd, tcg_dep(b, a64_type(a->sf), a64_x(b, a->rd), tcg_const(b, a->imm16), a->hw * 16, 16));
}

void a64_tr_adr(TcgBuild *b, const A64Args *a)
{
    a64_put_x(b, a->rd, tcg_const(b, tcg_build_pc(b) + (int64_t)a->adr));
}

void a64_tr_adrp(TcgBuild *b, const A64Args *a)
{
    a64_put_x(b, a->rd, tcg_const(b, (tcg_build_pc(b) & ~0xfffull) + ((int64_t)a->adr << 12)));
}

/* Bit fields */

static void extract_field(TcgBuild *b, const A64Args *a, bool sign)
{
    const TcgType t = a64_type(a->sf);
    const int width = a->sf ? 64 : 32;
    TcgRef (*extract)(TcgBuild *, TcgType, TcgRef, unsigned, unsigned) = sign ? tcg_exts : tcg_extu;
    TcgRef v = a64_x(b, a->rn);

    if (a->imms >= a->immr) {
        v = extract(b, t, v, a->immr, a->imms - a->immr + 1);
    } else {
        if (a->imms + 1 < a->immr) {        /* else the shift drops the bits above the field */
            v = extract(b, t, v, 0, a->imms + 1);
        }
        v = tcg_shl(b, t, v, tcg_const(b, width - a->immr));
    }
    a64_put_x(b, a->rd, v);
}

void a64_tr_sbfm(TcgBuild *b, const A64Args *a)
{
    extract_field(b, a, true);
}

void a64_tr_ubfm(TcgBuild *b, const A64Args *a)
{
    extract_field(b, a, false);
}

void a64_tr_bfm(TcgBuild *b, const A64Args *a)
{
    const TcgType t = a64_type(a->sf);
    const int width = a->sf ? 64 : 32;
    TcgRef n = a64_x(b, a->rn), d = a64_x(b, a->rd);

    if (a->imms >= a->immr) {
        n = a->immr ? tcg_shr(b, t, n, tcg_const(b, a->immr)) : n;
        d = tcg_dep(b, t, d, n, 0, a->imms - a->immr + 1);
    } else {
        d = tcg_dep(b, t, d, n, width - a->immr, a->imms + 1);
    }
    a64_put_x(b, a->rd, d);
}

void a64_tr_extr(TcgBuild *b, const A64Args *a)
{
    const TcgType t = a64_type(a->sf);
    TcgRef n = a64_x(b, a->rn), m = a64_x(b, a->rm), v;

    if (a->rn == a->rm) {
        v = tcg_rotr(b, t, n, tcg_const(b, a->imms));
    } else if (!a->imms) {
        v = tcg_or(b, t, m, tcg_const(b, 0));
    } else {
        v = tcg_op(b, TCG_OP_extr, t, 0, n, m, a->imms);
    }
    a64_put_x(b, a->rd, v);
}

/* Two sources */

static void binary(TcgBuild *b, const A64Args *a, TcgOp op)
{
    a64_put_x(b, a->rd, tcg_op2(b, op, a64_type(a->sf), a64_x(b, a->rn), a64_x(b, a->rm)));
}

void a64_tr_udiv(TcgBuild *b, const A64Args *a)
{
    binary(b, a, TCG_OP_divu);
}

void a64_tr_sdiv(TcgBuild *b, const A64Args *a)
{
    binary(b, a, TCG_OP_divs);
}

void a64_tr_lslv(TcgBuild *b, const A64Args *a)
{
    binary(b, a, TCG_OP_shl);
}

void a64_tr_lsrv(TcgBuild *b, const A64Args *a)
{
    binary(b, a, TCG_OP_shr);
}

void a64_tr_asrv(TcgBuild *b, const A64Args *a)
{
    binary(b, a, TCG_OP_sar);
}

void a64_tr_rorv(TcgBuild *b, const A64Args *a)
{
    binary(b, a, TCG_OP_rotr);
}

static void crc(TcgBuild *b, const A64Args *a, TcgOp op)
{
    const TcgType t = a->sz == 3 ? TCG_I64 : TCG_I32;
    TcgRef acc = tcg_op1(b, TCG_OP_ext32u, TCG_I64, a64_x(b, a->rn));
    TcgRef v = tcg_op(b, op, t, 0, acc, a64_x(b, a->rm), a->sz);

    a64_put_x(b, a->rd, v);
}

void a64_tr_crc32(TcgBuild *b, const A64Args *a)
{
    crc(b, a, TCG_OP_crc32);
}

void a64_tr_crc32c(TcgBuild *b, const A64Args *a)
{
    crc(b, a, TCG_OP_crc32c);
}

/* Three sources */

void a64_tr_madd(TcgBuild *b, const A64Args *a)
{
    const TcgType t = a64_type(a->sf);

    a64_put_x(b, a->rd, tcg_add(b, t, tcg_mul(b, t, a64_x(b, a->rn), a64_x(b, a->rm)), a64_x(b, a->ra)));
}

void a64_tr_msub(TcgBuild *b, const A64Args *a)
{
    const TcgType t = a64_type(a->sf);

    a64_put_x(b, a->rd, tcg_sub(b, t, a64_x(b, a->ra), tcg_mul(b, t, a64_x(b, a->rn), a64_x(b, a->rm))));
}

static TcgRef long_product(TcgBuild *b, const A64Args *a, TcgOp extend)
{
    return tcg_mul(b, TCG_I64, tcg_op1(b, extend, TCG_I64, a64_x(b, a->rn)),
                   tcg_op1(b, extend, TCG_I64, a64_x(b, a->rm)));
}

void a64_tr_smaddl(TcgBuild *b, const A64Args *a)
{
    a64_put_x(b, a->rd, tcg_add(b, TCG_I64, long_product(b, a, TCG_OP_ext32s), a64_x(b, a->ra)));
}

void a64_tr_umaddl(TcgBuild *b, const A64Args *a)
{
    a64_put_x(b, a->rd, tcg_add(b, TCG_I64, long_product(b, a, TCG_OP_ext32u), a64_x(b, a->ra)));
}

void a64_tr_smsubl(TcgBuild *b, const A64Args *a)
{
    a64_put_x(b, a->rd, tcg_sub(b, TCG_I64, a64_x(b, a->ra), long_product(b, a, TCG_OP_ext32s)));
}

void a64_tr_umsubl(TcgBuild *b, const A64Args *a)
{
    a64_put_x(b, a->rd, tcg_sub(b, TCG_I64, a64_x(b, a->ra), long_product(b, a, TCG_OP_ext32u)));
}

void a64_tr_smulh(TcgBuild *b, const A64Args *a)
{
    a64_put_x(b, a->rd, tcg_op2(b, TCG_OP_mulhs, TCG_I64, a64_x(b, a->rn), a64_x(b, a->rm)));
}

void a64_tr_umulh(TcgBuild *b, const A64Args *a)
{
    a64_put_x(b, a->rd, tcg_op2(b, TCG_OP_mulhu, TCG_I64, a64_x(b, a->rn), a64_x(b, a->rm)));
}

/* One source */

static void unary(TcgBuild *b, const A64Args *a, TcgOp op)
{
    a64_put_x(b, a->rd, tcg_op1(b, op, a64_type(a->sf), a64_x(b, a->rn)));
}

void a64_tr_rbit(TcgBuild *b, const A64Args *a)
{
    unary(b, a, TCG_OP_rbit);
}

void a64_tr_rev16(TcgBuild *b, const A64Args *a)
{
    unary(b, a, TCG_OP_bswap16);
}

void a64_tr_rev32(TcgBuild *b, const A64Args *a)
{
    a64_put_x(b, a->rd, tcg_op1(b, TCG_OP_bswap32, TCG_I64, a64_x(b, a->rn)));
}

void a64_tr_rev(TcgBuild *b, const A64Args *a)
{
    unary(b, a, TCG_OP_bswap);
}

void a64_tr_clz(TcgBuild *b, const A64Args *a)
{
    unary(b, a, TCG_OP_clz);
}

void a64_tr_cls(TcgBuild *b, const A64Args *a)
{
    unary(b, a, TCG_OP_cls);
}

void a64_tr_ctz(TcgBuild *b, const A64Args *a)
{
    unary(b, a, TCG_OP_ctz);
}

void a64_tr_cnt(TcgBuild *b, const A64Args *a)
{
    unary(b, a, TCG_OP_popcnt);
}
