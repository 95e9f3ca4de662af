#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A64: sound tables; random cases, one instruction at a time and in sequences, tiers and qemu-user.
guest=aarch64 isa=aarch64
. "${RHEA_SRC:?}/tests/isa/differ-tap"
