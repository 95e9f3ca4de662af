/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel keeps writers away from the file that a process was started from, which is rhea's. So a guest's program
 * has a lock: one byte far behind any file's end, for reading, of the open file description that its segments are
 * mapped from. It needs no descriptor: the mappings hold it, also those of forked children, and with the last it goes.
 * DEVIATION: programs that are not guests are not kept away.
 */
#include "busy.h"
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BYTE 0x7268656100000000     /* "rhea" */
#define CIFS_MAGIC 0xff534d42u

/* File systems that may ask somebody else for a lock. */
static bool is_remote(int fd)
{
    struct statfs s;

    if (fstatfs(fd, &s)) {
        return true;
    }
    switch ((uint32_t)s.f_type) {
    case NFS_SUPER_MAGIC: case SMB_SUPER_MAGIC: case SMB2_SUPER_MAGIC: case CIFS_MAGIC: case AFS_SUPER_MAGIC:
    case AFS_FS_MAGIC: case CODA_SUPER_MAGIC: case CEPH_SUPER_MAGIC: case V9FS_MAGIC: case FUSE_SUPER_MAGIC:
        return true;
    default:
        return false;
    }
}

void lu_busy_mark(int fd)
{
    struct flock l = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = BYTE, .l_len = 1 };

    if (!is_remote(fd)) {
        fcntl(fd, F_OFD_SETLK, &l);
    }
}

bool lu_busy_running(int fd)
{
    struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = BYTE, .l_len = 1 };

    return fcntl(fd, F_OFD_GETLK, &l) == 0 && l.l_type == F_RDLCK && l.l_start == BYTE && l.l_len == 1;
}

bool lu_busy_maybe(int dirfd, uint64_t path, uint64_t flags)
{
    struct stat st;
    long r = LU_RAW4(SYS_newfstatat, dirfd, path, &st, flags & O_NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0);

    return r == 0 && S_ISREG(st.st_mode) && (st.st_mode & 0111);
}

bool lu_busy_written(int fd)
{
    const uint64_t nowhere = -8ull;     /* no address of a user's */

    /* The kernel looks for writers before it finds that the arguments cannot be read. */
    return LU_RAW5(SYS_execveat, fd, "", nowhere, nowhere, AT_EMPTY_PATH) == -ETXTBSY;
}
