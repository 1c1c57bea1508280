#ifndef USHER_CLINUX_H
#define USHER_CLINUX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// What the Linux kernel tells that the Glibc module does not hand to Swift: calls without a
// wrapper in glibc 2.36, structures behind _GNU_SOURCE, and epoll. Nothing is decided here.

/// Who is at the other end of a connected AF_UNIX socket, as of connect(2) (SO_PEERCRED).
/// Returns 0, or -1 with errno set.
int usher_peer_credentials(int fd, pid_t *pid, uid_t *uid, gid_t *gid);

/// The supplementary groups of the peer (SO_PEERGROUPS). Writes at most `capacity` of them;
/// returns how many there are, which may be more, or -1 with errno set.
int usher_peer_groups(int fd, gid_t *groups, int capacity);

/// A pidfd of the peer (SO_PEERPIDFD, Linux 6.5); the caller owns it. -1 with errno set.
int usher_peer_pidfd(int fd);

/// A pidfd of a process (pidfd_open(2), Linux 5.3); the caller owns it. -1 with errno set.
int usher_pidfd_open(pid_t pid);

/// An epoll instance, close-on-exec. The caller owns it.
int usher_epoll_create(void);

/// Watches `fd` for reading; `token` comes back from usher_epoll_wait.
int usher_epoll_add(int epoll, int fd, uint64_t token);

/// Stops watching `fd`.
int usher_epoll_remove(int epoll, int fd);

/// Waits for at most `capacity` tokens, without limit of time. Returns how many, or -1 with errno set.
int usher_epoll_wait(int epoll, uint64_t *tokens, int capacity);

/// No core dumps of this process, and no debugger but root's: what it holds may be secret (PR_SET_DUMPABLE).
void usher_forbid_core_dumps(void);

/// Memory with a descriptor: these bytes, sealed, so that nobody changes them any more (memfd_create(2), F_ADD_SEALS). The
/// caller owns it. -1 with errno set.
int usher_sealed_memory(const char *name, const void *bytes, size_t count);

/// Whether `fd` is such memory, with all seals.
int usher_is_sealed_memory(int fd);

/// Starts a command, looked for in PATH, that is sent SIGTERM when we die, however we do (PR_SET_PDEATHSIG; posix_spawn
/// cannot ask for it). Its signal mask is empty; SIGPIPE is ignored in it or not, as told. Returns its pid, or -1 with
/// errno set, also when it could not be executed.
pid_t usher_spawn(char *const arguments[], int ignore_broken_pipe);

// Names the calling thread, as top -H shows it; at most 15 bytes.
void usher_name_thread(const char *name);

/// Lets go of the mapped pages of the program's code and constants. They stay in the page cache, and what is used again comes
/// back by a minor fault: of what a start touches, that is about a third.
void usher_unmap_program(void);

/// This process is sent SIGTERM when the thread that started it ends, however it does (PR_SET_PDEATHSIG).
void usher_die_with_parent(void);

#endif
