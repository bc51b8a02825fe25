import fc from "fast-check";
import { test } from "vitest";
import { checkCases } from "./cases.ts";
import { Model } from "./model.ts";
import { type OutsideShape, outsideShape } from "./outside.ts";
import { everything, type ReadShape, readShape } from "./shape.ts";
import { type WriteShape, writeShape } from "./write.ts";

type Step =
  | { readonly do: "write"; readonly write: WriteShape }
  | { readonly do: "change"; readonly change: OutsideShape }
  | { readonly do: "wait"; readonly seconds: number }
  | { readonly do: "read everything"; readonly maxAge: 0 | undefined }
  | { readonly do: "read"; readonly read: ReadShape };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant("write" as const), write: writeShape }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("change" as const), change: outsideShape }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("wait" as const), seconds: fc.constantFrom(30, 60, 110, 1_010) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("read everything" as const),
      maxAge: fc.constantFrom(0, undefined),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("read" as const),
      read: readShape([undefined, undefined, 0, 50]),
    }),
  },
);

const cases = fc.tuple(fc.boolean(), fc.array(step, { minLength: 1, maxLength: 60, size: "max" }));

test.each(["off", "on"] as const)(
  "a change by another system shows once the record is read again, within its age (catalog %s)",
  (catalog) =>
    checkCases(
      cases,
      ([archivedInLists]) => Model.start({ catalog, switches: { archivedInLists } }),
      async (model, [, steps]) => {
        for (const one of steps) {
          if (one.do === "write") await model.write(one.write);
          else if (one.do === "change") model.change(one.change);
          else if (one.do === "wait") await model.wait(one.seconds);
          else
            await model.read(one.do === "read everything" ? { ...everything, maxAge: one.maxAge } : one.read);
        }
      },
      { runs: 3, seed: 2 },
    ),
  90_000,
);
