#define _GNU_SOURCE
#include "clinux.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <linux/close_range.h>
#include <linux/falloc.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/un.h>
#include <unistd.h>

int clinux_accept(int listener) {
    return accept4(listener, 0, 0, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

int clinux_pidfd_open(pid_t pid) {
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

int clinux_pidfd_send_signal(int pidfd, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, 0, 0);
}

void clinux_lower_priority(void) {
    // On Linux who = 0 is the calling thread. 2 << 13 | 7: best effort, the last level.
    setpriority(PRIO_PROCESS, 0, 10);
    syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 7);
}

int clinux_write_out(int descriptor, off_t offset, off_t length) {
    return sync_file_range(descriptor, offset, length, SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
}

static int unmap_code(struct dl_phdr_info *object, size_t size, void *page) {
    (void)size;
    uintptr_t mask = ~(*(uintptr_t *)page - 1);
    for (int index = 0; index < object->dlpi_phnum; index++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[index];
        // What was written to since it was mapped would be lost; these are as in the file. The vDSO has no file, and refuses.
        if (segment->p_type != PT_LOAD || segment->p_flags & PF_W) continue;
        uintptr_t start = object->dlpi_addr + segment->p_vaddr, end = start + segment->p_memsz;
        // The last page may be shared with the next segment.
        if ((start & mask) < (end & mask)) madvise((void *)(start & mask), (end & mask) - (start & mask), MADV_DONTNEED);
    }
    return 0;
}

void clinux_unmap_code(void) {
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    dl_iterate_phdr(unmap_code, &page);
}

int clinux_begin_write_out(int descriptor) {
    return sync_file_range(descriptor, 0, 0, SYNC_FILE_RANGE_WRITE);
}

int clinux_pidfd_exit_status(int pidfd, int *status) {
    // linux/pidfd.h, which Debian 12 has without these: struct pidfd_info (its first 64 bytes), PIDFD_GET_INFO, PIDFD_INFO_EXIT.
    struct {
        uint64_t mask, cgroup;
        uint32_t ids[11];
        int32_t exit_code;
    } info = {.mask = 1 << 3};
    if (ioctl(pidfd, _IOWR(0xFF, 11, info), &info) != 0 || !(info.mask & 1 << 3)) return -1;
    *status = info.exit_code;
    return 0;
}

int clinux_spawn_close_from(posix_spawn_file_actions_t *actions, int lowest) {
    return posix_spawn_file_actions_addclosefrom_np(actions, lowest);
}

int clinux_close_on_exec_from(unsigned lowest) {
    return close_range(lowest, ~0U, CLOSE_RANGE_CLOEXEC);
}

int clinux_spawn_change_directory(posix_spawn_file_actions_t *actions, const char *path) {
    return posix_spawn_file_actions_addchdir_np(actions, path);
}

int clinux_collapse_start(int descriptor, off_t length) {
    return fallocate(descriptor, FALLOC_FL_COLLAPSE_RANGE, 0, length);
}

static atomic_int counts[65];
static atomic_int wake_descriptor = -1;

static void caught(int signal) {
    int saved = errno;
    atomic_fetch_add(&counts[signal], 1);
    uint64_t one = 1;
    // A full eventfd is already readable, so a failed write loses nothing.
    ssize_t ignored = write(atomic_load(&wake_descriptor), &one, sizeof one);
    (void)ignored;
    errno = saved;
}

void clinux_catch_signals(int descriptor) {
    atomic_store(&wake_descriptor, descriptor);
    struct sigaction action = {.sa_handler = caught, .sa_flags = SA_RESTART};
    sigfillset(&action.sa_mask);
    sigaction(SIGTERM, &action, 0);
    sigaction(SIGINT, &action, 0);
    sigaction(SIGHUP, &action, 0);
    signal(SIGPIPE, SIG_IGN);
}

int clinux_take_signals(int signal) {
    return atomic_exchange(&counts[signal], 0);
}

int clinux_is_clock_synchronised(void) {
    struct timex time = {0};
    int state = adjtimex(&time);
    return state < 0 ? -1 : state != TIME_ERROR;
}

void clinux_notify(const char *state) {
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = path ? strlen(path) : 0;
    if ((length == 0) || (path[0] != '/' && path[0] != '@') || length >= sizeof address.sun_path) return;
    memcpy(address.sun_path, path, length);
    if (path[0] == '@') address.sun_path[0] = 0;
    int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return;
    // A manager that does not read is no reason to stop.
    sendto(descriptor, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&address,
           (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
    close(descriptor);
}
