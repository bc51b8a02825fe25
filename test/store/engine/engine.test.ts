import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { EngineUnreachable } from "../../../src/store/engine/connection.ts";
import { Engine } from "../../../src/store/engine/engine.ts";
import { certificate, privateKey } from "../../support/certificate.ts";
import { skipWaiting } from "../../support/clock.ts";
import { describeWithValkey, startValkey, type Valkey } from "../../support/valkey.ts";

/** Milliseconds that no answer takes, however busy the machine is. The clock is moved where an engine does not answer. */
const timeout = 60_000;

function connect({ url }: Valkey): Engine {
  const engine = new Engine({ url, timeout }, "test", "1");
  onTestFinished(() => engine.close());
  return engine;
}

const bytes = (text: string) => Buffer.from(text);

async function lead(engine: Engine, token: string) {
  const look = await engine.look("me", 1);
  const end = await engine.take(look.lease, { token, at: 5, run: look.run, time: look.time, isWhole: true });
  return { look, end };
}

describeWithValkey("the engine", () => {
  test("a term begins once for each state of the lease", async () => {
    const engine = connect(await startValkey());
    const { look, end } = await lead(engine, "a");
    expect(look.lease).toBeUndefined();
    expect(end).toEqual({ seq: 0, at: Number.NEGATIVE_INFINITY, epoch: "a" });
    expect(
      await engine.take(undefined, { token: "b", at: 5, run: look.run, time: look.time, isWhole: true }),
    ).toBeUndefined();
    const { lease } = await engine.look("me", 2);
    expect(lease).toMatchObject({ token: "a", beat: "1", at: 5, address: "", run: look.run, free: "" });
    const renewed = await engine.renew({
      token: "a",
      run: look.run,
      at: 9,
      time: 7,
      echo: { me: 1 },
      address: "http://x",
      isWarm: true,
      asked: { unit: 5 },
    });
    expect(renewed).toEqual({ run: look.run, time: expect.closeTo(Date.now(), -4), nonces: { me: 2 } });
    // What was seen before the renewal is no longer there.
    expect(
      await engine.take(lease, { token: "b", at: 5, run: look.run, time: look.time, isWhole: true }),
    ).toBeUndefined();
    const after = await engine.look("me", 3);
    expect(after.lease).toMatchObject({ beat: "2", at: 9, time: 7, address: "http://x", echo: { me: 1 } });
    expect(
      await engine.take(after.lease, { token: "b", at: 9, run: look.run, time: look.time, isWhole: true }),
    ).toBeDefined();
    expect(
      await engine.renew({
        token: "a",
        run: look.run,
        at: 9,
        time: 7,
        echo: {},
        address: "",
        isWarm: false,
        asked: {},
      }),
    ).toBeUndefined();
  });

  test("a term that is over changes nothing", async () => {
    const engine = connect(await startValkey());
    await lead(engine, "a");
    const commit = { seq: 1, id: "1", at: 6, entries: [["k", bytes("1")] as const] };
    expect(await engine.commit({ ...commit, token: "a" })).toEqual({ seq: 1, id: "1" });
    await lead(engine, "b");
    expect(await engine.commit({ ...commit, token: "a", seq: 2, id: "2" })).toBeUndefined();
    expect(await engine.beginIntent("a", "i", "x", [])).toBe(false);
    expect(await engine.endIntents("a", ["i"])).toBe(false);
    expect(await engine.keep("a", "n", 1000, "v")).toBe(false);
    await engine.free({ token: "a", at: 7, time: 7, asked: {} });
    expect((await engine.look("me", 2)).lease?.free).toBe("");
    expect(await engine.intents()).toEqual([]);
    expect(await engine.kept("n")).toBeUndefined();
    expect(await engine.logEnd()).toMatchObject({ seq: 1, at: 6 });
  });

  test("commits have numbers without gaps, and one whose answer was lost is known again", async () => {
    const engine = connect(await startValkey());
    await lead(engine, "a");
    const entries = [["k", bytes("1")] as const, ["old", Buffer.alloc(0)] as const];
    expect(
      await engine.commit({ token: "a", seq: 1, id: "1", at: 6, entries: [["old", bytes("0")]] }),
    ).toBeDefined();
    expect(await engine.commit({ token: "a", seq: 2, id: "2", at: 6, entries })).toEqual({ seq: 2, id: "2" });
    expect(await engine.commit({ token: "a", seq: 2, id: "2", at: 6, entries })).toEqual({ seq: 2, id: "2" });
    expect(await engine.commit({ token: "a", seq: 4, id: "4", at: 6, entries })).toEqual({ seq: 2, id: "2" });
    const stored = [];
    for await (const page of engine.entries()) stored.push(...page);
    expect(stored).toEqual([["k", bytes("1")]]);
    const { commits } = await engine.follow(1);
    expect(commits).toEqual([{ seq: 2, epoch: "a", entries }]);
  });

  test("what may lack something is removed when a term begins", async () => {
    const engine = connect(await startValkey());
    await lead(engine, "a");
    await engine.commit({ token: "a", seq: 1, id: "1", at: 6, entries: [["k", bytes("1")]] });
    const { lease, run, time } = await engine.look("me", 2);
    const end = await engine.take(lease, { token: "b", at: 0, run, time, isWhole: false });
    expect(end).toEqual({ seq: 0, at: Number.NEGATIVE_INFINITY, epoch: "b" });
    for await (const page of engine.entries()) expect(page).toEqual([]);
  });

  test("a full engine refuses values, and takes renewals, intents and idempotency keys", async () => {
    const valkey = await startValkey();
    const engine = connect(valkey);
    const { look } = await lead(engine, "a");
    await valkey.ask("CONFIG", "SET", "maxmemory", "1mb");
    const value = bytes("x".repeat(1000));
    const refused = engine.commit({ token: "a", seq: 1, id: "1", at: 6, entries: [["k", value]] });
    await expect(refused).rejects.toThrow(/OOM/);
    expect(
      await engine.renew({
        token: "a",
        run: look.run,
        at: 9,
        time: 7,
        echo: {},
        address: "",
        isWarm: false,
        asked: {},
      }),
    ).toBeDefined();
    expect(await engine.beginIntent("a", "i", "x", [{ name: "n", value: "v", ms: 60_000 }])).toBe(true);
    expect(await engine.intents()).toEqual([["i", bytes("x")]]);
    expect(String(await engine.kept("n"))).toBe("v");
    expect(await engine.endIntents("a", ["i"])).toBe(true);
    expect(await engine.keep("a", "n", 0)).toBe(true);
    await valkey.ask("CONFIG", "SET", "maxmemory", "0");
    expect(
      await engine.commit({ token: "a", seq: 1, id: "1", at: 6, entries: [["k", value]] }),
    ).toBeDefined();
  });

  test("an engine that does not answer in time is left, and a later command finds it again", async () => {
    const valkey = await startValkey();
    const engine = connect(valkey);
    const { look } = await lead(engine, "a");
    valkey.signal("SIGSTOP");
    await expect(skipWaiting(engine.look("me", 2))).rejects.toThrow(EngineUnreachable);
    await expect(skipWaiting(engine.logEnd())).rejects.toThrow(EngineUnreachable);
    valkey.signal("SIGCONT");
    expect((await engine.look("me", 3)).run).toBe(look.run);
    await valkey.restart();
    // Of the connection that was open, it learns with the first command.
    const after = await engine.look("me", 4).catch(() => engine.look("me", 5));
    expect(after.run).not.toBe(look.run);
    expect(after.lease).toBeUndefined();
  });

  test("a reader of the stream waits for the next commit, and sees that others were trimmed", async () => {
    const valkey = await startValkey();
    const engine = connect(valkey);
    await lead(engine, "a");
    const commit = (seq: number) =>
      engine.commit({ token: "a", seq, id: String(seq), at: seq, entries: [["k", bytes(String(seq))]] });
    const next = engine.follow(0);
    await commit(1);
    expect((await next).commits.map(({ seq }) => seq)).toEqual([1]);
    for (const seq of [2, 3, 4]) await commit(seq);
    await valkey.ask("XTRIM", "{test}:stream:1", "MAXLEN", "1");
    expect((await engine.follow(1)).commits.map(({ seq }) => seq)).toEqual([4]);
  });

  test("an address, and a claim, are refused with what the engine says", async () => {
    const valkey = await startValkey("--requirepass", "secret");
    await expect(connect(valkey).look("me", 1)).rejects.toThrow(/NOAUTH|Authentication/);
    const engine = new Engine({ url: valkey.url, password: "secret", timeout }, "test", "1");
    onTestFinished(() => engine.close());
    expect(await engine.claim("alma", "one")).toBe("one");
    expect(await engine.claim("alma", "two")).toBe("one");
    expect(await engine.parameter("maxmemory-policy")).toBe("noeviction");
  });

  test("TLS is used with the certificate of an authority of one's own, and without it refused", async () => {
    const folder = mkdtempSync(join(tmpdir(), "engine-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, "cert.pem"), certificate);
    writeFileSync(join(folder, "key.pem"), privateKey);
    const files = ["--tls-cert-file", join(folder, "cert.pem"), "--tls-key-file", join(folder, "key.pem")];
    const valkey = await startValkey("--tls-auth-clients", "no", ...files);
    await valkey.ask("CONFIG", "SET", "port", "0", "tls-port", String(valkey.port));
    const url = `valkeys://127.0.0.1:${valkey.port}`;
    const trusting = new Engine({ url, ca: certificate, timeout }, "test", "1");
    const distrusting = new Engine({ url, timeout }, "test", "1");
    onTestFinished(() => [trusting, distrusting].forEach((engine) => void engine.close()));
    expect((await trusting.look("me", 1)).lease).toBeUndefined();
    await expect(distrusting.look("me", 1)).rejects.toThrow(/self-signed certificate/);
  });
});
