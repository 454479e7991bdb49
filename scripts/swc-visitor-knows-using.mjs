/**
 * Preloaded by `npm run lint`: dependency-cruiser walks sources with swc's `Visitor`, which is no longer developed
 * and throws "Unknown statement type: UsingDeclaration" at `using` and `await using`.
 */
import visitorModule from "@swc/core/Visitor.js";

const { prototype } = visitorModule.Visitor;
const visitStatement = prototype.visitStatement;

prototype.visitStatement = function (statement) {
  if (statement.type !== "UsingDeclaration") return visitStatement.call(this, statement);
  statement.decls = this.visitVariableDeclarators(statement.decls);
  return statement;
};
