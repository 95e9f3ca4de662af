/* SPDX-License-Identifier: BSD-2-Clause */
/* -strace: a line per system call, decoded by the letters of syscalls.def. */
#include "guestmem.h"
#include "strace-names.h"
#include "syscall.h"
#include "target.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <netinet/in.h>
#include <signal.h>

#include "base/log.h"

#define MAX_STRING 64

bool lu_strace_on;

/* A line under construction. */
typedef struct Line {
    char text[1800];
    size_t n;
    pid_t tid;                  /* a vfork child shares this with its parent */
} Line;

static __thread Line current;

static void put(Line *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void put(Line *l, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    int n = vsnprintf(l->text + l->n, sizeof l->text - l->n, fmt, ap);
    va_end(ap);
    l->n += n < 0 ? 0 : (size_t)n;
    if (l->n >= sizeof l->text) {
        l->n = sizeof l->text - 1;
    }
}

static void put_bytes(Line *l, const uint8_t *s, size_t n, bool more)
{
    put(l, "\"");
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '\n') {
            put(l, "\\n");
        } else if (s[i] == '"' || s[i] == '\\') {
            put(l, "\\%c", s[i]);
        } else if (s[i] >= 32 && s[i] < 127) {
            put(l, "%c", s[i]);
        } else {
            put(l, "\\%o", s[i]);
        }
    }
    put(l, more ? "\"..." : "\"");
}

static void put_string(Line *l, uint64_t at)
{
    char text[4096];
    long n = at ? lu_str_from_guest(text, at, sizeof text) : -1;

    if (n < 0) {
        put(l, at ? "%#" PRIx64 : "NULL", at);
    } else {
        put_bytes(l, (const uint8_t *)text, (size_t)n, false);
    }
}

static void put_buffer(Line *l, uint64_t at, int64_t n)
{
    uint8_t text[MAX_STRING];
    size_t k = n < 0 ? 0 : n > MAX_STRING ? MAX_STRING : (size_t)n;

    if (n < 0 || !lu_copy_from_guest(text, at, k)) {
        put(l, "%#" PRIx64, at);
    } else {
        put_bytes(l, text, k, (int64_t)k < n);
    }
}

static void put_flags(Line *l, const LuFlag *flags, uint64_t v)
{
    bool any = false;

    for (; flags->name; flags++) {
        if (flags->value ? (v & flags->value) == flags->value : 0) {
            put(l, "%s%s", any ? "|" : "", flags->name);
            v &= ~flags->value;
            any = true;
        }
    }
    if (v || !any) {
        put(l, "%s%#" PRIx64, any ? "|" : "", v);
    }
}

static void put_name(Line *l, const LuFlag *names, uint64_t v)
{
    for (; names->name; names++) {
        if (names->value == v) {
            put(l, "%s", names->name);
            return;
        }
    }
    put(l, "%" PRId64, (int64_t)v);
}

static void put_open_flags(Line *l, uint64_t guest)
{
    static const char *const access[] = { "O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE" };
    uint64_t v = lu_target->abi->open_to_host(guest);

    put(l, "%s", access[v & 3]);
    if (v & ~(uint64_t)3) {
        put(l, "|");
        put_flags(l, lu_open_flags, v & ~(uint64_t)3);
    }
}

static void put_sockaddr(Line *l, uint64_t at, uint64_t len)
{
    union {
        struct sockaddr sa;
        struct sockaddr_in in;
        struct sockaddr_un un;
    } u;
    size_t n = len < sizeof u ? len : sizeof u;

    memset(&u, 0, sizeof u);
    if (n < 2 || !lu_copy_from_guest(&u, at, n)) {
        put(l, at ? "%#" PRIx64 : "NULL", at);
    } else if (u.sa.sa_family == AF_UNIX) {
        put(l, "{AF_UNIX, \"%s%.*s\"}", u.un.sun_path[0] ? "" : "@", (int)(n - 2),
            u.un.sun_path[0] ? u.un.sun_path : u.un.sun_path + 1);
    } else if (u.sa.sa_family == AF_INET) {
        const uint8_t *b = (const uint8_t *)&u.in.sin_addr;
        put(l, "{AF_INET, %u.%u.%u.%u:%u}", b[0], b[1], b[2], b[3], ntohs(u.in.sin_port));
    } else {
        put(l, "{");
        put_name(l, lu_socket_families, u.sa.sa_family);
        put(l, ", ...}");
    }
}

static void put_timespec(Line *l, uint64_t at)
{
    int64_t ts[2];

    if (!at || !lu_copy_from_guest(ts, at, sizeof ts)) {
        put(l, at ? "%#" PRIx64 : "NULL", at);
    } else {
        put(l, "{%" PRId64 ".%09" PRId64 "}", ts[0], ts[1]);
    }
}

static void put_sigset(Line *l, uint64_t at)
{
    uint64_t set;

    if (!at || !lu_copy_from_guest(&set, at, 8)) {
        put(l, at ? "%#" PRIx64 : "NULL", at);
        return;
    }
    put(l, "[");
    for (int i = 1, first = 1; i <= LU_NSIG; i++) {
        if (set >> (i - 1) & 1) {
            put(l, first ? "" : " ");
            put_name(l, lu_signal_names, (uint64_t)i);
            first = 0;
        }
    }
    put(l, "]");
}

static void put_vector(Line *l, uint64_t at)
{
    uint64_t word;

    put(l, "[");
    for (unsigned i = 0; i < 16 && lu_copy_from_guest(&word, at, 8) && word; i++, at += 8) {
        put(l, i ? ", " : "");
        put_string(l, word);
    }
    put(l, "]");
}

static void put_arg(Line *l, char kind, const uint64_t *a)
{
    uint64_t v = a[0];

    switch (kind) {
    case 'd': case 'i': put(l, "%d", (int)v); break;
    case 'l': case 'z': put(l, "%" PRId64, (int64_t)v); break;
    case 'u': put(l, "%" PRIu64, v); break;
    case 'a': put(l, (int)v == -100 ? "AT_FDCWD" : "%d", (int)v); break;
    case 's': case 'r': case 'n': put_string(l, v); break;
    case 'v': put_vector(l, v); break;
    case 'b': put_buffer(l, v, (int64_t)a[1]); break;
    case 'o': put_open_flags(l, v); break;
    case 'm': put(l, "0%o", (unsigned)v); break;
    case 'A': put_flags(l, lu_at_flags, (uint32_t)v); break;
    case 'P': put_flags(l, lu_prot_flags, v); break;
    case 'M': put_flags(l, lu_map_flags, v); break;
    case 'C': put_flags(l, lu_clone_flags, v & ~(uint64_t)0xff); break;
    case 'W': put_flags(l, lu_wait_flags, (uint32_t)v); break;
    case 'U': put_flags(l, lu_access_flags, (uint32_t)v); break;
    case 'S': put_name(l, lu_signal_names, (uint32_t)v); break;
    case 'O': put_name(l, lu_mask_names, (uint32_t)v); break;
    case 'F': put_name(l, lu_fcntl_names, (uint32_t)v); break;
    case 'D': put_name(l, lu_madvise_names, (uint32_t)v); break;
    case 'R': put_name(l, lu_rlimit_names, (uint32_t)v); break;
    case 'c': put_name(l, lu_clock_names, (uint32_t)v); break;
    case 'w': put_name(l, lu_whence_names, (uint32_t)v); break;
    case 'k': put_name(l, lu_socket_families, (uint32_t)v); break;
    case 'f': put_name(l, lu_futex_names, (uint32_t)v & 0x7f); break;
    case 'K': put_sockaddr(l, v, a[1]); break;
    case 't': put_timespec(l, v); break;
    case 'q': put_sigset(l, v); break;
    default: put(l, v ? "%#" PRIx64 : strchr("phVG", kind) ? "NULL" : "%" PRIx64, v);
    }
}

static const char *row_args(unsigned nr, const char **name)
{
    const LuSysRow *row = nr < LU_NROWS ? &lu_sys_rows[nr] : NULL;

    *name = row && row->name ? row->name : NULL;
    return *name ? row->args : "xxxxxx";
}

/* Everything the call does not write; what it writes comes with the result. */
void lu_strace_enter(LuThread *t, unsigned nr, const uint64_t *a)
{
    const char *name, *kinds = row_args(nr, &name);
    Line *l = &current;

    l->n = 0;
    l->tid = t->tid;
    if (name) {
        put(l, "%d %s(", t->tid, name);
    } else {
        put(l, "%d syscall_%u(", t->tid, nr);
    }
    if (strchr(kinds, 'B')) {
        return;
    }
    for (unsigned i = 0; kinds[i] && i < 6; i++) {
        put(l, i ? ", " : "");
        put_arg(l, kinds[i], &a[i]);
    }
    if (name && (!strncmp(name, "exec", 4) || !strncmp(name, "exit", 4))) {
        log_printf("%s)\n", l->text);
    }
}

void lu_strace_leave(LuThread *t, unsigned nr, const uint64_t *a, int64_t result)
{
    const char *name, *kinds = row_args(nr, &name);
    Line *l = &current;

    if (l->tid != t->tid) {
        lu_strace_enter(t, nr, a);
    }
    if (strchr(kinds, 'B')) {
        for (unsigned i = 0; kinds[i] && i < 6; i++) {
            put(l, i ? ", " : "");
            if (kinds[i] == 'B') {
                put_buffer(l, a[i], result);
            } else {
                put_arg(l, kinds[i], &a[i]);
            }
        }
    }
    if (result < 0 && result >= -LU_ENORESULT && result <= -LU_ERESTARTSYS) {
        put(l, ") = ? (%s)\n", result == -LU_ENORESULT ? "no result" : "interrupted");
    } else if (result < 0 && result > -4096) {
        put(l, ") = -1 ");
        put_name(l, lu_errno_names, (uint64_t)-result);
        put(l, " (%s)\n", strerror((int)-result));
    } else {
        put(l, result > 0xffffff || result < 0 ? ") = %#" PRIx64 "\n" : ") = %" PRId64 "\n",
            (uint64_t)result);
    }
    log_printf("%s", l->text);
}

void lu_strace_signal(LuThread *t, const void *info)
{
    const siginfo_t *si = info;
    Line l = { .n = 0 };

    put(&l, "%d --- ", t->tid);
    put_name(&l, lu_signal_names, (uint64_t)si->si_signo);
    put(&l, " {si_code=%d, ", si->si_code);
    if (si->si_code > 0 && si->si_code != SI_KERNEL && si->si_signo != SIGCHLD) {
        put(&l, "si_addr=%p} pc=%#" PRIx64 " ---\n", si->si_addr, t->env->pc);
    } else {
        put(&l, "si_pid=%d} pc=%#" PRIx64 " ---\n", si->si_pid, t->env->pc);
    }
    log_printf("%s", l.text);
}
