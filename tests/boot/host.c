/* SPDX-License-Identifier: BSD-2-Clause */
/* A small RISC-V machine for tests: boot-host [-1] [-t TIER] [-n HARTS] [-m MIB] [-H FEATURES] PROGRAM.elf or ...
 * [-a ADDR=FILE]... -b IMAGE.
 *
 * RAM at 0x80000000; where the board virt has them: a UART of which THR and LSR exist, the test finisher, a CLINT.
 * It ends with the finisher's status. -a loads a file into RAM at an address; -b: a raw image at the start of RAM
 * instead of a program; a1 then holds the address of the last -a file (a device tree). -1: one instruction per
 * block; -c: MiB of host code before all is dropped. */
#include "tcg/hart-riscv.h"

#include "base/log.h"

#include <elf.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define RAM_BASE 0x80000000ull
#define TICK_NS 100                             /* mtime runs at 10 MHz, as virt's */

enum { MAX_HARTS = 8 };

static char *ram;
static uint64_t ram_bytes = 128ull << 20;
static RvHart *harts[MAX_HARTS];
static unsigned nharts = 1;
static uint64_t mtimecmp[MAX_HARTS], stimecmp[MAX_HARTS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t halted = PTHREAD_COND_INITIALIZER, timers = PTHREAD_COND_INITIALIZER;
static pthread_mutex_t halt_lock = PTHREAD_MUTEX_INITIALIZER;

static uint64_t now(void *opaque)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return ((uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec) / TICK_NS;
}

static void *page(void *opaque, uint64_t gpa, unsigned *flags)
{
    return gpa - RAM_BASE < ram_bytes ? ram + (gpa - RAM_BASE) : NULL;
}

static void out(char c)
{
    static char buf[4096];
    static size_t n;

    buf[n++] = c;
    if (c == '\n' || n == sizeof buf) {
        ssize_t r = write(1, buf, n);
        (void)r;
        n = 0;
    }
}

static void finish(uint64_t v)
{
    out('\n');
    _exit((v & 0xffff) == 0x5555 ? 0 : (v & 0xffff) == 0x3333 ? (int)(v >> 16) : 99);
}

static void set_timers(void)
{
    uint64_t t = now(NULL);

    for (unsigned k = 0; k < nharts; k++) {
        rv_irq_set(harts[k], RV_IRQ_MTI, t >= mtimecmp[k]);
        if (t >= stimecmp[k]) {
            stimecmp[k] = ~0ull;
            rv_timer_update(harts[k]);
        }
    }
}

static bool load(void *opaque, TcgEnv *env, uint64_t gpa, unsigned size, uint64_t *v)
{
    *v = 0;
    if (gpa >= 0x10000000 && gpa < 0x10000100) {
        *v = gpa == 0x10000005 ? 0x60 : 0;
        return true;
    }
    if (gpa >= 0x2000000 && gpa < 0x2010000) {
        uint64_t off = gpa - 0x2000000, value = 0;
        if (off >= 0xbff8) {
            value = now(NULL);
        } else if (off >= 0x4000 && off < 0x4000 + 8 * nharts) {
            value = mtimecmp[(off - 0x4000) / 8];
        } else if (off < 4 * nharts) {
            value = harts[off / 4]->irq >> RV_IRQ_MSI & 1;
        }
        value >>= (gpa & (off < 0x4000 ? 3 : 7)) * 8;
        *v = size == 8 ? value : value & ((1ull << size * 8) - 1);
        return true;
    }
    return gpa >= 0x100000 && gpa < 0x101000;
}

static bool store(void *opaque, TcgEnv *env, uint64_t gpa, unsigned size, uint64_t v)
{
    bool done = true;

    pthread_mutex_lock(&lock);
    if (gpa == 0x10000000) {
        out((char)v);
    } else if (gpa > 0x10000000 && gpa < 0x10000100) {
    } else if (gpa >= 0x100000 && gpa < 0x101000) {
        finish(v);
    } else if (gpa >= 0x2000000 && gpa < 0x2000000 + 4 * nharts) {
        rv_irq_set(harts[(gpa - 0x2000000) / 4], RV_IRQ_MSI, v & 1);
    } else if (gpa >= 0x2004000 && gpa < 0x2004000 + 8 * nharts) {
        uint64_t *cmp = &mtimecmp[(gpa - 0x2004000) / 8];
        *cmp = size == 8 ? v : gpa & 4 ? (*cmp & 0xffffffff) | v << 32 : (*cmp & ~0xffffffffull) | v;
        set_timers();
        pthread_cond_broadcast(&timers);
    } else {
        done = gpa >= 0x2000000 && gpa < 0x2010000;
    }
    pthread_mutex_unlock(&lock);
    return done;
}

static void timer(void *opaque, TcgEnv *env, uint64_t when)
{
    pthread_mutex_lock(&lock);
    stimecmp[((RvHart *)env)->hartid] = when;
    pthread_cond_broadcast(&timers);
    pthread_mutex_unlock(&lock);
}

static void kicked(void *opaque, TcgEnv *env)
{
    pthread_mutex_lock(&halt_lock);
    pthread_cond_broadcast(&halted);
    pthread_mutex_unlock(&halt_lock);
}

static const TcgMachine machine = {
    .page = page, .load = load, .store = store, .kicked = kicked, .time = now, .timer = timer,
};

static void *timer_thread(void *arg)
{
    pthread_mutex_lock(&lock);
    for (;;) {
        uint64_t next = ~0ull, t = now(NULL);
        struct timespec at;
        for (unsigned k = 0; k < nharts; k++) {
            next = mtimecmp[k] > t && mtimecmp[k] < next ? mtimecmp[k] : next;
            next = stimecmp[k] < next ? stimecmp[k] : next;
        }
        clock_gettime(CLOCK_REALTIME, &at);
        uint64_t ns = next == ~0ull ? 1000000000 : next <= t ? 0 : (next - t) * TICK_NS;
        ns = (ns > 1000000000 ? 1000000000 : ns) + (uint64_t)at.tv_nsec;
        at.tv_sec += (time_t)(ns / 1000000000);
        at.tv_nsec = (long)(ns % 1000000000);
        pthread_cond_timedwait(&timers, &lock, &at);
        set_timers();
    }
    return arg;
}

static void *hart_thread(void *arg)
{
    RvHart *h = arg;

    for (;;) {
        TcgExit r = tcg_run(&h->cpu.env);
        if (r == TCG_EXIT_HALT) {
            pthread_mutex_lock(&halt_lock);
            while (!rv_has_work(h)) {
                pthread_cond_wait(&halted, &halt_lock);
            }
            pthread_mutex_unlock(&halt_lock);
        } else if (r != TCG_EXIT_POLL) {
            fprintf(stderr, "boot-host: tcg_run gave %d\n", r);
            _exit(98);
        }
    }
    return NULL;
}

static void fail(const char *what, const char *name)
{
    fprintf(stderr, "boot-host: %s: %s: %s\n", name, what, strerror(errno));
    exit(97);
}

static size_t load_file(const char *name, uint64_t at)
{
    FILE *f = fopen(name, "rb");

    if (!f || at - RAM_BASE >= ram_bytes) {
        fail("cannot load", name);
    }
    size_t n = fread(ram + (at - RAM_BASE), 1, ram_bytes - (at - RAM_BASE), f);
    fclose(f);
    return n;
}

static uint64_t load_elf(const char *name)
{
    static char buf[16 << 20];
    FILE *f = fopen(name, "rb");

    if (!f) {
        fail("cannot open", name);
    }
    size_t n = fread(buf, 1, sizeof buf, f);
    fclose(f);
    Elf64_Ehdr *e = (Elf64_Ehdr *)buf;
    if (n < sizeof *e || memcmp(e->e_ident, ELFMAG, SELFMAG)) {
        fail("not an ELF file", name);
    }
    for (unsigned k = 0; k < e->e_phnum; k++) {
        Elf64_Phdr *p = (Elf64_Phdr *)(buf + e->e_phoff) + k;
        if (p->p_type == PT_LOAD) {
            memcpy(ram + (p->p_paddr - RAM_BASE), buf + p->p_offset, p->p_filesz);
        }
    }
    return e->e_entry;
}

int main(int argc, char **argv)
{
    TcgConfig config = { .guest = &rv_machine_guest, .tier = 1 };
    const char *image = NULL, *bad;
    uint64_t a1 = 0, entry = RAM_BASE;
    pthread_t t;
    int opt;

    while ((opt = getopt(argc, argv, "1c:t:n:m:H:a:b:d:")) != -1) {
        switch (opt) {
        case 't':
            config.lazy = !strcmp(optarg, "auto");
            config.tier = config.lazy ? 1 : (unsigned)atoi(optarg);
            break;
        case 'n': nharts = (unsigned)atoi(optarg); break;
        case '1': config.one_insn_per_block = true; break;
        case 'c': config.code_mib = (unsigned)atoi(optarg); break;
        case 'm': ram_bytes = strtoull(optarg, NULL, 10) << 20; break;
        case 'b': image = optarg; break;
        case 'd': log_mask = (unsigned)strtoul(optarg, NULL, 0); break;
        case 'H':
            if (!tcg_host_features(optarg, &config.host_mask, &bad)) {
                fail("no such feature", bad);
            }
            break;
        case 'a':
            if (!ram) {
                ram = mmap(NULL, ram_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
            }
            a1 = strtoull(optarg, NULL, 16);
            load_file(strchr(optarg, '=') + 1, a1);
            break;
        default: return 2;
        }
    }
    if (nharts < 1 || nharts > MAX_HARTS || (!image && optind >= argc)) {
        return 2;
    }
    if (!ram) {
        ram = mmap(NULL, ram_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    }
    if (image) {
        load_file(image, RAM_BASE);
    } else {
        entry = load_elf(argv[optind]);
    }
    tcg_machine_init(&config, &machine);
    for (unsigned k = 0; k < nharts; k++) {
        harts[k] = (RvHart *)tcg_env_new();
        mtimecmp[k] = stimecmp[k] = ~0ull;
        rv_hart_init(harts[k], rv_models, k, entry);
        rv_hart_reset(harts[k]);
        harts[k]->cpu.x[10] = k;
        harts[k]->cpu.x[11] = a1;
    }
    pthread_create(&t, NULL, timer_thread, NULL);
    for (unsigned k = 1; k < nharts; k++) {
        pthread_create(&t, NULL, hart_thread, harts[k]);
    }
    hart_thread(harts[0]);
    return 0;
}
