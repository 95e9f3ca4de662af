/* SPDX-License-Identifier: BSD-2-Clause */
/* Compressed instructions that are another instruction with other fields. [RVU 26, 27.3] */
#include "guest/riscv/insn.h"

#define RV_C(name, full, ...) \
    void rv_tr_##name(TcgBuild *b, const RvArgs *a) \
    { \
        const RvArgs n = { __VA_ARGS__ }; \
        rv_tr_##full(b, &n); \
    }
#define RDP (a->rdp + 8)
#define RS1P (a->rs1p + 8)
#define RS2P (a->rs2p + 8)

RV_C(c_addi4spn, addi, .rd = RDP, .rs1 = RV_SP, .immI = a->c_4spn)
RV_C(c_addi, addi, .rd = a->rd, .rs1 = a->rd, .immI = a->c_imm6)
RV_C(c_addiw, addiw, .rd = a->rd, .rs1 = a->rd, .immI = a->c_imm6)
RV_C(c_li, addi, .rd = a->rd, .rs1 = 0, .immI = a->c_imm6)
RV_C(c_addi16sp, addi, .rd = RV_SP, .rs1 = RV_SP, .immI = a->c_16sp)
RV_C(c_lui, lui, .rd = a->rd, .immU = a->c_imm6 * 4096)
RV_C(c_srli, srli, .rd = RS1P, .rs1 = RS1P, .shamt = a->c_shamt)
RV_C(c_srai, srai, .rd = RS1P, .rs1 = RS1P, .shamt = a->c_shamt)
RV_C(c_andi, andi, .rd = RS1P, .rs1 = RS1P, .immI = a->c_imm6)
RV_C(c_sub, sub, .rd = RS1P, .rs1 = RS1P, .rs2 = RS2P)
RV_C(c_xor, xor, .rd = RS1P, .rs1 = RS1P, .rs2 = RS2P)
RV_C(c_or, or, .rd = RS1P, .rs1 = RS1P, .rs2 = RS2P)
RV_C(c_and, and, .rd = RS1P, .rs1 = RS1P, .rs2 = RS2P)
RV_C(c_subw, subw, .rd = RS1P, .rs1 = RS1P, .rs2 = RS2P)
RV_C(c_addw, addw, .rd = RS1P, .rs1 = RS1P, .rs2 = RS2P)
RV_C(c_slli, slli, .rd = a->rd, .rs1 = a->rd, .shamt = a->c_shamt)
RV_C(c_mv, addi, .rd = a->rd, .rs1 = a->rs2)
RV_C(c_add, add, .rd = a->rd, .rs1 = a->rd, .rs2 = a->rs2)
RV_C(c_zext_b, andi, .rd = RS1P, .rs1 = RS1P, .immI = 255)
RV_C(c_sext_b, sext_b, .rd = RS1P, .rs1 = RS1P)
RV_C(c_zext_h, zext_h, .rd = RS1P, .rs1 = RS1P)
RV_C(c_sext_h, sext_h, .rd = RS1P, .rs1 = RS1P)
RV_C(c_zext_w, add_uw, .rd = RS1P, .rs1 = RS1P, .rs2 = 0)
RV_C(c_not, xori, .rd = RS1P, .rs1 = RS1P, .immI = -1)
RV_C(c_mul, mul, .rd = RS1P, .rs1 = RS1P, .rs2 = RS2P)
