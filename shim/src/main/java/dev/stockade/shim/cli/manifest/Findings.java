package dev.stockade.shim.cli.manifest;

import java.util.ArrayList;
import java.util.List;

/** What is found while a manifest is read: problems that end it, notices that do not. */
final class Findings {
  /** More than anybody reads; a manifest of nothing but nonsense is not worth a longer list. */
  private static final int MOST = 50;

  private final List<String> problems = new ArrayList<>();
  private final List<String> notices = new ArrayList<>();

  void problem(String path, String text) {
    if (problems.size() < MOST) {
      problems.add(path + ": " + text);
    }
  }

  void notice(String path, String text) {
    notices.add(path + ": " + text);
  }

  List<String> notices() {
    return List.copyOf(notices);
  }

  void rejectIfAny() throws ManifestRejection {
    if (!problems.isEmpty()) {
      throw new ManifestRejection(problems);
    }
  }
}
