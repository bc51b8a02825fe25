import { expect, onTestFinished, test } from "vitest";
import type { CatalogEntry, LoggedChange } from "../../src/catalog/index.ts";
import { createPublisher } from "../../src/share/replication/publisher.ts";
import { createSeal, type LastingStore, type NewCommit, StoreRefusesError } from "../../src/store/index.ts";

const seal = createSeal(undefined);

/**
 * A publisher to a store that refuses commits with the reason that `refuse` returns; the time advances while it waits.
 */
function start(
  refuse: (commit: NewCommit) => Error | undefined,
  names: readonly string[],
  changes: number,
  shown?: CatalogEntry["shown"],
) {
  const stored = new Map<string, NewCommit["entries"][number]>();
  const storedChanges: number[] = [];
  const refused: string[] = [];
  const lost: LoggedChange[] = [];
  /** For each commit that omits something, the change that it records as lost. */
  const gaps: (number | undefined)[] = [];
  let last = { seq: 0, id: "" };
  let now = 0;
  let tries = 0;
  const store = {
    commit: async (commit: NewCommit) => {
      if (++tries > 2_000) throw new Error("It never ends.");
      const error = refuse(commit);
      if (error) throw error;
      if (commit.seq !== last.seq + 1) return last;
      last = { seq: commit.seq, id: commit.id };
      if (commit.refused) gaps.push(commit.lost?.n);
      for (const entry of commit.entries) stored.set(entry.key, entry);
      storedChanges.push(...commit.changes.map(({ n }) => n));
      return last;
    },
  } as unknown as LastingStore;
  const given: CatalogEntry[] = names.map((key) => ({
    ...{ key, value: `{"at":1,"of":"${key}"}`, shown },
  }));
  let untaken = Array.from(
    { length: changes },
    (_, n) => ({ seq: 1, n, kind: "room", id: n }) as LoggedChange,
  );
  let ids = 0;
  const publisher = createPublisher({
    ...{ store, seal, token: "t", seq: 0, readTimesDelay: 0, clock: () => now },
    runtime: {
      now: () => now,
      wall: () => now,
      sleep: async (ms) => {
        now += ms;
      },
      after: () => () => {},
      randomId: () => `${++ids}`,
    },
    takeChanges: () => given.splice(0)[Symbol.iterator](),
    changeSource: {
      lastReadPeriod: undefined,
      take: () => ({ changes: untaken.splice(0), lost: undefined }),
      get hasUntaken() {
        return untaken.length > 0;
      },
      noteStored: () => {},
      noteLoss: (change) => void lost.push(change as LoggedChange),
    },
    allEntries: () => [][Symbol.iterator](),
    onRefusal: () => {},
    onLeftOut: ({ key }) => void refused.push(key),
    onOver: () => {},
  });
  onTestFinished(() => {
    untaken = [];
    publisher.stop();
  });
  return { publisher, stored, storedChanges, refused, lost, gaps };
}

const names = Array.from({ length: 50 }, (_, index) => `record:unit:${index}`);
const poison = seal.digest("record:unit:17");
const hasPoison = ({ entries }: NewCommit) =>
  entries.some(({ key, value }) => key === poison && value !== null);

test("if a value of a commit is refused, the rest is stored, and the value is unknown in the store", async () => {
  const { publisher, stored, storedChanges, refused, lost } = start(
    (commit) => (hasPoison(commit) ? new Error("invalid byte sequence") : undefined),
    names,
    3,
  );
  await publisher.publish();
  expect(stored.size).toBe(50);
  expect([...stored.values()].filter(({ value }) => value === null).map(({ key }) => key)).toEqual([poison]);
  expect([refused, lost, storedChanges]).toEqual([[poison], [], [0, 1, 2]]);
  expect(publisher.sender.isRefused).toBe(false);
  expect(publisher.sender.problem).toContain("lacks 1 values");
});

test("a refused change is a reported gap, and the others are stored in order", async () => {
  const { publisher, stored, storedChanges, refused, lost, gaps } = start(
    ({ changes }) => (changes.some(({ n }) => n === 4) ? new Error("invalid text") : undefined),
    names,
    9,
  );
  await publisher.publish();
  expect(stored.size).toBe(50);
  expect(storedChanges).toEqual([0, 1, 2, 3, 5, 6, 7, 8]);
  expect([refused, lost.map(({ n }) => n), gaps]).toEqual([["change 1 4"], [4], [4]]);
});

test("a record is stored with its changes or not at all, and the gap is recorded", async () => {
  const commits: (readonly [entries: number, changes: number])[] = [];
  const shown = { kind: "room", id: 1, fields: "{}" } as CatalogEntry["shown"];
  const start1 = (refuses: (commit: NewCommit) => boolean) =>
    start(
      (commit) => {
        if (refuses(commit)) return new Error("invalid text");
        if (commit.entries.length + commit.changes.length > 0)
          commits.push([commit.entries.filter(({ value }) => value !== null).length, commit.changes.length]);
        return undefined;
      },
      ["record:room:1"],
      2,
      shown,
    );
  const { publisher, lost, refused } = start1(({ entries }) => entries.some(({ value }) => value !== null));
  await publisher.publish();
  // The change of the other room, the entry as unknown, and no change of its own.
  expect(commits).toEqual([
    [0, 1],
    [0, 0],
  ]);
  expect([lost.map(({ n }) => n), refused]).toEqual([[1], [seal.digest("record:room:1")]]);
});

test("a batch that is too large is stored in parts, and lacks nothing", async () => {
  const { publisher, stored, refused } = start(
    ({ entries, changes }) => (entries.length + changes.length > 7 ? new Error("too many") : undefined),
    names,
    20,
  );
  await publisher.publish();
  expect([stored.size, [...stored.values()].filter(({ value }) => value === null), refused]).toEqual([
    50,
    [],
    [],
  ]);
});

test.each([
  ["says that it accepts nothing", () => new StoreRefusesError("No space left on device")],
  ["refuses everything, whatever it says", () => new Error("permission denied for table entry")],
])("a store that %s loses nothing: all is stored once it takes values again", async (_, error) => {
  let left = 100;
  const { publisher, stored, storedChanges, refused, lost } = start(
    () => (left-- > 0 ? error() : undefined),
    names,
    3,
  );
  await publisher.publish();
  expect([...stored.values()].filter(({ value }) => value === null)).toEqual([]);
  expect([stored.size, storedChanges, refused, lost]).toEqual([50, [0, 1, 2], [], []]);
});
