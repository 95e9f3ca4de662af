# SPDX-License-Identifier: BSD-2-Clause
# One page per program family; a target's own name is an alias of its family's page.
dist_man_MANS += man/rhea-user.1 man/rhea-dis.1 man/rhea-doc.1 man/rhea-system.1
EXTRA_DIST += man/README.md

# The hardware manual: what rhea-doc says. A device without its sentences ends the build here.
if SYSTEM
man_MANS = man/rhea-devices.7
doc_DATA = man/rhea-devices.html man/rhea-devices.txt
man/rhea-devices.7: bin/rhea-doc$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && bin/rhea-doc$(EXEEXT) -f man -o $@
man/rhea-devices.html: bin/rhea-doc$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && bin/rhea-doc$(EXEEXT) -f html -o $@
man/rhea-devices.txt: bin/rhea-doc$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && bin/rhea-doc$(EXEEXT) -f text -o $@
CLEANFILES += man/rhea-devices.7 man/rhea-devices.html man/rhea-devices.txt
endif

install-data-hook:
	$(MKDIR_P) $(DESTDIR)$(man1dir)
	for p in $(bin_PROGRAMS); do case $$p in bin/rhea-dis | bin/rhea-doc) ;; \
	    bin/rhea-system-*) echo '.so man1/rhea-system.1' > "$(DESTDIR)$(man1dir)/`basename $$p`.1" || exit 1 ;; *) \
	    echo '.so man1/rhea-user.1' > "$(DESTDIR)$(man1dir)/`basename $$p`.1" || exit 1 ;; esac; done
uninstall-hook:
	for p in $(bin_PROGRAMS); do rm -f "$(DESTDIR)$(man1dir)/`basename $$p`.1"; done
