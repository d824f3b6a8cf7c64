/* SPDX-License-Identifier: MIT */
/* A file through memory: written by write, read by a shared mapping, changed there, read again. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int main(void)
{
	static const char text[] = "the quick brown fox jumps over the lazy dog\n";
	int fd = open("mapped", O_RDWR | O_CREAT | O_TRUNC, 0600);
	char back[64] = "", *map;

	write(fd, text, strlen(text));
	ftruncate(fd, 8192);
	map = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	memcpy(map + 4, "QUICK", 5);
	msync(map, 8192, MS_SYNC);
	pread(fd, back, 20, 0);
	munmap(map, 8192);
	close(fd);
	unlink("mapped");
	return strncmp(back, "the QUICK", 9) != 0;
}
