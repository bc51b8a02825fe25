import { bitrix } from "./capabilities/bitrix/index.ts";
import { bitrixJobs } from "./capabilities/bitrix-jobs/index.ts";
import { explorers } from "./capabilities/explorers/index.ts";
import { history } from "./capabilities/history/index.ts";
import { imports } from "./capabilities/imports/index.ts";
import { issues } from "./capabilities/issues/index.ts";
import { jobs } from "./capabilities/jobs/index.ts";
import { live } from "./capabilities/live/index.ts";
import { media } from "./capabilities/media/index.ts";
import { persisted } from "./capabilities/persisted/index.ts";
import { reports } from "./capabilities/reports/index.ts";
import { touch } from "./capabilities/touch/index.ts";
import { uploads } from "./capabilities/uploads/index.ts";
import type { Capability } from "./capability.ts";

/** The features besides reading and writing records. The navigation lists their pages in this order. */
export const capabilities: readonly Capability[] = [
  history,
  issues,
  media,
  persisted,
  touch,
  uploads,
  jobs,
  bitrix,
  bitrixJobs,
  reports,
  imports,
  explorers,
  live,
];
