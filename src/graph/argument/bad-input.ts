import { type ASTNode, GraphQLError, TokenKind, type ValueNode } from "graphql";

const OPENING = [TokenKind.PAREN_L, TokenKind.BRACE_L, TokenKind.BRACKET_L];
const CLOSING = [TokenKind.PAREN_R, TokenKind.BRACE_R, TokenKind.BRACKET_R];

/**
 * Returns the dotted path of the argument that a value belongs to: `filter.startDate.gte`, or `$from` for the default
 * of a variable. A scalar gets only the node of the value, so the path is derived backwards from the tokens before it,
 * without list indexes. Returns "value" if the document was parsed without locations.
 */
export function argumentPathOf(node: ValueNode): string {
  const names: string[] = [];
  // `closedDepth`: closing brackets to skip. `hasName`: whether the name at this level has been found.
  let closedDepth = 0;
  let hasName = false;
  for (let token = node.loc?.startToken.prev; token; token = token.prev) {
    if (CLOSING.includes(token.kind)) closedDepth += 1;
    else if (closedDepth > 0) closedDepth -= OPENING.includes(token.kind) ? 1 : 0;
    else if (token.kind === TokenKind.PAREN_L && hasName) break;
    else if (OPENING.includes(token.kind)) hasName = false;
    else if (token.kind === TokenKind.EQUALS && !hasName) return [variableBefore(token), ...names].join(".");
    else if (token.kind === TokenKind.COLON && !hasName) {
      names.unshift(token.prev?.value ?? "");
      hasName = true;
    }
  }
  return names.join(".") || "value";
}

type Token = NonNullable<ValueNode["loc"]>["startToken"];

/** Returns the variable, with its `$`, whose default value follows this equals sign. */
function variableBefore(equals: Token) {
  let token: Token | null = equals;
  while (token && token.kind !== TokenKind.DOLLAR) token = token.prev;
  return `$${token?.next?.value ?? ""}`;
}

/**
 * Creates a `BAD_USER_INPUT` error. `extensions.argument` is the dotted path of the argument in the request: `first`,
 * `filter.goalRentCost.gte`, `filter.and.1.name` (indexes from 0). The message begins with the path and says what was
 * sent, what is allowed and how to fix it.
 */
export function badInput(argument: string, message: string, node?: ASTNode): GraphQLError {
  return new GraphQLError(`${argument}: ${message}`, {
    nodes: node,
    extensions: { code: "BAD_USER_INPUT", argument },
  });
}
