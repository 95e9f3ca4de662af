/* SPDX-License-Identifier: BSD-2-Clause */
/* Logging: what `-d` selects, where it goes, and the three kinds of complaint that are not errors. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

/* Bits of the log mask; names are those of QEMU's `-d`. */
typedef enum LogItem {
    LOG_IN_ASM      = 1 << 0,   /* guest code of each translated block */
    LOG_OP          = 1 << 1,   /* IR as built */
    LOG_OP_OPT      = 1 << 2,   /* IR after each pass */
    LOG_OUT_ASM     = 1 << 3,   /* host code, as bytes that rhea-dis reads */
    LOG_EXEC        = 1 << 4,   /* each entry to a block from the run loop */
    LOG_INT         = 1 << 5,   /* exceptions and signals */
    LOG_UNIMP       = 1 << 6,   /* what is not implemented */
    LOG_GUEST_ERROR = 1 << 7,   /* guest misbehaviour */
    LOG_STRACE      = 1 << 8,   /* system calls */
    LOG_PAGE        = 1 << 9,   /* guest memory map changes */
    LOG_STATS       = 1 << 10,  /* the translator's counters, at the end */
} LogItem;

extern unsigned log_mask;       /* written once by log_init; read everywhere */

static inline bool log_on(LogItem item)
{
    return __builtin_expect((log_mask & item) != 0, 0);
}

/* Parses a comma separated list such as "in_asm,unimp" into a mask.
 * Returns false, with *bad (borrowed from the list, up to the next comma) set, for an unknown word. */
bool log_parse(const char *list, unsigned *mask, const char **bad);

/* Writes one line per item, "name  meaning", to fd. */
void log_help(int fd);

/* Set before log_init: keep what the file has (a program started by one that logs there too). */
extern bool log_append;

/* Sets mask and destination; path NULL means stderr; "%d" in path becomes the process id.
 * Returns 0 or -errno. The descriptor is moved above the guest's reach. */
int log_init(unsigned mask, const char *path);

/* printf to the log, one write(2) per call, whatever the mask. Async-signal-unsafe. */
void log_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Says once per site (a static flag in the macro) that something is not implemented. */
#define log_unimp(...) \
    do { \
        static bool said_; \
        if (log_on(LOG_UNIMP) && !said_) { \
            said_ = true; \
            log_printf(__VA_ARGS__); \
        } \
    } while (0)

/* The guest did something its architecture or ABI calls an error. */
#define log_guest_error(...) \
    do { \
        if (log_on(LOG_GUEST_ERROR)) { \
            log_printf(__VA_ARGS__); \
        } \
    } while (0)

#endif
