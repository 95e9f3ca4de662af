#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# RV64: sound tables; random cases, one instruction at a time and in sequences, tiers and qemu-user.
guest=riscv64 isa=riscv fp=f,d,zfh
. "${RHEA_SRC:?}/tests/isa/differ-tap"
