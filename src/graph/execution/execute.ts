import { type ExecutionArgs, getOperationAST, OperationTypeNode } from "graphql";
import { type ExecutionLimits, unlimited } from "../output/execution-limits.ts";
import type { RowSink } from "../output/row-sink.ts";
import { Execution } from "./execution.ts";
import { coerceVariables, type QueryResult } from "./operation-info.ts";
import { planOperation } from "./operation-plan.ts";

/**
 * Executes a query with the answer and the errors of graphql-js, in less than half the time for lists. Undefined for
 * what is left to graphql-js: mutations, operations with invalid variables, and documents without the operation that
 * was named.
 *
 * For each item of a list, graphql-js coerces the arguments of its fields and chooses how to complete their types. Here
 * this is done once for each field of the query (`planOf`), and kept with the document, so that an item costs only its
 * resolvers and its text: the answer is written as JSON at once, without objects in between.
 * The limits bound the size of the answer and the time for which other requests wait. `rows` takes the items of one
 * list in place of the answer.
 *
 * `npx tsx test/bench/execute.ts` measures the gain; once graphql-js is about as fast, this room is not needed.
 * `test/graph/execution/execute.test.ts` compares answers, errors and resolver arguments with those of graphql-js.
 *
 * `isTypeOf` and `@defer` are not supported: the schema has neither.
 */
export function executeQuery(
  args: ExecutionArgs,
  limits: ExecutionLimits = unlimited,
  rows?: RowSink,
): QueryResult | Promise<QueryResult> | undefined {
  const { schema, document, rootValue, contextValue } = args;
  const operation = getOperationAST(document, args.operationName);
  const queryType = schema.getQueryType();
  if (operation?.operation !== OperationTypeNode.QUERY || !queryType) return undefined;
  const variableValues = coerceVariables(schema, operation, args.variableValues);
  if (!variableValues) return undefined;
  const { fragments, root } = planOperation(schema, document, operation, variableValues);
  const operationInfo = { schema, fragments, rootValue, operation, variableValues };
  return new Execution(operationInfo, contextValue, limits, rows).run(root, queryType);
}
