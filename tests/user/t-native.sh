#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The same programs on the host itself: what they expect is what Linux does.
arch=native
cc="${CC:-gcc}"
run=
. "${RHEA_SRC:-../..}/tests/user/run-user.sh"
