export { findComparisons } from "./graph/compared-fields.ts";
export { bitrixKey } from "./graph/sync-settings.ts";
export { bitrixItemKind, type ItemKind, itemKindNames } from "./item/item-kind.ts";
export type { Mapping } from "./mapping/mapping.ts";
