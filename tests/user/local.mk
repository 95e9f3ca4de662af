# SPDX-License-Identifier: BSD-2-Clause
TESTS += tests/user/t-native.sh tests/user/t-messages.sh tests/user/t-aarch64.sh tests/user/t-riscv64.sh \
	tests/user/t-gdb.sh
EXTRA_DIST += tests/user/t-native.sh tests/user/t-messages.sh tests/user/t-aarch64.sh tests/user/t-riscv64.sh \
	tests/user/t-gdb.sh tests/user/gdb-target.c tests/user/gdb-vectors.c tests/user/run-user.sh tests/user/README.md tests/user/tap.h tests/user/fn.h tests/user/u-files.c tests/user/u-signals.c \
	tests/user/u-threads.c tests/user/u-process.c tests/user/u-mem.c tests/user/u-faults.c tests/user/u-ipc.c \
	tests/user/u-proc.c tests/user/u-code.c tests/user/u-atomics.c tests/user/u-inject.c tests/user/u-storm.c \
	tests/user/u-seccomp.c tests/user/u-shifts.c tests/user/u-wide.c tests/user/u-sysfile.c tests/user/u-sysproc.c tests/user/u-sysmem.c tests/user/u-syssock.c tests/user/u-systime.c tests/user/u-rseq.c tests/user/u-ptrace.c tests/user/u-children.c \
	tests/user/u-a64.c tests/user/u-sve.c tests/user/sve-loops.c tests/user/u-vectors.c tests/user/rvv-kernels.S
