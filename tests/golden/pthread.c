/* SPDX-License-Identifier: MIT */
/* Three threads, one after the other, so that who runs when makes no difference to the calls. */
#include <pthread.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int turns;

static void *work(void *arg)
{
	pthread_mutex_lock(&lock);
	turns++;
	pthread_mutex_unlock(&lock);
	write(1, arg, 6);
	return NULL;
}

int main(void)
{
	static char *const names[] = { "one  \n", "two  \n", "three\n" };
	pthread_t t;

	for (int i = 0; i < 3; i++) {
		pthread_create(&t, NULL, work, names[i]);
		pthread_join(t, NULL);
	}
	return turns - 3;	/* not 3: a thread may be caught by our exit in its own */
}
