/* SPDX-License-Identifier: BSD-2-Clause */
/* rseq(2): the guest's area is the one that the host's kernel knows of this thread. libc of the host, which has
 * registered its own, does without. [include/uapi/linux/rseq.h] */
#include "map.h"
#include "syscall.h"

#include <linux/rseq.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "syscall-numbers.h"
#include "tcg/rseq.h"

#if defined(__GLIBC__) && defined(__has_include)
#if __has_include(<sys/rseq.h>)
#include <sys/rseq.h>
#define LIBC_AREA ((char *)__builtin_thread_pointer() + __rseq_offset)
#define LIBC_AREA_BYTES 32
#endif
#endif

static int64_t kernel_rseq(uint64_t addr, uint64_t len, int flags, uint64_t sig)
{
    return LU_RAW4(SYS_rseq, addr, len, flags, sig);
}

static void drop_libc_area(LuThread *t)
{
#ifdef LIBC_AREA
    if (!t->rseq.libc_gone) {
        kernel_rseq((uint64_t)LIBC_AREA, LIBC_AREA_BYTES, RSEQ_FLAG_UNREGISTER, RSEQ_SIG);
    }
#endif
    t->rseq.libc_gone = true;
}

int64_t lu_sys_rseq(LuThread *t, const uint64_t *a)
{
    drop_libc_area(t);
    int64_t r = kernel_rseq(a[0], a[1], (int)a[2], a[3]);

    if (r || ((int)a[2] & RSEQ_FLAG_UNREGISTER)) {
        if (r == 0) {
            lu_rseq_forget(t);
        }
        return r;
    }
    t->rseq.lost = 0;
    t->rseq.addr = a[0];
    t->rseq.len = (uint32_t)a[1];
    t->rseq.sig = (uint32_t)a[3];
    if (!tcg_rseq_set(t->env, a[0], (uint32_t)a[3])) {
        lu_rseq_end(t);
        return -ENOSYS;
    }
    return 0;
}

void lu_rseq_forget(LuThread *t)
{
    t->rseq.addr = 0;
    tcg_rseq_set(t->env, 0, 0);
}

void lu_rseq_end(LuThread *t)
{
    if (t->rseq.addr) {
        kernel_rseq(t->rseq.addr, t->rseq.len, RSEQ_FLAG_UNREGISTER, t->rseq.sig);
        lu_rseq_forget(t);
    }
}

void lu_rseq_unmapping(LuThread *t, uint64_t start, uint64_t end)
{
    uint64_t addr = t->rseq.addr;

    if (addr && addr < end && start < addr + t->rseq.len) {
        lu_rseq_end(t);
        t->rseq.lost = addr;
    }
}

void lu_rseq_restore(LuThread *t)
{
    const uint64_t a[6] = { t->rseq.lost, t->rseq.len, 0, t->rseq.sig };
    int first = lu_map_prot(a[0]), last = lu_map_prot(a[0] + a[1] - 1);

    if (first >= 0 && last >= 0 && (first & last & PROT_WRITE)) {
        lu_sys_rseq(t, a);
    }
}
