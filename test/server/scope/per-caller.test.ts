import { AsyncLocalStorage } from "node:async_hooks";
import { defaultFieldResolver, execute, type GraphQLObjectType, isObjectType, parse } from "graphql";
import { expect, onTestFinished, test } from "vitest";
import { isPerCaller } from "../../../src/server/scope/schema-scopes.ts";
import { start } from "../../graph/mutation/computed-impact.ts";
import { executableSchema } from "../../support/schema.ts";
import { readable, ways } from "../access/attack-query.ts";

/** The properties of a request's caller besides the scopes; shared queries are separated by them. */
const ofCaller: ReadonlySet<PropertyKey> = new Set(["caller"]);

test("the query fields that depend on the caller are those marked in the schema", async () => {
  const { schema } = executableSchema();
  const types = Object.values(schema.getTypeMap()).filter(isObjectType);
  const fields = types
    .filter((type) => type !== schema.getMutationType() && !type.name.startsWith("__"))
    .flatMap((type) =>
      Object.values(type.getFields()).map((field) => [`${type.name}.${field.name}`, field] as const),
    );
  const current = new AsyncLocalStorage<string>();
  const resolved = new Set<string>();
  for (const [name, field] of fields) {
    const { resolve } = field;
    onTestFinished(() => {
      field.resolve = resolve;
    });
    field.resolve = (...args) => {
      resolved.add(name);
      return current.run(name, () => (resolve ?? defaultFieldResolver)(...args));
    };
  }
  const { begin } = await start();
  const readers = new Set<string>();
  const row = { number: 1, state: "DONE", userErrors: [], variables: {} };
  const job = { id: "1", state: "OVER", isCurrent: () => true, rows: () => [row] };
  const jobs = { find: async () => job, all: async () => [job] };
  for (const { before, type, after } of ways(schema.getQueryType() as GraphQLObjectType)) {
    const contextValue = begin();
    const request = new Proxy(
      { ...contextValue.request },
      {
        get(target, name, receiver) {
          const reader = current.getStore();
          if (reader !== undefined && ofCaller.has(name)) readers.add(reader);
          return Reflect.get(target, name, receiver);
        },
      },
    );
    const settings = { ...contextValue.settings, inject: () => ({ jobs: () => jobs }) };
    Object.assign(contextValue, { request, settings });
    const document = parse(`{ ${before} { __typename ${readable(type)} } ${after} }`);
    await execute({ schema, document, contextValue });
  }
  const marked = fields.filter(([, field]) => isPerCaller(field)).map(([name]) => name);
  expect([...readers].sort()).toEqual(marked.sort());
  const roots = Object.keys(schema.getQueryType()?.getFields() ?? {}).map((name) => `Query.${name}`);
  expect(roots.filter((name) => !resolved.has(name))).toEqual([]);
});
