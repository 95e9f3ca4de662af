/* SPDX-License-Identifier: BSD-2-Clause */
/* Signal frames of RISC-V: siginfo, ucontext with integer registers (pc in the place of x0) and D
 * state. [kernel arch/riscv/include/uapi/asm/{ucontext,sigcontext,ptrace}.h] */
#include "abi/riscv64/frame.h"
#include "guestmem.h"
#include "tcg/cpu-riscv.h"
#include "thread.h"

#include <string.h>

typedef struct Context {
    uint64_t pc, x[31];         /* x1..x31 */
    union {
        struct {
            uint64_t f[32];
            uint32_t fcsr;
        } d;
        struct {
            uint32_t padding[129];
            uint32_t reserved;  /* must be 0 */
            uint32_t magic, size;   /* no further records: both 0 */
        } extra;
        uint8_t q[528] __attribute__((aligned(16)));
    } fp;
} Context;

typedef struct Frame {
    uint8_t info[128];
    uint64_t uc_flags, uc_link;
    uint64_t uc_stack[3];
    uint64_t uc_sigmask;
    uint8_t unused[120];
    Context mc __attribute__((aligned(16)));
} Frame;
_Static_assert(offsetof(Frame, mc) == 128 + 176 && sizeof(Context) == 784, "struct rt_sigframe");

bool lu_rv_frame_push(LuThread *t, uint64_t sp, int sig, const void *info, const LuAction *act,
                      uint64_t mask)
{
    RvCpu *cpu = (RvCpu *)t->env;
    uint64_t at = (sp - sizeof(Frame)) & ~15ull;
    Frame f;

    memset(&f, 0, sizeof f);
    memcpy(f.info, info, sizeof f.info);
    lu_signal_alt_save(t, f.uc_stack);
    f.uc_sigmask = mask;
    f.mc.pc = cpu->env.pc;
    memcpy(f.mc.x, &cpu->x[1], sizeof f.mc.x);
    memcpy(f.mc.fp.d.f, cpu->f, sizeof f.mc.fp.d.f);
    f.mc.fp.d.fcsr = rv_fcsr_get(cpu);
    if (!lu_copy_to_guest(at, &f, sizeof f)) {
        return false;
    }
    cpu->x[RV_RA] = lu_sigreturn_addr;
    cpu->x[RV_SP] = at;
    cpu->x[RV_A0] = (uint64_t)sig;
    cpu->x[RV_A0 + 1] = at + offsetof(Frame, info);
    cpu->x[RV_A0 + 2] = at + offsetof(Frame, uc_flags);
    cpu->env.pc = act->handler;
    return true;
}

bool lu_rv_frame_pop(LuThread *t, uint64_t *mask)
{
    RvCpu *cpu = (RvCpu *)t->env;
    Frame f;

    if (!lu_copy_from_guest(&f, cpu->x[RV_SP], sizeof f) || f.mc.fp.extra.reserved ||
        f.mc.fp.extra.magic) {
        return false;
    }
    cpu->env.pc = f.mc.pc;
    memcpy(&cpu->x[1], f.mc.x, sizeof f.mc.x);
    memcpy(cpu->f, f.mc.fp.d.f, sizeof f.mc.fp.d.f);
    rv_fcsr_set(cpu, f.mc.fp.d.fcsr);
    *mask = f.uc_sigmask;
    lu_signal_alt_restore(t, f.uc_stack);
    return true;
}
