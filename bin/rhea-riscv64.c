/* SPDX-License-Identifier: BSD-2-Clause */
/* rhea-riscv64: Linux programs for riscv64. */
#include "target.h"

static const LuTarget target = { .program = "rhea-riscv64", .abi = &lu_abi_riscv64 };

int main(int argc, char **argv, char **envp)
{
    return lu_main(&target, argc, argv, envp);
}
