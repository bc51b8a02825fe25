import { readFileSync } from "node:fs";
import { CriticalityLevel, diff } from "@graphql-inspector/core";
import { buildSchema, type GraphQLSchema } from "graphql";
import { describe, expect, onTestFinished, test } from "vitest";
import { schema } from "../schema/sdl.ts";
import { startGateway } from "../support/gateway.ts";

/**
 * Clients depend on `published.graphql`. A release publishes additions to the schema with `npx tsx
 * test/schema/publish.ts`; until then they may still change.
 */
describe("the published schema", () => {
  const published = readFileSync(new URL("../schema/published.graphql", import.meta.url), "utf8");

  test("is not broken", async () => {
    expect(await breaking(buildSchema(published), schema)).toEqual([]);
  });

  test("would be broken by a removed field", async () => {
    const less = published.replace(/^ {2}numberOfUnits: Int\n/m, "");
    expect(await breaking(buildSchema(published), buildSchema(less))).toEqual([
      "Field 'numberOfUnits' was removed from object type 'Building'",
    ]);
  });
});

async function breaking(before: GraphQLSchema, after: GraphQLSchema): Promise<string[]> {
  const changes = await diff(before, after);
  return changes
    .filter(({ criticality }) => criticality.level === CriticalityLevel.Breaking)
    .map(({ message }) => message);
}

test("the schema that is published names its subscription type", async () => {
  const gateway = await startGateway({ size: 0 });
  onTestFinished(() => gateway.close());
  const text = await (await fetch(`${gateway.address}/schema.graphql`)).text();
  expect(buildSchema(text).getSubscriptionType()?.name).toBe("Subscription");
});
