/* SPDX-License-Identifier: BSD-2-Clause */
/* The builder's state, which passes and back ends read. */
#ifndef TCG_IR_BLOCK_H
#define TCG_IR_BLOCK_H

#include "tcg/build.h"

enum {
    TCG_MAX_REGS = 160,         /* guest registers addressable by IR */
    TCG_MAX_INS = 4096,         /* records of one block */
    TCG_SOFT_INS = 800,         /* a block ends after the instruction that passes this */
    TCG_MAX_GUEST_INSNS = 128,
    TCG_MAX_BRANCHES = 4,       /* side exits. More make loops no faster, but more code is translated twice: without a
                                 * limit, starting bash takes an eighth more instructions */
    TCG_VPOOL = 128,            /* vector constants of one block */
    TCG_CONST_HASH = 64,
};

/* Restartable sequences. All are called under the translation lock. */
typedef struct TcgRseqBuild {
    bool (*runs_alone)(uint64_t pc);    /* the instruction at pc is to be a block of its own, for tier 0 */
    /* It stores to area (value 0: something not known), or this constant somewhere. True: runs_alone has changed. */
    bool (*stored)(uint64_t pc, bool to_area, uint64_t value);
    bool (*read)(uint64_t at, uint64_t *value);     /* 64 bits of guest memory; false: not readable */
    const char *cpu;            /* the thread that will run the block first, or NULL */
    uint64_t area;              /* where its descriptor's address goes, or 0 */
    bool any;                   /* runs_alone can be true */
} TcgRseqBuild;

struct TcgBuild {
    const TcgGuest *guest;
    const TcgOwner *owner;
    unsigned fl_reg;            /* the guest's flags register, or TCG_MAX_REGS */
    TcgIns *ins;                /* TCG_MAX_INS records; ins[0] is none */
    uint32_t n;
    TcgMark marks[TCG_MAX_GUEST_INSNS + 2];     /* of the guest's instructions */
    uint64_t start_pc, pc, end_pc;      /* end_pc: just after the last instruction */
    uint64_t exec_page;         /* last page found executable, or ~0 */
    int exec_prot;              /* what the owner said of it */
    uint32_t exec_changes;      /* the owner's count when it was */
    uint64_t addend;            /* of host addresses, in that page; 0 in user mode */
    const struct TcgCode *code; /* machines */
    uint32_t mode;              /* with the context at the block's start */
    uint64_t known;             /* the guest's, of the mode */
    uint8_t context;            /* here */
    bool context_asked;
    unsigned insn_len;
    unsigned guest_insns;
    bool ended;                 /* the block has its last operation */
    bool fetch_failed;          /* the instruction at pc cannot be fetched */
    unsigned branches;          /* side exits */
    bool closed;                /* has side exits enough, or one to its own start: what follows is for after the loop */
    bool name_undef;            /* log what cannot be translated */
    bool ignore_breaks;         /* translate where the owner has a breakpoint */
    const TcgRseqBuild *rseq;   /* NULL: not in use */
    bool alone;                 /* runs_alone */
    bool again;                 /* runs_alone has changed meanwhile: to be built again */
    bool views;                 /* has vlow or vzext */
    bool flags_loop;            /* branches to its own start on flags that it made */
    uint16_t cur[TCG_MAX_REGS]; /* value of each guest register, or 0 */
    TcgRef const_hash[TCG_CONST_HASH];      /* the last constant of each hash value; may be an earlier block's */
    TcgVal vpool[TCG_VPOOL];
    unsigned nvpool;
};

/* Machines: where code is, for the next blocks; NULL: in host memory at its own address. */
void tcg_build_code(TcgBuild *b, uint64_t pc, const struct TcgCode *code);

/* Guest bytes at pc of the block last built. */
void tcg_build_copy(TcgBuild *b, uint64_t pc, void *to, unsigned n);

/* Builds the IR of the block at pc. max_insns limits its length. The result is in b. */
void tcg_build_block(TcgBuild *b, uint64_t pc, uint32_t mode, unsigned max_insns);

/* Allocates a builder with its arrays; frees it. */
TcgBuild *tcg_build_new(const TcgGuest *guest, const TcgOwner *owner);
void tcg_build_free(TcgBuild *b);

/* Writes the IR to the log. */
void tcg_dump(const TcgBuild *b, const char *title);

/* Checks operand types and order; NULL, or a static message with *at set. */
const char *tcg_verify(const TcgBuild *b, TcgRef *at);

#endif
