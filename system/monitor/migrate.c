/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Machines that move: a saved state to and from a URI.
 *
 * file:PATH  exec:COMMAND  unix:PATH  tcp:HOST:PORT  fd:NAME.  The machine stands from the beginning to the end; who
 * writes connects, who reads listens.  The stream is libdev's (dev/snap.h), which trusts nobody.
 */
#include "monitor/private.h"

#include "back/block/block.h"

#include "dev/lock.h"
#include "dev/snap.h"

#include "base/log.h"

#include <fcntl.h>
#include <gio/gunixinputstream.h>
#include <gio/gunixoutputstream.h>
#include <gio/gunixsocketaddress.h>
#include <string.h>
#include <unistd.h>

enum { SILENT_MOST_S = 30 };

static gboolean unknown(const char *uri, GError **err)
{
    obj_refuse(err,
               "'%s': must be file:PATH, exec:COMMAND, unix:PATH, tcp:HOST:PORT or fd:NAME", uri);
    return FALSE;
}

/* "fd:NAME" of getfd, or the number of a descriptor that the program was started with; -1 with an error. */
static int take_fd(const char *uri, GError **err)
{
    char *end = NULL;
    const guint64 number = g_ascii_strtoull(uri + 3, &end, 10);
    int fd = g_ascii_isdigit(uri[3]) && !*end && number <= G_MAXINT32 ? (int)number : sys_qmp_take_fd(uri + 3);

    if (fd < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
        obj_refuse(err, "'%s': File descriptor named '%s' not found", uri, uri + 3);
        return -1;
    }
    return fd;
}

/* --- out ------------------------------------------------------------------------------------- */
static gboolean save_file(const char *path, GError **err)
{
    g_autoptr(GFile) f = g_file_new_for_path(path);
    g_autoptr(GFileOutputStream) out = g_file_replace(f, NULL, FALSE, G_FILE_CREATE_PRIVATE, NULL, err);

    return out && dev_snap_save(&sys_monitors.board->b, G_OUTPUT_STREAM(out), err) &&
           g_output_stream_close(G_OUTPUT_STREAM(out), NULL, err);
}

static gboolean save_exec(const char *command, GError **err)
{
    g_autoptr(GSubprocess) p = g_subprocess_new(G_SUBPROCESS_FLAGS_STDIN_PIPE, err, "/bin/sh", "-c", command, NULL);
    GOutputStream *out = p ? g_subprocess_get_stdin_pipe(p) : NULL;

    return out && dev_snap_save(&sys_monitors.board->b, out, err) && g_output_stream_close(out, NULL, err) &&
           g_subprocess_wait_check(p, NULL, err);
}

static GSocketConnectable *address(const char *uri, GError **err)
{
    if (g_str_has_prefix(uri, "unix:")) {
        return G_SOCKET_CONNECTABLE(g_unix_socket_address_new(uri + 5));
    }
    return g_network_address_parse(uri + 4, 0, err);
}

static gboolean save_socket(const char *uri, GError **err)
{
    g_autoptr(GSocketConnectable) where = address(uri, err);
    g_autoptr(GSocketClient) client = g_socket_client_new();
    g_autoptr(GSocketConnection) c = where ? g_socket_client_connect(client, where, NULL, err) : NULL;

    return c && dev_snap_save(&sys_monitors.board->b, g_io_stream_get_output_stream(G_IO_STREAM(c)), err) &&
           g_io_stream_close(G_IO_STREAM(c), NULL, err);
}

static gboolean save_fd(const char *uri, GError **err)
{
    int fd = take_fd(uri, err);
    g_autoptr(GOutputStream) out = fd >= 0 ? g_unix_output_stream_new(fd, TRUE) : NULL;

    return out && dev_snap_save(&sys_monitors.board->b, out, err) && g_output_stream_close(out, NULL, err);
}

static gboolean save(const char *uri, GError **err)
{
    return g_str_has_prefix(uri, "file:")   ? save_file(uri + 5, err)
           : g_str_has_prefix(uri, "exec:") ? save_exec(uri + 5, err)
           : g_str_has_prefix(uri, "fd:")   ? save_fd(uri, err)
           : g_str_has_prefix(uri, "unix:") || g_str_has_prefix(uri, "tcp:") ? save_socket(uri, err)
                                                                             : unknown(uri, err);
}

static void tell(const char *status)
{
    JsonObject *o = json_object_new();

    json_object_set_string_member(o, "status", status);
    sys_qmp_event("MIGRATION", sys_qmp_node(o));
}

/* --- disks ----------------------------------------------------------------------------------- */
/* All of them, whatever becomes of one: the first error counts. */
static gboolean each_disk(gboolean (*fn)(SysBlock *b, GError **err), GError **err)
{
    Obj *dir = obj_child(sys_monitors.board->b.root, "objects");
    gboolean good = TRUE;

    for (guint i = 0; dir && dir->children && i < dir->children->len; i++) {
        SysBlock *b = obj_cast(g_ptr_array_index(dir->children, i), &sys_block_type);
        if (b && b->done.source) {
            good = fn(b, good ? err : NULL) && good;
        }
    }
    return good;
}

gboolean sys_migrate_take_back(GError **err)
{
    return each_disk(sys_block_take_back, err);
}

gboolean sys_migrate_out(const char *uri, GError **err)
{
    GError *why = NULL;
    gboolean was_running = sys_machine_running(sys_monitors.machine);

    sys_machine_stop(sys_monitors.machine);
    gboolean good = each_disk(sys_block_leave, &why) && save(uri, &why);        /* who gets it may run it at once */
    g_clear_pointer(&sys_monitors.moved_error, g_free);
    sys_monitors.moved = good ? "completed" : "failed";
    sys_monitors.moved_error = good ? NULL : g_strdup(why->message);
    if (!good && sys_migrate_take_back(NULL) && was_running) {
        sys_machine_cont(sys_monitors.machine);
    }
    tell(sys_monitors.moved);
    if (!good) {
        g_propagate_error(err, why);
    }
    return good;
}

/* --- in -------------------------------------------------------------------------------------- */
static gboolean load(GInputStream *in, GError **err)
{
    sys_block_await(FALSE);
    return in && dev_snap_load(&sys_monitors.board->b, in, err) && sys_migrate_take_back(err);
}

static gboolean load_file(const char *path, GError **err)
{
    g_autoptr(GFile) f = g_file_new_for_path(path);
    g_autoptr(GFileInputStream) in = g_file_read(f, NULL, err);

    return in && load(G_INPUT_STREAM(in), err);
}

static gboolean load_exec(const char *command, GError **err)
{
    g_autoptr(GSubprocess) p = g_subprocess_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE, err, "/bin/sh", "-c", command, NULL);

    return p && load(g_subprocess_get_stdout_pipe(p), err) && g_subprocess_wait_check(p, NULL, err);
}

static gboolean load_fd(const char *uri, GError **err)
{
    int fd = take_fd(uri, err);
    g_autoptr(GInputStream) in = fd >= 0 ? g_unix_input_stream_new(fd, TRUE) : NULL;

    return load(in, err);
}

/* Those that are there, or come by themselves. */
static gboolean load_at_once(const char *uri, GError **err)
{
    return g_str_has_prefix(uri, "file:")   ? load_file(uri + 5, err)
           : g_str_has_prefix(uri, "exec:") ? load_exec(uri + 5, err)
                                            : load_fd(uri, err);
}

static gboolean is_at_once(const char *uri)
{
    return g_str_has_prefix(uri, "file:") || g_str_has_prefix(uri, "exec:") || g_str_has_prefix(uri, "fd:");
}

/* A socket's file that a program which is gone has left: nobody answers there. */
static void remove_stale(GSocketConnectable *where, const char *path)
{
    g_autoptr(GSocketClient) client = g_socket_client_new();
    g_autoptr(GError) err = NULL;
    g_autoptr(GSocketConnection) c = g_socket_client_connect(client, where, NULL, &err);

    if (g_error_matches(err, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED)) {
        unlink(path);
    }
}

static GSocketListener *listen_at(const char *uri, GError **err)
{
    g_autoptr(GSocketListener) listener = g_socket_listener_new();
    g_autoptr(GSocketConnectable) where = address(uri, err);
    g_autoptr(GSocketAddressEnumerator) all = where ? g_socket_connectable_enumerate(where) : NULL;
    g_autoptr(GSocketAddress) a = all ? g_socket_address_enumerator_next(all, NULL, err) : NULL;

    if (a && g_str_has_prefix(uri, "unix:")) {
        remove_stale(where, uri + strlen("unix:"));
    }
    if (!a || !g_socket_listener_add_address(listener, a, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL,
                                             NULL, err)) {
        return NULL;
    }
    return g_steal_pointer(&listener);
}

/* --- later ----------------------------------------------------------------------------------- */
/* The machine has come, or (why) has not: then there is nothing to run. */
static void arrived(GError *why)
{
    SysMonitors *s = &sys_monitors;

    s->awaits = FALSE;
    s->moved = why ? "failed" : "completed";
    g_clear_pointer(&s->moved_error, g_free);
    s->moved_error = why ? g_strdup(why->message) : NULL;
    tell(s->moved);
    if (why) {
        log_printf("migrate-incoming: %s\n", why->message);
        sys_machine_quit(s->machine, 1);
    } else if (s->starts) {
        sys_machine_cont(s->machine);
    }
}

static void load_from(GSocketConnection *c, GError *why)
{
    g_autoptr(GError) wrong = why;

    dev_lock_take();
    if (c) {
        sys_machine_stop(sys_monitors.machine);     /* a debugger may have let it go */
        load(g_io_stream_get_input_stream(G_IO_STREAM(c)), &wrong);
    }
    arrived(wrong);
    dev_lock_drop();
}

static gboolean on_first(GSocket *s, GIOCondition what, gpointer c)
{
    load_from(c, NULL);
    return G_SOURCE_REMOVE;
}

/* The main loop goes on until the peer has begun; who then falls silent is given up. */
static void on_peer(GObject *listener, GAsyncResult *result, gpointer data)
{
    g_autofree char *uri = data;
    GError *why = NULL;
    GSocketConnection *c = g_socket_listener_accept_finish(G_SOCKET_LISTENER(listener), result, NULL, &why);

    g_socket_listener_close(G_SOCKET_LISTENER(listener));
    if (g_str_has_prefix(uri, "unix:")) {
        unlink(uri + strlen("unix:"));
    }
    if (!c) {
        load_from(NULL, why);
        return;
    }
    GSocket *s = g_socket_connection_get_socket(c);
    g_autoptr(GSource) first = g_socket_create_source(s, G_IO_IN | G_IO_HUP, NULL);
    g_source_set_callback(first, G_SOURCE_FUNC(on_first), c, g_object_unref);
    g_source_attach(first, NULL);
    g_socket_set_timeout(s, SILENT_MOST_S);
}

static gboolean on_idle(gpointer uri)
{
    g_autoptr(GError) why = NULL;

    dev_lock_take();
    sys_machine_stop(sys_monitors.machine);     /* a debugger may have let it go */
    load_at_once(uri, &why);
    arrived(why);
    dev_lock_drop();
    return G_SOURCE_REMOVE;
}

gboolean sys_migrate_in_later(const char *uri, GError **err)
{
    if (is_at_once(uri)) {
        g_idle_add_full(G_PRIORITY_DEFAULT_IDLE, on_idle, g_strdup(uri), g_free);
        return TRUE;
    }
    if (!g_str_has_prefix(uri, "unix:") && !g_str_has_prefix(uri, "tcp:")) {
        return unknown(uri, err);
    }
    g_autoptr(GSocketListener) listener = listen_at(uri, err);
    if (listener) {
        g_socket_listener_accept_async(listener, NULL, on_peer, g_strdup(uri));      /* which keeps it */
    }
    return listener != NULL;
}

gboolean sys_migrate_begin(const char *uri, gboolean starts, GError **err)
{
    if (is_at_once(uri)) {
        return load_at_once(uri, err);
    }
    sys_monitors.awaits = TRUE;
    sys_monitors.starts = starts;
    sys_monitors.comes = strcmp(uri, "defer") != 0;
    return !sys_monitors.comes || sys_migrate_in_later(uri, err);
}

gboolean sys_migrate_is_awaited(void)
{
    return sys_monitors.awaits;
}
