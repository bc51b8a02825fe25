import { createServer as createHttpServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { createSimulator } from "../../simulator/index.ts";
import { envOf, type Process, spawnGateway } from "../support/process.ts";

// A process takes seconds to start on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const post = (address: string, query: string, init: RequestInit = {}) =>
  fetch(`${address}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query }),
    ...init,
  });

const read = "query Read @freshness(maxAge: 0) { units(first: 1) { nodes { name } } }";

/** Sends requests from `callers` concurrent callers until no connection is accepted any more. */
function load(address: string, callers: number) {
  const tally = { answered: 0, wrong: 0, cut: 0, ended: 0 };
  const ask = async () => {
    for (;;) {
      try {
        const response = await post(address, read);
        const body = (await response.json()) as { data?: { units?: { nodes: unknown[] } } };
        if (response.status === 200 && body.data?.units?.nodes.length === 1) tally.answered++;
        else tally.wrong++;
      } catch (error) {
        const { code } = (error as { cause?: { code?: string } }).cause ?? {};
        if (code !== "ECONNREFUSED") tally.cut++;
        else {
          tally.ended++;
          return;
        }
      }
    }
  };
  return { tally, done: Promise.all(Array.from({ length: callers }, ask)) };
}

test("SIGTERM under load: every admitted operation is answered", async () => {
  const alma = await createSimulator({ latency: 60 });
  const gateway = spawnGateway(envOf(alma));
  const address = await gateway.address();
  const { tally, done } = load(address, 20);
  while (tally.answered < 40) await sleep(10);
  gateway.child.kill("SIGTERM");
  expect(await gateway.exit).toBe(0);
  await done;
  expect(tally).toMatchObject({ wrong: 0, ended: 20 });
  // A request on a connection that closes at that moment is never admitted: no log line, no call.
  expect(gateway.lines("operation")).toHaveLength(tally.answered);
  expect(gateway.lines("shutting down")).toMatchObject([{ why: "SIGTERM" }]);
  expect(gateway.stderr()).toBe("");
  await alma.close();
});

test("requests in flight are answered however long that takes, and then the process ends", async () => {
  const alma = await createSimulator({ latency: 1_000 });
  const gateway = spawnGateway({ ...envOf(alma), CATALOG: "off" });
  const address = await gateway.address();
  const inFlight = post(address, read);
  while (alma.log.total === 0) await sleep(10);
  gateway.child.kill("SIGTERM");
  await gateway.line("shutting down");
  expect(await (await inFlight).json()).toMatchObject({ data: { units: { nodes: [{}] } } });
  expect(await gateway.exit).toBe(0);
  await expect(post(address, read)).rejects.toThrow();
  await alma.close();
});

test("SIGTERM under writes: every admitted write is done once and logged, also if its caller disconnected", async () => {
  const projects = [{ id: 1, name: "Dubai" }];
  const alma = await createSimulator({ data: { projects }, latency: 50 });
  const gateway = spawnGateway({ ...envOf(alma), CATALOG: "off", ALMA_PROJECT_ID: "1" });
  const address = await gateway.address();
  const acknowledged = new Set<string>();
  const unanswered = new Set<string>();
  const write = async (caller: number) => {
    for (let turn = 0; ; turn++) {
      const name = `${caller}/${turn}`;
      const leaves = turn % 3 === 2;
      unanswered.add(name);
      try {
        const query = `mutation { createBuilding(input: { name: "${name}" }) { building { name } } }`;
        const response = await post(address, query, leaves ? { signal: AbortSignal.timeout(80) } : {});
        const body = (await response.json()) as { data: { createBuilding: { building: { name: string } } } };
        if (body.data.createBuilding.building.name === name) acknowledged.add(name);
        unanswered.delete(name);
      } catch (error) {
        const { code } = (error as { cause?: { code?: string } }).cause ?? {};
        if (code !== "ECONNREFUSED") continue;
        unanswered.delete(name);
        return;
      }
    }
  };
  const writers = Promise.all([...Array(10).keys()].map(write));
  while (acknowledged.size < 30) await sleep(10);
  gateway.child.kill("SIGTERM");
  expect(await gateway.exit).toBe(0);
  await writers;
  const done = alma.data.buildings.all().map(({ name }) => String(name));
  expect(new Set(done).size).toBe(done.length);
  for (const name of acknowledged) expect(done).toContain(name);
  for (const name of done) expect(acknowledged.has(name) || unanswered.has(name)).toBe(true);
  const logged = gateway.lines("write").filter(({ outcome }) => outcome === "done");
  expect(logged).toHaveLength(done.length);
  expect(gateway.lines().filter(({ level }) => level === "error")).toEqual([]);
  await alma.close();
});

test("after SIGTERM it is unready but answers new connections, until the delay has passed", async () => {
  const alma = await createSimulator({ size: 1 });
  const gateway = spawnGateway({ ...envOf(alma), CATALOG: "off", DRAIN_DELAY: "3" });
  const address = await gateway.address();
  expect((await fetch(`${address}/health/ready`)).status).toBe(200);
  gateway.child.kill("SIGTERM");
  await gateway.line("shutting down");
  const ready = await fetch(`${address}/health/ready`);
  expect({ status: ready.status, body: await ready.json() }).toMatchObject({
    status: 503,
    body: { status: "shutting down" },
  });
  const answer = await post(address, read);
  expect(answer.status).toBe(200);
  expect(answer.headers.get("connection")).toBe("close");
  expect(await gateway.exit).toBe(0);
  await expect(post(address, read)).rejects.toThrow();
  await alma.close();
});

test("Ctrl+C closes it without the delay", async () => {
  const alma = await createSimulator({ size: 1 });
  const gateway = spawnGateway({ ...envOf(alma), CATALOG: "off", DRAIN_DELAY: "600" });
  await gateway.address();
  gateway.child.kill("SIGINT");
  expect(await gateway.exit).toBe(0);
  await alma.close();
});

test("a second signal ends it immediately", async () => {
  const alma = await createSimulator({ latency: 5_000 });
  const gateway = spawnGateway({ ...envOf(alma), CATALOG: "off" });
  const left = post(await gateway.address(), read).catch(() => "cut");
  while (alma.log.total === 0) await sleep(10);
  gateway.child.kill("SIGTERM");
  await gateway.line("shutting down");
  gateway.child.kill("SIGTERM");
  expect(await gateway.exit).toBe(1);
  expect(await left).toBe("cut");
  await alma.close();
});

/** An Alma with empty lists that responds when it is released. */
async function holdingAlma() {
  let asked = 0;
  let answer = () => {};
  const released = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const server = createHttpServer(async (_request, response) => {
    asked += 1;
    await released;
    response.setHeader("content-type", "application/json").end("[]");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  return { url: `http://127.0.0.1:${port}/external_api/`, apiKey: "k", asked: () => asked, answer };
}

test.each(["SIGTERM", "SIGUSR2"] as const)(
  "exceptions during a shutdown by %s disconnect no caller, nor does a first signal",
  async (first) => {
    const alma = await holdingAlma();
    const throwing =
      'data:text/javascript,process.addListener("SIGUSR2",()=>{throw%20new%20Error("shaken")})';
    const gateway = spawnGateway({
      ...envOf(alma),
      CATALOG: "off",
      NODE_OPTIONS: `--import=${JSON.stringify(throwing)}`,
    });
    const inFlight = post(await gateway.address(), read).then(
      (response) => response.json(),
      () => "cut",
    );
    while (alma.asked() === 0) await sleep(10);
    gateway.child.kill(first);
    await gateway.line("shutting down");
    const exceptionCount = () => gateway.lines("uncaught exception; the gateway shuts down").length;
    for (
      const before = exceptionCount();
      exceptionCount() < before + 2 && gateway.child.exitCode === null;
      await sleep(20)
    )
      gateway.child.kill("SIGUSR2");
    if (first !== "SIGTERM") gateway.child.kill("SIGTERM");
    await sleep(100);
    alma.answer();
    expect(await inFlight).toMatchObject({ data: { units: { nodes: [] } } });
    expect(await gateway.exit).toBe(1);
    const why = first === "SIGTERM" ? "SIGTERM" : "exception";
    expect(gateway.lines("shutting down")).toMatchObject([{ why }]);
  },
);

/** Its warnings, apart from those that a busy machine causes in every process. */
const warnings = ({ lines }: Process) =>
  lines()
    .filter(({ level, msg }) => level === "warn" && !/the machine is overloaded$/.test(String(msg)))
    .map(({ msg }) => String(msg));

test("a warm-up that waits for Alma does not delay the exit", async () => {
  const alma = await createSimulator({ size: 1 });
  alma.faults.add({ kind: "stall" });
  const gateway = spawnGateway({ ...envOf(alma), ALMA_TIMEOUT: "600" });
  await gateway.address();
  while (alma.log.total < 6) await sleep(10);
  gateway.child.kill("SIGINT");
  expect(await gateway.exit).toBe(0);
  expect(warnings(gateway)).toEqual([
    "no authentication: anyone who reaches this address may read and write everything",
  ]);
  await alma.close();
});

test("an Alma that becomes unreachable during the warm-up is logged once, and retried", async () => {
  const alma = await createSimulator({ size: 1, latency: 20 });
  const gateway = spawnGateway({ ...envOf(alma), ALMA_TIMEOUT: "2" });
  await gateway.address();
  while (alma.log.total < 30) await sleep(10);
  await alma.close();
  await gateway.line("Alma is down: calls fail at once until a probe is answered");
  // Every reader of the warm-up is paused by now.
  await sleep(1_000);
  gateway.child.kill("SIGINT");
  expect(await gateway.exit).toBe(0);
  expect(warnings(gateway).filter((message) => /Alma/.test(message))).toHaveLength(1);
  expect(gateway.stderr()).toBe("");
});
