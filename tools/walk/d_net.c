/* SPDX-License-Identifier: MIT */
/* Sockets, and ioctl: what a request number means. */
#define _GNU_SOURCE
#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <linux/ioctl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "decode.h"

static void d_socket_type(struct dec *d, unsigned int type)
{
	d_next(d);
	set_value(d->t, &set_sock_type, type & 0xf);
	if (type & ~0xf) {
		text_add(d->t, "|");
		set_flags(d->t, &set_sock_flags, type & ~0xf);
	}
}

static void d_socket(struct dec *d)
{
	static const struct name protocols[] = { { IPPROTO_IP, "IPPROTO_IP" },
		{ IPPROTO_TCP, "IPPROTO_TCP" }, { IPPROTO_UDP, "IPPROTO_UDP" },
		{ IPPROTO_ICMP, "IPPROTO_ICMP" }, { 0, NULL } };
	const struct set set = { "IPPROTO_???", protocols, 0 };
	unsigned int af = d->c->args[0], proto = d->c->args[2];

	d_arg(d, 0);
	d_socket_type(d, d->c->args[1]);
	d_next(d);
	if (af == AF_INET || af == AF_INET6)
		set_value(d->t, &set, proto);
	else
		text_addf(d->t, "%u", proto);
}

static void d_socketpair(struct dec *d)
{
	d_arg(d, 0);
	d_socket_type(d, d->c->args[1]);
	d_args(d, 2, 4);
}

static void sockaddr_text(struct dec *d, uint64_t addr, int len, enum phase phase)
{
	union { struct sockaddr sa; struct sockaddr_un un; struct sockaddr_in in; } u;
	size_t n = len > 0 && (size_t)len < sizeof u ? (size_t)len : sizeof u;

	memset(&u, 0, sizeof u);
	if (len < 2 || !d_read(d, addr, &u, n, phase)) {
		d_addr(d, addr);
		return;
	}
	text_add(d->t, "{sa_family=");
	set_value(d->t, &set_af, u.sa.sa_family);
	if (u.sa.sa_family == AF_UNIX && n > 2) {
		bool abstract = !u.un.sun_path[0];

		text_add(d->t, abstract ? ", sun_path=@" : ", sun_path=");
		d_quote(d, u.un.sun_path + abstract, abstract ? n - 3 :
			strnlen(u.un.sun_path, n - 2), false, QUOTE_PLAIN);
	} else if (u.sa.sa_family == AF_INET && n >= sizeof u.in) {
		const unsigned char *ip = (const unsigned char *)&u.in.sin_addr;

		text_addf(d->t, ", sin_port=htons(%u), sin_addr=inet_addr(\"%u.%u.%u.%u\")",
			  ntohs(u.in.sin_port), ip[0], ip[1], ip[2], ip[3]);
	}
	text_add(d->t, "}");
}

static void d_connect(struct dec *d)
{
	d_arg(d, 0);
	d_next(d);
	sockaddr_text(d, d->c->args[1], (int)d->c->args[2], PHASE_ENTER);
	d_arg(d, 2);
}

static void d_sendto(struct dec *d)
{
	d_args(d, 0, 4);
	d_next(d);
	sockaddr_text(d, d->c->args[4], (int)d->c->args[5], PHASE_ENTER);
	d_arg(d, 5);
}

/* A request without a name, by the parts that are packed into it. */
static void request(struct text *t, unsigned int cmd)
{
	static const char *const dirs[] = { "_IOC_NONE", "_IOC_WRITE", "_IOC_READ",
					    "_IOC_READ|_IOC_WRITE" };
	const char *name = set_name(&set_ioctl, cmd);

	if (name)
		text_add(t, name);
	else
		text_addf(t, "_IOC(%s, %#x, %#x, %#x)", dirs[_IOC_DIR(cmd)], _IOC_TYPE(cmd),
			  _IOC_NR(cmd), _IOC_SIZE(cmd));
}

static void termios_text(struct dec *d, const struct termios *tc)
{
	text_add(d->t, "{c_iflag=");
	set_flags(d->t, &set_c_iflag, tc->c_iflag);
	text_add(d->t, ", c_oflag=NL0|CR0|TAB0|BS0|VT0|FF0");
	if (tc->c_oflag) {
		text_add(d->t, "|");
		set_flags(d->t, &set_c_oflag, tc->c_oflag);
	}
	text_add(d->t, ", c_cflag=");
	set_value(d->t, &set_baud, tc->c_cflag & CBAUD);
	text_add(d->t, "|");
	set_value(d->t, &set_csize, tc->c_cflag & CSIZE);
	if (tc->c_cflag & ~(CBAUD | CSIZE)) {
		text_add(d->t, "|");
		set_flags(d->t, &set_c_cflag, tc->c_cflag & ~(CBAUD | CSIZE));
	}
	text_add(d->t, ", c_lflag=");
	set_flags(d->t, &set_c_lflag, tc->c_lflag);
	text_add(d->t, ", ...}");
}

static void winsize_text(struct dec *d, const unsigned short *ws)
{
	text_addf(d->t, "{ws_row=%u, ws_col=%u, ws_xpixel=%u, ws_ypixel=%u}", ws[0], ws[1], ws[2],
		  ws[3]);
}

static void ioctl_int(struct dec *d, uint64_t arg, enum phase phase)
{
	int v;

	if (!d_read(d, arg, &v, sizeof v, phase))
		d_addr(d, arg);
	else
		text_addf(d->t, "[%d]", v);
}

static void d_ioctl(struct dec *d)
{
	uint64_t arg = d->c->args[2];
	unsigned int cmd = d->c->args[1];
	struct termios tc;
	unsigned short ws[4];

	d_arg(d, 0);
	d_next(d);
	request(d->t, cmd);
	if (cmd == FIOCLEX || cmd == FIONCLEX || cmd == TIOCNOTTY || cmd == TIOCEXCL ||
	    cmd == TIOCNXCL)
		return;
	d_next(d);
	switch (cmd) {
	case TCGETS:
		if (d_filled(d) && d_read(d, arg, &tc, sizeof tc, PHASE_EXIT))
			termios_text(d, &tc);
		else
			d_addr(d, arg);
		break;
	case TCSETS: case TCSETSW: case TCSETSF:
		if (d_read(d, arg, &tc, sizeof tc, PHASE_ENTER))
			termios_text(d, &tc);
		else
			d_addr(d, arg);
		break;
	case TIOCGWINSZ:
		if (d_filled(d) && d_read(d, arg, ws, sizeof ws, PHASE_EXIT))
			winsize_text(d, ws);
		else
			d_addr(d, arg);
		break;
	case TIOCSWINSZ:
		if (d_read(d, arg, ws, sizeof ws, PHASE_ENTER))
			winsize_text(d, ws);
		else
			d_addr(d, arg);
		break;
	case TIOCGPGRP: case TIOCGSID: case FIONREAD: case TIOCOUTQ: case TIOCGPTN:
		if (d_filled(d))
			ioctl_int(d, arg, PHASE_EXIT);
		else
			d_addr(d, arg);
		break;
	case TIOCSPGRP: case FIONBIO: case FIOASYNC: case TIOCSPTLCK:
		ioctl_int(d, arg, PHASE_ENTER);
		break;
	case TIOCSCTTY: case TCSBRK: case TCXONC: case TCSBRKP:
		text_addf(d->t, "%d", (int)arg);
		break;
	case TCFLSH: {
		static const char *const queues[] = { "TCIFLUSH", "TCOFLUSH", "TCIOFLUSH" };

		if (arg < 3)
			text_add(d->t, queues[arg]);
		else
			text_addf(d->t, "%#llx /* TC?FLUSH */", (unsigned long long)arg);
		break;
	}
	default:
		text_addf(d->t, "%#llx", (unsigned long long)arg);
	}
}

const struct special net_calls[] = {
	{ "socket", d_socket, NULL }, { "socketpair", d_socketpair, NULL },
	{ "connect", d_connect, NULL }, { "bind", d_connect, NULL }, { "sendto", d_sendto, NULL },
	{ "ioctl", d_ioctl, NULL }, { 0 }
};
