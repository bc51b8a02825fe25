import { getNullableType, isLeafType, isObjectType } from "graphql";
import { expect, test } from "vitest";
import { kindDefinitions, kinds } from "../../../src/catalog/index.ts";
import { sourceReaderOf } from "../../../src/graph/execution/source-resolver.ts";
import { executableSchema as builtSchema } from "../../support/schema.ts";

test("the executable schema reads what lists show of records from the record alone", () => {
  const { schema } = builtSchema();
  for (const kind of kinds) {
    const type = schema.getType(kindDefinitions[kind].typeName);
    if (!isObjectType(type)) throw new Error(`There is no object type of ${kind}.`);
    const plain = Object.values(type.getFields()).filter(
      ({ name, type, args }) =>
        isLeafType(getNullableType(type)) &&
        args.length === 0 &&
        ["id", "almaId", ...kindDefinitions[kind].summaryFields].includes(name),
    );
    expect(plain.length).toBeGreaterThan(2);
    expect(plain.filter((field) => !sourceReaderOf(field, type)).map(({ name }) => name)).toEqual([]);
  }
});
