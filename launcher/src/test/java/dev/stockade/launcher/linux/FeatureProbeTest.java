package dev.stockade.launcher.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class FeatureProbeTest {
  private static SyscallException failed(Errno errno) {
    return new SyscallException("fsconfig", errno, "overlay lowerdir+ by descriptor", "");
  }

  @ParameterizedTest
  @EnumSource(names = {"EINVAL", "ENOSYS", "EOPNOTSUPP", "ENODEV", "EPERM"})
  void whatTheKernelLacksOrForbidsIsAnAnswer(Errno errno) throws SyscallException {
    assertThat(FeatureProbe.refused(failed(errno), FeatureProbe.NO)).isFalse();
    assertThat(FeatureProbe.refused(failed(errno), FeatureProbe.NO_FOR_PATH_DESCRIPTORS)).isFalse();
  }

  @Test
  void theFloorKernelTakesNoMountAsALayer() throws SyscallException {
    SyscallException floor = failed(Errno.EBADF);
    assertThat(FeatureProbe.refused(floor, FeatureProbe.NO_FOR_PATH_DESCRIPTORS)).isFalse();
    assertThatThrownBy(() -> FeatureProbe.refused(floor, FeatureProbe.NO)).isSameAs(floor);
  }

  @ParameterizedTest
  @EnumSource(names = {"EMFILE", "ENOMEM", "EIO"})
  void anythingElseIsAFailure(Errno errno) {
    for (Set<Errno> no : Set.of(FeatureProbe.NO, FeatureProbe.NO_FOR_PATH_DESCRIPTORS)) {
      SyscallException failure = failed(errno);
      assertThatThrownBy(() -> FeatureProbe.refused(failure, no)).isSameAs(failure);
    }
  }
}
