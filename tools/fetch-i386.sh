#!/bin/sh
# SPDX-License-Identifier: MIT
# fetch-i386.sh DIR: unpacks Debian's i386 C library, busybox-static, bash and perl into DIR, for the tests of 32-bit
# programs. The packages are kept in ~/.cache/vitrix/i386; the machine's own package lists stay as they are.
set -e
dir=$1
cache=${XDG_CACHE_HOME:-$HOME/.cache}/vitrix/i386
packages="libc6 libgcc-s1 gcc-12-base libcrypt1 libtinfo6 busybox-static bash perl-base"

if [ ! -e "$cache/complete" ]; then
	mkdir -p "$cache/lists/partial" "$cache/archives/partial" "$cache/debs"
	: >"$cache/status"
	apt() {
		apt-get -qq -o APT::Architecture=i386 -o APT::Architectures=i386 -o Dir::State::lists="$cache/lists" \
			-o Dir::State::status="$cache/status" -o Dir::Cache="$cache" -o Debug::NoLocking=1 \
			-o Acquire::Languages=none -o APT::Sandbox::User=root "$@"
	}
	apt update || true		# an index that is not needed may be missing: the download tells
	(cd "$cache/debs" && apt download $packages)
	touch "$cache/complete"
fi
rm -rf "$dir.new"
mkdir -p "$dir.new"
for deb in "$cache"/debs/*.deb; do
	dpkg-deb -x "$deb" "$dir.new"
done
rm -rf "$dir"
mv "$dir.new" "$dir"
