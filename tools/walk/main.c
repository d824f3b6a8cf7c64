/* SPDX-License-Identifier: MIT */
/* walk's command line. docs/walk.md explains it with examples. */
#define _GNU_SOURCE
#include "walk.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run.h"

struct options opt = { .show = SHOW_STORY, .limit = 32 };

static const char usage[] =
"walk [OPTIONS] PROGRAM [ARGS...]    run a program and tell what the kernel does for it\n"
"walk [OPTIONS] -p PID               the same for one that runs already, until it ends or ^C\n"
"\n"
"  -f              follow children and threads\n"
"  -g              the kernel's functions below each crossing, with results and durations\n"
"  --depth N       of those, only N levels (0: all)\n"
"  -e WHAT,...     tell only of: syscalls crossings sched faults signals (these are the story),\n"
"                  irq timer mem, all; WHAT with - in front is taken away\n"
"  -n NAME         only the calls of this name\n"
"  -v              every crossing in full; without it only the first of each kind\n"
"  -s N            show at most N bytes of a string (32; the kernel keeps 256)\n"
"  --syscalls      only the lines that strace would print\n"
"  --json[=FILE]   one JSON object a line; with a FILE the text is written, too\n"
"  -o FILE         write the text to FILE\n"
"  --color=WHEN    auto, always, never\n"
"  -b MB           size of the buffer of each CPU\n"
"  -h              this text\n";

static const struct { const char *name; unsigned int bits; } shows[] = {
	{ "syscalls", SHOW_SYSCALLS }, { "crossings", SHOW_CROSSINGS }, { "sched", SHOW_SCHED },
	{ "faults", SHOW_FAULTS }, { "signals", SHOW_SIGNALS }, { "irq", SHOW_IRQ },
	{ "timer", SHOW_TIMER }, { "mem", SHOW_MEM }, { "all", SHOW_ALL }, { "story", SHOW_STORY },
};

static void wrong(const char *fmt, const char *what)
{
	fputs("walk: ", stderr);
	fprintf(stderr, fmt, what);
	fputs("\n(walk -h tells the options)\n", stderr);
	exit(2);
}

static void parse_show(char *list)
{
	bool first = true;

	for (char *word = strtok(list, ","); word; word = strtok(NULL, ",")) {
		bool minus = word[0] == '-';
		size_t i;

		for (i = 0; i < sizeof shows / sizeof *shows; i++)
			if (!strcmp(shows[i].name, word + minus))
				break;
		if (i == sizeof shows / sizeof *shows)
			wrong("-e: there are no events called '%s'", word);
		if (first && !minus)
			opt.show = 0;
		if (minus)
			opt.show &= ~shows[i].bits;
		else
			opt.show |= shows[i].bits;
		first = false;
	}
	if (!opt.show)
		wrong("%s", "-e: nothing is left to tell");
}

static long number(const char *option, const char *text, long least, long most)
{
	char *end, message[128];
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (errno || end == text || *end || n < least || n > most) {
		snprintf(message, sizeof message, "%s %.40s: a number from %ld to %ld is wanted",
			 option, text, least, most);
		wrong("%s", message);
	}
	return n;
}

static bool known_name(const char *name)
{
	for (int i = 0; i < nr_calls_64; i++) {
		const struct call c = { .nr = i };
		const struct call_desc *d = call_desc(&c);

		if (d && (!strcmp(d->abi, name) || !strcmp(d->name, name)))
			return true;
	}
	return false;
}

static void parse(int argc, char **argv)
{
	enum { JSON = 256, LINES, COLOUR, DEPTH };
	static const struct option longs[] = {
		{ "json", optional_argument, NULL, JSON }, { "syscalls", no_argument, NULL, LINES },
		{ "color", required_argument, NULL, COLOUR },
		{ "depth", required_argument, NULL, DEPTH },
		{ "help", no_argument, NULL, 'h' }, { 0 } };
	const char *when = "auto";
	int c;

	while ((c = getopt_long(argc, argv, "+fge:n:vs:o:b:p:h", longs, NULL)) != -1)
		switch (c) {
		case 'f': opt.follow = true; break;
		case 'g': opt.functions = true; break;
		case 'e': parse_show(optarg); break;
		case 'n': opt.name = optarg; break;
		case 'v': opt.verbose = true; break;
		case 's': opt.limit = number("-s", optarg, 0, 65536); break;
		case 'o': opt.file = optarg; break;
		case 'b': opt.buffer_kb = 1024 * number("-b", optarg, 1, 4096); break;
		case 'p': opt.pid = number("-p", optarg, 1, 1 << 22); break;
		case JSON: opt.json = true; opt.json_file = optarg; break;
		case LINES: opt.lines = true; break;
		case COLOUR: when = optarg; break;
		case DEPTH: opt.depth = number("--depth", optarg, 0, 64); break;
		case 'h': fputs(usage, stdout); exit(0);
		default: wrong("%s", "what was meant?");
		}
	if (optind < argc)
		opt.argv = argv + optind;
	if (!opt.argv == !opt.pid)
		wrong("%s", opt.pid ? "-p PID or a program, not both" :
		      "which program? (or -p PID)");
	if (opt.name && !known_name(opt.name))
		wrong("-n: there is no system call '%s'", opt.name);
	if (strcmp(when, "auto") && strcmp(when, "always") && strcmp(when, "never"))
		wrong("--color=%s: auto, always or never", when);
	opt.colour = !strcmp(when, "always") ||
		     (!strcmp(when, "auto") && !opt.file && isatty(1));
}

/* --json alone writes to where the text would have gone. */
static void open_files(void)
{
	if (opt.json_file) {
		json_out = fopen(opt.json_file, "we");
		if (!json_out)
			die(1, "%s: %s", opt.json_file, strerror(errno));
	}
	if (opt.json && !opt.json_file) {
		json_out = opt.file ? fopen(opt.file, "we") : stdout;
		if (!json_out)
			die(1, "%s: %s", opt.file, strerror(errno));
		return;
	}
	out = opt.file ? fopen(opt.file, "we") : stdout;
	if (!out)
		die(1, "%s: %s", opt.file, strerror(errno));
}

int main(int argc, char **argv)
{
	int status;

	parse(argc, argv);
	open_files();
	status = run();
	if ((out && fclose(out)) || (json_out && fclose(json_out))) {
		complain("writing: %s", strerror(errno));
		return status ? status : 1;
	}
	return status;
}
