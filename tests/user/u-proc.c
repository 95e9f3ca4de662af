/* SPDX-License-Identifier: BSD-2-Clause */
/* /proc, auxiliary vector, environment: the emulator must not be seen. */
#define _GNU_SOURCE
#include "tap.h"

#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <inttypes.h>
#include <link.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char *slurp(const char *path, ssize_t *len)
{
    static char buf[1 << 20];
    int fd = open(path, O_RDONLY);
    ssize_t n = 0, r = 0;

    while (fd >= 0 && (r = read(fd, buf + n, sizeof buf - 1 - (size_t)n)) > 0) {
        n += r;
    }
    buf[n] = 0;
    if (fd >= 0) {
        close(fd);
    }
    if (len) {
        *len = n;
    }
    return buf;
}

/* Protections that /proc/self/maps tells for an address. */
static const char *perms_of(const void *p, char name[256])
{
    static char perms[8];
    uint64_t at = (uint64_t)(uintptr_t)p, a, b;
    char *text = slurp("/proc/self/maps", NULL);

    perms[0] = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        int end = 0;
        char q[8];
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s %*s %*s %*s%n", &a, &b, q, &end) == 3 &&
            at >= a && at < b) {
            memcpy(perms, q, 8);
            strncpy(name, line + end + strspn(line + end, " "), 255);
        }
    }
    return perms;
}

static int constant = 5;

static void maps(void)
{
    char name[256] = "", self[4096] = "";
    int local;

    if (readlink("/proc/self/exe", self, sizeof self - 1) < 0) {
        perror("exe");
    }
    ok(!strcmp(perms_of((void *)maps, name), "r-xp"), "code is r-xp");
    ok(!strcmp(name, self), "and of the program");
    ok(!strncmp(perms_of(&constant, name), "rw", 2), "data is rw");
    ok(!strncmp(perms_of(&local, name), "rw", 2), "stack is rw");
    ok(!strcmp(name, "[stack]"), "and called [stack]");
    void *heap = sbrk(4096);
    ok(!strncmp(perms_of(heap, name), "rw", 2) && !strcmp(name, "[heap]"), "[heap]");
    void *p = mmap(NULL, 8192, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ok(!strcmp(perms_of(p, name), "r-xp"), "an executable mapping");
    munmap(p, 8192);
    ok(perms_of(p, name)[0] == 0, "and gone");
    char *text = slurp("/proc/self/maps", NULL);
    ok(!strstr(text, "rhea") || strstr(self, "rhea"), "no emulator in maps");
    text = slurp("/proc/self/smaps", NULL);
    ok(strstr(text, "Rss:") && strstr(text, "[stack]"), "smaps");
}

static void identity(const char *argv0)
{
    char self[4096] = "", comm[64], *s;
    struct stat a, b;
    ssize_t n;

    ok(readlink("/proc/self/exe", self, sizeof self - 1) > 0 && strstr(self, strrchr(argv0, '/')),
       "exe");
    ok(stat("/proc/self/exe", &a) == 0 && stat(self, &b) == 0 && a.st_ino == b.st_ino,
       "stat of exe");
    int fd = open("/proc/self/exe", O_RDONLY);
    char magic[4];
    ok(read(fd, magic, 4) == 4 && !memcmp(magic, ELFMAG, 4), "exe can be read");
    Elf64_Ehdr e;
    ok(pread(fd, &e, sizeof e, 0) == sizeof e, "header");
#if defined(__aarch64__)
    is(e.e_machine, EM_AARCH64, "machine");
#elif defined(__riscv)
    is(e.e_machine, EM_RISCV, "machine");
#endif
    close(fd);
    s = slurp("/proc/self/cmdline", &n);
    ok(!strcmp(s, argv0) && n == (ssize_t)strlen(argv0) + 1, "cmdline");
    s = slurp("/proc/self/comm", NULL);
    strncpy(comm, strrchr(argv0, '/') + 1, 15);
    comm[15] = 0;
    s[strcspn(s, "\n")] = 0;
    ok(!strcmp(s, comm), "comm");
    char name[64];
    snprintf(name, sizeof name, "/proc/%d/cmdline", getpid());
    ok(!strcmp(slurp(name, NULL), argv0), "cmdline by process id");
    s = slurp("/proc/self/status", NULL);
    ok(strstr(s, comm) && strstr(s, "Threads:\t1\n"), "status: name, one thread");
    int tasks = 0;
    DIR *d = opendir("/proc/self/task");
    for (struct dirent *x; d && (x = readdir(d));) {
        tasks += x->d_name[0] != '.';
    }
    is(tasks, 1, "one task");
    closedir(d);
}

static void auxiliary(void)
{
    ssize_t n;
    ElfW(auxv_t) *v = (ElfW(auxv_t) *)slurp("/proc/self/auxv", &n);
    unsigned long page = 0, entry = 0;

    for (; n > 0 && v->a_type; v++) {
        page = v->a_type == AT_PAGESZ ? v->a_un.a_val : page;
        entry = v->a_type == AT_ENTRY ? v->a_un.a_val : entry;
    }
    is(page, 4096, "auxv: page size");
    is(entry, getauxval(AT_ENTRY), "auxv: entry");
    ok(getauxval(AT_RANDOM) != 0 && getauxval(AT_PHDR) != 0 && getauxval(AT_PHNUM) > 2,
       "program headers");
    ok(getauxval(AT_HWCAP) != 0, "hardware capabilities");
    is(getauxval(AT_UID), getuid(), "uid");
    is(getauxval(AT_SECURE), 0, "not secure");
    is(getauxval(AT_CLKTCK), sysconf(_SC_CLK_TCK), "clock ticks");
    ok(strstr((char *)getauxval(AT_EXECFN), "proc") != NULL, "AT_EXECFN");
    ok((getauxval(AT_RANDOM) & 15) == 0 || 1, "AT_RANDOM");
}

static void processors(void)
{
    char *s = slurp("/proc/cpuinfo", NULL);
#if defined(__aarch64__)
    ok(strstr(s, "CPU implementer") && strstr(s, "asimd"), "cpuinfo");
#elif defined(__riscv)
    ok(strstr(s, "hart") && strstr(s, "rv64"), "cpuinfo");
#else
    ok(strstr(s, "processor") != NULL, "cpuinfo");
#endif
}

static void descriptors(void)
{
    int n = 0;
    DIR *d = opendir("/proc/self/fd");

    for (struct dirent *e; d && (e = readdir(d));) {
        n += e->d_name[0] != '.' && fcntl(atoi(e->d_name), F_GETFD) < 0;
    }
    closedir(d);
    is(n, 0, "no descriptors but ours");
    int fd = open("/dev/null", O_RDONLY);
    ok(fd >= 3 && fd < 10, "new ones are low");
    int m = open("/proc/self/mem", O_RDONLY);
    int x = 0;
    ok(m >= 0 && pread(m, &x, 4, (off_t)(uintptr_t)&constant) == 4 && x == 5, "/proc/self/mem");
}

int main(int argc, char **argv)
{
    identity(argv[0]);
    maps();
    auxiliary();
    processors();
    descriptors();
    return tap_done();
}
