/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_CARE_H
#define FUZZ_CARE_H

struct care {
	const char *name;
	int odds;		/* made once in so many times */
	int flags;
};
enum {
	NOT_ROOT = 1,		/* only without rights */
	LOG_TYPE = 2,		/* no types that silence the console */
	FORKS = 4,		/* look who comes back */
	PIDS = 8,		/* the first two may be those of init or a nanny */
	POLICY = 16,		/* may make the caller one that nobody preempts */
	NOT_OTHERS = 64,	/* what it does to another batch would look like the kernel's doing there */
	ANY_RESULT = 32,	/* what looks like a wrong error may be a value */
};

#endif
