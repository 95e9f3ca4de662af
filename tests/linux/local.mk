# SPDX-License-Identifier: BSD-2-Clause
if SYSTEM
TESTS += tests/linux/t-linux.sh
endif
EXTRA_DIST += tests/linux/README.md tests/linux/init tests/linux/t-linux.sh
