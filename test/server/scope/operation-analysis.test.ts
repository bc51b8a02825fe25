import { type DocumentNode, Kind, type OperationDefinitionNode, parse, visit } from "graphql";
import { expect, test } from "vitest";
import {
  createOperationAnalyzer,
  largestPageSize,
  type OperationAnalysis,
} from "../../../src/server/scope/operation-analysis.ts";
import { scopedGraph } from "../access/scoped-graph.ts";

const analyzer = createOperationAnalyzer(scopedGraph().graph.schema);

function analyze(document: DocumentNode): OperationAnalysis {
  const [operation] = document.definitions;
  return analyzer.analyze(document, operation as OperationDefinitionNode);
}

/** The document with inline fragments in place of spreads. */
function inlineFragments(document: DocumentNode): DocumentNode {
  return visit(document, {
    FragmentSpread({ name }) {
      const fragment = document.definitions.find(
        (definition) => definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === name.value,
      );
      return fragment && { ...fragment, kind: Kind.INLINE_FRAGMENT };
    },
  });
}

test.each([
  "{ unit { ...A } } fragment A on Unit { name a: name tenant { ...B ...B } } fragment B on Client { email b: name }",
  "{ units { nodes { ...A } } unit { ...A } } fragment A on Unit { keyboxCode parent { ...B } } fragment B on Unit { keyboxCode }",
  "{ ...A ...A } fragment A on Query { client { email } units(first: 7) { nodes { ...B } } } fragment B on Unit { ...C } fragment C on Unit { tenant { email } }",
])("fragments count wherever they are spread, as if written there: %s", (text) => {
  const document = parse(text);
  expect(analyze(document)).toEqual(analyze(inlineFragments(document)));
});

test("fragments that multiply are visited once each", () => {
  const count = 40;
  const fragments = Array.from(
    { length: count },
    (_, index) => `fragment F${index} on Query { ...F${index + 1} ...F${index + 1} }`,
  );
  const text = `{ ...F0 } ${fragments.join(" ")} fragment F${count} on Query { a: open }`;
  expect(analyze(parse(text))).toMatchObject({ depth: 1, repeatedFields: 2 ** count });
});

test("the largest page is that of a literal, a variable or its default", () => {
  const analysis = analyze(
    parse(`
      query ($n: Int = 70, $m: Int) { units(first: 7) { nodes { id } } ...A }
      fragment A on Query { b: units(first: $n) { nodes { id } } clients(first: $m) { totalCount } }
    `),
  );
  expect(largestPageSize(analysis, {})).toBe(70);
  expect(largestPageSize(analysis, { n: 5 })).toBe(7);
  expect(largestPageSize(analysis, { m: 900 })).toBe(900);
});
