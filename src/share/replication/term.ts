import type { Catalog } from "../../catalog/index.ts";
import type { Config } from "../../config/index.ts";
import { FORGET_INTERVAL, forgetChanges } from "../../store/index.ts";
import { createPublisher, type PublisherOptions } from "./publisher.ts";

/** Options of a term. Times in milliseconds. */
interface TermOptions
  extends Pick<
    PublisherOptions,
    "store" | "seal" | "runtime" | "token" | "seq" | "readTimesDelay" | "onRefusal" | "onLeftOut" | "onOver"
  > {
  readonly catalog: Catalog;
  /** See `createSerializedCatalog`. */
  readonly hasMentions: boolean;
  /** HISTORY_KEEP. */
  readonly historyKeep: Config["historyKeep"];
  /** How long writes must wait, because the store may have lost writes of an earlier leader. */
  readonly writesIn: number;
  readonly hasLease: (token: string) => boolean;
  /** Returns whether this process has been stopping for so long that it begins no further write. */
  readonly refusesWrites: () => boolean;
  /** Called when writes may begin. */
  readonly onChange: () => void;
}

/**
 * Begins a term: the time from when this process takes the lease until it loses it or gives it up. In a term, it
 * publishes what it learns and deletes old changes. Writes begin after `writesIn`, if the store may lack the writes of
 * an earlier leader.
 */
export function createTerm(options: TermOptions) {
  const { token, store, runtime, historyKeep, onChange } = options;
  const { serialized, clock, changeSource } = options.catalog;
  const begunAt = runtime.now();
  let writesFrom = 0;
  let cancel = () => {};
  let cancelForgetting = () => {};

  /** Returns the milliseconds until writes may begin. */
  const writesIn = (): number => Math.max(0, writesFrom - runtime.now());

  /** Makes writes wait for `ms` milliseconds from now. */
  function delayWrites(ms: number): void {
    if (ms <= writesIn()) return;
    writesFrom = runtime.now() + ms;
    cancel();
    cancel = runtime.after(ms, onChange);
  }

  /** Deletes changes older than HISTORY_KEEP at intervals. */
  function forgetOldChanges(): void {
    // A failed deletion is repeated at the next interval.
    const now = changeSource.lastKnownAt() + runtime.now() - begunAt;
    const forget: Parameters<typeof forgetChanges>[0] = (before) => store.forgetChanges(token, before);
    void forgetChanges(forget, changeSource, historyKeep, now).catch(() => {});
    cancelForgetting = runtime.after(FORGET_INTERVAL, forgetOldChanges);
  }

  delayWrites(options.writesIn);
  const changes = serialized.followChanges(options.hasMentions);
  const publisher = createPublisher({
    ...options,
    clock,
    changeSource,
    takeChanges: () => changes.take(),
    allEntries: () => serialized.entries(),
  });
  forgetOldChanges();
  return {
    token,
    publisher,
    hasLease: () => options.hasLease(token),
    refusesWrites: options.refusesWrites,
    writesIn,
    /** Records that the store has reported the end of the term. */
    lose: options.onOver,
    delayWrites,
    /** Makes no further change to the store. */
    stop() {
      cancel();
      cancelForgetting();
      publisher.stop();
    },
  };
}

/** A term that this process leads. */
export type Term = ReturnType<typeof createTerm>;
