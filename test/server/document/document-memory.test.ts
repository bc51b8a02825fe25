import v8 from "node:v8";
import { Source } from "graphql";
import { expect, onTestFinished, test } from "vitest";
import { Meter } from "../../../src/graph/index.ts";
import { startGateway } from "../../support/gateway.ts";

/** How many objects of a class are still reachable. */
const countReachable = (kind: new (...values: never[]) => object): number =>
  Number(v8.queryObjects(kind as never, { format: "count" }));

test("the cache of documents keeps at most 64 MiB, and nothing of their requests", async () => {
  const gateway = await startGateway({ size: 0 });
  onTestFinished(() => gateway.close());
  const [documentsBefore, requestsBefore] = [countReachable(Source), countReachable(Meter)];
  // A document may have 400,000 characters: 167 of this length are 64 MiB.
  const comment = `#${"x".repeat(390_000)}\n`;
  const count = 200;
  for (let n = 0; n < count; n++) {
    const { errors } = await gateway.query(
      `${comment}query Q${n} { units(first: ${n % 10}) { totalCount } }`,
    );
    expect(errors).toBeUndefined();
  }
  const kept = countReachable(Source) - documentsBefore;
  expect(kept).toBeGreaterThan(100);
  expect(kept).toBeLessThan(180);
  // A few may still be closing.
  expect(countReachable(Meter) - requestsBefore).toBeLessThan(10);
});
