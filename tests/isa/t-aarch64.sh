#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A64: sound tables; random cases, one instruction at a time and in sequences, tiers and qemu-user; SVE with vectors of 128
# and 256 bits.
guest=aarch64 isa=aarch64 more=5 fp=fp,asimd,fp16,fcma,rdm,dotprod,i8mm,bf16,fhm,frintts,jscvt,aes,pmull,sha1,sha2,sha3,sha512,sm3,sm4
. "${RHEA_SRC:?}/tests/isa/differ-tap"
for SVE in 128 256; do
    export SVE
    "$RHEA_SRC/tests/isa/differ" $guest 20 "$seed" > "$out" 2>&1
    result $? "SVE of $SVE bits"
    "$RHEA_SRC/tests/isa/differ" $guest 10 "$seed" --group=10 > "$out" 2>&1
    result $? "sequences of SVE of $SVE bits"
done
QEMU=none "$RHEA_SRC/tests/isa/differ" $guest 20 "$seed" > "$out" 2>&1
result $? "all rows of SVE, also those that qemu does otherwise"
