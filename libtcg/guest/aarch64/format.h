/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the text of an operand goes. */
#ifndef GUEST_AARCH64_FORMAT_H
#define GUEST_AARCH64_FORMAT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

typedef struct Out {
    char *buf;
    size_t size;
} Out;

/* The length that the text has or would have. */
__attribute__((format(printf, 2, 3)))
static inline unsigned print(Out o, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(o.buf, o.size, fmt, ap);
    va_end(ap);
    return n < 0 ? 0 : (unsigned)n;
}

#endif
