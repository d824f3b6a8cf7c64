/* SPDX-License-Identifier: MIT */
/*
 * The kernel's command line, after lib/cmdline.c has cut it: who gets which word.
 * Linux's twins: init/main.c (unknown_bootoption), kernel/params.c.
 *
 *   quiet loglevel=4 foo=bar fast mod.x=1 -- -s
 *   |     |          |       |    |          +-- init's argv, as all behind "--"
 *   |     |          |       |    +-- a module's: there are none, dropped
 *   |     |          |       +-- init's argv
 *   |     |          +-- init's environment
 *   +-----+-- the kernel's: a __setup() function, or one of kernel_names[] below
 *
 * Parsed once, at the first question, which may come before there is any allocator: everything is
 * in static buffers. No lock: written by the boot CPU before others run, only read later.
 */
#include <vitrix/init.h>
#include <vitrix/bug.h>
#include <vitrix/cmdline.h>
#include <vitrix/printf.h>
#include <vitrix/printk.h>
#include <vitrix/string.h>

#define MAX_PARAMS	128
#define MAX_INIT_ARGS	32
#define MAX_INIT_ENVS	32

static struct param {
	const char *name, *value;	/* value NULL: no '=' */
} params[MAX_PARAMS];
static int nr_params;
static char *rest_of_line;		/* behind "--" */
static char buffer[COMMAND_LINE_SIZE];
static bool parsed;

const char *argv_init[MAX_INIT_ARGS + 2] = { "init" };
const char *envp_init[MAX_INIT_ENVS + 2] = { "HOME=/", "TERM=linux" };

/* Names without a __setup() function that are the kernel's all the same, and never init's. */
static const char *const kernel_names[] __initconst = {
	"acpi", "console", "debug", "earlycon", "earlyprintk", "ignore_loglevel", "init", "initrd",
	"kaslr", "lapic", "loglevel", "maxcpus", "mem", "mitigations", "noacpi", "noapic",
	"nokaslr", "nolapic", "nopti", "noreplace-smp", "nosmap", "nosmep", "nosmp", "notsc",
	"nox2apic", "nr_cpus", "panic", "panic_on_oops", "pci", "pti", "quiet",
	"randomize_kstack_offset", "rdinit", "reboot", "ro", "root", "rootdelay", "rootflags",
	"rootfstype", "rootwait", "rw", "sched", "tsc",
};

/* Names are the same whether written with '-' or '_'. */
static bool name_is(const char *a, const char *b)
{
	for (;; a++, b++) {
		char x = *a == '-' ? '_' : *a, y = *b == '-' ? '_' : *b;

		if (x != y)
			return false;
		if (!x)
			return true;
	}
}

static int add_param(void *ctx, char *name, char *value)
{
	if (nr_params == MAX_PARAMS) {
		pr_warn("command line: more than %d words, %s is lost\n", MAX_PARAMS, name);
		return 0;
	}
	params[nr_params++] = (struct param){ name, value };
	return 0;
}

static void parse_command_line(void)
{
	if (parsed)
		return;
	parsed = true;
	strscpy(buffer, boot_command_line, sizeof(buffer));
	parse_args(buffer, add_param, NULL, &rest_of_line);
}

/* The last one counts, as for all options that set something. */
const char *cmdline_find(const char *name)
{
	parse_command_line();
	for (int i = nr_params - 1; i >= 0; i--)
		if (name_is(params[i].name, name))
			return params[i].value ? params[i].value : "";
	return NULL;
}

bool cmdline_has(const char *name)
{
	return cmdline_find(name) != NULL;
}

/* "name=" wants a value, "name" is content without one. */
static bool __init setup_matches(const struct kernel_param *kp, const struct param *p)
{
	char name[64];
	size_t len = strlen(kp->name);

	ASSERT(len && len < sizeof(name));
	if (kp->name[len - 1] != '=')
		return name_is(kp->name, p->name);
	memcpy(name, kp->name, len - 1);
	name[len - 1] = '\0';
	return p->value && name_is(name, p->name);
}

/* Several may claim the same word: all are called. */
static bool __init run_setup(const struct param *p)
{
	bool claimed = false;

	for (const struct kernel_param *kp = __start_init_param; kp < __stop_init_param; kp++) {
		if (!setup_matches(kp, p))
			continue;
		claimed = true;
		if (kp->setup(p->value ? p->value : "") < 0)
			pr_warn("command line: bad value %s=%s\n", p->name, p->value);
	}
	return claimed;
}

static bool __init is_kernel_name(const char *name)
{
	for (int i = 0; i < ARRAY_SIZE(kernel_names); i++)
		if (name_is(kernel_names[i], name))
			return true;
	return false;
}

/* Appends to the list, which has room for max entries behind those that it starts with. */
static void __init append(const char **list, int max, const char *word)
{
	int n = 0;

	while (list[n])
		n++;
	if (n < max)
		list[n] = word;
	else
		pr_warn("command line: too many words for init, %s is lost\n", word);
}

/* foo=bar again as one string. The words fit: together they are no longer than the line was. */
static const char * __init join(const char *name, const char *value)
{
	static char joined[COMMAND_LINE_SIZE];
	static size_t used;
	char *word = joined + used;

	used += scnprintf(word, sizeof(joined) - used, "%s=%s", name, value) + 1;
	ASSERT(used <= sizeof(joined));
	return word;
}

/* A later foo=baz replaces foo=bar; HOME and TERM can be set so. */
static void __init append_env(const struct param *p)
{
	const char *word = join(p->name, p->value);
	size_t len = strlen(p->name) + 1;

	for (int i = 0; envp_init[i]; i++) {
		if (!strncmp(envp_init[i], word, len)) {
			envp_init[i] = word;
			return;
		}
	}
	append(envp_init, MAX_INIT_ENVS + 1, word);
}

static void __init give_to_init(const struct param *p)
{
	if (strchr(p->name, '.'))
		return;
	if (p->value)
		append_env(p);
	else
		append(argv_init, MAX_INIT_ARGS + 1, p->name);
}

/* Words before init= are not for that program: boot loaders put some there. */
static void __init forget_args(void)
{
	for (int i = 1; i < MAX_INIT_ARGS + 2; i++)
		argv_init[i] = NULL;
}

/* All behind "--". */
static void __init give_rest_to_init(char *rest)
{
	char *name, *value;

	while (rest && *rest) {
		rest = next_arg(rest, &name, &value);
		append(argv_init, MAX_INIT_ARGS + 1, value ? join(name, value) : name);
	}
}

void __init parse_early_params(void)
{
	parse_command_line();
	for (int i = 0; i < nr_params; i++) {
		const struct param *p = &params[i];
		bool claimed = run_setup(p);

		if (p->value && (name_is(p->name, "init") || name_is(p->name, "rdinit")))
			forget_args();
		if (!claimed && !is_kernel_name(p->name))
			give_to_init(p);
	}
	give_rest_to_init(rest_of_line);
}
