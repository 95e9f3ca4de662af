/* SPDX-License-Identifier: BSD-2-Clause */
/* What loads and stores of user mode (emit-mem.c), those of machines (emit-soft.c) and emit-flow.c share. */
#ifndef HX86_EMIT_MEM_H
#define HX86_EMIT_MEM_H

#include "host/x86_64/emit.h"
#include "tcg/mem.h"

void em_load(Emit *E, const TcgIns *i);
void em_store(Emit *E, const TcgIns *i);
bool em_atomic(Emit *E, const TcgIns *i);           /* false: not inline */
void em_load_masked(Emit *E, const TcgIns *i);      /* ldm; emit-mem-mask.c */
void em_store_masked(Emit *E, const TcgIns *i);
void em_load_lane(Emit *E, const TcgIns *i);        /* ldl; likewise */
void em_store_lane(Emit *E, const TcgIns *i);
void em_cold_nothing(Emit *E, const Cold *c);
void em_cold_store_some(Emit *E, const Cold *c);

void em_soft_groups(Emit *E);                       /* before the code of the first record */
void em_soft_load(Emit *E, const TcgIns *i);
void em_soft_store(Emit *E, const TcgIns *i);
void em_soft_cold(Emit *E, const Cold *c);
bool em_soft_atomic(Emit *E, const TcgIns *i);      /* false: not inline; emit-soft-atomic.c */

/* Compares: equal if the bytes from m + low to m + high lie in one page whose entry is fast. t then is the entry's
 * index; u is clobbered. */
void em_soft_compare(Emit *E, TcgAccess access, Mem m, int32_t low, int32_t high, int t, int u);
void em_soft_match(Emit *E, TcgAccess access, int t, int u);        /* compares u with the tag of entry t */
void em_soft_addend(Emit *E, TcgAccess access, int t);      /* t: from the index to the addend */
int em_soft_lend(int but, int nor);                 /* a pinned register to be saved, used, and loaded again */

/* The value v of an access as an operand: OP_NONE with *k set for a constant that is too large to be one. free: two
 * scratch registers beside base and v will do. */
Opnd em_soft_value(Emit *E, const TcgIns *i, TcgRef v, int base, bool free, uint64_t *k);
void em_extend_result(Emit *E, const TcgIns *i, int r);
void em_locked(Enc *e, unsigned size, unsigned opc8, unsigned opc, bool lock, int r, Mem m);

uint32_t em_live_scratch(const Emit *E, int but);   /* scratch registers wanted after the operation, but for one */
void em_keep(Enc *e, uint32_t set, bool store);     /* scratch registers to memory, or back */
void em_move_16(Enc *e, Mem to, Mem from);          /* through rax */
Mem em_arg(unsigned k);                             /* operand k of an out-of-line operation; 3: its result */
Mem em_address(Emit *E, const TcgIns *i);           /* of a memory operation; base and index are locked */
void em_load_int(Enc *e, const TcgIns *i, int d, Mem m);
void em_store_reg(Enc *e, unsigned size, Mem m, int r);
void em_store_imm(Enc *e, unsigned size, Mem m, int32_t k);

#endif
