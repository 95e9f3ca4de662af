/* SPDX-License-Identifier: BSD-2-Clause */
/* RISC-V: the state into and from a signal's context [Linux arch/riscv/include/uapi/asm/sigcontext.h], and the end of
 * the code. */
#include "../runner.h"

void run_branch(uint32_t *at, uint64_t to);
int run_from_context(RunState *s, void *context);
void run_recover(void);
/* stub.S: the vector state. It is the handler's own to change: the emulator compared with does not save it. */
void run_v_load(const uint64_t *vr, uint64_t vl, uint64_t vtype, uint64_t vstart, uint64_t vcsr);
void run_v_store(uint64_t *vr, uint64_t *vl_vtype_vstart_vcsr);
extern uint64_t run_saved_sp;
extern uint32_t run_entering;

/* Offsets in ucontext_t: pc is in the place of x0. */
enum { UC_X = 176, UC_F = 432, UC_FCSR = 688 };

/* Both ends of the way are breakpoints; see stub.S. */
void run_branch(uint32_t *at, uint64_t to)
{
    *at = 0x00100073;           /* ebreak */
}

static void enter(const RunState *s, uint64_t *x, uint64_t *f, uint32_t *fcsr)
{
    x[0] = RUN_CODE;
    for (int i = 1; i < 32; i++) {
        x[i] = s->x[i];
    }
    for (int i = 0; i < 32; i++) {
        f[i] = s->v[i][0];
    }
    *fcsr = s->fpcr << 5 | s->fpsr;
    if (s->vlenb) {
        run_v_load(s->vr, s->vl, s->vtype, s->vstart, s->vcsr);
    }
    run_entering = 0;
}

int run_from_context(RunState *s, void *context)
{
    uint64_t *x = (uint64_t *)((char *)context + UC_X), *f = (uint64_t *)((char *)context + UC_F);
    uint32_t *fcsr = (uint32_t *)((char *)context + UC_FCSR);
    const uint64_t end = s->pc;

    if (run_entering) {
        enter(s, x, f, fcsr);
        return 0;
    }
    s->pc = x[0];
    for (int i = 1; i < 32; i++) {
        s->x[i] = x[i];
    }
    for (int i = 0; i < 32; i++) {
        s->v[i][0] = f[i];
    }
    s->fpcr = *fcsr >> 5;
    s->fpsr = *fcsr & 31;
    if (s->vlenb) {
        run_v_store(s->vr, &s->vl);
    }
    x[0] = (uintptr_t)run_recover;
    x[2] = run_saved_sp;
    return s->pc != end;
}
