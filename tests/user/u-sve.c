/* SPDX-License-Identifier: BSD-2-Clause */
/* SVE in programs: loops against the same without vectors, first-fault loads, the signal frame's record, system calls, vector
 * lengths, what programs are told. [Linux arm64 sve] With the argument "sums" it prints a hash of what the loops compute, to
 * be compared with that of another emulator; with "vl" the vector length and what prctl says of it, with "told" whether AT_HWCAP has SVE. */
#include "tap.h"

#include <arm_sve.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

enum { MAX = 333, SET_VL = 50, GET_VL = 51, INHERIT = 1 << 17, ONEXEC = 1 << 18 };

#define LOOPS(p) \
    void p##saxpy(size_t n, float a, const float *x, float *y); \
    void p##complex(size_t n, const double *x, const double *y, double *z); \
    void p##masked(size_t n, const int32_t *x, const int32_t *y, int32_t *z); \
    int64_t p##dot(size_t n, const int8_t *x, const int8_t *y); \
    void p##gather(size_t n, const uint32_t *index, const uint64_t *table, uint64_t *out); \
    void p##scatter(size_t n, const uint32_t *index, const uint16_t *x, uint32_t *out); \
    void p##grey(size_t n, const uint8_t *rgb, uint8_t *grey); \
    void p##divide(size_t n, const int64_t *x, const int64_t *y, int64_t *z); \
    uint64_t p##most(size_t n, const uint16_t *x); \
    void p##convert(size_t n, const int32_t *x, double *y, int16_t *z); \
    void p##reverse(size_t n, const uint16_t *x, uint16_t *y); \
    double p##sum(size_t n, const double *x);
LOOPS(sve_)
LOOPS(plain_)

static uint64_t seed = 1, hash = 14695981039346656037u;

static uint32_t draw(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 32);
}

static void note(const void *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        hash = (hash ^ ((const uint8_t *)p)[i]) * 1099511628211u;
    }
}

/* The operands of a round: numbers that are exact in sums and products. */
static struct {
    union {
        int8_t b[8 * MAX];
        uint16_t h[4 * MAX];
        uint32_t w[2 * MAX];
        int64_t d[MAX];
        float f[2 * MAX];
        double g[2 * MAX];
    } in[2], out[2], second[2];
} t;

static void fill_ints(void)
{
    for (unsigned k = 0; k < 2; k++) {
        for (unsigned i = 0; i < sizeof t.in[k]; i++) {
            t.in[k].b[i] = (int8_t)draw();
        }
    }
    memset(t.out, 0, sizeof t.out);
    memset(t.second, 0, sizeof t.second);
}

static void fill_floats(void)
{
    fill_ints();
    for (unsigned k = 0; k < 2; k++) {
        for (unsigned i = 0; i < 2 * MAX; i++) {
            t.in[k].f[i] = (float)((int32_t)draw() % 1000) / 64;
        }
    }
}

static void fill_doubles(void)
{
    fill_ints();
    for (unsigned k = 0; k < 2; k++) {
        for (unsigned i = 0; i < 2 * MAX; i++) {
            t.in[k].g[i] = (double)((int32_t)draw() % 10000) / 64;
        }
    }
}

static bool same(void)
{
    note(&t.out[0], sizeof t.out[0]);
    note(&t.second[0], sizeof t.second[0]);
    return !memcmp(&t.out[0], &t.out[1], sizeof t.out[0]) && !memcmp(&t.second[0], &t.second[1], sizeof t.second[0]);
}

static void small_index(unsigned limit)
{
    for (unsigned i = 0; i < MAX; i++) {
        t.in[0].w[i] = (uint32_t)((i * 7919u + 13) % limit);
    }
}

static bool loop(unsigned which, size_t n)
{
    double sums[2];
    int64_t dots[2];
    uint64_t mosts[2];

    switch (which) {
    case 0:
        fill_floats();
        sve_saxpy(n, 1.5f, t.in[0].f, t.out[0].f);
        plain_saxpy(n, 1.5f, t.in[0].f, t.out[1].f);
        return same();
    case 1:
        fill_doubles();
        sve_complex(n / 2, t.in[0].g, t.in[1].g, t.out[0].g);
        plain_complex(n / 2, t.in[0].g, t.in[1].g, t.out[1].g);
        return same();
    case 2:
        fill_ints();
        sve_masked(n, (int32_t *)t.in[0].w, (int32_t *)t.in[1].w, (int32_t *)t.out[0].w);
        plain_masked(n, (int32_t *)t.in[0].w, (int32_t *)t.in[1].w, (int32_t *)t.out[1].w);
        return same();
    case 3:
        fill_ints();
        dots[0] = sve_dot(n, t.in[0].b, t.in[1].b);
        dots[1] = plain_dot(n, t.in[0].b, t.in[1].b);
        note(dots, sizeof *dots);
        return dots[0] == dots[1];
    case 4:
        fill_ints();
        small_index(MAX);
        sve_gather(n, t.in[0].w, (uint64_t *)t.in[1].d, (uint64_t *)t.out[0].d);
        plain_gather(n, t.in[0].w, (uint64_t *)t.in[1].d, (uint64_t *)t.out[1].d);
        return same();
    case 5:
        fill_ints();
        small_index(2 * MAX);
        sve_scatter(n, t.in[0].w, t.in[1].h, t.out[0].w);
        plain_scatter(n, t.in[0].w, t.in[1].h, t.out[1].w);
        return same();
    case 6:
        fill_ints();
        sve_grey(n, (uint8_t *)t.in[0].b, (uint8_t *)t.out[0].b);
        plain_grey(n, (uint8_t *)t.in[0].b, (uint8_t *)t.out[1].b);
        return same();
    case 7:
        fill_ints();
        t.in[1].d[n / 2] = 0;
        sve_divide(n, t.in[0].d, t.in[1].d, t.out[0].d);
        plain_divide(n, t.in[0].d, t.in[1].d, t.out[1].d);
        return same();
    case 8:
        fill_ints();
        mosts[0] = sve_most(n, t.in[0].h);
        mosts[1] = plain_most(n, t.in[0].h);
        note(mosts, sizeof *mosts);
        return mosts[0] == mosts[1];
    case 9:
        fill_ints();
        sve_convert(n, (int32_t *)t.in[0].w, t.out[0].g, (int16_t *)t.second[0].h);
        plain_convert(n, (int32_t *)t.in[0].w, t.out[1].g, (int16_t *)t.second[1].h);
        return same();
    case 10:
        fill_ints();
        sve_reverse(n, t.in[0].h, t.out[0].h);
        plain_reverse(n, t.in[0].h, t.out[1].h);
        return same();
    default:
        fill_doubles();
        sums[0] = sve_sum(n, t.in[0].g);
        sums[1] = plain_sum(n, t.in[0].g);
        note(sums, sizeof *sums);
        return sums[0] == sums[1];
    }
}

enum { LOOP_COUNT = 12 };

/* The usual string function: as far as can be read. */
static size_t first_fault_length(const char *s)
{
    size_t n = 0;

    svsetffr();
    for (;;) {
        const svuint8_t v = svldff1_u8(svptrue_b8(), (const uint8_t *)s + n);
        const svbool_t read = svrdffr(), end = svcmpeq_n_u8(read, v, 0);
        if (svptest_any(read, end)) {
            return n + svcntp_b8(read, svbrkb_z(read, end));
        }
        n += svcntp_b8(svptrue_b8(), read);
        svsetffr();
    }
}

static uint32_t histogram_sum(size_t n, const uint32_t *x, uint32_t *bins)
{
    memset(bins, 0, 64 * 4);
    for (size_t i = 0; i < n; i += svcntw()) {
        const svbool_t p = svwhilelt_b32_u64(i, n);
        const svuint32_t v = svand_n_u32_x(p, svld1_u32(p, x + i), 63);
        const svuint32_t old = svld1_gather_u32index_u32(p, bins, v);
        const svuint32_t count = svhistcnt_u32_z(p, v, v);
        svst1_scatter_u32index_u32(p, bins, v, svadd_u32_x(p, old, count));
    }
    return bins[7];
}

static void test_loops(void)
{
    static const size_t sizes[] = { 0, 1, 3, 4, 7, 8, 9, 15, 16, 17, 31, 33, 64, 100, 255, MAX };
    char name[64];

    for (unsigned k = 0; k < LOOP_COUNT; k++) {
        bool good = true;
        for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            good = loop(k, sizes[i]) && good;
        }
        snprintf(name, sizeof name, "loop %u as without vectors", k);
        ok(good, name);
    }
    uint32_t bins[64], want[64] = { 0 };
    fill_ints();
    for (unsigned i = 0; i < 200; i++) {
        want[t.in[0].w[i] & 63]++;
    }
    histogram_sum(200, t.in[0].w, bins);
    note(bins, sizeof bins);
    ok(!memcmp(bins, want, sizeof bins), "histogram by HISTCNT, gather and scatter");
}

/* A page, and nothing behind it. */
static char *edge_page(void)
{
    char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    munmap(p + 4096, 4096);
    return p;
}

static void test_first_fault(void)
{
    char *page = edge_page(), *end = page + 4096;
    const unsigned vl = (unsigned)svcntb();
    bool good = true;

    memset(page, 'x', 4096);
    end[-1] = 0;
    for (unsigned i = 1; i < 100; i++) {
        good = first_fault_length(end - i) == i - 1 && good;
    }
    ok(good, "strlen up to the end of memory by first-fault loads");

    /* Inactive first elements: the first active one is what may fault, and what decides. */
    uint8_t z[32] = { 0 }, p[4];
    for (unsigned i = 0; i < 4096; i++) {
        page[i] = (char)(i | 1);
    }
    asm volatile("ptrue p1.b\n setffr\n mov w9, #9\n whilelo p2.b, wzr, w9\n not p1.b, p1/z, p2.b\n"
                 "ldff1b {z0.b}, p1/z, [%0, xzr]\n rdffr p0.b\n str z0, [%1]\n str p0, [%2]"
                 : : "r"(end - 13), "r"(z), "r"(p) : "memory", "v0", "x9", "p0", "p1", "p2");
    good = true;
    for (unsigned i = 0; i < vl; i++) {
        good = (p[i / 8] >> i % 8 & 1) == (i < 13) && z[i] == (i >= 9 && i < 13 ? (uint8_t)end[(int)i - 13] : 0) && good;
    }
    ok(good, "LDFF1 with inactive first elements: elements and FFR");
    asm volatile("ptrue p1.b\n setffr\n mov w9, #8\n whilelo p2.b, wzr, w9\n not p1.b, p1/z, p2.b\n"
                 "ldnf1b {z0.b}, p1/z, [%0]\n rdffr p0.b\n str z0, [%1]\n str p0, [%2]"
                 : : "r"(end - 11), "r"(z), "r"(p) : "memory", "v0", "x9", "p0", "p1", "p2");
    good = true;
    for (unsigned i = 0; i < vl; i++) {
        good = (p[i / 8] >> i % 8 & 1) == (i < 11) && z[i] == (i >= 8 && i < 11 ? (uint8_t)end[(int)i - 11] : 0) && good;
    }
    ok(good, "LDNF1 with inactive first elements");
    asm volatile("ptrue p1.b\n setffr\n ldnf1b {z0.b}, p1/z, [%0]\n rdffr p0.b\n str p0, [%1]"
                 : : "r"(end), "r"(p) : "memory", "v0", "p0", "p1");
    ok(!p[0] && !p[1], "LDNF1 of nothing: FFR is empty");
}

/* Faults: the address, and nothing changed. */

static struct {
    uint64_t addr;
    int sig;
} fault;

static void skip_fault(int sig, siginfo_t *info, void *context)
{
    fault.addr = (uint64_t)info->si_addr;
    fault.sig = sig;
    ((ucontext_t *)context)->uc_mcontext.pc += 4;
}

static void handle(int sig, void (*f)(int, siginfo_t *, void *))
{
    struct sigaction sa = { .sa_sigaction = f, .sa_flags = SA_SIGINFO };

    sigaction(sig, &sa, NULL);
}

static void test_faults(void)
{
    char *end = edge_page() + 4096;
    uint8_t z[32];
    bool good = true;

    handle(SIGSEGV, skip_fault);
    asm volatile("ptrue p1.b\n mov z0.b, #7\n ld1h {z0.h}, p1/z, [%0]\n str z0, [%1]" : : "r"(end - 6), "r"(z) : "memory", "v0", "p1");
    for (unsigned i = 0; i < svcntb(); i++) {
        good = z[i] == 7 && good;
    }
    ok(good && fault.sig == SIGSEGV, "a load that faults changes nothing");
    is(fault.addr, (uint64_t)end, "and tells where");
    fault.sig = 0;
    asm volatile("ptrue p1.h, vl3\n mov z0.b, #7\n ld1h {z0.h}, p1/z, [%0]\n str z0, [%1]" : : "r"(end - 6), "r"(z) : "memory", "v0", "p1");
    ok(!fault.sig && z[0] == 0 && z[6] == 0, "inactive elements do not fault, and are 0");
    asm volatile("ptrue p1.b\n mov z0.b, #7\n st1b {z0.b}, p1, [%0]" : : "r"(end - 3) : "memory", "v0", "p1");
    ok(fault.sig == SIGSEGV && fault.addr == (uint64_t)end, "a store tells where it faults");
    fault.sig = 0;
    asm volatile("pfalse p1.b\n st1b {z0.b}, p1, [%0]\n ld1d {z0.d}, p1/z, [%0]" : : "r"(end) : "memory", "v0", "p1");
    ok(!fault.sig, "without active elements nothing faults");
    signal(SIGSEGV, SIG_DFL);
}

/* Copies of some elements, all of them just before what is not there, or across an edge. mask: bits of bytes. */
static void copy_chosen(uint8_t *to, const uint8_t *from, const uint8_t *mask)
{
    asm volatile("ldr p1, [%2]\n ld1b {z0.b}, p1/z, [%1]\n st1b {z0.b}, p1, [%0]"
                 : : "r"(to), "r"(from), "r"(mask) : "memory", "v0", "p1");
}

static bool chosen_copy_good(uint8_t *to, const uint8_t *from, const uint8_t *mask, unsigned readable)
{
    for (unsigned i = 0; i < readable; i++) {
        to[i] = 0xee;
    }
    copy_chosen(to, from, mask);
    for (unsigned i = 0; i < readable; i++) {
        if (to[i] != (mask[i / 8] >> i % 8 & 1 ? from[i] : 0xee)) {
            return false;
        }
    }
    return true;
}

static void test_chosen(void)
{
    uint8_t *from = (uint8_t *)edge_page() + 4096, *to = (uint8_t *)edge_page() + 4096, mask[4];
    const unsigned bytes = (unsigned)svcntb();
    bool prefix = true, any = true, where = true;

    handle(SIGSEGV, skip_fault);
    fault.sig = 0;
    for (unsigned i = 1; i <= 4096; i++) {
        from[-(int)i] = (uint8_t)(i * 7 + 1);
    }
    for (unsigned n = 0; n <= bytes; n++) {
        const uint32_t first = n == 32 ? ~0u : (1u << n) - 1;
        memcpy(mask, &first, 4);
        prefix = chosen_copy_good(to - n, from - n, mask, n) && prefix;
        for (unsigned at = n; at < 50; at++) {          /* behind it, what must stay */
            prefix = chosen_copy_good(to - at, from - at, mask, at < bytes ? at : bytes) && prefix;
        }
    }
    ok(prefix && !fault.sig, "copies of the first elements, at the edge of memory too");
    for (unsigned k = 0; k < 3000; k++) {
        const unsigned n = draw() % bytes + 1;
        const uint32_t bits = draw() & (k % 2 ? draw() : ~0u) & (n == 32 ? ~0u : (1u << n) - 1);
        memcpy(mask, &bits, 4);
        any = chosen_copy_good(to - n, from - n, mask, n) && any;
    }
    ok(any && !fault.sig, "copies of any elements");
    for (unsigned k = 0; k < 2000; k++) {
        const unsigned n = draw() % bytes, bad = n + draw() % (bytes - n);      /* the first that is not there */
        const uint32_t bits = (draw() & ((1u << n) - 1)) | 1u << bad | (draw() & ~(bad == 31 ? ~0u : (2u << bad) - 1));
        memcpy(mask, &bits, 4);
        fault.sig = 0;
        asm volatile("ldr p1, [%1]\n ld1b {z0.b}, p1/z, [%0]" : : "r"(from - n), "r"(mask) : "memory", "v0", "p1");
        where = fault.sig == SIGSEGV && fault.addr == (uint64_t)(from - n + bad) && where;
        fault.sig = 0;
        asm volatile("ldr p1, [%1]\n st1b {z0.b}, p1, [%0]" : : "r"(to - n), "r"(mask) : "memory", "v0", "p1");
        where = fault.sig == SIGSEGV && fault.addr == (uint64_t)(to - n + bad) && where;
    }
    ok(where, "a fault is at the first active element that is not there");
    signal(SIGSEGV, SIG_DFL);
}

/* Registers as the record has them. */
typedef struct Regs {
    uint8_t z[32 * 32], p[17 * 4];
} Regs;

static Regs given, seen;
static unsigned vl;

static void load_regs(const Regs *r);
static void store_regs(Regs *r);
asm("    .text\n"
    "load_regs:\n"
    "    add x1, x0, #1024\n    ldr p0, [x1, #16, mul vl]\n    wrffr p0.b\n"
    "    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n    ldr p\\n, [x1, #\\n, mul vl]\n    .endr\n"
    "    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
    "    ldr z\\n, [x0, #\\n, mul vl]\n    .endr\n    ret\n"
    "store_regs:\n"
    "    add x1, x0, #1024\n"
    "    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n    str p\\n, [x1, #\\n, mul vl]\n    .endr\n"
    "    rdffr p0.b\n    str p0, [x1, #16, mul vl]\n"
    "    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
    "    str z\\n, [x0, #\\n, mul vl]\n    .endr\n    ret\n"
    /* Loads, does one instruction, stores. */
    "around_brk: stp x29, x30, [sp, #-80]!\n stp d8, d9, [sp, #16]\n stp d10, d11, [sp, #32]\n stp d12, d13, [sp, #48]\n"
    "    stp d14, d15, [sp, #64]\n    adrp x0, given\n    add x0, x0, :lo12:given\n    bl load_regs\n    brk #0\n"
    "1:  adrp x0, seen\n    add x0, x0, :lo12:seen\n    bl store_regs\n"
    "    ldp d8, d9, [sp, #16]\n    ldp d10, d11, [sp, #32]\n    ldp d12, d13, [sp, #48]\n    ldp d14, d15, [sp, #64]\n"
    "    ldp x29, x30, [sp], #80\n    ret\n"
    "around_svc: stp x29, x30, [sp, #-80]!\n stp d8, d9, [sp, #16]\n stp d10, d11, [sp, #32]\n stp d12, d13, [sp, #48]\n"
    "    stp d14, d15, [sp, #64]\n    adrp x0, given\n    add x0, x0, :lo12:given\n    bl load_regs\n"
    "    mov x8, #172\n    svc #0\n    b 1b\n");
void around_brk(void), around_svc(void);

static void fill_regs(void)
{
    memset(&seen, 0xee, sizeof seen);
    for (unsigned i = 0; i < sizeof given; i++) {
        ((uint8_t *)&given)[i] = (uint8_t)draw();
    }
    memset(given.p + 16 * vl / 8, 0xff, vl / 8);
    given.p[16 * vl / 8 + 1] = 0x0f;        /* FFR: elements up to one */
    memset(given.p + 16 * vl / 8 + 2, 0, vl / 8 - 2);
}

static bool low_same(const Regs *a, const Regs *b)
{
    bool good = true;

    for (unsigned i = 0; i < 32; i++) {
        good = !memcmp(a->z + i * vl, b->z + i * vl, 16) && good;
    }
    return good;
}

static bool high_zero(const Regs *r)
{
    bool good = true;

    for (unsigned i = 0; i < 32 * vl; i++) {
        good = (i % vl < 16 || !r->z[i]) && good;
    }
    for (unsigned i = 0; i < 17 * vl / 8; i++) {
        good = !r->p[i] && good;
    }
    return good;
}

typedef struct Record {
    uint32_t magic, size;
    uint16_t vl, flags, reserved[2];
    uint8_t regs[];
} Record;

static enum { LOOK, EDIT, DROP, LENGTH, SHORT } what;
static int record_good;

static void look(int sig, siginfo_t *info, void *context)
{
    mcontext_t *mc = &((ucontext_t *)context)->uc_mcontext;
    Record *r = (Record *)mc->__reserved;
    uint32_t *fp = (uint32_t *)mc->__reserved;

    mc->pc += 4;
    while (r->magic && r->magic != 0x53564501) {
        r = (Record *)((char *)r + r->size);
    }
    record_good = r->magic && r->vl == vl && r->size == ((16 + 32 * vl + 17 * vl / 8 + 15) & ~15u)
        && !memcmp(r->regs, given.z, 32 * vl) && !memcmp(r->regs + 32 * vl, given.p, 17 * vl / 8);
    while (*fp != 0x46508001) {
        fp += fp[1] / 4;
    }
    switch (what) {
    case EDIT:
        memset(r->regs, 0x55, 32 * vl);
        memset(r->regs + 32 * vl, 0x11, 16 * vl / 8);
        memset(fp + 4, 0x66, 512);
        break;
    case DROP:
        memset((char *)r + 16, 0, 16);
        r->size = 16;
        break;
    case LENGTH: r->vl = 48; break;
    case SHORT:  r->size -= 16; memset((char *)r + r->size, 0, 16); break;
    default:     break;
    }
}

/* Does returning from the handler end the process by SIGSEGV? */
static bool kills(int how)
{
    int status = 0;
    const pid_t pid = fork();

    if (pid == 0) {
        what = how;
        fill_regs();
        around_brk();
        _exit(0);
    }
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV;
}

static void test_frame(void)
{
    handle(SIGTRAP, look);
    vl = (unsigned)svcntb();
    what = LOOK;
    fill_regs();
    around_brk();
    ok(record_good, "the record has all registers");
    ok(!memcmp(seen.z, given.z, 32 * vl) && !memcmp(seen.p, given.p, 17 * vl / 8), "which are as before after the handler");
    what = EDIT;
    fill_regs();
    around_brk();
    bool good = true;
    for (unsigned i = 0; i < 32 * vl; i++) {
        good = seen.z[i] == (i % vl < 16 ? 0x66 : 0x55) && good;
    }
    ok(good, "an edited record is taken, but for the bits that the FP record has");
    good = true;
    for (unsigned i = 0; i < 16 * vl / 8; i++) {
        good = seen.p[i] == 0x11 && good;
    }
    ok(good && !memcmp(seen.p + 16 * vl / 8, given.p + 16 * vl / 8, vl / 8), "predicates too, FFR as it was");
    what = DROP;
    fill_regs();
    around_brk();
    ok(low_same(&seen, &given) && high_zero(&seen), "without registers in the record only the FP ones are left");
    ok(kills(LENGTH), "a record of another vector length is refused");
    ok(kills(SHORT), "a record that is too short is refused");
    fill_regs();
    around_svc();
    ok(low_same(&seen, &given) && high_zero(&seen), "a system call leaves the low 128 bits, the rest is 0");
    ok(getauxval(51) >= 16 + 32 * vl + 17 * vl / 8, "AT_MINSIGSTKSZ");
}

/* Writes to V registers. */
#define ZEROES(insn) \
    ({ uint8_t z_[32]; bool good_ = true; \
       asm volatile("mov z0.b, #-1\n mov z1.b, #-1\n" insn "\n str z0, [%0]" : : "r"(z_), "r"(&given) : "memory", "v0", "v1"); \
       for (unsigned i_ = 16; i_ < svcntb(); i_++) { good_ = !z_[i_] && good_; } \
       good_; })

static void test_upper(void)
{
    ok(ZEROES("fmov d0, #1.0"), "fmov zeroes the upper bits");
    ok(ZEROES("add v0.4s, v1.4s, v1.4s"), "add");
    ok(ZEROES("ldr q0, [%1]"), "ldr");
    ok(ZEROES("ins v0.d[1], x9"), "ins");
    ok(ZEROES("ld1 {v0.b}[3], [%1]"), "ld1 of a lane");
    ok(ZEROES("scvtf s0, w9"), "scvtf");
    ok(ZEROES("sqrdmlah v0.4s, v1.4s, v1.4s"), "sqrdmlah");
    ok(ZEROES("uaddv d0, p0, z1.b"), "uaddv");
}

/* Vector lengths */

static void *thread_length(void *arg)
{
    *(unsigned *)arg = (unsigned)svcntb();
    return NULL;
}

static void run_self(char *self, char *out, size_t size, bool inherit)
{
    int fd[2];
    pid_t pid;

    pipe(fd);
    pid = fork();
    if (pid == 0) {
        dup2(fd[1], 1);
        prctl(SET_VL, 16 | (inherit ? INHERIT : ONEXEC), 0, 0, 0);
        execl(self, self, "vl", NULL);
        _exit(1);
    }
    close(fd[1]);
    const ssize_t n = read(fd[0], out, size - 1);
    out[n > 0 ? n : 0] = 0;
    close(fd[0]);
    waitpid(pid, NULL, 0);
}

static void test_lengths(char *self)
{
    const unsigned long max = svcntb();
    pthread_t thread;
    unsigned other = 0;
    char text[64];

    is(prctl(GET_VL), max, "PR_SVE_GET_VL");
    fails(prctl(SET_VL, 0), EINVAL, "a length of 0");
    fails(prctl(SET_VL, 24), EINVAL, "one that is no multiple of 16");
    fails(prctl(SET_VL, 16 | 1 << 19), EINVAL, "an unknown flag");
    is(prctl(SET_VL, 8192), max, "more than there is: the longest");
    is(prctl(SET_VL, 16 | ONEXEC), 16, "the length after execve");
    is(prctl(GET_VL), max, "is not that of now");
    run_self(self, text, sizeof text, false);
    ok(!strcmp(text, "16 16\n"), "execve takes it");
    run_self(self, text, sizeof text, true);
    snprintf(text + 32, 32, "16 %d\n", 16 | INHERIT);
    ok(!strcmp(text, text + 32), "and inherits it if told");
    is(prctl(SET_VL, 16), 16, "PR_SVE_SET_VL");
    is(svcntb(), 16, "has effect");
    pthread_create(&thread, NULL, thread_length, &other);
    pthread_join(thread, NULL);
    is(other, 16, "also on new threads");
    test_frame();
    is(prctl(SET_VL, max), max, "and back");
    is(svcntb(), max, "to the longest");
}

static void test_facts(void)
{
    uint64_t pfr0, zfr0;

    asm("mrs %0, id_aa64pfr0_el1" : "=r"(pfr0));
    asm("mrs %0, s3_0_c0_c4_4" : "=r"(zfr0));
    is(getauxval(AT_HWCAP) >> 22 & 1, pfr0 >> 32 & 15, "AT_HWCAP and ID_AA64PFR0_EL1 say SVE");
    is(getauxval(AT_HWCAP2) >> 1 & 1, zfr0 & 15, "AT_HWCAP2 and ID_AA64ZFR0_EL1 say SVE2");
    is(getauxval(AT_HWCAP2) >> 2 & 3, (zfr0 >> 4 & 15) == 2 ? 3 : (zfr0 >> 4 & 15), "AES, PMULL");
}

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "vl")) {
        printf("%u %d\n", (unsigned)svcntb(), prctl(GET_VL));
        return 0;
    }
    if (argc > 1 && !strcmp(argv[1], "told")) {
        puts(getauxval(AT_HWCAP) >> 22 & 1 ? "yes" : "no");
        return 0;
    }
    test_loops();
    if (argc > 1) {
        printf("sum %016llx\n", (unsigned long long)hash);
        return 0;
    }
    test_first_fault();
    test_faults();
    test_chosen();
    test_frame();
    test_upper();
    test_lengths(argv[0]);
    test_facts();
    return tap_done();
}
