#!/bin/sh
# SPDX-License-Identifier: MIT
#
# make-iso.sh ISO BZIMAGE INITRD: an image that GRUB boots, from CD or USB stick, on BIOS machines.
set -eu
[ $# = 3 ] || {
	echo "usage: make-iso.sh ISO BZIMAGE INITRD" >&2
	exit 2
}
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/boot/grub"
cp "$2" "$tree/boot/bzImage"
cp "$3" "$tree/boot/rootfs.cpio.gz"
cat > "$tree/boot/grub/grub.cfg" <<'END'
serial --unit=0 --speed=115200
terminal_input console serial
terminal_output console serial
set timeout=1
menuentry "Vitrix" {
	linux /boot/bzImage console=tty0 console=ttyS0
	initrd /boot/rootfs.cpio.gz
}
END
log=$(grub-mkrescue -o "$1" "$tree" 2>&1) || {
	echo "$log" >&2
	exit 1
}
