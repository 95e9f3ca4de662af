#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The guest tests of this folder under rhea-riscv64.
arch=riscv64
cc="riscv64-linux-gnu-gcc -static"
run=${RHEA_BUILD:-../../build}/bin/rhea-riscv64
tiers=${RHEA_TIERS:-"0 1 auto"}
. "${RHEA_SRC:-../..}/tests/user/run-user.sh"
