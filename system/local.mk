# SPDX-License-Identifier: BSD-2-Clause
# The device models come from dev/models.list.
if SYSTEM
noinst_LTLIBRARIES += system/libsystem.la
endif
include system/models.mk
system_includes = -iquote $(top_srcdir)/system $(dev_includes)
system_libsystem_la_CPPFLAGS = $(AM_CPPFLAGS) $(system_includes) $(ZSTD_CFLAGS)
system_libsystem_la_SOURCES = \
	$(system_models) \
	system/models-list.c system/models.h \
	system/doc.c system/doc.h \
	system/doc-forms.c \
	system/dev/timer/aclint.h \
	system/dev/virtio/virtio.c system/dev/virtio/virtio.h \
	system/dev/virtio/packed.c \
	system/dev/virtio/split.c \
	system/back/block/block.c system/back/block/block.h \
	system/back/block/qcow2.c system/back/block/qcow2.h \
	system/back/block/qcow2-open.c \
	system/back/block/qcow2-table.c \
	system/back/block/raw.c \
	system/back/char/char.c system/back/char/char.h \
	system/back/char/fd.c \
	system/back/char/file.c \
	system/back/char/memory.c \
	system/back/char/socket.c
system_ldadd = system/libsystem.la libdev/libdev.la libobject/libobject.la lib/libbase.la $(JSON_LIBS) $(GLIB_LIBS) $(ZSTD_LIBS)
EXTRA_DIST += system/README.md system/dev/README.md system/dev/models.list system/back/README.md
