/* SPDX-License-Identifier: BSD-2-Clause */
/* TAP from test programs of the host side.  One check, one line; what was expected is in the name. */
#ifndef TESTS_HARNESS_H
#define TESTS_HARNESS_H

#include <glib.h>
#include <stdio.h>
#include <string.h>

/* In a program of several files, all but one say HARNESS_EXTERN first. */
#ifdef HARNESS_EXTERN
extern int tap_n, tap_bad;
#else
int tap_n, tap_bad;
#endif

#define ok(cond, ...) tap_check((cond) != 0, __FILE__, __LINE__, __VA_ARGS__)
/* Numbers that must be equal. */
#define is(have, want, ...) \
    tap_equal((long long)(have), (long long)(want), __FILE__, __LINE__, __VA_ARGS__)
/* Strings that must be equal; the first is freed. */
#define is_text(have, want, ...) tap_text(have, want, __FILE__, __LINE__, __VA_ARGS__)
/* An error that must be set with words in its message; it is freed and *err becomes NULL. */
#define is_error(err, words, ...) tap_error(err, words, __FILE__, __LINE__, __VA_ARGS__)

static inline gboolean G_GNUC_PRINTF(4, 5)
    tap_check(int good, const char *file, int line, const char *fmt, ...)
{
    va_list ap;

    printf("%sok %d - ", good ? "" : "not ", ++tap_n);
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    printf("\n");
    if (!good) {
        printf("# %s:%d\n", file, line);
        tap_bad = 1;
    }
    fflush(stdout);
    return good;
}

static inline void G_GNUC_PRINTF(5, 6)
    tap_equal(long long have, long long want, const char *file, int line, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    g_autofree char *name = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    if (!tap_check(have == want, file, line, "%s", name)) {
        printf("# have %lld (%#llx), want %lld (%#llx)\n", have, have, want, want);
    }
}

static inline void G_GNUC_PRINTF(5, 6)
    tap_text(char *have, const char *want, const char *file, int line, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    g_autofree char *name = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    if (!tap_check(!g_strcmp0(have, want), file, line, "%s", name)) {
        printf("# have '%s', want '%s'\n", have ? have : "(null)", want ? want : "(null)");
    }
    g_free(have);
}

static inline void G_GNUC_PRINTF(5, 6)
    tap_error(GError **err, const char *words, const char *file, int line, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    g_autofree char *name = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    if (!tap_check(*err && strstr((*err)->message, words), file, line, "%s", name)) {
        printf("# have '%s', want '%s'\n", *err ? (*err)->message : "no error", words);
    }
    g_clear_error(err);
}

static inline int tap_done(void)
{
    printf("1..%d\n", tap_n);
    return tap_bad;
}

#endif
