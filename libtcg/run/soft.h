/* SPDX-License-Identifier: BSD-2-Clause */
/* Machines: what a CPU has beside TcgThread, and what the rest of libtcg asks of the soft MMU.
 *
 * User-mode programs do not link it: they reach it through tcg_state.soft, which is NULL there.
 *
 * The TLB. For each of the guest's MMU indexes (address space and rights: RISC-V's U, S, S with SUM, M) three
 * tables, of loads, stores and fetches. An entry's tag is the page's virtual address if accesses may go straight to
 * memory at address + addend, which generated code does (host/x86_64/emit-soft.c); with TLB_SLOW in it, C code looks
 * at info; with TLB_INVALID, it is empty. Only the CPU's own thread fills entries. Another thread may take an
 * entry's speed away (a page with translations must see its stores) under the CPU's lock, in which entries are
 * filled. Everything else that others want is a request, seen at the next poll.
 *
 * Contexts. What is predicted (jump cache, return stack) holds for one value of the guest's mode word. A CPU keeps a
 * few such sets, so that a system call and its return lose nothing. All are emptied when the TLB is. */
#ifndef TCG_RUN_SOFT_H
#define TCG_RUN_SOFT_H

#include "run/thread.h"
#include "tcg/mem.h"

#include <pthread.h>

enum {
    TCG_MMUS = 4,
    TCG_TLB_BITS = 10,
    TCG_TLB_ENTRIES = 1 << TCG_TLB_BITS,
    TCG_CONTEXTS = 8,
    TCG_PHYS_ENTRIES = 1024,
    TCG_PAGE_BITS = 12,
    TCG_GROUPS = 8,
};
#define TCG_PAGE ((uint64_t)1 << TCG_PAGE_BITS)
#define TCG_PAGE_MASK (~(TCG_PAGE - 1))

enum { TLB_INVALID = 0x400, TLB_SLOW = 0x800 }; /* bits of a tag; not those that a misaligned address may have set */

typedef struct TcgTlbEntry {
    uint64_t tag;
    uint64_t addend;                /* host address - virtual address */
} TcgTlbEntry;

/* Why an entry is slow. */
enum { PLACE_DEVICE = 1, PLACE_CODE = 2, PLACE_CLEAN = 4, PLACE_ROM = 8, PLACE_PART = 16 };

/* Where an access goes. */
typedef struct TcgPlace {
    uint64_t gpa;                   /* of the page */
    char *host;                     /* of the page; NULL: a device */
    unsigned flags;
} TcgPlace;

typedef struct TcgTlb {
    TcgTlbEntry entry[TCG_TLB_ENTRIES];
    TcgPlace place[TCG_TLB_ENTRIES];
    bool used;                      /* not empty */
    bool local;                     /* had an entry that is not global since it was last emptied */
    uint64_t large_low, large_high; /* addresses of parts of larger pages that it had since then lie in here */
    uint64_t fetched[64];           /* hashes of all pages that it had since then */
} TcgTlb;

typedef struct TcgPhysEntry {
    uint64_t gpa;                   /* ~0: empty */
    char *host;
    unsigned flags;                 /* TCG_PAGE_* */
} TcgPhysEntry;

typedef struct TcgContext {
    uint32_t mode;
    bool valid;
    uint16_t nfilled;               /* entries filled since it was last emptied; more than filled has: all may be */
    uint16_t filled[512];
    uint64_t stamp;                 /* of its last use */
    TcgJumpEntry *jc;
    char *rs_low;                   /* bottom of its return stack */
    void *rs_base, *rs_sp;
} TcgContext;

/* In memory directly below TcgThread. */
typedef struct TcgSoft {
    TcgTlb tlb[TCG_MMUS][3];        /* by TcgAccess */
    TcgPhysEntry phys[TCG_PHYS_ENTRIES];
    pthread_mutex_t lock;           /* entries of tlb, against other threads */
    unsigned mmu, mmu_fetch;        /* indexes in use */
    bool alone;                     /* the next instruction is to run by itself, without context (TcgGuest.redo) */
    uint64_t atomic_gpa;            /* of the atomic operation under way, if its page has code; else ~0 */
    TcgContext context[TCG_CONTEXTS], *now;
    uint64_t stamp;
    char *map;                      /* jump caches and return stacks of the contexts */
    size_t map_size;
    uint64_t group[TCG_GROUPS];     /* generated code: addends found earlier in the block, or 0; emit-soft.c */
    volatile uint32_t kicked;       /* the owner wants tcg_run to return */
    volatile uint32_t flush;        /* FLUSH_* asked for by other threads */
    volatile uint32_t running;      /* in tcg_run */
    volatile uint32_t turns;        /* counts up outside of generated code */
    volatile uint32_t asked, done;  /* counts of requests: done follows asked at a poll */
} __attribute__((aligned(64))) TcgSoft;

enum { FLUSH_TLB = 1, FLUSH_PHYS = 2, FLUSH_STORES = 4, FLUSH_PREDICTED = 8 };

static inline TcgSoft *tcg_soft(const TcgEnv *env)
{
    return (TcgSoft *)(void *)tcg_thread(env) - 1;
}

static inline unsigned tcg_tlb_index(uint64_t gva)
{
    return (unsigned)(gva >> TCG_PAGE_BITS) & (TCG_TLB_ENTRIES - 1);
}

/* The host address of size bytes at gva, 1 to 4096, if they lie in one page and may be accessed there at once, as
 * generated code does; else NULL. Holds until the guest's next instruction, or an access that is not plain. */
static inline void *tcg_soft_fast(const TcgEnv *env, uint64_t gva, unsigned size, TcgAccess access)
{
    const TcgSoft *s = tcg_soft(env);
    const TcgTlbEntry *e = &s->tlb[s->mmu][access].entry[tcg_tlb_index(gva)];

    return e->tag == ((gva + size - 1) & TCG_PAGE_MASK) ? (void *)(uintptr_t)(gva + e->addend) : NULL;
}

/* What user mode does not link. */
typedef struct TcgSoftOps {
    size_t size;                                    /* sizeof(TcgSoft) */
    void (*init)(TcgEnv *env);                      /* of a new CPU */
    void (*clear)(TcgEnv *env);
    TcgExit (*run)(TcgEnv *env);
    TcgExit (*step)(TcgEnv *env);
    void (*read)(TcgEnv *env, uint64_t gva, void *to, unsigned size);
    void (*write)(TcgEnv *env, uint64_t gva, const void *from, unsigned size);
    bool (*copy_from)(TcgEnv *env, void *to, uint64_t gva, unsigned size);      /* as tcg_guest_copy_* */
    bool (*copy_to)(TcgEnv *env, uint64_t gva, const void *from, unsigned size);
    bool (*readable)(TcgEnv *env, uint64_t gva);
    void (*part)(TcgEnv *env, uint64_t gva, unsigned size, bool write);
    void *(*atomic)(TcgEnv *env, uint64_t gva, unsigned size, bool write);
    void (*atomic_end)(TcgEnv *env, uint64_t gva, unsigned size);
    void (*fault)(TcgEnv *env, uint64_t gva, bool write);   /* misaligned; does not return */
    void (*forget_jump)(TcgThread *t, uint64_t pc);
    void (*kick)(TcgEnv *env);                      /* after a tcg_kick */
    TcgVectorFn *load, *store;                      /* from generated code: imm as for tcg_op_fn */
} TcgSoftOps;

/* tlb.c */

/* Where an access of size bytes within a page goes; raises the guest's exception if it may not be. */
void tcg_locate(TcgEnv *env, uint64_t gva, unsigned size, TcgAccess access, TcgPlace *place);

/* The host address of a physical page and its TCG_PAGE_*, or NULL. On env's thread. */
char *tcg_phys_page(TcgEnv *env, uint64_t gpa, unsigned *flags);

/* Aligned accesses of a page-table walker. False: no memory there (or the compare failed: *value is what was found). */
bool tcg_phys_load64(TcgEnv *env, uint64_t gpa, uint64_t *value);
typedef enum TcgPhysCas { TCG_CAS_DONE, TCG_CAS_CHANGED, TCG_CAS_NONE } TcgPhysCas;
TcgPhysCas tcg_phys_cas64(TcgEnv *env, uint64_t gpa, uint64_t expect, uint64_t desired);

void tcg_soft_read(TcgEnv *env, uint64_t gva, void *to, unsigned size);
void tcg_soft_write(TcgEnv *env, uint64_t gva, const void *from, unsigned size);
bool tcg_soft_copy_from(TcgEnv *env, void *to, uint64_t gva, unsigned size);
bool tcg_soft_copy_to(TcgEnv *env, uint64_t gva, const void *from, unsigned size);
bool tcg_soft_readable(TcgEnv *env, uint64_t gva);

/* 1 to 16 bytes that are a part of an instruction: if they are not plain memory, and the guest has TcgGuest.redo, the
 * instruction runs again by itself; then this does not return. */
void tcg_soft_part(TcgEnv *env, uint64_t gva, unsigned size, bool write);
void *tcg_soft_atomic(TcgEnv *env, uint64_t gva, unsigned size, bool write);
void tcg_soft_atomic_end(TcgEnv *env, uint64_t gva, unsigned size);
TcgVectorFn tcg_soft_fn_load, tcg_soft_fn_store;

/* Empties tables, by FLUSH_*. On env's thread. */
void tcg_tlb_clear(TcgEnv *env, unsigned flush);

/* Forgets what is not the same in all address spaces. On env's thread, by an instruction that ends its block. */
void tcg_tlb_clear_local(TcgEnv *env);

/* Forgets what it knows of the page of gva. Likewise. */
void tcg_tlb_clear_page(TcgEnv *env, uint64_t gva);

/* machine.c */

/* Stores to the page are told from now on, in all CPUs. Under the translation lock. */
void tcg_tlb_protect(uint64_t gpa);

/* Forgets what is predicted in the modes that fetch by the MMU indexes in set. On env's thread; effective when
 * generated code was left. */
void tcg_contexts_clear(TcgEnv *env, unsigned set);

/* tcg_attention, and wakes the CPU's thread. Any thread. */
void tcg_machine_wake(TcgEnv *env);

extern const TcgMachine *tcg_machine;

/* code-pages.c: which physical pages have translations */

/* Translations of the page are about to be made. Under the translation lock. */
void tcg_code_page_open(uint64_t gpa, const char *host);

/* Those made: bytes [start, end) of physical memory in one page. Under the lock. */
void tcg_code_page_add(uint64_t start, uint64_t end);

/* Is the page one? Any thread. */
bool tcg_code_page(uint64_t gpa);


/* Code that another CPU wrote is to be run (fence.i): drops translations of bytes that changed unseen. On env's
 * thread. */
void tcg_code_recheck(void);

/* All translations are gone. Under the lock. */
void tcg_code_pages_reset(void);

/* A CPU goes. */
void tcg_code_forget_cpu(const TcgSoft *s);

/* After a store: drops translations of these bytes, within one page. */
void tcg_code_stored(uint64_t gpa, uint64_t len);

#endif
