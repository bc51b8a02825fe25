import { describe, expect, test } from "vitest";
import { portfolio } from "../alma/portfolio.ts";
import { contrary, type Quirks } from "../alma/quirk.ts";
import {
  addBuilding,
  addClient,
  addOwnerContract,
  addRoom,
  addTenantContract,
  addUnit,
} from "../alma/row.ts";
import { World } from "../alma/world.ts";
import { type Stage, stages } from "../gateway.ts";

let world = new World();
const start = stages({}, () => world);
const over = (
  made: World,
  env: Record<string, string> = {},
  quirks: Partial<Quirks> = {},
): Promise<Stage> => {
  world = made;
  return start(env, quirks);
};

const everything = `{ buildings { totalCount nodes { ...B } } units { nodes { ...U } } rooms { nodes { ...R } }
    clients { nodes { ...C } } ownerContracts { nodes { ...O } } tenantContracts { nodes { ...T } } }
  fragment B on Building { id externalId name project { almaId name } numberOfUnits address isArchived number units { totalCount } rooms { totalCount } }
  fragment U on Unit { id externalId additionalExternalId isUsedAdditionalExternalId name header building { name } propertyType { value name }
    number internalArea status project { name } isArchived photos { almaId url } goalRentCost address addressNumber numberOfBedrooms
    numberOfBaths isRoofGarden parking { value name } plot isSwimmingPool coveredVerandas uncoveredVerandas lowerLevel storage
    totalBuildableArea floor subwayStation parkingNumber
    rooms { totalCount } tenantContracts(includeRooms: true) { totalCount } ownerContracts { totalCount }
    currentTenantContract { id } currentOwnerContract { id } }
  fragment R on Room { id externalId name header unit { id } building { id } propertyType { value } number internalArea status
    project { almaId } isArchived photos { url } goalRentCost currentTenantContract { id } }
  fragment C on Client { id externalId firstName lastName status email phone passport country { value name } idNumber passportScan
    idScan birthday tenantContracts { totalCount } ownerContracts { totalCount } }
  fragment O on OwnerContract { id externalId name number startDate endDate unitUsage { usageId clientId unitId clientType isArchived }
    isArchived rentalObject { id } client { id } state contractWithClientScan propertyTitleDeedScan propertyManagementLetterScan
    dtcmPermitScan pmlStartDate pmlEndDate workModel }
  fragment T on TenantContract { id externalId name number startDate endDate unitUsage { usageId } isArchived rentalObject { id name }
    client { email } state price contractScan coTenant coTenantIdScan history typeContract coTenantId }`;

describe("an empty Alma", () => {
  test.each(["on", "off"])("with CATALOG=%s", async (catalog) => {
    const { query, warm } = await over(new World(), { CATALOG: catalog });
    await warm();
    const answer = await query(everything);
    expect(answer.errors).toBeUndefined();
    expect(Object.values(answer.data).map((one) => (one as { nodes: unknown[] }).nodes)).toEqual([
      [],
      [],
      [],
      [],
      [],
      [],
    ]);
    const single =
      await query(`{ unit(ref: { almaId: 1 }) { name } rentalObject(ref: { externalId: "1" }) { name }
      byId: rentalObject(ref: { almaId: 1 }) { name } client(ref: { externalId: "1" }) { email }
      tenantContract(ref: { externalId: "1" }) { price } node(id: "Building:1") { id } nodes(ids: ["Unit:1", "Room:1"]) { id } }`);
    expect(single.errors).toBeUndefined();
    expect(single.data).toEqual({
      unit: null,
      rentalObject: null,
      byId: null,
      client: null,
      tenantContract: null,
      node: null,
      nodes: [null, null],
    });
  });
});

function oneOfEach(): World {
  const made = new World();
  const building = addBuilding(made, { external_id: "1", number: "7" });
  const unit = addUnit(made, {
    external_id: "2",
    building: building.id,
    photos: [{ id: 5, url: "/media/5.jpg" }],
    additional_external_id: "22",
    is_used_additional_external_id: true,
    goal_rent_cost: "12345678901234567.25",
    keybox_code: "0042",
    floor: "12A",
  });
  const room = addRoom(made, { external_id: "3", parent_unit: unit.id });
  const client = addClient(made, { external_id: "4", id_scan: "/private-media/x.jpg" });
  addOwnerContract(
    made,
    { unit: unit.id, client: client.id },
    {
      external_id: "5",
      pml_start_date: "2024-02-29",
      work_model: "TM 15%",
      dtcm_permit_scan: "/media/d.pdf",
    },
  );
  addTenantContract(made, { unit: room.id, client: client.id }, { external_id: "6", price: "1500.00" });
  return made;
}

describe("one record of each", () => {
  test.each([
    ["as the document prints it", {}],
    ["otherwise", contrary],
    ["with pages for what is not there", { ...contrary, notFound: "html", contractByBitrix: "none" }],
  ] as [string, Partial<Quirks>][])("%s", async (_, quirks) => {
    const made = oneOfEach();
    const { query } = await over(made, {}, { ...quirks, decimals: "text" });
    const answer = await query(everything);
    expect(answer.errors).toBeUndefined();
    const [unit] = made.units.values();
    const [room] = made.rooms.values();
    expect(answer.data.units.nodes[0]).toMatchObject({
      externalId: "2",
      additionalExternalId: "22",
      goalRentCost: "12345678901234567.25",
      floor: "12A",
      plot: null,
      photos: [
        quirks.photos === "texts"
          ? { almaId: null, url: expect.stringMatching(/^(http:\/\/127\.0\.0\.1:\d+)?\/media\/5\.jpg$/) }
          : { almaId: 5, url: expect.stringMatching(/^(http:\/\/127\.0\.0\.1:\d+)?\/media\/5\.jpg$/) },
      ],
      rooms: { totalCount: 1 },
      tenantContracts: { totalCount: 1 },
      currentTenantContract: null,
      currentOwnerContract: { id: "OwnerContract:1001" },
    });
    expect(answer.data.tenantContracts.nodes[0]).toMatchObject({
      price: "1500.00",
      startDate: "2024-01-01",
      state: "ACTIVE",
      rentalObject: { id: `Room:${room?.id}` },
    });
    expect(answer.data.ownerContracts.nodes[0]).toMatchObject({
      pmlStartDate: "2024-02-29",
      unitUsage: { unitId: unit?.id, clientType: "owner", isArchived: false },
      workModel: "TM 15%",
      contractWithClientScan: null,
      dtcmPermitScan: expect.stringMatching(/^(http:\/\/127\.0\.0\.1:\d+)?\/media\/d\.pdf$/),
    });
    expect(answer.data.clients.nodes[0]).toMatchObject({
      status: "active",
      idScan: expect.stringMatching(/^(http:\/\/127\.0\.0\.1:\d+)?\/private-media\/x\.jpg$/),
      passportScan: null,
      country: { value: "4", name: "country.cyprus" },
      birthday: "1980-02-29",
    });
    const refs = [
      "building 1",
      "unit 2",
      "room 3",
      "client 4",
      "ownerContract 5",
      "tenantContract 6",
      "unit 99",
      "tenantContract 99",
    ];
    for (const ref of refs) {
      const [field, externalId] = ref.split(" ");
      const found = await query(`{ ${field}(ref: { externalId: "${externalId}" }) { externalId } }`);
      expect(found.errors).toBeUndefined();
      expect(found.data).toEqual({ [field as string]: externalId === "99" ? null : { externalId } });
    }
    const secret = await query(
      `{ unit(ref: { almaId: ${unit?.id} }) { keyboxCode electronicLockPassword internetLogin } }`,
    );
    expect(secret.data.unit).toEqual({ keyboxCode: "0042", electronicLockPassword: null, internetLogin: "" });
    const objects = await query(`{ whole: rentalObject(ref: { externalId: "22" }) { almaId }
      unit: rentalObject(ref: { externalId: "2" }) { almaId } room: rentalObject(ref: { externalId: "3" }) { almaId }
      none: rentalObject(ref: { externalId: "4" }) { almaId } gone: unit(ref: { almaId: 77 }) { name } }`);
    expect(objects.errors).toBeUndefined();
    expect(objects.data).toEqual({
      whole: { almaId: unit?.id },
      unit: { almaId: unit?.id },
      room: { almaId: room?.id },
      none: null,
      gone: null,
    });
  });
});

describe("null in every nullable field", () => {
  test.each(["shown", "left out"] as const)("%s", async (nulls) => {
    const made = oneOfEach();
    for (const table of [
      made.buildings,
      made.units,
      made.rooms,
      made.clients,
      made.owner_contracts,
      made.tenant_contracts,
    ])
      for (const row of table.values())
        for (const field of Object.keys(row)) if (field !== "id") Object.assign(row, { [field]: null });
    const { query } = await over(made, {}, { nulls });
    const answer = await query(everything);
    expect(answer.errors).toBeUndefined();
    const values = Object.values(answer.data).flatMap((one) =>
      Object.entries((one as { nodes: object[] }).nodes[0] ?? {}),
    );
    const left = values.filter(
      ([, value]) => value !== null && !(typeof value === "object" && "totalCount" in value),
    );
    expect(left.map(([field]) => field).filter((field) => field !== "id")).toEqual(["state", "state"]);
  });
});

describe("archived records that Alma's lists leave out", () => {
  test("are read by their ids and shown where others refer to them", async () => {
    const made = oneOfEach();
    for (const row of [...made.units.values(), ...made.rooms.values()]) row.is_archived = true;
    const [unit] = made.units.values();
    const [room] = made.rooms.values();
    const { query } = await over(made, {}, { listsArchived: false });
    const answer = await query(`{ units { totalCount } unit(ref: { almaId: ${unit?.id} }) { isArchived }
      nodes(ids: ["Unit:${unit?.id}", "Room:${room?.id}"]) { ... on Unit { name } ... on Room { name } }
      tenantContracts { nodes { rentalObject { __typename isArchived } } } rentalObject(ref: { almaId: ${room?.id} }) { isArchived } }`);
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toEqual({
      units: { totalCount: 0 },
      unit: { isArchived: true },
      nodes: [{ name: unit?.name }, { name: room?.name }],
      tenantContracts: { nodes: [{ rentalObject: { __typename: "Room", isArchived: true } }] },
      rentalObject: { isArchived: true },
    });
  });
});

describe("10,000 units", () => {
  test("are answered in one query or page by page, for one call to the list", async () => {
    const size = {
      buildings: 20,
      units: 10_000,
      rooms: 0,
      clients: 0,
      tenantContracts: 0,
      ownerContracts: 0,
    };
    const { counted } = await over(portfolio(size));
    const whole = await counted(`{ units(first: 10000) { nodes { almaId name header externalId } } }`);
    expect(whole.calls).toBe(1);
    expect(whole.data.units.nodes).toHaveLength(10_000);
    const paged: unknown[] = [];
    for (let after: string | null = null, more = true; more; ) {
      const query = `query ($after: String) { units(first: 3000, after: $after, orderBy: [{ field: NAME }]) {
        nodes { almaId name header externalId } pageInfo { endCursor hasNextPage } } }`;
      const { data, calls } = await counted(query, { after });
      expect(calls).toBe(0);
      paged.push(...data.units.nodes);
      after = data.units.pageInfo.endCursor;
      more = data.units.pageInfo.hasNextPage;
    }
    expect(new Set(paged.map((unit) => JSON.stringify(unit)))).toEqual(
      new Set(whole.data.units.nodes.map((unit: unknown) => JSON.stringify(unit))),
    );
  });
});
