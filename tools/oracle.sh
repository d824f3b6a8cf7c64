#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Fetch Debian's own kernel, the oracle that every ABI test must pass on first, and print the path of its vmlinuz.
#
# Nothing is installed: the package is downloaded (apt checks its hash against the signed index), its /boot is
# unpacked into a cache outside the source tree, and later calls only print the path.
# VITRIX_ORACLE=/path/to/vmlinuz names a kernel of your own; VITRIX_CACHE moves the cache.

set -eu

die() { echo "oracle.sh: $*" >&2; exit 1; }

if [ -n "${VITRIX_ORACLE:-}" ]; then
	[ -r "$VITRIX_ORACLE" ] || die "VITRIX_ORACLE=$VITRIX_ORACLE cannot be read"
	echo "$VITRIX_ORACLE"
	exit 0
fi

cache="${VITRIX_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/vitrix}/oracle"
mkdir -p "$cache"
# Two callers at once wait for each other here.
exec 9>"$cache/lock"
flock 9

newest() { ls -1 "$cache"/boot/vmlinuz-6.1.0-*-amd64 2>/dev/null | sort -V | tail -n 1; }

found=$(newest)
if [ -z "$found" ]; then
	package() {
		apt-cache depends linux-image-amd64 2>/dev/null |
			sed -n 's/^ *Depends: *\(linux-image-6\.1\.0-[0-9]*-amd64\)$/\1/p' | head -n 1
	}
	pkg=$(package)
	if [ -z "$pkg" ]; then
		# A fresh machine or container has no package lists yet.
		if [ "$(id -u)" = 0 ]; then sudo=; else sudo="sudo -n"; fi
		$sudo apt-get -q update >/dev/null 2>&1 || true
		pkg=$(package)
	fi
	[ -n "$pkg" ] || die "apt knows no linux-image-6.1.0-*-amd64 (Debian 12 has it; run 'apt-get update'?)." \
		"Set VITRIX_ORACLE to a Linux 6.1 vmlinuz instead."
	tmp=$(mktemp -d "$cache/tmp.XXXXXX")
	trap 'rm -rf "$tmp"' EXIT
	echo "oracle.sh: downloading $pkg (once)" >&2
	# apt downloads as user _apt where it can; a private directory only makes it warn.
	if ! (cd "$tmp" && apt-get -q -o APT::Sandbox::User=root download "$pkg" >log 2>&1); then
		tail -n 5 "$tmp/log" >&2
		die "apt-get download $pkg failed. If the archive has moved on, run 'apt-get update' and try again."
	fi
	deb=$(ls "$tmp"/*.deb)
	want=$(apt-cache show "$pkg" | sed -n 's/^SHA256: //p')
	have=$(sha256sum "$deb" | cut -d' ' -f1)
	case "$want" in
	*"$have"*) ;;
	*) die "$pkg: SHA-256 $have is not what apt's index says" ;;
	esac
	dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$tmp" ./boot
	mkdir -p "$cache/boot"
	mv "$tmp"/boot/* "$cache/boot/"
	found=$(newest)
	[ -n "$found" ] || die "no vmlinuz inside $pkg"
fi
echo "$found"
