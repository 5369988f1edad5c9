package dev.stockade.launcher.engine;

import dev.stockade.launcher.linux.Cgroup;
import dev.stockade.launcher.linux.Directory;
import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.linux.Fd;
import dev.stockade.launcher.linux.HostPath;
import dev.stockade.launcher.linux.Namespace;
import dev.stockade.launcher.linux.Pipe;
import dev.stockade.launcher.linux.Resolution;
import dev.stockade.launcher.linux.SeqpacketSocket;
import dev.stockade.launcher.linux.SyscallException;
import dev.stockade.launcher.plan.FdSource;
import dev.stockade.launcher.plan.LaunchPlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * Opens what the slots of one plan name. On any failure everything opened so far is closed again.
 */
final class Preparation {
  static final String CONTROL_SOCKET = "control";
  private static final int BACKLOG = 4;
  private static final String MEMORY_EVENTS = "memory.events";

  private final Engine engine;
  private final MountSources mounts;
  private final LaunchFiles files;
  private final Optional<Cgroup> cgroup;
  private final Map<FdSource.Stream, Fd> otherEnds = new EnumMap<>(FdSource.Stream.class);

  Preparation(Engine engine, MountSources mounts, LaunchFiles files, Optional<Cgroup> cgroup) {
    this.engine = engine;
    this.mounts = mounts;
    this.files = files;
    this.cgroup = cgroup;
  }

  SlotTable open(LaunchPlan plan) throws IOException, LaunchFailure {
    SlotTable table = new SlotTable();
    try {
      for (FdSource source : plan.slots()) {
        table.add(open(source));
      }
      otherEnds.forEach(table::keep);
      otherEnds.clear();
      return table;
    } catch (IOException | LaunchFailure | RuntimeException e) {
      otherEnds.values().forEach(Fd::close);
      table.close();
      throw e;
    }
  }

  private Fd open(FdSource source) throws IOException, LaunchFailure {
    if (source instanceof FdSource.StdStream stream) {
      return stream(stream);
    } else if (source instanceof FdSource.LogFile) {
      return required(files.log(), "the log").duplicate();
    } else if (source instanceof FdSource.Discard) {
      return HostPath.nullDevice();
    } else if (source instanceof FdSource.ExitDirectory) {
      return HostPath.directory(required(files.directory(), "a directory for the exit record"));
    } else if (source instanceof FdSource.ControlListener) {
      return listener(required(files.directory(), "a directory for the control socket"));
    } else if (source instanceof FdSource.CgroupDirectory) {
      return required(cgroup, "linux.cgroupsPath").fd().duplicate();
    } else if (source instanceof FdSource.MemoryEvents) {
      return memoryEvents(required(cgroup, "linux.cgroupsPath"));
    } else if (source instanceof FdSource.WardenImage) {
      return engine.serve().image();
    } else if (source instanceof FdSource.PrivateProc) {
      return engine.privateProc().duplicate();
    } else if (source instanceof FdSource.NamespaceFile namespace) {
      return Namespace.open(namespace.path(), namespace.kind().flag());
    }
    return mounts.open(source);
  }

  /**
   * An exec's may be those of a cgroup above, because a container that divides its own can keep the
   * controller from those below.
   */
  private Fd memoryEvents(Cgroup own) throws IOException, LaunchFailure {
    try {
      return own.openControl(MEMORY_EVENTS);
    } catch (SyscallException e) {
      Path above = Path.of(own.path()).getParent();
      if (!e.is(Errno.ENOENT) || files.target().isEmpty() || above == null) {
        throw e;
      }
      try (Cgroup next = engine.hierarchy().open(above.toString())) {
        return memoryEvents(next);
      }
    }
  }

  private static <T> T required(Optional<T> value, String what) throws LaunchFailure {
    return value.orElseThrow(
        () ->
            new LaunchFailure(
                LaunchFailure.Cause.PREPARATION,
                "the plan needs " + what + ", and none was given"));
  }

  private static Fd listener(Path directory) throws IOException {
    try (Directory holder = Directory.open(directory, Resolution.BENEATH)) {
      SeqpacketSocket socket = SeqpacketSocket.listen(holder, CONTROL_SOCKET, BACKLOG);
      return socket.fd().transfer();
    }
  }

  /** The second end asked for of a stream is the other one of the same pipe. */
  private Fd stream(FdSource.StdStream stream) throws IOException {
    if (stream.end() == FdSource.End.NULL) {
      return HostPath.nullDevice();
    }
    Fd waiting = otherEnds.remove(stream.which());
    if (waiting != null) {
      return waiting;
    }
    Pipe pipe = Pipe.open();
    boolean childReads = stream.which() == FdSource.Stream.STDIN;
    boolean wantsRead = childReads == (stream.end() == FdSource.End.CHILD);
    Fd wanted = wantsRead ? pipe.read() : pipe.write();
    Fd other = wantsRead ? pipe.write() : pipe.read();
    otherEnds.put(stream.which(), other);
    try {
      wanted.owner(stream.owner(), -1);
      if (!stream.label().isEmpty()) {
        wanted.label(stream.label());
      }
      return wanted;
    } catch (IOException e) {
      wanted.close();
      throw e;
    }
  }
}
