// Runs two builds of the laboratory on the same choices and compares every result.
import fs from "node:fs";

async function run(path) {
  const module = await WebAssembly.instantiate(fs.readFileSync(path));
  const lab = module.instance.exports;
  const results = [];
  for (const [layers, units, activation] of [[0, 4, 2], [2, 16, 2], [1, 8, 3], [3, 5, 1]]) {
    results.push(lab.reset(7, layers, units, activation, 20));
    for (let round = 0; round < 40; round += 1) results.push(lab.train(5, 0.03));
    results.push(lab.accuracy());
    const memory = lab.memory.buffer;
    results.push(...new Float32Array(memory, lab.points(), lab.points_len()));
    results.push(...new Uint8Array(memory, lab.regions(), lab.regions_len()));
    results.push(...new Uint8Array(memory, lab.certainty(), lab.regions_len()));
  }
  return results;
}

const [committed, built] = await Promise.all(process.argv.slice(2, 4).map(run));
const same = (a, b) => a === b || (Number.isNaN(a) && Number.isNaN(b));
const wrong = committed.findIndex((value, i) => !same(value, built[i]));
if (committed.length !== built.length || wrong >= 0 || committed.length < 1000) {
  console.error(`wasm: the committed program differs from its source (result ${wrong}: ` +
    `${committed[wrong]} against ${built[wrong]}). Mend: .ci/wasm --update`);
  process.exit(1);
}
console.log(`wasm: the committed program and its source agree in ${built.length} results`);
