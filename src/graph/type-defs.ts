import { readdirSync, readFileSync } from "node:fs";
import { buildSchema, isInterfaceType, isObjectType } from "graphql";
import { inPackage } from "../config/index.ts";
import { collectRequiredScopes, type ScopeByField } from "./resolver/field-scope.ts";

/** Reads the SDL of the core and of named extensions. */
export function readTypeDefs(names: readonly string[]): string {
  const folder = inPackage("schema/");
  const isRead = (file: string) => {
    const [, owner, other] = /^(?:([^/]+)\/)?[^/.]+(?:\.with-([^/.]+))?\.graphql$/.exec(file) ?? [""];
    return [owner, other].every((name) => name === undefined || names.includes(name));
  };
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) =>
    file.replaceAll("\\", "/"),
  );
  return files
    .filter((file) => file.endsWith(".graphql") && isRead(file))
    .sort()
    .map((file) => readFileSync(new URL(file, folder), "utf8"))
    .join("\n");
}

/** Returns the scopes that the fields of records require. */
export const readFieldScopes = (): ScopeByField => collectRequiredScopes(buildSchema(readTypeDefs([])));

/** Returns the descriptions of the types of records and of their fields, by `Unit` and `Unit.name`. */
export function readDescriptions(): ReadonlyMap<string, string> {
  const types = Object.values(buildSchema(readTypeDefs([])).getTypeMap());
  const fields = types.flatMap((type) =>
    isObjectType(type) || isInterfaceType(type)
      ? Object.values(type.getFields()).map(
          (field) => [`${type.name}.${field.name}`, field.description] as const,
        )
      : [],
  );
  const all = [...types.map(({ name, description }) => [name, description] as const), ...fields];
  return new Map(all.flatMap(([name, text]) => (text ? [[name, text]] : [])));
}
