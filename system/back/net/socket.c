/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A cable to another program over TCP: each frame is its length, 4 bytes in network order, and its bytes, as QEMU's
 * -netdev socket sends them.  One peer at a time; a listener takes the next when it has gone.  A peer is a stranger: a
 * frame that is longer than any link takes ends the connection.  [man 7 tcp]
 */
#include "back/net/net.h"

#include "dev/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LENGTH = 4, QUEUE_MOST = 1 << 20 };

typedef struct Cable {
    SysNet n;
    char *listen, *connect;
    int listener, fd;           /* -1: none */
    GSource *accept, *in, *out; /* NULL: none */
    GByteArray *received;       /* the beginning of a frame */
    GByteArray *queue;          /* what the peer has not taken yet */
} Cable;

static void drop_source(GSource **s)
{
    if (*s) {
        g_source_destroy(*s);
        g_clear_pointer(s, g_source_unref);
    }
}

static GSource *watch(int fd, GIOCondition what, GUnixFDSourceFunc fn, Cable *c)
{
    GSource *s = g_unix_fd_source_new(fd, what);

    g_source_set_callback(s, G_SOURCE_FUNC(fn), c, NULL);
    g_source_attach(s, NULL);
    return s;
}

/* --- frames ---------------------------------------------------------------------------------- */
static void listen_again(Cable *c);

static void hang_up(Cable *c)
{
    drop_source(&c->in);
    drop_source(&c->out);
    if (c->fd >= 0) {
        close(c->fd);
        c->fd = -1;
    }
    g_byte_array_set_size(c->received, 0);
    g_byte_array_set_size(c->queue, 0);
    listen_again(c);
}

/* Gives whole frames to the front end. FALSE: this is no such stream. */
static gboolean take_frames(Cable *c)
{
    gsize at = 0;

    while (c->received->len - at >= LENGTH) {
        guint32 n;
        memcpy(&n, c->received->data + at, LENGTH);
        n = GUINT32_FROM_BE(n);
        if (n > SYS_NET_FRAME_MOST) {
            return FALSE;
        }
        if (c->received->len - at - LENGTH < n) {
            break;
        }
        sys_net_receive(&c->n, c->received->data + at + LENGTH, n);
        at += LENGTH + n;
    }
    g_byte_array_remove_range(c->received, 0, (guint)at);
    return TRUE;
}

static gboolean on_input(gint fd, GIOCondition what, gpointer data)
{
    Cable *c = data;
    guint8 bytes[65536];

    dev_lock_take();
    if (c->fd == fd) {
        gssize n = read(fd, bytes, sizeof bytes);
        if (n > 0) {
            g_byte_array_append(c->received, bytes, (guint)n);
        }
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR) || !take_frames(c)) {
            hang_up(c);
        }
    }
    dev_lock_drop();
    return G_SOURCE_CONTINUE;
}

static gboolean on_room(gint fd, GIOCondition what, gpointer data);

static void push(Cable *c)
{
    gssize n = c->queue->len ? send(c->fd, c->queue->data, c->queue->len, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;

    if (n > 0) {
        g_byte_array_remove_range(c->queue, 0, (guint)n);
    }
    if (!c->queue->len) {
        drop_source(&c->out);
    } else if (!c->out) {
        c->out = watch(c->fd, G_IO_OUT, on_room, c);
    }
}

static gboolean on_room(gint fd, GIOCondition what, gpointer data)
{
    Cable *c = data;

    dev_lock_take();
    if (c->fd == fd) {
        push(c);
    }
    dev_lock_drop();
    return G_SOURCE_CONTINUE;
}

/* What a slow peer does not take is lost, as on a wire. */
static void send_frame(SysNet *net, const guint8 *frame, guint bytes)
{
    Cable *c = (Cable *)net;
    guint32 length = GUINT32_TO_BE(bytes);

    if (c->fd >= 0 && c->queue->len + LENGTH + bytes <= QUEUE_MOST) {
        g_byte_array_append(c->queue, (const guint8 *)&length, LENGTH);
        g_byte_array_append(c->queue, frame, bytes);
        push(c);
    }
}

/* --- peers ----------------------------------------------------------------------------------- */
static void use(Cable *c, int fd)
{
    g_unix_set_fd_nonblocking(fd, TRUE, NULL);
    c->fd = fd;
    c->in = watch(fd, G_IO_IN | G_IO_HUP | G_IO_ERR, on_input, c);
}

static gboolean on_peer(gint fd, GIOCondition what, gpointer data)
{
    Cable *c = data;

    dev_lock_take();
    int peer = c->accept ? accept4(fd, NULL, NULL, SOCK_CLOEXEC) : -1;
    if (peer >= 0) {
        drop_source(&c->accept);        /* others wait */
        use(c, peer);
    }
    dev_lock_drop();
    return G_SOURCE_CONTINUE;
}

static void listen_again(Cable *c)
{
    if (c->listener >= 0 && !c->accept && c->fd < 0) {
        c->accept = watch(c->listener, G_IO_IN, on_peer, c);
    }
}

/* "HOST:PORT"; without a host, this one. */
static int make(const char *text, gboolean server, GError **err)
{
    const char *colon = strrchr(text, ':');
    g_autofree char *host = colon ? g_strndup(text, (gsize)(colon - text)) : NULL;
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
    int fd = -1, one = 1, rc = colon ? getaddrinfo(*host ? host : "localhost", colon + 1, &hints, &list) : EAI_NONAME;

    for (struct addrinfo *a = list; a && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd >= 0 && server) {
            setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        }
        if (fd >= 0 && (server ? bind(fd, a->ai_addr, a->ai_addrlen) < 0 || listen(fd, 1) < 0
                               : connect(fd, a->ai_addr, a->ai_addrlen) < 0)) {
            int e = errno;
            close(fd);
            fd = -1;
            errno = e;
        }
    }
    if (fd < 0) {
        obj_refuse(err, "%s '%s': %s", server ? "listen" : "connect", text,
                   !colon ? "must be HOST:PORT" : rc ? gai_strerror(rc) : g_strerror(errno));
    }
    if (list) {
        freeaddrinfo(list);
    }
    return fd;
}

/* --- life ------------------------------------------------------------------------------------ */
static gboolean open_cable(SysNet *net, GError **err)
{
    Cable *c = (Cable *)net;

    if (!c->listen == !c->connect) {
        obj_refuse(err, "listen or connect: one of them must be set; "
                   "mcast, udp and localaddr are not implemented");
        return FALSE;
    }
    int fd = make(c->listen ? c->listen : c->connect, c->listen != NULL, err);
    if (fd < 0) {
        return FALSE;
    }
    if (c->connect) {
        use(c, fd);
    } else {
        c->listener = fd;
        listen_again(c);
    }
    return TRUE;
}

static void close_cable(SysNet *net)
{
    Cable *c = (Cable *)net;
    int listener = c->listener;

    c->listener = -1;
    drop_source(&c->accept);
    hang_up(c);
    if (listener >= 0) {
        close(listener);
    }
}

static void init(Obj *o)
{
    Cable *c = (Cable *)o;

    c->listener = c->fd = -1;
    c->received = g_byte_array_new();
    c->queue = g_byte_array_new();
}

static void finalize(Obj *o)
{
    g_byte_array_unref(((Cable *)o)->received);
    g_byte_array_unref(((Cable *)o)->queue);
}

static const ObjProp props[] = {
    OBJ_PROP_STR("listen", "[HOST]:PORT to wait for a peer at; without a host, this one.", Cable, listen, NULL),
    OBJ_PROP_STR("connect", "HOST:PORT of a peer that waits.", Cable, connect, NULL),
    { 0 },
};

const SysNetType sys_net_socket = {
    .obj = { .name = "netdev-socket", .text = OBJ_TEXT("A cable to another program, over TCP."),
             .parent = &sys_net_type,
             .size = sizeof(Cable), .props = props, .init = init, .finalize = finalize },
    .open = open_cable,
    .close = close_cable,
    .send = send_frame,
};
