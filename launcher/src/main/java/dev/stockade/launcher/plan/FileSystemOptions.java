package dev.stockade.launcher.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The file systems a container can have made for it, and the options each takes: nothing else is
 * mounted.
 */
final class FileSystemOptions {
  private static final String OCTAL = "=[0-7]{1,4}";
  private static final String ID = "=[0-9]{1,10}";

  /** The context that a pod's message queues have already: expected of them, not set. */
  private static final String CONTEXT = "context=";

  /** By OCI type: the kernel's name, and the options. */
  private static final Map<String, FileSystemOptions> TYPES =
      Map.of(
          "proc",
              of(
                  "proc",
                  "hidepid=(0|1|2|4|off|noaccess|invisible|ptraceable)|gid" + ID + "|subset=pid"),
          "sysfs", of("sysfs", ""),
          "tmpfs",
              of(
                  "tmpfs",
                  "size=[0-9]{1,9}[kKmMgG]?|nr_inodes=[0-9]{1,9}[kKmMgG]?|mode"
                      + OCTAL
                      + "|[ug]id"
                      + ID
                      + "|huge=(never|always|within_size|advise)|noswap"),
          "devpts",
              of("devpts", "newinstance|(ptmx)?mode" + OCTAL + "|[ug]id" + ID + "|max=[0-9]{1,7}"),
          "mqueue", of("mqueue", CONTEXT + "[\\w.,:-]{1,511}"),
          "cgroup", of("cgroup2", ""),
          "cgroup2", of("cgroup2", ""));

  private final String kernelName;
  private final Pattern options;

  private FileSystemOptions(String kernelName, String options) {
    this.kernelName = kernelName;
    this.options = Pattern.compile(options);
  }

  private static FileSystemOptions of(String kernelName, String options) {
    return new FileSystemOptions(kernelName, options);
  }

  static Optional<FileSystemOptions> ofType(String type) {
    return Optional.ofNullable(TYPES.get(type));
  }

  /** The name fsopen(2) takes. */
  String kernelName() {
    return kernelName;
  }

  /** The SELinux context that is expected of what is mounted. */
  static Optional<String> context(List<String> asked) {
    return asked.stream()
        .filter(option -> option.startsWith(CONTEXT))
        .map(option -> option.substring(CONTEXT.length()))
        .findFirst();
  }

  /** The options for fsconfig(2). */
  List<String> check(String field, List<String> asked, Problems problems) {
    List<String> taken = new ArrayList<>();
    for (String option : asked) {
      if (!options.matcher(option).matches()) {
        problems.add(
            field + ".options",
            "\"" + option + "\" is no option of " + kernelName + " that a container may have",
            "remove it");
      } else if (!option.equals("newinstance") && !option.startsWith(CONTEXT)) {
        // Since Linux 4.7 every instance of devpts is new.
        taken.add(option);
      }
    }
    return taken;
  }
}
