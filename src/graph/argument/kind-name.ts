import { type Kind, kinds } from "../../catalog/index.ts";
import type { RecordKind } from "../generated.ts";

/** The name of a kind in the schema. */
export const kindName = (kind: Kind) => kind.replace(/[A-Z]/g, "_$&").toUpperCase() as RecordKind;

/** The kinds by their names in the schema. */
export const kindOf = Object.fromEntries(kinds.map((kind) => [kindName(kind), kind])) as Readonly<
  Record<RecordKind, Kind>
>;
