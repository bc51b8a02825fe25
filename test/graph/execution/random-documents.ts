import fc from "fast-check";
import { buildSchema, parse, specifiedRules, validate } from "graphql";
import { sdl } from "./random-schema.ts";

const leaf: Record<string, string[]> = {
  Box: ["id", "any", "colour", "__typename", "name", "name(short: $yes)", "need(n: 1)", "need(n: $n)"],
  Ball: ["id", "size", "colours", "__typename", "name(short: false)"],
  Thing: ["id", "name", "__typename"],
  Query: [
    "__typename",
    '__type(name: "Box") { name fields { name type { name kind } } }',
    "__schema { queryType { name } }",
  ],
};
leaf.Box?.push(
  "at(point: {x: $n, y: $m})",
  "at(list: [1, $m])",
  "at(either: {a: $m})",
  "at(point: $p, list: $l)",
);
leaf.Box?.push("at(either: $e, colour: $c)", "at(colour: GREEN, list: 3)", "at");
const branch: Record<string, [string, string][]> = {
  Box: [
    ["self", "Thing"],
    ["inner", "Box"],
    ["full", "Box"],
    ["boxes", "Box"],
    ["firm", "Box"],
    ["deep", "Box"],
  ],
  Ball: [["self", "Thing"]],
  Thing: [["self", "Thing"]],
  Query: [
    ["box", "Box"],
    ["must", "Box"],
    ["thing", "Thing"],
    ["things", "Thing"],
    ["balls", "Ball"],
    ["box2(point: {y: $m})", "Box"],
  ],
};

const directive = fc.constantFrom(
  "",
  "",
  "",
  "",
  " @skip(if: $yes)",
  " @include(if: $yes)",
  " @skip(if: $no)",
  " @skip(if: $no) @include(if: $yes)",
);
const alias = fc.constantFrom(
  "",
  "",
  "",
  "",
  "a: ",
  "b: ",
  "a_b: ",
  "__proto__: ",
  "constructor: ",
  "then: ",
);

function selection(type: string, depth: number): fc.Arbitrary<string> {
  const simple = fc.constantFrom(...(leaf[type] ?? []));
  const fields = fc
    .tuple(alias, simple, directive)
    .map(([name, text, when]) => name + withDirective(text, when));
  if (depth === 0) return fc.array(fields, { minLength: 1, maxLength: 3 }).map((all) => all.join(" "));
  const below = fc
    .constantFrom(...(branch[type] ?? []))
    .chain(([name, target]) =>
      fc
        .tuple(alias, directive, selection(target, depth - 1))
        .map(([as, when, inner]) => `${as}${name}${when} { ${inner} }`),
    );
  const types = type === "Thing" ? ["Thing", "Box", "Ball"] : type === "Query" ? ["Query"] : [type, "Thing"];
  const inline = fc
    .constantFrom(...types)
    .chain((target) =>
      fc
        .tuple(directive, selection(target, depth - 1))
        .map(([when, inner]) => `... on ${target}${when} { ${inner} }`),
    );
  const spread = fc
    .tuple(
      fc.constantFrom(...(type === "Query" ? ["...OnQuery"] : types.map((one) => `...On${one}`))),
      directive,
    )
    .map(([name, when]) => name + when);
  const one = fc.oneof({ weight: 3, arbitrary: fields }, { weight: 4, arbitrary: below }, inline, spread);
  return fc.array(one, { minLength: 1, maxLength: 4 }).map((all) => all.join(" "));
}

function withDirective(text: string, when: string): string {
  const at = text.indexOf(" {");
  return !text.startsWith("__") || at < 0 ? text + when : text.slice(0, at) + when + text.slice(at);
}

/**
 * Queries over the schema of `random-schema.ts`, including invalid ones. In half of them variables decide which fields
 * are selected; in the others one plan serves all executions of the document.
 */
export const documents = fc
  .tuple(
    fc.boolean(),
    selection("Query", 3),
    selection("Query", 1),
    selection("Box", 1),
    selection("Ball", 1),
    selection("Thing", 1),
  )
  .map(([isVaried, root, onQuery, onBox, onBall, onThing]) => {
    const variables =
      "$yes: Boolean = true, $no: Boolean! = false, $n: Int! = 2, $m: Int, $p: Point, $l: [Int!], $e: Either, $c: Colour";
    const fragments = `fragment OnBox on Box { ${onBox} } fragment OnBall on Ball { ${onBall} } fragment OnThing on Thing { ${onThing} }`;
    const text = `query Q(${variables}) { ${root} } fragment OnQuery on Query { ${onQuery} } ${fragments}`;
    return isVaried ? text : text.replace(/if: \$yes/g, "if: true").replace(/if: \$no/g, "if: false");
  });

const right = fc.record(
  {
    yes: fc.constantFrom(true, false, null),
    no: fc.boolean(),
    n: fc.constantFrom(0, 7),
    m: fc.constantFrom(0, 7, null),
    p: fc.constantFrom(null, {}, { x: 3 }),
    l: fc.constantFrom(null, [], [1], 5),
    e: fc.constantFrom(null, { a: 1 }, { b: "b" }),
    c: fc.constantFrom("RED", null),
  },
  { requiredKeys: [] },
);
const wrong = fc.constantFrom<Record<string, unknown>>(
  { n: null },
  { n: "x" },
  { p: { x: null } },
  { p: { z: 1 } },
  { l: [null] },
  { e: {} },
  { e: { a: 1, b: "b" } },
  { e: { a: null } },
  { c: "BLUE" },
);
/** Variables for the documents, occasionally wrong. */
export const values = fc.oneof({ weight: 19, arbitrary: right }, wrong);

const known = buildSchema(sdl);
/** Valid documents may have unused variables and fragments. */
const rules = specifiedRules.filter(({ name }) => !name.startsWith("NoUnused"));

/** Whether GraphQL would execute a document. */
export const isRight = (text: string) => validate(known, parse(text), rules, { maxErrors: 0 }).length === 0;
