# SPDX-License-Identifier: BSD-2-Clause
object_tests = tests/object/t-object tests/object/t-prop tests/object/t-visit
if SYSTEM
check_PROGRAMS += $(object_tests)
TESTS += $(object_tests)
endif
object_test_cppflags = $(AM_CPPFLAGS) $(object_includes) -I$(top_srcdir)/tests
object_test_ldadd = libobject/libobject.la lib/libbase.la $(JSON_LIBS) $(GLIB_LIBS)
tests_object_t_object_SOURCES = tests/object/t-object.c tests/harness.h
tests_object_t_object_CPPFLAGS = $(object_test_cppflags)
tests_object_t_object_LDADD = $(object_test_ldadd)
tests_object_t_prop_SOURCES = tests/object/t-prop.c tests/harness.h
tests_object_t_prop_CPPFLAGS = $(object_test_cppflags)
tests_object_t_prop_LDADD = $(object_test_ldadd)
tests_object_t_visit_SOURCES = tests/object/t-visit.c tests/harness.h
tests_object_t_visit_CPPFLAGS = $(object_test_cppflags)
tests_object_t_visit_LDADD = $(object_test_ldadd)
EXTRA_DIST += tests/object/README.md
