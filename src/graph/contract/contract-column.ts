import type { Records } from "../../alma/index.ts";
import { type Column, createColumnFactories } from "../scan/column.ts";

const column = createColumnFactories<Pick<Records["ownerContract"], "startDate" | "endDate" | "unitUsage">>();

/** The Alma ids of a contract's client, and of its unit or room. */
export const clientId = column.int("unitUsage", "clientId");
export const unitId = column.int("unitUsage", "unitId");

/** Its first day and its last, and whether it is archived. */
export const startDate = column.date("startDate");
export const endDate = column.date("endDate");
export const isArchived = column.boolean("unitUsage", "isArchived");

/** The columns that decide the state of a contract of either kind, and which days it covers. */
export const stateColumns = [startDate, endDate, isArchived] as readonly Column[];
