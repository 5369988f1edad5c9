/* Who may trace in a PID namespace takes over what is born there, before its program runs. */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "neighbour.h"

#define ATTEMPTS 100
#define SPIN_SECONDS 2
#define REST_US 20000 /* nothing of warden takes that long where nobody stops it */

/* A copy of the process that stays, whatever becomes of the process; `flags` is behind the code. */
extern const char takeover_code[];
extern const char takeover_flags[];
extern const char takeover_end[];
/* Known outside of the assembler: the table of addresses has one entry for all of arm64's local names. */
__asm__(".globl takeover_code, takeover_flags, takeover_end\n");
#if defined(__x86_64__)
__asm__(
    ".section .rodata\n"
    "takeover_code:\n"
    "  movl takeover_flags(%rip), %edi\n"
    "  xorl %esi, %esi\n"
    "  xorl %edx, %edx\n"
    "  xorl %r10d, %r10d\n"
    "  xorl %r8d, %r8d\n"
    "  movl $56, %eax\n" /* clone */
    "  syscall\n"
    "  testl %eax, %eax\n"
    "  jz 1f\n"
    "  xorl %edi, %edi\n"
    "  movl $231, %eax\n" /* exit_group */
    "  syscall\n"
    "1: movl $34, %eax\n" /* pause */
    "  syscall\n"
    "  jmp 1b\n"
    "takeover_flags: .long 0\n"
    "takeover_end:\n"
    ".previous\n");
#elif defined(__aarch64__)
__asm__(
    ".section .rodata\n"
    ".balign 4\n"
    "takeover_code:\n"
    "  ldr w0, takeover_flags\n"
    "  mov x1, #0\n"
    "  mov x2, #0\n"
    "  mov x3, #0\n"
    "  mov x4, #0\n"
    "  mov x8, #220\n" /* clone */
    "  svc #0\n"
    "  cbz x0, 1f\n"
    "  mov x0, #0\n"
    "  mov x8, #94\n" /* exit_group */
    "  svc #0\n"
    "1: mov x0, #0\n"
    "  mov x1, #0\n"
    "  mov x2, #0\n"
    "  mov x3, #0\n"
    "  mov x4, #0\n"
    "  mov x8, #73\n" /* ppoll */
    "  svc #0\n"
    "  b 1b\n"
    "takeover_flags: .word 0\n"
    "takeover_end:\n"
    ".previous\n");
#endif

static struct engine engine;
static struct answer answer;
static struct draft draft;

static _Noreturn void stop_next(int ready) {
  time_t end = time(NULL) + SPIN_SECONDS;
  pid_t next = getpid() + 1;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  (void)!write(ready, "", 1);
  while (kill(next, SIGSTOP) != 0) {
    if (errno != ESRCH || time(NULL) > end) {
      _exit(1);
    }
  }
  _exit(0);
}

/* Somebody in the target's PID namespace who stops whoever gets the next pid there. Returns when it is there.
 */
static pid_t start_attacker(pid_t target) {
  int pid_ns = namespace_fd(target, "pid");
  int ready[2];
  char byte;
  CHECK(pipe2(ready, O_CLOEXEC) == 0);
  pid_t attacker = fork();
  if (attacker == 0) {
    int status = 1 << 8;
    pid_t inside = setns(pid_ns, CLONE_NEWPID) == 0 ? fork() : -1;
    if (inside == 0) {
      stop_next(ready[1]);
    }
    close(ready[1]);
    waitpid(inside, &status, 0);
    _exit(WEXITSTATUS(status));
  }
  close(ready[1]);
  close(pid_ns);
  CHECK(read(ready[0], &byte, 1) == 1);
  close(ready[0]);
  return attacker;
}

static pid_t newborn_of(pid_t monitor) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/task/%d/children", monitor, monitor);
  const char *text = text_of(path);
  const char *last = strrchr(text, ' ');
  while (last != NULL && last > text && last[-1] != ' ') {
    last--;
  }
  return last == NULL ? 0 : atoi(last);
}

/* Where it goes on, if it is still warden's and stands. */
static uint64_t place_of(pid_t newborn) {
  char path[64];
  char image[64];
  snprintf(path, sizeof path, "/proc/%d/exe", newborn);
  ssize_t length = readlink(path, image, sizeof image - 1);
  image[length < 0 ? 0 : length] = '\0';
  snprintf(path, sizeof path, "/proc/%d/syscall", newborn);
  const char *last = strrchr(text_of(path), ' ');
  return strstr(image, "warden") == NULL || last == NULL ? 0 : strtoull(last, NULL, 16);
}

static bool put_code(pid_t newborn, uint64_t place, uint32_t flags) {
  uint8_t code[128];
  char path[64];
  size_t length = (size_t)(takeover_end - takeover_code);
  memcpy(code, takeover_code, length);
  memcpy(code + (takeover_flags - takeover_code), &flags, sizeof flags);
  snprintf(path, sizeof path, "/proc/%d/mem", newborn);
  int memory = open(path, O_RDWR | O_CLOEXEC);
  ssize_t written = pwrite(memory, code, length, (off_t)place);
  close(memory);
  return length != 0 && written == (ssize_t)length;
}

/* False: the attacker came too late, or somewhere else. */
static bool take_over(pid_t target, uint32_t flags) {
  int status;
  pid_t attacker = start_attacker(target);
  exec_draft(&engine, &draft, &(struct program_plan){.word = "hello"});
  int socket = exec_into(&engine, &draft, target);
  pid_t monitor = newest_monitor(&engine);
  waitpid(attacker, &status, 0);
  usleep(REST_US);
  pid_t newborn = newborn_of(monitor);
  uint64_t place = status == 0 && newborn > 0 ? place_of(newborn) : 0;
  bool taken = place != 0 && put_code(newborn, place, flags);
  if (newborn > 0) {
    kill(newborn, SIGCONT);
  }
  if (taken && EXPECT(socket, &answer, MSG_FAILED)) {
    CHECK_NUMBER(answer.failed.phase, PHASE_MONITOR);
    CHECK_NUMBER(answer.failed.code, STEP_BIRTH);
    CHECK_NUMBER(answer.failed.error, EPERM);
    CHECK_TEXT(answer.failed.reason, "somebody made the newborn call what it does not");
  }
  close(socket);
  CHECK(alone_soon(target));
  return taken;
}

static void leaves_nothing(pid_t target, uint32_t flags) {
  bool taken = false;
  for (int i = 0; i < ATTEMPTS && !taken; i++) {
    taken = take_over(target, flags);
  }
  CHECK(taken);
}

int main(int argc, char **argv) {
  program_main(argc, argv);
  engine_start(&engine);
  int socket = program_launch(&engine, &(struct program_plan){.word = "wait", .flags = CLONE_NEWPID});
  if (EXPECT(socket, &answer, MSG_STOPPED)) {
    pid_t target = answer.stopped.pid;
    send_verdict(socket, true);
    EXPECT(socket, &answer, MSG_RUNNING);
    leaves_nothing(target, SIGCHLD);
    leaves_nothing(target, SIGCHLD | CLONE_VFORK);
    leaves_nothing(target, CLONE_PARENT);
    leaves_nothing(target, SIGCHLD | CLONE_UNTRACED);
    kill(target, SIGKILL);
    EXPECT(socket, &answer, MSG_EXITED);
  }
  close(socket);
  engine_stop(&engine);
  return check_done();
}
