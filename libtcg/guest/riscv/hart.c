/* SPDX-License-Identifier: BSD-2-Clause */
/* The RISC-V guest of machines: its hooks, reset, configuration. */
#include "guest/riscv/insn.h"
#include "guest/riscv/priv.h"
#include "run/soft.h"

#include <string.h>

static uint32_t mode(const TcgEnv *env)
{
    const RvHart *h = (const RvHart *)env;
    const uint64_t fs = h->mstatus & MS_FS, vs = h->mstatus & MS_VS;

    return rv_mode(env) | (tcg_state.config.count_insns ? RV_MODE_COUNT : 0)
        | (vs == 0 ? RV_MODE_VS_OFF : vs != MS_VS_DIRTY ? RV_MODE_VS_CLEAN : 0) | RV_MODE_MACHINE
        | (fs == 0 ? RV_MODE_FS_OFF : fs != MS_FS_DIRTY ? RV_MODE_FS_CLEAN : 0)
        | (uint32_t)h->priv << RV_MODE_PRIV_SHIFT | (uint32_t)rv_mmu_index(h) << RV_MODE_MMU_SHIFT;
}

static unsigned mmu(uint32_t mode, bool fetch)
{
    unsigned priv = mode >> RV_MODE_PRIV_SHIFT & 3;

    if (fetch) {
        return priv == RV_M ? RV_MMU_M : priv == RV_S ? RV_MMU_S : RV_MMU_U;
    }
    return mode >> RV_MODE_MMU_SHIFT & 3;
}

static unsigned insn_bytes(uint16_t first)
{
    return (first & 3) == 3 ? 4 : 2;
}

static const TcgHelper helpers[RV_H_MACHINE_COUNT] = {
#define ROW(id, fn, flags) [RV_H_##id] = { #fn, fn, NULL, flags },
#define VROW(id, fn, flags) [RV_H_##id] = { #fn, NULL, fn, flags },
#include "guest/riscv/helper.def"
#include "guest/riscv/helper-priv.def"
#undef VROW
#undef ROW
};

static const TcgGuestMachine machine = {
    .mmu = mmu,
    .translate = rv_mmu_translate,
    .raise = rv_machine_raise,
    .leave = rv_machine_leave,
    .interrupt = rv_machine_interrupt,
    .debug = rv_mmu_debug,
    .insn_bytes = insn_bytes,
    .count = offsetof(RvCpu, count),
};

const TcgGuest rv_machine_guest = {
    .name = "riscv64",
    .word_bits = 64,
    .regs = rv_regs,
    .nregs = RV_REGS,
    .cpu_size = sizeof(RvHart),
    .helpers = helpers,
    .nhelpers = RV_H_MACHINE_COUNT,
    .insn_align = 2,
    .target_ignores = 1,
    .mode = mode,
    .known = rv_known,
    .translate = rv_translate,
    .disas = rv_disas,
    .redo = rv_redo,
    .machine = &machine,
};

void rv_hart_init(RvHart *h, const RvModel *model, uint64_t hartid, uint64_t reset_pc)
{
    rv_csr_init();
    h->cpu.model = model;
    h->hartid = hartid;
    h->reset_pc = reset_pc;
    h->irq = 0;
}

void rv_hart_reset(RvHart *h)
{
    TcgEnv *env = &h->cpu.env;
    RvHart clean = { .hartid = h->hartid, .reset_pc = h->reset_pc };

    rv_cpu_reset(&h->cpu, h->cpu.model);
    env->pc = h->reset_pc;
    env->excl_addr = ~(uint64_t)0;
    clean.priv = RV_M;
    clean.mstatus = MS_UXL | MS_SXL;
    clean.stimecmp = ~(uint64_t)0;
    clean.irq = __atomic_load_n(&h->irq, __ATOMIC_SEQ_CST) & ~((uint64_t)1 << RV_IRQ_STI);
    memcpy((char *)h + offsetof(RvHart, hartid), (char *)&clean + offsetof(RvHart, hartid),
           sizeof *h - offsetof(RvHart, hartid));
    tcg_tlb_flush(env);
}

void rv_firmware_set(RvHart *h)
{
    h->firmware = true;
    h->priv = RV_S;
    h->medeleg = 0xb1ff;
    h->mideleg = (uint64_t)(1 << RV_IRQ_SSI | 1 << RV_IRQ_STI | 1 << RV_IRQ_SEI);
    h->mcounteren = 0xffffffff;
    rv_csr_write(h, 0x30a, ~(uint64_t)0 & ~((uint64_t)2 << 4));         /* menvcfg: CBIE 1, the rest all */
    h->pmpaddr[0] = ((uint64_t)1 << 54) - 1;
    h->pmpcfg[0] = 0x1f;                                                /* NAPOT: everything, RWX */
    rv_pmp_update(h);
    tcg_tlb_flush(&h->cpu.env);
}

const char *rv_mmu_type(const RvModel *model)
{
    switch (rv_max_levels(model)) {
    case 5:  return "riscv,sv57";
    case 4:  return "riscv,sv48";
    case 3:  return "riscv,sv39";
    default: return NULL;
    }
}
