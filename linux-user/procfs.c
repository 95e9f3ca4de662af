/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /proc/self/maps, smaps and cpuinfo. The rest of /proc/self is right by itself: the kernel was
 * told where the guest's arguments, environment and auxiliary vector are (stack.c), and its name
 * (main.c).
 *
 * maps and smaps are the host's, cut down to what the guest's regions cover, with the guest's
 * protections: since addresses are the same, files, offsets and sizes are the kernel's own.
 */
#include "procfs.h"
#include "host.h"
#include "load.h"
#include "map.h"
#include "path.h"
#include "signal.h"
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The whole of a file, with a NUL at the end; to be freed. */
static char *read_all(const char *path)
{
    size_t size = 1 << 16, n = 0;
    char *buf = malloc(size);
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (!buf || fd < 0) {
        free(buf);
        return NULL;
    }
    for (;;) {
        if (n + 1 == size) {
            char *more = realloc(buf, size * 2);
            if (!more) {
                break;
            }
            buf = more;
            size *= 2;
        }
        ssize_t r = read(fd, buf + n, size - 1 - n);
        if (r <= 0) {
            break;
        }
        n += (size_t)r;
    }
    close(fd);
    buf[n] = 0;
    return buf;
}

/* One line of maps, taken apart. */
typedef struct Line {
    uint64_t start, end, offset;
    char perms[8];
    char dev[16];
    uint64_t inode;
    const char *name;
} Line;

static bool parse_line(char *text, Line *l)
{
    int at = 0;

    if (sscanf(text, "%" SCNx64 "-%" SCNx64 " %7s %" SCNx64 " %15s %" SCNu64 "%n", &l->start,
               &l->end, l->perms, &l->offset, l->dev, &l->inode, &at) < 6) {
        return false;
    }
    l->name = text + at + strspn(text + at, " ");
    return true;
}

static const char *region_name(const Line *l, uint64_t start)
{
    if (start == lu_page_down(lu_sigreturn_addr)) {
        return "[vdso]";
    }
    if (!l->inode && l->name[0] != '/') {
        if (start >= lu_brk_start() && start < lu_page_up(lu_brk_end())) {
            return "[heap]";
        }
        if (!strcmp(l->name, "[heap]") || !strncmp(l->name, "[vdso", 5)) {
            return "";
        }
    }
    return l->name;
}

static void write_region(FILE *out, const Line *l, const LuRegion *r)
{
    const char *name = region_name(l, r->start);
    int n = fprintf(out, "%08" PRIx64 "-%08" PRIx64 " %c%c%c%c %08" PRIx64 " %s %" PRIu64, r->start,
                    r->end, r->prot & PROT_READ ? 'r' : '-', r->prot & PROT_WRITE ? 'w' : '-',
                    r->prot & PROT_EXEC ? 'x' : '-', l->perms[3],
                    l->inode ? l->offset + (r->start - l->start) : 0, l->dev, l->inode);
    if (name[0]) {
        fprintf(out, "%*s%s", n < 73 ? 73 - n : 1, "", name);
    }
    fputc('\n', out);
}

/* The kernel may have joined the heap with its neighbours: end of the piece of a line that begins
 * at from. */
static uint64_t piece_end(uint64_t from, uint64_t end)
{
    uint64_t start = lu_brk_start(), stop = lu_page_up(lu_brk_end());

    if (from < start && end > start) {
        return start;
    }
    return from < stop && end > stop ? stop : end;
}

/* Copies the guest's part of a maps or smaps file. */
static void write_maps(FILE *out, char *text)
{
    bool keep = false;
    Line l;

    for (char *next, *at = text; at && *at; at = next) {
        next = strchr(at, '\n');
        if (next) {
            *next++ = 0;
        }
        if (!parse_line(at, &l)) {
            if (keep) {
                fprintf(out, "%s\n", at);
            }
            continue;
        }
        LuRegion r;
        keep = false;
        for (uint64_t from = l.start; from < l.end;) {
            uint64_t limit = piece_end(from, l.end);
            if (!lu_map_next(from, limit, &r)) {
                from = limit;
                continue;
            }
            write_region(out, &l, &r);
            from = r.end;
            keep = true;
        }
    }
}

static int open_memory(const char *name)
{
    return (int)LU_RAW2(SYS_memfd_create, name, MFD_CLOEXEC);
}

/* The descriptor the guest gets: at the start of the text, without close-on-exec unless asked for.
 */
static int64_t finish(int fd, uint64_t flags)
{
    lseek(fd, 0, SEEK_SET);
    if (!(flags & O_CLOEXEC)) {
        fcntl(fd, F_SETFD, 0);
    }
    return fd;
}

static int64_t open_maps(const char *path, uint64_t flags)
{
    char *text = read_all(path);
    if (!text) {
        return -errno;
    }
    int fd = open_memory("maps");
    int copy = fd < 0 ? -1 : dup(fd);
    FILE *out = copy < 0 ? NULL : fdopen(copy, "w");
    if (!out) {
        free(text);
        return -ENOMEM;
    }
    write_maps(out, text);
    fclose(out);
    free(text);
    return finish(fd, flags);
}

bool lu_proc_open(const char *path, uint64_t flags, int64_t *result)
{
    if ((flags & O_ACCMODE) != O_RDONLY || (flags & O_PATH)) {
        return false;
    }
    if (!strcmp(path, "/proc/cpuinfo")) {
        int fd = open_memory("cpuinfo");
        if (fd >= 0) {
            lu_target->abi->cpuinfo(lu_model, fd);
        }
        *result = fd < 0 ? fd : finish(fd, flags);
        return true;
    }
    const char *what = lu_path_proc_self(path);
    if (what && (!strcmp(what, "maps") || !strcmp(what, "smaps"))) {
        *result = open_maps(path, flags);
        return true;
    }
    return false;
}
