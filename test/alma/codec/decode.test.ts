import { expect, test } from "vitest";
import { caller, conversation, html, htmlNotFound, notFound } from "../fake.ts";

const one = async (record: object) => {
  const { alma } = await conversation(() => [200, { id: 1, ...record }]);
  return alma;
};
const unit = async (record: object) => (await (await one(record)).unit.get({ id: 1 }, caller)).match;
const contract = async (record: object) =>
  (await (await one(record)).tenantContract.get({ id: 1 }, caller)).match;

test("undocumented values of vocabularies are passed on", async () => {
  const match = await unit({
    status: "haunted",
    property_type: { name: "property_type.igloo", value: "igloo" },
    parking: "roof",
  });
  expect(match?.record).toMatchObject({
    status: "haunted",
    propertyType: { value: "igloo", name: "property_type.igloo" },
    parking: { value: "roof", name: null },
  });
  const alma = await one({ country: { name: "country.cyprus", value: 4 }, status: "" });
  const client = await alma.client.get({ id: 1 }, caller);
  expect(client.match?.record).toMatchObject({ country: { value: "4", name: "country.cyprus" }, status: "" });
});

test.each([
  ["2025-08-21T00:00:00", "2025-08-21"],
  ["2024-10-21T23:59:59+14:00", "2024-10-21"],
  ["2024-02-29", "2024-02-29"],
  ["", null],
  [null, null],
])("a date is read without a time zone: %s as %s", async (shown, read) => {
  const match = await contract({ start_date: shown });
  expect(match?.record.startDate).toBe(read);
  expect(match?.fieldErrors).toBeUndefined();
});

test.each(["2024-02-30", "2023-02-29T00:00:00", "21.08.2025", "0000", 20250821, true, ["2025-08-21"]])(
  "%s is not a date, and only its own field is null",
  async (shown) => {
    const match = await contract({ start_date: shown, end_date: "2025-08-25T00:00:00" });
    expect(match?.record).toMatchObject({ startDate: null, endDate: "2025-08-25" });
    expect(Object.keys(match?.fieldErrors ?? {})).toEqual(["startDate"]);
  },
);

test.each([
  ['"0.10"', "0.10"],
  ['"12345678901234567890.123456789"', "12345678901234567890.123456789"],
  ["12.22", "12.22"],
  ["12345678901234567890.12", "12345678901234567890.12"],
  ["0.1234567890123456789", "0.1234567890123456789"],
  ["1e21", "1000000000000000000000.00"],
  ["1E-7", "0.0000001"],
  ["0", "0.00"],
  ["12.2", "12.20"],
  ['"8400"', "8400.00"],
  ['"-012.5000"', "-12.50"],
  ['""', null],
])("a decimal is read exactly: %s as %s", async (shown, read) => {
  const { alma } = await conversation(() => [
    200,
    `{"id": 1, "price": ${shown}, "goal_rent_cost": ${shown}}`,
  ]);
  expect((await alma.tenantContract.get({ id: 1 }, caller)).match?.record.price).toBe(read);
  expect((await alma.unit.get({ id: 1 }, caller)).match?.record.goalRentCost).toBe(read);
});

test.each(["1,5", "abc", true, {}, "1e9999999999", "NaN"])(
  "%j is not a decimal, and only its own field is null",
  async (shown) => {
    const match = await unit({ goal_rent_cost: shown });
    expect(match?.record.goalRentCost).toBeNull();
    expect(match?.fieldErrors?.goalRentCost).toMatch(/decimal/);
  },
);

test.each([
  ["windows-1251", "Башня", '"windows-1251"'],
  ["a charset that does not exist", "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD", "cp-none"],
])("a body that is not UTF-8 is decoded by the charset of its content type: %s", async (_, name, charset) => {
  const { alma } = await conversation((_, response) => {
    response.writeHead(200, { "content-type": `application/json; charset=${charset}` });
    response.end(Buffer.from('{"id": 1, "name": "\xc1\xe0\xf8\xed\xff"}', "latin1"));
    return undefined;
  });
  expect((await alma.unit.get({ id: 1 }, caller)).match?.record.name).toBe(name);
});

test("a body that is UTF-8 is decoded as UTF-8, whatever its content type says", async () => {
  const type = { "content-type": "text/html; charset=windows-1251" };
  const { alma } = await conversation(() => [200, '{"id": 1, "name": "Башня"}', type]);
  expect((await alma.unit.get({ id: 1 }, caller)).match?.record.name).toBe("Башня");
});

test("NaN and Infinity make only their own field null, and the record is read once", async () => {
  const { alma, paths } = await conversation(() => [
    200,
    '{"id": 1, "name": "A", "goal_rent_cost": NaN, "internal_area": Infinity, "number_of_baths": 2}',
  ]);
  const { match } = await alma.unit.get({ id: 1 }, caller);
  expect(match?.record).toMatchObject({
    name: "A",
    goalRentCost: null,
    internalArea: null,
    numberOfBaths: 2,
  });
  expect(Object.keys(match?.fieldErrors ?? {}).sort()).toEqual(["goalRentCost", "internalArea"]);
  expect(paths()).toHaveLength(1);
});

test("fields that are only documented as null are read as text, numbers included", async () => {
  const match = await unit({
    floor: 12,
    keybox_code: "0042",
    electronic_lock_password: 7,
    plot: 10.5,
    covered_verandas: "two",
    uncovered_verandas: 0,
    lower_level: "",
    storage: null,
  });
  expect(match?.record).toMatchObject({
    floor: "12",
    keyboxCode: "0042",
    electronicLockPassword: "7",
    plot: "10.5",
    coveredVerandas: "two",
    uncoveredVerandas: "0",
    lowerLevel: "",
    storage: null,
  });
});

test.each([
  ["objects", [{ id: 4506, url: "/a.jpg" }], [{ id: 4506, url: "/a.jpg" }]],
  ["objects with other names", [{ id: 1, name: "hall", image: "/b.jpg" }], [{ id: 1, url: "/b.jpg" }]],
  ["links", ["https://x/c.jpg"], [{ id: null, url: "https://x/c.jpg" }]],
  [
    "ids",
    [9, "10"],
    [
      { id: 9, url: null },
      { id: 10, url: null },
    ],
  ],
  ["objects without a known field", [{}], [{ id: null, url: null }]],
  ["an empty list", [], []],
])("photos are read if they are %s", async (_, shown, read) => {
  expect((await unit({ photos: shown }))?.record.photos).toEqual(read);
});

const scans = ["contract_with_client_scan", "property_title_deed_scan", "property_management_letter_scan"];

test.each([
  ["a path", "/private-media/127/scan.pdf", "/private-media/127/scan.pdf"],
  ["an object, as a photo may be", { id: 5, url: "/scan.pdf" }, "/scan.pdf"],
  [
    "an object with other names",
    { external_file_id: 5, name: "scan", file: "/media/scan.pdf" },
    "/media/scan.pdf",
  ],
  ["an object with an id only", { id: 5, url: null }, "5"],
  ["an id", 5, "5"],
  ["an object without values", { id: null, url: "" }, null],
  ["empty", "", null],
  ["null", null, null],
])("a scan is read if it is %s", async (_, shown, read) => {
  const tenant = await contract({ contract_scan: shown, co_tenant_id_scan: shown });
  expect(tenant?.record).toMatchObject({ contractScan: read, coTenantIdScan: read });
  expect(tenant?.fieldErrors).toBeUndefined();
  const alma = await one(Object.fromEntries([...scans, "dtcm_permit_scan"].map((scan) => [scan, shown])));
  const owner = (await alma.ownerContract.get({ id: 1 }, caller)).match;
  expect(owner?.record).toMatchObject({ contractWithClientScan: read, dtcmPermitScan: read });
  expect(owner?.fieldErrors).toBeUndefined();
  const client = await (await one({ passport_scan: shown, id_scan: shown })).client.get({ id: 1 }, caller);
  expect(client.match?.record).toMatchObject({ passportScan: read, idScan: read });
});

test.each([true, ["/scan.pdf"], { size: 3 }])(
  "%j is not a scan, and only its own field is null",
  async (shown) => {
    const match = await contract({ contract_scan: shown, price: "1.00" });
    expect(match?.record).toMatchObject({ contractScan: null, price: "1.00" });
    expect(Object.keys(match?.fieldErrors ?? {})).toEqual(["contractScan"]);
  },
);

test("a value that Alma shows bare is also read from a pair of name and value", async () => {
  const pair = (value: unknown) => ({ name: `any.${value}`, value });
  const usage = { usage_id: 1942, client_id: 250, unit_id: 9212, is_archived: false };
  const match = await contract({
    type_contract: pair("Airbnb"),
    unit_usage: { ...usage, client_type: pair("tenant") },
  });
  expect(match?.record).toMatchObject({
    typeContract: "Airbnb",
    unitUsage: { usageId: 1942, clientId: 250, unitId: 9212, clientType: "tenant", isArchived: false },
  });
  expect(match?.fieldErrors).toBeUndefined();
  expect((await unit({ status: pair("available") }))?.record.status).toBe("available");
  const alma = await one({ status: pair(null), work_model: pair(7) });
  expect((await alma.ownerContract.get({ id: 1 }, caller)).match?.record.workModel).toBe("7");
  expect((await alma.client.get({ id: 1 }, caller)).match?.record.status).toBeNull();
  expect((await alma.room.get({ id: 1 }, caller)).match?.fieldErrors).toBeUndefined();
});

test.each([
  [85.5, 85.5],
  ["85.50", 85.5],
  ["-3", -3],
  ["1.5E+2", 150],
  ["", null],
])("an area is read from a number or its text: %j", async (shown, read) => {
  const match = await unit({ internal_area: shown });
  expect(match?.record.internalArea).toBe(read);
  expect(match?.fieldErrors).toBeUndefined();
});

test.each([
  "0x10",
  " 7 ",
  "1e400",
  "-1e999",
  "1e1000",
  "Infinity",
  "1_000",
  "12,5",
  ".5",
  "5.",
  "+5",
  true,
  [7],
])("%j is not a number, and only its own field is null", async (shown) => {
  const match = await unit({ internal_area: shown, number_of_baths: 2 });
  expect(match?.record).toMatchObject({ internalArea: null, numberOfBaths: 2 });
  expect(Object.keys(match?.fieldErrors ?? {})).toEqual(["internalArea"]);
});

test("null and missing fields are null, undocumented ones are ignored, reported and logged once", async () => {
  const counted: string[] = [];
  const logged: object[] = [];
  const { alma } = await conversation(() => [200, { id: 1, name: null, colour: "red" }], {
    onUndocumented: ({ kind, field }) => counted.push(`${kind}.${field}`),
    log: { debug: () => {}, info: (details) => logged.push(details), warn: () => {} },
  });
  await alma.unit.get({ id: 1 }, caller);
  const { match } = await alma.unit.get({ id: 1 }, caller);
  expect(match?.fieldErrors).toBeUndefined();
  const { id, ...rest } = match?.record ?? {};
  expect(id).toBe(1);
  expect(Object.values(rest).every((value) => value === null)).toBe(true);
  expect(Object.keys(rest)).toHaveLength(34);
  expect(counted).toEqual(["unit.colour", "unit.colour"]);
  expect(logged).toEqual([{ kind: "unit", field: "colour" }]);
});

test("a value of a wrong type makes its own field null, with a field error", async () => {
  const match = await unit({
    name: ["A"],
    is_archived: "yes",
    building: { name: "no id" },
    number_of_baths: 1.5,
  });
  expect(match?.record).toMatchObject({ name: null, isArchived: null, building: null, numberOfBaths: null });
  expect(Object.keys(match?.fieldErrors ?? {}).sort()).toEqual([
    "building",
    "isArchived",
    "name",
    "numberOfBaths",
  ]);
});

test("one malformed entry of a list is counted, and the others are read", async () => {
  const list = Array.from({ length: 1_000 }, (_, i) => (i === 500 ? "broken" : { id: i + 1, name: `${i}` }));
  const { alma } = await conversation(() => [200, list]);
  const { value } = await alma.building.list(caller);
  expect(value?.items).toHaveLength(999);
  expect(value?.malformed).toBe(1);
});

test("a list in Django's paginated form is read if it is complete, and refused otherwise", async () => {
  const results = [{ id: 1, name: "A" }];
  const whole = await conversation(() => [200, { count: 1, next: null, previous: null, results }]);
  expect((await whole.alma.building.list(caller)).value?.items).toHaveLength(1);
  for (const page of [{ results, next: "?page=2" }, { results, count: 2 }, { items: results }]) {
    const { alma } = await conversation(() => [200, page]);
    await expect(alma.building.list(caller)).rejects.toMatchObject({ code: "ALMA_BAD_ANSWER" });
  }
});

test.each(["a/b", "a b", "50%", "what?", "a#1", "Ж-7", "شقة", "a\\b", "a&b=c;d+e"])(
  "external id %j is percent-encoded in a path",
  async (externalId) => {
    const { alma, paths } = await conversation(() => [200, { id: 1 }]);
    await alma.unit.get({ externalId }, caller);
    expect(paths()).toEqual([`GET realty/units/external_id/${encodeURIComponent(externalId)}/`]);
  },
);

test.each(["", "a\nb", "\u0000", "a\u0085", "..", ".", "a/../b", "a\\..", "./a", "\ud800"])(
  "external id %j is refused before a call",
  async (externalId) => {
    const { alma, paths } = await conversation(() => [200, { id: 1 }]);
    const get = (refusing: Promise<unknown>) =>
      expect(refusing).rejects.toMatchObject({ code: "BAD_USER_INPUT" });
    await get(alma.unit.get({ externalId }, caller));
    await get(alma.rentalObject(externalId, caller));
    await get(alma.unit.archive({ externalId }, true, caller));
    expect(paths()).toEqual([]);
  },
);

test.each([0, -1, 1.5, Number.NaN, 2 ** 60])("id %d is refused before a call", async (id) => {
  const { alma, paths } = await conversation(() => [200, { id: 1 }]);
  await expect(alma.unit.get({ id }, caller)).rejects.toMatchObject({ code: "BAD_USER_INPUT" });
  expect(paths()).toEqual([]);
});

test("an external id is read as text from a number, and as null if it is empty", async () => {
  expect((await unit({ external_id: 4330, additional_external_id: "" }))?.record).toMatchObject({
    externalId: "4330",
    additionalExternalId: null,
  });
});

test("a rental object is read with its parent unit, or null for a unit itself", async () => {
  const { alma } = await conversation(({ path }) => {
    if (path.includes("1022")) return [200, { id: 5533, external_id: "1022", parent_unit: 2613 }];
    if (path.includes("1023")) return [200, { id: 5534, external_id: "1023", parent_unit: null }];
    if (path.includes("odd")) return [200, { id: 5535, parent_unit: [] }];
    return path.includes("html") ? htmlNotFound : notFound;
  });
  const lookup = async (externalId: string) => (await alma.rentalObject(externalId, caller)).value;
  expect(await lookup("1022")).toMatchObject({ id: 5533, externalId: "1022", parentUnitId: 2613 });
  expect(await lookup("1023")).toMatchObject({ id: 5534, parentUnitId: null });
  expect(await lookup("1024")).toBeUndefined();
  await expect(lookup("odd")).rejects.toMatchObject({ code: "ALMA_BAD_ANSWER" });
  expect(await alma.rentalObject("html", caller)).toMatchObject({ value: undefined, isConclusive: false });
  expect(await alma.rentalObject("a/b", caller)).toMatchObject({ value: undefined, isConclusive: false });
});

test("a 404 in HTML is not conclusive for a record, and for a list means a wrong ALMA_URL", async () => {
  const { alma } = await conversation(() => [404, html]);
  expect(await alma.unit.get({ id: 1 }, caller)).toMatchObject({ isConclusive: false });
  await expect(alma.unit.list(caller)).rejects.toThrow(/ALMA_URL/);
});
