#!/bin/sh
# SPDX-License-Identifier: MIT
# Process 1 of the program tests: runs each program and shows what it said between two marks.
export PATH=/bin HOME=/root
mount -t proc proc /proc
mount -t devtmpfs devtmpfs /dev 2>/dev/null
mkdir -p /tmp
mount -t tmpfs tmpfs /tmp
cd /tmp
echo "twenty-one characters" > file.txt
while read name args; do
	echo "BEGIN $name"
	/programs/$name $args </dev/null 2>&1
	echo "END $name $?"
done < /programs/list
poweroff -f
