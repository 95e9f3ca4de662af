/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Parallel NOR flash with the Intel command set: a 32-bit bank of two 16-bit chips side by side.
 * [JESD68: JEDEC JESD68.01, Common Flash Memory Interface] [JEP137: CFI ID codes, command set 0001]
 * [P30: Numonyx StrataFlash P30 data sheet 306666-12, command definitions]
 *
 * Both chips get the same command in their half of a word; the low half decides here.  Programming and erasing take
 * no time.  While an array is read, accesses go straight to memory; a command takes the chip out of that.
 */
#include "back/block/block.h"

#include "dev/ram.h"
#include "dev/reg.h"
#include "dev/snap.h"
#include "dev/sysbus.h"

#include "base/log.h"

#include <string.h>

#define BUFFER 2048u            /* bytes of the bank's write buffer */
#define BUFFER_SHIFT 10         /* of each chip's, as a power of two */
#define QUERY 0x38u             /* words of the query table */
#define PIECE (64u << 10)

enum { ARRAY, STATUS, IDENTIFY, ASK, PROGRAM, ERASE, BUFFER_COUNT, BUFFER_DATA, BUFFER_CONFIRM, LOCK };
enum { READY = 0x80, ERASE_FAILED = 0x20, PROGRAM_FAILED = 0x10, LOCKED = 0x02 };   /* [P30 table 30] */

typedef struct Flash {
    DevSys sys;
    Obj *drive;
    uint32_t blocks;
    uint64_t block_bytes;
    uint16_t id[2];             /* manufacturer and device */
    uint8_t mode, status;
    uint32_t first;             /* buffer: where it begins in the array */
    uint32_t left;              /* and how many bytes are still to come */
    uint8_t buffer[BUFFER], given[BUFFER];
    GQueue writes;              /* Write: the first is under way */
    uint32_t writes_failed;
    DevRam *ram;
    DevRegion region;
} Flash;

static const DevField fields[] = {
    DEV_FIELD("mode", "What is read and what a write means.", Flash, mode, ARRAY, .max = LOCK),
    DEV_FIELD("status", "Status register.", Flash, status, READY),
    DEV_FIELD("first", "Where the write buffer begins in the array.", Flash, first, 0),
    DEV_FIELD("left", "Bytes of the write buffer still to come.", Flash, left, 0, .max = BUFFER),
    DEV_FIELD_ARRAY("buffer", "Write buffer.", Flash, buffer, 0xff),
    DEV_FIELD_ARRAY("given", "Which bytes of it were written.", Flash, given, 0, .max = 1),
    { 0 },
};

static SysBlock *drive(const Flash *f)
{
    return (SysBlock *)f->drive;
}

static guint64 bytes_of(const Flash *f)
{
    return f->blocks * f->block_bytes;
}

static void set_mode(Flash *f, guint8 mode)
{
    f->mode = mode;
    dev_region_set_romd(&f->region, mode == ARRAY);
}

/* --- the back end ---------------------------------------------------------------------------- */
typedef struct Write {
    SysBlockReq r;              /* first */
    Flash *flash;
    guint8 data[];
} Write;

/* One at a time: the back end may turn two round, and they may be of the same bytes. */
static void write_next(Flash *f)
{
    if (!g_queue_is_empty(&f->writes)) {
        sys_block_submit(drive(f), g_queue_peek_head(&f->writes));
    }
}

static void write_done(SysBlockReq *r)
{
    Flash *f = ((Write *)r)->flash;

    if (r->result && !f->writes_failed++) {
        log_guest_error("pflash: the back end does not take what is written: %s\n", g_strerror(-r->result));
    }
    g_free(g_queue_pop_head(&f->writes));
    write_next(f);
}

/* Bytes of the array have changed. */
static void keep(Flash *f, guint64 at, guint64 n)
{
    dev_ram_mark(f->ram, at, n);
    if (f->drive) {
        Write *w = g_malloc(sizeof *w + n);
        w->r = (SysBlockReq){ .op = SYS_BLOCK_WRITE, .offset = at, .bytes = n, .data = w->data, .done = write_done };
        w->flash = f;
        memcpy(w->data, f->ram->hva + at, n);
        g_queue_push_tail(&f->writes, w);
        if (f->writes.length == 1) {
            write_next(f);
        }
    }
}

/* --- commands -------------------------------------------------------------------------------- */
static gboolean is_locked(Flash *f, guint8 bit)
{
    if (f->drive && drive(f)->read_only) {
        f->status |= bit | LOCKED;
        return TRUE;
    }
    return FALSE;
}

/* Programming clears bits. */
static void program(Flash *f, guint64 at, const guint8 *data, guint n)
{
    if (!is_locked(f, PROGRAM_FAILED)) {
        for (guint i = 0; i < n; i++) {
            f->ram->hva[at + i] &= data[i];
        }
        keep(f, at, n);
    }
}

static void erase(Flash *f, guint64 at)
{
    if (!is_locked(f, ERASE_FAILED)) {
        at -= at % f->block_bytes;
        memset(f->ram->hva + at, 0xff, f->block_bytes);
        keep(f, at, f->block_bytes);
    }
}

static void begin(Flash *f, guint64 at, guint8 command)
{
    switch (command) {
    case 0x10:
    case 0x40:
        set_mode(f, PROGRAM);
        break;
    case 0x20:
        set_mode(f, ERASE);
        break;
    case 0x50:
        f->status = READY;
        break;
    case 0x60:
        set_mode(f, LOCK);
        break;
    case 0x70:
        set_mode(f, STATUS);
        break;
    case 0x90:
        set_mode(f, IDENTIFY);
        break;
    case 0x98:
        set_mode(f, ASK);
        break;
    case 0xe8:
        f->first = (guint32)at;
        set_mode(f, BUFFER_COUNT);
        break;
    case 0x00:
    case 0xf0:
    case 0xff:
        set_mode(f, ARRAY);
        break;
    default:
        log_guest_error("pflash: there is no command 0x%02x\n", command);
        set_mode(f, ARRAY);
    }
}

/* count is what the command gives: words of each chip less one. */
static void begin_buffer(Flash *f, guint64 at, guint count)
{
    guint bytes = (count + 1) * 4;

    if (bytes > BUFFER) {
        f->status |= PROGRAM_FAILED | ERASE_FAILED;     /* a wrong sequence */
        set_mode(f, STATUS);
        return;
    }
    f->left = bytes;
    f->first = (guint32)(at - at % BUFFER);
    memset(f->buffer, 0xff, sizeof f->buffer);
    memset(f->given, 0, sizeof f->given);
    set_mode(f, BUFFER_DATA);
}

/* What lies outside the buffer's range ends the sequence. [P30 9.3] */
static void fill_buffer(Flash *f, guint64 at, uint64_t value, guint size)
{
    if (at < f->first || at - f->first > BUFFER - size) {
        f->status |= PROGRAM_FAILED | ERASE_FAILED;
        set_mode(f, STATUS);
        return;
    }
    for (guint i = 0; i < size; i++) {
        f->buffer[at - f->first + i] = (guint8)(value >> 8 * i);
        f->given[at - f->first + i] = 1;
    }
    f->left -= MIN(f->left, size);
    if (!f->left) {
        set_mode(f, BUFFER_CONFIRM);
    }
}

static void confirm_buffer(Flash *f)
{
    guint n = MIN(BUFFER, (guint)(bytes_of(f) - f->first));

    for (guint i = 0; i < n; i++) {
        f->buffer[i] |= f->given[i] ? 0 : 0xff;
    }
    program(f, f->first, f->buffer, n);
}

static void write_flash(void *opaque, uint64_t at, uint64_t value, guint size)
{
    Flash *f = opaque;
    guint8 command = (guint8)value;
    guint8 bytes[4] = { (guint8)value, (guint8)(value >> 8), (guint8)(value >> 16), (guint8)(value >> 24) };

    switch (f->mode) {
    case PROGRAM:
        program(f, at, bytes, size);
        set_mode(f, STATUS);
        break;
    case ERASE:
        if (command == 0xd0) {
            erase(f, at);
        } else {
            f->status |= ERASE_FAILED | PROGRAM_FAILED;
        }
        set_mode(f, STATUS);
        break;
    case BUFFER_COUNT:
        begin_buffer(f, at, (guint)value & 0xffff);
        break;
    case BUFFER_DATA:
        fill_buffer(f, at, value, size);
        break;
    case BUFFER_CONFIRM:
        if (command == 0xd0) {
            confirm_buffer(f);
        } else {
            f->status |= PROGRAM_FAILED | ERASE_FAILED;
        }
        set_mode(f, STATUS);
        break;
    case LOCK:              /* blocks have no locks of their own: all is as it was */
        set_mode(f, STATUS);
        break;
    default:
        begin(f, at, command);
    }
}

/* --- reading --------------------------------------------------------------------------------- */
/* One chip's answer to a query. [JESD68 table 3 on] */
static guint8 query(const Flash *f, guint n)
{
    guint64 chip = bytes_of(f) / 2, block = f->block_bytes / 2;
    const guint8 table[QUERY] = {
        [0x10] = 'Q', 'R', 'Y',
        [0x13] = 0x01, 0x00,                        /* primary command set: Intel */
        [0x15] = 0x31, 0x00,                        /* its table */
        [0x1b] = 0x45, 0x55,                        /* Vcc 4.5 V to 5.5 V */
        [0x1f] = 7, 7, 10, 0, 4, 4, 4, 0,           /* typical and longest times, powers of two */
        [0x27] = (guint8)__builtin_ctzll(chip),
        [0x28] = 0x02, 0x00,                        /* 8 or 16 bits wide */
        [0x2a] = BUFFER_SHIFT, 0x00,
        [0x2c] = 1,                                 /* one region of blocks: how many less 1, and 256s of bytes */
        (guint8)(f->blocks - 1), (guint8)((f->blocks - 1) >> 8), (guint8)(block >> 8), (guint8)(block >> 16),
        [0x31] = 'P', 'R', 'I', '1', '0',
    };

    return n < QUERY ? table[n] : 0;
}

static guint16 read_half(const Flash *f, guint64 at)
{
    guint word = (guint)(at / 4 % (f->block_bytes / 4));

    switch (f->mode) {
    case ASK:
        return query(f, word);
    case IDENTIFY:
        return word < 2 ? f->id[word] : 0;
    default:
        return f->status;
    }
}

static uint64_t read_flash(void *opaque, uint64_t at, guint size)
{
    Flash *f = opaque;
    guint32 half;

    if (f->mode == ARRAY) {             /* between two views */
        guint32 value = 0;
        memcpy(&value, f->ram->hva + at, size);
        return GUINT32_FROM_LE(value);
    }
    half = read_half(f, at);
    return (half | half << 16) >> 8 * (at % 4);
}

static const DevRegionOps ops = { .read = read_flash, .write = write_flash, .max_size = 8, .split_size = 4 };

/* --- life ------------------------------------------------------------------------------------ */
typedef struct Read {
    SysBlockReq r;              /* first */
    guint8 data[PIECE];
} Read;

static void read_done(SysBlockReq *r)
{
}

/* All of the back end; pieces of zeros stay untouched, so that they take no memory. */
static gboolean fill(Flash *f, GError **err)
{
    static const guint8 zeros[PIECE];
    g_autofree Read *x = g_new(Read, 1);

    for (guint64 at = 0; at < bytes_of(f); at += PIECE) {
        x->r = (SysBlockReq){ .op = SYS_BLOCK_READ, .offset = at, .bytes = MIN(PIECE, bytes_of(f) - at),
                              .data = x->data, .done = read_done };
        sys_block_submit(drive(f), &x->r);
        sys_block_drain(drive(f));
        if (x->r.result) {
            return dev_fail(&f->sys.dev, err, "drive: cannot be read: %s", g_strerror(-x->r.result));
        }
        if (memcmp(x->data, zeros, x->r.bytes)) {
            memcpy(f->ram->hva + at, x->data, x->r.bytes);
        }
    }
    return TRUE;
}

static void undo_drive(Dev *d, void *data)
{
    sys_block_detach(drive((Flash *)d));
}

static gboolean open_drive(Flash *f, GError **err)
{
    Dev *d = &f->sys.dev;

    if (!f->drive) {
        return TRUE;
    }
    if (drive(f)->bytes != bytes_of(f)) {
        return dev_fail(d, err, "drive: %" G_GUINT64_FORMAT " bytes; a flash chip needs exactly %" G_GUINT64_FORMAT
                        " (truncate -s %" G_GUINT64_FORMAT "M makes a file so)",
                        drive(f)->bytes, bytes_of(f), bytes_of(f) >> 20);
    }
    if (!dev_step(d, "drive", err) || !sys_block_attach(drive(f), err)) {
        return FALSE;
    }
    dev_defer(d, undo_drive, NULL);
    return fill(f, err);
}

static gboolean realize(Dev *d, GError **err)
{
    Flash *f = (Flash *)d;
    guint64 n = f->block_bytes;
    g_autofree char *path = obj_path(&d->obj);

    if (n & (n - 1) || f->blocks & (f->blocks - 1)) {
        return dev_fail(d, err, "num-blocks=%u, sector-length=%" G_GUINT64_FORMAT ": must be powers of two",
                        f->blocks, n);
    }
    if (!(f->ram = dev_ram_new(d, path, bytes_of(f), err)) || !open_drive(f, err)) {
        return FALSE;
    }
    dev_region_init_romd(&f->region, d, "pflash", f->ram, &ops, f);
    dev_region_set_romd(&f->region, TRUE);
    dev_sys_region(&f->sys, &f->region);
    return TRUE;
}

static void reset_hold(Dev *d)
{
    set_mode((Flash *)d, ARRAY);
}

static void saving(Dev *d)
{
    sys_block_drain(drive((Flash *)d));
}

static gboolean loaded(Dev *d, GError **err)
{
    Flash *f = (Flash *)d;

    if (f->first >= bytes_of(f) || f->first > bytes_of(f) - BUFFER) {
        return dev_fail(d, err, "saved state has a buffer outside the array");
    }
    set_mode(f, f->mode);
    return TRUE;
}

static const ObjProp props[] = {
    OBJ_PROP_LINK("drive", "The back end that keeps the contents; of exactly the bank's size.", Flash, drive,
                  &sys_block_type),
    OBJ_PROP_UINT("num-blocks", "How many blocks can be erased; a power of two.", Flash, blocks, 128, 1, 65536),
    OBJ_PROP_SIZE("sector-length", "Bytes of a block of the bank; a power of two.", Flash, block_bytes, 256 << 10, 4096,
                  16 << 20),
    OBJ_PROP_UINT("id0", "Manufacturer code.", Flash, id[0], 0x89, 0, 0xffff, .flags = OBJ_HEX),
    OBJ_PROP_UINT("id1", "Device code.", Flash, id[1], 0x18, 0, 0xffff, .flags = OBJ_HEX),
    { 0 },
};

extern const DevType sys_pflash_cfi01;
const DevType sys_pflash_cfi01 = {
    .obj = { .name = "cfi.pflash01", .text = OBJ_TEXT("NOR flash with the Intel command set, 32 bits wide."),
             .parent = &dev_sys_type.obj, .size = sizeof(Flash), .props = props },
    .bus = &dev_sysbus_type.obj,
    .group = "flash",
    .manual = "JEDEC JESD68.01; Numonyx StrataFlash P30, 306666-12",
    .fields = fields,
    .realize = realize,
    .reset_hold = reset_hold,
    .saving = saving,
    .loaded = loaded,
};
