# SPDX-License-Identifier: BSD-2-Clause
# One page per program family; a target's own name is an alias of its family's page.
dist_man_MANS += man/rhea-user.1 man/rhea-dis.1
EXTRA_DIST += man/README.md
install-data-hook:
	$(MKDIR_P) $(DESTDIR)$(man1dir)
	for p in $(bin_PROGRAMS); do case $$p in bin/rhea-dis) ;; *) \
	    echo '.so man1/rhea-user.1' > "$(DESTDIR)$(man1dir)/`basename $$p`.1" || exit 1 ;; esac; done
uninstall-hook:
	for p in $(bin_PROGRAMS); do rm -f "$(DESTDIR)$(man1dir)/`basename $$p`.1"; done
