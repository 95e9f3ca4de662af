# SPDX-License-Identifier: BSD-2-Clause
dev_tests = tests/dev/t-life tests/dev/t-mem tests/dev/t-plug tests/dev/t-snap tests/dev/t-wires
dev_model_tests = tests/dev/t-aclint tests/dev/t-char tests/dev/t-goldfish-rtc tests/dev/t-models tests/dev/t-ns16550a \
	tests/dev/t-plic tests/dev/t-virtio
if SYSTEM
check_PROGRAMS += $(dev_tests) $(dev_model_tests)
TESTS += $(dev_tests) $(dev_model_tests) tests/dev/t-doc.sh
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
tests_dev_t_aclint_SOURCES = tests/dev/t-aclint.c tests/harness.h
tests_dev_t_aclint_CPPFLAGS = -iquote $(top_srcdir)/system $(dev_test_cppflags)
tests_dev_t_aclint_LDADD = $(system_ldadd)
tests_dev_t_char_SOURCES = tests/dev/t-char.c tests/harness.h
tests_dev_t_char_CPPFLAGS = -iquote $(top_srcdir)/system $(dev_test_cppflags)
tests_dev_t_char_LDADD = $(system_ldadd)
tests_dev_t_goldfish_rtc_SOURCES = tests/dev/t-goldfish-rtc.c tests/harness.h
tests_dev_t_goldfish_rtc_CPPFLAGS = -iquote $(top_srcdir)/system $(dev_test_cppflags)
tests_dev_t_goldfish_rtc_LDADD = $(system_ldadd)
tests_dev_t_models_SOURCES = tests/dev/t-models.c tests/dev/life.c tests/dev/life.h tests/harness.h
tests_dev_t_models_CPPFLAGS = -iquote $(top_srcdir)/system $(dev_test_cppflags)
tests_dev_t_models_LDADD = $(system_ldadd)
tests_dev_t_ns16550a_SOURCES = tests/dev/t-ns16550a.c tests/harness.h
tests_dev_t_ns16550a_CPPFLAGS = -iquote $(top_srcdir)/system $(dev_test_cppflags)
tests_dev_t_ns16550a_LDADD = $(system_ldadd)
tests_dev_t_plic_SOURCES = tests/dev/t-plic.c tests/harness.h
tests_dev_t_plic_CPPFLAGS = -iquote $(top_srcdir)/system $(dev_test_cppflags)
tests_dev_t_plic_LDADD = $(system_ldadd)
tests_dev_t_virtio_SOURCES = tests/dev/t-virtio.c tests/harness.h
tests_dev_t_virtio_CPPFLAGS = -iquote $(top_srcdir)/system $(dev_test_cppflags)
tests_dev_t_virtio_LDADD = $(system_ldadd)
EXTRA_DIST += tests/dev/README.md tests/dev/t-doc.sh
