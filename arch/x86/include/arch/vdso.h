/* SPDX-License-Identifier: MIT */
/* The vDSO, as exec sees it. arch/x86/entry/vdso/vma.c. */
#ifndef ARCH_VDSO_H
#define ARCH_VDSO_H

/* Maps the vDSO of the program's width. *vdso: its address, 0 without one. 0 or -errno. */
int arch_setup_additional_pages(unsigned long *vdso);

#endif
