#!/bin/sh
# SPDX-License-Identifier: MIT
# fetch-stress-ng.sh DIR: unpacks Debian's stress-ng and the libraries that it loads into DIR. Nothing is installed; the
# packages (apt checks their hashes against the signed index) are kept in ~/.cache/vitrix/stress-ng.
set -e
dir=$1
cache=${XDG_CACHE_HOME:-$HOME/.cache}/vitrix/stress-ng
packages="stress-ng libc6 libcrypt1 libegl1 libgles2 libglvnd0 libgbm1 libdrm2 libexpat1 libwayland-server0 libffi8
	libipsec-mb1 libjudydebian1 libapparmor1 libbsd0 libmd0 libjpeg62-turbo libkmod2 liblzma5 libzstd1 libssl3
	libsctp1 libxxhash0 zlib1g"

if [ ! -e "$cache/complete" ]; then
	mkdir -p "$cache"
	download() {
		# shellcheck disable=SC2086 # a list of words
		(cd "$cache" && apt-get -q -o APT::Sandbox::User=root download $packages) >"$cache/log" 2>&1
	}
	# A fresh machine or container has no package lists yet, or old ones.
	download || { apt-get -q update >/dev/null 2>&1 || true; download; } || {
		tail -n 5 "$cache/log" >&2
		exit 1
	}
	touch "$cache/complete"
fi
rm -rf "$dir.new"
mkdir -p "$dir.new"
for deb in "$cache"/*.deb; do
	dpkg-deb -x "$deb" "$dir.new"
done
rm -rf "$dir"
mv "$dir.new" "$dir"
