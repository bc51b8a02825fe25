import { buildSchema, parse, validate } from "graphql";
import { expect, test } from "vitest";
import { exampleQueries } from "../../src/capabilities/explorers/example-queries.ts";
import { allTypeDefs } from "../support/schema.ts";

const schema = buildSchema(allTypeDefs());

test.each(exampleQueries)("the example is valid: %s", (query) => {
  expect(validate(schema, parse(query))).toEqual([]);
});
