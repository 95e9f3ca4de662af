/* SPDX-License-Identifier: BSD-2-Clause */
/* Virtio transport of 9P: a directory that the guest mounts by its tag.  [linux/virtio_9p.h: configuration, feature]
 * A buffer is a message and room for its answer. */
#include "dev/virtio/virtio.h"

#include "back/fs/fs.h"
#include "back/fs/p9.h"

#include <string.h>

enum { F_MOUNT_TAG = 0, TAG_MOST = 32, ANSWER_LEAST = 11, UNDER_WAY_MOST = 64 };

typedef struct Share {
    SysVirtio v;
    Obj *fsdev;
    char *tag;
    guint under_way;
    gboolean resetting;         /* what ends now is not answered */
} Share;

typedef struct Message {
    SysFsReq req;
    Share *share;
    SysVirtioBuf *buf;
} Message;

static SysFs *fs(Share *p)
{
    return (SysFs *)p->fsdev;
}

static void free_message(Message *m)
{
    g_free(m->req.in);
    g_free(m->req.out);
    g_free(m);
}

static void take_more(Share *p);

static void done(SysFsReq *r)
{
    Message *m = r->opaque;
    Share *p = m->share;

    p->under_way--;
    if (p->resetting) {
        sys_virtio_buf_free(m->buf);
    } else {
        gsize n = sys_virtio_write(&p->v, m->buf, 0, r->out, r->written);
        sys_virtio_give(&p->v, 0, m->buf, (guint32)n);
        sys_virtio_tell(&p->v, 0);
    }
    free_message(m);
    if (!p->resetting && p->under_way == UNDER_WAY_MOST - 1) {
        take_more(p);
    }
}

/* The message says how long it is; a buffer of another length, or without room for an error, is the driver's fault. */
static void begin(Share *p, SysVirtioBuf *buf)
{
    guint32 size = 0;

    sys_virtio_read(&p->v, buf, 0, &size, 4);
    size = GUINT32_FROM_LE(size);
    if (size < SYS_P9_HEADER || size > SYS_P9_MOST || size > buf->out_bytes || buf->in_bytes < ANSWER_LEAST) {
        sys_virtio_buf_free(buf);
        sys_virtio_broken(&p->v, "a message of 9P that is too short or too long");
        return;
    }
    Message *m = g_new0(Message, 1);
    gsize room = MIN(buf->in_bytes, SYS_P9_MOST);
    m->share = p;
    m->buf = buf;
    m->req = (SysFsReq){ .in = g_malloc(size), .n = size, .out = g_malloc(room), .room = room, .done = done,
                         .opaque = m };
    if (sys_virtio_read(&p->v, buf, 0, m->req.in, size) < size) {
        sys_virtio_buf_free(buf);               /* outside memory: it asks for a reset already */
        free_message(m);
        return;
    }
    p->under_way++;
    sys_fs_submit(fs(p), &m->req);
}

static void take_more(Share *p)
{
    SysVirtioBuf *buf;

    while (p->under_way < UNDER_WAY_MOST && (buf = sys_virtio_take(&p->v, 0))) {
        begin(p, buf);
    }
}

static void kicked(SysVirtio *v, guint queue)
{
    take_more((Share *)v);
}

static void get_config(SysVirtio *v, guint8 *config)
{
    const char *tag = ((Share *)v)->tag;
    guint16 n = GUINT16_TO_LE((guint16)strlen(tag));

    memcpy(config, &n, 2);
    memcpy(config + 2, tag, strlen(tag));
}

/* --- life ------------------------------------------------------------------------------------ */
static void driver_reset(SysVirtio *v)
{
    Share *p = (Share *)v;

    p->resetting = TRUE;
    sys_fs_drain(fs(p));
    p->resetting = FALSE;
    sys_fs_reset(fs(p));
}

static void saving(Dev *d)
{
    sys_fs_drain(fs((Share *)d));
}

static void undo_fs(Dev *d, void *data)
{
    Share *p = (Share *)d;

    p->resetting = TRUE;
    sys_fs_detach(fs(p));
    p->resetting = FALSE;
}

static gboolean realize(Dev *d, GError **err)
{
    Share *p = (Share *)d;

    if (!p->fsdev) {
        return dev_fail(d, err, "fsdev: must be set");
    }
    if (!p->tag || !*p->tag || strlen(p->tag) > TAG_MOST) {
        return dev_fail(d, err, "mount_tag: must be set, to at most %d letters", TAG_MOST);
    }
    if (!dev_step(d, "fsdev", err) || !sys_fs_attach(fs(p), err)) {
        return FALSE;
    }
    dev_defer(d, undo_fs, NULL);
    return TRUE;
}

/* What the client holds is not in a saved machine. */
static gboolean loaded(Dev *d, GError **err)
{
    if (((SysVirtio *)d)->status & SYS_VIRTIO_DRIVER_OK) {
        return dev_fail(d, err, "a machine whose guest uses a directory of the host cannot be moved");
    }
    return TRUE;
}

static const ObjProp props[] = {
    OBJ_PROP_LINK("fsdev", "The back end: what is shared.", Share, fsdev, &sys_fs_type),
    OBJ_PROP_STR("mount_tag", "What the guest mounts, up to 32 letters.", Share, tag, NULL),
    { 0 },
};

extern const SysVirtioType sys_virtio_9p;
const SysVirtioType sys_virtio_9p = {
    .dev = {
        .obj = { .name = "virtio-9p-device", .text = OBJ_TEXT("A directory of the host, mounted by 9P over virtio."),
                 .parent = &sys_virtio_type.obj, .size = sizeof(Share), .props = props },
        .bus = &sys_virtio_bus_type.obj,
        .group = "virtio",
        .manual = "9P2000.L; linux/virtio_9p.h",
        .flags = DEV_USER,
        .realize = realize,
        .saving = saving,
        .loaded = loaded,
    },
    .id = 9,
    .n_queues = 1,
    .features = 1u << F_MOUNT_TAG,
    .config_bytes = 2 + TAG_MOST,
    .get_config = get_config,
    .kicked = kicked,
    .driver_reset = driver_reset,
};
