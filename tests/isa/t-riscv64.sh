#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# RV64: sound tables; random cases, one instruction at a time and in sequences, tiers and qemu-user; the vector extension
# with registers of 128 and 256 bits, in any state and on whole registers.
guest=riscv64 isa=riscv fp=f,d,zfh more=7
. "${RHEA_SRC:?}/tests/isa/differ-tap"
for VLEN in 128 256; do
    export VLEN
    "$RHEA_SRC/tests/isa/differ" $guest 20 "$seed" > "$out" 2>&1
    result $? "vectors of $VLEN bits"
    FULL=1 "$RHEA_SRC/tests/isa/differ" $guest 20 "$seed" > "$out" 2>&1
    result $? "whole vectors of $VLEN bits"
    FULL=1 "$RHEA_SRC/tests/isa/differ" $guest 20 "$seed" --group=10 > "$out" 2>&1
    result $? "sequences on whole vectors of $VLEN bits"
done
VLEN=128 QEMU=none "$RHEA_SRC/tests/isa/differ" $guest 20 "$seed" --group=6 > "$out" 2>&1
result $? "sequences on vectors in any state"
