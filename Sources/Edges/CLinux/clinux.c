#define _GNU_SOURCE
#include "clinux.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

int usher_peer_credentials(int fd, pid_t *pid, uid_t *uid, gid_t *gid) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) return -1;
    *pid = peer.pid;
    *uid = peer.uid;
    *gid = peer.gid;
    return 0;
}

int usher_peer_groups(int fd, gid_t *groups, int capacity) {
    socklen_t size = (socklen_t)capacity * sizeof *groups;
    // The kernel answers ERANGE with the needed size when the buffer is too small.
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0 && errno != ERANGE) return -1;
    return (int)(size / sizeof *groups);
}

int usher_peer_pidfd(int fd) {
    int pidfd = -1;
    socklen_t size = sizeof pidfd;
    return getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &size) < 0 ? -1 : pidfd;
}

int usher_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int usher_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

int usher_epoll_add(int epoll, int fd, uint64_t token) {
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = token};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

int usher_epoll_remove(int epoll, int fd) { return epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL); }

int usher_epoll_wait(int epoll, uint64_t *tokens, int capacity) {
    struct epoll_event events[64];
    int count = epoll_wait(epoll, events, capacity < 64 ? capacity : 64, -1);
    for (int i = 0; i < count; i++) tokens[i] = events[i].data.u64;
    return count;
}

static const int all_seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

int usher_sealed_memory(const char *name, const void *bytes, size_t count) {
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) return -1;
    if (write(fd, bytes, count) != (ssize_t)count || fcntl(fd, F_ADD_SEALS, all_seals) < 0) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

int usher_is_sealed_memory(int fd) { return fcntl(fd, F_GET_SEALS) == all_seals; }

void usher_forbid_core_dumps(void) { prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

pid_t usher_spawn(char *const arguments[], int ignore_broken_pipe) {
    int failure[2], code = 0;
    if (pipe2(failure, O_CLOEXEC) < 0) return -1;
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0) {
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        signal(SIGPIPE, ignore_broken_pipe ? SIG_IGN : SIG_DFL);
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        // It may have died before we asked.
        if (getppid() != parent) _exit(127);
        execvp(arguments[0], arguments);
        code = errno;
        while (write(failure[1], &code, sizeof code) < 0 && errno == EINTR) {}
        _exit(127);
    }
    int spared = errno;
    close(failure[1]);
    if (child > 0) {
        ssize_t got;
        while ((got = read(failure[0], &code, sizeof code)) < 0 && errno == EINTR) {}
        if (got == sizeof code) {
            while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
            child = -1;
            spared = code;
        }
    }
    close(failure[0]);
    errno = spared;
    return child;
}

void usher_name_thread(const char *name) {
    prctl(PR_SET_NAME, name);
}

static int unmap_unwritten(struct dl_phdr_info *program, size_t size, void *unused) {
    (void)size, (void)unused;
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (int i = 0; i < program->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &program->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD || segment->p_flags & PF_W) continue;
        uintptr_t begin = (program->dlpi_addr + segment->p_vaddr) & ~(page - 1);
        uintptr_t end = program->dlpi_addr + segment->p_vaddr + segment->p_filesz;
        madvise((void *)begin, end - begin, MADV_DONTNEED);
    }
    // The program itself is the first; of libraries we do not know what is in them.
    return 1;
}

void usher_unmap_program(void) { dl_iterate_phdr(unmap_unwritten, NULL); }

void usher_die_with_parent(void) { prctl(PR_SET_PDEATHSIG, SIGTERM); }
