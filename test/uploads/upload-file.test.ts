import type { RequestListener } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Switches } from "../../simulator/index.ts";
import { keyEnv, keys } from "../server/access/scoped-graph.ts";
import { household } from "../simulator/alma.ts";
import { certificate } from "../support/certificate.ts";
import { jpeg, startFileHost } from "../support/file-host.ts";
import { startGateway } from "../support/gateway.ts";
import { sentFiles } from "../support/sent-file.ts";

/** A gateway over an Alma that accepts one form of file, and a host of files for links. */
async function start(
  imageForm: Switches["imageForm"],
  env: Record<string, string> = {},
  answer: RequestListener = (_request, response) => response.end(jpeg(20_000)),
) {
  const host = await startFileHost(answer);
  const resolve = async () => [{ address: "127.0.0.1", family: 4 }];
  const gateway = await startGateway(
    { data: household, switches: { imageForm } },
    { FILE_NETWORKS: "127.0.0.1/32", ...env },
    { resolve, ca: certificate },
  );
  onTestFinished(() => gateway.close());
  const upload = async (input: string, more = "", headers: Record<string, string> = {}) => {
    const query = `mutation { uploadFile(input: { ${input} }${more}) { externalFileId userErrors { code field message } } }`;
    const { data, errors } = await gateway.query(query, undefined, headers);
    return { ...data?.uploadFile, errors };
  };
  // The files in Alma, oldest first, without those of the initial data.
  return { ...gateway, host, upload, files: () => sentFiles(gateway.simulator).slice(0, -2).reverse() };
}

const given = 'url: "https://portal.example/rest/file?id=1", description: "Deed"';

describe("an Alma that accepts links", () => {
  test("gets the link, and answers with the id for photos and scans", async () => {
    const { upload, simulator, asked, query } = await start("link");
    const { externalFileId, userErrors } = await upload(given);
    expect(userErrors).toEqual([]);
    const [post] = simulator.log.entries;
    expect(post?.raw).toBe('{"url":"https://portal.example/rest/file?id=1","description":"Deed"}');
    expect(asked()).toEqual(["POST external-image/"]);
    const change = `mutation { updateUnit(ref: { almaId: 1 }, input: { photos: { add: [${externalFileId}] } }) { unit { photos { almaId } } userErrors { code } } }`;
    const { data } = await query(change);
    expect(data.updateUnit).toEqual({ unit: { photos: [{ almaId: expect.any(Number) }] }, userErrors: [] });
  });

  test("is not asked for its form if FILE_FORM is set", async () => {
    const { upload, asked } = await start("link", { FILE_FORM: "link" });
    expect((await upload(given)).userErrors).toEqual([]);
    expect(asked()).toEqual(["POST external-image/"]);
  });

  test("says that a file is too large for Alma at the caller's field", async () => {
    const { upload, simulator } = await start("link");
    simulator.faults.add({ kind: "status", status: 413, when: ({ method }) => method === "POST" });
    const { userErrors } = await upload(given);
    expect(userErrors).toMatchObject([{ code: "INVALID", field: ["input", "url"] }]);
    expect(userErrors[0]?.message).toMatch(/^The file at the link is too large/);
  });

  test("says in Alma's words that a file is too large, and does not try to send the file itself", async () => {
    const { upload, simulator, host, asked } = await start("link");
    const message = "File too large. Size should not exceed 2 MiB.";
    const body = { file: [message] };
    const isUpload = ({ method }: { method: string }) => method === "POST";
    simulator.faults.add({ kind: "status", status: 400, body, when: isUpload, times: 2 });
    for (const _time of [1, 2]) {
      const { userErrors } = await upload(given);
      expect(userErrors).toMatchObject([{ code: "REJECTED", message: expect.stringContaining(message) }]);
    }
    expect(host.asked).toEqual([]);
    expect((await upload(given)).userErrors).toEqual([]);
    expect(asked()).toEqual([...Array(3).fill("POST external-image/")]);
  });

  test("reports a refused link at the caller's field", async () => {
    const { upload, simulator } = await start("link");
    const body = {
      url: ["Enter a valid URL."],
      description: ["Ensure this field has no more than 10 characters."],
    };
    simulator.faults.add({ kind: "status", status: 400, body, when: ({ method }) => method === "POST" });
    const { externalFileId, userErrors } = await upload(given);
    expect(externalFileId).toBeNull();
    expect(userErrors).toMatchObject([
      { code: "INVALID", field: ["input", "url"] },
      { code: "INVALID", field: ["input", "description"] },
    ]);
  });
});

describe("an Alma that accepts files", () => {
  test("gets the file at the link", async () => {
    const { upload, host, files } = await start("multipart");
    const { externalFileId, userErrors } = await upload(
      `url: "${host.origin}/deed.jpg", description: "Deed"`,
    );
    expect(userErrors).toEqual([]);
    expect(files()).toMatchObject([
      { id: externalFileId, name: "deed.jpg", type: "image/jpeg", bytes: 20_000 },
    ]);
  });

  test.each<[string, string, RequestListener, Record<string, string>]>([
    ["INVALID", "neither a PDF nor a picture", (_request, response) => response.end("<html>"), {}],
    [
      "INVALID",
      "more than the allowed",
      (_request, response) => response.end(jpeg(20_000)),
      { MAX_FILE: "10000" },
    ],
    ["INVALID", "non-public", (_request, response) => response.end(), { FILE_NETWORKS: "" }],
    ["NOT_FOUND", "there is no file", (_request, response) => response.writeHead(404).end(), {}],
    ["INVALID", "a redirect", (_request, response) => response.writeHead(302, { location: "/" }).end(), {}],
    ["INVALID", "in time", () => {}, { FILE_TIMEOUT: "0.2" }],
  ])("gets nothing if the link is invalid: %s, %s", async (code, words, answer, env) => {
    const { upload, host, asked } = await start("multipart", { FILE_FORM: "multipart", ...env }, answer);
    const { externalFileId, userErrors, errors } = await upload(`url: "${host.origin}/deed.jpg"`);
    expect({ externalFileId, errors }).toEqual({ externalFileId: null, errors: undefined });
    expect(userErrors).toEqual([{ code, field: ["input", "url"], message: expect.stringContaining(words) }]);
    expect(asked()).toEqual([]);
  });
});

describe("with either form", () => {
  test.each(["link", "multipart"] as const)("a dry run sends nothing (%s)", async (form) => {
    const { upload, host, asked } = await start(form, { FILE_FORM: form });
    const dry = await upload(`url: "${host.origin}/deed.jpg"`, ", dryRun: true");
    expect(dry).toEqual({ externalFileId: null, userErrors: [], errors: undefined });
    const wrong = await upload('url: "deed.jpg"', ", dryRun: true");
    expect(wrong.userErrors).toMatchObject([{ code: "INVALID", field: ["input", "url"] }]);
    expect(asked()).toEqual([]);
    expect(host.asked).toHaveLength(form === "link" ? 0 : 1);
  });

  test("an upload of unknown outcome is OUTCOME_UNKNOWN, and the same idempotency key uploads again", async () => {
    const { upload, simulator, files } = await start("link", { FILE_FORM: "link" });
    simulator.faults.add({ kind: "lostAnswer", when: ({ method }) => method === "POST", times: 1 });
    const key = ', idempotencyKey: "deed-1"';
    const lost = await upload(given, key);
    expect(lost.userErrors).toMatchObject([{ code: "OUTCOME_UNKNOWN", field: null }]);
    expect(lost.userErrors[0].message).toContain("A second upload does no harm");
    const { externalFileId } = await upload(given, key);
    expect(files().map(({ id }) => id)).toEqual([externalFileId - 1, externalFileId]);
    expect((await upload(given, key)).externalFileId).toBe(externalFileId);
    expect(files()).toHaveLength(2);
    const other = await upload('url: "https://portal.example/other"', key);
    expect(other.userErrors).toMatchObject([{ code: "INVALID", field: ["idempotencyKey"] }]);
  });

  test("a refused key is an error at a null payload, and stops no other upload", async () => {
    const { simulator, query, files } = await start("link", { FILE_FORM: "link" });
    simulator.faults.add({ kind: "status", status: 401, when: ({ method }) => method === "POST", times: 1 });
    const one = (name: string) =>
      `${name}: uploadFile(input: { url: "https://portal.example/${name}" }) { externalFileId }`;
    const { data, errors } = await query(`mutation { ${one("a")} ${one("b")} }`);
    expect(data.a).toBeNull();
    expect(errors).toMatchObject([{ path: ["a"], extensions: { code: "ALMA_REFUSED_KEY" } }]);
    expect(data.b.externalFileId).toBe(files()[0]?.id);
  });

  test("uploadFile requires the scope WRITE", async () => {
    const { upload, asked } = await start("link", keyEnv);
    const { errors } = await upload(given, "", { "x-api-key": keys.read.key });
    expect(errors?.[0]?.extensions.code).toBe("FORBIDDEN");
    expect(asked()).toEqual([]);
    expect((await upload(given, "", { "x-api-key": keys.write.key })).userErrors).toEqual([]);
  });
});
