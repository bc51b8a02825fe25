import { expect, test } from "vitest";
import { household } from "../../simulator/alma.ts";
import { day } from "../../support/day.ts";
import { clientInput, leaseInput, ownerInput, roomInput, start, unitInput } from "../start.ts";

/** Creates that conflict with an existing record, and the user error of each. */
const refused = [
  [`createClient(input: ${clientInput.replace("lea@", "omar@")})`, ["NOT_UNIQUE", "input.email"]],
  [`createTenantContract(input: ${leaseInput("t-9")})`, ["OVERLAP", "input.startDate"]],
] as const;

test.each(refused)(
  "a refusal is reported even if the conflicting records cannot be read: %s",
  async (mutation, expected) => {
    const { refusals, data, simulator } = await start();
    data.tenantContracts.insert({ id: 901, unit_id: 11, client_id: 251, start_date: "2020-01-01" });
    let wasSent = false;
    simulator.faults.add({
      kind: "status",
      status: 500,
      when: ({ method }) => {
        wasSent ||= method === "POST";
        return wasSent && method === "GET";
      },
    });
    expect(await refusals(mutation)).toEqual([expected]);
  },
);

/** A household that makes Alma refuse each write below for a reason that its records show. */
const occupied = {
  ...household,
  buildings: [...household.buildings, { id: 1002, name: "Old Tower", project: 207, is_archived: true }],
  units: [...household.units, { id: 3, name: "109", building: 1001, external_id: "u-3", is_archived: true }],
  rooms: [...household.rooms, { id: 21, name: "1", parent_unit: 2, external_id: "r-21" }],
  tenantContracts: [
    {
      id: 901,
      external_id: "t-901",
      unit_id: 11,
      client_id: 252,
      start_date: day(-5),
      end_date: day(5),
      is_archived: false,
    },
    { id: 902, external_id: "t-902", unit_id: 12, client_id: 252, start_date: day(20), end_date: day(30) },
    { id: 903, external_id: "t-903", unit_id: 12, client_id: 252, start_date: day(60), end_date: day(90) },
  ],
};

/** A write, Alma's message for its refusal, and the user error derived from the records. */
const explained: readonly (readonly [
  mutation: string,
  words: unknown,
  code: string,
  field: string | null,
  inTheWay: string,
])[] = [
  [
    `createTenantContract(input: ${leaseInput("t-9")})`,
    { detail: "На эти даты юнит уже занят." },
    "OVERLAP",
    "input.startDate",
    "TenantContract:901",
  ],
  [
    `createTenantContract(input: ${leaseInput("t-9")})`,
    { start_date: ["The period conflicts with an existing contract."] },
    "OVERLAP",
    "input.startDate",
    "TenantContract:901",
  ],
  [
    `updateTenantContract(ref: { almaId: 902 }, input: { endDate: "${day(70)}" })`,
    ["Выбранный период занят другим контрактом."],
    "OVERLAP",
    "input.endDate",
    "TenantContract:903",
  ],
  [
    `createClient(input: ${clientInput.replace("lea@", "omar@")})`,
    { non_field_errors: ["Этот адрес уже занят."] },
    "NOT_UNIQUE",
    "input.email",
    "Client:252",
  ],
  [
    `updateClient(ref: { almaId: 251 }, input: { email: "omar@example.com" })`,
    { email: ["Пользователь с таким адресом электронной почты уже зарегистрирован"] },
    "NOT_UNIQUE",
    "input.email",
    "Client:252",
  ],
  [
    `createUnit(input: ${unitInput})`,
    { name: ["Имя юнита уже занято"] },
    "NOT_UNIQUE",
    "input.name",
    "Unit:3",
  ],
  [
    `updateRoom(ref: { almaId: 11 }, input: { name: "2" })`,
    { detail: "Duplicate entry" },
    "NOT_UNIQUE",
    "input.name",
    "Room:12",
  ],
  [
    `updateUnit(ref: { almaId: 3 }, input: { header: "109" })`,
    { detail: "Апартамент находится в архиве" },
    "ARCHIVED",
    "ref",
    "Unit:3",
  ],
  [
    `createUnit(input: ${unitInput.replace("1001", "1002").replace("109", "110")})`,
    { building: ["Здание в архиве."] },
    "ARCHIVED",
    "input.building",
    "Building:1002",
  ],
  [
    `createOwnerContract(input: ${ownerInput("o-9", "{ almaId: 3 }")})`,
    "A contract cannot be created on an archived unit.",
    "ARCHIVED",
    "input.rentalObject",
    "Unit:3",
  ],
  [
    `createRoom(input: ${roomInput.replace("almaId: 1", 'externalId: "u-1"').replace('"3"', '"2"')})`,
    { detail: "" },
    "NOT_UNIQUE",
    "input.name",
    "Room:12",
  ],
  [
    `createTenantContract(input: ${leaseInput("t-9", "{ almaId: 2 }")})`,
    { detail: "The apartment isn't shared" },
    "WHOLE_LET_UNIT",
    "input.rentalObject",
    "Unit:2",
  ],
  [
    `createUnit(input: ${unitInput.replace("1001", "1999")})`,
    { building: ["Нет такого здания"] },
    "NOT_FOUND",
    "input.building",
    "1999",
  ],
  [`blockRoom(ref: { almaId: 11 })`, { detail: "Юнит занят" }, "OCCUPIED", "ref", "TenantContract:901"],
  [`blockUnit(ref: { almaId: 1 })`, false, "OCCUPIED", "ref", "TenantContract:901"],
];

test.each(explained)(
  "Alma's records explain a refusal in unknown words: %s, %o",
  async (mutation, words, code, field, inTheWay) => {
    const { mutate, simulator } = await start({ data: occupied });
    simulator.faults.add({
      kind: "status",
      status: 400,
      body: words,
      when: ({ method }) => method !== "GET",
    });
    const { userErrors } = await mutate(mutation, "__typename");
    expect(userErrors.map((error) => [error.code, error.field?.join(".") ?? null])).toEqual([[code, field]]);
    expect(userErrors[0]?.message).toContain(inTheWay);
  },
);

test.each([
  [
    `createTenantContract(input: ${leaseInput("t-9", "{ almaId: 1 }")})`,
    { detail: "Активная блокировка" },
    "REJECTED",
    null,
  ],
  [
    `createUnit(input: ${unitInput.replace("109", "110")})`,
    { number: ["Такой номер нам не нравится"] },
    "INVALID",
    "input.number",
  ],
  [
    `createClient(input: ${clientInput.replace("lea@", "omar@")})`,
    { phone: ["Номер телефона уже используется"] },
    "INVALID",
    "input.phone",
  ],
])(
  "a refusal that the records do not explain keeps Alma's words: %s, %o",
  async (mutation, words, code, field) => {
    const { mutate, simulator } = await start({ data: occupied });
    simulator.faults.add({
      kind: "status",
      status: 400,
      body: words,
      when: ({ method }) => method !== "GET",
    });
    const { userErrors } = await mutate(mutation, "__typename");
    expect(userErrors.map((error) => [error.code, error.field?.join(".") ?? null])).toEqual([[code, field]]);
    expect(userErrors[0]?.message).toContain(Object.values(words).flat()[0]);
  },
);

test.each([
  ["an unknown text", 400, { detail: "Нельзя" }, "OCCUPIED"],
  ["a block in the document's words", 400, { detail: "unit is blocked" }, "OCCUPIED"],
  ["a bare false", 200, false, "OCCUPIED"],
  ["missing permissions", 403, { detail: "You may not do this." }, "REJECTED"],
] as const)(
  "a block without a contract in the way is prevented by a block: %s",
  async (_, status, body, code) => {
    const { mutate, simulator } = await start();
    await mutate("blockUnit(ref: { almaId: 1 })", "__typename");
    simulator.faults.add({ kind: "status", status, body, when: ({ method }) => method !== "GET" });
    const { userErrors } = await mutate("blockUnit(ref: { almaId: 1 })", "__typename");
    expect(userErrors).toMatchObject([{ code, field: ["ref"] }]);
    if (code === "OCCUPIED")
      expect(userErrors[0]?.message).toMatch(
        /No active or planned contract is in the way, so Unit:1, or a room of it, is already blocked/,
      );
  },
);

test("a record that cannot be read again is not mistaken for another one with its name", async () => {
  const { mutate, simulator } = await start({ data: occupied });
  let isRefused = false;
  simulator.faults.add({
    kind: "status",
    status: 400,
    body: { detail: "Нельзя" },
    when: ({ method }) => {
      isRefused ||= method !== "GET";
      return method !== "GET";
    },
  });
  simulator.faults.add({
    kind: "status",
    status: 500,
    when: ({ method, path }) => isRefused && method === "GET" && path.endsWith("/11/"),
  });
  const { userErrors } = await mutate(`updateRoom(ref: { almaId: 11 }, input: { name: "1" })`, "__typename");
  expect(userErrors.map(({ code }) => code)).toEqual(["REJECTED"]);
});
