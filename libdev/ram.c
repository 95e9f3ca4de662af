/* SPDX-License-Identifier: BSD-2-Clause */
/* Guest RAM in memfds. [man 2 memfd_create] */
#include "dev/ram.h"

#include "dev/board.h"
#include "dev/epoch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define WORD_BITS (8 * sizeof(gulong))

static void free_ram(void *data)
{
    DevRam *ram = data;

    if (ram->hva) {
        munmap(ram->hva, ram->bytes);
    }
    if (ram->fd >= 0) {
        close(ram->fd);
    }
    for (guint i = 0; i < DEV_LOGS; i++) {
        g_free(ram->dirty[i]);
    }
    g_free(ram->name);
    g_free(ram);
}

static void undo_ram(Dev *d, void *data)
{
    g_ptr_array_remove(dev_board(d)->rams, data);
    dev_epoch_retire(free_ram, data);
}

static gboolean open_ram(DevRam *ram, int file)
{
    ram->fd = file < 0 ? memfd_create(ram->name, MFD_CLOEXEC) : fcntl(file, F_DUPFD_CLOEXEC, 0);
    if (ram->fd < 0 || ram->bytes > INT64_MAX || (file < 0 && ftruncate(ram->fd, (off_t)ram->bytes) < 0)) {
        return FALSE;
    }
    void *p = mmap(NULL, ram->bytes, PROT_READ | PROT_WRITE,
                   (ram->is_private ? MAP_PRIVATE : MAP_SHARED) | MAP_NORESERVE, ram->fd, 0);
    ram->hva = p == MAP_FAILED ? NULL : p;
    return ram->hva != NULL;
}

static gboolean name_is_taken(DevBoard *b, const char *name)
{
    for (guint i = 0; i < b->rams->len; i++) {
        if (!strcmp(((DevRam *)g_ptr_array_index(b->rams, i))->name, name)) {
            return TRUE;
        }
    }
    return FALSE;
}

static DevRam *new_ram(Dev *d, const char *name, uint64_t bytes, int file, gboolean shared, GError **err)
{
    DevBoard *b = dev_board(d);
    g_autofree char *what = g_strdup_printf("RAM '%s'", name);

    if (!dev_step(d, what, err)) {
        return NULL;
    }
    if (!bytes || bytes > UINT64_MAX - DEV_PAGE_BYTES || name_is_taken(b, name)) {
        dev_fail(d, err, "%s of %" G_GUINT64_FORMAT " bytes: %s", what, bytes,
                 name_is_taken(b, name) ? "the name is taken" : "no possible size");
        return NULL;
    }
    DevRam *ram = g_new0(DevRam, 1);
    ram->name = g_strdup(name);
    ram->fd = -1;
    ram->bytes = (bytes + DEV_PAGE_BYTES - 1) & -(uint64_t)DEV_PAGE_BYTES;
    ram->is_private = !shared;
    errno = EFBIG;
    if (!open_ram(ram, file)) {
        dev_fail(d, err, "%s of %" G_GUINT64_FORMAT " bytes: %s", what, bytes, g_strerror(errno));
        free_ram(ram);
        return NULL;
    }
    g_ptr_array_add(b->rams, ram);
    dev_defer(d, undo_ram, ram);
    return ram;
}

DevRam *dev_ram_new(Dev *d, const char *name, uint64_t bytes, GError **err)
{
    return new_ram(d, name, bytes, -1, TRUE, err);
}

DevRam *dev_ram_new_file(Dev *d, const char *name, uint64_t bytes, int fd, gboolean shared, GError **err)
{
    return new_ram(d, name, bytes, fd, shared, err);
}

/* --- logs ------------------------------------------------------------------------------------ */
static gulong words(const DevRam *ram)
{
    return (ram->bytes / DEV_PAGE_BYTES + WORD_BITS - 1) / WORD_BITS;
}

void dev_ram_log(DevRam *ram, DevLog log, gboolean on)
{
    if (on) {
        if (!ram->dirty[log]) {
            __atomic_store_n(&ram->dirty[log], g_new(gulong, words(ram)), __ATOMIC_RELEASE);
        }
        memset(ram->dirty[log], 0xff, words(ram) * sizeof(gulong));
        __atomic_or_fetch(&ram->logging, 1u << log, __ATOMIC_SEQ_CST);
    } else {
        /* The bits stay until the RAM goes: somebody may be writing one. */
        __atomic_and_fetch(&ram->logging, ~(1u << log), __ATOMIC_SEQ_CST);
    }
}

void dev_ram_mark(DevRam *ram, uint64_t offset, uint64_t len)
{
    guint logging = __atomic_load_n(&ram->logging, __ATOMIC_RELAXED);
    void (*written)(DevRam *ram, uint64_t offset, uint64_t len) =
        __atomic_load_n(&ram->written, __ATOMIC_ACQUIRE);

    if (written && len) {
        written(ram, offset, len);
    }
    if (!logging || !len) {
        return;
    }
    for (uint64_t page = offset / DEV_PAGE_BYTES; page <= (offset + len - 1) / DEV_PAGE_BYTES;
         page++) {
        for (guint log = 0; log < DEV_LOGS; log++) {
            if (logging >> log & 1) {
                __atomic_or_fetch(&ram->dirty[log][page / WORD_BITS], 1ul << page % WORD_BITS,
                                  __ATOMIC_RELEASE);
            }
        }
    }
}

void dev_ram_discard(DevRam *ram, uint64_t offset, uint64_t len)
{
    if (!len || ram->is_private || fallocate(ram->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset,
                                             (off_t)len) < 0) {
        return;                 /* the host keeps them: no harm is done */
    }
    dev_ram_mark(ram, offset, len);
}

gboolean dev_ram_dirty(DevRam *ram, DevLog log, uint64_t page, gboolean take)
{
    gulong bit = 1ul << page % WORD_BITS;

    if (!ram->dirty[log] || page >= ram->bytes / DEV_PAGE_BYTES) {
        return FALSE;
    }
    gulong *word = &ram->dirty[log][page / WORD_BITS];
    gulong before = take ? __atomic_fetch_and(word, ~bit, __ATOMIC_ACQ_REL)
                         : __atomic_load_n(word, __ATOMIC_ACQUIRE);
    return (before & bit) != 0;
}
