package dev.stockade.launcher.plan;

import dev.stockade.launcher.seccomp.SeccompCompiler;
import dev.stockade.launcher.spec.OciLinux;
import dev.stockade.launcher.spec.OciProcess;
import dev.stockade.launcher.spec.OciSpec;
import dev.stockade.launcher.spec.OciUser;
import java.util.List;
import java.util.Map;

/**
 * Compiles what is asked into a launch plan. Deterministic: equal requests give equal plans. One
 * stage per concern adds steps to sections; the order is that of {@link Section}, and {@link
 * PlanChecker} holds the result to the laws.
 */
public final class LaunchCompiler {
  /** Who the pod's init is. */
  static final long INIT_ID = 65_535;

  static final OciLinux NO_LINUX =
      new OciLinux(
          List.of(), List.of(), List.of(), Map.of(), List.of(), "", null, "", null, Map.of(),
          List.of(), List.of(), "");

  private final Draft draft;
  private final OciSpec spec;
  private final OciLinux linux;
  private final FilterSource filters;

  private LaunchCompiler(LaunchRequest request, FilterSource filters) {
    this.draft = new Draft(request);
    this.spec = request.spec();
    this.linux = spec.linux() == null ? NO_LINUX : spec.linux();
    this.filters = filters;
  }

  /** As {@link #compile(LaunchRequest, FilterSource)}, compiling filters anew. */
  public static LaunchPlan compile(LaunchRequest request) throws LaunchRejection {
    return compile(request, SeccompCompiler::compile);
  }

  /**
   * The plan of a launch, with every law kept.
   *
   * @param filters compiles seccomp profiles
   * @throws LaunchRejection if the request cannot be enforced, with all reasons
   * @throws LawBrokenException if the plan breaks a law, which is a defect of the compiler: nothing
   *     is launched
   */
  public static LaunchPlan compile(LaunchRequest request, FilterSource filters)
      throws LaunchRejection {
    LaunchCompiler compiler = new LaunchCompiler(request, filters);
    compiler.plan();
    compiler.draft.problems.throwAny();
    LaunchPlan plan = compiler.draft.assemble();
    PlanSize.check(plan, request.spec());
    List<Violation> violations = PlanChecker.check(plan);
    if (!violations.isEmpty()) {
      throw new LawBrokenException(violations);
    }
    return plan;
  }

  private void plan() {
    HookReview.check(draft, spec);
    draft.add(Section.START, new NamespaceStep.CloseFds());
    draft.add(Section.START, new NamespaceStep.SetSid());
    NamespaceStage.plan(draft, linux);
    switch (draft.kind()) {
      case CONTAINER -> container(process());
      case EXEC -> exec(process());
      case NAMESPACES -> namespaces();
      case POD_INIT -> podInit();
    }
  }

  private OciProcess process() {
    OciProcess process = spec.process();
    if (process == null) {
      draft.problems.add("process", "is missing", "say what to execute");
      return initProcess(null);
    }
    return process;
  }

  private void container(OciProcess process) {
    RootStage.plan(draft, spec, linux);
    MountStage.plan(draft, spec.mounts(), linux.mountLabel());
    DeviceStage.plan(draft, spec.mounts(), linux.devices());
    MaskStage.plan(draft, linux);
    LimitStage.planKernelNames(draft, spec, linux);
    program(process);
  }

  private void exec(OciProcess process) {
    if (!(draft.request.root() instanceof RootFs.None)) {
      draft.problems.add("root", "exec makes no root", "it runs in the container's");
    }
    program(process);
  }

  private void program(OciProcess process) {
    LimitStage.planCgroup(draft, linux);
    LsmStage.plan(draft, process);
    StdioStage.plan(draft, process, spec.mounts(), linux.mountLabel());
    StdioStage.planRecords(draft);
    LimitStage.planProcess(draft, process);
    IdentityStage.plan(draft, process, linux.seccomp() != null);
    ExecStage.plan(draft, process);
    SeccompStage.plan(draft, linux.seccomp(), process.noNewPrivileges(), filters);
    finish();
  }

  private void podInit() {
    OciProcess process = initProcess(spec.process());
    RootStage.planEmpty(draft, linux.mountLabel());
    LimitStage.planCgroup(draft, linux);
    LsmStage.plan(draft, process);
    StdioStage.planNull(draft);
    StdioStage.planRecords(draft);
    LimitStage.planInit(draft, process);
    IdentityStage.plan(draft, process, linux.seccomp() != null);
    ExecStage.planInit(draft);
    SeccompStage.plan(draft, linux.seccomp(), true, filters);
    finish();
  }

  private void namespaces() {
    LimitStage.planKernelNames(draft, spec, linux);
    draft.add(Section.LAST, new FinalStep.Hold());
  }

  private void finish() {
    draft.add(Section.CLOSE, new NamespaceStep.CloseFds());
    if (draft.request.facts().tracing().possible()) {
      draft.add(Section.ATTEND, new MonitorStep.Trace());
    }
  }

  /** No privileges at all; from what is asked only what places it and confines it. */
  static OciProcess initProcess(@org.jspecify.annotations.Nullable OciProcess asked) {
    return new OciProcess(
        false,
        null,
        new OciUser(INIT_ID, INIT_ID, null, List.of()),
        List.of("init"),
        List.of(),
        "/",
        null,
        List.of(),
        true,
        asked == null ? "" : asked.apparmorProfile(),
        asked == null ? "" : asked.selinuxLabel(),
        asked == null ? null : asked.oomScoreAdj());
  }
}
