# SPDX-License-Identifier: BSD-2-Clause
# One program per row of targets.list.
EXTRA_DIST += bin/targets.list bin/gen-lists.sh
linux_user_includes = -iquote $(top_srcdir)/linux-user -I$(top_srcdir)/libtcg/include -I$(top_srcdir)/lib/include
include bin/targets.mk
