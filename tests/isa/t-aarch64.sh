#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A64: sound tables; random cases, one instruction at a time and in sequences, tiers and qemu-user.
guest=aarch64 isa=aarch64 fp=fp,asimd,fp16,fcma,rdm,dotprod,i8mm,bf16,fhm,frintts,jscvt,aes,pmull,sha1,sha2,sha3,sha512,sm3,sm4
. "${RHEA_SRC:?}/tests/isa/differ-tap"
