/* SPDX-License-Identifier: MIT */
/*
 * Several tasks sleep at one pipe: none of them keeps what is meant for another. Who splices from it
 * and gives up leaves the data, and a reader gets them; who splices into it leaves the room.
 */
#include "abi.h"

/* The child ends by itself, within 2 s. */
static void expect_end(pid_t pid)
{
	int status = -1;
	pid_t got = 0;

	AWAIT((got = waitpid(pid, &status, WNOHANG)) != 0);
	if (!got) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	CHECK_EQ(status, 0);
}

/* A child that sleeps until it gets this byte. */
static pid_t reader_of(int fd, char byte)
{
	pid_t pid = FORK();
	char c = 0;

	if (!pid) {
		CHECK_EQ(read(fd, &c, 1), 1);
		CHECK_EQ(c, byte);
		_exit(abi_failed);
	}
	let_block(pid);
	return pid;
}

/*
 * A splice whose output nobody reads is woken first, and can do nothing with the byte: it ends, or if
 * the reader was faster sleeps on.
 */
static void splice_gives_up(void)
{
	int in[2], out[2], status = -1;
	pid_t splicer, reader;

	NEED(pipe(in));
	NEED(pipe(out));
	close(out[0]);
	splicer = FORK();
	if (!splicer) {
		signal(SIGPIPE, SIG_IGN);
		CHECK_ERR(splice(in[0], NULL, out[1], NULL, 1, 0), EPIPE);
		_exit(abi_failed);
	}
	let_block(splicer);
	reader = reader_of(in[0], 'x');
	CHECK_EQ(write(in[1], "x", 1), 1);
	expect_end(reader);
	kill(splicer, SIGKILL);
	CHECK_EQ(waitpid(splicer, &status, 0), splicer);
	CHECK(status == 0 || status == SIGKILL);
	close(in[0]);
	close(in[1]);
	close(out[1]);
}

/* A splice waits for room in `out` with data in `in` that somebody else can read. */
static void splice_waits_for_room(void)
{
	int in[2], out[2];
	pid_t splicer, reader;

	NEED(pipe(in));
	NEED(pipe(out));
	CHECK_OK(fcntl(out[1], F_SETPIPE_SZ, PAGE));
	for (unsigned long i = 0; i < PAGE; i++)
		NEED(write(out[1], "o", 1));
	splicer = FORK();
	if (!splicer) {
		splice(in[0], NULL, out[1], NULL, 1, 0);
		_exit(1);
	}
	let_block(splicer);
	reader = reader_of(in[0], 'y');
	CHECK_EQ(write(in[1], "y", 1), 1);
	expect_end(reader);
	kill(splicer, SIGKILL);
	EXPECT_SIGNAL(splicer, SIGKILL);
}

int main(void)
{
	splice_gives_up();
	splice_waits_for_room();
	return abi_done();
}
