import type { Catalog } from "../../catalog/index.ts";
import type { Config } from "../../config/index.ts";
import { FORGET_INTERVAL, forgetChanges } from "../../store/index.ts";
import type { WritingTerm } from "./current-term.ts";
import { Publisher, type PublisherOptions } from "./publisher.ts";

/** What a term is begun with. Times in milliseconds. */
export interface TermOptions
  extends Pick<
    PublisherOptions,
    "store" | "seal" | "runtime" | "token" | "seq" | "gatherTime" | "onRefusal" | "onOver"
  > {
  readonly catalog: Catalog;
  /** As of `WrittenCatalog.followChanges`. */
  readonly hasMentions: boolean;
  /** HISTORY_KEEP. */
  readonly historyKeep: Config["historyKeep"];
  /** For how long writes have to wait, since the store may have lost what was known of earlier ones. */
  readonly writesIn: number;
  readonly hasLease: (token: string) => boolean;
  readonly isLeaving: () => boolean;
  /** Called when writes may begin. */
  readonly onChange: () => void;
}

/** A term in which this process leads. */
export class Term implements WritingTerm {
  readonly token: string;
  readonly publisher: Publisher;
  readonly #options: TermOptions;
  #writesFrom = 0;
  #cancel = () => {};
  #cancelForgetting = () => {};

  constructor(options: TermOptions) {
    this.token = options.token;
    this.#options = options;
    this.delayWrites(options.writesIn);
    const { written, clock, changeLog } = options.catalog;
    const changes = written.followChanges(options.hasMentions);
    this.publisher = new Publisher({
      ...options,
      clock,
      changeLog,
      takeChanges: () => changes.take(),
      allEntries: () => written.entries(),
    });
    this.#forgetChanges();
  }

  /** Forgets what is older than HISTORY_KEEP, now and then. */
  #forgetChanges(): void {
    const { store, runtime, historyKeep, catalog } = this.#options;
    const forget = (before: Parameters<typeof store.forgetChanges>[1]) =>
      store.forgetChanges(this.token, before);
    // What fails is done the next time.
    void forgetChanges(forget, catalog.changeLog, historyKeep).catch(() => {});
    this.#cancelForgetting = runtime.after(FORGET_INTERVAL, () => this.#forgetChanges());
  }

  hasLease(): boolean {
    return this.#options.hasLease(this.token);
  }

  isLeaving(): boolean {
    return this.#options.isLeaving();
  }

  writesIn(): number {
    return Math.max(0, this.#writesFrom - this.#options.runtime.now());
  }

  lose(): void {
    this.#options.onOver();
  }

  /** Lets writes wait for so many milliseconds from now. */
  delayWrites(ms: number): void {
    if (ms <= this.writesIn()) return;
    const { runtime, onChange } = this.#options;
    this.#writesFrom = runtime.now() + ms;
    this.#cancel();
    this.#cancel = runtime.after(ms, onChange);
  }

  /** Nothing of it reaches the store any more. */
  stop(): void {
    this.#cancel();
    this.#cancelForgetting();
    this.publisher.stop();
  }
}
