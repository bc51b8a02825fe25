import { afterAll, beforeAll, expect, test } from "vitest";
import { blocksOf } from "../support/documentation.ts";
import { type KeyedGateway, startKeyedGateway } from "./keyed-gateway.ts";

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

test("the page has queries", () => expect(queries.length).toBeGreaterThan(6));
