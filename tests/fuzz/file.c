/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of fuzz targets, in memory. [man 2 memfd_create] */
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

int fuzz_file(const guint8 *data, gsize n, char **path)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);

    g_assert(fd >= 0);
    for (gsize at = 0; at < n;) {
        gssize k = write(fd, data + at, n - at);
        g_assert(k > 0);
        at += (gsize)k;
    }
    if (path) {
        *path = g_strdup_printf("/proc/self/fd/%d", fd);
    }
    return fd;
}
