/* SPDX-License-Identifier: BSD-2-Clause */
/* What loads and stores of user mode (emit-mem.c), those of machines (emit-soft.c) and emit-flow.c share. */
#ifndef HX86_EMIT_MEM_H
#define HX86_EMIT_MEM_H

#include "host/x86_64/emit.h"

void em_load(Emit *E, const TcgIns *i);
void em_store(Emit *E, const TcgIns *i);
bool em_atomic(Emit *E, const TcgIns *i);           /* false: not inline */

void em_soft_load(Emit *E, const TcgIns *i);
void em_soft_store(Emit *E, const TcgIns *i);
void em_soft_cold(Emit *E, const Cold *c);

uint32_t em_live_scratch(const Emit *E, int but);   /* scratch registers wanted after the operation, but for one */
void em_keep(Enc *e, uint32_t set, bool store);     /* scratch registers to memory, or back */
void em_move_16(Enc *e, Mem to, Mem from);          /* through rax */
Mem em_arg(unsigned k);                             /* operand k of an out-of-line operation; 3: its result */
Mem em_address(Emit *E, const TcgIns *i);           /* of a memory operation; base and index are locked */
void em_load_int(Enc *e, const TcgIns *i, int d, Mem m);
void em_store_reg(Enc *e, unsigned size, Mem m, int r);
void em_store_imm(Enc *e, unsigned size, Mem m, int32_t k);

#endif
