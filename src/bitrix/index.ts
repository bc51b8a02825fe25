export { chosenKinds, type DriftGroup, findDrift, type LeftOut, readsOf, suspectsOf } from "./drift.ts";
export type { DriftKind, Seen } from "./drift-check.ts";
