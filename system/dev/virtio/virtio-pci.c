/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio over PCI, version 1 ("modern") only.  [VIRTIO 4.1]  A function with one 64-bit BAR of four pages: common
 * configuration, interrupt status, device configuration, notifications.  Its device is a part of it, and the
 * part's properties are its own.  Interrupts are by MSI-X if the driver chooses it, by the pin otherwise.
 */
#include "dev/pci/pci.h"
#include "dev/virtio/virtio.h"

#include <string.h>

enum { MSIX_BAR = 1, BAR = 4, PAGE = 0x1000, COMMON = 0, ISR = PAGE, CONFIG = 2 * PAGE, NOTIFY = 3 * PAGE,
       BAR_BYTES = 4 * PAGE };
enum { CAP_COMMON = 1, CAP_NOTIFY, CAP_ISR, CAP_DEVICE, CAP_PCI };      /* [VIRTIO 4.1.4] */
enum { VENDOR_CAP = 9, NO_VECTOR = 0xffff, NOTIFY_STEP = 4 };
enum { INT_QUEUE = 1, INT_CONFIG = 2 };

enum { LEGACY_AUTO, LEGACY_OFF, LEGACY_ON };

typedef struct Function {
    SysPci pci;
    SysVirtioBus *bus;
    Obj *inner;                 /* a child */
    uint32_t device_sel, driver_sel;
    uint16_t queue_sel;
    uint8_t isr, generation;
    uint64_t driver_features;
    int32_t vectors;            /* property: -1: one for each queue, and one */
    int legacy;                 /* property */
    gboolean no_modern;         /* property */
    uint16_t config_vector, queue_vector[SYS_VIRTIO_QUEUES];
    guint window;               /* the capability that is a window to the BAR */
    DevRegion region;
} Function;

static const DevField fields[] = {
    DEV_FIELD("device-sel", "Which half of the device's features is read.", Function, device_sel, 0),
    DEV_FIELD("driver-sel", "Which half of the driver's features is written.", Function, driver_sel, 0),
    DEV_FIELD("queue-sel", "Which queue the queue registers are of.", Function, queue_sel, 0),
    DEV_FIELD("isr", "Pending: 1 used buffers, 2 configuration.", Function, isr, 0, .max = 3),
    DEV_FIELD("generation", "Counts changes of the configuration.", Function, generation, 0),
    DEV_FIELD("driver-features", "Features as written so far.", Function, driver_features, 0),
    DEV_FIELD("config-vector", "MSI-X vector of configuration changes.", Function, config_vector, NO_VECTOR),
    DEV_FIELD_ARRAY("queue-vector", "MSI-X vectors of the queues.", Function, queue_vector, NO_VECTOR),
    { 0 },
};

/* --- interrupts ------------------------------------------------------------------------------ */
static void on_interrupt(Dev *transport, guint queue)
{
    Function *f = (Function *)transport;

    if (sys_pci_has_messages(&f->pci)) {        /* [VIRTIO 4.1.5.1.2] */
        f->generation = (uint8_t)(f->generation + (queue == SYS_VIRTIO_CONFIG));
        sys_pci_message(&f->pci, queue == SYS_VIRTIO_CONFIG ? f->config_vector : f->queue_vector[queue]);
        return;
    }
    f->isr |= queue == SYS_VIRTIO_CONFIG ? INT_CONFIG : INT_QUEUE;
    f->generation = (uint8_t)(f->generation + (queue == SYS_VIRTIO_CONFIG));
    sys_pci_irq(&f->pci, TRUE);
}

static uint64_t read_isr(Function *f)
{
    uint8_t isr = f->isr;

    f->isr = 0;
    sys_pci_irq(&f->pci, FALSE);
    return isr;
}

/* --- common configuration [VIRTIO 4.1.4.3] --------------------------------------------------- */
typedef struct __attribute__((packed)) Common {
    guint32 device_sel, device_feature, driver_sel, driver_feature;
    guint16 config_vector, num_queues;
    guint8 status, generation;
    guint16 queue_sel, queue_size, queue_vector, queue_enable, queue_notify_off;
    guint64 queue_desc, queue_driver, queue_device;
    guint16 queue_notify_data, queue_reset;
} Common;

static Common common_now(const Function *f, const SysVirtio *v)
{
    guint q = f->queue_sel;
    gboolean is_queue = q < sys_virtio_queues(v);
    Common c = {
        .device_sel = GUINT32_TO_LE(f->device_sel),
        .device_feature = f->device_sel < 2 ? GUINT32_TO_LE((guint32)(v->offered >> 32 * f->device_sel)) : 0,
        .driver_sel = GUINT32_TO_LE(f->driver_sel),
        .driver_feature = f->driver_sel < 2 ? GUINT32_TO_LE((guint32)(f->driver_features >> 32 * f->driver_sel)) : 0,
        .config_vector = GUINT16_TO_LE(f->config_vector),
        .num_queues = GUINT16_TO_LE((guint16)sys_virtio_queues(v)),
        .status = v->status,
        .generation = f->generation,
        .queue_sel = GUINT16_TO_LE(f->queue_sel),
        .queue_vector = NO_VECTOR,
        .queue_notify_off = GUINT16_TO_LE(f->queue_sel),
    };

    if (is_queue) {
        c.queue_size = GUINT16_TO_LE(v->num[q] ? v->num[q] : v->queue_size);
        c.queue_enable = GUINT16_TO_LE(v->ready[q]);
        c.queue_vector = GUINT16_TO_LE(f->queue_vector[q]);
        c.queue_desc = GUINT64_TO_LE(v->desc[q]);
        c.queue_driver = GUINT64_TO_LE(v->driver[q]);
        c.queue_device = GUINT64_TO_LE(v->device[q]);
    }
    return c;
}

#define IN_COMMON(at, field) ((at) - offsetof(Common, field) < sizeof(((Common *)0)->field))

static void write_status(Function *f, SysVirtio *v, guint8 value)
{
    sys_virtio_set_status(v, value);
    if (!value) {
        f->config_vector = NO_VECTOR;
        for (guint i = 0; i < SYS_VIRTIO_QUEUES; i++) {
            f->queue_vector[i] = NO_VECTOR;
        }
        f->driver_features = 0;
        read_isr(f);
    }
}

static void write_feature(Function *f, SysVirtio *v, guint32 value)
{
    if (f->driver_sel < 2) {
        guint shift = 32 * f->driver_sel;
        f->driver_features = (f->driver_features & ~((uint64_t)UINT32_MAX << shift)) | (uint64_t)value << shift;
        sys_virtio_accept(v, f->driver_features);
    }
}

/* A vector that is not there reads back as none. [VIRTIO 4.1.5.1.2.1] */
static uint16_t known_vector(const Function *f, guint16 le)
{
    return GUINT16_FROM_LE(le) < f->pci.vectors ? GUINT16_FROM_LE(le) : NO_VECTOR;
}

/* A queue in use keeps its place. */
static void write_queue(SysVirtio *v, guint q, guint at, const Common *c)
{
    if (q >= sys_virtio_queues(v)) {
        return;
    }
    if (IN_COMMON(at, queue_enable)) {
        if (GUINT16_FROM_LE(c->queue_enable) == 1 && !v->ready[q]) {    /* 0 is forbidden [VIRTIO 4.1.4.3.2] */
            v->num[q] = v->num[q] ? v->num[q] : v->queue_size;
            sys_virtio_set_ready(v, q, TRUE);
        }
    } else if (v->ready[q]) {
        return;
    } else if (IN_COMMON(at, queue_size)) {
        v->num[q] = (uint16_t)MIN(GUINT16_FROM_LE(c->queue_size), SYS_VIRTIO_QUEUE_MAX + 1);
    } else if (IN_COMMON(at, queue_desc)) {
        v->desc[q] = GUINT64_FROM_LE(c->queue_desc);
    } else if (IN_COMMON(at, queue_driver)) {
        v->driver[q] = GUINT64_FROM_LE(c->queue_driver);
    } else if (IN_COMMON(at, queue_device)) {
        v->device[q] = GUINT64_FROM_LE(c->queue_device);
    }
}

/* The bytes written are laid over what the structure reads as; the field they are in says what that means. */
static void write_common(Function *f, SysVirtio *v, guint at, uint64_t value, guint size)
{
    Common c = common_now(f, v);

    if (at + size > sizeof c) {
        return;
    }
    value = GUINT64_TO_LE(value);
    memcpy((guint8 *)&c + at, &value, size);
    if (IN_COMMON(at, device_sel)) {
        f->device_sel = GUINT32_FROM_LE(c.device_sel);
    } else if (IN_COMMON(at, driver_sel)) {
        f->driver_sel = GUINT32_FROM_LE(c.driver_sel);
    } else if (IN_COMMON(at, driver_feature)) {
        write_feature(f, v, GUINT32_FROM_LE(c.driver_feature));
    } else if (IN_COMMON(at, status)) {
        write_status(f, v, c.status);
    } else if (IN_COMMON(at, queue_sel)) {
        f->queue_sel = GUINT16_FROM_LE(c.queue_sel);
    } else if (IN_COMMON(at, config_vector)) {
        f->config_vector = known_vector(f, c.config_vector);
    } else if (IN_COMMON(at, queue_vector)) {
        if (f->queue_sel < sys_virtio_queues(v)) {
            f->queue_vector[f->queue_sel] = known_vector(f, c.queue_vector);
        }
    } else {
        write_queue(v, f->queue_sel, at, &c);
    }
}

/* --- the BAR --------------------------------------------------------------------------------- */
static uint64_t read_bytes(const void *from, gsize bytes, guint64 at, guint size)
{
    uint64_t value = 0;

    if (at + size <= bytes) {
        memcpy(&value, (const guint8 *)from + at, size);
    }
    return GUINT64_FROM_LE(value);
}

static uint64_t read_function(void *opaque, uint64_t offset, guint size)
{
    Function *f = opaque;
    SysVirtio *v = sys_virtio_of(f->bus);
    guint8 config[SYS_VIRTIO_CONFIG_MAX + 8] = { 0 };

    if (!v) {
        return 0;
    }
    if (offset < ISR) {
        Common c = common_now(f, v);
        return read_bytes(&c, sizeof c, offset, size);
    }
    if (offset < CONFIG) {
        return offset == ISR ? read_isr(f) : 0;
    }
    if (offset < NOTIFY && ((const SysVirtioType *)v->dev.obj.type)->get_config) {
        ((const SysVirtioType *)v->dev.obj.type)->get_config(v, config);
        return read_bytes(config, SYS_VIRTIO_CONFIG_MAX, offset - CONFIG, size);
    }
    return 0;
}

static void write_function(void *opaque, uint64_t offset, uint64_t value, guint size)
{
    Function *f = opaque;
    SysVirtio *v = sys_virtio_of(f->bus);

    if (!v) {
        return;
    }
    if (offset < ISR) {
        write_common(f, v, (guint)offset, value, size);
    } else if (offset >= CONFIG && offset < NOTIFY) {
        sys_virtio_write_config(v, offset - CONFIG, (guint32)value, size);
    } else if (offset >= NOTIFY) {
        sys_virtio_kick(v, (guint)(offset - NOTIFY) / NOTIFY_STEP);
    }
}

static const DevRegionOps ops = { .read = read_function, .write = write_function, .max_size = 8 };

/* --- capabilities ---------------------------------------------------------------------------- */
static guint add_cap(Function *f, guint8 type, guint32 offset, guint32 bytes, guint extra)
{
    guint at = sys_pci_capability(&f->pci, VENDOR_CAP, 16 + extra);

    f->pci.config[at + 2] = (guint8)(16 + extra);
    f->pci.config[at + 3] = type;
    f->pci.config[at + 4] = BAR;
    sys_pci_put(&f->pci, at + 8, 4, offset);
    sys_pci_put(&f->pci, at + 12, 4, bytes);
    return at;
}

/* The access that the window's capability describes; 0: it describes none. [VIRTIO 4.1.4.9] */
static guint window_size(const Function *f, guint32 *offset)
{
    guint32 size = sys_pci_get(&f->pci, f->window + 12, 4);

    *offset = sys_pci_get(&f->pci, f->window + 8, 4);
    if (f->pci.config[f->window + 4] != BAR || (size != 1 && size != 2 && size != 4) || *offset % size ||
        *offset > BAR_BYTES - size) {
        return 0;
    }
    return size;
}

static gboolean is_window(const Function *f, guint at, guint size)
{
    return at < f->window + 20 && at + size > f->window + 16;
}

static void config_read(SysPci *p, guint at, guint size)
{
    Function *f = (Function *)p;
    guint32 offset;

    if (is_window(f, at, size) && window_size(f, &offset)) {
        sys_pci_put(p, f->window + 16, 4, (guint32)read_function(f, offset, window_size(f, &offset)));
    }
}

static void config_written(SysPci *p, guint at, guint size)
{
    Function *f = (Function *)p;
    guint32 offset;

    if (is_window(f, at, size) && window_size(f, &offset)) {
        write_function(f, offset, sys_pci_get(p, f->window + 16, window_size(f, &offset)), window_size(f, &offset));
    }
}

/* --- life ------------------------------------------------------------------------------------ */
static void alias(const ObjPropInfo *info, void *data)
{
    Function *f = data;

    if (info->row && info->owner == f->inner) {
        gboolean good = obj_prop_alias(&f->pci.dev.obj, info->name, f->inner, info->name, NULL);
        g_assert(good);
    }
}

static void init(Obj *o)
{
    Function *f = (Function *)o;
    const SysVirtioType *inner = ((const SysPciType *)o->type)->special;

    f->bus = (SysVirtioBus *)dev_bus_new(&sys_virtio_bus_type, &f->pci.dev, "virtio-bus");
    f->bus->interrupt = on_interrupt;
    g_autoptr(Obj) part = obj_new(&inner->dev.obj);
    gboolean good = obj_add_child(o, "virtio-backend", part, NULL) && dev_bus_put(&f->bus->bus, (Dev *)part, NULL);
    g_assert(good);
    f->inner = part;
    obj_prop_each(part, alias, f);
}

static gboolean realize(Dev *d, GError **err)
{
    Function *f = (Function *)d;
    guint at, queues = ((const SysVirtioType *)f->inner->type)->n_queues;
    guint vectors = f->vectors < 0 ? MIN(queues + 1, SYS_PCI_VECTORS) : (guint)f->vectors;

    if (f->no_modern || f->legacy == LEGACY_ON) {
        return dev_fail(d, err, "%s: not implemented: only devices of version 1 (modern)",
                        f->no_modern ? "disable-modern=on" : "disable-legacy=off");
    }
    f->bus->bus.space = sys_pci_space(&f->pci);
    dev_region_init_io(&f->region, d, "virtio-pci", BAR_BYTES, &ops, f);
    if (!sys_pci_bar(&f->pci, BAR, &f->region, SYS_PCI_BAR_64 | SYS_PCI_BAR_PREFETCH, err)) {
        return FALSE;
    }
    f->window = add_cap(f, CAP_PCI, 0, 0, 4);
    f->pci.writable[f->window + 4] = 0xff;
    memset(f->pci.writable + f->window + 8, 0xff, 12);
    at = add_cap(f, CAP_NOTIFY, NOTIFY, PAGE, 4);
    sys_pci_put(&f->pci, at + 16, 4, NOTIFY_STEP);
    add_cap(f, CAP_DEVICE, CONFIG, PAGE, 0);
    add_cap(f, CAP_ISR, ISR, 4, 0);
    add_cap(f, CAP_COMMON, COMMON, sizeof(Common), 0);
    sys_pci_use_pin(&f->pci);
    return !vectors || sys_pci_msix(&f->pci, MSIX_BAR, vectors, err);
}

static void reset_hold(Dev *d)
{
    sys_pci_irq(&((Function *)d)->pci, FALSE);
}

static const ObjName legacy_names[] = {
    { "auto", LEGACY_AUTO, "off, as nothing else is there" },
    { "on", LEGACY_OFF, "the old interface is off" },
    { "off", LEGACY_ON, "the old interface is wanted: not implemented" },
    { 0 },
};

static const ObjProp props[] = {
    OBJ_PROP_INT("vectors", "MSI-X vectors; 0: none, -1: one for each queue and one for the configuration.", Function,
                 vectors, -1, -1, SYS_PCI_VECTORS),
    OBJ_PROP_ENUM("disable-legacy", "Whether the interface before version 1 is off.", Function, legacy, LEGACY_AUTO,
                  legacy_names),
    OBJ_PROP_BOOL("disable-modern", "Have no interface of version 1: not implemented.", Function, no_modern, FALSE),
    { 0 },
};

/* The functions: name, sentence, device, class code.  The second name says what all are: without the interface before
 * version 1. */
#define FUNCTION_(symbol, nm, t, dev_type, dev_id, class) \
    extern const SysPciType symbol; \
    const SysPciType symbol = { \
        .dev = { .obj = { .name = nm, .text = OBJ_TEXT(t), .parent = &sys_pci_type.obj, \
                          .size = sizeof(Function), .init = init, .props = props }, \
                 .bus = &sys_pci_bus_type.obj, .group = "virtio", .flags = DEV_USER | DEV_HOTPLUG, \
                 .manual = "Virtual I/O Device version 1.2, section 4.1", \
                 .fields = fields, .realize = realize, .reset_hold = reset_hold }, \
        .vendor = 0x1af4, .device = 0x1040 + (dev_id), .subsystem_vendor = 0x1af4, .subsystem = 0x1100, \
        .revision = 1, .class_code = (class), \
        .config_read = config_read, .config_written = config_written, .special = &dev_type, \
    }
#define FUNCTION(name, nm, t, dev_type, dev_id, class) \
    extern const SysVirtioType dev_type; \
    FUNCTION_(sys_##name##_pci, nm "-pci", t, dev_type, dev_id, class); \
    FUNCTION_(sys_##name##_pci_non_transitional, nm "-pci-non-transitional", t, dev_type, dev_id, class)

FUNCTION(virtio_9p, "virtio-9p", "A directory of the host on a PCI bus.", sys_virtio_9p, 9, 0x000200);
FUNCTION(virtio_balloon, "virtio-balloon", "Virtio balloon on a PCI bus.", sys_virtio_balloon, 5, 0x00ff00);
FUNCTION(virtio_blk, "virtio-blk", "Virtio disk on a PCI bus.", sys_virtio_blk, 2, 0x010000);
extern const SysVirtioType sys_virtio_console, sys_virtio_keyboard, sys_virtio_mouse, sys_virtio_tablet;
FUNCTION_(sys_virtio_console_pci, "virtio-console-pci", "Virtio console on a PCI bus.", sys_virtio_console, 3,
          0x078000);
FUNCTION_(sys_virtio_keyboard_pci, "virtio-keyboard-pci", "Virtio keyboard on a PCI bus.", sys_virtio_keyboard, 18,
          0x090000);
FUNCTION_(sys_virtio_mouse_pci, "virtio-mouse-pci", "Virtio mouse on a PCI bus.", sys_virtio_mouse, 18, 0x090200);
FUNCTION(virtio_net, "virtio-net", "Virtio network device on a PCI bus.", sys_virtio_net, 1, 0x020000);
FUNCTION(virtio_rng, "virtio-rng", "Virtio source of random bytes on a PCI bus.", sys_virtio_rng, 4, 0x00ff00);
FUNCTION(virtio_serial, "virtio-serial", "Virtio serial ports on a PCI bus.", sys_virtio_serial, 3, 0x078000);
FUNCTION_(sys_virtio_tablet_pci, "virtio-tablet-pci", "Virtio tablet on a PCI bus.", sys_virtio_tablet, 18, 0x098000);
