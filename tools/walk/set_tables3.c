/* SPDX-License-Identifier: MIT */
/*
 * Sets whose values libc's headers do not give as the kernel has them: terminals, open, fcntl. The
 * form is that of set_tables.c.
 */
#include <asm/termbits.h>
#include <linux/fcntl.h>
#include <stddef.h>

#include "sets.h"

#define N(name)		{ name, #name }
#define LIST(...)	((const struct name[]){ __VA_ARGS__, { 0, NULL } })
#define FLAGS(id, unknown, ...) const struct set set_##id = { unknown, LIST(__VA_ARGS__), 1 }
#define ONE_OF(id, unknown, ...) const struct set set_##id = { unknown, LIST(__VA_ARGS__), 0 }

FLAGS(c_iflag, NULL,
      { 0, "" }, N(IGNBRK), N(BRKINT), N(IGNPAR), N(PARMRK), N(INPCK), N(ISTRIP), N(INLCR), N(IGNCR),
      N(ICRNL), N(IUCLC), N(IXON), N(IXANY), N(IXOFF), N(IMAXBEL), N(IUTF8));
FLAGS(c_oflag, NULL,
      N(OPOST), N(OLCUC), N(ONLCR), N(OCRNL), N(ONOCR), N(ONLRET), N(OFILL), N(OFDEL));
FLAGS(c_cflag, NULL,
      N(CSTOPB), N(CREAD), N(PARENB), N(PARODD), N(HUPCL), N(CLOCAL), N(CMSPAR), N(CRTSCTS));
ONE_OF(baud, "B???",
       N(B0), N(B50), N(B75), N(B110), N(B134), N(B150), N(B200), N(B300), N(B600), N(B1200),
       N(B1800), N(B2400), N(B4800), N(B9600), N(B19200), N(B38400), N(BOTHER), N(B57600),
       N(B115200), N(B230400), N(B460800), N(B921600));
ONE_OF(csize, "CS?", N(CS5), N(CS6), N(CS7), N(CS8));
FLAGS(c_lflag, NULL,
      { 0, "" }, N(ISIG), N(ICANON), N(XCASE), N(ECHO), N(ECHOE), N(ECHOK), N(ECHONL), N(NOFLSH),
      N(TOSTOP), N(ECHOCTL), N(ECHOPRT), N(ECHOKE), N(FLUSHO), N(PENDIN), N(IEXTEN), N(EXTPROC));

/* open(): the access mode is no bit; walk joins the two. */
ONE_OF(open_acc, "O_??? (access mode)", N(O_RDONLY), N(O_WRONLY), N(O_RDWR), N(O_ACCMODE));
FLAGS(open_flags, "O_???",
      N(O_CREAT), N(O_EXCL), N(O_NOCTTY), N(O_TRUNC), N(O_APPEND), N(O_NONBLOCK), N(O_SYNC),
      N(O_DSYNC), N(FASYNC), N(O_DIRECT), N(O_LARGEFILE), N(O_NOFOLLOW),
      N(O_NOATIME), N(O_CLOEXEC), N(O_PATH), N(O_TMPFILE), N(O_DIRECTORY));
FLAGS(dup_flags, "O_???", N(O_CLOEXEC));
ONE_OF(fcntl, "F_???",
       N(F_DUPFD), N(F_GETFD), N(F_SETFD), N(F_GETFL), N(F_SETFL), N(F_GETLK), N(F_SETLK), N(F_SETLKW), N(F_SETOWN), N(F_GETOWN), N(F_SETSIG), N(F_GETSIG),
       N(F_SETOWN_EX), N(F_GETOWN_EX), N(F_OFD_GETLK), N(F_OFD_SETLK), N(F_OFD_SETLKW),
       N(F_SETLEASE), N(F_GETLEASE), N(F_NOTIFY), N(F_DUPFD_CLOEXEC), N(F_SETPIPE_SZ),
       N(F_GETPIPE_SZ), N(F_ADD_SEALS), N(F_GET_SEALS));
FLAGS(fd_flags, NULL, N(FD_CLOEXEC));
ONE_OF(flock_type, "F_???", N(F_RDLCK), N(F_WRLCK), N(F_UNLCK), N(F_EXLCK), N(F_SHLCK));
