package dev.stockade.launcher.seccomp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.List;
import org.junit.jupiter.api.Test;

class ProfileReaderTest {
  private static List<String> problems(String json) {
    ProfileException e =
        catchThrowableOfType(
            ProfileException.class,
            () -> ProfileReader.read(json.replace('\'', '"').getBytes(UTF_8)));
    assertThat(e).as(json).isNotNull();
    return e.problems();
  }

  @Test
  void allProblemsAreReportedAtOnceWithTheirPlaces() {
    assertThat(
            problems(
                "{'defaultAction':'ALLOW','architectures':['SCMP_ARCH_X86','SCMP_ARCH_VAX'],'flags':'x',"
                    + "'syscalls':[{'names':['read',''],'action':'SCMP_ACT_ERRNO','errnoRet':-1,"
                    + "'args':[{'index':6,'value':18446744073709551616,'op':'SCMP_CMP_SAME'}]},{'action':'SCMP_ACT_KILL'},7]}"))
        .satisfiesExactly(
            p ->
                assertThat(p).startsWith("defaultAction: ALLOW is none of SCMP_ACT_KILL_PROCESS, "),
            p -> assertThat(p).startsWith("architectures[1]: SCMP_ARCH_VAX is none of "),
            p -> assertThat(p).isEqualTo("flags: not an array"),
            p ->
                assertThat(p)
                    .isEqualTo("syscalls[0].names[1]: \"\" is not the name of a system call"),
            p ->
                assertThat(p)
                    .isEqualTo("syscalls[0].errnoRet: -1 is not an unsigned 32-bit number"),
            p -> assertThat(p).isEqualTo("syscalls[0].args[0].index: 6 is not 0 to 5"),
            p ->
                assertThat(p)
                    .isEqualTo(
                        "syscalls[0].args[0].value: 18446744073709551616 is not an unsigned 64-bit number"),
            p ->
                assertThat(p)
                    .startsWith("syscalls[0].args[0].op: SCMP_CMP_SAME is none of SCMP_CMP_NE, "),
            p -> assertThat(p).isEqualTo("syscalls[1].names: missing or empty"),
            p -> assertThat(p).isEqualTo("syscalls[2]: not an object"));
  }

  @Test
  void unknownFieldsAreRefused() {
    assertThat(
            problems(
                "{'defaultAction':'SCMP_ACT_ALLOW','colour':1,"
                    + "'syscalls':[{'names':['read'],'action':'SCMP_ACT_LOG','sound':{}}]}"))
        .containsExactly("colour: unknown field", "syscalls[0].sound: unknown field");
  }

  @Test
  void whatIsNoJsonIsRefused() {
    assertThat(problems("{")).singleElement().asString().startsWith("$: not acceptable JSON: ");
    assertThat(problems("")).isNotEmpty();
    assertThat(problems("[]")).containsExactly("$: not an object");
    assertThat(problems("{'defaultAction':'SCMP_ACT_LOG'} x"))
        .singleElement()
        .asString()
        .contains("line 1");
    assertThat(problems("{'defaultAction':'SCMP_ACT_LOG','defaultAction':'SCMP_ACT_ALLOW'}"))
        .singleElement()
        .asString()
        .contains("Duplicate field 'defaultAction'");
  }

  @Test
  void sizeAndDepthAreBounded() throws Exception {
    assertThat(problems("{'defaultAction':" + "[".repeat(50) + "]".repeat(50) + "}"))
        .singleElement()
        .asString()
        .contains("nesting depth");
    byte[] large = new byte[ProfileReader.MAX_BYTES + 1];
    ProfileException e =
        catchThrowableOfType(ProfileException.class, () -> ProfileReader.read(large));
    assertThat(e.problems()).containsExactly("$: 1048577 bytes are more than 1048576");
    String rules = "{'names':['read'],'action':'SCMP_ACT_LOG'},".repeat(ProfileReader.MAX_RULES);
    String many =
        "{'defaultAction':'SCMP_ACT_ALLOW','syscalls':["
            + rules
            + "{'names':['read'],'action':'SCMP_ACT_LOG'}]}";
    assertThat(problems(many)).containsExactly("syscalls: 4097 entries are more than 4096");
  }

  @Test
  void theListOfProblemsIsBounded() {
    String bad = "{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[" + "1,".repeat(999) + "1]}";
    assertThat(problems(bad)).hasSize(101).last().asString().isEqualTo("$: 900 more problems");
  }

  @Test
  void quotedTextIsShortAndPrintable() {
    String name = "\\u001b[31m" + "x".repeat(500);
    assertThat(problems("{'defaultAction':'" + name + "'}"))
        .singleElement()
        .asString()
        .startsWith("defaultAction: ?[31mxxx")
        .hasSizeLessThan(400);
  }

  @Test
  void nullIsAbsent() throws Exception {
    String json =
        "{'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':null,'architectures':null,"
            + "'syscalls':[{'names':['read'],'action':'SCMP_ACT_ALLOW','args':null,'errnoRet':null}]}";
    assertThat(ProfileReader.read(json.replace('\'', '"').getBytes(UTF_8)).everything())
        .isEqualTo(
            Profile.of(Action.ERRNO, List.of(), List.of(Rule.of(Action.ALLOW, List.of("read")))));
  }

  @Test
  void whatCannotBeEnforcedIsRefused() {
    assertThat(
            problems(
                "{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'names':['read','open_sesame'],'action':'SCMP_ACT_ERRNO'}]}"))
        .containsExactly(
            "syscalls[0].names[1]: no Linux architecture has a system call \"open_sesame\" (x86_64, Linux 7.3.0)");
  }
}
