// node validate.mjs DOCUMENT: prints what the AsyncAPI parser has to say of it, as JSON.
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

const [file] = process.argv.slice(-1);
const { document, diagnostics } = await new Parser().parse(readFileSync(file, "utf8"), { source: file });
const problems = diagnostics.map((each) => ({ ...each, path: each.path.join(".") }));
const ids = (messages) => messages.all().map((message) => message.id());
const found = document && {
  version: document.version(),
  messages: ids(document.messages()),
  operations: document.operations().all().map((each) => [each.id(), each.action(), ids(each.messages())]),
};
process.stdout.write(JSON.stringify({ problems, found }));
