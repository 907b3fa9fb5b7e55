#pragma once
// What Swift's Glibc module leaves out: headers outside its module map, _GNU_SOURCE names and C variadics.
// The latter two are functions in clinux.c: _GNU_SOURCE in a header would give the shared system headers a second meaning.
#include <malloc.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/types.h>

// A non-blocking, close-on-exec connection, or -1.
int clinux_accept(int listener);

// Refers to the process itself and not to its number: once open, the pid can be reused without harm.
int clinux_pidfd_open(pid_t pid);
int clinux_pidfd_send_signal(int pidfd, int signal);

// The cache line at `address` will be wanted soon.
static inline void clinux_prefetch(const void *address) { __builtin_prefetch(address); }

// The wait status of a process that is not our child, once its parent has waited for it; else, and before Linux 6.15, -1.
int clinux_pidfd_exit_status(int pidfd, int *status);

// Every descriptor from `lowest` upwards is closed in the spawned program, whoever opened it without O_CLOEXEC.
int clinux_spawn_close_from(posix_spawn_file_actions_t *actions, int lowest);
// The same for this process at its next exec.
int clinux_close_on_exec_from(unsigned lowest);
int clinux_spawn_change_directory(posix_spawn_file_actions_t *actions, const char *path);

// Takes the first `length` bytes (whole blocks) out of a file, in one step for everyone who appends to it (ext4, xfs).
int clinux_collapse_start(int descriptor, off_t length);

// The calling thread gets the processor and the disk when others have no use for them.
void clinux_lower_priority(void);

// Starts writing a part of a file to the disk, and returns when that is done. Says nothing about the file's size or its blocks: only a
// sync makes it durable, which has little left to do then.
int clinux_write_out(int descriptor, off_t offset, off_t length);

// Takes the pages of this process's programs and libraries that nobody can write to out of its memory. They stay in the page cache; what is
// used again comes back, and what only the start needed does not.
void clinux_unmap_code(void);

// Starts writing a whole file to the disk and does not wait: of several files that are then synced, the first sync finds the others under way.
int clinux_begin_write_out(int descriptor);

// From now on each SIGTERM, SIGINT and SIGHUP is counted and wakes `descriptor` (an eventfd); SIGPIPE is ignored.
// A handler, not a signalfd: a signalfd needs the signals blocked in every thread, also in those that exist already.
void clinux_catch_signals(int descriptor);

// How many of `signal` came since the last call.
int clinux_take_signals(int signal);

// Tells the service manager, if one started us and wants to know (NOTIFY_SOCKET), e.g. "READY=1"; see sd_notify(3). It never waits.
void clinux_notify(const char *state);

// 1 when the kernel says that the clock is synchronised, 0 when it says that it is not, -1 when it does not say.
int clinux_is_clock_synchronised(void);
