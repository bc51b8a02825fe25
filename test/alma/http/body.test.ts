import { expect, test, vi } from "vitest";
import { caller, conversation } from "../fake.ts";

const entry = (id: number, rest: object = {}) => ({
  id,
  name: `Wohnung ${id} Квартира`,
  header: "H",
  ...rest,
});
const entries = (count: number) => Array.from({ length: count }, (_, index) => entry(index + 1));
/** More than 256 KB as JSON, so that it is read in slices. */
const LONG = 6_000;

test("a long list is read completely, with its marks, malformed entries and long numbers", async () => {
  const list = [...entries(LONG), { name: "no id" }, entry(LONG + 1, { header: "LONG" })];
  const text = JSON.stringify(list).replace('"LONG"', "12345678901234567890");
  const { alma } = await conversation(() => [200, `\uFEFF${text}`]);
  const { value } = await alma.unit.list(caller);
  expect(value?.malformed).toBe(1);
  expect(value?.items).toHaveLength(LONG + 1);
  expect(value?.items[LONG - 1]?.record).toMatchObject({ id: LONG, name: `Wohnung ${LONG} Квартира` });
  expect(value?.items[LONG]?.record.header).toBe("12345678901234567890");
});

test("the text of a long list is decoded and parsed in separate turns", async () => {
  let turn = 0;
  let isRead = false;
  const turns = new Map<string, number>();
  const count = () => {
    turn++;
    if (!isRead) setImmediate(count);
  };
  const { concat } = Buffer;
  const { parse } = JSON;
  vi.spyOn(Buffer, "concat").mockImplementation((...args) => {
    const bytes = concat(...args);
    if (bytes.length > 262_144) turns.set("text", turn);
    return bytes;
  });
  vi.spyOn(JSON, "parse").mockImplementation((text) => {
    if (text.length > 262_144) turns.set("parse", turn);
    return parse(text);
  });
  const { alma } = await conversation(() => [200, entries(LONG)], {
    onCall: () => turns.set("answer", turn),
  });
  setImmediate(count);
  const { value } = await alma.unit.list(caller);
  isRead = true;
  vi.restoreAllMocks();
  expect(value?.items).toHaveLength(LONG);
  expect([...turns.keys()]).toEqual(["text", "parse", "answer"]);
  expect(new Set(turns.values()).size).toBe(3);
});

test.each([
  ["a page", `<html>${"<p>Fehler</p>".repeat(30_000)}</html>`],
  ["a truncated list", JSON.stringify(entries(LONG)).slice(0, -1)],
  ["an object", JSON.stringify({ detail: "x".repeat(400_000) })],
])("%s that is long is ALMA_BAD_ANSWER", async (_, body) => {
  const { alma } = await conversation(() => [200, body]);
  await expect(alma.unit.list(caller)).rejects.toMatchObject({ code: "ALMA_BAD_ANSWER" });
});

test("a long list in the charset of a proxy is decoded", async () => {
  const text = JSON.stringify(entries(LONG));
  const bytes = Buffer.from([...text].map((one) => cp1251(one.charCodeAt(0))));
  const { alma } = await conversation((_, response) => {
    response.writeHead(200, { "content-type": "application/json; charset=windows-1251" });
    response.end(bytes);
    return undefined;
  });
  const { value } = await alma.unit.list(caller);
  expect(value?.items[0]?.record.name).toBe("Wohnung 1 Квартира");
});

/** The byte of an ASCII or a Cyrillic character in windows-1251. */
const cp1251 = (code: number): number => (code < 128 ? code : code - 0x410 + 0xc0);
