/* SPDX-License-Identifier: BSD-2-Clause */
/* Guest RAM: memory in a memfd, so that other processes can map it, with logs of the pages written. */
#ifndef DEV_RAM_H
#define DEV_RAM_H

#include "dev/mem.h"

#define DEV_PAGE_BYTES 4096u

typedef enum DevLog {           /* who wants to know which pages were written */
    DEV_LOG_CODE,
    DEV_LOG_DISPLAY,
    DEV_LOG_SAVE,
    DEV_LOGS,
} DevLog;

struct DevRam {
    char *name;                 /* unique in its board; names it in saved machines */
    int fd;
    gboolean is_private;        /* what is written does not reach fd */
    uint8_t *hva;
    uint64_t bytes;             /* a multiple of DEV_PAGE_BYTES */
    guint logging;              /* bit per DevLog; read without lock */
    gulong *dirty[DEV_LOGS];    /* bit per page; NULL unless logging */
    /* Called by dev_ram_mark for each write, by any thread: who runs code out of it hears that it changed.  May be
     * NULL. */
    void (*written)(DevRam *ram, uint64_t offset, uint64_t len);
};

/* For realize: zeroed memory until unrealize.  bytes is rounded up to whole pages.
 * Errors: DEV_ERROR_MEMORY, with the size and the host's reason. */
DevRam *dev_ram_new(Dev *d, const char *name, uint64_t bytes, GError **err);
/* The same in a file (fd is copied), which has that many bytes: what is written goes to it if shared. */
DevRam *dev_ram_new_file(Dev *d, const char *name, uint64_t bytes, int fd, gboolean shared, GError **err);

/* Starts and stops a log.  Starting marks every page as written. */
void dev_ram_log(DevRam *ram, DevLog log, gboolean on);

/* Notes a write in all logs that are on. Any thread. */
void dev_ram_mark(DevRam *ram, uint64_t offset, uint64_t len);

/* Gives whole pages back to the host: they read as zeros until they are written again.  Counts as a write.  Any
 * thread. */
void dev_ram_discard(DevRam *ram, uint64_t offset, uint64_t len);

/* Whether a page was written since it was last taken; forgets it if take. Any thread. */
gboolean dev_ram_dirty(DevRam *ram, DevLog log, uint64_t page, gboolean take);

#endif
