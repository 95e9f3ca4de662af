/* SPDX-License-Identifier: BSD-2-Clause */
/* Files, named pipes, the program's own terminal, pseudo terminals. [man 7 fifo] [man 3 termios]
 * [man 3 posix_openpt] */
#include "back/char/char.h"

#include "back/back.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

static void close_fd(SysChar *c)
{
    sys_char_fd_drop((SysCharFd *)c);
}

static int open_path(const char *path, int flags, GError **err)
{
    int fd = sys_open(path, flags, 0666);

    if (fd < 0) {
        obj_refuse(err, "'%s': %s", path, g_strerror(errno));
    }
    return fd;
}

/* --- file ------------------------------------------------------------------------------------ */
typedef struct File {
    SysCharFd f;
    char *path, *input_path;
    gboolean append;
} File;

static gboolean open_file(SysChar *c, GError **err)
{
    File *x = (File *)c;
    int in = -1, out;

    if (!x->path) {
        obj_refuse(err, "path: must be set");
        return FALSE;
    }
    out = open_path(x->path, O_WRONLY | O_CREAT | (x->append ? O_APPEND : O_TRUNC), err);
    if (out >= 0 && x->input_path) {
        in = open_path(x->input_path, O_RDONLY, err);
        if (in < 0) {
            close(out);
            return FALSE;
        }
    }
    if (out < 0) {
        return FALSE;
    }
    sys_char_fd_use(&x->f, in, out, FALSE);
    return TRUE;
}

static const ObjProp file_props[] = {
    OBJ_PROP_STR("path", "The file that is written.", File, path, NULL),
    OBJ_PROP_STR("input-path", "A file that is read.", File, input_path, NULL),
    OBJ_PROP_BOOL("append", "Keep what the file has.", File, append, FALSE),
    { 0 },
};

const SysCharType sys_char_file = {
    .obj = { .name = "chardev-file", .text = OBJ_TEXT("Writes to a file, and can read from another."),
             .parent = &sys_char_fd_type, .size = sizeof(File), .props = file_props },
    .open = open_file,
    .close = close_fd,
    .write = sys_char_fd_write,
    .more = sys_char_fd_more,
};

/* --- pipe ------------------------------------------------------------------------------------ */
/* PATH.in and PATH.out if they are there, else PATH for both directions. */
static gboolean open_pipe(SysChar *c, GError **err)
{
    File *x = (File *)c;

    if (!x->path) {
        obj_refuse(err, "path: must be set");
        return FALSE;
    }
    g_autofree char *in_name = g_strconcat(x->path, ".in", NULL),
                    *out_name = g_strconcat(x->path, ".out", NULL);
    gboolean two =
        g_file_test(in_name, G_FILE_TEST_EXISTS) && g_file_test(out_name, G_FILE_TEST_EXISTS);
    /* Opened for both directions, a pipe neither waits for its other end nor ends with it. */
    int in = open_path(two ? in_name : x->path, O_RDWR | O_NONBLOCK, err);
    int out = in >= 0 && two ? open_path(out_name, O_RDWR | O_NONBLOCK, err) : in;
    if (in < 0 || out < 0) {
        if (in >= 0) {
            close(in);
        }
        return FALSE;
    }
    sys_char_fd_use(&x->f, in, out, FALSE);
    return TRUE;
}

static const ObjProp pipe_props[] = {
    OBJ_PROP_STR("path", "A pipe for both directions, or the stem of PATH.in and PATH.out.", File, path, NULL),
    { 0 },
};

const SysCharType sys_char_pipe = {
    .obj = { .name = "chardev-pipe", .text = OBJ_TEXT("Named pipes of the host."), .parent = &sys_char_fd_type,
             .size = sizeof(File), .props = pipe_props },
    .open = open_pipe,
    .close = close_fd,
    .write = sys_char_fd_write,
    .more = sys_char_fd_more,
};

/* --- stdio ----------------------------------------------------------------------------------- */
typedef struct Stdio {
    SysCharFd f;
    gboolean signal, raw;       /* raw: old holds what to restore */
    struct termios old;
    int in_flags, out_flags;
} Stdio;

static Stdio *stdio_user;       /* a process has one */

static gboolean open_stdio(SysChar *c, GError **err)
{
    Stdio *x = (Stdio *)c;

    if (stdio_user) {
        g_autofree char *who = obj_describe(&stdio_user->f.c.obj);
        g_set_error(err, OBJ_ERROR, OBJ_ERROR_IN_USE, "the standard input is used by %s", who);
        return FALSE;
    }
    stdio_user = x;
    x->in_flags = fcntl(0, F_GETFL);
    x->out_flags = fcntl(1, F_GETFL);
    x->raw = isatty(0) && tcgetattr(0, &x->old) == 0;
    if (x->raw) {
        struct termios t = x->old;
        t.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
        t.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | IEXTEN | (x->signal ? 0 : ISIG));
        t.c_oflag |= OPOST;
        t.c_cc[VMIN] = 1;
        t.c_cc[VTIME] = 0;
        tcsetattr(0, TCSANOW, &t);
    }
    sys_char_fd_use(&x->f, 0, 1, TRUE);
    return TRUE;
}

static void close_stdio(SysChar *c)
{
    Stdio *x = (Stdio *)c;

    sys_char_fd_drop(&x->f);
    if (stdio_user != x) {
        return;
    }
    stdio_user = NULL;
    if (x->raw) {
        tcsetattr(0, TCSANOW, &x->old);
    }
    if (x->in_flags >= 0) {
        fcntl(0, F_SETFL, x->in_flags);
    }
    if (x->out_flags >= 0) {
        fcntl(1, F_SETFL, x->out_flags);
    }
}

static const ObjProp stdio_props[] = {
    OBJ_PROP_BOOL("signal", "Let the terminal's interrupt key end the program.", Stdio, signal, TRUE),
    { 0 },
};

const SysCharType sys_char_stdio = {
    .obj = { .name = "chardev-stdio", .text = OBJ_TEXT("The program's own standard input and output."),
             .parent = &sys_char_fd_type, .size = sizeof(Stdio), .props = stdio_props },
    .open = open_stdio,
    .close = close_stdio,
    .write = sys_char_fd_write,
    .more = sys_char_fd_more,
};

/* --- pty ------------------------------------------------------------------------------------- */
typedef struct Pty {
    SysCharFd f;
    char *path;
    int slave; /* held, so that the master does not end when a terminal program does */
} Pty;

static gboolean open_pty(SysChar *c, GError **err)
{
    Pty *x = (Pty *)c;
    char name[128];
    int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    struct termios t;

    if (fd < 0 || grantpt(fd) < 0 || unlockpt(fd) < 0 || ptsname_r(fd, name, sizeof name) ||
        (x->slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0) {
        obj_refuse(err, "no pseudo terminal: %s", g_strerror(errno));
        if (fd >= 0) {
            close(fd);
        }
        return FALSE;
    }
    if (tcgetattr(x->slave, &t) == 0) {
        cfmakeraw(&t);
        tcsetattr(x->slave, TCSANOW, &t);
    }
    x->path = g_strdup(name);
    sys_char_fd_use(&x->f, fd, fd, FALSE);
    return TRUE;
}

static void close_pty(SysChar *c)
{
    Pty *x = (Pty *)c;

    sys_char_fd_drop(&x->f);
    close(x->slave);
}

static const ObjProp pty_props[] = {
    OBJ_PROP_STR("path", "The terminal that was opened, for a terminal program.", Pty, path, NULL,
                 .flags = OBJ_READ_ONLY),
    { 0 },
};

const SysCharType sys_char_pty = {
    .obj = { .name = "chardev-pty", .text = OBJ_TEXT("A new pseudo terminal."), .parent = &sys_char_fd_type,
             .size = sizeof(Pty), .props = pty_props },
    .open = open_pty,
    .close = close_pty,
    .write = sys_char_fd_write,
    .more = sys_char_fd_more,
};
