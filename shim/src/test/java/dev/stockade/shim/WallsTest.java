package dev.stockade.shim;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The walls of docs/ARCHITECTURE.md within the daemon and its command line. */
@AnalyzeClasses(packages = "dev.stockade.shim", importOptions = DoNotIncludeTests.class)
final class WallsTest {
  @ArchTest
  static final ArchRule onlyTheLauncherCallsTheKernel =
      noClasses().should().dependOnClassesThat().resideInAnyPackage("jnr..", "com.kenai.jffi..");

  /** A child of the JVM inherits its descriptors; only warden starts programs. */
  @ArchTest
  static final ArchRule theDaemonStartsNoProcess =
      noClasses()
          .should()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.lang.ProcessBuilder")
          .orShould()
          .callMethod(Runtime.class, "exec", String[].class)
          .orShould()
          .callMethod(Runtime.class, "exec", String.class);

  @ArchTest
  static final ArchRule theCommandLineReachesTheDaemonOnlyThroughItsSocket =
      noClasses()
          .that()
          .resideInAPackage("..shim.cli..")
          .and()
          .doNotHaveSimpleName("ServeCommand")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "..shim.daemon..", "..shim.container..", "..shim.pod..", "..shim.network..");

  @ArchTest
  static final ArchRule noCycles =
      slices().matching("dev.stockade.shim.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule namesSayWhatThingsAre =
      classes()
          .should()
          .resideOutsideOfPackages(
              "..util..", "..common..", "..helper..", "..manager..", "..impl..")
          .andShould()
          .haveSimpleNameNotEndingWith("Util")
          .andShould()
          .haveSimpleNameNotEndingWith("Utils")
          .andShould()
          .haveSimpleNameNotEndingWith("Helper")
          .andShould()
          .haveSimpleNameNotEndingWith("Manager")
          .andShould()
          .haveSimpleNameNotEndingWith("Impl");
}
