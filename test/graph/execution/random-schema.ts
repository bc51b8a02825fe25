import {
  buildSchema,
  GraphQLError,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLScalarType,
  type GraphQLSchema,
  isInterfaceType,
  isObjectType,
  parse,
} from "graphql";
import { sourceField } from "../../../src/graph/execution/source-resolver.ts";

export const sdl = `
  scalar Any
  enum Colour { RED GREEN }
  input Point { x: Int! = 1 y: Int }
  input Either @oneOf { a: Int b: String }
  interface Thing { id: ID! name(short: Boolean = true): String self: Thing }
  type Box implements Thing {
    id: ID! name(short: Boolean = true): String self: Thing inner: Box full: Box! boxes: [Box] firm: [Box!]! deep: [[Box!]]
    any: Any colour: Colour at(point: Point, list: [Int!], either: Either, colour: Colour): Int need(n: Int!): Int
  }
  type Ball implements Thing { id: ID! name(short: Boolean = true): String self: Thing size: Int! colours: [Colour!] }
  type Query { box: Box must: Box! thing: Thing things: [Thing] balls: [Ball!] box2(point: Point!): Box }
`;

/** The resolver calls and their arguments, in order. */
export type Seen = unknown[];

/** The behavior of one execution's resolvers, and their records. */
export interface World {
  readonly seen: Seen;
  readonly seed: number;
  /** How many of a hundred resolvers fail or return an unusual value. */
  readonly trouble: number;
  /** How many of a hundred resolvers return a promise. */
  readonly late: number;
}

/**
 * A schema whose resolvers return values, promises, unusual values or errors. A resolver's behavior depends only on its
 * path and the world, which is the root value, so that two executions get the same.
 */
export function createSchema(): GraphQLSchema {
  const schema = buildSchema(sdl);
  Object.assign(schema.getType("Any") as GraphQLScalarType, {
    serialize: (value: unknown) => {
      if (value === "unserializable") throw new Error("Any cannot be this");
      return value;
    },
  });
  const resolve: GraphQLFieldResolver<unknown, unknown> = (_source, args, context, info) => {
    const { path, fieldNodes, variableValues, operation, fragments, ...rest } = info;
    const where: (string | number)[] = [];
    for (let at: typeof path | undefined = path; at; at = at.prev) where.unshift(`${at.key}:${at.typename}`);
    const operationInfo = {
      variableValues,
      operation: operation.name?.value,
      fragments: Object.keys(fragments),
    };
    const world = rest.rootValue as World;
    const { seen, seed, late } = world;
    const place = { parent: rest.parentType.name, field: rest.fieldName, returns: String(rest.returnType) };
    const nodes = fieldNodes.map(({ loc }) => loc?.start);
    seen.push({ where, args, context, ...operationInfo, ...place, nodes });
    const roll = hash(`${seed} ${where.join("/")}`);
    const type = String(rest.returnType);
    const value = valueFor(type, roll, world);
    return isLate(roll, late) ? later(value, roll) : unwrapped(value);
  };
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith("__")) continue;
    if (isObjectType(type))
      for (const field of Object.values(type.getFields()))
        field.resolve = sourceFields.has(field.name) ? createSourceResolver(field) : resolve;
    if (isInterfaceType(type))
      type.resolveType = (value: unknown) => {
        const {
          type: name = "Ball",
          roll,
          late = 0,
        } = value as { type?: string; roll: number; late?: number };
        if (roll % 29 === 28) throw new Error("of no type");
        return isLate(roll, late) ? Promise.resolve(name) : name;
      };
  }
  return schema;
}

/** Fields that are read from their object alone. */
const sourceFields = new Set(["id", "any", "colour", "size"]);

function createSourceResolver({ name, type }: GraphQLField<unknown, unknown>) {
  const { resolve } = sourceField((source: { readonly roll?: number; readonly world?: World }) => {
    const { roll = 0, world } = source;
    world?.seen.push({ read: name, roll });
    const next = hash(`${roll} ${name}`);
    // JSON has no functions: a function of an Any is null here.
    if (next % 31 === 0 && name !== "any") return () => "a function";
    const value = world && valueFor(String(type), next, world);
    return world && isLate(next, world.late) ? later(value, next) : unwrapped(value);
  });
  return resolve;
}

const isLate = (roll: number, late: number): boolean => (roll >> 3) % 100 < late;

class Thrown {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

const located = new GraphQLError("with a place", {
  nodes: parse("{ elsewhere }").definitions[0],
  path: ["old"],
});

function valueFor(type: string, roll: number, world: World): unknown {
  const { trouble, late } = world;
  if (roll % 100 < trouble) {
    const odd = [
      null,
      undefined,
      new Error("returned"),
      new Thrown(new Error("thrown")),
      new Thrown("no error"),
      new Thrown(located),
      new Thrown(new GraphQLError("coded", { extensions: { code: "X" } })),
      Number.NaN,
      "unserializable",
      {},
    ];
    return odd[(roll >> 8) % odd.length];
  }
  const bare = type.endsWith("!") ? type.slice(0, -1) : type;
  if (bare.startsWith("[")) {
    const items = Array.from({ length: (roll >> 4) % 4 }, (_, index) => {
      const next = hash(`${roll} ${index}`);
      const value = valueFor(bare.slice(1, -1), next, world);
      // All items of a non-null list are promises: graphql-js leaves rejections unhandled if one fails synchronously.
      const isItemLate = late > 0 && (bare.endsWith("!]") || isLate(next, late));
      return isItemLate ? later(value, next) : value instanceof Thrown ? null : value;
    });
    return roll % 5 === 0 ? new Set(items) : items;
  }
  if (bare === "Thing") return { type: roll % 7 < 4 ? "Box" : "Ball", roll, late, world };
  if (bare === "Any") return { roll };
  if (bare === "Colour") return roll % 2 === 0 ? "RED" : "GREEN";
  return bare === "Int"
    ? roll % 10
    : bare === "ID" || bare === "String"
      ? texts[roll % texts.length]
      : { roll, world };
}

const texts = [
  "",
  "s1",
  'a "quote"',
  "back\\slash",
  "line\nbreak",
  "\u0001",
  "Цена",
  "\ud800 alone",
  "🏠",
  "x".repeat(60),
];

function unwrapped(value: unknown): unknown {
  if (value instanceof Thrown) throw value.error;
  return value;
}

async function later(value: unknown, roll: number): Promise<unknown> {
  for (let turn = roll % 5; turn > 0; turn--) await undefined;
  return unwrapped(value);
}

function hash(text: string): number {
  let value = 2166136261;
  for (const character of text) value = Math.imul(value ^ character.charCodeAt(0), 16777619) >>> 0;
  return Math.imul(value ^ (value >>> 13), 1540483477) >>> 1;
}
