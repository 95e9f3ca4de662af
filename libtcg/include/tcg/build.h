/* SPDX-License-Identifier: BSD-2-Clause */
/* Building IR: what a guest's translate function calls. The builder folds constants and algebra and removes
 * common expressions as it goes, so a guest emits what the manual says and no more.
 *
 * Guest state is committed by tcg_put in program order: an operation that can fault (ld, st, ll, sc, x*, cas,
 * hcall or vcall with TCG_H_FAULT) must come before every tcg_put of its instruction. */
#ifndef TCG_BUILD_H
#define TCG_BUILD_H

#include "tcg/exec.h"
#include "tcg/guest.h"
#include "tcg/ir.h"

typedef struct TcgBuild TcgBuild;

/* Where we are. */
uint64_t tcg_build_pc(const TcgBuild *b);
uint32_t tcg_build_mode(const TcgBuild *b);
uint64_t tcg_build_known(const TcgBuild *b);    /* TcgGuest.known of the mode */
bool tcg_build_first(const TcgBuild *b);        /* the instruction at pc is the block's first */

/* What the guest knows here of its own state beyond the mode word: a byte of its own coding, 0 for nothing. It holds
 * in the rest of the block and goes along direct jumps and branches (not calls) of a block that has asked for it, so
 * that their target is translated for it. Any other way to a block gives 0, with which translation has to be right
 * always. */
unsigned tcg_build_context(TcgBuild *b);
void tcg_build_context_set(TcgBuild *b, unsigned context);

/* Instruction bytes at pc + offset, little-endian. False: those bytes are not executable; the caller returns at
 * once (the builder has arranged for the fault at the right place). */
bool tcg_build_fetch16(TcgBuild *b, unsigned offset, uint16_t *out);
bool tcg_build_fetch32(TcgBuild *b, unsigned offset, uint32_t *out);

/* Fetches the 4-byte instruction at pc and begins it (tcg_build_insn). False as above. */
bool tcg_build_insn32(TcgBuild *b, uint32_t *out);

/* The same for instructions of 4 bytes if the two lowest bits are set, and of 2 otherwise; what is beyond these is 0.
 * Returns the length; 0 as false above. */
unsigned tcg_build_insn16(TcgBuild *b, uint32_t *out);

/* Reads guest code elsewhere, for flags_dead: false if it is not readable as code. */
bool tcg_build_peek32(TcgBuild *b, uint64_t pc, uint32_t *out);

/* What the owner's page_prot gave for the page of the bytes last fetched; PROT_EXEC in machines. */
int tcg_build_prot(const TcgBuild *b);

/* Once per instruction, before its first operation: its length in bytes. */
void tcg_build_insn(TcgBuild *b, unsigned length);

/* The instruction is undefined, or its row is todo (name it then): emits the exit. */
void tcg_build_undef(TcgBuild *b, const char *todo_name);

/* Values. */
TcgRef tcg_const(TcgBuild *b, uint64_t v);
TcgRef tcg_vconst(TcgBuild *b, uint64_t lo, uint64_t hi);
bool tcg_is_const(const TcgBuild *b, TcgRef r, uint64_t *v);
bool tcg_is_entry(const TcgBuild *b, TcgRef r);    /* what a guest register held before the block, or before a call */
TcgRef tcg_get(TcgBuild *b, unsigned reg);
void tcg_put(TcgBuild *b, unsigned reg, TcgRef v);

/* Any value operation of ops.def: operands that are immediates go in as plain numbers. */
TcgRef tcg_op(TcgBuild *b, TcgOp op, TcgType type, unsigned aux, TcgRef x, TcgRef y, TcgRef z);

static inline TcgRef tcg_op1(TcgBuild *b, TcgOp op, TcgType t, TcgRef x)
{
    return tcg_op(b, op, t, 0, x, 0, 0);
}

static inline TcgRef tcg_op2(TcgBuild *b, TcgOp op, TcgType t, TcgRef x, TcgRef y)
{
    return tcg_op(b, op, t, 0, x, y, 0);
}

#define TCG_BUILD_2(name) \
    static inline TcgRef tcg_##name(TcgBuild *b, TcgType t, TcgRef x, TcgRef y) \
    { \
        return tcg_op2(b, TCG_OP_##name, t, x, y); \
    }
TCG_BUILD_2(add) TCG_BUILD_2(sub) TCG_BUILD_2(mul) TCG_BUILD_2(and) TCG_BUILD_2(or) TCG_BUILD_2(xor)
TCG_BUILD_2(andn) TCG_BUILD_2(orn) TCG_BUILD_2(xnor) TCG_BUILD_2(shl) TCG_BUILD_2(shr) TCG_BUILD_2(sar)
TCG_BUILD_2(rotr) TCG_BUILD_2(divu) TCG_BUILD_2(divs) TCG_BUILD_2(remu) TCG_BUILD_2(rems)
TCG_BUILD_2(cmp) TCG_BUILD_2(cmn) TCG_BUILD_2(tst)
#undef TCG_BUILD_2

/* Bit fields: 0 <= pos, 1 <= len, pos + len <= width. */
TcgRef tcg_extu(TcgBuild *b, TcgType t, TcgRef x, unsigned pos, unsigned len);
TcgRef tcg_exts(TcgBuild *b, TcgType t, TcgRef x, unsigned pos, unsigned len);
TcgRef tcg_dep(TcgBuild *b, TcgType t, TcgRef x, TcgRef field, unsigned pos, unsigned len);

/* Consumers of flags. */
TcgRef tcg_sel(TcgBuild *b, TcgType t, TcgCond cc, TcgRef flags, TcgRef x, TcgRef y);
TcgRef tcg_setcc(TcgBuild *b, TcgCond cc, TcgRef flags);

/* Memory; disp is signed. The type is that of the value: I32 or I64 (the width a sign extension reaches), F16, F32,
 * F64 or V128 (the access must be of that size). A store of an integer takes the low bytes. */
TcgRef tcg_ld(TcgBuild *b, TcgType t, unsigned memop, TcgRef base, int64_t disp);
TcgRef tcg_ld_index(TcgBuild *b, TcgType t, unsigned memop, TcgRef base, TcgRef index, unsigned scale);
void tcg_st(TcgBuild *b, TcgType t, unsigned memop, TcgRef base, int64_t disp, TcgRef v);
/* Bytes of 16 whose bits are set in mask (I64, bits above 15 do not count). A fault may be reported at another byte
 * than the first: TcgGuest.redo makes it exact. Loads: user mode only. */
TcgRef tcg_ldm(TcgBuild *b, TcgRef base, int16_t disp, TcgRef mask);
void tcg_stm(TcgBuild *b, TcgRef base, int16_t disp, TcgRef mask, TcgRef v);
/* One lane of 1 << lane bytes of v, if the bit of its first byte is set in mask (as above; 0: in any case). They too
 * are parts of an instruction that TcgGuest.redo makes exact. */
TcgRef tcg_ld_lane(TcgBuild *b, unsigned lane, unsigned index, TcgRef addr, TcgRef mask, TcgRef v);
void tcg_st_lane(TcgBuild *b, unsigned lane, unsigned index, TcgRef addr, TcgRef mask, TcgRef v);
void tcg_st_index(TcgBuild *b, TcgType t, unsigned memop, TcgRef base, TcgRef index, unsigned scale, TcgRef v);

/* Control. After all but brcc the block is ended. ret_pc of a call is the end of the current instruction. */
void tcg_brcc(TcgBuild *b, TcgCond cc, TcgRef flags, uint64_t target);
void tcg_jmp(TcgBuild *b, uint64_t target);
void tcg_call(TcgBuild *b, uint64_t target);
void tcg_jmpi(TcgBuild *b, TcgRef target);
void tcg_calli(TcgBuild *b, TcgRef target);
void tcg_ret(TcgBuild *b, TcgRef target);
void tcg_exit(TcgBuild *b, TcgExit reason, uint64_t pc);

/* Helpers, by id in TcgGuest.helpers; t is the result's type (TCG_NONE for none). Guest registers that a helper
 * writes are re-read afterwards. z is an immediate for a vector helper with TCG_H_C_IMM. */
TcgRef tcg_hcall(TcgBuild *b, unsigned helper, TcgType t, TcgRef x, TcgRef y, TcgRef z);
TcgRef tcg_vcall(TcgBuild *b, unsigned helper, TcgType t, TcgRef x, TcgRef y, TcgRef z);

/* aux bits for floating point in the current mode: FP_* mode bits of base/fp.h shifted into place. */
unsigned tcg_fp_mode(unsigned fp_mode_bits);

/* x: n vectors of memory that hold structures of n elements of 1 << lane bytes, n 2 to 4, become n vectors with one
 * element of each; tcg_join is the way back. Not full: the structures are in the first 8 * n bytes, in as few vectors
 * as hold them, and the elements in the low halves of n vectors, whose high halves are anything. */
void tcg_split(TcgBuild *b, unsigned n, unsigned lane, bool full, TcgRef x[4]);
void tcg_join(TcgBuild *b, unsigned n, unsigned lane, bool full, TcgRef x[4]);

#endif
