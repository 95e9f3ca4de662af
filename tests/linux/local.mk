# SPDX-License-Identifier: BSD-2-Clause
if SYSTEM
TESTS += tests/linux/t-devices.py tests/linux/t-linux.sh tests/linux/t-debian.sh
endif
EXTRA_DIST += tests/linux/README.md tests/linux/console.py tests/linux/init tests/linux/init-disk tests/linux/make-debian \
    tests/linux/peer.py tests/linux/perf-count.c tests/linux/t-debian.sh tests/linux/t-devices.py tests/linux/t-linux.sh
