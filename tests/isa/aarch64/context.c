/* SPDX-License-Identifier: BSD-2-Clause */
/* AArch64: the state from a signal's context [Linux arch/arm64/include/uapi/asm/sigcontext.h], and branches. */
#include "../runner.h"

void run_branch(uint32_t *at, uint64_t to);
int run_from_context(RunState *s, void *context);
void run_recover(void);
extern uint64_t run_saved_sp;

/* Offsets in ucontext_t. */
enum { UC_MCONTEXT = 176, MC_X = 8, MC_SP = 256, MC_PC = 264, MC_PSTATE = 272, MC_RECORDS = 288 };

void run_branch(uint32_t *at, uint64_t to)
{
    *at = 0x14000000 | ((to - (uintptr_t)at) >> 2 & 0x3ffffff);
}

static void copy_fpsimd(RunState *s, const char *record)
{
    const uint64_t *v = (const uint64_t *)(record + 16);

    s->fpsr = *(const uint32_t *)(record + 8);
    s->fpcr = *(const uint32_t *)(record + 12);
    for (int i = 0; i < 32; i++) {
        s->v[i][0] = v[2 * i];
        s->v[i][1] = v[2 * i + 1];
    }
}

/* Registers behind a head of 16 bytes, if there are any. */
static void copy_sve(RunState *s, const char *record)
{
    while (*(const uint32_t *)record && *(const uint32_t *)record != 0x53564501) {
        record += ((const uint32_t *)record)[1];
    }
    if (s->vlenb && *(const uint32_t *)record && ((const uint32_t *)record)[1] > 16) {
        const uint8_t *from = (const uint8_t *)record + 16;
        for (uint64_t i = 0; i < 32 * s->vlenb; i++) {
            ((uint8_t *)s->vr)[i] = *from++;
        }
        for (uint64_t i = 0; i < 17 * s->vlenb / 8; i++) {
            ((uint8_t *)s->p)[i] = *from++;
        }
    }
}

int run_from_context(RunState *s, void *context)
{
    char *mc = (char *)context + UC_MCONTEXT;
    const char *record = mc + MC_RECORDS;

    for (int i = 0; i < 31; i++) {
        s->x[i] = ((uint64_t *)(mc + MC_X))[i];
    }
    s->x[31] = *(uint64_t *)(mc + MC_SP);
    s->pc = *(uint64_t *)(mc + MC_PC);
    s->flags = *(uint64_t *)(mc + MC_PSTATE) & 0xf0000000;
    while (*(const uint32_t *)record && *(const uint32_t *)record != 0x46508001) {
        record += ((const uint32_t *)record)[1];
    }
    if (*(const uint32_t *)record) {
        copy_fpsimd(s, record);
    }
    copy_sve(s, mc + MC_RECORDS);
    *(uint64_t *)(mc + MC_SP) = run_saved_sp;
    *(uint64_t *)(mc + MC_PC) = (uintptr_t)run_recover;
    return 1;
}
