import multipart from "@fastify/multipart";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import {
  OperationFailure,
  readLater,
  sendFailure,
  sendPage,
  sendText,
  showProblem,
} from "../report/index.ts";
import { createImportHooks, type ServerParts } from "../server/index.ts";
import type { Import } from "./definition/import.ts";
import { loadImports } from "./definition/import-folder.ts";
import { renderImport, renderJob, renderList } from "./page/import-page.ts";
import { ImportJobs, type Job } from "./run/import-job.ts";
import { readRows } from "./run/import-rows.ts";
import { type Outcome, outcomesOf, valueAt } from "./run/outcome-table.ts";
import { sendFile, sendOutcomes, templateOf } from "./run/send-file.ts";
import { readUpload } from "./run/upload.ts";
import { readSheet } from "./sheet/read-sheet.ts";
import { BadSheet } from "./sheet/sheet.ts";

type Params = { readonly name: string; readonly id: string; readonly action: string; readonly file: string };

/** Milliseconds for which a program waits for its preview, and between two looks at it. */
const PREVIEW_WAIT = 20_000;
const LOOK = 100;

/** Adds what is below `/imports`: tables that are sent to change records, previews, jobs and templates. */
export function addImports(app: FastifyInstance, parts: ServerParts): void {
  const {
    config,
    graph,
    readDocument,
    log,
    authentication,
    countFailure,
    rateHooks,
    operationHooks,
    execute,
  } = parts;
  const { schema } = graph;
  if (!schema.getMutationType()?.getFields().startJob) return;
  const imports = readLater(() =>
    loadImports({ schema, readDocument }, config.imports, (name, fault) =>
      log.warn({ import: name }, `The import ${name} is switched off until its document is mended. ${fault}`),
    ),
  );
  const hooks = {
    ...operationHooks,
    onRequest: [...createImportHooks(authentication, countFailure, config), ...rateHooks],
    onSend: showProblem,
    // Fastify's own faults, such as of a body that is too large, are answered as everywhere.
    errorHandler: (error: Error, _request: FastifyRequest, reply: FastifyReply) => sendFailure(reply, error),
  };
  const find = ({ name }: Pick<Params, "name">): Import => {
    const found = imports().find((one) => one.name === name);
    if (found) return found;
    throw new OperationFailure(
      404,
      "NOT_FOUND",
      `There is no import ${JSON.stringify(name.slice(0, 60))}. There are: ${
        imports()
          .map((one) => one.name)
          .join(", ") || "none"
      }.`,
    );
  };
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    await scope.register(multipart, { limits: { fileSize: config.maxFile, files: 1, fields: 0 } });
    scope.addContentTypeParser(
      "*",
      { parseAs: "buffer", bodyLimit: config.maxFile },
      (_request, body, done) => done(null, body),
    );
    scope.get("/imports", hooks, (_request, reply) => sendPage(reply, 200, renderList(imports())));
    scope.get<{ Params: Params }>("/imports/:name", hooks, (request, reply) =>
      sendPage(reply, 200, renderImport(find(request.params))),
    );
    scope.get<{ Params: Params }>("/imports/:name/template.:file", hooks, (request, reply) =>
      sendFile(reply, request.params.file, templateOf(find(request.params)), request.params.name),
    );
    scope.post<{ Params: Params; Querystring: { readonly dryRun?: string } }>(
      "/imports/:name",
      hooks,
      async (request, reply) => {
        const asked = find(request.params);
        const isForPerson = wantsPage(request);
        const isPreview = isForPerson || request.query.dryRun === "1";
        let started: Job;
        const jobs = new ImportJobs(execute, request, reply);
        try {
          const { bytes, form } = await readUpload(request);
          const { rows, faults, ...left } = readRows(asked, await readSheet(bytes, form, config.maxJobRows));
          if (faults.length > 0)
            return refuse(request, reply, asked, {
              message: "These cells cannot be read. Mend them and send the table again.",
              faults,
            });
          if (rows.length === 0)
            throw new BadSheet(
              `asks for nothing: ${left.emptyRows} rows are empty but for the first column, and ${left.otherRows} are about other records.`,
            );
          const key = request.headers["idempotency-key"];
          started = await jobs.start(
            asked.document,
            rows,
            isPreview,
            typeof key === "string" ? key : undefined,
          );
        } catch (error) {
          if (!(error instanceof BadSheet)) throw error;
          return refuse(request, reply, asked, { message: `The table ${error.message}` });
        }
        const path = `/imports/${asked.name}/jobs/${started.id}`;
        if (isForPerson) return reply.redirect(path, 303);
        for (
          let waited = 0;
          isPreview && started.state === "RUNNING" && waited < PREVIEW_WAIT;
          waited += LOOK
        ) {
          await new Promise((resolve) => setTimeout(resolve, LOOK));
          started = await jobs.find(started.id);
        }
        reply.header("location", path);
        if (started.state === "OVER")
          return sendOutcomes(reply, asked, started, await outcomes(jobs, asked, started), "csv");
        return reply.code(202).send({
          job: started.id,
          state: started.state,
          total: started.total,
          page: path,
          rows: `${path}.csv`,
        });
      },
    );
    scope.get<{ Params: Params; Querystring: { readonly _only?: string } }>(
      "/imports/:name/jobs/:id",
      hooks,
      async (request, reply) => {
        const [id = "", ending] = request.params.id.split(".");
        const asked = find(request.params);
        const jobs = new ImportJobs(execute, request, reply);
        const job = await jobs.find(id);
        // A page that asks again and again shows how far it is.
        const most = ending === undefined && job.state === "RUNNING" ? 1 : undefined;
        const all = await outcomes(jobs, asked, job, most);
        if (ending === undefined) return sendPage(reply, 200, renderJob(asked, job, all));
        const failed = request.query._only === "failed";
        return sendOutcomes(
          reply,
          asked,
          job,
          failed ? all.filter(({ row }) => row.state === "FAILED" || row.state === "UNKNOWN") : all,
          ending,
        );
      },
    );
    scope.post<{ Params: Params }>("/imports/:name/jobs/:id/:action", hooks, async (request, reply) => {
      const { id, action } = request.params;
      const asked = find(request.params);
      const jobs = new ImportJobs(execute, request, reply);
      if (action === "stop" || action === "resume") await jobs.change(`${action}Job`, id);
      else if (action !== "run")
        throw new OperationFailure(404, "NOT_FOUND", `A job can be told run, stop or resume, not ${action}.`);
      const next = action === "run" ? await run(jobs, asked, await jobs.find(id)) : id;
      return reply.redirect(`/imports/${asked.name}/jobs/${next}`, 303);
    });
  });
}

const outcomes = async (
  jobs: ImportJobs,
  asked: Import,
  job: Job,
  most?: number,
): Promise<readonly Outcome[]> => outcomesOf(asked, job, await jobs.rows(job, most));

/** Writes what a preview has shown to be changed. Each row is told what was seen; the same preview is written once. */
async function run(jobs: ImportJobs, asked: Import, preview: Job): Promise<string> {
  const rows = (await outcomes(jobs, asked, preview)).flatMap(({ row, isSame }) => {
    if (row.state !== "DONE" || isSame) return [];
    const seen = asked.columns.flatMap((column) =>
      column.was !== undefined && row.variables[column.variable] !== undefined
        ? [[column.was, valueAt(column.shows, row)]]
        : [],
    );
    return [{ ...row.variables, ...Object.fromEntries(seen) }];
  });
  const { id } = await jobs.start(asked.document, rows, false, `import ${preview.id}`);
  return id;
}

const wantsPage = ({ headers }: FastifyRequest): boolean => /\btext\/html\b/.test(headers.accept ?? "");

/** Tells what is wrong with a table: to a person on the page, to a program as text. */
function refuse(
  request: FastifyRequest,
  reply: FastifyReply,
  asked: Import,
  problem: Parameters<typeof renderImport>[1],
) {
  if (wantsPage(request)) return sendPage(reply, 400, renderImport(asked, problem));
  const faults =
    problem?.faults?.map(({ row, column, message }) => `Row ${row}, ${column}: ${message}`) ?? [];
  return sendText(reply, 400, [problem?.message, ...faults].join("\n"));
}
