import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { AlmaError } from "../../../src/alma/index.ts";
import { forEachTask } from "../../../src/capabilities/bitrix/task/for-each-task.ts";
import { Task } from "../../../src/capabilities/bitrix/task/task.ts";
import type { Writer } from "../../../src/capabilities/bitrix/task/writer.ts";

const names = Array.from({ length: 40 }, (_, index) => `${index}`);

/** Runs a step for 40 tasks; one throws an AlmaError and one an unexpected error. */
async function run(dryRun: boolean) {
  const tasks = names.map((name) => {
    const task = new Task("building");
    task.fields.set("name", { value: name, from: undefined });
    return task;
  });
  const reported: unknown[] = [];
  const fault = new TypeError("x is not a function");
  const step = async (task: Task) => {
    if (task.value("name") === "3") throw new AlmaError("ALMA_UNAVAILABLE", "Alma does not answer.");
    if (task.value("name") === "5") throw fault;
    await sleep(1);
    task.wasSent = !dryRun;
    task.action = "CREATED";
  };
  const writer = { dryRun } as Writer;
  await forEachTask(tasks, step, { writer, report: (error) => void reported.push(error) });
  expect(reported).toEqual([fault]);
  return tasks;
}

test("an unexpected error fails its task, and the other tasks continue", async () => {
  const tasks = await run(false);
  expect(tasks.map(({ action }) => action)).toEqual(
    names.map((name) => (name === "3" || name === "5" ? "FAILED" : "CREATED")),
  );
  expect(tasks[3]).toMatchObject({ wasSent: false, errors: [{ code: "NOT_DONE" }] });
  expect(tasks[5]).toMatchObject({ wasSent: true, errors: [{ code: "OUTCOME_UNKNOWN" }] });
  expect(tasks[5]?.errors[0]?.message).not.toContain("function");
});

test("an unexpected error in a dry run says that nothing was written", async () => {
  const task = (await run(true))[5];
  expect(task).toMatchObject({ wasSent: false, errors: [{ code: "NOT_DONE" }] });
  expect(task?.errors[0]?.message).toContain("before any of this was written");
});
