# SPDX-License-Identifier: BSD-2-Clause
check_PROGRAMS += tests/lib/t-fp tests/lib/t-fp-arm tests/lib/t-fp-convert tests/lib/t-fp-quad
TESTS += tests/lib/t-fp tests/lib/t-fp-arm tests/lib/t-fp-convert tests/lib/t-fp-quad

fp_test_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/lib/include
tests_lib_t_fp_SOURCES = tests/lib/t-fp.c tests/lib/fp-host.h
tests_lib_t_fp_CPPFLAGS = $(fp_test_cppflags)
tests_lib_t_fp_LDADD = lib/libbase.la
tests_lib_t_fp_arm_SOURCES = tests/lib/t-fp-arm.c tests/lib/fp-host.h
tests_lib_t_fp_arm_CPPFLAGS = $(fp_test_cppflags)
tests_lib_t_fp_arm_LDADD = lib/libbase.la
tests_lib_t_fp_convert_SOURCES = tests/lib/t-fp-convert.c tests/lib/fp-host.h
tests_lib_t_fp_convert_CPPFLAGS = $(fp_test_cppflags)
tests_lib_t_fp_convert_LDADD = lib/libbase.la
tests_lib_t_fp_quad_SOURCES = tests/lib/t-fp-quad.c tests/lib/fp-host.h
tests_lib_t_fp_quad_CPPFLAGS = $(fp_test_cppflags)
tests_lib_t_fp_quad_LDADD = lib/libbase.la

# --- Linux user mode ---------------------------------------------------------------------------------------
TESTS += tests/user/t-native.sh tests/user/t-messages.sh tests/user/t-aarch64.sh tests/user/t-riscv64.sh
EXTRA_DIST += tests/user/t-native.sh tests/user/t-messages.sh tests/user/t-aarch64.sh tests/user/t-riscv64.sh \
	tests/user/run-user.sh tests/user/README.md tests/user/tap.h tests/user/u-files.c tests/user/u-signals.c \
	tests/user/u-threads.c tests/user/u-process.c tests/user/u-mem.c tests/user/u-faults.c tests/user/u-ipc.c \
	tests/user/u-proc.c
