/* SPDX-License-Identifier: BSD-2-Clause */
/* Register tables as a region's handlers. */
#include "dev/reg.h"

#include "base/log.h"

#include <string.h>

typedef struct Hit {
    const DevReg *row;
    guint n;                    /* which of row->count */
    guint shift;                /* of the access within the register, in bits */
} Hit;

static gboolean find(const DevReg *rows, uint64_t offset, guint size, Hit *h)
{
    for (const DevReg *r = rows; r->name; r++) {
        guint count = r->count ? r->count : 1, stride = r->stride ? r->stride : r->width;
        if (offset < r->at || offset - r->at >= (uint64_t)count * stride) {
            continue;
        }
        guint inside = (guint)((offset - r->at) % stride);
        if (inside + size <= r->width) {
            *h = (Hit){ r, (guint)((offset - r->at) / stride), inside * 8 };
            return TRUE;
        }
    }
    return FALSE;
}

static uint64_t mask_of(guint bytes)
{
    return bytes == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * bytes) - 1;
}

static uint64_t get_field(Dev *d, const Hit *h)
{
    uint64_t value = 0;

    memcpy(&value, (char *)d + h->row->field + h->n * h->row->width, h->row->width);
    return GUINT64_FROM_LE(value);
}

static void set_field(Dev *d, const Hit *h, uint64_t value)
{
    value = GUINT64_TO_LE(value);
    memcpy((char *)d + h->row->field + h->n * h->row->width, &value, h->row->width);
}

/* A row with a write handler and neither a read handler nor a field is write-only: it reads as 0. */
static uint64_t read_reg(Dev *d, const Hit *h)
{
    if (h->row->read) {
        return h->row->read(d, h->n);
    }
    return h->row->field ? get_field(d, h) : 0;
}

static void write_reg(Dev *d, const Hit *h, uint64_t value, guint size)
{
    uint64_t lane = mask_of(size) << h->shift;
    gboolean whole = size == h->row->width;

    value <<= h->shift;
    if (h->row->written) {
        h->row->written(d, h->n, whole ? value : (read_reg(d, h) & ~lane) | (value & lane));
        return;
    }
    uint64_t old = get_field(d, h), set = h->row->write & lane, clear = h->row->clear & lane;
    set_field(d, h, ((old & ~set) | (value & set)) & ~(value & clear));
}

static DevTx access_regs(void *opaque, uint64_t offset, uint64_t *value, guint size,
                         gboolean is_write)
{
    DevRegion *r = opaque;
    Hit h;

    if (!find(r->regs, offset, size, &h)) {
        log_guest_error("%s: no register at offset 0x%" G_GINT64_MODIFIER "x (%u bytes)\n",
                        r->owner->obj.type->name, offset, size);
        *value = 0;
        return DEV_TX_OK;
    }
    if (is_write) {
        write_reg(r->owner, &h, *value, size);
    } else {
        *value = read_reg(r->owner, &h) >> h.shift & mask_of(size);
    }
    return DEV_TX_OK;
}

static const DevRegionOps reg_ops = { .access = access_regs };

void dev_region_init_regs(DevRegion *r, Dev *owner, const char *name, uint64_t size,
                          const DevReg *rows)
{
    dev_region_init_io(r, owner, name, size, &reg_ops, r);
    r->regs = rows;
}
