import { describe, expect, test } from "vitest";
import { expectRefusal, quote, small } from "./refuse.ts";

const one = small();
const refuses = (query: string, argument: string | RegExp, variables?: Readonly<Record<string, unknown>>) =>
  expectRefusal(one(), query, argument, variables);

/** A ref, as a literal and as a variable's value, and the wrong argument below `ref`. */
const refs: [literal: string, value: unknown, at: string][] = [
  [`{ id: "Unit" }`, { id: "Unit" }, ".id"],
  [`{ id: "Unit:0" }`, { id: "Unit:0" }, ".id"],
  [`{ id: "Unit:1x" }`, { id: "Unit:1x" }, ".id"],
  [`{ id: "Unit:99999999999" }`, { id: "Unit:99999999999" }, ".id"],
  [`{ id: "Room:1001" }`, { id: "Room:1001" }, ".id"],
  [`{ id: "Квартира:1" }`, { id: "Квартира:1" }, ".id"],
  [`{ id: "" }`, { id: "" }, ".id"],
  [`{ id: 5.5 }`, { id: 5.5 }, ".id"],
  [`{ almaId: 0 }`, { almaId: 0 }, ".almaId"],
  [`{ almaId: -7 }`, { almaId: -7 }, ".almaId"],
  [`{ almaId: 1.5 }`, { almaId: 1.5 }, ".almaId"],
  [`{ almaId: "1001" }`, { almaId: "1001" }, ".almaId"],
  [`{ almaId: 99999999999 }`, { almaId: 99999999999 }, ".almaId"],
  [`{ externalId: "" }`, { externalId: "" }, ".externalId"],
  [`{ externalId: ".." }`, { externalId: ".." }, ".externalId"],
  [`{ externalId: "a/./b" }`, { externalId: "a/./b" }, ".externalId"],
  [`{ externalId: "a\\\\..\\\\b" }`, { externalId: "a\\..\\b" }, ".externalId"],
  [`{ externalId: "a\\u0000b" }`, { externalId: "a\u0000b" }, ".externalId"],
  [`{ externalId: "a\\nb" }`, { externalId: "a\nb" }, ".externalId"],
  [`{ externalId: 5 }`, { externalId: 5 }, ".externalId"],
  [`{ externalId: ["a"] }`, { externalId: ["a"] }, ".externalId"],
  [`{}`, {}, ""],
  [`{ id: "Unit:1001", almaId: 1001 }`, { id: "Unit:1001", almaId: 1001 }, ""],
  [`{ id: "Unit:1001", externalId: null }`, { id: "Unit:1001", externalId: null }, ""],
  [`"Unit:1001"`, "Unit:1001", ""],
  [`[1]`, [1], ""],
];

describe("a ref", () => {
  test.each(refs)("%s", async (literal, value, at) => {
    await refuses(`{ unit(ref: ${literal}) { name } }`, `ref${at}`);
    const argument = new RegExp(`^\\$?(ref|r)${quote(at)}$`);
    await refuses(`query ($r: Ref!) { unit(ref: $r) { name } }`, argument, { r: value });
    await refuses(
      `{ units(filter: { building: ${literal.replace(/Unit/g, "Building")} }) { totalCount } }`,
      `filter.building${at}`,
    );
    await refuses(
      `{ units { nodes { name } } rentalObject(ref: ${literal.replace("Room:1001", "Client:1")}) { name } }`,
      `ref${at}`,
    );
  });

  test("null is refused", async () => {
    await refuses(`{ unit(ref: { id: null }) { name } }`, /^ref/);
    await refuses(`query ($r: Ref!) { unit(ref: $r) { name } }`, "$r", { r: null });
    await refuses(`query ($r: Ref!) { unit(ref: $r) { name } }`, "$r", {});
    await refuses(`query ($r: Ref!) { unit(ref: $r) { name } }`, /^\$?r/, { r: { id: null } });
  });

  test("a global id by itself", async () => {
    await refuses(`{ node(id: "Flat:1") { id } }`, "id");
    await refuses(`{ nodes(ids: ["Unit:1001", "Unit"]) { id } }`, "ids.1");
    await refuses(`query ($ids: [ID!]!) { nodes(ids: $ids) { id } }`, "ids.0", { ids: ["x"] });
    await refuses(`query ($ids: [ID!]!) { nodes(ids: $ids) { id } }`, "$ids.0", { ids: [null] });
  });
});

test.each([["1008"], ['"Marina"'], ['{ name: { contains: "Marina" } }']])(
  "%s instead of a ref in a filter gets advice on conditions",
  async (literal) => {
    const { query } = await one();
    const value = JSON.parse(literal.replaceAll(/(\w+):/g, '"$1":'));
    const answers = [
      await query(`{ units(filter: { building: ${literal} }) { totalCount } }`),
      await query("query ($f: UnitFilter) { units(filter: $f) { totalCount } }", { f: { building: value } }),
    ];
    for (const { errors } of answers) expect(errors?.[0]?.message).toContain("such as `buildingWhere`");
  },
);
