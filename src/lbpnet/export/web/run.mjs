// Runs a page's own module and scripts in Node.js: node run.mjs PAGE IMAGES FOLDER IMAGES_WITH_MAPS
//
// IMAGES: uint8, one image after the other. Writes to FOLDER: scores (int32, classes an image), classes (int32, one an
// image), maps (uint16, of the first images: every node of maps, in order). Prints { microseconds, imports, sha256, program, node }.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runInThisContext } from "node:vm";
import { inflateRawSync } from "node:zlib";

const [page, imagesFile, folder, withMaps] = process.argv.slice(2);
const text = readFileSync(page, "utf8");

function part(id) {
  const found = text.match(new RegExp(`<script type="text/plain" id="${id}">([A-Za-z0-9+/=]*)</script>`));
  if (!found) throw new Error(`${page}: no part '${id}'`);
  return inflateRawSync(Buffer.from(found[1], "base64"));
}

const bytes = part("module"), program = JSON.parse(part("program").toString("utf8"));
const run = runInThisContext(`${part("core")}; ({ openNetwork, computeMaps })`);
const network = await run.openNetwork(bytes, program.classes.length);

const { channels, height, width } = program.shape, size = channels * height * width;
const images = readFileSync(imagesFile), count = images.length / size;
const scores = new Int32Array(count * program.classes.length), classes = new Int32Array(count), maps = [];
for (let i = 0; i < count; i++) {
  const pixels = images.subarray(i * size, (i + 1) * size), found = network.predict(pixels);
  scores.set(found.scores, i * program.classes.length);
  classes[i] = found.index;
  if (i < withMaps) maps.push(...run.computeMaps(program.nodes, pixels).map((value) => Buffer.from(value.maps.buffer)));
}
writeFileSync(join(folder, "scores"), scores);
writeFileSync(join(folder, "classes"), classes);
writeFileSync(join(folder, "maps"), Buffer.concat(maps));
const imports = WebAssembly.Module.imports(new WebAssembly.Module(bytes)).length;
const sha256 = createHash("sha256").update(bytes).digest("hex"), microseconds = network.microseconds();
console.log(JSON.stringify({ microseconds, imports, sha256, program, node: process.version }));
