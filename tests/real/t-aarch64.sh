#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The programs of programs.list under rhea-aarch64.
arch=aarch64
deb=arm64
. "${RHEA_SRC:-$(dirname "$0")/../..}/tests/real/t-real.sh"
