import { expect, onTestFinished, test } from "vitest";
import { draftFields, findImpossibleValues } from "../../../src/alma/index.ts";
import { kinds } from "../../../src/catalog/index.ts";
import { type Answer, startGateway } from "../../support/gateway.ts";
import { postJson } from "../../support/post.ts";

const long = "x".repeat(10_001);
const longId = "7".repeat(256);
const tooLong = /has (a text of )?\d+ characters(, more than|; \d+ are allowed)/;

test("a text longer than its kind allows is refused anywhere", async () => {
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

test("a number in a document that is too large for a double is refused, and not sent as null", async () => {
  const { address, asked, close } = await startGateway({ size: 1 });
  onTestFinished(close);
  for (const number of ["1e400", "-1E+400", `${"9".repeat(250)}e60`, `1${"0".repeat(309)}`])
    for (const document of [
      `mutation { updateUnit(ref: { almaId: 1 }, input: { totalBuildableArea: ${number} }) { userErrors { message } } }`,
      `mutation ($area: Float = ${number}) { updateUnit(ref: { almaId: 1 }, input: { internalArea: $area }) { userErrors { message } } }`,
      `{ units(filter: { internalArea: { in: [1, ${number}] } }) { totalCount } }`,
    ]) {
      const answer = (await postJson(`${address}/graphql`, { query: document })) as Answer;
      expect(answer).not.toHaveProperty("data");
      expect(answer.errors?.map(({ message }) => message)).toContainEqual(
        expect.stringContaining("a number that is too large"),
      );
    }
  expect(asked().filter((call) => !call.startsWith("GET"))).toEqual([]);
});
