package dev.stockade.launcher.plan;

import dev.stockade.launcher.plan.FdSource.End;
import dev.stockade.launcher.plan.FdSource.StdStream;
import dev.stockade.launcher.plan.FdSource.Stream;
import dev.stockade.launcher.plan.IoMode.Output;
import dev.stockade.launcher.spec.OciConsoleSize;
import dev.stockade.launcher.spec.OciMount;
import dev.stockade.launcher.spec.OciProcess;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Standard streams or a terminal, the log, and what the monitor keeps of them. */
final class StdioStage {
  private static final String DEVPTS = "dev/pts";

  /** Where a container with a terminal finds it: the first of its own devpts instance. */
  static final String CONSOLE = "dev/console";

  private static final int MAX_SIZE = 65_535;

  private final Draft draft;
  private final long owner;
  private final String label;

  private StdioStage(Draft draft, long owner, String label) {
    this.draft = draft;
    this.owner = owner;
    this.label = label;
  }

  /** The label is the SELinux context of pipes, or empty. */
  static void plan(Draft draft, OciProcess process, List<OciMount> mounts, String label) {
    long uid = process.user().uid();
    long owner = draft.namespaces.idMaps().map(m -> m.hostUid(uid).orElse(uid)).orElse(uid);
    StdioStage stage = new StdioStage(draft, owner, label);
    boolean terminal = draft.request.io().terminal();
    if (terminal != process.terminal()) {
      draft.problems.add(
          "process.terminal",
          "differs from the request's standard streams",
          "the caller must agree with itself");
    }
    if (terminal) {
      stage.terminal(process.consoleSize(), uid, mounts);
    } else {
      stage.streams();
    }
  }

  /**
   * What outlives the engine: how the process ended, and where to ask. An exec ends with its caller
   * and needs neither.
   */
  static void planRecords(Draft draft) {
    String id = draft.request.id();
    if (id.isEmpty() || id.startsWith(".") || id.contains("/") || id.length() > 255) {
      draft.problems.add("id", "is no file name", "use letters, digits, dots and dashes");
    }
    if (draft.problems.text("id", id) && draft.kind() != LaunchKind.EXEC) {
      Slot directory = draft.supply(new FdSource.ExitDirectory());
      Slot listener = draft.supply(new FdSource.ControlListener());
      draft.add(Section.FOLLOW, new MonitorStep.ExitRecord(directory, id));
      draft.add(Section.FOLLOW, new MonitorStep.Control(listener));
    }
  }

  /** All three are the null device. */
  static void planNull(Draft draft) {
    StdioStage stage = new StdioStage(draft, 0, "");
    Slot none = stage.stream(Stream.STDIN, End.NULL);
    draft.add(Section.STDIO, new ProcessStep.Stdio(none, none, none));
  }

  private void streams() {
    IoMode io = draft.request.io();
    boolean piped = io.output() != Output.DISCARD;
    Slot in = stream(Stream.STDIN, io.stdin() ? End.CHILD : End.NULL);
    Slot out = stream(piped ? Stream.STDOUT : Stream.STDIN, piped ? End.CHILD : End.NULL);
    Slot err = stream(piped ? Stream.STDERR : Stream.STDIN, piped ? End.CHILD : End.NULL);
    draft.add(Section.STDIO, new ProcessStep.Stdio(in, out, err));
    if (io.output() == Output.LOG) {
      Optional<Slot> stdout = Optional.of(stream(Stream.STDOUT, End.MONITOR));
      Optional<Slot> stderr = Optional.of(stream(Stream.STDERR, End.MONITOR));
      draft.add(
          Section.FOLLOW,
          new MonitorStep.Log(stdout, stderr, draft.supply(new FdSource.LogFile())));
    }
    if (io.stdin() && io.output() != Output.CAPTURE) {
      draft.add(Section.FOLLOW, new MonitorStep.Stdin(stream(Stream.STDIN, End.MONITOR)));
    }
  }

  private Slot stream(Stream which, End end) {
    return draft.supply(
        end == End.NULL
            ? new StdStream(which, end, 0, "")
            : new StdStream(which, end, owner, label));
  }

  private void terminal(@Nullable OciConsoleSize size, long uid, List<OciMount> mounts) {
    if (draft.request.io().output() == Output.CAPTURE) {
      draft.problems.add(
          "process.terminal", "a terminal's output cannot be captured", "log or discard it");
    }
    boolean logged = draft.request.io().output() == Output.LOG;
    FdSource log = logged ? new FdSource.LogFile() : new FdSource.Discard();
    draft.add(Section.FOLLOW, new MonitorStep.TerminalLog(draft.supply(log)));
    long rows = size == null ? 0 : size.height();
    long columns = size == null ? 0 : size.width();
    if (rows < 0 || rows > MAX_SIZE || columns < 0 || columns > MAX_SIZE) {
      draft.problems.add("process.consoleSize", "is out of bounds", "use at most 65535 by 65535");
    }
    boolean container = draft.kind() == LaunchKind.CONTAINER;
    boolean devpts = mounts.stream().anyMatch(StdioStage::isDevpts);
    if (container && !devpts) {
      draft.problems.add("process.terminal", "there is no devpts on /dev/pts", "mount one");
    }
    boolean console = container && DeviceStage.ownsDev(mounts);
    Slot instance = draft.make();
    draft.add(Section.TERMINAL, new FileSystemStep.OpenDir(DEVPTS, instance));
    draft.add(
        Section.TERMINAL,
        new ProcessStep.Terminal(instance, rows, columns, console ? CONSOLE : "", uid));
    draft.add(Section.SESSION, new ProcessStep.TakeTerminal());
  }

  private static boolean isDevpts(OciMount mount) {
    return mount.type().equals("devpts")
        && mount.destination().replaceAll("/+$", "").equals("/" + DEVPTS);
  }
}
