package dev.stockade.shim.signature;

import java.util.List;

/** One thing that has to hold of an image. */
sealed interface Requirement {

  /** How the policy's file calls it. */
  String type();

  /** Nothing has to. */
  record AcceptAnything() implements Requirement {
    @Override
    public String type() {
      return "insecureAcceptAnything";
    }
  }

  /** No image is good enough. */
  record Reject() implements Requirement {
    @Override
    public String type() {
      return "reject";
    }
  }

  /** One of the keys has signed it, as what it is asked for as. */
  record Signed(List<VerificationKey> keys, SignedIdentity identity) implements Requirement {
    @Override
    public String type() {
      return "sigstoreSigned";
    }
  }

  /**
   * Something that is not verified here, so that no image fulfils it.
   *
   * @param what it asks for
   */
  record Unverifiable(String type, String what) implements Requirement {}
}
