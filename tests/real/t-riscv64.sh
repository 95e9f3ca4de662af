#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The programs of programs.list under rhea-riscv64.
arch=riscv64
deb=riscv64
. "${RHEA_SRC:-$(dirname "$0")/../..}/tests/real/t-real.sh"
