/* SPDX-License-Identifier: BSD-2-Clause */
/* Exceptions with exact cause, address and value; delegation; CSR rights and WARL fields. */
#include "boot.h"

static u64 data[2048] __attribute__((aligned(4096)));

static u64 do_ecall(u64 x)
{
    u64 pc;

    AT(pc, "li a7, 0\n la %0, 78f\n78: ecall", "r"(x) : "a7", "memory");
    return pc;
}

static u64 do_ebreak(u64 x)
{
    u64 pc;

    AT(pc, ".option push\n.option norvc\n ebreak\n.option pop", "r"(x) : "memory");
    return pc;
}

static u64 do_load(u64 a)
{
    u64 pc;

    AT(pc, "ld t0, 0(%1)", "r"(a) : "t0", "memory");
    return pc;
}

static u64 do_store(u64 a)
{
    u64 pc;

    AT(pc, "sd t0, 0(%1)", "r"(a) : "memory");
    return pc;
}

static u64 do_amo(u64 a)
{
    u64 pc;

    AT(pc, "amoadd.d t0, t0, (%1)", "r"(a) : "t0", "memory");
    return pc;
}

static u64 do_lr(u64 a)
{
    u64 pc;

    AT(pc, "lr.d t0, (%1)", "r"(a) : "t0", "memory");
    return pc;
}

static u64 do_mret(u64 x)
{
    u64 pc;

    AT(pc, "mret", "r"(x) : "memory");
    return pc;
}

static u64 do_sret(u64 x)
{
    u64 pc;

    AT(pc, "sret", "r"(x) : "memory");
    return pc;
}

static u64 do_wfi(u64 x)
{
    u64 pc;

    AT(pc, "wfi", "r"(x) : "memory");
    return pc;
}

static u64 do_sfence(u64 x)
{
    u64 pc;

    AT(pc, "sfence.vma", "r"(x) : "memory");
    return pc;
}

static u64 do_satp(u64 x)
{
    u64 pc;

    AT(pc, "csrr t0, satp", "r"(x) : "t0", "memory");
    return pc;
}

static u64 do_mhartid(u64 x)
{
    u64 pc;

    AT(pc, "csrr t0, mhartid", "r"(x) : "t0", "memory");
    return pc;
}

static u64 do_time(u64 x)
{
    u64 pc;

    AT(pc, "csrr t0, time", "r"(x) : "t0", "memory");
    return pc;
}

static u64 do_fadd(u64 x)
{
    u64 pc;

    AT(pc, ".option push\n.option arch, +d\n fadd.d fa0, fa0, fa0\n.option pop", "r"(x) : "memory");
    return pc;
}

static u64 do_fsd(u64 x)
{
    u64 pc;

    AT(pc, ".option push\n.option arch, +d\n.option norvc\n fsd fa0, 0(%1)\n.option pop", "r"(x) : "memory");
    return pc;
}

static u64 do_jump(u64 a)
{
    __asm__ volatile("la t1, 1f\n la t0, skip_to\n sd t1, 0(t0)\n jr %0\n1:" : : "r"(a) : "t0", "t1", "memory");
    return a;
}

static u64 do_cbo_zero(u64 a)
{
    u64 pc;

    register u64 base __asm__("a0") = a;

    AT(pc, ".word 0x0045200f | 10 << 15", "r"(base) : "memory");
    return pc;
}

/* a block with work before and after the instruction that traps: what was done must be done once */
static u64 in_the_middle(u64 a)
{
    u64 x = 1, y = 2, pc;

    __asm__ volatile("addi %0, %0, 5\n add %1, %1, %0\n la %2, 1f\n 1: ld %0, 0(%3)\n addi %0, %0, 3\n add %1, %1, %0"
                     : "+r"(x), "+r"(y), "=&r"(pc) : "r"(a) : "memory");
    is("in the middle of a block: registers", x << 8 | y, 9 << 8 | 17);
    return pc;
}

static void exceptions(void)
{
    u64 pc;

    trap.count = 0;
    pc = do_ebreak(0);
    trapped("ebreak in M", M, 3, pc, pc);
    do_ecall(0);
    is("ecall in M: cause", trap.cause, 11);
    trap.count = 0;
    pc = do_load(8);
    trapped("load where nothing is", M, 5, pc, 8);
    pc = do_store(8);
    trapped("store where nothing is", M, 7, pc, 8);
    pc = do_amo((u64)data + 4);
    trapped("misaligned AMO", M, 6, pc, (u64)data + 4);
    pc = do_lr((u64)data + 4);
    trapped("misaligned LR", M, 4, pc, (u64)data + 4);
    pc = do_amo(0x10000000);
    trapped("AMO on a device", M, 7, pc, 0x10000000);
    do_jump(0x1000000);
    trapped("jump to where nothing is", M, 1, 0x1000000, 0x1000000);
    __asm__ volatile("la %0, 77f\n77: .word 0xffffffff" : "=r"(pc) : : "memory");
    trapped("illegal instruction", M, 2, pc, 0xffffffff);
    __asm__ volatile("la %0, 77f\n77: .half 0" : "=r"(pc) : : "memory");
    trapped("illegal instruction of 16 bits", M, 2, pc, 0);
    __asm__ volatile("la %0, 77f\n77: csrw mhartid, zero" : "=r"(pc) : : "memory");
    trapped("write to a read-only CSR", M, 2, pc, 0xf1401073);
    __asm__ volatile("la %0, 77f\n77: csrr t0, 0x5c0" : "=r"(pc) : : "t0", "memory");
    trapped("CSR that is not there", M, 2, pc, 0x5c0022f3);
    pc = in_the_middle(16);
    trapped("in the middle of a block", M, 5, pc, 16);
    __asm__ volatile("csrrs zero, cycle, zero" : : : "memory");
    no_trap("reading a read-only CSR");
}

static void privileges(void)
{
    u64 pc;

    pc = call_in(S, do_mret, 0);
    trapped("mret in S", M, 2, pc, 0x30200073);
    pc = call_in(S, do_mhartid, 0);
    trapped("mhartid in S", M, 2, pc, 0xf14022f3);
    pc = call_in(U, do_sret, 0);
    trapped("sret in U", M, 2, pc, 0x10200073);
    pc = call_in(U, do_wfi, 0);
    trapped("wfi in U", M, 2, pc, 0x10500073);
    pc = call_in(U, do_sfence, 0);
    trapped("sfence.vma in U", M, 2, pc, 0x12000073);
    pc = call_in(U, do_satp, 0);
    trapped("satp in U", M, 2, pc, 0x180022f3);
    call_in(S, do_satp, 0);
    call_in(S, do_sfence, 0);
    no_trap("satp and sfence.vma in S");
    csr_set(mstatus, 1 << 20);
    pc = call_in(S, do_satp, 0);
    trapped("satp in S with TVM", M, 2, pc, 0x180022f3);
    pc = call_in(S, do_sfence, 0);
    trapped("sfence.vma in S with TVM", M, 2, pc, 0x12000073);
    csr_clear(mstatus, 1 << 20);
    csr_set(mstatus, 1 << 21);
    pc = call_in(S, do_wfi, 0);
    trapped("wfi in S with TW", M, 2, pc, 0x10500073);
    csr_clear(mstatus, 1 << 21);
    csr_set(mstatus, 1 << 22);
    pc = call_in(S, do_sret, 0);
    trapped("sret in S with TSR", M, 2, pc, 0x10200073);
    csr_clear(mstatus, 1 << 22);
    csr_write(mcounteren, 0);
    pc = call_in(S, do_time, 0);
    trapped("time in S without mcounteren", M, 2, pc, 0xc01022f3);
    csr_write(mcounteren, 7);
    csr_write(scounteren, 0);
    call_in(S, do_time, 0);
    no_trap("time in S");
    pc = call_in(U, do_time, 0);
    trapped("time in U without scounteren", M, 2, pc, 0xc01022f3);
    csr_write(scounteren, 7);
    call_in(U, do_time, 0);
    no_trap("time in U");
    pc = call_in(S, do_ecall, 0);
    trapped("ecall in S", M, 9, pc, 0);
    pc = call_in(U, do_ecall, 0);
    trapped("ecall in U", M, 8, pc, 0);
}

static void delegation(void)
{
    u64 pc;

    csr_write(medeleg, 1 << 2 | 1 << 3 | 1 << 5 | 1 << 8);
    pc = call_in(S, do_ebreak, 0);
    trapped("ebreak in S, delegated", S, 3, pc, pc);
    pc = call_in(S, do_load, 24);
    trapped("load fault in S, delegated", S, 5, pc, 24);
    is("SPP of a trap from S", trap.status >> 8 & 1, 1);
    pc = call_in(U, do_ecall, 0);
    trapped("ecall in U, delegated", S, 8, pc, 0);
    is("SPP of a trap from U", trap.status >> 8 & 1, 0);
    pc = call_in(S, do_store, 24);
    trapped("store fault in S, not delegated", M, 7, pc, 24);
    pc = do_load(32);
    trapped("load fault in M stays there", M, 5, pc, 32);
    csr_write(medeleg, 0);
}

static void floating_point(void)
{
    u64 pc;

    csr_clear(mstatus, 3 << 13);
    pc = do_fadd(0);
    trapped("FP with FS off", M, 2, pc, 0x02a57553);
    __asm__ volatile("la %0, 77f\n77: csrr t0, fcsr" : "=r"(pc) : : "t0", "memory");
    trapped("fcsr with FS off", M, 2, pc, 0x003022f3);
    csr_set(mstatus, 1 << 13);
    is("FS initial: SD", csr_read(mstatus) >> 63, 0);
    do_fsd((u64)data);
    is("FS after a store", csr_read(mstatus) >> 13 & 3, 1);
    do_fadd(0);
    is("FS after an addition", csr_read(mstatus) >> 13 & 3, 3);
    is("SD", csr_read(mstatus) >> 63, 1);
    csr_clear(mstatus, 1 << 13);
    is("FS clean", csr_read(sstatus) >> 13 & 3, 2);
    csr_write(fflags, 0);
    is("FS after writing fflags", csr_read(mstatus) >> 13 & 3, 3);
    no_trap("FP");
}

static void warl(void)
{
    csr_write(mtvec, csr_read(mtvec));
    csr_write(mepc, 0x12345677);
    is("mepc bit 0", csr_read(mepc), 0x12345676);
    csr_clear(mstatus, 3 << 11);
    csr_set(mstatus, 2 << 11);
    check("MPP is never 2", (csr_read(mstatus) >> 11 & 3) != 2);
    csr_write(medeleg, ~(u64)0);
    is("medeleg: ecall from M", csr_read(medeleg) >> 11 & 1, 0);
    csr_write(medeleg, 0);
    csr_write(mideleg, ~(u64)0);
    is("mideleg: supervisor's", csr_read(mideleg) & 0x222, 0x222);
    is("mideleg: not the machine's", csr_read(mideleg) & 0x888, 0);
    csr_write(mideleg, 0);
    u64 satp = csr_read(satp);
    csr_write(satp, (u64)7 << 60 | 1);
    is("satp: an unsupported mode has no effect", csr_read(satp), satp);
    is("misa: MXL", csr_read(misa) >> 62, 2);
    is("misa: IMAFDCSU", csr_read(misa) & 0x14112d, 0x14112d);
    csr_write(mscratch, csr_swap(mscratch, csr_read(mscratch)));
    csr_write(mcause, (u64)1 << 63 | 5);
    is("mcause", csr_read(mcause), (u64)1 << 63 | 5);
    csr_write(mcountinhibit, 0);
    u64 a = csr_read(mcycle), b = csr_read(mcycle);
    check("mcycle goes up", b >= a);
    csr_write(tselect, 0);
    no_trap("WARL");
}

static void cbo(void)
{
    u64 pc;

    data[8] = data[15] = 1;
    data[7] = data[16] = 2;
    do_cbo_zero((u64)&data[9]);
    is("cbo.zero", data[8] | data[15], 0);
    is("cbo.zero keeps its neighbours", data[7] & data[16], 2);
    csr_write(0x30a, 0);
    pc = call_in(S, do_cbo_zero, (u64)data);
    trapped("cbo.zero in S without CBZE", M, 2, pc, 0x0045200f | 10 << 15);
    csr_write(0x30a, 1 << 7);
    call_in(S, do_cbo_zero, (u64)data);
    no_trap("cbo.zero in S");
    csr_write(senvcfg, 0);
    pc = call_in(U, do_cbo_zero, (u64)data);
    trapped("cbo.zero in U without CBZE", M, 2, pc, 0x0045200f | 10 << 15);
}

static void pmp(void)
{
    u64 pc, at = (u64)data;

    csr_write(pmpaddr1, ~(u64)0);
    csr_write(pmpaddr0, at >> 2 | 1);           /* 16 bytes, NAPOT */
    csr_write(pmpcfg0, 0x1f << 8 | 0x19);       /* 1: all RWX, 0: R */
    call_in(S, do_load, at);
    no_trap("PMP: load that it permits");
    pc = call_in(S, do_store, at + 8);
    trapped("PMP: store that it does not", M, 7, pc, at + 8);
    call_in(S, do_store, at + 16);
    no_trap("PMP: store behind it");
    do_store(at);
    no_trap("PMP: M is free");
    csr_write(pmpcfg0, 0x1f << 8 | 0x18);
    pc = call_in(U, do_load, at + 8);
    trapped("PMP: no rights", M, 5, pc, at + 8);
    csr_write(pmpaddr0, (at + 4) >> 2);
    csr_write(pmpcfg0, 0x1f << 8 | 0x10);       /* NA4 */
    pc = call_in(S, do_load, at);
    trapped("PMP: access that reaches into an entry", M, 5, pc, at);
    call_in(S, do_load, at + 8);
    no_trap("PMP: NA4 ends");
    csr_write(pmpaddr0, at >> 2);
    csr_write(pmpaddr1, (at + 4096) >> 2);
    csr_write(pmpaddr2, ~(u64)0);
    csr_write(pmpcfg0, 0x1f0800 | 0);           /* 1: TOR [at, at + 4096), nothing; 2: all */
    pc = call_in(S, do_store, at + 4088);
    trapped("PMP: TOR", M, 7, pc, at + 4088);
    call_in(S, do_store, at + 4096);
    no_trap("PMP: TOR ends");
    csr_write(pmpaddr3, (at + 8192) >> 2 | 1);
    csr_write(pmpcfg0, (u64)0x98 << 24 | 0x1f0000);     /* 3: locked, nothing; behind 2 */
    csr_write(pmpcfg0, (u64)0x00 << 24 | 0x1f0000);
    is("PMP: a locked entry stays", csr_read(pmpcfg0) >> 24 & 255, 0x98);
    csr_write(pmpaddr3, 0);
    is("PMP: its address too", csr_read(pmpaddr3), (at + 8192) >> 2 | 1);
    csr_write(pmpaddr0, ~(u64)0);
    csr_write(pmpcfg0, 0x1f);
    no_trap("PMP");
}

void hart_main(u64 hart)
{
    if (hart) {
        return;
    }
    boot_init();
    exceptions();
    privileges();
    delegation();
    floating_point();
    warl();
    cbo();
    pmp();
    finish();
}
