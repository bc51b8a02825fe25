import { buildSchema } from "graphql";
import { expect, test } from "vitest";
import { readTypeDefs } from "../../src/graph/index.ts";
import { schema, scopeOf } from "../schema/sdl.ts";

const core = buildSchema(readTypeDefs([]));

test("capabilities add these mutations, and no others", () => {
  const known = core.getMutationType()?.getFields() ?? {};
  const added = Object.keys(schema.getMutationType()?.getFields() ?? {}).filter((name) => !(name in known));
  expect(added.sort()).toEqual([
    "resumeJob",
    "startBitrixSync",
    "startJob",
    "stopJob",
    "syncBitrix",
    "uploadFile",
  ]);
});

test("every query field that they add needs READ, except those about a caller's jobs", () => {
  const known = core.getQueryType()?.getFields() ?? {};
  const added = Object.values(schema.getQueryType()?.getFields() ?? {}).filter(
    ({ name }) => !(name in known),
  );
  expect(added.length).toBeGreaterThanOrEqual(5);
  const others = added.filter((field) => scopeOf(field) !== "READ");
  expect(others.map((field) => [field.name, scopeOf(field)])).toEqual([
    ["job", "BULK"],
    ["jobs", "BULK"],
  ]);
});
