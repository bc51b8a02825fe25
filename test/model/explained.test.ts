import fc from "fast-check";
import { expect, test } from "vitest";
import type { TestGateway } from "../support/gateway.ts";
import { checkCases } from "./cases.ts";
import { CATALOG_MAX_AGE, MAX_AGE, Model } from "./model.ts";
import { buildQuery } from "./query.ts";
import { type ReadShape, readShape } from "./shape.ts";
import { type WriteShape, writeShape } from "./write.ts";

type Step =
  | { readonly do: "wait"; readonly seconds: number }
  | { readonly do: "write"; readonly write: WriteShape }
  | { readonly do: "read"; readonly read: ReadShape };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("read" as const),
      read: readShape([undefined, undefined, 0, 50]),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("write" as const), write: writeShape }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
      seconds: fc.constantFrom(60, MAX_AGE + 1, CATALOG_MAX_AGE + 1),
    }),
  },
);

/**
 * Whether exact and inexact explanations of queries with and without calls occurred, which makes the test meaningful.
 */
const seen = new Set<string>();

/** Resolves when background work is idle: no call for some turns, and all calls answered. */
async function untilQuiet(log: TestGateway["simulator"]["log"]): Promise<void> {
  const { length } = log.entries;
  await new Promise((resolve) => setTimeout(resolve, 20));
  const isQuiet = log.entries.length === length && log.entries.every(({ status }) => status !== undefined);
  if (!isQuiet) await untilQuiet(log);
}

/** Explains a query, then runs it: the explanation makes no call and predicts the query's calls. */
async function explainAndRead(model: Model, read: ReadShape, catalog: "on" | "off"): Promise<void> {
  const { gateway } = model;
  const query = buildQuery(read, model.history);
  const { log } = gateway.simulator;
  if (catalog === "on") await untilQuiet(log);
  gateway.asked();
  const explained = await gateway.query(query.text.replace("query ", "query @explain "));
  expect(explained.errors, query.text).toBeUndefined();
  expect(explained.data, query.text).toBeNull();
  expect(explained.extensions.alma.calls).toBe(0);
  if (catalog === "off") expect(gateway.asked(), query.text).toEqual([]);
  const { exact, doubts, total, calls } = explained.extensions.explain;
  const ask = gateway.query;
  let answer: Awaited<ReturnType<typeof ask>> | undefined;
  let isDisturbed = false;
  gateway.query = async (...asked) => {
    const given = await ask(...asked);
    // The model repeats its last queries. A background read in between changes the calls that are needed.
    if (!answer) isDisturbed = log.entries.length !== given.extensions.alma.calls;
    answer ??= given;
    return given;
  };
  await model.read(read);
  gateway.query = ask;
  const made = answer?.extensions.alma.calls ?? -1;
  const about = `${query.text} made ${made}: ${JSON.stringify(explained.extensions.explain)}`;
  expect(exact, about).toBe(doubts.length === 0);
  expect(
    calls.reduce((sum: number, { count }: { count: number }) => sum + count, 0),
    about,
  ).toBe(total.expected);
  expect(catalog === "off" && isDisturbed).toBe(false);
  if (isDisturbed) return;
  if (exact) expect(made, about).toBe(total.expected);
  seen.add(`${exact ? "exact" : "doubts"}, ${made > 0 ? "calls" : "no calls"}`);
}

const cases = fc.array(step, { minLength: 1, maxLength: 40, size: "max" });

test.each(["off", "on"] as const)(
  "an explained query makes exactly the explained calls, unless there is a doubt (catalog %s)",
  async (catalog) => {
    seen.clear();
    await checkCases(
      cases,
      () => Model.start({ catalog, switches: {} }),
      async (model, steps) => {
        for (const one of steps) {
          if (one.do === "write") await model.write(one.write);
          else if (one.do === "wait") await model.wait(one.seconds);
          else await explainAndRead(model, one.read, catalog);
        }
      },
      { runs: 4, seed: 1 },
    );
    expect([...seen]).toEqual(expect.arrayContaining(["exact, no calls", "exact, calls", "doubts, calls"]));
  },
  90_000,
);
