/* SPDX-License-Identifier: MIT */
/* kshark FILE: a trace.dat through KernelShark's own library: "TIME CPU TASK PID EVENT INFO" a line. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <libkshark.h>

int main(int argc, char **argv)
{
	struct kshark_context *context = NULL;
	struct kshark_entry **entries = NULL;
	ssize_t n;
	int stream;

	if (argc != 2 || !kshark_instance(&context))
		return 2;
	stream = kshark_open(context, argv[1]);
	if (stream < 0) {
		fprintf(stderr, "kshark_open: %d\n", stream);
		return 1;
	}
	n = kshark_load_entries(context, stream, &entries);
	for (ssize_t i = 0; i < n; i++) {
		char *event = kshark_get_event_name(entries[i]), *task = kshark_get_task(entries[i]);
		char *info = kshark_get_info(entries[i]);

		printf("%lld %d %s %d %s %s\n", (long long)entries[i]->ts, entries[i]->cpu, task,
		       kshark_get_pid(entries[i]), event, info);
		free(event);
		free(task);
		free(info);
	}
	return n > 0 ? 0 : 1;
}
