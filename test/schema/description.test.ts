import { type ASTNode, type DocumentNode, Kind, type StringValueNode, visit } from "graphql";
import { describe, expect, test } from "vitest";
import { documents } from "./sdl.ts";

interface Element {
  readonly path: string;
  readonly column: number;
  readonly description: StringValueNode | undefined;
}

const describable = new Set<string>([
  Kind.SCALAR_TYPE_DEFINITION,
  Kind.OBJECT_TYPE_DEFINITION,
  Kind.INTERFACE_TYPE_DEFINITION,
  Kind.UNION_TYPE_DEFINITION,
  Kind.ENUM_TYPE_DEFINITION,
  Kind.INPUT_OBJECT_TYPE_DEFINITION,
  Kind.DIRECTIVE_DEFINITION,
  Kind.FIELD_DEFINITION,
  Kind.INPUT_VALUE_DEFINITION,
  Kind.ENUM_VALUE_DEFINITION,
]);
/** An extension has no description of its own, but its fields do. */
const named = new Set<string>([...describable, Kind.OBJECT_TYPE_EXTENSION]);

function nameOf(node: ASTNode): string {
  return "name" in node && node.name?.kind === Kind.NAME ? node.name.value : "";
}

/** All elements of a document that can have a description, in order. */
function elementsOf(document: DocumentNode): Element[] {
  const elements: Element[] = [];
  const names: string[] = [];
  visit(document, {
    enter(node) {
      if (!named.has(node.kind)) return;
      names.push(nameOf(node));
      if (!describable.has(node.kind)) return;
      const description = "description" in node ? node.description : undefined;
      elements.push({
        path: names.join("."),
        column: (node.loc?.startToken.column ?? 1) - 1,
        description,
      });
    },
    leave(node) {
      if (named.has(node.kind)) names.pop();
    },
  });
  return elements;
}

const elements = [...documents.values()].flatMap(elementsOf);
const described = elements.flatMap(({ path, column, description }) =>
  description ? [{ path, column, block: description.block === true, text: description.value }] : [],
);

describe("descriptions", () => {
  test("exist on every type, field, argument, input field, enum value, directive and scalar", () => {
    expect(elements.length).toBeGreaterThan(300);
    expect(elements.filter(({ description }) => !description?.value.trim()).map(({ path }) => path)).toEqual(
      [],
    );
  });

  test("are sentences: they begin with a capital, a digit or a quoted name, and end with a full stop", () => {
    const broken = described.filter(({ text }) => !/^[A-Z0-9`].*\.$/s.test(text));
    expect(broken.map(({ path, text }) => `${path}: ${text}`)).toEqual([]);
  });

  test("say more than the name does", () => {
    const bare = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, "");
    const empty = described.filter(({ path, text }) => bare(text) === bare(path.split(".").at(-1) ?? ""));
    expect(empty.map(({ path }) => path)).toEqual([]);
  });

  test("are in quotes if they fit one line of 110 columns, else in a block", () => {
    const wrong = described.filter(({ column, block, text }) => {
      const inQuotes = JSON.stringify(text.replace(/\s+/g, " "));
      return block === column + inQuotes.length <= 110;
    });
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  test("mention only existing fields", () => {
    const paths = new Set(elements.map(({ path }) => path));
    const dangling = described.flatMap(({ path, text }) =>
      [...text.matchAll(/`([A-Z]\w*\.\w+)`/g)].flatMap(([, field = ""]) =>
        paths.has(field) ? [] : [`${path}: ${field}`],
      ),
    );
    expect(dangling).toEqual([]);
  });
});

describe("SDL files", () => {
  test("of the core define a type in one place, and extend others only by connections of the defined type", () => {
    const extensions = [...documents].flatMap(([file, { definitions }]) => {
      if (file.includes("/")) return [];
      const ownConnections = new Set(
        definitions.filter(({ kind }) => kind === Kind.OBJECT_TYPE_DEFINITION).map((node) => nameOf(node)),
      );
      return definitions.flatMap((node) => {
        if (node.kind !== Kind.OBJECT_TYPE_EXTENSION) return node.kind.endsWith("Extension") ? [file] : [];
        if (["Query", "Mutation"].includes(node.name.value)) return [];
        return (node.fields ?? [])
          .filter(({ type }) => {
            const name = type.kind === Kind.NAMED_TYPE ? type.name.value : "";
            return !name.endsWith("Connection") || !ownConnections.has(name);
          })
          .map((field) => `${file}: ${node.name.value}.${field.name.value}`);
      });
    });
    expect(extensions).toEqual([]);
  });
});
