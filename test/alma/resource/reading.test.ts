import { expect, test } from "vitest";
import { caller, conversation, html, htmlNotFound, notFound } from "../fake.ts";

const one = async (record: object) => {
  const { alma } = await conversation(() => [200, { id: 1, ...record }]);
  return alma;
};
const unit = async (record: object) => (await (await one(record)).unit.get({ id: 1 }, caller)).match;
const contract = async (record: object) =>
  (await (await one(record)).tenantContract.get({ id: 1 }, caller)).match;

test("vocabularies are open: an unknown word passes through", async () => {
  const found = await unit({
    status: "haunted",
    property_type: { name: "property_type.igloo", value: "igloo" },
    parking: "roof",
  });
  expect(found?.record).toMatchObject({
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
])("dates are calendar dates: %s is %s, without time zones", async (said, read) => {
  const found = await contract({ start_date: said });
  expect(found?.record.startDate).toBe(read);
  expect(found?.fieldErrors).toBeUndefined();
});

test.each(["2024-02-30", "2023-02-29T00:00:00", "21.08.2025", "0000", 20250821, true, ["2025-08-21"]])(
  "%s is no date, and costs no more than its field",
  async (said) => {
    const found = await contract({ start_date: said, end_date: "2025-08-25T00:00:00" });
    expect(found?.record).toMatchObject({ startDate: null, endDate: "2025-08-25" });
    expect(Object.keys(found?.fieldErrors ?? {})).toEqual(["startDate"]);
  },
);

test.each([
  ['"0.10"', "0.10"],
  ['"12345678901234567890.123456789"', "12345678901234567890.123456789"],
  ["12.22", "12.22"],
  ["12345678901234567890.12", "12345678901234567890.12"],
  ["0.1234567890123456789", "0.1234567890123456789"],
  ["1e21", "1000000000000000000000"],
  ["1E-7", "0.0000001"],
  ["0", "0"],
  ['""', null],
])("decimals are exact: %s is %s", async (said, read) => {
  const { alma } = await conversation(() => [200, `{"id": 1, "price": ${said}, "goal_rent_cost": ${said}}`]);
  expect((await alma.tenantContract.get({ id: 1 }, caller)).match?.record.price).toBe(read);
  expect((await alma.unit.get({ id: 1 }, caller)).match?.record.goalRentCost).toBe(read);
});

test.each(["1,5", "abc", true, {}, "1e9999999999", "NaN"])("%j is no decimal", async (said) => {
  const found = await unit({ goal_rent_cost: said });
  expect(found?.record.goalRentCost).toBeNull();
  expect(found?.fieldErrors?.goalRentCost).toMatch(/decimal/);
});

test.each([
  ["windows-1251", "Башня", '"windows-1251"'],
  ["a charset that does not exist", "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD", "cp-none"],
])("what is not UTF-8 is read as its content type says: %s", async (_, name, charset) => {
  const { alma } = await conversation((_, response) => {
    response.writeHead(200, { "content-type": `application/json; charset=${charset}` });
    response.end(Buffer.from('{"id": 1, "name": "\xc1\xe0\xf8\xed\xff"}', "latin1"));
    return undefined;
  });
  expect((await alma.unit.get({ id: 1 }, caller)).match?.record.name).toBe(name);
});

test("what is UTF-8 is read as that, whatever its content type says", async () => {
  const type = { "content-type": "text/html; charset=windows-1251" };
  const { alma } = await conversation(() => [200, '{"id": 1, "name": "Башня"}', type]);
  expect((await alma.unit.get({ id: 1 }, caller)).match?.record.name).toBe("Башня");
});

test("a number that is none spoils its own field only, and is asked for once", async () => {
  const { alma, paths } = await conversation(() => [
    200,
    '{"id": 1, "name": "A", "goal_rent_cost": NaN, "internal_area": Infinity, "number_of_baths": 2}',
  ]);
  const { match: found } = await alma.unit.get({ id: 1 }, caller);
  expect(found?.record).toMatchObject({
    name: "A",
    goalRentCost: null,
    internalArea: null,
    numberOfBaths: 2,
  });
  expect(Object.keys(found?.fieldErrors ?? {}).sort()).toEqual(["goalRentCost", "internalArea"]);
  expect(paths()).toHaveLength(1);
});

test("floor, lock and keybox codes, plot, verandas, lower level and storage are text, numbers printed", async () => {
  const found = await unit({
    floor: 12,
    keybox_code: "0042",
    electronic_lock_password: 7,
    plot: 10.5,
    covered_verandas: "two",
    uncovered_verandas: 0,
    lower_level: "",
    storage: null,
  });
  expect(found?.record).toMatchObject({
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
  ["objects that say nothing known", [{}], [{ id: null, url: null }]],
  ["an empty list", [], []],
])("photos may be %s", async (_, said, read) => {
  expect((await unit({ photos: said }))?.record.photos).toEqual(read);
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
  ["an object that says nothing", { id: null, url: "" }, null],
  ["empty", "", null],
  ["null", null, null],
])("a scan may be %s", async (_, said, read) => {
  const tenant = await contract({ contract_scan: said, co_tenant_id_scan: said });
  expect(tenant?.record).toMatchObject({ contractScan: read, coTenantIdScan: read });
  expect(tenant?.fieldErrors).toBeUndefined();
  const alma = await one(Object.fromEntries([...scans, "dtcm_permit_scan"].map((scan) => [scan, said])));
  const owner = (await alma.ownerContract.get({ id: 1 }, caller)).match;
  expect(owner?.record).toMatchObject({ contractWithClientScan: read, dtcmPermitScan: read });
  expect(owner?.fieldErrors).toBeUndefined();
  const client = await (await one({ passport_scan: said, id_scan: said })).client.get({ id: 1 }, caller);
  expect(client.match?.record).toMatchObject({ passportScan: read, idScan: read });
});

test.each([true, ["/scan.pdf"], { size: 3 }])(
  "%j is no scan, and costs no more than its field",
  async (said) => {
    const found = await contract({ contract_scan: said, price: "1.00" });
    expect(found?.record).toMatchObject({ contractScan: null, price: "1.00" });
    expect(Object.keys(found?.fieldErrors ?? {})).toEqual(["contractScan"]);
  },
);

test("a word that is shown bare may come as a pair of name and value, as others do", async () => {
  const pair = (value: unknown) => ({ name: `any.${value}`, value });
  const usage = { usage_id: 1942, client_id: 250, unit_id: 9212, is_archived: false };
  const found = await contract({
    type_contract: pair("Airbnb"),
    unit_usage: { ...usage, client_type: pair("tenant") },
  });
  expect(found?.record).toMatchObject({
    typeContract: "Airbnb",
    unitUsage: { usageId: 1942, clientId: 250, unitId: 9212, clientType: "tenant", isArchived: false },
  });
  expect(found?.fieldErrors).toBeUndefined();
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
])("an area may be a number or a text of one: %j", async (said, read) => {
  const found = await unit({ internal_area: said });
  expect(found?.record.internalArea).toBe(read);
  expect(found?.fieldErrors).toBeUndefined();
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
])("%j is no number, and costs no more than its field", async (said) => {
  const found = await unit({ internal_area: said, number_of_baths: 2 });
  expect(found?.record).toMatchObject({ internalArea: null, numberOfBaths: 2 });
  expect(Object.keys(found?.fieldErrors ?? {})).toEqual(["internalArea"]);
});

test("null and missing fields are null, extra ones are ignored, counted and logged once", async () => {
  const counted: string[] = [];
  const logged: object[] = [];
  const { alma } = await conversation(() => [200, { id: 1, name: null, colour: "red" }], {
    onUndocumentedField: ({ kind, field }) => counted.push(`${kind}.${field}`),
    log: { debug: () => {}, info: (details) => logged.push(details), warn: () => {} },
  });
  await alma.unit.get({ id: 1 }, caller);
  const { match: found } = await alma.unit.get({ id: 1 }, caller);
  expect(found?.fieldErrors).toBeUndefined();
  const { id, ...rest } = found?.record ?? {};
  expect(id).toBe(1);
  expect(Object.values(rest).every((value) => value === null)).toBe(true);
  expect(Object.keys(rest)).toHaveLength(34);
  expect(counted).toEqual(["unit.colour", "unit.colour"]);
  expect(logged).toEqual([{ kind: "unit", field: "colour" }]);
});

test("a wrong type costs its own field and says so", async () => {
  const found = await unit({
    name: ["A"],
    is_archived: "yes",
    building: { name: "no id" },
    number_of_baths: 1.5,
  });
  expect(found?.record).toMatchObject({ name: null, isArchived: null, building: null, numberOfBaths: null });
  expect(Object.keys(found?.fieldErrors ?? {}).sort()).toEqual([
    "building",
    "isArchived",
    "name",
    "numberOfBaths",
  ]);
});

test("one broken record among a thousand costs only itself", async () => {
  const list = Array.from({ length: 1_000 }, (_, i) => (i === 500 ? "broken" : { id: i + 1, name: `${i}` }));
  const { alma } = await conversation(() => [200, list]);
  const { value } = await alma.building.list(caller);
  expect(value.items).toHaveLength(999);
  expect(value.malformed).toBe(1);
});

test("a list wrapped as Django pages it is read if it is complete, and never a part of one", async () => {
  const results = [{ id: 1, name: "A" }];
  const whole = await conversation(() => [200, { count: 1, next: null, previous: null, results }]);
  expect((await whole.alma.building.list(caller)).value.items).toHaveLength(1);
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

test("external_id as a number is text, and an empty one is none", async () => {
  expect((await unit({ external_id: 4330, additional_external_id: "" }))?.record).toMatchObject({
    externalId: "4330",
    additionalExternalId: null,
  });
});

test("a rental object with a parent is a room, without one a unit", async () => {
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

test("a 404 that is not Alma's own decides nothing; of a list it means a wrong address", async () => {
  const { alma } = await conversation(() => [404, html]);
  expect(await alma.unit.get({ id: 1 }, caller)).toMatchObject({ isConclusive: false });
  await expect(alma.unit.list(caller)).rejects.toThrow(/ALMA_URL/);
});
