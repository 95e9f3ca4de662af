/* SPDX-License-Identifier: BSD-2-Clause */
/* rhea-system-riscv64: machines with 64-bit RISC-V CPUs. */
#include "cpu/riscv.h"
#include "target.h"

static const SysBoardType *const boards[] = { &sys_virt, &sys_none, NULL };

static gboolean cpu_model(guint n, SysCpuModel *model)
{
    *model = (SysCpuModel){ rv_models[n].name, rv_models[n].text };
    return model->name != NULL;
}

static const SysTarget target = {
    .program = "rhea-system-riscv64",
    .alias = "qemu-system-riscv64",
    .boards = boards,
    .guest = &rv_machine_guest,
    .ops = &sys_riscv_tcg,
    .cpu_model = cpu_model,
};

int main(int argc, char **argv)
{
    return sys_main(&target, argc, argv);
}
