/* The child from its birth to its last step: waits for the gate, walks the steps, tells of failure. */
#include "child.h"

#include <linux/futex.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/prctl.h>

#include "child_state.h"
#ifdef WARDEN_FAULTS
#include "faults.h"
#endif

#define HANDOVER_SECONDS 10
#define HANDOVER_SPINS                                                                 \
  (1u << 28) /* 10 s or so at what `pause` takes; no clock may be read behind a filter \
              */
#define SIGNALS 64
#define SIGNAL_SET_BYTES 8

static step_function *const functions[] = {
    [STEP_CLOSE_FDS] = child_close_fds,
    [STEP_SET_SID] = child_set_sid,
    [STEP_JOIN_NS] = child_join_ns,
    [STEP_UNSHARE] = child_unshare,
    [STEP_TIME_OFFSETS] = child_time_offsets,
    [STEP_SESSION_KEYRING] = child_session_keyring,
    [STEP_PROPAGATION] = child_propagation,
    [STEP_LOOPBACK_UP] = child_loopback_up,
    [STEP_USER_NS_ROOT] = child_user_ns_root,
    [STEP_JOIN_PID_NS] = child_join_pid_ns,
    [STEP_BIRTH] = child_birth,
    [STEP_MOUNT_FS] = child_mount_fs,
    [STEP_USE_ROOT] = child_use_root,
    [STEP_ATTACH] = child_attach,
    [STEP_MAKE_DIR] = child_make_dir,
    [STEP_MAKE_NODE] = child_make_node,
    [STEP_MAKE_SYMLINK] = child_make_symlink,
    [STEP_MASK] = child_mask,
    [STEP_READ_ONLY] = child_read_only,
    [STEP_ROOT_ATTRIBUTES] = child_root_attributes,
    [STEP_PIVOT_ROOT] = child_pivot_root,
    [STEP_OPEN_DIR] = child_open_dir,
    [STEP_MOUNT_PROC] = child_mount_proc,
    [STEP_HOSTNAME] = child_hostname,
    [STEP_DOMAINNAME] = child_domainname,
    [STEP_SYSCTL] = child_sysctl,
    [STEP_RLIMIT] = child_rlimit,
    [STEP_UMASK] = child_umask,
    [STEP_TERMINAL] = child_terminal,
    [STEP_TAKE_TERMINAL] = child_take_terminal,
    [STEP_STDIO] = child_stdio,
    [STEP_LSM_ATTRIBUTE] = child_lsm_attribute,
    [STEP_CHDIR] = child_chdir,
    [STEP_BOUNDING] = child_bounding,
    [STEP_SECUREBITS] = child_securebits,
    [STEP_KEEP_CAPS] = child_keep_caps,
    [STEP_GROUPS] = child_groups,
    [STEP_GID] = child_gid,
    [STEP_UID] = child_uid,
    [STEP_CAPSET] = child_capset,
    [STEP_AMBIENT] = child_ambient,
    [STEP_NO_NEW_PRIVS] = child_no_new_privs,
    [STEP_REPORT] = child_report,
    [STEP_RESOLVE] = child_resolve,
    [STEP_SECCOMP] = child_seccomp,
    [STEP_EXEC] = child_exec,
    [STEP_EXEC_FD] = child_exec_fd,
    [STEP_HOLD] = child_hold,
};

/*
 * commit_creds() of the kernel sets dumpable to fs.suid_dumpable and clears the parent-death signal. A parent
 * that died before has sent none; getppid(2) is 0 while the parent lives outside the PID namespace.
 */
int child_guard(struct child *c) {
  int result = raw_prctl(PR_SET_DUMPABLE, 0, 0);
  if (result < 0 || !c->guarded) {
    return result;
  }
  result = raw_prctl(PR_SET_PDEATHSIG, SIGKILL, 0);
  long parent = raw(SYS_getppid, 0, 0, 0);
  return result < 0 || parent == 0 || parent == c->page->monitor ? result : -ESRCH;
}

int child_unguard(struct child *c) {
  if (!c->guarded) {
    return 0;
  }
  c->guarded = false;
  return raw_prctl(PR_SET_PDEATHSIG, 0, 0);
}

static long futex(_Atomic uint32_t *word, int operation, uint32_t value, const struct timespec *timeout) {
  return raw_result(syscall(SYS_futex, word, operation, value, timeout, NULL, 0));
}

void child_wake(_Atomic uint32_t *word) { (void)futex(word, FUTEX_WAKE, INT32_MAX, NULL); }

int child_wait(_Atomic uint32_t *word, uint32_t value, unsigned seconds) {
  const struct timespec timeout = {.tv_sec = seconds};
  while (atomic_load(word) == value) {
    if (futex(word, FUTEX_WAIT, value, seconds ? &timeout : NULL) == -ETIMEDOUT) {
      return -ETIMEDOUT;
    }
  }
  return 0;
}

static void relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb"); /* `yield` does nothing where there is one hardware thread a core */
#endif
}

int child_hand_over(struct child *c, uint32_t what, int fd, bool spin) {
  _Atomic uint32_t *word = &c->page->handover;
  atomic_store(&c->page->handover_fd, fd);
  atomic_store(word, what);
  if (!spin) {
    child_wake(word);
    return child_wait(word, what, HANDOVER_SECONDS);
  }
  for (uint32_t i = 0; i < HANDOVER_SPINS; i++) {
    if (atomic_load(word) == HANDOVER_NONE) {
      return 0;
    }
    relax();
  }
  return -ETIMEDOUT;
}

static _Noreturn void fail(struct child *c, uint32_t step, uint16_t code, int error) {
  c->page->failed_step = step;
  c->page->failed_code = code;
  c->page->failed_errno = -error;
  c->page->failed_aux = c->aux;
  atomic_store(&c->page->failed, 1);
  (void)syscall(SYS_exit_group, 127);
  __builtin_trap(); /* a filter denied it */
}

/* True if the plan's author allows this step to fail so; it is then told as a degradation. */
static bool tolerated(struct child *c, int error) {
  if (c->step->tolerate == 0 || c->step->tolerate != -error || c->page->degraded_count >= DEGRADED_MAX) {
    return false;
  }
  c->page->degraded[c->page->degraded_count].step = c->index;
  c->page->degraded[c->page->degraded_count].error = -error;
  c->page->degraded_count++;
  return true;
}

/* signal(7): ignored signals and the mask survive an exec, so they are made as at boot. */
static void reset_signals(void) {
  struct { /* of the kernel, whatever libc's has */
    void (*handler)(int);
    unsigned long flags, restorer_or_mask, mask;
  } standard = {0};
  for (int signal = 1; signal <= SIGNALS; signal++) { /* SIGKILL and SIGSTOP refuse */
    (void)syscall(SYS_rt_sigaction, signal, &standard, NULL, SIGNAL_SET_BYTES);
  }
  uint64_t none = 0;
  (void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, SIGNAL_SET_BYTES);
}

bool child_is_traced(const struct child *c) {
  const struct step *step = plan_first(c->plan);
  for (uint32_t i = 0; i < c->plan->header->monitor_steps; i++, step = plan_next(step)) {
    if (step->code == STEP_TRACE) {
      return true;
    }
  }
  return false;
}

/* Not a step, for there is no plan without it. */
static int be_born(struct child *c) {
  reset_signals();
  (void)raw(SYS_umask, 0, 0, 0); /* modes of a plan are exact; UMASK sets the container's */
  int result = child_guard(c);
  if (result >= 0) {
    result = child_wait(&c->page->gate, GATE_CLOSED, GATE_SECONDS);
  }
  if (result >= 0 && child_is_traced(c)) { /* from here on PTRACE_O_EXITKILL does it */
    result = child_unguard(c);
  }
  return result;
}

_Noreturn void child_run(const struct plan *plan, struct shared_page *page, int *slot_fds) {
  struct child c = {.plan = plan, .page = page, .slots = slot_fds, .root = -1, .guarded = true};
  int result = be_born(&c);
  if (result < 0) {
    fail(&c, PLAN_SLOT_NONE, 0, result);
  }
  c.step = plan_first(plan);
  for (uint32_t i = 0; i < plan->header->monitor_steps; i++) {
    c.step = plan_next(c.step);
  }
  for (c.index = 0; c.index < plan->header->child_steps; c.index++, c.step = plan_next(c.step)) {
    c.aux = 0;
#ifdef WARDEN_FAULTS
    result = fault_step(&c, functions[c.step->code]);
#else
    result = functions[c.step->code](&c, c.step->operand);
#endif
    if (result < 0 && !tolerated(&c, result)) {
      fail(&c, c.index, c.step->code, result);
    }
  }
  fail(&c, c.index, 0, -ENOEXEC); /* not reached: the last step does not return */
}
