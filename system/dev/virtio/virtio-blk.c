/* SPDX-License-Identifier: BSD-2-Clause */
/* Virtio block device with one queue.  [VIRTIO 5.2] */
#include "dev/virtio/virtio.h"

#include "back/block/block.h"
#include "back/object/object.h"

#include <string.h>

#define SECTOR 512u
#define PIECE_MOST (4u << 20)           /* bytes that a request moves at a time */
#define UNDER_WAY_MOST (64u << 20)      /* bytes of all of them: what a guest can make us allocate */
#define SEGMENTS 254u                   /* of data in a request */

enum { F_SEG_MAX = 2, F_RO = 5, F_BLK_SIZE = 6, F_FLUSH = 9, F_TOPOLOGY = 10, F_DISCARD = 13 };
enum { T_IN = 0, T_OUT = 1, T_FLUSH = 4, T_GET_ID = 8, T_DISCARD = 11 };
enum { S_OK = 0, S_IOERR = 1, S_UNSUPP = 2 };

typedef struct Blk {
    SysVirtio v;
    Obj *drive;
    char *serial;
    guint64 bytes_under_way;
    gboolean resetting;         /* nothing new begins: a reset ends */
    Obj *iothread;
    int32_t bootindex;
    guint32 logical, physical;  /* bytes of a block: what is addressed; what the disk has inside */
    guint32 queues;
    gboolean write_cache, share_rw;
    gboolean grows;             /* inside of a change of drive: the new one is larger */
} Blk;

typedef struct Request {
    SysBlockReq r;              /* first */
    Blk *blk;
    SysVirtioBuf *buf;
    guint8 *data;               /* of one piece; NULL for requests without data */
    guint64 first, bytes, at;   /* on the disk; all of it; how much is done */
} Request;

static SysBlock *drive(const Blk *b)
{
    return (SysBlock *)b->drive;
}

/* --- answers --------------------------------------------------------------------------------- */
/* The status is the last byte that the device may write. [VIRTIO 5.2.6] */
static void answer(Blk *b, SysVirtioBuf *buf, guint8 status, guint64 written)
{
    sys_virtio_write(&b->v, buf, buf->in_bytes - 1, &status, 1);
    sys_virtio_give(&b->v, 0, buf, (guint32)(written + 1));
    sys_virtio_tell(&b->v, 0);
}

static void done(SysBlockReq *r);

/* The next piece; FALSE if the buffer is not in memory. */
static gboolean submit_piece(Request *q)
{
    guint64 n = MIN(q->bytes - q->at, PIECE_MOST);

    q->r.offset = q->first + q->at;
    q->r.bytes = n;
    if (q->r.op == SYS_BLOCK_WRITE && sys_virtio_read(&q->blk->v, q->buf, 16 + q->at, q->data, n) != n) {
        return FALSE;
    }
    sys_block_submit(drive(q->blk), &q->r);
    return TRUE;
}

static void end(Request *q, gboolean good)
{
    Blk *b = q->blk;

    b->bytes_under_way -= q->data ? MIN(q->bytes, PIECE_MOST) : 0;
    answer(b, q->buf, good ? S_OK : S_IOERR, q->r.op == SYS_BLOCK_READ ? q->at : 0);
    g_free(q->data);
    g_free(q);
}

static void done(SysBlockReq *r)
{
    Request *q = (Request *)r;
    Blk *b = q->blk;
    gboolean good = !r->result;

    if (good && q->data) {
        if (r->op == SYS_BLOCK_READ) {
            sys_virtio_write(&b->v, q->buf, q->at, q->data, r->bytes);
        }
        q->at += r->bytes;
        if (q->at < q->bytes && !b->resetting && submit_piece(q)) {
            return;
        }
        good = q->at == q->bytes;
    }
    end(q, good);
    if (!b->resetting) {
        sys_virtio_kick(&b->v, 0);      /* what was left for want of room */
    }
}

static void submit(Blk *b, SysVirtioBuf *buf, SysBlockOp op, guint64 offset, guint64 bytes)
{
    Request *q = g_new0(Request, 1);

    q->r = (SysBlockReq){ .op = op, .offset = offset, .bytes = bytes, .done = done };
    q->blk = b;
    q->buf = buf;
    if (op != SYS_BLOCK_READ && op != SYS_BLOCK_WRITE) {
        sys_block_submit(drive(b), &q->r);
        return;
    }
    q->first = offset;
    q->bytes = bytes;
    q->data = q->r.data = g_try_malloc(MIN(bytes, PIECE_MOST));
    b->bytes_under_way += q->data ? MIN(bytes, PIECE_MOST) : 0;
    if (!q->data || !submit_piece(q)) {
        end(q, FALSE);
    }
}

/* --- requests -------------------------------------------------------------------------------- */
static gboolean is_inside(const Blk *b, guint64 sector, guint64 bytes)
{
    guint64 sectors = drive(b)->bytes / SECTOR;

    return bytes % SECTOR == 0 && sector <= sectors && bytes / SECTOR <= sectors - sector;
}

static void transfer(Blk *b, SysVirtioBuf *buf, gboolean is_write, guint64 sector)
{
    guint64 bytes = is_write ? buf->out_bytes - 16 : buf->in_bytes - 1;

    if (!bytes || !is_inside(b, sector, bytes) || (is_write && drive(b)->read_only)) {
        answer(b, buf, S_IOERR, 0);
        return;
    }
    submit(b, buf, is_write ? SYS_BLOCK_WRITE : SYS_BLOCK_READ, sector * SECTOR, bytes);
}

/* One range; a driver is told that there may be one only. [VIRTIO 5.2.6] */
static void discard(Blk *b, SysVirtioBuf *buf)
{
    struct {
        guint64 sector;
        guint32 sectors, flags;
    } range;

    gboolean whole = buf->out_bytes == 32 && sys_virtio_read(&b->v, buf, 16, &range, 16) == 16;
    if (!whole || drive(b)->read_only ||
        !is_inside(b, GUINT64_FROM_LE(range.sector),
                   (guint64)GUINT32_FROM_LE(range.sectors) * SECTOR)) {
        answer(b, buf, S_IOERR, 0);
    } else if (range.flags) {
        answer(b, buf, S_UNSUPP, 0);
    } else {
        submit(b, buf, SYS_BLOCK_DISCARD, GUINT64_FROM_LE(range.sector) * SECTOR,
               (guint64)GUINT32_FROM_LE(range.sectors) * SECTOR);
    }
}

static void get_id(Blk *b, SysVirtioBuf *buf)
{
    char id[20] = "";

    if (b->serial) {
        memcpy(id, b->serial, MIN(strlen(b->serial), sizeof id));
    }
    gsize n = sys_virtio_write(&b->v, buf, 0, id, MIN(sizeof id, buf->in_bytes - 1));
    answer(b, buf, S_OK, n);
}

static void begin(Blk *b, SysVirtioBuf *buf)
{
    struct {
        guint32 type, reserved;
        guint64 sector;
    } head;

    if (buf->in_bytes < 1 || sys_virtio_read(&b->v, buf, 0, &head, 16) != 16) {
        sys_virtio_broken(&b->v, "a block request without header or status");
        sys_virtio_give(&b->v, 0, buf, 0);
        return;
    }
    switch (GUINT32_FROM_LE(head.type)) {
    case T_IN:
    case T_OUT:
        transfer(b, buf, GUINT32_FROM_LE(head.type) == T_OUT, GUINT64_FROM_LE(head.sector));
        break;
    case T_FLUSH:
        submit(b, buf, SYS_BLOCK_FLUSH, 0, 0);
        break;
    case T_GET_ID:
        get_id(b, buf);
        break;
    case T_DISCARD:
        discard(b, buf);
        break;
    default:
        answer(b, buf, S_UNSUPP, 0);
    }
}

static void kicked(SysVirtio *v, guint queue)
{
    Blk *b = (Blk *)v;
    SysVirtioBuf *buf;

    for (guint i = 0; i < v->num[queue] && b->bytes_under_way < UNDER_WAY_MOST; i++) {
        buf = sys_virtio_take(v, queue);
        if (!buf) {
            break;
        }
        begin(b, buf);
    }
}

/* [VIRTIO 5.2.4]; offsets are those of struct virtio_blk_config. */
static void get_config(SysVirtio *v, guint8 *config)
{
    const Blk *b = (const Blk *)v;
    guint64 capacity = GUINT64_TO_LE(drive(b)->bytes / b->logical * (b->logical / SECTOR));
    guint32 segments = GUINT32_TO_LE(MIN(SEGMENTS, v->queue_size > 2 ? v->queue_size - 2u : 1u));
    guint32 block = GUINT32_TO_LE(b->logical), most = GUINT32_TO_LE(1u << 22), one = GUINT32_TO_LE(1);

    memcpy(config, &capacity, 8);
    memcpy(config + 12, &segments, 4);
    memcpy(config + 20, &block, 4);
    config[24] = (guint8)(g_bit_nth_msf(b->physical, -1) - g_bit_nth_msf(b->logical, -1));   /* physical_block_exp */
    memcpy(config + 36, &most,
           4); /* max_discard_sectors, max_discard_seg, discard_sector_alignment */
    memcpy(config + 40, &one, 4);
    memcpy(config + 44, &one, 4);
}

/* --- life ------------------------------------------------------------------------------------ */
static void driver_reset(SysVirtio *v)
{
    Blk *b = (Blk *)v;

    b->resetting = TRUE;
    sys_block_drain(drive(b));
    b->resetting = FALSE;
}

/* The CPUs stand: what is in the ring is finished, with all that waits for room. */
static void saving(Dev *d)
{
    sys_block_drain(drive((Blk *)d));
}

/* The driver reads the new size. [VIRTIO 5.2.5] */
static void on_resized(void *opaque)
{
    sys_virtio_config_changed(opaque);
}

static void undo_drive(Dev *d, void *data)
{
    drive((Blk *)d)->resized = NULL;
    sys_block_detach(drive((Blk *)d));
}

/* Another back end of the same disk while the machine runs: what is under way is finished first. */
static gboolean check_drive(Obj *o, const ObjProp *p, const void *value, GError **err)
{
    Blk *b = (Blk *)o;
    SysBlock *to = *(SysBlock *const *)value;

    if (!o->frozen || (Obj *)to == b->drive) {
        return TRUE;
    }
    if (!to || to->bytes < drive(b)->bytes || to->read_only != drive(b)->read_only) {
        return obj_refuse(err, "a disk that runs needs another of at least its size that can be written if it can");
    }
    sys_block_drain(drive(b));
    if (!sys_block_attach(to, err)) {
        return FALSE;
    }
    b->grows = to->bytes != drive(b)->bytes;
    drive(b)->resized = NULL;
    sys_block_detach(drive(b));
    to->resized = on_resized;
    to->resized_opaque = b;
    return TRUE;
}

static void drive_changed(Obj *o, const ObjProp *p)
{
    Blk *b = (Blk *)o;

    if (b->grows) {
        b->grows = FALSE;
        on_resized(b);
    }
}

static gboolean realize(Dev *d, GError **err)
{
    Blk *b = (Blk *)d;

    if (!b->drive) {
        return dev_fail(d, err, "drive: must be set");
    }
    if (b->physical < b->logical) {
        return dev_fail(d, err, "physical_block_size: is less than logical_block_size");
    }
    if (!b->write_cache) {
        return dev_fail(d, err, "write-cache=off: not implemented; the drive's cache=writethrough is there");
    }
    if (!dev_step(d, "drive", err) || !sys_block_attach(drive(b), err)) {
        return FALSE;
    }
    drive(b)->resized = on_resized;
    drive(b)->resized_opaque = b;
    dev_defer(d, undo_drive, NULL);
    b->v.offered |= b->physical > b->logical ? 1u << F_TOPOLOGY : 0;
    b->v.offered |= drive(b)->read_only ? 1u << F_RO : 1u << F_DISCARD;
    return TRUE;
}

static gboolean check_block(Obj *o, const ObjProp *p, const void *value, GError **err)
{
    guint64 n = *(const guint32 *)value;

    return (n & (n - 1)) == 0 || obj_refuse(err, "must be a power of two");
}

static const ObjProp props[] = {
    OBJ_PROP_LINK("drive", "The block back end.", Blk, drive, &sys_block_type, .flags = OBJ_LIVE,
                  .check = check_drive, .changed = drive_changed),
    OBJ_PROP_LINK("iothread", "Taken: every disk's requests are carried out by threads of their own.", Blk, iothread,
                  &sys_iothread),
    OBJ_PROP_INT("bootindex", "Taken: no firmware here is told an order.", Blk, bootindex, -1, -1, G_MAXINT32),
    OBJ_PROP_UINT("logical_block_size", "Bytes of the smallest piece that is read or written.", Blk, logical, SECTOR,
                  SECTOR, 32768, .check = check_block),
    OBJ_PROP_UINT("physical_block_size", "Bytes of the pieces that are best written whole.", Blk, physical, SECTOR,
                  SECTOR, 32768, .check = check_block),
    OBJ_PROP_UINT("num-queues", "Request queues: there is one.", Blk, queues, 1, 1, 1),
    OBJ_PROP_BOOL("write-cache", "The guest flushes what it has written. Only on is there.", Blk, write_cache, TRUE),
    OBJ_PROP_BOOL("share-rw", "Taken: nothing here forbids that others write to the disk.", Blk, share_rw, FALSE),
    OBJ_PROP_STR("serial", "Serial number, up to 20 letters.", Blk, serial, NULL),
    { 0 },
};

extern const SysVirtioType sys_virtio_blk;
const SysVirtioType sys_virtio_blk = {
    .dev = {
        .obj = { .name = "virtio-blk-device", .text = OBJ_TEXT("Virtio disk."), .parent = &sys_virtio_type.obj,
                 .size = sizeof(Blk), .props = props },
        .bus = &sys_virtio_bus_type.obj,
        .group = "virtio",
        .manual = "Virtual I/O Device version 1.2, section 5.2",
        .flags = DEV_USER,
        .realize = realize,
        .saving = saving,
    },
    .id = 2,
    .n_queues = 1,
    .features = 1u << F_SEG_MAX | 1u << F_BLK_SIZE | 1u << F_FLUSH,
    .config_bytes = 60,
    .get_config = get_config,
    .kicked = kicked,
    .driver_reset = driver_reset,
};
