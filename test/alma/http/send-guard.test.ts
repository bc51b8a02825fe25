import { expect, test } from "vitest";
import { AlmaError } from "../../../src/alma/index.ts";
import { caller, conversation } from "../fake.ts";

const draft = { name: "Tower", project: 1 };
const refusal = new AlmaError("ALMA_UNAVAILABLE", "The journal cannot be written. Nothing was done.");

/** A send guard that records its calls and refuses on request. */
function sendGuard(seen: readonly unknown[], refuses?: "prepare" | "check") {
  const calls: string[] = [];
  const ask = (what: "prepare" | "check") => {
    calls.push(`${what} after ${seen.length}`);
    if (refuses === what) throw refusal;
  };
  return { calls, prepare: async () => ask("prepare"), check: () => ask("check") };
}

test("a write is prepared, and checked again, before Alma gets anything", async () => {
  const { alma, seen } = await conversation(() => [201, { id: 1 }]);
  const guard = sendGuard(seen);
  const outcome = await alma.building.create(draft, { ...caller, sendGuard: guard });
  expect(outcome.outcome).toBe("done");
  expect(guard.calls).toEqual(["prepare after 0", "check after 0"]);
});

test.each(["prepare", "check"] as const)(
  "a write refused by %s is not sent and not done, which says nothing about Alma",
  async (refuses) => {
    const { alma, paths } = await conversation(() => [200, { id: 1 }]);
    for (let attempt = 0; attempt < 20; attempt++) {
      const guard = sendGuard([], refuses);
      const outcome = await alma.building.create(draft, { ...caller, sendGuard: guard });
      expect(outcome).toMatchObject({
        outcome: "not-done",
        error: { code: "ALMA_UNAVAILABLE", message: refusal.message },
      });
    }
    expect(paths()).toEqual([]);
    expect(alma.state().downFor).toBeUndefined();
    expect((await alma.building.get({ id: 1 }, caller)).match).toBeDefined();
  },
);

test("an unexpected error of a send guard is rethrown, and nothing is sent", async () => {
  const { alma, paths } = await conversation(() => [200, { id: 1 }]);
  const bug = new Error("a bug");
  const prepare = async () => {
    throw bug;
  };
  const guard = { prepare, check: () => {} };
  await expect(alma.building.create(draft, { ...caller, sendGuard: guard })).rejects.toBe(bug);
  expect(paths()).toEqual([]);
});
