# SPDX-License-Identifier: BSD-2-Clause
noinst_LTLIBRARIES += lib/libbase.la
lib_libbase_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/lib/include
lib_libbase_la_SOURCES = \
	lib/fp.c \
	lib/fp-arith.c \
	lib/fp-compare.c \
	lib/fp-convert.c \
	lib/fp-estimate.c \
	lib/fp-quad.c \
	lib/fp-quad-convert.c \
	lib/log.c \
	lib/near.c \
	lib/fp-impl.h \
	lib/include/base/forked.h \
	lib/include/base/fp.h \
	lib/include/base/log.h \
	lib/include/base/near.h \
	lib/include/base/uint.h
