/* SPDX-License-Identifier: BSD-2-Clause */
/* The main function of every program of system/.  The only place that prints and sets the exit status. */
#include "back/block/block.h"
#include "cli.h"
#include "machine.h"
#include "monitor/gdb.h"
#include "monitor/monitor.h"
#include "setup.h"
#include "target.h"

#include "dev/lock.h"
#include "dev/reset.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int complain(const SysTarget *t, int status, GError *err)
{
    fprintf(stderr, "%s: %s\n", t->program, err->message);
    g_error_free(err);
    return status;
}

static int print(const char *text)
{
    return fputs(text, stdout) < 0 || fflush(stdout) ? 1 : 0;
}

/* A signal that asks us to end: the machine is switched off. */
static gboolean on_signal(gpointer data)
{
    dev_lock_take();
    sys_machine_quit(data, 0);
    dev_lock_drop();
    return G_SOURCE_CONTINUE;
}

static gboolean start_log(const SysOptions *o, GError **err)
{
    unsigned mask = 0;
    const char *bad = NULL;

    if (o->log_items && !log_parse(o->log_items, &mask, &bad)) {
        obj_refuse(err, "-d %s: '%.*s' is no item; -d help lists them",
                   o->log_items, (int)strcspn(bad, ","), bad);
        return FALSE;
    }
    int e = log_init(mask, o->log_file);
    if (e < 0) {
        obj_refuse(err, "-D %s: %s", o->log_file, g_strerror(-e));
        return FALSE;
    }
    return TRUE;
}

/* In place: a name may be a device's, which must not be replaced by a file. */
static gboolean write_file(const char *path, const char *data, gsize n, GError **err)
{
    return g_file_set_contents_full(path, data, (gssize)n, G_FILE_SET_CONTENTS_NONE, 0666, err);
}

static gboolean write_pid(const SysOptions *o, GError **err)
{
    g_autofree char *text = g_strdup_printf("%ld\n", (long)getpid());

    return !o->pid_file || write_file(o->pid_file, text, strlen(text), err);
}

static gboolean dump_tree(const SysBoard *b, GError **err)
{
    gsize n;
    const char *data = g_bytes_get_data(b->tree, &n);

    return write_file(b->dumpdtb, data, n, err);
}

/* Monitors, and a machine that comes from elsewhere. */
static gboolean connect(SysMachine *m, const SysTarget *t, const SysOptions *o, GError **err)
{
    sys_monitors_use(m, t);
    if (!sys_setup_monitors(t, o, sys_machine_board(m), err) || !sys_setup_gdb(t, o, m, err)) {
        return FALSE;
    }
    if (o->incoming && !sys_migrate_begin(o->incoming, !o->paused, err)) {
        g_prefix_error(err, "-incoming %s: ", o->incoming);
        return FALSE;
    }
    if (o->loadvm && !sys_snap_load(o->loadvm, err)) {
        g_prefix_error(err, "-loadvm %s: ", o->loadvm);
        return FALSE;
    }
    return TRUE;
}

/* --- the process ----------------------------------------------------------------------------- */
static int ready = -1;          /* of a background process: tells who started it */

/* The caller goes on as the background process; its parent waits for what it says, and ends. */
static void go_to_background(void)
{
    int ends[2], status = 1;
    char byte;

    if (pipe2(ends, O_CLOEXEC) < 0) {
        return;
    }
    pid_t child = fork();
    if (child != 0) {
        close(ends[1]);
        gssize n = child > 0 ? read(ends[0], &byte, 1) : -1;
        _exit(n == 1 ? 0 : status);
    }
    close(ends[0]);
    setsid();
    ready = ends[1];
}

static void leave_terminal(void)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    for (int i = 0; i < 3 && null >= 0; i++) {
        dup2(null, i);
    }
    if (null > 2) {
        close(null);
    }
    if (ready >= 0) {
        if (write(ready, "", 1) < 0) {
            _exit(1);           /* who started us is gone */
        }
        close(ready);
        ready = -1;
    }
}

/* "name" or "uid:gid". */
static gboolean become(const char *who, GError **err)
{
    char *end = NULL;
    guint64 uid = g_ascii_strtoull(who, &end, 10), gid = *end == ':' ? g_ascii_strtoull(end + 1, &end, 10)
        : G_MAXUINT64;
    struct passwd *pw = NULL;

    if (*end || gid > G_MAXUINT32 || uid > G_MAXUINT32) {
        pw = getpwnam(who);
        if (!pw) {
            obj_refuse(err, "-runas %s: there is no such user", who);
            return FALSE;
        }
    }
    if (setgid(pw ? pw->pw_gid : (gid_t)gid) < 0 || (pw ? initgroups(who, pw->pw_gid) : setgroups(0, NULL)) < 0 ||
        setuid(pw ? pw->pw_uid : (uid_t)uid) < 0) {
        obj_refuse(err, "-runas %s: %s", who, g_strerror(errno));
        return FALSE;
    }
    return TRUE;
}

/* When everything is open: less of the host. */
static gboolean give_up(const SysOptions *o, GError **err)
{
    if (o->lock_memory && mlockall(MCL_CURRENT | MCL_FUTURE) < 0) {
        obj_refuse(err, "-overcommit mem-lock=on: %s", g_strerror(errno));
        return FALSE;
    }
    if (o->chroot && (chroot(o->chroot) < 0 || chdir("/") < 0)) {
        obj_refuse(err, "-chroot %s: %s", o->chroot, g_strerror(errno));
        return FALSE;
    }
    if (o->runas && !become(o->runas, err)) {
        return FALSE;
    }
    if (o->daemonize) {
        leave_terminal();
    }
    return TRUE;
}

/* Host code of a machine, before all is dropped: a sixteenth of its RAM, within these. */
enum { CODE_LEAST_MIB = 32, CODE_MOST_MIB = 256 };

/* The board becomes a machine and runs to its end. */
static int run(SysBoard *b, const SysTarget *t, const SysOptions *o)
{
    GError *err = NULL;
    SysMachineConfig config = { .no_reboot = o->no_reboot, .no_shutdown = o->no_shutdown, .turns = o->turns };
    SysMachine *m = sys_machine_new(b, &config);
    guint sources[] = {
        g_unix_signal_add(SIGTERM, on_signal, m), g_unix_signal_add(SIGINT, on_signal, m),
        g_unix_signal_add(SIGHUP, on_signal, m),
    };

    signal(SIGPIPE, SIG_IGN);
    tcg_limit_code((unsigned)CLAMP(b->ram_bytes >> 24, CODE_LEAST_MIB, CODE_MOST_MIB));
    sys_setup_set_machine(m);
    dev_reset(&b->b.dev, DEV_RESET_COLD);       /* with its images in place */
    gboolean good = connect(m, t, o, &err) && give_up(o, &err);
    if (good && !o->paused && !sys_migrate_is_awaited()) {
        sys_machine_cont(m);
    }
    dev_lock_drop();
    int status = good ? sys_machine_run(m) : complain(t, 1, err);
    dev_lock_take();
    sys_gdb_end();
    sys_monitors_use(NULL, NULL);
    sys_setup_set_machine(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(sources); i++) {
        g_source_remove(sources[i]);
    }
    dev_lock_drop();
    sys_machine_free(m);
    if (o->pid_file) {
        unlink(o->pid_file);
    }
    return status;
}

static int make_and_run(const SysTarget *t, const SysOptions *o)
{
    GError *err = NULL;
    static const TcgOwner debugged = { .breakpoint = sys_gdb_breakpoint };
    TcgConfig config = {
        .guest = t->guest, .tier = o->tier, .count_insns = o->turns.on,
        .lazy = o->lazy && !o->turns.on,        /* what is counted must not depend on what ran before */
        .owner = o->gdb || o->gdb_usual ? &debugged : NULL,
    };

    if (o->daemonize) {
        go_to_background();     /* before there is a thread */
    }
    if (!start_log(o, &err) || !write_pid(o, &err)) {
        return complain(t, 1, err);
    }
    sys_tcg_init(&config, t->ops);
    dev_lock_take();
    sys_block_await(o->incoming != NULL);
    SysBoard *b = sys_setup_board(t, o, &err);
    if (b && b->dumpdtb) {
        gboolean good = dump_tree(b, &err);
        sys_tcg_use(NULL);
        dev_board_free(&b->b);
        dev_lock_drop();
        return good ? 0 : complain(t, 1, err);
    }
    if (!b) {
        dev_lock_drop();
        return complain(t, 1, err);
    }
    return run(b, t, o);
}

int sys_main(const SysTarget *t, int argc, char **argv)
{
    GError *err = NULL;
    g_autoptr(SysOptions) o = sys_cli_parse(argc, argv, &err);

    if (!o) {
        return complain(t, 2, err);
    }
    if (o->help) {
        g_autofree char *text = sys_cli_help(t->program);
        return print(text);
    }
    if (o->version) {
        printf("%s version " PACKAGE_VERSION " (%s compatible machine emulator)\n", t->program, t->alias);
        return print("Copyright (c) the rhea authors; licence BSD-2-Clause\n");
    }
    if (o->log_items && (!strcmp(o->log_items, "help") || !strcmp(o->log_items, "?"))) {
        log_help(STDOUT_FILENO);
        return 0;
    }
    g_autofree char *text = sys_setup_help(t, o, &err);
    if (text || err) {
        return text ? print(text) : complain(t, 1, err);
    }
    return make_and_run(t, o);
}
