/* SPDX-License-Identifier: BSD-2-Clause */
/* Vectors in a machine: mstatus.VS and FS, the CSRs, exact faults of each kind of load and store with vstart, device
 * registers, physical memory protection of a part of a page, traps in the middle of code that knows vtype.
 * [RVP 3.1.6.6], [RVU 31.3, 31.7, 31.17] */
#include "boot.h"

enum { V = 1, R = 2, W = 4, X = 8, A = 64, D = 128, RW = V | R | W | A | D, RO = V | R | A | D };
enum { PAGE = 4096 };

#define VS ((u64)3 << 9)
#define FS ((u64)3 << 13)
#define SD ((u64)1 << 63)
#define VA 0x40000000ull            /* page 0: memory, 1: nothing, 2: memory, 3: read-only */

/* Vector instructions in C compiled without them. */
#define VEC(text) ".option push\n.option arch, +v\n.option norvc\n" text "\n.option pop\n"

static u64 root[512] __attribute__((aligned(4096))), mid[512] __attribute__((aligned(4096))),
    low[512] __attribute__((aligned(4096))), rest[512] __attribute__((aligned(4096)));
static uint8_t pages[4][PAGE] __attribute__((aligned(4096)));
static uint8_t out[512] __attribute__((aligned(16))), in[512] __attribute__((aligned(16)));

static void map(void)
{
    root[0] = (u64)rest >> 2 | V;                   /* the devices */
    for (unsigned k = 0; k < 256; k++) {
        rest[k] = (u64)k << (21 - 2) | RW;
    }
    root[1] = (u64)mid >> 2 | V;
    root[2] = (u64)0x80000000 >> 2 | RW | X;
    mid[0] = (u64)low >> 2 | V;
    low[0] = (u64)pages[0] >> 2 | RW;
    low[2] = (u64)pages[2] >> 2 | RW;
    low[3] = (u64)pages[3] >> 2 | RO;
    csr_write(satp, (u64)8 << 60 | (u64)root >> 12);
    __asm__ volatile("sfence.vma" : : : "memory");
}

static void fill(void)
{
    for (unsigned k = 0; k < sizeof pages; k++) {
        ((uint8_t *)pages)[k] = (uint8_t)(k * 7 + (k >> 8));
    }
    for (unsigned k = 0; k < sizeof in; k++) {
        in[k] = (uint8_t)(k * 5 + 3);
        out[k] = 0xee;
    }
}

/* Sum of bytes with their places. */
static u64 sum(const uint8_t *p, unsigned n)
{
    u64 s = 0;

    while (n--) {
        s = s * 31 + p[n];
    }
    return s;
}

static u64 swap_vs(u64 to)
{
    const u64 was = csr_read(mstatus);

    csr_clear(mstatus, VS);
    csr_set(mstatus, to << 9);
    return was;
}

/* Each in S and with VS as it is; they give the address of the instruction that may trap. */
#define ONE(name, text) \
    static u64 name(u64 x) \
    { \
        u64 pc; \
        __asm__ volatile(VEC("la %0, 1f\n1: " text) : "=&r"(pc) : "r"(x) : "t0", "t1", "memory"); \
        return pc; \
    }
ONE(do_vsetvli, "vsetvli t0, x0, e8, m1, ta, ma")
ONE(do_words, "vsetvli t0, x0, e32, m1, ta, ma")
ONE(do_vadd, "vadd.vv v1, v2, v3")
ONE(do_vfadd, "vfadd.vv v1, v2, v3")
ONE(do_vfmv, "vfmv.v.f v1, fa0")
ONE(do_vmv1r, "vmv1r.v v1, v2")
ONE(do_vle, "vle8.v v1, (%1)")
ONE(do_vl1r, "vl1re8.v v1, (%1)")
ONE(do_read_vl, "csrr t0, vl")
ONE(do_read_vlenb, "csrr t0, vlenb")
ONE(do_read_vcsr, "csrr t0, vcsr")
ONE(do_write_vxrm, "csrw vxrm, %1")
ONE(do_write_vl, "csrw vl, %1")

static const struct { const char *name; u64 (*fn)(u64); bool fp; } ones[] = {
    { "vsetvli", do_vsetvli, false }, { "vadd.vv", do_vadd, false }, { "vfadd.vv", do_vfadd, true },
    { "vfmv.v.f", do_vfmv, true }, { "vmv1r.v", do_vmv1r, false }, { "vle8.v", do_vle, false },
    { "vl1re8.v", do_vl1r, false }, { "csrr vl", do_read_vl, false }, { "csrr vlenb", do_read_vlenb, false },
    { "csrr vcsr", do_read_vcsr, false }, { "csrw vxrm", do_write_vxrm, false },
};

static u64 s_sstatus(u64 x)
{
    return csr_read(sstatus);
}

static void switches(void)
{
    csr_set(mstatus, FS);
    for (unsigned k = 0; k < sizeof ones / sizeof *ones; k++) {
        swap_vs(3);
        do_words(0);
        swap_vs(0);
        u64 pc = call_in(S, ones[k].fn, (u64)in);
        print("VS off: ");
        trapped(ones[k].name, M, 2, pc, *(uint32_t *)pc);
        swap_vs(1);
        pc = call_in(S, ones[k].fn, 0x80000000);
        print("VS initial: ");
        no_trap(ones[k].name);
        if (k < 7 || k == 10) {
            is("  makes it dirty", csr_read(mstatus) & (SD | VS), SD | VS);
        }
        swap_vs(2);
        csr_clear(mstatus, FS);
        pc = call_in(S, ones[k].fn, 0x80000000);
        print("FS off: ");
        if (ones[k].fp) {
            trapped(ones[k].name, M, 2, pc, *(uint32_t *)pc);
        } else {
            no_trap(ones[k].name);
        }
        csr_set(mstatus, FS);
    }
    csr_clear(mstatus, FS);
    csr_set(mstatus, (u64)1 << 13);
    swap_vs(3);
    do_vsetvli(0);
    u64 pc = do_write_vl(1);
    trapped("vl is read-only", M, 2, pc, *(uint32_t *)pc);
    is("sstatus shows VS", call_in(S, s_sstatus, 0) & (SD | VS), SD | VS);
    csr_clear(sstatus, VS);
    is("sstatus.VS is mstatus.VS", csr_read(mstatus) & VS, 0);
    swap_vs(3);
    csr_set(mstatus, FS);
}

/* Loads and stores that fault. setup sets vl and vtype; the instruction has its address in a1, a stride or so in a2. */
typedef struct Case {
    const char *name;
    u64 (*fn)(u64 base);
    u64 base;
    unsigned vstart, store;     /* element that faults */
    u64 tval;
    unsigned bytes;             /* of registers from v8 on to be looked at */
} Case;

static u64 fault_pc;

/* v8 to v15 are filled from in before, copied to out after. The instruction is run again behind the mend. */
#define ACCESS(name, setup, text) \
    static u64 name(u64 base) \
    { \
        u64 pc, start; \
        __asm__ volatile(VEC( \
            "vl8re8.v v8, (%3)\nvl8re8.v v24, (%3)\nvmv1r.v v0, v24\n" \
            "mv a1, %2\n" setup "\n" \
            "la %0, 1f\n1: " text "\n" \
            "csrr %1, vstart\ncsrw vstart, x0\n" \
            "vs8r.v v8, (%4)\n") \
            : "=&r"(pc), "=&r"(start) : "r"(base), "r"(in), "r"(out) : "a1", "a2", "t0", "memory"); \
        fault_pc = pc; \
        return start; \
    }
ACCESS(a_vle8, "vsetvli t0, x0, e8, m4, ta, ma", "vle8.v v8, (a1)")
ACCESS(a_vle16, "vsetvli t0, x0, e16, m4, ta, ma", "vle16.v v8, (a1)")
ACCESS(a_vle32, "vsetvli t0, x0, e32, m2, ta, ma", "vle32.v v8, (a1)")
ACCESS(a_vle64, "vsetvli t0, x0, e64, m8, ta, ma", "vle64.v v8, (a1)")
ACCESS(a_vle32_vl, "vsetivli t0, 7, e32, m2, ta, ma", "vle32.v v8, (a1)")
ACCESS(a_vle32_m, "vsetvli t0, x0, e32, m2, ta, ma", "vle32.v v8, (a1), v0.t")
ACCESS(a_vlse16, "vsetvli t0, x0, e16, m2, ta, ma\nli a2, 6", "vlse16.v v8, (a1), a2")
ACCESS(a_vluxei8, "vsetvli t0, x0, e8, m2, ta, ma", "vluxei8.v v8, (a1), v24")
ACCESS(a_vlseg3e16, "vsetvli t0, x0, e16, m1, ta, ma", "vlseg3e16.v v8, (a1)")
ACCESS(a_vlseg2e32m, "vsetvli t0, x0, e32, m1, ta, ma", "vlseg2e32.v v8, (a1), v0.t")
ACCESS(a_vlssseg2e8, "vsetvli t0, x0, e8, m1, ta, ma\nli a2, 3", "vlsseg2e8.v v8, (a1), a2")
ACCESS(a_vl4r, "vsetvli t0, x0, e8, m1, ta, ma", "vl4re32.v v8, (a1)")
ACCESS(a_vlm, "vsetvli t0, x0, e8, m8, ta, ma", "vlm.v v8, (a1)")
ACCESS(a_vse8, "vsetvli t0, x0, e8, m4, ta, ma", "vse8.v v8, (a1)")
ACCESS(a_vse64, "vsetvli t0, x0, e64, m8, ta, ma", "vse64.v v8, (a1)")
ACCESS(a_vse16_m, "vsetvli t0, x0, e16, m2, ta, ma", "vse16.v v8, (a1), v0.t")
ACCESS(a_vsse32, "vsetvli t0, x0, e32, m2, ta, ma\nli a2, 12", "vsse32.v v8, (a1), a2")
ACCESS(a_vsuxei8, "vsetvli t0, x0, e8, m2, ta, ma", "vsuxei8.v v8, (a1), v24")
ACCESS(a_vsseg4e8, "vsetvli t0, x0, e8, m1, ta, ma", "vsseg4e8.v v8, (a1)")
ACCESS(a_vs8r, "vsetvli t0, x0, e8, m1, ta, ma", "vs8r.v v8, (a1)")

/* Elements that are not of SEW, groups of less than 16 bytes, and what is done element by element. */
ACCESS(a_vle8_mf4, "vsetvli t0, x0, e8, mf4, ta, ma", "vle8.v v8, (a1)")
ACCESS(a_vse8_mf4, "vsetvli t0, x0, e8, mf4, ta, ma", "vse8.v v8, (a1)")
ACCESS(a_vle16_e32, "vsetivli t0, 7, e32, m2, ta, ma", "vle16.v v8, (a1)")
ACCESS(a_vse16_e32, "vsetvli t0, x0, e32, m2, ta, ma", "vse16.v v8, (a1)")
ACCESS(a_vse64_e16, "vsetivli t0, 6, e16, m1, ta, ma", "vse64.v v8, (a1)")
ACCESS(a_vse8_vl, "vsetivli t0, 27, e8, m2, ta, ma", "vse8.v v8, (a1)")
ACCESS(a_vse32_m1m, "vsetvli t0, x0, e32, m1, ta, ma", "vse32.v v8, (a1), v0.t")
ACCESS(a_vse8_m8m, "vsetvli t0, x0, e8, m8, ta, ma", "vse8.v v8, (a1), v0.t")
ACCESS(a_vlse32_m, "vsetvli t0, x0, e32, m1, ta, ma\nli a2, 12", "vlse32.v v8, (a1), a2, v0.t")
ACCESS(a_vlse32_m1, "vsetvli t0, x0, e32, m1, ta, ma\nli a2, 12", "vlse32.v v8, (a1), a2")
ACCESS(a_vlse32_vl, "li t0, 3\nvsetvli t0, t0, e32, m1, ta, ma\nli a2, 12", "vlse32.v v8, (a1), a2")
ACCESS(a_vlse32_x0, "vsetvli t0, x0, e32, m1, ta, ma", "vlse32.v v8, (a1), x0")
ACCESS(a_vlse32_m8, "vsetvli t0, x0, e32, m8, ta, ma\nli a2, 12", "vlse32.v v8, (a1), a2")
ACCESS(a_vsse32_m1, "vsetvli t0, x0, e32, m1, ta, ma\nli a2, 12", "vsse32.v v8, (a1), a2")
ACCESS(a_vluxei8_e32, "vsetvli t0, x0, e32, m1, ta, ma", "vluxei8.v v8, (a1), v24")
ACCESS(a_vluxei8_same, "vsetvli t0, x0, e8, m1, ta, ma", "vluxei8.v v8, (a1), v8")
ACCESS(a_vsuxei8_e32m, "vsetvli t0, x0, e32, m1, ta, ma", "vsuxei8.v v8, (a1), v24, v0.t")
ACCESS(a_vlseg2e8_mf2, "vsetvli t0, x0, e8, mf2, ta, ma", "vlseg2e8.v v8, (a1)")
ACCESS(a_vsseg2e32m, "vsetvli t0, x0, e32, m1, ta, ma", "vsseg2e32.v v8, (a1), v0.t")
ACCESS(a_vsseg3e8_vl, "vsetivli t0, 7, e8, m1, ta, ma", "vsseg3e8.v v8, (a1)")
ACCESS(a_vlseg5e16, "vsetvli t0, x0, e16, m1, ta, ma", "vlseg5e16.v v8, (a1)")
ACCESS(a_vlm4, "vsetvli t0, x0, e8, m2, ta, ma", "vlm.v v8, (a1)")
ACCESS(a_vsm8, "vsetvli t0, x0, e8, m4, ta, ma", "vsm.v v8, (a1)")

#define END (VA + PAGE)
/* The words of in that are indexes: 3, 8, 13, ... The mask is in's first bytes: 3, 8, 13, 18: bits 0, 1, 11, 16... */
static const Case cases[] = {
    { "vle8", a_vle8, END - 20, 20, 0, END },
    { "vle8 at once", a_vle8, END, 0, 0, END },
    { "vle16", a_vle16, END - 40, 20, 0, END },
    { "vle16, an element in both", a_vle16, END - 7, 3, 0, END },
    { "vle32", a_vle32, END - 16, 4, 0, END },
    { "vle32, in the second piece", a_vle32, END - 20, 5, 0, END },
    { "vle64", a_vle64, END - 80, 10, 0, END },
    { "vle64, an element in both", a_vle64, END - 13, 1, 0, END },
    { "vle32 of seven", a_vle32_vl, END - 24, 6, 0, END },
    { "vle32 masked", a_vle32_m, END - 4, 1, 0, END },
    { "vlse16", a_vlse16, END - 20, 4, 0, END + 4 },
    { "vluxei8", a_vluxei8, END - 90, 18, 0, END + 3 },
    { "vlseg3e16", a_vlseg3e16, END - 12, 2, 0, END },
    { "vlseg3e16, a segment in both", a_vlseg3e16, END - 16, 2, 0, END },
    { "vlseg2e32 masked", a_vlseg2e32m, END - 8, 1, 0, END },
    { "vlsseg2e8", a_vlssseg2e8, END - 7, 2, 0, END },
    { "vlm", a_vlm, END - 3, 3, 0, END },
    { "vse8", a_vse8, END - 20, 20, 1, END },
    { "vse8, read-only", a_vse8, VA + 3 * PAGE - 33, 33, 1, VA + 3 * PAGE },
    { "vse64", a_vse64, END - 80, 10, 1, END },
    { "vse64, an element in both", a_vse64, END - 12, 1, 1, END },
    { "vse16 masked", a_vse16_m, END - 8, 11, 1, END + 14 },
    { "vsse32", a_vsse32, END - 30, 3, 1, END + 6 },
    { "vsuxei8", a_vsuxei8, END - 90, 18, 1, END + 3 },
    { "vsseg4e8", a_vsseg4e8, END - 12, 3, 1, END },
    { "vle8 of four", a_vle8_mf4, END - 2, 2, 0, END },
    { "vse8 of four", a_vse8_mf4, END - 3, 3, 1, END },
    { "vse8 of four, read-only", a_vse8_mf4, VA + 3 * PAGE - 1, 1, 1, VA + 3 * PAGE },
    { "vle16, SEW 32", a_vle16_e32, END - 10, 5, 0, END },
    { "vse16, SEW 32", a_vse16_e32, END - 10, 5, 1, END },
    { "vse16, SEW 32, an element in both", a_vse16_e32, END - 9, 4, 1, END },
    { "vse64, SEW 16", a_vse64_e16, END - 36, 4, 1, END },
    { "vse8 of 27", a_vse8_vl, END - 26, 26, 1, END },
    { "vse32 masked", a_vse32_m1m, END - 4, 1, 1, END },
    { "vse8 masked", a_vse8_m8m, END - 12, 16, 1, END + 4 },
    { "vlse32 masked", a_vlse32_m, END - 8, 1, 0, END + 4 },
    { "vlse32", a_vlse32_m1, END - 30, 3, 0, END + 6 },
    { "vlse32, an element in both", a_vlse32_m1, END - 26, 2, 0, END },
    { "vlse32 of three", a_vlse32_vl, END - 22, 2, 0, END + 2 },
    { "vlse32 of one", a_vlse32_x0, END - 2, 0, 0, END },
    { "vlse32 of 32", a_vlse32_m8, END - 200, 17, 0, END + 4 },
    { "vsse32 of four", a_vsse32_m1, END - 26, 2, 1, END },
    { "vluxei8 of words", a_vluxei8_e32, END - 20, 3, 0, END },
    { "vluxei8 to its indices", a_vluxei8_same, END - 40, 8, 0, END + 3 },
    { "vsuxei8 of words, masked", a_vsuxei8_e32m, END - 10, 1, 1, END },
    { "vlseg2e8 of eight", a_vlseg2e8_mf2, END - 9, 4, 0, END },
    { "vsseg2e32 masked", a_vsseg2e32m, END - 8, 1, 1, END },
    { "vsseg3e8 of seven", a_vsseg3e8_vl, END - 12, 4, 1, END },
    { "vlseg5e16", a_vlseg5e16, END - 24, 2, 0, END },
    { "vlm of four bytes", a_vlm4, END - 3, 3, 0, END },
    { "vsm of eight bytes", a_vsm8, END - 5, 5, 1, END },
};

/* What is not active, or not below vl, does not fault: both of the last words are in no page. */
static const Case quiet[] = {
    { "vse32 masked, at the end", a_vse32_m1m, END - 8, 0, 1, 0 },
    { "vlse32 masked, at the end", a_vlse32_m, END - 16, 0, 0, 0 },
    { "vlse32 of three, at the end", a_vlse32_vl, END - 28, 0, 0, 0 },
    { "vsuxei8 masked, at the end", a_vsuxei8_e32m, END - 12, 0, 1, 0 },
    { "vsseg2e32 masked, at the end", a_vsseg2e32m, END - 16, 0, 1, 0 },
    { "vsseg3e8 of seven, at the end", a_vsseg3e8_vl, END - 21, 0, 1, 0 },
    { "vse8 of 27, at the end", a_vse8_vl, END - 27, 0, 1, 0 },
    { "vse64, SEW 16, at the end", a_vse64_e16, END - 48, 0, 1, 0 },
    { "vle16, SEW 32, at the end", a_vle16_e32, END - 14, 0, 0, 0 },
    { "vlseg2e8 of eight, at the end", a_vlseg2e8_mf2, END - 16, 0, 0, 0 },
};

static void report(const char *name, const char *what)
{
    print(name);
    print(": ");
    print(what);
    print(" ");
    print_hex(sum(out, 128) ^ sum((uint8_t *)pages, sizeof pages));
    print("\n");
}

static void faults(void)
{
    for (unsigned k = 0; k < sizeof cases / sizeof *cases; k++) {
        const Case *c = &cases[k];
        fill();
        u64 start = call_in(S, c->fn, c->base);
        trapped(c->name, M, c->store ? 15 : 13, fault_pc, c->tval);
        is("  vstart", start, c->vstart);
        report(c->name, "what was done");
    }
    for (unsigned k = 0; k < sizeof quiet / sizeof *quiet; k++) {
        const Case *c = &quiet[k];
        fill();
        u64 start = call_in(S, c->fn, c->base);
        no_trap(c->name);
        is("  vstart", start, 0);
        report(c->name, "all");
    }
    /* all of it, where the pages are there */
    low[1] = (u64)pages[1] >> 2 | RW;
    __asm__ volatile("sfence.vma" : : : "memory");
    for (unsigned k = 0; k < sizeof cases / sizeof *cases; k++) {
        const Case *c = &cases[k];
        if (c->tval < VA + 3 * PAGE) {
            fill();
            u64 start = call_in(S, c->fn, c->base);
            no_trap(c->name);
            is("  vstart", start, 0);
            report(c->name, "all");
        }
    }
    fill();
    call_in(S, a_vl4r, END - 24);
    report("vl4re32", "all");
    call_in(S, a_vs8r, END - 24);
    report("vs8r", "all");
    low[1] = 0;
    __asm__ volatile("sfence.vma" : : : "memory");
}

/* Whole registers: which element is at vstart is the implementation's [RVU 31.7.9]. */
static void whole(void)
{
    fill();
    call_in(S, a_vl4r, END - 24);
    trapped("vl4re32", M, 13, fault_pc, END);
    fill();
    call_in(S, a_vs8r, END - 40);
    trapped("vs8r", M, 15, fault_pc, END);
}

/* A fault in a loop whose blocks know that vl is VLMAX: the instruction is left out. */
static u64 copy_loop(u64 n)
{
    register u64 from __asm__("a1") = VA, to __asm__("a2") = VA + 2 * PAGE, left __asm__("a3") = n;

    __asm__ volatile(VEC("1: vsetvli t0, a3, e8, m4, ta, ma\n"
                         "vle8.v v8, (a1)\n"
                         "vadd.vi v8, v8, 1\n"
                         "vse8.v v8, (a2)\n"
                         "sub a3, a3, t0\nadd a1, a1, t0\nadd a2, a2, t0\n"
                         "bnez a3, 1b")
                     : "+r"(from), "+r"(to), "+r"(left) : : "t0", "memory");
    return from - VA;
}

static void loops(void)
{
    fill();
    is("a loop", call_in(S, copy_loop, 4000), 4000);
    bool good = true;
    for (unsigned k = 0; k < 4000; k++) {
        good &= pages[2][k] == (uint8_t)(pages[0][k] + 1);
    }
    check("  copies", good);
    is("a loop with a fault at its end", call_in(S, copy_loop, 4100), 4100);
    is("  traps", trap.count << 8 | trap.cause, 2 << 8 | 15);   /* the last vle8, the last vse8 */
    trap.count = 0;
}

/* vle8ff [RVU 31.7.7] */
#define FIRST(name, setup, text) \
    static u64 name(u64 base) \
    { \
        u64 pc, vl; \
        __asm__ volatile(VEC( \
            "vl8re8.v v8, (%3)\nmv a1, %2\n" setup "\nla %0, 1f\n1: " text "\ncsrr %1, vl\nvs8r.v v8, (%4)\n") \
            : "=&r"(pc), "=&r"(vl) : "r"(base), "r"(in), "r"(out) : "a1", "a2", "t0", "memory"); \
        fault_pc = pc; \
        return vl; \
    }
FIRST(ff_8, "vsetvli t0, x0, e8, m4, ta, ma", "vle8ff.v v8, (a1)")
FIRST(ff_32, "vsetvli t0, x0, e32, m4, ta, ma", "vle32ff.v v8, (a1)")
FIRST(ff_seg, "vsetvli t0, x0, e16, m1, ta, ma", "vlseg2e16ff.v v8, (a1)")

static void first_only(void)
{
    fill();
    is("vle8ff: vl", call_in(S, ff_8, END - 9), 9);
    no_trap("vle8ff");
    is("vle32ff: vl", call_in(S, ff_32, END - 20), 5);
    is("vle32ff, an element in both: vl", call_in(S, ff_32, END - 10), 2);
    is("vlseg2e16ff: vl", call_in(S, ff_seg, END - 18), 4);
    no_trap("vle32ff");
    report("vle8ff", "what was done");
    call_in(S, ff_8, END);
    trapped("vle8ff at once", M, 13, fault_pc, END);
    call_in(S, ff_32, END - 3);
    trapped("vle32ff, the first in both", M, 13, fault_pc, END);
    is("vle8ff, no fault: vl", call_in(S, ff_8, VA + 5), 64);
}

/* Device registers: the timers' compare registers of the harts, the console. */
static u64 vector_device(u64 x)
{
    u64 good = 1;

    for (unsigned k = 0; k < 4; k++) {
        ((u64 *)in)[k] = 0x1000000000000000 + k * 0x0101010101;
    }
    __asm__ volatile(VEC("vsetivli t0, 4, e64, m2, ta, ma\nvle64.v v8, (%0)\nvse64.v v8, (%2)\nvle64.v v10, (%2)\n"
                         "vse64.v v10, (%1)\n"
                         "vsetvli t0, x0, e32, m1, ta, ma\nvle32.v v12, (%2)\nvse32.v v12, (%3)\n"
                         "vsetivli t0, 6, e8, m1, ta, ma\nvle8.v v8, (%4)\nvsse8.v v8, (%5), x0\n")
                     : : "r"(in), "r"(out), "r"((u64)0x2004000), "r"(out + 64), "r"("VECTOR"), "r"((u64)0x10000000)
                     : "t0", "memory");
    print("\n");
    for (unsigned k = 0; k < 4; k++) {
        good &= ((u64 *)out)[k] == ((u64 *)in)[k];
    }
    good &= ((u64 *)out)[8] == ((u64 *)in)[0] && ((u64 *)out)[9] == ((u64 *)in)[1];
    return good;
}

static u64 hole_load(u64 base)
{
    u64 pc;

    __asm__ volatile(VEC("vsetvli t0, x0, e32, m1, ta, ma\nla %0, 1f\n1: vle32.v v8, (%1)") : "=&r"(pc) : "r"(base)
                     : "t0", "memory");
    return pc;
}

static void devices(void)
{
    is("device registers", call_in(S, vector_device, 0), 1);
    no_trap("device registers");
    u64 pc = call_in(S, hole_load, 0x300000);
    trapped("nothing there", M, 5, pc, 0x300000);
    csr_write(vstart, 0);
}

/* A part of a page that may be read: the fault is at its end. */
static void protection(void)
{
    fill();
    csr_write(pmpaddr1, ~(u64)0);
    csr_write(pmpaddr0, ((u64)pages[0] + 64) >> 2 | 7);         /* 64 bytes from 64 on: nothing */
    csr_write(pmpcfg0, 0x1f18);
    __asm__ volatile("sfence.vma" : : : "memory");
    u64 start = call_in(S, a_vle8, VA + 40);
    trapped("PMP, load", M, 5, fault_pc, VA + 64);
    is("  vstart", start, 24);
    start = call_in(S, a_vse64, VA + 16);
    trapped("PMP, store", M, 7, fault_pc, VA + 64);
    is("  vstart", start, 6);
    start = call_in(S, a_vlse32_m1, VA + 40);
    trapped("PMP, strided load", M, 5, fault_pc, VA + 64);
    is("  vstart", start, 2);
    start = call_in(S, a_vse32_m1m, VA + 60);
    trapped("PMP, masked store", M, 7, fault_pc, VA + 64);
    is("  vstart", start, 1);
    is("  vle8ff: vl is less", call_in(S, ff_8, VA + 40) <= 24, 1);
    no_trap("PMP, vle8ff");
    csr_write(pmpcfg0, 0);
    csr_write(pmpaddr0, ~(u64)0);
    csr_write(pmpcfg0, 0x1f);
    __asm__ volatile("sfence.vma" : : : "memory");
}

/* A trap in the middle of a block that knows vtype, whose handler leaves another one. */
static u64 new_vtype;

static u64 change(u64 cause)
{
    __asm__ volatile(VEC("vsetivli x0, 16, e8, m1, ta, ma") : : : "memory");
    csr_write(mstatus, csr_read(mstatus) & ~(u64)128);          /* MPIE: once */
    csr_write(mie, 0);
    new_vtype = csr_read(vtype);
    return 0;
}

static u64 interrupted(u64 x)
{
    uint32_t v[4] = { 0x00ff00ff, 1, 2, 3 };

    __asm__ volatile(VEC("vsetvli t0, x0, e32, m1, ta, ma\nvle32.v v8, (%0)\nvadd.vi v8, v8, 1\n"
                         "csrsi mstatus, 8\n"                   /* the software interrupt is taken here */
                         "vadd.vi v8, v8, 1\nvsetvli t0, x0, e32, m1, ta, ma\nvse32.v v8, (%0)\n")
                     : : "r"(v) : "t0", "memory");
    return v[0];
}

static void interrupts(void)
{
    csr_clear(mstatus, 8);
    on_interrupt = change;
    *(volatile uint32_t *)0x2000000 = 1;
    csr_write(mie, 8);
    is("another vtype after an interrupt", interrupted(0), 0x01000201);
    *(volatile uint32_t *)0x2000000 = 0;
    csr_clear(mstatus, 8);
    on_interrupt = 0;
    is("  vtype", new_vtype, 0xc0);
}

/* vstart: earlier elements stay; it is 0 afterwards [RVU 31.3.7] */
static void starts(void)
{
    u64 after;

    fill();
    __asm__ volatile(VEC("vsetivli t0, 16, e8, m1, ta, ma\nvmv.v.i v8, 1\nvmv.v.i v9, 2\n"
                         "csrwi vstart, 5\nvadd.vv v8, v8, v9\ncsrr %0, vstart\nvse8.v v8, (%1)")
                     : "=r"(after) : "r"(out) : "t0", "memory");
    is("vstart after", after, 0);
    no_trap("vstart");
    is("vstart: elements", (u64)out[4] << 16 | out[5] << 8 | out[15], 0x010303);
    __asm__ volatile(VEC("vsetivli t0, 16, e8, m1, ta, ma\nvle8.v v8, (%1)\nli t0, 4\ncsrw vstart, t0\n"
                         "vse8.v v8, (%2)\ncsrr %0, vstart")
                     : "=r"(after) : "r"(in), "r"(out) : "t0", "memory");
    is("vstart: a store", after << 16 | out[3] << 8 | out[4], 1 << 8 | in[4]);
    no_trap("vstart, a store");
}

/* Stores of each kind to code that ran: li a0, 1 and ret. */
static uint32_t code[8] __attribute__((aligned(16)));

#define PATCH(name, setup, text) \
    static void name(const uint32_t *word) \
    { \
        __asm__ volatile(VEC("vsetvli t0, x0, e32, m1, ta, ma\nvmv.v.x v8, %1\nli t0, 1\nvmv.v.i v9, 0\nvmv.s.x v0, t0\n" \
                             setup "\nmv a1, %0\nli a2, 16\n" text "\nfence.i") \
                         : : "r"(code), "r"((u64)*word) : "t0", "a1", "a2", "memory"); \
    }
PATCH(patch_masked, "", "vse32.v v8, (a1), v0.t")
PATCH(patch_strided, "", "vsse32.v v8, (a1), a2, v0.t")
PATCH(patch_indexed, "", "vsuxei32.v v8, (a1), v9, v0.t")
PATCH(patch_some, "li t0, 1\nvsetvli t0, t0, e32, m2, ta, ma", "vse32.v v8, (a1)")
PATCH(patch_long, "li t0, 1\nvsetvli t0, t0, e32, m8, ta, ma", "vsse32.v v8, (a1), a2")
PATCH(patch_segment, "li t0, 1\nvsetvli t0, t0, e32, m1, ta, ma\nli t1, 0x8067\nvmv.v.x v9, t1", "vsseg2e32.v v8, (a1)")

static void patches(void)
{
    static void (*const fn[])(const uint32_t *) = {
        patch_masked, patch_strided, patch_indexed, patch_some, patch_long, patch_segment,
    };
    u64 (*run)(void) = (u64 (*)(void))code;

    code[1] = 0x8067;
    for (u64 k = 0; k < 24; k++) {
        const uint32_t word = (uint32_t)(k + 1) << 20 | 0x513;
        fn[k % (sizeof fn / sizeof *fn)](&word);
        if (run() != k + 1) {
            is("a vector store to code", run(), k + 1);
        }
    }
    no_trap("vector stores to code");
}

void hart_main(u64 hart)
{
    if (hart) {
        for (;;) {
            __asm__ volatile("wfi");
        }
    }
    boot_init();
    csr_write(medeleg, 0);
    switches();
    map();
    faults();
    whole();
    loops();
    first_only();
    devices();
    protection();
    csr_write(satp, 0);
    interrupts();
    starts();
    patches();
    finish();
}
