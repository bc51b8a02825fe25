import { readFileSync } from "node:fs";
import { findNodeAtLocation, type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import type { JsonValue } from "../item/json.ts";
import { MappingError } from "./mapping-error.ts";

/** A path in a file: keys and indexes. */
export type Path = readonly (string | number)[];

/** A parsed mapping file, with the positions of its parts. */
export interface SourceFile {
  /** The file's name in messages. */
  readonly file: string;
  readonly value: JsonValue;
  /** Keys that occur twice in the same object. */
  readonly duplicates: readonly { readonly path: Path; readonly offset: number }[];
  /** The offset of a path, or of its nearest existing ancestor. */
  offsetOf(path: Path): number;
  /** The line and column of an offset, both from 1. */
  position(offset: number): { readonly line: number; readonly column: number };
}

/** Reads a file. Throws a MappingError with one issue if it cannot be read or parsed. */
export function readSourceFile(file: string, from: string | URL = file): SourceFile {
  let text: string;
  try {
    text = readFileSync(from, "utf8").replace(/^\uFEFF/, "");
  } catch (error) {
    const message = `The file cannot be read: ${(error as Error).message}. Name a mapping file, or unset BITRIX_MAPPING.`;
    throw new MappingError([{ file, line: 0, column: 0, path: "", message }]);
  }
  return parseSourceFile(file, text);
}

/** Parses a file's text. Throws a MappingError with one issue if it is no JSON. */
function parseSourceFile(file: string, text: string): SourceFile {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  const position = createPositionLookup(text);
  const throwInvalid = (offset: number, what: string): never => {
    const message = `This is no JSON: ${what}. Correct the file; nothing else in it was checked.`;
    throw new MappingError([{ file, ...position(offset), path: "", message }]);
  };
  const [first] = errors;
  if (first !== undefined)
    return throwInvalid(first.offset, describeParseError(printParseErrorCode(first.error)));
  if (root === undefined) return throwInvalid(0, "there is nothing in it");
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch (error) {
    return throwInvalid(0, (error as Error).message);
  }
  return {
    file,
    value,
    duplicates: findDuplicates(root, []),
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

/** `CommaExpected` becomes `comma expected`. */
const describeParseError = (code: string): string =>
  code.replace(/(?!^)[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).toLowerCase();

function findDuplicates(node: Node, path: Path): SourceFile["duplicates"] {
  if (node.type === "array")
    return (node.children ?? []).flatMap((child, index) => findDuplicates(child, [...path, index]));
  if (node.type !== "object") return [];
  const seen = new Set<string>();
  return (node.children ?? []).flatMap(({ offset, children: [name, value] = [] }) => {
    const propertyPath = [...path, String(name?.value)];
    const isDuplicate = seen.has(String(name?.value));
    seen.add(String(name?.value));
    return [
      ...(isDuplicate ? [{ path: propertyPath, offset }] : []),
      ...(value === undefined ? [] : findDuplicates(value, propertyPath)),
    ];
  });
}

function createPositionLookup(text: string): SourceFile["position"] {
  const lineStarts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lineStarts.push(at + 1);
  return (offset) => {
    const line = lineStarts.findLastIndex((start) => start <= offset);
    return { line: line + 1, column: offset - (lineStarts[line] ?? 0) + 1 };
  };
}
