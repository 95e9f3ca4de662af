/* SPDX-License-Identifier: BSD-2-Clause */
/* Which addresses are the guest's, and with what protection. The host's kernel keeps everything
 * else about a mapping; here is only what it does not know: whose it is, and whether the guest may
 * execute it. */
#ifndef LU_MAP_H
#define LU_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LU_PAGE 4096ull
#define LU_PROT_GUEST 0xff      /* what a region's prot has of the guest's PROT_* */
#define LU_PROT_SHARED 0x100    /* or-ed into a region's prot: MAP_SHARED */
#define LU_PROT_GROWS 0x200     /* and: the main stack, or MAP_GROWSDOWN */

typedef struct LuRegion {
    uint64_t start, end;
    uint32_t prot;              /* PROT_* of the guest, LU_PROT_* */
} LuRegion;

static inline uint64_t lu_page_down(uint64_t v)
{
    return v & ~(LU_PAGE - 1);
}

static inline uint64_t lu_page_up(uint64_t v)
{
    return (v + LU_PAGE - 1) & ~(LU_PAGE - 1);
}

/* Host protection for a guest's: never executable, and readable where the guest may execute. */
int lu_prot_host(unsigned prot);

/* What is kept of a guest's PROT_*: what its kernel would keep. Pages are to be mapped with the result. */
unsigned lu_prot_kept(unsigned prot);

/* Changes of the host's address space go between these two; recursive calls are not allowed. */
void lu_mm_lock(void);
void lu_mm_unlock(void);

/* The regions. All may be called with or without the lock above; addresses are multiples of the
 * page size. */
void lu_map_set(uint64_t start, uint64_t end, unsigned prot);
void lu_map_clear(uint64_t start, uint64_t end);
/* Changes the PROT_* bits of what is mapped within the range. */
void lu_map_protect(uint64_t start, uint64_t end, unsigned prot);
/* PROT_* of addr's page or -1: TcgOwner.page_prot. */
int lu_map_prot(uint64_t addr);
/* Counts the changes of the regions: TcgOwner.changes. */
extern uint32_t lu_map_changes;
/* The first region that ends after addr, cut to [addr, limit). False: there is none. */
bool lu_map_next(uint64_t addr, uint64_t limit, LuRegion *out);
/* The same, whole. */
bool lu_map_region(uint64_t addr, LuRegion *out);
bool lu_map_covers(uint64_t start, uint64_t end);
bool lu_map_empty(uint64_t start, uint64_t end);
bool lu_map_has_exec(uint64_t start, uint64_t end);

/* Around fork, within lu_mm_lock and libtcg's lock: no other thread is inside when memory is copied. */
void lu_map_fork_begin(void);
void lu_map_fork_end(bool child);

/* The guest's own system calls. Results and errors as the kernel's. */
int64_t lu_mmap(uint64_t addr, uint64_t len, unsigned prot, uint64_t flags, int fd, uint64_t off);
int64_t lu_munmap(uint64_t addr, uint64_t len);
int64_t lu_mprotect(uint64_t addr, uint64_t len, unsigned prot);

/* Program break; set by the loader. */
void lu_brk_init(uint64_t start);
uint64_t lu_brk_start(void);
uint64_t lu_brk_end(void);
int64_t lu_brk(uint64_t to);

#endif
