/* SPDX-License-Identifier: BSD-2-Clause */
/* Machines: guest memory behind an MMU. What the owner of a machine gives to libtcg and may ask of it, beside
 * exec.h.
 *
 * Physical addresses (gpa) are the owner's; virtual ones (gva) are the guest's, translated by its own page tables.
 * Each CPU keeps what it translated in a TLB of its own, which generated code reads without a lock. All CPUs of a
 * process belong to one machine. */
#ifndef TCG_MEM_H
#define TCG_MEM_H

#include "tcg/exec.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum TcgAccess { TCG_LOAD, TCG_STORE, TCG_FETCH } TcgAccess;

/* Flags of a physical page of host memory. */
enum {
    TCG_PAGE_ROM = 1,       /* stores do not reach the memory: TcgMachine.store gets them */
    TCG_PAGE_CLEAN = 2,     /* TcgMachine.dirtied is to be called before the next store */
};

/* What libtcg asks of the machine. Each function may be called on any CPU's thread, inside tcg_run, with no lock of
 * libtcg's held but where said. */
typedef struct TcgMachine {
    void *opaque;

    /* The host address of the 4096-byte physical page at gpa (a multiple of 4096), with its TCG_PAGE_* in *flags;
     * NULL if it is not memory: devices, nothing, or a page of which only a part is memory. The answer is kept until
     * tcg_map_changed; the memory stays mapped at least as long. May be called under the translation lock: it must
     * not call libtcg. */
    void *(*page)(void *opaque, uint64_t gpa, unsigned *flags);

    /* A load or store of 1, 2, 4 or 8 bytes where page gave NULL (or ROM, for stores); value is little-endian as the
     * guest sees it, in the low bytes. An access that the guest made misaligned comes in aligned parts. False:
     * refused, the guest gets an access fault. May take the owner's lock, may set interrupt lines, kick any CPU, and
     * call any function below but tcg_tlb_wait. */
    bool (*load)(void *opaque, TcgEnv *env, uint64_t gpa, unsigned size, uint64_t *value);
    bool (*store)(void *opaque, TcgEnv *env, uint64_t gpa, unsigned size, uint64_t value);

    /* A store to a page with TCG_PAGE_CLEAN is about to happen; page will say that it is not clean any more. NULL if
     * the owner has no such pages. Under the translation lock: it must not call libtcg. */
    void (*dirtied)(void *opaque, uint64_t gpa);

    /* env was kicked: tcg_kick, an interrupt line that rose. If its thread sleeps, outside of tcg_run, it has to look
     * again. Any thread; may be called with the locks of who kicked. */
    void (*kicked)(void *opaque, TcgEnv *env);

    /* The machine's time in ticks of its own: RISC-V's mtime. Any thread, often: should be quick. */
    uint64_t (*time)(void *opaque);

    /* A compare register of a CPU's own timer changed (RISC-V: stimecmp): at that time the owner calls the guest's
     * function that updates it (rv_timer_update). ~0: never. On env's thread. NULL: there are no such timers. */
    void (*timer)(void *opaque, TcgEnv *env, uint64_t when);
} TcgMachine;

/* Instead of tcg_init, once per process: config->guest is a guest for machines (rv_machine_guest). config->owner
 * gives breakpoint only, and may be NULL. Installs handlers of SIGSEGV and SIGBUS, which generated code needs; the
 * CPU threads must not block these. machine is kept. */
void tcg_machine_init(const TcgConfig *config, const TcgMachine *machine);

/* Another limit than config->code_mib: before the first CPU runs. */
void tcg_limit_code(unsigned mib);

/* env forgets what it translated. On its own thread (or while it does not run) at once; from another thread at env's
 * next poll, and before its next tcg_run: tcg_tlb_wait waits for that. Any thread. */
void tcg_tlb_flush(TcgEnv *env);

/* The same for the page of one virtual address. */
void tcg_tlb_flush_page(TcgEnv *env, uint64_t gva);

/* Returns when all that was flushed on other CPUs before has taken effect. Not from a TcgMachine function, nor with a
 * lock held that such a function takes. Any thread that is not in tcg_run. */
void tcg_tlb_wait(void);

/* TcgMachine.page would answer differently for some pages: memory came, went, moved, or (a flash in command mode) its
 * kind changed. Flushes all CPUs as tcg_tlb_flush does. Any thread. */
void tcg_map_changed(void);

/* With TcgConfig.count_insns. Instructions that env has begun, ever; exact in a TcgMachine function and outside of
 * tcg_run. On env's thread, or while it does not run. */
uint64_t tcg_count(const TcgEnv *env);

/* tcg_run is to return TCG_EXIT_POLL at the first start of a block after that many more instructions, 0 for the next
 * one. Where blocks start depends on nothing but the guest's code and what it did, so the same run stops at the same
 * places. On env's thread, also in a TcgMachine function, or while it does not run. */
void tcg_count_more(TcgEnv *env, uint64_t insns);

/* Guest memory [gpa, gpa + len) was or is being written by other means than guest stores (DMA, a loader, a
 * debugger): drops translations of code there. Cheap if there are none. To be called after the write. Any thread. */
void tcg_phys_invalidate(uint64_t gpa, uint64_t len);

/* TcgMachine.page answers TCG_PAGE_CLEAN again for pages in [gpa, gpa + len): stores to them are to be told. Stores
 * of other CPUs may go untold until tcg_tlb_wait returned. Any thread. */
void tcg_dirty_rearm(uint64_t gpa, uint64_t len);

/* For debuggers: the physical address that a load at gva would reach with env's present state, whatever the page's
 * permissions; no side effects. False: not mapped. While env does not run. */
bool tcg_debug_translate(TcgEnv *env, uint64_t gva, uint64_t *gpa);

/* Reads or writes size bytes of guest virtual memory for a debugger, across pages; writes drop translations, and
 * reach ROM too. Device registers are not touched: false, as for what is not mapped. While env does not run. */
bool tcg_debug_read(TcgEnv *env, uint64_t gva, void *to, size_t size);
bool tcg_debug_write(TcgEnv *env, uint64_t gva, const void *from, size_t size);

#endif
