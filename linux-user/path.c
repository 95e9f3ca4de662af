/* SPDX-License-Identifier: BSD-2-Clause */
/* Path look-up: see path.h. */
#include "path.h"
#include "guestmem.h"
#include "load.h"
#include "options.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host.h"

#define MAX_LINKS 16

static bool exists(const char *path)
{
    struct stat st;
    return LU_RAW4(SYS_newfstatat, AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Links under the prefix that are absolute mean a path under the prefix; the kernel would leave it.
 * Only the last component is followed by hand: directories of that kind are rare. */
static void follow_links(LuPath *p, size_t prefix)
{
    LuPath at = *p;
    char to[4096];

    for (unsigned i = 0; i < MAX_LINKS; i++) {
        long n = LU_RAW4(SYS_readlinkat, AT_FDCWD, at.text, to, sizeof to - 1);
        if (n <= 0) {
            return;
        }
        to[n] = 0;
        bool absolute = to[0] == '/';
        size_t keep = absolute ? prefix : (size_t)(strrchr(at.text, '/') - at.text) + 1;
        if (keep + (size_t)n >= sizeof at.text) {
            return;
        }
        memcpy(at.text + keep, to, (size_t)n + 1);
        if (!exists(at.text)) {
            return;
        }
        if (absolute) {
            *p = at;
        }
    }
}

/* path under the prefix, in p, if it exists there; else path. */
static const char *look_up(LuPath *p, const char *path, bool follow)
{
    const char *prefix = lu_options.prefix;

    if (!prefix || path[0] != '/' || !path[1]) {
        return path;
    }
    size_t n = strlen(prefix), len = strlen(path);
    if (n + len >= sizeof p->text || !strncmp(path, prefix, n)) {
        return path;
    }
    memcpy(p->text, prefix, n);
    memcpy(p->text + n, path, len + 1);
    if (!exists(p->text)) {
        return path;
    }
    if (follow) {
        follow_links(p, n);
    }
    return p->text;
}

const char *lu_path_host(LuPath *p, const char *path)
{
    return look_up(p, path, true);
}

const char *lu_path_proc_self(const char *path)
{
    if (strncmp(path, "/proc/", 6)) {
        return NULL;
    }
    path += 6;
    if (!strncmp(path, "self/", 5)) {
        return path + 5;
    }
    if (!strncmp(path, "thread-self/", 12)) {
        return path + 12;
    }
    char *end;
    long pid = strtol(path, &end, 10);
    if (end == path || *end != '/' || pid != LU_RAW1(SYS_getpid, 0)) {
        return NULL;
    }
    path = end + 1;
    if (!strncmp(path, "task/", 5)) {
        strtol(path + 5, &end, 10);
        return end > path + 5 && *end == '/' ? end + 1 : path;
    }
    return path;
}

uint64_t lu_path_arg(LuPath *p, uint64_t guest, bool follow)
{
    char head[8];
    char name[4096];

    long n = lu_str_from_guest(head, guest, sizeof head);
    if ((n < 0 && n != -ENAMETOOLONG) || head[0] != '/') {
        return guest;
    }
    bool proc = n == -ENAMETOOLONG && !memcmp(head, "/proc/", 6);
    if (!proc && !lu_options.prefix) {
        return guest;
    }
    if (lu_str_from_guest(name, guest, sizeof name) < 0) {
        return guest;
    }
    if (proc) {
        const char *what = follow ? lu_path_proc_self(name) : NULL;
        if (what && !strncmp(what, "exe", 3) && !what[3] && lu_exe_path[0]) {
            memcpy(p->text, lu_exe_path, strlen(lu_exe_path) + 1);
            return (uint64_t)p->text;
        }
        return guest;
    }
    const char *host = look_up(p, name, follow);
    return host == name ? guest : (uint64_t)p->text;
}
