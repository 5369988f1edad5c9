package dev.stockade.launcher;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The walls of docs/ARCHITECTURE.md within the launcher. */
@AnalyzeClasses(packages = "dev.stockade.launcher", importOptions = DoNotIncludeTests.class)
final class WallsTest {
  private static final String[] PURE = {
    "..launcher.plan..", "..launcher.seccomp..", "..launcher.caps..", "..launcher.spec.."
  };

  @ArchTest
  static final ArchRule pureCodeKnowsNoKernelAndNoEngine =
      noClasses()
          .that()
          .resideInAnyPackage(PURE)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "..launcher.linux..", "..launcher.engine..", "jnr..", "com.kenai.jffi..");

  /**
   * Reading a text or a resource of the jar is data; files, sockets, processes and threads are not.
   */
  @ArchTest
  static final ArchRule pureCodeDoesNoInputOrOutput =
      noClasses()
          .that()
          .resideInAnyPackage(PURE)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "java.net..", "java.nio.channels..", "java.util.logging..", "java.util.concurrent..")
          .orShould()
          .dependOnClassesThat()
          .haveNameMatching(
              "java\\.io\\.(File.*|RandomAccessFile|Console)|java\\.nio\\.file\\.Files"
                  + "|java\\.lang\\.(Process.*|Runtime|Thread.*)");

  @ArchTest
  static final ArchRule onlyLinuxCallsTheKernel =
      noClasses()
          .that()
          .resideOutsideOfPackage("..launcher.linux..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("jnr..", "com.kenai.jffi..");

  @ArchTest
  static final ArchRule linuxIsMechanismOnly =
      noClasses()
          .that()
          .resideInAPackage("..launcher.linux..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("..launcher.engine..");

  @ArchTest
  static final ArchRule knowsNothingOfTheInterface =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "dev.stockade.shim..", "runtime.v1..", "io.grpc..", "com.google.protobuf..");

  @ArchTest
  static final ArchRule noCycles =
      slices().matching("dev.stockade.launcher.(*)..").should().beFreeOfCycles();

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
