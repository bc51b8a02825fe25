import { expect, test } from "vitest";
import {
  isJobName,
  JOB_IDS_NAME,
  jobName,
  jobPartName,
  parseJobName,
} from "../../../src/catalog/entry/stored-job-names.ts";

const names = [
  JOB_IDS_NAME,
  jobName("a-1"),
  jobPartName("a-1", "rows", 0),
  jobPartName("a-1", "outcomes", 50),
];

test("stored jobs keep the names under which they were stored", () => {
  expect(names).toEqual(["job:all", "job:a-1", "job:a-1 rows 0", "job:a-1 outcomes 50"]);
});

test("the names of stored jobs and their parts are recognized", () => {
  expect(names.map(parseJobName)).toEqual([
    undefined,
    { id: "a-1", part: undefined },
    { id: "a-1", part: { type: "rows", start: 0 } },
    { id: "a-1", part: { type: "outcomes", start: 50 } },
  ]);
  expect(parseJobName("key of a write")).toBeUndefined();
  expect([...names, "mark:a", "key of a write"].map(isJobName)).toEqual([
    true,
    true,
    true,
    true,
    false,
    false,
  ]);
});
