import type { Client } from "@urql/core";
import { isCompositeType, parse, TypeInfo, visit, visitWithTypeInfo } from "graphql";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { schema } from "../schema/sdl.ts";
import { blocksOf } from "../support/documentation.ts";
import { type KeyedGateway, startKeyedGateway } from "./keyed-gateway.ts";
import { importPage } from "./page-client.ts";
import { pageFiles } from "./project.ts";

// What docs/frontend.md shows beside the app.

let gateway: KeyedGateway;
beforeAll(async () => {
  gateway = await startKeyedGateway({}, { MEDIA: "proxy", CURRENCY: "AED", PRICE_PERIOD: "month" });
});
afterAll(() => gateway.close());

test("the call of fetch is answered", async () => {
  const [block = ""] = blocksOf("docs/frontend.md", "js").filter((text) => text.includes("await fetch"));
  const text = block.replace("http://127.0.0.1:4000", gateway.address);
  const run = new Function("key", `return (async () => { ${text}; return { data, errors, extensions }; })()`);
  const { data, errors, extensions } = await run(gateway.key);
  expect(errors).toBeUndefined();
  expect(data.units.nodes.map(({ name }: { name: string }) => name)).toEqual(
    gateway.simulator.data.units
      .all()
      .slice(0, 2)
      .map(({ name }) => name),
  );
  expect(Object.keys(extensions.alma)).toEqual(expect.arrayContaining(["calls", "reused", "oldest"]));
});

const queries = blocksOf("docs/frontend.md", "graphql").filter(
  (text) => text.startsWith("query") && !text.includes("@connection"),
);

test.each(queries)("%s is answered", async (query) => {
  const [unit] = gateway.simulator.data.units.all();
  const { data, errors, extensions } = await gateway.query(
    query,
    { ref: { almaId: unit?.id } },
    { "x-api-key": gateway.key },
  );
  expect(errors).toBeUndefined();
  expect(extensions).not.toHaveProperty("warnings");
  for (const value of Object.values(data)) expect(value).not.toBeNull();
});

const documents = [
  ...queries,
  ...Object.values({ ...pageFiles("urql"), ...pageFiles("Relay") }).flatMap((text) =>
    [...text.matchAll(/graphql\(?`([^`]*)`/g)].map(([, document = ""]) => document),
  ),
];

test.each(documents)("each record in %s has its id", (document) => {
  const types = new TypeInfo(schema);
  const without: string[] = [];
  const visitor = visitWithTypeInfo(types, {
    SelectionSet({ selections }) {
      const type = types.getType();
      const isRecord = isCompositeType(type) && "getFields" in type && "id" in type.getFields();
      const hasId = selections.some((one) => one.kind === "Field" && one.name.value === "id");
      if (isRecord && !hasId) without.push(String(type));
    },
  });
  visit(parse(document), visitor);
  expect(without).toEqual([]);
});

test("the cache of urql keeps each of the page's queries without a warning", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  onTestFinished(() => warn.mockRestore());
  const { client } = await importPage<{ client: Client }>("urql", gateway.url, gateway.key);
  const [unit] = gateway.simulator.data.units.all();
  for (const query of queries) {
    const { error, data } = await client.query(query, { ref: { almaId: unit?.id } });
    expect([error, data]).toEqual([undefined, expect.anything()]);
  }
  expect(warn.mock.calls).toEqual([]);
});

test("the page has queries", () => expect(queries.length).toBeGreaterThan(6));
