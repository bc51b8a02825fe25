import type { VersionedSource } from "./field-run.ts";

/** A list of objects that are made when their fields are executed: what is known of an object's text may do without. */
export abstract class LazyItems<T extends VersionedSource> implements Iterable<T> {
  abstract readonly length: number;

  /** The object at an index. */
  abstract at(index: number): T;

  /** What stands for the object at an index until another one is asked for. */
  abstract sourceAt(index: number): VersionedSource;

  *[Symbol.iterator](): Iterator<T> {
    for (let index = 0; index < this.length; index++) yield this.at(index);
  }
}
