/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * User networking: the guest's connections become the program's own, by libslirp.  The guest is 10.0.2.15 and finds
 * the host at 10.0.2.2 and a name server at 10.0.2.3.
 *
 * libslirp is called under the device lock.  Before each turn of the main loop it says what it waits for; a frame of
 * the guest may change that, so sending wakes the loop.
 */
#include "back/net/net.h"

#include "dev/lock.h"

#include "base/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <slirp/libslirp.h>
#include <string.h>

typedef struct User {
    SysNet n;
    char *net, *host, *dhcp_start, *dns, *hostname, *forwards, *tftp, *bootfile;
    gboolean restricted, ipv6;
    Slirp *slirp;
    GSource *source;
    guint npolls;              /* of polls, found so far in this turn */
    GArray *polls;              /* of GPollFD * */
} User;

/* --- callbacks ------------------------------------------------------------------------------- */
static ssize_t send_packet(const void *frame, size_t n, void *opaque)
{
    sys_net_receive(opaque, frame, (guint)MIN(n, G_MAXUINT));
    return (ssize_t)n;
}

static void guest_error(const char *text, void *opaque)
{
    log_guest_error("user network: %s\n", text);
}

static int64_t now_ns(void *opaque)
{
    return g_get_monotonic_time() * 1000;
}

typedef struct Timer {
    SlirpTimerCb fn;
    void *opaque;
    GSource *source;
} Timer;

static gboolean on_timer(gpointer data)
{
    Timer *t = data;

    dev_lock_take();
    g_source_set_ready_time(t->source, -1);
    t->fn(t->opaque);
    dev_lock_drop();
    return G_SOURCE_CONTINUE;
}

static gboolean dispatch_timer(GSource *s, GSourceFunc fn, gpointer data)
{
    return fn(data);
}

static void *timer_new(SlirpTimerCb fn, void *cb_opaque, void *opaque)
{
    static GSourceFuncs funcs = { .dispatch = dispatch_timer };
    Timer *t = g_new(Timer, 1);

    *t = (Timer){ fn, cb_opaque, g_source_new(&funcs, sizeof(GSource)) };
    g_source_set_callback(t->source, on_timer, t, NULL);
    g_source_attach(t->source, NULL);
    return t;
}

static void timer_free(void *timer, void *opaque)
{
    Timer *t = timer;

    g_source_destroy(t->source);
    g_source_unref(t->source);
    g_free(t);
}

static void timer_mod(void *timer, int64_t at_ms, void *opaque)
{
    g_source_set_ready_time(((Timer *)timer)->source, at_ms * 1000);
}

static void ignore_fd(int fd, void *opaque)
{
}

static void notify(void *opaque)
{
    g_main_context_wakeup(NULL);
}

/* --- the main loop --------------------------------------------------------------------------- */
typedef struct UserSource {
    GSource source;
    User *u;
} UserSource;

/* From the n-th on. */
static void forget_polls(User *u, guint n)
{
    while (u->polls->len > n) {
        GPollFD *p = g_array_index(u->polls, GPollFD *, u->polls->len - 1);
        g_source_remove_poll(u->source, p);
        g_free(p);
        g_array_set_size(u->polls, u->polls->len - 1);
    }
}

/* Called for each descriptor at each turn. Those that are as at the last one are left alone: adding one wakes the main
 * loop, which would then never sleep. */
static int add_poll(int fd, int events, void *opaque)
{
    User *u = opaque;
    GPollFD *p = u->npolls < u->polls->len ? g_array_index(u->polls, GPollFD *, u->npolls) : NULL;

    if (p && p->fd != fd) {
        forget_polls(u, u->npolls);
        p = NULL;
    }
    const gboolean is_new = !p;
    if (is_new) {
        p = g_new0(GPollFD, 1);
        p->fd = fd;
        g_array_append_val(u->polls, p);
    }
    p->events = (gushort)((events & SLIRP_POLL_IN ? G_IO_IN : 0) | (events & SLIRP_POLL_OUT ? G_IO_OUT : 0) |
                          (events & SLIRP_POLL_PRI ? G_IO_PRI : 0) | (events & SLIRP_POLL_ERR ? G_IO_ERR : 0) |
                          (events & SLIRP_POLL_HUP ? G_IO_HUP : 0));
    if (is_new) {
        g_source_add_poll(u->source, p);
    }
    return (int)u->npolls++;
}

static int get_revents(int i, void *opaque)
{
    User *u = opaque;
    gushort r = i >= 0 && (guint)i < u->polls->len ? g_array_index(u->polls, GPollFD *, (guint)i)->revents : 0;

    return (r & G_IO_IN ? SLIRP_POLL_IN : 0) | (r & G_IO_OUT ? SLIRP_POLL_OUT : 0) |
           (r & G_IO_PRI ? SLIRP_POLL_PRI : 0) | (r & G_IO_ERR ? SLIRP_POLL_ERR : 0) |
           (r & G_IO_HUP ? SLIRP_POLL_HUP : 0);
}

static gboolean prepare(GSource *s, gint *timeout)
{
    User *u = ((UserSource *)s)->u;
    uint32_t wait = UINT32_MAX;

    dev_lock_take();
    if (!g_source_is_destroyed(s)) {
        u->npolls = 0;
        slirp_pollfds_fill(u->slirp, &wait, add_poll, u);
        forget_polls(u, u->npolls);
    }
    dev_lock_drop();
    *timeout = wait > INT32_MAX ? -1 : (gint)wait;
    return FALSE;
}

/* libslirp wants to be called after each turn: it has time-outs of its own. */
static gboolean check(GSource *s)
{
    return TRUE;
}

static gboolean dispatch(GSource *s, GSourceFunc fn, gpointer data)
{
    User *u = ((UserSource *)s)->u;

    dev_lock_take();
    if (!g_source_is_destroyed(s)) {
        slirp_pollfds_poll(u->slirp, 0, get_revents, u);
    }
    dev_lock_drop();
    return G_SOURCE_CONTINUE;
}

static GSourceFuncs funcs = { .prepare = prepare, .check = check, .dispatch = dispatch };

/* --- properties ------------------------------------------------------------------------------ */
static gboolean fail(GError **err, const char *what, const char *value, const char *why)
{
    obj_refuse(err, "%s=%s: %s", what, value, why);
    return FALSE;
}

static gboolean parse_address(const char *what, const char *text, const char *usual, struct in_addr *a, GError **err)
{
    return inet_pton(AF_INET, text ? text : usual, a) == 1 || fail(err, what, text, "is no IPv4 address");
}

/* "10.0.2.0/24" */
static gboolean parse_net(const char *text, struct in_addr *net, struct in_addr *mask, GError **err)
{
    g_auto(GStrv) parts = g_strsplit(text ? text : "10.0.2.0/24", "/", 2);
    char *end = NULL;
    guint64 bits = parts[1] ? g_ascii_strtoull(parts[1], &end, 10) : 24;

    if (inet_pton(AF_INET, parts[0] ? parts[0] : "", net) != 1 || (parts[1] && (*end || end == parts[1])) ||
        bits < 4 || bits > 30) {
        return fail(err, "net", text, "must be an IPv4 network such as 10.0.2.0/24");
    }
    mask->s_addr = htonl(~(uint32_t)0 << (32 - bits));
    net->s_addr &= mask->s_addr;
    return TRUE;
}

/* The n-th address of a network. */
static void default_address(const char *text, struct in_addr net, guint32 n, struct in_addr *a)
{
    if (!text) {
        a->s_addr = htonl(ntohl(net.s_addr) + n);
    }
}

static gboolean parse_port(const char *text, int *port)
{
    char *end;
    guint64 n = g_ascii_strtoull(text, &end, 10);

    *port = (int)n;
    return end != text && !*end && n <= 65535;
}

/* "tcp:127.0.0.1:2222-10.0.2.15:22"; addresses and the protocol may be left out. */
static gboolean add_forward(User *u, const char *rule, GError **err)
{
    static const char form[] = "must be [tcp|udp]:[HOST]:PORT-[GUEST]:PORT";
    g_auto(GStrv) sides = g_strsplit(rule, "-", 2);
    g_auto(GStrv) from = g_strsplit(sides[0] ? sides[0] : "", ":", 3);
    g_auto(GStrv) to = g_strsplit(sides[0] && sides[1] ? sides[1] : "", ":", 2);
    struct in_addr host, guest;
    int host_port, guest_port;

    if (g_strv_length(from) != 3 || g_strv_length(to) != 2 || !parse_port(from[2], &host_port) ||
        !parse_port(to[1], &guest_port) || !guest_port ||
        (*from[0] && strcmp(from[0], "tcp") && strcmp(from[0], "udp"))) {
        return fail(err, "hostfwd", rule, form);
    }
    if (inet_pton(AF_INET, *from[1] ? from[1] : "0.0.0.0", &host) != 1 ||
        inet_pton(AF_INET, *to[0] ? to[0] : "0.0.0.0", &guest) != 1) {
        return fail(err, "hostfwd", rule, form);
    }
    if (slirp_add_hostfwd(u->slirp, !strcmp(from[0], "udp"), host, host_port, guest, guest_port) < 0) {
        return fail(err, "hostfwd", rule, g_strerror(errno));
    }
    return TRUE;
}

static gboolean remove_forward(User *u, const char *rule, GError **err)
{
    static const char form[] = "must be [tcp|udp]:[HOST]:PORT of one that there is";
    g_auto(GStrv) from = g_strsplit(rule, ":", 3);
    struct in_addr host;
    int port;

    if (g_strv_length(from) != 3 || !parse_port(from[2], &port) ||
        (*from[0] && strcmp(from[0], "tcp") && strcmp(from[0], "udp")) ||
        inet_pton(AF_INET, *from[1] ? from[1] : "0.0.0.0", &host) != 1 ||
        slirp_remove_hostfwd(u->slirp, !strcmp(from[0], "udp"), host, port) < 0) {
        return fail(err, "hostfwd", rule, form);
    }
    return TRUE;
}

static gboolean forward(SysNet *n, const char *rule, gboolean add, GError **err)
{
    return add ? add_forward((User *)n, rule, err) : remove_forward((User *)n, rule, err);
}

static char *info(SysNet *n)
{
    return slirp_connection_info(((User *)n)->slirp);
}

static gboolean add_forwards(User *u, GError **err)
{
    g_auto(GStrv) rules = g_strsplit(u->forwards ? u->forwards : "", " ", -1);

    for (char **r = rules; *r; r++) {
        if (**r && !add_forward(u, *r, err)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* --- life ------------------------------------------------------------------------------------ */
static void close_user(SysNet *n)
{
    User *u = (User *)n;

    if (u->source) {
        forget_polls(u, 0);
        g_source_destroy(u->source);
        g_clear_pointer(&u->source, g_source_unref);
    }
    if (u->slirp) {
        slirp_cleanup(g_steal_pointer(&u->slirp));
    }
}

static gboolean open_user(SysNet *n, GError **err)
{
    static const SlirpCb callbacks = {
        .send_packet = send_packet, .guest_error = guest_error, .clock_get_ns = now_ns, .timer_new = timer_new,
        .timer_free = timer_free, .timer_mod = timer_mod, .register_poll_fd = ignore_fd,
        .unregister_poll_fd = ignore_fd, .notify = notify,
    };
    User *u = (User *)n;
    SlirpConfig c = { .version = 1, .restricted = u->restricted, .in_enabled = TRUE, .in6_enabled = u->ipv6,
                      .vprefix_len = 64, .vhostname = u->hostname, .tftp_path = u->tftp, .bootfile = u->bootfile };

    if (!parse_net(u->net, &c.vnetwork, &c.vnetmask, err) ||
        !parse_address("host", u->host, "10.0.2.2", &c.vhost, err) ||
        !parse_address("dhcpstart", u->dhcp_start, "10.0.2.15", &c.vdhcp_start, err) ||
        !parse_address("dns", u->dns, "10.0.2.3", &c.vnameserver, err)) {
        return FALSE;
    }
    default_address(u->host, c.vnetwork, 2, &c.vhost);
    default_address(u->dns, c.vnetwork, 3, &c.vnameserver);
    default_address(u->dhcp_start, c.vnetwork, 15, &c.vdhcp_start);
    inet_pton(AF_INET6, "fec0::", &c.vprefix_addr6);
    inet_pton(AF_INET6, "fec0::2", &c.vhost6);
    inet_pton(AF_INET6, "fec0::3", &c.vnameserver6);
    u->slirp = slirp_new(&c, &callbacks, u);
    if (!u->slirp) {
        return fail(err, "net", u->net ? u->net : "10.0.2.0/24", "libslirp does not take it");
    }
    u->source = g_source_new(&funcs, sizeof(UserSource));
    ((UserSource *)u->source)->u = u;
    g_source_set_can_recurse(u->source, TRUE);      /* else each dispatch puts the polls in anew, and wakes the loop */
    g_source_attach(u->source, NULL);
    if (!add_forwards(u, err)) {
        close_user(n);
        return FALSE;
    }
    return TRUE;
}

static void send_user(SysNet *n, const guint8 *frame, guint bytes)
{
    slirp_input(((User *)n)->slirp, frame, (int)bytes);
    g_main_context_wakeup(NULL);
}

static void init(Obj *o)
{
    ((User *)o)->polls = g_array_new(FALSE, FALSE, sizeof(GPollFD *));
}

static void finalize(Obj *o)
{
    g_array_unref(((User *)o)->polls);
}

static const ObjProp props[] = {
    OBJ_PROP_STR("net", "The guest's IPv4 network; 10.0.2.0/24 if it is not set.", User, net, NULL),
    OBJ_PROP_STR("host", "The address at which the guest finds the host: the second of the network.", User, host, NULL),
    OBJ_PROP_STR("dhcpstart", "The first address that DHCP gives: the 15th of the network.", User, dhcp_start, NULL),
    OBJ_PROP_STR("dns", "The address of the name server: the third of the network.", User, dns, NULL),
    OBJ_PROP_STR("hostname", "The name that DHCP gives the guest.", User, hostname, NULL),
    OBJ_PROP_STR("hostfwd", "Ports of the host that lead to the guest: tcp:127.0.0.1:2222-:22; several with spaces "
                            "between them.", User, forwards, NULL),
    OBJ_PROP_STR("tftp", "A directory that the guest can read by TFTP.", User, tftp, NULL),
    OBJ_PROP_STR("bootfile", "The file that BOOTP tells the guest to start from.", User, bootfile, NULL),
    OBJ_PROP_BOOL("restrict", "Keep the guest from the host and the world; forwarded ports still lead to it.", User,
                  restricted, FALSE),
    OBJ_PROP_BOOL("ipv6", "Have IPv6 as well: fec0::/64.", User, ipv6, TRUE),
    { 0 },
};

const SysNetType sys_net_user = {
    .obj = { .name = "netdev-user",
             .text = OBJ_TEXT("The guest's connections become the program's own; needs no rights."),
             .parent = &sys_net_type, .size = sizeof(User), .props = props, .init = init, .finalize = finalize },
    .open = open_user,
    .close = close_user,
    .send = send_user,
    .forward = forward,
    .info = info,
};
