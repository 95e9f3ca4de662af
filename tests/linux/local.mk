# SPDX-License-Identifier: BSD-2-Clause
if SYSTEM
TESTS += tests/linux/t-devices.py tests/linux/t-linux.sh
endif
EXTRA_DIST += tests/linux/README.md tests/linux/t-devices.py tests/linux/init tests/linux/peer.py tests/linux/t-linux.sh
