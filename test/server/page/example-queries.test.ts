import { buildSchema, parse, validate } from "graphql";
import { expect, test } from "vitest";
import { readTypeDefs } from "../../../src/graph/index.ts";
import { exampleQueries } from "../../../src/server/index.ts";

const schema = buildSchema(readTypeDefs());

test.each(exampleQueries)("the example “$title” is valid", ({ query }) => {
  expect(validate(schema, parse(query))).toEqual([]);
});
