/* SPDX-License-Identifier: BSD-2-Clause */
/* epoll and all calls that wait with a temporary signal mask. [man 2 epoll_wait] [man 2 select] */
#include "guestmem.h"
#include "syscall.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>

#define MAX_EVENTS (1 << 20)

/* Not packed, unlike x86-64's. */
typedef struct GuestEvent {
    uint32_t events, pad;
    uint64_t data;
} GuestEvent;

/* A temporary mask, as the call takes it. */
typedef struct Mask {
    uint64_t guest, host;
    bool given;
} Mask;

static int64_t get_mask(Mask *m, uint64_t at, uint64_t size)
{
    m->given = at != 0;
    if (!at) {
        return 0;
    }
    if (size != 8) {
        return -EINVAL;
    }
    if (!lu_copy_from_guest(&m->guest, at, 8)) {
        return -EFAULT;
    }
    m->guest &= ~(lu_sigbit(9) | lu_sigbit(19));
    m->host = lu_signal_host_mask(m->guest);
    return 0;
}

/* Of a timeout, which the kernel looks at before the mask: 0 or an error. */
static int64_t check_time(uint64_t at)
{
    int64_t time[2] = { 0, 0 };

    if (at && !lu_copy_from_guest(time, at, sizeof time)) {
        return -EFAULT;
    }
    return time[0] < 0 || time[1] < 0 || time[1] >= 1000000000 ? -EINVAL : 0;
}

/* If a signal ended the wait, its handler runs with the temporary mask and returns to the old one.
 */
static int64_t end_wait(LuThread *t, const Mask *m, int64_t r)
{
    if (m->given && (r == -EINTR || r == -LU_ERESTARTSYS) && t->pending && !t->use_frame_mask) {
        t->frame_mask = t->mask;
        t->use_frame_mask = true;
        t->mask = m->guest;
    }
    return r;
}

int64_t lu_sys_epoll_ctl(LuThread *t, const uint64_t *a)
{
    struct epoll_event e = { 0 };
    GuestEvent g;

    if ((int)a[1] == EPOLL_CTL_DEL) {
        return lu_pass_args(t, SYS_epoll_ctl, a[0], a[1], a[2], (uint64_t)&e, 0, 0);
    }
    if (!lu_copy_from_guest(&g, a[3], sizeof g)) {
        return -EFAULT;
    }
    e.events = g.events;
    e.data.u64 = g.data;
    return lu_pass_args(t, SYS_epoll_ctl, a[0], a[1], a[2], (uint64_t)&e, 0, 0);
}

static int64_t put_events(uint64_t to, const struct epoll_event *e, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        GuestEvent g = { e[i].events, 0, e[i].data.u64 };
        if (!lu_copy_to_guest(to + (uint64_t)i * sizeof g, &g, sizeof g)) {
            return i ? i : -EFAULT;
        }
    }
    return n;
}

static int64_t epoll_wait_any(LuThread *t, long nr, const uint64_t *a)
{
    struct epoll_event few[64], *e = few;
    Mask m;
    int64_t r = nr == SYS_epoll_pwait2 ? check_time(a[3]) : 0;

    r = r ? r : get_mask(&m, a[4], a[5]);
    if (r) {
        return r;
    }
    if ((int)a[2] <= 0 || (int)a[2] > (int)(INT_MAX / sizeof(GuestEvent))) {
        return -EINVAL;
    }
    uint64_t n = a[2] > MAX_EVENTS ? MAX_EVENTS : a[2];
    if (n > 64) {
        e = malloc(n * sizeof *e);
        if (!e) {
            return -ENOMEM;
        }
    }
    r = lu_pass_args(t, nr, a[0], (uint64_t)e, n, a[3], m.given ? (uint64_t)&m.host : 0, 8);
    r = end_wait(t, &m, r);
    if (r > 0) {
        r = put_events(a[1], e, r);
    }
    if (e != few) {
        free(e);
    }
    return r;
}

int64_t lu_sys_epoll_pwait(LuThread *t, const uint64_t *a)
{
    return epoll_wait_any(t, SYS_epoll_pwait, a);
}

int64_t lu_sys_epoll_pwait2(LuThread *t, const uint64_t *a)
{
    return epoll_wait_any(t, SYS_epoll_pwait2, a);
}

int64_t lu_sys_ppoll(LuThread *t, const uint64_t *a)
{
    Mask m;
    int64_t r = check_time(a[2]);

    r = r ? r : get_mask(&m, a[3], a[4]);
    if (r) {
        return r;
    }
    r = lu_pass_args(t, SYS_ppoll, a[0], a[1], a[2], m.given ? (uint64_t)&m.host : 0, 8, 0);
    return end_wait(t, &m, r);
}

int64_t lu_sys_pselect6(LuThread *t, const uint64_t *a)
{
    uint64_t arg[2] = { 0, 0 };
    Mask m = { .given = false };
    int64_t r = 0;

    if (a[5]) {
        if (!lu_copy_from_guest(arg, a[5], sizeof arg)) {
            return -EFAULT;
        }
        r = check_time(a[4]);
        r = r ? r : get_mask(&m, arg[0], arg[1]);
        if (r) {
            return r;
        }
    }
    arg[0] = m.given ? (uint64_t)&m.host : 0;
    r = lu_pass_args(t, SYS_pselect6, a[0], a[1], a[2], a[3], a[4], (uint64_t)arg);
    return end_wait(t, &m, r);
}

int64_t lu_sys_rt_sigsuspend(LuThread *t, const uint64_t *a)
{
    Mask m;
    int64_t r = a[1] == 8 ? get_mask(&m, a[0], 8) : -EINVAL;

    if (r || !m.given) {
        return r ? r : -EFAULT;
    }
    r = lu_pass_args(t, SYS_rt_sigsuspend, (uint64_t)&m.host, 8, 0, 0, 0, 0);
    return end_wait(t, &m, r);
}
