import { expect, test } from "vitest";
import { startReports } from "../reports/run/reports.ts";

const long = "x".repeat(10_001);
const blanks = " ".repeat(160_000);
const longId = "7".repeat(256);
const tooLong = /has (a text of )?\d+ characters(, more than|; \d+ are allowed)/;

test("a text that is longer than its kind allows is refused by every capability", async () => {
  const { address, asked, get } = await startReports(undefined);
  const post = async (path: string, type: string, body: string) => {
    const response = await fetch(address + path, { method: "POST", headers: { "content-type": type }, body });
    return response.text();
  };
  const json = (path: string, body: unknown) => post(path, "application/json", JSON.stringify(body));
  const graph = (query: string, variables: object = {}) => json("/graphql", { query, variables });
  const sync =
    "mutation ($items: [BitrixItemInput!]!) { syncBitrix(items: $items) { items { userErrors { message } } } }";
  const told = {
    "text of an item": await graph(sync, { items: [{ kind: "CONTACT", item: { ID: 7, NAME: long } }] }),
    "item of the webhook": await json("/bitrix/sync", [{ kind: "CONTACT", item: { ID: 7, NAME: long } }]),
    "document of a job": await graph(
      "mutation ($d: String!) { startJob(document: $d, rows: []) { userErrors { message } } }",
      { d: `#${long}` },
    ),
    cell: await post("/imports/unit-rents?dryRun=1", "text/csv", `Unit,Target rent\n9199,${long}\n`),
    parameter: (await get(`buildings.json?search=${long}`)).text,
  };
  for (const [door, text] of Object.entries(told))
    expect([door, text]).toEqual([door, expect.stringMatching(tooLong)]);
  const touched = await json("/touch", { records: [{ kind: "UNIT", externalId: longId }] });
  expect(touched).toContain("<=255 characters");
  // An invalid id is reported as invalid.
  for (const value of [blanks, `${blanks}x`, `0${blanks}x`])
    expect(
      await json("/bitrix/sync", [{ kind: "APARTMENT", item: { id: value, ufCrm6Contact: value } }]),
    ).toContain("An item needs its id in Bitrix");
  expect(asked().filter((call) => !call.startsWith("GET"))).toEqual([]);
});
