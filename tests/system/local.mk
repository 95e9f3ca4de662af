# SPDX-License-Identifier: BSD-2-Clause
if SYSTEM
TESTS += tests/system/t-cli.sh tests/system/t-sbi.sh tests/system/t-gdb.sh tests/system/t-qmp.py
endif
EXTRA_DIST += tests/system/README.md tests/system/sbi.S tests/system/t-sbi.sh tests/system/t-cli.sh tests/system/t-gdb.sh tests/system/t-qmp.py
