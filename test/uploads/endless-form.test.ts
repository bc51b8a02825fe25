import { once } from "node:events";
import { request } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { keyEnv, keys } from "../server/access/scoped-graph.ts";
import { form, png, start, textPart } from "./upload-gateway.ts";

/** Sends a form piece by piece; resolves with its response. The connection may end before the form does. */
function open(url: string, headers: Record<string, string> = {}) {
  const upload = request(url, {
    method: "POST",
    headers: { "content-type": "multipart/form-data; boundary=b", ...headers },
  });
  onTestFinished(() => void upload.destroy());
  upload.on("error", () => {});
  const closed = new Promise<void>((resolve) => void upload.once("close", resolve));
  const answer = once(upload, "response").then(async ([response]) => {
    let text = "";
    for await (const chunk of response) text += chunk;
    return { status: response.statusCode as number, body: JSON.parse(text) };
  });
  return { upload, answer, closed };
}

const fileHead = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n';
const wholeFile = `${fileHead}\r\n${png.toString("latin1")}\r\n--b--\r\n`;

test.each([
  ["file", `${fileHead}\r\n${png.toString("latin1")}`],
  ["header of a part", `${fileHead}X-Long: `],
  ["description", textPart("description", "Plan").slice(0, -2)],
  ["end", wholeFile],
  ["start", "no boundary"],
])("a form with an endless %s gets an answer, and is cut off", async (_, beginning) => {
  const { address, files } = await start(undefined, { FILE_FORM: "multipart", MAX_FILE: "50000" });
  const { upload, answer, closed } = open(`${address}/files`);
  let isOpen = true;
  void closed.then(() => {
    isOpen = false;
  });
  upload.write(Buffer.from(beginning, "latin1"));
  const piece = "x".repeat(10_000);
  const send = () => {
    if (isOpen) upload.write(piece, () => setTimeout(send, 5));
  };
  send();
  const { status, body } = await answer;
  expect([400, 413]).toContain(status);
  expect(body.errors).toHaveLength(1);
  await closed;
  expect(files()).toEqual([]);
});

test("a form that stops arriving before its file is aborted after FILE_TIMEOUT", async () => {
  const { address } = await start(undefined, { FILE_FORM: "multipart", FILE_TIMEOUT: "0.3" });
  const { upload, answer } = open(`${address}/files`);
  upload.write(fileHead);
  const { status, body } = await answer;
  expect(status).toBe(400);
  expect(body.errors[0].message).toContain("within 0.3 s");
});

test("half-sent files of one key leave room for those of another", async () => {
  // Two files in parallel.
  const env = { ...keyEnv, FILE_FORM: "multipart", ALMA_CONCURRENCY: "8" };
  const { address, post, lines } = await start(undefined, env);
  for (let n = 0; n < 5; n++) {
    const { upload, answer } = open(`${address}/files`, { "x-api-key": keys.write.key });
    answer.catch(() => {});
    upload.write(Buffer.from(`${fileHead}\r\n${png.toString("latin1")}`, "latin1"));
  }
  const { status } = await post(form(png), { "x-api-key": keys.all.key });
  expect(status).toBe(201);
  expect(lines("write")).toHaveLength(1);
});
