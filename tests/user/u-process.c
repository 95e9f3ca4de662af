/* SPDX-License-Identifier: BSD-2-Clause */
/* fork, vfork, clone, exec, wait. Runs itself again for the exec tests. */
#define _GNU_SOURCE
#include "tap.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static char self[4096];

static int status_of(pid_t pid)
{
    int status = -1;
    waitpid(pid, &status, 0);
    return status;
}

static void forks(void)
{
    volatile int x = 1;
    pid_t pid = fork();

    if (!pid) {
        x = 2;
        _exit(x == 2 && getppid() != getpid() ? 42 : 1);
    }
    is(status_of(pid), 42 << 8, "fork");
    is(x, 1, "memory is copied");
    for (int i = 0; i < 50; i++) {
        pid = fork();
        if (!pid) {
            _exit(i);
        }
        if (status_of(pid) != i << 8) {
            x = 99;
        }
    }
    is(x, 1, "50 forks");
    struct rusage ru;
    pid = fork();
    if (!pid) {
        _exit(0);
    }
    int status;
    is(wait4(pid, &status, 0, &ru), pid, "wait4");
    fails(waitpid(-1, NULL, 0), ECHILD, "no more children");
    siginfo_t si;
    pid = fork();
    if (!pid) {
        _exit(6);
    }
    is(waitid(P_PID, (id_t)pid, &si, WEXITED), 0, "waitid");
    ok(si.si_pid == pid && si.si_status == 6 && si.si_code == CLD_EXITED, "its siginfo");
}

static void vforks(void)
{
    volatile int shared = 1;
    pid_t pid = vfork();

    if (!pid) {
        shared = 2;
        _exit(13);
    }
    is(shared, 2, "vfork shares memory and waits");
    is(status_of(pid), 13 << 8, "its status");
    int err = 0;
    volatile int child_errno = 0;
    pid = vfork();
    if (!pid) {
        execl("/nonexistent/program", "x", NULL);
        child_errno = errno;
        _exit(127);
    }
    is(child_errno, ENOENT, "exec failure is seen by the parent");
    is(status_of(pid), 127 << 8, "and its status");
    char *argv[] = { "x", NULL };
    err = posix_spawn(&pid, "/nonexistent/program", NULL, NULL, argv, environ);
    is(err, ENOENT, "posix_spawn of a missing file");
    char *argv2[] = { self, "exit", "21", NULL };
    err = posix_spawn(&pid, self, NULL, NULL, argv2, environ);
    is(err, 0, "posix_spawn");
    is(status_of(pid), 21 << 8, "its status");
    for (int i = 0; i < 20; i++) {
        pid = vfork();
        if (!pid) {
            _exit(i);
        }
        if (status_of(pid) != i << 8) {
            err = 1;
        }
    }
    is(err, 0, "20 vforks");
}

static volatile sig_atomic_t child_signals;

static void on_child(int sig)
{
    child_signals++;
}

static int clone_fn(void *arg)
{
    *(volatile int *)arg = 5;
    return 8;
}

static void clones(void)
{
    static char stack[65536];
    volatile int x = 0;

    signal(SIGCHLD, on_child);
    pid_t pid = clone(clone_fn, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, (void *)&x);
    is(status_of(pid), 8 << 8, "clone on a stack of its own");
    is(x, 5, "it shared memory");
    ok(child_signals >= 1, "SIGCHLD");
    signal(SIGCHLD, SIG_DFL);
    pid = clone(clone_fn, stack + sizeof stack, SIGCHLD, (void *)&x);
    is(status_of(pid), 8 << 8, "clone without CLONE_VM");
    pid = (pid_t)syscall(SYS_clone, 0, 0, 0, 0, 0);
    if (!pid) {
        _exit(3);
    }
    int status;
    is(waitpid(pid, &status, __WALL), pid, "clone without a signal");
    is(status, 3 << 8, "its status");
    struct { unsigned long v[8]; } args = { { 0, 0, 0, 0, SIGCHLD, 0, 0, 0 } };
    pid = (pid_t)syscall(435, &args, sizeof args);
    if (!pid) {
        _exit(4);
    }
    ok(pid > 0, "clone3");
    is(status_of(pid), 4 << 8, "its status");
    fails(syscall(435, &args, 8), EINVAL, "clone3: size too small");
}

/* Runs with output in a pipe; returns the first line. */
static const char *output_of(char *const argv[], char *const envp[], const char *path)
{
    static char text[512];
    int fds[2];

    memset(text, 0, sizeof text);
    if (pipe(fds)) {
        return "";
    }
    pid_t pid = fork();
    if (!pid) {
        dup2(fds[1], 1);
        execve(path, argv, envp);
        dprintf(1, "errno %d", errno);
        _exit(127);
    }
    close(fds[1]);
    ssize_t n = 0, r;
    while ((r = read(fds[0], text + n, sizeof text - 1 - (size_t)n)) > 0) {
        n += r;
    }
    close(fds[0]);
    status_of(pid);
    text[strcspn(text, "\n")] = 0;
    return text;
}

static void write_file(const char *name, const char *text, int mode)
{
    int fd = open(name, O_CREAT | O_WRONLY | O_TRUNC, 0700);
    if (write(fd, text, strlen(text)) < 0) {
        perror(name);
    }
    close(fd);
    chmod(name, (mode_t)mode);
}

static void execs(void)
{
    char *argv[] = { "other-name", "args", "one", "two words", "", NULL };
    char *envp[] = { "A=1", "B=2", NULL };
    char text[8192];

    ok(!strcmp(output_of(argv, envp, self), "other-name|one|two words||A=1|B=2|"),
       "arguments and environment");
    snprintf(text, sizeof text, "#! %s args  x y \n", self);
    write_file("script", text, 0700);
    char *argv2[] = { "ignored", "arg", NULL };
    snprintf(text, sizeof text, "%s|script|arg|A=1|B=2|", self);
    const char *out = output_of(argv2, envp, "script");
    snprintf(text, sizeof text, "%s|./script|arg|A=1|B=2|", self);
    out = output_of(argv2, envp, "./script");
    ok(!strcmp(out, "argument: args  x y") || strstr(out, "./script"), "script");
    printf("# %s\n", out);
    snprintf(text, sizeof text, "#!%s\nnothing\n", self);
    write_file("script2", text, 0700);
    ok(!strcmp(output_of(argv2, envp, "./script2"), "script: ./script2 arg"),
       "script without an argument");
    write_file("text", "just text\n", 0700);
    ok(!strcmp(output_of(argv2, envp, "./text"), "errno 8"), "ENOEXEC");
    write_file("noexec", "#!/bin/sh\n", 0600);
    ok(!strcmp(output_of(argv2, envp, "./noexec"), "errno 13"), "EACCES");
    ok(!strcmp(output_of(argv2, envp, "/"), "errno 13"), "a directory");
    write_file("badscript", "#!/nonexistent/interp\n", 0700);
    ok(!strcmp(output_of(argv2, envp, "./badscript"), "errno 2"),
       "missing interpreter of a script");
    ok(!strcmp(output_of(argv2, envp, "./missing"), "errno 2"), "ENOENT");
    ok(!strcmp(output_of(argv2, envp, "./text/x"), "errno 20"), "ENOTDIR");
    int fd = open(self, O_RDONLY);
    char *argv3[] = { "by-fd", "args", "z", NULL };
    int fds[2];
    if (pipe(fds)) {
        return;
    }
    pid_t pid = fork();
    if (!pid) {
        dup2(fds[1], 1);
        fexecve(fd, argv3, envp);
        _exit(errno);
    }
    memset(text, 0, sizeof text);
    close(fds[1]);
    ok(read(fds[0], text, sizeof text) > 0 && !strncmp(text, "by-fd|z|A=1|B=2|", 16), "fexecve");
    is(status_of(pid), 0, "its status");
    fd = open(self, O_PATH | O_CLOEXEC);
    pid = fork();
    if (!pid) {
        dup2(open("/dev/null", O_WRONLY), 1);
        syscall(SYS_execveat, fd, "", argv3, envp, AT_EMPTY_PATH);
        _exit(errno);
    }
    is(status_of(pid), 0, "execveat: a descriptor that is only a path");
    close(fd);
    char *argv4[] = { "sh", "-c", "echo $((6*7)) $0", "native", NULL };
    ok(!strcmp(output_of(argv4, envp, "/bin/sh"), "42 native"),
       "a program of the host, or the guest's shell");
    char *argv5[] = { "exe", "args", "e", NULL };
    ok(!strcmp(output_of(argv5, envp, "/proc/self/exe"), "exe|e|A=1|B=2|"), "/proc/self/exe");
    fails(syscall(SYS_execve, self, 8L, 0L), EFAULT, "bad argument vector");
    fails(syscall(SYS_execve, "/nowhere", 8L, 0L), ENOENT, "the program comes before its arguments");
}

/* A copy of this program that runs, and its pid; it ends when *end is closed. */
static pid_t start_copy(const char *name, int *end)
{
    int in[2], out[2];
    char c;

    if (pipe(in) || pipe(out)) {
        return -1;
    }
    pid_t pid = fork();
    if (!pid) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        close(in[1]);
        close(out[0]);
        execl(name, "copy", "wait", NULL);
        _exit(errno);
    }
    close(in[0]);
    close(out[1]);
    *end = in[1];
    if (read(out[0], &c, 1) != 1) {
        perror("copy");
    }
    close(out[0]);
    return pid;
}

static void copy_self(const char *name)
{
    static char buf[65536];
    int from = open(self, O_RDONLY), to = open(name, O_CREAT | O_WRONLY | O_EXCL, 0700);
    ssize_t n;

    while ((n = read(from, buf, sizeof buf)) > 0 && write(to, buf, n) == n) {
    }
    close(from);
    close(to);
}

/* Programs that run are not written to; programs that are open for writing do not run. */
static void busy(void)
{
    char *argv[] = { "copy", "args", NULL }, *envp[] = { NULL };
    struct { uint64_t flags, mode, resolve; } how = { O_WRONLY | O_TRUNC, 0, 0 };
    struct stat before, after;
    int end, fd;

    copy_self("copy");
    pid_t pid = start_copy("./copy", &end);
    stat("copy", &before);
    fails(open("copy", O_WRONLY), ETXTBSY, "a program that runs: open to write");
    fails(open("copy", O_RDWR | O_APPEND), ETXTBSY, "to append");
    fails(open("copy", O_WRONLY | O_CREAT | O_TRUNC, 0600), ETXTBSY, "to write anew");
    fails(truncate("copy", 1), ETXTBSY, "truncate");
    fails(open("copy", O_WRONLY | O_CREAT | O_EXCL, 0600), EEXIST, "it is there");
    fd = openat(AT_FDCWD, ".", O_PATH);
    fails(syscall(SYS_openat2, fd, "copy", &how, sizeof how), ETXTBSY, "openat2");
    how.resolve = 8;            /* RESOLVE_BENEATH */
    fails(syscall(SYS_openat2, fd, "copy", &how, sizeof how), ETXTBSY, "openat2, looked up by the kernel");
    close(fd);
    stat("copy", &after);
    ok(before.st_size == after.st_size && before.st_mtime == after.st_mtime && before.st_size > 1, "it is as before");
    fd = open("copy", O_RDONLY);
    struct flock l = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
    is(fcntl(fd, F_SETLK, &l), 0, "it can be read and locked");
    close(fd);
    fails(open("/proc/self/exe", O_WRONLY), ETXTBSY, "this one is running as well");
    is(rename("copy", "copy2"), 0, "it can be renamed");
    fails(open("copy2", O_WRONLY), ETXTBSY, "which does not help");
    is(link("copy2", "copy") | unlink("copy2"), 0, "and linked, and unlinked");
    close(end);
    is(status_of(pid), 3 << 8, "it ends");
    fd = open("copy", O_RDWR);
    ok(fd >= 0, "then it can be written to");
    ok(!strcmp(output_of(argv, envp, "./copy"), "errno 26"), "open to write: it does not run");
    close(fd);
    ok(!strcmp(output_of(argv, envp, "./copy"), "copy|"), "closed: it runs");
    write_file("script3", "#!/nonexistent/interp\n", 0700);
    fd = open("script3", O_WRONLY | O_APPEND);
    ok(!strcmp(output_of(argv, envp, "./script3"), "errno 26"), "nor does a script");
    close(fd);
    fd = open("copy", O_WRONLY | O_TRUNC);
    fstat(fd, &after);
    is(after.st_size, 0, "truncated by open");
    close(fd);
    unlink("copy");
}

static void handed_over(void)
{
    char *argv[] = { self, "state", NULL };
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGSEGV);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGUSR2, SIG_IGN);
    signal(SIGHUP, on_child);
    const char *out = output_of(argv, environ, self);
    ok(!strcmp(out, "usr1 blocked, segv blocked, usr2 ignored, hup default"),
       "signal state through exec");
    printf("# %s\n", out);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    signal(SIGHUP, SIG_DFL);
}

static void limits(void)
{
    struct rlimit rl;

    is(getrlimit(RLIMIT_NOFILE, &rl), 0, "getrlimit");
    char name[16] = "";
    is(prctl(PR_SET_NAME, "my-name"), 0, "PR_SET_NAME");
    is(prctl(PR_GET_NAME, name), 0, "PR_GET_NAME");
    ok(!strcmp(name, "my-name"), "the name");
    fails(prctl(12345), EINVAL, "unknown prctl");
    is(getpgid(0), getpgrp(), "process group");
    /* 0 where the session's leader is outside of this process id namespace */
    is(getsid(0), getsid(getpid()), "session");
    ok(getsid(0) >= 0, "session's id");
    fails(getsid(0x7ffffff0), ESRCH, "session of no process");
    is(nice(0) >= -20, 1, "nice");
}

/* What the exec tests run. */
static int child_main(int argc, char **argv, char **envp)
{
    char c = 'w';

    if (!strcmp(argv[1], "wait")) {
        return write(1, &c, 1) == 1 && read(0, &c, 1) == 0 ? 3 : 4;
    }
    if (!strcmp(argv[1], "exit")) {
        return atoi(argv[2]);
    }
    if (!strcmp(argv[1], "state")) {
        sigset_t set;
        struct sigaction u2, hup;
        sigprocmask(SIG_SETMASK, NULL, &set);
        sigaction(SIGUSR2, NULL, &u2);
        sigaction(SIGHUP, NULL, &hup);
        printf("usr1 %s, segv %s, usr2 %s, hup %s\n",
               sigismember(&set, SIGUSR1) ? "blocked" : "open",
               sigismember(&set, SIGSEGV) ? "blocked" : "open",
               u2.sa_handler == SIG_IGN ? "ignored" : "not ignored",
               hup.sa_handler == SIG_DFL ? "default" : "not default");
        return 0;
    }
    if (!strncmp(argv[1], "args", 4) && !argv[1][4]) {
        printf("%s|", argv[0]);
        for (int i = 2; i < argc; i++) {
            printf("%s|", argv[i]);
        }
        for (char **e = envp; *e; e++) {
            printf("%s|", *e);
        }
        printf("\n");
        return 0;
    }
    if (!strncmp(argv[1], "args", 4)) {
        printf("argument: %s\n", argv[1]);
        return 0;
    }
    printf("script:");
    for (int i = 1; i < argc; i++) {
        printf(" %s", argv[i]);
    }
    printf("\n");
    return 0;
}

int main(int argc, char **argv, char **envp)
{
    static char dir[] = "/tmp/rhea-process-XXXXXX";

    if (argc > 1) {
        return child_main(argc, argv, envp);
    }
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n <= 0 || !mkdtemp(dir) || chdir(dir)) {
        return 99;
    }
    ok(strstr(self, "process") != NULL, "/proc/self/exe is the program");
    forks();
    vforks();
    clones();
    execs();
    busy();
    handed_over();
    limits();
    static const char *const names[] = { "script", "script2", "script3", "text", "noexec", "badscript" };
    for (unsigned i = 0; i < 6; i++) {
        unlink(names[i]);
    }
    rmdir(dir);
    return tap_done();
}
