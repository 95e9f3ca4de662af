/* SPDX-License-Identifier: BSD-2-Clause */
/* Code of the guarded stores of restartable sequences. [SDM 2A] [include/uapi/linux/rseq.h] */
#include "run/rseq.h"

#include <string.h>

enum { SLOT = 64, CODE = 4 * sizeof(TcgRseqStore) };

/* rdi: cs, rsi: expect, rdx: to, rcx: value, r8: self. The compare-and-exchange is one instruction, so it needs no
 * lock against the kernel, which writes on this CPU. */
static const uint8_t head[] = {
    0x48, 0x89, 0xf0,                   /* mov rax, rsi */
    0x4c, 0x0f, 0xb1, 0x07,             /* cmpxchg [rdi], r8 */
    0x75, 0,                            /* jne abort; here the section begins */
};
static const uint8_t store[4][4] = {
    { 2, 0x88, 0x0a }, { 3, 0x66, 0x89, 0x0a }, { 2, 0x89, 0x0a }, { 3, 0x48, 0x89, 0x0a },
};
static const uint8_t tail[] = {
    0x4c, 0x89, 0xc0,                   /* mov rax, r8; here it has ended */
    0x48, 0x0f, 0xb1, 0x37,             /* cmpxchg [rdi], rsi */
    0x31, 0xc0, 0xc3,                   /* xor eax, eax; ret */
};
static const uint8_t aborted[] = { 0xb8, 1, 0, 0, 0, 0xc3 };    /* mov eax, 1; ret */

void tcg_host_rseq(void *page, uint32_t signature)
{
    TcgRseqStore *s = page;

    for (unsigned i = 0; i < 4; i++) {
        uint8_t *code = (uint8_t *)page + CODE + i * SLOT, *p = code;
        memcpy(p, head, sizeof head);
        p += sizeof head;
        uint8_t *begin = p - 2;
        memcpy(p, store[i] + 1, store[i][0]);
        p += store[i][0];
        s[i].length = (uint64_t)(p - begin);
        memcpy(p, tail, sizeof tail);
        p += sizeof tail;
        memcpy(p, &signature, sizeof signature);
        p += sizeof signature;
        begin[1] = (uint8_t)(p - (begin + 2));
        s[i].start = (uint64_t)(uintptr_t)begin;
        s[i].abort = (uint64_t)(uintptr_t)p;
        s[i].run = (long (*)(uint64_t *, uint64_t, void *, uint64_t, const TcgRseqStore *))(uintptr_t)code;
        memcpy(p, aborted, sizeof aborted);
    }
}
