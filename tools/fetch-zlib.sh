#!/bin/bash
# SPDX-License-Identifier: MIT
#
# fetch-zlib.sh DIR: the inflate part of zlib, from Debian's source package, into DIR.
#
# The kernel unpacks a gzipped initramfs with it (lib/gunzip.c, ZOBJS in the Makefile). The sources
# are no part of this project's repository: they are fetched once with apt from the archive that
# this machine uses, checked against the sum below, and kept in the cache, so that later builds
# need no network. apt's own configuration and lists stay as they are, and no root is needed.
#
#   VITRIX_CACHE   where to keep the archive; default ${XDG_CACHE_HOME:-~/.cache}/vitrix
set -eu

UPSTREAM=1.2.13.dfsg
TARBALL=zlib_$UPSTREAM.orig.tar.bz2
SHA256=71feb7947e3c00ef125f83b79a4e529bde31171e5babe48b391f06758d1ab0a1
FILES="adler32.c crc32.c crc32.h gzguts.h inffast.c inffast.h inffixed.h inflate.c inflate.h
	inftrees.c inftrees.h zconf.h zlib.h zutil.c zutil.h"

die() {
	printf 'fetch-zlib: %s\n' "$@" >&2
	exit 1
}

[ $# = 1 ] || die "usage: fetch-zlib.sh DIR"
dir=$1
cache=${VITRIX_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/vitrix}
tarball=$cache/$TARBALL
work=
trap '[ -z "$work" ] || rm -rf "$work"' EXIT

good() {
	[ -f "$1" ] && echo "$SHA256  $1" | sha256sum --check --status
}

# apt with this machine's sources, source packages added, and all of its state under $work.
private_apt() {
	apt-get -q -q -o APT::Sandbox::User="$(id -un)" -o APT::Get::List-Cleanup=false \
		-o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts="$work/parts" \
		-o Dir::State="$work/state" -o Dir::State::status=/var/lib/dpkg/status \
		-o Dir::Cache="$work/cache" -o Acquire::Languages=none "$@"
}

make_sources() {
	mkdir -p "$work/parts" "$work/state/lists/partial" "$work/cache/archives/partial"
	local f
	for f in /etc/apt/sources.list.d/*.sources; do
		[ ! -f "$f" ] || sed -E 's/^Types:.*/Types: deb-src/I' "$f" > "$work/parts/${f##*/}"
	done
	for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ ! -f "$f" ] || sed -nE 's/^[[:space:]]*deb[[:space:]]/deb-src /p' "$f"
	done | sort -u > "$work/sources.list"
}

fetch() {
	work=$(mktemp -d)
	make_sources
	# A third party's list without source packages fails here; what counts is zlib.
	private_apt update || true
	(cd "$work" && private_apt source --download-only --tar-only zlib) || return 1
	[ -f "$work/$TARBALL" ] || {
		echo "fetch-zlib: the archive has $(cd "$work" && echo zlib_*), not $TARBALL" >&2
		return 2
	}
	good "$work/$TARBALL" || {
		echo "fetch-zlib: $TARBALL does not have the sum that it had" >&2
		return 2
	}
	mv "$work/$TARBALL" "$tarball.$$" && mv "$tarball.$$" "$tarball"
}

if ! good "$tarball"; then
	command -v apt-get >/dev/null || die \
		"no apt-get here. Get $TARBALL from a Debian archive (bookworm, main, zlib)" \
		"and put it at $tarball"
	mkdir -p "$cache"
	echo "fetching $TARBALL through apt, to be kept in $cache" >&2
	status=0
	fetch || status=$?
	if [ $status = 1 ]; then
		echo "fetch-zlib: once more" >&2
		rm -rf "$work"
		sleep 2
		status=0
		fetch || status=$?
	fi
	case $status in
	0) ;;
	1) die "apt could not fetch it: see above. Once it is at $tarball, no network is needed." ;;
	*) die "The archive that this machine uses has moved on from zlib $UPSTREAM." \
		"Either put $TARBALL, which snapshot.debian.org keeps, at $tarball," \
		"or set UPSTREAM and SHA256 in tools/fetch-zlib.sh to what the archive has." ;;
	esac
fi

rm -rf "$dir"
mkdir -p "$dir"
unpacked=$(mktemp -d "$dir/unpack.XXXXXX")
tar -xf "$tarball" -C "$unpacked" --strip-components=1
for f in $FILES; do
	mv "$unpacked/$f" "$dir/$f"
done
cp "$unpacked/README" "$dir/README"
rm -rf "$unpacked"
touch "$dir/.done"
