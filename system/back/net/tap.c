/* SPDX-License-Identifier: BSD-2-Clause */
/* A TAP interface of the host, which the user has made and set up, or whose descriptor the program was started with.
 * [Linux Documentation/networking/tuntap.rst] */
#include "back/net/net.h"

#include "dev/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

typedef struct Tap {
    SysNet n;
    char *ifname, *script, *downscript;
    gboolean vhost;
    int32_t given;
    int fd;
    GSource *in;
} Tap;

/* As many frames as wait, up to a limit: others have their turn too. */
static gboolean on_input(gint fd, GIOCondition what, gpointer data)
{
    Tap *t = data;
    guint8 frame[SYS_NET_FRAME_MOST];
    gssize n = 1;

    dev_lock_take();
    for (guint i = 0; i < 64 && t->fd == fd && n > 0; i++) {
        n = read(fd, frame, sizeof frame);
        if (n > 0) {
            sys_net_receive(&t->n, frame, (guint)n);
        }
    }
    dev_lock_drop();
    return G_SOURCE_CONTINUE;
}

/* A frame that the host does not take at once is lost. */
static void send_frame(SysNet *n, const guint8 *frame, guint bytes)
{
    gssize done = write(((Tap *)n)->fd, frame, bytes);

    (void)done;
}

static gboolean is_no(const char *script)
{
    return !script || !*script || !strcmp(script, "no");
}

static int open_interface(Tap *t, GError **err)
{
    struct ifreq r = { .ifr_flags = IFF_TAP | IFF_NO_PI };
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

    g_strlcpy(r.ifr_name, t->ifname ? t->ifname : "", sizeof r.ifr_name);
    if (fd < 0 || ioctl(fd, TUNSETIFF, &r) < 0) {
        obj_refuse(err, "ifname '%s': %s", t->ifname ? t->ifname : "", g_strerror(errno));
        if (fd >= 0) {
            close(fd);
        }
        return -1;
    }
    return fd;
}

static gboolean open_tap(SysNet *n, GError **err)
{
    Tap *t = (Tap *)n;

    if (!is_no(t->script) || !is_no(t->downscript) || t->vhost) {
        obj_refuse(err, "not implemented: script, downscript and vhost; script=no, and "
                   "set "
                   "the interface up beforehand");
        return FALSE;
    }
    t->fd = t->given >= 0 ? t->given : open_interface(t, err);
    if (t->fd < 0) {
        return FALSE;
    }
    if (fcntl(t->fd, F_SETFD, FD_CLOEXEC) < 0) {
        obj_refuse(err, "fd=%d: no open descriptor", t->fd);
        t->fd = -1;
        return FALSE;
    }
    g_unix_set_fd_nonblocking(t->fd, TRUE, NULL);
    t->in = g_unix_fd_source_new(t->fd, G_IO_IN);
    g_source_set_callback(t->in, G_SOURCE_FUNC(on_input), t, NULL);
    g_source_attach(t->in, NULL);
    return TRUE;
}

static void close_tap(SysNet *n)
{
    Tap *t = (Tap *)n;

    g_source_destroy(t->in);
    g_clear_pointer(&t->in, g_source_unref);
    close(t->fd);
    t->fd = -1;
}

static void init(Obj *o)
{
    ((Tap *)o)->fd = -1;
}

static const ObjProp props[] = {
    OBJ_PROP_STR("ifname", "The interface; without a name the host chooses one.", Tap, ifname, NULL),
    OBJ_PROP_INT("fd", "A descriptor of an interface that the program was started with.", Tap, given, -1, -1,
                 G_MAXINT32),
    OBJ_PROP_STR("script", "What sets it up: only \"no\" is taken.", Tap, script, NULL),
    OBJ_PROP_STR("downscript", "What takes it down: only \"no\" is taken.", Tap, downscript, NULL),
    OBJ_PROP_BOOL("vhost", "Have the host's kernel carry frames: not implemented.", Tap, vhost, FALSE),
    { 0 },
};

const SysNetType sys_net_tap = {
    .obj = { .name = "netdev-tap", .text = OBJ_TEXT("A TAP interface of the host."), .parent = &sys_net_type,
             .size = sizeof(Tap), .props = props, .init = init },
    .open = open_tap,
    .close = close_tap,
    .send = send_frame,
};
