# SPDX-License-Identifier: BSD-2-Clause
if SYSTEM
noinst_LTLIBRARIES += libdev/libdev.la
endif
dev_includes = -I$(top_srcdir)/libdev/include $(object_includes)
libdev_libdev_la_CPPFLAGS = $(AM_CPPFLAGS) $(dev_includes)
libdev_libdev_la_SOURCES = \
	libdev/access.c \
	libdev/board.c \
	libdev/bus.c \
	libdev/check.c \
	libdev/clock.c \
	libdev/dev.c libdev/private.h \
	libdev/epoch.c \
	libdev/fake.c \
	libdev/irq.c \
	libdev/lock.c \
	libdev/mem.c \
	libdev/plug.c \
	libdev/ram.c \
	libdev/reg.c \
	libdev/reset.c \
	libdev/snap.c libdev/snap-stream.h \
	libdev/snap-load.c \
	libdev/sysbus.c \
	libdev/view.c libdev/view.h \
	libdev/include/dev/board.h \
	libdev/include/dev/bus.h \
	libdev/include/dev/clock.h \
	libdev/include/dev/dev.h \
	libdev/include/dev/epoch.h \
	libdev/include/dev/fake.h \
	libdev/include/dev/irq.h \
	libdev/include/dev/lock.h \
	libdev/include/dev/mem.h \
	libdev/include/dev/plug.h \
	libdev/include/dev/ram.h \
	libdev/include/dev/reg.h \
	libdev/include/dev/reset.h \
	libdev/include/dev/snap.h \
	libdev/include/dev/sysbus.h
EXTRA_DIST += libdev/README.md
