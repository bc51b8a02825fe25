import { expect, test } from "vitest";
import { startGateway } from "../support/gateway.ts";

test("a gateway that has just started answers a list in full, not with what it has not read", async () => {
  // However long ago a failure may have been to count, none has happened.
  const gateway = await startGateway({ latency: 50 }, { CATALOG: "on", MAX_AGE: "86400" });
  const { data, errors } = await gateway.query(
    "{ tenantContracts(first: 1) { totalCount asOf nodes { number } } }",
  );
  expect(errors).toBeUndefined();
  const contracts = gateway.simulator.data.tenantContracts.all();
  expect(data.tenantContracts).toMatchObject({
    totalCount: contracts.length,
    nodes: [{ number: contracts[0]?.number }],
  });
  expect(data.tenantContracts.asOf).not.toBeNull();
  await gateway.close();
});
