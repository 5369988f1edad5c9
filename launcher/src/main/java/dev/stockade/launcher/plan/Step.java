package dev.stockade.launcher.plan;

/**
 * One step of a launch plan. Every {@link StepCode} has exactly one record, whose components are
 * the operands of {@code native/abi/plan.abi} in their order, and a {@link Tolerance} behind them
 * where the step may have one.
 */
public sealed interface Step
    permits MonitorStep, NamespaceStep, FileSystemStep, ProcessStep, IdentityStep, FinalStep {
  /** The code of this step. */
  default StepCode code() {
    return StepCatalogue.codeOf(getClass());
  }
}
