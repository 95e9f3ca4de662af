/* SPDX-License-Identifier: BSD-2-Clause */
/* Tier 1 on x86-64: state of one compilation, and what its parts offer each other.
 *
 * Registers
 *   rbp   env + TCG_ENV_BIAS, always
 *   rsp   the return stack: pairs {guest return address, host return address}
 *   rax rcx rdx, xmm0-5   scratch: values inside a block
 *   the other 11 general and 10 vector registers   pinned guest registers (pins.c), valid at every block edge
 *
 * Requirements
 *  1. A guest register has one home: its pinned register, or its place in env. A put commits to the home at once.
 *     So at every faulting instruction the state is exact but for the guest pc and, sometimes, the flags; both are
 *     in the block's fault points.
 *  2. A value is in a scratch register, in homes that still hold it, in a spill slot, or is a constant; several at
 *     once are allowed. ra_* in alloc.c is the only place that knows.
 *  3. The host's flags hold at most one flags value. Whatever clobbers them calls fl_clobber first, before it
 *     loads operands, because saving flags needs rax.
 *  4. An operation may compute straight into the home of the register it will be put to, if nobody can see the old
 *     value in between (the hint). Emitters must not write their destination before they have read all operands,
 *     unless they excluded those operands' registers.
 *  5. Code bytes never change after publication. What changes is in slots. */
#ifndef HX86_EMIT_H
#define HX86_EMIT_H

#include "host/x86_64/enc.h"
#include "run/thread.h"

#include <stddef.h>

enum { XMM0 = 16 };                         /* vector registers are numbered 16..31 in alloc's tables */
#define SCRATCH_GPR (1u << RAX | 1u << RCX | 1u << RDX)
enum { SCRATCH_XMMS = 6 };
#define SCRATCH_XMM (0x3fu << XMM0)

/* Host features. Bits of hx86_features and TcgConfig.host_mask. */
enum {
    HX_AVX = 1, HX_AVX2 = 2, HX_FMA = 4, HX_BMI1 = 8, HX_BMI2 = 16, HX_LZCNT = 32, HX_F16C = 64, HX_AES = 128,
    HX_PCLMUL = 256, HX_AVX512 = 1024, HX_POPCNT = 2048, HX_VNNI = 4096,
};
extern unsigned hx86_features;
void hx_fp_flags_init(uint8_t table[64]);    /* fp-state.c */
void hx_features_init(uint64_t mask);        /* features.c: all that the host has but for those in mask */

/* Pinned registers of a guest. */
typedef struct HxPins {
    int8_t of[TCG_MAX_REGS];                /* guest register -> host register, or -1 */
    int16_t guest[32];                      /* host register -> guest register, or -1 */
} HxPins;
void hx_pins_init(HxPins *pins, const TcgGuest *guest);

/* Operand of an instruction. */
typedef struct Opnd {
    enum { OP_NONE, OP_REG, OP_MEM, OP_IMM } kind;
    int reg;
    Mem mem;
    int32_t imm;
} Opnd;

typedef enum ColdKind {
    COLD_EXIT, COLD_LINK, COLD_RET, COLD_JUMP, COLD_ALIGN, COLD_FN, COLD_UNORDERED, COLD_MXCSR, COLD_SOFT,
    COLD_STORE_SOME, COLD_NOTHING
} ColdKind;

/* Code that runs rarely, emitted behind the block. */
typedef struct Cold {
    ColdKind kind;
    uint8_t *jump, *jump2, *jump3;          /* rel32 to fill with its place; the others or NULL */
    uint8_t *back, *hit;                    /* where to go on, or NULL; COLD_SOFT: the access */
    TcgSlot *slot;
    int reg, reg2;                          /* COLD_SOFT: where the result and the addend go */
    int form;                               /* flags form to save first, or -1; COLD_SOFT: group; COLD_ALIGN: begin */
    const TcgIns *ins;                      /* COLD_FN, COLD_STORE_SOME: the operation; reg: where its result goes */
    uint32_t live;                          /* with ins: scratch registers to keep */
    uint64_t pc, target;                    /* of the guest instruction it belongs to; COLD_EXIT without slot */
    Opnd ops[3];                            /* with ins: its operands; COLD_SOFT: the value to store; else not set */
    Mem mem;                                /* COLD_SOFT: the guest's address; else not set */
} Cold;

enum { MAX_COLD = 1024, MAX_FAULTS = 2048, MAX_POOL = 512 };

/* A reference to a vector constant behind the code. */
typedef struct PoolRef {
    uint8_t *disp;                          /* rel32 to fill */
    unsigned tail;                          /* bytes of the instruction behind it */
    uint64_t value[2];
} PoolRef;

/* What is known of the value that a record gives. */
typedef struct RefState {
    uint16_t last;                          /* index of the last use, 0: none */
    union {
        uint16_t put_at;                    /* index of the first put of the value, 0: none */
        uint16_t fl_last;                   /* of a put of flags: last record that can see them */
        uint16_t alias;                     /* MARK_ALIAS: the vzext of this scalar, which stands for it from there */
    };
    int8_t hreg;                            /* scratch register, or -1 */
    uint8_t home;                           /* guest register + 1 whose home holds it, or 0 */
    uint8_t spill;                          /* spill slot + 1, or 0 */
    uint8_t mark;                           /* MARK_* */
} RefState;

_Static_assert(sizeof(RefState) == 8 && TCG_MAX_INS <= UINT16_MAX, "one store clears a RefState");
_Static_assert(TCG_MAX_INS % 4 == 0, "they are cleared by fours");

typedef struct Emit {
    Enc e;
    TcgBuild *b;
    const TcgIns *ins;
    uint32_t n, i;                          /* records; the current one */
    uint64_t pc;                            /* of the current guest instruction */
    uint8_t *start;                         /* write view of the first byte */
    uint8_t *limit;                         /* code must end before */
    const HxPins *pins;
    bool views;                             /* the block has any vlow or vzext */
    bool soft;                              /* memory is behind a soft MMU: see emit-soft.c, as for the next */
    unsigned mmu, ngroups;
    uint8_t group[TCG_MAX_INS];             /* by record: group + 1, or 0 */
    struct SoftGroup { int32_t low, high; uint32_t leader; uint8_t slot; } groups[128];

    RefState r[TCG_MAX_INS];                /* by record */
    TcgRef held[32];                        /* by scratch register */
    uint16_t in_home[TCG_MAX_REGS];         /* value known to be in the home, or 0 */
    uint32_t lock;                          /* registers the current operation needs */
    uint64_t spill_used;

    TcgRef fl;                              /* value in the host's flags, or 0 */
    int fl_form;                            /* TCG_FF_HOST_* */
    TcgRef fl_guest;                        /* the guest's flags if they are not in their home yet, else 0 */
    uint32_t fl_until;                      /* last record that can see fl_guest */
    TcgRef fl_arch;                         /* the last value put to the flags register, or 0 */
    struct { uint8_t *at, *end; uint32_t regs; } cmp;       /* the last comparison, and the registers it reads */
    uint8_t *loop;                          /* where a jump to the block's own start goes, flags in the host's */
    unsigned fl_reg;                        /* id of the guest's flags register, or TCG_MAX_REGS */

    Cold cold[MAX_COLD];
    PoolRef pool[MAX_POOL];
    TcgFaultPoint faults[MAX_FAULTS];
    unsigned ncold, npool, nfaults;
    TcgSlot *slots, *slots_end;             /* next free slot */
    bool overflow;                          /* ran out of room: compile again in a new slab, or smaller */
} Emit;

enum { MARK_DEAD = 1, MARK_HINT = 2, MARK_ALIAS = 4, MARK_DONE = 8 /* with an earlier record */ };

/* env fields as memory operands */
static inline Mem mem_env(size_t offset)
{
    return mem_b(RBP, (int32_t)offset - TCG_ENV_BIAS);
}

#define mem_thread(field) mem_env(offsetof(TcgThread, field) - sizeof(TcgThread))
/* Entries of TcgThread.fp_const. */
enum { K_ABS32, K_ABS64, K_MIN32, K_MIN64, K_SIGN32, K_SIGN64, K_ABS16, K_SIGN16, K_COUNT };

#define mem_fp_const(n) mem_env(offsetof(TcgThread, fp_const) - sizeof(TcgThread) + (size_t)(n) * 16)
#define mem_helper(n) mem_env(offsetof(TcgThread, helpers) - sizeof(TcgThread) + (size_t)(n) * 8)

/* Entries of TcgThread.helpers: stubs, then operations, then the guest's helpers. */
enum {
    HX_LEAVE, HX_LINK, HX_MISS, HX_RET_MISS, HX_CALL_FULL, HX_CALL_LIGHT, HX_SCALAR_FULL, HX_SCALAR_LIGHT,
    HX_ALIGN_FN, HX_SOFT_LOAD, HX_SOFT_STORE, HX_FIRST_OP = 16, HX_FIRST_GUEST = HX_FIRST_OP + TCG_OP_COUNT,
};

void hx_liveness(Emit *E);                          /* liveness.c: fills last, put_at, mark */

/* alloc.c */

/* The value behind a view (vlow), or behind a scalar whose widened form was made. */
static inline TcgRef ra_resolve_at(const Emit *E, TcgRef v, uint32_t at)
{
    for (;;) {
        if (E->ins[v].op == TCG_OP_vlow) {
            v = E->ins[v].a;
        } else if ((E->r[v].mark & MARK_ALIAS) && E->r[v].alias < at) {
            v = E->r[v].alias;
        } else {
            return v;
        }
    }
}

static inline TcgRef ra_resolve(const Emit *E, TcgRef v)
{
    return E->views ? ra_resolve_at(E, v, E->i) : v;
}

static inline bool ra_const(const Emit *E, TcgRef v, uint64_t *k)
{
    if (E->ins[v].op != TCG_OP_const) {
        return false;
    }
    *k = tcg_ins_imm(&E->ins[v]);
    return true;
}

/* The register that holds v, which is not a view, or -1. */
static inline int ra_reg_at(const Emit *E, TcgRef v)
{
    return E->r[v].hreg >= 0 ? E->r[v].hreg : E->r[v].home ? E->pins->of[E->r[v].home - 1] : -1;
}

/* The register that holds v, or -1. */
static inline int ra_reg_of(const Emit *E, TcgRef v)
{
    return ra_reg_at(E, ra_resolve(E, v));
}

bool ra_imm32(const Emit *E, TcgRef v, bool wide, int32_t *k);   /* constant usable as a sign-extended immediate */
int ra_use(Emit *E, TcgRef v);                      /* in a register, locked */
Opnd ra_opnd(Emit *E, TcgRef v, bool wide, bool imm);  /* register (locked), memory or, if imm, immediate */
int ra_scratch(Emit *E, bool vec);                  /* a scratch register without a value, locked */
void ra_room(Emit *E, unsigned general, unsigned vectors);      /* frees scratch registers: see alloc.c */
void ra_take(Emit *E, int reg);                     /* frees this scratch register and locks it */
int ra_def(Emit *E, TcgRef v, uint32_t avoid);      /* destination register for v, not in avoid */
int ra_def_copy(Emit *E, TcgRef v, TcgRef from, uint32_t avoid);  /* the same, holding from's value */
bool ra_widens(const Emit *E);                      /* ra_widened would move on */
TcgRef ra_widened(Emit *E);                         /* the current scalar's bits above are zero where it is: moves on
                                                     * to its vzext if that comes next; the record to define */
bool ra_zero_above(const Emit *E, TcgRef v, TcgType t);     /* the bits above the scalar are known to be zero */
void ra_def_in(Emit *E, TcgRef v, int reg);         /* v is now in this (taken) scratch register */
void ra_move(Emit *E, int dst, TcgRef v);           /* loads v into a register (no bookkeeping) */
void ra_put(Emit *E, unsigned guest_reg, TcgRef v);
void ra_get(Emit *E, unsigned guest_reg, TcgRef v);
void ra_spill_slot(Emit *E, TcgRef v);              /* gives v a spill slot; the caller stores into it */
void ra_spill_scratch(Emit *E);                     /* every live value leaves the scratch registers */
void ra_forget_homes(Emit *E);                      /* guest registers were written behind our back */
void ra_to_memory(Emit *E, TcgRef v);               /* out of its scratch register, if it is in one */
void ra_drop(Emit *E, TcgRef v);                    /* free if this was its last use: read it before you write */
bool ra_dies(const Emit *E, TcgRef v);              /* the current operation is its last use */

/* flags.c */
void fl_clobber(Emit *E);                           /* before an instruction that changes the host's flags */
bool fl_live(const Emit *E);
int fl_need(Emit *E, TcgRef fl, TcgCond cc);        /* fl in the host's flags; the x86 condition for cc */
void fl_set(Emit *E, TcgRef fl, int form);          /* the last instruction left fl in the host's flags */
void fl_put(Emit *E, TcgRef fl);
void fl_enter_loop(Emit *E);                        /* at the block's start: a loop with host flags */
void fl_host_form(Emit *E, int form);               /* the host's flags, as they are, in this form; may use rax */
void fl_unordered_code(Enc *e);                     /* the host's flags as the FP forms have them for unordered */
bool fl_swapped(TcgCond cc);                        /* condition of TCG_FF_HOST_FPX, not of TCG_FF_HOST_FP */
void fl_flush(Emit *E);                             /* the guest's flags into env */
void fl_save_code(Enc *e, int form, Mem to);        /* lahf, seto al, store; clobbers rax */
void fl_op(Emit *E, const TcgIns *i);               /* cmp, cmn, tst, adcf, sbcf, ccmp, flset, flget */
void fl_from_memory(Emit *E, Mem nzcv);             /* the current record's flags from an NZCV word */
void fl_carry_value(Emit *E, const TcgIns *i);      /* adc, sbc */
TcgRef fl_fuse(Emit *E);        /* the next record, if it is of the current value's flags: moves on to it; else 0 */
TcgRef fl_ahead(Emit *E);       /* the same for a sum's flags behind gets and puts; does not move on */
static inline bool fl_pending(const Emit *E)        /* they are only in the host's, and will be seen */
{
    return E->fl_guest && E->fl_until >= E->i;
}

/* emit-*.c: one group of operations each */
void em_int(Emit *E, const TcgIns *i);
void em_flow(Emit *E, const TcgIns *i);
/* These answer false if the operation has no inline form. */
bool em_vec(Emit *E, const TcgIns *i), em_vec_int(Emit *E, const TcgIns *i), em_vec_fp(Emit *E, const TcgIns *i);
bool em_crypto(Emit *E, const TcgIns *i), em_fp(Emit *E, const TcgIns *i);
void em_call(Emit *E, const TcgIns *i);             /* hcall, vcall, and operations out of line */
void em_cold(Emit *E);
Cold *em_cold_add(Emit *E, ColdKind kind, uint8_t *jump);
void em_fault_point(Emit *E);                       /* the next instruction may fault */
Cold *em_cold_fn(Emit *E, const TcgIns *i, uint8_t *jump, int result, Opnd x, Opnd y, Opnd z);
TcgSlot *em_slot(Emit *E, uint64_t pc, unsigned context);
void em_store_pc(Emit *E, uint64_t pc);

/* A vector constant as a memory operand: encode the instruction with em_pool_mem, then call em_pool with the number
 * of immediate bytes that are still to come. */
void em_pool(Emit *E, uint64_t lo, uint64_t hi, unsigned tail);
static inline Mem em_pool_mem(void)
{
    static const char anywhere;

    return mem_rip(&anywhere);
}

static inline bool is_vec_type(TcgType t)
{
    return t >= TCG_F16 && t <= TCG_V128;
}

static inline bool is_vec(const Emit *E, TcgRef v)
{
    return is_vec_type(tcg_ins_type(&E->ins[v]));
}
/* vector register number in an instruction */
static inline int xr(int reg)
{
    return reg - XMM0;
}

/* SSE or AVX form of a two-source vector instruction: dst := a op b. dst may be a, not b (unless AVX). */
void x_vop(Enc *e, unsigned opc, int dst, int a, int b);
void x_vop_m(Enc *e, unsigned opc, int dst, int a, Mem m, unsigned tail);
void x_vop_o(Enc *e, unsigned opc, int dst, int a, const Opnd *b, unsigned tail);      /* b a register or memory */
void x_vmov(Enc *e, int dst, int src);
void x_vload(Enc *e, TcgType t, int dst, Mem m);
void x_vstore(Enc *e, TcgType t, int src, Mem m);

#endif
