/* SPDX-License-Identifier: BSD-2-Clause */
/* Children that run what their parent never does: code that is there, code that each of them writes at the same place,
 * and children of children. "u-children loop" only forks, and says where what its children run is. */
#define _GNU_SOURCE
#include "fn.h"
#include "tap.h"

#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096, CHILDREN = 40 };

typedef int (*Fn)(void);

__attribute__((noinline, aligned(64))) int only_in_children(int i)
{
    int sum = i;

    for (int k = 0; k < 5; k++) {
        sum = sum * 3 + (sum >> 4 & k);
    }
    return sum & 127;
}

static int end_of(pid_t pid)
{
    int status = -1;

    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* What the same computation gives in this process, elsewhere. */
static int expected(int i)
{
    volatile int sum = i;

    for (int k = 0; k < 5; k++) {
        sum = sum * 3 + (sum >> 4 & k);
    }
    return sum & 127;
}

static int loop(int n)
{
    int bad = 0;

    for (int i = 0; i < n; i++) {
        const pid_t pid = fork();
        if (pid == 0) {
            _exit(only_in_children(i));
        }
        bad += end_of(pid) != expected(i);
    }
    return bad;
}

/* before: the parent has a page there, with the same code each time or other code, or it has none. */
static int rewritten(char *before)
{
    char *p = before ? before : mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int bad = 0;

    for (int i = 0; i < CHILDREN; i++) {
        if (before && i % 2) {
            make_fn(p, 127);
        }
        const pid_t pid = fork();
        if (pid == 0) {
            if (!before) {
                mmap(p, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
            }
            make_fn(p, i);
            _exit(((Fn)p)());
        }
        bad += end_of(pid) != i;
    }
    if (!before) {
        bad += mmap(p, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != p;
    }
    make_fn(p, 99);
    bad += ((Fn)p)() != 99;
    munmap(p, PAGE);
    return bad;
}

static int deep(int depth)
{
    int sum = only_in_children(depth);

    for (int i = 0; depth && i < 4; i++) {
        const pid_t pid = fork();
        if (pid == 0) {
            _exit(deep(depth - 1) & 127);
        }
        sum += end_of(pid);
    }
    return sum;
}

static int deep_expected(int depth)
{
    return expected(depth) + (depth ? 4 * (deep_expected(depth - 1) & 127) : 0);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        printf("%#lx\n", (unsigned long)(uintptr_t)only_in_children);
        fflush(stdout);
        return loop(CHILDREN);
    }
    is(loop(CHILDREN), 0, "what only children run");
    is(rewritten(mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)), 0,
       "code that each child rewrites");
    is(rewritten(NULL), 0, "code in pages that only children have");
    is(deep(4), deep_expected(4), "children of children");
    return tap_done();
}
