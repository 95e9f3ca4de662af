# SPDX-License-Identifier: BSD-2-Clause
# The device models come from dev/models.list.
if SYSTEM
noinst_LTLIBRARIES += system/libsystem.la
endif
include system/models.mk
system_includes = -iquote $(top_srcdir)/system $(dev_includes) -I$(top_srcdir)/libtcg/include
system_libsystem_la_CPPFLAGS = $(AM_CPPFLAGS) $(system_includes) $(SLIRP_CFLAGS) $(ZSTD_CFLAGS)
system_libsystem_la_SOURCES = \
	$(system_models) \
	system/models-list.c system/models.c system/models.h \
	system/doc.c system/doc.h \
	system/monitor/monitor.c system/monitor/monitor.h system/monitor/private.h \
	system/monitor/gdb.c system/monitor/gdb.h \
	system/monitor/dump.c \
	system/monitor/hmp.c \
	system/monitor/hmp-control.c \
	system/monitor/hmp-info.c \
	system/monitor/migrate.c \
	system/monitor/snapshots.c \
	system/monitor/qmp.c \
	system/monitor/qmp-block.c \
	system/monitor/qmp-char.c \
	system/monitor/qmp-control.c \
	system/monitor/qmp-device.c \
	system/monitor/qmp-fd.c \
	system/monitor/qmp-jobs.c \
	system/monitor/qmp-machine.c \
	system/monitor/qmp-object.c \
	system/monitor/qmp-query.c \
	system/doc-forms.c \
	system/cli.c system/cli.h \
	system/fdt.c system/fdt.h \
	system/input.c system/input.h \
	system/load.c system/load.h \
	system/machine.c system/machine.h \
	system/main.c system/target.h \
	system/setup.c system/setup.h system/setup-private.h \
	system/setup-back.c \
	system/setup-disk.c \
	system/board/board.c system/board/board.h \
	system/board/none.c \
	system/board/virt.c system/board/virt.h \
	system/board/virt-tree.c \
	system/cpu/cpu.c system/cpu/cpu.h \
	system/cpu/riscv.c system/cpu/riscv.h \
	system/cpu/riscv-debug.c \
	system/cpu/sbi.c \
	system/cpu/sbi-pmu.c \
	system/cpu/tcg.c system/cpu/tcg.h \
	system/cpu/turns.c system/cpu/turns.h \
	system/dev/misc/fw-cfg.h \
	system/dev/pci/gpex.h \
	system/dev/pci/bridge.c system/dev/pci/port.h \
	system/dev/pci/msix.c \
	system/dev/pci/pci.c system/dev/pci/pci.h \
	system/dev/timer/aclint.h \
	system/dev/virtio/virtio.c system/dev/virtio/virtio.h \
	system/dev/virtio/balloon.h system/dev/virtio/net.h \
	system/dev/virtio/packed.c \
	system/dev/virtio/split.c \
	system/dev/virtio/stream.c system/dev/virtio/stream.h \
	system/back/back.c system/back/back.h system/back/done.c system/back/done.h \
	system/back/block/block.c system/back/block/block.h \
	system/back/block/graph.c system/back/block/graph.h \
	system/back/block/job.c system/back/block/job.h \
	system/back/block/qcow2.c system/back/block/qcow2.h \
	system/back/block/qcow2-open.c \
	system/back/block/qcow2-snap.c \
	system/back/block/qcow2-table.c \
	system/back/block/raw.c \
	system/back/fs/fs.c system/back/fs/fs.h \
	system/back/fs/host.c system/back/fs/host.h \
	system/back/fs/node.c system/back/fs/node.h \
	system/back/fs/p9.c system/back/fs/p9.h system/back/fs/p9-private.h \
	system/back/fs/p9-name.c \
	system/back/object/object.c system/back/object/object.h \
	system/back/net/net.c system/back/net/net.h \
	system/back/net/socket.c \
	system/back/net/tap.c \
	system/back/char/char.c system/back/char/char.h \
	system/back/char/fd.c \
	system/back/char/file.c \
	system/back/char/memory.c \
	system/back/char/mux.c system/back/char/mux.h \
	system/back/char/socket.c
if SLIRP
system_libsystem_la_SOURCES += system/back/net/user.c
endif
system_ldadd = system/libsystem.la libtcg/libtcg.la libdev/libdev.la libobject/libobject.la lib/libbase.la $(JSON_LIBS) \
	$(FDT_LIBS) $(SLIRP_LIBS) $(ZSTD_LIBS) $(GLIB_LIBS) -lm
EXTRA_DIST += system/README.md system/dev/README.md system/dev/models.list system/back/README.md system/monitor/README.md
