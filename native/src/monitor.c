#include "monitor.h"

#include <errno.h>
#include <linux/futex.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "build_id.h"
#include "monitor_io.h"
#include "opcodes.h"
#include "packet.h"
#include "sealed.h"
#include "sys.h"
#ifdef WARDEN_FAULTS
#include "faults.h"
#endif

int monitor_reap(struct monitor *monitor) {
  int status = 0;
  for (;;) {
    pid_t pid = waitpid(monitor->child, &status, __WALL);
    if (pid > 0 && WIFSTOPPED(status)) {
      ptrace(PTRACE_CONT, monitor->child, NULL, (void *)(uintptr_t)WSTOPSIG(status)); /* traced, ends soon */
    } else if (pid > 0 || errno != EINTR) {
      return status;
    }
  }
}

_Noreturn void monitor_fail(struct monitor *monitor, const struct msg_failed *failed) {
  take_newborn(monitor);
  if (monitor->child > 0) {
    kill(monitor->child, SIGKILL); /* ours and not reaped, so the number still means it */
    monitor_reap(monitor);
  }
  packet_send_wait(monitor->launch, failed, sizeof *failed, -1, SEND_TIMEOUT_MS);
  _exit(1);
}

static _Noreturn void refuse(struct monitor *monitor, uint32_t step, uint16_t code, const char *reason) {
  struct msg_failed failed;
  packet_start(&failed.header, MSG_FAILED, sizeof failed);
  failed.phase = PHASE_VERIFY;
  failed.step = step;
  failed.code = code;
  failed.error = EINVAL;
  snprintf(failed.reason, sizeof failed.reason, "%s", reason);
  monitor_fail(monitor, &failed);
}

/* Every plan has been through here before anything is done for it. */
static void take_plan(struct monitor *monitor, const struct monitor_orders *orders) {
  static const uint8_t build[16] = BUILD_ID_BYTES;
  const void *bytes = sealed_map(orders->plan, PLAN_LENGTH_MAX, &monitor->plan_length);
  close(orders->plan);
  if (bytes == NULL) {
    refuse(monitor, PLAN_SLOT_NONE, 0, "the plan is not a sealed memfd of acceptable size");
  }
  struct plan_fault fault;
  if (plan_verify(bytes, monitor->plan_length, &monitor->plan, &fault) != 0) {
    refuse(monitor, fault.step, fault.code, fault.reason);
  }
  if (memcmp(monitor->plan.header->build, build, sizeof build) != 0) {
    refuse(monitor, PLAN_SLOT_NONE, 0, "the plan is for a warden of another build");
  }
  if (monitor->plan.header->slots_supplied != orders->count) {
    refuse(monitor, PLAN_SLOT_NONE, 0, "another number of descriptors came than the plan supplies");
  }
  for (unsigned i = 0; i < PLAN_SLOTS_MAX; i++) {
    monitor->slots[i] = i < orders->count ? orders->slots[i] : -1;
  }
}

static int slot(const struct monitor *monitor, uint64_t operand) {
  return operand == PLAN_SLOT_NONE ? -1 : monitor->slots[operand];
}

static void take_log(struct monitor *monitor, const struct step *step) {
  monitor->files.stdout_pipe = slot(monitor, step->operand[LOG_STDOUT]);
  monitor->files.stderr_pipe = slot(monitor, step->operand[LOG_STDERR]);
  monitor->files.log = slot(monitor, step->operand[LOG_LOG]);
}

static int take_exit_record(struct monitor *monitor, const struct step *step) {
  const char *name = plan_str(&monitor->plan, step->operand[EXIT_RECORD_NAME]);
  size_t size = sizeof monitor->files.exit_name;
  if (name[0] == '\0' || name[0] == '.' || strchr(name, '/') != NULL ||
      strlen(name) >= size - EXIT_NAME_SPARE) {
    errno = EINVAL;
    return -1;
  }
  strcpy(monitor->files.exit_name, name);
  monitor->files.exit_directory = slot(monitor, step->operand[EXIT_RECORD_DIRECTORY]);
  return 0;
}

static int carry_out(struct monitor *monitor, const struct step *step) {
  const struct plan *plan = &monitor->plan;
  switch (step->code) {
    case STEP_JOIN_USER_NS:
      monitor->user_ns = slot(monitor, step->operand[JOIN_USER_NS_NS]);
      return 0;
    case STEP_CLONE:
      return clone_child(monitor, step->operand[CLONE_FLAGS], slot(monitor, step->operand[CLONE_CGROUP]));
    case STEP_ID_MAPS:
      return write_id_maps(monitor, plan_str(plan, step->operand[ID_MAPS_UID]),
                           plan_str(plan, step->operand[ID_MAPS_GID]), step->operand[ID_MAPS_SETGROUPS] != 0);
    case STEP_OOM_SCORE_ADJ:
      return write_oom_score(monitor, (int64_t)step->operand[OOM_SCORE_ADJ_VALUE]);
    case STEP_TRACE:
      return trace_child(monitor);
    case STEP_LOG:
      take_log(monitor, step);
      return 0;
    case STEP_TERMINAL_LOG:
      monitor->files.log = slot(monitor, step->operand[TERMINAL_LOG_LOG]);
      return 0;
    case STEP_EXIT_RECORD:
      return take_exit_record(monitor, step);
    case STEP_CONTROL:
      monitor->files.control = slot(monitor, step->operand[CONTROL_LISTENER]);
      return 0;
    case STEP_MEMORY_EVENTS:
      monitor->files.memory_events = slot(monitor, step->operand[MEMORY_EVENTS_FILE]);
      return 0;
    case STEP_STDIN:
      monitor->files.stdin_pipe = slot(monitor, step->operand[STDIN_PIPE]);
      return 0;
    default:
      errno = ENOSYS;
      return -1;
  }
}

_Noreturn void monitor_fail_step(struct monitor *monitor, uint32_t index, uint16_t code, int error) {
  struct msg_failed failed;
  packet_start(&failed.header, MSG_FAILED, sizeof failed);
  failed.phase = PHASE_MONITOR;
  failed.step = index;
  failed.code = code;
  failed.error = error;
  monitor_fail(monitor, &failed);
}

static void carry_out_all(struct monitor *monitor) {
  const struct step *step = plan_first(&monitor->plan);
  for (uint32_t i = 0; i < monitor->plan.header->monitor_steps; i++, step = plan_next(step)) {
    const struct step *act = step;
#ifdef WARDEN_FAULTS
    act = fault_alter(&monitor->plan, step);
#endif
    if (act != NULL && carry_out(monitor, act) != 0) {
      int error = errno;
      if (child_has_ended(monitor)) { /* killed at the gate, and nobody traces the dead */
        monitor_child_died(monitor, monitor_reap(monitor));
      }
      if (step->tolerate == error) {
        continue;
      }
      monitor_fail_step(monitor, i, step->code, error);
    }
  }
  if (monitor->child == 0) {
    refuse(monitor, PLAN_SLOT_NONE, 0, "the plan makes no child");
  }
}

/* What the child will wait to have fetched, and whether it ends in HOLD: known before it runs. */
static void expect(struct monitor *monitor) {
  const struct step *step = plan_first(&monitor->plan);
  uint32_t steps = (uint32_t)monitor->plan.header->monitor_steps + monitor->plan.header->child_steps;
  for (uint32_t i = 0; i < steps; i++, step = plan_next(step)) {
    bool listens =
        step->code == STEP_SECCOMP && (step->operand[SECCOMP_FLAGS] & SECCOMP_FILTER_FLAG_NEW_LISTENER) != 0;
    monitor->due |= step->code == STEP_TERMINAL ? 1u << HANDOVER_TERMINAL : 0;
    monitor->due |= listens ? 1u << HANDOVER_LISTENER : 0;
    monitor->holds = step->code == STEP_HOLD;
  }
}

static void prepare(struct monitor *monitor, const struct monitor_orders *orders) {
  struct monitor_files none = {-1, -1, -1, -1, -1, -1, -1, -1, ""};
  monitor->files = none;
  monitor->launch = orders->launch;
  monitor->law = orders->law;
  monitor->user_ns = monitor->pidfd = -1;
  prctl(PR_SET_NAME, "warden:monitor", 0, 0, 0);
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  long keyring = syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);
  monitor->keyring = (int32_t)(keyring < 0 ? -errno : keyring);
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  monitor->signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK); /* serve has blocked it already */
  monitor->page =
      mmap(NULL, sizeof *monitor->page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (monitor->signals < 0 || monitor->page == MAP_FAILED) {
    monitor_fail_step(monitor, PLAN_SLOT_NONE, 0, errno);
  }
  monitor->page->monitor = getpid();
}

_Noreturn void monitor_run(const struct monitor_orders *orders) {
  static struct monitor monitor;
  static struct relay relay;
  prepare(&monitor, orders);
  take_plan(&monitor, orders);
  expect(&monitor);
  carry_out_all(&monitor);
  atomic_store(&monitor.page->gate, GATE_OPEN);
  sys_futex(&monitor.page->gate, FUTEX_WAKE, 1, NULL);
  await_stop(&monitor);
  uint32_t filters = monitor.traced && !monitor.holds ? send_filters(&monitor) : FILTERS_UNREADABLE;
  send_stopped(&monitor, filters);
  /* While the engine looks at the child: nothing of the workload has run yet. */
  if (!monitor.holds && monitor_io_prepare(&relay, &monitor) != 0) {
    monitor_fail_step(&monitor, PLAN_SLOT_NONE, 0, errno);
  }
  await_verdict(&monitor);
  release_child(&monitor);
  monitor_io(&relay);
}
