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
