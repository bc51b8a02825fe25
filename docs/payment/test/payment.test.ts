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
  expect((await gateway.query("{ changes { nodes { event kind } } }")).data.changes.nodes).toEqual([
    { event: "APPEARED", kind: "PAYMENT" },
  ]);
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
