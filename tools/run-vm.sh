#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run-vm.sh [--gdb VMLINUX] BZIMAGE INITRD: boot in QEMU with the serial console on this terminal.
#
# From the environment, so that `make run SMP=2 APPEND=...` works:
#   APPEND      more kernel command line       CPU  MEM  SMP  MACHINE   as QEMU's -cpu -m -smp -M
#   QEMU_ARGS   more QEMU options              GDB_PORT                  default 1234
# Ctrl-a x leaves QEMU, Ctrl-a c talks to its monitor.
set -eu

vmlinux=
if [ "${1:-}" = --gdb ]; then
	vmlinux=$2
	shift 2
fi
[ $# = 2 ] || {
	echo "usage: run-vm.sh [--gdb VMLINUX] BZIMAGE INITRD" >&2
	exit 2
}
kernel=$1
initrd=$2
smp=${SMP:-1}

# One host thread a CPU needs a guest whose memory order the host can give; x86 on x86 is.
set -- -M "${MACHINE:-pc}" -cpu "${CPU:-qemu64}" -m "${MEM:-256}" -smp "$smp" -nic none -no-reboot -nographic
[ "$smp" = 1 ] || set -- "$@" -accel tcg,thread=multi
if [ -n "$vmlinux" ]; then
	port=${GDB_PORT:-1234}
	set -- "$@" -gdb "tcp:127.0.0.1:$port" -S
	cat <<-END
	The machine waits at its first instruction. In another terminal:

	    gdb -iex 'add-auto-load-safe-path $vmlinux-gdb.py' $vmlinux \\
	        -ex 'target remote :$port' -ex 'hbreak start_kernel' -ex c

	A breakpoint set before the kernel is loaded must be a hardware one (hbreak); from
	start_kernel on, break works: break __x64_sys_execve, break schedule, bt.
	$vmlinux-gdb.py is loaded then: lx-ps, lx-bt PID, lx-dmesg, p \$lx_current().comm;
	apropos lx- lists all, docs/gdb.md shows them. Leave QEMU with Ctrl-a x.

	END
fi
# shellcheck disable=SC2086 # QEMU_ARGS is a list of words
exec "${QEMU:-qemu-system-x86_64}" "$@" ${QEMU_ARGS:-} -kernel "$kernel" -initrd "$initrd" \
	-append "console=ttyS0${APPEND:+ $APPEND}"
