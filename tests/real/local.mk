# SPDX-License-Identifier: BSD-2-Clause
TESTS += tests/real/t-aarch64.sh tests/real/t-riscv64.sh
EXTRA_DIST += tests/real/README.md tests/real/programs.list tests/real/roots.list tests/real/todo.list \
	tests/real/t-real.sh tests/real/t-aarch64.sh tests/real/t-riscv64.sh tests/real/t-native.sh \
	tests/real/guest/hello.c tests/real/guest/hello.cc tests/real/guest/speed.lua
check-full:
	RHEA_REAL=full $(MAKE) $(AM_MAKEFLAGS) check
.PHONY: check-full
