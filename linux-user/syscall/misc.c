/* SPDX-License-Identifier: BSD-2-Clause */
/* What fits nowhere else: names, personality, System V semaphores, memory sealing. */
#include "guestmem.h"
#include "map.h"
#include "options.h"
#include "syscall.h"
#include "target.h"

#include <linux/sem.h>
#include <stdio.h>
#include <string.h>

#include <sys/personality.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include "base/log.h"
#include "syscall-numbers.h"

#ifndef SYS_mseal
#define SYS_mseal 462
#endif

int64_t lu_sys_uname(LuThread *t, const uint64_t *a)
{
    struct utsname u;

    if (uname(&u) < 0) {
        return -errno;
    }
    snprintf(u.machine, sizeof u.machine, "%s", lu_target->abi->machine);
    if (lu_options.uname) {
        snprintf(u.release, sizeof u.release, "%s", lu_options.uname);
    }
    return lu_copy_to_guest(a[0], &u, sizeof u) ? 0 : -EFAULT;
}

/* Of a personality the host's kernel gets what does not change how it maps our memory: the execution domain, UNAME26,
 * ADDR_NO_RANDOMIZE, SHORT_INODE, WHOLE_SECONDS, STICKY_TIMEOUTS. The rest is remembered until the next exec. There are
 * no 32-bit programs. [man 2 personality] */
#define PERSONALITY_HOST 0x070600ffu

int64_t lu_sys_personality(LuThread *t, const uint64_t *a)
{
    static uint32_t rest;
    const uint32_t asked = (uint32_t)a[0], before = __atomic_load_n(&rest, __ATOMIC_RELAXED);
    const bool sets = asked != 0xffffffff;

    if (sets && (asked & PER_MASK) == PER_LINUX32) {
        return -EINVAL;
    }
    int64_t r = lu_pass_args(t, SYS_personality, sets ? asked & PERSONALITY_HOST : asked, 0, 0, 0, 0, 0);
    if (r >= 0 && sets) {
        __atomic_store_n(&rest, asked & ~PERSONALITY_HOST, __ATOMIC_RELAXED);
    }
    return r < 0 ? r : r | before;
}

/* struct semid64_ds of asm-generic; x86-64's has holes after its two times. */
typedef struct GuestSem {
    uint8_t perm[48];
    int64_t otime, ctime;
    uint64_t nsems, unused[2];
} GuestSem;

typedef struct HostSem {
    uint8_t perm[48];
    int64_t otime;
    uint64_t unused1;
    int64_t ctime;
    uint64_t unused2, nsems, unused3, unused4;
} HostSem;

int64_t lu_sys_semctl(LuThread *t, const uint64_t *a)
{
    HostSem h;
    GuestSem g;
    int cmd = (int)a[2] & ~0x100;

    if (cmd == IPC_SET) {
        if (!lu_copy_from_guest(&g, a[3], sizeof g)) {
            return -EFAULT;
        }
        memset(&h, 0, sizeof h);
        memcpy(h.perm, g.perm, sizeof h.perm);
        return lu_pass_args(t, SYS_semctl, a[0], a[1], a[2], (uint64_t)&h, 0, 0);
    }
    if (cmd != IPC_STAT && cmd != SEM_STAT && cmd != SEM_STAT_ANY) {
        return lu_pass(t, SYS_semctl, a);
    }
    int64_t r = lu_pass_args(t, SYS_semctl, a[0], a[1], a[2], (uint64_t)&h, 0, 0);
    if (r >= 0) {
        memset(&g, 0, sizeof g);
        memcpy(g.perm, h.perm, sizeof g.perm);
        g.otime = h.otime;
        g.ctime = h.ctime;
        g.nsems = h.nsems;
        if (!lu_copy_to_guest(a[3], &g, sizeof g)) {
            return -EFAULT;
        }
    }
    return r;
}

/* Only what is the guest's may be sealed. */
int64_t lu_sys_mseal(LuThread *t, const uint64_t *a)
{
    uint64_t end = a[0] + lu_page_up(a[1]);

    if ((a[0] & (LU_PAGE - 1)) || end < a[0]) {
        return -EINVAL;
    }
    return lu_map_covers(a[0], end) ? lu_pass(t, SYS_mseal, a) : -ENOMEM;
}
