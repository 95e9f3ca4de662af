/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory for generated code. */
#include "host/x86_64/code.h"

#include "run/cache.h"

#include "base/forked.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    MAX_SLABS = 4096,
    BACK_CODE = 32 << 10,               /* code and slots get their pages in such steps */
    BACK_SLOTS = 512,
};

static HxSlab slabs[MAX_SLABS];
static unsigned nslabs;                 /* published with a release store */
static BASE_FORKED HxSlab *current;
static BASE_FORKED unsigned ninherited; /* slabs that a fork's child has of its parent */
static unsigned nfilled;                /* slabs that are full, or current: the others were, and are free again */
static uint8_t *kept;                   /* end of what stays in the first slab */

/* Two views of shared pages, the one that runs at base. No descriptor is used, which the guest could meet, or have used
 * up [man 2 mremap: old_size of zero]. */
static bool map_twice(HxSlab *s, void *base)
{
    s->rw = mmap(NULL, HX_SLAB_CODE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (s->rw == MAP_FAILED) {
        return false;
    }
    s->rx = mremap(s->rw, 0, HX_SLAB_CODE, MREMAP_MAYMOVE | MREMAP_FIXED, base);
    if (s->rx == MAP_FAILED || mprotect(s->rx, HX_SLAB_CODE, PROT_READ | PROT_EXEC) < 0) {
        munmap(s->rw, HX_SLAB_CODE);
        return false;
    }
    return true;
}

/* The same where mremap cannot do that (valgrind). */
static bool map_file_twice(HxSlab *s, void *base)
{
    int fd = memfd_create("rhea-code", MFD_CLOEXEC);

    if (fd < 0 || ftruncate(fd, HX_SLAB_CODE) < 0) {
        return false;
    }
    s->rx = mmap(base, HX_SLAB_CODE, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_FIXED, fd, 0);
    s->rw = mmap(NULL, HX_SLAB_CODE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return s->rx != MAP_FAILED && s->rw != MAP_FAILED;
}

static HxSlab *new_slab(void)
{
    if (nfilled < nslabs) {
        return &slabs[nfilled++];
    }
    if (nslabs == MAX_SLABS) {
        return NULL;
    }
    HxSlab *s = &slabs[nslabs];
    size_t slots = HX_SLAB_SLOTS * sizeof(TcgSlot), index = HX_SLAB_BLOCKS * sizeof(TcgBlock *);
    s->tail = slots + index;
    char *base = mmap(NULL, HX_SLAB_CODE + s->tail, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) {
        return NULL;
    }
    if (!map_twice(s, base) && !map_file_twice(s, base)) {
        munmap(base, HX_SLAB_CODE + s->tail);
        return NULL;
    }
    s->rw_at = s->rw_backed = s->rw;
    s->slots = (TcgSlot *)(base + HX_SLAB_CODE);
    s->blocks = (TcgBlock **)(base + HX_SLAB_CODE + slots);
    s->nslots = s->slots_backed = s->nblocks = 0;
    __atomic_store_n(&nslabs, nslabs + 1, __ATOMIC_RELEASE);
    nfilled = nslabs;
    return s;
}

HxSlab *hx_slab(void)
{
    HxSlab *s = current;

    if (!s || s->rw_at + HX_CODE_MARGIN > s->rw + HX_SLAB_CODE
        || s->nslots + HX_SLOT_MARGIN > HX_SLAB_SLOTS || s->nblocks + 1 >= HX_SLAB_BLOCKS) {
        current = s = new_slab();
        if (!s) {
            abort();                /* the host has no memory left for code */
        }
    }
    if (s->rw_at + 4096 > s->rw_backed && s->rw_backed < s->rw + HX_SLAB_CODE) {
        tcg_populate(s->rw_backed, s->rw_backed + BACK_CODE);
        s->rw_backed += BACK_CODE;
    }
    if (s->nslots + 64 > s->slots_backed && s->slots_backed < HX_SLAB_SLOTS) {
        tcg_populate(s->slots + s->slots_backed, s->slots + s->slots_backed + BACK_SLOTS);
        s->slots_backed += BACK_SLOTS;
    }
    return s;
}

static const HxSlab *slab_at(uintptr_t host_pc)
{
    unsigned n = __atomic_load_n(&nslabs, __ATOMIC_ACQUIRE);

    for (unsigned k = n; k-- > 0;) {
        if (host_pc - (uintptr_t)slabs[k].rx < HX_SLAB_CODE) {
            return &slabs[k];
        }
    }
    return NULL;
}

bool hx_is_code(uintptr_t host_pc)
{
    return slab_at(host_pc) != NULL;
}

TcgBlock *hx_block_at(uintptr_t host_pc)
{
    const HxSlab *s = slab_at(host_pc);

    if (!s) {
        return NULL;
    }
    unsigned lo = 0, hi = __atomic_load_n(&s->nblocks, __ATOMIC_ACQUIRE);
    while (lo < hi) {
        unsigned mid = (lo + hi) / 2;
        if ((uintptr_t)s->blocks[mid]->code <= host_pc) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    if (lo == 0) {
        return NULL;
    }
    TcgBlock *b = s->blocks[lo - 1];
    return host_pc - (uintptr_t)b->code < b->code_size ? b : NULL;
}

/* In one of the first n slabs. */
static TcgSlot *slot_in(uintptr_t at, unsigned n)
{
    for (unsigned k = 0; k < n; k++) {
        const uintptr_t off = at - (uintptr_t)slabs[k].slots;
        if (off < slabs[k].nslots * sizeof(TcgSlot) && off % sizeof(TcgSlot) == 0) {
            return slabs[k].slots + off / sizeof(TcgSlot);
        }
    }
    return NULL;
}

TcgSlot *hx_slot_at(uintptr_t at)
{
    return slot_in(at, nslabs);
}

bool hx_slot_is_inherited(const TcgSlot *slot)
{
    return slot_in((uintptr_t)slot, ninherited) != NULL;
}

void hx_slabs_keep(void)
{
    kept = slabs[0].rw_at;
}

void hx_slabs_reset(void)
{
    for (unsigned k = 0; k < nslabs; k++) {
        slabs[k].rw_at = k == 0 ? kept : slabs[k].rw;
        slabs[k].nslots = slabs[k].nblocks = 0;
    }
    nfilled = 1;
    current = &slabs[0];
}

uint64_t hx_slab_bytes(void)
{
    return (uint64_t)nfilled * HX_SLAB_CODE;
}

void hx_slabs_forked(void)
{
    current = NULL;
    ninherited = nslabs;
}

void hx_slab_ranges(void (*fn)(void *arg, uint64_t start, uint64_t end), void *arg)
{
    for (unsigned k = 0; k < nslabs; k++) {
        fn(arg, (uint64_t)(uintptr_t)slabs[k].rx, (uint64_t)(uintptr_t)slabs[k].rx + HX_SLAB_CODE + slabs[k].tail);
        fn(arg, (uint64_t)(uintptr_t)slabs[k].rw, (uint64_t)(uintptr_t)slabs[k].rw + HX_SLAB_CODE);
    }
}
