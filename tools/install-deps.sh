#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Installs what building, running and testing Vitrix needs and this machine lacks: Debian and Ubuntu
# packages, through sudo where the user is not root. Looks only at files, so that it costs nothing
# when all is there. With --list it only says what it would install. With the word page first, it is
# a browser that is wanted, for tests/page: half a gigabyte that nothing else needs; with the word
# bochs the emulator of tests/bochs, small but for GTK, which the browser has brought.
set -eu

# have COMMAND PACKAGE: the package is wanted if there is no such command.
wanted=
have() {
	command -v "$1" >/dev/null 2>&1 || wanted="$wanted $2"
}
# file PACKAGE PATH...: the package is wanted if none of the paths exists.
file() {
	package=$1
	shift
	for path; do
		[ ! -e "$path" ] || return 0
	done
	wanted="$wanted $package"
}

page_needs() {
	have chromium chromium
	have chromedriver chromium-driver
	# Without any font it would draw no letters.
	file fonts-dejavu-core /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf
}
bochs_needs() {
	have bochs bochs
	file bochs-term /usr/lib/x86_64-linux-gnu/bochs/plugins/libbx_term_gui.so
	file bochsbios /usr/share/bochs/BIOS-bochs-latest
	file vgabios /usr/share/vgabios/vgabios.bin
}
build_needs() {
	have gcc gcc
	have g++ g++
	have ld binutils
	have make make
	have python3 python3
	have bzip2 bzip2
	have gzip gzip
	have cpio cpio
	have gdb gdb
	have strace strace
	have trace-cmd trace-cmd
	have qemu-system-x86_64 qemu-system-x86
	have dpkg-source dpkg-dev
	have xorriso xorriso
	have grub-mkrescue grub-common
	have mformat mtools
	file grub-pc-bin /usr/lib/grub/i386-pc/normal.mod
	file linux-libc-dev /usr/include/linux/elf.h
	file libc6-dev /usr/lib/x86_64-linux-gnu/libc.a /usr/lib/libc.a /usr/lib64/libc.a
	file gcc-multilib /usr/lib32/libc.a
	# busybox and busybox-static share a path; only the static one has its dependency list empty.
	if ! command -v busybox >/dev/null 2>&1 ||
			head -c 4096 "$(command -v busybox)" | grep -q ld-linux; then
		wanted="$wanted busybox-static"
	fi
}

case ${1:-} in
page | bochs)
	"$1_needs"
	shift
	;;
*)
	build_needs
	;;
esac

[ -n "$wanted" ] || exit 0
if [ "${1:-}" = --list ]; then
	echo "$wanted"
	exit 0
fi
command -v apt-get >/dev/null 2>&1 || {
	echo "install-deps: these are missing, and there is no apt-get:$wanted" >&2
	exit 1
}
sudo=
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null 2>&1 || {
		echo "install-deps: please install as root (there is no sudo): apt-get install$wanted" >&2
		exit 1
	}
	sudo=sudo
fi

echo "install-deps: installing, which takes a minute or two:$wanted"
apt() {
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@"
}
# shellcheck disable=SC2086 # a list of words
apt install --no-install-recommends $wanted >/dev/null 2>&1 || {
	apt update || echo "install-deps: the package lists could not all be renewed" >&2
	apt install --no-install-recommends $wanted
}
