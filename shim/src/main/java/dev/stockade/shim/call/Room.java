package dev.stockade.shim.call;

/** What to do where the disk, its inodes or a quota are used up. */
public final class Room {
  /** For the end of an error. */
  public static final String REMEDY =
      "make room there: \"stockade images gc\" deletes what nothing needs, with --unused images"
          + " that no container uses too, \"stockade images rm\" and \"stockade rm\" what you name;"
          + " or raise the quota; then ask again";

  private Room() {}
}
