#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Not part of make check: the rows in a root of this machine's own architecture (RHEA_REAL_ROOT), to see that what they
# expect is what the real programs say.
arch=native
deb=native
. "${RHEA_SRC:-$(dirname "$0")/../..}/tests/real/t-real.sh"
