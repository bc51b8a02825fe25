import { expect, onTestFinished, test } from "vitest";
import { TURN_LENGTH } from "../../../src/graph/metering/turn.ts";
import { start } from "../../graph/start.ts";
import { startGateway } from "../../support/gateway.ts";
import { slowDown } from "../../support/slow-clock.ts";

const size = { buildings: 2, units: 20, rooms: 40, clients: 60, ownerContracts: 10, tenantContracts: 300 };
const conditions = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ name: { contains: `zz${n}` } }));
const document = `query ($f: TenantContractFilter) { ${Array.from({ length: 40 }, (_, n) => `a${n}: tenantContracts(first: 1, filter: $f) { totalCount }`).join(" ")} }`;

/** A gateway with a full catalog and a time limit that a slow clock does not exceed. */
async function startWarm(env: Record<string, string> = {}) {
  const times = { MAX_AGE: "86400", CATALOG_MAX_AGE: "86400", ALMA_TIMEOUT: "600", DEADLINE: "3600" };
  const gateway = await startGateway({ size }, { ...times, ...env });
  onTestFinished(() => gateway.close());
  await gateway.query('{ tenantContracts(filter: { name: { contains: "x" } }) { totalCount } }');
  gateway.asked();
  return gateway;
}

test("a query over its CPU budget gets one error that names what cost most, and no data", async () => {
  const gateway = await startWarm({ CPU_BUDGET: "5" });
  slowDown(6);
  const { data, errors } = await gateway.query(document, { f: { or: conditions(999) } });
  expect(data).toBeNull();
  expect(errors).toEqual([
    {
      message: expect.stringMatching(
        /^The operation has used the 5 s of CPU that are allowed, \d+ % of it for the filter of tenantContracts \(999 conditions\)\./,
      ),
      extensions: { code: "LIMIT_EXCEEDED", limit: "CPU_BUDGET" },
    },
  ]);
});

test("while a filter is applied to many records, others are answered", async () => {
  const gateway = await startWarm({ CPU_BUDGET: "3600" });
  slowDown(TURN_LENGTH / 10);
  let isAnswered = false;
  const answer = gateway.query(document, { f: { or: conditions(999) } }).finally(() => {
    isAnswered = true;
  });
  let probes = 0;
  while (!isAnswered) {
    await fetch(`${gateway.address}/health/live`);
    probes += 1;
  }
  expect((await answer).errors).toBeUndefined();
  // 40 filters of 300 records and 999 conditions: each takes many steps, and 10 readings of the clock are a turn.
  expect(probes).toBeGreaterThan(40);
});

test.each([
  [
    "a filter",
    '{ tenantContracts(first: 300, filter: { startDate: { gt: "1900-01-01" } }) { nodes { price client { email } } } }',
  ],
  [
    "an order",
    "{ tenantContracts(first: 300, orderBy: [{ field: START_DATE }]) { nodes { client { lastName } } } }",
  ],
  ["rows", "{ units(first: 20) { nodes { number rooms { nodes { name building { address } } } } } }"],
])("with yields after every few steps of %s, the answer and its calls are the same", async (_, query) => {
  const times = {
    MAX_AGE: "86400",
    CATALOG_MAX_AGE: "86400",
    ALMA_TIMEOUT: "600",
    DEADLINE: "3600",
    CPU_BUDGET: "3600",
  };
  const ask = async () => {
    const gateway = await startGateway({ size }, times);
    onTestFinished(() => gateway.close());
    const { data, extensions } = await gateway.query(query);
    return { data, calls: extensions.alma.calls };
  };
  const expected = await ask();
  slowDown(TURN_LENGTH / 2);
  expect(await ask()).toEqual(expected);
});

test("a write already sent is reported, and over the budget no further one is started", async () => {
  const gateway = await start({}, { CPU_BUDGET: "0.5", DEADLINE: "3600", ALMA_TIMEOUT: "600" });
  slowDown(TURN_LENGTH / 5);
  const filters = Array.from({ length: 49 }, (_, n) => `u${n}: units(filter: $f) { totalCount }`).join(" ");
  const rename = (alias: string, id: number) =>
    `${alias}: updateUnit(ref: { almaId: ${id} }, input: { header: "${alias}" }) {
       unit { header building { ${filters} } } userErrors { code }
     }`;
  const { data, errors = [] } = await gateway.query(
    `mutation ($f: UnitFilter) { ${rename("first", 1)} ${rename("second", 2)} }`,
    { f: { or: conditions(999) } },
  );
  expect(gateway.sent()).toEqual([["PATCH realty/units/1/", expect.objectContaining({ header: "first" })]]);
  expect(data.first.userErrors).toEqual([]);
  expect(data.second).toBeNull();
  const second = errors.find(({ path }) => path?.[0] === "second");
  expect(second).toMatchObject({
    message: expect.stringContaining("s of CPU that are allowed"),
    extensions: { code: "LIMIT_EXCEEDED" },
  });
});
