/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A user-mode program from its command line to its exit status.
 *
 * Exit statuses: the guest's own; 2 for usage, 1 for what cannot be done, 127 and 126 as a shell's
 * for a program that is not there or cannot be executed.
 */
#include "exec.h"
#include "fds.h"
#include "guestmem.h"
#include "load.h"
#include "map.h"
#include "options.h"
#include "path.h"
#include "seccomp.h"
#include "syscall.h"
#include "target.h"
#include "thread.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

#define AT_FLAGS_PRESERVE_ARGV0 1
#define MAX_SCRIPTS 5

const LuTarget *lu_target;
const void *lu_model;

static const TcgOwner owner = { .page_prot = lu_map_prot, .read = lu_copy_from_guest, .changes = &lu_map_changes };
static const TcgOwner debugged = {
    .page_prot = lu_map_prot, .read = lu_copy_from_guest, .changes = &lu_map_changes, .breakpoint = lu_gdb_breakpoint,
};

static int complain(int status, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* One line on stderr; returns status. */
static int complain(int status, const char *fmt, ...)
{
    char text[1024];
    int n = snprintf(text, sizeof text, "%s: ", lu_target->program);
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text + n, sizeof text - (size_t)n, fmt, ap);
    va_end(ap);
    dprintf(2, "%s\n", text);
    return status;
}

static int exec_status(int err)
{
    return err == ENOENT || err == ENOTDIR ? 127 : 126;
}

/* Opens a program. Returns a descriptor or -errno. */
static int open_program(const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        return -errno;
    }
    if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        close(fd);
        return -EISDIR;
    }
    if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS)) {
        close(fd);
        return -EACCES;
    }
    return fd;
}

/* A name without a slash: a file of this directory, as qemu takes it, else the first one in PATH.
 */
static int search_program(const char *name, char *out, size_t size)
{
    const char *path = getenv("PATH");
    LuPath host;
    int err = -ENOENT;

    snprintf(out, size, "%s", name);
    int fd = open_program(lu_path_host(&host, name));
    if (fd >= 0 || strchr(name, '/')) {
        return fd;
    }
    if (fd != -ENOENT && fd != -EISDIR) {
        err = fd;
    }
    for (path = path ? path : "/usr/local/bin:/usr/bin:/bin"; *path;) {
        size_t n = strcspn(path, ":");
        snprintf(out, size, "%.*s/%s", (int)n, path, name);
        fd = open_program(lu_path_host(&host, out));
        if (fd >= 0) {
            return fd;
        }
        err = fd == -EACCES ? fd : err;
        path += n + (path[n] == ':');
    }
    snprintf(out, size, "%s", name);
    return err;
}

/* What binfmt_misc and our own parent tell about the program: its name, and whether argv[0] comes
 * with it. */
static void take_hints(const char *self, char ***args, const char **argv0)
{
    size_t n = strlen(self);
    bool preserved = getauxval(AT_FLAGS) & AT_FLAGS_PRESERVE_ARGV0;

    preserved |= n > 9 && !strcmp(self + n - 9, "-binfmt-P");
    *argv0 = lu_options.argv0;
    if (preserved && (*args)[1] && !lu_options.argv0) {
        char *path = (*args)[0];
        *argv0 = (*args)[1];
        *args += 1;
        (*args)[0] = path;
    }
}

/* The program as a shell would find it, opened. */
typedef struct Target {
    char path[4096];
    const char *name;           /* as it was asked for: a script keeps it */
    char **argv;
    int fd;
    bool inherited;             /* see LuProgram */
} Target;

static int describe_failure(const Target *g, int err)
{
    switch (err) {
    case ENOENT: return complain(127, "%s: no such file", g->path);
    case EISDIR: return complain(126, "%s: is a directory", g->path);
    case EACCES: return complain(126, "%s: permission denied (is it executable?)", g->path);
    default: return complain(exec_status(err), "%s: %s", g->path, strerror(err));
    }
}

static int describe_machine(const Target *g, const LuProbe *probe)
{
    const char *name = lu_machine_name(probe->machine);

    if (probe->kind == LU_KIND_OTHER) {
        return complain(126, "%s: this is a program for %s: %s runs it", g->path, name,
                        probe->program);
    }
    if (probe->kind == LU_KIND_NATIVE) {
        return complain(126, "%s: this is a program for this machine (%s): run it without %s",
                        g->path, name, lu_target->program);
    }
    if (probe->machine) {
        return complain(126,
                        "%s: this is a program for %s (ELF machine %u), which no rhea program runs",
                        g->path, name ? name : "an unknown machine", probe->machine);
    }
    return complain(126, "%s: not an ELF program and not a #! script", g->path);
}

/* Puts the interpreter and its argument before the script. */
static bool push_interpreter(Target *g, const LuProbe *probe)
{
    size_t n = 0;

    while (g->argv[n]) {
        n++;
    }
    char **v = malloc((n + 4) * sizeof *v), *script = strdup(g->path);
    if (!v || !script) {
        return false;
    }
    size_t k = 0;
    v[k++] = strdup(probe->interp);
    if (probe->has_arg) {
        v[k++] = strdup(probe->arg);
    }
    v[k++] = script;
    memcpy(&v[k], &g->argv[n ? 1 : 0], (n ? n : 1) * sizeof *v);
    g->argv = v;
    snprintf(g->path, sizeof g->path, "%s", probe->interp);
    return true;
}

/* Goes through #! lines until a program of this guest is open. Returns -1, or an exit status. */
static int resolve(Target *g, char **envp)
{
    static LuProbe probe;
    LuPath host;

    for (unsigned i = 0; i <= MAX_SCRIPTS; i++) {
        lu_probe(g->fd, &probe);
        if (probe.kind == LU_KIND_GUEST) {
            return -1;
        }
        if (probe.kind != LU_KIND_SCRIPT) {
            if (i && probe.kind == LU_KIND_NATIVE) {
                int e = (int)-lu_exec_host(g->path, g->argv, envp);
                return complain(exec_status(e), "%s: %s", g->path, strerror(e));
            }
            return describe_machine(g, &probe);
        }
        close(g->fd);
        g->inherited = false;
        char script[4096];
        snprintf(script, sizeof script, "%s", g->path);
        if (!push_interpreter(g, &probe)) {
            return complain(126, "out of memory");
        }
        g->fd = open_program(lu_path_host(&host, g->path));
        if (g->fd < 0) {
            return complain(exec_status(-g->fd), "%s: its interpreter %s: %s", script, probe.interp,
                            strerror(-g->fd));
        }
    }
    return complain(126, "%s: too many #! interpreters", g->path);
}

/* What the kernel would show as the process: name and executable. */
static void take_identity(const Target *g)
{
    LuPath host;
    const char *path = lu_path_host(&host, g->path), *slash = strrchr(g->name, '/');

    prctl(PR_SET_NAME, slash ? slash + 1 : g->name);
    if (!realpath(path, lu_exe_path)) {
        snprintf(lu_exe_path, sizeof lu_exe_path, "%s", path);
    }
}

static int start_log(void)
{
    unsigned mask = 0;
    const char *bad;

    if (lu_options.log && !log_parse(lu_options.log, &mask, &bad)) {
        return complain(2, "-d: unknown item %.*s; -d help lists them", (int)strcspn(bad, ","),
                        bad);
    }
    lu_strace_on = lu_options.strace || (mask & LOG_STRACE);
    log_append = lu_options.reexec;
    if (mask || lu_strace_on || lu_options.log_file) {
        int r = log_init(mask, lu_options.log_file);
        if (r < 0) {
            return complain(1, "-D %s: %s", lu_options.log_file, strerror(-r));
        }
    }
    return -1;
}

static int run(Target *g, char **envp)
{
    TcgConfig config = {
        .guest = lu_target->abi->guest, .owner = lu_options.gdb ? &debugged : &owner, .tier = lu_options.tier,
        .lazy = lu_options.lazy, .one_insn_per_block = lu_options.one_insn, .host_mask = lu_options.host_mask,
    };
    LuProgram program = { .path = g->name, .fd = g->fd, .inherited = g->inherited, .argv = g->argv, .envp = envp };
    char why[512];

    tcg_init(&config);
    LuThread *t = lu_thread_first();
    if (lu_options.filter_fd >= 0 && !lu_seccomp_load(t, lu_options.filter_fd)) {
        return complain(126, "-filterfd %d: not filters", lu_options.filter_fd);
    }
    if (lu_options.cpu_state && !(lu_target->abi->exec_set && lu_target->abi->exec_set(t->env, lu_options.cpu_state))) {
        return complain(126, "-cpustate %s: not a state", lu_options.cpu_state);
    }
    take_identity(g);
    int err = lu_load(t, &program, why, sizeof why);
    close(g->fd);
    if (err) {
        return complain(exec_status(err), "%s", why);
    }
    if (lu_options.gdb && (err = lu_gdb_listen(lu_options.gdb)) < 0) {
        return complain(1, "-g %s: %s", lu_options.gdb, strerror(-err));
    }
    if (lu_options.gdb) {
        lu_gdb_start(t);
    }
    if (lu_options.traced) {
        lu_trace_exec(t);
    }
    lu_thread_loop(t);
    return t->exit_code;
}

static const char *next_model(unsigned i)
{
    return *(const char *const *)((const char *)lu_target->abi->models +
                                  i * lu_target->abi->model_size);
}

static int choose_model(void)
{
    if (!lu_options.cpu) {
        lu_options.cpu = lu_target->abi->default_model;
    }
    lu_model = lu_model_find(lu_options.cpu);
    if (lu_model) {
        return -1;
    }
    const char *bad = lu_options.cpu;
    size_t length = 0;
    const char *why = NULL;
    lu_model = lu_target->abi->model_parse ? lu_target->abi->model_parse(lu_options.cpu, &bad, &length, &why) : NULL;
    if (lu_model) {
        return -1;
    }
    if (bad != lu_options.cpu) {
        return complain(2, "CPU model %s: %.*s: %s", lu_options.cpu, (int)length, bad, why);
    }
    const char *near = lu_nearest(lu_options.cpu, next_model);
    char list[256] = "";
    for (unsigned i = 0; next_model(i); i++) {
        size_t n = strlen(list);
        snprintf(list + n, sizeof list - n, " %s", next_model(i));
    }
    return complain(2, "unknown CPU model %s%s%s%s; there are:%s", lu_options.cpu,
                    near ? " (did you mean " : "", near ? near : "", near ? "?)" : "", list);
}

int lu_main(const LuTarget *target, int argc, char **argv, char **envp)
{
    static LuCommand command;
    static Target g;
    int status;

    lu_target = target;
    lu_options_parse(argc, argv, envp, &command);
    if (command.message[0]) {
        dprintf(2, "%s\n", command.message);
    }
    if (command.print) {
        command.print();
    }
    if (command.status >= 0) {
        return command.status;
    }
    if ((status = choose_model()) >= 0 || (status = start_log()) >= 0) {
        return status;
    }
    const char *argv0;
    g.argv = command.args;
    take_hints(argv[0], &g.argv, &argv0);
    lu_fd_adopt();
    g.inherited = lu_options.prog_fd >= 0;
    if (lu_options.prog_fd < 0 && getauxval(AT_EXECFD)) {
        /* binfmt_misc's flag O: open even where we may not read. */
        lu_options.prog_fd = (int)getauxval(AT_EXECFD);
    }
    if (lu_options.prog_fd >= 0) {
        snprintf(g.path, sizeof g.path, "%s", g.argv[0]);
        g.fd = lu_options.prog_fd;
    } else {
        g.fd = search_program(g.argv[0], g.path, sizeof g.path);
    }
    if (g.fd < 0) {
        return describe_failure(&g, -g.fd);
    }
    if (argv0) {
        g.argv[0] = (char *)argv0;
    }
    g.name = strdup(g.path);
    if ((status = resolve(&g, command.envp)) >= 0) {
        return status;
    }
    return run(&g, command.envp);
}
