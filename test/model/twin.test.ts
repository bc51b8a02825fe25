import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { AnswerBasis } from "../../src/catalog/operation/answer-basis.ts";
import { type OutsideShape, outsideShape } from "./outside.ts";
import { type ReadShape, readShape } from "./shape.ts";
import { CATALOG_MAX_AGE, faults, MAX_AGE, stopTime, Twins } from "./twin.ts";
import { type WriteShape, writeShape } from "./write.ts";

const RUNS = Number(process.env.FUZZ_RUNS ?? 3);

type Step =
  | { readonly do: "read"; readonly read: ReadShape }
  | { readonly do: "write"; readonly write: WriteShape }
  | { readonly do: "change"; readonly change: OutsideShape }
  | { readonly do: "wait"; readonly seconds: number }
  | {
      readonly do: "break";
      readonly kind: number;
      readonly of: "lists" | "records";
      readonly how: keyof typeof faults | undefined;
    };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("read" as const),
      read: readShape([undefined, undefined, 0, 50]),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("write" as const), write: writeShape }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("change" as const), change: outsideShape }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
      seconds: fc.constantFrom(20, 51, MAX_AGE - 1, MAX_AGE + 1, CATALOG_MAX_AGE + 1),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("break" as const),
      kind: fc.nat(5),
      of: fc.constantFrom("lists" as const, "records" as const),
      how: fc.constantFrom(undefined, "missing" as const, "unreadable" as const),
    }),
  },
);

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Applies random events to both gateways, and returns the first difference between their answers, if any. */
async function compare(
  numRuns = RUNS,
): Promise<{ readonly difference: unknown; kept: number; failed: number }> {
  stopTime();
  const seen = { kept: 0, failed: 0 };
  const closing: Promise<void>[] = [];
  const result = await fc.check(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40, size: "max" }), async (steps) => {
      const twins = await Twins.start();
      try {
        for (const one of steps) {
          if (one.do === "read") await twins.read(one.read);
          else if (one.do === "write") await twins.write(one.write);
          else if (one.do === "change") await twins.change(one.change);
          else if (one.do === "wait") await twins.wait(one.seconds);
          else await twins.break(one.kind, one.of, one.how && faults[one.how]);
        }
      } finally {
        seen.kept += twins.keptCount;
        seen.failed += twins.failedCount;
        closing.push(twins.close());
      }
    }),
    { numRuns, unbiased: true, endOnFailure: true, seed: Number(process.env.FUZZ_SEED ?? 2) },
  );
  await Promise.all(closing);
  return { ...seen, difference: result.errorInstance ?? undefined };
}

test("a gateway that keeps answers gives the same data, errors, ages and calls as one that does not", async () => {
  const { difference, kept, failed } = await compare();
  if (difference) throw difference;
  expect(kept).toBeGreaterThan(10);
  expect(failed).toBeGreaterThan(10);
}, 120_000);

test.each(["noteKind", "noteRecord", "noteLookup", "noteEnd"] as const)(
  "the comparison detects an answer without %s",
  async (noting) => {
    vi.spyOn(AnswerBasis.prototype, noting).mockImplementation(() => {});
    expect((await compare(2 * RUNS)).difference).toBeDefined();
  },
  120_000,
);
