import { expect, test } from "vitest";
import { household, startAlma } from "../alma.ts";

const building = { name: "New", project: 207 };

test("a status fault, with or without Retry-After, prevents the request from being performed", async () => {
  const { post, simulator, data } = await startAlma({ data: household });
  simulator.faults.add({ kind: "status", status: 503, retryAfter: 7, times: 1 });
  simulator.faults.add({ kind: "status", status: 429, body: { detail: "Throttled." }, times: 1 });
  const first = await post("realty/buildings/", building);
  expect([first.status, first.headers.get("retry-after")]).toEqual([503, "7"]);
  const second = await post("realty/buildings/", building);
  expect(second).toMatchObject({ status: 429, body: { detail: "Throttled." } });
  expect(second.headers.get("retry-after")).toBeNull();
  expect(data.buildings.size).toBe(1);
  expect((await post("realty/buildings/", building)).status).toBe(201);
});

test("a reset happens before the request is performed, a lost answer afterwards", async () => {
  const { post, simulator, data } = await startAlma({ data: household });
  const reset = simulator.faults.add({ kind: "reset", when: ({ method }) => method === "POST" });
  await expect(post("realty/buildings/", building)).rejects.toThrow();
  expect(data.buildings.size).toBe(1);
  reset.remove();
  simulator.faults.add({ kind: "lostAnswer" });
  await expect(post("realty/buildings/", building)).rejects.toThrow();
  expect(data.buildings.size).toBe(2);
  expect(reset.hits).toBe(1);
  expect(simulator.log.entries.map(({ fault, status }) => [fault, status])).toEqual([
    ["reset", undefined],
    ["lostAnswer", undefined],
  ]);
});

test("an endless stall never answers, and performs the request only with point before", async () => {
  const { simulator, data } = await startAlma({ data: household });
  const send = () =>
    fetch(`${simulator.url}realty/buildings/`, {
      method: "POST",
      headers: { "Api-Key": simulator.apiKey, "content-type": "application/json" },
      body: JSON.stringify(building),
      signal: AbortSignal.timeout(300),
    });
  const stall = simulator.faults.add({ kind: "stall" });
  await expect(send()).rejects.toThrow(/timeout/);
  expect(data.buildings.size).toBe(1);
  stall.remove();
  simulator.faults.add({ kind: "stall", point: "before" });
  await expect(send()).rejects.toThrow(/timeout/);
  expect(data.buildings.size).toBe(2);
});

test("a stall with a duration answers late, with the state before or after it", async () => {
  const { get, simulator, data } = await startAlma({ data: household });
  const late = async (point: "before" | "after") => {
    simulator.faults.add({ kind: "stall", ms: 200, point, times: 1 });
    data.units.change(1, { header: "before" });
    const reply = get("realty/units/1/");
    while (simulator.log.entries.at(-1)?.fault !== "stall") await new Promise((done) => setTimeout(done, 5));
    data.units.change(1, { header: "after" });
    simulator.log.clear();
    return (await reply).body.header;
  };
  expect(await late("before")).toBe("before");
  expect(await late("after")).toBe("after");
});

test("a cut answer ends in the middle of its body", async () => {
  const { get, simulator } = await startAlma({ data: household });
  simulator.faults.add({ kind: "cut", times: 2 });
  await expect(get("realty/units/")).rejects.toThrow(/terminated/);
  await expect(get("realty/buildings/none/")).rejects.toThrow();
  expect((await get("realty/units/")).status).toBe(200);
});

test("an answer can be an HTML page, a 404, or transformed", async () => {
  const { get, simulator } = await startAlma({ data: household });
  simulator.faults.add({ kind: "html", times: 1 });
  expect(await get("realty/units/")).toMatchObject({ status: 502, body: expect.stringContaining("nginx") });
  simulator.faults.add({ kind: "html", status: 200, times: 1 });
  expect(await get("realty/units/")).toMatchObject({
    status: 200,
    type: expect.stringContaining("text/html"),
  });
  simulator.faults.add({ kind: "vanish", when: ({ path }) => path === "realty/units/1/" });
  expect(await get("realty/units/1/")).toMatchObject({ status: 404, body: { detail: "Not found." } });
  simulator.faults.add({
    kind: "transform",
    change: (body) => ({ ...(body as object), number: [1] }),
  });
  expect((await get("realty/units/2/")).body).toMatchObject({ id: 2, number: [1] });
});

test("random faults follow the seed, and clear() removes all faults", async () => {
  const pattern = async (seed: number) => {
    const { get, simulator } = await startAlma({ data: household, seed });
    simulator.faults.add({ kind: "status", status: 503, rate: 0.5 });
    const statuses: number[] = [];
    for (let call = 0; call < 30; call += 1) statuses.push((await get("realty/units/")).status);
    simulator.faults.clear();
    expect((await get("realty/units/")).status).toBe(200);
    return statuses;
  };
  const first = await pattern(7);
  expect(new Set(first)).toEqual(new Set([200, 503]));
  expect(await pattern(7)).toEqual(first);
  expect(await pattern(8)).not.toEqual(first);
});

test("the mixture of faults applies at about its rate", async () => {
  const { get, simulator } = await startAlma({ data: household, seed: 3 });
  simulator.faults.mix(0.3);
  const calls = Array.from({ length: 200 }, () => get("realty/units/1/").catch(() => undefined));
  await Promise.all(calls);
  const struck = simulator.log.entries.filter(({ fault }) => fault);
  expect(struck.length).toBeGreaterThan(35);
  expect(struck.length).toBeLessThan(85);
  expect(new Set(struck.map(({ fault }) => fault)).size).toBeGreaterThan(4);
});
