import type { Gate } from "../alma/index.ts";
import type { Catalog, StoredKeys, WriteIntent, WriteJournal } from "../catalog/index.ts";

/**
 * The part of a gateway that knows Alma. Each copy of the leader's and each term that does not go on from a copy has
 * its own: times of one are in the order of no other.
 */
export interface SharedBackend {
  readonly catalog: Catalog;
  /** Lets its clock run, on from a time. Until then it stands still. */
  startClock(at: number): void;
  /** Notes a write that an earlier leader has begun, which may still be carried out. */
  noteEarlierWrite(intent: WriteIntent): void;
  /** Begins background work. */
  lead(): void;
  /** Ends background work; reads that others wait for go on. Resolves when all that are under way are over. */
  stopBackgroundWork(): Promise<void>;
  /** Ends background work and reads; writes under way may end. */
  retire(): Promise<void>;
}

/** What a backend is connected to: its calls to Alma wait for the lease, and its writes are in the store. */
export interface BackendLinks {
  readonly gate: Gate;
  readonly journal: WriteJournal;
  readonly storedKeys: StoredKeys;
}
