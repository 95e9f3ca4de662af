# SPDX-License-Identifier: BSD-2-Clause
# One program per row of targets.list.
EXTRA_DIST += bin/targets.list bin/gen-lists.sh
linux_user_includes = -iquote $(top_srcdir)/linux-user -I$(top_srcdir)/libtcg/include -I$(top_srcdir)/lib/include
include bin/targets.mk

# Tools.
bin_PROGRAMS += bin/rhea-dis
bin_rhea_dis_SOURCES = bin/rhea-dis.c
bin_rhea_dis_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/libtcg/include -I$(top_srcdir)/lib/include $(CAPSTONE_CFLAGS)
bin_rhea_dis_LDADD = libtcg/libtcg.la lib/libbase.la $(CAPSTONE_LIBS) $(GLIB_LIBS)

if SYSTEM
bin_PROGRAMS += bin/rhea-doc
endif
bin_rhea_doc_SOURCES = bin/rhea-doc.c
bin_rhea_doc_CPPFLAGS = $(AM_CPPFLAGS) $(system_includes)
bin_rhea_doc_LDADD = $(system_ldadd)
