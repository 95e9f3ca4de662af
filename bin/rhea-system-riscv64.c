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
    .cpu_properties = "Behind the name: PROPERTY=on or off, extensions as the ISA string names them (v=on, zba=off),\n"
                      "sv39, sv48, sv57, mmu, pmp; vlen=128 or 256, the bits of vector registers: "
                      "-cpu rv64,v=on,vlen=256\n",
};

int main(int argc, char **argv)
{
    return sys_main(&target, argc, argv);
}
