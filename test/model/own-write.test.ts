import fc from "fast-check";
import { test } from "vitest";
import { checkCases } from "./cases.ts";
import { Model, type Setting } from "./model.ts";
import { everything, type ReadShape, readShape } from "./shape.ts";
import { type WriteShape, writeShape } from "./write.ts";

type Step =
  | { readonly do: "read everything" }
  | { readonly do: "write"; readonly write: WriteShape }
  | { readonly do: "read"; readonly read: ReadShape };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant("write" as const), write: writeShape }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("read" as const), read: readShape([undefined]) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("read everything" as const) }) },
);

const switches = fc.record(
  {
    writeAnswer: fc.constantFrom("record", "sent", "id", "empty"),
    blockAnswer: fc.constantFrom("true", "object", "empty"),
    archiveAnswer: fc.constantFrom("object", "true", "empty"),
    refusedState: fc.constantFrom("error", "false"),
    clientBase: fc.constantFrom("realty", "users", "both"),
    contractForm: fc.constantFrom("printed", "external_id", "both"),
    archivedInLists: fc.boolean(),
    listHeader: fc.constant("same"),
    statusFollows: fc.constantFrom("later", "atOnce"),
    rentForm: fc.constantFrom("number", "string"),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Setting["switches"]>;

const cases = fc.tuple(switches, fc.array(step, { minLength: 1, maxLength: 60, size: "max" }));

test.each(["off", "on"] as const)(
  "a write shows immediately in every answer, however it reaches the record (catalog %s)",
  (catalog) =>
    checkCases(
      cases,
      ([chosen]) => Model.start({ catalog, switches: chosen }),
      async (model, [, steps]) => {
        for (const one of steps) {
          if (one.do === "write") await model.write(one.write);
          else await model.read(one.do === "read everything" ? everything : one.read);
        }
      },
      { runs: 3, seed: 1 },
    ),
  90_000,
);
