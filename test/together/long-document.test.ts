import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { startReports } from "../reports/run/reports.ts";
import { openStream } from "../support/stream.ts";

const LENGTH = 160_000;
/** Repeats parts until the text is long. */
const fill = (part: (n: number) => string, start = "", end = "") => {
  const parts = [start];
  for (let n = 0, length = start.length + end.length; length < LENGTH; n++) {
    const next = part(n);
    parts.push(next);
    length += next.length;
  }
  return parts.join("") + end;
};
const nest = (open: string, middle: string, close: string, start = "", end = "") => {
  const times = Math.floor(LENGTH / (open.length + close.length));
  return start + open.repeat(times) + middle + close.repeat(times) + end;
};
const list = "units { nodes { name } }";
const ofText = (part: string) => fill(() => part, '{ unit(ref: { externalId: "', '" }) { id } }');

const documents: Readonly<Record<string, string>> = {
  aliases: fill((n) => `a${n}: ${list} `, "{ ", "}"),
  "nested fields": nest("{ units { nodes { building ", "{ name }", "} } }"),
  "fragments in a row": fill((n) => `fragment F${n} on Query { ...F${n + 1} } `, "{ ...F0 } "),
  "fragments that double": fill(
    (n) => `fragment F${n} on Query { ...F${n + 1} ...F${n + 1} } `,
    "{ ...F0 } ",
  ),
  arguments: fill((n) => `a${n}: ${n} `, "{ units(", ") { totalCount } }"),
  "deep input": nest("{and: [", "", "]}", "{ units(filter: ", ") { totalCount } }"),
  "a list": fill((n) => `${n} `, "{ units(filter: {almaId: {in: [", "]}}) { totalCount } }"),
  operations: fill((n) => `query Q${n} { __typename } `),
  directives: fill(() => "@skip(if: false) ", "{ units ", "{ totalCount } }"),
  "escaped text": ofText("\\u0041"),
  "escaped quotes": ofText('\\"'),
  "half characters": ofText("\\uD83D"),
  blanks: ofText(" "),
  comments: fill((n) => `#${n}\n`, "", "{ __typename }"),
  commas: fill(() => ",", "{ __typename ", "}"),
  variables: fill((n) => `$v${n}: Ref = {almaId: ${n}} `, "query (", ") { __typename }"),
  "a deep type": nest("[", "Int", "]", "query ($v: ", ") { __typename }"),
  "a name": fill(() => "x", "{ ", "}"),
  "a number": fill(() => "7", "{ units(first: ", ") { totalCount } }"),
  "a fraction": fill(() => "7", "{ units(first: 1.", ") { totalCount } }"),
  "an open text": fill(() => "x", '{ unit(ref: { externalId: "'),
  "open braces": fill(() => "{"),
  "unknown fields": fill((n) => `unitz${n} `, "{ ", "}"),
  "conflicting fields": fill((n) => `a: units(first: ${n}) { totalCount } `, "{ ", "}"),
  "type conditions": fill((n) => `... on Unit${n} { id } `, "{ ", "}"),
  subscriptions: fill((n) => `a${n}: changes { cursor } `, "subscription {", "}"),
};

const wide = Object.fromEntries(Array.from({ length: 12_000 }, (_, n) => [`f${n}`, n]));
const filters: Readonly<Record<string, unknown>> = {
  "an object of unknown fields": wide,
  "an unknown field with an object": { and: [{ known: wide, f0: 1, f1: 2 }] },
  "the name of a field": { ["f".repeat(LENGTH)]: 1 },
  "an object instead of a text": { name: { eq: wide } },
  "a list of numbers": { almaId: { in: Array.from({ length: 25_000 }, (_, n) => n) } },
  "a text": { name: { contains: "x".repeat(LENGTH) } },
  texts: { name: { in: Array.from({ length: 19_000 }, (_, n) => `t${n}`) } },
};

test("a long document or variable gets an answer, or a few short errors, at every entry point", async () => {
  const { address, query, lines } = await startReports(undefined, { LOG_LEVEL: "info" });
  const graphql = async (body: object, accept = "application/json") => {
    const response = await fetch(`${address}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", accept },
      body: JSON.stringify(body),
    });
    return response.text();
  };
  const stream = async (body: object) => {
    const { take, close } = await openStream(`${address}/graphql/stream`, { body });
    const [message] = await take(1);
    close();
    return JSON.stringify(message);
  };
  const startJob =
    "mutation ($document: String!) { startJob(document: $document, rows: [{}]) { userErrors { message } } }";
  const sha256Hash = (text: string) => createHash("sha256").update(text).digest("hex");
  const doors: Readonly<Record<string, (text: string) => Promise<string>>> = {
    graphql: (text) => graphql({ query: text }),
    table: (text) => graphql({ query: text }, "text/csv"),
    hashed: (text) =>
      graphql({ query: text, extensions: { persistedQuery: { version: 1, sha256Hash: sha256Hash(text) } } }),
    persisted: (text) => graphql({ documentId: text }),
    operation: (text) => graphql({ query: "query A { __typename }", operationName: text }),
    job: (text) => graphql({ query: startJob, variables: { document: text } }),
    stream: (text) => stream({ query: text }),
  };
  const expectShort = (name: string, text: string) => {
    expect([name, text.length < 20_000]).toEqual([name, true]);
    if (!text.startsWith("{")) return;
    const { data, errors = [] } = JSON.parse(text);
    expect([name, data !== undefined || errors.length > 0]).toEqual([name, true]);
    expect(errors.length, name).toBeLessThanOrEqual(6);
    for (const { message, extensions } of errors) {
      expect(message, name).toMatch(/\w \w.*[.?!"…]$/s);
      expect(extensions.code, name).not.toBe("INTERNAL_SERVER_ERROR");
    }
  };
  for (const [name, document] of Object.entries(documents))
    for (const [door, send] of Object.entries(doors)) expectShort(`${door}: ${name}`, await send(document));
  const filtered = "query ($filter: UnitFilter) { units(filter: $filter) { nodes { name } } }";
  for (const [name, filter] of Object.entries(filters)) {
    const body = { query: filtered, variables: { filter } };
    expectShort(`graphql: ${name}`, await graphql(body));
    expectShort(`table: ${name}`, await graphql(body, "text/csv"));
    expectShort(`stream: ${name}`, await stream(body));
  }
  // A longer address is refused before it is read.
  const { status } = await fetch(
    `${address}/graphql?${new URLSearchParams({ query: documents.comments ?? "" })}`,
  );
  expect(status).toBe(431);
  expect((await query("{ __typename }")).data).toEqual({ __typename: "Query" });
  expect(lines().filter(({ level }) => level === "error" || level === "fatal")).toEqual([]);
}, 120_000);
