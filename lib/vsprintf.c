/* SPDX-License-Identifier: MIT */
/*
 * Formatted output into a buffer: vsnprintf and kin (Linux's lib/vsprintf.c).
 *
 * One pass over the format. Text goes out as it is. A plain conversion, which most are (%d %lu %s),
 * is printed at once; one with flags, width or precision is parsed into a struct spec and printed
 * by one of the functions below. Everything goes through a struct out that counts all characters
 * and stores those that fit.
 *
 * Called by printk, seq_file and panic, so any context; it takes no lock and allocates nothing.
 * Left out: floating point, %n, positional arguments, Linux's %p extensions but %pS and %ps.
 */
#include <vitrix/printf.h>
#include <vitrix/string.h>
#include <vitrix/ctype.h>
#include <vitrix/bug.h>

#define FLAG_LEFT	1	/* - */
#define FLAG_PLUS	2	/* + */
#define FLAG_SPACE	4	/* ' ' */
#define FLAG_ALT	8	/* # */
#define FLAG_ZERO	16	/* 0 */

#define NO_PRECISION	(-1)

/* 64 bits in octal are 22 digits. */
#define MAX_DIGITS	24

/* Enough for "name+offset/size": see KSYM_SYMBOL_LEN. */
#define SYMBOL_SIZE	192

struct spec {
	unsigned int flags;
	int width;
	int precision;
	int size;		/* of the integer argument, in bytes */
};

struct out {
	char *buf;
	size_t size;
	size_t pos;		/* may be beyond size: characters that did not fit count too */
};

const char *(*printf_symbol)(unsigned long addr, char *buf, size_t size);

static const char *put_plain(struct out *out, const char *fmt, va_list *args);
static const char *parse_spec(const char *fmt, struct spec *spec, va_list *args);
static void put_integer(struct out *out, const struct spec *spec, char conv, va_list *args);
static void put_pointer(struct out *out, struct spec *spec, const char **fmt, const void *ptr);
static void put_string(struct out *out, const struct spec *spec, const char *s);

static inline void put_char(struct out *out, char c)
{
	if (out->pos < out->size)
		out->buf[out->pos] = c;
	out->pos++;
}

static void put_text(struct out *out, const char *text, size_t len)
{
	if (out->pos < out->size)
		memcpy(out->buf + out->pos, text, min(len, out->size - out->pos));
	out->pos += len;
}

static void put_repeat(struct out *out, char c, size_t count)
{
	if (out->pos < out->size)
		memset(out->buf + out->pos, c, min(count, out->size - out->pos));
	out->pos += count;
}

/* @len characters in a field of the wanted width. */
static void put_padded(struct out *out, const struct spec *spec, const char *text, size_t len)
{
	size_t pad = spec->width > 0 && (size_t)spec->width > len ? spec->width - len : 0;

	if (!(spec->flags & FLAG_LEFT))
		put_repeat(out, ' ', pad);
	put_text(out, text, len);
	if (spec->flags & FLAG_LEFT)
		put_repeat(out, ' ', pad);
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list orig)
{
	struct out out = { .buf = buf, .size = size };
	struct spec spec;
	va_list args;
	char c;

	va_copy(args, orig);	/* its address can be passed on; a va_list parameter's cannot */
	while (*fmt) {
		const char *start = fmt, *after;

		if (*fmt != '%') {
			put_char(&out, *fmt++);
			continue;
		}
		after = put_plain(&out, fmt + 1, &args);
		if (after) {
			fmt = after;
			continue;
		}
		fmt = parse_spec(fmt + 1, &spec, &args);
		switch (*fmt) {
		case 'd': case 'i': case 'u': case 'x': case 'X': case 'o':
			put_integer(&out, &spec, *fmt++, &args);
			break;
		case 's':
			put_string(&out, &spec, va_arg(args, const char *));
			fmt++;
			break;
		case 'c':
			c = (char)va_arg(args, int);
			put_padded(&out, &spec, &c, 1);
			fmt++;
			break;
		case 'p':
			fmt++;
			put_pointer(&out, &spec, &fmt, va_arg(args, const void *));
			break;
		case '%':
			put_text(&out, fmt++, 1);
			break;
		default:	/* unknown: shown as it is, its argument not taken */
			put_text(&out, start, fmt - start);
			break;
		}
	}
	va_end(args);

	if (size)
		buf[min(out.pos, size - 1)] = '\0';
	return (int)out.pos;
}

int vscnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	int len = vsnprintf(buf, size, fmt, args);

	if (!size)
		return 0;
	return (size_t)len < size ? len : (int)(size - 1);
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(buf, size, fmt, args);
	va_end(args);
	return len;
}

int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vscnprintf(buf, size, fmt, args);
	va_end(args);
	return len;
}

/* ---- plain conversions ---- */

/* "00" "01" .. "99": two digits for one division. */
#define TEN(d)	d "0" d "1" d "2" d "3" d "4" d "5" d "6" d "7" d "8" d "9"
static const char digit_pairs[] = TEN("0") TEN("1") TEN("2") TEN("3") TEN("4")
				  TEN("5") TEN("6") TEN("7") TEN("8") TEN("9");

/* The digits of @value, written backwards from @end; returns the first. None for 0. */
static inline char *decimal_before(char *end, unsigned long value)
{
	for (; value >= 100; value /= 100) {
		end -= 2;
		__builtin_memcpy(end, &digit_pairs[value % 100 * 2], 2);
	}
	if (value >= 10) {
		end -= 2;
		__builtin_memcpy(end, &digit_pairs[value * 2], 2);
	} else if (value) {
		*--end = '0' + value;
	}
	return end;
}

/* How many digits: 1 for 0. */
static inline unsigned int decimal_length(unsigned long value)
{
	for (unsigned int len = 1;; len += 4, value /= 10000) {
		if (value < 10)
			return len;
		if (value < 100)
			return len + 1;
		if (value < 1000)
			return len + 2;
		if (value < 10000)
			return len + 3;
	}
}

__bounded_frame static void put_decimal(struct out *out, unsigned long value)
{
	unsigned int len;

	if (value < 10) {
		put_char(out, '0' + value);
		return;
	}
	len = decimal_length(value);
	if (likely(out->pos + len <= out->size)) {
		decimal_before(out->buf + out->pos + len, value);
		out->pos += len;
	} else {
		char tmp[MAX_DIGITS];

		put_text(out, decimal_before(tmp + MAX_DIGITS, value), len);
	}
}

static inline void put_signed(struct out *out, long value)
{
	if (value < 0)
		put_char(out, '-');
	put_decimal(out, value < 0 ? -(unsigned long)value : (unsigned long)value);
}

/*
 * @fmt, behind the '%', is a letter alone, or after l, ll or z: prints and returns what comes
 * after. NULL: it is not plain, nothing was taken.
 */
static const char *put_plain(struct out *out, const char *fmt, va_list *args)
{
	bool wide = *fmt == 'l' || *fmt == 'z';
	const char *s;

	if (wide)
		fmt += fmt[0] == 'l' && fmt[1] == 'l' ? 2 : 1;
	switch (*fmt) {
	case 'd':
		put_signed(out, wide ? va_arg(*args, long) : va_arg(*args, int));
		return fmt + 1;
	case 'u':
		put_decimal(out, wide ? va_arg(*args, unsigned long) : va_arg(*args, unsigned int));
		return fmt + 1;
	case 'c':
		if (wide)
			return NULL;
		put_char(out, (char)va_arg(*args, int));
		return fmt + 1;
	case 's':
		if (wide)
			return NULL;
		s = va_arg(*args, const char *) ?: "(null)";
		put_text(out, s, strlen(s));
		return fmt + 1;
	default:
		return NULL;
	}
}

/* ---- all the others ---- */

static const char *parse_flags(const char *fmt, unsigned int *flags)
{
	for (*flags = 0;; fmt++) {
		switch (*fmt) {
		case '-': *flags |= FLAG_LEFT; break;
		case '+': *flags |= FLAG_PLUS; break;
		case ' ': *flags |= FLAG_SPACE; break;
		case '#': *flags |= FLAG_ALT; break;
		case '0': *flags |= FLAG_ZERO; break;
		default: return fmt;
		}
	}
}

static const char *parse_number(const char *fmt, int *value, va_list *args)
{
	if (*fmt == '*') {
		*value = va_arg(*args, int);
		return fmt + 1;
	}
	for (*value = 0; isdigit(*fmt); fmt++)
		if (*value < 100000)	/* no sane field is wider: keeps the sum in an int */
			*value = *value * 10 + (*fmt - '0');
	return fmt;
}

static const char *parse_size(const char *fmt, int *size)
{
	*size = sizeof(int);
	switch (*fmt) {
	case 'h':
		*size = fmt[1] == 'h' ? sizeof(char) : sizeof(short);
		return fmt + (fmt[1] == 'h' ? 2 : 1);
	case 'l':
		*size = sizeof(long);
		return fmt + (fmt[1] == 'l' ? 2 : 1);
	case 'z':
	case 't':
	case 'j':
		*size = sizeof(long);
		return fmt + 1;
	default:
		return fmt;
	}
}

/* Flags, width, precision and size; returns the place of the conversion's letter. */
static const char *parse_spec(const char *fmt, struct spec *spec, va_list *args)
{
	fmt = parse_flags(fmt, &spec->flags);
	fmt = parse_number(fmt, &spec->width, args);
	if (spec->width < 0) {
		spec->flags |= FLAG_LEFT;
		spec->width = -(unsigned int)spec->width;
	}
	spec->precision = NO_PRECISION;
	if (*fmt == '.') {
		fmt = parse_number(fmt + 1, &spec->precision, args);
		if (spec->precision < 0)
			spec->precision = NO_PRECISION;
	}
	return parse_size(fmt, &spec->size);
}

/* The digits of @value, written backwards from @end; returns the first. None for 0. */
static char *digits_before(char *end, unsigned long value, char conv)
{
	const char *set = conv == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";

	switch (conv) {
	case 'x':
	case 'X':
		for (; value; value >>= 4)
			*--end = set[value & 15];
		break;
	case 'o':
		for (; value; value >>= 3)
			*--end = '0' + (value & 7);
		break;
	default:
		return decimal_before(end, value);
	}
	return end;
}

static unsigned long take_integer(const struct spec *spec, bool is_signed, va_list *args)
{
	if (spec->size == sizeof(long))
		return va_arg(*args, unsigned long);
	if (is_signed) {
		int value = va_arg(*args, int);

		if (spec->size == sizeof(char))
			value = (signed char)value;
		else if (spec->size == sizeof(short))
			value = (short)value;
		return (long)value;
	} else {
		unsigned int value = va_arg(*args, unsigned int);

		if (spec->size == sizeof(char))
			value = (unsigned char)value;
		else if (spec->size == sizeof(short))
			value = (unsigned short)value;
		return value;
	}
}

/* [blanks][sign or 0x][zeros][digits][blanks] */
static void put_integer(struct out *out, const struct spec *spec, char conv, va_list *args)
{
	bool is_signed = conv == 'd' || conv == 'i';
	unsigned long value = take_integer(spec, is_signed, args);
	bool nonzero = value != 0;
	char tmp[MAX_DIGITS], *digits;
	char prefix[2];
	int prefix_len = 0, len, zeros, blanks;

	if (is_signed) {
		if ((long)value < 0) {
			prefix[prefix_len++] = '-';
			value = -value;
		} else if (spec->flags & FLAG_PLUS) {
			prefix[prefix_len++] = '+';
		} else if (spec->flags & FLAG_SPACE) {
			prefix[prefix_len++] = ' ';
		}
	}
	digits = digits_before(tmp + MAX_DIGITS, value, conv);
	len = tmp + MAX_DIGITS - digits;
	ASSERT(len <= MAX_DIGITS);

	zeros = (spec->precision == NO_PRECISION ? 1 : spec->precision) - len;
	if (zeros < 0)
		zeros = 0;
	if ((spec->flags & FLAG_ALT) && conv == 'o' && !zeros)
		zeros = 1;
	if ((spec->flags & FLAG_ALT) && (conv == 'x' || conv == 'X') && nonzero) {
		prefix[prefix_len++] = '0';
		prefix[prefix_len++] = conv;
	}

	blanks = spec->width - prefix_len - zeros - len;
	if (blanks > 0 && (spec->flags & (FLAG_ZERO | FLAG_LEFT)) == FLAG_ZERO &&
	    spec->precision == NO_PRECISION) {
		zeros += blanks;
		blanks = 0;
	}
	if (blanks > 0 && !(spec->flags & FLAG_LEFT))
		put_repeat(out, ' ', blanks);
	if (prefix_len)
		put_text(out, prefix, prefix_len);
	if (zeros)
		put_repeat(out, '0', zeros);
	put_text(out, digits, len);
	if (blanks > 0 && (spec->flags & FLAG_LEFT))
		put_repeat(out, ' ', blanks);
}

/* A precision bounds the reading too: "%.*s" prints text without a NUL. */
static void put_string(struct out *out, const struct spec *spec, const char *s)
{
	size_t max = spec->precision == NO_PRECISION ? ~0ul : (size_t)spec->precision;

	if (!s)
		s = "(null)";
	put_padded(out, spec, s, max == ~0ul ? strlen(s) : strnlen(s, max));
}

static void put_pointer(struct out *out, struct spec *spec, const char **fmt, const void *ptr)
{
	char text[SYMBOL_SIZE];

	char kind = **fmt;

	if (kind == 'S' || kind == 's') {
		++*fmt;
		if (printf_symbol) {
			printf_symbol((unsigned long)ptr, text, sizeof(text));
			if (kind == 's')
				text[strcspn(text, "+")] = '\0';
			put_string(out, spec, text);
			return;
		}
	}
	snprintf(text, sizeof(text), "%#018lx", (unsigned long)ptr);
	if (!ptr)	/* '#' leaves the prefix of 0 out */
		text[1] = 'x';
	put_padded(out, spec, text, strlen(text));
}
