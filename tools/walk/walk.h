/* SPDX-License-Identifier: MIT */
/*
 * walk: shows what the kernel does for a program. This header is what its parts know of each other.
 *
 *	main.c     options                    tracefs.c  settings, saved and put back
 *	run.c      starts, reads, ends   <--  reader.c   records of all CPUs in the order of time
 *	   |
 *	dispatch.c  what a record means: tasks.c (calls, memory), space.c (where files are mapped)
 *	   |
 *	   +--> lines.c  as strace      +--> story*.c  for people      +--> json.c  for programs
 */
#ifndef WALK_H
#define WALK_H

#include <generated/trace_events_abi.h>		/* first: a field of it is called errno */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "call.h"
#include "text.h"

/* As the kernel writes them: include/vitrix/trace_ring.h. */
struct record {
	uint64_t stamp;		/* ns << 8 | number of 32-byte slots */
	uint16_t type;
	uint8_t flags, preempt_count;
	int32_t pid;
	uint8_t data[];
};
#define SLOT_SIZE	32
#define RECORD_MAX	(255 * SLOT_SIZE)

/* ---- what was asked for ---- */

enum {
	SHOW_SYSCALLS = 1, SHOW_CROSSINGS = 2, SHOW_SCHED = 4, SHOW_FAULTS = 8, SHOW_SIGNALS = 16,
	SHOW_IRQ = 32, SHOW_TIMER = 64, SHOW_MEM = 128, SHOW_ALL = 255,
	SHOW_STORY = SHOW_SYSCALLS | SHOW_CROSSINGS | SHOW_SCHED | SHOW_FAULTS | SHOW_SIGNALS,
};

struct options {
	unsigned int show;
	bool functions;		/* -g */
	int depth;		/* --depth: of functions, 0 all */
	bool follow;		/* -f */
	bool verbose;		/* -v: every crossing in full */
	bool lines;		/* --syscalls */
	bool json;
	const char *json_file, *file;
	const char *name;	/* -n: as strace calls it */
	size_t limit;		/* -s */
	long buffer_kb;		/* -b: a CPU; 0: chosen by walk */
	pid_t pid;		/* -p */
	bool colour;
	char **argv;		/* the program; NULL with -p */
};
extern struct options opt;

/* one message on stderr, "walk: ..." */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void die(int status, const char *fmt, ...) __attribute__((format(printf, 2, 3), noreturn));

/* ---- tracefs.c ---- */

bool tracefs_open(void);		/* finds or mounts it; complains */
bool tracefs_setup(const char *pids);	/* saves what is set, sets what is needed; complains */
void tracefs_restore(void);		/* puts everything back; may be called twice */
void tracefs_stop(void);		/* no more records; what is there stays */
int tracefs_count_followed(void);
bool tracefs_followed(void);		/* a task is still in set_event_pid */
void tracefs_kill_followed(void);
int tracefs_records(int cpu);		/* descriptor, or -1 */
bool tracefs_filling(void);		/* a quarter of a buffer is in use */
uint64_t tracefs_missed(void);		/* dropped or overwritten since the setup */

/* ---- reader.c ---- */

bool reader_open(void);
/* waits up to ms for records, takes them in; false: nothing came */
bool reader_fill(int ms);
/* the next in time, or NULL; *cpu. all: do not hold back what a slower CPU may still precede */
const struct record *reader_next(int *cpu, bool all);
int reader_cpus(void);

/* ---- tasks.c ---- */

struct piece {			/* user memory, as sys_data told it */
	struct piece *next;
	uint64_t addr;
	uint32_t len, wanted;
	uint8_t arg, phase;
	bool bad;		/* it could not be read */
	char bytes[];
};

struct space;			/* mappings of a process: space.c */

struct task {
	struct memory mem;	/* first: the decoders come back with it */
	struct task *next;
	pid_t pid, tgid, parent;
	char comm[16];
	struct space *space;
	bool in_call, call_told;	/* between sys_enter and sys_exit; its beginning was dispatched */
	uint64_t call_ns;
	struct call call;
	struct piece *pieces, **tail;
	bool wants_exec;	/* started by us, has not reached its execve */
	bool exec_done;
	bool ending;
	unsigned int exit_code;	/* as wait(2) has it; valid once it is ending */
	unsigned int enter_how;
	bool compat;		/* its calls are those of the i386 table */
	bool forked;		/* its first way out is the second return of a fork */
	bool stopping;		/* of lines.c: the signal that is told next stops it */
	size_t line_broken;	/* of lines.c: so much of the call's text is printed already */
	struct scene *scene;	/* of the story */
};

struct task *task_find(pid_t pid);
struct task *task_get(pid_t pid);	/* makes one if there is none */
void task_forget(struct task *t);
int task_count(void);
void task_start_call(struct task *t, const struct trace_raw_sys_enter *e, uint64_t ns);
void task_add_data(struct task *t, const struct trace_raw_sys_data *d, size_t len);
void task_clear_call(struct task *t);
/* all that are there, for the end */
void task_each(void (*fn)(struct task *t));

/* ---- space.c, elf.c, kernel.c ---- */

struct space *space_new(struct space *copy_of);
void space_put(struct space *s);
struct space *space_get(struct space *s);
void space_exec(struct space *s, const char *file, uint64_t load_bias, uint64_t entry);
void space_read_maps(struct space *s, pid_t pid);
/* a call returned: what it did to mappings and descriptors */
void space_call(struct space *s, const struct call *c);
/* "main+0x1f", and the file; false when nothing is known of the address */
bool space_symbol(struct space *s, uint64_t addr, struct text *symbol, const char **file);
/* the bytes of code at addr, from the file; how many were found */
size_t space_code(struct space *s, uint64_t addr, void *buf, size_t len);

struct elf;
struct elf *elf_open(const char *path);		/* kept; NULL if it is none */
bool elf_symbol(struct elf *e, uint64_t vaddr, const char **name, uint64_t *offset);
uint64_t elf_vaddr(struct elf *e, uint64_t file_offset);
size_t elf_bytes(struct elf *e, uint64_t vaddr, void *buf, size_t len);
bool elf_fixed(struct elf *e);			/* linked where it runs */
const char *elf_interpreter(struct elf *e);
uint64_t elf_entry(struct elf *e);

/* kernel symbols: "entry_SYSCALL_64+0x4"; an address when nothing is known */
void kernel_symbol(struct text *t, uint64_t addr);
uint64_t kernel_address(const char *name);	/* 0: unknown */

/* ---- dispatch.c ---- */

/* Everything the sinks hear of. BEGIN: a call whose arguments are complete now. */
enum { CALL_BEGIN = 0x10000 };

struct event {
	uint64_t ns;
	int cpu;
	unsigned int type;	/* EVENT_..., or the above */
	const struct record *rec;
	const void *data;
	size_t len;
	struct task *task;	/* whose it is; of a switch: who gives the CPU away */
};

void dispatch(const struct record *r, int cpu);
void dispatch_lost(uint64_t count, uint64_t ns, int cpu);
void dispatch_end(const char *status, uint64_t lost);
extern uint64_t events_seen, events_lost, last_ns, first_ns;
extern uint64_t names_matched;		/* calls that -n asks for */
extern pid_t first_pid;

struct sink {
	void (*event)(const struct event *e);
	void (*lost)(uint64_t count, uint64_t ns, int cpu);
	void (*end)(const char *status, uint64_t lost);
};
extern const struct sink lines_sink, story_sink, json_sink;

/* -n: is this call wanted? */
bool name_wanted(const struct call *c);
/* how a task ended: "exited with 0", "killed by SIGSEGV" */
void end_text(struct text *t, const struct task *task);
/* a string of a record: the string behind __data_loc */
const char *record_string(const struct event *e, uint32_t loc);

/* names that more than one sink prints */
/* does it call by the i386 table? int $0x80 and sysenter do, and syscall in 32-bit code */
bool is_compat(const struct trace_raw_user_enter *u);
const char *how_entered(unsigned int how);
const char *how_left(unsigned int how);
const char *why_iret(unsigned int why);
const char *vector_name(unsigned int how, unsigned int vector);
const char *fault_done(unsigned int done);
const char *switch_why(unsigned int why);
void fault_cause(struct text *t, uint64_t error, const char **access);
const char *task_state(unsigned int state);
/* "syscall", "int $0x80", or the bytes of the instruction that was interrupted */
void user_instruction(struct text *t, struct space *s, unsigned int how, uint64_t ip);

/* of the story: forgets what it knows of a task */
void scene_free(struct task *t);

/* ---- out.c: where it goes ---- */

extern FILE *out, *json_out;
enum colour { PLAIN, BOLD, DIM, USER, KERNEL, CPU, SWITCH, FAULT, SIGNAL, RED };
/* the escape sequence that begins a colour; empty without colours */
const char *colour(enum colour c);
void print(enum colour c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
