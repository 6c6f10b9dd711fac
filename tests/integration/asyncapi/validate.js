// node validate.js DOCUMENT: prints what the AsyncAPI parser has to say of it, as JSON.
"use strict";

const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");

const { Parser } = createRequire(process.cwd() + "/")("@asyncapi/parser");

new Parser().parse(readFileSync(process.argv[2], "utf8"), { source: process.argv[2] }).then(({ document, diagnostics }) => {
  const problems = diagnostics.map(({ severity, code, message, path }) => ({ severity, code, message, path: path.join(".") }));
  const found = document && {
    version: document.version(),
    messages: document.messages().all().map((message) => message.id()),
    operations: document.operations().all().map((operation) => [operation.id(), operation.action(), operation.messages().all().map((message) => message.id())]),
  };
  process.stdout.write(JSON.stringify({ problems, found }));
});
