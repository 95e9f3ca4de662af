# SPDX-License-Identifier: BSD-2-Clause
dev_tests = tests/dev/t-life tests/dev/t-mem tests/dev/t-plug tests/dev/t-snap tests/dev/t-wires
if SYSTEM
check_PROGRAMS += $(dev_tests)
TESTS += $(dev_tests)
endif
dev_test_cppflags = $(AM_CPPFLAGS) $(dev_includes) -I$(top_srcdir)/tests -I$(top_srcdir)/tests/dev
dev_test_ldadd = libdev/libdev.la libobject/libobject.la lib/libbase.la $(JSON_LIBS) $(GLIB_LIBS)
tests_dev_t_life_SOURCES = tests/dev/t-life.c tests/dev/life.c tests/dev/life.h tests/harness.h
tests_dev_t_life_CPPFLAGS = $(dev_test_cppflags)
tests_dev_t_life_LDADD = $(dev_test_ldadd)
tests_dev_t_mem_SOURCES = tests/dev/t-mem.c tests/harness.h
tests_dev_t_mem_CPPFLAGS = $(dev_test_cppflags)
tests_dev_t_mem_LDADD = $(dev_test_ldadd)
tests_dev_t_plug_SOURCES = tests/dev/t-plug.c tests/harness.h
tests_dev_t_plug_CPPFLAGS = $(dev_test_cppflags)
tests_dev_t_plug_LDADD = $(dev_test_ldadd)
tests_dev_t_snap_SOURCES = tests/dev/t-snap.c tests/harness.h
tests_dev_t_snap_CPPFLAGS = $(dev_test_cppflags)
tests_dev_t_snap_LDADD = $(dev_test_ldadd)
tests_dev_t_wires_SOURCES = tests/dev/t-wires.c tests/harness.h
tests_dev_t_wires_CPPFLAGS = $(dev_test_cppflags)
tests_dev_t_wires_LDADD = $(dev_test_ldadd)
EXTRA_DIST += tests/dev/README.md
