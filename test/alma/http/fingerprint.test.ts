import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { type Answer, caller, conversation, htmlNotFound } from "../fake.ts";

const list = [
  { id: 1, name: "Marina Квартира" },
  { id: 2, name: "Marina 2" },
];
/** More than one chunk of a connection, and more than is read in one slice. */
const long = Array.from({ length: 9_000 }, (_, index) => ({ id: index + 1, name: `Marina ${index}` }));

test.each([
  ["short", list],
  ["long", long],
])(
  "a %s list has a fingerprint by which it is known, and has another once it differs",
  async (_, entries) => {
    const changed = [...entries.slice(0, -1), { id: 99_999, name: "Marina 9" }];
    const answers: unknown[] = [entries, entries, changed, entries];
    const { alma } = await conversation(() => [200, answers.shift()]);
    const first = await alma.unit.list(caller);
    const known = first.value?.fingerprint;
    expect(known).toMatch(/^[\w+/]{43}=$/);
    const same = await alma.unit.list(caller, known);
    expect(same.value).toBeUndefined();
    expect(same.asOf).toBeGreaterThan(first.asOf);
    const other = await alma.unit.list(caller, known);
    expect(other.value?.items.at(-1)?.record).toMatchObject({ id: 99_999, name: "Marina 9" });
    expect(other.value?.fingerprint).not.toBe(known);
    // Who does not say what is known gets the list.
    expect((await alma.unit.list(caller)).value).toEqual(first.value);
  },
);

test("a body whose fingerprint is known is not read: one that breaks off is not even asked for again", async () => {
  const broken = "[{";
  const { alma, seen } = await conversation(() => [200, broken], { retries: 1 });
  const known = createHash("sha256").update(`application/json\n${broken}`).digest("base64");
  expect(await alma.unit.list(caller, known)).toMatchObject({ value: undefined });
  expect(seen).toHaveLength(1);
  await expect(alma.unit.list(caller, `${known}.`)).rejects.toMatchObject({ code: "ALMA_BAD_ANSWER" });
  expect(seen).toHaveLength(3);
});

test.each<[string, Answer, string]>([
  ["a 500", [500, list], "ALMA_UNAVAILABLE"],
  ["a 403", [403, list], "ALMA_REFUSED_KEY"],
  ["a redirect", [302, list], "ALMA_BAD_ANSWER"],
])("%s with the bytes of a known list is no list", async (_, answer, code) => {
  const answers: Answer[] = [[200, list], answer];
  const { alma } = await conversation(() => answers.shift(), { retries: 0 });
  const { value } = await alma.unit.list(caller);
  await expect(alma.unit.list(caller, value?.fingerprint)).rejects.toMatchObject({ code });
});

test("a known list that breaks off was not answered", async () => {
  let isWhole = true;
  const body = JSON.stringify(list);
  const { alma } = await conversation(
    (_, response) => {
      response.writeHead(200, {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
      });
      if (isWhole) response.end(body);
      else response.write(body.slice(0, -1), () => response.destroy());
      return undefined;
    },
    { retries: 0 },
  );
  const { value } = await alma.unit.list(caller);
  isWhole = false;
  const again = alma.unit.list(caller, value?.fingerprint);
  await expect(again).rejects.toMatchObject({ code: "ALMA_UNAVAILABLE" });
});

test("a known list is known on the other variant of its path", async () => {
  let missing = "users/";
  const { alma, paths } = await conversation(({ path }) =>
    path.startsWith(missing) ? htmlNotFound : [200, []],
  );
  const { value } = await alma.client.list(caller);
  missing = "realty/";
  expect((await alma.client.list(caller, value?.fingerprint)).value).toBeUndefined();
  expect(paths().slice(1)).toEqual(["GET realty/clients/", "GET users/clients/"]);
});
