/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls on sockets, one by one: options, ancillary data, message flags, errors. */
#define _GNU_SOURCE
#include "tap.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define BAD ((void *)8)

static int udp_socket(struct sockaddr_in *a)
{
    int s = socket(AF_INET, SOCK_DGRAM, 0);
    socklen_t n = sizeof *a;

    *a = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    bind(s, (struct sockaddr *)a, n);
    getsockname(s, (struct sockaddr *)a, &n);
    return s;
}

static void test_socket(void)
{
    struct sockaddr_in a = { 0 };
    struct sockaddr_un u = { .sun_family = AF_UNIX };
    socklen_t n;
    int v[2];

    fails(socket(999, SOCK_STREAM, 0), EAFNOSUPPORT, "socket: family");
    fails(socket(AF_INET, 77, 0), EINVAL, "socket: type");
    fails(socket(AF_INET, SOCK_STREAM, 99), EPROTONOSUPPORT, "socket: protocol");
    int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    ok(s >= 0 && (fcntl(s, F_GETFL) & O_NONBLOCK) && fcntl(s, F_GETFD) == FD_CLOEXEC, "socket: type flags");
    fails(socketpair(AF_INET, SOCK_STREAM, 0, v), EOPNOTSUPP, "socketpair: AF_INET");
    fails(socketpair(AF_UNIX, SOCK_STREAM, 0, BAD), EFAULT, "socketpair: bad address");
    fails(bind(s, (void *)&a, 3), EINVAL, "bind: length");
    fails(bind(s, BAD, sizeof a), EFAULT, "bind: bad address");
    fails(bind(0x7000, (void *)&a, sizeof a), EBADF, "bind: bad descriptor");
    fails(bind(0, (void *)&a, sizeof a), ENOTSOCK, "bind: not a socket");
    a.sin_family = AF_INET;
    a.sin_addr.s_addr = htonl(0x01020304);
    fails(bind(s, (void *)&a, sizeof a), EADDRNOTAVAIL, "bind: not our address");
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    is(bind(s, (void *)&a, sizeof a), 0, "bind");
    fails(bind(s, (void *)&a, sizeof a), EINVAL, "bind: again");
    is(listen(s, 5), 0, "listen");
    n = sizeof a;
    getsockname(s, (void *)&a, &n);
    int s2 = socket(AF_INET, SOCK_STREAM, 0);
    fails(bind(s2, (void *)&a, sizeof a), EADDRINUSE, "bind: in use");
    fails(accept(s, NULL, NULL), EAGAIN, "accept: nobody");
    fails(accept4(s, NULL, NULL, 0x1234), EINVAL, "accept4: flags");
    fails(accept(s2, NULL, NULL), EINVAL, "accept: does not listen");
    n = (socklen_t)-1;
    fails(getsockname(s, (void *)&a, &n), EINVAL, "getsockname: length");
    fails(getpeername(s, (void *)&a, &n), n ? ENOTCONN : 0, "getpeername: not connected");
    n = sizeof a;
    getsockname(s, (void *)&a, &n);
    is(connect(s2, (void *)&a, sizeof a), 0, "connect");
    fails(connect(s2, (void *)&a, sizeof a), EISCONN, "connect: again");
    struct sockaddr_in from;
    n = sizeof from;
    int c = accept4(s, (void *)&from, &n, SOCK_CLOEXEC | SOCK_NONBLOCK);
    ok(c >= 0 && n == sizeof from && from.sin_family == AF_INET, "accept4: from whom");
    is(fcntl(c, F_GETFD), FD_CLOEXEC, "accept4: SOCK_CLOEXEC");
    n = 4;
    is(getpeername(c, (void *)&from, &n), 0, "getpeername: short buffer");
    is(n, sizeof from, "getpeername: the whole length");
    close(c);
    close(s);
    char byte;
    is(recv(s2, &byte, 1, 0), 0, "recv: closed");
    signal(SIGPIPE, SIG_IGN);
    send(s2, "x", 1, MSG_NOSIGNAL);
    usleep(20000);
    ok(send(s2, "x", 1, MSG_NOSIGNAL) == -1 && (errno == EPIPE || errno == ECONNRESET), "send: EPIPE");
    close(s2);
    s = socket(AF_INET, SOCK_STREAM, 0);
    fails(connect(s, (void *)&a, sizeof a), ECONNREFUSED, "connect: refused");
    fails(shutdown(s, SHUT_RD), ENOTCONN, "shutdown: not connected");
    fails(shutdown(s, 7), EINVAL, "shutdown: how");
    a.sin_family = 77;
    fails(connect(s, (void *)&a, sizeof a), EAFNOSUPPORT, "connect: family");
    close(s);
    s = socket(AF_UNIX, SOCK_STREAM, 0);
    strcpy(u.sun_path, "/tmp/u-syssock-none");
    fails(connect(s, (void *)&u, sizeof u), ENOENT, "connect: no such name");
    snprintf(u.sun_path + 1, 60, "u-syssock-%d", getpid());
    u.sun_path[0] = 0;
    socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(u.sun_path + 1));
    is(bind(s, (void *)&u, len), 0, "bind: abstract name");
    n = sizeof u;
    getsockname(s, (void *)&u, &n);
    is(n, len, "getsockname: abstract name");
    listen(s, 1);
    s2 = socket(AF_UNIX, SOCK_STREAM, 0);
    is(connect(s2, (void *)&u, len), 0, "connect: abstract name");
    close(s), close(s2);
    s = socket(AF_UNIX, SOCK_DGRAM, 0);
    is(bind(s, (void *)&u, sizeof(sa_family_t)), 0, "bind: the kernel chooses a name");
    n = sizeof u;
    getsockname(s, (void *)&u, &n);
    is(n, sizeof(sa_family_t) + 6, "the kernel's name");
    close(s);
}

static int set_int(int s, int level, int opt, int v)
{
    return setsockopt(s, level, opt, &v, sizeof v);
}

static int get_int(int s, int level, int opt)
{
    int v = -12345;
    socklen_t n = sizeof v;

    return getsockopt(s, level, opt, &v, &n) == 0 && n <= sizeof v ? v : -1;
}

static void test_options(void)
{
    static const struct { int level, opt, v, want; const char *name; } rows[] = {
        { SOL_SOCKET, SO_REUSEADDR, 1, 1, "SO_REUSEADDR" },
        { SOL_SOCKET, SO_REUSEPORT, 1, 1, "SO_REUSEPORT" },
        { SOL_SOCKET, SO_KEEPALIVE, 1, 1, "SO_KEEPALIVE" },
        { SOL_SOCKET, SO_BROADCAST, 1, 1, "SO_BROADCAST" },
        { SOL_SOCKET, SO_OOBINLINE, 1, 1, "SO_OOBINLINE" },
        { SOL_SOCKET, SO_SNDBUF, 8192, 16384, "SO_SNDBUF" },
        { SOL_SOCKET, SO_RCVBUF, 8192, 16384, "SO_RCVBUF" },
        { SOL_SOCKET, SO_PRIORITY, 3, 3, "SO_PRIORITY" },
        { SOL_SOCKET, SO_DONTROUTE, 1, 1, "SO_DONTROUTE" },
        { SOL_SOCKET, SO_RCVLOWAT, 7, 7, "SO_RCVLOWAT" },
        { SOL_SOCKET, SO_TIMESTAMP, 1, 1, "SO_TIMESTAMP" },
        { SOL_SOCKET, SO_BUSY_POLL, 0, 0, "SO_BUSY_POLL" },
        { SOL_SOCKET, SO_INCOMING_CPU, 0, 0, "SO_INCOMING_CPU" },
        { IPPROTO_IP, IP_TTL, 33, 33, "IP_TTL" },
        { IPPROTO_IP, IP_TOS, 0x10, 0x10, "IP_TOS" },
        { IPPROTO_IP, IP_RECVTTL, 1, 1, "IP_RECVTTL" },
        { IPPROTO_IP, IP_PKTINFO, 1, 1, "IP_PKTINFO" },
        { IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO, IP_PMTUDISC_DO, "IP_MTU_DISCOVER" },
        { IPPROTO_IP, IP_RECVERR, 1, 1, "IP_RECVERR" },
        { IPPROTO_IP, IP_FREEBIND, 1, 1, "IP_FREEBIND" },
        { IPPROTO_TCP, TCP_NODELAY, 1, 1, "TCP_NODELAY" },
        { IPPROTO_TCP, TCP_CORK, 1, 1, "TCP_CORK" },
        { IPPROTO_TCP, TCP_KEEPIDLE, 77, 77, "TCP_KEEPIDLE" },
        { IPPROTO_TCP, TCP_KEEPINTVL, 7, 7, "TCP_KEEPINTVL" },
        { IPPROTO_TCP, TCP_KEEPCNT, 4, 4, "TCP_KEEPCNT" },
        { IPPROTO_TCP, TCP_SYNCNT, 5, 5, "TCP_SYNCNT" },
        { IPPROTO_TCP, TCP_USER_TIMEOUT, 999, 999, "TCP_USER_TIMEOUT" },
        { IPPROTO_TCP, TCP_DEFER_ACCEPT, 0, 0, "TCP_DEFER_ACCEPT" },
        { IPPROTO_TCP, TCP_QUICKACK, 1, 1, "TCP_QUICKACK" },
    };
    int s = socket(AF_INET, SOCK_STREAM, 0);

    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        int r = set_int(s, rows[i].level, rows[i].opt, rows[i].v);
        ok(r == 0 ? get_int(s, rows[i].level, rows[i].opt) == rows[i].want : errno == EPERM || errno == ENOPROTOOPT,
           rows[i].name);
    }
    is(get_int(s, SOL_SOCKET, SO_TYPE), SOCK_STREAM, "SO_TYPE");
    is(get_int(s, SOL_SOCKET, SO_DOMAIN), AF_INET, "SO_DOMAIN");
    is(get_int(s, SOL_SOCKET, SO_PROTOCOL), IPPROTO_TCP, "SO_PROTOCOL");
    is(get_int(s, SOL_SOCKET, SO_ERROR), 0, "SO_ERROR");
    is(get_int(s, SOL_SOCKET, SO_ACCEPTCONN), 0, "SO_ACCEPTCONN");
    struct linger l = { 1, 5 }, lg = { 0, 0 };
    socklen_t n = sizeof lg;
    is(setsockopt(s, SOL_SOCKET, SO_LINGER, &l, sizeof l), 0, "SO_LINGER");
    getsockopt(s, SOL_SOCKET, SO_LINGER, &lg, &n);
    ok(lg.l_onoff == 1 && lg.l_linger == 5, "SO_LINGER: given back");
    struct timeval tv = { 0, 30000 }, tg;
    is(setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv), 0, "SO_RCVTIMEO");
    n = sizeof tg;
    getsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tg, &n);
    ok(n == sizeof tg && tg.tv_sec == 0 && tg.tv_usec >= 30000 && tg.tv_usec < 50000, "SO_RCVTIMEO: given back");
    tv.tv_usec = 2000000;
    fails(setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv), EDOM, "SO_RCVTIMEO: microseconds");
    fails(setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, 4), EINVAL, "SO_RCVTIMEO: length");
    int one = 1;
    fails(setsockopt(s, SOL_SOCKET, 9999, &one, 4), ENOPROTOOPT, "setsockopt: option");
    fails(setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, 1), EINVAL, "setsockopt: length");
    fails(setsockopt(s, SOL_SOCKET, SO_REUSEADDR, BAD, 4), EFAULT, "setsockopt: bad address");
    fails(setsockopt(s, SOL_SOCKET, SO_TYPE, &one, 4), ENOPROTOOPT, "setsockopt: read only");
    fails(setsockopt(-1, SOL_SOCKET, SO_TYPE, &one, 4), EBADF, "setsockopt: bad descriptor");
    fails(setsockopt(0, SOL_SOCKET, SO_TYPE, &one, 4), ENOTSOCK, "setsockopt: not a socket");
    fails(getsockopt(s, SOL_SOCKET, SO_TYPE, &one, BAD), EFAULT, "getsockopt: bad length address");
    n = 4;
    fails(getsockopt(s, SOL_SOCKET, SO_TYPE, BAD, &n), EFAULT, "getsockopt: bad address");
    n = (socklen_t)-1;
    fails(getsockopt(s, SOL_SOCKET, SO_TYPE, &one, &n), EINVAL, "getsockopt: negative length");
    n = 2;
    one = -1;
    is(getsockopt(s, SOL_SOCKET, SO_TYPE, &one, &n), 0, "getsockopt: short buffer");
    ok(n == 2 && (uint32_t)one == 0xffff0001, "getsockopt: as much as there is room for");
    struct tcp_info ti;
    n = sizeof ti;
    is(getsockopt(s, IPPROTO_TCP, TCP_INFO, &ti, &n), 0, "TCP_INFO");
    is(ti.tcpi_state, TCP_CLOSE, "TCP_INFO: state");
    char name[16] = "reno";
    is(setsockopt(s, IPPROTO_TCP, TCP_CONGESTION, name, 4), 0, "TCP_CONGESTION");
    n = sizeof name;
    getsockopt(s, IPPROTO_TCP, TCP_CONGESTION, name, &n);
    ok(!strcmp(name, "reno"), "TCP_CONGESTION: given back");
    close(s);
    int u = socket(AF_INET, SOCK_DGRAM, 0);
    struct ip_mreqn m = { .imr_multiaddr.s_addr = htonl(0xe0000105), .imr_ifindex = 1 };
    int r = setsockopt(u, IPPROTO_IP, IP_ADD_MEMBERSHIP, &m, sizeof m);
    ok(r == 0 || errno == ENODEV, "IP_ADD_MEMBERSHIP");
    is(set_int(u, IPPROTO_IP, IP_MULTICAST_TTL, 5), 0, "IP_MULTICAST_TTL");
    is(get_int(u, IPPROTO_IP, IP_MULTICAST_TTL), 5, "IP_MULTICAST_TTL: given back");
    struct in_addr ifa = { htonl(INADDR_LOOPBACK) };
    is(setsockopt(u, IPPROTO_IP, IP_MULTICAST_IF, &ifa, sizeof ifa), 0, "IP_MULTICAST_IF");
    is(set_int(u, IPPROTO_IP, IP_MULTICAST_LOOP, 0), 0, "IP_MULTICAST_LOOP");
    is(set_int(u, SOL_UDP, UDP_SEGMENT, 512), 0, "UDP_SEGMENT");
    struct sock_filter f[] = { { BPF_RET | BPF_K, 0, 0, 0 } };
    struct sock_fprog prog = { 1, f };
    is(setsockopt(u, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof prog), 0, "SO_ATTACH_FILTER");
    is(set_int(u, SOL_SOCKET, SO_DETACH_FILTER, 0), 0, "SO_DETACH_FILTER");
    close(u);
    int s6 = socket(AF_INET6, SOCK_DGRAM, 0);
    if (s6 >= 0) {
        is(set_int(s6, IPPROTO_IPV6, IPV6_V6ONLY, 1), 0, "IPV6_V6ONLY");
        is(get_int(s6, IPPROTO_IPV6, IPV6_V6ONLY), 1, "IPV6_V6ONLY: given back");
        is(set_int(s6, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1), 0, "IPV6_RECVPKTINFO");
        is(set_int(s6, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 9), 0, "IPV6_UNICAST_HOPS");
        is(get_int(s6, IPPROTO_IPV6, IPV6_UNICAST_HOPS), 9, "IPV6_UNICAST_HOPS: given back");
        close(s6);
    }
}

static struct cmsghdr *find(struct msghdr *m, int level, int type)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level == level && c->cmsg_type == type) {
            return c;
        }
    }
    return NULL;
}

static void test_ancillary(void)
{
    int v[2], fds[3] = { 0, 1, 2 };
    char data[16] = "payload", room[512] __attribute__((aligned(8))) = { 0 };
    struct iovec io = { data, 8 };
    struct msghdr m = { .msg_iov = &io, .msg_iovlen = 1, .msg_control = room, .msg_controllen = CMSG_SPACE(sizeof fds) };

    socketpair(AF_UNIX, SOCK_STREAM, 0, v);
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    *c = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof fds) };
    memcpy(CMSG_DATA(c), fds, sizeof fds);
    is(sendmsg(v[0], &m, 0), 8, "sendmsg: SCM_RIGHTS");
    memset(room, 0, sizeof room);
    m.msg_controllen = CMSG_SPACE(2 * sizeof(int)) - 4;
    is(recvmsg(v[1], &m, MSG_CMSG_CLOEXEC), 8, "recvmsg: SCM_RIGHTS, room for two");
    ok(m.msg_flags & MSG_CTRUNC, "recvmsg: MSG_CTRUNC");
    c = CMSG_FIRSTHDR(&m);
    int got[4] = { -1, -1, -1, -1 };
    unsigned k = c ? (unsigned)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int)) : 0;
    memcpy(got, c ? CMSG_DATA(c) : (void *)got, k * sizeof(int));
    ok(k == 1 || k == 2, "recvmsg: what there is room for");
    is(fcntl(got[0], F_GETFD), FD_CLOEXEC, "recvmsg: MSG_CMSG_CLOEXEC");
    close(got[0]), close(got[1]);
    c = (void *)room;
    fds[0] = 0x7777;
    *c = (struct cmsghdr){ .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(4) };
    memcpy(CMSG_DATA(c), fds, 4);
    m.msg_controllen = CMSG_SPACE(4);
    fails(sendmsg(v[0], &m, 0), EBADF, "sendmsg: SCM_RIGHTS, bad descriptor");
    c->cmsg_len = 4;
    fails(sendmsg(v[0], &m, 0), EINVAL, "sendmsg: cmsg_len");
    set_int(v[1], SOL_SOCKET, SO_PASSCRED, 1);
    m.msg_control = NULL;
    m.msg_controllen = 0;
    sendmsg(v[0], &m, 0);
    m.msg_control = room;
    m.msg_controllen = sizeof room;
    recvmsg(v[1], &m, 0);
    c = find(&m, SOL_SOCKET, SCM_CREDENTIALS);
    struct ucred u = { 0 };
    memcpy(&u, c ? CMSG_DATA(c) : (void *)&u, sizeof u);
    ok(u.pid == getpid() && u.uid == getuid(), "SCM_CREDENTIALS");
    socklen_t n = sizeof u;
    is(getsockopt(v[0], SOL_SOCKET, SO_PEERCRED, &u, &n), 0, "SO_PEERCRED");
    is(u.pid, getpid(), "SO_PEERCRED: process");
    close(v[0]), close(v[1]);

    struct sockaddr_in a, b, from;
    int s = udp_socket(&a), r = udp_socket(&b);
    set_int(r, SOL_SOCKET, SO_TIMESTAMPNS, 1);
    set_int(r, IPPROTO_IP, IP_PKTINFO, 1);
    set_int(r, IPPROTO_IP, IP_RECVTTL, 1);
    set_int(r, IPPROTO_IP, IP_RECVTOS, 1);
    set_int(s, IPPROTO_IP, IP_TTL, 44);
    is(sendto(s, "abcdef", 6, 0, (void *)&b, sizeof b), 6, "sendto");
    io = (struct iovec){ data, 4 };
    m = (struct msghdr){ .msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &io, .msg_iovlen = 1,
                         .msg_control = room, .msg_controllen = sizeof room };
    is(recvmsg(r, &m, MSG_TRUNC), 6, "recvmsg: MSG_TRUNC gives the whole length");
    ok((m.msg_flags & MSG_TRUNC) && m.msg_namelen == sizeof from && from.sin_port == a.sin_port, "recvmsg: from whom");
    c = find(&m, IPPROTO_IP, IP_TTL);
    ok(c && *(int *)CMSG_DATA(c) == 44, "IP_RECVTTL");
    c = find(&m, IPPROTO_IP, IP_PKTINFO);
    ok(c && ((struct in_pktinfo *)CMSG_DATA(c))->ipi_addr.s_addr == b.sin_addr.s_addr, "IP_PKTINFO");
    c = find(&m, SOL_SOCKET, SO_TIMESTAMPNS);
    ok(c && ((struct timespec *)CMSG_DATA(c))->tv_sec > 1000000000, "SO_TIMESTAMPNS");
    ok(find(&m, IPPROTO_IP, IP_TOS) != NULL, "IP_RECVTOS");
    struct mmsghdr mm[3] = { 0 };
    struct iovec iv[3] = { { "one", 3 }, { "three", 5 }, { "", 0 } };
    for (int i = 0; i < 3; i++) {
        mm[i].msg_hdr = (struct msghdr){ .msg_name = &b, .msg_namelen = sizeof b, .msg_iov = &iv[i], .msg_iovlen = 1 };
    }
    is(sendmmsg(s, mm, 3, 0), 3, "sendmmsg");
    ok(mm[0].msg_len == 3 && mm[1].msg_len == 5 && mm[2].msg_len == 0, "sendmmsg: lengths");
    char buf[3][8];
    for (int i = 0; i < 3; i++) {
        iv[i] = (struct iovec){ buf[i], 8 };
        mm[i].msg_hdr.msg_name = NULL;
    }
    struct timespec ts = { 1, 0 };
    is(recvmmsg(r, mm, 3, MSG_WAITFORONE, &ts), 3, "recvmmsg");
    ok(mm[1].msg_len == 5 && !memcmp(buf[1], "three", 5), "recvmmsg: bytes");
    fails(recvmmsg(r, mm, 3, MSG_DONTWAIT, NULL), EAGAIN, "recvmmsg: nothing there");
    fails(recvmmsg(r, BAD, 3, MSG_DONTWAIT, NULL), EFAULT, "recvmmsg: bad vector");
    ts.tv_nsec = -1;
    fails(recvmmsg(r, mm, 3, 0, &ts), EINVAL, "recvmmsg: timeout");
    send(s, "x", 1, 0);
    is(sendto(s, "peek", 4, 0, (void *)&b, sizeof b), 4, "sendto");
    is(recv(r, data, 16, MSG_PEEK), 4, "recv: MSG_PEEK");
    is(recv(r, data, 16, 0), 4, "recv: still there");
    fails(recv(r, data, 16, MSG_DONTWAIT), EAGAIN, "recv: MSG_DONTWAIT");
    fails(recvmsg(r, BAD, 0), EFAULT, "recvmsg: bad header");
    fails(sendmsg(s, BAD, 0), EFAULT, "sendmsg: bad header");
    m = (struct msghdr){ .msg_iov = iv, .msg_iovlen = 2000 };
    fails(sendmsg(s, &m, 0), EMSGSIZE, "sendmsg: too many vectors");
    static char big[70000];
    fails(sendto(s, big, sizeof big, 0, (void *)&b, sizeof b), EMSGSIZE, "sendto: too long");
    fails(send(s, "x", 1, 0), EDESTADDRREQ, "send: no address");
    fails(sendto(s, BAD, 8, 0, (void *)&b, sizeof b), EFAULT, "sendto: bad buffer");
    struct timeval tv = { 0, 20000 };
    setsockopt(r, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
    fails(recv(r, data, 16, 0), EAGAIN, "SO_RCVTIMEO: passes");

    set_int(s, IPPROTO_IP, IP_RECVERR, 1);
    close(r);
    connect(s, (void *)&b, sizeof b);
    send(s, "x", 1, 0);
    usleep(10000);
    m = (struct msghdr){ .msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &io, .msg_iovlen = 1,
                         .msg_control = room, .msg_controllen = sizeof room };
    ok(recvmsg(s, &m, MSG_ERRQUEUE) >= 0 && (m.msg_flags & MSG_ERRQUEUE), "MSG_ERRQUEUE");
    c = find(&m, IPPROTO_IP, IP_RECVERR);
    ok(c && ((struct sock_extended_err *)CMSG_DATA(c))->ee_errno == ECONNREFUSED, "IP_RECVERR");
    close(s);
}

static void test_stream(void)
{
    int v[2], n;
    char buf[32];

    socketpair(AF_UNIX, SOCK_SEQPACKET, 0, v);
    send(v[0], "12345", 5, 0);
    send(v[0], "67", 2, 0);
    is(recv(v[1], buf, 3, MSG_TRUNC), 5, "SOCK_SEQPACKET: MSG_TRUNC");
    is(recv(v[1], buf, 30, 0), 2, "SOCK_SEQPACKET: records");
    close(v[0]), close(v[1]);
    socketpair(AF_UNIX, SOCK_STREAM, 0, v);
    send(v[0], "abc", 3, MSG_MORE);
    is(ioctl(v[1], FIONREAD, &n) == 0 ? n : -1, 3, "FIONREAD: of a socket");
    is(ioctl(v[0], TIOCOUTQ, &n) == 0 ? n > 0 : -1, 1, "TIOCOUTQ");
    is(recv(v[1], buf, 2, MSG_WAITALL), 2, "MSG_WAITALL");
    is(shutdown(v[0], SHUT_WR), 0, "shutdown");
    is(recv(v[1], buf, 8, 0), 1, "the rest");
    is(recv(v[1], buf, 8, 0), 0, "the end");
    struct pollfd p = { v[1], POLLIN | POLLRDHUP, 0 };
    poll(&p, 1, 0);
    ok(p.revents & POLLRDHUP, "POLLRDHUP");
    close(v[0]);
    ok(send(v[1], "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE, "EPIPE");
    fflush(stdout);
    pid_t pid = fork();
    if (!pid) {
        signal(SIGPIPE, SIG_DFL);
        send(v[1], "x", 1, 0);
        _exit(0);
    }
    int status;
    waitpid(pid, &status, 0);
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE, "SIGPIPE");
    close(v[1]);
    int l = socket(AF_INET, SOCK_STREAM, 0), c = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof a;
    bind(l, (void *)&a, sizeof a);
    listen(l, 1);
    getsockname(l, (void *)&a, &len);
    connect(c, (void *)&a, sizeof a);
    int s = accept(l, NULL, NULL);
    send(c, "ab!", 3, MSG_OOB);
    usleep(10000);
    p = (struct pollfd){ s, POLLPRI, 0 };
    is(poll(&p, 1, 1000), 1, "urgent data: POLLPRI");
    is(recv(s, buf, 8, MSG_OOB), 1, "MSG_OOB");
    is(buf[0], '!', "MSG_OOB: the byte");
    is(recv(s, buf, 8, 0), 2, "urgent data: up to the mark");
    is(ioctl(s, SIOCATMARK, &n) == 0 ? n : -1, 1, "SIOCATMARK");
    struct linger off = { 1, 0 };
    setsockopt(c, SOL_SOCKET, SO_LINGER, &off, sizeof off);
    close(c);
    ok(recv(s, buf, 8, 0) == -1 && errno == ECONNRESET, "ECONNRESET");
    close(s), close(l);
}

static void test_interfaces(void)
{
    struct ifreq r = { 0 };
    char room[2048];
    struct ifconf conf = { .ifc_len = sizeof room, .ifc_buf = room };
    int s = socket(AF_INET, SOCK_DGRAM, 0);

    strcpy(r.ifr_name, "lo");
    is(ioctl(s, SIOCGIFINDEX, &r), 0, "SIOCGIFINDEX");
    ok(r.ifr_ifindex > 0, "SIOCGIFINDEX: a number");
    is(ioctl(s, SIOCGIFNAME, &r), 0, "SIOCGIFNAME");
    is(ioctl(s, SIOCGIFFLAGS, &r), 0, "SIOCGIFFLAGS");
    ok(r.ifr_flags & IFF_LOOPBACK, "SIOCGIFFLAGS: loopback");
    is(ioctl(s, SIOCGIFMTU, &r), 0, "SIOCGIFMTU");
    is(ioctl(s, SIOCGIFCONF, &conf), 0, "SIOCGIFCONF");
    strcpy(r.ifr_name, "none9");
    fails(ioctl(s, SIOCGIFINDEX, &r), ENODEV, "SIOCGIFINDEX: no such interface");
    ok(if_nametoindex("lo") > 0, "if_nametoindex");
    close(s);
    s = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    struct sockaddr_nl nl = { .nl_family = AF_NETLINK };
    is(bind(s, (void *)&nl, sizeof nl), 0, "netlink: bind");
    struct { struct nlmsghdr h; struct rtgenmsg g; } q = {
        { sizeof q, RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 77, 0 }, { AF_UNSPEC },
    };
    is(sendto(s, &q, sizeof q, 0, (void *)&nl, sizeof nl), sizeof q, "netlink: request");
    static char big[65536] __attribute__((aligned(8)));
    ssize_t n = recv(s, big, sizeof big, 0);
    struct nlmsghdr *h = (void *)big;
    ok(n > (ssize_t)sizeof *h && h->nlmsg_type == RTM_NEWLINK && h->nlmsg_seq == 77, "netlink: answer");
    socklen_t len = sizeof nl;
    getsockname(s, (void *)&nl, &len);
    ok(len == sizeof nl && nl.nl_pid != 0, "netlink: our address");
    close(s);
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    test_socket();
    test_options();
    test_ancillary();
    test_stream();
    test_interfaces();
    return tap_done();
}
