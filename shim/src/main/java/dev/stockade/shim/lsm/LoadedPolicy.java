package dev.stockade.shim.lsm;

import dev.stockade.launcher.linux.SeLinuxPolicy;
import java.io.IOException;
import java.util.Optional;

/**
 * The policy in the kernel.
 *
 * @param own the daemon's context, which is also warden's
 */
record LoadedPolicy(String own) implements SelinuxPolicy {
  @Override
  public boolean enforces(SelinuxContext context) throws IOException {
    return SeLinuxPolicy.enforces(context.toString());
  }

  @Override
  public Optional<SelinuxContext> find(SelinuxContext context) throws IOException {
    return SeLinuxPolicy.find(context.toString()).flatMap(SelinuxContext::parse);
  }

  @Override
  public boolean mayStart(SelinuxContext context) throws IOException {
    return SeLinuxPolicy.allows(own, context.toString(), "process", "transition");
  }

  @Override
  public boolean mayRead(SelinuxContext process, SelinuxContext file) throws IOException {
    return SeLinuxPolicy.grants(process.toString(), file.toString(), "file", "read");
  }
}
