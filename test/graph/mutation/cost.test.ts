import { expect, test } from "vitest";
import { household } from "../../simulator/alma.ts";
import { leaseInput, ownerInput, roomInput, start, unitInput } from "../start.ts";

/** Mutations that select a field of the record, and the calls to Alma that each makes. */
const costs: readonly (readonly [
  title: string,
  mutation: string,
  selection: string,
  asked: readonly string[],
])[] = [
  [
    "an update by Alma id: the record before, the change, the re-reading",
    'updateUnit(ref: { almaId: 1 }, input: { address: "Pier 7" })',
    "unit { address }",
    ["GET realty/units/1/", "PATCH realty/units/1/", "GET realty/units/1/"],
  ],
  [
    "a rename: the parent is in the record before",
    'updateRoom(ref: { almaId: 11 }, input: { name: "5" })',
    "room { name }",
    ["GET realty/rooms/11/", "PATCH realty/rooms/11/", "GET realty/rooms/11/"],
  ],
  [
    "a rename with the parent given",
    'updateUnit(ref: { almaId: 1 }, input: { name: "5", building: { almaId: 1001 } })',
    "unit { name }",
    ["GET realty/units/1/", "PATCH realty/units/1/", "GET realty/units/1/"],
  ],
  [
    "photos: the set is in the record before",
    "updateUnit(ref: { almaId: 1 }, input: { photos: { add: [9146] } })",
    "unit { photos { url } }",
    ["GET realty/units/1/", "PATCH realty/units/1/", "GET realty/units/1/"],
  ],
  [
    "a rename with photos: one reading does for both",
    'updateUnit(ref: { almaId: 1 }, input: { name: "5", photos: { add: [9146] } })',
    "unit { name }",
    ["GET realty/units/1/", "PATCH realty/units/1/", "GET realty/units/1/"],
  ],
  [
    "an update by Bitrix id: the lookup shows the record before",
    'updateClient(ref: { externalId: "c-251" }, input: { phone: "+1" })',
    "client { phone }",
    ["GET realty/clients/external_id/c-251/", "PATCH realty/clients/251/", "GET realty/clients/251/"],
  ],
  [
    "a create: look, create, re-read",
    `createUnit(input: ${unitInput})`,
    "unit { number }",
    ["GET realty/units/external_id/u-9/", "POST realty/units/", "GET realty/units/2601/"],
  ],
  [
    "a create with a parent by Bitrix id: one more",
    `createUnit(input: ${unitInput.replace("almaId: 1001", 'externalId: "b-1"')})`,
    "unit { number }",
    [
      "GET realty/buildings/external_id/b-1/",
      "GET realty/units/external_id/u-9/",
      "POST realty/units/",
      "GET realty/units/2601/",
    ],
  ],
  [
    "a room: two more, to check its unit, and that no unit stands for it",
    `createRoom(input: ${roomInput})`,
    "room { number }",
    [
      "GET realty/units/1/",
      "GET realty/rooms/external_id/r-19/",
      "GET realty/rental_object/r-19/",
      "POST realty/rooms/",
      "GET realty/rooms/2601/",
    ],
  ],
  [
    "a room with its unit by Bitrix id: one call resolves and checks",
    `createRoom(input: ${roomInput.replace("almaId: 1", 'externalId: "u-1"')})`,
    "room { number }",
    [
      "GET realty/units/external_id/u-1/",
      "GET realty/rooms/external_id/r-19/",
      "GET realty/rental_object/r-19/",
      "POST realty/rooms/",
      "GET realty/rooms/2601/",
    ],
  ],
  [
    "a building without a Bitrix id: the list has its name or not",
    'createBuilding(input: { name: "Palm" })',
    "building { number }",
    ["GET realty/buildings/", "POST realty/buildings/", "GET realty/buildings/1002/"],
  ],
  [
    "a contract from Bitrix ids alone: one more, to know that no unit has the room's id too",
    `createTenantContract(input: ${leaseInput("t-9")})`,
    "tenantContract { price rentalObject { id } client { id } }",
    [
      "GET realty/rental_object/r-11/",
      "GET realty/units/external_id/r-11/",
      "GET realty/clients/external_id/c-252/",
      "GET realty/contracts/tenant_contracts/external_id/t-9/",
      "POST realty/contracts/tenant_contracts/",
      "GET realty/contracts/tenant_contracts/902/",
    ],
  ],
  [
    "an owner contract on a unit named by its global id: one more, to know that it is no room's",
    `createOwnerContract(input: ${ownerInput("o-9", '{ id: "Unit:1" }')})`,
    "ownerContract { name }",
    [
      "GET realty/units/1/",
      "GET realty/contracts/owner_contracts/external_id/o-9/",
      "POST realty/contracts/owner_contracts/",
      "GET realty/contracts/owner_contracts/502/",
    ],
  ],
  [
    "archiving: the change, the re-reading; the cascade only when somebody asks for it",
    "archiveUnit(ref: { almaId: 1 })",
    "unit { isArchived }",
    ["PATCH realty/units/1/archive/", "GET realty/units/1/"],
  ],
  [
    "archiving with the cascade left out",
    "archiveUnit(ref: { almaId: 1 })",
    "unit { isArchived } impact @include(if: false) { contracts { id } }",
    ["PATCH realty/units/1/archive/", "GET realty/units/1/"],
  ],
  [
    "a block",
    "blockRoom(ref: { almaId: 11 })",
    "room { status }",
    ["PATCH realty/rooms/11/block/", "GET realty/rooms/11/"],
  ],
  [
    "no field of the record selected: no re-reading",
    "blockRoom(ref: { almaId: 11 })",
    "room { id }",
    ["PATCH realty/rooms/11/block/"],
  ],
];

const data = {
  ...household,
  ownerContracts: [{ id: 501, unit_id: 2, client_id: 251, external_id: "o-501", end_date: "2024-02-01" }],
  tenantContracts: [{ id: 901, unit_id: 2, client_id: 252, external_id: "t-901", end_date: "2024-02-01" }],
};

test("every write makes only the calls that it needs, and counts them in extensions.alma", async () => {
  for (const [title, mutation, selection, expected] of costs) {
    const { query, asked } = await start({ data, switches: { contractForm: "external_id" } });
    // Confirms the path variant: a 404 on an unconfirmed variant causes more calls.
    await query(
      '{ tenantContract(ref: { externalId: "t-901" }) { id } ownerContract(ref: { externalId: "o-501" }) { id } }',
    );
    // Reads the lists that are searched for an id that Alma does not find, at most once per CATALOG_MAX_AGE.
    const lists = mutation.startsWith("createOwnerContract")
      ? ["ownerContract"]
      : ["unit", "room", "tenantContract"];
    for (const list of lists) await query(`{ ${list}(ref: { externalId: "-" }) { id } }`);
    asked();
    const answer = await query(`mutation { ${mutation} { ${selection} userErrors { message } } }`);
    expect([title, answer.errors, asked().sort()]).toEqual([title, undefined, [...expected].sort()]);
    expect([title, answer.extensions.alma.calls]).toEqual([title, expected.length]);
  }
}, 120_000);

test("a write reads again the records that it depends on, even if the cache is fresh; a dry run does not", async () => {
  const { query, mutate, asked } = await start();
  await query("{ unit(ref: { almaId: 1 }) { address } }");
  asked();
  const rename = 'updateUnit(ref: { almaId: 1 }, input: { name: "5" }';
  await mutate(`${rename}, dryRun: true)`, "unit { name }");
  // The list, which has not been read yet, shows whether the name is taken.
  expect(asked()).toEqual(["GET realty/units/"]);
  await mutate(`${rename}, dryRun: true)`, "unit { name }");
  expect(asked()).toEqual([]);
  await mutate(`${rename})`, "unit { name }");
  expect(asked()).toEqual(["GET realty/units/1/", "PATCH realty/units/1/", "GET realty/units/1/"]);
});
