import multipart from "@fastify/multipart";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type RouteParts, requireScopes, sendPage, showProblem, wantsPage } from "../../server/index.ts";
import { OperationFailure, quoteStart, readLater, sendTableError, sendText } from "../reports/api.ts";
import { type Import, listImports, loadImports } from "./import.ts";
import { renderImport, renderJob, renderList, type SheetProblem } from "./import-page.ts";
import { findRecords } from "./run/find-records.ts";
import { describeOmitted, importJobs, type JobQuery, jobAddress, readTableNotes } from "./run/import-job.ts";
import { parseRows } from "./run/import-rows.ts";
import { outcomesOf, runImport, sendFile, sendOutcomes, templateOf } from "./run/outcome-table.ts";
import { createSheetReader } from "./sheet/read-sheet.ts";
import { InvalidSheetError } from "./sheet/sheet.ts";

/** The parameters of URLs below `/imports`. */
interface ImportRoute {
  Params: { readonly name: string; readonly id: string; readonly action: string; readonly file: string };
  Querystring: JobQuery & { readonly dryRun?: string; readonly _only?: string };
}

type ImportRequest = FastifyRequest<ImportRoute>;

/** Adds the routes below `/imports`: tables that change records, previews, jobs and templates. */
export async function addImports(
  app: FastifyInstance,
  parts: RouteParts,
  folder: string | undefined,
  maxRows: number,
): Promise<void> {
  const { config, log, authentication, browserHooks, operationHooks, execute } = parts;
  // An unreadable folder prevents the start.
  listImports(folder);
  const imports = readLater(() =>
    loadImports(parts, folder, (name, fault) =>
      log.warn({ import: name }, `The import ${name} is disabled until its document is fixed: ${fault}`),
    ),
  );
  const hooks = {
    ...operationHooks,
    onRequest: browserHooks.forms,
    onSend: showProblem,
    // Fastify's own errors, such as for a body that is too large, are answered as on other routes.
    errorHandler: (error: Error, request: FastifyRequest, reply: FastifyReply) =>
      error instanceof InvalidSheetError
        ? refuse(request, reply, find(request.params as ImportRoute["Params"]), {
            message: `The table ${error.message}`,
          })
        : sendTableError(reply, error),
  };
  // Checked before the body, since reading a table takes more time than sending it.
  const sendHooks = {
    ...hooks,
    onRequest: [...hooks.onRequest, requireScopes("Sending a table", "READ", "WRITE", "BULK")],
  };
  const readSheet = createSheetReader(maxRows, authentication.hasSeveralCallers);
  const find = ({ name }: Pick<ImportRoute["Params"], "name">) => {
    const found = imports().find((one) => one.name === name);
    if (found) return found;
    throw new OperationFailure(
      404,
      "NOT_FOUND",
      `There is no import ${quoteStart(name)}. Imports: ${
        imports()
          .map((one) => one.name)
          .join(", ") || "none"
      }.`,
    );
  };

  /** Starts the job of a table, or previews it. Programs get the outcomes of a preview at once. */
  const importTable = async (request: ImportRequest, reply: FastifyReply) => {
    const definition = find(request.params);
    const isForPerson = wantsPage(request);
    const search = new URLSearchParams({ ...request.query }).toString();
    if (search !== "" && search !== "dryRun=1")
      throw new OperationFailure(
        400,
        "BAD_USER_INPUT",
        "The only parameter of the address is dryRun=1, which requests a preview. Nothing was done.",
      );
    const isPreview = isForPerson || search !== "";
    const jobs = importJobs(definition, execute, request, reply);
    const table = parseRows(definition, await readSheet(request, reply));
    const { otherRows, emptyRows, notRead } = table;
    const { rows, faults } =
      table.faults.length > 0 ? table : await findRecords(jobs, definition, table.rows);
    if (faults.length > 0)
      return refuse(request, reply, definition, {
        message: "These cells are unreadable. Correct them and send the table again.",
        faults,
      });
    if (rows.length === 0) {
      const message = `There is nothing to write. ${describeOmitted(definition, table)}`.trim();
      if (isForPerson) return sendPage(reply, 200, renderImport(definition, { message }));
      return reply.send({ job: null, state: "OVER", total: 0, otherRows, emptyRows, notRead, message });
    }
    const key = request.headers["idempotency-key"]?.toString();
    const started = await jobs.start(rows, isPreview, key);
    if (isForPerson) return reply.redirect(jobAddress(definition, started.id, table), 303);
    const job = isPreview ? await jobs.wait(started) : started;
    const { id, state, total } = job;
    const path = jobAddress(definition, id);
    reply.header("location", path);
    if (notRead !== "") reply.header("not-read", encodeURIComponent(notRead));
    if (state === "OVER")
      return sendOutcomes(
        reply,
        definition,
        job,
        outcomesOf(definition, job, await jobs.rows(job)),
        table,
        "csv",
      );
    const at = { page: path, rows: `${path}.csv` };
    return reply.code(202).send({ job: id, state, total, otherRows, emptyRows, notRead, ...at });
  };

  /** Shows a job and the outcome of each row, as a page or a file. */
  const showJob = async (request: ImportRequest, reply: FastifyReply) => {
    const [id = "", ending] = request.params.id.split(".");
    const definition = find(request.params);
    const jobs = importJobs(definition, execute, request, reply);
    const job = await jobs.find(id);
    // The page reloads and shows the progress.
    const most = ending === undefined && job.state === "RUNNING" ? 1 : undefined;
    const notes = readTableNotes(request.query);
    const before = notes.since === undefined || most ? undefined : await jobs.find(notes.since);
    const earlier = before && { job: before, rows: await jobs.rows(before) };
    const all = outcomesOf(definition, job, await jobs.rows(job, most), earlier);
    if (ending === undefined) return sendPage(reply, 200, renderJob(definition, job, all, notes));
    const failed = request.query._only === "failed";
    return sendOutcomes(
      reply,
      definition,
      job,
      failed ? all.filter(({ row }) => row.state === "FAILED" || row.state === "UNKNOWN") : all,
      notes,
      ending,
    );
  };

  /** Stops or resumes a job, or runs a previewed one. */
  const changeJob = async (request: ImportRequest, reply: FastifyReply) => {
    const { id, action } = request.params;
    const definition = find(request.params);
    const jobs = importJobs(definition, execute, request, reply);
    const notes = readTableNotes(request.query);
    if (action === "stop" || action === "resume") {
      await jobs.change(`${action}Job`, id);
      return reply.redirect(jobAddress(definition, id, notes), 303);
    }
    if (action !== "run")
      throw new OperationFailure(404, "NOT_FOUND", `A job accepts run, stop or resume, not ${action}.`);
    const preview = await jobs.find(id);
    const next = await runImport(jobs, definition, preview, await jobs.rows(preview));
    // Programs add the extension of a file.
    return reply.redirect(
      jobAddress(definition, next, wantsPage(request) ? { ...notes, since: id } : {}),
      303,
    );
  };

  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    await scope.register(multipart, { limits: { fileSize: config.maxFile, files: 1, fields: 0 } });
    scope.addContentTypeParser(
      "*",
      { parseAs: "buffer", bodyLimit: config.maxFile },
      (_request, body, done) => done(null, body),
    );
    const listed = {
      ...hooks.config,
      page: "Imports",
      about: "imports, which change a record for each row of a table",
    };
    scope.get("/imports", { ...hooks, config: listed }, (_request, reply) =>
      sendPage(reply, 200, renderList(imports())),
    );
    scope.get<ImportRoute>("/imports/:name", hooks, (request, reply) =>
      sendPage(reply, 200, renderImport(find(request.params))),
    );
    scope.get<ImportRoute>("/imports/:name/template.:file", hooks, (request, reply) =>
      sendFile(reply, request.params.file, templateOf(find(request.params)), request.params.name),
    );
    scope.post<ImportRoute>("/imports/:name", sendHooks, importTable);
    scope.get<ImportRoute>("/imports/:name/jobs/:id", hooks, showJob);
    scope.post<ImportRoute>("/imports/:name/jobs/:id/:action", hooks, changeJob);
  });
}

/** Reports errors in a table: to a person on the page, to a program as text. */
function refuse(request: FastifyRequest, reply: FastifyReply, definition: Import, problem: SheetProblem) {
  if (wantsPage(request)) return sendPage(reply, 400, renderImport(definition, problem));
  const { message, faults = [] } = problem;
  const lines = faults.map((fault) => `Row ${fault.row}, ${fault.column}: ${fault.message}`);
  return sendText(reply, 400, [message, ...lines].join("\n"));
}
