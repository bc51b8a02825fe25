import { describe, expect, test } from "vitest";
import { isOfClient, readNames } from "../../../src/graph/input/named-client.ts";
import { isIn } from "../../../src/store/lasting/find-leftovers.ts";
import { executableSchema } from "../../support/schema.ts";

const { schema } = executableSchema();

const client = { id: 861, bitrixIds: new Set(["BX-1"]) };
const update = (kind: string) =>
  `mutation ($ref: Ref!, $name: String) { update${kind}(ref: $ref, input: { name: $name }) { userErrors { code } } }`;
const updateClient =
  'mutation ($ref: Ref!) { updateClient(ref: $ref, input: { lastName: "Q" }) { client { ...c } } } fragment c on Client { id }';
const lease =
  "mutation ($input: CreateTenantContractInput!) { createTenantContract(input: $input) { tenantContract { client { almaId } } } }";
const leaseOf = (ref: object) => ({
  input: {
    externalId: "BX-1",
    name: "L",
    rentalObject: { almaId: 861 },
    client: ref,
    startDate: "2026-01-01",
    endDate: "2026-12-31",
    price: "1",
  },
});

describe("a row of a job", () => {
  test.each<[string, string, unknown, unknown?]>([
    ["its Alma id", updateClient, { ref: { almaId: 861 } }],
    ["its global id", updateClient, { ref: { id: "Client:861" } }],
    ["its Bitrix id", updateClient, { ref: { externalId: " BX-1 " } }],
    ["a literal", updateClient.replace("$ref: Ref!", "$x: Int").replace("$ref", "{ almaId: 861 }"), {}],
    ["a link to it", lease, leaseOf({ almaId: 861 })],
    ["what a payload shows", update("Unit"), { ref: { almaId: 1 } }, { lessee: { owner: "Client:861" } }],
    [
      "a link of a payload",
      lease,
      leaseOf({ externalId: "BX-2" }),
      { tenantContract: { client: { almaId: 861 } } },
    ],
  ])("names a client by %s", (_, document, row, payload = null) => {
    expect(readNames(schema, document, client)(row, payload)).toBe(true);
    expect(readNames(schema, document, { id: 86, bitrixIds: new Set(["BX"]) })(row, payload)).toBe(false);
  });

  test.each<[string, string, unknown, unknown?]>([
    ["a longer id", updateClient, { ref: { almaId: 8619 } }],
    ["an id of another kind", update("Unit"), { ref: { almaId: 861 } }],
    ["a Bitrix id of another kind", update("Unit"), { ref: { externalId: "BX-1" } }],
    ["ids of what it is linked to", lease, leaseOf({ almaId: 2 })],
    ["a free text", update("Unit"), { ref: { almaId: 1 }, name: "Client:8610, BX-1" }],
    ["variables that its document refuses", updateClient, { ref: 861 }],
  ])("names none by %s", (_, document, row, payload = null) => {
    expect(
      readNames(schema, document, client)(row, { state: "DONE", payload, userErrors: [], error: null }),
    ).toBe(false);
  });
});

test("a mutation is of clients if its payload has one", () => {
  expect(
    ["createClient", "updateClient", "updateUnit", undefined].map((mutation) => isOfClient(schema, mutation)),
  ).toEqual([true, true, false, false]);
});

test("a text is found as a whole word", () => {
  expect(
    ["Client:86 left", "a Client:86", "Client:861", "xClient:86"].map((text) => isIn(text, "Client:86")),
  ).toEqual([true, true, false, false]);
});
