/* SPDX-License-Identifier: BSD-2-Clause */
/* rhea-aarch64: Linux programs for aarch64. */
#include "target.h"

static const LuTarget target = { .program = "rhea-aarch64", .abi = &lu_abi_aarch64 };

int main(int argc, char **argv, char **envp)
{
    return lu_main(&target, argc, argv, envp);
}
