import { readFileSync } from "node:fs";
import { findNodeAtLocation, type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import type { JsonValue } from "./mapped.ts";
import { MappingError } from "./mapping-fault.ts";

/** A way into a file: names of fields and indexes. */
export type Path = readonly (string | number)[];

/** A mapping file as it was read, and where in it things stand. */
export interface Source {
  /** The file's name for people. */
  readonly file: string;
  readonly value: JsonValue;
  /** Names that stand twice in the same object: the way to each. */
  readonly twice: readonly { readonly path: Path; readonly offset: number }[];
  /** The offset of what stands at the end of a way, or of the last step of it that there is. */
  offsetOf(path: Path): number;
  /** Line and column, both from 1. */
  position(offset: number): { readonly line: number; readonly column: number };
}

/** Reads a file. Throws a MappingError with the one fault of one that cannot be read or that is no JSON. */
export function readSource(file: string, from: string | URL = file): Source {
  let text: string;
  try {
    text = readFileSync(from, "utf8").replace(/^\uFEFF/, "");
  } catch (error) {
    const message = `The file cannot be read: ${(error as Error).message}. Name a mapping file, or leave BITRIX_MAPPING away.`;
    throw new MappingError([{ file, line: 0, column: 0, path: "", message }]);
  }
  return parseSource(file, text);
}

/** Reads a file's text. Throws a MappingError with the one fault of one that is no JSON. */
function parseSource(file: string, text: string): Source {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  const position = positions(text);
  const broken = (offset: number, what: string): never => {
    const message = `This is no JSON: ${what}. Correct the file; nothing else in it was checked.`;
    throw new MappingError([{ file, ...position(offset), path: "", message }]);
  };
  const [first] = errors;
  if (first !== undefined) return broken(first.offset, inWords(printParseErrorCode(first.error)));
  if (root === undefined) return broken(0, "there is nothing in it");
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch (error) {
    return broken(0, (error as Error).message);
  }
  return {
    file,
    value,
    twice: twiceIn(root, []),
    position,
    offsetOf: (path) => {
      for (let length = path.length; length > 0; length--) {
        const node = findNodeAtLocation(root, [...path.slice(0, length)]);
        if (node !== undefined) return node.parent?.type === "property" ? node.parent.offset : node.offset;
      }
      return root.offset;
    },
  };
}

/** `CommaExpected` as `comma expected`. */
const inWords = (code: string): string =>
  code.replace(/(?!^)[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).toLowerCase();

function twiceIn(node: Node, path: Path): Source["twice"] {
  if (node.type === "array")
    return (node.children ?? []).flatMap((child, index) => twiceIn(child, [...path, index]));
  if (node.type !== "object") return [];
  const seen = new Set<string>();
  return (node.children ?? []).flatMap(({ offset, children: [name, value] = [] }) => {
    const at = [...path, String(name?.value)];
    const again = seen.has(String(name?.value));
    seen.add(String(name?.value));
    return [...(again ? [{ path: at, offset }] : []), ...(value === undefined ? [] : twiceIn(value, at))];
  });
}

function positions(text: string): Source["position"] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    const line = starts.findLastIndex((start) => start <= offset);
    return { line: line + 1, column: offset - (starts[line] ?? 0) + 1 };
  };
}
