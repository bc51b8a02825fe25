import { AlmaError } from "../alma/index.ts";
import { type DriftKind, type LeftOut, readsOf, type Seen } from "../bitrix/index.ts";
import { DETAIL, type Entry, type Kind, type Members } from "../catalog/index.ts";
import type { GraphContext } from "./context.ts";
import { gap, nameless, type Unread } from "./gap.ts";

/** Reads what a report rests on, with the fewest calls, and says beside the data what could not be read. */
export class Look {
  /** The oldest reading behind the report. */
  asOf = Number.POSITIVE_INFINITY;
  /** Records that a list names and that are no longer there. */
  readonly gone = new Set<Entry>();
  readonly #context: GraphContext;
  readonly #path: readonly (string | number)[];

  constructor(context: GraphContext, path: readonly (string | number)[]) {
    this.#context = context;
    this.#path = path;
  }

  /** The lists and details by which kinds of drift are looked for. */
  async read(kinds: readonly DriftKind[]): Promise<Seen> {
    const { catalog } = this.#context;
    const { lists, details, judges } = readsOf(kinds);
    // While everything is being read for the first time, that is waited for, and nothing read beside it.
    const awaited = catalog.progress().warm ? [] : [...judges].filter((kind) => !details.has(kind));
    const [listed, detailed] = await Promise.all([
      this.#membersOf(lists, false),
      this.#membersOf(details, true),
      this.#membersOf(awaited, true),
    ]);
    for (const { unreadable } of new Map([...detailed, ...listed]).values())
      if (unreadable > 0) this.#note(nameless(unreadable));
    for (const { unread } of detailed.values()) this.#noteUnread(unread);
    return {
      listed: (kind) => listed.get(kind)?.entries ?? [],
      detailed: (kind) => detailed.get(kind)?.entries ?? [],
      unit: (id) => catalog.store.entry("unit", id),
    };
  }

  async #membersOf(kinds: Iterable<Kind>, byDetail: boolean): Promise<ReadonlyMap<Kind, Members>> {
    const { catalog, work } = this.#context;
    const found = [...kinds].map(async (kind) => {
      const members = await catalog.members(work, { kind, byDetail });
      this.#saw(members.asOf);
      return [kind, members] as const;
    });
    return new Map(await Promise.all(found));
  }

  /** Reads the suspects' details. Gives those of which nothing can be said. */
  async judge(suspects: ReadonlySet<Entry>): Promise<LeftOut["unread"]> {
    const cutoff = this.#context.work.index;
    const failed = await this.#load(
      [...suspects].filter((entry) => !(entry.at(DETAIL) > cutoff)),
      cutoff,
    );
    const unread = new Set(failed.map(({ entry }) => entry));
    for (const entry of suspects) if (!unread.has(entry) && !this.gone.has(entry)) this.#saw(entry.detailAt);
    this.#noteUnread(failed);
    return unread;
  }

  /**
   * Reads the records to be shown again, so that they are as young as was asked. One that cannot be read stays, and its
   * fields say why.
   */
  async reread(entries: readonly Entry[]): Promise<void> {
    await this.#load([...new Set(entries)], this.#context.work.reached);
  }

  /** Reads details. Gives those that could not be read; throws if the operation is over. */
  async #load(records: readonly Entry[], cutoff: number): Promise<Unread> {
    const results = await Promise.allSettled(
      records.map((record) => this.#context.load({ record, level: DETAIL, cutoff })),
    );
    this.#context.work.check();
    return records.flatMap((entry, index) => {
      const result = results[index];
      if (result?.status === "fulfilled") {
        if (!result.value) this.gone.add(entry);
        return [];
      }
      if (result?.reason instanceof AlmaError) return [{ entry, error: result.reason }];
      throw result?.reason;
    });
  }

  #saw(at: number): void {
    if (!Number.isFinite(at)) return;
    this.asOf = Math.min(this.asOf, at);
    this.#context.work.saw(at);
  }

  #noteUnread(unread: Unread): void {
    if (unread.length > 0)
      this.#note(gap(unread, "nobody knows whether they are drift, and they are left out"));
  }

  #note(error: AlmaError): void {
    this.#context.work.notes.push({ error, path: this.#path });
  }
}
