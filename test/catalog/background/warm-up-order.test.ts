import { expect, test, vi } from "vitest";
import { AlmaError } from "../../../src/alma/index.ts";
import type { Kind, Operation } from "../../../src/catalog/index.ts";
import { paperCatalog } from "../paper-catalog.ts";

/** A catalog that reads 6 units and 6 rooms; the test answers its calls one by one. */
async function warmingUp(
  options: Parameters<typeof paperCatalog>[0] = {},
  change?: Parameters<typeof paperCatalog>[1],
) {
  const made = paperCatalog(options, change);
  const { paper, catalog } = made;
  for (let id = 1; id <= 6; id++) {
    paper.add("unit", id);
    paper.add("room", 10 + id, id);
  }
  catalog.start();
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  /** Answers the oldest call. */
  const answer = async () => {
    (await vi.waitUntil(() => paper.pending[0])).answer();
    await settle();
  };
  await answer();
  await answer();
  return {
    ...made,
    answer,
    /** The kinds of the next reads, in the order in which the test answers them. */
    async next(count: number): Promise<string> {
      const kinds: string[] = [];
      for (let i = 0; i < count; i++) {
        kinds.push(paper.pending[0]?.what.startsWith("room") ? "r" : "u");
        await answer();
      }
      return kinds.join("");
    },
    begin: () => catalog.beginOperation("one"),
    wait: (operation: Operation, kind: Kind) =>
      Promise.resolve(catalog.findMembers(operation, { kind, needsDetails: true })),
  };
}

const over = new AlmaError("DEADLINE_EXCEEDED", "Time is up.");

test("reads first what the oldest operation waits for, even if others keep asking", async () => {
  const { next, begin, wait, stop } = await warmingUp();
  const rooms = wait(begin(), "room");
  const units: Promise<unknown>[] = [];
  let read = "";
  for (let i = 0; i < 8; i++) {
    units.push(wait(begin(), "unit"));
    read += await next(1);
  }
  // One unit was in flight when the first operation began to wait.
  expect(read).toBe("urrrrrru");
  expect((await rooms).records).toHaveLength(6);
  expect(await next(4)).toBe("uuuu");
  for (const { records } of (await Promise.all(units)) as { records: unknown[] }[])
    expect(records).toHaveLength(6);
  await stop();
});

test("a kind falls back when the last operation that waits for it ends", async () => {
  const { next, begin, wait, stop } = await warmingUp();
  const leaving = [begin(), begin()] as const;
  const waits = leaving.map((operation) => wait(operation, "room"));
  expect(await next(2)).toBe("ur");
  leaving[0].stop(over);
  await expect(waits[0]).rejects.toMatchObject({ code: "CATALOG_WARMING" });
  expect(await next(2)).toBe("rr");
  leaving[1].stop(over);
  await expect(waits[1]).rejects.toMatchObject({ code: "CATALOG_WARMING" });
  expect(await next(8)).toBe("ruuuuurr");
  await stop();
});

test("every connection is used while an operation waits, and only then", async () => {
  const { paper, answer, begin, wait, stop } = await warmingUp({ warmUpConcurrency: 2, almaConcurrency: 5 });
  const underWay = () => paper.pending.length;
  expect(underWay()).toBe(2);
  const operation = begin();
  const rooms = wait(operation, "room");
  expect(underWay()).toBe(5);
  await answer();
  expect(underWay()).toBe(5);
  operation.stop(over);
  await expect(rooms).rejects.toMatchObject({ code: "CATALOG_WARMING" });
  for (let i = 0; i < 3; i++) await answer();
  expect(underWay()).toBe(2);
  await answer();
  expect(underWay()).toBe(2);
  await stop();
});

test("when readers end together, as many continue as the concurrency requires", async () => {
  const { paper, begin, wait, stop, next, catalog } = await warmingUp({
    warmUpConcurrency: 2,
    almaConcurrency: 5,
  });
  const operation = begin();
  const rooms = wait(operation, "room");
  operation.stop(over);
  await expect(rooms).rejects.toMatchObject({ code: "CATALOG_WARMING" });
  for (const { answer } of [...paper.pending]) answer();
  await vi.waitUntil(() => paper.pending.length > 0);
  expect(paper.pending).toHaveLength(2);
  expect(await next(7)).toHaveLength(7);
  expect(catalog.progress().warm).toBe(true);
  await stop();
});

test("kinds that may refer to unlisted records come before others while an operation waits for these", async () => {
  const asked: string[] = [];
  const eager = (kind: string, clock: () => number) => ({
    list: async () => ({ asOf: clock(), value: { items: [{ record: { id: 1, name: "" } }], malformed: 0 } }),
    get: async () => {
      asked.push(kind);
      return { asOf: clock(), isConclusive: true, match: { record: { id: 1, name: "", unitUsage: null } } };
    },
  });
  const order = async (isAwaited: boolean) => {
    asked.length = 0;
    const { answer, begin, catalog, stop } = await warmingUp({}, (_, clock) => ({
      client: eager("client", clock),
      tenantContract: eager("tenantContract", clock),
    }));
    if (isAwaited) void catalog.waitForUnlisted(begin());
    for (let i = 0; i < 12; i++) await answer();
    expect(catalog.progress().warm).toBe(true);
    await stop();
    return asked;
  };
  expect(await order(false)).toEqual(["client", "tenantContract"]);
  expect(await order(true)).toEqual(["tenantContract", "client"]);
});
