import type { JobResolvers, MutationResolvers, QueryResolvers } from "../../graph/generated.ts";
import { badInput, type GraphContext, type UserError } from "../../graph/index.ts";
import type { Caller } from "../../server/index.ts";
import { type Job, type JobRequest, jobsKey, type StartPayload } from "./api.ts";

/** Returns the jobs and the caller. */
const accessOf = ({ request, settings }: GraphContext) => ({
  jobs: settings.inject(jobsKey).jobs(),
  // Safe: the fields of jobs are `@perCaller`.
  caller: request.caller as Caller,
});

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

/** Adds data for the audit log; it is not in the schema. */
const payloadOf = (job: Job | undefined, userErrors: readonly UserError[] = []) => ({
  job: job ?? null,
  userErrors,
  ...(job && { written: [{ record: `Job:${job.id}`, outcome: "done", codes: [] }] }),
});

/** Starts a job. `rowsArgument`: the name of the argument with the rows. Throws AlmaError. */
export async function start(
  request: JobRequest,
  context: GraphContext,
  rowsArgument = "rows",
): Promise<StartPayload> {
  const { jobs, caller } = accessOf(context);
  const started = await jobs.start(request, caller);
  if ("id" in started) return payloadOf(started);
  const inArgument = (name: string) => (name === "rows" ? rowsArgument : name);
  return payloadOf(
    undefined,
    started.map((error) => ({ ...error, field: error.field?.map(inArgument) ?? null })),
  );
}

/** `startJob`. Throws AlmaError. */
export const startJob: MutationResolvers["startJob"] = (_parent, request, context) => start(request, context);

/** `stopJob`. Throws AlmaError. */
export const stopJob: MutationResolvers["stopJob"] = (_parent, { id }, context) =>
  change("stop", id, context);

/** `resumeJob`. Throws AlmaError. */
export const resumeJob: MutationResolvers["resumeJob"] = (_parent, { id }, context) =>
  change("resume", id, context);

async function change(verb: "stop" | "resume", id: string, context: GraphContext) {
  const { jobs, caller } = accessOf(context);
  const job = await jobs[verb](id, caller);
  if (job) return payloadOf(job);
  return payloadOf(undefined, [
    { code: "NOT_FOUND", field: ["id"], message: `You have no job ${id}. The field jobs lists yours.` },
  ]);
}

/** The resolvers of a job. */
export const jobFields = {
  secondsLeft: ({ left, pace }) => (pace ? Math.ceil(left / pace) : null),
  rows(job, { states, after, first }, { settings: { maxPage } }) {
    if (first < 0 || first > maxPage) throw badInput("first", `${first} is not from 0 to ${maxPage}.`);
    return job.rows(states ?? null, after, first);
  },
} satisfies JobResolvers;
