/* SPDX-License-Identifier: BSD-2-Clause */
/* Network back ends over sockets: frames of all lengths, peers that come and go, streams that are none. */
#include "harness.h"

#include "back/net/net.h"

#include "dev/fake.h"
#include "dev/lock.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct End {
    guint frames, last;
    guint64 bytes, sum;
} End;

static gboolean receive(void *opaque, const guint8 *frame, guint n)
{
    End *e = opaque;

    e->frames++;
    e->bytes += n;
    e->last = n;
    for (guint i = 0; i < n; i++) {
        e->sum += frame[i];
    }
    return TRUE;
}

static const SysNetFront front = { .receive = receive };

/* The main loop, without the lock, until something is so or a second has gone. */
static gboolean wait_for(const guint *value, guint want)
{
    gint64 end = g_get_monotonic_time() + 2 * G_USEC_PER_SEC;

    dev_lock_drop();
    while (*value < want && g_get_monotonic_time() < end) {
        g_main_context_iteration(NULL, FALSE);
    }
    for (guint i = 0; i < 20; i++) {
        g_main_context_iteration(NULL, FALSE);
    }
    dev_lock_take();
    return *value >= want;
}

static SysNet *make(DevBoard *b, const char *words, GError **err)
{
    return sys_net_new(obj_child(b->root, "objects"), words, err);
}

/* A port that nobody has. */
static guint free_port(void)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    g_assert(fd >= 0 && bind(fd, (struct sockaddr *)&a, n) == 0 && getsockname(fd, (struct sockaddr *)&a, &n) == 0);
    close(fd);
    return ntohs(a.sin_port);
}

static int dial(guint port)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((guint16)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    g_assert(fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) == 0);
    return fd;
}

static void cable(DevBoard *b)
{
    g_autoptr(GError) err = NULL;
    guint port = free_port();
    g_autofree char *listen = g_strdup_printf("socket,id=a,listen=127.0.0.1:%u", port);
    g_autofree char *connect = g_strdup_printf("socket,id=b,connect=127.0.0.1:%u", port);
    End at_a = { 0 }, at_b = { 0 };
    guint8 frame[1600];

    SysNet *x = make(b, listen, &err), *y = x ? make(b, connect, &err) : NULL;
    if (!ok(x && y, "two ends of a cable")) {
        printf("# %s\n", err->message);
        return;
    }
    sys_net_attach(x, &front, &at_a, NULL);
    sys_net_attach(y, &front, &at_b, NULL);
    memset(frame, 1, sizeof frame);
    guint64 sent = 0;
    for (guint i = 0; i < 300; i++) {
        sys_net_send(y, frame, 1 + i * 5);
        sent += 1 + i * 5;
    }
    ok(wait_for(&at_a.frames, 300), "300 frames of all lengths arrive");
    is(at_a.frames, 300, "as many as were sent");
    ok(at_a.bytes == sent && at_a.sum == sent && at_a.last == 1496, "whole and in their order");
    sys_net_send(x, frame, 60);
    ok(wait_for(&at_b.frames, 1) && at_b.last == 60, "one goes the other way");
    g_autofree guint8 *large = g_malloc0(SYS_NET_FRAME_MOST);
    for (guint i = 0; i < 200; i++) {
        sys_net_send(y, large, SYS_NET_FRAME_MOST);
    }
    wait_for(&at_a.frames, 330);
    ok(at_a.frames > 310 && at_a.frames < 500 && at_a.last == SYS_NET_FRAME_MOST,
       "of more than the host takes some are lost, none is cut");
    obj_unparent(&y->obj);
    wait_for(&at_a.frames, 10000);
    at_a = (End){ 0 };
    int fd = dial(port);
    guint8 stream[] = { 0, 0, 0, 2, 7, 8, 0, 0, 0 };
    ok(write(fd, stream, sizeof stream) == sizeof stream && wait_for(&at_a.frames, 1) && at_a.sum == 15,
       "another peer, and a frame in pieces");
    ok(write(fd, "\x03" "abc", 4) == 4 && wait_for(&at_a.frames, 2) && at_a.last == 3, "its rest");
    ok(write(fd, "\xff\xff\xff\xff", 4) == 4, "a frame of 4 GiB");
    wait_for(&at_a.frames, 3);
    char byte;
    is(read(fd, &byte, 1), 0, "ends the connection");
    close(fd);
    fd = dial(port);
    ok(write(fd, stream, 6) == 6 && wait_for(&at_a.frames, 3), "and the next peer is heard");
    close(fd);
    obj_unparent(&x->obj);
}

static void mistakes(DevBoard *b)
{
    static const struct {
        const char *words, *says;
    } all[] = {
        { "socket,id=x", "one of them must be set" },
        { "socket,id=x,listen=:1,connect=:1", "one of them must be set" },
        { "socket,id=x,listen=1", "must be HOST:PORT" },
        { "socket,id=x,connect=127.0.0.1:1", "refused" },
        { "socket,id=x,mcast=230.0.0.1:1234", "no property 'mcast'" },
        { "tap,id=x,script=/etc/ifup", "script=no" },
        { "tap,id=x,vhost=on", "not implemented" },
        { "tap,id=x,fd=999", "no open descriptor" },
    };

    for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
        g_autoptr(GError) err = NULL;
        ok(!make(b, all[i].words, &err), "%s", all[i].words);
        is_error(&err, all[i].says, "says: %s", all[i].says);
    }
}

int main(void)
{
    DevBoard *b = dev_fake_new(DEV_CLOCK_INSNS);

    dev_lock_take();
    cable(b);
    mistakes(b);
    dev_board_free(b);
    dev_lock_drop();
    return tap_done();
}
