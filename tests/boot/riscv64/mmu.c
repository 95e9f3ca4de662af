/* SPDX-License-Identifier: BSD-2-Clause */
/* Sv39, Sv48, Sv57: walks, permissions, A and D, SUM, MXR, MPRV, Svnapot, Svpbmt, address spaces, accesses and
 * instructions that lie in two pages. Loads and stores are made by MPRV, fetches by going there. */
#include "boot.h"

enum { V = 1, R = 2, W = 4, X = 8, PU = 16, G = 32, A = 64, D = 128, RW = V | R | W | A | D, RX = V | R | X | A | D };
enum { POOL = 64 };

static u64 pool[POOL][512] __attribute__((aligned(4096)));
static unsigned used;
static u64 pages[20][512] __attribute__((aligned(65536)));
static unsigned levels;

#define VA 0x40000000ull
#define ADUE ((u64)1 << 61)
#define PBMTE ((u64)1 << 62)

static u64 *new_table(void)
{
    u64 *t = pool[used++ % POOL];

    for (unsigned k = 0; k < 512; k++) {
        t[k] = 0;
    }
    return t;
}

/* The entry for va at a level, tables made as needed. */
static u64 *entry(u64 *root, u64 va, unsigned level)
{
    for (unsigned l = levels - 1; l > level; l--) {
        u64 *e = &root[va >> (12 + 9 * l) & 511];
        if (!(*e & V)) {
            *e = (u64)new_table() >> 2 | V;
        }
        root = (u64 *)(*e >> 10 << 12);
    }
    return &root[va >> (12 + 9 * level) & 511];
}

static u64 *map(u64 *root, u64 va, const void *pa, u64 flags)
{
    u64 *e = entry(root, va, 0);

    *e = (u64)pa >> 2 | flags;
    return e;
}

static u64 *new_root(void)
{
    u64 *root = new_table();

    *entry(root, 0x80000000, 1) = 0x80000000 >> 2 | V | R | W | X | G | A | D;
    *entry(root, 0x10000000, 1) = 0x10000000 >> 2 | V | R | W | G | A | D;
    return root;
}

static u64 satp_of(u64 *root, u64 asid)
{
    return (u64)(levels + 5) << 60 | asid << 44 | (u64)root >> 12;
}

static void use(u64 *root)
{
    csr_write(satp, satp_of(root, 0));
    __asm__ volatile("sfence.vma" : : : "memory");
}

static void flush(void)
{
    __asm__ volatile("sfence.vma" : : : "memory");
}

#define SUM (1 << 18)
#define MXR (1 << 19)
#define MPRV (1 << 17)

static u64 access_pc;

/* A load in a mode with bits of mstatus set. */
static u64 load_as(unsigned mode, u64 bits, u64 va)
{
    u64 v = 0, pc, set = bits | (u64)mode << 11 | MPRV;

    csr_clear(mstatus, 3 << 11 | SUM | MXR);
    __asm__ volatile("la %1, 1f\n csrs mstatus, %2\n 1: ld %0, 0(%3)\n csrc mstatus, %4"
                     : "=&r"(v), "=&r"(pc) : "r"(set), "r"(va), "r"((u64)(MPRV | SUM | MXR)) : "memory");
    csr_clear(mstatus, MPRV | SUM | MXR);
    access_pc = pc;
    return v;
}

static void store_as(unsigned mode, u64 bits, u64 va, u64 v)
{
    u64 pc, set = bits | (u64)mode << 11 | MPRV;

    csr_clear(mstatus, 3 << 11 | SUM | MXR);
    __asm__ volatile("la %0, 1f\n csrs mstatus, %1\n 1: sd %3, 0(%2)\n csrc mstatus, %4"
                     : "=&r"(pc) : "r"(set), "r"(va), "r"(v), "r"((u64)(MPRV | SUM | MXR)) : "memory");
    csr_clear(mstatus, MPRV | SUM | MXR);
    access_pc = pc;
}

static u64 zero_fn(u64 x)
{
    return x;
}

/* Code that gives n to the caller in M. */
static void put_code(uint32_t *at, unsigned n)
{
    at[0] = 0x00000513 | n << 20;       /* li a0, n */
    at[1] = 0x000048b7;                 /* lui a7, 4 */
    at[2] = 0x24288893;                 /* addi a7, a7, 0x242 */
    at[3] = 0x00000073;                 /* ecall */
    __asm__ volatile("fence.i" : : : "memory");
}

static u64 run_at(unsigned mode, u64 va)
{
    skip_to = (u64)zero_fn;             /* after a fault: in S mode it returns to back */
    u64 r = call_in(mode, (u64 (*)(u64))va, 0);
    skip_to = 0;
    return r;
}

static void permissions(u64 *root)
{
    pages[0][0] = 0x1111;
    u64 *e = map(root, VA, pages[0], RW);
    flush();
    is("load", load_as(S, 0, VA), 0x1111);
    store_as(S, 0, VA, 0x2222);
    is("store", pages[0][0], 0x2222);
    no_trap("plain page");
    load_as(U, 0, VA);
    trapped("U loads from S's page", M, 13, access_pc, VA);
    store_as(U, 0, VA + 8, 1);
    trapped("U stores to S's page", M, 15, access_pc, VA + 8);
    *e = (u64)pages[0] >> 2 | RW | PU;
    flush();
    is("U loads", load_as(U, 0, VA), 0x2222);
    load_as(S, 0, VA);
    trapped("S loads from U's page", M, 13, access_pc, VA);
    is("with SUM", load_as(S, SUM, VA), 0x2222);
    store_as(S, SUM, VA, 0x3333);
    is("stores with SUM", pages[0][0], 0x3333);
    load_as(S, 0, VA);
    trapped("SUM is off again", M, 13, access_pc, VA);
    *e = (u64)pages[0] >> 2 | V | R | A | D;
    flush();
    is("read-only page", load_as(S, 0, VA), 0x3333);
    store_as(S, 0, VA, 1);
    trapped("store to a read-only page", M, 15, access_pc, VA);
    *e = (u64)pages[0] >> 2 | V | X | A | D;
    flush();
    load_as(S, 0, VA);
    trapped("load from an execute-only page", M, 13, access_pc, VA);
    is("with MXR", load_as(S, MXR, VA), 0x3333);
    *e = (u64)pages[0] >> 2 | V | W | A | D;
    flush();
    load_as(S, 0, VA);
    trapped("W without R is reserved", M, 13, access_pc, VA);
    *e = 0;
    flush();
    load_as(S, 0, VA);
    trapped("no page: load", M, 13, access_pc, VA);
    store_as(S, 0, VA, 1);
    trapped("no page: store", M, 15, access_pc, VA);
    *e = (u64)pages[0] >> 2 | RW | (u64)1 << 54;
    flush();
    load_as(S, 0, VA);
    trapped("reserved bit", M, 13, access_pc, VA);
    *e = 0x20000000 >> 2 | RW;
    flush();
    u64 far = (u64)1 << (11 + 9 * levels);
    load_as(S, 0, far);
    trapped("address that is no sign extension", M, 13, access_pc, far);
    *entry(root, VA, 0) = 0x300000 >> 2 | RW;
    flush();
    load_as(S, 0, VA);
    trapped("page where nothing is", M, 5, access_pc, VA);
    u64 *up = entry(root, VA, 1), was = *up;
    *up = 0x300000 >> 2 | V;
    flush();
    load_as(S, 0, VA);
    trapped("table where nothing is", M, 5, access_pc, VA);
    *up = was;
    flush();
}

static void used_bits(u64 *root)
{
    u64 *e = map(root, VA, pages[0], V | R | W);

    csr_write(0x30a, 0);
    flush();
    load_as(S, 0, VA);
    trapped("A is clear", M, 13, access_pc, VA);
    *e |= A;
    flush();
    load_as(S, 0, VA);
    no_trap("A is set");
    store_as(S, 0, VA, 1);
    trapped("D is clear", M, 15, access_pc, VA);
    csr_write(0x30a, ADUE);
    *e = (u64)pages[0] >> 2 | V | R | W;
    flush();
    load_as(S, 0, VA);
    is("ADUE: a load sets A", *e & (A | D), A);
    store_as(S, 0, VA, 5);
    is("ADUE: a store sets D", *e & (A | D), A | D);
    no_trap("ADUE");
    csr_write(0x30a, 0);
}

static void large(u64 *root)
{
    u64 *e = entry(root, 3 * VA, 1), at = (u64)pages & ~(u64)0x1fffff;

    *e = at >> 2 | RW;
    flush();
    pages[1][7] = 0x4444;
    is("2 MiB page", load_as(S, 0, 3 * VA + ((u64)&pages[1][7] - at)), 0x4444);
    *e = (at + 4096) >> 2 | RW;
    flush();
    load_as(S, 0, 3 * VA);
    trapped("misaligned 2 MiB page", M, 13, access_pc, 3 * VA);
    *e = 0;
    e = entry(root, 8 * VA, 2);
    *e = 0x80000000 >> 2 | RW;
    flush();
    is("1 GiB page", load_as(S, 0, 8 * VA + ((u64)&pages[1][7] - 0x80000000)), 0x4444);
    *e = (u64)new_table() >> 2 | V | A;
    flush();
    load_as(S, 0, 8 * VA);
    trapped("A in a pointer is reserved", M, 13, access_pc, 8 * VA);
    *e = 0;
}

static void extensions(u64 *root)
{
    for (unsigned k = 0; k < 16; k++) {
        pages[k][3] = 0x100 + k;
        map(root, VA + k * 4096, (char *)pages + 0x8000, RW | (u64)1 << 63);
    }
    flush();
    bool good = true;
    for (unsigned k = 0; k < 16; k++) {
        good &= load_as(S, 0, VA + k * 4096 + 24) == 0x100 + k;
    }
    check("64 KiB page", good);
    no_trap("Svnapot");
    map(root, VA, (char *)pages + 0x4000, RW | (u64)1 << 63);
    flush();
    load_as(S, 0, VA);
    trapped("contiguous page of a size that is not", M, 13, access_pc, VA);
    map(root, VA, pages[2], RW | (u64)1 << 61);
    flush();
    load_as(S, 0, VA);
    trapped("memory type without PBMTE", M, 13, access_pc, VA);
    csr_write(0x30a, PBMTE);
    flush();
    is("memory type with it", load_as(S, 0, VA + 24), 0x102);
    map(root, VA, pages[2], RW | (u64)3 << 61);
    flush();
    load_as(S, 0, VA);
    trapped("reserved memory type", M, 13, access_pc, VA);
    csr_write(0x30a, 0);
}

static void two_pages(u64 *root)
{
    u64 pc;

    map(root, VA, pages[0], RW);
    map(root, VA + 4096, pages[5], RW);
    pages[0][511] = 0x1122334455667788;
    pages[5][0] = 0x99aabbccddeeff00;
    flush();
    is("load from two pages", load_as(S, 0, VA + 4092), 0xddeeff0011223344);
    store_as(S, 0, VA + 4092, 0x0102030405060708);
    is("store to two pages: first", pages[0][511], 0x0506070855667788);
    is("store to two pages: second", pages[5][0], 0x99aabbcc01020304);
    map(root, VA + 4096, pages[5], 0);
    flush();
    load_as(S, 0, VA + 4092);
    trapped("load: the second page is missing", M, 13, access_pc, VA + 4096);
    store_as(S, 0, VA + 4092, 0);
    trapped("store: the second page is missing", M, 15, access_pc, VA + 4096);
    is("the first one was left alone", pages[0][511], 0x0506070855667788);
    no_trap("two pages");
    /* an instruction: li a0, 9 across the end of the page */
    uint16_t *end = (uint16_t *)pages[0] + 2047, *start = (uint16_t *)pages[5];
    uint32_t li = 0x00900513;
    put_code((uint32_t *)pages[6], 0);
    *end = (uint16_t)li;
    start[0] = (uint16_t)(li >> 16);
    for (unsigned k = 0; k < 6; k++) {
        start[1 + k] = ((uint16_t *)pages[6])[2 + k];
    }
    map(root, VA, pages[0], RX);
    map(root, VA + 4096, pages[5], RX);
    flush();
    __asm__ volatile("fence.i" : : : "memory");
    is("instruction in two pages", run_at(S, VA + 4094), 9);
    map(root, VA + 4096, pages[5], V | R | A);
    flush();
    run_at(S, VA + 4094);
    pc = VA + 4094;
    trapped("instruction: the second page is not executable", M, 12, pc, VA + 4096);
    /* the other half in another page: the same first half, another instruction */
    for (unsigned k = 0; k < 8; k++) {
        ((uint16_t *)pages[7])[k] = start[k];
    }
    ((uint16_t *)pages[7])[0] = 0x00a0;         /* li a0, 10 */
    map(root, VA + 4096, pages[7], RX);
    flush();
    __asm__ volatile("fence.i" : : : "memory");
    is("instruction whose second half changed", run_at(S, VA + 4094), 10);
    map(root, VA + 4096, pages[5], RX);
    flush();
    is("and back", run_at(S, VA + 4094), 9);
    no_trap("instruction in two pages");
}

static void fetches(u64 *root)
{
    put_code((uint32_t *)pages[8], 21);
    put_code((uint32_t *)pages[9], 22);
    map(root, VA, pages[8], RX);
    flush();
    is("S runs a page", run_at(S, VA), 21);
    map(root, VA, pages[8], RX | PU);
    flush();
    is("U runs a page", run_at(U, VA), 21);
    run_at(S, VA);
    trapped("S runs U's page", M, 12, VA, VA);
    csr_set(mstatus, SUM);
    run_at(S, VA);
    trapped("SUM is not for fetches", M, 12, VA, VA);
    csr_clear(mstatus, SUM);
    map(root, VA, pages[8], RW);
    flush();
    run_at(S, VA);
    trapped("page without X", M, 12, VA, VA);
    map(root, VA, pages[8], RX);
    flush();
    is("page 8", run_at(S, VA), 21);
    map(root, VA, pages[9], RX);
    __asm__ volatile("sfence.vma %0" : : "r"(VA) : "memory");
    is("page 9 in its place", run_at(S, VA), 22);
    no_trap("fetches");
}

static void spaces(u64 *one)
{
    u64 *two = new_root();

    map(one, VA, pages[8], RX);
    map(two, VA, pages[9], RX);
    map(one, VA + 4096, pages[10], RW);
    map(two, VA + 4096, pages[11], RW);
    pages[10][0] = 110;
    pages[11][0] = 111;
    flush();
    bool good = true;
    for (unsigned k = 0; k < 50; k++) {
        csr_write(satp, satp_of(k & 1 ? two : one, 1 + (k & 1)));
        good &= run_at(S, VA) == 21 + (k & 1) && load_as(S, 0, VA + 4096) == 110 + (k & 1);
    }
    check("two address spaces by ASID", good);
    use(one);
    map(one, VA + 4096, pages[11], RW);
    __asm__ volatile("sfence.vma %0, zero" : : "r"(VA + 4096) : "memory");
    is("sfence.vma of one page", load_as(S, 0, VA + 4096), 111);
    map(one, VA + 4096, pages[10], RW);
    __asm__ volatile(".word 0x18000073\n .insn r 0x73, 0, 0x0b, x0, %0, x0\n .word 0x18100073"
                     : : "r"(VA + 4096) : "memory");
    is("sinval.vma of one page", load_as(S, 0, VA + 4096), 110);
    csr_write(satp, 0);
    is("Bare", load_as(S, 0, (u64)&pages[10][0]), 110);
    no_trap("address spaces");
}

void hart_main(u64 hart)
{
    if (hart) {
        return;
    }
    boot_init();
    for (levels = 3; levels <= 5; levels++) {
        print(levels == 3 ? "Sv39\n" : levels == 4 ? "Sv48\n" : "Sv57\n");
        used = 0;
        u64 *root = new_root();
        use(root);
        is("satp", csr_read(satp) >> 60, levels + 5);
        permissions(root);
        used_bits(root);
        large(root);
        extensions(root);
        two_pages(root);
        fetches(root);
        spaces(root);
        csr_write(satp, 0);
    }
    finish();
}
