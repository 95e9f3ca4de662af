#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The guest tests of this folder under rhea-aarch64.
arch=aarch64
cc="aarch64-linux-gnu-gcc -static"
run=${RHEA_BUILD:-../../build}/bin/rhea-aarch64
tiers=${RHEA_TIERS:-"0 1 auto"}
. "${RHEA_SRC:-../..}/tests/user/run-user.sh"
