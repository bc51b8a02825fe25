import {
  type ExecutionArgs,
  type ExecutionResult,
  execute as executeByGraphqlJs,
  getOperationAST,
  OperationTypeNode,
} from "graphql";
import { Execution } from "./execution.ts";
import { type ExecutionLimits, unlimited } from "./execution-limits.ts";
import { coerceVariables, fragmentsOf } from "./operation-info.ts";

/**
 * Executes a query with the answer and the errors of graphql-js, in less than half the time for lists.
 *
 * For every item of a list, graphql-js works out anew what the arguments of its fields are and how their types are
 * completed. Here that is worked out once for each field of the query (FieldPlan), so that an item costs no more than
 * its resolvers and its result. It also stays within limits: of the answer's size, and of the time for which it keeps
 * other requests waiting.
 *
 * `npx tsx test/bench/execute.ts` measures the gain; when graphql-js comes near, this room has lost its reason.
 * `test/graph/execution/execute.test.ts` holds answers, errors and what resolvers are given against graphql-js.
 *
 * Mutations, and operations whose variables are wrong, are left to graphql-js. `isTypeOf` and `@defer` are not
 * supported: the schema has neither.
 */
export function execute(
  args: ExecutionArgs,
  limits: ExecutionLimits = unlimited,
): ExecutionResult | Promise<ExecutionResult> {
  const { schema, document, rootValue, contextValue } = args;
  const operation = getOperationAST(document, args.operationName);
  const queryType = schema.getQueryType();
  if (operation?.operation !== OperationTypeNode.QUERY || !queryType) return executeByGraphqlJs(args);
  const variableValues = coerceVariables(schema, operation, args.variableValues);
  if (!variableValues) return executeByGraphqlJs(args);
  const operationInfo = { schema, fragments: fragmentsOf(document), rootValue, operation, variableValues };
  return new Execution(operationInfo, contextValue, limits).run(queryType);
}
