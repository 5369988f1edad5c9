/* What others of root's can do to serve and to a monitor by signals: end them with SIGKILL, and nothing else.
 */
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine.h"

#define SIGNALS 64

static struct engine engine;
static struct answer answer;

static bool refusable(int signal) { return signal != SIGKILL && signal != SIGSTOP; }

/* As kill(2) sends them, and as sigqueue(3) does, which can pretend another sender. */
static void send_all(pid_t pid) {
  for (int signal = 1; signal <= SIGNALS; signal++) {
    if (refusable(signal)) {
      siginfo_t queued = {.si_code = SI_QUEUE};
      queued.si_signo = signal;
      queued.si_pid = 1;
      CHECK(kill(pid, signal) == 0);
      CHECK(syscall(SYS_rt_sigqueueinfo, pid, signal, &queued) == 0);
    }
  }
}

static bool stopped(pid_t pid) { return status_of(pid, "State")[0] == 'T'; }

static bool stops_soon(pid_t pid) {
  for (int i = 0; i < 1000 && !stopped(pid); i++) {
    usleep(10000);
  }
  return stopped(pid);
}

static bool resumes_soon(pid_t pid) {
  for (int i = 0; i < 1000; i++) {
    if (!stopped(pid)) { /* or not yet, as looking again could tell */
      return true;
    }
    usleep(10000);
  }
  return false;
}

/* A monitor wakes for every SIGCHLD and finds nothing. */
static bool pends_soon(pid_t pid, const char *set) {
  for (int i = 0; i < 1000 && strcmp(status_of(pid, "ShdPnd"), set) != 0; i++) {
    usleep(10000);
  }
  return CHECK_TEXT(status_of(pid, "ShdPnd"), set);
}

static int start(const char *word, pid_t *monitor) {
  int socket = program_launch(&engine, &(struct program_plan){.word = word});
  *monitor = 0;
  if (EXPECT(socket, &answer, MSG_STOPPED)) {
    close(answer.fd);
    *monitor = parent_of(answer.stopped.pid);
    send_verdict(socket, true);
    EXPECT(socket, &answer, MSG_RUNNING);
  }
  return socket;
}

static void finish(int socket) {
  send_request(socket, MSG_CLOSE_STDIN, -1);
  EXPECT(socket, &answer, MSG_DONE);
  if (EXPECT(socket, &answer, MSG_EXITED)) {
    CHECK_NUMBER(answer.exited.status, 0);
  }
  close(socket);
}

static void launches_and_logs(void) {
  pid_t monitor;
  finish(start("wait", &monitor));
  CHECK(strstr(text_of(in_dir(&engine, "log")), "end of input") != NULL);
}

/* The pending ones are counted too: what is kept of them uses up root's RLIMIT_SIGPENDING. */
static void none_has_an_effect(void) {
  pid_t monitor;
  int socket = start("wait", &monitor);
  send_all(monitor);
  send_all(engine.pid);
  CHECK_TEXT(status_of(monitor, "Name"), "warden:monitor");
  pends_soon(monitor, "0000000000004000"); /* SIGTERM, which nobody takes */
  finish(socket);
  launches_and_logs();
  CHECK_TEXT(status_of(engine.pid, "Name"), "warden:serve");
  pends_soon(engine.pid, "0000000000000000");
}

/* serve continues a monitor that somebody stopped; serve itself is continued by its engine. */
static void stopping_is_undone(void) {
  pid_t monitor;
  int socket = start("wait", &monitor);
  for (int i = 0; i < 20; i++) {
    CHECK(kill(monitor, SIGSTOP) == 0);
    CHECK(resumes_soon(monitor));
  }
  finish(socket);
  socket = start("wait", &monitor);
  /* One after the other: a serve that runs yet would continue the monitor. */
  CHECK(kill(engine.pid, SIGSTOP) == 0 && stops_soon(engine.pid));
  CHECK(kill(monitor, SIGSTOP) == 0 && stops_soon(monitor));
  CHECK(kill(engine.pid, SIGCONT) == 0);
  CHECK(resumes_soon(monitor));
  finish(socket);
}

int main(int argc, char **argv) {
  program_main(argc, argv);
  engine_start(&engine);
  none_has_an_effect();
  stopping_is_undone();
  launches_and_logs();
  engine_stop(&engine);
  return check_done();
}
