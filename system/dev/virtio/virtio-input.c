/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio keyboards, mice and tablets.  [VIRTIO 5.8]  Events are those of Linux's input layer.  What the driver has no
 * buffers for waits; if it waits for long, whole reports are lost.
 */
#include "dev/virtio/virtio.h"
#include "input.h"

#include <linux/input-event-codes.h>
#include <string.h>

enum { EVENTS, STATUS };
enum { CFG_NAME = 1, CFG_SERIAL, CFG_IDS, CFG_EV_BITS = 0x11, CFG_ABS_INFO };   /* [VIRTIO 5.8.4] */
enum { WAITING = 256, CONFIG_HEAD = 8, CONFIG_MOST = 128, BUS_VIRTUAL_ID = 6, VENDOR = 0x0627 };

typedef struct Event {          /* little-endian */
    guint16 type, code;
    guint32 value;
} Event;

typedef struct Input {
    SysVirtio v;
    char *serial;
    uint8_t select, subsel;
    Event waiting[WAITING];
    guint n_waiting;
    gboolean is_lost;           /* the report being sent is not kept */
} Input;

typedef struct Kind {           /* of a device; found as the operations of its interface */
    const SysInputOps ops;
    guint16 product;
} Kind;

static const DevField fields[] = {
    DEV_FIELD("select", "What the configuration shows.", Input, select, 0),
    DEV_FIELD("subsel", "Which of it.", Input, subsel, 0),
    { 0 },
};

static const Kind *kind_of(const SysVirtio *v)
{
    return (const Kind *)obj_type_ops(v->dev.obj.type, &sys_input_iface);
}

/* --- events ---------------------------------------------------------------------------------- */
static void deliver(Input *p)
{
    guint done = 0;
    SysVirtioBuf *b;

    while (done < p->n_waiting && (b = sys_virtio_take(&p->v, EVENTS))) {
        gsize n = sys_virtio_write(&p->v, b, 0, &p->waiting[done++], sizeof(Event));
        sys_virtio_give(&p->v, EVENTS, b, (guint32)n);
    }
    if (done) {
        p->n_waiting -= done;
        memmove(p->waiting, p->waiting + done, p->n_waiting * sizeof(Event));
        sys_virtio_tell(&p->v, EVENTS);
    }
}

static void send(Dev *d, guint type, guint code, gint32 value)
{
    Input *p = (Input *)d;
    Event e = { GUINT16_TO_LE((guint16)type), GUINT16_TO_LE((guint16)code), GUINT32_TO_LE((guint32)value) };
    gboolean is_end = type == EV_SYN;

    if (!(p->v.status & SYS_VIRTIO_DRIVER_OK) || (is_end && !p->n_waiting && !p->is_lost)) {
        return;                 /* nobody listens; or nothing has come since the last end */
    }
    p->is_lost |= p->n_waiting >= WAITING - 1;
    if (p->is_lost) {           /* the report's beginning goes too */
        while (p->n_waiting && p->waiting[p->n_waiting - 1].type != EV_SYN) {
            p->n_waiting--;
        }
        p->is_lost = !is_end;
        return;
    }
    p->waiting[p->n_waiting++] = e;
    if (is_end) {
        deliver(p);
    }
}

/* Lights of the keyboard: taken, and there are none. */
static void kicked(SysVirtio *v, guint queue)
{
    SysVirtioBuf *b;

    if (queue == EVENTS) {
        deliver((Input *)v);
        return;
    }
    for (guint i = 0; i < v->num[queue] && (b = sys_virtio_take(v, queue)); i++) {
        sys_virtio_give(v, queue, b, 0);
    }
    sys_virtio_tell(v, queue);
}

static void driver_reset(SysVirtio *v)
{
    ((Input *)v)->n_waiting = 0;
    ((Input *)v)->is_lost = FALSE;
}

/* --- configuration --------------------------------------------------------------------------- */
static void set_bit(guint8 *bits, guint n)
{
    bits[n / 8] |= (guint8)(1u << n % 8);
}

/* The codes of a type of event. */
static void code_bits(guint kinds, guint type, guint8 *bits)
{
    static const guint buttons[] = { BTN_LEFT, BTN_RIGHT, BTN_MIDDLE, BTN_SIDE, BTN_EXTRA };

    if (type == EV_KEY && (kinds & SYS_INPUT_KEYS)) {
        for (guint i = KEY_ESC; i <= KEY_MEDIA; i++) {
            set_bit(bits, i);
        }
    }
    for (guint i = 0; i < G_N_ELEMENTS(buttons) && type == EV_KEY && (kinds & SYS_INPUT_BUTTONS); i++) {
        set_bit(bits, buttons[i]);
    }
    if (type == EV_REL && (kinds & SYS_INPUT_BUTTONS)) {
        set_bit(bits, REL_WHEEL);
    }
    if (type == EV_REL && (kinds & SYS_INPUT_RELATIVE)) {
        set_bit(bits, REL_X);
        set_bit(bits, REL_Y);
    }
    if (type == EV_ABS && (kinds & SYS_INPUT_ABSOLUTE)) {
        set_bit(bits, ABS_X);
        set_bit(bits, ABS_Y);
    }
    if (type == EV_REP && (kinds & SYS_INPUT_KEYS)) {
        set_bit(bits, 0);
    }
    if (type == EV_LED && (kinds & SYS_INPUT_KEYS)) {
        set_bit(bits, LED_NUML);
        set_bit(bits, LED_CAPSL);
        set_bit(bits, LED_SCROLLL);
    }
}

/* Bytes up to the last that is not 0. */
static guint used(const guint8 *data, guint n)
{
    while (n && !data[n - 1]) {
        n--;
    }
    return n;
}

static guint show(const Input *p, guint8 *u)
{
    const Kind *k = kind_of(&p->v);
    guint16 ids[4] = { GUINT16_TO_LE(BUS_VIRTUAL_ID), GUINT16_TO_LE(VENDOR), GUINT16_TO_LE(k->product),
                       GUINT16_TO_LE(1) };
    guint32 axis[5] = { 0, GUINT32_TO_LE(SYS_INPUT_MOST) };

    if (p->select == CFG_NAME || (p->select == CFG_SERIAL && p->serial)) {
        g_strlcpy((char *)u, p->select == CFG_NAME ? k->ops.name : p->serial, CONFIG_MOST);
        return (guint)strlen((char *)u);
    }
    if (p->select == CFG_IDS) {
        memcpy(u, ids, sizeof ids);
        return sizeof ids;
    }
    if (p->select == CFG_EV_BITS) {
        code_bits(k->ops.kinds, p->subsel, u);
        return used(u, CONFIG_MOST);
    }
    if (p->select == CFG_ABS_INFO && (k->ops.kinds & SYS_INPUT_ABSOLUTE) && p->subsel <= ABS_Y) {
        memcpy(u, axis, sizeof axis);
        return sizeof axis;
    }
    return 0;
}

static void get_config(SysVirtio *v, guint8 *config)
{
    Input *p = (Input *)v;

    config[0] = p->select;
    config[1] = p->subsel;
    config[2] = (guint8)show(p, config + CONFIG_HEAD);
}

static void set_config(SysVirtio *v, guint at, guint32 value, guint size)
{
    Input *p = (Input *)v;

    if (at == 0) {
        p->select = (uint8_t)value;
    }
    if (at == 1 || (at == 0 && size > 1)) {
        p->subsel = (uint8_t)(at ? value : value >> 8);
    }
}

static const ObjProp props[] = {
    OBJ_PROP_STR("serial", "Serial number, as the guest sees it.", Input, serial, NULL),
    { 0 },
};

/* A kind: names, sentence, product, what it takes. */
#define DEVICE(symbol, nm, t, human, number, takes) \
    static const Kind symbol##_kind = { { .kinds = (takes), .send = send, .name = human }, (number) }; \
    static const ObjImpl symbol##_ifaces[] = { { &sys_input_iface, &symbol##_kind }, { 0 } }; \
    extern const SysVirtioType symbol; \
    const SysVirtioType symbol = { \
        .dev = { .obj = { .name = nm, .text = OBJ_TEXT(t), .parent = &sys_virtio_type.obj, .size = sizeof(Input), \
                          .props = props, .ifaces = symbol##_ifaces }, \
                 .bus = &sys_virtio_bus_type.obj, .group = "virtio", .flags = DEV_USER, .fields = fields, \
                 .manual = "Virtual I/O Device version 1.2, section 5.8" }, \
        .id = 18, .n_queues = 2, .config_bytes = CONFIG_HEAD + CONFIG_MOST, .get_config = get_config, \
        .set_config = set_config, .kicked = kicked, .driver_reset = driver_reset, \
    }

DEVICE(sys_virtio_keyboard, "virtio-keyboard-device", "Virtio keyboard.", "rhea virtio keyboard", 1, SYS_INPUT_KEYS);
DEVICE(sys_virtio_mouse, "virtio-mouse-device", "Virtio mouse.", "rhea virtio mouse", 2,
       SYS_INPUT_BUTTONS | SYS_INPUT_RELATIVE);
DEVICE(sys_virtio_tablet, "virtio-tablet-device", "Virtio tablet: a pointer with absolute positions.",
       "rhea virtio tablet", 3, SYS_INPUT_BUTTONS | SYS_INPUT_ABSOLUTE);
