/* Files, directories and devices. Nothing is written: to be let open for writing is enough. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "probe.h"

static void read_directory(const char *path) {
  unsigned entries = 0;
  DIR *directory = opendir(path);
  if (directory == NULL) {
    probe_result(-1);
    return;
  }
  for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    entries += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
  }
  closedir(directory);
  probe_text("%u entries", entries);
}

static void read_file(const char *path) {
  char bytes[64];
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  ssize_t length = fd < 0 ? -1 : read(fd, bytes, sizeof bytes);
  if (length < 0) {
    probe_result(-1);
  } else {
    probe_text("%s", length == 0 ? "empty" : "something");
  }
  if (fd >= 0) {
    close(fd);
  }
}

static long make_entry(const char *directory) {
  char path[4096];
  snprintf(path, sizeof path, "%s/made-by-probe", directory);
  return mkdir(path, 0700) == 0 ? rmdir(path) : -1;
}

int probe_paths(int count, char **paths) {
  for (int i = 0; i < count; i++) {
    struct stat file;
    int found = stat(paths[i], &file) == 0;
    int directory = found && S_ISDIR(file.st_mode);
    probe_key("kind.%s", paths[i]);
    if (!found) {
      probe_result(-1);
      continue;
    }
    probe_text("%s", directory ? "directory" : S_ISCHR(file.st_mode) ? "device" : "file");
    probe_key("read.%s", paths[i]);
    if (directory) {
      read_directory(paths[i]);
    } else {
      read_file(paths[i]);
    }
    probe_key("write.%s", paths[i]);
    probe_result(directory ? make_entry(paths[i]) : probe_open(paths[i], O_WRONLY));
  }
  return 0;
}

static void by_number(mode_t kind, unsigned major, unsigned minor) {
  static const char PATH[] = "/made-by-probe";
  const char *letter = kind == S_IFBLK ? "b" : "c";
  unlink(PATH);
  long made = mknod(PATH, kind | 0666, makedev(major, minor));
  probe_key("device.make.%s%u:%u", letter, major, minor);
  probe_result(made);
  static const struct {
    const char *name;
    int flags;
  } ways[] = {{"read", O_RDONLY}, {"write", O_WRONLY}};
  for (unsigned i = 0; made == 0 && i < 2; i++) {
    probe_key("device.%s.%s%u:%u", ways[i].name, letter, major, minor);
    probe_result(probe_open(PATH, ways[i].flags));
  }
  unlink(PATH);
}

/* A terminal of its own, by way of /dev/ptmx. */
static void terminal(void) {
  probe_key("device.terminal");
  int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (master < 0 || unlockpt(master) < 0) {
    probe_result(-1);
  } else {
    const char *name = ptsname(master);
    probe_result(name == NULL ? -1 : probe_open(name, O_RDWR | O_NOCTTY));
  }
  if (master >= 0) {
    close(master);
  }
}

int probe_devices(void) {
  static const unsigned characters[][2] = {
      {1, 1}, {1, 2}, {1, 3}, {1, 4},    {1, 5},    {1, 7},    {1, 8},    {1, 9},   {1, 11},  {4, 0},
      {5, 0}, {5, 1}, {5, 2}, {10, 200}, {10, 229}, {10, 232}, {10, 237}, {108, 0}, {136, 0}, {226, 0}};
  static const unsigned blocks[][2] = {{7, 0}, {8, 0}, {252, 0}, {253, 0}, {254, 0}, {259, 0}};
  for (unsigned i = 0; i < sizeof characters / sizeof characters[0]; i++) {
    by_number(S_IFCHR, characters[i][0], characters[i][1]);
  }
  for (unsigned i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
    by_number(S_IFBLK, blocks[i][0], blocks[i][1]);
  }
  terminal();
  DIR *directory = opendir("/dev");
  for (const struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
    char path[300];
    struct stat node;
    snprintf(path, sizeof path, "/dev/%s", entry->d_name);
    if (lstat(path, &node) == 0 && (S_ISCHR(node.st_mode) || S_ISBLK(node.st_mode))) {
      probe_key("dev.%s", entry->d_name);
      probe_text("%c%u:%u %04o %u:%u", S_ISBLK(node.st_mode) ? 'b' : 'c', major(node.st_rdev),
                 minor(node.st_rdev), node.st_mode & 07777, node.st_uid, node.st_gid);
      probe_key("dev.open.%s", entry->d_name);
      probe_result(probe_open(path, O_RDWR));
    }
  }
  if (directory != NULL) {
    closedir(directory);
  }
  return 0;
}
