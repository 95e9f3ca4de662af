/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory: mmap, munmap, mprotect, mremap, brk, madvise, System V shared memory. [man 2 mmap] */
#include "map.h"
#include "syscall.h"
#include "target.h"

#include <fcntl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif
#define USER_TOP 0x7ffffffff000ull
#define MAX_SHM 256

#define GUEST_MAP_32BIT 0x40    /* of x86; means nothing to the guest */

static uint64_t brk_start, brk_now;
static struct {
    uint64_t start, len;
} attached[MAX_SHM];

static long host_mmap(uint64_t addr, uint64_t len, int prot, uint64_t flags, int fd, uint64_t off)
{
    return lu_raw(SYS_mmap, addr, len, (uint64_t)prot, flags, (uint64_t)fd, off);
}

/* Calls fn for each piece of [start, end) that is not the guest's. Stops when fn fails. */
static bool each_gap(uint64_t start, uint64_t end, bool (*fn)(uint64_t, uint64_t, uint64_t *),
                     uint64_t *arg)
{
    LuRegion r;

    while (start < end) {
        bool more = lu_map_next(start, end, &r);
        uint64_t gap_end = more ? r.start : end;
        if (gap_end > start && !fn(start, gap_end, arg)) {
            return false;
        }
        start = more ? r.end : end;
    }
    return true;
}

static bool claim_gap(uint64_t start, uint64_t end, uint64_t *done)
{
    uint64_t flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE;
    long r = host_mmap(start, end - start, PROT_NONE, flags, -1, 0);

    if (r != (long)start) {
        if (r >= 0) {
            LU_RAW2(SYS_munmap, r, end - start);
        }
        return false;
    }
    *done = end;
    return true;
}

static bool release_gap(uint64_t start, uint64_t end, uint64_t *unused)
{
    LU_RAW2(SYS_munmap, start, end - start);
    return true;
}

/* Takes the part of [start, end) that nobody has, so that a fixed mapping cannot hit one of rhea's.
 */
static bool claim(uint64_t start, uint64_t end)
{
    uint64_t done = start;

    if (each_gap(start, end, claim_gap, &done)) {
        return true;
    }
    each_gap(start, done, release_gap, NULL);
    return false;
}

static int64_t mmap_locked(uint64_t addr, uint64_t len, unsigned prot, uint64_t flags, int fd,
                           uint64_t off)
{
    bool fixed = (flags & MAP_FIXED) && !(flags & MAP_FIXED_NOREPLACE);
    bool exec = false, claimed = false;

    if (fixed) {
        if (addr & (LU_PAGE - 1)) {
            return -EINVAL;
        }
        if (addr >= USER_TOP || len > USER_TOP - addr) {
            return -ENOMEM;
        }
        if (lu_map_empty(addr, addr + len)) {
            flags |= MAP_FIXED_NOREPLACE;
        } else if (!lu_map_covers(addr, addr + len)) {
            if (!claim(addr, addr + len)) {
                return -ENOMEM;
            }
            claimed = true;
        }
        exec = lu_map_has_exec(addr, addr + len);
    }
    long r = host_mmap(addr, len, lu_prot_host(prot), flags & ~(uint64_t)MAP_GROWSDOWN, fd, off);
    if (r < 0 && r > -4096) {
        if (claimed) {
            each_gap(addr, addr + len, release_gap, NULL);
        }
        return fixed && r == -EEXIST ? -ENOMEM : r;
    }
    unsigned type = (unsigned)flags & MAP_TYPE;
    unsigned shared = type == MAP_SHARED || type == MAP_SHARED_VALIDATE ? LU_PROT_SHARED : 0;
    unsigned grows = flags & MAP_GROWSDOWN ? LU_PROT_GROWS : 0;
    lu_map_set((uint64_t)r, (uint64_t)r + len, lu_prot_kept(prot) | shared | grows);
    if (exec || (prot & PROT_EXEC)) {       /* a jump there may have been translated into a fault */
        tcg_invalidate((uint64_t)r, len);
    }
    return r;
}

int64_t lu_mmap(uint64_t addr, uint64_t len, unsigned prot, uint64_t flags, int fd, uint64_t off)
{
    uint64_t bytes = lu_page_up(len);
    int64_t r = -EINVAL;

    if (off & (LU_PAGE - 1)) {
        return r;
    }
    if (bytes < len) {
        r = -ENOMEM;
    } else if (len) {
        flags &= ~(uint64_t)GUEST_MAP_32BIT;
        lu_mm_lock();
        r = mmap_locked(addr, bytes, prot, flags, fd, off);
        lu_mm_unlock();
    }
    /* The kernel looks at the file first. */
    if ((r == -EINVAL || r == -ENOMEM) && !(flags & MAP_ANONYMOUS) && LU_RAW2(SYS_fcntl, fd, F_GETFD) < 0) {
        return -EBADF;
    }
    return r;
}

/* Unmaps the guest's part of the range. The kernel may refuse: a sealed mapping, too many mappings;
 * what comes before the refused region is gone then. */
static int64_t unmap_locked(uint64_t start, uint64_t end)
{
    int64_t result = 0;
    LuThread *t = lu_self;
    LuRegion r;

    lu_rseq_unmapping(t, start, end);
    for (uint64_t at = start; lu_map_next(at, end, &r); at = r.end) {
        result = LU_RAW2(SYS_munmap, r.start, r.end - r.start);
        if (result < 0) {
            end = r.start;
            break;
        }
    }
    bool exec = lu_map_has_exec(start, end);
    lu_map_clear(start, end);
    if (exec) {
        tcg_invalidate(start, end - start);
    }
    if (result < 0 && t->rseq.lost) {
        lu_rseq_restore(t);
    }
    return result;
}

int64_t lu_munmap(uint64_t addr, uint64_t len)
{
    uint64_t bytes = lu_page_up(len);

    if ((addr & (LU_PAGE - 1)) || !bytes || addr > USER_TOP || bytes > USER_TOP - addr) {
        return -EINVAL;
    }
    lu_mm_lock();
    int64_t result = unmap_locked(addr, addr + bytes);
    lu_mm_unlock();
    return result;
}

#define PROT_GROWS (PROT_GROWSDOWN | PROT_GROWSUP)
#define PROT_SEM_BIT 0x8

/* PROT_GROWSDOWN: from the start of the region that grows. */
static int64_t grown_start(uint64_t *addr, uint64_t end)
{
    LuRegion r;

    if (!lu_map_region(*addr, &r) || r.start >= end) {
        return -ENOMEM;
    }
    if (!(r.prot & LU_PROT_GROWS)) {
        return -EINVAL;
    }
    *addr = r.start;
    return 0;
}

int64_t lu_mprotect(uint64_t addr, uint64_t len, unsigned prot)
{
    uint64_t bytes = lu_page_up(len), end = addr + bytes;
    int64_t result = 0;
    unsigned kept = lu_prot_kept(prot), known = kept | PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM_BIT;
    LuRegion r;

    if ((prot & PROT_GROWS) == PROT_GROWS || (addr & (LU_PAGE - 1))) {
        return -EINVAL;
    }
    if (len == 0) {
        return 0;
    }
    if (bytes < len || end < addr) {
        return -ENOMEM;
    }
    if (prot & ~(known | PROT_GROWS)) {
        return -EINVAL;
    }
    lu_mm_lock();
    if (prot & PROT_GROWSDOWN) {
        result = grown_start(&addr, end);
    } else if (prot & PROT_GROWSUP) {
        result = -EINVAL;
    }
    uint64_t at = addr;
    bool exec = lu_map_has_exec(addr, end);
    while (at < end && result == 0) {
        if (!lu_map_next(at, end, &r) || r.start > at) {
            result = -ENOMEM;
            break;
        }
        result = LU_RAW3(SYS_mprotect, r.start, r.end - r.start, lu_prot_host(prot));
        if (result == 0) {
            lu_map_protect(r.start, r.end, kept);
        }
        at = r.end;
    }
    if (exec || (prot & PROT_EXEC)) {
        tcg_invalidate(addr, end - addr);
    }
    lu_mm_unlock();
    return result;
}

void lu_brk_init(uint64_t start)
{
    brk_start = brk_now = start;
}

uint64_t lu_brk_start(void)
{
    return brk_start;
}

uint64_t lu_brk_end(void)
{
    return brk_now;
}

int64_t lu_brk(uint64_t to)
{
    lu_mm_lock();
    uint64_t have = lu_page_up(brk_now), want = lu_page_up(to);
    if (to >= brk_start && want >= to && want < USER_TOP) {
        if (want > have) {
            uint64_t flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
            if (lu_map_empty(have, want) && mmap_locked(have, want - have, PROT_READ | PROT_WRITE,
                                                        flags, -1, 0) == (int64_t)have) {
                brk_now = to;
            }
        } else if (want == have || unmap_locked(want, have) == 0) {
            brk_now = to;
        }
    }
    uint64_t now = brk_now;
    lu_mm_unlock();
    return (int64_t)now;
}

int64_t lu_sys_mmap(LuThread *t, const uint64_t *a)
{
    return lu_mmap(a[0], a[1], (unsigned)a[2], a[3], (int)a[4], a[5]);
}

int64_t lu_sys_munmap(LuThread *t, const uint64_t *a)
{
    return lu_munmap(a[0], a[1]);
}

int64_t lu_sys_mprotect(LuThread *t, const uint64_t *a)
{
    return lu_mprotect(a[0], a[1], (unsigned)a[2]);
}

/* No guest CPU we have has memory protection keys, so only the key that means "none" exists. */
int64_t lu_sys_pkey_mprotect(LuThread *t, const uint64_t *a)
{
    return (int)a[3] == -1 || (int)a[3] == 0 ? lu_mprotect(a[0], a[1], (unsigned)a[2]) : -EINVAL;
}

int64_t lu_sys_pkey_alloc(LuThread *t, const uint64_t *a)
{
    return a[0] || (a[1] & ~3ull) ? -EINVAL : -ENOSPC;
}

int64_t lu_sys_brk(LuThread *t, const uint64_t *a)
{
    return lu_brk(a[0]);
}

static int64_t mremap_locked(const uint64_t *a)
{
    uint64_t old = a[0], old_len = lu_page_up(a[1]), len = lu_page_up(a[2]), flags = a[3],
             to = a[4];
    LuRegion r;

    if ((old & (LU_PAGE - 1)) || !len || (flags & ~(uint64_t)7) ||
        ((flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) && !(flags & MREMAP_MAYMOVE)) ||
        ((flags & MREMAP_DONTUNMAP) && len != old_len) ||
        ((flags & MREMAP_FIXED) && old + old_len > to && to + len > old)) {
        return -EINVAL;
    }
    if (!lu_map_next(old, old + (old_len ? old_len : LU_PAGE), &r) || r.start != old ||
        !lu_map_covers(old, old + old_len)) {
        return -EFAULT;
    }
    bool exec = lu_map_has_exec(old, old + old_len);
    if (flags & MREMAP_FIXED) {
        if ((to & (LU_PAGE - 1)) || to >= USER_TOP || len > USER_TOP - to) {
            return -EINVAL;
        }
        if (!lu_map_covers(to, to + len) && !claim(to, to + len)) {
            return -ENOMEM;
        }
        exec |= lu_map_has_exec(to, to + len);
    }
    long at = LU_RAW5(SYS_mremap, old, a[1], a[2], flags, to);
    if (at < 0 && at > -4096) {
        if (flags & MREMAP_FIXED) {
            each_gap(to, to + len, release_gap, NULL);
        }
        return at;
    }
    if (!(flags & MREMAP_DONTUNMAP)) {
        lu_map_clear(old, old + old_len);
    }
    lu_map_set((uint64_t)at, (uint64_t)at + len, r.prot);
    if (exec || (r.prot & PROT_EXEC)) {
        tcg_invalidate(old, old_len);
        tcg_invalidate((uint64_t)at, len);
    }
    return at;
}

int64_t lu_sys_mremap(LuThread *t, const uint64_t *a)
{
    lu_mm_lock();
    int64_t r = mremap_locked(a);
    lu_mm_unlock();
    return r;
}

/* Advice may throw pages away: only the guest's, and then their translations too. */
int64_t lu_sys_madvise(LuThread *t, const uint64_t *a)
{
    uint64_t start = a[0], bytes = lu_page_up(a[1]), end = start + bytes;
    LuRegion r;

    if ((start & (LU_PAGE - 1)) || bytes < a[1] || end < start) {
        return -EINVAL;
    }
    int64_t result = 0;
    if (!lu_map_covers(start, end)) {
        result = LU_RAW3(SYS_madvise, 0, 0, (int)a[2]);     /* is there such an advice? */
        if (result < 0) {
            return result;
        }
        result = -ENOMEM;
    }
    lu_mm_lock();
    bool exec = lu_map_has_exec(start, end);
    for (uint64_t at = start; lu_map_next(at, end, &r); at = r.end) {
        long e = LU_RAW3(SYS_madvise, r.start, r.end - r.start, (int)a[2]);
        if (e < 0) {
            result = e;
            break;
        }
    }
    if (exec) {
        tcg_invalidate(start, bytes);
    }
    lu_mm_unlock();
    return result;
}

static uint64_t *find_attached(uint64_t start)
{
    for (unsigned i = 0; i < MAX_SHM; i++) {
        if (attached[i].len && attached[i].start == start) {
            return &attached[i].len;
        }
    }
    return NULL;
}

static bool note_attached(uint64_t start, uint64_t len)
{
    for (unsigned i = 0; i < MAX_SHM; i++) {
        if (!attached[i].len) {
            attached[i].start = start;
            attached[i].len = len;
            return true;
        }
    }
    return false;
}

static int64_t shmat_locked(const uint64_t *a)
{
    struct shmid_ds ds;
    int flags = (int)a[2];

    if (shmctl((int)a[0], IPC_STAT, &ds) < 0) {
        return -errno;
    }
    uint64_t len = lu_page_up(ds.shm_segsz), addr = a[1];
    if (addr && (flags & SHM_RND)) {
        addr = lu_page_down(addr);
    }
    if (addr && (flags & SHM_REMAP) && !lu_map_covers(addr, addr + len) &&
        !claim(addr, addr + len)) {
        return -ENOMEM;
    }
    bool exec = addr && lu_map_has_exec(addr, addr + len);
    long at = LU_RAW3(SYS_shmat, a[0], addr, flags & ~SHM_EXEC);
    if (at < 0 && at > -4096) {
        return at;
    }
    if (!note_attached((uint64_t)at, len)) {
        LU_RAW1(SYS_shmdt, at);
        return -ENOMEM;
    }
    unsigned prot = PROT_READ | (flags & SHM_RDONLY ? 0 : PROT_WRITE) |
                    (flags & SHM_EXEC ? PROT_EXEC : 0);
    lu_map_set((uint64_t)at, (uint64_t)at + len, prot | LU_PROT_SHARED);
    if (exec || (prot & PROT_EXEC)) {
        tcg_invalidate((uint64_t)at, len);
    }
    return at;
}

int64_t lu_sys_shmat(LuThread *t, const uint64_t *a)
{
    lu_mm_lock();
    int64_t r = shmat_locked(a);
    lu_mm_unlock();
    return r;
}

int64_t lu_sys_shmdt(LuThread *t, const uint64_t *a)
{
    lu_mm_lock();
    uint64_t *len = find_attached(a[0]);
    int64_t r = len ? LU_RAW1(SYS_shmdt, a[0]) : -EINVAL;
    if (r == 0) {
        bool exec = lu_map_has_exec(a[0], a[0] + *len);
        lu_map_clear(a[0], a[0] + *len);
        if (exec) {
            tcg_invalidate(a[0], *len);
        }
        *len = 0;
    }
    lu_mm_unlock();
    return r;
}
