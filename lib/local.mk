# SPDX-License-Identifier: BSD-2-Clause
noinst_LTLIBRARIES += lib/libbase.la
lib_libbase_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/lib/include
lib_libbase_la_SOURCES = \
	lib/log.c \
	lib/include/base/log.h
