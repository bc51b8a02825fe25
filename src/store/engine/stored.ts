import type { Argument, Reply } from "./connection.ts";

/** The lease as the engine has it. Times are milliseconds. */
export interface Lease {
  /** The random token of the term. */
  readonly token: string;
  /** Raised by each renewal. */
  readonly beat: string;
  /** The run of the engine for which the term's data is whole. */
  readonly run: string;
  /** The leader's clock at the renewal, its calendar at that moment, and that of the engine before it. */
  readonly at: number;
  readonly wall: number;
  readonly time: number;
  /** The nonces that the leader had read before it read its clock for `at`, by member. */
  readonly echo: Readonly<Record<string, number>>;
  /** What the leader published of itself; empty until it answers. */
  readonly address: string;
  /** The form of the entries that the leader stores. */
  readonly format: string;
  /** Whether the leader has read everything. */
  readonly isWarm: boolean;
  /** When operations last asked the leader for details of kinds, by its clock. */
  readonly asked: Readonly<Record<string, number>>;
  /** The run of the engine in which the leader left; empty while it leads. */
  readonly free: string;
}

/** The last commit: its number, the leader's clock, and what tells one sequence of numbers from another. */
export interface LogEnd {
  readonly seq: number;
  readonly at: number;
  readonly epoch: string;
}

/** What a process sees when it looks at the engine. */
export interface Look {
  readonly run: string;
  readonly lease: Lease | undefined;
  /** The calendar of the engine. */
  readonly time: number;
  readonly log: LogEnd;
}

/** A stored entry: its key and its bytes. */
export type StoredEntry = readonly [key: string, value: Buffer];

/** Entries that were written in one step. */
export interface Commit {
  readonly seq: number;
  readonly epoch: string;
  readonly entries: readonly StoredEntry[];
}

/** A commit to be made. `id` is random: by it, one of which the answer was lost is known again. */
export interface NewCommit {
  readonly token: string;
  readonly seq: number;
  readonly id: string;
  readonly at: number;
  readonly entries: readonly StoredEntry[];
}

/** A term to be begun. */
export interface NewTerm {
  readonly token: string;
  /** The clock of the new leader: not before that of any earlier one. */
  readonly at: number;
  /** The run of the engine in which the lease was seen, and its calendar then. */
  readonly run: string;
  readonly time: number;
  /** Whether the stored entries lack nothing; otherwise they are removed. */
  readonly isWhole: boolean;
}

/** A renewal of a lease. */
export interface Renewal {
  readonly token: string;
  /** The run for which the term's data is whole. */
  readonly run: string;
  readonly at: number;
  /** The calendar of the engine by its last answer, so that it is from before `at`. */
  readonly time: number;
  readonly echo: Readonly<Record<string, number>>;
  readonly address: string;
  readonly isWarm: boolean;
  readonly asked: Readonly<Record<string, number>>;
}

/** What the engine answers to a renewal. */
export interface Renewed {
  readonly run: string;
  readonly time: number;
  /** By member. */
  readonly nonces: Readonly<Record<string, number>>;
}

/** A key that is stored together with an intent, for some milliseconds. */
export interface IntentKey {
  readonly name: string;
  readonly value: Argument;
  readonly ms: number;
}

export const texts = (...numbers: number[]): string[] => numbers.map(String);
export const list = (reply: Reply | undefined): readonly Reply[] => (Array.isArray(reply) ? reply : []);

export function* pairs(items: readonly Reply[]): Generator<StoredEntry> {
  for (let index = 0; index + 1 < items.length; index += 2)
    yield [String(items[index]), items[index + 1] as Buffer];
}

export function toLease(items: readonly Reply[]): Lease | undefined {
  const fields = new Map([...pairs(items)].map(([name, value]) => [name, value.toString()]));
  const text = (name: string) => fields.get(name) ?? "";
  if (!fields.has("token")) return undefined;
  return {
    token: text("token"),
    beat: text("beat"),
    run: text("run"),
    at: Number(text("at")),
    wall: Number(text("wall")),
    time: Number(text("time")),
    echo: text("echo") === "" ? {} : JSON.parse(text("echo")),
    address: text("address"),
    format: text("format"),
    isWarm: text("warm") === "1",
    asked: text("asked") === "" ? {} : JSON.parse(text("asked")),
    free: text("free"),
  };
}

export const toLogEnd = ([seq, at, epoch]: readonly Reply[]): LogEnd => ({
  seq: Number(seq ?? 0),
  at: Number(at ?? Number.NEGATIVE_INFINITY),
  epoch: String(epoch ?? ""),
});

export function toCommits(reply: Reply): readonly Commit[] {
  const [[, items] = []] = list(reply).map(list);
  return list(items).map((item) => {
    const [id, fields] = list(item);
    const [[, epoch] = ["", Buffer.of()], ...entries] = pairs(list(fields));
    return { seq: Number.parseInt(String(id), 10), epoch: epoch.toString(), entries };
  });
}
