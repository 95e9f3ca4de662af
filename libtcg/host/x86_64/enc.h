/* SPDX-License-Identifier: BSD-2-Clause */
/* x86-64 instruction encoding. [SDM 2A 2]
 *
 * Everything is appended at *p. Register numbers are the hardware's: 0..15 general, 0..15 vector. An instruction
 * with a memory operand takes a Mem. Opcodes carry their map and mandatory prefix in one number:
 *   bits 0..7 opcode, bits 8..11 map (0: one byte, 1: 0F, 2: 0F38, 3: 0F3A),
 *   bits 12..15 prefix (0, 1: 66, 2: F3, 3: F2) */
#ifndef HX86_ENC_H
#define HX86_ENC_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15, RNONE = -1 };

#define OPC(prefix, map, op) ((op) | (map) << 8 | (prefix) << 12)
#define O_0F(op) OPC(0, 1, op)
#define O_66(op) OPC(1, 1, op)
#define O_F3(op) OPC(2, 1, op)
#define O_F2(op) OPC(3, 1, op)
#define O_66_38(op) OPC(1, 2, op)
#define O_F3_38(op) OPC(2, 2, op)
#define O_F2_38(op) OPC(3, 2, op)
#define O_66_3A(op) OPC(1, 3, op)

typedef struct Mem {
    int8_t base, index;         /* RNONE: none; base RNONE with no index: rip-relative to target */
    uint8_t scale;              /* log2 */
    int32_t disp;
    const void *target;         /* rip-relative: address in the same view as the code is executed from */
} Mem;

static inline Mem mem_b(int base, int32_t disp)
{
    return (Mem){ (int8_t)base, RNONE, 0, disp, NULL };
}

static inline Mem mem_bi(int base, int index, unsigned scale, int32_t disp)
{
    return (Mem){ (int8_t)base, (int8_t)index, (uint8_t)scale, disp, NULL };
}

static inline Mem mem_rip(const void *target)
{
    return (Mem){ RNONE, RNONE, 0, 0, target };
}

/* The write position, and what to add to it for the address the code will run at. */
typedef struct Enc {
    uint8_t *p;
    intptr_t rx;
} Enc;

static inline void enc8(Enc *e, unsigned v)
{
    *e->p++ = (uint8_t)v;
}

static inline void enc32(Enc *e, uint32_t v)
{
    memcpy(e->p, &v, 4);
    e->p += 4;
}

static inline void enc64(Enc *e, uint64_t v)
{
    memcpy(e->p, &v, 8);
    e->p += 8;
}

/* ModRM and what follows for a memory operand; tail is the number of immediate bytes after it. A displacement of 8
 * bits counts units of 1 << scaled bytes. */
static inline void enc_mem_scaled(Enc *e, int reg, Mem m, unsigned tail, unsigned scaled)
{
    unsigned r = (unsigned)(reg & 7) << 3;

    if (m.target) {
        enc8(e, 0x05 | r);
        intptr_t next = (intptr_t)e->p + 4 + (intptr_t)tail + e->rx;
        enc32(e, (uint32_t)((intptr_t)m.target - next));
        return;
    }
    if (m.base == RNONE) {                          /* index * scale + disp32 */
        enc8(e, 0x04 | r);
        enc8(e, (unsigned)m.scale << 6 | (m.index == RNONE ? 4u : (unsigned)m.index & 7) << 3 | 5);
        enc32(e, (uint32_t)m.disp);
        return;
    }
    bool sib = m.index != RNONE || (m.base & 7) == 4;
    const int32_t units = m.disp >> scaled;
    const bool small = units == (int8_t)units && units << scaled == m.disp;
    unsigned mod = m.disp == 0 && (m.base & 7) != 5 ? 0 : small ? 1 : 2;
    enc8(e, mod << 6 | r | (sib ? 4u : (unsigned)m.base & 7));
    if (sib) {
        enc8(e, (unsigned)m.scale << 6 | (m.index == RNONE ? 4u : (unsigned)m.index & 7) << 3
                | ((unsigned)m.base & 7));
    }
    if (mod == 1) {
        enc8(e, (uint8_t)units);
    } else if (mod == 2) {
        enc32(e, (uint32_t)m.disp);
    }
}

static inline void enc_mem(Enc *e, int reg, Mem m, unsigned tail)
{
    enc_mem_scaled(e, reg, m, tail, 0);
}

static inline void enc_prefix(Enc *e, unsigned opc)
{
    static const uint8_t prefix[4] = { 0, 0x66, 0xf3, 0xf2 };

    if (opc >> 12) {
        enc8(e, prefix[opc >> 12 & 3]);
    }
}

static inline void enc_opcode(Enc *e, unsigned opc)
{
    unsigned map = opc >> 8 & 15;

    if (map) {
        enc8(e, 0x0f);
    }
    if (map >= 2) {
        enc8(e, map == 2 ? 0x38 : 0x3a);
    }
    enc8(e, opc & 0xff);
}

/* Prefix, REX (0: none) and opcode. */
static inline void enc_head(Enc *e, unsigned opc, unsigned rex)
{
    if (opc < 0x100) {                              /* by far the most frequent: one store, no loop */
        uint32_t both = rex ? rex | opc << 8 : opc;
        memcpy(e->p, &both, 4);
        e->p += rex ? 2 : 1;
        return;
    }
    enc_prefix(e, opc);
    if (rex) {
        enc8(e, rex);
    }
    enc_opcode(e, opc);
}

/* reg, rm registers; w: 64-bit; byte_reg: rm or reg is a byte register that may need a REX to be SPL..DIL */
static inline void enc_rr(Enc *e, unsigned opc, bool w, int reg, int rm, bool byte)
{
    unsigned rex = (unsigned)w << 3 | (unsigned)(reg >> 3 & 1) << 2 | (unsigned)(rm >> 3 & 1);

    rex |= rex || (byte && (reg >= 4 || rm >= 4)) ? 0x40 : 0;
    unsigned modrm = 0xc0 | (unsigned)(reg & 7) << 3 | (unsigned)(rm & 7);
    enc_head(e, opc, rex);
    enc8(e, modrm);
}

static inline void enc_rm(Enc *e, unsigned opc, bool w, int reg, Mem m, bool byte, unsigned tail)
{
    unsigned rex = (unsigned)w << 3 | (unsigned)(reg >> 3 & 1) << 2
        | (m.index > 7 ? 2u : 0) | (m.base > 7 ? 1u : 0);

    rex |= rex || (byte && reg >= 4) ? 0x40 : 0;
    enc_head(e, opc, rex);
    enc_mem(e, reg, m, tail);
}

/* VEX. l: 256-bit. v: the extra source register. */
static inline void enc_vex(Enc *e, unsigned opc, bool w, bool l, int reg, int v, bool x, bool b)
{
    unsigned pp = opc >> 12 & 3, map = opc >> 8 & 15, r = (unsigned)(~reg >> 3 & 1);
    unsigned last = (unsigned)(~v & 15) << 3 | (unsigned)l << 2 | pp;

    if (map == 1 && !w && !x && !b) {
        enc8(e, 0xc5);
        enc8(e, r << 7 | last);
    } else {
        enc8(e, 0xc4);
        enc8(e, r << 7 | (unsigned)!x << 6 | (unsigned)!b << 5 | map);
        enc8(e, (unsigned)w << 7 | last);
    }
    enc8(e, opc & 0xff);
}

static inline void enc_vex_rr(Enc *e, unsigned opc, bool w, bool l, int reg, int v, int rm)
{
    enc_vex(e, opc, w, l, reg, v, false, rm > 7);
    enc8(e, 0xc0 | (unsigned)(reg & 7) << 3 | (unsigned)(rm & 7));
}

static inline void enc_vex_rm(Enc *e, unsigned opc, bool w, bool l, int reg, int v, Mem m, unsigned tail)
{
    enc_vex(e, opc, w, l, reg, v, m.index > 7, m.base > 7);
    enc_mem(e, reg, m, tail);
}

/* EVEX, 128 bits, vector registers 0..15 only. aaa: mask register of the result, 0: none. */
static inline void enc_evex_rr(Enc *e, unsigned opc, bool w, int reg, int v, int rm, unsigned aaa)
{
    enc8(e, 0x62);
    enc8(e, (unsigned)(~reg >> 3 & 1) << 7 | 0x40 | (unsigned)(~rm >> 3 & 1) << 5 | 0x10 | (opc >> 8 & 3));
    enc8(e, (unsigned)w << 7 | (unsigned)(~v & 15) << 3 | 4 | (opc >> 12 & 3));
    enc8(e, 0x08 | aaa);
    enc8(e, opc & 0xff);
    enc8(e, 0xc0 | (unsigned)(reg & 7) << 3 | (unsigned)(rm & 7));
}

/* The same of 16 bytes in memory. zero: elements that the mask leaves out become 0. */
static inline void enc_evex_rm(Enc *e, unsigned opc, bool w, int reg, int v, Mem m, unsigned aaa, bool zero)
{
    enc8(e, 0x62);
    enc8(e, (unsigned)(~reg >> 3 & 1) << 7 | (unsigned)!(m.index > 7) << 6 | (unsigned)!(m.base > 7) << 5 | 0x10
            | (opc >> 8 & 3));
    enc8(e, (unsigned)w << 7 | (unsigned)(~v & 15) << 3 | 4 | (opc >> 12 & 3));
    enc8(e, (unsigned)zero << 7 | 0x08 | aaa);
    enc8(e, opc & 0xff);
    enc_mem_scaled(e, reg, m, 0, 4);
}

/* Common instructions */

static inline void x_mov_rr(Enc *e, bool w, int dst, int src)
{
    enc_rr(e, 0x8b, w, dst, src, false);
}

static inline void x_load(Enc *e, bool w, int dst, Mem m)
{
    enc_rm(e, 0x8b, w, dst, m, false, 0);
}

static inline void x_store(Enc *e, bool w, int src, Mem m)
{
    enc_rm(e, 0x89, w, src, m, false, 0);
}

/* dst := v, flags kept */
static inline void x_mov_ri(Enc *e, int dst, uint64_t v)
{
    if (v == (uint32_t)v) {
        if (dst > 7) {
            enc8(e, 0x41);
        }
        enc8(e, 0xb8 | (unsigned)(dst & 7));
        enc32(e, (uint32_t)v);
    } else if (v == (uint64_t)(int64_t)(int32_t)v) {
        enc_rr(e, 0xc7, true, 0, dst, false);
        enc32(e, (uint32_t)v);
    } else {
        enc8(e, 0x48 | (dst > 7));
        enc8(e, 0xb8 | (unsigned)(dst & 7));
        enc64(e, v);
    }
}

/* Arithmetic group: 0 add, 1 or, 2 adc, 3 sbb, 4 and, 5 sub, 6 xor, 7 cmp */
enum { X_ADD, X_OR, X_ADC, X_SBB, X_AND, X_SUB, X_XOR, X_CMP };

static inline void x_alu_rr(Enc *e, int op, bool w, int dst, int src)
{
    enc_rr(e, (unsigned)op << 3 | 3, w, dst, src, false);
}

static inline void x_alu_rm(Enc *e, int op, bool w, int dst, Mem m)
{
    enc_rm(e, (unsigned)op << 3 | 3, w, dst, m, false, 0);
}

static inline void x_alu_mr(Enc *e, int op, bool w, Mem m, int src)
{
    enc_rm(e, (unsigned)op << 3 | 1, w, src, m, false, 0);
}

static inline void x_alu_ri(Enc *e, int op, bool w, int dst, int32_t v)
{
    if (v == (int8_t)v) {
        enc_rr(e, 0x83, w, op, dst, false);
        enc8(e, (uint8_t)v);
    } else {
        enc_rr(e, 0x81, w, op, dst, false);
        enc32(e, (uint32_t)v);
    }
}

static inline void x_alu_mi(Enc *e, int op, bool w, Mem m, int32_t v)
{
    if (v == (int8_t)v) {
        enc_rm(e, 0x83, w, op, m, false, 1);
        enc8(e, (uint8_t)v);
    } else {
        enc_rm(e, 0x81, w, op, m, false, 4);
        enc32(e, (uint32_t)v);
    }
}

static inline void x_lea(Enc *e, bool w, int dst, Mem m)
{
    enc_rm(e, 0x8d, w, dst, m, false, 0);
}

/* Shift group by immediate: 0 rol, 1 ror, 4 shl, 5 shr, 7 sar */
enum { X_ROL = 0, X_ROR = 1, X_SHL = 4, X_SHR = 5, X_SAR = 7 };

static inline void x_shift_i(Enc *e, int op, bool w, int dst, unsigned n)
{
    enc_rr(e, n == 1 ? 0xd1 : 0xc1, w, op, dst, false);
    if (n != 1) {
        enc8(e, n);
    }
}

/* Condition codes of Jcc, SETcc, CMOVcc */
enum { X_O, X_NO, X_B, X_AE, X_E, X_NE, X_BE, X_A, X_S, X_NS, X_P, X_NP, X_L, X_GE, X_LE, X_G };

/* Forward jumps: the place of the rel32 is returned, and filled by x_here. */
static inline uint8_t *x_jcc(Enc *e, int cc)
{
    enc8(e, 0x0f);
    enc8(e, 0x80 | (unsigned)cc);
    enc32(e, 0);
    return e->p - 4;
}

static inline uint8_t *x_jmp(Enc *e)
{
    enc8(e, 0xe9);
    enc32(e, 0);
    return e->p - 4;
}

static inline void x_here(Enc *e, uint8_t *rel32)
{
    int32_t d = (int32_t)(e->p - (rel32 + 4));

    memcpy(rel32, &d, 4);
}

/* Backward jumps, to a position in the write view. */
static inline void x_jmp_to(Enc *e, const uint8_t *to)
{
    enc8(e, 0xe9);
    enc32(e, (uint32_t)(to - (e->p + 4)));
}

static inline void x_jcc_to(Enc *e, int cc, const uint8_t *to)
{
    enc8(e, 0x0f);
    enc8(e, 0x80 | (unsigned)cc);
    enc32(e, (uint32_t)(to - (e->p + 4)));
}

/* jmp and call through memory */
static inline void x_jmp_m(Enc *e, Mem m)
{
    enc_rm(e, 0xff, false, 4, m, false, 0);
}

static inline void x_call_m(Enc *e, Mem m)
{
    enc_rm(e, 0xff, false, 2, m, false, 0);
}

static inline void x_push_m(Enc *e, Mem m)
{
    enc_rm(e, 0xff, false, 6, m, false, 0);
}

#endif
