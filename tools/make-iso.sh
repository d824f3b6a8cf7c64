#!/bin/sh
# SPDX-License-Identifier: MIT
#
# make-iso.sh ISO BZIMAGE INITRD [linux16]: an image that GRUB boots, from CD or USB stick, on BIOS
# machines; with linux16 through the kernel's 16-bit entry.
set -eu
case $#,${4:-linux16} in
3,* | 4,linux16) ;;
*)
	echo "usage: make-iso.sh ISO BZIMAGE INITRD [linux16]" >&2
	exit 2
	;;
esac
bits=${4:+16}
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/boot/grub"
cp "$2" "$tree/boot/bzImage"
cp "$3" "$tree/boot/rootfs.cpio.gz"
cat > "$tree/boot/grub/grub.cfg" <<END
serial --unit=0 --speed=115200
terminal_input console serial
terminal_output console serial
set timeout=1
menuentry "Vitrix" {
	linux$bits /boot/bzImage console=tty0 console=ttyS0
	initrd$bits /boot/rootfs.cpio.gz
}
END
log=$(grub-mkrescue -o "$1" "$tree" 2>&1) || {
	echo "$log" >&2
	exit 1
}
