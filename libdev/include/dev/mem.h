/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory: regions, address spaces, flat views.
 *
 * Regions form trees: containers hold other regions at offsets and with priorities; aliases show a part
 * of another region; leaves are RAM, ROM or registers.  An address space is the view through one root.
 * When a tree changes, each space's flat view (sorted, without overlaps) is made anew and published with
 * one store; readers use the old one until they leave their epoch (dev/epoch.h).
 *
 * Threads: making and changing regions needs the device lock.  dev_mem_read, write, load and store may be
 * called from any thread, with or without it: RAM is reached without a lock; registers take the lock for
 * the one access if the caller does not hold it.
 */
#ifndef DEV_MEM_H
#define DEV_MEM_H

#include "dev/dev.h"

typedef struct DevRegion DevRegion;
typedef struct DevSpace DevSpace;
typedef struct DevRam DevRam;

typedef uint64_t DevGpa;        /* guest physical address, or an address on a bus */

typedef enum DevTx {            /* how an access ended; a set of bits */
    DEV_TX_OK = 0,
    DEV_TX_NOTHING = 1,         /* nobody answers at this address */
    DEV_TX_REFUSED = 2,         /* the device or the memory does not take this access */
} DevTx;

/*
 * Register handlers.  Offsets are within the region, values hold the low 8*size bits, size is 1, 2, 4 or 8.
 * Give read and write, or access.  Values are numbers: byte order is the core's affair.
 */
typedef struct DevRegionOps {
    uint64_t (*read)(void *opaque, uint64_t offset, guint size);
    void (*write)(void *opaque, uint64_t offset, uint64_t value, guint size);
    /* For devices that refuse accesses: *value is read or written. */
    DevTx (*access)(void *opaque, uint64_t offset, uint64_t *value, guint size, gboolean is_write);
    guint min_size,
        max_size; /* accesses that are taken; 0, 0 stands for 1, 8.  Others: DEV_TX_REFUSED */
    guint split_size;           /* wider accesses are split to this, lowest address first; 0: not */
    gboolean unaligned;         /* accesses across their size are taken */
    gboolean big_endian;        /* the device's byte order on a little-endian bus */
} DevRegionOps;

typedef enum DevRegionKind {
    DEV_REGION_CONTAINER,
    DEV_REGION_RAM,
    DEV_REGION_ROM,             /* writes are DEV_TX_REFUSED */
    DEV_REGION_ROMD,            /* reads like ROM while romd is set, the rest goes to ops (flash) */
    DEV_REGION_IO,
    DEV_REGION_ALIAS,
} DevRegionKind;

struct DevRegion {              /* inside a device's struct; zeroed before init */
    const char *name;           /* for humans; a constant */
    DevRegionKind kind;
    Dev *owner;                 /* borrowed; kept alive by the views that show the region */
    uint64_t last;              /* size - 1: sizes are 1 to 2^64 */
    const DevRegionOps *ops;
    void *opaque;
    DevRam *ram;
    const DevReg *regs;         /* of dev_region_init_regs */
    gboolean romd;
    DevRegion *target;          /* ALIAS */
    uint64_t target_offset;
    DevRegion *container;       /* where it is put */
    uint64_t offset;            /* there */
    int priority;
    gboolean enabled;
    GPtrArray *inside;          /* CONTAINER */
};

/* --- regions --------------------------------------------------------------------------------- */
/* Sizes in bytes; 0 stands for 2^64. */
void dev_region_init_container(DevRegion *r, Dev *owner, const char *name, uint64_t size);
void dev_region_init_io(DevRegion *r, Dev *owner, const char *name, uint64_t size,
                        const DevRegionOps *ops, void *opaque);
void dev_region_init_ram(DevRegion *r, Dev *owner, const char *name, DevRam *ram);
void dev_region_init_rom(DevRegion *r, Dev *owner, const char *name, DevRam *ram);
void dev_region_init_romd(DevRegion *r, Dev *owner, const char *name, DevRam *ram,
                          const DevRegionOps *ops, void *opaque);
void dev_region_init_alias(DevRegion *r, Dev *owner, const char *name, DevRegion *target,
                           uint64_t offset, uint64_t size);

/* Frees what a container holds of its own: for finalize. It must be empty and nowhere. */
void dev_region_clear(DevRegion *r);

/* Puts r into a container; higher priorities hide lower ones, later ones hide earlier ones of the same.
 * For realize: d's undo stack takes it out again.  Errors: DEV_ERROR_MEMORY (outside the container). */
gboolean dev_region_put(Dev *d, DevRegion *container, uint64_t offset, int priority, DevRegion *r,
                        GError **err);
/* The same for owners that take it out themselves. */
void dev_region_add(DevRegion *container, uint64_t offset, int priority, DevRegion *r);
void dev_region_remove(DevRegion *r);

/* Guests do these: BARs move, decoders are switched. */
void dev_region_enable(DevRegion *r, gboolean enabled);
void dev_region_move(DevRegion *r, uint64_t offset);
/* An alias shows size bytes (0: 2^64) from target_offset, at offset: the window of a bridge. */
void dev_region_set_window(DevRegion *r, uint64_t offset, uint64_t target_offset, uint64_t size);
void dev_region_set_romd(DevRegion *r, gboolean romd);

/* Several changes, one new view. Nests. */
void dev_mem_begin(void);
void dev_mem_commit(void);

/* --- address spaces -------------------------------------------------------------------------- */
DevSpace *dev_space_new(const char *name, DevRegion *root);
void dev_space_free(DevSpace *s);       /* its listeners are gone */

/* What a flat view says of an address. */
typedef struct DevRange {
    DevGpa first, last;
    DevRegion *region;
    uint64_t offset;            /* of first in the region */
    uint8_t *hva;               /* of first; NULL for registers */
    gboolean readonly;          /* hva is for reading only */
} DevRange;

/* The range at gpa.  FALSE if there is none.  *range is good within the caller's epoch or lock. */
gboolean dev_space_find(DevSpace *s, DevGpa gpa, DevRange *range);

/* Calls fn for each range in order of address. Device lock. */
void dev_space_each(DevSpace *s, void (*fn)(const DevRange *range, void *data), void *data);

/* One line per range: for `info mtree` and for tests; to be freed. */
char *dev_space_text(DevSpace *s);

/* Whoever follows the view: accelerators, the CPUs' TLBs.  Called under the device lock. */
typedef struct DevListener DevListener;
struct DevListener {
    void (*add)(DevListener *l, const DevRange *range);
    void (*del)(DevListener *l, const DevRange *range);
    void (*commit)(DevListener *l);     /* after a change that was not empty; may be NULL */
};
void dev_space_listen(DevSpace *s, DevListener *l);         /* tells what is there */
void dev_space_unlisten(DevSpace *s, DevListener *l);       /* takes back what is there */
guint dev_space_listeners(const DevSpace *s);

/* --- accesses (any thread) ------------------------------------------------------------------- */
/* Bytes in order of address; crosses ranges.  Registers are accessed in pieces of natural size.  What
 * nobody answers reads as zero. */
DevTx dev_mem_read(DevSpace *s, DevGpa gpa, void *buf, size_t len);
DevTx dev_mem_write(DevSpace *s, DevGpa gpa, const void *buf, size_t len);

/* One access of 1, 2, 4 or 8 bytes as a little-endian number; an access within one RAM range that is
 * aligned is single-copy atomic. */
DevTx dev_mem_load(DevSpace *s, DevGpa gpa, guint size, uint64_t *value);
DevTx dev_mem_store(DevSpace *s, DevGpa gpa, guint size, uint64_t value);

/* Host address of [gpa, gpa+len) if all of it is one range of RAM (for writing: not read-only), else NULL.
 * Good within the caller's epoch or lock; who writes calls dev_ram_mark. */
void *dev_mem_map(DevSpace *s, DevGpa gpa, size_t len, gboolean for_write, DevRam **ram,
                  uint64_t *offset);

#endif
