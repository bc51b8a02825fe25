import { expect, onTestFinished, test, vi } from "vitest";
import { createRateLimiter } from "../../../src/server/http/rate-limit.ts";
import { keyEnv, keys } from "../access/scoped-graph.ts";
import { start } from "./small-graph.ts";

test("a caller may use a minute's operations in one burst, then as many as the rate refills", () => {
  let now = 0;
  const clock = vi.spyOn(performance, "now").mockImplementation(() => now);
  onTestFinished(() => clock.mockRestore());
  const take = createRateLimiter(60);
  for (let n = 0; n < 60; n++) expect(take("a")).toBeUndefined();
  expect(take("a")).toBe(1);
  expect(take("b")).toBeUndefined();
  now += 999;
  expect(take("a")).toBe(1);
  now += 1;
  expect(take("a")).toBeUndefined();
  expect(take("a")).toBe(1);
  now += 3_600_000;
  for (let n = 0; n < 60; n++) expect(take("a")).toBeUndefined();
  expect(take("a")).toBe(1);
});

test("a low rate says how long to wait", () => {
  const clock = vi.spyOn(performance, "now").mockReturnValue(0);
  onTestFinished(() => clock.mockRestore());
  const take = createRateLimiter(2);
  take("a");
  take("a");
  expect(take("a")).toBe(30);
});

test("a key beyond its rate gets 429 with Retry-After, and other keys are not limited", async () => {
  const server = await start(undefined, { ...keyEnv, RATE_LIMIT: "5" });
  const ask = (key: string) => server.post("{ hello }", {}, { "x-api-key": key });
  const answers = await Promise.all(Array.from({ length: 8 }, () => ask(keys.read.key)));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
  const slowed = answers.find(({ status }) => status === 429);
  expect(slowed?.body.errors[0].extensions.code).toBe("RATE_LIMITED");
  expect(slowed?.body.errors[0].message).toContain("5 operations a minute (RATE_LIMIT)");
  expect(Number(slowed?.headers.get("retry-after"))).toBeGreaterThan(0);
  expect((await ask(keys.all.key)).status).toBe(200);
  await server.close();
});

test.each([{ ...keyEnv, RATE_LIMIT: "0" }, { RATE_LIMIT: "1" }])(
  "there is no limit with RATE_LIMIT=0 or without authentication: %#",
  async (env) => {
    const server = await start(undefined, env);
    for (let n = 0; n < 3; n++) {
      expect((await server.post("{ hello }", {}, { "x-api-key": keys.read.key })).status).toBe(200);
    }
    await server.close();
  },
);
