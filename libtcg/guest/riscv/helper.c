/* SPDX-License-Identifier: BSD-2-Clause */
/* What RISC-V instructions do out of line. */
#include "guest/riscv/insn.h"
#include "guest/riscv/v.h"

#include "base/fp.h"
#include "run/atomic.h"

#include <time.h>

uint64_t rv_helper_csr_read(TcgEnv *env, uint64_t csr, uint64_t y, uint64_t z)
{
    RvCpu *cpu = (RvCpu *)env;
    struct timespec now;

    switch (csr) {
    case 2: return cpu->frm;
    case 3: return rv_fcsr_get(cpu);
    default:
        /* The counters run in nanoseconds: a 1 GHz clock that retires one instruction a cycle. */
        clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
    }
}

uint64_t rv_helper_csr_write(TcgEnv *env, uint64_t csr, uint64_t v, uint64_t z)
{
    RvCpu *cpu = (RvCpu *)env;

    switch (csr) {
    case 2:  rv_fcsr_set(cpu, (rv_fcsr_get(cpu) & 31) | ((uint32_t)v & 7) << 5); break;
    default: rv_fcsr_set(cpu, (uint32_t)v); break;
    }
    return 0;
}

/* FENCE.I names no address: everything is translated anew. [RVU 6] */
uint64_t rv_helper_fence_i(TcgEnv *env, uint64_t x, uint64_t y, uint64_t z)
{
    tcg_invalidate(0, ~(uint64_t)0);
    return 0;
}

uint64_t rv_helper_cbo_zero(TcgEnv *env, uint64_t addr, uint64_t y, uint64_t z)
{
    static const uint64_t zero;

    addr &= ~(uint64_t)63;
    for (unsigned k = 0; k < 64; k += 8) {
        tcg_guest_write(env, addr + k, &zero, 8);
    }
    return 0;
}

uint64_t rv_helper_fclass(TcgEnv *env, uint64_t v, uint64_t fmt, uint64_t z)
{
    return fmt == 0 ? fp_f32_class((uint32_t)v) : fmt == 1 ? fp_f64_class(v) : fp_f16_class((uint16_t)v);
}

uint64_t rv_helper_fcvtmod(TcgEnv *env, uint64_t v, uint64_t y, uint64_t z)
{
    FpEnv fp = { .round = FP_RTZ, .mode = FP_DEFAULT_NAN };
    uint64_t r = (uint64_t)(int64_t)(int32_t)fp_f64_to_i32_js(&fp, v, NULL);

    env->fp.flags |= fp.flags;
    return r;
}

const TcgHelper rv_helpers[RV_H_USER_COUNT] = {
#define ROW(id, fn, flags) [RV_H_##id] = { #fn, fn, NULL, flags },
#define VROW(id, fn, flags) [RV_H_##id] = { #fn, NULL, fn, flags },
#include "guest/riscv/helper.def"
#undef VROW
#undef ROW
};
