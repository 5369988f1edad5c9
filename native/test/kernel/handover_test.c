/*
 * What a child says in the page it shares with its monitor is believed only while it is due: the page is
 * still its own where others live who may write to its memory. A listener holds the child at its exec, and
 * this test writes what it never said.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "engine.h"
#include "shared_page.h"

static struct engine engine;
static struct answer answer;

static const struct sock_filter notify_exec[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_execve, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

/* The only memory it shares: an anonymous mapping, which proc(5) shows as one of /dev/zero. */
static uint64_t page_of(pid_t pid) {
  char path[32];
  snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
  const char *end = strstr(text_of(path), " /dev/zero (deleted)");
  if (end == NULL) {
    return 0;
  }
  while (end[-1] != '\n') {
    end--;
  }
  return strtoull(end, NULL, 16);
}

static void put(pid_t pid, uint64_t page, size_t offset, uint32_t value) {
  struct iovec here = {&value, sizeof value};
  struct iovec there = {(void *)(uintptr_t)(page + offset), sizeof value};
  CHECK_NUMBER(process_vm_writev(pid, &here, 1, &there, 1, 0), sizeof value);
}

/* Waits for the exec, says `what` of descriptor 0 in the child's place, and lets the exec go on. */
static void speak_for_the_child(int listener, uint32_t what) {
  struct seccomp_notif call = {0};
  CHECK(ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) == 0);
  uint64_t page = page_of((pid_t)call.pid);
  CHECK(page != 0);
  put((pid_t)call.pid, page, offsetof(struct shared_page, handover_fd), 0);
  put((pid_t)call.pid, page, offsetof(struct shared_page, handover), what);
  struct seccomp_notif_resp go = {.id = call.id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
  CHECK(ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &go) == 0);
}

static void only_what_is_due_is_taken(uint32_t what, bool untraced) {
  int socket =
      program_launch(&engine, &(struct program_plan){.word = "hello",
                                                     .untraced = untraced,
                                                     .filter = (const uint64_t *)notify_exec,
                                                     .filter_length = sizeof notify_exec,
                                                     .filter_flags = SECCOMP_FILTER_FLAG_NEW_LISTENER});
  if (EXPECT(socket, &answer, MSG_LISTENER) && answer.fd >= 0) {
    int listener = answer.fd;
    speak_for_the_child(listener, what);
    int type = receive(socket, &answer);
    while (type == MSG_FILTER) {
      type = receive(socket, &answer);
    }
    CHECK_NUMBER(type, MSG_STOPPED);
    send_verdict(socket, true);
    EXPECT(socket, &answer, MSG_RUNNING);
    EXPECT(socket, &answer, MSG_EXITED);
    CHECK(strstr(text_of(in_dir(&engine, "log")), " stdout F hello\n") != NULL);
    close(listener);
  }
  close(socket);
}

int main(int argc, char **argv) {
  program_main(argc, argv);
  engine_start(&engine);
  for (int untraced = 0; untraced < 2; untraced++) {
    only_what_is_due_is_taken(HANDOVER_TERMINAL, untraced);
    only_what_is_due_is_taken(HANDOVER_LISTENER, untraced);
    only_what_is_due_is_taken(77, untraced);
  }
  engine_stop(&engine);
  return check_done();
}
