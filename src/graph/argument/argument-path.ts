import { TokenKind, type ValueNode } from "graphql";

const OPENING: readonly string[] = [TokenKind.PAREN_L, TokenKind.BRACE_L, TokenKind.BRACKET_L];
const CLOSING: readonly string[] = [TokenKind.PAREN_R, TokenKind.BRACE_R, TokenKind.BRACKET_R];

/**
 * The path of the argument that a value stands in, such as `filter.startDate.gte`, or `$from` in a variable's default.
 * A scalar is given the value alone, so that the path is read backwards from the text of the query; "value" for a
 * document that was parsed without locations. Places in lists are left out.
 */
export function argumentPathOf(node: ValueNode): string {
  const names: string[] = [];
  // How many brackets are open, read backwards, and whether the next colon belongs to what the value stands in.
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

/** The variable whose default begins at the equals sign. */
function variableBefore(equals: Token): string {
  let token: Token | null = equals;
  while (token && token.kind !== TokenKind.DOLLAR) token = token.prev;
  return `$${token?.next?.value ?? ""}`;
}
