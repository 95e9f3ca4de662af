/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio devices: what all of them share, and the queues.  [VIRTIO: Virtual I/O Device version 1.2]
 *
 * A device (SysVirtio) sits on a virtio-bus, which its transport owns; it knows queues, features and a
 * configuration space, and not how the driver reaches them.  Transports call the functions of the second part.
 * Only version 1 devices: VIRTIO_F_VERSION_1 must be accepted.
 *
 * A ring is guest memory and may say anything.  What breaks the rules of [VIRTIO 2.7] or [VIRTIO 2.8] makes the
 * device ask for a reset (DEVICE_NEEDS_RESET); until then it looks at no ring again.
 */
#ifndef SYSTEM_DEV_VIRTIO_H
#define SYSTEM_DEV_VIRTIO_H

#include "dev/bus.h"
#include "dev/snap.h"

#define SYS_VIRTIO_QUEUES 32        /* the most a device may have here */
#define SYS_VIRTIO_QUEUE_MAX 1024   /* entries of a queue */
#define SYS_VIRTIO_CONFIG_MAX 256   /* bytes */

typedef struct SysVirtio SysVirtio;

enum {                              /* features of the core [VIRTIO 6] */
    SYS_VIRTIO_F_INDIRECT = 28,
    SYS_VIRTIO_F_EVENT_IDX = 29,
    SYS_VIRTIO_F_VERSION_1 = 32,
    SYS_VIRTIO_F_PACKED = 34,
};

enum {                              /* device status [VIRTIO 2.1] */
    SYS_VIRTIO_DRIVER_OK = 4,
    SYS_VIRTIO_FEATURES_OK = 8,
    SYS_VIRTIO_NEEDS_RESET = 64,
};

typedef struct SysVirtioType {
    DevType dev;                    /* .obj.parent is sys_virtio_type */
    guint16 id;                     /* [VIRTIO 5] */
    guint n_queues;
    guint64 features;               /* bits of this kind of device that it always offers */
    guint config_bytes;
    void (*get_config)(SysVirtio *v, guint8 *config);
    /* The driver writes size bytes at `at` of the configuration: 1, 2 or 4.  NULL: nothing can be written. */
    void (*set_config)(SysVirtio *v, guint at, guint32 value, guint size);
    void (*kicked)(SysVirtio *v, guint queue);      /* the driver has made buffers available */
    void (*started)(SysVirtio *v);      /* the driver has set DRIVER_OK; may be NULL */
    void (*driver_reset)(SysVirtio *v); /* the driver or the machine resets it; may be NULL */
} SysVirtioType;

struct SysVirtio {
    Dev dev;
    guint64 offered, accepted;
    guint8 status;
    gboolean indirect, event_idx, packed;           /* properties: what is offered */
    uint16_t queue_size;                            /* property: the most entries */
    /* Per queue: */
    uint16_t num[SYS_VIRTIO_QUEUES];
    uint8_t ready[SYS_VIRTIO_QUEUES];
    uint64_t desc[SYS_VIRTIO_QUEUES], driver[SYS_VIRTIO_QUEUES], device[SYS_VIRTIO_QUEUES];
    uint16_t avail_at[SYS_VIRTIO_QUEUES], used_at[SYS_VIRTIO_QUEUES]; /* where we are in the ring */
    uint8_t avail_wrap[SYS_VIRTIO_QUEUES], used_wrap[SYS_VIRTIO_QUEUES]; /* packed: wrap counters */
    uint16_t told_at[SYS_VIRTIO_QUEUES]; /* used_at when the driver was last interrupted */
    uint8_t told_wrap[SYS_VIRTIO_QUEUES];
};

extern const DevType sys_virtio_type;   /* abstract */

/* --- for devices ----------------------------------------------------------------------------- */
typedef struct SysVirtioPart {
    DevGpa gpa;
    guint32 len;
} SysVirtioPart;

/* A buffer of the driver: first what the device reads, then what it writes. */
typedef struct SysVirtioBuf {
    guint16 id, entries;            /* for giving it back */
    guint n_out, n_in;
    guint64 out_bytes, in_bytes;
    GArray *parts;                  /* of SysVirtioPart */
} SysVirtioBuf;

/* The next buffer of a queue, the caller's; NULL if there is none, or the device needs a reset. */
SysVirtioBuf *sys_virtio_take(SysVirtio *v, guint queue);
/* Whether there is one. */
gboolean sys_virtio_has(SysVirtio *v, guint queue);
/* Puts a buffer back that was taken last and not used. */
void sys_virtio_untake(SysVirtio *v, guint queue, SysVirtioBuf *b);
/* Gives a buffer to the driver, with so many bytes written; frees it. */
void sys_virtio_give(SysVirtio *v, guint queue, SysVirtioBuf *b, guint32 written);
/* Interrupts the driver if it wants to hear of what was given. */
void sys_virtio_tell(SysVirtio *v, guint queue);
/* The configuration has changed. */
void sys_virtio_config_changed(SysVirtio *v);

/* Copies from the readable part, to the writable part; returns how many bytes there were. */
gsize sys_virtio_read(SysVirtio *v, const SysVirtioBuf *b, gsize offset, void *data, gsize n);
gsize sys_virtio_write(SysVirtio *v, const SysVirtioBuf *b, gsize offset, const void *data,
                       gsize n);

/* The guest broke a rule: says so and asks for a reset. */
void sys_virtio_broken(SysVirtio *v, const char *why);

/* --- for transports -------------------------------------------------------------------------- */
typedef struct SysVirtioBus {
    DevBus bus;
    /* Tells the driver: queue, or SYS_VIRTIO_CONFIG for the configuration. */
    void (*interrupt)(Dev *transport, guint queue);
} SysVirtioBus;

#define SYS_VIRTIO_CONFIG G_MAXUINT
extern const DevBusType sys_virtio_bus_type;

/* The live device on the bus, or NULL. */
SysVirtio *sys_virtio_of(SysVirtioBus *bus);

void sys_virtio_set_status(SysVirtio *v, guint8 status);    /* 0 resets */
void sys_virtio_accept(SysVirtio *v, guint64 features);
void sys_virtio_set_ready(SysVirtio *v, guint queue, gboolean ready);
void sys_virtio_kick(SysVirtio *v, guint queue);
void sys_virtio_write_config(SysVirtio *v, guint64 at, guint32 value, guint size);
guint sys_virtio_queues(const SysVirtio *v);

/* --- rings: split.c and packed.c ------------------------------------------------------------- */
typedef struct SysVirtioRing {
    gboolean (*has)(SysVirtio *v, guint queue);
    SysVirtioBuf *(*take)(SysVirtio *v, guint queue);
    void (*untake)(SysVirtio *v, guint queue, const SysVirtioBuf *b);
    void (*give)(SysVirtio *v, guint queue, const SysVirtioBuf *b, guint32 written);
    gboolean (*must_tell)(SysVirtio *v, guint queue);
} SysVirtioRing;

extern const SysVirtioRing sys_virtio_split, sys_virtio_packed;

/* Guest memory as little-endian numbers. */
guint16 sys_virtio_get16(SysVirtio *v, DevGpa gpa);
void sys_virtio_put16(SysVirtio *v, DevGpa gpa, guint16 value);

typedef struct SysVirtioDesc {      /* a descriptor of either ring, in host order */
    guint64 gpa;
    guint32 len;
    guint16 a, b;                   /* split: flags, next; packed: id, flags */
} SysVirtioDesc;
SysVirtioDesc sys_virtio_get_desc(SysVirtio *v, DevGpa gpa);

enum { SYS_VIRTIO_NEXT = 1, SYS_VIRTIO_WRITE = 2, SYS_VIRTIO_IS_INDIRECT = 4 };

SysVirtioBuf *sys_virtio_buf_new(void);
void sys_virtio_buf_free(SysVirtioBuf *b);
/* Adds a part; FALSE, and the device is broken, if it breaks the rules. */
gboolean sys_virtio_buf_add(SysVirtio *v, SysVirtioBuf *b, guint64 gpa, guint32 len, gboolean in);

#endif
