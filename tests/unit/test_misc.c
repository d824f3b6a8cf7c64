/* SPDX-License-Identifier: MIT */
/* The small ones: kstrtox, hash, sort, kfifo, chacha, math64, cmdline, ctype. */
#include "unit.h"
#include <vitrix/kstrtox.h>
#include <vitrix/hash.h>
#include <vitrix/sort.h>
#include <vitrix/kfifo.h>
#include <vitrix/chacha.h>
#include <vitrix/math64.h>
#include <vitrix/cmdline.h>
#include <vitrix/ctype.h>
#include <vitrix/string.h>
#include <vitrix/err.h>

TEST(kstrto)
{
	unsigned long long ull = 7;
	unsigned long ul;
	unsigned int u;
	long long ll;
	long l;
	int i = 7;
	bool b;

	CHECK(kstrtoull("18446744073709551615", 10, &ull) == 0 && ull == ~0ull);
	CHECK_EQ(kstrtoull("18446744073709551616", 10, &ull), -ERANGE);
	CHECK(kstrtoull("0x1f\n", 0, &ull) == 0 && ull == 31);
	CHECK(kstrtoull("017", 0, &ull) == 0 && ull == 15);
	CHECK(kstrtoull("0", 0, &ull) == 0 && ull == 0);
	CHECK(kstrtoull("+5", 0, &ull) == 0 && ull == 5);
	CHECK(kstrtoull("0XfF", 16, &ull) == 0 && ull == 255);
	CHECK(kstrtoull("ff", 16, &ull) == 0 && ull == 255);
	CHECK_EQ(kstrtoull("", 0, &ull), -EINVAL);
	CHECK_EQ(kstrtoull("\n", 0, &ull), -EINVAL);
	CHECK_EQ(kstrtoull("0x", 0, &ull), -EINVAL);
	CHECK_EQ(kstrtoull("-1", 0, &ull), -EINVAL);
	CHECK_EQ(kstrtoull(" 1", 0, &ull), -EINVAL);
	CHECK_EQ(kstrtoull("1 ", 0, &ull), -EINVAL);
	CHECK_EQ(kstrtoull("1\n\n", 0, &ull), -EINVAL);
	CHECK_EQ(kstrtoull("8", 8, &ull), -EINVAL);
	CHECK_EQ(kstrtoull("++5", 0, &ull), -EINVAL);
	CHECK_EQ(ull, 255);

	CHECK(kstrtoll("-9223372036854775808", 10, &ll) == 0 && ll == -0x7fffffffffffffffll - 1);
	CHECK_EQ(kstrtoll("-9223372036854775809", 10, &ll), -ERANGE);
	CHECK_EQ(kstrtoll("9223372036854775808", 10, &ll), -ERANGE);
	CHECK_EQ(kstrtoll("-+5", 10, &ll), -EINVAL);
	CHECK(kstrtol("-0x10", 0, &l) == 0 && l == -16);
	CHECK(kstrtoul("123", 10, &ul) == 0 && ul == 123);
	CHECK(kstrtouint("4294967295", 10, &u) == 0 && u == ~0u);
	CHECK_EQ(kstrtouint("4294967296", 10, &u), -ERANGE);
	CHECK_EQ(kstrtoint("2147483648", 10, &i), -ERANGE);
	CHECK_EQ(i, 7);
	CHECK(kstrtoint("-2147483648", 10, &i) == 0 && i == -0x7fffffff - 1);
	CHECK(kstrtobool("y", &b) == 0 && b);
	CHECK(kstrtobool("off", &b) == 0 && !b);
	CHECK(kstrtobool("On", &b) == 0 && b);
	CHECK_EQ(kstrtobool("", &b), -EINVAL);
	CHECK_EQ(kstrtobool("o", &b), -EINVAL);
}

TEST(simple_numbers)
{
	char *end;

	CHECK_EQ(simple_strtoul("123abc", &end, 10), 123);
	CHECK_STR(end, "abc");
	CHECK_EQ(simple_strtoul("0x1fz", &end, 0), 31);
	CHECK_STR(end, "z");
	CHECK_EQ(simple_strtoul("0xz", &end, 0), 0);
	CHECK_STR(end, "xz");
	CHECK_EQ(simple_strtol("-12,", &end, 10), -12);
	CHECK_STR(end, ",");
	CHECK_EQ(memparse("4K", &end), 4096);
	CHECK_EQ(memparse("0x10m,", &end), 16 << 20);
	CHECK_STR(end, ",");
	CHECK_EQ(memparse("2G", NULL), 2ul << 30);
	CHECK_EQ(memparse("5", &end), 5);
	CHECK_STR(end, "");
}

TEST(hashes)
{
	static u32 seen[4096];
	char *name;
	int same = 0;

	CHECK_EQ(hash_64(1, 8), (GOLDEN_RATIO_64 >> 56));
	CHECK(hash_64(~0ull, 32) <= ~0u && hash_32(~0u, 5) < 32);
	CHECK(full_name_hash(NULL, "a", 1) != full_name_hash(NULL, "aa", 2));
	CHECK(full_name_hash(NULL, "aa", 2) != full_name_hash(NULL, "aaa", 3));
	CHECK(full_name_hash(NULL, "abcdefgh", 8) != full_name_hash(&same, "abcdefgh", 8));
	for (int len = 0; len < 40; len++) {	/* never reads beyond: the copy is exact */
		name = unit_dup("abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz", len);
		seen[len] = full_name_hash(NULL, name, len);
		for (int i = 0; i < len; i++) {
			u32 before = full_name_hash(NULL, name, len);

			name[i] ^= 1 << unit_below(8);
			CHECK(full_name_hash(NULL, name, len) != before);
		}
		for (int i = 0; i < len; i++)
			same += seen[i] == seen[len];
		unit_free(name);
	}
	CHECK_EQ(same, 0);

	/* file0 ... file4095 in 4096 buckets: a random function leaves 37 % empty */
	for (int i = 0; i < 4096; i++)
		seen[i] = 0;
	for (int i = 0; i < 4096; i++) {
		char text[9] = "file0000";

		for (int d = 7, v = i; d > 3; d--, v /= 10)
			text[d] += v % 10;
		seen[full_name_hash(&same, text, 8) & 4095]++;
	}
	for (int i = 0; i < 4096; i++)
		same += seen[i] == 0;
	CHECK(same < 4096 * 45 / 100);
}

static size_t item_size;

static int compare_items(const void *a, const void *b)
{
	return memcmp(a, b, min(item_size, (size_t)2));
}

TEST(sorting)
{
	for (int round = 0; round < 3000; round++) {
		size_t num = unit_below(40);
		unsigned int before = 0, after = 0;
		u8 *base;

		item_size = unit_below(20) + 1;
		base = unit_alloc(num * item_size);
		for (size_t i = 0; i < num * item_size; i++) {
			base[i] = unit_below(5);
			before += base[i];
		}
		sort(base, num, item_size, compare_items);
		for (size_t i = 0; i + 1 < num; i++)
			CHECK(compare_items(base + i * item_size, base + (i + 1) * item_size) <= 0);
		for (size_t i = 0; i < num * item_size; i++)
			after += base[i];
		CHECK_EQ(before, after);
		unit_free(base);
	}
}

TEST(fifo)
{
	struct kfifo f;
	u8 *buf = unit_alloc(64), tmp[100], c, put = 0, got = 0;

	kfifo_init(&f, buf, 64);
	f.in = f.out = ~0u - 1000;	/* the counters wrap on the way */
	for (int round = 0; round < 20000; round++) {
		u32 len = unit_below(100), n, had = kfifo_len(&f);

		CHECK_EQ(kfifo_avail(&f), 64 - had);
		switch (unit_below(5)) {
		case 0:
			for (u32 i = 0; i < len; i++)
				tmp[i] = put + i;
			n = kfifo_in(&f, tmp, len);
			CHECK_EQ(n, min(len, 64 - had));
			put += n;
			break;
		case 1:
			CHECK_EQ(kfifo_peek(&f, tmp, len), min(len, had));
			n = kfifo_out(&f, tmp, len);
			CHECK_EQ(n, min(len, had));
			for (u32 i = 0; i < n; i++)
				CHECK_EQ(tmp[i], got++);
			break;
		case 2:
			CHECK_EQ(kfifo_put(&f, put), had < 64);
			put += had < 64;
			break;
		case 3:
			if (CHECK_EQ(kfifo_get(&f, &c), had > 0) && had)
				CHECK_EQ(c, got++);
			break;
		default:
			if (unit_below(20) == 0) {
				kfifo_skip(&f, len);
				got += min(len, had);
			}
		}
		CHECK_EQ((u8)kfifo_len(&f), (u8)(put - got));
		CHECK_EQ(kfifo_is_empty(&f), put == got);
		CHECK_EQ(kfifo_is_full(&f), (u8)(put - got) == 64);
	}
	kfifo_reset(&f);
	CHECK(kfifo_is_empty(&f) && kfifo_size(&f) == 64);
	unit_free(buf);
}

/* RFC 8439, section 2.3.2 */
TEST(chacha_vector)
{
	static const u8 want[64] = {
		0x10, 0xf1, 0xe7, 0xe4, 0xd1, 0x3b, 0x59, 0x15, 0x50, 0x0f, 0xdd, 0x1f, 0xa3, 0x20,
		0x71, 0xc4, 0xc7, 0xd1, 0xf4, 0xc7, 0x33, 0xc0, 0x68, 0x03, 0x04, 0x22, 0xaa, 0x9a,
		0xc3, 0xd4, 0x6c, 0x4e, 0xd2, 0x82, 0x64, 0x46, 0x07, 0x9f, 0xaa, 0x09, 0x14, 0xc2,
		0xd7, 0x05, 0xd9, 0x8b, 0x02, 0xa2, 0xb5, 0x12, 0x9c, 0xd1, 0xde, 0x16, 0x4e, 0xb9,
		0xcb, 0xd0, 0x83, 0xe8, 0xa2, 0x50, 0x3c, 0x4e,
	};
	u32 state[16];
	u8 key[32], out[64];

	for (int i = 0; i < 32; i++)
		key[i] = i;
	chacha_init(state, key);
	state[12] = 1;
	state[13] = 0x09000000;
	state[14] = 0x4a000000;
	chacha20_block(state, out);
	CHECK(!memcmp(out, want, 64));
	CHECK_EQ(state[12], 2);
	state[12] = ~0u;
	chacha20_block(state, out);
	CHECK(state[12] == 0 && state[13] == 0x09000001);
}

TEST(math)
{
	u32 rem;

	CHECK_EQ(div_u64_rem(1000000007ull * 10 + 3, 10, &rem), 1000000007);
	CHECK_EQ(rem, 3);
	CHECK_EQ(mul_u64_u32_shr(~0ull, 1u << 31, 31), ~0ull);
	CHECK_EQ(mul_u64_u64_shr(1ull << 63, 1ull << 63, 126), 1);
	CHECK_EQ(mul_u64_u64_div_u64(~0ull, 1000, 2000), ~0ull / 2);
	CHECK_EQ(mul_u64_u64_div_u64(~0ull, 2, 1), ~0ull);
	CHECK_EQ(mul_u64_u64_div_u64(1, 2, 0), ~0ull);
	CHECK_EQ(mul_u64_u64_div_u64(1000000000ull, 123456789ull, 1000000000ull), 123456789);
}

static char *collected[20][2];
static int num_collected;

static int collect(void *ctx, char *param, char *val)
{
	collected[num_collected][0] = param;
	collected[num_collected][1] = val;
	if (!strcmp(param, "stop"))
		return -EINVAL;
	return ++num_collected < 20 ? 0 : -E2BIG;
}

static int parse(const char *text, char **copy, char **rest)
{
	num_collected = 0;
	*copy = unit_dup(text, strlen(text) + 1);
	return parse_args(*copy, collect, NULL, rest);
}

TEST(command_line)
{
	char *copy, *rest;

	CHECK_EQ(parse("  ro console=ttyS0,115200  init=\"/bin/my sh\" \"root=a b\" x= =y "
		       "a=b=c -- one two", &copy, &rest), 0);
	CHECK_EQ(num_collected, 7);
	CHECK(!strcmp(collected[0][0], "ro") && !collected[0][1]);
	CHECK_STR(collected[1][0], "console");
	CHECK_STR(collected[1][1], "ttyS0,115200");
	CHECK_STR(collected[2][1], "/bin/my sh");
	CHECK_STR(collected[3][0], "root");
	CHECK_STR(collected[3][1], "a b");
	CHECK_STR(collected[4][1], "");
	CHECK_STR(collected[5][0], "");
	CHECK_STR(collected[5][1], "y");
	CHECK_STR(collected[6][1], "b=c");
	CHECK_STR(rest, "one two");
	unit_free(copy);

	CHECK_EQ(parse("", &copy, &rest), 0);
	CHECK(num_collected == 0 && !rest);
	unit_free(copy);
	CHECK_EQ(parse("a stop b", &copy, NULL), -EINVAL);
	CHECK_EQ(num_collected, 1);
	unit_free(copy);

	/* anything: must stay inside of its buffer and end */
	for (int round = 0; round < 20000; round++) {
		char text[16];
		int len = unit_below(15);

		for (int i = 0; i < len; i++)
			text[i] = "ab =\"\"- "[unit_below(8)];
		text[len] = 0;
		CHECK_EQ(parse(text, &copy, NULL), 0);
		unit_free(copy);
	}
}

TEST(options)
{
	char text[] = "3,-4,7-9,x", *p = text;
	int ints[10], v;

	CHECK(get_option(&p, &v) == 2 && v == 3);
	CHECK(get_option(&p, &v) == 2 && v == -4);
	CHECK(get_option(&p, &v) == 3 && v == 7);
	p++;
	CHECK(get_option(&p, &v) == 2 && v == 9);
	CHECK_EQ(get_option(&p, &v), 0);

	CHECK_STR(get_options("1,3-6,8", 10, ints), "");
	CHECK_EQ(ints[0], 6);
	CHECK(ints[1] == 1 && ints[2] == 3 && ints[5] == 6 && ints[6] == 8);
	get_options("1-1000000000", 4, ints);
	CHECK(ints[0] == 3 && ints[3] == 3);
}

TEST(character_classes)
{
	for (int c = 0; c < 256; c++) {
		CHECK_EQ(!!isspace(c), c == ' ' || (c >= 9 && c <= 13));
		CHECK_EQ(!!isalpha(c), (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
		CHECK_EQ(!!isprint(c), c >= 32 && c < 127);
		CHECK_EQ(!!iscntrl(c), c < 32 || c == 127);
		CHECK_EQ(!!ispunct(c), c > 32 && c < 127 && !isalnum(c));
		CHECK_EQ(!!isxdigit(c), isdigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'));
		CHECK_EQ(tolower(toupper(c)), isalpha(c) ? c | 32 : c);
	}
}
