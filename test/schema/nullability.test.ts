import { type GraphQLOutputType, isListType, isNonNullType } from "graphql";
import { expect, test } from "vitest";
import { outputTypes, schema } from "./sdl.ts";

const fields = outputTypes.flatMap((type) =>
  Object.values(type.getFields()).map((field) => ({ type: type.name, name: field.name, of: field.type })),
);

/** Values that a Bitrix item, a mapping table or a record in Alma may lack. */
const absentFromBitrix = new Set([
  "BitrixOption.value",
  "BitrixMapping.itemId",
  "BitrixMappedField.bitrixField",
  "BitrixMappedField.raw",
  "BitrixMappedField.value",
  "BitrixMappedField.userError",
  "BitrixSyncResult.itemId",
  "BitrixSyncResult.record",
  "BitrixChange.before",
  "BitrixChange.after",
  "BitrixBuildingResult.building",
  "BitrixDrift.asOf",
  "BitrixDriftCase.externalId",
]);

/** Values that cannot fail and may be non-null: created by the gateway, or the key by which the record was found. */
function cannotFail(type: string, name: string): boolean {
  if (name === "id" || name === "almaId") return type !== "Photo";
  if (type === "SyncBitrixPayload") return true;
  if (name === "userErrors")
    return type.endsWith("Payload") || type.startsWith("Bitrix") || type === "JobRow";
  if (type === "UserError") return name === "message" || name === "code";
  if (type.startsWith("Bitrix")) return !absentFromBitrix.has(`${type}.${name}`);
  if (type === "DataIssue") return name !== "name" && name !== "other";
  if (type === "Letting") return name === "from" || name === "to" || name === "days";
  if (type === "Job") return !["reason", "endedAt", "pace", "secondsLeft"].includes(name);
  if (type === "JobRow") return name !== "payload" && name !== "error";
  if (type === "JobRowError") return true;
  if (type === "Change") return !["record", "field", "before", "after", "by"].includes(name);
  if (type === "ChangeAuthor") return name !== "name";
  if (type === "ChangePage") return true;
  if (type === "PageInfo") return name === "hasNextPage" || name === "hasPreviousPage";
  if (type.endsWith("Connection")) return name !== "asOf" && name !== "groups";
  if (type === "Period") return true;
  if (type.endsWith("Summary")) return name === "count" || name === "sum";
  if (type.endsWith("Groups")) return name !== "asOf";
  // A key may be null; without periods, they have no numbers.
  if (type.endsWith("GroupKeys")) return false;
  if (type.endsWith("Group"))
    return ![
      "period",
      "distinct",
      "days",
      "rent",
      "occupied",
      "vacant",
      "lettableDays",
      "occupiedDays",
      "occupancy",
    ].includes(name);
  return type.endsWith("Edge");
}

const withoutItems = (type: GraphQLOutputType): GraphQLOutputType =>
  isNonNullType(type) ? type.ofType : type;

test("exactly ids, userErrors and contents of connections are non-null", () => {
  const wrong = fields.filter(({ type, name, of }) => isNonNullType(of) !== cannotFail(type, name));
  expect(wrong.map(({ type, name, of }) => `${type}.${name}: ${of}`)).toEqual([]);
});

test("lists hold no nulls, except for nodes(ids:), where a null means an id without a record", () => {
  const nullable = fields.filter(({ of }) => {
    const list = withoutItems(of);
    return isListType(list) && !isNonNullType(list.ofType);
  });
  expect(nullable.map(({ type, name }) => `${type}.${name}`)).toEqual(["Query.nodes"]);
});

test("a ref is exactly one of three ids", () => {
  const ref = schema.getType("Ref");
  expect(ref && "isOneOf" in ref && ref.isOneOf).toBe(true);
  expect(ref && "getFields" in ref && Object.keys(ref.getFields())).toEqual(["id", "almaId", "externalId"]);
});
