/* SPDX-License-Identifier: BSD-2-Clause */
/* Logging. */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

unsigned log_mask;
bool log_append;
static int log_fd = 2;

static const struct {
    const char *name;
    unsigned mask;
    const char *text;
} items[] = {
    { "in_asm", LOG_IN_ASM, "guest code of each translated block" },
    { "op", LOG_OP, "IR as built" },
    { "op_opt", LOG_OP_OPT, "IR after each pass" },
    { "out_asm", LOG_OUT_ASM, "host code bytes (pipe into rhea-dis)" },
    { "exec", LOG_EXEC, "each entry to a block from the run loop" },
    { "int", LOG_INT, "exceptions and signals" },
    { "unimp", LOG_UNIMP, "what is not implemented" },
    { "guest_errors", LOG_GUEST_ERROR, "guest misbehaviour" },
    { "strace", LOG_STRACE, "system calls" },
    { "page", LOG_PAGE, "changes of the guest memory map" },
    { "stats", LOG_STATS, "what was translated, when the program ends" },
};

bool log_parse(const char *list, unsigned *mask, const char **bad)
{
    unsigned m = 0;

    while (*list) {
        size_t n = strcspn(list, ",");
        unsigned hit = 0;
        for (unsigned i = 0; i < sizeof items / sizeof *items; i++) {
            if (strlen(items[i].name) == n && !memcmp(items[i].name, list, n)) {
                hit = items[i].mask;
            }
        }
        if (!hit) {
            *bad = list;
            return false;
        }
        m |= hit;
        list += n + (list[n] == ',');
    }
    *mask = m;
    return true;
}

void log_help(int fd)
{
    for (unsigned i = 0; i < sizeof items / sizeof *items; i++) {
        dprintf(fd, "%-14s%s\n", items[i].name, items[i].text);
    }
}

/* Moves fd to just below the hard limit of descriptors the guest can see, or as high as possible. */
static int move_up(int fd)
{
    struct rlimit rl;
    int at = 1000;

    if (getrlimit(RLIMIT_NOFILE, &rl) == 0 && rl.rlim_cur != RLIM_INFINITY && rl.rlim_cur > 64) {
        at = (int)(rl.rlim_cur > 1 << 20 ? 1 << 20 : rl.rlim_cur) - 16;
    }
    int up = fcntl(fd, F_DUPFD_CLOEXEC, at);
    if (up < 0) {
        return fd;
    }
    close(fd);
    return up;
}

int log_init(unsigned mask, const char *path)
{
    log_mask = mask;
    if (!path) {
        return 0;
    }
    char name[4096];
    const char *pid = strstr(path, "%d");
    if (pid) {
        snprintf(name, sizeof name, "%.*s%d%s", (int)(pid - path), path, (int)getpid(), pid + 2);
    } else {
        snprintf(name, sizeof name, "%s", path);
    }
    int fd = open(name, O_WRONLY | O_CREAT | (log_append ? 0 : O_TRUNC) | O_CLOEXEC | O_APPEND, 0666);
    if (fd < 0) {
        return -errno;
    }
    log_fd = move_up(fd);
    return 0;
}

void log_printf(const char *fmt, ...)
{
    char buf[2048];
    va_list ap;

    va_start(ap, fmt);
    int n = vsnprintf(buf, sizeof buf, fmt, ap);
    va_end(ap);
    if (n > (int)sizeof buf - 1) {
        n = sizeof buf - 1;
    }
    const char *p = buf;
    while (n > 0) {
        ssize_t w = write(log_fd, p, (size_t)n);
        if (w < 0) {
            if (errno == EINTR) {
                continue;
            }
            return;
        }
        p += w;
        n -= (int)w;
    }
}
