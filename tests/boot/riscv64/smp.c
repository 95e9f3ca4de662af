/* SPDX-License-Identifier: BSD-2-Clause */
/* Four harts: atomic operations, LR/SC, interprocessor interrupts, shoot-down of translations, memory order, code
 * written by another hart. */
#include "boot.h"

enum { HARTS = 4, ROUNDS = 20000 };

#define PAUSE __asm__ volatile(".word 0x0100000f")    /* lets others run where there are fewer CPUs than harts */

#define MSIP(h) ((volatile uint32_t *)0x2000000)[h]

static volatile u64 arrived, phase;
static volatile u64 added, counted, locked, in_lock;
static volatile uint32_t narrow, lock_word;
static volatile u64 ipis[HARTS];
static u64 root[512] __attribute__((aligned(4096))), middle[512] __attribute__((aligned(4096)));
static u64 table[512] __attribute__((aligned(4096))), one[512] __attribute__((aligned(4096)));
static u64 two[512] __attribute__((aligned(4096)));
static volatile u64 flushed, wanted, bad;
static volatile u64 x, y, rx, ry;
static uint32_t code[16] __attribute__((aligned(4096)));

static void barrier(void)
{
    u64 at = phase;

    if (__atomic_add_fetch(&arrived, 1, __ATOMIC_SEQ_CST) == HARTS) {
        arrived = 0;
        __atomic_store_n(&phase, at + 1, __ATOMIC_SEQ_CST);
    } else {
        while (__atomic_load_n(&phase, __ATOMIC_SEQ_CST) == at) {
            PAUSE;
        }
    }
}

static void counters(void)
{
    for (unsigned k = 0; k < ROUNDS; k++) {
        u64 t;
        __asm__ volatile("amoadd.d zero, %0, (%1)" : : "r"(1), "r"(&added) : "memory");
        __asm__ volatile("amoadd.w zero, %0, (%1)" : : "r"(3), "r"(&narrow) : "memory");
        __asm__ volatile("1: lr.d %0, (%1)\n addi %0, %0, 1\n sc.d %0, %0, (%1)\n bnez %0, 1b"
                         : "=&r"(t) : "r"(&counted) : "memory");
    }
}

static void locks(void)
{
    for (unsigned k = 0; k < ROUNDS / 10; k++) {
        uint32_t was;
        do {
            __asm__ volatile("amoswap.w.aq %0, %1, (%2)" : "=r"(was) : "r"(1), "r"(&lock_word) : "memory");
            if (was) {
                PAUSE;
            }
        } while (was);
        if (in_lock) {
            bad = 1;
        }
        in_lock = 1;
        locked = locked + 1;
        in_lock = 0;
        __asm__ volatile("amoswap.w.rl zero, zero, (%0)" : : "r"(&lock_word) : "memory");
    }
}

static u64 on_ipi(u64 cause)
{
    u64 hart = csr_read(mhartid);

    MSIP(hart) = 0;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (wanted) {
        __asm__ volatile("sfence.vma" : : : "memory");
        __atomic_add_fetch(&flushed, 1, __ATOMIC_SEQ_CST);
    }
    ipis[hart] = ipis[hart] + 1;
    return 0;
}

static void ping(u64 hart)
{
    csr_set(mie, 8);
    csr_set(mstatus, 8);
    barrier();
    for (unsigned k = 0; k < 100; k++) {
        u64 next = (hart + 1) % HARTS;
        if (hart == k % HARTS) {
            u64 was = ipis[next];
            MSIP(next) = 1;
            while (ipis[next] == was) {
                PAUSE;
            }
        }
        barrier();
    }
    barrier();
}

static u64 read_mapped(void)
{
    u64 v;

    __asm__ volatile("csrs mstatus, %1\n ld %0, 0(%2)\n csrc mstatus, %1"
                     : "=&r"(v) : "r"((u64)(1 << 17 | 1 << 11)), "r"(0x1000) : "memory");
    return v;
}

/* Hart 0 changes the page, tells the others, and waits for them: from then on they see the new one only. */
static volatile u64 now_one, last_seen[HARTS];

static void shoot_down(u64 hart)
{
    if (hart == 0) {
        root[0] = (u64)middle >> 2 | 1;
        middle[0] = (u64)table >> 2 | 1;
        one[0] = 1;
        two[0] = 2;
        table[1] = (u64)one >> 2 | 0xc7;
    }
    barrier();
    csr_clear(mstatus, 3 << 11 | 8);
    csr_write(satp, (u64)8 << 60 | (u64)root >> 12);
    __asm__ volatile("sfence.vma" : : : "memory");
    if (read_mapped() != 1) {
        bad |= 2;
    }
    barrier();
    for (unsigned k = 0; k < 200; k++) {
        if (hart == 0) {
            flushed = 0;
            table[1] = (u64)(k & 1 ? one : two) >> 2 | 0xc7;
            wanted = 1;
            __asm__ volatile("fence; sfence.vma" : : : "memory");
            for (unsigned h = 1; h < HARTS; h++) {
                MSIP(h) = 1;
            }
            while (flushed != HARTS - 1) {
                PAUSE;
            }
            wanted = 0;
            now_one = k + 1;
        } else {
            while (now_one != k + 1) {
                read_mapped();
                csr_set(mstatus, 8);
                csr_clear(mstatus, 8);
                PAUSE;
            }
        }
        if (read_mapped() != (k & 1 ? 1 : 2)) {
            bad |= 2;
        }
        barrier();
    }
}

/* Store buffering with fences: not both may miss the other's store. */
static void order(u64 hart)
{
    for (unsigned k = 0; k < 2000; k++) {
        barrier();
        if (hart == 0) {
            x = 1;
            __asm__ volatile("fence rw, rw" : : : "memory");
            rx = y;
        } else if (hart == 1) {
            y = 1;
            __asm__ volatile("fence rw, rw" : : : "memory");
            ry = x;
        }
        barrier();
        if (hart == 0) {
            if (!rx && !ry) {
                bad |= 4;
            }
            x = y = 0;
        }
    }
    barrier();
}

/* Hart 0 writes code, all do fence.i and run it. */
static void write_code(u64 hart)
{
    for (unsigned k = 0; k < 200; k++) {
        if (hart == 0) {
            code[0] = 0x00000513 | k << 20;
            code[1] = 0x00008067;
        }
        barrier();
        __asm__ volatile("fence.i" : : : "memory");
        if (((u64 (*)(void))code)() != k) {
            bad |= 8;
        }
        barrier();
    }
}

static volatile u64 ready;

void hart_main(u64 hart)
{
    if (hart >= HARTS) {
        for (;;) {
            __asm__ volatile("wfi");
        }
    }
    if (hart == 0) {
        boot_init();
        on_interrupt = on_ipi;
        __atomic_store_n(&ready, 1, __ATOMIC_SEQ_CST);
    }
    while (!__atomic_load_n(&ready, __ATOMIC_SEQ_CST)) {
        PAUSE;
    }
    csr_write(pmpaddr0, ~(u64)0);
    csr_write(pmpcfg0, 0x1f);
    barrier();
    counters();
    barrier();
    locks();
    ping(hart);
    shoot_down(hart);
    barrier();
    order(hart);
    write_code(hart);
    barrier();
    if (hart == 0) {
        is("amoadd.d", added, HARTS * ROUNDS);
        is("amoadd.w", narrow, 3 * HARTS * ROUNDS);
        is("lr.d and sc.d", counted, HARTS * ROUNDS);
        is("lock", locked, HARTS * ROUNDS / 10);
        is("one hart in the lock", bad & 1, 0);
        is("shoot-down", bad & 2, 0);
        is("store buffering with fences", bad & 4, 0);
        is("code written by another hart", bad & 8, 0);
        is("interrupts were taken", ipis[0] > 0 && ipis[1] > 0 && ipis[2] > 0 && ipis[3] > 0, 1);
        no_trap("harts");
        finish();
    }
    for (;;) {
        __asm__ volatile("wfi");
    }
}
