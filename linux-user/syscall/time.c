/* SPDX-License-Identifier: BSD-2-Clause */
/* Clocks that are read often: through the host's vDSO, without entering the kernel. */
#include "guestmem.h"
#include "syscall.h"

#include <sys/time.h>
#include <time.h>

int64_t lu_sys_clock_gettime(LuThread *t, const uint64_t *a)
{
    struct timespec ts;

    if (clock_gettime((clockid_t)a[0], &ts) < 0) {
        return -errno;
    }
    return lu_copy_to_guest(a[1], &ts, sizeof ts) ? 0 : -EFAULT;
}

int64_t lu_sys_gettimeofday(LuThread *t, const uint64_t *a)
{
    static const uint64_t no_zone;
    struct timeval tv;

    gettimeofday(&tv, NULL);
    if (a[0] && !lu_copy_to_guest(a[0], &tv, sizeof tv)) {
        return -EFAULT;
    }
    return a[1] && !lu_copy_to_guest(a[1], &no_zone, 8) ? -EFAULT : 0;
}
