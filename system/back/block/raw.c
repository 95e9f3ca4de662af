/* SPDX-License-Identifier: BSD-2-Clause */
/* Raw images: a file or a block device, byte for byte. [man 2 pread] [man 2 fallocate] */
#include "back/block/block.h"

#include "back/back.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct Raw {
    SysBlock b;
    char *path;
    int fd;
} Raw;

static gboolean open_raw(SysBlock *b, GError **err)
{
    Raw *r = (Raw *)b;
    struct stat st;

    if (!r->path) {
        obj_refuse(err, "path: must be set");
        return FALSE;
    }
    r->fd = sys_open(r->path, b->read_only ? O_RDONLY : O_RDWR, 0);
    off_t bytes = r->fd >= 0 ? lseek(r->fd, 0, SEEK_END) : -1;
    if (bytes < 0 || fstat(r->fd, &st) < 0 || (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))) {
        obj_refuse(err, "'%s': %s", r->path,
                   r->fd < 0 || bytes < 0 ? g_strerror(errno)
                                          : "neither a file nor a block device");
        if (r->fd >= 0) {
            close(r->fd);
        }
        return FALSE;
    }
    b->bytes = (guint64)bytes;
    return TRUE;
}

static void close_raw(SysBlock *b)
{
    close(((Raw *)b)->fd);
}

/* Reads or writes all of it; past a file that became shorter there are zeros. */
static int transfer(int fd, SysBlockReq *r)
{
    for (guint64 done = 0; done < r->bytes;) {
        off_t at = (off_t)(r->offset + done);
        gssize n = r->op == SYS_BLOCK_READ ? pread(fd, r->data + done, r->bytes - done, at)
                                           : pwrite(fd, r->data + done, r->bytes - done, at);
        if (n < 0 && errno != EINTR) {
            return -errno;
        }
        if (n == 0 && r->op == SYS_BLOCK_READ) {
            memset(r->data + done, 0, r->bytes - done);
            break;
        }
        done += n > 0 ? (guint64)n : 0;
    }
    return 0;
}

static int run_raw(SysBlock *b, SysBlockReq *r)
{
    int fd = ((Raw *)b)->fd;

    switch (r->op) {
    case SYS_BLOCK_READ:
    case SYS_BLOCK_WRITE:
        return transfer(fd, r);
    case SYS_BLOCK_FLUSH:
        return fdatasync(fd) < 0 ? -errno : 0;
    default:
        /* A wish, not a duty: where the host cannot, nothing happens. */
        if (r->bytes && fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)r->offset,
                                  (off_t)r->bytes) < 0 && errno != EOPNOTSUPP) {
            return -errno;
        }
        return 0;
    }
}

static void uncache_raw(SysBlock *b)
{
    posix_fadvise(((Raw *)b)->fd, 0, 0, POSIX_FADV_DONTNEED);
}

static gboolean resize_raw(SysBlock *b, guint64 bytes, GError **err)
{
    if (bytes > INT64_MAX || ftruncate(((Raw *)b)->fd, (off_t)bytes) < 0) {
        obj_refuse(err, "'%s': %s", ((Raw *)b)->path, g_strerror(errno));
        return FALSE;
    }
    return TRUE;
}

static int file_raw(const SysBlock *b)
{
    return ((const Raw *)b)->fd;
}

static const ObjProp props[] = {
    OBJ_PROP_STR("path", "The file or block device.", Raw, path, NULL),
    { 0 },
};

const SysBlockType sys_block_raw = {
    .obj = { .name = "blockdev-raw", .text = OBJ_TEXT("A file or block device of the host, byte for byte."),
             .parent = &sys_block_type, .size = sizeof(Raw), .props = props },
    .open = open_raw,
    .close = close_raw,
    .run = run_raw,
    .uncache = uncache_raw,
    .resize = resize_raw,
    .file = file_raw,
};
