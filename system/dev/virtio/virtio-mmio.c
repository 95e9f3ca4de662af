/* SPDX-License-Identifier: BSD-2-Clause */
/* Virtio over MMIO, version 2.  [VIRTIO 4.2]  The legacy form (version 1) is not implemented. */
#include "dev/virtio/virtio.h"

#include "dev/irq.h"
#include "dev/reg.h"
#include "dev/sysbus.h"

#include <string.h>

enum { MAGIC = 0x74726976, MMIO_VERSION = 2, VENDOR = 0x554d4551, CONFIG = 0x100, REGION = 0x200 };
enum { INT_USED = 1, INT_CONFIG = 2 };

typedef struct Mmio {
    DevSys sys;
    SysVirtioBus *bus;
    uint32_t device_sel, driver_sel, queue_sel, interrupts, generation;
    uint64_t driver_features;
    DevIrq irq;
    DevRegion region;
} Mmio;

static const DevField fields[] = {
    DEV_FIELD("device-sel", "Which half of the device's features is read.", Mmio, device_sel, 0),
    DEV_FIELD("driver-sel", "Which half of the driver's features is written.", Mmio, driver_sel, 0),
    DEV_FIELD("queue-sel", "Which queue the queue registers are of.", Mmio, queue_sel, 0),
    DEV_FIELD("interrupts", "Pending: 1 used buffers, 2 configuration.", Mmio, interrupts, 0, .max = 3),
    DEV_FIELD("generation", "Counts changes of the configuration.", Mmio, generation, 0),
    DEV_FIELD("driver-features", "Features as written so far.", Mmio, driver_features, 0),
    { 0 },
};

static const DevReg regs[] = {
    DEV_REG("MagicValue", "0x74726976, \"virt\".", 0x000, 4),
    DEV_REG("Version", "2; the legacy form is not there.", 0x004, 4),
    DEV_REG("DeviceID", "Kind of device; 0 if there is none.", 0x008, 4),
    DEV_REG("VendorID", "Subsystem vendor.", 0x00c, 4),
    DEV_REG("DeviceFeatures", "32 features, those that DeviceFeaturesSel says.", 0x010, 4),
    DEV_REG("DeviceFeaturesSel", "Half of the device's features to be read.", 0x014, 4),
    DEV_REG("DriverFeatures", "32 features that the driver accepts.", 0x020, 4),
    DEV_REG("DriverFeaturesSel", "Half of the driver's features to be written.", 0x024, 4),
    DEV_REG("QueueSel", "Queue that the registers below are of.", 0x030, 4),
    DEV_REG("QueueNumMax", "The most entries; 0 if there is no such queue.", 0x034, 4),
    DEV_REG("QueueNum", "Entries that the driver uses.", 0x038, 4),
    DEV_REG("QueueReady", "1 while the queue is in use.", 0x044, 4),
    DEV_REG("QueueNotify", "A queue that has new buffers.", 0x050, 4),
    DEV_REG("InterruptStatus", "Bit 0 used buffers, bit 1 configuration.", 0x060, 4),
    DEV_REG("InterruptACK", "Bits of InterruptStatus to be cleared.", 0x064, 4),
    DEV_REG("Status", "Device status; writing 0 resets.", 0x070, 4),
    DEV_REG("QueueDesc", "Address of the descriptors, two words.", 0x080, 4, .count = 2),
    DEV_REG("QueueDriver", "Address of the driver's area, two words.", 0x090, 4, .count = 2),
    DEV_REG("QueueDevice", "Address of the device's area, two words.", 0x0a0, 4, .count = 2),
    DEV_REG("SHMLen", "Length of a shared memory region: none, all ones.", 0x0b0, 4, .count = 2),
    DEV_REG("ConfigGeneration", "Changes when the configuration does.", 0x0fc, 4),
    DEV_REG("Config", "The device's configuration.", 0x100, 1, .count = SYS_VIRTIO_CONFIG_MAX),
    { 0 },
};

/* --- interrupts ------------------------------------------------------------------------------ */
static void update(Mmio *m)
{
    dev_irq_set(&m->irq, m->interrupts != 0);
}

static void on_interrupt(Dev *transport, guint queue)
{
    Mmio *m = (Mmio *)transport;

    m->interrupts |= queue == SYS_VIRTIO_CONFIG ? INT_CONFIG : INT_USED;
    m->generation += queue == SYS_VIRTIO_CONFIG;
    update(m);
}

/* --- registers ------------------------------------------------------------------------------- */
static uint64_t read_config(SysVirtio *v, uint64_t offset, guint size)
{
    const SysVirtioType *t = (const SysVirtioType *)v->dev.obj.type;
    guint8 config[SYS_VIRTIO_CONFIG_MAX + 8] = { 0 };
    uint64_t value = 0;

    if (t->get_config) {
        t->get_config(v, config);
    }
    memcpy(&value, config + offset, size);
    return GUINT64_FROM_LE(value);
}

static uint32_t read_queue(Mmio *m, SysVirtio *v, uint64_t offset)
{
    guint q = m->queue_sel;

    if (q >= sys_virtio_queues(v)) {
        return 0;
    }
    return offset == 0x034 ? v->queue_size : v->ready[q];
}

static uint64_t read_mmio(void *opaque, uint64_t offset, guint size)
{
    Mmio *m = opaque;
    SysVirtio *v = sys_virtio_of(m->bus);

    if (offset >= CONFIG) {
        return v ? read_config(v, offset - CONFIG, size) : 0;
    }
    if (size != 4) {
        return 0;
    }
    switch (offset) {
    case 0x000:
        return MAGIC;
    case 0x004:
        return MMIO_VERSION;
    case 0x008:
        return v ? ((const SysVirtioType *)v->dev.obj.type)->id : 0;
    case 0x00c:
        return VENDOR;
    case 0x010:
        return v && m->device_sel < 2 ? (uint32_t)(v->offered >> 32 * m->device_sel) : 0;
    case 0x034:
    case 0x044:
        return v ? read_queue(m, v, offset) : 0;
    case 0x060:
        return m->interrupts;
    case 0x070:
        return v ? v->status : 0;
    case 0x0b0:
    case 0x0b4:
    case 0x0b8:
    case 0x0bc:
        return UINT32_MAX;      /* no shared memory [VIRTIO 4.2.2] */
    case 0x0fc:
        return m->generation;
    default:
        return 0;
    }
}

static void set_half(uint64_t *word, gboolean high, uint32_t value)
{
    guint shift = high ? 32 : 0;

    *word = (*word & ~((uint64_t)UINT32_MAX << shift)) | (uint64_t)value << shift;
}

/* A queue in use keeps its place. [VIRTIO 4.2.2.2] */
static void write_queue(Mmio *m, SysVirtio *v, uint64_t offset, uint32_t value)
{
    guint q = m->queue_sel;

    if (q >= sys_virtio_queues(v)) {
        return;
    }
    if (offset == 0x044) {
        sys_virtio_set_ready(v, q, value & 1);
    } else if (!v->ready[q] && offset == 0x038) {
        v->num[q] = (uint16_t)MIN(value, SYS_VIRTIO_QUEUE_MAX + 1);
    } else if (!v->ready[q]) {
        uint64_t *word = (offset & 0xf0) == 0x80   ? &v->desc[q]
                         : (offset & 0xf0) == 0x90 ? &v->driver[q]
                                                   : &v->device[q];
        set_half(word, (offset & 4) != 0, value);
    }
}

static void write_status(Mmio *m, SysVirtio *v, uint32_t value)
{
    sys_virtio_set_status(v, (guint8)value);
    if (!(guint8)value) {
        m->interrupts = 0;
        m->driver_features = 0;
        update(m);
    }
}

static void write_mmio(void *opaque, uint64_t offset, uint64_t wide, guint size)
{
    Mmio *m = opaque;
    SysVirtio *v = sys_virtio_of(m->bus);
    uint32_t value = (uint32_t)wide;

    if (v && offset >= CONFIG) {
        sys_virtio_write_config(v, offset - CONFIG, value, size);
        return;
    }
    if (!v || size != 4) {
        return;
    }
    switch (offset) {
    case 0x014:
        m->device_sel = value;
        break;
    case 0x020:
        if (m->driver_sel < 2) {
            set_half(&m->driver_features, m->driver_sel, value);
            sys_virtio_accept(v, m->driver_features);
        }
        break;
    case 0x024:
        m->driver_sel = value;
        break;
    case 0x030:
        m->queue_sel = value;
        break;
    case 0x038:
    case 0x044:
    case 0x080:
    case 0x084:
    case 0x090:
    case 0x094:
    case 0x0a0:
    case 0x0a4:
        write_queue(m, v, offset, value);
        break;
    case 0x050:
        sys_virtio_kick(v, value);
        break;
    case 0x064:
        m->interrupts &= ~value;
        update(m);
        break;
    case 0x070:
        write_status(m, v, value);
        break;
    default:
        break;
    }
}

static const DevRegionOps ops = { .read = read_mmio, .write = write_mmio, .min_size = 1, .max_size = 4 };

/* --- life ------------------------------------------------------------------------------------ */
static void init(Obj *o)
{
    Mmio *m = (Mmio *)o;

    m->bus = (SysVirtioBus *)dev_bus_new(&sys_virtio_bus_type, &m->sys.dev, "virtio-mmio-bus");
    m->bus->interrupt = on_interrupt;
}

static gboolean realize(Dev *d, GError **err)
{
    Mmio *m = (Mmio *)d;

    m->bus->bus.space = d->bus->space;
    dev_region_init_io(&m->region, d, "virtio-mmio", REGION, &ops, m);
    dev_sys_region(&m->sys, &m->region);
    return TRUE;
}

static void reset_hold(Dev *d)
{
    update((Mmio *)d);
}

static const DevPin pins[] = {
    DEV_PIN_OUT("irq", "High while InterruptStatus is not 0.", 1, Mmio, irq),
    { 0 },
};

extern const DevType sys_virtio_mmio;
const DevType sys_virtio_mmio = {
    .obj = { .name = "virtio-mmio", .text = OBJ_TEXT("Virtio transport of registers in memory."),
             .parent = &dev_sys_type.obj, .size = sizeof(Mmio), .init = init },
    .bus = &dev_sysbus_type.obj,
    .group = "virtio",
    .manual = "Virtual I/O Device version 1.2, section 4.2",
    .pins = pins,
    .fields = fields,
    .regs = regs,
    .realize = realize,
    .reset_hold = reset_hold,
};
