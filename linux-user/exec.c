/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * execve(2). [man 2 execve]
 *
 * A program of this guest, or a script whose interpreter is one, is run by executing rhea's own
 * binary again: nothing has to be registered with the kernel, and everything execve does to a
 * process is done by the kernel. What the new instance must know goes into its arguments, before
 * the guest's; it builds the guest's own argument vector from them, so the guest never sees them.
 * Another guest's program is run by its rhea in our directory, a native program by itself.
 */
#include "busy.h"
#include "exec.h"
#include "fds.h"
#include "guestmem.h"
#include "load.h"
#include "options.h"
#include "path.h"
#include "seccomp.h"
#include "syscall.h"
#include "tagged.h"
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_NESTING 5
#define OWN_WORDS 16            /* beside lu_options.words */

/* How to start what was asked for. */
typedef struct Plan {
    LuKind kind;                /* of the program, or of a script's last interpreter */
    const char *program;        /* LU_KIND_OTHER */
} Plan;

/* The file's own interpreter must be there, or the kernel would have said so. */
static int check_image(int fd)
{
    LuImage image;
    LuPath path;

    if (lu_image_check(fd, &image)) {
        return -ENOEXEC;
    }
    if (image.interp[0] &&
        faccessat(AT_FDCWD, lu_path_host(&path, image.interp), X_OK, AT_EACCESS)) {
        return -errno;
    }
    return 0;
}

/* Follows #! lines to the program that will run. */
static int make_plan(int fd, Plan *plan, unsigned depth)
{
    LuProbe *probe = malloc(sizeof *probe);
    LuPath path;
    int r = 0;

    if (!probe) {
        return -ENOMEM;
    }
    lu_probe(fd, probe);
    plan->kind = probe->kind;
    plan->program = probe->program;
    const bool ours = plan->kind == LU_KIND_GUEST || plan->kind == LU_KIND_OTHER || plan->kind == LU_KIND_SCRIPT;
    if (ours && lu_busy_written(fd)) {
        r = -ETXTBSY;
    } else if (probe->kind == LU_KIND_GUEST) {
        r = check_image(fd);
    } else if (probe->kind == LU_KIND_SCRIPT) {
        int next = depth < MAX_NESTING
                       ? open(lu_path_host(&path, probe->interp), O_RDONLY | O_CLOEXEC)
                       : -1;
        if (depth >= MAX_NESTING) {
            r = -ELOOP;
        } else if (next < 0) {
            r = errno == EACCES ? 0 : -errno;
            plan->kind = LU_KIND_UNKNOWN;
        } else {
            r = make_plan(next, plan, depth + 1);
            close(next);
        }
    }
    free(probe);
    return r;
}

static int check_permission(int dirfd, const char *path, int flags)
{
    struct stat st;
    int stat_flags = flags & (AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW);

    if (fstatat(dirfd, path, &st, stat_flags)) {
        return -errno;
    }
    if (S_ISLNK(st.st_mode)) {
        return -ELOOP;
    }
    if (!S_ISREG(st.st_mode)) {
        return -EACCES;
    }
    return faccessat(dirfd, path, X_OK, AT_EACCESS | stat_flags) ? -errno : 0;
}

/* Number of words of a guest's argument vector, or -errno. */
static long count_words(uint64_t at)
{
    uint64_t word;
    long n = 0;

    for (; at; at += 8, n++) {
        if (!lu_copy_from_guest(&word, at, 8)) {
            return -EFAULT;
        }
        if (!word) {
            break;
        }
        if (n > 1 << 22) {
            return -E2BIG;
        }
    }
    return n;
}

/* Opens the binary that shall run: our own, or one beside it. */
static int open_rhea(const Plan *plan)
{
    char name[4096];

    if (plan->kind == LU_KIND_GUEST) {
        int fd = lu_options.exec_fd < 0 ? open("/proc/self/exe", O_PATH | O_CLOEXEC) : -1;
        return fd >= 0 ? fd : lu_fd_self_exe();
    }
    ssize_t n = readlink("/proc/self/exe", name, sizeof name - 64);
    if (n <= 0) {
        return -1;
    }
    name[n] = 0;
    char *slash = strrchr(name, '/');
    memcpy(slash + 1, plan->program, strlen(plan->program) + 1);
    return open(name, O_PATH | O_CLOEXEC);
}

/* What the guest ignores but we handle must be ignored in the new program too; blocked stays
 * blocked. */
static void hand_over_signals(const LuThread *t, bool over)
{
    static const int kept[] = { SIGSEGV, SIGBUS };

    for (unsigned i = 0; i < 2; i++) {
        uint64_t bit = lu_sigbit(kept[i]);
        if (t->mask & bit) {
            LU_RAW4(SYS_rt_sigprocmask, over ? SIG_BLOCK : SIG_UNBLOCK, &bit, NULL, 8);
        }
    }
}

/* One attempt; lu_host_syscall so that no signal is lost on the way. */
static int64_t try_exec(LuThread *t, int dirfd, const char *path, char **argv, uint64_t envp,
                        int flags)
{
    hand_over_signals(t, true);
    int64_t r = lu_pass_args(t, SYS_execveat, (uint64_t)dirfd, (uint64_t)path, (uint64_t)argv, envp,
                             (uint64_t)flags, 0);
    hand_over_signals(t, false);
    return r;
}

/* Runs rhea: its options, then the program and the guest's arguments. */
static int64_t exec_rhea(LuThread *t, const Plan *plan, int prog_fd, const char *path,
                         uint64_t argv, long argc, uint64_t envp)
{
    char fd_text[16], prog_text[16], filter_text[16], state[32];
    size_t n = 0;
    bool kept = lu_options.exec_fd >= 0;
    int exe = open_rhea(plan);

    if (exe < 0) {
        return -ENOEXEC;
    }
    const char **v = malloc(((size_t)argc + lu_options.nwords + OWN_WORDS) * sizeof *v);
    uint64_t first = 0;
    if (!v || (argc > 0 && !lu_copy_from_guest(&first, argv, 8))) {
        free(v);
        return v ? -EFAULT : -ENOMEM;
    }
    v[n++] = plan->kind == LU_KIND_GUEST ? lu_target->program : plan->program;
    v[n++] = "-reexec";
    for (unsigned i = 0; i < lu_options.nwords; i++) {
        v[n++] = lu_options.words[i];
    }
    if (kept && plan->kind == LU_KIND_GUEST) {
        snprintf(fd_text, sizeof fd_text, "%d", exe);
        v[n++] = "-execfd";
        v[n++] = fd_text;
        fcntl(exe, F_SETFD, 0);
    }
    if (prog_fd >= 0) {
        snprintf(prog_text, sizeof prog_text, "%d", prog_fd);
        v[n++] = "-progfd";
        v[n++] = prog_text;
    }
    if (plan->kind == LU_KIND_GUEST && lu_target->abi->exec_get &&
        lu_target->abi->exec_get(t->env, state, sizeof state)) {
        v[n++] = "-cpustate";
        v[n++] = state;
    }
    int filters = lu_seccomp_save(t);
    if (filters >= 0) {
        snprintf(filter_text, sizeof filter_text, "%d", filters);
        v[n++] = "-filterfd";
        v[n++] = filter_text;
    }
    if (t->trace.on) {
        v[n++] = "-traced";
    }
    v[n++] = "-0";
    v[n++] = first ? (const char *)first : "";
    v[n++] = "--";
    v[n++] = path;
    bool ok = argc < 2 || lu_copy_from_guest(&v[n], argv + 8, ((size_t)argc - 1) * 8);
    n += argc < 2 ? 0 : (size_t)argc - 1;
    v[n] = NULL;
    int64_t r = ok ? try_exec(t, exe, "", (char **)v, envp, AT_EMPTY_PATH) : -EFAULT;
    if (filters >= 0) {
        close(filters);
    }
    if (kept) {
        fcntl(exe, F_SETFD, FD_CLOEXEC);
    } else {
        close(exe);
    }
    free(v);
    return r;
}

/* The path by which the new program will be known. */
static int name_program(char *out, size_t size, int dirfd, const char *path)
{
    int n;

    if (path[0] == '/' || dirfd == AT_FDCWD) {
        n = snprintf(out, size, "%s", path);
    } else if (path[0]) {
        n = snprintf(out, size, "/dev/fd/%d/%s", dirfd, path);
    } else {
        n = snprintf(out, size, "/dev/fd/%d", dirfd);
    }
    return n < (int)size ? 0 : -ENAMETOOLONG;
}

/* A descriptor of ours for the file of fd, to read from. An O_PATH one has to be opened again. */
static int second_fd(int fd)
{
    char link[32];
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || !(flags & O_PATH)) {
        return fcntl(fd, F_DUPFD_CLOEXEC, lu_fd_base());
    }
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    int low = open(link, O_RDONLY | O_CLOEXEC);
    if (low < 0) {
        return low;
    }
    int high = fcntl(low, F_DUPFD_CLOEXEC, lu_fd_base());
    close(low);
    return high;
}

static int64_t exec_plain(LuThread *t, int dirfd, uint64_t guest_path, uint64_t argv, uint64_t envp,
                          int flags)
{
    char asked[4096], name[4096 + 32];
    LuPath found;
    Plan plan;
    long len = lu_str_from_guest(asked, guest_path, sizeof asked);

    if (len < 0) {
        return len;
    }
    if (!asked[0] && !(flags & AT_EMPTY_PATH)) {
        return -ENOENT;
    }
    if (flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) {
        return -EINVAL;
    }
    const char *path = (const char *)lu_path_arg(&found, (uint64_t)asked, true);
    int r = check_permission(dirfd, path, flags);
    if (r == 0) {
        r = name_program(name, sizeof name, dirfd, asked);
    }
    if (r) {
        return r;
    }
    long argc = count_words(argv), envc = count_words(envp);
    if (argc < 0 || envc < 0) {
        return argc < 0 ? argc : envc;
    }
    /* An empty path: a second descriptor of the same file, to be read and, if need be, inherited.
     */
    int fd = asked[0] ? openat(dirfd, path, O_RDONLY | O_CLOEXEC) : second_fd(dirfd);
    if (fd < 0) {
        return try_exec(t, dirfd, path, (char **)argv, envp, flags);
    }
    r = make_plan(fd, &plan, 0);
    int64_t result = r;
    if (r == 0 && (plan.kind == LU_KIND_GUEST || plan.kind == LU_KIND_OTHER)) {
        bool by_fd = !asked[0];
        if (by_fd) {
            fcntl(fd, F_SETFD, 0);
        }
        /* The new instance looks the name up again, unless it cannot be looked up. */
        bool exe_link = path != asked && !strncmp(asked, "/proc/", 6);
        result = exec_rhea(t, &plan, by_fd ? fd : -1, exe_link ? path : name, argv, argc, envp);
    } else if (r == 0) {
        result = try_exec(t, dirfd, path, (char **)argv, envp, flags);
    }
    close(fd);
    return result;
}

int64_t lu_exec(LuThread *t, int dirfd, uint64_t path, uint64_t argv, uint64_t envp, int flags)
{
    long argc = t->tagged ? count_words(argv) : -1, envc = t->tagged ? count_words(envp) : -1;

    if (argc < 0 || envc < 0) {
        return exec_plain(t, dirfd, path, argv, envp, flags);
    }
    uint64_t *a = lu_tagged_words(argv, argc), *e = lu_tagged_words(envp, envc);
    int64_t r = a && e ? exec_plain(t, dirfd, path, (uint64_t)a, (uint64_t)e, flags) : -ENOMEM;
    free(a);
    free(e);
    return r;
}

int64_t lu_exec_host(const char *path, char **argv, char **envp)
{
    return LU_RAW3(SYS_execve, path, argv, envp);
}
