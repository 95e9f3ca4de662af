/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's regions: a sorted array of disjoint intervals, neighbours with equal protection
 * merged.
 *
 * Two locks. lu_mm_lock serialises changes of the address space as a whole (host call, regions,
 * invalidation), so that no thread can map and run code in a range whose old translations are still
 * to be dropped. The inner lock guards the array only and is a leaf: libtcg asks lu_map_prot while
 * it holds its own locks.
 */
#include "map.h"
#include "target.h"

#include "base/forked.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static BASE_FORKED pthread_mutex_t mm_lock = PTHREAD_MUTEX_INITIALIZER;
static BASE_FORKED pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static LuRegion first_regions[64];
static LuRegion *regions = first_regions;
static size_t nregions, capacity = 64;
uint32_t lu_map_changes;

void lu_mm_lock(void)
{
    pthread_mutex_lock(&mm_lock);
}

void lu_mm_unlock(void)
{
    pthread_mutex_unlock(&mm_lock);
}

void lu_map_fork_begin(void)
{
    pthread_mutex_lock(&lock);
}

void lu_map_fork_end(bool child)
{
    if (child) {
        pthread_mutex_init(&lock, NULL);
        pthread_mutex_init(&mm_lock, NULL);
        return;
    }
    pthread_mutex_unlock(&lock);
}

int lu_prot_host(unsigned prot)
{
    int p = (int)(prot & (PROT_READ | PROT_WRITE));
    return prot & (PROT_EXEC | PROT_WRITE) ? p | PROT_READ : p;
}

/* Index of the first region that ends after addr. */
static size_t find(uint64_t addr)
{
    size_t lo = 0, hi = nregions;

    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (regions[mid].end <= addr) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

/* Makes room for n regions at index i, n may be negative. */
static void shift(size_t i, long n)
{
    if (nregions + (size_t)(n > 0 ? n : 0) > capacity) {
        size_t bytes = capacity * 2 * sizeof *regions;
        LuRegion *bigger = malloc(bytes);
        if (!bigger) {
            abort();
        }
        memcpy(bigger, regions, nregions * sizeof *regions);
        if (regions != first_regions) {
            free(regions);
        }
        regions = bigger;
        capacity *= 2;
    }
    if (n > 0) {
        memmove(&regions[i + (size_t)n], &regions[i], (nregions - i) * sizeof *regions);
    } else if (n < 0) {
        size_t from = i + (size_t)-n;
        memmove(&regions[i], &regions[from], (nregions - from) * sizeof *regions);
    }
    nregions = (size_t)((long)nregions + n);
}

/* Splits the region that holds addr so that one begins there. */
static void split(uint64_t addr)
{
    size_t i = find(addr);

    if (i < nregions && regions[i].start < addr) {
        shift(i, 1);
        regions[i] = regions[i + 1];
        regions[i].end = addr;
        regions[i + 1].start = addr;
    }
}

static void merge(size_t i)
{
    if (i > 0 && i < nregions && regions[i - 1].end == regions[i].start &&
        regions[i - 1].prot == regions[i].prot) {
        regions[i - 1].end = regions[i].end;
        shift(i, -1);
    }
}

static void remove_range(uint64_t start, uint64_t end)
{
    split(start);
    split(end);
    size_t i = find(start), j = i;
    while (j < nregions && regions[j].start < end) {
        j++;
    }
    shift(i, -(long)(j - i));
}

static void changed(void)
{
    __atomic_store_n(&lu_map_changes, lu_map_changes + 1, __ATOMIC_RELEASE);
}

unsigned lu_prot_kept(unsigned prot)
{
    const LuAbi *abi = lu_target->abi;
    bool guard = (prot & abi->prot_guard) && abi->guard();

    return (prot & 7) | (guard ? abi->prot_guard : 0);
}

void lu_map_set(uint64_t start, uint64_t end, unsigned prot)
{
    if (start >= end) {
        return;
    }
    pthread_mutex_lock(&lock);
    changed();
    remove_range(start, end);
    size_t i = find(start);
    shift(i, 1);
    regions[i] = (LuRegion){ start, end, prot };
    merge(i + 1);
    merge(i);
    pthread_mutex_unlock(&lock);
}

void lu_map_clear(uint64_t start, uint64_t end)
{
    if (start >= end) {
        return;
    }
    pthread_mutex_lock(&lock);
    changed();
    remove_range(start, end);
    pthread_mutex_unlock(&lock);
}

void lu_map_protect(uint64_t start, uint64_t end, unsigned prot)
{
    if (start >= end) {
        return;
    }
    pthread_mutex_lock(&lock);
    changed();
    split(start);
    split(end);
    size_t i = find(start), first = i;
    for (; i < nregions && regions[i].start < end; i++) {
        regions[i].prot = (regions[i].prot & (LU_PROT_SHARED | LU_PROT_GROWS)) | (prot & LU_PROT_GUEST);
    }
    for (size_t k = i + 1; k-- > first;) {
        merge(k);
    }
    pthread_mutex_unlock(&lock);
}

int lu_map_prot(uint64_t addr)
{
    int prot = -1;

    pthread_mutex_lock(&lock);
    size_t i = find(addr);
    if (i < nregions && regions[i].start <= addr) {
        prot = (int)(regions[i].prot & LU_PROT_GUEST);
    }
    pthread_mutex_unlock(&lock);
    return prot;
}

bool lu_map_region(uint64_t addr, LuRegion *out)
{
    pthread_mutex_lock(&lock);
    size_t i = find(addr);
    bool found = i < nregions;
    if (found) {
        *out = regions[i];
    }
    pthread_mutex_unlock(&lock);
    return found;
}

bool lu_map_next(uint64_t addr, uint64_t limit, LuRegion *out)
{
    bool found = false;

    pthread_mutex_lock(&lock);
    size_t i = find(addr);
    if (addr < limit && i < nregions && regions[i].start < limit) {
        *out = regions[i];
        if (out->start < addr) {
            out->start = addr;
        }
        if (out->end > limit) {
            out->end = limit;
        }
        found = true;
    }
    pthread_mutex_unlock(&lock);
    return found;
}

bool lu_map_covers(uint64_t start, uint64_t end)
{
    LuRegion r;

    while (start < end) {
        if (!lu_map_next(start, end, &r) || r.start > start) {
            return false;
        }
        start = r.end;
    }
    return true;
}

bool lu_map_empty(uint64_t start, uint64_t end)
{
    LuRegion r;
    return !lu_map_next(start, end, &r);
}

bool lu_map_has_exec(uint64_t start, uint64_t end)
{
    LuRegion r;

    while (lu_map_next(start, end, &r)) {
        if (r.prot & PROT_EXEC) {
            return true;
        }
        start = r.end;
    }
    return false;
}
