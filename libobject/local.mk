# SPDX-License-Identifier: BSD-2-Clause
if SYSTEM
noinst_LTLIBRARIES += libobject/libobject.la
endif
object_includes = -I$(top_srcdir)/libobject/include -I$(top_srcdir)/lib/include $(JSON_CFLAGS)
libobject_libobject_la_CPPFLAGS = $(AM_CPPFLAGS) $(object_includes)
libobject_libobject_la_SOURCES = \
	libobject/object.c \
	libobject/prop.c \
	libobject/type.c \
	libobject/value.c libobject/value.h \
	libobject/visit.c \
	libobject/include/obj/object.h \
	libobject/include/obj/prop.h \
	libobject/include/obj/type.h \
	libobject/include/obj/visit.h
EXTRA_DIST += libobject/README.md
