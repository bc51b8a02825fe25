import { buildSchema, parse, validate } from "graphql";
import { expect, test } from "vitest";
import { exampleQueries } from "../../../src/server/index.ts";
import { allTypeDefs } from "../../support/schema.ts";

const schema = buildSchema(allTypeDefs());

test.each(exampleQueries)("the example “$title” is valid", ({ query }) => {
  expect(validate(schema, parse(query))).toEqual([]);
});
