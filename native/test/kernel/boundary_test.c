/*
 * Messages and plans whose lengths are at their bounds, or lie about them: CVE-2021-43784. Whatever comes,
 * serve refuses it or does what it says, keeps no descriptor, and serves the next.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build_id.h"
#include "engine.h"
#include "packet.h"

static struct engine engine;
static struct answer answer;
static struct draft draft;

static const uint32_t bounds[] = {0,          1,          7,          8,          9,
                                  0x7fff,     0xffff,     0x10000,    0xfffff,    0x100000,
                                  0x7fffffff, 0x80000000, 0xfffffff8, 0xfffffffe, 0xffffffff};
#define BOUNDS (sizeof bounds / sizeof bounds[0])

static unsigned open_files(pid_t pid) {
  char path[32];
  unsigned count = 0;
  for (int fd = 0; fd < 512; fd++) {
    struct stat status;
    snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, fd);
    count += lstat(path, &status) == 0;
  }
  return count;
}

static void reconnect(void) {
  close(engine.serve);
  engine.serve = engine_connect(&engine);
  CHECK(engine.serve >= 0 && engine_greet(engine.serve));
}

/* --- messages: every length up to one more than there may be, with what it says of itself about right */
static void send_message(uint16_t type, size_t length, uint32_t claimed, const int *fds, unsigned count) {
  static uint8_t bytes[PACKET_LENGTH_MAX + 64];
  memset(bytes, 0xff, sizeof bytes);
  struct message_header header = {type, PROTOCOL_VERSION, claimed};
  memcpy(bytes, &header, length < sizeof header ? length : sizeof header);
  send_bytes(engine.serve, bytes, length, fds, count);
}

static void messages(const int *fds) {
  static const uint16_t types[] = {MSG_HELLO,   MSG_LAUNCH,     MSG_HELPER, MSG_WELCOME,
                                   MSG_VERDICT, MSG_REOPEN_LOG, 0,          0xffff};
  static const unsigned counts[] = {0, 1, 2, 5, PACKET_FDS_MAX};
  unsigned sent = 0;
  for (unsigned type = 0; type < sizeof types / sizeof types[0]; type++) {
    for (size_t length = 1; length <= PACKET_LENGTH_MAX + 1; length += length < 64 ? 1 : 16) {
      uint32_t right = (uint32_t)length;
      const uint32_t claims[] = {right, right - 1, right + 1, bounds[sent % BOUNDS]};
      for (unsigned i = 0; i < 4; i++) {
        send_message(types[type], length, claims[i], fds, counts[sent++ % 5]);
        reconnect();
      }
    }
  }
  printf("%u messages\n", sent);
}

/* --- plans: every length word of the header, of the steps and of what points into the table */
static unsigned launched;
static unsigned refused;

static void launch_bytes(const void *bytes, size_t length) {
  int slots[PROGRAM_SLOTS];
  int ends[2];
  int plan = memfd_create("plan", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  CHECK(write(plan, bytes, length) == (ssize_t)length);
  CHECK(fcntl(plan, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0);
  CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
  program_slots(&engine, slots);
  int fds[2 + PROGRAM_SLOTS] = {plan, ends[1]};
  memcpy(fds + 2, slots, sizeof slots);
  struct msg_launch message = {{MSG_LAUNCH, PROTOCOL_VERSION, sizeof message}, 1};
  send_bytes(engine.serve, &message, sizeof message, fds, 2 + PROGRAM_SLOTS);
  for (unsigned i = 0; i < 2 + PROGRAM_SLOTS; i++) {
    close(fds[i]);
  }
  EXPECT(engine.serve, &answer, MSG_LAUNCHED);
  int type = receive(ends[0], &answer);
  while (type == MSG_FILTER) {
    type = receive(ends[0], &answer);
  }
  CHECK(type == MSG_FAILED || type == MSG_STOPPED);
  launched += type == MSG_STOPPED;
  refused += type == MSG_FAILED;
  if (answer.fd >= 0) {
    close(answer.fd);
  }
  close(ends[0]); /* the engine is gone: nothing runs */
}

static void with_bounds(size_t at) {
  static uint8_t bytes[sizeof draft.bytes];
  uint32_t right;
  memcpy(&right, draft.bytes + at, sizeof right);
  const uint32_t near[] = {right - 1, right + 1, (uint32_t)draft.length, (uint32_t)draft.length - 1};
  for (unsigned i = 0; i < BOUNDS + 4; i++) {
    uint32_t value = i < BOUNDS ? bounds[i] : near[i - BOUNDS];
    memcpy(bytes, draft.bytes, draft.length);
    memcpy(bytes + at, &value, sizeof value);
    launch_bytes(bytes, draft.length);
  }
}

static bool points(uint8_t type) {
  return type == OPERAND_STR || type == OPERAND_STRS || type == OPERAND_BLOB;
}

static void step_words(void) {
  size_t at = sizeof(struct plan_header);
  for (unsigned i = 0; i < draft.count; i++) {
    const struct step_shape *shape = draft_shape(draft.steps[i].code);
    with_bounds(at + offsetof(struct step, length));
    for (uint8_t operand = 0; operand < shape->operands; operand++) {
      if (points(shape->types[operand])) {
        size_t word = at + sizeof(struct step) + sizeof(uint64_t) * operand;
        with_bounds(word);
        with_bounds(word + sizeof(uint32_t));
      }
    }
    at += sizeof(struct step) + sizeof(uint64_t) * shape->operands;
  }
}

static void plans(void) {
  program_draft(&engine, &draft, &(struct program_plan){.word = "hello"});
  static const uint8_t build[16] = BUILD_ID_BYTES;
  draft_encode(&draft);
  memcpy(draft.bytes + offsetof(struct plan_header, build), build, sizeof build);
  launch_bytes(draft.bytes, draft.length);
  CHECK_NUMBER(launched, 1); /* what is changed from here on is a plan that works */
  for (size_t length = 1; length < draft.length; length += length < 128 ? 1 : 61) {
    launch_bytes(draft.bytes, length);
  }
  CHECK_NUMBER(launched, 1);
  with_bounds(offsetof(struct plan_header, total_length));
  with_bounds(offsetof(struct plan_header, table_offset));
  with_bounds(offsetof(struct plan_header, monitor_steps));
  with_bounds(offsetof(struct plan_header, slots_supplied));
  step_words();
  printf("%u plans refused, %u launched\n", refused, launched);
  CHECK(refused > 900);
}

int main(int argc, char **argv) {
  program_main(argc, argv);
  engine_start(&engine);
  unsigned before = open_files(engine.pid);
  int fds[PACKET_FDS_MAX];
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (unsigned i = 0; i < PACKET_FDS_MAX; i++) {
    fds[i] = null;
  }
  messages(fds);
  plans();
  reconnect(); /* and all that was sent is read */
  CHECK_NUMBER(open_files(engine.pid), before);
  CHECK_TEXT(status_of(engine.pid, "Name"), "warden:serve");
  engine_stop(&engine);
  return check_done();
}
