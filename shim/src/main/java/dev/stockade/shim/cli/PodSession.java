package dev.stockade.shim.cli;

import dev.stockade.cri.v1.ContainerConfig;
import dev.stockade.cri.v1.ContainerStatus;
import dev.stockade.shim.cli.log.LogPrinter;
import dev.stockade.shim.cli.manifest.PodRequest;
import dev.stockade.shim.cli.manifest.PodRequest.OneContainer;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;

/** One {@code stockade run}: a pod from nothing to its end, with its output and its outcome. */
final class PodSession {
  private static final int CANNOT_EXECUTE = 126;
  private static final int NOT_FOUND = 127;
  private static final int INTERRUPTED = 130;

  private final Output output;
  private final Daemon daemon;
  private final RunCommand.Wish wish;
  private final PodDirectory directory;
  private final PodRequest request;
  private final PodOutcome outcome = new PodOutcome();
  private boolean removed;

  PodSession(
      Output output,
      Daemon daemon,
      RunCommand.Wish wish,
      PodRequest request,
      PodDirectory directory) {
    this.output = output;
    this.daemon = daemon;
    this.wish = wish;
    this.directory = directory;
    this.request = resolved(daemon, request);
  }

  /** Runs the pod and returns the exit code. */
  int run() throws IOException {
    directory.create(request);
    PodRun pod = start();
    if (wish.detach()) {
      return work(pod);
    }
    InterruptGuard guard =
        InterruptGuard.over(
            () -> {
              if (wish.remove()) {
                remove(pod);
              } else {
                pod.stop();
              }
            });
    try (guard) {
      return work(pod);
    } catch (CommandFailure e) {
      if (guard.struck()) {
        return INTERRUPTED;
      }
      throw e;
    }
  }

  private static PodRequest resolved(Daemon daemon, PodRequest plain) {
    PodRequest known =
        plain.map(
            sandbox -> sandbox,
            container -> ImageUserLookup.resolve(word -> ImageWord.find(daemon, word), container));
    return known.ownUserNamespace()
        ? UserNamespaceIds.choose(daemon, new SecureRandom()).into(known)
        : known;
  }

  private PodRun start() {
    try {
      return PodRun.start(daemon, request);
    } catch (CommandFailure e) {
      directory.remove();
      throw e;
    }
  }

  private int work(PodRun pod) throws IOException {
    int code;
    try {
      code = containers(pod);
      report(pod);
    } catch (CommandFailure e) {
      leave(pod, e);
      throw e;
    }
    if (wish.remove()) {
      remove(pod);
    }
    return code;
  }

  /** The init containers one after the other, then the others side by side. */
  private int containers(PodRun pod) throws IOException {
    for (OneContainer container : request.initContainers()) {
      int code = await(List.of(launch(pod, container.config())));
      if (code != ExitCode.OK) {
        output.notice("init container " + container.name() + " ended with exit code " + code);
        return code;
      }
    }
    List<ContainerOutput> running = new ArrayList<>();
    for (OneContainer container : request.containers()) {
      running.add(launch(pod, container.config()));
    }
    return wish.detach() ? ExitCode.OK : await(running);
  }

  private ContainerOutput launch(PodRun pod, ContainerConfig config) {
    String name = config.getMetadata().getName();
    String id = pod.create(config);
    ContainerView view = new ContainerView(daemon, id);
    outcome.add(name, view);
    try {
      pod.start(id, name);
    } catch (CommandFailure e) {
      throw new CommandFailure(exitCodeOfFailedStart(view), e.text(), e);
    }
    Path log = Path.of(request.sandbox().getLogDirectory()).resolve(config.getLogPath());
    return new ContainerOutput(view, log, printer(name));
  }

  /** Shells' codes for a program that is not there or is none, where that was the reason. */
  private static int exitCodeOfFailedStart(ContainerView view) {
    ContainerStatus status = view.status();
    int code = status.getExitCode();
    boolean known = code == CANNOT_EXECUTE || code == NOT_FOUND;
    return status.getFinishedAt() != 0 && known ? code : ExitCode.NOT_THE_WORKLOAD;
  }

  private LogPrinter printer(String name) {
    boolean several = request.initContainers().size() + request.containers().size() > 1;
    PrintStream out = wish.json() ? output.err() : output.out();
    return new LogPrinter(out, output.err(), several ? "[" + name + "] " : "", false);
  }

  /** Prints what containers write until all have ended; the first exit code that is not 0. */
  private int await(List<ContainerOutput> running) throws IOException {
    Pause pause = new Pause();
    while (running.stream().anyMatch(one -> !one.hasEnded())) {
      boolean any = false;
      for (ContainerOutput one : running) {
        any |= !one.hasEnded() && one.step();
      }
      if (running.stream().anyMatch(one -> !one.hasEnded())) {
        pause.after(any);
      }
    }
    for (ContainerOutput one : running) {
      one.close();
    }
    return running.stream()
        .map(one -> one.status().getExitCode())
        .filter(code -> code != ExitCode.OK)
        .findFirst()
        .orElse(ExitCode.OK);
  }

  private void report(PodRun pod) {
    if (wish.json()) {
      output.out().println(outcome.json(pod, wish.receipt()));
    } else if (wish.detach()) {
      output.line(pod.id());
    } else if (wish.receipt()) {
      outcome.printReceipts(output);
    }
  }

  /** After a failure: what may tell more is left, stopped, unless the pod was to be removed. */
  private void leave(PodRun pod, CommandFailure reason) {
    try {
      if (wish.remove() || !pod.hasContainers()) {
        remove(pod);
        return;
      }
      pod.stop();
      output.notice(
          "pod "
              + pod.name()
              + " is left for \"stockade inspect\" and \"stockade logs\"; remove it"
              + " with \"stockade rm "
              + pod.id()
              + "\"");
    } catch (CommandFailure e) {
      reason.addSuppressed(e);
      output.notice(e.text());
    }
  }

  private synchronized void remove(PodRun pod) {
    if (!removed) {
      removed = true;
      pod.remove();
      directory.remove();
    }
  }
}
