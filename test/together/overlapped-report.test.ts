import { expect, test } from "vitest";
import { start } from "../issues/gateway.ts";

/** Requests a report about drift, and writes a unit through the gateway before it is made. */
async function askMeanwhile(path: string, accept = "*/*") {
  const { address, query, simulator } = await start({ REPORTS: "" });
  simulator.data.units.change(3, { is_used_additional_external_id: false });
  const slow = simulator.faults.add({
    kind: "stall",
    ms: 1_500,
    when: (call) => call.path.endsWith("realty/rooms/"),
    times: 1,
  });
  const report = fetch(`${address}/reports/${path}`, { headers: { accept } });
  while (slow.hits === 0 || simulator.log.entries.length < 5)
    await new Promise((resolve) => setTimeout(resolve, 10));
  const { data } = await query(
    "mutation { updateUnit(ref: { almaId: 3 }, input: { additionalExternalId: null }) { userErrors { code } } }",
  );
  expect(data.updateUnit.userErrors).toEqual([]);
  const response = await report;
  return { status: response.status, headers: response.headers, text: await response.text() };
}

const codes = "codes=UNUSED_ADDITIONAL_BITRIX_ID";

test("a report whose records were written meanwhile says so, and not that it could not be read", async () => {
  const { status, text } = await askMeanwhile(`data-quality.csv?${codes}`);
  expect([status, text]).toEqual([
    503,
    expect.stringMatching(
      /^OVERLAPPED: This table may be inconsistent.* Records were written .*_partial=1 .*\n$/,
    ),
  ]);
  expect(text).not.toMatch(/read/);
});

test("it is given if that is accepted", async () => {
  const { status, headers } = await askMeanwhile(`data-quality.csv?${codes}&_partial=1`);
  expect([status, headers.get("x-alma-incomplete")]).toEqual([200, "values=0, lists=1"]);
});

test("its page offers to show it nevertheless", async () => {
  const { status, text } = await askMeanwhile(`data-quality?${codes}`, "text/html");
  expect([status, text]).toEqual([503, expect.stringContaining("Show it nevertheless")]);
});
