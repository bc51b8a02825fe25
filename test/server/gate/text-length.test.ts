import { expect, onTestFinished, test } from "vitest";
import { draftFields, findImpossibleValues } from "../../../src/alma/index.ts";
import { kinds } from "../../../src/catalog/index.ts";
import { startGateway } from "../../support/gateway.ts";
import { postJson } from "../../support/post.ts";

const long = "x".repeat(10_001);
const longId = "7".repeat(256);
const tooLong = /has (a text of )?\d+ characters(, more than|; \d+ are allowed)/;

test("a text that is longer than its kind allows is refused wherever it stands", async () => {
  const { address, asked, close } = await startGateway({ size: 1 });
  onTestFinished(close);
  const graph = async (query: string, variables: object = {}) =>
    JSON.stringify(await postJson(`${address}/graphql`, { query, variables }));
  const unit = "query ($ref: Ref!) { unit(ref: $ref) { name } }";
  const update =
    "mutation ($input: UpdateUnitInput!) { updateUnit(ref: { almaId: 9199 }, input: $input) { userErrors { message } } }";
  const filter = "query ($text: String!) { units(filter: { name: { contains: $text } }) { totalCount } }";
  const told = {
    variable: await graph(filter, { text: long }),
    "text in a document": await graph(`{ units(filter: { name: { contains: "${long}" } }) { totalCount } }`),
    "id of a ref": await graph(unit, { ref: { id: long } }),
    "Bitrix id of a ref": await graph(unit, { ref: { externalId: longId } }),
    "Bitrix id in a document": await graph(`{ unit(ref: { externalId: "${longId}" }) { name } }`),
    "field of a write": await graph(update, { input: { header: long } }),
    "Bitrix id of a write": await graph(update, { input: { externalId: longId } }),
  };
  for (const [door, text] of Object.entries(told))
    expect([door, text]).toEqual([door, expect.stringMatching(tooLong)]);
  expect(asked().filter((call) => !call.startsWith("GET"))).toEqual([]);
});

test("every writable text has a limit", () => {
  for (const kind of kinds) {
    for (const { name, accepts } of draftFields(kind).values()) {
      if (accepts !== "text" && accepts !== "decimal" && accepts !== "date") continue;
      const told = findImpossibleValues(kind, { [name]: accepts === "decimal" ? "1".repeat(10_001) : long });
      expect([kind, name, told.map(({ path }) => path)]).toEqual([kind, name, [[name]]]);
    }
  }
});
