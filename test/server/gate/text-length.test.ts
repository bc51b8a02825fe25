import { expect, test } from "vitest";
import { draftFields, findImpossibleValues } from "../../../src/alma/index.ts";
import { kinds } from "../../../src/catalog/index.ts";
import { startReports } from "../../reports/run/reports.ts";

const long = "x".repeat(10_001);
const blanks = " ".repeat(160_000);
const longId = "7".repeat(256);
const tooLong = /has (a text of )?\d+ characters(, more than|; \d+ are allowed)/;

test("a text that is longer than its kind allows is refused at every door", async () => {
  const { address, asked, get } = await startReports(undefined);
  const post = async (path: string, type: string, body: string) => {
    const response = await fetch(address + path, { method: "POST", headers: { "content-type": type }, body });
    return response.text();
  };
  const json = (path: string, body: unknown) => post(path, "application/json", JSON.stringify(body));
  const graph = (query: string, variables: object = {}) => json("/graphql", { query, variables });
  const unit = "query ($ref: Ref!) { unit(ref: $ref) { name } }";
  const update =
    "mutation ($input: UpdateUnitInput!) { updateUnit(ref: { almaId: 9199 }, input: $input) { userErrors { message } } }";
  const sync =
    "mutation ($items: [BitrixItemInput!]!) { syncBitrix(items: $items) { items { userErrors { message } } } }";
  const filter = "query ($text: String!) { units(filter: { name: { contains: $text } }) { totalCount } }";
  const told = {
    variable: await graph(filter, { text: long }),
    "text in a document": await graph(`{ units(filter: { name: { contains: "${long}" } }) { totalCount } }`),
    "id of a ref": await graph(unit, { ref: { id: long } }),
    "Bitrix id of a ref": await graph(unit, { ref: { externalId: longId } }),
    "Bitrix id in a document": await graph(`{ unit(ref: { externalId: "${longId}" }) { name } }`),
    "field of a write": await graph(update, { input: { header: long } }),
    "Bitrix id of a write": await graph(update, { input: { externalId: longId } }),
    "text of an item": await graph(sync, { items: [{ kind: "CONTACT", item: { ID: 7, NAME: long } }] }),
    "item of the webhook": await json("/bitrix/sync", [{ kind: "CONTACT", item: { ID: 7, NAME: long } }]),
    "document of a job": await graph(
      "mutation ($d: String!) { startJob(document: $d, rows: []) { userErrors { message } } }",
      { d: `#${long}` },
    ),
    cell: await post("/imports/unit-rents?dryRun=1", "text/csv", `Unit,Rent aimed at\n9199,${long}\n`),
    parameter: (await get(`buildings.json?search=${long}`)).text,
  };
  for (const [door, text] of Object.entries(told))
    expect([door, text]).toEqual([door, expect.stringMatching(tooLong)]);
  const touched = await json("/touch", { records: [{ kind: "UNIT", externalId: longId }] });
  expect(touched).toContain("<=255 characters");
  // What is no id at all is told as such.
  for (const value of [blanks, `${blanks}x`, `0${blanks}x`])
    expect(
      await json("/bitrix/sync", [{ kind: "APARTMENT", item: { id: value, ufCrm6Contact: value } }]),
    ).toContain("An item needs its id in Bitrix");
  expect(asked().filter((call) => !call.startsWith("GET"))).toEqual([]);
});

test("every text that can be written has a bound", () => {
  for (const kind of kinds) {
    for (const { name, accepts } of draftFields(kind).values()) {
      if (accepts !== "text" && accepts !== "decimal" && accepts !== "date") continue;
      const told = findImpossibleValues(kind, { [name]: accepts === "decimal" ? "1".repeat(10_001) : long });
      expect([kind, name, told.map(({ path }) => path)]).toEqual([kind, name, [[name]]]);
    }
  }
});
