package dev.stockade.shim.cdi;

import dev.stockade.shim.cdi.SpecDirectory.SpecFile;
import dev.stockade.shim.intent.CdiRequest;
import dev.stockade.shim.intent.Problems;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/** The devices that the node's specifications have now. */
public final class DeviceRegistry {
  private static final int MOST_TOLD = 4;

  /** By full name: the files of the last directory that has it. */
  private final Map<String, List<SpecFile>> found = new HashMap<>();

  private final List<SpecFile> bad = new ArrayList<>();
  private final List<Path> directories;

  private DeviceRegistry(List<Path> directories) {
    this.directories = directories;
  }

  /** What one file changes for the devices of a request. */
  public record Injection(CdiRequest request, String origin, Edits edits) {}

  /** Reads all specifications; a later directory counts before an earlier one. */
  public static DeviceRegistry read(List<Path> directories) {
    DeviceRegistry registry = new DeviceRegistry(directories);
    for (Path directory : directories) {
      registry.add(SpecDirectory.read(directory));
    }
    return registry;
  }

  private void add(List<SpecFile> files) {
    Map<String, List<SpecFile>> here = new HashMap<>();
    for (SpecFile file : files) {
      Set<String> names = file.names();
      if (file.spec().isEmpty()) {
        bad.add(file);
      } else {
        Spec spec = file.spec().get();
        names =
            spec.devices().keySet().stream()
                .map(name -> spec.kind() + "=" + name)
                .collect(Collectors.toSet());
      }
      for (String name : names) {
        here.computeIfAbsent(name, any -> new ArrayList<>()).add(file);
      }
    }
    found.putAll(here);
  }

  /**
   * The changes for each device, in the order of the requests; what a file changes for all of its
   * devices comes once, before the first of them.
   */
  public List<Injection> resolve(List<CdiRequest> requests, Problems problems) {
    List<Injection> injections = new ArrayList<>();
    Set<Path> begun = new HashSet<>();
    for (CdiRequest request : requests) {
      List<SpecFile> files = found.getOrDefault(request.name(), List.of());
      String device = "the device " + request.name() + " ";
      if (files.isEmpty()) {
        problems.unenforceable(
            request.field(), device + "is in no specification" + told(), "install its file");
      } else if (files.size() > 1) {
        String paths = files.stream().map(f -> f.path() + "").collect(Collectors.joining(", "));
        problems.unenforceable(
            request.field(), device + "is in several files: " + paths, "remove all but one");
      } else if (files.get(0).spec().isEmpty()) {
        String reason = files.get(0).path() + ": " + files.get(0).reason();
        problems.unenforceable(
            request.field(), device + "cannot be had: " + reason, "correct the file");
      } else {
        SpecFile file = files.get(0);
        Spec spec = file.spec().get();
        if (begun.add(file.path())) {
          injections.add(new Injection(request, origin(file, ""), spec.edits()));
        }
        String name = request.name().substring(spec.kind().length() + 1);
        Edits edits = Objects.requireNonNull(spec.devices().get(name));
        injections.add(new Injection(request, origin(file, name), edits));
      }
    }
    return injections;
  }

  private static String origin(SpecFile file, String device) {
    return device.isEmpty() ? file.path() + "" : file.path() + " (device " + device + ")";
  }

  /** Where was looked, and what could not be read there. */
  private String told() {
    String where = directories.stream().map(Path::toString).collect(Collectors.joining(" and "));
    if (bad.isEmpty()) {
      return " of " + (where.isEmpty() ? "cdi.spec_dirs, which is empty" : where);
    }
    return " of "
        + where
        + " that can be used; not used: "
        + bad.stream()
            .limit(MOST_TOLD)
            .map(file -> file.path() + ": " + file.reason())
            .collect(Collectors.joining(", "))
        + (bad.size() > MOST_TOLD ? " and " + (bad.size() - MOST_TOLD) + " more" : "");
  }
}
