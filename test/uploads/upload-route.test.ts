import { once } from "node:events";
import { createServer as createHttpServer, request } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Uploads } from "../../src/alma/index.ts";
import { addUploadRoute } from "../../src/capabilities/uploads/upload-route.ts";
import { createLog, createServer } from "../../src/server/index.ts";
import { smallGraph, testConfig, withoutAlma } from "../server/http/small-graph.ts";
import { jpeg } from "../support/file-host.ts";
import { filePart, form, png, start, textPart } from "./upload-gateway.ts";

const pdf = Buffer.from("%PDF-1.7\n%âãÏÓ\n1 0 obj\n<<>>\nendobj\n");
const gif = Buffer.from("GIF89a\u0001\u0000\u0001\u0000");
const webp = Buffer.from("RIFF\u0020\u0000\u0000\u0000WEBPVP8L");
const heic = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from("ftypheic\0\0\0\0heicmif1")]);

describe("a file", () => {
  test("is forwarded to Alma, and the response has the id for photos and scans", async () => {
    const { address, send, files, asked } = await start();
    expect(await (await fetch(address)).text()).toContain("/files  ");
    const { status, body } = await send(jpeg(200_000));
    expect({ status, body }).toEqual({ status: 201, body: { externalFileId: files()[0]?.id } });
    expect(files()).toEqual([
      expect.objectContaining({ name: "plan.jpg", type: "image/jpeg", bytes: 200_000, description: null }),
    ]);
    expect(asked()).toEqual(["POST external-image/"]);
  });

  test("is forwarded with its description and its length", async () => {
    const { send, simulator } = await start(undefined, { FILE_FORM: "multipart" });
    await send(pdf, "lease.pdf");
    const [entry] = simulator.log.entries;
    expect(entry?.body).toMatchObject({
      description: "Plan",
      uploads: [{ field: "file", bytes: pdf.length }],
    });
    expect(Number(entry?.headers["content-length"])).toBeGreaterThan(pdf.length);
    expect(entry?.headers["transfer-encoding"]).toBeUndefined();
  });

  test("gets its type from its content, and the file extension of that type", async () => {
    const { send, files } = await start();
    const kinds: [string, Uint8Array, string][] = [
      ["application/pdf", pdf, "a.pdf"],
      ["image/png", png, "a.png"],
      ["image/gif", gif, "a.gif"],
      ["image/webp", webp, "a.webp"],
      ["image/heic", heic, "a.heic"],
      ["image/jpeg", jpeg(3_000), "a.jpg"],
    ];
    for (const [, content] of kinds) expect((await send(content, "a")).status).toBe(201);
    const stored = kinds.map(([type, { length }, name]) => ({ type, name, bytes: length }));
    expect(files().reverse()).toMatchObject(stored);
  });

  test.each<[string, Uint8Array, string]>([
    ["photo.png", jpeg(3_000), "photo.jpg"],
    ["page.html", png, "page.png"],
    ["shell.php", gif, "shell.gif"],
    ["scan.PDF", jpeg(3_000), "scan.jpg"],
    ["scan.jpg", pdf, "scan.pdf"],
    ["scan.PDF", pdf, "scan.PDF"],
    ["photo.jpeg", jpeg(3_000), "photo.jpeg"],
    ["photo.JFIF", jpeg(3_000), "photo.JFIF"],
    ["photo.heif", heic, "photo.heif"],
    ["photo.heif", png, "photo.png"],
    ["Marina Heights 12.5", png, "Marina Heights 12.5.png"],
    ["lease of Mr.Haddad", pdf, "lease of Mr.Haddad.pdf"],
    ["photo.png. ", png, "photo.png"],
    ["photo..", png, "photo.png"],
    [".png", png, "file.png"],
    [" ", webp, "file.webp"],
    [`${"x".repeat(250)}.jpg`, png, `${"x".repeat(100)}.png`],
  ])("named %j goes to Alma under a name whose ending fits its content", async (name, content, sent) => {
    const { send, files } = await start();
    expect((await send(content, name)).status).toBe(201);
    expect(files()).toMatchObject([{ name: sent }]);
  });

  test("is refused by its content, not its type or name", async () => {
    const { send, asked } = await start(undefined, { FILE_FORM: "multipart" });
    const others = [
      Buffer.from("<!doctype html><script>alert(1)</script>"),
      Buffer.from("MZ\u0090\u0000\u0003\u0000\u0000\u0000"),
      Buffer.from("504b0304140000000800", "hex"),
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'),
      Buffer.alloc(0),
    ];
    for (const content of others) {
      const { status, body } = await send(content);
      expect(status).toBe(415);
      expect(body.errors[0].extensions.code).toBe("UNSUPPORTED_MEDIA_TYPE");
      expect(body.errors[0].message).toMatch(/nothing was uploaded\. Send a PDF, or a picture/);
    }
    expect(asked()).toEqual([]);
  });

  test("loses paths and control characters in its name", async () => {
    const { send, files } = await start();
    await send(png, "..\\..\\etc/pass\u0007wd.png");
    expect(files()[0]?.name).toBe("passwd.png");
  });

  test("that is too large is cut off before Alma has all of it", async () => {
    const { send, files } = await start(undefined, { MAX_FILE: "100000", FILE_FORM: "multipart" });
    expect((await send(jpeg(100_000))).status).toBe(201);
    const { status, body } = await send(jpeg(100_001));
    expect(status).toBe(413);
    expect(body.errors[0].message).toContain("more than the allowed 100000 bytes");
    const huge = await send(jpeg(30_000_000));
    expect(huge.status).toBe(413);
    expect(files()).toHaveLength(1);
  });
});

describe("a large file", () => {
  test("is streamed: while Alma does not read, its sender has to wait", async () => {
    const alma = await startSlowAlma();
    const env = { ALMA_URL: alma.url, MAX_FILE: "300000000", FILE_FORM: "multipart" };
    const { address } = await start(undefined, env);
    const size = 100_000_000;
    const { answer, write, end } = open(`${address}/files`);
    const piece = Buffer.alloc(1_000_000, 7);
    await write(jpeg(piece.length));
    let sent = piece.length;
    let waiting: Promise<void> | undefined;
    while (sent < size && waiting === undefined) {
      const written = write(piece);
      sent += piece.length;
      if (!(await Promise.race([written.then(() => true), sleep(500, false)]))) waiting = written;
    }
    // Only the sockets' buffers are filled.
    expect(sent).toBeLessThan(size / 2);
    alma.read();
    await waiting;
    for (; sent < size; sent += piece.length) await write(piece);
    end();
    expect(await answer).toEqual({ status: 201, body: { externalFileId: 9147 } });
    expect(alma.received()).toBeGreaterThan(size);
  });

  test("whose sender disconnects midway is not uploaded, and the next one is", async () => {
    const { address, files, send } = await start(undefined, { FILE_FORM: "multipart" });
    const { write, leave, answer } = open(`${address}/files`);
    answer.catch(() => {});
    await write(jpeg(500_000));
    leave();
    expect((await send(png)).status).toBe(201);
    await until(() => files().length === 1);
    expect(files()[0]?.type).toBe("image/png");
  });

  test("that stops arriving is aborted after FILE_TIMEOUT", async () => {
    const { address, files } = await start(undefined, { FILE_TIMEOUT: "0.3", FILE_FORM: "multipart" });
    const { write, answer } = open(`${address}/files`);
    await write(jpeg(500_000));
    const { status, body } = await answer;
    expect(status).toBe(400);
    expect(body.errors[0].message).toContain("did not arrive within 0.3 s");
    expect(files()).toEqual([]);
  });
});

describe("a refused file", () => {
  const large = "x".repeat(20_000_000);
  test.each([
    ["of another type", 415, {}, filePart("page.html", large)],
    ["that is too large", 413, { MAX_FILE: "100000" }, filePart("a.pdf", `%PDF-1.7${large}`)],
    ["with a description that is too long", 400, {}, textPart("description", large)],
    ["behind an unknown part", 400, {}, textPart("album", "x") + filePart("a.pdf", `%PDF-1.7${large}`)],
    ["where Alma takes links only", 501, { FILE_FORM: "link" }, filePart("a.pdf", `%PDF-1.7${large}`)],
  ])(
    "%s is read to its end: its sender gets the reason, and may send the next request",
    async (_, status, env, parts) => {
      const { address } = await start(undefined, { FILE_FORM: "multipart", ...env });
      const body = `${parts}--b--\r\n`;
      const { hostname, port } = new URL(address);
      const socket = connect(Number(port), hostname);
      socket.pause();
      const head = `POST /files HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: multipart/form-data; boundary=b`;
      // Like many clients, it reads the response only after sending everything.
      await new Promise((resolve) =>
        socket.write(`${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`, resolve),
      );
      socket.write(`GET /health/live HTTP/1.1\r\nHost: ${hostname}\r\nConnection: close\r\n\r\n`);
      let text = "";
      for await (const chunk of socket) text += chunk;
      expect([...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, code]) => Number(code))).toEqual([status, 200]);
    },
  );
});

test("an upload that fails unexpectedly is logged, and masked", async () => {
  const lines: Record<string, unknown>[] = [];
  const log = createLog("info", { write: (line) => void lines.push(JSON.parse(line)) });
  const send = () => Promise.reject(new Error("secret of the house"));
  const uploads = { acceptsOnlyLinks: () => false, sendFile: send } as Partial<Uploads> as Uploads;
  const server = await createServer({
    ...withoutAlma(),
    config: testConfig(),
    graph: smallGraph(),
    log,
    uploads: () => uploads,
    addRoutes: [addUploadRoute],
  });
  onTestFinished(() => server.close());
  const response = await fetch(`${await server.listen()}/files`, { method: "POST", body: form(png) });
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain("secret");
  expect(lines.filter(({ msg }) => msg === "write")).toMatchObject([
    { mutation: "POST /files", outcome: "failed", codes: ["INTERNAL_SERVER_ERROR"] },
  ]);
});

/** A form whose file is written piece by piece, without fetch, which does not report progress. */
function open(url: string) {
  const headers = { "content-type": "multipart/form-data; boundary=b" };
  const upload = request(url, { method: "POST", headers });
  upload.on("error", () => {});
  upload.write('--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n');
  const answer = once(upload, "response").then(async ([response]) => {
    let body = "";
    for await (const chunk of response) body += chunk;
    return { status: response.statusCode as number, body: JSON.parse(body) };
  });
  return {
    answer,
    async write(chunk: Buffer) {
      if (!upload.write(chunk)) await once(upload, "drain");
    },
    end: () => upload.end("\r\n--b--\r\n"),
    leave: () => upload.destroy(),
  };
}

/** An Alma that reads requests and responds only when it is released. */
async function startSlowAlma() {
  let read = () => {};
  let received = 0;
  const released = new Promise<void>((resolve) => {
    read = resolve;
  });
  const server = createHttpServer(async (asked, response) => {
    await released;
    for await (const chunk of asked) received += chunk.length;
    response.writeHead(201, { "content-type": "application/json" }).end('{"id": 9147}');
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/external_api/`;
  return { url, read, received: () => received, asked: once(server, "request") };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}
