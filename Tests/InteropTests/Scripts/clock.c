// Preloaded into a server: shifts its wall clock by the seconds that the file $CLOCK_OFFSET holds at that moment.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now) {
    long result = syscall(SYS_clock_gettime, clock, now);
    if (result == 0 && clock == CLOCK_REALTIME) {
        char text[32] = "";
        int file = open(getenv("CLOCK_OFFSET"), O_RDONLY | O_CLOEXEC);
        if (file >= 0) {
            if (read(file, text, sizeof text - 1) < 0) abort();
            close(file);
        }
        now->tv_sec += atol(text);
    }
    return (int)result;
}
