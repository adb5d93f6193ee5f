// Checks documents by a schema, strictly: `node ajv.cjs SCHEMA [DOCUMENT...]`. Ends with 1 if one is refused.
const { readFileSync } = require("node:fs");
const Ajv = require("ajv").default;
const addFormats = require("ajv-formats").default;

const [schema, ...documents] = process.argv.slice(2).map((path) => JSON.parse(readFileSync(path, "utf8")));
const ajv = new Ajv({ strict: true, allowUnionTypes: true, allErrors: true });
addFormats(ajv);
// What editors read, and the help texts of our own diagnostics.
ajv.addVocabulary(["defaultSnippets", "doNotSuggest", "patternErrorMessage", "x-help"]);
const accepts = ajv.compile(schema);
for (const document of documents) {
  if (!accepts(document)) {
    console.log(JSON.stringify(accepts.errors));
    process.exitCode = 1;
  }
}
