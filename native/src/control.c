/* Requests of engines to a monitor, over the launch socket and the control socket. */
#include <errno.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "packet.h"
#include "peer.h"
#include "relay.h"

static void hang_up(int *socket) {
  close(*socket);
  *socket = -1;
}

/* Never waits for an engine: one that does not read is hung up on, and can connect again. */
static void tell(int *socket, const void *message, size_t length, int fd) {
  if (*socket >= 0 && packet_send(*socket, message, length, fd) != 0) {
    hang_up(socket);
  }
}

void control_accept(struct relay *relay) {
  int peer = accept4(relay->files.control, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (peer < 0) {
    return;
  }
  if (!peer_is_root(peer)) {
    close(peer);
    return;
  }
  if (relay->stranger >= 0) {
    hang_up(&relay->stranger);
  }
  relay->stranger = peer;
}

static bool shows_law(const struct relay *relay, const struct packet *packet) {
  return packet->header.type == MSG_SHOW && peer_shows_law(packet->fds, packet->fd_count, relay->law);
}

void control_greet(struct relay *relay) {
  static struct packet packet;
  enum packet_result result = packet_receive(relay->stranger, &packet);
  if (result == PACKET_NONE) {
    return;
  }
  bool known = result == PACKET_OK && shows_law(relay, &packet);
  if (result == PACKET_OK) {
    packet_close(&packet);
  }
  if (!known) {
    hang_up(&relay->stranger);
    return;
  }
  if (relay->peer >= 0) {
    hang_up(&relay->peer);
  }
  relay->peer = relay->stranger;
  relay->stranger = -1;
  struct msg_state state;
  packet_start(&state.header, MSG_STATE, sizeof state);
  state.pid = relay->child;
  tell(&relay->peer, &state, sizeof state, relay->pidfd);
}

/* Output already taken is in the old file by now, the start of an unfinished line goes to the new one with
 * its end. */
static int reopen_log(struct relay *relay, struct packet *packet) {
  if (packet->fd_count != 1) {
    return EINVAL;
  }
  log_file_reopen(&relay->log, packet->fds[0]);
  packet->fd_count = 0;
  return 0;
}

/* A terminal of no size makes programs misbehave, and clients that do not know theirs send one. */
static int resize(const struct relay *relay, const struct msg_resize *request) {
  struct winsize size = {.ws_row = request->rows, .ws_col = request->columns};
  if (relay->files.terminal < 0) {
    return ENOTTY;
  }
  if (size.ws_row == 0 || size.ws_col == 0) {
    return 0;
  }
  return ioctl(relay->files.terminal, TIOCSWINSZ, &size) == 0 ? 0 : errno;
}

static int close_stdin(struct relay *relay) {
  if (relay->files.stdin_pipe >= 0) {
    hang_up(&relay->files.stdin_pipe);
  }
  return 0;
}

void control_hear(struct relay *relay, int *socket) {
  static struct packet packet;
  enum packet_result result = packet_receive(*socket, &packet);
  if (result == PACKET_NONE) {
    return;
  }
  if (result != PACKET_OK) {
    hang_up(socket);
    return;
  }
  struct msg_done done;
  packet_start(&done.header, MSG_DONE, sizeof done);
  done.type = packet.header.type;
  switch (packet.header.type) {
    case MSG_REOPEN_LOG:
      done.error = reopen_log(relay, &packet);
      break;
    case MSG_RESIZE:
      done.error = resize(relay, &packet.resize);
      break;
    case MSG_CLOSE_STDIN:
      done.error = close_stdin(relay);
      break;
    default:
      packet_close(&packet);
      hang_up(socket);
      return;
  }
  packet_close(&packet);
  tell(socket, &done, sizeof done, -1);
}

void control_tell_end(struct relay *relay) {
  tell(&relay->launch, &relay->exited, sizeof relay->exited, -1);
  tell(&relay->peer, &relay->exited, sizeof relay->exited, -1);
}
