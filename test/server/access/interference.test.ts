import {
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  isEnumType,
  isInputObjectType,
} from "graphql";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createApiKey } from "../../../src/server/access/api-key.ts";
import { startGateway, type TestGateway } from "../../support/gateway.ts";
import { has } from "../../support/has.ts";
import { guarded, schema } from "./attack-query.ts";

/**
 * Two gateways over portfolios that differ only in data that needs PERSONAL or SECRETS: both give the same answers to a
 * key that has only READ.
 */
const reader = createApiKey("reader", ["read"], null);
const all = createApiKey("all", ["read", "personal", "secrets"], null);
const wireName = (field: string) => field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const tables = {
  Client: "clients",
  Unit: "units",
  Room: "rooms",
  OwnerContract: "ownerContracts",
  TenantContract: "tenantContracts",
} as const;

type Value = (field: string, id: number, files: readonly { readonly id: number }[]) => string | number | null;
/** All records have the same value: groups, counts and duplicates reveal it. */
const alike: Value = (field, _id, [file]) => {
  if (field.endsWith("scan")) return file?.id ?? null;
  return field === "birthday" ? "1980-01-01T00:00:00" : "same";
};
/** Values are distinct, in a different order than the ids, and some are missing. */
const different: Value = (field, id, files) => {
  if (id % 3 === 0) return /keybox|lock|scan|birthday/.test(field) ? null : "";
  if (field.endsWith("scan")) return files[id % files.length]?.id ?? null;
  const number = (id * 7919) % 99_991;
  return field === "birthday" ? `${1900 + (number % 100)}-01-01T00:00:00` : `other${number}`;
};

async function startWith(value: Value): Promise<TestGateway> {
  const gateway = await startGateway(
    {},
    {
      CATALOG: "on",
      API_KEYS: JSON.stringify([reader.record, all.record]),
      RATE_LIMIT: "0",
      PRICE_PERIOD: "month",
    },
  );
  const files = gateway.simulator.data.files.all();
  for (const [type, table] of Object.entries(tables))
    for (const row of gateway.simulator.data[table].all() as unknown as Record<string, unknown>[])
      for (const { field } of guarded.filter((one) => one.type.name === type)) {
        const name = wireName(field);
        if (!(name in row)) throw new Error(`The simulator's ${table} have no ${name}.`);
        row[name] = value(name, row.id as number, files);
      }
  return gateway;
}

let gateways: readonly TestGateway[];
beforeAll(async () => {
  gateways = await Promise.all([startWith(alike), startWith(different)]);
  await Promise.all(gateways.map((gateway) => gateway.warm()));
});
afterAll(() => Promise.all(gateways.map((gateway) => gateway.close())));

async function ask(
  { address }: TestGateway,
  query: string,
  key: string,
  headers: Record<string, string> = {},
) {
  const response = await fetch(`${address}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-api-key": key, ...headers },
    body: JSON.stringify({ query }),
  });
  return { status: response.status, text: await response.text() };
}

/** Both gateways' answers to the reader, without their cost and read times. */
async function answersOf(query: string): Promise<string[]> {
  const replies = gateways.map(async (gateway) => {
    const { status, text } = await ask(gateway, query, reader.key);
    const { extensions: _, ...rest } = JSON.parse(text);
    const shown = JSON.stringify({ status, ...rest });
    return shown.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z/g, "then");
  });
  return Promise.all(replies);
}

type Field = GraphQLField<unknown, unknown>;
const roots = Object.values(schema.getQueryType()?.getFields() ?? {}).filter(({ type }) =>
  getNamedType(type).name.endsWith("Connection"),
);
const argument = (field: Field, name: string) => {
  const type = field.args.find((arg) => arg.name === name)?.type;
  return type && getNamedType(type);
};

/** The values of an enum, or of the enum `field` of an input. */
function choices(type: ReturnType<typeof argument>): string[] {
  const field = isInputObjectType(type) ? type.getFields().field?.type : type;
  const named = field && getNamedType(field);
  return isEnumType(named) ? named.getValues().map(({ name }) => name) : [];
}

const formats = ["application/json", ...(has("reports") ? ["text/csv", "application/x-ndjson"] : [])];

/** All values that a connection compares, by the schema: each kind of them in one document, with aliases. */
function questionsOf(root: Field): string[] {
  const { groups } = (getNamedType(root.type) as GraphQLObjectType).getFields();
  const orders = choices(argument(root, "orderBy")).map(
    (field) => `${field}: ${root.name}(first: 1000, orderBy: [{ field: ${field} }]) { edges { cursor } }`,
  );
  const texts = ["same", "other", "1980", "a"].map(
    (text) =>
      `t${text}: ${root.name}(first: 1000, filter: { search: "${text}" }) { totalCount nodes { id } }`,
  );
  const by = groups && argument(groups, "by");
  const keys = choices(by);
  const counts = keys.map((key) => `${key}: distinct(of: ${key})`).join(" ");
  const grouped = keys.map((key) => {
    const asked = isEnumType(by) ? key : `{ field: ${key} }`;
    return `${root.name} { groups(by: [${asked}], having: { count: { gt: 1 } }) { totalCount nodes { count ${counts} } } }`;
  });
  return [...orders, ...texts, ...grouped].map((part) => `{ ${part} }`);
}

test.each(roots.map((root) => [root.name, root] as const))(
  "the comparisons of %s are the same regardless of guarded fields",
  async (_, root) => {
    const questions = questionsOf(root);
    expect(questions.length).toBeGreaterThan(7);
    for (const question of questions) {
      const [one, other] = await answersOf(question);
      expect(one, question).toContain('"status":200');
      expect(one, question).toBe(other);
    }
  },
);

if (has("issues"))
  test.each([
    "dataIssues { code message record { id } other { id } }",
    "bitrixDrift { totalCount groups { kind totalCount cases { externalId advice records { id } } } }",
  ])("data issues are the same regardless of guarded fields: %s", async (question) => {
    const [one, other] = await answersOf(`{ ${question} }`);
    expect(one).toContain('"status":200');
    expect(one).toBe(other);
  });

const recordFields = guarded.filter(({ type }) => type.name in tables);

test.each(recordFields.map(({ type, field, scope }) => [type.name, field, scope] as const))(
  "%s.%s is shown to no reader, in any format, though another caller has just requested the same",
  async (type, field, scope) => {
    const table = tables[type as keyof typeof tables];
    const shown: string[] = [];
    for (const gateway of gateways) {
      const id = gateway.simulator.data[table].all()[0]?.id;
      const list = `{ ${table}(first: 1000) { nodes { ${field} } } }`;
      // Secrets are read for one record at a time.
      const known =
        scope === "SECRETS" ? `{ ${table.slice(0, -1)}(ref: { almaId: ${id} }) { ${field} } }` : list;
      shown.push(JSON.stringify(JSON.parse((await ask(gateway, known, all.key)).text).data));
      expect((await ask(gateway, known, reader.key)).status).toBe(403);
      for (const accept of formats) {
        await ask(gateway, list, all.key, { accept });
        const refused = await ask(gateway, list, reader.key, { accept });
        expect(refused.status, accept).toBe(403);
        expect(refused.text.replaceAll(field, "")).not.toMatch(/"data":|same|other\d|1980|scan|https?:/i);
      }
    }
    // Otherwise the two portfolios would not differ.
    expect(shown[0]).toContain(field);
    expect(shown[0]).not.toBe(shown[1]);
  },
);
