/* SPDX-License-Identifier: BSD-2-Clause */
/* Virtio network device with one pair of queues.  [VIRTIO 5.1]  Checksums, segmentation and the control queue are not
 * offered. */
#include "dev/virtio/net.h"
#include "dev/virtio/virtio.h"

#include "back/net/net.h"

#include "dev/board.h"

#include <string.h>

enum { RECEIVE, TRANSMIT };
enum { F_MAC = 5, F_STATUS = 16 };
enum { HEADER = 12, WAITING = 256 };    /* bytes of virtio_net_hdr; frames that wait for buffers */

typedef struct Net {
    SysVirtio v;
    Obj *netdev;
    char *mac_text;
    int32_t bootindex;
    uint8_t mac[6];
    GQueue *waiting;                    /* of GBytes: frames that came while there was no buffer */
} Net;

/* --- to the guest ---------------------------------------------------------------------------- */
/* Gives one frame; FALSE if there is no buffer for it. */
static gboolean give(Net *n, const guint8 *frame, guint bytes)
{
    static const guint8 header[HEADER] = { [10] = 1 };      /* num_buffers [VIRTIO 5.1.6] */
    SysVirtioBuf *b = sys_virtio_take(&n->v, RECEIVE);

    if (!b) {
        return FALSE;
    }
    if (b->in_bytes < HEADER + bytes) {                     /* what does not fit is lost */
        sys_virtio_untake(&n->v, RECEIVE, b);
        return TRUE;
    }
    sys_virtio_write(&n->v, b, 0, header, HEADER);
    sys_virtio_write(&n->v, b, HEADER, frame, bytes);
    sys_virtio_give(&n->v, RECEIVE, b, HEADER + bytes);
    return TRUE;
}

static void give_waiting(Net *n)
{
    gboolean any = FALSE;

    while (!g_queue_is_empty(n->waiting)) {
        GBytes *f = g_queue_peek_head(n->waiting);
        if (!give(n, g_bytes_get_data(f, NULL), (guint)g_bytes_get_size(f))) {
            break;
        }
        g_bytes_unref(g_queue_pop_head(n->waiting));
        any = TRUE;
    }
    if (any) {
        sys_virtio_tell(&n->v, RECEIVE);
    }
}

static gboolean receive(void *opaque, const guint8 *frame, guint bytes)
{
    Net *n = opaque;

    if (!(n->v.status & SYS_VIRTIO_DRIVER_OK)) {
        return FALSE;
    }
    if (g_queue_is_empty(n->waiting) && give(n, frame, bytes)) {
        sys_virtio_tell(&n->v, RECEIVE);
        return TRUE;
    }
    if (n->waiting->length >= WAITING) {
        return FALSE;
    }
    g_queue_push_tail(n->waiting, g_bytes_new(frame, bytes));
    return TRUE;
}

static void link_changed(void *opaque)
{
    sys_virtio_config_changed(opaque);
}

static const SysNetFront front = { receive, link_changed };

/* --- from the guest -------------------------------------------------------------------------- */
static void transmit(Net *n)
{
    g_autofree guint8 *frame = g_malloc(SYS_NET_FRAME_MOST);
    SysVirtioBuf *b;

    for (guint i = 0; i < n->v.num[TRANSMIT] && (b = sys_virtio_take(&n->v, TRANSMIT)); i++) {
        gsize bytes = sys_virtio_read(&n->v, b, HEADER, frame, SYS_NET_FRAME_MOST);
        sys_virtio_give(&n->v, TRANSMIT, b, 0);
        if (bytes && n->netdev) {
            sys_net_send((SysNet *)n->netdev, frame, (guint)bytes);
        }
    }
    sys_virtio_tell(&n->v, TRANSMIT);
}

static void kicked(SysVirtio *v, guint queue)
{
    if (queue == TRANSMIT) {
        transmit((Net *)v);
    } else {
        give_waiting((Net *)v);
    }
}

/* [VIRTIO 5.1.4]: mac, status: the link is up. */
static void get_config(SysVirtio *v, guint8 *config)
{
    const SysNet *cable = (const SysNet *)((Net *)v)->netdev;

    memcpy(config, ((Net *)v)->mac, 6);
    config[6] = cable && !cable->link_down;
}

/* --- life ------------------------------------------------------------------------------------ */
static void driver_reset(SysVirtio *v)
{
    g_queue_clear_full(((Net *)v)->waiting, (GDestroyNotify)g_bytes_unref);
}

/* "52:54:00:12:34:56"; multicast addresses are no device's. */
static gboolean parse_mac(const char *text, guint8 mac[6])
{
    for (guint i = 0; i < 6; i++, text += 3) {
        if (!g_ascii_isxdigit(text[0]) || !g_ascii_isxdigit(text[1]) || text[2] != (i < 5 ? ':' : 0)) {
            return FALSE;
        }
        mac[i] = (guint8)(g_ascii_xdigit_value(text[0]) << 4 | g_ascii_xdigit_value(text[1]));
    }
    return !(mac[0] & 1);
}

static gboolean check_mac(Obj *o, const ObjProp *p, const void *value, GError **err)
{
    const char *text = *(char *const *)value;
    guint8 mac[6];

    if (text && !parse_mac(text, mac)) {
        obj_refuse(err, "'%s' is no address of a device, such as 52:54:00:12:34:56", text);
        return FALSE;
    }
    return TRUE;
}

/* Of those that were not given an address, each has the next. */
static void choose_mac(Net *n)
{
    const GPtrArray *live = dev_board(&n->v.dev)->snaps;
    guint8 number = 0x56;

    for (guint i = 0; i < live->len; i++) {
        const Dev *d = g_ptr_array_index(live, i);
        number = (guint8)(number + (d->obj.type == n->v.dev.obj.type && !((const Net *)d)->mac_text));
    }
    memcpy(n->mac, (const guint8[]){ 0x52, 0x54, 0x00, 0x12, 0x34, number }, 6);
}

static void undo_netdev(Dev *d, void *data)
{
    sys_net_detach((SysNet *)((Net *)d)->netdev);
}

static gboolean realize(Dev *d, GError **err)
{
    Net *n = (Net *)d;

    if (!n->mac_text || !parse_mac(n->mac_text, n->mac)) {
        choose_mac(n);
    }
    if (n->netdev) {
        if (!dev_step(d, "netdev", err) || !sys_net_attach((SysNet *)n->netdev, &front, n, err)) {
            return FALSE;
        }
        dev_defer(d, undo_netdev, NULL);
    }
    return TRUE;
}

static void init(Obj *o)
{
    ((Net *)o)->waiting = g_queue_new();
}

static void finalize(Obj *o)
{
    g_queue_free_full(((Net *)o)->waiting, (GDestroyNotify)g_bytes_unref);
}

static const ObjProp props[] = {
    OBJ_PROP_LINK("netdev", "The back end; without one the link is down.", Net, netdev, &sys_net_type),
    OBJ_PROP_INT("bootindex", "Taken: no firmware here is told an order.", Net, bootindex, -1, -1, G_MAXINT32),
    OBJ_PROP_STR("mac", "The device's address; if it is not set, one of 52:54:00:12:34:56 and on.", Net, mac_text, NULL,
                 .check = check_mac),
    { 0 },
};

extern const SysVirtioType sys_virtio_net;
const SysVirtioType sys_virtio_net = {
    .dev = {
        .obj = { .name = "virtio-net-device", .text = OBJ_TEXT("Virtio network device."),
                 .parent = &sys_virtio_type.obj,
                 .size = sizeof(Net), .props = props, .init = init, .finalize = finalize },
        .bus = &sys_virtio_bus_type.obj,
        .group = "virtio",
        .manual = "Virtual I/O Device version 1.2, section 5.1",
        .flags = DEV_USER,
        .realize = realize,
    },
    .id = 1,
    .n_queues = 2,
    .features = 1u << F_MAC | 1u << F_STATUS,
    .config_bytes = 8,
    .get_config = get_config,
    .kicked = kicked,
    .driver_reset = driver_reset,
};

gboolean sys_nic_look(Dev *d, SysNic *nic)
{
    const Net *n = (const Net *)d;

    if (d->obj.type != &sys_virtio_net.dev.obj) {
        return FALSE;
    }
    nic->cable = (SysNet *)n->netdev;
    memcpy(nic->mac, n->mac, sizeof nic->mac);
    return TRUE;
}
