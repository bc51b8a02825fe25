import { afterAll, beforeAll, expect, test } from "vitest";
import { startGateway, type TestGateway } from "./support/gateway.ts";
import { portfolio } from "./support/portfolio.ts";

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway({ data: portfolio });
});
afterAll(() => gateway.close());

test("a payment is created, and found by its Bitrix id and from its contract", async () => {
  const contract =
    "tenantContracts(first: 1) { nodes { id number payments { totalCount nodes { amount } } } }";
  const before = await gateway.query(`{ ${contract} }`);
  const { id, number } = before.data.tenantContracts.nodes[0];
  const { data } = await gateway.query(
    `mutation Pay($contract: ID!) {
      createPayment(input: { externalId: "p-1", amount: "5000.00", date: "2026-01-05", tenantContract: { id: $contract } }) {
        payment { externalId amount date tenantContract { number } }
        userErrors { code field }
      }
    }`,
    { contract: id },
  );
  expect(data.createPayment).toEqual({
    payment: { externalId: "p-1", amount: "5000.00", date: "2026-01-05", tenantContract: { number } },
    userErrors: [],
  });
  gateway.asked();
  const { data: found } = await gateway.query('{ payment(ref: { externalId: "p-1" }) { amount } }');
  expect(found).toEqual({ payment: { amount: "5000.00" } });
  expect(gateway.asked()).toEqual(["GET realty/payments/external_id/p-1/"]);
  const after = await gateway.query(`{ ${contract} }`);
  expect(after.data.tenantContracts.nodes[0].payments).toEqual({
    totalCount: 1,
    nodes: [{ amount: "5000.00" }],
  });
  const { data: filtered } = await gateway.query(
    "query ($contract: ID!) { payments(filter: { tenantContract: { id: $contract } }) { nodes { externalId } } }",
    { contract: id },
  );
  expect(filtered.payments.nodes).toEqual([{ externalId: "p-1" }]);
});

test("a payment is changed and archived", async () => {
  const ref = 'ref: { externalId: "p-1" }';
  const { data: updated } = await gateway.query(
    `mutation { updatePayment(${ref}, input: { amount: "5500.00" }, expected: { amount: "5000.00" }) {
      payment { amount } userErrors { code } } }`,
  );
  expect(updated.updatePayment).toEqual({ payment: { amount: "5500.00" }, userErrors: [] });
  const { data: archived } = await gateway.query(
    `mutation { archivePayment(${ref}) { payment { amount isArchived } userErrors { code } } }`,
  );
  expect(archived.archivePayment).toEqual({
    payment: { amount: "5500.00", isArchived: true },
    userErrors: [],
  });
});

test("a payment of less than nothing is refused at its field", async () => {
  const { data } = await gateway.query(`mutation {
    createPayment(input: { externalId: "p-2", amount: "-1", date: "2026-01-05", tenantContract: { almaId: 1 } }) {
      payment { id }
      userErrors { code field }
    }
  }`);
  expect(data.createPayment.payment).toBeNull();
  expect(data.createPayment.userErrors).toContainEqual({ code: "INVALID", field: ["input", "amount"] });
});
