/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptors watched by the main loop: reading only what the front end takes, writing without blocking. */
#include "back/char/char.h"

#include "dev/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void stop(GSource **source)
{
    if (*source) {
        g_source_destroy(*source);
        g_source_unref(*source);
        *source = NULL;
    }
}

static GSource *watch(int fd, GIOCondition condition, GUnixFDSourceFunc fn, SysCharFd *f)
{
    GSource *s = g_unix_fd_source_new(fd, condition);

    g_source_set_callback(s, G_SOURCE_FUNC(fn), f, NULL);
    g_source_attach(s, NULL);
    return s;
}

static gboolean is_ready_later(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

/* The other end has gone. */
static void lose(SysCharFd *f)
{
    sys_char_fd_drop(f);
    if (f->gone) {
        f->gone(f);
    }
}

/* Input has ended; where it comes from another descriptor than output goes to, that goes on. */
static void end_input(SysCharFd *f)
{
    int in = f->in;

    if (f->out < 0 || f->in == f->out) {
        lose(f);
        return;
    }
    stop(&f->in_source);
    f->in = -1;
    if (!f->keep) {
        close(in);
    }
    sys_char_event(&f->c, SYS_CHAR_CLOSED);
}

/* --- descriptors that come with the input: SCM_RIGHTS [man 7 unix] ----------------------------- */
static void keep_fds(SysCharFd *f, struct msghdr *m)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        const gboolean rights = c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS;
        const gsize n = rights ? (c->cmsg_len - CMSG_LEN(0)) / sizeof(int) : 0;
        for (gsize i = 0; i < n; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
            if (f->sent->len < SYS_CHAR_FDS) {
                g_array_append_val(f->sent, fd);
            } else {
                close(fd);
            }
        }
    }
}

static void drop_fds(SysCharFd *f)
{
    for (guint i = 0; i < f->sent->len; i++) {
        close(g_array_index(f->sent, int, i));
    }
    g_array_set_size(f->sent, 0);
}

int sys_char_take_fd(SysChar *c)
{
    SysCharFd *f = obj_cast(&c->obj, &sys_char_fd_type);
    int fd = -1;

    if (f && f->sent->len) {
        fd = g_array_index(f->sent, int, 0);
        g_array_remove_index(f->sent, 0);
    }
    return fd;
}

static gssize receive(SysCharFd *f, void *to, gsize n)
{
    union {
        char space[CMSG_SPACE(SYS_CHAR_FDS * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec part = { to, n };
    struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
    gssize got = recvmsg(f->in, &m, MSG_CMSG_CLOEXEC);

    if (got < 0 && errno == ENOTSOCK) {
        return read(f->in, to, n);
    }
    if (got >= 0) {
        keep_fds(f, &m);
    }
    return got;
}

/* --- input ----------------------------------------------------------------------------------- */
static gboolean on_input(gint fd, GIOCondition condition, gpointer data)
{
    SysCharFd *f = data;
    guint8 buf[4096];

    dev_lock_take();
    guint room = sys_char_room(&f->c);
    gssize n = room ? receive(f, buf, MIN(room, sizeof buf)) : -1;
    gboolean over = room && (n == 0 || (n < 0 && !is_ready_later()));
    if (n > 0) {
        sys_char_input(&f->c, buf, f->filter ? f->filter(f, buf, (guint)n) : (guint)n);
    }
    if (over) {
        end_input(f);
    } else if (!sys_char_room(&f->c) && f->in_source) {
        stop(&f->in_source);    /* until the front end says more */
    }
    dev_lock_drop();
    return G_SOURCE_CONTINUE;
}

void sys_char_fd_more(SysChar *c)
{
    SysCharFd *f = (SysCharFd *)c;

    if (f->in >= 0 && !f->in_source && sys_char_room(c)) {
        f->in_source = watch(f->in, G_IO_IN | G_IO_HUP | G_IO_ERR, on_input, f);
    }
}

/* --- output ---------------------------------------------------------------------------------- */
/* Writes what the host takes; FALSE if the other end has gone. */
static gboolean flush_queue(SysCharFd *f)
{
    while (f->queue->len) {
        gssize n = write(f->out, f->queue->data, f->queue->len);
        if (n < 0) {
            return is_ready_later();
        }
        g_byte_array_remove_range(f->queue, 0, (guint)n);
    }
    return TRUE;
}

static gboolean on_output(gint fd, GIOCondition condition, gpointer data)
{
    SysCharFd *f = data;

    dev_lock_take();
    if (!flush_queue(f)) {
        lose(f);
    } else if (!f->queue->len) {
        stop(&f->out_source);
    }
    if (f->was_short && f->queue->len < SYS_CHAR_QUEUE) {
        f->was_short = FALSE;
        sys_char_writable(&f->c);
    }
    dev_lock_drop();
    return G_SOURCE_CONTINUE;
}

guint sys_char_fd_write(SysChar *c, const guint8 *data, guint n)
{
    SysCharFd *f = (SysCharFd *)c;

    if (f->out < 0) {
        return n;               /* nobody is there: bytes are lost, as on a line */
    }
    guint take = MIN(n, SYS_CHAR_QUEUE - f->queue->len);
    g_byte_array_append(f->queue, data, take);
    f->was_short |= take < n;
    if (!f->out_source) {
        /* The first attempt is made here; a loss is noticed by the watch, not inside the device's access. */
        if (!flush_queue(f) || f->queue->len) {
            f->out_source = watch(f->out, G_IO_OUT | G_IO_HUP | G_IO_ERR, on_output, f);
        }
    }
    return take;
}

/* --- descriptors ----------------------------------------------------------------------------- */
void sys_char_fd_use(SysCharFd *f, int in, int out, gboolean keep)
{
    f->in = in;
    f->out = out;
    f->keep = keep;
    if (in >= 0) {
        g_unix_set_fd_nonblocking(in, TRUE, NULL);
    }
    if (out >= 0) {
        g_unix_set_fd_nonblocking(out, TRUE, NULL);
    }
    sys_char_event(&f->c, SYS_CHAR_OPENED);
    sys_char_fd_more(&f->c);
}

void sys_char_fd_drop(SysCharFd *f)
{
    if (f->in < 0 && f->out < 0) {
        return;
    }
    if (f->out >= 0) {
        flush_queue(f);
    }
    g_byte_array_set_size(f->queue, 0);
    drop_fds(f);
    stop(&f->in_source);
    stop(&f->out_source);
    int in = f->in, out = f->out;
    f->in = f->out = -1;
    if (!f->keep) {
        if (in >= 0) {
            close(in);
        }
        if (out >= 0 && out != in) {
            close(out);
        }
    }
    sys_char_event(&f->c, SYS_CHAR_CLOSED);
    if (f->was_short) {
        f->was_short = FALSE;
        sys_char_writable(&f->c);
    }
}

static void init_fd(Obj *o)
{
    SysCharFd *f = (SysCharFd *)o;

    f->in = f->out = -1;
    f->queue = g_byte_array_new();
    f->sent = g_array_new(FALSE, FALSE, sizeof(int));
}

static void finalize_fd(Obj *o)
{
    g_byte_array_unref(((SysCharFd *)o)->queue);
    g_array_unref(((SysCharFd *)o)->sent);
}

const ObjType sys_char_fd_type = {
    .name = "chardev-fd",
    .text = OBJ_TEXT("A back end of file descriptors."),
    .parent = &sys_char_type,
    .size = sizeof(SysCharFd),
    .abstract = TRUE,
    .init = init_fd,
    .finalize = finalize_fd,
};
