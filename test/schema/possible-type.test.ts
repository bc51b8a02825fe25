import { readFileSync } from "node:fs";
import { isInterfaceType } from "graphql";
import { expect, test } from "vitest";
import { outputTypes, schema } from "./sdl.ts";

test("the page for frontends lists every type of each interface but Node, for which it has a query", () => {
  const page = readFileSync(new URL("../../docs/frontend.md", import.meta.url), "utf8");
  const [, told = ""] = /possibleTypes: \{([^}]*)\}/.exec(page) ?? [];
  const shown = [...told.matchAll(/(\w+): \[([^\]]*)\]/g)].map(([, name, types = ""]) => [
    name,
    [...types.matchAll(/\w+/g)].map(([type]) => type).sort(),
  ]);
  const possible = outputTypes
    .filter(isInterfaceType)
    .filter(({ name }) => name !== "Node")
    .map((type) => [
      type.name,
      schema
        .getPossibleTypes(type)
        .map(({ name }) => name)
        .sort(),
    ]);
  expect(possible.length).toBeGreaterThan(1);
  expect(Object.fromEntries(shown), "correct possibleTypes in docs/frontend.md").toEqual(
    Object.fromEntries(possible),
  );
  expect(page).toContain('__type(name: "Node") { possibleTypes { name } }');
});
