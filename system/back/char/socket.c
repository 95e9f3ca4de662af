/* SPDX-License-Identifier: BSD-2-Clause */
/* Unix and TCP sockets, listening or connecting.  One peer at a time; a server waits for the next, a client may
 * connect again.  [man 7 unix] [man 7 tcp]; Telnet: [RFC 854], options [RFC 856] [RFC 857] [RFC 858]. */
#include "back/char/char.h"

#include "dev/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

typedef struct Socket {
    SysCharFd f;
    char *path, *host, *port;
    gboolean server, wait, nodelay;
    int32_t given;              /* a descriptor that we were started with; -1: none */
    int listener;
    GSource *source;            /* of listener */
    gboolean bound;             /* path is ours to remove */
    guint32 reconnect_s;        /* a client connects again after so long; 0: it does not */
    guint timer;                /* until then */
    gboolean telnet;
    guint telnet_state;         /* what came last, as far as it tells what the next byte is */
    gboolean telnet_binary;     /* the peer sends bytes as they are [RFC 856]: carriage return stands alone */
} Socket;

enum { IAC = 255, DONT = 254, DO = 253, WONT = 252, WILL = 251, SB = 250, SE = 240 };      /* [RFC 854] */
enum { BINARY = 0, ECHO = 1, SUPPRESS_GO_AHEAD = 3 };                   /* [RFC 856] [RFC 857] [RFC 858] */
enum { TELNET_DATA, TELNET_CR, TELNET_IAC, TELNET_WILL, TELNET_WONT, TELNET_OPTION, TELNET_PART, TELNET_PART_IAC };
enum { CONNECT_MOST_S = 2 };    /* for each address, when connecting again; looking up a name has no limit */

static gboolean fail(GError **err, const char *what)
{
    obj_refuse(err, "%s: %s", what, g_strerror(errno));
    return FALSE;
}

/* --- peers ----------------------------------------------------------------------------------- */
/* Takes Telnet's commands out of what comes: they ask for what is so anyway, or will not be. */
static guint filter_telnet(SysCharFd *f, guint8 *data, guint n)
{
    Socket *x = (Socket *)f;
    guint kept = 0;

    for (guint i = 0; i < n; i++) {
        const guint8 c = data[i];
        const guint was = x->telnet_state;
        switch (was) {
        case TELNET_DATA:
        case TELNET_CR:
            if (c != IAC && (c || was == TELNET_DATA)) {    /* NUL after carriage return says that it stands alone */
                data[kept++] = c;
            }
            x->telnet_state = c == IAC ? TELNET_IAC : c == '\r' && !x->telnet_binary ? TELNET_CR : TELNET_DATA;
            break;
        case TELNET_IAC:
            if (c == IAC) {
                data[kept++] = c;
            }
            x->telnet_state = c == SB ? TELNET_PART : c == WILL ? TELNET_WILL : c == WONT ? TELNET_WONT
                : c == DO || c == DONT ? TELNET_OPTION : TELNET_DATA;
            break;
        case TELNET_WILL:
        case TELNET_WONT:
            if (c == BINARY && x->server) {   /* only a server asks for it */
                x->telnet_binary = was == TELNET_WILL;
            }
            x->telnet_state = TELNET_DATA;
            break;
        case TELNET_OPTION:
            x->telnet_state = TELNET_DATA;
            break;
        default:
            x->telnet_state = x->telnet_state == TELNET_PART_IAC && c == SE ? TELNET_DATA
                : c == IAC ? TELNET_PART_IAC : TELNET_PART;
        }
    }
    return kept;
}

/* A server says that it echoes, that nobody need say whose turn it is, and that all eight bits count. */
static void greet_telnet(int fd)
{
    static const guint8 hello[] = { IAC, WILL, ECHO, IAC, WILL, SUPPRESS_GO_AHEAD, IAC, WILL, BINARY, IAC, DO, BINARY };

    if (send(fd, hello, sizeof hello, MSG_NOSIGNAL) < 0) {
        return;                 /* it has gone again, as reading will tell */
    }
}

static guint write_socket(SysChar *c, const guint8 *data, guint n)
{
    Socket *x = (Socket *)c;
    guint done = 0;

    while (x->telnet && done < n) {
        const guint8 *iac = memchr(data + done, IAC, n - done);
        const guint part = iac ? (guint)(iac - data) - done : n - done;
        const guint took = sys_char_fd_write(c, data + done, part);
        done += took;
        if (took < part || !iac) {
            return done;
        }
        if (x->f.queue->len + 2 > SYS_CHAR_QUEUE) {
            x->f.was_short = TRUE;
            return done;
        }
        sys_char_fd_write(c, (const guint8[]){ IAC, IAC }, 2);
        done++;
    }
    return x->telnet ? done : sys_char_fd_write(c, data, n);
}

static void use(Socket *x, int fd)
{
    int one = 1;

    x->telnet_state = TELNET_DATA;
    x->telnet_binary = FALSE;
    if (x->telnet && x->server) {
        greet_telnet(fd);
    }

    if (!x->path && x->nodelay) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    }
    sys_char_fd_use(&x->f, fd, fd, FALSE);
}

static void stop_listening(Socket *x)
{
    if (x->source) {
        g_source_destroy(x->source);
        g_source_unref(x->source);
        x->source = NULL;
    }
}

static gboolean on_connection(gint fd, GIOCondition condition, gpointer data)
{
    Socket *x = data;

    dev_lock_take();
    int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
    if (peer >= 0) {
        stop_listening(x);      /* others wait in the queue until this one has gone */
        use(x, peer);
    }
    dev_lock_drop();
    return G_SOURCE_CONTINUE;
}

static void listen_again(SysCharFd *f)
{
    Socket *x = (Socket *)f;

    if (x->listener >= 0 && !x->source && f->c.is_open) {
        x->source = g_unix_fd_source_new(x->listener, G_IO_IN);
        g_source_set_callback(x->source, G_SOURCE_FUNC(on_connection), x, NULL);
        g_source_attach(x->source, NULL);
    }
}

/* --- addresses ------------------------------------------------------------------------------- */
/* A socket bound or connected to an address; -1 with errno. again: while the machine runs, which waits for it under
 * the device lock. */
static int make(const struct sockaddr *a, socklen_t n, gboolean server, gboolean again)
{
    int fd = socket(a->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    const struct timeval most = { .tv_sec = again ? CONNECT_MOST_S : 0 };    /* 0: as long as the host likes */

    if (fd < 0) {
        return -1;
    }
    if (server && a->sa_family != AF_UNIX) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    }
    if (!server) {
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof most);
    }
    if (server ? bind(fd, a, n) < 0 || listen(fd, 4) < 0 : connect(fd, a, n) < 0) {
        int e = errno;
        close(fd);
        errno = e;
        return -1;
    }
    return fd;
}

static int make_unix(Socket *x, gboolean again, GError **err)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };

    if (strlen(x->path) >= sizeof a.sun_path) {
        obj_refuse(err, "path: '%s' is longer than %u letters",
                   x->path, (guint)sizeof a.sun_path - 1);
        return -1;
    }
    memcpy(a.sun_path, x->path, strlen(x->path));
    int fd = make((struct sockaddr *)&a, sizeof a, x->server, again);
    if (fd < 0 && x->server && errno == EADDRINUSE) {
        /* Left by a program that is gone?  Then nobody answers. */
        int probe = make((struct sockaddr *)&a, sizeof a, FALSE, again);
        if (probe >= 0) {
            close(probe);
            errno = EADDRINUSE;
        } else if (unlink(x->path) == 0) {
            fd = make((struct sockaddr *)&a, sizeof a, TRUE, again);
        }
    }
    if (fd < 0) {
        fail(err, x->path);
    }
    x->bound = fd >= 0 && x->server;
    return fd;
}

static int make_tcp(Socket *x, gboolean again, GError **err)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = x->server ? AI_PASSIVE : 0 },
                    *list;
    g_autofree char *what = g_strdup_printf("%s:%s", x->host, x->port);
    int rc = getaddrinfo(x->host, x->port, &hints, &list), fd = -1;

    if (rc) {
        obj_refuse(err, "%s: %s", what, gai_strerror(rc));
        return -1;
    }
    for (struct addrinfo *a = list; a && fd < 0; a = a->ai_next) {
        fd = make(a->ai_addr, a->ai_addrlen, x->server, again);
    }
    if (fd < 0) {
        fail(err, what);
    }
    freeaddrinfo(list);
    return fd;
}

/* A socket that whoever started the program opened: it is ours now. */
static int take_given(Socket *x, GError **err)
{
    struct stat st;
    int fd = x->given;

    if (fstat(fd, &st) < 0 || !S_ISSOCK(st.st_mode)) {
        obj_refuse(err, "fd=%d: no open socket", fd);
        return -1;
    }
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    return fd;
}

/* --- the back end ---------------------------------------------------------------------------- */
/* The port that was chosen, if the user let the host choose. */
static void note_port(Socket *x)
{
    struct sockaddr_storage a;
    socklen_t n = sizeof a;
    char port[16];

    if (!x->path && getsockname(x->listener, (struct sockaddr *)&a, &n) == 0 &&
        getnameinfo((struct sockaddr *)&a, n, NULL, 0, port, sizeof port, NI_NUMERICSERV) == 0) {
        g_free(x->port);
        x->port = g_strdup(port);
    }
}

static int make_any(Socket *x, gboolean again, GError **err)
{
    return x->given >= 0 ? take_given(x, err) : x->path ? make_unix(x, again, err) : make_tcp(x, again, err);
}

static gboolean on_timer(gpointer data)
{
    Socket *x = data;

    dev_lock_take();
    int fd = make_any(x, TRUE, NULL);
    if (fd >= 0) {
        x->timer = 0;
        use(x, fd);
    }
    dev_lock_drop();
    return fd >= 0 ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

static void connect_later(SysCharFd *f)
{
    Socket *x = (Socket *)f;

    if (x->reconnect_s && !x->timer) {
        x->timer = g_timeout_add_seconds(x->reconnect_s, on_timer, x);
    }
}

static gboolean open_socket(SysChar *c, GError **err)
{
    Socket *x = (Socket *)c;
    g_autoptr(GError) why = NULL;

    if ((x->path != NULL) + (x->port != NULL) + (x->given >= 0) != 1) {
        obj_refuse(err, "either path, port or fd must be set");
        return FALSE;
    }
    if (x->reconnect_s && (x->server || x->given >= 0)) {
        return obj_refuse(err, "reconnect: only for who connects");
    }
    x->f.filter = x->telnet ? filter_telnet : NULL;
    int fd = make_any(x, FALSE, &why);
    if (fd < 0 && x->reconnect_s) {
        x->f.gone = connect_later;
        connect_later(&x->f);
        return TRUE;
    }
    if (fd < 0) {
        g_propagate_error(err, g_steal_pointer(&why));
        return FALSE;
    }
    x->f.gone = x->server ? listen_again : connect_later;
    if (!x->server) {
        use(x, fd);
        return TRUE;
    }
    x->listener = fd;
    note_port(x);
    if (x->wait) {
        int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
        if (peer >= 0) {
            use(x, peer);
            return TRUE;
        }
    }
    c->is_open = TRUE;
    listen_again(&x->f);
    return TRUE;
}

static void close_socket(SysChar *c)
{
    Socket *x = (Socket *)c;

    stop_listening(x);
    g_clear_handle_id(&x->timer, g_source_remove);
    x->f.gone = NULL;
    sys_char_fd_drop(&x->f);
    if (x->listener >= 0) {
        close(x->listener);
        x->listener = -1;
    }
    if (x->bound) {
        unlink(x->path);
    }
}

static void init_socket(Obj *o)
{
    ((Socket *)o)->listener = -1;
}

static const ObjProp socket_props[] = {
    OBJ_PROP_STR("path", "A Unix socket's file.", Socket, path, NULL),
    OBJ_PROP_STR("host", "A TCP socket's host.", Socket, host, "localhost"),
    OBJ_PROP_STR("port", "A TCP socket's port; 0 lets the host choose one for a server.", Socket, port, NULL),
    OBJ_PROP_INT("fd", "A socket that the program was started with, in place of path or port.", Socket, given, -1, -1,
                 G_MAXINT32),
    OBJ_PROP_BOOL("server", "Listen for a peer, rather than connect.", Socket, server, FALSE),
    OBJ_PROP_BOOL("wait", "A server waits for its first peer before it goes on.", Socket, wait, FALSE),
    OBJ_PROP_UINT("reconnect", "Who connects does so again, so many seconds after the peer has gone or was not there; "
                  "0: never.", Socket, reconnect_s, 0, 0, 86400),
    OBJ_PROP_BOOL("telnet", "The peer speaks Telnet.", Socket, telnet, FALSE),
    OBJ_PROP_BOOL("nodelay", "Send small pieces at once (TCP_NODELAY).", Socket, nodelay, TRUE),
    { 0 },
};

const SysCharType sys_char_socket = {
    .obj = { .name = "chardev-socket", .text = OBJ_TEXT("A Unix or TCP socket."), .parent = &sys_char_fd_type,
             .size = sizeof(Socket), .props = socket_props, .init = init_socket },
    .open = open_socket,
    .close = close_socket,
    .write = write_socket,
    .more = sys_char_fd_more,
};
