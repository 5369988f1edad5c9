package dev.stockade.launcher.plan;

/** What a law says of two patterns. */
enum Relation {
  /** Every first is earlier than every second; neither has to be there. */
  BEFORE("before"),
  /** The same, and where there is a second there is a first. */
  NEEDED_BEFORE("needed before"),
  /** After the earliest first, everything is a second. */
  THEN_ONLY("then only"),
  /** The child begins with a first. */
  BEGINS("begins the child"),
  /** The plan ends with a first, and there is no other. */
  ENDS("ends the plan"),
  /** There is a first. */
  PRESENT("must be there"),
  /** There is no first. */
  NEVER("never");

  private final String text;

  Relation(String text) {
    this.text = text;
  }

  /** The words of the documentation. */
  String text() {
    return text;
  }
}
