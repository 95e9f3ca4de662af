/* SPDX-License-Identifier: BSD-2-Clause */
/* What libtcg keeps for each guest CPU beside its registers, and for each block. */
#ifndef TCG_RUN_THREAD_H
#define TCG_RUN_THREAD_H

#include "ir/block.h"
#include "tcg/exec.h"

enum {
    TCG_JC_ENTRIES = 4096,          /* jump cache */
    TCG_SPILLS = 64,                /* spill slots of generated code */
    TCG_HELPERS = 1024,             /* host addresses that generated code calls */
    TCG_RS_BYTES = 65536,           /* return stack */
};

typedef struct TcgJumpEntry {
    uint64_t pc;                    /* ~0: empty */
    const void *host;
} TcgJumpEntry;

typedef struct TcgBlock TcgBlock;

/* An exit that can be linked. Generated code jumps through host. */
typedef struct TcgSlot {
    const void *host;
    uint64_t pc;                    /* guest target */
    struct TcgSlot *next_in;        /* list of the target's linked slots */
    const void *stub;               /* host when not linked */
    uint32_t mode;                  /* of the target */
} TcgSlot;

/* Where a host instruction that can fault stands in the guest. */
typedef struct TcgFaultPoint {
    uint32_t offset;                /* from the block's code; of the instruction's first byte */
    uint16_t pc_delta;              /* guest pc - block pc, in bytes */
    uint16_t flags_form;            /* TcgFlagsForm */
} TcgFaultPoint;

typedef enum TcgFlagsForm {
    TCG_FF_ENV,                     /* in env */
    TCG_FF_HOST_SUB,                /* in the host's flags, carry inverted (C = !CF) */
    TCG_FF_HOST_ADD,                /* in the host's flags, C = CF */
    TCG_FF_HOST_LOGIC,              /* N and Z in the host's flags, C = V = 0 */
    TCG_FF_HOST_FP,                 /* of UCOMIS a, b: PF unordered, else ZF equal, CF less */
    TCG_FF_HOST_FPX,                /* of UCOMIS b, a: PF unordered, else ZF equal, CF greater */
    TCG_FF_CALL = 16,               /* or-ed: the push of a call; the state is that of its target */
} TcgFlagsForm;

struct TcgBlock {
    uint64_t pc, end_pc;
    uint64_t phys, phys2;           /* machines: physical address of pc, and of the page that its first instruction
                                     * reaches into, or 0; 0 in user mode */
    uint32_t mode;
    bool dead;
    bool ready;                     /* can be run: has code or ins, set last; else its IR may be kept (kept.h) */
    uint16_t guest_insns;
    const void *code;               /* tier 1: host code; tier 0: NULL */
    uint32_t code_size;
    uint32_t nfaults;
    TcgFaultPoint *faults;
    TcgSlot *linked_in;             /* slots that jump here */
    TcgBlock *page_next[2];         /* lists of the one or two pages it lies in */
    TcgIns *ins;                    /* tier 0: its IR */
    uint32_t nins;
    bool ran_twice;                 /* while not ready: its IR was interpreted once more */
    TcgMark *marks;
    TcgVal *vpool;
    uint64_t kept;                  /* while not ready: place of its IR */
};

/* The thread's restartable sequences (rseq.c). */
typedef struct TcgRseq {
    uint64_t cs;                    /* address of the area's rseq_cs; 0: there is no area */
    uint64_t active;                /* the descriptor last stored there, until its section was aborted; or 0 */
    uint64_t start, end, abort;     /* of its section */
    uint64_t seen;                  /* what cs held when it was last looked at between blocks */
    const struct TcgRseqStore *stores;
    uint64_t fault_pc;              /* where a section was aborted because of a fault */
    unsigned retries;               /* and how often, in a row */
    volatile bool watched;          /* an instruction is run alone: its stores are to be looked at */
    volatile bool guarded;          /* and it belongs to the active section */
    volatile bool stored;
} TcgRseq;

/* In memory directly below TcgEnv, which is why it is a multiple of 16 bytes. */
typedef struct TcgThread {
    char *rs_low;                   /* bottom of the return stack in use; a guard page is below */
    uint64_t unused[7];
    TcgJumpEntry jc[TCG_JC_ENTRIES];
    const void *helpers[TCG_HELPERS];
    /* From here to the CPU's registers all is written often: few pages, for a fork copies each. */
    uint16_t jc_nfilled;            /* entries of jc filled since it was last emptied; too many for jc_filled: any */
    uint16_t jc_filled[120];        /* which */
    void *leave[5];                 /* of __builtin_setjmp, into tcg_run or tcg_step */
    volatile int in_guest_access;   /* C code of libtcg is touching guest memory for the guest */
    uint64_t access_addr;           /* guest address of that access */
    int leave_reason;
    TcgFault fault;
    struct TcgThread *next, *prev;  /* all threads */
    size_t map_size;
    void *map;                      /* of the whole allocation */
    TcgVal *vals;                   /* tier 0's values */
    TcgBlock *one;                  /* what was last run in tier 0 on tier 1's behalf */
    TcgBuild *build;                /* machines: the builder of one, whose IR it has; or NULL */
    volatile uint32_t clear_rs;     /* code was dropped: empty the return stack at the next poll */
    uint32_t context;               /* TCG_MODE_CONTEXT: of the exit last taken in tier 0, until it is used */
    void *rs_base;                  /* top of the return stack */
    void *host_sp;                  /* generated code runs: stack of the C code that entered it */
    void *rs_sp;                    /* C code runs: return stack pointer */
    TcgSlot *link_slot;             /* the exit that was taken unlinked */
    TcgRseq rseq;
    TcgVal args[4];                 /* operands and result of out-of-line operations */
    TcgVal spill[TCG_SPILLS];
    TcgVal saved[12];               /* scratch registers of generated code around a rare call */
    TcgVal fp_const[8];             /* the host's constants for floating point */
    uint8_t fp_flags[64];           /* FP_* flags by those of the host */
} __attribute__((aligned(64))) TcgThread;

static inline TcgThread *tcg_thread(const TcgEnv *env)
{
    return (TcgThread *)(uintptr_t)env - 1;
}

static inline TcgEnv *tcg_thread_env(TcgThread *t)
{
    return (TcgEnv *)(t + 1);
}

/* Process-wide state, set by tcg_init. */
typedef struct TcgState {
    TcgConfig config;
    const TcgGuest *guest;
    TcgBuild *build;                /* under the lock */
    TcgThread *threads;             /* under the lock */
    TcgEnv *builder;                /* under the lock: the thread that will run next what is being built, or NULL */
    unsigned young;                 /* entries into blocks that this process, a child, may yet make as a young one */
    TcgStats stats;
    const struct TcgSoftOps *soft;  /* machines; NULL in user mode */
} TcgState;
extern TcgState tcg_state;

/* The translation lock. */
void tcg_lock(void);
void tcg_unlock(void);

/* The block for pc in this mode, or NULL. */
TcgBlock *tcg_block_lookup(uint64_t pc, uint32_t mode);

/* The same in a machine: phys and phys2 as in TcgBlock. */
TcgBlock *tcg_block_lookup_phys(uint64_t pc, uint32_t mode, uint64_t phys, uint64_t phys2);

/* What tcg_build_block needs to know of a machine's code: where the page of pc is, and the one behind it if the
 * instruction at pc reaches into it. */
typedef struct TcgCode {
    uint64_t phys, phys2;           /* as in TcgBlock */
    const char *host, *host2;       /* of the pages */
} TcgCode;

/* A finished, unpublished block for pc; max_insns 0: one instruction, in tier 0, whatever breakpoints say. code is
 * NULL in user mode. Under the lock. */
void tcg_translate(TcgBlock *block, uint64_t pc, uint32_t mode, unsigned tier, unsigned max_insns, const TcgCode *code);

/* Machines: the IR of the block at env->pc, for tier 0, max_insns as above. It is env's own, good until the next call.
 * On env's thread, without the lock: CPUs do not wait for each other. */
const TcgBlock *tcg_translate_alone(TcgEnv *env, uint32_t mode, unsigned max_insns, const TcgCode *code);

/* Makes env's thread leave generated code at its next poll. Async-signal-safe. */
void tcg_attention(TcgEnv *env);

/* Drops the memory of tier 0's IR of a block. */
void tcg_free_ir(TcgBlock *block);

/* tier 0's memory for values, or NULL. */
TcgVal *tcg_interpreter_values(void);

/* Instructions in a block at most. */
unsigned tcg_block_insns(void);

/* Points t->link_slot, if there is one, at block. */
void tcg_link_exit(TcgThread *t, TcgBlock *block);

/* Tier 0: runs one block; the result is a TcgExit, or TCG_EXIT_NEXT if env->pc holds the next block. */
enum { TCG_EXIT_NEXT = -1, TCG_LEAVE_INTERPRET = -2, TCG_LEAVE_RSEQ = -3 };    /* second: run the
                                     * instruction at pc in tier 0; third: its section was interrupted */
int tcg_interp(TcgEnv *env, const TcgBlock *block);

/* Out-of-line meaning of an operation: d, a, b, c as for a vector helper; imm = aux | type << 16 | immediate
 * operand << 24. NULL if the operation is not one of those. */
extern TcgVectorFn *const tcg_op_fn[TCG_OP_COUNT];

/* Host form of the flags: SF ZF ... CF as LAHF leaves them in the high byte, OF in bit 0; C inverted. */
uint16_t tcg_flags_host(uint32_t nzcv);
uint32_t tcg_flags_guest(uint16_t host);

/* The address that env->poll holds to make polls fault: in the guard page above the return stack. */
static inline const void *tcg_poll_fault(const TcgThread *t)
{
    return (const char *)t->map + 4096 + TCG_RS_BYTES + 2048;
}

/* Forgets every entry of the thread's jump cache. */
void tcg_jump_cache_clear(TcgThread *t);
extern TcgJumpEntry tcg_empty_jump_cache[TCG_JC_ENTRIES];

/* The guest access at addr must be aligned as memop, TcgMemOp with TCG_MO_ALIGN, asks: leaves with the fault if not. */
void tcg_check_align(TcgEnv *env, uint64_t addr, unsigned memop, bool write);

/* The bytes from a multiple of 16 that a misaligned access begins at or before, or -1: it is always a fault. */
static inline int tcg_last_begin(unsigned memop)
{
    bool within = !(memop & TCG_MO_INDEX) && (memop & TCG_MO_WITHIN16) == TCG_MO_WITHIN16;

    return within ? 16 - (1 << (memop & TCG_MO_SIZE)) : -1;
}

#endif
