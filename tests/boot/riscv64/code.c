/* SPDX-License-Identifier: BSD-2-Clause */
/* Self-modifying code: stores drop translations, also those of the page they run in. */
#include "boot.h"

static uint32_t buffer[2048] __attribute__((aligned(4096)));

static u64 call(void *at)
{
    return ((u64 (*)(void))at)();
}

static void put_li(uint32_t *at, unsigned n)
{
    at[0] = 0x00000513 | n << 20;       /* li a0, n */
    at[1] = 0x00008067;                 /* ret */
    __asm__ volatile("fence.i" : : : "memory");
}

static void rewrite(void)
{
    bool good = true;

    for (unsigned k = 0; k < 40000; k++) {
        put_li(buffer, k & 1023);
        good &= call(buffer) == (k & 1023);
    }
    check("code written many times", good);
    good = true;
    for (unsigned k = 0; k < 500; k++) {
        put_li(buffer + (k & 15) * 16, k);
        buffer[1000] = k;
        good &= call(buffer + (k & 15) * 16) == k && buffer[1000] == k;
    }
    check("code and data in one page", good);
}

/* Code that stores to its own page, then changes an instruction behind it: t0 counts, a1 = address of the counter. */
static void own_page(void)
{
    static const uint32_t code[] = {
        0x00000513,     /* li a0, 0 */
        0x06400293,     /* li t0, 100 */
        0x00553023,     /* 1: sd t0, 0(a0) -- replaced below */
        0x00150513,     /* addi a0, a0, 1 */
        0xfff28293,     /* addi t0, t0, -1 */
        0xfe029ae3,     /* bnez t0, 1b */
        0x00008067,
    };
    for (unsigned k = 0; k < sizeof code / sizeof *code; k++) {
        buffer[k] = code[k];
    }
    buffer[2] = 0x0055b023;             /* sd t0, 0(a1) */
    __asm__ volatile("fence.i" : : : "memory");
    u64 r = ((u64 (*)(u64, uint32_t *))buffer)(0, &buffer[512]);
    is("loop that stores to its own page", r, 100);
    is("what it stored", *(u64 *)&buffer[512], 1);
}

/* memcpy over code: wide and narrow stores. */
static void pieces(void)
{
    put_li(buffer + 64, 1);
    is("before", call(buffer + 64), 1);
    ((volatile uint8_t *)(buffer + 64))[2] = 0x70;      /* imm bits 3:0 in the high half of byte 2 */
    __asm__ volatile("fence.i" : : : "memory");
    is("one byte", call(buffer + 64), 7);
    ((volatile uint16_t *)(buffer + 64))[1] = 0x0030;
    __asm__ volatile("fence.i" : : : "memory");
    is("two bytes", call(buffer + 64), 3);
    *(volatile u64 *)(buffer + 64) = 0x00008067ull << 32 | 0x00500513;
    __asm__ volatile("fence.i" : : : "memory");
    is("eight bytes", call(buffer + 64), 5);
    __asm__ volatile("amoswap.w zero, %0, (%1)" : : "r"(0x00600513), "r"(buffer + 64) : "memory");
    __asm__ volatile("fence.i" : : : "memory");
    is("an atomic operation", call(buffer + 64), 6);
    buffer[1023] = 0x00900513;
    buffer[1024] = 0x00008067;
    __asm__ volatile("fence.i" : : : "memory");
    is("code to the end of the page", call(buffer + 1023), 9);
    uint16_t *h = (uint16_t *)buffer;
    h[2047] = 0x0513;
    h[2048] = 0x00b0;
    h[2049] = 0x8067;
    h[2050] = 0;
    __asm__ volatile("fence.i" : : : "memory");
    is("an instruction in two pages", call(h + 2047), 11);
    h[2048] = 0x00c0;
    __asm__ volatile("fence.i" : : : "memory");
    is("its second half changed", call(h + 2047), 12);
    h[2047] = 0x0593;
    h[2048] = 0x00d0;
    __asm__ volatile("fence.i" : : : "memory");
    register u64 a0 __asm__("a0") = 4, a1 __asm__("a1");
    __asm__ volatile("jalr %2" : "+r"(a0), "=r"(a1) : "r"(h + 2047) : "ra", "memory");
    is("its first half changed", a1, 13);
}

void hart_main(u64 hart)
{
    if (hart) {
        return;
    }
    boot_init();
    rewrite();
    own_page();
    pieces();
    no_trap("self-modifying code");
    finish();
}
