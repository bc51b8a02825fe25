import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-node";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startGateway, type TestGateway } from "../../support/gateway.ts";

const exporter = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
provider.register();

const traceId = "0af7651916cd43dd8448eb211c80319c";
const unit = { id: 9199, external_id: "21_01_8", name: "12A", building: 1075, keybox_code: "KEYBOX-77" };
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({ data: { units: [unit] } }, { OTEL: "on" });
});
afterAll(async () => {
  await gateway.close();
  await provider.shutdown();
});
beforeEach(() => {
  exporter.reset();
  gateway.simulator.log.clear();
});

const spans = () =>
  exporter.getFinishedSpans().map(({ name, kind, attributes, status, parentSpanContext }) => ({
    name,
    kind,
    attributes,
    failed: status.code === SpanStatusCode.ERROR,
    parent: parentSpanContext?.spanId,
  }));

test("an operation is a span below its caller's, its calls to Alma are spans below it, and Alma gets the traceparent", async () => {
  await gateway.query(
    'query Door { unit(ref: { externalId: "21_01_8" }) { name keyboxCode } }',
    {},
    { traceparent: `00-${traceId}-b7ad6b7169203331-01`, baggage: "user=anna" },
  );
  const [call, operation] = exporter.getFinishedSpans();
  expect(spans()).toEqual([
    {
      name: "GET realty/units/external_id/{bx}/",
      kind: SpanKind.CLIENT,
      attributes: {
        "http.request.method": "GET",
        "url.template": "realty/units/external_id/{bx}/",
        "http.response.status_code": 200,
      },
      failed: false,
      parent: operation?.spanContext().spanId,
    },
    {
      name: "query Door",
      kind: SpanKind.SERVER,
      attributes: {
        "graphql.operation.type": "query",
        "graphql.operation.name": "Door",
        "alma_gateway.outcome": "ok",
        "alma_gateway.calls": 1,
      },
      failed: false,
      parent: "b7ad6b7169203331",
    },
  ]);
  const [sent] = gateway.simulator.log.entries;
  expect(sent?.headers.traceparent).toBe(`00-${traceId}-${call?.spanContext().spanId}-01`);
  expect(sent?.headers.baggage).toBeUndefined();
});

test("a kept answer is a span below its caller's, like the answer that was made, with no call below it", async () => {
  const traceparent = `00-${traceId}-b7ad6b7169203331-01`;
  const ask = async (encoding: string) => {
    exporter.reset();
    const headers = { traceparent, "accept-encoding": encoding };
    const { extensions } = await gateway.query("query Names { units { nodes { name } } }", {}, headers);
    return { kept: extensions.alma.kept, spans: spans() };
  };
  const made = await ask("identity");
  const operation = {
    name: "query Names",
    kind: SpanKind.SERVER,
    attributes: {
      "graphql.operation.type": "query",
      "graphql.operation.name": "Names",
      "alma_gateway.outcome": "ok",
      "alma_gateway.calls": 1,
    },
    failed: false,
    parent: "b7ad6b7169203331",
  };
  expect(made.kept).toBeUndefined();
  expect(made.spans.at(-1)).toEqual(operation);
  const attributes = { ...operation.attributes, "alma_gateway.calls": 0 };
  for (const encoding of ["identity", "gzip"])
    expect(await ask(encoding)).toEqual({ kept: true, spans: [{ ...operation, attributes }] });
});

test("an operation of a document that is known is one span too, whether it is answered, refused or left to graphql-js", async () => {
  const query = "query Page($n: Int) @freshness(maxAge: 0) { units(first: $n) { totalCount } }";
  const schema = "query Schema { __schema { queryType { name } } }";
  const asked = [
    () => gateway.query(query, { n: 1 }),
    () => gateway.query(query, { n: -1 }),
    () => gateway.query(query, { n: "x" }),
    () => gateway.query(schema),
  ];
  const ask = async () => {
    exporter.reset();
    for (const one of asked) await one();
    return spans().flatMap(({ name, attributes }) =>
      name.startsWith("query") ? [[name, attributes["alma_gateway.outcome"]]] : [],
    );
  };
  const first = await ask();
  expect(first).toEqual([
    ["query Page", "ok"],
    ["query Page", "BAD_USER_INPUT"],
    ["query Page", "BAD_USER_INPUT"],
    ["query Schema", "ok"],
  ]);
  expect(await ask()).toEqual(first);
});

test("each attempt is a span, failures are marked by their codes, and no span has an id, a value or a message", async () => {
  const fresh = "@freshness(maxAge: 0) { unit(ref: { almaId: 9199 }) { keyboxCode address } }";
  gateway.simulator.faults.add({ kind: "status", status: 503, times: 1 });
  await gateway.query(`query A ${fresh}`);
  gateway.simulator.faults.add({ kind: "status", status: 500, body: unit, times: 1 });
  await gateway.query(`query B ${fresh}`);
  await gateway.query("{ nothing }");
  expect(spans().map(({ name, failed, attributes }) => [name, failed, attributes["error.type"]])).toEqual([
    ["GET realty/units/{id}/", true, "503"],
    ["GET realty/units/{id}/", false, undefined],
    ["query A", false, undefined],
    ["GET realty/units/{id}/", true, "500"],
    ["query B", true, "partial:ALMA_UNAVAILABLE"],
    ["graphql", true, "GRAPHQL_VALIDATION_FAILED"],
  ]);
  const text =
    JSON.stringify(spans()) + JSON.stringify(exporter.getFinishedSpans().map(({ events }) => events));
  for (const secret of ["9199", "KEYBOX-77", "21_01_8", "12A"]) expect(text).not.toContain(secret);
});

test("calls of concurrent operations are each below their own span", async () => {
  gateway.simulator.latency = 30;
  const ask = (id: number) =>
    gateway.query(`query Q${id} @freshness(maxAge: 0) { unit(ref: { almaId: ${id} }) { name } }`);
  await Promise.all([1, 2, 3, 4, 5].map(ask));
  gateway.simulator.latency = 0;
  const all = exporter.getFinishedSpans();
  const parents = all
    .filter(({ kind }) => kind === SpanKind.CLIENT)
    .map((span) => span.parentSpanContext?.spanId);
  const operations = all
    .filter(({ kind }) => kind === SpanKind.SERVER)
    .map((span) => span.spanContext().spanId);
  expect(operations).toHaveLength(5);
  expect(new Set(parents)).toEqual(new Set(operations));
});
