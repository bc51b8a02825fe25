import { describe, expect, test } from "vitest";
import { leaseInput, start } from "../start.ts";

/** Mutations with several errors, and all of these errors. */
const wrong: readonly (readonly [
  title: string,
  mutation: string,
  faults: readonly (readonly [string, string])[],
])[] = [
  [
    "a unit with an empty Bitrix id, no such building, numbers below 0",
    'createUnit(input: { externalId: "", name: "1", building: { externalId: "b-404" }, propertyType: "studio", internalArea: -1, goalRentCost: "-0.01", numberOfBedrooms: -2 })',
    [
      ["INVALID", "input.externalId"],
      ["INVALID", "input.internalArea"],
      ["INVALID", "input.goalRentCost"],
      ["INVALID", "input.numberOfBedrooms"],
      ["NOT_FOUND", "input.building"],
    ],
  ],
  [
    "a unit renamed without its building",
    'updateUnit(ref: { almaId: 1 }, input: { name: "5", building: null })',
    [["INVALID", "input.building"]],
  ],
  [
    "invalid or repeated photos",
    "updateUnit(ref: { almaId: 1 }, input: { photos: { add: [9146, 0, 9146], remove: [-1] } })",
    [
      ["INVALID", "input.photos.add.1"],
      ["INVALID", "input.photos.add.2"],
      ["INVALID", "input.photos.remove.0"],
    ],
  ],
  [
    "a contract that ends before it starts, at a price below 0, on and with what is not there",
    'createTenantContract(input: { externalId: "t/../9", rentalObject: { externalId: "x-1" }, client: { externalId: "x-2" }, name: " ", startDate: "2030-02-01", endDate: "2030-01-31", price: "-1" })',
    [
      ["INVALID", "input.externalId"],
      ["INVALID", "input.price"],
      ["INVALID", "input.endDate"],
      ["NOT_FOUND", "input.rentalObject"],
      ["NOT_FOUND", "input.client"],
      ["REQUIRED", "input.name"],
    ],
  ],
  [
    "refs of the wrong type, and one that no path can carry",
    'createOwnerContract(input: { externalId: "o-9", rentalObject: { id: "Building:1001" }, client: { id: "Unit:1" }, name: "Mandate", startDate: "2030-01-01", endDate: "2030-01-31", pmlStartDate: "2030-01-02", pmlEndDate: "2030-01-01", dtcmPermitScan: 0 })',
    [
      ["INVALID", "input.dtcmPermitScan"],
      ["INVALID", "input.pmlEndDate"],
      ["INVALID", "input.rentalObject"],
      ["INVALID", "input.client"],
    ],
  ],
  [
    "an update of what is not there, with a wrong value",
    'updateUnit(ref: { externalId: "u-404" }, input: { internalArea: -1, externalId: " " })',
    [
      ["INVALID", "input.externalId"],
      ["INVALID", "input.internalArea"],
      ["NOT_FOUND", "ref"],
    ],
  ],
  [
    "an update by the id of another type",
    'updateUnit(ref: { id: "Room:11" }, input: { number: "1" })',
    [["INVALID", "ref"]],
  ],
  ["an update by no id", 'updateUnit(ref: { almaId: 0 }, input: { number: "1" })', [["INVALID", "ref"]]],
  ["an update with nothing in it", "updateUnit(ref: { almaId: 1 }, input: {})", [["INVALID", "input"]]],
  [
    "nulls where something is needed",
    "updateUnit(ref: { almaId: 1 }, input: { name: null, externalId: null, building: null, propertyType: null })",
    [
      ["INVALID", "input.externalId"],
      ["INVALID", "input.name"],
      ["INVALID", "input.building"],
      ["INVALID", "input.propertyType"],
    ],
  ],
  [
    "a building of no project",
    'createBuilding(input: { name: "Palm", project: 0, externalId: "" })',
    [
      ["INVALID", "input.externalId"],
      ["INVALID", "input.project"],
    ],
  ],
  ["a block of what is not there", 'blockRoom(ref: { externalId: "r-404" })', [["NOT_FOUND", "ref"]]],
  ["an archiving by an id of the wrong type", 'archiveUnit(ref: { id: "Room:11" })', [["INVALID", "ref"]]],
  [
    "an invalid idempotency key",
    'blockRoom(ref: { almaId: 11 }, idempotencyKey: "")',
    [["INVALID", "idempotencyKey"]],
  ],
];

test("invalid input is refused with all its errors, and nothing is sent", async () => {
  const { refusals, sent } = await start();
  for (const [title, mutation, faults] of wrong) {
    const found = await refusals(mutation);
    expect([title, found.sort()]).toEqual([title, [...faults].map(([...fault]) => fault).sort()]);
    expect([title, sent()]).toEqual([title, []]);
  }
});

test("5,000 photos are too many for one write", async () => {
  const { query, sent } = await start();
  const photos = Array.from({ length: 5000 }, (_, index) => index + 1);
  const { data } = await query(
    `mutation ($photos: [Int!], $changes: PhotoChanges) {
      createUnit(input: { externalId: "u-9", name: "1", building: { almaId: 1001 }, propertyType: "studio", photos: $photos }) {
        userErrors { code field }
      }
      updateRoom(ref: { almaId: 11 }, input: { photos: $changes }) { userErrors { code field } }
    }`,
    { photos, changes: { add: photos } },
  );
  expect(data).toEqual({
    createUnit: { userErrors: [{ code: "INVALID", field: ["input", "photos"] }] },
    updateRoom: { userErrors: [{ code: "INVALID", field: ["input", "photos", "add"] }] },
  });
  expect(sent()).toEqual([]);
});

test("an Alma id without a record is refused by Alma, at its ref", async () => {
  const { refusals } = await start();
  for (const mutation of [
    'updateUnit(ref: { almaId: 11 }, input: { number: "1" })',
    'updateRoom(ref: { almaId: 404 }, input: { name: "1" })',
    "archiveUnit(ref: { almaId: 404 })",
    'blockRoom(ref: { id: "Room:404" })',
  ])
    expect([mutation, await refusals(mutation)]).toEqual([mutation, [["NOT_FOUND", "ref"]]]);
  expect(
    await refusals(
      'createUnit(input: { externalId: "u-9", name: "1", building: { almaId: 404 }, propertyType: "castle" })',
    ),
  ).toEqual([
    ["NOT_FOUND", "input.building"],
    ["INVALID", "input.propertyType"],
  ]);
});

test("a missing required field is refused by GraphQL, before any call", async () => {
  const { query, asked } = await start();
  const { errors } = await query(
    'mutation { createClient(input: { externalId: "c-9" }) { userErrors { code } } }',
  );
  expect(errors?.map(({ message }) => message.match(/Field "CreateClientInput\.(\w+)"/)?.[1])).toEqual([
    "firstName",
    "lastName",
    "email",
  ]);
  expect(asked()).toEqual([]);
});

describe("a dry run", () => {
  test("finds the errors that reads can find, and sends nothing", async () => {
    const { refusals, mutate, sent } = await start();
    const dry = ", dryRun: true)";
    expect(await refusals(`updateRoom(ref: { almaId: 404 }, input: { number: "1" }${dry}`)).toEqual([
      ["NOT_FOUND", "ref"],
    ]);
    expect(await refusals(`archiveUnit(ref: { almaId: 404 }${dry}`)).toEqual([["NOT_FOUND", "ref"]]);
    expect(
      await refusals(
        `createUnit(input: { externalId: "u-1", name: "1", building: { almaId: 404 }, propertyType: "x" }${dry}`,
      ),
    ).toEqual([["NOT_FOUND", "input.building"]]);
    expect(
      await refusals(
        `createUnit(input: { externalId: "u-1", name: "1", building: { almaId: 1001 }, propertyType: "x" }${dry}`,
      ),
    ).toEqual([["ALREADY_EXISTS", "input.externalId"]]);
    const { unit, userErrors } = await mutate(
      `updateUnit(ref: { externalId: "u-1" }, input: { name: "New" }${dry}`,
      "unit { name }",
    );
    expect([unit, userErrors]).toEqual([{ name: "101" }, []]);
    expect(await mutate(`createBuilding(input: { name: "New" }${dry}`, "building { id }")).toEqual({
      building: null,
      userErrors: [],
    });
    expect(sent()).toEqual([]);
  });

  test("finds overlaps, obstacles to a block and archived contracts", async () => {
    const { refusals, mutate, data, sent } = await start();
    data.tenantContracts.insert({ id: 901, unit_id: 11, client_id: 252, start_date: null, end_date: null });
    data.tenantContracts.insert({ id: 902, unit_id: 12, client_id: 252, is_archived: true });
    const lease = (object: number) =>
      `createTenantContract(input: { externalId: "t-9", rentalObject: { almaId: ${object} }, client: { almaId: 252 }, name: "Lease", startDate: "2030-01-01", endDate: "2030-02-01", price: 1 }, dryRun: true)`;
    const { userErrors } = await mutate(lease(11), "__typename");
    expect(userErrors).toMatchObject([{ code: "OVERLAP" }]);
    expect(userErrors[0]?.message).toContain("TenantContract:901");
    expect(await refusals(lease(12))).toEqual([]);
    expect(await refusals("blockUnit(ref: { almaId: 1 }, dryRun: true)")).toEqual([["OCCUPIED", "ref"]]);
    expect(
      await refusals('updateTenantContract(ref: { almaId: 902 }, input: { name: "x" }, dryRun: true)'),
    ).toEqual([["ARCHIVED", "ref"]]);
    expect(sent()).toEqual([]);
  });
});

test("malformed days and amounts are reported by the write with all other errors, however they are sent", async () => {
  const { query, sent } = await start();
  const variables = {
    contract: {
      externalId: "",
      name: "Lease",
      rentalObject: { almaId: 0 },
      client: { externalId: "x-2" },
      startDate: "2030-02-30",
      endDate: 20300101,
      price: "12,50",
    },
    unit: { goalRentCost: { amount: 1 }, internalArea: -1 },
  };
  const { data } = await query(
    `mutation ($contract: CreateTenantContractInput!, $unit: UpdateUnitInput!) {
      createTenantContract(input: $contract) { tenantContract { id } userErrors { code field message } }
      updateUnit(ref: { almaId: 1 }, input: $unit) { userErrors { code field message } }
      updateClient(ref: { almaId: 1 }, input: { birthday: "1.1.1970", email: "" }) { userErrors { code field message } }
    }`,
    variables,
  );
  type Shown = { readonly code: string; readonly field: readonly string[]; readonly message: string };
  const at = (mutation: string) =>
    data[mutation].userErrors.map(({ code, field }: Shown) => `${code} ${field.join(".")}`).sort();
  expect(at("createTenantContract")).toEqual([
    "INVALID input.endDate",
    "INVALID input.externalId",
    "INVALID input.price",
    "INVALID input.rentalObject",
    "INVALID input.startDate",
    "NOT_FOUND input.client",
  ]);
  expect(at("updateUnit")).toEqual(["INVALID input.goalRentCost", "INVALID input.internalArea"]);
  expect(at("updateClient")).toContain("INVALID input.birthday");
  expect(data.createTenantContract.userErrors).toContainEqual(
    expect.objectContaining({
      message: '"12,50" is not a decimal number in digits, such as "4500.00" (long ones as text).',
    }),
  );
  expect(sent()).toEqual([]);
});

test("GraphQL refuses malformed numbers, each by its place", async () => {
  const { query, sent } = await start();
  const { errors } = await query(
    "mutation ($change: UpdateUnitInput!) { updateUnit(ref: { almaId: 1 }, input: $change) { userErrors { code } } }",
    { change: { internalArea: "2", numberOfBedrooms: 1.5, building: { almaId: "abc" } } },
  );
  for (const field of ["internalArea", "numberOfBedrooms", "building.almaId"])
    expect(errors).toContainEqual(
      expect.objectContaining({
        message: expect.stringContaining(`"change.${field}"`),
        extensions: expect.objectContaining({ code: "BAD_USER_INPUT" }),
      }),
    );
  expect(sent()).toEqual([]);
});

const lease = `mutation ($price: Decimal!, $end: Date!) {
  createTenantContract(input: {
    externalId: "t-9", rentalObject: { almaId: 11 }, client: { almaId: 0 }, name: "Lease"
    startDate: "2030-01-01", endDate: $end, price: $price
  }) { userErrors { code field message } }
  `;

test("also as variables of their own", async () => {
  const { query, sent } = await start();
  const { data, errors } = await query(`${lease} }`, { price: "12,50", end: "tomorrow" });
  expect(errors).toBeUndefined();
  expect(data.createTenantContract.userErrors).toEqual([
    expect.objectContaining({ code: "INVALID", field: ["input", "client"] }),
    expect.objectContaining({ code: "INVALID", field: ["input", "endDate"] }),
    {
      code: "INVALID",
      field: ["input", "price"],
      message: '"12,50" is not a decimal number in digits, such as "4500.00" (long ones as text).',
    },
  ]);
  expect(sent()).toEqual([]);
});

test("outside of inputs a malformed value is refused by GraphQL", async () => {
  const { query } = await start();
  const elsewhere = `more: updateBuilding(ref: { almaId: 1001 }, input: { name: "x" }, dryRun: true) {
    building { units(filter: { goalRentCost: { eq: $price } }) { totalCount } } } }`;
  const both = await query(`${lease}${elsewhere}`, { price: "12,50", end: "2030-02-01" });
  expect(both.errors?.[0]?.extensions).toMatchObject({ code: "BAD_USER_INPUT", argument: "$price" });
  const refused = await query(
    `mutation ($on: Date) { updateUnit(ref: { almaId: 1 }, input: { number: "1" }, dryRun: true) {
      unit { currentTenantContract(on: $on) { id } } } }`,
    { on: "2030-02-30" },
  );
  expect(refused.errors?.[0]?.extensions).toMatchObject({ code: "BAD_USER_INPUT", argument: "$on" });
});

test.each(["rental_object", "clients"])(
  "errors are in the order of the fields, whichever was found first: %s are answered late",
  async (slow) => {
    const { refusals, simulator } = await start();
    simulator.faults.add({
      kind: "stall",
      ms: 300,
      point: "before",
      when: ({ path }) => path.includes(slow),
    });
    const input = leaseInput("t-9", '{ externalId: "nowhere" }').replace('"c-252"', '"nobody"');
    expect(await refusals(`createTenantContract(input: ${input})`)).toEqual([
      ["NOT_FOUND", "input.rentalObject"],
      ["NOT_FOUND", "input.client"],
    ]);
  },
);
