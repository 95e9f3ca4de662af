/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accesses.  RAM is found in the published view inside an epoch and touched there; nothing is locked.
 * Anything else leaves the epoch, takes the device lock and looks again, since the view may have changed.
 */
#include "dev/mem.h"

#include "dev/epoch.h"
#include "dev/lock.h"
#include "dev/ram.h"
#include "view.h"

#include "base/log.h"

#include <string.h>

/* --- registers (device lock) ----------------------------------------------------------------- */
static uint64_t swap(uint64_t value, guint size)
{
    return GUINT64_SWAP_LE_BE(value) >> (64 - 8 * size);
}

static uint64_t low(uint64_t value, guint size)
{
    return size == 8 ? value : value & ((UINT64_C(1) << 8 * size) - 1);
}

static DevTx call(const DevRegion *r, uint64_t offset, uint64_t *value, guint size,
                  gboolean is_write)
{
    const DevRegionOps *o = r->ops;

    if (o->access) {
        return o->access(r->opaque, offset, value, size, is_write);
    }
    if (is_write ? !o->write : !o->read) {
        return DEV_TX_REFUSED;
    }
    if (is_write) {
        o->write(r->opaque, offset, *value, size);
    } else {
        *value = low(o->read(r->opaque, offset, size), size);
    }
    return DEV_TX_OK;
}

/* In pieces of the size that the device takes; numbers in the device's byte order. */
static DevTx call_split(const DevRegion *r, uint64_t offset, uint64_t *value, guint size,
                        gboolean is_write)
{
    guint piece = r->ops->split_size && r->ops->split_size < size ? r->ops->split_size : size;
    uint64_t whole = is_write ? *value : 0;
    DevTx tx = DEV_TX_OK;

    for (guint at = 0; at < size; at += piece) {
        guint shift = 8 * (r->ops->big_endian ? size - piece - at : at);
        uint64_t part = is_write ? low(whole >> shift, piece) : 0;
        tx |= call(r, offset + at, &part, piece, is_write);
        if (!is_write) {
            whole |= low(part, piece) << shift;
        }
    }
    *value = whole;
    return tx;
}

static gboolean is_taken(const DevRegion *r, uint64_t offset, guint size)
{
    guint min = r->ops->min_size ? r->ops->min_size : 1,
          max = r->ops->max_size ? r->ops->max_size : 8;

    return size >= min && size <= max && (r->ops->unaligned || offset % size == 0);
}

/* value is little-endian as on the bus. */
static DevTx dispatch(const DevRange *range, DevGpa gpa, uint64_t *value, guint size,
                      gboolean is_write)
{
    const DevRegion *r = range->region;
    uint64_t offset = range->offset + (gpa - range->first);
    Dev *d = r->owner;

    if (!r->ops || (d && d->state != DEV_LIVE)) {
        return r->ops ? DEV_TX_NOTHING : DEV_TX_REFUSED;
    }
    if (!is_taken(r, offset, size) || (d && d->in_io)) {
        log_guest_error("%s: %s of %u bytes at 0x%" G_GINT64_MODIFIER "x of '%s' is refused\n",
                        d ? d->obj.type->name : "memory", is_write ? "write" : "read", size, offset,
                        r->name);
        return DEV_TX_REFUSED;
    }
    g_autoptr(Obj) hold = d ? obj_ref(&d->obj) : NULL;
    if (d) {
        d->in_io = TRUE;
    }
    uint64_t number = r->ops->big_endian ? swap(*value, size) : *value;
    DevTx tx = call_split(r, offset, &number, size, is_write);
    if (d) {
        d->in_io = FALSE;
    }
    if (!is_write) {
        *value = r->ops->big_endian ? swap(number, size) : number;
    }
    return tx;
}

/* --- finding --------------------------------------------------------------------------------- */
static const DevRange *find(DevSpace *s, DevGpa gpa)
{
    return dev_view_find(atomic_load_explicit(&s->view, memory_order_acquire), gpa);
}

static gboolean is_memory(const DevRange *r, gboolean is_write)
{
    return r && r->hva && !(is_write && r->readonly);
}

/* One access that is not to memory, of size bytes or fewer (a power of two); *size becomes what was done.
 * FALSE if it turned out to be memory after all. */
static gboolean outside_memory(DevSpace *s, DevGpa gpa, guint *size, uint64_t *value,
                               gboolean is_write, DevTx *tx)
{
    gboolean held = dev_lock_held();

    if (!held) {
        dev_lock_take();
    }
    const DevRange *r = find(s, gpa);
    gboolean memory = is_memory(r, is_write);
    if (!memory && r) {
        while (*size - 1 > r->last - gpa) {
            *size /= 2;
        }
        *tx = dispatch(r, gpa, value, *size, is_write);
    } else if (!memory) {
        *tx = DEV_TX_NOTHING;
    }
    if (!memory && !is_write && *tx != DEV_TX_OK) {
        *value = 0;
    }
    if (!held) {
        dev_lock_drop();
    }
    return !memory;
}

/* --- bytes ----------------------------------------------------------------------------------- */
/* Copies what is memory at gpa; returns how many bytes, 0 if it is no memory. */
static size_t copy(DevSpace *s, DevGpa gpa, uint8_t *buf, size_t len, gboolean is_write)
{
    dev_epoch_enter();
    const DevRange *r = find(s, gpa);
    size_t n = 0;

    if (is_memory(r, is_write)) {
        uint64_t at = gpa - r->first, left = r->last - gpa;
        n = left < len - 1 ? left + 1 : len;
        if (is_write) {
            memcpy(r->hva + at, buf, n);
            dev_ram_mark(r->region->ram, r->offset + at, n);
        } else {
            memcpy(buf, r->hva + at, n);
        }
    }
    dev_epoch_leave();
    return n;
}

static guint natural_size(DevGpa gpa, size_t len)
{
    guint size = 8;

    while (size > len || gpa % size) {
        size /= 2;
    }
    return size;
}

static DevTx transfer(DevSpace *s, DevGpa gpa, uint8_t *buf, size_t len, gboolean is_write)
{
    DevTx all = DEV_TX_OK;

    while (len) {
        size_t n = copy(s, gpa, buf, len, is_write);
        guint size = natural_size(gpa, len);
        uint64_t value = 0;
        DevTx tx = DEV_TX_OK;
        if (!n) {
            if (is_write) {
                memcpy(&value, buf, size);
                value = GUINT64_FROM_LE(value);
            }
            if (!outside_memory(s, gpa, &size, &value, is_write, &tx)) {
                continue;
            }
            if (!is_write) {
                memcpy(buf, &(uint64_t){ GUINT64_TO_LE(value) }, size);
            }
            all |= tx;
            n = size;
        }
        gpa += n;
        buf += n;
        len -= n;
    }
    return all;
}

DevTx dev_mem_read(DevSpace *s, DevGpa gpa, void *buf, size_t len)
{
    return transfer(s, gpa, buf, len, FALSE);
}

DevTx dev_mem_write(DevSpace *s, DevGpa gpa, const void *buf, size_t len)
{
    return transfer(s, gpa, (uint8_t *)buf, len, TRUE);
}

/* --- numbers --------------------------------------------------------------------------------- */
static uint64_t load_atomic(const uint8_t *p, guint size)
{
    switch (size) {
    case 1:
        return __atomic_load_n(p, __ATOMIC_RELAXED);
    case 2:
        return GUINT16_FROM_LE(__atomic_load_n((const uint16_t *)p, __ATOMIC_RELAXED));
    case 4:
        return GUINT32_FROM_LE(__atomic_load_n((const uint32_t *)p, __ATOMIC_RELAXED));
    default:
        return GUINT64_FROM_LE(__atomic_load_n((const uint64_t *)p, __ATOMIC_RELAXED));
    }
}

static void store_atomic(uint8_t *p, guint size, uint64_t value)
{
    switch (size) {
    case 1:
        __atomic_store_n(p, (uint8_t)value, __ATOMIC_RELAXED);
        break;
    case 2:
        __atomic_store_n((uint16_t *)p, GUINT16_TO_LE((uint16_t)value), __ATOMIC_RELAXED);
        break;
    case 4:
        __atomic_store_n((uint32_t *)p, GUINT32_TO_LE((uint32_t)value), __ATOMIC_RELAXED);
        break;
    default:
        __atomic_store_n((uint64_t *)p, GUINT64_TO_LE(value), __ATOMIC_RELAXED);
    }
}

/* An aligned access within one range of memory. */
static gboolean access_memory(DevSpace *s, DevGpa gpa, guint size, uint64_t *value,
                              gboolean is_write)
{
    gboolean done = FALSE;

    dev_epoch_enter();
    const DevRange *r = find(s, gpa);
    if (is_memory(r, is_write) && gpa % size == 0 && size - 1 <= r->last - gpa &&
        (uintptr_t)(r->hva + (gpa - r->first)) % size == 0) {
        uint8_t *p = r->hva + (gpa - r->first);
        if (is_write) {
            store_atomic(p, size, *value);
            dev_ram_mark(r->region->ram, r->offset + (gpa - r->first), size);
        } else {
            *value = load_atomic(p, size);
        }
        done = TRUE;
    }
    dev_epoch_leave();
    return done;
}

static DevTx access_any(DevSpace *s, DevGpa gpa, guint size, uint64_t *value, gboolean is_write)
{
    DevTx tx = DEV_TX_OK;
    guint n = size;
    uint8_t bytes[8];

    if (access_memory(s, gpa, size, value, is_write)) {
        return DEV_TX_OK;
    }
    dev_epoch_enter();
    const DevRange *r = find(s, gpa);
    gboolean whole = !r || (!is_memory(r, is_write) && size - 1 <= r->last - gpa);
    dev_epoch_leave();
    if (whole && outside_memory(s, gpa, &n, value, is_write, &tx) && n == size) {
        return tx;
    }
    /* Across ranges, or unaligned memory. */
    if (is_write) {
        memcpy(bytes, &(uint64_t){ GUINT64_TO_LE(*value) }, 8);
        return dev_mem_write(s, gpa, bytes, size);
    }
    memset(bytes, 0, 8);
    tx = dev_mem_read(s, gpa, bytes, size);
    memcpy(value, bytes, 8);
    *value = GUINT64_FROM_LE(*value);
    return tx;
}

DevTx dev_mem_load(DevSpace *s, DevGpa gpa, guint size, uint64_t *value)
{
    *value = 0;
    return access_any(s, gpa, size, value, FALSE);
}

DevTx dev_mem_store(DevSpace *s, DevGpa gpa, guint size, uint64_t value)
{
    value = low(value, size);
    return access_any(s, gpa, size, &value, TRUE);
}

void *dev_mem_map(DevSpace *s, DevGpa gpa, size_t len, gboolean for_write, DevRam **ram,
                  uint64_t *offset)
{
    const DevRange *r = find(s, gpa);

    if (!is_memory(r, for_write) || !len || len - 1 > r->last - gpa) {
        return NULL;
    }
    if (ram) {
        *ram = r->region->ram;
        *offset = r->offset + (gpa - r->first);
    }
    return r->hva + (gpa - r->first);
}
