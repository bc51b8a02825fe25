import { setTimeout as sleep } from "node:timers/promises";
import type { GraphQLObjectType } from "graphql";
import { expect, test } from "vitest";
import { createApiKey } from "../../src/server/access/api-key.ts";
import { start } from "../graph/start.ts";
import { readable, schema, ways } from "../server/access/attack-query.ts";
import { has } from "../support/has.ts";
import { portfolio } from "../support/portfolio.ts";
import { openStream } from "../support/stream.ts";

/** A gateway with two keys of the same scopes. */
async function watch(scopes: readonly string[], env: Record<string, string> = {}, data?: typeof portfolio) {
  const keys = ["one", "two"].map((name) => createApiKey(name, [...scopes], null));
  const API_KEYS = JSON.stringify(keys.map(({ record }) => record));
  const gateway = await start(data ? { data } : {}, { LOG_LEVEL: "info", API_KEYS, ...env });
  const [one = "", two = ""] = keys.map(({ key }) => key);
  const live = (body: object, headers: Record<string, string>) =>
    openStream(`${gateway.address}/graphql/stream`, { body, headers });
  const answers = (name: string) => gateway.lines("operation").filter(({ operation }) => operation === name);
  return { ...gateway, live, answers, one: { "x-api-key": one }, two: { "x-api-key": two } };
}

test("two followers of a root field each get their own answer", async () => {
  const { live, query, one, two } = await watch(["read", "personal", "audit", "write", "bulk"]);
  const begin = `mutation { startJob(document: "mutation ($r: Ref!) { updateUnit(ref: $r, input: { address: \\"A\\" }) { unit { id } } }",
       rows: [{ r: { almaId: 1 } }], dryRun: true) { job { id } } }`;
  const started = has("jobs") ? await query(begin, {}, one) : undefined;
  const id = started?.data.startJob.job.id;
  const state = async () => (await query(`{ job(id: "${id}") { state } }`, {}, one)).data.job.state;
  while (id && (await state()) !== "OVER") await sleep(10);
  const root = schema.getQueryType() as GraphQLObjectType;
  for (const name of Object.keys(root.getFields())) {
    // The object types nearest to the field.
    const paths = ways(root).filter((way) => way.root === name);
    const selections = paths
      .slice(0, 2)
      .map(({ before, type, after }) => `${before} { ${readable(type)} }${after}`);
    const of =
      name === "job"
        ? selections.map((text) => text.replace('job(id: "Client:1")', `job(id: "${id}")`))
        : selections;
    expect(of.length).toBeGreaterThan(0);
    for (const selection of of)
      for (const blank of ["\n", "\t"]) {
        const document = `query @live {${blank}${selection}${blank}}`;
        const first = await live({ query: document }, one);
        const [told] = await first.take(1);
        const second = await live({ query: document }, two);
        const [toldToo] = await second.take(1);
        for (const [answer, key] of [
          [told, one],
          [toldToo, two],
        ] as const) {
          const own = await query(`{ ${selection} }`, {}, key);
          expect([document, answer.data, answer.errors?.[0]?.message]).toEqual([
            document,
            own.data,
            own.errors?.[0]?.message,
          ]);
        }
        first.close();
        second.close();
      }
  }
}, 120_000);

test("queries that differ only in irrelevant parts are shared; their log line lists all followers", async () => {
  const { live, data, query, answers, one, two } = await watch(["read"]);
  const fields = "unit(ref: $ref) { address }";
  const ref = { almaId: 1 };
  const bodies = Array.from({ length: 15 }, (_, n) => [
    {
      query: `query Shared($ref: Ref!) @live {${" ".repeat(n)} ${fields} }`,
      variables: { ref, [`v${n}`]: n },
    },
    {
      query: `# ${n}\nquery Other { viewer { name } }\nquery Shared($ref: Ref!, ) @live\n{ ...F${"\t".repeat(n)} }
        fragment F on Query { ${fields} }`,
      operationName: "Shared",
      variables: { ref },
    },
  ]).flat();
  const streams = await Promise.all(bodies.map((body, n) => live(body, n % 3 === 0 ? two : one)));
  await Promise.all(streams.map(({ take }) => take(1)));
  // One with a fragment, and one without.
  expect(answers("Shared").length).toBeLessThanOrEqual(4);
  data.units.change(1, { address: "New" });
  const before = answers("Shared").length;
  await query("query @freshness(maxAge: 0) { units { nodes { address } } }", {}, one);
  for (const { take } of streams) expect((await take(2))[1].data.unit.address).toBe("New");
  const lines = answers("Shared").slice(before);
  expect(lines).toHaveLength(2);
  for (const line of lines) {
    expect(line).not.toHaveProperty("caller");
    const followers = line.followers as { caller: string; name: string; streams: number }[];
    expect(followers.map(({ name }) => name).sort()).toEqual(["one", "two"]);
    expect(followers.reduce((sum, { streams }) => sum + streams, 0)).toBe(15);
  }
});

if (has("media"))
  test("links use the address by which each reader came", async () => {
    const { live, address, answers, one, two } = await watch(["read"], { MEDIA: "proxy" }, portfolio);
    const body = { query: "query Photos @live { unit(ref: { almaId: 9199 }) { photos { url } } }" };
    for (const host of ["a.example", "b.example:1", 'c"d.example']) {
      const [{ data }] = await (await live(body, { ...(host.startsWith("a") ? one : two), host })).take(1);
      const [{ url }] = data.unit.photos;
      expect(url.startsWith(`http://${host}/media/`)).toBe(true);
      expect((await fetch(`${address}${url.slice(`http://${host}`.length)}`)).status).toBe(200);
    }
    expect(answers("Photos")).toHaveLength(1);
  });

test("an answer contains nothing of the first request, and outlives it", async () => {
  const { live, data, query, answers, one, two } = await watch(["read"]);
  const body = { query: "query Unit @live { unit(ref: { almaId: 1 }) { address } }" };
  const first = await live(body, { ...one, "x-request-id": "first" });
  await first.take(1);
  const second = await live(body, { ...two, "x-request-id": "second" });
  await second.take(1);
  first.close();
  await first.ended;
  data.units.change(1, { address: "New" });
  await query("query @freshness(maxAge: 0) { units { nodes { address } } }", {}, two);
  expect((await second.take(2))[1].data.unit.address).toBe("New");
  const last = answers("Unit").at(-1);
  expect(last?.followers).toMatchObject([{ name: "two", streams: 1 }]);
  expect(["first", "second"]).not.toContain(last?.requestId);
});

test("queries that only look alike are not shared", async () => {
  const { address, live, data, query, one, two } = await watch(["read"]);
  // The caller chooses the field's name in the answer.
  const subscribed = ["a", "b"].map((alias) => ({ query: `subscription { ${alias}: changes { field } }` }));
  const streams = [await live(subscribed[0] as object, one), await live(subscribed[1] as object, two)];
  await query("{ units { nodes { address } } }", {}, one);
  data.units.change(1, { address: "New" });
  await query("query @freshness(maxAge: 0) { units { nodes { address } } }", {}, one);
  const told = await Promise.all(streams.map(({ take }) => take(1)));
  expect(told.map(([message]) => Object.keys(message.data))).toEqual([["a"], ["b"]]);
  // JSON prints an infinite number as null.
  const document = "query ($n: Int) @live { units(first: $n) { totalCount } }";
  await (await live({ query: document, variables: { n: null } }, one)).take(1);
  const search = new URLSearchParams({ query: document, variables: '{"n":1e400}' });
  const infinite = await openStream(`${address}/graphql/stream?${search}`, { headers: two });
  const refused = infinite.status === 200 ? (await infinite.take(1))[0] : JSON.parse(infinite.text());
  expect(refused).toMatchObject({ errors: [{ extensions: { code: expect.stringMatching(/^BAD_/) } }] });
});

test("many outdated queries of one caller do not delay another caller's query", async () => {
  const { live, data, query, answers, one, two } = await watch(["read"]);
  const count = 200;
  const documents = Array.from(
    { length: count },
    (_, n) => `query Many @live { unit(ref: { almaId: 1 }) { a${n}: address } }`,
  );
  const streams = await Promise.all(documents.map((document) => live({ query: document }, one)));
  await Promise.all(streams.map(({ take }) => take(1)));
  await sleep(1_000);
  data.units.change(1, { address: "New" });
  await query("query @freshness(maxAge: 0) { units { nodes { address } } }", {}, two);
  const before = answers("Many").length;
  while (answers("Many").length === before) await new Promise(setImmediate);
  await query("{ unit(ref: { almaId: 1 }) { address } }", {}, two);
  expect(answers("Many").length - before).toBeLessThan(count / 2);
  for (const { take } of streams) expect(await take(2)).toHaveLength(2);
});

test("one of several keys follows a limited number of different queries, in any number of streams", async () => {
  const { live, one, two } = await watch(["read"], { MAX_STREAMS: "12" });
  const open = async (field: string, headers: Record<string, string>) => {
    const stream = await live({ query: `query @live { unit(ref: { almaId: 1 }) { ${field} } }` }, headers);
    const [message] = await stream.take(1);
    return { stream, code: message.errors?.[0].extensions.code };
  };
  const opened = [await open("name", one), await open("address", one), await open("status", one)];
  expect(opened.map(({ code }) => code)).toEqual([undefined, undefined, undefined]);
  expect((await open("number", one)).code).toBe("OVERLOADED");
  expect((await open("name", one)).code).toBeUndefined();
  expect((await open("number", two)).code).toBeUndefined();
  opened[1]?.stream.close();
  let code: string | undefined;
  do code = (await open("number", one)).code;
  while (code !== undefined);
});

test("a stream of /changes and a subscription with its document each get their own format", async () => {
  const { address, live, data, query, one, two } = await watch(["read"]);
  const selection = "event kind recordId field before after isWithheld notBefore notAfter origin cursor";
  const document = `subscription Changes($after: String, $kinds: [RecordKind!]) { changes(after: $after, kinds: $kinds) { ${selection} } }`;
  const headers = { ...one, accept: "text/event-stream" };
  const first = await openStream(`${address}/changes?after=now`, { headers });
  const second = await live({ query: document, variables: { after: "now", kinds: null } }, two);
  await query("{ units { nodes { address } } }", {}, one);
  data.units.change(1, { address: "New" });
  await query("query @freshness(maxAge: 0) { units { nodes { address } } }", {}, one);
  const [[change], [message]] = await Promise.all([first.take(1), second.take(1)]);
  expect(change).toMatchObject({ field: "address", after: "New" });
  expect(message).toMatchObject({ data: { changes: { field: "address", after: "New" } } });
});
