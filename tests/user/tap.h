/* SPDX-License-Identifier: BSD-2-Clause */
/* TAP from guest programs. They are plain Linux programs: compiled natively they must pass as well.
 */
#ifndef USER_TAP_H
#define USER_TAP_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int tap_n, tap_bad;

/* One check; what was expected is in the name. */
#define ok(cond, name) tap_check((cond) != 0, name, __LINE__)
/* A number that must be exact. */
#define is(have, want, name) tap_equal((long long)(have), (long long)(want), name, __LINE__)
/* A call that must fail with this errno. */
#define fails(call, err, name) \
    do { \
        errno = 0; \
        long long result_ = (long long)(call); \
        tap_fails(result_, errno, err, name, __LINE__); \
    } while (0)

static inline void tap_check(int good, const char *name, int line)
{
    printf("%sok %d - %s\n", good ? "" : "not ", ++tap_n, name);
    if (!good) {
        printf("# line %d, errno %d\n", line, errno);
        tap_bad = 1;
    }
    fflush(stdout);
}

static inline void tap_equal(long long have, long long want, const char *name, int line)
{
    tap_check(have == want, name, line);
    if (have != want) {
        printf("# have %lld (%#llx), want %lld (%#llx)\n", have, have, want, want);
    }
}

static inline void tap_fails(long long result, int have, int want, const char *name, int line)
{
    tap_check(result == -1 && have == want, name, line);
    if (result != -1 || have != want) {
        printf("# result %lld, errno %d, want %d\n", result, have, want);
    }
}

static inline int tap_done(void)
{
    printf("1..%d\n", tap_n);
    fflush(stdout);
    return tap_bad;
}

#endif
