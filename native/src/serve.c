#include "serve.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "birth.h"
#include "build_id.h"
#include "helper.h"
#include "monitor.h"
#include "packet.h"
#include "plan.h"
#include "sealed.h"
#include "serve_start.h"

struct server {
  struct serve_birth birth;
  int signals;
  int engine; /* -1 = none */
  bool greeted;
  bool quit;
  struct packet packet;
};

static void drop_engine(struct server *server) {
  if (server->engine >= 0) {
    close(server->engine);
  }
  server->engine = -1;
  server->greeted = false;
}

/* An engine that cannot take an answer at once has stopped reading; the next one starts afresh. */
static void answer(struct server *server, const void *message, size_t length) {
  if (packet_send(server->engine, message, length, -1) != 0) {
    drop_engine(server);
  }
}

static void welcome(struct server *server) {
  struct msg_welcome welcome;
  packet_start(&welcome.header, MSG_WELCOME, sizeof welcome);
  static const uint8_t build[16] = BUILD_ID_BYTES;
  welcome.plan_abi = PLAN_ABI;
  welcome.pid = getpid();
  memcpy(welcome.build, build, sizeof build);
  server->greeted = true;
  answer(server, &welcome, sizeof welcome);
}

/* In the fork: what belongs to serve must not outlive it there. */
static void leave_server(struct server *server) {
  close(server->birth.listener);
  close(server->signals);
  close(server->engine);
}

static void answer_launched(struct server *server, uint64_t tag, pid_t pid) {
  struct msg_launched launched;
  packet_start(&launched.header, MSG_LAUNCHED, sizeof launched);
  launched.tag = tag;
  launched.pid = pid < 0 ? 0 : pid;
  launched.error = pid < 0 ? errno : 0;
  answer(server, &launched, sizeof launched);
}

static void launch(struct server *server) {
  struct packet *packet = &server->packet;
  pid_t pid = fork();
  if (pid == 0) {
    leave_server(server);
    close(server->birth.host_mounts);
    struct monitor_orders orders = {packet->fds[0], packet->fds[1], packet->fd_count - 2, packet->fds + 2,
                                    &server->birth.law};
    monitor_run(&orders);
  }
  answer_launched(server, packet->launch.tag, pid);
}

static void help(struct server *server) {
  struct packet *packet = &server->packet;
  pid_t pid = fork();
  if (pid == 0) {
    leave_server(server);
    helper_run(&packet->helper, packet->fds, packet->fd_count > HELPER_FDS, server->birth.host_mounts);
  }
  answer_launched(server, packet->helper.tag, pid);
}

/* Whether the message was one that an engine may send now. */
static bool obey(struct server *server) {
  const struct packet *packet = &server->packet;
  if (packet->header.type == MSG_HELLO && packet->fd_count == 0) {
    welcome(server);
  } else if (packet->header.type == MSG_LAUNCH && server->greeted && packet->fd_count >= 2) {
    launch(server);
  } else if (packet->header.type == MSG_HELPER && server->greeted &&
             (packet->fd_count == HELPER_FDS || packet->fd_count == HELPER_FDS + 1)) {
    help(server);
  } else if (packet->header.type == MSG_QUIT && packet->fd_count == 0) {
    server->quit = true;
  } else {
    return false;
  }
  return true;
}

static void hear_engine(struct server *server) {
  switch (packet_receive(server->engine, &server->packet)) {
    case PACKET_NONE:
      return;
    case PACKET_OK: {
      bool known = obey(server);
      packet_close(&server->packet);
      if (!known) {
        drop_engine(server);
      }
      return;
    }
    default:
      drop_engine(server);
  }
}

/* One engine at a time: the newest that keeps the law, since the old one is gone or about to be. */
static void accept_engine(struct server *server) {
  int peer = accept4(server->birth.listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (peer < 0) {
    return;
  }
  if (!peer_keeps_law(peer, &server->birth.law)) {
    close(peer);
    return;
  }
  drop_engine(server);
  server->engine = peer;
}

/* A node that goes down: pid 1 asks everybody to end. The kernel names the sender of a kill(2), and lets
 * nobody else say SI_USER. */
static bool is_from_init(const struct signalfd_siginfo *signal) {
  return signal->ssi_signo == SIGTERM && signal->ssi_code == SI_USER && signal->ssi_pid == 1;
}

/* A stopped monitor would hold up its container's output and the report of its end. */
static void hear_signals(struct server *server) {
  struct signalfd_siginfo signal;
  int status;
  pid_t pid;
  while (read(server->signals, &signal, sizeof signal) == (ssize_t)sizeof signal) {
    server->quit = server->quit || is_from_init(&signal);
  }
  while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
    if (WIFSTOPPED(status)) {
      kill(pid, SIGCONT); /* a child not reaped, so the number still means it */
    }
  }
}

static int open_signals(void) {
  sigset_t wanted;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGCHLD);
  sigaddset(&wanted, SIGTERM);
  sigprocmask(SIG_BLOCK, &wanted, NULL);
  birth_ignore_signals();
  return signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int serve_loop(struct server *server) {
  while (!server->quit) {
    struct pollfd ready[] = {
        {server->signals, POLLIN, 0}, {server->birth.listener, POLLIN, 0}, {server->engine, POLLIN, 0}};
    if (poll(ready, 3, -1) < 0 && errno != EINTR) {
      return 1;
    }
    if (ready[0].revents != 0) {
      hear_signals(server);
    }
    if (ready[2].revents != 0) {
      hear_engine(server);
    }
    if (ready[1].revents != 0) {
      accept_engine(server);
    }
  }
  return 0;
}

static bool parse(int argc, char **argv, struct serve_options *options) {
  for (int i = 2; i + 1 < argc; i += 2) {
    if (strcmp(argv[i], "--run-dir") == 0) {
      options->run_dir = argv[i + 1];
    } else if (strcmp(argv[i], "--cgroup") == 0) {
      options->cgroup = argv[i + 1];
    } else if (strcmp(argv[i], "--peer-cgroup") == 0) {
      options->peer_cgroup = argv[i + 1];
    } else {
      return false;
    }
  }
  return argc % 2 == 0 && options->run_dir != NULL;
}

int serve_main(int argc, char **argv) {
  static struct server server;
  struct serve_options options = {0};
  int keep[1];
  birth_close_others(keep, 0);
  birth_reset();
  if (birth_null_stdio(0) != 0 || !parse(argc, argv, &options)) {
    fputs("usage: warden serve --run-dir DIR [--cgroup DIR] [--peer-cgroup PATH]\n", stderr);
    return 2;
  }
  if (!sealed_already()) {
    const char *failed = sealed_reexec(argv, options.run_dir);
    fprintf(stderr, "warden serve: cannot %s: %s\n", failed, strerror(errno));
    return 1;
  }
  server.engine = -1;
  server.signals = open_signals();
  if (server.signals < 0) {
    fprintf(stderr, "warden serve: cannot take signals: %s\n", strerror(errno));
    return 1;
  }
  serve_start(&options, &server.birth);
  return serve_loop(&server);
}
