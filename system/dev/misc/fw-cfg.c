/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Firmware configuration: numbered items that firmware and kernels read.  [Linux include/uapi/linux/qemu_fw_cfg.h]
 * [Linux Documentation/devicetree/bindings/firmware/qemu,fw-cfg-mmio.yaml]
 *
 * Registers are big-endian: data at 0, the selector at 8, the address of a DMA request at 16.  A request in guest
 * memory is control (32 bits), length (32), address (64), all big-endian; its control becomes 0, or an error.
 * Nothing can be written to items.
 */
#include "dev/misc/fw-cfg.h"

#include "dev/bus.h"
#include "dev/reg.h"
#include "dev/snap.h"
#include "dev/sysbus.h"

#include "base/log.h"

#include <string.h>

#define ITEMS 128u
#define NAME 56u                /* bytes of a file's name, with its 0 */

enum { DMA_ERROR = 1, DMA_READ = 2, DMA_SKIP = 4, DMA_SELECT = 8, DMA_WRITE = 16 };
enum { TRADITIONAL = 1, HAS_DMA = 2 };
static const char dma_signature[8] = { 'Q', 'E', 'M', 'U', ' ', 'C', 'F', 'G' };

typedef struct FwCfg {
    DevSys sys;
    GBytes *item[ITEMS];
    char name[ITEMS][NAME];     /* of files */
    guint files;
    uint16_t key;
    uint32_t at;                /* next byte of the item */
    uint64_t dma;
    DevRegion region;
} FwCfg;

static const DevField fields[] = {
    DEV_FIELD("key", "The item that is selected.", FwCfg, key, 0),
    DEV_FIELD("at", "The next byte of it.", FwCfg, at, 0),
    DEV_FIELD("dma", "Upper half of a request's address, as written so far.", FwCfg, dma, 0),
    { 0 },
};

static const DevReg regs[] = {
    DEV_REG("data", "The next bytes of the item, lowest address first.", 0, 8),
    DEV_REG("selector", "Number of the item to be read, from its beginning.", 8, 2),
    DEV_REG("dma", "Address of a request; writing its lower half starts it.  Reads \"QEMU CFG\".", 16, 8),
    { 0 },
};

/* --- items ----------------------------------------------------------------------------------- */
static const guint8 *item(const FwCfg *f, gsize *n)
{
    GBytes *b = f->key < ITEMS ? f->item[f->key] : NULL;

    *n = 0;
    return b ? g_bytes_get_data(b, n) : NULL;
}

void sys_fw_cfg_item(Dev *d, guint16 key, GBytes *bytes)
{
    FwCfg *f = (FwCfg *)d;

    g_assert(key < ITEMS);
    g_clear_pointer(&f->item[key], g_bytes_unref);
    f->item[key] = bytes;
}

/* The directory: a count, then of each file size, number, two bytes of 0, name; sorted by name. */
static void write_directory(FwCfg *f)
{
    g_autoptr(GByteArray) all = g_byte_array_new();

    g_byte_array_append(all, (const guint8 *)&(guint32){ GUINT32_TO_BE(f->files) }, 4);
    for (guint i = 0; i < f->files; i++) {
        guint key = SYS_FW_CFG_FIRST_FILE + i;
        guint32 size = GUINT32_TO_BE((guint32)g_bytes_get_size(f->item[key]));
        guint16 words[2] = { GUINT16_TO_BE((guint16)key), 0 };
        g_byte_array_append(all, (const guint8 *)&size, 4);
        g_byte_array_append(all, (const guint8 *)words, 4);
        g_byte_array_append(all, (const guint8 *)f->name[key], NAME);
    }
    sys_fw_cfg_item(&f->sys.dev, SYS_FW_CFG_FILES, g_byte_array_free_to_bytes(g_steal_pointer(&all)));
}

gboolean sys_fw_cfg_file(Dev *d, const char *name, GBytes *bytes, GError **err)
{
    FwCfg *f = (FwCfg *)d;
    guint key = SYS_FW_CFG_FIRST_FILE + f->files;
    g_autoptr(GBytes) mine = bytes;

    if (key >= ITEMS || strlen(name) >= NAME || g_bytes_get_size(bytes) > G_MAXUINT32) {
        return dev_fail(d, err, "file '%s': %s", name, key >= ITEMS ? "there are too many files"
                        : strlen(name) >= NAME ? "the name is too long" : "is too large");
    }
    f->files++;
    while (key > SYS_FW_CFG_FIRST_FILE && strcmp(f->name[key - 1], name) > 0) {
        f->item[key] = f->item[key - 1];
        memcpy(f->name[key], f->name[key - 1], NAME);
        key--;
    }
    f->item[key] = g_steal_pointer(&mine);
    g_strlcpy(f->name[key], name, NAME);
    write_directory(f);
    return TRUE;
}

/* --- requests in memory ---------------------------------------------------------------------- */
/* Copies n bytes of the item to memory; what lies behind its end is 0. */
static gboolean copy(FwCfg *f, DevGpa gpa, guint32 n)
{
    static const guint8 zeros[4096];
    DevSpace *s = f->sys.dev.bus->space;
    gsize size;
    const guint8 *data = item(f, &size);
    guint32 have = f->at < size ? (guint32)MIN(size - f->at, n) : 0;

    if (have && dev_mem_write(s, gpa, data + f->at, have) != DEV_TX_OK) {
        return FALSE;
    }
    f->at += have;
    for (gpa += have, n -= have; n;) {
        guint32 piece = MIN(n, (guint32)sizeof zeros);
        if (dev_mem_write(s, gpa, zeros, piece) != DEV_TX_OK) {
            return FALSE;
        }
        gpa += piece;
        n -= piece;
    }
    return TRUE;
}

static void run_request(FwCfg *f)
{
    struct {
        guint32 control, length;
        guint64 gpa;
    } r;
    DevSpace *s = f->sys.dev.bus->space;
    guint32 answer = 0;
    DevGpa at = f->dma;

    f->dma = 0;
    if (dev_mem_read(s, at, &r, sizeof r) != DEV_TX_OK) {
        log_guest_error("fw_cfg: the request at 0x%" G_GINT64_MODIFIER "x is not in memory\n", at);
        return;
    }
    guint32 control = GUINT32_FROM_BE(r.control), length = GUINT32_FROM_BE(r.length);
    if (control & DMA_SELECT) {
        f->key = (guint16)(control >> 16);
        f->at = 0;
    }
    if (control & DMA_READ) {
        answer = copy(f, GUINT64_FROM_BE(r.gpa), length) ? 0 : DMA_ERROR;
    } else if (control & DMA_WRITE) {
        answer = DMA_ERROR;
    } else if (control & DMA_SKIP) {
        f->at = f->at > G_MAXUINT32 - length ? G_MAXUINT32 : f->at + length;
    }
    dev_mem_store(s, at, 4, GUINT32_TO_BE(answer));
}

/* --- registers ------------------------------------------------------------------------------- */
static uint64_t read_data(FwCfg *f, guint size)
{
    gsize n;
    const guint8 *data = item(f, &n);
    uint64_t value = 0;

    for (guint i = 0; i < size; i++) {
        value = value << 8 | (f->at < n ? data[f->at] : 0);
        f->at += f->at < n;
    }
    return value;
}

static uint64_t read_fw_cfg(void *opaque, uint64_t offset, guint size)
{
    FwCfg *f = opaque;
    uint64_t value = 0;

    if (offset < 8) {
        return read_data(f, size);
    }
    for (guint i = 0; i < size && offset >= 16; i++) {
        value = value << 8 | (guint8)dma_signature[(offset + i) % 8];
    }
    return value;
}

static void write_fw_cfg(void *opaque, uint64_t offset, uint64_t value, guint size)
{
    FwCfg *f = opaque;

    if (offset == 8 && size == 2) {
        f->key = (guint16)value;
        f->at = 0;
    } else if (offset == 16 && size == 8) {
        f->dma = value;
        run_request(f);
    } else if (offset == 16 && size == 4) {
        f->dma = value << 32;
    } else if (offset == 20 && size == 4) {
        f->dma |= value;
        run_request(f);
    }
}

static const DevRegionOps ops = { .read = read_fw_cfg, .write = write_fw_cfg, .big_endian = TRUE };

/* --- life ------------------------------------------------------------------------------------ */
static void init(Obj *o)
{
    static const guint32 features = TRADITIONAL | HAS_DMA;
    static const guint8 uuid[16];
    guint32 little = GUINT32_TO_LE(features);
    Dev *d = (Dev *)o;

    sys_fw_cfg_item(d, SYS_FW_CFG_SIGNATURE, g_bytes_new_static("QEMU", 4));
    sys_fw_cfg_item(d, SYS_FW_CFG_ID, g_bytes_new(&little, 4));
    sys_fw_cfg_item(d, SYS_FW_CFG_UUID, g_bytes_new_static(uuid, sizeof uuid));
    write_directory((FwCfg *)d);
}

static void finalize(Obj *o)
{
    FwCfg *f = (FwCfg *)o;

    for (guint i = 0; i < ITEMS; i++) {
        g_clear_pointer(&f->item[i], g_bytes_unref);
    }
}

static gboolean realize(Dev *d, GError **err)
{
    FwCfg *f = (FwCfg *)d;

    dev_region_init_io(&f->region, d, "fw_cfg", 24, &ops, f);
    dev_sys_region(&f->sys, &f->region);
    return TRUE;
}

const DevType sys_fw_cfg = {
    .obj = { .name = "fw_cfg_mem", .text = OBJ_TEXT("Gives firmware and kernels numbered items and files."),
             .parent = &dev_sys_type.obj, .size = sizeof(FwCfg), .init = init, .finalize = finalize },
    .bus = &dev_sysbus_type.obj,
    .group = "misc",
    .manual = "Linux include/uapi/linux/qemu_fw_cfg.h and bindings/firmware/qemu,fw-cfg-mmio.yaml",
    .fields = fields,
    .regs = regs,
    .realize = realize,
};
