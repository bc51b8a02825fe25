import { createServer } from "node:net";
import { expect, test } from "vitest";
import { LightSignal } from "../../../src/alma/http/light-signal.ts";
import { type AlmaCall, AlmaError, monotonicClock } from "../../../src/alma/index.ts";
import { caller, client, conversation, html, KEY } from "../fake.ts";

const failure = async (promise: Promise<unknown>): Promise<AlmaError> => {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(AlmaError);
  return error as AlmaError;
};

/** The URL of a port without a listener. */
async function deafUrl(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}/external_api/`;
}

test("a reading has the time at which its request was sent", async () => {
  const clock = monotonicClock();
  let arrived = 0;
  const { alma } = await conversation(
    () => {
      arrived = clock();
      return [200, { id: 1 }];
    },
    { clock },
  );
  const before = clock();
  const { asOf: at } = await alma.building.get({ id: 1 }, caller);
  expect(at).toBeGreaterThan(before);
  expect(at).toBeLessThan(arrived);
});

test("after a retry, a reading has the time of its last attempt", async () => {
  const clock = monotonicClock();
  let failed = 0;
  const { alma } = await conversation(
    () => {
      if (failed > 0) return [200, { id: 1 }];
      failed = clock();
      return [503];
    },
    { clock },
  );
  expect((await alma.building.get({ id: 1 }, caller)).asOf).toBeGreaterThan(failed);
});

test("a redirect is not followed, because the API key would be sent to its target", async () => {
  const { alma, paths } = await conversation(({ path }) =>
    path.startsWith("elsewhere") ? [200, { id: 1 }] : [302, "", { location: "/external_api/elsewhere/" }],
  );
  const error = await failure(alma.building.get({ id: 1 }, caller));
  expect(error.code).toBe("ALMA_BAD_ANSWER");
  expect(error.message).toContain("ALMA_URL");
  expect(paths()).toEqual(["GET realty/buildings/1/"]);
});

test("responses are requested uncompressed", async () => {
  const { alma, seen } = await conversation(() => [200, []]);
  await alma.unit.list(caller);
  expect(seen[0]?.headers["accept-encoding"]).toBe("identity");
});

test.each([401, 403])("a read that gets %i reports a refused API key and is not retried", async (status) => {
  const { alma, paths } = await conversation(() => [status, { detail: "Invalid API key" }]);
  const error = await failure(alma.unit.list(caller));
  expect(error.code).toBe("ALMA_REFUSED_KEY");
  expect(paths()).toHaveLength(1);
});

test.each([
  ["HTML", html],
  ["nothing", ""],
  ["text", "OK"],
  ["a record without an id", "{}"],
  ["a list", "[]"],
  ["another record", '{"id": 2}'],
])("%s as the response to the read of a record is ALMA_BAD_ANSWER", async (_, body) => {
  const { alma } = await conversation(() => [200, body]);
  expect((await failure(alma.unit.get({ id: 1 }, caller))).code).toBe("ALMA_BAD_ANSWER");
});

test("a response larger than the limit is ALMA_BAD_ANSWER and not retried", async () => {
  const { alma, paths } = await conversation(() => [200, `[${" ".repeat(5_000)}]`], { maxBodySize: 4_000 });
  expect((await failure(alma.unit.list(caller))).code).toBe("ALMA_BAD_ANSWER");
  expect(paths()).toHaveLength(1);
});

test("a refused connection is ALMA_UNAVAILABLE, without the host in the message", async () => {
  const url = await deafUrl();
  let sent = 0;
  const alma = client(url, { retries: 1 });
  const error = await failure(alma.unit.list({ ...caller, onSent: () => sent++ }));
  expect(error.code).toBe("ALMA_UNAVAILABLE");
  expect(error.message).not.toContain("127.0.0.1");
  expect(sent).toBe(0);
});

test("a stalled list fails at its deadline", async () => {
  const { alma } = await conversation(() => undefined, { timeout: 200 });
  const started = performance.now();
  const error = await failure(alma.unit.list(caller));
  expect(error.code).toBe("ALMA_UNAVAILABLE");
  expect(performance.now() - started).toBeGreaterThanOrEqual(195);
});

test("an aborted read closes its request and rejects with the signal's reason", async () => {
  const leaving = new LightSignal();
  const reason = new Error("gone");
  let hangUp = () => {};
  const hungUp = new Promise<void>((resolve) => {
    hangUp = resolve;
  });
  const { alma } = await conversation((_, response) => {
    response.on("close", hangUp);
    leaving.abort(reason);
    return undefined;
  });
  await expect(alma.unit.get({ id: 1 }, { ...caller, signal: leaving })).rejects.toBe(reason);
  await hungUp;
});

test("a read whose signal is already aborted sends nothing", async () => {
  const { alma, paths } = await conversation(() => [200, []]);
  const signal = new LightSignal();
  signal.abort(new Error("gone"));
  await expect(alma.unit.list({ ...caller, signal })).rejects.toThrow("gone");
  expect(paths()).toEqual([]);
});

test("each request is reported by its route, without ids", async () => {
  const calls: AlmaCall[] = [];
  let sent = 0;
  let answers = 0;
  const { alma } = await conversation(() => (answers++ === 0 ? [502, html] : [200, { id: 77 }]), {
    onCall: (call) => calls.push(call),
  });
  await alma.room.get({ id: 77 }, { ...caller, onSent: () => sent++ });
  expect(sent).toBe(2);
  expect(calls.map(({ ms, ...call }) => call)).toEqual([
    { route: "GET realty/rooms/{id}/", method: "GET", status: 502, attempt: 1 },
    { route: "GET realty/rooms/{id}/", method: "GET", status: 200, attempt: 2 },
  ]);
  // Without the duration, whose digits vary.
  expect(JSON.stringify(calls.map(({ ms, ...call }) => call))).not.toContain("77");
});

test("no error message shows the API key, the host or a body of Alma", async () => {
  const answers = [
    [401, "secret-body"],
    [200, "<p>secret-body</p>"],
    [500, "secret-body"],
    [418, "secret-body"],
    [302, "secret-body"],
  ] as const;
  for (const answer of answers) {
    const { alma, url } = await conversation(() => answer);
    const { message } = await failure(alma.unit.get({ id: 1 }, caller));
    for (const secret of [KEY, "secret-body", new URL(url).host]) expect(message).not.toContain(secret);
  }
});

test("the client's state shows calls in flight and the last success", async () => {
  const { alma } = await conversation(() => [200, []]);
  expect(alma.state()).toEqual({
    inFlight: 0,
    queued: 0,
    limit: 8,
    pace: undefined,
    lastSuccess: undefined,
    pausedFor: undefined,
    downFor: undefined,
  });
  const reading = alma.unit.list(caller);
  expect(alma.state().inFlight).toBe(1);
  await reading;
  expect(alma.state()).toMatchObject({ inFlight: 0, lastSuccess: expect.any(Number) });
});
