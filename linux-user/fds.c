/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptors of rhea's own. The numbers are those lib/log.c uses: the last 16 below the soft limit
 * at start. */
#include "fds.h"
#include "options.h"

#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <unistd.h>

#define MAX_BASE (1 << 20)

static int base;
static bool any;

int lu_fd_base(void)
{
    struct rlimit rl;

    if (!base) {
        base = 1000;
        if (getrlimit(RLIMIT_NOFILE, &rl) == 0 && rl.rlim_cur != RLIM_INFINITY &&
            rl.rlim_cur > 64) {
            base = (int)(rl.rlim_cur > MAX_BASE ? MAX_BASE : rl.rlim_cur) - LU_OWN_FDS;
        }
    }
    return base;
}

bool lu_fd_any(void)
{
    return any || lu_options.log_file || lu_options.exec_fd >= 0;
}

bool lu_fd_is_own(int fd)
{
    if (!lu_fd_maybe_own(fd) || !lu_fd_any()) {
        return false;
    }
    return fd == lu_options.exec_fd || (fd >= lu_fd_base() && fd < lu_fd_base() + LU_OWN_FDS);
}

int lu_fd_own(int fd)
{
    int up = fcntl(fd, F_DUPFD_CLOEXEC, lu_fd_base());

    if (up < 0) {
        return fd;
    }
    close(fd);
    any = true;
    return up;
}

void lu_fd_adopt(void)
{
    int fd = lu_options.exec_fd;

    if (fd >= 0) {
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        if (fd < lu_fd_base() || fd >= lu_fd_base() + LU_OWN_FDS) {
            lu_options.exec_fd = lu_fd_own(fd);
        }
    }
}

int lu_fd_self_exe(void)
{
    if (lu_options.exec_fd >= 0 && fcntl(lu_options.exec_fd, F_GETFD) >= 0) {
        return lu_options.exec_fd;
    }
    lu_options.exec_fd = -1;
    int fd = open("/proc/self/exe", O_PATH | O_CLOEXEC);
    if (fd < 0) {
        const char *name = (const char *)getauxval(AT_EXECFN);
        fd = name ? open(name, O_PATH | O_CLOEXEC) : -1;
    }
    if (fd < 0) {
        return -1;
    }
    lu_options.exec_fd = lu_fd_own(fd);
    return lu_options.exec_fd;
}
