import type { Gate } from "../alma/index.ts";
import type { Catalog, StoredKeys, WriteIntent, WriteJournal } from "../catalog/index.ts";

/**
 * The part of a gateway that uses Alma. Each replica, and each term that does not continue from a replica, has its own
 * backend, since times of different clocks cannot be ordered.
 */
export interface SharedBackend {
  readonly catalog: Catalog;
  /** Starts its clock at a time. The clock does not advance before. */
  startClock(at: number): void;
  /** Records a write that an earlier leader began and that Alma may still perform. */
  noteEarlierWrite(intent: WriteIntent): void;
  /** Stops background work and reads; writes in progress may end. */
  close(): Promise<void>;
}

/** The connections of a backend: its calls to Alma wait for the lease, and its writes are recorded in the store. */
export interface BackendLinks {
  readonly gate: Gate;
  readonly journal: WriteJournal;
  readonly storedKeys: StoredKeys;
}
