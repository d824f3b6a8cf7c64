/* SPDX-License-Identifier: MIT */
/*
 * The program of sysenter.c on a CPU of AMD's make: there the fast door is SYSCALL.
 * CFLAGS: -m32
 * CPU: qemu64,vendor=AuthenticAMD
 */
#include "sysenter.c"
