/* SPDX-License-Identifier: MIT */
/* /proc/meminfo, uptime, loadavg, stat, version, filesystems, cpuinfo, mounts, cmdline. */
#include "abi.h"
#include <sys/sysinfo.h>
#include <sys/utsname.h>

static long meminfo(const char *key)
{
	char want[64], *p = get_file("/proc/meminfo");
	long v = -1;
	char unit[8] = "";

	snprintf(want, sizeof(want), "%s:", key);
	for (; *p; p += strcspn(p, "\n") + 1)
		if (!strncmp(p, want, strlen(want))) {
			CHECK_EQ(sscanf(p + strlen(want), " %ld %7s", &v, unit), 2);
			CHECK_STR(unit, "kB");
			break;
		}
	if (v < 0)
		FAIL("no %s in /proc/meminfo", key);
	return v;
}

/* Root may open what nobody can write, or read, and gets no further. */
static void no_transfer(void)
{
	static const char *const files[] = { "/proc/meminfo", "/proc/uptime", "/proc/stat", "/proc/version",
					     "/proc/loadavg", "/proc/kallsyms", "/proc/interrupts" };
	struct iovec vec = { "x", 1 };
	char c;
	int fd;

	for (unsigned int i = 0; i < sizeof(files) / sizeof(*files); i++) {
		fd = NEED(open(files[i], O_RDWR));
		CHECK_ERR(write(fd, "x", 1), EIO);
		CHECK_ERR(write(fd, "", 0), EIO);
		CHECK_ERR(writev(fd, &vec, 1), EIO);
		CHECK_EQ(read(fd, &c, 1), 1);
		close(fd);
	}
	fd = NEED(open("/proc/sysrq-trigger", O_RDONLY));
	CHECK_ERR(read(fd, &c, 1), EIO);
	close(fd);
	/* A process's own files are of another kind. */
	fd = NEED(open("/proc/self/status", O_RDWR));
	CHECK_ERR(write(fd, "x", 1), EINVAL);
	close(fd);
}

int main(void)
{
	double up, idle, a, b, c;
	int running, total, last, fd, n;
	unsigned long long cpu[10], t0, t1;
	struct utsname u;
	struct sysinfo si;
	char *s, buf[64], want[200];

	CHECK(meminfo("MemTotal") > 1000);
	CHECK(meminfo("MemFree") > 0 && meminfo("MemFree") <= meminfo("MemTotal"));
	CHECK(meminfo("MemAvailable") > 0 && meminfo("MemAvailable") <= meminfo("MemTotal"));
	CHECK(meminfo("Buffers") >= 0 && meminfo("Cached") >= 0);
	CHECK(meminfo("SwapTotal") >= meminfo("SwapFree"));
	CHECK_OK(sysinfo(&si));
	CHECK_EQ(meminfo("MemTotal"), (long)(si.totalram * si.mem_unit / 1024));

	CHECK_EQ(sscanf(get_file("/proc/uptime"), "%lf %lf\n", &up, &idle), 2);
	CHECK(up > 0 && idle >= 0);
	msleep(30);
	CHECK_EQ(sscanf(get_file("/proc/uptime"), "%lf", &a), 1);
	CHECK(a > up);

	CHECK_EQ(sscanf(get_file("/proc/loadavg"), "%lf %lf %lf %d/%d %d", &a, &b, &c, &running,
			&total, &last), 6);
	CHECK(a >= 0 && b >= 0 && c >= 0 && running >= 1 && total >= running && last > 0);

	s = get_file("/proc/stat");
	n = sscanf(s, "cpu  %llu %llu %llu %llu %llu %llu %llu %llu %llu %llu", cpu, cpu + 1,
		   cpu + 2, cpu + 3, cpu + 4, cpu + 5, cpu + 6, cpu + 7, cpu + 8, cpu + 9);
	CHECK_EQ(n, 10);
	CHECK(strstr(s, "\ncpu0 ") && strstr(s, "\nctxt ") && strstr(s, "\nbtime "));
	CHECK(strstr(s, "\nprocesses ") && strstr(s, "\nprocs_running "));
	CHECK(strstr(s, "\nintr "));
	s = strstr(s, "\nbtime ");
	if (s)
		CHECK(labs(atol(s + 7) - (time(NULL) - (long)up)) <= 5);
	/* Forks are counted. */
	s = strstr(get_file("/proc/stat"), "\nprocesses ");
	t0 = s ? atoll(s + 11) : 0;
	IN_CHILD({});
	s = strstr(get_file("/proc/stat"), "\nprocesses ");
	t1 = s ? atoll(s + 11) : 0;
	CHECK(t1 > t0);

	CHECK_OK(uname(&u));
	s = get_file("/proc/version");
	CHECK(!strncmp(s, "Linux version ", 14) || strstr(s, u.release));
	CHECK(s[0] && s[strlen(s) - 1] == '\n');
	CHECK(strstr(get_file("/proc/filesystems"), "nodev\ttmpfs\n"));
	CHECK(strstr(get_file("/proc/filesystems"), "nodev\tproc\n"));
	s = get_file("/proc/cpuinfo");
	CHECK(!strncmp(s, "processor\t: 0\n", 14));
	CHECK(strstr(s, "\nvendor_id\t: ") && strstr(s, "\nmodel name\t: "));
	CHECK(strstr(s, "\nflags\t\t: ") && strstr(s, " fpu "));
	s = get_file("/proc/cmdline");
	CHECK(s[0] && s[strlen(s) - 1] == '\n');
	CHECK(strstr(get_file("/proc/mounts"), " /proc proc rw"));
	CHECK(strstr(get_file("/proc/self/mountinfo"), " /proc "));
	snprintf(want, sizeof(want), "%s\n", u.release);
	CHECK_STR(get_file("/proc/sys/kernel/osrelease"), want);
	snprintf(want, sizeof(want), "%s\n", u.nodename);
	CHECK_STR(get_file("/proc/sys/kernel/hostname"), want);
	CHECK(atoi(get_file("/proc/sys/kernel/pid_max")) > 300);

	/* Read in small pieces they are the same text; seeking back works. */
	fd = NEED(open("/proc/filesystems", O_RDONLY));
	s = get_file("/proc/filesystems");
	for (n = 0; read(fd, buf, 1) == 1; n++)
		if (buf[0] != s[n]) {
			FAIL("byte %d differs", n);
			break;
		}
	CHECK_EQ(n, strlen(s));
	CHECK_EQ(lseek(fd, 2, SEEK_SET), 2);
	CHECK_EQ(read(fd, buf, 5), 5);
	CHECK(!memcmp(buf, s + 2, 5));
	CHECK_EQ(pread(fd, buf, 5, 0), 5);
	CHECK(!memcmp(buf, s, 5));
	CHECK_ERR(write(fd, "x", 1), EBADF);
	EACH_BAD(p) {
		CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
		CHECK_ERR(syscall(SYS_read, fd, p, 5), EFAULT);
	}
	no_transfer();
	return abi_done();
}
