import type { RequestListener } from "node:http";
import { describe, expect, test } from "vitest";
import { jpeg } from "../../support/file-host.ts";
import { options, refusal, serve, start } from "./upload-by-link.ts";

describe("a link", () => {
  test("is downloaded and streamed to Alma, with the type of its content and the name in its path", async () => {
    const { link, files, host, simulator } = await start(serve(jpeg(300_000), { "content-length": 300_000 }));
    expect(await link("/d/plan%20A.jpg?token=1")).toMatchObject({ outcome: "done", id: files()[0]?.id });
    expect(host.asked).toEqual(["/d/plan%20A.jpg?token=1"]);
    expect(files()).toMatchObject([{ name: "plan A.jpg", type: "image/jpeg", bytes: 300_000 }]);
    const [entry] = simulator.log.entries;
    expect(entry?.body).toMatchObject({ description: "Scan" });
    expect(entry?.headers["content-length"]).toBeDefined();
  });

  test("whose path has another extension than its content is sent under a matching name", async () => {
    const { link, files } = await start(serve(jpeg(9_000)));
    expect(await link("/rest/download.php")).toMatchObject({ outcome: "done" });
    expect(files()).toMatchObject([{ name: "download.jpg", type: "image/jpeg" }]);
  });

  test("without a content length is sent in chunks", async () => {
    const { link, files, simulator } = await start((_request, response) => {
      response.writeHead(200);
      response.write(jpeg(50_000));
      response.end(Buffer.alloc(50_000));
    });
    expect(await link("/")).toMatchObject({ outcome: "done" });
    expect(files()).toMatchObject([{ name: "file.jpg", bytes: 100_000 }]);
    expect(simulator.log.entries[0]?.headers["transfer-encoding"]).toBe("chunked");
  });

  test.each([
    "http://files.example.com/a.jpg",
    "ftp://files.example.com/a.jpg",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "https://",
    "a.jpg",
    "",
    "https://files.example.com/a b.jpg",
    " https://files.example.com/a.jpg\n",
    "https://user:secret@files.example.com/a.jpg",
  ])("that is invalid is refused before any connection: %j", async (url) => {
    const { alma, resolved, host, simulator } = await start(serve(jpeg(9_000)));
    const outcome = await alma.uploads.sendLink({ url, description: "" }, options);
    expect(outcome).toMatchObject({ outcome: "not-done", error: { code: "BAD_USER_INPUT", reason: "link" } });
    expect(resolved).toEqual([]);
    expect(host.asked).toEqual([]);
    expect(simulator.log.entries).toEqual([]);
  });

  test("to a host with an invalid certificate is not followed", async () => {
    const { link, files } = await start(serve(jpeg(9_000)), { linkNetwork: { ca: "" } });
    expect(await refusal(link("/a.jpg"))).toContain("valid certificate");
    expect(files()).toEqual([]);
  });
});

describe("the answer of the host", () => {
  test.each([301, 302, 303, 307, 308])("redirect %i is not followed", async (status) => {
    const { link, host, files } = await start((request, response) => {
      if (request.url === "/secret") response.end(jpeg(9_000));
      else response.writeHead(status, { location: "/secret" }).end();
    });
    expect(await refusal(link("/a.jpg"))).toContain("a redirect, which is not followed");
    expect(host.asked).toEqual(["/a.jpg"]);
    expect(files()).toEqual([]);
  });

  test.each([
    [404, "there is no file"],
    [401, "without a login"],
    [204, "status 204"],
    [500, "status 500"],
  ])("status %i is reported", async (status, words) => {
    const { link, simulator } = await start((_request, response) => {
      response.writeHead(status).end();
    });
    expect(await refusal(link("/a.jpg"))).toContain(words);
    expect(simulator.log.entries).toEqual([]);
  });

  test("an HTML page is not an image, whatever type it claims", async () => {
    const page = Buffer.from("<!doctype html><title>Log in</title>");
    const { link, simulator } = await start(serve(page, { "content-type": "image/jpeg" }));
    expect(await refusal(link("/a.jpg"))).toContain("neither a PDF nor a picture");
    expect(simulator.log.entries).toEqual([]);
  });

  test("a length above MAX_FILE ends the upload before any call to Alma", async () => {
    const { link, simulator } = await start(serve(jpeg(1_000_001), { "content-length": 1_000_001 }));
    expect(await refusal(link("/a.jpg"))).toContain("more than the allowed");
    expect(simulator.log.entries).toEqual([]);
  });

  test("an endless file is cut off at MAX_FILE, and nothing of it stays in Alma", async () => {
    const { link, files } = await start((_request, response) => {
      response.write(jpeg(100_000));
      const more = () => {
        while (response.write(Buffer.alloc(64_000)));
      };
      response.on("drain", more);
      more();
    });
    expect(await refusal(link("/a.jpg"))).toContain("more than the allowed");
    expect(files()).toEqual([]);
  });

  test.each<[string, RequestListener]>([
    ["never answers", () => {}],
    ["never goes on", (_request, response) => void response.write(jpeg(100_000))],
    [
      "drips",
      (_request, response) => {
        response.write(jpeg(5_000));
        const drip = setInterval(() => response.write("x"), 50);
        response.on("close", () => clearInterval(drip));
      },
    ],
  ])("a host that %s times out", async (_, answer) => {
    const { link, files } = await start(answer, { files: { maxBytes: 1_000_000, timeout: 300 } });
    expect(await refusal(link("/a.jpg"))).toMatch(/in time|did not arrive within 0\.3 s/);
    expect(files()).toEqual([]);
  });

  test("a truncated file is not uploaded", async () => {
    const { link, files } = await start((_request, response) => {
      response.writeHead(200, { "content-length": 500_000 });
      response.write(jpeg(200_000), () => response.destroy());
    });
    expect(await refusal(link("/a.jpg"))).toContain("interrupted the file");
    expect(files()).toEqual([]);
  });

  test("is requested without compression; a compressed answer is not an image", async () => {
    let asked: string | undefined;
    const { link } = await start((request, response) => {
      asked = String(request.headers["accept-encoding"]);
      response.writeHead(200, { "content-encoding": "gzip" }).end(Buffer.from("1f8b0800000000000003", "hex"));
    });
    expect(await refusal(link("/a.jpg"))).toContain("neither a PDF nor a picture");
    expect(asked).toBe("identity");
  });

  test("connections are closed after each file, refused ones included", async () => {
    const { link, host } = await start(serve(Buffer.from("no picture")));
    await refusal(link("/a.jpg"));
    await refusal(link("/a.jpg"));
    await expect.poll(() => host.connections()).toBe(0);
  });
});

describe("the form of file that Alma accepts", () => {
  test("is found by the first refused link, which is then downloaded immediately", async () => {
    const { link, simulator, files, host } = await start(serve(jpeg(9_000)), { fileForm: "unknown" });
    expect(await link("/a.jpg")).toMatchObject({ outcome: "done" });
    expect(await link("/a.jpg")).toMatchObject({ outcome: "done" });
    const types = simulator.log.entries.map(
      ({ method, headers }) => `${method} ${headers["content-type"] ?? ""}`,
    );
    expect(types).toEqual([
      "POST application/json",
      expect.stringMatching(/^POST multipart/),
      expect.stringMatching(/^POST multipart/),
    ]);
    expect(host.asked).toHaveLength(2);
    expect(files()).toHaveLength(2);
  });

  test("link: the link is forwarded, and nothing is downloaded", async () => {
    const { alma, simulator, host, resolved } = await start(serve(jpeg(9_000)), { fileForm: "link" });
    simulator.switches.imageForm = "link";
    const url = "http://portal.local/rest/1/file?x=%20&y";
    expect(await alma.uploads.sendLink({ url, description: "Deed" }, options)).toMatchObject({
      outcome: "done",
    });
    expect(simulator.log.entries[0]?.raw).toBe(JSON.stringify({ url, description: "Deed" }));
    expect([...host.asked, ...resolved]).toEqual([]);
  });
});

test("uploads use at most a quarter of the concurrent calls", async () => {
  const waiting: (() => void)[] = [];
  const { link, alma, host } = await start((_request, response) => {
    response.write(jpeg(9_000));
    waiting.push(() => response.end());
  });
  const three = [link("/1.jpg"), link("/2.jpg"), link("/3.jpg")];
  await expect.poll(() => waiting.length).toBe(2);
  expect(await alma.unit.list(options)).toMatchObject({ value: { items: [] } });
  expect(host.asked).toEqual(["/1.jpg", "/2.jpg"]);
  waiting.shift()?.();
  await expect.poll(() => host.asked.length).toBe(3);
  for (const end of waiting) end();
  expect((await Promise.all(three)).map(({ outcome }) => outcome)).toEqual(["done", "done", "done"]);
});
