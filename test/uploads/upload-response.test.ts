import { describe, expect, test } from "vitest";
import { keyEnv, keys } from "../server/access/scoped-graph.ts";
import { jpeg } from "../support/file-host.ts";
import { png, start } from "./upload-gateway.ts";

describe("an Alma that accepts only links", () => {
  test("is known by FILE_FORM, without any call", async () => {
    const { send, asked } = await start({ imageForm: "both" }, { FILE_FORM: "link" });
    expect((await send(png)).status).toBe(501);
    expect(asked()).toEqual([]);
  });

  test("is known by the first upload: 501 has instructions, and nothing else is sent", async () => {
    const { send, asked } = await start({ imageForm: "link" });
    const { status, body } = await send(png);
    expect(status).toBe(501);
    expect(body.errors[0].message).toContain("uploadFile(input: { url, description })");
    expect(asked()).toEqual(["POST external-image/"]);
    expect((await send(jpeg(2_000_000))).status).toBe(501);
    expect(asked()).toEqual([]);
  });
});

describe("the outcome of an upload", () => {
  test("without a response is OUTCOME_UNKNOWN, and says that sending it again is harmless", async () => {
    const { send, files, simulator } = await start();
    simulator.faults.add({ kind: "lostAnswer", when: ({ method }) => method === "POST", times: 1 });
    const { status, body } = await send(png);
    expect(status).toBe(502);
    expect(body.errors[0].extensions.code).toBe("OUTCOME_UNKNOWN");
    expect(body.errors[0].message).toContain("A second upload does no harm");
    expect(body.errors[0].message).not.toContain("127.0.0.1");
    expect(files()).toHaveLength(1);
  });

  test("that Alma refused is in Alma's words", async () => {
    const { send, simulator } = await start();
    const body = { file: ["File extension is not allowed."] };
    simulator.faults.add({ kind: "status", status: 400, body, when: ({ method }) => method === "POST" });
    const answer = await send(png);
    expect(answer.status).toBe(422);
    expect(answer.body.errors[0].message).toContain("File extension is not allowed.");
  });

  test("that a proxy before Alma finds too large is 413, and says so", async () => {
    const { send, simulator } = await start();
    const body = "<html><head><title>413 Request Entity Too Large</title></head></html>";
    simulator.faults.add({ kind: "status", status: 413, body, when: ({ method }) => method === "POST" });
    const answer = await send(png);
    expect(answer.status).toBe(413);
    expect(answer.body.errors).toMatchObject([{ extensions: { code: "PAYLOAD_TOO_LARGE" } }]);
    expect(answer.body.errors[0].message).toMatch(/^The file is too large for Alma or for a proxy before it/);
  });

  test("while Alma is busy is 503 with Retry-After", async () => {
    const { send, simulator } = await start();
    simulator.faults.add({
      kind: "status",
      status: 429,
      retryAfter: 1,
      when: ({ method }) => method === "POST",
    });
    const answer = await send(png);
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).toBe("1");
  });

  test("without an id in Alma's response is an error that says so", async () => {
    const { send, simulator } = await start();
    const change = () => ({ file: "/media/x.png" });
    simulator.faults.add({ kind: "transform", change, when: ({ method }) => method === "POST" });
    const { status, body } = await send(png);
    expect(status).toBe(502);
    expect(body.errors[0].message).toContain("returned no id");
  });
});

describe("access to uploads", () => {
  test.each([
    ["none", 403],
    ["read", 403],
    ["write", 201],
  ] as const)("of a key with the scopes %s is %i", async (name, status) => {
    const { send } = await start(undefined, keyEnv);
    const answer = await send(png, "a.png", { "x-api-key": keys[name].key });
    expect(answer.status).toBe(status);
    if (status === 403) expect(answer.body.errors[0].message).toContain("scope write");
  });

  test("is refused without a key", async () => {
    const { send, asked } = await start(undefined, keyEnv);
    expect((await send(png)).status).toBe(401);
    expect(asked()).toEqual([]);
  });

  test("is refused to pages of other origins, which could send a form without a preflight", async () => {
    const { send, address, asked } = await start(undefined, { CORS_ORIGINS: "https://desk.example" });
    expect((await send(png, "a.png", { origin: "https://evil.example" })).status).toBe(403);
    expect((await send(png, "a.png", { origin: "null" })).status).toBe(403);
    expect(asked()).toEqual([]);
    expect((await send(png, "a.png", { origin: "https://desk.example" })).status).toBe(201);
    expect((await send(png, "a.png", { origin: address })).status).toBe(201);
  });
});
