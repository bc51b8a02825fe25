import { expect, test } from "vitest";
import type { Fault } from "../../simulator/index.ts";
import { start } from "./start.ts";

const faults: Fault[] = [
  { kind: "status", status: 500 },
  { kind: "status", status: 503 },
  { kind: "html", status: 502 },
  { kind: "reset" },
];
const queries = ["unit(ref: { almaId: 1 }) { status }", "units { totalCount }"];

test.each(faults)("ALMA_UNAVAILABLE says when to retry, after %o", async (fault) => {
  const gateway = await start();
  gateway.simulator.faults.add(fault);
  for (const query of queries) {
    gateway.asked();
    const { errors } = await gateway.query(`query @freshness(maxAge: 0) { ${query} }`);
    expect(errors).toMatchObject([{ extensions: { code: "ALMA_UNAVAILABLE", retryAfter: 5 } }]);
    const asked = gateway.asked().length;
    expect(asked).toBeGreaterThan(0);
    if (fault.kind !== "reset") expect(asked).toBeLessThanOrEqual(3);
  }
});
