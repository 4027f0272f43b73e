// Prints what AsyncAPI's own parser says of each file: whether it is a document, its diagnostics, what is in it.
import { Parser, fromFile } from "@asyncapi/parser";

const parser = new Parser();
for (const file of process.argv.slice(2)) {
  const { document, diagnostics } = await fromFile(parser, file).parse();
  const said = {
    file,
    valid: document !== undefined,
    diagnostics: diagnostics.map((each) => `${each.path.join(".")}: ${each.message}`),
    operations: document ? document.operations().all().map((each) => each.id()) : [],
    examples: document ? document.messages().all().flatMap((each) => each.examples().all().map((one) => one.payload().id)) : [],
  };
  console.log(JSON.stringify(said));
}
