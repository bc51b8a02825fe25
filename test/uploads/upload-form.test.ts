import { request } from "node:http";
import { describe, expect, test } from "vitest";
import { until } from "../server/http/small-graph.ts";
import { filePart, form, png, start, textPart } from "./upload-gateway.ts";

describe("the form", () => {
  test.each([
    ["no file", () => text({ description: "x" })],
    ["an unknown part", () => text({ album: "x" })],
    [
      "a description behind the file",
      () => {
        const data = new FormData();
        data.append("file", new File([new Uint8Array(png)], "a.png"));
        data.append("description", "late");
        return data;
      },
    ],
    [
      "two files",
      () => {
        const data = form(png);
        data.append("file", new File([new Uint8Array(png)], "b.png"));
        return data;
      },
    ],
    ["a description that is too long", () => text({ description: "x".repeat(3_000) })],
  ])("with %s is refused and nothing is uploaded", async (_, make) => {
    const { post, files } = await start();
    const { status, body } = await post(make());
    expect(status).toBe(400);
    expect(body.errors[0].message).toMatch(/Nothing was uploaded; send a multipart form/);
    expect(files()).toEqual([]);
  });

  test("may lack the description", async () => {
    const { post, files } = await start();
    const data = new FormData();
    data.append("anything", new File([new Uint8Array(png)], "a.png"));
    expect((await post(data)).status).toBe(201);
    expect(files()).toHaveLength(1);
  });

  test("is required: other bodies get instructions", async () => {
    const { post } = await start();
    const { status, body } = await post("{}", { "content-type": "application/json" });
    expect(status).toBe(415);
    expect(body.errors[0].extensions.code).toBe("UNSUPPORTED_MEDIA_TYPE");
    expect(body.errors[0].message).toContain("multipart/form-data");
  });

  const head = "--b\r\nContent-Disposition: form-data; name=";
  const json = `${head}"description"\r\nContent-Type: application/json\r\n\r\n`;
  test.each([
    ["has no boundary", "", filePart("a.png", "x")],
    ["is not a form", "b", "anything but a form"],
    ["ends within a description", "b", `${head}"description"\r\n\r\nhal`],
    ["ends within the head of a part", "b", `${head}"descr`],
    ["names a part as prototypes are named", "b", `${textPart("__proto__", "x")}--b--`],
    [
      "names its file as prototypes are named",
      "b",
      `${filePart("a", "x").replace('"file"', '"constructor"')}--b--`,
    ],
    ["has a description that is JSON by its own account only", "b", `${json}{x\r\n--b--`],
    ["has a description that is JSON and no text", "b", `${json}{"x": 1}\r\n${filePart("a.png", "x")}--b--`],
    ["gives its file a long name", "b", `${filePart(`${"a".repeat(252)}.png`, "x")}--b--`],
    ["has too many parts", "b", `${textPart("description", "x").repeat(9)}--b--`],
  ])("that %s is refused, with instructions, and logged", async (_, boundary, body) => {
    const { post, files, lines } = await start(undefined, { FILE_FORM: "multipart" });
    const type = `multipart/form-data${boundary && `; boundary=${boundary}`}`;
    const answer = await post(body, { "content-type": type });
    expect(answer.status).toBe(400);
    expect(answer.body.errors[0].extensions.code).toBe("BAD_USER_INPUT");
    expect(answer.body.errors[0].message).toMatch(/Nothing was uploaded; send a multipart form/);
    expect(lines("write")).toMatchObject([{ outcome: "refused", codes: ["BAD_USER_INPUT"] }]);
    expect(lines("unexpected error")).toEqual([]);
    expect(files()).toEqual([]);
  });

  test("that ends with its connection is logged as refused, not as an error", async () => {
    const { address, lines } = await start(undefined, { FILE_FORM: "multipart" });
    const headers = { "content-type": "multipart/form-data; boundary=b" };
    const upload = request(`${address}/files`, { method: "POST", headers });
    upload.on("error", () => {});
    const alone = /^alma_gateway_http_requests_in_flight 1$/m;
    upload.write(`${head}"description"\r\n\r\nhal`);
    while (alone.test(await (await fetch(`${address}/metrics`)).text()));
    upload.destroy();
    await until(() => lines("write").length === 1);
    expect(lines("write")).toMatchObject([{ outcome: "refused", codes: ["BAD_USER_INPUT"] }]);
    expect(lines("unexpected error")).toEqual([]);
  });

  test("is refused if it is compressed", async () => {
    const { post, files } = await start();
    const data = new FormData();
    data.append("file", new File([new Uint8Array(png)], "a.png"));
    const { status, body } = await post(data, { "content-encoding": "gzip" });
    expect(status).toBe(415);
    expect(body.errors[0].message).toMatch(/Send it uncompressed/);
    expect(files()).toEqual([]);
  });
});

function text(fields: Record<string, string>): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.append(name, value);
  return data;
}
