import { afterAll, beforeAll, expect, test } from "vitest";
import { startGateway, type TestGateway } from "./support/gateway.ts";
import { portfolio } from "./support/portfolio.ts";

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway({ data: portfolio });
});
afterAll(() => gateway.close());

const ask = async (query: string) => {
  gateway.asked();
  const { data, errors } = await gateway.query(query);
  expect(errors).toBeUndefined();
  return { data, asked: gateway.asked() };
};

test("a client has every field that Alma shows", async () => {
  const { data, asked } = await ask(`{ client(ref: { almaId: 851 }) {
    id almaId externalId firstName lastName status email phone passport country { name value } idNumber
    passportScan idScan birthday
  } }`);
  expect(data.client).toEqual({
    id: "Client:851",
    almaId: 851,
    externalId: "02_02",
    firstName: "Анна",
    lastName: "Смирнова",
    status: "active",
    email: "anna@example.com",
    phone: "+79000000000",
    passport: "AB 123",
    country: { name: "country.cyprus", value: "4" },
    idNumber: "784-1",
    passportScan: expect.stringMatching(/passport\.jpg$/),
    idScan: expect.stringMatching(/id\.jpg$/),
    birthday: "2019-08-24",
  });
  expect(asked.filter((call) => !call.includes("/clients/"))).toEqual([]);
  expect(asked.length).toBeLessThanOrEqual(2);
});

test("a client has owner contracts and tenant contracts", async () => {
  const { data } = await ask(`{
    tenant: client(ref: { externalId: "02_02" }) { tenantContracts { totalCount nodes { rentalObject { name } } } }
    owner: client(ref: { externalId: "02_03" }) { ownerContracts { nodes { workModel } } tenantContracts { totalCount } }
  }`);
  expect(data.tenant.tenantContracts).toEqual({
    totalCount: 2,
    nodes: [{ rentalObject: { name: "Bed 1" } }, { rentalObject: { name: "Bed 1" } }],
  });
  expect(data.owner).toEqual({
    ownerContracts: { nodes: [{ workModel: "TM 10%" }] },
    tenantContracts: { totalCount: 0 },
  });
});

test("clients are listed and found by name with one call", async () => {
  const { data, asked } = await ask(
    '{ clients(filter: { lastName: { contains: "смир" } }) { nodes { firstName lastName status } } }',
  );
  expect(data.clients.nodes).toEqual([{ firstName: "Анна", lastName: "Смирнова", status: "active" }]);
  expect(asked.length).toBeLessThanOrEqual(2);
});
