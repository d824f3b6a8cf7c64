/* SPDX-License-Identifier: MIT */
/*
 * Random numbers: a ChaCha20 generator with fast key erasure, for the kernel, getrandom(2) and
 * /dev/{random,urandom}.
 *
 *	sources: RDSEED/RDRAND, TSC, interrupts, what programs write to /dev/random
 *	    |  mix_pool(): key = ChaCha20(key ^ input), generation++
 *	    v
 *	base.key ---- each CPU, at a new generation ----> crng.pool: [ key | output to be given ]
 *	                                                          ^    |            |
 *	                        four blocks made from the key ----+----+   requests up to 32 bytes,
 *	                        overwrite the pool when it is used up      or a longer one's key
 *
 * A key is overwritten in the same step that makes output from it, and output is zeroed as it is
 * given out: who reads the memory later learns nothing about numbers given out before. base.lock
 * (irq-safe) protects the base; a CPU's crng is used with interrupts off, so get_random_bytes()
 * works in any context.
 *
 * random_init() gathers what there is (on a CPU without RDRAND the jitter of the time-stamp
 * counter) and the generator counts as seeded from then on: getrandom(2) never waits. Linux's twin:
 * drivers/char/random.c. Left out: estimates of entropy.
 */
#include <vitrix/random.h>
#include <vitrix/chacha.h>
#include <vitrix/init.h>
#include <vitrix/poll.h>
#include <vitrix/cred.h>
#include <vitrix/string.h>
#include <linux/random.h>
#include <generated/syscalls.h>

#define POOL_BITS	256
#define FAST_POOL_IRQS	64		/* interrupts gathered before they go to the base */
#define JITTER_SAMPLES	256
#define POOL_SIZE	(4 * CHACHA_BLOCK_SIZE)

struct rng_block {
	u8 bytes[CHACHA_BLOCK_SIZE];
} __aligned(8);

static struct {
	spinlock_t lock;
	u8 key[CHACHA_KEY_SIZE] __aligned(8);
	u64 generation;
} base = { .lock = SPINLOCK_INIT(LC_RANDOM), .generation = 1 };

struct crng {			/* of this CPU; interrupts off */
	u8 pool[POOL_SIZE] __aligned(8);	/* key, then output from pos on */
	unsigned int pos;
	u64 generation;		/* of the base when the key was taken from it; 0: never */
	u64 fast_pool[4];	/* timings of interrupts, not yet mixed in */
	unsigned int fast_count;
};
static DEFINE_PER_CPU(struct crng, crngs);

/* Not to be optimised away: the object is dead afterwards. */
static void wipe(void *p, size_t n)
{
	memset(p, 0, n);
	__asm__ volatile("" : : "r"(p) : "memory");
}

/* Replaces key; out, if not NULL, gets 32 bytes that are independent of the new key. */
static void erase_key(u8 *key, u8 *out)
{
	u32 state[CHACHA_STATE_WORDS];
	struct rng_block block;

	chacha_init(state, key);
	chacha20_block(state, block.bytes);
	memcpy(key, block.bytes, CHACHA_KEY_SIZE);
	if (out)
		memcpy(out, block.bytes + CHACHA_KEY_SIZE, CHACHA_KEY_SIZE);
	wipe(&block, sizeof(block));
	wipe(state, sizeof(state));
}

/* Any context. Knowing all input but not the key before does not tell the key after. */
static void mix_pool(const void *input, size_t n)
{
	const u8 *p = input;
	unsigned long flags;

	spin_lock_irqsave(&base.lock, flags);
	while (n) {
		size_t chunk = min_t(size_t, n, CHACHA_KEY_SIZE);

		for (size_t i = 0; i < chunk; i++)
			base.key[i] ^= p[i];
		erase_key(base.key, NULL);
		p += chunk;
		n -= chunk;
	}
	WRITE_ONCE(base.generation, base.generation + 1);
	spin_unlock_irqrestore(&base.lock, flags);
}

/* Interrupts off. New output and key, made from the old key or, if it has changed, the base's. */
static noinline void refill(struct crng *crng)
{
	u32 state[CHACHA_STATE_WORDS];

	if (crng->generation != READ_ONCE(base.generation)) {
		spin_lock(&base.lock);
		erase_key(base.key, crng->pool);
		crng->generation = base.generation;
		spin_unlock(&base.lock);
	}
	chacha_init(state, crng->pool);
	for (int i = 0; i < POOL_SIZE; i += CHACHA_BLOCK_SIZE)
		chacha20_block(state, crng->pool + i);
	wipe(state, sizeof(state));
	crng->pos = CHACHA_KEY_SIZE;
}

/* n <= 32; any context */
static inline void take_random(void *out, unsigned int n)
{
	unsigned long flags = local_irq_save();
	struct crng *crng = this_cpu_ptr(&crngs);

	if (unlikely(crng->pos + n > POOL_SIZE || crng->generation != READ_ONCE(base.generation)))
		refill(crng);
	memcpy(out, crng->pool + crng->pos, n);
	memset(crng->pool + crng->pos, 0, n);
	crng->pos += n;
	local_irq_restore(flags);
}

void get_random_bytes(void *buf, size_t n)
{
	u8 key[CHACHA_KEY_SIZE] __aligned(8);
	u32 state[CHACHA_STATE_WORDS];
	struct rng_block block;

	if (n <= sizeof(key)) {
		take_random(buf, n);
		return;
	}
	take_random(key, sizeof(key));
	chacha_init(state, key);
	while (n) {
		size_t chunk = min_t(size_t, n, sizeof(block));

		chacha20_block(state, block.bytes);
		memcpy(buf, block.bytes, chunk);
		buf += chunk;
		n -= chunk;
	}
	wipe(&block, sizeof(block));
	wipe(state, sizeof(state));
	wipe(key, sizeof(key));
}

u64 get_random_u64(void)
{
	u64 value;

	take_random(&value, sizeof(value));
	return value;
}

/* ---------------------------------------------------------------- sources */

static bool hw_random(u64 *value)
{
	bool ok = false;

	for (int i = 0; !ok && i < 10; i++) {
		if (cpu_has(X86_FEATURE_RDSEED))
			__asm__ volatile("rdseed %0" : "=r"(*value), "=@ccc"(ok) : : "memory");
		if (!ok && cpu_has(X86_FEATURE_RDRAND))
			__asm__ volatile("rdrand %0" : "=r"(*value), "=@ccc"(ok) : : "memory");
		if (!ok && !cpu_has(X86_FEATURE_RDSEED) && !cpu_has(X86_FEATURE_RDRAND))
			return false;
	}
	return ok;
}

void add_device_randomness(const void *buf, size_t n)
{
	u64 tsc = rdtsc();

	mix_pool(&tsc, sizeof(tsc));
	mix_pool(buf, n);
}

/* Interrupts off: from the interrupt path. A few instructions, and now and then a mix. */
void add_interrupt_randomness(int irq)
{
	struct crng *crng = this_cpu_ptr(&crngs);
	u64 *word = &crng->fast_pool[crng->fast_count & 3];

	*word = ((*word << 7) | (*word >> 57)) ^ rdtsc() ^ ((u64)irq << 56);
	if (++crng->fast_count < FAST_POOL_IRQS)
		return;
	crng->fast_count = 0;
	mix_pool(crng->fast_pool, sizeof(crng->fast_pool));
}

void __init random_init(void)
{
	u64 seed[8], tsc = rdtsc();
	bool hw = false;

	for (int i = 0; i < ARRAY_SIZE(seed); i++) {
		seed[i] = boot_entry_tsc;
		if (hw_random(&seed[i]))
			hw = true;
	}
	mix_pool(seed, sizeof(seed));
	/* How long memory and instructions take differs each time, on real machines at least. */
	for (int i = 0; !hw && i < JITTER_SAMPLES; i++) {
		u64 now = rdtsc_ordered();

		seed[i & 7] = ((seed[i & 7] << 5) | (seed[i & 7] >> 59)) ^ (now - tsc) ^ now;
		tsc = now;
		if ((i & 63) == 63)
			mix_pool(seed, sizeof(seed));
	}
	mix_pool(boot_command_line, strnlen(boot_command_line, COMMAND_LINE_SIZE));
	mix_pool(&tsc, sizeof(tsc));
	wipe(seed, sizeof(seed));
}

/* ---------------------------------------------------------------- for programs */

/* Bytes, fewer on a signal or a fault; -EFAULT if there was none. */
static ssize_t random_to_iter(struct iov_iter *to)
{
	u8 key[CHACHA_KEY_SIZE] __aligned(8);
	u32 state[CHACHA_STATE_WORDS];
	struct rng_block block;
	size_t want = iov_iter_count(to), chunk, n;
	ssize_t done = 0;

	if (!want)
		return 0;
	take_random(key, min(want, sizeof(key)));
	if (want <= sizeof(key)) {
		done = copy_to_iter(key, want, to);
		wipe(key, sizeof(key));
		return done ? done : -EFAULT;
	}
	chacha_init(state, key);
	for (;;) {
		chunk = min(want - done, sizeof(block));
		chacha20_block(state, block.bytes);
		n = copy_to_iter(block.bytes, chunk, to);
		done += n;
		if (n < chunk || done == want)
			break;
		if (done % PAGE_SIZE == 0) {
			if (signal_pending(current))
				break;
			cond_resched();
		}
	}
	wipe(&block, sizeof(block));
	wipe(state, sizeof(state));
	wipe(key, sizeof(key));
	return done ? done : -EFAULT;
}

long __x64_sys_getrandom(char __user *buf, size_t count, unsigned int flags)
{
	struct iov_iter to;

	if (flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	if ((flags & (GRND_INSECURE | GRND_RANDOM)) == (GRND_INSECURE | GRND_RANDOM))
		return -EINVAL;
	count = min_t(size_t, count, 0x7ffff000);
	if (!access_ok(buf, count))
		return -EFAULT;
	iov_iter_ubuf(&to, buf, count);
	return random_to_iter(&to);
}

static ssize_t random_read(struct file *file, struct iov_iter *to, loff_t *pos)
{
	return random_to_iter(to);
}

/* Whoever wants to may stir; nobody can make it worse. */
static ssize_t random_write(struct file *file, struct iov_iter *from, loff_t *pos)
{
	struct rng_block block;
	size_t want = iov_iter_count(from);
	ssize_t done = 0;

	while (done < want) {
		size_t n = copy_from_iter(block.bytes, min(want - done, sizeof(block)), from);

		if (!n)
			break;
		mix_pool(block.bytes, n);
		done += n;
		if (done % PAGE_SIZE == 0) {
			if (signal_pending(current))
				break;
			cond_resched();
		}
	}
	wipe(&block, sizeof(block));
	return done || !want ? done : -EFAULT;
}

static __poll_t random_poll(struct file *file, poll_table *wait)
{
	return EPOLLIN | EPOLLRDNORM | EPOLLOUT | EPOLLWRNORM;
}

static long random_add_entropy(int *p)
{
	struct iov_iter from;
	int bits, len;
	ssize_t n;

	if (get_user(bits, p) || get_user(len, p + 1))
		return -EFAULT;
	if (bits < 0 || len < 0)
		return -EINVAL;
	if (!access_ok(p + 2, len))
		return -EFAULT;
	iov_iter_ubuf(&from, p + 2, len);
	n = random_write(NULL, &from, NULL);
	return n < 0 ? n : n != len ? -EFAULT : 0;
}

static long random_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	int bits;

	switch (cmd) {
	case RNDGETENTCNT:
		return put_user((int)POOL_BITS, (int *)arg);
	case RNDADDTOENTCNT:
		if (!capable(CAP_SYS_ADMIN))
			return -EPERM;
		if (get_user(bits, (int *)arg))
			return -EFAULT;
		return bits < 0 ? -EINVAL : 0;
	case RNDADDENTROPY:
		return capable(CAP_SYS_ADMIN) ? random_add_entropy((int *)arg) : -EPERM;
	case RNDZAPENTCNT:
	case RNDCLEARPOOL:	/* Linux counts no entropy down either, once seeded */
		return capable(CAP_SYS_ADMIN) ? 0 : -EPERM;
	case RNDRESEEDCRNG:
		if (!capable(CAP_SYS_ADMIN))
			return -EPERM;
		add_device_randomness(&cmd, sizeof(cmd));
		return 0;
	default:
		return -EINVAL;
	}
}

const struct file_operations random_fops = {
	.read_iter = random_read,
	.write_iter = random_write,
	.splice_read = generic_file_splice_read,
	.splice_write = random_write,
	.poll = random_poll,
	.unlocked_ioctl = random_ioctl,
	.llseek = noop_llseek,
};
