import type { Catalog } from "../../catalog/index.ts";
import type { Config } from "../../config/index.ts";
import { FORGET_INTERVAL, forgetChanges } from "../../store/index.ts";
import { createPublisher, type PublisherOptions } from "./publisher.ts";

/** What a term is begun with. Times in milliseconds. */
export interface TermOptions
  extends Pick<
    PublisherOptions,
    "store" | "seal" | "runtime" | "token" | "seq" | "readTimesDelay" | "onRefusal" | "onLeftOut" | "onOver"
  > {
  readonly catalog: Catalog;
  /** As of `WrittenCatalog.followChanges`. */
  readonly hasMentions: boolean;
  /** HISTORY_KEEP. */
  readonly historyKeep: Config["historyKeep"];
  /** For how long writes have to wait, since the store may have lost what was known of earlier ones. */
  readonly writesIn: number;
  readonly hasLease: (token: string) => boolean;
  /** Whether this process has been leaving for so long that further writes are left to the next leader. */
  readonly isLeaving: () => boolean;
  /** Called when writes may begin. */
  readonly onChange: () => void;
}

/** Begins a term in which this process leads. */
export function createTerm(options: TermOptions) {
  const { token, store, runtime, historyKeep, onChange } = options;
  const { written, clock, changeSource } = options.catalog;
  const begunAt = runtime.now();
  let writesFrom = 0;
  let cancel = () => {};
  let cancelForgetting = () => {};

  /** Milliseconds until writes may begin. */
  const writesIn = (): number => Math.max(0, writesFrom - runtime.now());

  /** Lets writes wait for so many milliseconds from now. */
  function delayWrites(ms: number): void {
    if (ms <= writesIn()) return;
    writesFrom = runtime.now() + ms;
    cancel();
    cancel = runtime.after(ms, onChange);
  }

  /** Forgets what is older than HISTORY_KEEP, now and then. */
  function forgetOldChanges(): void {
    // What fails is done the next time.
    const now = changeSource.lastKnownAt() + runtime.now() - begunAt;
    const forget: Parameters<typeof forgetChanges>[0] = (before) => store.forgetChanges(token, before);
    void forgetChanges(forget, changeSource, historyKeep, now).catch(() => {});
    cancelForgetting = runtime.after(FORGET_INTERVAL, forgetOldChanges);
  }

  delayWrites(options.writesIn);
  const changes = written.followChanges(options.hasMentions);
  const publisher = createPublisher({
    ...options,
    clock,
    changeSource,
    takeChanges: () => changes.take(),
    allEntries: () => written.entries(),
  });
  forgetOldChanges();
  return {
    token,
    publisher,
    hasLease: () => options.hasLease(token),
    isLeaving: options.isLeaving,
    writesIn,
    /** Notes that the store says that the term is over. */
    lose: options.onOver,
    delayWrites,
    /** Nothing of it reaches the store any more. */
    stop() {
      cancel();
      cancelForgetting();
      publisher.stop();
    },
  };
}

/** A term in which this process leads. */
export type Term = ReturnType<typeof createTerm>;
