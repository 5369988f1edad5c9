package dev.stockade.shim.container;

import dev.stockade.launcher.engine.LaunchFailure;
import dev.stockade.launcher.engine.LaunchFiles;
import dev.stockade.launcher.engine.Output;
import dev.stockade.launcher.engine.RunningProcess;
import dev.stockade.launcher.linux.Errno;
import dev.stockade.launcher.plan.ExecSpec;
import dev.stockade.launcher.plan.IoMode;
import dev.stockade.launcher.plan.LaunchKind;
import dev.stockade.launcher.plan.LaunchRejection;
import dev.stockade.launcher.plan.LaunchRequest;
import dev.stockade.launcher.plan.Receipt;
import dev.stockade.launcher.plan.RootFs;
import dev.stockade.launcher.spec.OciProcess;
import dev.stockade.launcher.spec.OciSpec;
import dev.stockade.shim.call.CallFailure;
import dev.stockade.shim.call.CallFailure.Kind;
import dev.stockade.shim.call.Refusals;
import dev.stockade.shim.node.Node;
import dev.stockade.shim.receipt.Degradations;
import dev.stockade.shim.receipt.ReceiptRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Runs a command in a running container, under exactly the container's constraints, verified like
 * the container itself.
 */
final class ExecSession {
  private static final System.Logger LOG = System.getLogger(ExecSession.class.getName());

  /** What is kept of each stream; the rest is read and thrown away (CVE-2022-31030). */
  private static final int OUTPUT_LIMIT = 16 << 20;

  private static final int NOT_EXECUTABLE = 126;
  private static final int NOT_FOUND = 127;

  private final Node node;
  private final AtomicLong sequence = new AtomicLong();

  ExecSession(Node node) {
    this.node = node;
  }

  /**
   * Runs the command to its end.
   *
   * @param timeout zero for none
   */
  ExecResult run(Container container, List<String> command, Duration timeout) throws CallFailure {
    container.life().require(Life.Phase.RUNNING, "run a command in");
    RunningProcess target =
        container
            .process()
            .orElseThrow(() -> new CallFailure(Kind.WRONG_STATE, container + " has just ended"));
    String attempted = "run a command in " + container;
    ProfileInForce.require(attempted, node, container.spec());
    try {
      PlannedLaunch planned = planned(container, command, target.pid());
      LaunchFiles files = LaunchFiles.exec(target);
      Output output =
          node.launcher().run(planned.plan(), planned.request(), files, timeout, OUTPUT_LIMIT);
      output.receipt().ifPresent(receipt -> tell(container, receipt));
      if (output.timedOut()) {
        throw new CallFailure(
            Kind.DEADLINE,
            "timeout: command timed out: it ran longer than "
                + timeout.toSeconds()
                + " s and was killed; allow it more");
      }
      return new ExecResult(output.standard(), output.error(), output.status().code());
    } catch (LaunchFailure e) {
      return notLaunched(attempted, e);
    } catch (LaunchRejection e) {
      throw Refusals.of(attempted, "cmd", e);
    } catch (IOException e) {
      throw Refusals.of(attempted, e);
    }
  }

  /** What its container lacks too is in the status of that. */
  private static void tell(Container container, Receipt receipt) {
    String missing = Degradations.of(ReceiptRecord.of(receipt, Map.of()));
    if (!missing.isEmpty()
        && !container.receipt().map(Degradations::of).equals(Optional.of(missing))) {
      LOG.log(System.Logger.Level.WARNING, "a command in {0} ran without {1}", container, missing);
    }
  }

  private PlannedLaunch planned(Container container, List<String> command, int pid)
      throws LaunchRejection {
    String id = container.id() + ".exec" + sequence.incrementAndGet();
    Container.Limits limits = container.limits();
    Optional<PlannedLaunch> known = limits.commands().find(command);
    if (known.isPresent()) {
      return new PlannedLaunch(known.get().request().withId(id), known.get().plan());
    }
    LaunchRequest request =
        new LaunchRequest(
            LaunchKind.EXEC,
            id,
            spec(limits.spec(), command, pid),
            new RootFs.None(),
            node.facts(),
            IoMode.CAPTURED,
            node.launcher().rootMountPoint(),
            Map.of(),
            node.settings().mayDegrade(),
            0);
    PlannedLaunch planned = new PlannedLaunch(request, node.launcher().compile(request));
    limits.commands().keep(command, planned);
    return planned;
  }

  /**
   * A command that is not there is the caller's mistake, not ours: it ends like one that a shell
   * does not find.
   */
  private static ExecResult notLaunched(String attempted, LaunchFailure e) throws CallFailure {
    if (e.kind() != LaunchFailure.Cause.EXECUTABLE) {
      throw Refusals.of(attempted, e);
    }
    byte[] message = (e.getMessage() + "\n").getBytes(StandardCharsets.UTF_8);
    int code = e.errno() == Errno.ENOENT ? NOT_FOUND : NOT_EXECUTABLE;
    return new ExecResult(new byte[0], message, code);
  }

  private static OciSpec spec(OciSpec of, List<String> command, int pid) {
    OciProcess process = Objects.requireNonNull(of.process());
    return ExecSpec.of(of, process.running(command, process.env(), process.cwd()), pid);
  }
}
