// node generate.mjs < {"events": …, "plain": …, "openapi": …}: prints {"path below clients/": "text"} of those parts.
import { json } from "node:stream/consumers";
import { compile } from "json-schema-to-typescript";
import openapi, { astToString } from "openapi-typescript";
import { InputData, JSONSchemaInput, quicktypeMultiFile } from "quicktype-core";
import ts from "typescript";

async function typescriptEvents(schema) {
  return compile(schema, schema.title, {
    additionalProperties: false, // of a type: a field more in the JSON is no error
    bannerComment: "",
    ignoreMinAndMaxItems: true, // arrays, not tuples of every length
    style: { printWidth: 110 },
  });
}

async function quicktyped(schema, lang, rendererOptions) {
  const input = new JSONSchemaInput(undefined);
  await input.addSource({ name: "events", schema: JSON.stringify(schema), uris: ["#/definitions/"] });
  const inputData = new InputData();
  inputData.addInput(input);
  const options = { inputData, lang, rendererOptions, combineClasses: false, inferEnums: false };
  return [...(await quicktypeMultiFile(options))].map(([name, { lines }]) => [name, lines.join("\n")]);
}

async function typescriptApi(document) {
  const blob = ts.factory.createTypeReferenceNode("Blob");
  const transform = (schema) => (schema.format === "binary" ? blob : undefined); // else it is a string
  return astToString(await openapi(document, { emptyObjectsUnknown: true, transform }));
}

const asked = await json(process.stdin);
const files = {};
if (asked.events) files["typescript/src/events.ts"] = await typescriptEvents(asked.events);
if (asked.openapi) files["typescript/src/api.ts"] = await typescriptApi(asked.openapi);
if (asked.plain) {
  const go = await quicktyped(asked.plain, "go", { package: "events", "just-types-and-package": true });
  for (const [, text] of go) files["go/events.go"] = text;
  const java = await quicktyped(asked.plain, "java", { package: "imagebus.events", "array-type": "list" });
  for (const [name, text] of java) {
    if (name !== "Converter.java") files[`java/imagebus/events/${name}`] = text;
  }
}
process.stdout.write(JSON.stringify(files));
