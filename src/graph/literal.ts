import { TokenKind, type ValueNode } from "graphql";

const OPENING: readonly string[] = [TokenKind.PAREN_L, TokenKind.BRACE_L, TokenKind.BRACKET_L];
const CLOSING: readonly string[] = [TokenKind.PAREN_R, TokenKind.BRACE_R, TokenKind.BRACKET_R];

/**
 * The path of the argument that a value stands in, such as `filter.startDate.gte`, read backwards from the text of
 * the query: a scalar is given the value alone. Undefined for a variable's default and for a document parsed without
 * locations.
 */
export function argumentOf(node: ValueNode): string | undefined {
  const names: string[] = [];
  let closed = 0;
  let inside = true;
  for (let token = node.loc?.startToken.prev; token; token = token.prev) {
    if (CLOSING.includes(token.kind)) closed += 1;
    else if (OPENING.includes(token.kind) && closed > 0) closed -= 1;
    else if (token.kind === TokenKind.PAREN_L) return names.length > 0 ? names.join(".") : undefined;
    else if (OPENING.includes(token.kind)) inside = true;
    else if (token.kind === TokenKind.COLON && closed === 0 && inside) {
      names.unshift(token.prev?.value ?? "");
      inside = false;
    } else if (token.kind === TokenKind.EQUALS && closed === 0 && inside) return undefined;
  }
  return undefined;
}
