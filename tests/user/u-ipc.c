/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets, epoll, timers, System V and POSIX queues. */
#define _GNU_SOURCE
#include "tap.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void epolls(void)
{
    int ep = epoll_create1(EPOLL_CLOEXEC), ev = eventfd(0, EFD_NONBLOCK), p[2];
    struct epoll_event e = { .events = EPOLLIN, .data.u64 = 0x1122334455667788ull }, got[4];
    uint64_t v = 5;

    is(pipe(p), 0, "pipe");
    is(epoll_ctl(ep, EPOLL_CTL_ADD, ev, &e), 0, "EPOLL_CTL_ADD");
    e.data.u64 = 0x99;
    is(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &e), 0, "second");
    is(epoll_wait(ep, got, 4, 0), 0, "nothing ready");
    is(write(ev, &v, 8), 8, "eventfd write");
    is(epoll_wait(ep, got, 4, 1000), 1, "one ready");
    ok(got[0].data.u64 == 0x1122334455667788ull && got[0].events == EPOLLIN, "its data");
    is(write(p[1], "x", 1), 1, "pipe write");
    is(epoll_wait(ep, got, 4, 1000), 2, "two ready");
    ok(got[0].data.u64 + got[1].data.u64 == 0x1122334455667788ull + 0x99, "their data");
    is(read(ev, &v, 8), 8, "eventfd read");
    is(v, 5, "value");
    is(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &e), 0, "EPOLL_CTL_MOD");
    is(epoll_ctl(ep, EPOLL_CTL_DEL, ev, NULL), 0, "EPOLL_CTL_DEL");
    fails(epoll_ctl(ep, EPOLL_CTL_DEL, ev, NULL), ENOENT, "again");
    fails(epoll_wait(ep, got, 0, 0), EINVAL, "no room");
    fails(syscall(SYS_epoll_ctl, ep, EPOLL_CTL_ADD, ev, 8), EFAULT, "bad pointer");
}

static void timers(void)
{
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    struct itimerspec its = { .it_value = { 0, 10000000 } }, now;
    uint64_t n = 0;
    timer_t t;
    struct sigevent se = { .sigev_notify = SIGEV_SIGNAL,
                           .sigev_signo = SIGRTMIN,
                           .sigev_value.sival_int = 321 };
    sigset_t set;
    siginfo_t si;

    is(timerfd_settime(fd, 0, &its, NULL), 0, "timerfd_settime");
    is(timerfd_gettime(fd, &now), 0, "timerfd_gettime");
    is(read(fd, &n, 8), 8, "timerfd read");
    is(n, 1, "one expiry");
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    is(timer_create(CLOCK_REALTIME, &se, &t), 0, "timer_create");
    is(timer_settime(t, 0, &its, NULL), 0, "timer_settime");
    is(sigwaitinfo(&set, &si), SIGRTMIN, "its signal");
    ok(si.si_code == SI_TIMER && si.si_value.sival_int == 321, "its siginfo");
    is(timer_getoverrun(t), 0, "overrun");
    is(timer_delete(t), 0, "timer_delete");
    struct timespec a, b, ms = { 0, 2000000 };
    clock_gettime(CLOCK_MONOTONIC, &a);
    is(clock_nanosleep(CLOCK_MONOTONIC, 0, &ms, NULL), 0, "clock_nanosleep");
    clock_gettime(CLOCK_MONOTONIC, &b);
    long ns = (b.tv_sec - a.tv_sec) * 1000000000L + b.tv_nsec - a.tv_nsec;
    ok(ns >= 2000000 && ns < 2000000000, "time passes");
    is(clock_getres(CLOCK_MONOTONIC, &a), 0, "clock_getres");
    fails(clock_gettime(99, &a), EINVAL, "no such clock");
    struct timespec cpu;
    is(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu), 0, "thread clock");
}

static void streams(void)
{
    int l = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1, c;
    struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof sa;
    char buf[16];

    is(setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one), 0, "setsockopt");
    is(bind(l, (struct sockaddr *)&sa, sizeof sa), 0, "bind");
    is(getsockname(l, (struct sockaddr *)&sa, &len), 0, "getsockname");
    is(listen(l, 5), 0, "listen");
    c = socket(AF_INET, SOCK_STREAM, 0);
    is(connect(c, (struct sockaddr *)&sa, sizeof sa), 0, "connect");
    int s = accept4(l, NULL, NULL, SOCK_NONBLOCK);
    ok(s >= 0, "accept4");
    fails(read(s, buf, 1), EAGAIN, "nothing there");
    is(send(c, "hello", 5, MSG_NOSIGNAL), 5, "send");
    struct pollfd p = { s, POLLIN, 0 };
    is(poll(&p, 1, 1000), 1, "poll");
    is(recv(s, buf, sizeof buf, 0), 5, "recv");
    is(shutdown(c, SHUT_WR), 0, "shutdown");
    is(poll(&p, 1, 1000), 1, "poll");
    is(recv(s, buf, sizeof buf, 0), 0, "end");
    len = sizeof one;
    is(getsockopt(c, IPPROTO_TCP, TCP_NODELAY, &one, &len), 0, "getsockopt");
    is(one, 0, "TCP_NODELAY off");
}

/* A descriptor and credentials over a Unix socket. */
static void messages(void)
{
    int sv[2], p[2], one = 1;
    char data[4] = "abc", control[256];
    struct iovec iov = { data, 3 };
    struct msghdr m = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = CMSG_SPACE(4)
    };
    struct cmsghdr *h;

    is(socketpair(AF_UNIX, SOCK_DGRAM, 0, sv), 0, "socketpair");
    setsockopt(sv[1], SOL_SOCKET, SO_PASSCRED, &one, sizeof one);
    if (pipe(p)) {
        return;
    }
    memset(control, 0, sizeof control);
    h = CMSG_FIRSTHDR(&m);
    h->cmsg_level = SOL_SOCKET;
    h->cmsg_type = SCM_RIGHTS;
    h->cmsg_len = CMSG_LEN(4);
    memcpy(CMSG_DATA(h), &p[1], 4);
    is(sendmsg(sv[0], &m, 0), 3, "sendmsg");
    memset(control, 0, sizeof control);
    m.msg_controllen = sizeof control;
    is(recvmsg(sv[1], &m, 0), 3, "recvmsg");
    int fd = -1, pid = 0;
    for (h = CMSG_FIRSTHDR(&m); h; h = CMSG_NXTHDR(&m, h)) {
        if (h->cmsg_type == SCM_RIGHTS) {
            memcpy(&fd, CMSG_DATA(h), 4);
        } else if (h->cmsg_type == SCM_CREDENTIALS) {
            memcpy(&pid, CMSG_DATA(h), 4);
        }
    }
    is(write(fd, "z", 1), 1, "descriptor received");
    char c;
    ok(read(p[0], &c, 1) == 1 && c == 'z', "and it is the pipe");
    is(pid, getpid(), "credentials");
}

static void system_v(void)
{
    int q = msgget(IPC_PRIVATE, IPC_CREAT | 0600), s = semget(IPC_PRIVATE, 3, IPC_CREAT | 0600);
    struct { long type; char text[8]; } m = { 5, "message" }, r;
    struct msqid_ds mds;
    struct semid_ds sds = { 0 };
    union { int val; struct semid_ds *buf; unsigned short *array; } u;
    struct sembuf op = { 1, -2, IPC_NOWAIT };
    unsigned short all[3] = { 1, 2, 3 };

    is(msgsnd(q, &m, 8, 0), 0, "msgsnd");
    is(msgctl(q, IPC_STAT, &mds), 0, "msgctl");
    is(mds.msg_qnum, 1, "one message");
    is(msgrcv(q, &r, 8, 5, 0), 8, "msgrcv");
    ok(r.type == 5 && !strcmp(r.text, "message"), "the message");
    msgctl(q, IPC_RMID, NULL);
    u.array = all;
    is(semctl(s, 0, SETALL, u), 0, "SETALL");
    is(semop(s, &op, 1), 0, "semop");
    is(semctl(s, 1, GETVAL), 0, "GETVAL");
    fails(semop(s, &op, 1), EAGAIN, "would block");
    u.buf = &sds;
    is(semctl(s, 0, IPC_STAT, u), 0, "IPC_STAT");
    ok(sds.sem_nsems == 3 && sds.sem_otime > 1000000000 && sds.sem_ctime > 1000000000, "semid_ds");
    semctl(s, 0, IPC_RMID);
}

static void queues(void)
{
    struct mq_attr a = { .mq_maxmsg = 4, .mq_msgsize = 32 }, b;
    mqd_t q = mq_open("/rhea-test-queue", O_CREAT | O_RDWR | O_EXCL, 0600, &a);
    char buf[32];
    unsigned prio;

    if (q == (mqd_t)-1) {
        ok(errno == ENOSYS || errno == EACCES || errno == EEXIST, "no POSIX queues here");
        mq_unlink("/rhea-test-queue");
        return;
    }
    is(mq_send(q, "hi", 2, 7), 0, "mq_send");
    is(mq_getattr(q, &b), 0, "mq_getattr");
    ok(b.mq_curmsgs == 1 && b.mq_maxmsg == 4, "attributes");
    is(mq_receive(q, buf, sizeof buf, &prio), 2, "mq_receive");
    is(prio, 7, "priority");
    mq_close(q);
    mq_unlink("/rhea-test-queue");
}

static void others(void)
{
    struct sysinfo si;

    is(sysinfo(&si), 0, "sysinfo");
    ok(si.totalram > 0 && si.mem_unit > 0, "memory");
    int fd = inotify_init1(IN_NONBLOCK);
    ok(inotify_add_watch(fd, "/tmp", IN_CREATE) >= 0, "inotify");
    unsigned cpu = 9999;
    is(syscall(SYS_getcpu, &cpu, NULL, NULL), 0, "getcpu");
    ok(cpu < 9999, "a CPU");
    char r[16] = "";
    is(syscall(SYS_getrandom, r, 16, 0), 16, "getrandom");
    is(syscall(434, getpid(), 0) >= 0, 1, "pidfd_open");
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    epolls();
    timers();
    streams();
    messages();
    system_v();
    queues();
    others();
    return tap_done();
}
