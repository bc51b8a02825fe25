import { AlmaError } from "../../alma/index.ts";
import { badInput } from "../argument/bad-input.ts";
import type { JobResolvers, MutationResolvers, QueryResolvers } from "../generated.ts";
import type { AskedJob, Job } from "../resolver/jobs.ts";
import { type UserError, userError } from "../write/user-error.ts";
import type { WriteContext } from "../write/write-context.ts";

/** The jobs, and who asks. Throws AlmaError where there are none. */
function accessOf({ request: { jobs, caller } }: WriteContext) {
  if (jobs && caller) return { jobs, caller };
  throw new AlmaError("BAD_USER_INPUT", "This gateway runs no jobs.");
}

/** `Query.job`. Throws AlmaError. */
export const job: QueryResolvers["job"] = async (_parent, { id }, context) => {
  const { jobs, caller } = accessOf(context);
  const found = await jobs.find(id, caller);
  if (found) context.operation.basis.noteLookup(() => found.isCurrent());
  return found ?? null;
};

/** `Query.jobs`. Throws AlmaError. */
export const jobs: QueryResolvers["jobs"] = async (_parent, _args, context) => {
  context.operation.basis.refuse();
  const { jobs, caller } = accessOf(context);
  return jobs.all(caller);
};

/** What the audit log reads of a mutation of jobs; it is not in the schema. */
const payloadOf = (job: Job | undefined, userErrors: readonly UserError[] = []) => ({
  job: job ?? null,
  userErrors,
  ...(job && { written: [{ record: `Job:${job.id}`, outcome: "done", codes: [] }] }),
});

/** Starts a job. `rows`: the argument that they come from. Throws AlmaError. */
export async function start(asked: AskedJob, context: WriteContext, rows = "rows") {
  const { jobs, caller } = accessOf(context);
  const started = await jobs.start(asked, caller);
  if ("id" in started) return payloadOf(started);
  const inArgument = (name: string) => (name === "rows" ? rows : name);
  return payloadOf(
    undefined,
    started.map((error) => ({ ...error, field: error.field?.map(inArgument) ?? null })),
  );
}

/** `startJob`. Throws AlmaError. */
export const startJob: MutationResolvers["startJob"] = (_parent, asked, context) => start(asked, context);

/** `stopJob`. Throws AlmaError. */
export const stopJob: MutationResolvers["stopJob"] = (_parent, { id }, context) =>
  change("stop", id, context);

/** `resumeJob`. Throws AlmaError. */
export const resumeJob: MutationResolvers["resumeJob"] = (_parent, { id }, context) =>
  change("resume", id, context);

async function change(verb: "stop" | "resume", id: string, context: WriteContext) {
  const { jobs, caller } = accessOf(context);
  const job = await jobs[verb](id, caller);
  if (job) return payloadOf(job);
  return payloadOf(undefined, [
    userError("NOT_FOUND", ["id"], `There is no job ${id} of yours. Jobs lists them.`),
  ]);
}

/** The resolvers of a job. */
export const jobFields = {
  secondsLeft: ({ left, pace }) => (pace ? Math.ceil(left / pace) : null),
  rows(job, { states, after, first }, { settings: { maxPage } }) {
    if (first < 0 || first > maxPage)
      throw badInput("first", `${first} is not from 0 to ${maxPage} (MAX_PAGE).`);
    return job.rows(states ?? null, after, first);
  },
} satisfies JobResolvers;
