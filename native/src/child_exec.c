/* The working directory, the program, and the last step. */
#include <limits.h>
#include <string.h>

#include "child_state.h"

static char program[PATH_MAX]; /* what RESOLVE chose */
static const char *args[PLAN_STRS_MAX + 1];
static const char *env[PLAN_STRS_MAX + 1];

/*
 * /proc/self/fd/N as working directory would be wherever that descriptor is (CVE-2024-21626): no magic links,
 * and the kernel must name the place as one beneath the root (getcwd(2): otherwise it begins with
 * "(unreachable)").
 */
static int enter(const char *path) {
  static char cwd[PATH_MAX];
  int fd = raw_openat2(AT_FDCWD, path, O_PATH | O_DIRECTORY, RESOLVE_NO_MAGICLINKS);
  if (fd < 0) {
    return fd;
  }
  long result = raw(SYS_fchdir, fd, 0, 0);
  raw_close(fd);
  if (result >= 0) {
    result = raw(SYS_getcwd, (long)cwd, sizeof cwd, 0);
  }
  return result < 0 ? (int)result : cwd[0] == '/' ? 0 : -ECHRNG;
}

int child_chdir(struct child *c, const uint64_t *operand) {
  if (c->arrived) {
    return 0;
  }
  int result = enter(plan_str(c->plan, operand[CHDIR_PATH]));
  if (result == -EACCES && !operand[CHDIR_FINAL]) {
    return 0;
  }
  c->arrived = result == 0;
  return result;
}

static int check_program(void) {
  struct stat found;
  if (stat(program, &found)) {
    return -errno;
  }
  if (!S_ISREG(found.st_mode)) {
    return -EACCES;
  }
  return (int)raw_result(syscall(SYS_faccessat2, AT_FDCWD, program, X_OK, AT_EACCESS));
}

/* One element of PATH, empty = the working directory, and the name. */
static int try_element(const char *element, size_t length, const char *name) {
  size_t slash = length ? 1 : 0;
  if (length + slash + strlen(name) >= sizeof program) {
    return -ENAMETOOLONG;
  }
  memcpy(program, element, length);
  program[length] = '/';
  strcpy(program + length + slash, name);
  return check_program();
}

static bool goes_on(int error) {
  return error == -ENOENT || error == -ENOTDIR || error == -EACCES || error == -ENAMETOOLONG;
}

/* execvp(3) without its shell: a name with a slash is used as it is; EACCES anywhere on PATH says more than
 * ENOENT. */
int child_resolve(struct child *c, const uint64_t *operand) {
  const char *name = plan_str(c->plan, operand[RESOLVE_NAME]);
  const char *path = plan_str(c->plan, operand[RESOLVE_PATH]);
  if (strchr(name, '/')) {
    return try_element("", 0, name);
  }
  int worst = -ENOENT;
  for (;;) {
    size_t length = strcspn(path, ":");
    int result = try_element(path, length, name);
    if (!goes_on(result)) {
      return result;
    }
    if (result == -EACCES) {
      worst = result;
    }
    if (path[length] == 0) {
      return worst;
    }
    path += length + 1;
  }
}

int child_exec(struct child *c, const uint64_t *operand) {
  plan_strs(c->plan, operand[EXEC_ARGS], args);
  plan_strs(c->plan, operand[EXEC_ENV], env);
  int result = child_unguard(c);
  return result < 0 ? result : (int)raw(SYS_execve, (long)program, (long)args, (long)env);
}

int child_exec_fd(struct child *c, const uint64_t *operand) {
  plan_strs(c->plan, operand[EXEC_FD_ARGS], args);
  plan_strs(c->plan, operand[EXEC_FD_ENV], env);
  int result = child_unguard(c);
  return result < 0 ? result
                    : (int)raw_result(syscall(SYS_execveat, c->slots[operand[EXEC_FD_IMAGE]], "", args, env,
                                              AT_EMPTY_PATH));
}

/* Ends when the monitor says so, or dies with it. */
int child_hold(struct child *c, const uint64_t *operand) {
  (void)operand;
  atomic_store(&c->page->holding, 1);
  child_wake(&c->page->holding);
  (void)child_wait(&c->page->verdict, 0, 0);
  _exit(0);
}
