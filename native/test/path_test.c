/* Resolution and making of paths beneath a root that lies about itself by symbolic links. Needs no rights. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "check.h"
#include "child_state.h"

static char top[] = "/tmp/warden-path-XXXXXX";
static struct child c = {.root = -1};

static void at(const char *path, char *out) { snprintf(out, PATH_MAX, "%s/%s", top, path); }

static void make_dir(const char *path) {
  char whole[PATH_MAX];
  at(path, whole);
  CHECK(mkdir(whole, 0755) == 0);
}

static void make_link(const char *target, const char *path) {
  char whole[PATH_MAX];
  at(path, whole);
  CHECK(symlink(target, whole) == 0);
}

static int there(const char *path, mode_t type) {
  char whole[PATH_MAX];
  struct stat found;
  at(path, whole);
  return lstat(whole, &found) == 0 && (found.st_mode & S_IFMT) == type;
}

static int made_kind(const char *path, enum path_kind kind) {
  bool made;
  int fd = path_make(&c, path, kind, kind == PATH_FILE ? 0644 : 0755, &made);
  if (fd >= 0) {
    close(fd);
  }
  return fd < 0 ? fd : made;
}

static unsigned entries(const char *path) {
  char whole[PATH_MAX];
  at(path, whole);
  DIR *directory = opendir(whole);
  unsigned count = 0;
  while (directory && readdir(directory)) {
    count++;
  }
  if (directory) {
    closedir(directory);
  }
  return count - 2;
}

static void plain(void) {
  CHECK_NUMBER(made_kind("a/b/c", PATH_DIRECTORY), 1);
  CHECK(there("root/a/b/c", S_IFDIR));
  CHECK_NUMBER(made_kind("a/b/c", PATH_DIRECTORY), 0);
  CHECK_NUMBER(made_kind("a/b/file", PATH_FILE), 1);
  CHECK(there("root/a/b/file", S_IFREG));
  CHECK_NUMBER(made_kind("a/b/file", PATH_FILE), 0);
  CHECK_NUMBER(made_kind("new/deep/file", PATH_FILE), 1);
  CHECK(there("root/new/deep/file", S_IFREG));
  CHECK_NUMBER(made_kind("a/b/file/x", PATH_DIRECTORY), -ENOTDIR);
  CHECK_NUMBER(made_kind("a/b/file", PATH_DIRECTORY), -ENOTDIR);
  CHECK_NUMBER(made_kind("not/there", PATH_ANY), -ENOENT);
  CHECK(!there("root/not", S_IFDIR));
}

/* Links of the image: whatever they say, they are followed inside the root only. */
static void links(void) {
  make_link("/outside", "root/absolute");
  make_link("../../../../../outside", "root/up");
  make_link("a", "root/inside");
  CHECK_NUMBER(made_kind("inside/b/via", PATH_DIRECTORY), 1);
  CHECK(there("root/a/b/via", S_IFDIR));
  CHECK_NUMBER(made_kind("absolute/x", PATH_DIRECTORY), 1); /* dangling in the root: made where it leads */
  CHECK(there("root/outside/x", S_IFDIR));
  CHECK_NUMBER(made_kind("up/y", PATH_FILE), 1);
  CHECK(there("root/outside/y", S_IFREG));
  make_link("../run/deep/resolv.conf", "root/a/resolv.conf");
  CHECK_NUMBER(made_kind("a/resolv.conf", PATH_FILE), 1);
  CHECK(there("root/run/deep/resolv.conf", S_IFREG));
  make_link("/var/spool/one/", "root/chain2");
  make_link("chain2/two", "root/chain1");
  CHECK_NUMBER(made_kind("chain1/three", PATH_DIRECTORY), 1);
  CHECK(there("root/var/spool/one/two/three", S_IFDIR));
  make_link("loop2", "root/loop1");
  make_link("loop1", "root/loop2");
  CHECK_NUMBER(made_kind("loop1/x", PATH_DIRECTORY), -ELOOP);
  make_link("self/self", "root/self");
  CHECK_NUMBER(made_kind("self", PATH_DIRECTORY), -ELOOP);
  make_link("missing/../x", "root/dots");
  CHECK_NUMBER(made_kind("dots", PATH_DIRECTORY), -ENOENT); /* as the kernel would say */
  CHECK_NUMBER(entries("outside"), 0);
  CHECK_NUMBER(entries("."), 2);
}

/* Where the runtime makes things, no link at all. */
static void own_places(void) {
  make_link("outside", "root/dev");
  make_link("/outside", "root/proc");
  make_dir("root/sys");
  make_link("../outside", "root/sys/fs");
  CHECK_NUMBER(made_kind("dev/null", PATH_FILE), -ELOOP);
  CHECK_NUMBER(made_kind("dev", PATH_DIRECTORY), -ELOOP);
  CHECK_NUMBER(made_kind("proc", PATH_DIRECTORY), -ELOOP);
  CHECK_NUMBER(path_open(&c, "proc/x"), -ELOOP);
  CHECK_NUMBER(made_kind("sys/fs/cgroup", PATH_DIRECTORY), -ELOOP);
  CHECK_NUMBER(made_kind("sys/kernel", PATH_DIRECTORY), 1);
  make_link("a", "root/device");
  CHECK_NUMBER(made_kind("device/ok", PATH_DIRECTORY), 1); /* not "dev" */
  const char *name;
  CHECK_NUMBER(path_parent(&c, "dev/x", &name), -ELOOP);
}

static void parents(void) {
  const char *name;
  int fd = path_parent(&c, "a/b/file", &name);
  CHECK(fd >= 0);
  CHECK_TEXT(name, "file");
  CHECK(faccessat(fd, "file", F_OK, 0) == 0);
  close(fd);
  fd = path_parent(&c, "top", &name);
  CHECK(fd >= 0);
  CHECK_TEXT(name, "top");
  CHECK(faccessat(fd, "a", F_OK, 0) == 0);
  close(fd);
  CHECK_NUMBER(path_parent(&c, "nowhere/x", &name), -ENOENT);
}

static void lengths(void) {
  static char path[PATH_MAX + 100];
  memset(path, 'x', sizeof path - 1);
  CHECK_NUMBER(made_kind(path, PATH_DIRECTORY), -ENAMETOOLONG);
  path[300] = 0;
  CHECK_NUMBER(made_kind(path, PATH_DIRECTORY), -ENAMETOOLONG);
  for (size_t i = 0; i < PATH_MAX + 50; i++) {
    path[i] = i % 2 ? '/' : 'y';
  }
  path[PATH_MAX + 51] = 0;
  const char *name;
  CHECK_NUMBER(path_parent(&c, path, &name), -ENAMETOOLONG);
}

static void remove_all(void) {
  char command[PATH_MAX];
  snprintf(command, sizeof command, "rm -rf %s", top);
  CHECK(system(command) == 0);
}

int main(void) {
  CHECK(mkdtemp(top) != NULL);
  make_dir("root");
  make_dir("outside");
  char root[PATH_MAX];
  at("root", root);
  c.root = raw_openat2(AT_FDCWD, root, O_PATH | O_DIRECTORY, 0);
  if (c.root == -ENOSYS) {
    remove_all();
    printf("SKIPPED: openat2(2) is missing (qemu-user before 9)\n");
    return 0;
  }
  CHECK(c.root >= 0);
  plain();
  links();
  own_places();
  parents();
  lengths();
  remove_all();
  return check_done();
}
