/* SPDX-License-Identifier: MIT */
/* /sys/devices/system/cpu/vulnerabilities, and that /proc/cpuinfo says the same of the CPU. */
#include "abi.h"
#include <stdbool.h>

#define DIR "/sys/devices/system/cpu/vulnerabilities/"

static const struct { const char *file, *bug; } known[] = {
	{ "gather_data_sampling", "gds" }, { "itlb_multihit", "itlb_multihit" }, { "l1tf", "l1tf" },
	{ "mds", "mds" }, { "meltdown", "cpu_meltdown" }, { "mmio_stale_data", "mmio_" },
	{ "retbleed", "retbleed" }, { "spec_rstack_overflow", "srso" }, { "spec_store_bypass", "spec_store_bypass" },
	{ "spectre_v1", "spectre_v1" }, { "spectre_v2", "spectre_v2" }, { "srbds", "srbds" },
};

static bool starts(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

/* The line `bugs` with a blank at its end; "" if there is none. */
static const char *bugs(void)
{
	static char line[4096];
	FILE *f = fopen("/proc/cpuinfo", "r");

	while (f && fgets(line, sizeof(line) - 1, f))
		if (starts(line, "bugs")) {
			line[strcspn(line, "\n")] = ' ';
			fclose(f);
			return line;
		}
	return "";
}

int main(void)
{
	const char *line = bugs();
	char path[128], word[64];

	CHECK(*line);
	CHECK_EQ(mode_of(DIR), 0755);
	for (unsigned i = 0; i < sizeof(known) / sizeof(*known); i++) {
		const char *text;

		snprintf(path, sizeof(path), DIR "%s", known[i].file);
		CHECK_EQ(mode_of(path), 0444);
		text = get_file(path);
		CHECK(starts(text, "Not affected\n") || starts(text, "Vulnerable") || starts(text, "Mitigation: ") ||
		      starts(text, "KVM: ") || starts(text, "Unknown: "));
		CHECK(text[strlen(text) - 1] == '\n');
		snprintf(word, sizeof(word), " %s", known[i].bug);
		CHECK_EQ(starts(text, "Not affected"), !strstr(line, word));
		CHECK_ERR(open(path, O_WRONLY), EACCES);
	}
	return abi_done();
}
