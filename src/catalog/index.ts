export { Catalog, type CatalogOptions } from "./catalog.ts";
export { DETAIL, type Entry, EXISTS, type Level, NEVER, SUMMARY } from "./entry.ts";
export { facts, type Kind, type Known, kinds, type Records } from "./kind.ts";
export type { Members, Membership } from "./members.ts";
export { type Freshness, Operation } from "./operation.ts";
export { levelOf, type Want } from "./plan.ts";
export type { KindStatus } from "./status.ts";
export type { Verb, Written } from "./touch.ts";
export type { Progress } from "./warm-up.ts";
