import { expect, test } from "vitest";
import { household, startAlma } from "../alma.ts";

test("requests are logged as sent, in order", async () => {
  const { get, call, simulator } = await startAlma({ data: household });
  const before = Date.now();
  await get("realty/units/external_id/u%201%25/?x=1");
  await call("PATCH", "realty/units/1/", '{ "header" : "H" }', { "X-Request-Id": "r1" });
  await call("POST", "realty/buildings/", "{");
  const [first, second, third] = simulator.log.entries;
  expect(first).toMatchObject({
    method: "GET",
    url: "/external_api/realty/units/external_id/u%201%25/?x=1",
    path: "realty/units/external_id/u 1%/",
    raw: "",
    status: 404,
  });
  expect(first?.body).toBeUndefined();
  expect(first?.at).toBeGreaterThanOrEqual(before);
  expect(second).toMatchObject({ raw: '{ "header" : "H" }', body: { header: "H" }, status: 200 });
  expect(second?.headers).toMatchObject({ "x-request-id": "r1", "api-key": simulator.apiKey });
  expect(third).toMatchObject({ raw: "{", status: 400 });
  expect(simulator.log.calls).toEqual([
    "GET realty/units/external_id/u 1%/",
    "PATCH realty/units/1/",
    "POST realty/buildings/",
  ]);
});

test("the total and the peak of requests are counted until the log is cleared", async () => {
  const { get, simulator } = await startAlma({ data: household, latency: 1_000 });
  await Promise.all(Array.from({ length: 25 }, () => get("realty/units/")));
  expect([simulator.log.total, simulator.log.calls.length, simulator.log.peak]).toEqual([25, 25, 25]);
  simulator.log.clear();
  simulator.latency = 0;
  await get("realty/units/");
  await get("realty/rooms/");
  expect(simulator.log.calls).toEqual(["GET realty/units/", "GET realty/rooms/"]);
  expect([simulator.log.total, simulator.log.peak]).toEqual([2, 1]);
});

test("a bounded log discards the oldest entries and keeps counting", async () => {
  const { get, simulator } = await startAlma({ keepLog: 3 });
  for (let call = 1; call <= 20; call += 1) await get(`realty/units/${call}/`);
  expect(simulator.log.total).toBe(20);
  expect(simulator.log.entries.length).toBeLessThanOrEqual(6);
  expect(simulator.log.calls.slice(-3)).toEqual([18, 19, 20].map((id) => `GET realty/units/${id}/`));
});

test("an answer takes at least the latency", async () => {
  const { get } = await startAlma({ latency: 60 });
  const start = performance.now();
  await get("realty/units/");
  expect(performance.now() - start).toBeGreaterThan(55);
});
