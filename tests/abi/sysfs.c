/* SPDX-License-Identifier: MIT */
/* sysfs: the CPUs, the places for other mounts, and that nobody changes it from outside. */
#include "abi.h"
#include <sys/statfs.h>
#include <sys/mount.h>
#include <dirent.h>

int main(void)
{
	struct statfs sf = { 0 };
	char buf[64], all[32];
	DIR *dir;
	int fd, cpus = 0, nr = sysconf(_SC_NPROCESSORS_ONLN);

	NEED(chdir("/sys"));
	CHECK_OK(statfs(".", &sf));
	CHECK_EQ(sf.f_type, 0x62656572);
	CHECK_EQ(mode_of("."), 0555);
	CHECK_EQ(mode_of("devices/system/cpu"), 0755);
	CHECK_EQ(mode_of("devices/system/cpu/online"), 0444);
	CHECK_EQ(stat_of("devices/system/cpu/online").st_size, 4096);
	/* all CPUs of the machine run */
	snprintf(all, sizeof(all), nr > 1 ? "0-%d\n" : "0\n", nr - 1);
	CHECK_STR(get_file("devices/system/cpu/online"), all);
	CHECK_STR(get_file("devices/system/cpu/possible"), all);
	CHECK_STR(get_file("devices/system/cpu/present"), all);
	CHECK(atoi(get_file("devices/system/cpu/kernel_max")) > 0);
	CHECK_EQ(sysconf(_SC_NPROCESSORS_CONF), nr);
	dir = opendir("devices/system/cpu");
	for (struct dirent *d; dir && (d = readdir(dir)); )
		cpus += !strncmp(d->d_name, "cpu", 3) && d->d_name[3] >= '0' && d->d_name[3] <= '9';
	CHECK_EQ(cpus, nr);
	closedir(dir);
	CHECK_EQ(stat_of("kernel/tracing").st_mode & S_IFMT, S_IFDIR);
	CHECK_EQ(stat_of("devices/system/cpu/online").st_ino,
		 stat_of("devices/system/cpu/online").st_ino);

	fd = NEED(open("devices/system/cpu/online", O_RDONLY));
	CHECK_EQ(read(fd, buf, 1), 1);
	CHECK_EQ(read(fd, buf, sizeof(buf)), strlen(all) - 1);
	CHECK_EQ(read(fd, buf, sizeof(buf)), 0);
	CHECK_EQ(pread(fd, buf, sizeof(buf), 1), strlen(all) - 1);
	CHECK_ERR(write(fd, "0", 1), EBADF);
	EACH_BAD_NONNULL(bad)
		CHECK_ERR(pread(fd, bad, 2, 0), EFAULT);
	close(fd);
	CHECK_ERR(open("devices/system/cpu/online", O_WRONLY), EACCES);
	CHECK_ERR(open("devices/system/cpu/online", O_RDWR), EACCES);
	CHECK_ERR(open("nothing", O_RDONLY), ENOENT);
	CHECK_ERR(open("nothing", O_WRONLY | O_CREAT, 0644), EACCES);
	CHECK_ERR(mkdir("nothing", 0755), EPERM);
	CHECK_ERR(rmdir("kernel"), EPERM);
	CHECK_ERR(unlink("devices/system/cpu/online"), EPERM);
	CHECK_ERR(rename("devices", "nothing"), EPERM);
	CHECK_ERR(open("kernel", O_WRONLY), EISDIR);

	/* Two mounts are one file system. */
	NEED(mkdir("/tmp/sys2", 0755));
	NEED(mount("sysfs", "/tmp/sys2", "sysfs", 0, NULL));
	CHECK_EQ(stat_of("/tmp/sys2/kernel").st_dev, stat_of("/sys/kernel").st_dev);
	CHECK_EQ(stat_of("/tmp/sys2/kernel").st_ino, stat_of("/sys/kernel").st_ino);
	CHECK_OK(umount("/tmp/sys2"));
	return abi_done();
}
