/* SPDX-License-Identifier: MIT */
/*
 * The system's names: uname(2), sethostname(2), setdomainname(2). Linux's twin: kernel/sys.c,
 * init/version.c. Programs see a Linux 6.1, whose interface this is; the banner and /proc/version
 * say Vitrix. Locks: uts_lock, for the names; never held while user memory is touched. Left out:
 * UTS namespaces.
 */
#include <vitrix/cred.h>
#include <vitrix/string.h>
#include <vitrix/uaccess.h>
#include <vitrix/utsname.h>
#include <generated/syscalls.h>
#include <linux/personality.h>

#define RELEASE		"6.1.0-vitrix"
#define RELEASE_26	"2.6.61-vitrix"		/* to programs that know no other first digit */
#define VERSION		"#1 SMP Vitrix 0.1"

extern const char linux_banner[];
const char linux_banner[] = "Vitrix version " RELEASE " (gcc " __VERSION__ ") " VERSION "\n";

static DEFINE_SPINLOCK(uts_lock, LC_MISC_SPIN);	/* nodename and domainname; the rest is constant */
static struct new_utsname uts = {
	.sysname	= "Linux",
	.nodename	= "(none)",
	.release	= RELEASE,
	.version	= VERSION,
	.machine	= "x86_64",
	.domainname	= "(none)",
};

/* The names as the caller's personality has them. */
static void my_names(struct new_utsname *copy)
{
	spin_lock(&uts_lock);
	*copy = uts;
	spin_unlock(&uts_lock);
	if (unlikely(current->personality)) {
		if (current->personality & UNAME26)
			strscpy(copy->release, RELEASE_26, sizeof(copy->release));
		if ((current->personality & PER_MASK) == PER_LINUX32)
			strscpy(copy->machine, "i686", sizeof(copy->machine));
	}
}

long __x64_sys_newuname(struct new_utsname __user *name)
{
	struct new_utsname copy;

	my_names(&copy);
	return copy_to_user(name, &copy, sizeof(copy)) ? -EFAULT : 0;
}

/* i386, 109: without the domain's name, which is last. */
long __ia32_sys_uname(struct old_utsname __user *name)
{
	struct new_utsname copy;

	my_names(&copy);
	return copy_to_user(name, &copy, sizeof(*name)) ? -EFAULT : 0;
}

/* i386, 59: each name is cut to eight characters. */
long __ia32_sys_olduname(struct oldold_utsname __user *name)
{
	struct oldold_utsname old = { 0 };	/* all 45 bytes go out */
	struct new_utsname copy;

	my_names(&copy);
	strscpy(old.sysname, copy.sysname, sizeof(old.sysname));
	strscpy(old.nodename, copy.nodename, sizeof(old.nodename));
	strscpy(old.release, copy.release, sizeof(old.release));
	strscpy(old.version, copy.version, sizeof(old.version));
	strscpy(old.machine, copy.machine, sizeof(old.machine));
	return copy_to_user(name, &old, sizeof(old)) ? -EFAULT : 0;
}

static long set_uts_field(char *field, const char __user *name, int len)
{
	char tmp[__NEW_UTS_LEN + 1] = "";

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (len < 0 || len > __NEW_UTS_LEN)
		return -EINVAL;
	if (copy_from_user(tmp, name, len))
		return -EFAULT;
	spin_lock(&uts_lock);
	memcpy(field, tmp, sizeof(tmp));
	spin_unlock(&uts_lock);
	return 0;
}

long __x64_sys_sethostname(char __user *name, int len)
{
	return set_uts_field(uts.nodename, name, len);
}

long __x64_sys_setdomainname(char __user *name, int len)
{
	return set_uts_field(uts.domainname, name, len);
}

/* For /proc/sys/kernel. Any context that may take a spinlock. */
void uts_get(struct new_utsname *to)
{
	spin_lock(&uts_lock);
	*to = uts;
	spin_unlock(&uts_lock);
}

/* The caller has checked that he may; what does not fit is cut off. */
void uts_set_name(bool domain, const char *name)
{
	char tmp[__NEW_UTS_LEN + 1] = "";

	strscpy(tmp, name, sizeof(tmp));
	spin_lock(&uts_lock);
	memcpy(domain ? uts.domainname : uts.nodename, tmp, sizeof(tmp));
	spin_unlock(&uts_lock);
}
