import type { Alma } from "../../alma/index.ts";
import type { Catalog, WriteIntent, WriteJournal } from "../../catalog/index.ts";
import { DAY } from "../../config/index.ts";
import { GraphContext } from "../resolver/context.ts";
import type { GraphRequest } from "../resolver/graph-request.ts";
import type { GraphSettings } from "../resolver/graph-settings.ts";
import type { RunOnce } from "./idempotency.ts";
import type { UnsettledWrites } from "./unsettled-writes.ts";

/**
 * Creates locks by key for this process. A task runs as soon as no other task holds any of its keys; tasks that share a
 * key run in the order of their arrival. Keys are locked in sorted order, which prevents deadlocks.
 */
export function createKeyedLock() {
  const tails = new Map<string, Promise<void>>();

  function runExclusiveOn<T>(key: string, task: () => Promise<T>) {
    const result = (tails.get(key) ?? Promise.resolve()).then(task);
    const tail = result.then(
      () => {},
      () => {},
    );
    tails.set(key, tail);
    tail.then(() => {
      if (tails.get(key) === tail) tails.delete(key);
    });
    return result;
  }

  return function runExclusive<T>(keys: readonly string[], task: () => Promise<T>): Promise<T> {
    const [key, ...rest] = [...new Set(keys)].sort();
    return key === undefined ? task() : runExclusiveOn(key, () => runExclusive(rest, task));
  };
}

/** State shared by all writes of this process. */
export interface WriteServices {
  readonly alma: Alma;
  /** The Alma id of the project for new buildings that specify none. */
  readonly projectId: number;
  /** How long, in milliseconds, a write of unknown outcome is polled: ALMA_TIMEOUT. */
  readonly timeout: number;
  readonly runExclusive: ReturnType<typeof createKeyedLock>;
  readonly runOnce: RunOnce;
  readonly unsettled: UnsettledWrites;
  readonly journal: WriteJournal;
}

/** How long, in milliseconds, the key of a job's row is stored: longer than any job lasts. */
export const ROW_KEY_LIFETIME = 15 * DAY;

/** Thrown for a write of a job's row that may have been sent before and is therefore not sent again. */
export class SentBeforeError extends Error {
  override readonly name = "SentBeforeError";
}

/** The context of an operation that may write. Queries get it too, typed as GraphContext. */
export class WriteContext extends GraphContext {
  readonly services: WriteServices;
  /** The key of the current mutation. Mutations run one after another. */
  idempotency: WriteIntent["idempotency"];
  /** The name of the current mutation. */
  mutation = "";
  /** Whether the current mutation may have been sent before, with the same key. */
  mayHaveSent = false;
  /** Whether a call that may change Alma was sent. */
  hasSent = false;

  constructor(catalog: Catalog, settings: GraphSettings, services: WriteServices, request: GraphRequest) {
    super(catalog, settings, request);
    this.services = services;
  }
}
