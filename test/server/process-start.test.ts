import { createServer } from "node:net";
import { expect, test, vi } from "vitest";
import { createSimulator } from "../../simulator/index.ts";
import { envOf, spawnGateway } from "../support/process.ts";

// A process takes seconds to start on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

test("an invalid environment is reported with all its errors, and the process exits with 1", async () => {
  const { exit, stderr } = spawnGateway({ ALMA_URL: "alma", PORT: "none", HOST: "0.0.0.0", MAX_AGE: "old" });
  expect(await exit).toBe(1);
  const faults = stderr().trim().split("\n");
  expect(faults[0]).toBe("The configuration has 5 faults:");
  for (const [index, name] of ["ALMA_URL", "ALMA_API_KEY", "PORT", "MAX_AGE", "HOST"].entries()) {
    expect(faults[index + 1]).toContain(`- ${name} `);
  }
});

test("a port in use is reported in a sentence, and so is each file that cannot be read, with its setting", async () => {
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, "127.0.0.1", resolve));
  const { port } = holder.address() as { port: number };
  const env = { ALMA_URL: "http://127.0.0.1:1/external_api/", ALMA_API_KEY: "k" };
  const taken = spawnGateway({ ...env, PORT: String(port) });
  const fileless = spawnGateway({
    ...env,
    API_KEYS_FILE: "/nowhere/keys.json",
    STORE_CA_FILE: "/",
    MAX_AGE: "old",
  });
  expect(await taken.exit).toBe(1);
  expect(taken.stderr()).toMatch(/^The gateway cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE.*PORT.*\.\n$/);
  expect(await fileless.exit).toBe(1);
  const [, ...faults] = fileless.stderr().trim().split("\n");
  expect(faults).toEqual([
    expect.stringMatching(/^- MAX_AGE is "old"/),
    expect.stringMatching(/^- API_KEYS_FILE names \/nowhere\/keys\.json, which cannot be used: ENOENT/),
    expect.stringMatching(/^- STORE_CA_FILE names \/, which cannot be used: EISDIR/),
  ]);
  holder.close();
});

test("reports a misspelt setting at the start, and stops if it concerns access", async () => {
  const alma = await createSimulator({ size: 0 });
  const gateway = spawnGateway({ ...envOf(alma), ALMA_CONCURENCY: "2" });
  await gateway.address();
  const told = "ALMA_CONCURENCY is not a setting and is ignored. Did you mean ALMA_CONCURRENCY?";
  expect(gateway.lines(told)).toMatchObject([{ level: "warn", variable: "ALMA_CONCURENCY" }]);
  const critical = spawnGateway({ ...envOf(alma), API_KEY_FILE: "/run/secrets/keys" });
  expect(await critical.exit).toBe(1);
  expect(critical.stderr()).toContain("API_KEY_FILE is not a setting, but looks like API_KEYS_FILE");
  await alma.close();
});

test("an open gateway warns at its start, and says that no second process may write", async () => {
  const alma = await createSimulator({ size: 0 });
  const gateway = spawnGateway(envOf(alma));
  await gateway.address();
  expect(
    await gateway.line("no authentication: anyone who reaches this address may read and write everything"),
  ).toMatchObject({ level: "warn" });
  await alma.close();
});

test("a start that cannot read Alma gives the reason in the log and in its readiness", async () => {
  const alma = await createSimulator();
  const gateway = spawnGateway({ ...envOf(alma), ALMA_API_KEY: "wrong" });
  const address = await gateway.address();
  const why =
    "Alma was asked for the list of units and refused the gateway's key (401). The operator must check ALMA_API_KEY.";
  expect(await gateway.line(`${why} The gateway keeps trying.`)).toMatchObject({
    level: "warn",
    code: "ALMA_REFUSED_KEY",
  });
  const ready = await fetch(`${address}/health/ready`);
  expect(ready.status).toBe(503);
  const { catalog } = (await ready.json()) as { catalog: { kinds: object[] } };
  expect(catalog.kinds).toContainEqual({ kind: "unit", read: 0, failure: why });
  await alma.close();
});
