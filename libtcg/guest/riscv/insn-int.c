/* SPDX-License-Identifier: BSD-2-Clause */
/* RV64I, M, Zba, Zbb, Zbc, Zbs, Zicond without memory. [RVU 2, 4, 12, 13, 28] */
#include "guest/riscv/insn.h"

/* rd := value of type I64 */
#define RV_RR(name, expr) \
    void rv_tr_##name(TcgBuild *b, const RvArgs *a) \
    { \
        TcgRef x = rv_x(b, a->rs1), y = rv_x(b, a->rs2); \
        rv_put_x(b, a->rd, expr); \
    }
#define RV_RI(name, imm, expr) \
    void rv_tr_##name(TcgBuild *b, const RvArgs *a) \
    { \
        TcgRef x = rv_x(b, a->rs1), y = rv_imm(b, a->imm); \
        rv_put_x(b, a->rd, expr); \
    }
#define RV_R(name, expr) \
    void rv_tr_##name(TcgBuild *b, const RvArgs *a) \
    { \
        TcgRef x = rv_x(b, a->rs1); \
        rv_put_x(b, a->rd, expr); \
    }

/* A 32-bit operation, its result sign-extended [RVU 4.2]. */
static TcgRef word(TcgBuild *b, TcgOp op, TcgRef x, TcgRef y)
{
    return tcg_op1(b, TCG_OP_ext32s, TCG_I64, tcg_op2(b, op, TCG_I32, x, y));
}

static TcgRef less(TcgBuild *b, TcgCond cc, TcgRef x, TcgRef y)
{
    return tcg_setcc(b, cc, tcg_cmp(b, TCG_I64, x, y));
}

void rv_tr_addi(TcgBuild *b, const RvArgs *a)
{
    if (!a->rs1) {              /* li */
        rv_put_x(b, a->rd, rv_imm(b, a->immI));
    } else {
        TcgRef x = tcg_get(b, (unsigned)a->rs1);
        rv_put_x(b, a->rd, a->immI ? tcg_add(b, TCG_I64, x, rv_imm(b, a->immI)) : x);
    }
}

RV_RI(slti, immI, less(b, TCG_LT, x, y))
RV_RI(sltiu, immI, less(b, TCG_LTU, x, y))
RV_RI(xori, immI, tcg_xor(b, TCG_I64, x, y))
RV_RI(ori, immI, tcg_or(b, TCG_I64, x, y))
RV_RI(andi, immI, tcg_and(b, TCG_I64, x, y))
RV_RI(slli, shamt, tcg_shl(b, TCG_I64, x, y))
RV_RI(srli, shamt, tcg_shr(b, TCG_I64, x, y))
RV_RI(srai, shamt, tcg_sar(b, TCG_I64, x, y))
RV_RR(add, a->rs1 ? tcg_add(b, TCG_I64, x, y) : y)
RV_RR(sub, tcg_sub(b, TCG_I64, x, y))
RV_RR(sll, tcg_shl(b, TCG_I64, x, y))
RV_RR(slt, less(b, TCG_LT, x, y))
RV_RR(sltu, less(b, TCG_LTU, x, y))
RV_RR(xor, tcg_xor(b, TCG_I64, x, y))
RV_RR(srl, tcg_shr(b, TCG_I64, x, y))
RV_RR(sra, tcg_sar(b, TCG_I64, x, y))
RV_RR(or, tcg_or(b, TCG_I64, x, y))
RV_RR(and, tcg_and(b, TCG_I64, x, y))
RV_RI(addiw, immI, word(b, TCG_OP_add, x, y))
RV_RI(slliw, shamt, word(b, TCG_OP_shl, x, y))
RV_RI(srliw, shamt, word(b, TCG_OP_shr, x, y))
RV_RI(sraiw, shamt, word(b, TCG_OP_sar, x, y))
RV_RR(addw, word(b, TCG_OP_add, x, y))
RV_RR(subw, word(b, TCG_OP_sub, x, y))
RV_RR(sllw, word(b, TCG_OP_shl, x, y))
RV_RR(srlw, word(b, TCG_OP_shr, x, y))
RV_RR(sraw, word(b, TCG_OP_sar, x, y))

void rv_tr_lui(TcgBuild *b, const RvArgs *a)
{
    rv_put_x(b, a->rd, rv_imm(b, a->immU));
}

void rv_tr_auipc(TcgBuild *b, const RvArgs *a)
{
    rv_put_x(b, a->rd, tcg_const(b, tcg_build_pc(b) + (uint64_t)(int64_t)a->immU));
}

/* M. Division by zero gives all ones; IR's gives 0. [RVU 13.2] */
static TcgRef quotient(TcgBuild *b, TcgOp op, TcgType t, TcgRef x, TcgRef y)
{
    TcgRef q = tcg_op2(b, op, t, x, y);
    TcgRef r = tcg_sel(b, t, TCG_EQ, tcg_cmp(b, t, y, tcg_const(b, 0)), tcg_const(b, ~(uint64_t)0), q);

    return t == TCG_I32 ? tcg_op1(b, TCG_OP_ext32s, TCG_I64, r) : r;
}

RV_RR(mul, tcg_mul(b, TCG_I64, x, y))
RV_RR(mulh, tcg_op2(b, TCG_OP_mulhs, TCG_I64, x, y))
RV_RR(mulhsu, tcg_op2(b, TCG_OP_mulhsu, TCG_I64, x, y))
RV_RR(mulhu, tcg_op2(b, TCG_OP_mulhu, TCG_I64, x, y))
RV_RR(div, quotient(b, TCG_OP_divs, TCG_I64, x, y))
RV_RR(divu, quotient(b, TCG_OP_divu, TCG_I64, x, y))
RV_RR(rem, tcg_rems(b, TCG_I64, x, y))
RV_RR(remu, tcg_remu(b, TCG_I64, x, y))
RV_RR(mulw, word(b, TCG_OP_mul, x, y))
RV_RR(divw, quotient(b, TCG_OP_divs, TCG_I32, x, y))
RV_RR(divuw, quotient(b, TCG_OP_divu, TCG_I32, x, y))
RV_RR(remw, word(b, TCG_OP_rems, x, y))
RV_RR(remuw, word(b, TCG_OP_remu, x, y))

/* Zba */
static TcgRef shift_add(TcgBuild *b, TcgRef x, TcgRef y, unsigned n, bool uw)
{
    if (uw) {
        x = tcg_op1(b, TCG_OP_ext32u, TCG_I64, x);
    }
    return tcg_add(b, TCG_I64, y, tcg_shl(b, TCG_I64, x, tcg_const(b, n)));
}

RV_RR(add_uw, shift_add(b, x, y, 0, true))
RV_RR(sh1add, shift_add(b, x, y, 1, false))
RV_RR(sh2add, shift_add(b, x, y, 2, false))
RV_RR(sh3add, shift_add(b, x, y, 3, false))
RV_RR(sh1add_uw, shift_add(b, x, y, 1, true))
RV_RR(sh2add_uw, shift_add(b, x, y, 2, true))
RV_RR(sh3add_uw, shift_add(b, x, y, 3, true))
RV_RI(slli_uw, shamt, tcg_shl(b, TCG_I64, tcg_op1(b, TCG_OP_ext32u, TCG_I64, x), y))

/* Zbb */
static TcgRef pick(TcgBuild *b, TcgCond cc, TcgRef x, TcgRef y)
{
    return tcg_sel(b, TCG_I64, cc, tcg_cmp(b, TCG_I64, x, y), x, y);
}

static TcgRef rotate_left(TcgBuild *b, TcgType t, TcgRef x, TcgRef y)
{
    return tcg_rotr(b, t, x, tcg_op1(b, TCG_OP_neg, t, y));
}

RV_RR(andn, tcg_andn(b, TCG_I64, x, y))
RV_RR(orn, tcg_orn(b, TCG_I64, x, y))
RV_RR(xnor, tcg_xnor(b, TCG_I64, x, y))
RV_R(clz, tcg_op1(b, TCG_OP_clz, TCG_I64, x))
RV_R(clzw, tcg_op1(b, TCG_OP_clz, TCG_I32, x))
RV_R(ctz, tcg_op1(b, TCG_OP_ctz, TCG_I64, x))
RV_R(ctzw, tcg_op1(b, TCG_OP_ctz, TCG_I32, x))
RV_R(cpop, tcg_op1(b, TCG_OP_popcnt, TCG_I64, x))
RV_R(cpopw, tcg_op1(b, TCG_OP_popcnt, TCG_I32, x))
RV_RR(max, pick(b, TCG_GT, x, y))
RV_RR(maxu, pick(b, TCG_GTU, x, y))
RV_RR(min, pick(b, TCG_LT, x, y))
RV_RR(minu, pick(b, TCG_LTU, x, y))
RV_R(sext_b, tcg_op1(b, TCG_OP_ext8s, TCG_I64, x))
RV_R(sext_h, tcg_op1(b, TCG_OP_ext16s, TCG_I64, x))
RV_R(zext_h, tcg_op1(b, TCG_OP_ext16u, TCG_I64, x))
RV_RR(rol, rotate_left(b, TCG_I64, x, y))
RV_RR(rolw, tcg_op1(b, TCG_OP_ext32s, TCG_I64, rotate_left(b, TCG_I32, x, y)))
RV_RR(ror, tcg_rotr(b, TCG_I64, x, y))
RV_RR(rorw, word(b, TCG_OP_rotr, x, y))
RV_RI(rori, shamt, tcg_rotr(b, TCG_I64, x, y))
RV_RI(roriw, shamt, word(b, TCG_OP_rotr, x, y))
RV_R(orc_b, tcg_op1(b, TCG_OP_orcb, TCG_I64, x))
RV_R(rev8, tcg_op1(b, TCG_OP_bswap, TCG_I64, x))

/* Zbc */
static TcgRef carryless_reversed(TcgBuild *b, TcgRef x, TcgRef y)
{
    TcgRef high = tcg_op2(b, TCG_OP_clmulh, TCG_I64, x, y), low = tcg_op2(b, TCG_OP_clmul, TCG_I64, x, y);

    return tcg_op(b, TCG_OP_extr, TCG_I64, 0, high, low, 63);
}

RV_RR(clmul, tcg_op2(b, TCG_OP_clmul, TCG_I64, x, y))
RV_RR(clmulh, tcg_op2(b, TCG_OP_clmulh, TCG_I64, x, y))
RV_RR(clmulr, carryless_reversed(b, x, y))

/* Zbs */
static TcgRef bit(TcgBuild *b, TcgRef n)
{
    return tcg_shl(b, TCG_I64, tcg_const(b, 1), n);
}

static TcgRef bit_value(TcgBuild *b, TcgRef x, TcgRef n)
{
    return tcg_and(b, TCG_I64, tcg_shr(b, TCG_I64, x, n), tcg_const(b, 1));
}

RV_RR(bclr, tcg_andn(b, TCG_I64, x, bit(b, y)))
RV_RR(bext, bit_value(b, x, y))
RV_RR(binv, tcg_xor(b, TCG_I64, x, bit(b, y)))
RV_RR(bset, tcg_or(b, TCG_I64, x, bit(b, y)))
RV_RI(bclri, shamt, tcg_and(b, TCG_I64, x, tcg_op1(b, TCG_OP_not, TCG_I64, bit(b, y))))
RV_RI(bexti, shamt, bit_value(b, x, y))
RV_RI(binvi, shamt, tcg_xor(b, TCG_I64, x, bit(b, y)))
RV_RI(bseti, shamt, tcg_or(b, TCG_I64, x, bit(b, y)))

/* Zicond */
static TcgRef zero_if(TcgBuild *b, TcgCond cc, TcgRef x, TcgRef y)
{
    return tcg_sel(b, TCG_I64, cc, tcg_cmp(b, TCG_I64, y, tcg_const(b, 0)), tcg_const(b, 0), x);
}

RV_RR(czero_eqz, zero_if(b, TCG_EQ, x, y))
RV_RR(czero_nez, zero_if(b, TCG_NE, x, y))
